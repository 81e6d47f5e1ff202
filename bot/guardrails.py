"""Guardrails: the checks before and behind the model. Their order is security: keep it plain."""

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Literal

from bot.claims import unbacked
from bot.injection import Origin, injection
from bot.links import unlink
from bot.outcome import Receipt
from bot.pack import HUMAN, Concern, Rules
from bot.personal import personal
from bot.redaction import Redacted, redact, redact_after
from bot.reply import Source
from bot.words import Phrases, plain

__all__ = [
    "Allow", "Block", "Blocked", "Checked", "HandOver", "Redacted", "Verdict",
    "check_input", "check_output", "redact", "sentences",
]  # fmt: skip

logger = logging.getLogger(__name__)


class Blocked(StrEnum):
    TOO_LONG = "too_long"
    SECRET = "secret"
    UNREADABLE = "unreadable"
    """It could not be redacted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    text: str
    """What may be stored and sent to a model: of every verdict, the redacted text."""
    urgent: bool
    attempt: str | None
    """How it tries to give the model orders. None: it does not. It is answered without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    text: str
    reason: Blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    text: str
    concern: Concern | None
    """None: the requester asks for a person, or seems to be at the end of their patience."""
    private: bool
    """Others shall not learn of it."""
    urgent: bool
    upset: bool = False
    """Nobody asked for a person: their patience seems at its end."""


Verdict = Allow | Block | HandOver


def check_input(text: str, rules: Rules, before: str = "") -> Verdict:
    """May it pass? A message that cannot be redacted is refused, never passed.

    `before`: what the same person wrote before it, as it was kept.
    """
    try:
        if len(text) > rules.longest:
            return _too_long(text, rules)
        redacted = redact_after(before, text)
    except Exception as error:
        logger.error("A message could not be redacted.", extra={"error": type(error).__name__})
        return Block(text="", reason=Blocked.UNREADABLE)
    # What is redacted may hide a concern: people hear what was written.
    heard = plain(text)

    def hand_over(concern: Concern | None, upset: bool = False) -> HandOver:
        urgent, private = bool(rules.urgent.found(heard)), bool(rules.private.found(heard))
        return HandOver(
            text=redacted.text, concern=concern, private=private, urgent=urgent, upset=upset
        )

    if concern := _concern(heard, rules):
        return hand_over(concern)
    if redacted.kinds:
        return Block(text=redacted.text, reason=Blocked.SECRET)
    # "Are you a person?" is a question about the bot, and no wish for one.
    if rules.human.found_without(rules.about_bot, heard) or _in_confidence(text, rules):
        return hand_over(None)
    if rules.upset.found(heard):
        return hand_over(None, upset=True)
    if alike := _alike(heard, rules):
        return hand_over(alike if isinstance(alike, Concern) else None)
    urgent = bool(rules.urgent.found(heard))
    return Allow(text=redacted.text, urgent=urgent, attempt=injection(text, Origin.USER))


def _concern(heard: str, rules: Rules) -> Concern | None:
    return next((x for x in rules.concerns if x.words.found_without(x.unless, heard)), None)


def _too_long(text: str, rules: Rules) -> Verdict:
    """Refused, unless it begins or ends with what people must hear at once."""
    first = _beginning(text, rules.longest)
    for part in (text[: rules.longest], text[-rules.longest :]):
        heard = plain(part)
        if concern := _concern(heard, rules):
            urgent, private = bool(rules.urgent.found(heard)), bool(rules.private.found(heard))
            return HandOver(text=first, concern=concern, private=private, urgent=urgent)
    return Block(text=first, reason=Blocked.TOO_LONG)


_SURE = 0.1
"""How far a concern must be ahead of all that is ordinary."""

_WISHED = 0.2
"""How far a wish for a person must be: to be wrong about it costs people's time."""

_TELLING = 3
"""Blanks in a message that can be told by anything but its phrases: "never mind" cannot."""


def _alike(heard: str, rules: Rules) -> Concern | Literal["human"] | None:
    """What the phrases do not know may be like the pack's examples of a concern, or of a wish for
    a person. Not so what names a desk's matter: people say of their printers what they would not
    do."""
    if rules.classifier is None or rules.desks.found(heard):
        return None
    scores = rules.classifier.scores(heard)
    concerns = {x.name for x in rules.concerns}
    ordinary = max(
        (score for label, score in scores.items() if label not in {*concerns, HUMAN}), default=-1.0
    )
    known = [x for x in rules.concerns if x.name in rules.classifier.firm]
    best = max(known, key=lambda x: scores[x.name], default=None)
    concern = scores[best.name] if best and heard.count(" ") >= _TELLING else -1.0
    wish = scores.get(HUMAN, -1.0)
    if concern - ordinary > _SURE and concern > wish:
        return best
    return HUMAN if wish - ordinary > _WISHED else None


def _beginning(text: str, longest: int) -> str:
    """Cut between words: half of a secret is not known as one."""
    words = text[:longest].rsplit(maxsplit=1)
    return redact(words[0]).text if len(words) > 1 else ""


_CLAUSE = re.compile(r"[.,:;!\n–—]|\s-\s")


def _in_confidence(text: str, rules: Rules) -> bool:
    """It opens with a wish for privacy, such as "Confidential: ...", and so asks for a person."""
    opening = _CLAUSE.split(text.strip(), maxsplit=1)[0]
    return len(opening.split()) <= 3 and "?" not in opening and bool(rules.private.found(opening))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    text: str
    """Empty: nothing that may be said was left."""
    sources: tuple[Source, ...]
    """Those that are cited; mark `[n]` is the n-th."""
    mended: tuple[str, ...]
    """What had to go: "secret", "link", "mention", "personal", "advice", "claim", "citation"."""


def check_output(
    answer: str,
    allowed: Collection[str],
    sources: tuple[Source, ...],
    receipts: tuple[Receipt, ...],
    evidence: str = "",
    advice: Phrases | None = None,
) -> Checked:
    """May it leave? What is not backed by this conversation is taken out.

    `allowed` are the addresses that tools or passages named; mark `[n]` in `answer` is the n-th
    of `sources`. `evidence` is what these and the tools said: the only personal data, such as
    the desk's telephone, that may be repeated. `advice` is what may be said in its words only.
    """
    whole = answer.encode(errors="ignore").decode()  # Without halves of characters.
    clean = _unhidden(whole)
    # Also before: what is hidden may stand between a secret and a word that would hide it.
    unkeyed = redact(_unhidden(redact(whole).text)).text
    linked = unlink(unkeyed, frozenset(allowed))
    calm = _MENTION.sub(_name, linked)
    known = _letters(evidence)
    named = "".join(_gap(x) if _strangers(x, known) else x for x in _split(calm))
    plain_spoken = "".join(_gap(x) if _advises(x, advice, known) else x for x in _split(named))
    backed = "".join(_gap(x) if unbacked(x, receipts) else x for x in _split(plain_spoken))
    text, cited, lost = _cite(backed, sources)
    mended = (
        *(["secret"] if unkeyed != clean else []),
        *(["link"] if linked != unkeyed else []),
        *(["mention"] if calm != linked else []),
        *(["personal"] if named != calm else []),
        *(["advice"] if plain_spoken != named else []),
        *(["claim"] if backed != plain_spoken else []),
        *(["citation"] if lost else []),
    )
    text = _tidy(text) if mended else text.strip()
    # What shows only after mending was hidden on purpose: then nothing leaves.
    again = redact(text).kinds or unlink(text, frozenset(allowed)) != text or _MENTION.search(text)
    if again or not any(x.isalnum() for x in _MARK.sub("", text)):
        return Checked(text="", sources=(), mended=mended)
    return Checked(text=text, sources=cited, mended=mended)


def _strangers(sentence: str, evidence: str) -> bool:
    """Personal data that nobody gave the model: another conversation's, or made up."""
    values = (_letters(sentence[x.start : x.end]) for x in personal(sentence))
    return any(value not in evidence for value in values)


def _advises(sentence: str, advice: Phrases | None, evidence: str) -> bool:
    """As a doctor, a lawyer or a tax adviser would, and not as the handbook does."""
    if advice is None or not advice.found(sentence):
        return False
    return _letters(_MARK.sub("", sentence)) not in evidence


def _letters(text: str) -> str:
    return "".join(x for x in text.casefold() if x.isalnum())


_HIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    r"\U000e0000-\U000e0fff]"
)
_TURN = re.compile(r"(?<=\w)[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+(?=\w)")
_MENTION = re.compile(
    r"<!(?P<group>[^<>|]*)(?:\|@*(?P<label>[^<>]*))?>|<@\w+(?:\|(?P<person>[^<>]*))?>"
    r"|(?<![\w.])@+(?P<word>channel|here|everyone)(?![\w-])",
    re.IGNORECASE,
)
_CODE = r"```[\s\S]*?(?:```|\Z)|`[^`\n]*`"
_MARK = re.compile(r"\[\d{1,3}\]")
_MARKS = re.compile(
    rf"(?P<code>{_CODE})|(?P<gap>[ \t]?)"
    r"(?:\[\^?(?P<n>\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*)\](?!\()|【(?P<o>\d{1,3})[^】\n]{0,40}】)"
)


def _unhidden(text: str) -> str:
    """Without what cannot be seen. A turn of the direction of writing parts words."""
    return _HIDDEN.sub("", _TURN.sub(" ", text))


def _name(match: re.Match[str]) -> str:
    """What a mention says, without calling anyone."""
    return match["word"] or match["label"] or match["person"] or match["group"] or ""


def _cite(text: str, sources: tuple[Source, ...]) -> tuple[str, tuple[Source, ...], bool]:
    """Number the marks by their first appearance. The last value: were there any to drop?"""
    numbers: dict[Source, int] = {}
    lost = False

    def mark(match: re.Match[str]) -> str:
        nonlocal lost
        if match["code"]:
            return match[0]
        wanted = [int(x) for x in re.findall(r"\d+", match["n"] or match["o"])]
        known = [sources[x - 1] for x in wanted if 0 < x <= len(sources)]
        lost = lost or len(known) < len(wanted)
        shown = dict.fromkeys(numbers.setdefault(x, len(numbers) + 1) for x in known)
        return (match["gap"] if shown else "") + "".join(f"[{x}]" for x in shown)

    text = _MARKS.sub(mark, text)
    return text, tuple(numbers), lost


_BULLET = r"[ \t]*(?:[-*+•#>]+|\d{1,3}[.)])[ \t]"
_GAP = "\0"


def _gap(sentence: str) -> str:
    """In place of a sentence: its bullet, if it has one, and a sign for `_tidy`."""
    bullet = re.match(_BULLET, sentence)
    return (bullet[0] if bullet else "") + _GAP


def _tidy(text: str) -> str:
    """Without the blanks, empty brackets and empty lines that mending leaves."""
    text = re.sub(r"\(\s*\)|\[\s*\](?!\()|<\s*>|\*\*\s*\*\*", "", text)
    text = re.sub(rf"(?m)^(?:{_BULLET})?[ \t]*{_GAP}[{_GAP} \t]*$\n?", "", text).replace(_GAP, "")
    text = re.sub(r"(?<=\S)[ \t]{2,}(?=\S)|[ \t]+(?=[.,;:!?](?:\s|$))", _narrow, text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _narrow(gap: re.Match[str]) -> str:
    return "" if gap.string[gap.end() : gap.end() + 1] in ".,;:!?" else " "


_STEP = re.compile(
    # what is never split
    r"(?P<held>```[\s\S]*?```|`[^`\n]+`|!?\[[^\[\]\n]*\](?:\([^()\n]*\))?|https?://\S+(?=\s)"
    r"|<[^<>\s][^<>\n]*>|\b(?:[ZzUuDd]\.\s?[BAah]|[Ee]\.g|[Ii]\.e|etc|ca|bzw|usw|Dr|Mrs?|Nr|No|vs"
    r"|inkl|evtl|ggf|approx)\.(?=\s))"
    # what is not finished yet
    r"|(?P<open>```[\s\S]*\Z|`[^`\n]*\Z|!?\[[^\[\]\n]*\Z|\[[^\[\]\n]*\]\([^()\n]*\Z"
    r"|<[^<>\n]*\Z|https?://\S*\Z|^[ \t]*\|[^\n]*\Z)"
    r"|(?P<row>^[ \t]*\|[^\n]*\n)|(?P<number>^[ \t]*\d{1,3}\.(?=\s))"
    r"|(?P<end>(?<![.!?…])[.!?…]+[\"'”’»)*_]*(?:[ ]?\[\d{1,3}\])*(?=\s))|(?P<line>\n)",
    re.MULTILINE,
)
_BLOCK = re.compile(rf"{_BULLET}|[ \t]*\||[ \t]*\n")


def sentences(text: str) -> tuple[str, str]:
    """A growing draft as what is finished, and the rest. Together they are `text`.

    It ends with a sentence, a list's line, a table's row or a paragraph: never inside code, a
    link or a mark. More text only ever makes the finished part longer.
    """
    end = max(_ends(text), default=0)
    return text[:end], text[end:]


def _split(text: str) -> list[str]:
    ends = [0, *_ends(text), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


def _ends(text: str) -> list[int]:
    ends: list[int] = []
    for match in _STEP.finditer(text):
        if match["open"] is not None:
            break
        if match["end"] or match["row"] or (match["line"] and _ends_line(text, match.start())):
            ends.append(match.end())
    return ends


def _ends_line(text: str, newline: int) -> bool:
    """Is it more than a line that wraps? Also before a list, a table or an empty line."""
    start = text.rfind("\n", 0, newline) + 1
    return bool(_BLOCK.match(text, start, newline + 1) or _BLOCK.match(text, newline + 1))

"""Leaving: the checks behind the model. What is not backed by this conversation is taken out."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import accumulate

from bot.claims import unbacked
from bot.links import unlink
from bot.outcome import Receipt
from bot.pack import Rules
from bot.personal import personal
from bot.redaction import redact
from bot.reply import Source
from bot.sentences import BULLET, split
from bot.support import Ground
from bot.words import Phrases


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    text: str
    """Empty: nothing that may be said was left."""
    sources: tuple[Source, ...]
    """Those that are cited; mark `[n]` is the n-th."""
    mended: tuple[str, ...]
    """What had to go: "secret", "link", "mention", "personal", "advice", "tone", "claim",
    "unsupported", "citation", "length"."""


def check_output(
    answer: str,
    allowed: Collection[str],
    sources: tuple[Source, ...],
    receipts: tuple[Receipt, ...],
    evidence: str = "",
    rules: Rules | None = None,
    ground: Ground | None = None,
) -> Checked:
    """May it leave? What is not backed by this conversation is taken out.

    `allowed` are the addresses that tools or passages named; mark `[n]` in `answer` is the n-th
    of `sources`. `evidence` is what these and the tools said: the only personal data, such as
    the desk's telephone, that may be repeated. `rules`: what the pack says of advice, tone and
    length. `ground` is what each sentence must rest on; None: no sentence is held against anything.
    """
    whole = answer.encode(errors="ignore").decode()  # Without halves of characters.
    clean = unhidden(whole)
    # Also before: what is hidden may stand between a secret and a word that would hide it.
    unkeyed = redact(unhidden(redact(whole).text)).text
    linked = unlink(unkeyed, frozenset(allowed))
    calm = _MENTION.sub(_name, linked)
    known = _letters(evidence)
    named = "".join(_gap(x) if _strangers(x, known) else x for x in split(calm))
    advice, unsaid = (rules.advice, rules.unsaid) if rules else (None, None)
    plain_spoken = "".join(_gap(x) if _says(x, advice, known) else x for x in split(named))
    kind = "".join(_gap(x) if _says(x, unsaid, known) else x for x in split(plain_spoken))
    backed = "".join(_gap(x) if unbacked(x, receipts) else x for x in split(kind))
    pieces = split(backed)
    upheld = ground.upheld(pieces) if ground else pieces
    told = "".join(_gap(x) if y is None else y for x, y in zip(pieces, upheld, strict=True))
    text, cited, lost = _cite(told, sources)
    mended = (
        *(["secret"] if unkeyed != clean else []),
        *(["link"] if linked != unkeyed else []),
        *(["mention"] if calm != linked else []),
        *(["personal"] if named != calm else []),
        *(["advice"] if plain_spoken != named else []),
        *(["tone"] if kind != plain_spoken else []),
        *(["claim"] if backed != kind else []),
        *(["unsupported"] if None in upheld else []),
        *(["citation"] if lost else []),
    )
    text = _tidy(text) if mended else text.strip()
    short = _short(text, rules.longest_answer) if rules and rules.longest_answer else text
    if short != text:
        text, mended = short, (*mended, "length")
    # What shows only after mending was hidden on purpose: then nothing leaves.
    again = redact(text).kinds or unlink(text, frozenset(allowed)) != text or _MENTION.search(text)
    if again or not any(x.isalnum() for x in _MARK.sub("", text)):
        return Checked(text="", sources=(), mended=mended)
    return Checked(text=text, sources=cited, mended=mended)


def _strangers(sentence: str, evidence: str) -> bool:
    """Personal data that nobody gave the model: another conversation's, or made up."""
    values = (_letters(sentence[x.start : x.end]) for x in personal(sentence))
    return any(value not in evidence for value in values)


def _says(sentence: str, phrases: Phrases | None, evidence: str) -> bool:
    """What only the handbook may say: as a doctor or a lawyer would, or in another tone."""
    if phrases is None or not phrases.found(sentence):
        return False
    return _letters(_MARK.sub("", sentence)) not in evidence


def _short(text: str, longest: int) -> str:
    """Cut after a sentence, a step or a table's row, and not after what only leads to the next."""
    if len(text) <= longest:
        return text
    ends = accumulate(map(len, split(text)))
    cut = text[: max((x for x in ends if x <= longest), default=0)].rstrip()
    while cut.endswith(":") or cut.rpartition("\n")[2].startswith("#"):
        cut = cut[: max((x for x in accumulate(map(len, split(cut))) if x < len(cut)), default=0)]
        cut = cut.rstrip()
    if cut:
        return cut
    # One long piece: after a word, where blanks part them.
    cut = text[:longest].rpartition(" ")[0].rstrip() or text[:longest]
    return f"{cut} …" + ("\n```" if cut.count("```") % 2 else "")


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


def unhidden(text: str) -> str:
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


_GAP = "\0"


def _gap(sentence: str) -> str:
    """In place of a sentence: its bullet, if it has one, and a sign for `_tidy`."""
    bullet = re.match(BULLET, sentence)
    return (bullet[0] if bullet else "") + _GAP


def _tidy(text: str) -> str:
    """Without the blanks, empty brackets and empty lines that mending leaves."""
    text = re.sub(r"\(\s*\)|\[\s*\](?!\()|<\s*>|\*\*\s*\*\*", "", text)
    text = re.sub(rf"(?m)^(?:{BULLET})?[ \t]*{_GAP}[{_GAP} \t]*$\n?", "", text).replace(_GAP, "")
    text = re.sub(r"(?<=\S)[ \t]{2,}(?=\S)|[ \t]+(?=[.,;:!?](?:\s|$))", _narrow, text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _narrow(gap: re.Match[str]) -> str:
    return "" if gap.string[gap.end() : gap.end() + 1] in ".,;:!?" else " "

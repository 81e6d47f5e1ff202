"""Guardrails: the checks before the model, in their order. Those behind it are in leaving.py."""

import logging
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bot.injection import Origin, injection
from bot.pack import HUMAN, Concern, Rules
from bot.redaction import redact, redact_after
from bot.words import plain

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
    if rules.human.found_without(rules.no_human, heard) or _in_confidence(text, rules):
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
    if wish - ordinary > _WISHED and not rules.no_human.found(heard):
        return HUMAN
    return None


def _beginning(text: str, longest: int) -> str:
    """Cut between words: half of a secret is not known as one."""
    words = text[:longest].rsplit(maxsplit=1)
    return redact(words[0]).text if len(words) > 1 else ""


_CLAUSE = re.compile(r"[.,:;!\n–—]|\s-\s")


def _in_confidence(text: str, rules: Rules) -> bool:
    """It opens with a wish for privacy, such as "Confidential: ...", and so asks for a person."""
    opening = _CLAUSE.split(text.strip(), maxsplit=1)[0]
    return len(opening.split()) <= 3 and "?" not in opening and bool(rules.private.found(opening))

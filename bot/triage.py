"""Triage: whose is it? What all the evidence points to, and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from bot.conversation import Conversation, Voice
from bot.pack import OUT_OF_SCOPE, SMALL_TALK, Pack, Specialist
from bot.people import Requester
from bot.place import reader_in
from bot.ports import Knowledge, Passage
from bot.strings import Strings
from bot.vault import without
from bot.words import plain

# What each kind of evidence adds to how much more a question is like a desk's examples than like
# those of what no desk is for: a phrase of the desk, each further one, up to three, ...
_WORD = 0.8
_MORE = 0.25
# ... and a page of its, by how far the search is surer than this.
_EVIDENCE = 0.4
_PAGE = 0.5
# A page that the search is so sure of says whose it is, whatever the examples say.
_PROOF = 0.9
_PROVEN = 1.0
# "Citrix" is little to tell by the examples, yet there is nothing in it that is not the desk's.
_NOTHING_ELSE = 1.0
# From this sum on it is the desk's: a few words may be about anything, but nobody tells a help desk
# a story that is for nobody there. Without examples, whatever there is decides.
_AHEAD = 0.35
_STORY = 15
# Another desk that is no further behind than this may be meant as well.
_TIED = 0.15
# Passages that are looked at.
_FOUND = 4
# The most words of an answer to a question of ours.
_REPLY = 8
# To be told what the bot is for is right for small talk too; not so the other way round.
_CHAT = 0.5
# A courtesy has few words, and hardly any beside its own; with more there is a question in it.
_COURTESY = 6
_BESIDE = 2
# Where one matter may end and another begin; the least words of each; how many places are tried.
_CUT = re.compile(
    r"(?P<mark>[?!.;]*)(?:(?<=[?!.;])\s+|\s*\n\s*|,?\s+(?=(?:and|also|plus|und|ausserdem|außerdem)\s))"
    r"(?:(?:and|also|plus|oh|btw|und|auch|ausserdem|außerdem)\b,?\s*){0,3}",
    re.IGNORECASE,
)
# Something is asked or wished for, or does not work: "my manager is on holiday" is neither.
_ASKS = re.compile(
    r"\?|\b(?:how|what|when|where|which|who|why|can|could|may|need|want|would|like|please|request"
    r"|apply|get|tell|down|broken|error|fail\w*|not|no|\w+n't|jammed|stuck|missing|lost|slow|locked"
    r"|wie|was|wann|wo|welche\w*|wer|warum|kann|darf|brauche|möchte|bitte|kaputt|nicht|kein\w*|fehlt)\b",
    re.IGNORECASE,
)
_PART = 3
_CUTS = 8
# Words of a question, and the share of them, from which it is the same as one before.
_ASKED = 3
_SAME = 0.75
# How many of the requester's lines before are looked at.
_AGO = 3
# Answers that are none, one after the other, after which a person is brought.
_IN_VAIN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    specialist: Specialist
    why: str
    """For the record and for people who ask; no message text."""
    found: tuple[Passage, ...] = ()
    """What the handbook has on it, the surest first."""
    rival: Specialist | None = None
    """Whose it may be as well. None: it is plain whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Courtesy:
    """Small talk, or nothing that the bot is for: one short human answer."""

    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """The last answer did not help, by the requester's words or because they ask again: no more
    of the same."""


Choice = Route | Courtesy | Stuck


async def triage(
    text: str, conversation: Conversation, requester: Requester, pack: Pack, knowledge: Knowledge
) -> Choice:
    strings = pack.say(requester.locale)
    courtesy = _courtesy(text, pack, strings)
    if courtesy:
        return courtesy
    if _no_progress(conversation, pack):
        return Stuck()
    if conversation.specialist and (pack.rules.stuck.found(text) or _again(text, conversation)):
        return Stuck()
    likes = _likes(text, pack)
    reader = reader_in(conversation.place, requester)
    query = without(_in_full(text, conversation))
    found = await knowledge.search(conversation.organisation, reader, query, _FOUND)
    claims = [_claim(x, text, likes, found[0] if found else None) for x in _desks(pack)]
    best, *others = sorted(claims, key=lambda x: -x.strength)
    least = _AHEAD if likes.known and len(text.split()) < _STORY else 0.0
    if best.strength > least:
        close = (x.desk for x in others if x.strength > max(least, best.strength - _TIED))
        return Route(specialist=best.desk, why=best.why, found=found, rival=next(close, None))
    before = pack.specialists.get(conversation.specialist or "")
    if before:
        return Route(specialist=before, why="the matter so far", found=found)
    if likes.chat > _CHAT:
        words = strings.thanks if pack.rules.thanks.found(text) else strings.greeting
        return Courtesy(text=words, why="small talk")
    return Courtesy(text=strings.out_of_scope, why="nothing the desks are for")


def _in_full(text: str, conversation: Conversation) -> str:
    """With the question that it goes on with, if it answers a question of ours."""
    *before, ours, _ = (None, None, *conversation.transcript[-3:])
    asked = ours and ours.voice is Voice.BOT and ours.text.endswith("?")
    if not asked or not before[-1] or len(text.split()) > _REPLY:
        return text
    return f"{before[-1].text} {text}"


def apart(text: str, pack: Pack) -> tuple[str, str] | None:
    """Two matters in one message, each by its own words another desk's: "the vpn is down, and when
    is payday?". None: it is one, as far as one can tell."""
    for cut in islice(_CUT.finditer(text), _CUTS):
        left, right = text[: cut.start()] + cut["mark"], text[cut.end() :]
        if not all(len(x.split()) >= _PART and _ASKS.search(x) for x in (left, right)):
            continue
        one, other = _plainly(left, pack), _plainly(right, pack)
        if one and other and one is not other:
            return left.strip(), right.strip()
    return None


def _plainly(text: str, pack: Pack) -> Specialist | None:
    """Whose words there are, if they are of one desk only, and its examples agree."""
    named = [x for x in _desks(pack) if x.words.count(text)]
    if len(named) != 1:
        return None
    likes = _likes(text, pack)
    ahead = max(_desks(pack), key=lambda x: likes.ahead.get(x.name, 0.0))
    return named[0] if not likes.known or ahead is named[0] else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Likes:
    """What the pack's examples say."""

    known: bool
    """False: there are none."""
    ahead: Mapping[str, float]
    """By desk: how much more it is like that desk's than like those that no desk is for."""
    chat: float
    """How much more it is like small talk than like the rest of those."""


def _likes(text: str, pack: Pack) -> _Likes:
    classifier = pack.rules.classifier
    scores: Mapping[str, float] = classifier.scores(text) if classifier else {}
    outside = [scores[x] for x in (OUT_OF_SCOPE, SMALL_TALK) if x in scores]
    desks = [x for x in pack.specialists if x in scores]
    if not desks or not outside:
        return _Likes(known=False, ahead={}, chat=0.0)
    chat = scores.get(SMALL_TALK, -1) - scores.get(OUT_OF_SCOPE, -1)
    return _Likes(known=True, ahead={x: scores[x] - max(outside) for x in desks}, chat=chat)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """How much of the evidence points to a desk."""

    desk: Specialist
    strength: float
    why: str
    """The strongest of it."""


def _claim(desk: Specialist, text: str, likes: _Likes, page: Passage | None) -> _Claim:
    like = likes.ahead.get(desk.name, -1.0 if likes.known else 0.0)
    count = desk.words.count(text)
    words = _WORD + _MORE * min(count - 1, 3) if count else 0.0
    if count and not re.search(r"\w", desk.words.cut(text)):
        words += _NOTHING_ELSE
    # A page of nobody's folder, in a handbook that is not sorted by desk, is for any of them.
    mine = page is not None and page.specialist in (desk.name, None)
    pages = _shown(page.score) if page and mine else 0.0
    why = "it is like the pack's examples"
    if words and words >= max(like, pages):
        why = f"the word “{desk.words.found(text)}”"
    elif page and pages > like:
        why = f"the page “{page.title}”"
    return _Claim(desk=desk, strength=like + words + pages, why=why)


def _shown(score: float) -> float:
    """What a page adds."""
    proven = _PROVEN if score >= _PROOF else 0.0
    return max(0.0, _PAGE * (score - _EVIDENCE)) + proven


def _desks(pack: Pack) -> list[Specialist]:
    """The default one first: of equals, the first has it."""
    return sorted(pack.specialists.values(), key=lambda x: x.queue != pack.default_queue)


def _courtesy(text: str, pack: Pack, strings: Strings) -> Courtesy | None:
    if pack.rules.about_bot.found(text):
        return Courtesy(text=strings.about_bot, why="a question about the bot")
    if len(text.split()) > _COURTESY or "?" in text:
        return None
    for phrases, words, why in (
        (pack.rules.thanks, strings.thanks, "thanks"),
        (pack.rules.greeting, strings.greeting, "a greeting"),
    ):
        if phrases.found(text) and _alone(phrases.cut(text), pack):
            return Courtesy(text=words, why=why)
    return None


def _again(text: str, conversation: Conversation) -> bool:
    """Was the same asked a moment ago, and was answered? Then it did not help."""
    asked, answered, looked = set(plain(text).split()), False, 0
    for line in reversed(conversation.transcript):
        answered = answered or line.voice is Voice.BOT
        if line.voice is not Voice.REQUESTER or not answered:
            continue
        before = set(plain(line.text).split())
        if len(asked) >= _ASKED and len(asked & before) >= _SAME * len(asked | before):
            return True
        looked += 1
        if looked == _AGO:
            break
    return False


def _no_progress(conversation: Conversation, pack: Pack) -> bool:
    """Did the last answers, one after the other, all say that there is no answer?"""
    said = [x.text for x in conversation.transcript if x.voice is Voice.BOT][-_IN_VAIN:]
    vain = {y for x in pack.strings.values() for y in (x.nearest, x.nothing_found)}
    return len(said) == _IN_VAIN and all(x in vain for x in said)


def _alone(beside: str, pack: Pack) -> bool:
    """Is a courtesy all there is, or does "good evening, payday" ask for something?"""
    return len(re.findall(r"\w+", beside)) <= _BESIDE and not pack.rules.desks.found(beside)

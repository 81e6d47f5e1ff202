"""Triage: whose is it? The first rule that is sure decides, and says why."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.conversation import Conversation
from bot.pack import OUT_OF_SCOPE, SMALL_TALK, Pack, Specialist
from bot.people import Requester
from bot.ports import Knowledge
from bot.strings import Strings
from bot.vault import without

# A search score from which a page says whose question it is, though it may not answer it.
_EVIDENCE = 0.4
# One from which it says so whatever the examples say.
_PROOF = 0.85
# A search score from which a page answers.
_SURE = 0.5
# How far the examples of what no desk is for may be ahead, and still a desk's words, or its page,
# decide; each further word of the desk counts for half as much again.
_DOUBT = 0.7
_DOUBT_MORE = 0.35
_DOUBT_PAGE = 0.1
# How far a desk's examples must be ahead to decide alone.
_AHEAD = 0.4
# A courtesy has few words; with more there is a question in it.
_COURTESY = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    specialist: Specialist
    why: str
    """For the record and for people who ask; no message text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Courtesy:
    """Small talk, or nothing that the bot is for: one short human answer."""

    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """The last answer did not help: no more of the same."""


Choice = Route | Courtesy | Stuck


async def triage(
    text: str, conversation: Conversation, requester: Requester, pack: Pack, knowledge: Knowledge
) -> Choice:
    strings = pack.say(requester.locale)
    small = _courtesy(text, pack, strings)
    if small:
        return small
    if conversation.specialist and pack.rules.stuck.found(text):
        return Stuck()
    counts = {x.name: x.words.count(text) for x in pack.specialists.values()}
    first, *others = sorted(pack.specialists.values(), key=lambda x: -counts[x.name])
    likes = _likes(text, pack)
    clear = counts[first.name] and all(counts[x.name] < counts[first.name] for x in others)
    if clear and likes.ahead > -_DOUBT - _DOUBT_MORE * (counts[first.name] - 1):
        word = first.words.found(text) or ""
        return Route(specialist=first, why=f"the word “{word}”")
    found = await knowledge.search(conversation.organisation, without(text), 1)
    if found and found[0].score >= (_EVIDENCE if likes.ahead > -_DOUBT_PAGE else _PROOF):
        owner = pack.specialists.get(found[0].specialist or "")
        if owner is None and found[0].score >= _SURE:
            # A page of nobody's folder, in a handbook that is not sorted by desk.
            owner = _default(pack)
        if owner:
            return Route(specialist=owner, why=f"the page “{found[0].title}”")
    before = pack.specialists.get(conversation.specialist or "")
    if before:
        return Route(specialist=before, why="the matter so far")
    if counts[first.name] and likes.ahead > 0:
        return Route(specialist=first, why="words of several; the first of equals")
    if likes.desk and likes.ahead > _AHEAD:
        return Route(specialist=likes.desk, why="it is like the pack's examples")
    if likes.small_talk:
        return Courtesy(text=strings.greeting, why="small talk")
    return Courtesy(text=strings.out_of_scope, why="nothing the desks are for")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Likes:
    """What the pack's examples say."""

    desk: Specialist | None
    """The likeliest. None: there are no examples."""
    ahead: float
    """How much more it is like that desk's than like those that no desk is for."""
    small_talk: bool
    """Of these two, it is more like small talk."""


def _likes(text: str, pack: Pack) -> _Likes:
    classifier = pack.rules.classifier
    scores: Mapping[str, float] = classifier.scores(text) if classifier else {}
    desks = [x for x in pack.specialists.values() if x.name in scores]
    outside = [scores[x] for x in (OUT_OF_SCOPE, SMALL_TALK) if x in scores]
    if not desks or not outside:
        return _Likes(desk=None, ahead=0.0, small_talk=False)
    desk = max(desks, key=lambda x: scores[x.name])
    chat = scores.get(SMALL_TALK, -1) > scores.get(OUT_OF_SCOPE, -1)
    return _Likes(desk=desk, ahead=scores[desk.name] - max(outside), small_talk=chat)


def _courtesy(text: str, pack: Pack, strings: Strings) -> Courtesy | None:
    if pack.rules.about_bot.found(text):
        return Courtesy(text=strings.about_bot, why="a question about the bot")
    if len(text.split()) > _COURTESY or "?" in text:
        return None
    if pack.rules.thanks.found(text):
        return Courtesy(text=strings.thanks, why="thanks")
    if pack.rules.greeting.found(text):
        return Courtesy(text=strings.greeting, why="a greeting")
    return None


def _default(pack: Pack) -> Specialist:
    owners = pack.specialists.values()
    return next((x for x in owners if x.queue == pack.default_queue), next(iter(owners)))

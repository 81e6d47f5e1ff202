"""Triage: whose is it? The first rule that is sure decides, and says why."""

from dataclasses import dataclass

from bot.conversation import Conversation
from bot.pack import Pack, Specialist
from bot.people import Requester
from bot.ports import Knowledge
from bot.strings import Strings
from bot.vault import without

# A search score from which a page says whose question it is, though it may not answer it.
_EVIDENCE = 0.3
# A search score from which a page answers.
_SURE = 0.5
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
    if counts[first.name] and all(counts[x.name] < counts[first.name] for x in others):
        word = first.words.found(text) or ""
        return Route(specialist=first, why=f"the word “{word}”")
    found = await knowledge.search(conversation.organisation, without(text), 1)
    if found and found[0].score >= _EVIDENCE:
        owner = pack.specialists.get(found[0].specialist or "")
        if owner is None and found[0].score >= _SURE:
            # A page of nobody's folder, in a handbook that is not sorted by desk.
            owner = _default(pack)
        if owner:
            return Route(specialist=owner, why=f"the page “{found[0].title}”")
    before = pack.specialists.get(conversation.specialist or "")
    if before:
        return Route(specialist=before, why="the matter so far")
    if counts[first.name]:
        return Route(specialist=first, why="words of several; the first of equals")
    return Courtesy(text=strings.out_of_scope, why="nothing the desks are for")


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

"""Which matter is a message about? One open case never mutes the bot for another question."""

from dataclasses import dataclass

from bot.conversation import Conversation, State, Voice
from bot.event import Message
from bot.pack import Pack
from bot.people import Requester
from bot.place import Place
from bot.ports import Ids, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """It may belong to one of these open cases, or be about something new."""

    cases: tuple[Conversation, ...]


def choose(
    event: Message, situation: Situation, requester: Requester, pack: Pack, ids: Ids
) -> Conversation | Unclear:
    """In a thread, the thread is the matter; in a flat chat, the stretch or an open case."""
    own = [
        x
        for x in situation.conversations
        # What waits for an approver goes on by itself: a message begins something new.
        if x.requester == requester.id and x.state is not State.AWAITING_APPROVAL
    ]
    in_thread = event.place.thread is not None and not event.roots
    if own and (event.belongs_to or event.reply_to or in_thread):
        return own[0]
    live = tuple(x for x in own if x.case and situation.cases[x.case].live)
    current = own[0] if own and not own[0].idle(event.at) else None
    if current is None:
        return Unclear(cases=live) if live else begin(event.place, event, requester, ids)
    if current.state is State.CLAIMED and not _with_person(current):
        return Unclear(cases=live)
    if current.state in (State.ESCALATED, State.CLAIMED) and _foreign(event.text, current, pack):
        return Unclear(cases=live)
    return current


def begin(place: Place, event: Message, requester: Requester, ids: Ids) -> Conversation:
    return Conversation(
        id=ids.new(),
        organisation=event.organisation,
        place=place,
        requester=requester.id,
        state=State.WITH_BOT,
        last_at=event.at,
    )


def _with_person(conversation: Conversation) -> bool:
    """A person and the requester are talking: what follows is to them."""
    last = next((x for x in reversed(conversation.transcript) if x.voice is not Voice.NOTE), None)
    return last is not None and last.voice in (Voice.PERSON, Voice.REQUESTER)


def _foreign(text: str, conversation: Conversation, pack: Pack) -> bool:
    """Its words belong to another specialist than the case's."""
    counts = {x.name: x.words.count(text) for x in pack.specialists.values()}
    mine = counts.pop(conversation.specialist or "", 0)
    return conversation.specialist is not None and mine == 0 and any(counts.values())

"""A message that was heard, with all that is at hand, and what every way to deal with it shares."""

from dataclasses import dataclass, replace

from bot.answer import ask_person
from bot.confirm import Asker
from bot.conversation import Conversation, State
from bot.desk import Desk, summarise
from bot.event import Message
from bot.kit import Kit
from bot.matter import Unclear, begin, choose
from bot.outcome import Turn
from bot.people import Requester
from bot.place import Audience, Place
from bot.ports import Journal, Situation
from bot.reply import Reply
from bot.strings import Strings


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message of one requester."""

    kit: Kit
    situation: Situation
    event: Message
    who: Requester
    desk: Desk
    journal: Journal

    @property
    def strings(self) -> Strings:
        return self.kit.pack.say(self.who.locale)

    @property
    def asker(self) -> Asker:
        return Asker(desk=self.desk, requester=self.who)

    def matter(self) -> Conversation | Unclear:
        """Whose it is, as far as one can tell."""
        return choose(self.event, self.situation, self.who, self.kit.pack, self.kit.ids)

    def anew(self) -> Conversation:
        """A matter that begins with this message."""
        return begin(self.event.place, self.event, self.who, self.kit.ids)

    def about(self, turn: Turn, matter: Conversation) -> Turn:
        case = self.situation.cases.get(matter.case or "")
        place = self.event.place if self.event.roots else matter.place
        matter = replace(matter, interrupted=False, place=place)
        return replace(turn, conversation=matter, case=case)

    def to_person(self, turn: Turn, text: str) -> Turn:
        """A person has it: the bot is silent, and the desk sees the line."""
        turn = turn.heard(text, self.who.name).record(
            "passed on", case=turn.conversation.case or ""
        )
        line = self.desk.strings.desk_requester.format(name=self.who.name, text=text)
        return self.desk.tell(turn, line)

    def more(self, turn: Turn, text: str) -> Turn:
        """The requester adds to a case that nobody has taken yet."""
        assert turn.case
        turn = replace(turn, case=replace(turn.case, ask=summarise(turn.conversation)))
        line = self.desk.strings.desk_requester.format(name=self.who.name, text=text)
        return self.desk.tell(self.desk.show(turn), line)

    def with_person(self, turn: Turn, words: str) -> Turn:
        """It is not answered now, but people can be asked."""
        if turn.conversation.state is not State.WITH_BOT:
            return turn.say(Reply(text=words))
        return turn.say(Reply(text=words, buttons=(ask_person(turn, self.asker),)))

    def secret_advice(self) -> Reply:
        return Reply(text=self.strings.secret.format(link=self.kit.pack.secret_link))

    async def in_private(self, turn: Turn, quietly: bool = False) -> Turn:
        """Move the matter to the direct chat, if others can read here.

        `quietly`: nothing is said here, not even that; the requester is reminded that their words
        still stand here.
        """
        here = self.event.place
        if here.audience is Audience.DIRECT:
            return turn
        direct = await self.direct()
        heard = turn.conversation.transcript[-1:]
        matter = begin(direct, self.event, self.who, self.kit.ids)
        matter = replace(matter, transcript=heard, last_at=turn.now)
        turn = turn.record("moved to private")
        if quietly:
            turn = turn.post(Reply(text=self.strings.delete_hint), direct)
        else:
            turn = turn.post(Reply(text=self.strings.in_private), here)
        return replace(turn, conversation=matter, case=None)

    async def direct(self) -> Place:
        if self.event.place.audience is Audience.DIRECT:
            return self.event.place
        return await self.kit.platforms[self.event.place.platform].direct(self.event.sender)


def settled(turn: Turn) -> Turn:
    """A message takes the place of what was waited for, and reopens what was resolved."""
    if turn.conversation.state in (State.AWAITING_CONFIRMATION, State.RESOLVED):
        return turn.become(State.WITH_BOT)
    return turn

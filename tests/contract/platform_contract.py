"""What every platform keeps: subclass it as Test<Platform> and fill in the blanks."""

from abc import ABC, abstractmethod
from dataclasses import replace

import pytest

from bot.event import CardAction, Command, Event, Message, Opened
from bot.people import Sender
from bot.place import Audience, Place
from bot.ports import Drafts, Platform, Rejected
from bot.reply import Button, Card, Fact, Grant, Purpose, Reply, Source, Style
from tests.fakes import NOW

GRANT = Grant(purpose=Purpose.TAKE, conversation="k1", queue="IT", case="IT-7")
CARD = Reply(
    text="IT-7: Sam Okafor needs help",
    card=Card(
        title="IT-7",
        status="Open",
        urgent=True,
        facts=(
            Fact(label="Asked", text="My VPN keeps dropping"),
            Fact(label="Due", text="", until=NOW),
        ),
    ),
    buttons=(Button(label="Take", token="secret-token", grant=GRANT, style=Style.PRIMARY),),
)


class PlatformContract(ABC):
    """Each test asks the same of every platform; none may be overridden."""

    def __init_subclass__(cls) -> None:
        changed = [n for n in vars(cls) if n.startswith("test_") and hasattr(PlatformContract, n)]
        assert not changed, f"a contract is kept, not overridden: {changed}"

    name: str

    @abstractmethod
    def event(self, fixture: str) -> Event | None:
        """The event of a recorded payload: message, button, form, command, opened, bot_echo."""

    @abstractmethod
    async def adapter(self) -> tuple[Platform, Drafts]:
        """The adapter on a far side that is empty."""

    @abstractmethod
    def chat(self) -> Place:
        """A direct chat on that far side."""

    @abstractmethod
    def sender(self) -> Sender:
        """The account of that chat."""

    @abstractmethod
    async def seen(self, place: Place) -> list[str]:
        """All that a reader of the place sees, one text for each message, card and buttons too."""

    @abstractmethod
    async def private_room(self) -> Place: ...

    # ---- in -------------------------------------------------------------------------------

    def test_a_message_is_who_where_and_what(self) -> None:
        event = self.event("message")
        assert isinstance(event, Message)
        assert event.text == "My VPN keeps dropping"
        assert event.sender.platform == event.place.platform == self.name
        assert event.place.audience is Audience.DIRECT
        assert event.id
        assert event.message

    def test_a_button_is_only_its_token(self) -> None:
        event = self.event("button")
        assert isinstance(event, CardAction)
        assert event.token == "opaque-token"
        assert event.values is None

    def test_a_form_bears_the_same_token_and_its_values(self) -> None:
        event = self.event("form")
        assert isinstance(event, CardAction)
        assert event.token == "opaque-token"
        assert event.values == {"text": "Try the other gateway."}

    def test_a_command_is_the_words_after_the_name(self) -> None:
        event = self.event("command")
        assert isinstance(event, Command)
        assert event.text == "queue IT here"

    def test_opening_the_chat_is_an_event(self) -> None:
        assert isinstance(self.event("opened"), Opened)

    def test_the_bots_own_words_are_ignored(self) -> None:
        assert self.event("bot_echo") is None

    # ---- out ------------------------------------------------------------------------------

    async def test_a_reply_is_seen_with_its_source(self) -> None:
        platform, _ = await self.adapter()
        source = Source(title="VPN", url="https://handbook.example/vpn")
        await platform.post(
            self.chat(), Reply(text="Switch networks. [1]", sources=(source,)), "k", None
        )
        (text,) = await self.seen(self.chat())
        assert "Switch networks." in text
        assert "https://handbook.example/vpn" in text

    async def test_a_card_shows_its_facts_and_hides_what_a_button_stands_for(self) -> None:
        platform, _ = await self.adapter()
        await platform.post(self.chat(), CARD, "k", None)
        (text,) = await self.seen(self.chat())
        for word in ("IT-7", "My VPN keeps dropping", "Take", "secret-token"):
            assert word in text
        assert "k1" not in text

    async def test_a_person_who_speaks_is_named(self) -> None:
        platform, _ = await self.adapter()
        await platform.post(
            self.chat(), Reply(text="Try this.", author="Dana Whitfield"), "k", None
        )
        (text,) = await self.seen(self.chat())
        assert "Dana Whitfield" in text

    async def test_an_update_takes_the_place_of_what_stood_there(self) -> None:
        platform, _ = await self.adapter()
        message = await platform.post(self.chat(), Reply(text="before"), "k", None)
        await platform.update(self.chat(), message, replace(CARD, text="after"))
        (text,) = await self.seen(self.chat())
        assert "before" not in text
        assert "Take" in text

    async def test_a_message_that_is_gone_cannot_be_updated(self) -> None:
        platform, _ = await self.adapter()
        message = await platform.post(self.chat(), Reply(text="before"), "k", None)
        await platform.delete(self.chat(), message)
        await platform.delete(self.chat(), message)
        assert await self.seen(self.chat()) == []
        with pytest.raises(Rejected):
            await platform.update(self.chat(), message, Reply(text="after"))

    async def test_a_post_is_found_again_by_its_key_or_the_platform_says_it_cannot_tell(
        self,
    ) -> None:
        platform, _ = await self.adapter()
        message = await platform.post(self.chat(), Reply(text="hi"), "the-key", None)
        try:
            assert await platform.find(self.chat(), "the-key") == message
            assert await platform.find(self.chat(), "another-key") is None
        except Rejected:
            pass

    async def test_a_reply_in_a_thread_does_not_stand_in_the_chat(self) -> None:
        platform, _ = await self.adapter()
        room = await self.private_room()
        root = await platform.post(room, CARD, "k", None)
        await platform.post(room.thread_at(root), Reply(text="a note"), "k2", None)
        (text,) = await self.seen(room.thread_at(root))
        assert "a note" in text

    async def test_texts_of_any_alphabet_and_markup_arrive_whole(self) -> None:
        platform, _ = await self.adapter()
        odd = "مرحبا 👋 <b>&amp;</b> Zoë **stark**"
        await platform.post(self.chat(), Reply(text=odd), "k", None)
        (text,) = await self.seen(self.chat())
        assert "مرحبا 👋" in text
        assert "Zoë" in text

    async def test_a_draft_grows_in_place_and_the_answer_replaces_it(self) -> None:
        platform, drafts = await self.adapter()
        message = await drafts.begin(self.chat(), "Looking in the handbook…", "k")
        if message is None:
            return
        await drafts.show(self.chat(), message, "Switch to")
        await drafts.show(self.chat(), message, "Switch to another network.")
        await platform.update(self.chat(), message, Reply(text="Switch to another network. Done."))
        (text,) = await self.seen(self.chat())
        assert "Done." in text
        assert "Looking" not in text

    async def test_a_draft_that_is_gone_harms_nobody(self) -> None:
        platform, drafts = await self.adapter()
        message = await drafts.begin(self.chat(), "Looking…", "k")
        if message is None:
            return
        await platform.delete(self.chat(), message)
        await drafts.show(self.chat(), message, "too late")
        assert await self.seen(self.chat()) == []

    async def test_the_direct_chat_of_a_sender_is_direct(self) -> None:
        platform, _ = await self.adapter()
        assert (await platform.direct(self.sender())).audience is Audience.DIRECT

    async def test_a_probe_tells_who_can_read_there(self) -> None:
        platform, _ = await self.adapter()
        assert await platform.probe(await self.private_room()) is Audience.PRIVATE

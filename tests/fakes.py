"""Fakes of the ports, for tests of the core alone."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from bot.agent import Agent
from bot.case import Case
from bot.colleagues import Names
from bot.conversation import Conversation
from bot.kit import Kit
from bot.outcome import Delivery
from bot.outside import Outside
from bot.pack import Pack, Tier
from bot.people import Requester, Sender
from bot.place import Audience, Place
from bot.ports import (
    Article,
    CaseFile,
    Finished,
    Holdings,
    Model,
    Page,
    Passage,
    Prompt,
    Recorded,
    Rejected,
    Spent,
    ToolCall,
    ToolSpec,
    Words,
)
from bot.reply import Reply
from bot.timeline import Entry, Head
from bot.veil import Veil

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # a Friday, 10:00 in Berlin

SAM = Requester(
    id="sam",
    name="Sam Okafor",
    email="sam@fernhill.example",
    department="Sales",
    location="Berlin",
    locale="en",
    timezone="Europe/Berlin",
    groups=frozenset({"pilot"}),
    manager="tomas",
)
TOMAS = replace(SAM, id="tomas", name="Tomás Herrera", manager=None, groups=frozenset())
DANA = replace(SAM, id="dana", name="Dana Whitfield", groups=frozenset({"it-desk"}))
MARCO = replace(DANA, id="marco", name="Marco Silva")
PRIYA = replace(
    SAM, id="priya", name="Priya Raman", groups=frozenset({"hr-desk", "hr-confidential"})
)
ROBIN = replace(SAM, id="robin", name="Robin Castle", groups=frozenset())
PEOPLE = (SAM, TOMAS, DANA, MARCO, PRIYA, ROBIN)

CHAT = Place(platform="web", workspace="sample", channel="dm:sam")
IT_DESK = Place(platform="web", workspace="sample", channel="it-desk", audience=Audience.PRIVATE)
SQUARE = Place(
    platform="web",
    workspace="sample",
    channel="town-square",
    thread="root-1",
    audience=Audience.PUBLIC,
)

VPN = Passage(
    id="vpn#drops",
    title="VPN › VPN keeps dropping",
    text="1. Quit the VPN client.\n2. Switch to another network.\n3. Connect again.",
    url="/handbook/it/vpn.md#vpn-keeps-dropping",
    score=0.9,
    specialist="it",
)


def sender(who: Requester) -> Sender:
    return Sender(platform="web", workspace="sample", user=who.id, name="anything at all")


class FakeDirectory:
    def __init__(self, people: Sequence[Requester] = PEOPLE) -> None:
        self._people = {x.id: x for x in people}
        self._names = Names(x.name for x in people)

    async def find(self, sender: Sender) -> Requester | None:
        return self._people.get(sender.user)

    async def employee(self, id: str) -> Requester | None:
        return self._people.get(id)

    async def with_email(self, email: str) -> Requester | None:
        return next((x for x in self._people.values() if x.email == email.lower()), None)

    async def members(self, group: str) -> tuple[Requester, ...]:
        return tuple(x for x in self._people.values() if group in x.groups)

    async def names(self) -> Names:
        return self._names


@dataclass
class FakeKnowledge:
    passages: tuple[Passage, ...] = (VPN,)
    known: tuple[Page, ...] = ()
    articles: list[Article] = field(default_factory=list[Article])

    async def search(
        self, organisation: str, reader: Requester, query: str, limit: int
    ) -> tuple[Passage, ...]:
        return self.passages[:limit]

    async def passage(self, organisation: str, reader: Requester, id: str) -> Passage | None:
        return next((x for x in self.passages if x.id == id), None)

    async def pages(self, organisation: str) -> tuple[Page, ...]:
        return self.known

    async def publish(self, organisation: str, article: Article) -> str:
        self.articles.append(article)
        return f"solved-cases:{article.case}"


class FakeClock:
    def __init__(self, now: datetime = NOW) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_time(seconds)

    def pass_time(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class FakeIds:
    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"id-{next(self._numbers)}"

    def token(self) -> str:
        return f"token-{next(self._numbers)}"


class FakeJournal:
    def __init__(self) -> None:
        self.steps: dict[str, str] = {}

    async def get(self, step: str) -> str | None:
        return self.steps.get(step)

    async def put(self, step: str, value: str) -> None:
        self.steps[step] = value


class FakeTools:
    """Two tools from elsewhere; what they are called with is kept."""

    def __init__(self, fails: Exception | None = None, says: str = "done") -> None:
        self.calls: list[tuple[str, str, str]] = []
        self.told: list[str] = []
        """The arguments of each call."""
        self._fails = fails
        self._says = says

    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(
            ToolSpec(name=name, description=name, schema={"type": "object"})
            for name in ("reset_password", "order_laptop", "look_up")
        )

    async def call(self, call: ToolCall, requester: Requester, key: str) -> str:
        if self._fails:
            raise self._fails
        self.calls.append((call.name, requester.id, key))
        self.told.append(call.arguments)
        return self._says


class ScriptedModel:
    """Says what it is told to, one entry for each call. An exception in a script is raised."""

    name = "scripted"

    def __init__(
        self, *script: str | ToolCall | Exception, then: Callable[[], None] | None = None
    ) -> None:
        self._script = list(script)
        self._then = then
        self.prompts: list[Prompt] = []

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Words | Finished, None]:
        self.prompts.append(prompt)
        match self._script.pop(0):
            case str(text):
                for word in text.split(" "):
                    yield Words(text=word + " ")
                if self._then:
                    self._then()
                yield Finished(tokens_in=10, tokens_out=5, bytes_out=100)
            case ToolCall() as call:
                yield Finished(calls=(call,), tokens_in=10, tokens_out=5, bytes_out=100)
            case Exception() as error:
                yield Words(text="half a sen")
                raise error


class FakeStore:
    """Only what a turn asks of the store while it is being decided."""

    def __init__(self) -> None:
        self._numbers = count(1042)
        self.overtaken = False
        self.cases: tuple[Case, ...] = ()
        self.used = Spent()
        self.lines: tuple[Recorded, ...] = ()
        self.unmet: frozenset[str] = frozenset()
        """Employees who never wrote to the bot."""

    async def case_number(self, organisation: str) -> int:
        return next(self._numbers)

    async def unchanged(self, conversation: Conversation) -> bool:
        return not self.overtaken

    async def cases_of(self, organisation: str, requester: str) -> tuple[Case, ...]:
        return tuple(x for x in self.cases if x.requester == requester)

    async def spent(self, organisation: str, person: str, department: str, event: str) -> Spent:
        return self.used

    async def open_cases(self, organisation: str) -> Mapping[str, int]:
        return {"IT": len(self.cases)}

    async def outcomes(self, organisation: str, since: datetime) -> tuple[Recorded, ...]:
        return self.lines

    async def direct_place(self, organisation: str, person: str) -> Place | None:
        return None if person in self.unmet else replace(CHAT, channel=f"dm:{person}")


@dataclass
class FakePlatform:
    """Keeps what was posted; `fails` are raised by the next calls, in order."""

    name: str = "web"
    fails: list[Exception] = field(default_factory=list[Exception])
    lose_answer: bool = False
    """The next post arrives, but its answer does not."""
    forgetful: bool = False
    """It cannot tell what was posted."""
    messages: dict[str, tuple[Place, Reply]] = field(default_factory=dict[str, tuple[Place, Reply]])
    keys: dict[str, str] = field(default_factory=dict[str, str])
    audience: Audience = Audience.PRIVATE
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def _maybe_fail(self) -> None:
        if self.fails:
            raise self.fails.pop(0)

    async def post(self, place: Place, reply: Reply, key: str, only_for: str | None) -> str:
        self._maybe_fail()
        id = f"m{next(self._numbers)}"
        self.messages[id] = (place, reply)
        self.keys[key] = id
        if self.lose_answer:
            self.lose_answer = False
            from bot.ports import Uncertain

            raise Uncertain("the connection broke")
        return id

    async def update(self, place: Place, message: str, reply: Reply) -> None:
        self._maybe_fail()
        if message not in self.messages:
            raise Rejected("message_not_found")
        self.messages[message] = (place, reply)

    async def delete(self, place: Place, message: str) -> None:
        self._maybe_fail()
        self.messages.pop(message, None)

    async def find(self, place: Place, key: str) -> str | None:
        if self.forgetful:
            raise Rejected("cannot tell")
        id = self.keys.get(key)
        return id if id in self.messages else None

    async def direct(self, sender: Sender) -> Place:
        return replace(CHAT, channel=f"dm:{sender.user}")

    async def probe(self, place: Place) -> Audience:
        self._maybe_fail()
        return self.audience

    async def begin(self, place: Place, status: str, key: str) -> str | None:
        return await self.post(place, Reply(text=status), key, None)

    async def show(self, place: Place, message: str, text: str) -> None:
        self.messages[message] = (place, Reply(text=text))

    @property
    def texts(self) -> list[str]:
        return [reply.text for _, reply in self.messages.values()]


@dataclass
class FakeVault:
    kept: dict[str, str] = field(default_factory=dict[str, str])

    async def values(self, organisation: str, person: str) -> Mapping[str, str]:
        return self.kept


NOTHING = Holdings(accounts=0, conversations=0, values=0, records=0, live=False, on_hold=False)


@dataclass
class FakeArchive:
    files: dict[str, CaseFile] = field(default_factory=dict[str, CaseFile])
    entries: tuple[Entry, ...] = ()
    held: dict[str, Holdings] = field(default_factory=dict[str, Holdings])

    async def case_file(self, organisation: str, case: str) -> CaseFile | None:
        return self.files.get(case)

    async def timeline(self, organisation: str, case: str) -> tuple[Head | None, tuple[Entry, ...]]:
        return Head(queue="Q", state="open", requester="sam"), self.entries

    async def holdings(self, organisation: str, person: str) -> Holdings:
        return self.held.get(person, NOTHING)


def kit(
    pack: Pack,
    *models: Model,
    store: FakeStore | None = None,
    knowledge: FakeKnowledge | None = None,
    tools: FakeTools | None = None,
    platform: FakePlatform | None = None,
    clock: FakeClock | None = None,
    vault: "FakeVault | None" = None,
    archive: FakeArchive | None = None,
) -> Kit:
    store, knowledge = store or FakeStore(), knowledge or FakeKnowledge()
    tools, clock = tools or FakeTools(), clock or FakeClock()
    platform, vault = platform or FakePlatform(), vault or FakeVault()
    directory = FakeDirectory()
    veil = Veil(pack=pack, vault=vault, directory=directory, knowledge=knowledge)
    outside = Outside(tools=tools, veil=veil)
    agent = Agent(
        models={Tier.FAST: tuple(models), Tier.DEEP: tuple(models)},
        pack=pack,
        knowledge=knowledge,
        store=store,  # type: ignore[arg-type]
        tools=outside,
        clock=clock,
    )
    return Kit(
        pack=pack,
        agent=agent,
        store=store,  # type: ignore[arg-type]
        directory=directory,
        knowledge=knowledge,
        tools=outside,
        platforms={"web": platform},
        drafts={"web": platform},
        vault=vault,
        archive=archive or FakeArchive(),
        veil=veil,
        clock=clock,
        ids=FakeIds(),
    )


def only(deliveries: Sequence[Delivery], place: Place) -> list[Reply]:
    """What a turn sends to one place."""
    return [x.reply for x in deliveries if x.to == place and x.reply]


class FakeRegister:
    """Forgets at the end of the test."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {}

    async def get(self, key: str) -> Mapping[str, str] | None:
        return self.kept.get(key)

    async def put(self, key: str, value: Mapping[str, str]) -> None:
        self.kept[key] = dict(value)

    async def under(self, prefix: str) -> tuple[Mapping[str, str], ...]:
        return tuple(v for k, v in self.kept.items() if k.startswith(prefix))

"""What every knowledge keeps: it finds what is in its handbooks, and never what is not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Protocol, TypeVar

import pytest

from bot.people import Requester
from bot.ports import Article, Knowledge, Passage
from tests.fakes import SAM

T = TypeVar("T")

FERN, OTHER = "fern", "other"

VPN = """\
# VPN
You need it for shared drives and the finance system.

## VPN keeps dropping
1. Move closer to the router, or plug in a network cable.
2. Restart the laptop.

## VPN from another country
Announce the trip, because sign-ins from unknown countries are blocked.
"""
WIFI = """\
# Office Wi-Fi
Company laptops join the Wi-Fi network "Fernhill" by themselves.

## Visitors
Create a code at the reception. It lasts 24 hours.
"""
PASSWORD = """\
# Password
Your password does not expire.

## Reset a forgotten password
Reset it with the authenticator app, in three minutes.
"""
LEAVE = """\
# Annual leave
Full-time employees have 30 days of paid time off.

## Carry over
Unused days are carried over until the end of March.
"""
KUENDIGUNG = """\
# Kündigung
Die Kündigungsfrist beträgt drei Monate zum Monatsende.

## Zeugnis
Jede Mitarbeiterin und jeder Mitarbeiter bekommt ein Arbeitszeugnis.
"""
ARTICLE = Article(
    case="IT-7",
    title="My second screen stays dark",
    text="Hold its power button for ten seconds.",
    specialist="it",
    owner="it-desk",
    audience=None,
    reviewed=date(2026, 11, 20),
)
PAGES = {
    "it/vpn.md": VPN,
    "it/wifi.md": WIFI,
    "it/password.md": PASSWORD,
    "hr/leave.md": LEAVE,
    "kuendigung.md": KUENDIGUNG,
}

ODD = [
    "",
    " ",
    "\n\t",
    "???",
    "...!",
    "vpn" * 4_000,
    "vpn keeps dropping " * 600,
    "".join(chr(n) for n in range(32, 10_000, 7)),
    'title:"x" AND (',
    "* ? ~ ^ [a TO z] {",
    "-vpn +NOT OR AND NOT",
    "vpn\x00dropping",
    "\x00",
    "🎉🔥 👩‍💻",
    "日本語の質問",
    "كلمة السر",
    "'; DROP TABLE handbooks; --",
    "\ud800",
    "a-b-c-d-e-----",
    "'''’’’",
    "%s %(x)s {0} \\",
]


class Library(Protocol):
    """Handbooks, and all that reads them."""

    async def publish(self, organisation: str, pages: Mapping[str, str]) -> None:
        """These pages, by path, are its handbook. Its specialists are `it` and `hr`."""
        ...

    async def open(self) -> Knowledge:
        """A reader of its own, as another process has one."""
        ...


async def soon(ask: Callable[[], Awaitable[T]], right: Callable[[T], bool]) -> T:
    """What it answers within a second, once it is right."""
    for _ in range(100):
        if right(answer := await ask()):
            return answer
        await asyncio.sleep(0.01)
    return await ask()


def titles(found: tuple[Passage, ...]) -> list[str]:
    return [passage.title for passage in found]


class KnowledgeContract:
    """Subclass it as Test<Knowledge>, with a fixture `library` that is empty at first."""

    def __init_subclass__(cls) -> None:
        changed = [x for x in vars(cls) if x.startswith("test_") and hasattr(KnowledgeContract, x)]
        assert not changed, f"a contract is kept, not overridden: {changed}"

    @pytest.fixture
    async def knowledge(self, library: Library) -> Knowledge:
        await library.publish(FERN, PAGES)
        return await library.open()

    # ---- it finds ---------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("query", "title"),
        [
            # by the words of a heading, of a text, and of the page around
            ("VPN keeps dropping", "VPN › VPN keeps dropping"),
            ("My VPN keeps dropping!", "VPN › VPN keeps dropping"),
            ("which router do I need?", "VPN › VPN keeps dropping"),
            ("vpn abroad, my trip", "VPN › VPN from another country"),
            # in other forms and spellings
            ("the vpn drops", "VPN › VPN keeps dropping"),
            ("forgotten passwords", "Password › Reset a forgotten password"),
            ("office wifi", "Office Wi-Fi"),
            ("office wi fi", "Office Wi-Fi"),
            ("OFFICE WI-FI", "Office Wi-Fi"),
            # with one slip of the fingers
            ("pasword reset", "Password › Reset a forgotten password"),
            ("passwrod reset", "Password › Reset a forgotten password"),
            ("passwordd reset", "Password › Reset a forgotten password"),
            ("vpn drooping", "VPN › VPN keeps dropping"),
            # abbreviated
            ("pto", "Annual leave"),
            ("reset my pw", "Password › Reset a forgotten password"),
            # in German, also without its letters
            ("Wie lange ist die Kündigungsfrist?", "Kündigung"),
            ("kundigungsfrist", "Kündigung"),
            ("Fristen für Kündigungen", "Kündigung"),
            ("Arbeitszeugnisse für Mitarbeiterinnen", "Kündigung › Zeugnis"),
        ],
    )
    async def test_a_question_finds_its_section(
        self, knowledge: Knowledge, query: str, title: str
    ) -> None:
        assert titles(await knowledge.search(FERN, SAM, query, 1)) == [title]

    async def test_a_passage_says_what_it_is_and_where(self, knowledge: Knowledge) -> None:
        (passage,) = await knowledge.search(FERN, SAM, "vpn keeps dropping", 1)
        assert passage.text.startswith("1. Move closer")
        assert passage.url.endswith("it/vpn.md#vpn-keeps-dropping")
        assert passage.specialist == "it"
        (nobodys,) = await knowledge.search(FERN, SAM, "Zeugnis", 1)
        assert nobodys.specialist is None

    async def test_the_best_comes_first_and_no_more_than_asked_for(
        self, knowledge: Knowledge
    ) -> None:
        found = await knowledge.search(FERN, SAM, "vpn password days laptop", 3)
        scores = [passage.score for passage in found]
        assert len(found) == 3
        assert scores == sorted(scores, reverse=True)
        assert scores[0] > scores[-1]
        assert all(0 <= score <= 1 for score in scores)
        assert await knowledge.search(FERN, SAM, "vpn password days laptop", 1) == found[:1]

    @pytest.mark.parametrize("query", ["My VPN keeps dropping", "how do I reset my password?"])
    async def test_it_is_sure_of_what_the_handbook_answers(
        self, knowledge: Knowledge, query: str
    ) -> None:
        assert (await knowledge.search(FERN, SAM, query, 1))[0].score >= 0.5

    @pytest.mark.parametrize(
        "query",
        ["asdf qwer", "what is the capital of France?", "order a pizza", "who drops the cake in?"],
    )
    async def test_it_is_not_sure_of_what_the_handbook_does_not_say(
        self, knowledge: Knowledge, query: str
    ) -> None:
        assert all(passage.score < 0.5 for passage in await knowledge.search(FERN, SAM, query, 3))

    @pytest.mark.parametrize("query", ODD, ids=range(len(ODD)))
    async def test_no_query_is_too_odd(self, knowledge: Knowledge, query: str) -> None:
        found = await knowledge.search(FERN, SAM, query, 3)
        assert len(found) <= 3

    @pytest.mark.parametrize("query", ["", "???", "can you help me with this, please?", "🎉"])
    async def test_a_query_without_content_finds_nothing(
        self, knowledge: Knowledge, query: str
    ) -> None:
        assert await knowledge.search(FERN, SAM, query, 3) == ()

    # ---- by id ------------------------------------------------------------------------------

    async def test_every_page_is_known_with_its_owner_and_readers(self, library: Library) -> None:
        restricted = f"---\nowner: HR\nreviewed: 2025-01-02\naudience: hr-desk\n---\n{LEAVE}"
        await library.publish(FERN, {**PAGES, "hr/leave.md": restricted})
        knowledge = await library.open()
        pages = {x.path: x for x in await knowledge.pages(FERN)}
        assert set(pages) == set(PAGES)
        page = pages["hr/leave.md"]
        assert (page.title, page.owner, page.audience) == (
            "Annual leave", "HR", frozenset({"hr-desk"}),
        )  # fmt: skip
        assert str(page.reviewed) == "2025-01-02"
        (found,) = await knowledge.search(FERN, SAM, "vpn keeps dropping", 1)
        assert found.id.rpartition("#")[0] == "it/vpn.md"
        assert found.url.partition("#")[0] == pages["it/vpn.md"].url
        assert await knowledge.pages(OTHER) == ()

    async def test_a_passage_is_found_again_by_its_id(self, knowledge: Knowledge) -> None:
        (found,) = await knowledge.search(FERN, SAM, "vpn keeps dropping", 1)
        again = await knowledge.passage(FERN, SAM, found.id)
        assert again is not None
        assert (again.title, again.text, again.url) == (found.title, found.text, found.url)

    @pytest.mark.parametrize("id", ["", "it/vpn.md", "it/vpn.md#none", "\x00", "x" * 10_000])
    async def test_what_is_no_id_finds_nothing(self, knowledge: Knowledge, id: str) -> None:
        assert await knowledge.passage(FERN, SAM, id) is None

    async def test_an_id_stays_while_its_section_does(self, library: Library) -> None:
        await library.publish(FERN, PAGES)
        knowledge = await library.open()
        (before,) = await knowledge.search(FERN, SAM, "vpn another country", 1)
        first, _, rest = VPN.partition("## VPN keeps dropping")
        longer = f"{first}## Checklist\nRead this.\n\n## VPN keeps dropping{rest}"
        await library.publish(FERN, {**PAGES, "it/vpn.md": longer})

        async def found() -> tuple[Passage, ...]:
            return await knowledge.search(FERN, SAM, "checklist", 1)

        assert titles(await soon(found, bool)) == ["VPN › Checklist"]
        after = await knowledge.passage(FERN, SAM, before.id)
        assert after is not None
        assert after.text == before.text

    # ---- whose handbook ---------------------------------------------------------------------

    async def test_an_organisation_reads_its_own_handbook_only(self, library: Library) -> None:
        await library.publish(FERN, {"vpn.md": VPN})
        await library.publish(OTHER, {"leave.md": LEAVE})
        knowledge = await library.open()
        (mine,) = await knowledge.search(FERN, SAM, "vpn keeps dropping", 1)
        assert await knowledge.search(OTHER, SAM, "vpn keeps dropping", 3) == ()
        assert await knowledge.passage(OTHER, SAM, mine.id) is None
        assert await knowledge.search(FERN, SAM, "paid time off", 3) == ()
        assert titles(await knowledge.search(OTHER, SAM, "paid time off", 1)) == ["Annual leave"]

    async def test_an_organisation_without_a_handbook_finds_nothing(
        self, knowledge: Knowledge
    ) -> None:
        assert await knowledge.search("unknown", SAM, "vpn", 3) == ()
        assert await knowledge.passage("unknown", SAM, "it/vpn.md#vpn") is None

    # ---- changes ----------------------------------------------------------------------------

    async def test_every_reader_finds_an_added_page_within_a_second(self, library: Library) -> None:
        readers = [await library.open(), await library.open()]
        await library.publish(FERN, {"vpn.md": VPN})
        for reader in readers:
            found = await soon(lambda reader=reader: reader.search(FERN, SAM, "vpn", 1), bool)
            assert titles(found) == ["VPN"]

    async def test_every_reader_finds_a_solved_cases_page_within_a_second(
        self, library: Library
    ) -> None:
        await library.publish(FERN, PAGES)
        first, second = await library.open(), await library.open()
        path = await first.publish(FERN, ARTICLE)
        for reader in (first, second):
            found = await soon(
                lambda reader=reader: reader.search(FERN, SAM, "second screen dark", 1), bool
            )
            assert titles(found) == [ARTICLE.title]
            assert (found[0].text, found[0].specialist) == (ARTICLE.text, "it")
            assert found[0].id.startswith(f"{path}#")
        (page,) = (x for x in await second.pages(FERN) if x.solved)
        assert (page.path, page.title, page.owner) == (path, ARTICLE.title, "it-desk")
        assert page.reviewed == ARTICLE.reviewed

    async def test_a_solved_cases_page_takes_the_place_of_the_one_before(
        self, library: Library
    ) -> None:
        await library.publish(FERN, PAGES)
        knowledge = await library.open()
        await knowledge.publish(FERN, ARTICLE)
        other = replace(ARTICLE, text="Change the cable.", audience=frozenset({"pilot"}))
        second = replace(ARTICLE, case="IT-8", text="Ask for an adapter.")
        pair = (knowledge.publish(FERN, x) for x in (other, other, second))
        assert len(set(await asyncio.gather(*pair))) == 2
        assert len([x for x in await knowledge.pages(FERN) if x.solved]) == 2

        async def found(who: Requester) -> tuple[str, ...]:
            passages = await knowledge.search(FERN, who, "second screen dark", 3)
            return tuple(sorted(x.text for x in passages))

        texts = ("Ask for an adapter.", "Change the cable.")
        assert await soon(lambda: found(SAM), lambda x: x == texts) == texts
        assert await found(replace(SAM, groups=frozenset())) == texts[:1]

    async def test_every_reader_finds_what_a_page_says_after_a_change(
        self, library: Library
    ) -> None:
        await library.publish(FERN, PAGES)
        readers = [await library.open(), await library.open()]
        changed = VPN.replace("router", "window")
        await library.publish(FERN, {**PAGES, "it/vpn.md": changed})
        for reader in readers:
            found = await soon(lambda reader=reader: reader.search(FERN, SAM, "window", 1), bool)
            assert titles(found) == ["VPN › VPN keeps dropping"]
            assert await reader.search(FERN, SAM, "router", 1) == ()

    async def test_a_removed_page_is_gone_for_every_reader(self, library: Library) -> None:
        await library.publish(FERN, PAGES)
        readers = [await library.open(), await library.open()]
        (gone,) = await readers[0].search(FERN, SAM, "vpn keeps dropping", 1)
        await library.publish(FERN, {"hr/leave.md": LEAVE})
        for reader in readers:
            left = await soon(
                lambda reader=reader: reader.search(FERN, SAM, "vpn", 1), lambda found: not found
            )
            assert left == ()
            assert await reader.passage(FERN, SAM, gone.id) is None
            assert titles(await reader.search(FERN, SAM, "paid time off", 1)) == ["Annual leave"]

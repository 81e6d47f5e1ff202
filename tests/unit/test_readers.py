"""Who may read what: to each reader, a page that is not for them was never written."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.knowledge.passages import Section
from adapters.knowledge.readers import Readable
from adapters.knowledge.steps import finished
from adapters.knowledge.vectors import Vectors
from adapters.model.offline import Offline
from bot.pack import Pack
from bot.people import Requester
from bot.place import Audience
from bot.ports import Passage
from bot.reply import Purpose
from tests.fakes import SAM, SQUARE
from tests.fixtures.model.embedder import vector
from tests.unit.test_turn import Desk

GROUPS, COUNTRIES = ("board", "works-council"), ("DE", "US")

WORDS = ("salary", "bonus", "vpn", "leave", "leaves", "laptop", "printer", "moonbase", "layoff")
"""Few, so that public and secret pages share some; with near misses for the spelling."""
text = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
query = st.lists(
    st.sampled_from((*WORDS, "salery", "lay-off", "moon", "base", "printers", "vnp", "unheard")),
    min_size=1,
    max_size=4,
).map(" ".join)
rule = st.fixed_dictionaries(
    {
        "audience": st.none() | st.frozensets(st.sampled_from(GROUPS)),
        "applies_to": st.dictionaries(
            st.just("country"), st.frozensets(st.sampled_from(COUNTRIES)), max_size=1
        ),
    }
)
readers = st.builds(
    lambda groups, country: replace(SAM, groups=groups, country=country),
    st.frozensets(st.sampled_from(GROUPS)),
    st.sampled_from(("", *COUNTRIES)),
)


def section(number: int, title: str, text: str, **rule: object) -> Section:
    page = f"page{number // 2}.md"
    made = Section(
        id=f"{page}#{number}", page=page, trail=(title, f"part {number}"), text=text,
        url=f"https://hb.example/{page}", specialist="it",
    )  # fmt: skip
    return replace(made, **rule)  # type: ignore[arg-type]


handbooks = st.lists(st.tuples(text, text, rule), max_size=8).map(
    lambda all: [section(n, title, said, **rule) for n, (title, said, rule) in enumerate(all)]
)


def may_read(section: Section, reader: Requester) -> bool:
    """Said again, in other words than the code's."""
    if section.audience is not None and not (section.audience & reader.groups):
        return False
    countries = section.applies_to.get("country")
    return countries is None or reader.country in countries


async def found(sections: Sequence[Section], reader: Requester, query: str) -> tuple[Passage, ...]:
    return Readable.of(sections).search(reader, query, 9)


@given(sections=handbooks, reader=readers, query=query)
@settings(max_examples=150, deadline=None)
async def test_what_is_found_is_as_if_nothing_else_had_been_written(
    sections: list[Section], reader: Requester, query: str
) -> None:
    own = [x for x in sections if may_read(x, reader)]
    assert await found(sections, reader, query) == await found(own, reader, query)


@given(sections=handbooks, reader=readers, query=query)
@settings(max_examples=100, deadline=None)
async def test_by_meaning_too(sections: list[Section], reader: Requester, query: str) -> None:
    sections = [*sections, *(section(90 + n, "", f"desk {n}") for n in range(8))]
    own = [x for x in sections if may_read(x, reader)]
    found: list[tuple[Passage, ...]] = []
    for some in (sections, own):
        readable = Readable.of(some)
        readable.vectors = Vectors()
        finished(readable.vectors.add(dict(enumerate(some))))
        for hash in readable.vectors.missing():
            text = readable.vectors.text(hash)
            readable.vectors.put(hash, np.array(vector(text), np.float32))
        question = np.array(vector(query), np.float32)
        found.append(readable.search(reader, query, 9, question))
    assert [rounded(x) for x in found[0]] == [rounded(x) for x in found[1]]


def rounded(passage: Passage) -> Passage:
    """A product with another number of rows may be summed in another order."""
    return replace(passage, score=round(passage.score, 4))


@given(sections=handbooks, reader=readers)
@settings(max_examples=100, deadline=None)
async def test_by_id_too(sections: list[Section], reader: Requester) -> None:
    readable = Readable.of(sections)
    for one in sections:
        assert (readable.passage(reader, one.id) is not None) == may_read(one, reader)


async def test_readers_of_the_same_share_an_index() -> None:
    readable = Readable.of(
        [section(0, "vpn", "vpn"), section(2, "x", "y", audience=frozenset({"board"}))]
    )
    sam = readable.index(SAM)
    assert readable.index(replace(SAM, country="US", groups=frozenset({"it"}))) is sam
    assert readable.index(replace(SAM, groups=frozenset({"board"}))) is not sam


@pytest.mark.parametrize("what", ["country", "entity", "contract", "department", "location"])
async def test_a_page_is_for_those_of_whom_it_is_known_that_it_applies(what: str) -> None:
    ours = [section(0, "leave", "leave", applies_to={what: frozenset({"DE"})})]
    empty = replace(SAM, country="", department="", location="")
    assert await found(ours, replace(empty, **{what: "DE"}), "leave") != ()
    assert await found(ours, replace(empty, **{what: "US"}), "leave") == ()
    assert await found(ours, empty, "leave") == ()


async def test_what_no_fact_of_a_reader_can_meet_is_for_nobody() -> None:
    ours = [section(0, "leave", "leave", applies_to={"shoe size": frozenset({"44"})})]
    assert await found(ours, SAM, "leave") == ()


# ---- all that leaves the bot ----------------------------------------------------------------

SECRET = section(
    8,
    "Project Moonbase",
    "The laptops of the moonbase are closed in March.",
    audience=frozenset({"board"}),
)
OPEN = [
    section(0, "VPN", "The VPN office client is installed by itself."),
    section(2, "Printer", "The printer of the office is on the second floor."),
]
BOARD = replace(SAM, groups=SAM.groups | {"board"})


class Handbook:
    """The port, over what the readers' rules allow."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self.readable = Readable.of(sections)

    async def search(
        self, organisation: str, reader: Requester, query: str, limit: int
    ) -> tuple[Passage, ...]:
        return self.readable.search(reader, query, limit)

    async def passage(self, organisation: str, reader: Requester, id: str) -> Passage | None:
        return self.readable.passage(reader, id)


def desk_of(pack: Pack, who: Requester, sections: Sequence[Section]) -> Desk:
    desk = Desk(pack, Offline(), knowledge=Handbook(sections))

    async def find(_: object) -> Requester:
        return who

    desk.bot.kit.directory.find = find  # type: ignore[method-assign,assignment]
    return desk


def all_of(desk: Desk) -> str:
    """Deliveries with their buttons, records, case, conversation; ids are the same in each run."""
    turn = desk.turn
    everything = (turn.deliveries, turn.records, turn.case, turn.conversation, turn.receipts)
    return json.dumps([repr(x) for x in everything])


@given(query=query)
@settings(max_examples=40, deadline=None)
async def test_nothing_that_leaves_depends_on_a_page_that_the_requester_may_not_read(
    pack: Pack, query: str
) -> None:
    there, absent = desk_of(pack, SAM, [*OPEN, SECRET]), desk_of(pack, SAM, OPEN)
    for desk in (there, absent):
        await desk.say(f"laptops {query}?")
    assert all_of(there) == all_of(absent)
    assert "closed in March" not in all_of(there)


async def test_who_may_read_it_is_answered_from_it(pack: Pack) -> None:
    desk = desk_of(pack, BOARD, [*OPEN, SECRET])
    await desk.say("When are the moonbase laptops closed?")
    assert "closed in March" in desk.said()[-1]


async def test_where_others_read_along_it_is_not_told(pack: Pack) -> None:
    desk = desk_of(pack, BOARD, [*OPEN, SECRET])
    square = replace(SQUARE, audience=Audience.PUBLIC)
    await desk.say("When are the moonbase laptops closed?", place=square, mentioned=True)
    assert "closed in March" not in all_of(desk)


async def test_a_page_that_was_offered_is_not_shown_to_who_may_no_longer_read_it(
    pack: Pack,
) -> None:
    desk = desk_of(pack, BOARD, [*OPEN, SECRET])
    await desk.say("vpn printer moonbase leave salary?")
    button = next(
        b
        for x in desk.turn.deliveries
        if x.reply
        for b in x.reply.buttons
        if b.grant.purpose is Purpose.SHOW_PAGE and b.grant.subject == SECRET.id
    )
    desk.bot.kit.directory.find = desk_of(pack, SAM, ()).bot.kit.directory.find  # type: ignore[method-assign]
    await desk.press(button, SAM)
    assert "closed in March" not in all_of(desk)

"""`make quality`: the functions that ../shared/score.py asks for, over the parts that serve."""

import asyncio
from functools import cache
from pathlib import Path
from typing import TypedDict

from adapters.knowledge.index import CONFIDENT, HandbookIndex
from adapters.knowledge.passages import Origin, cut
from adapters.pack.loader import LoadedPack, load
from bot.conversation import Conversation, State
from bot.guardrails import Block, HandOver, check_input
from bot.injection import Origin as Written
from bot.injection import injection
from bot.people import Requester
from bot.place import Place
from bot.ports import Article, Page, Passage
from bot.redaction import redact as without_secrets
from bot.triage import Courtesy, Route, triage
from bot.vault import hide
from tests.fakes import NOW, SAM

PACK = Path(__file__).parents[2] / "policies" / "workplace"


class Doc(TypedDict):
    path: str
    text: str


class Indexed:
    """A handbook in memory, as the `Knowledge` port has it."""

    def __init__(self, docs: list[Doc], specialists: frozenset[str] = frozenset()) -> None:
        origin = Origin(link_base="", specialists=specialists)
        self.index = HandbookIndex.of([y for x in docs for y in cut(x["path"], x["text"], origin)])

    async def search(
        self, organisation: str, reader: Requester, query: str, limit: int
    ) -> tuple[Passage, ...]:
        return self.index.search(query, limit)

    async def passage(self, organisation: str, reader: Requester, id: str) -> Passage | None:
        return self.index.passage(id)

    async def pages(self, organisation: str) -> tuple[Page, ...]:
        return ()

    async def publish(self, organisation: str, article: Article) -> str:
        raise AssertionError("nothing is published here")


@cache
def loaded() -> LoadedPack:
    return load(PACK)


@cache
def own_handbook() -> Indexed:
    folder = loaded().handbook
    pages = sorted(folder.rglob("*.md"))
    docs = [Doc(path=str(x.relative_to(folder)), text=x.read_text()) for x in pages]
    return Indexed(docs, frozenset(loaded().pack.specialists))


def redact(text: str) -> str:
    return hide(without_secrets(text).text, {}).text


def is_injection(text: str, origin: str) -> bool:
    return injection(text, Written(origin)) is not None


def is_high_risk(text: str) -> bool:
    verdict = check_input(text, loaded().pack.rules)
    return isinstance(verdict, HandOver) and verdict.concern is not None


def route(text: str) -> str:
    verdict = check_input(text, loaded().pack.rules)
    match verdict:
        case HandOver():
            return "human"
        case Block():
            return "other"
        case _:
            return asyncio.run(_route(verdict.text))


async def _route(text: str) -> str:
    place = Place(platform="web", workspace="w", channel="c")
    blank = Conversation(
        id="c", organisation="o", place=place, requester=SAM.id, state=State.WITH_BOT, last_at=NOW
    )
    match await triage(text, blank, SAM, loaded().pack, own_handbook()):
        case Route(specialist=specialist):
            return specialist.name
        case Courtesy(text=words) if words == loaded().pack.say(SAM.locale).out_of_scope:
            return "oos"
        case _:
            return "smalltalk"


_handbook: list[Indexed] = []


def index(docs: list[Doc]) -> None:
    _handbook[:] = [Indexed(docs)]


def retrieve(query: str, k: int) -> list[str]:
    """Paths of pages, the best first."""
    # Several passages of one page may be found.
    found = _handbook[0].index.search(query, 4 * k)
    return list(dict.fromkeys(x.id.partition("#")[0] for x in found))[:k]


def answerable(query: str) -> bool:
    found = _handbook[0].index.search(query, 1)
    return bool(found) and found[0].score >= CONFIDENT

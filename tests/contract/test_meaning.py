"""Meaning beside words: who embeds what, how often, and what holds while nobody does."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters import endpoint
from adapters.knowledge.handbook import Handbook
from adapters.knowledge.index import CONFIDENT
from adapters.knowledge.meaning import Floats, Meaning
from adapters.model.embeddings import EndpointEmbedder, LocalEmbedder, NoModel
from adapters.model.openai_wire import connect
from adapters.settings import SettingsError, read
from adapters.store.database import engine as open_engine
from adapters.store.embedded import Addresses
from bot.ports import Unavailable
from tests.contract.knowledge_contract import FERN, PAGES, KnowledgeContract, soon
from tests.contract.test_knowledge import Folders, sync, write
from tests.fakes import SAM
from tests.fixtures.model.embedder import MODEL, EmbeddingServer, embedding_server

SEVERANCE = "# Severance\nWhoever is dismissed is paid one month for each year.\n"
MORE = {f"it/{x}.md": f"# {x.title()}\nThe {x} desk helps." for x in ("monitor", "phone", "chat")}
ALL = {**PAGES, **MORE, "hr/severance.md": SEVERANCE}
QUESTION = "I got axed"


@pytest.fixture
async def engine(database: Addresses) -> AsyncIterator[AsyncEngine]:
    # The contract has several organisations; only the owner of the tables sees them all.
    engine = open_engine(database.owner, "")
    yield engine
    await engine.dispose()


@pytest.fixture
async def far() -> AsyncIterator[EmbeddingServer]:
    async with embedding_server() as far:
        yield far


@pytest.fixture
async def embedder(far: EmbeddingServer) -> AsyncIterator[EndpointEmbedder]:
    async with connect(api_key="k", base_url=far.url) as client:
        yield EndpointEmbedder(client, MODEL)


@pytest.fixture
async def replicas(engine: AsyncEngine, embedder: EndpointEmbedder) -> AsyncIterator["Replicas"]:
    async with AsyncExitStack() as stack:
        yield Replicas(engine, embedder, stack)


class Replicas:
    def __init__(
        self, engine: AsyncEngine, embedder: EndpointEmbedder, stack: AsyncExitStack
    ) -> None:
        self._engine, self._embedder, self._stack = engine, embedder, stack

    async def open(self, *, patience: float = 5.0, rest: float = 0.0) -> Handbook:
        meaning = Meaning(self._embedder, patience=patience, rest=rest)
        handbook = Handbook(self._engine, meaning=meaning)
        await handbook.start()
        self._stack.push_async_callback(handbook.stop)
        return handbook


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "handbook", ALL)


class TestHandbookWithMeaning(KnowledgeContract):
    @pytest.fixture
    async def library(
        self, engine: AsyncEngine, replicas: Replicas, tmp_path: Path
    ) -> AsyncIterator[Folders]:
        library = Folders(engine, await replicas.open(), tmp_path)
        async with library.readers:
            yield library


async def best(handbook: Handbook, query: str = QUESTION) -> tuple[str, float]:
    found = await handbook.search(FERN, SAM, query, 1)
    return (found[0].title, found[0].score) if found else ("", 0.0)


# ---- it means the same in other words -------------------------------------------------------


async def test_what_shares_no_word_with_the_question_is_found(
    replicas: Replicas, engine: AsyncEngine, folder: Path
) -> None:
    handbook, by_words = await replicas.open(), Handbook(engine)
    await sync(handbook, folder)
    await handbook.filled()
    await by_words.start()
    await by_words.stop()
    assert (await best(by_words))[0] != "Severance"
    assert (await best(handbook))[0] == "Severance"


async def test_what_both_words_and_meaning_find_is_surer_than_by_words_alone(
    replicas: Replicas, folder: Path
) -> None:
    handbook = await replicas.open()
    await sync(handbook, folder)
    await handbook.filled()
    title, score = await best(handbook, "severance: who is dismissed")
    assert title == "Severance"
    assert score >= CONFIDENT


# ---- only what changed ----------------------------------------------------------------------


async def test_only_changed_sections_are_embedded_again(
    replicas: Replicas, far: EmbeddingServer, folder: Path
) -> None:
    handbook = await replicas.open()
    await sync(handbook, folder)
    await handbook.filled()
    far.texts.clear()
    (folder / "it/phone.md").write_text("# Phone\nAnother number.")
    await sync(handbook, folder)
    await handbook.filled()
    assert [x for x in far.texts if x != "."] == ["Phone\nAnother number."]


async def test_another_replica_takes_the_vectors_from_the_database(
    replicas: Replicas, far: EmbeddingServer, folder: Path
) -> None:
    first = await replicas.open()
    await sync(first, folder)
    await first.filled()
    far.texts.clear()
    second = await replicas.open()
    await second.filled()
    assert set(far.texts) == {"."}
    assert (await best(second))[0] == "Severance"


async def test_the_vectors_of_a_removed_page_are_gone(
    replicas: Replicas, engine: AsyncEngine, folder: Path
) -> None:
    handbook = await replicas.open()
    await sync(handbook, folder)
    await handbook.filled()
    before = await kept(engine)
    (folder / "hr/severance.md").unlink()
    await sync(handbook, folder)
    await handbook.filled()
    assert await kept(engine) == before - 1


async def kept(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT count(*) FROM handbook_vectors")) or 0


async def test_a_question_is_embedded_once(
    replicas: Replicas, far: EmbeddingServer, folder: Path
) -> None:
    handbook = await replicas.open()
    await sync(handbook, folder)
    await handbook.filled()
    far.texts.clear()
    assert await best(handbook) == await best(handbook)
    assert far.texts == [QUESTION]


# ---- while nobody embeds --------------------------------------------------------------------


async def test_while_the_embedder_is_down_words_are_searched_and_it_is_said_once(
    replicas: Replicas, far: EmbeddingServer, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "adapters.knowledge.meaning")
    handbook = await replicas.open()
    await sync(handbook, folder)
    await handbook.filled()
    far.status = 503
    for number in range(3):
        title, _ = await best(handbook, f"vpn keeps dropping {number}")
        assert title == "VPN › VPN keeps dropping"
    assert said(caplog) == ["WARNING"]
    far.status = 200
    assert (await best(handbook))[0] == "Severance"
    assert said(caplog) == ["WARNING", "INFO"]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [x.levelname for x in caplog.records if x.name == "adapters.knowledge.meaning"]


async def test_an_embedder_that_is_down_is_left_in_peace_for_a_while(
    replicas: Replicas, far: EmbeddingServer, folder: Path
) -> None:
    handbook = await replicas.open(rest=3600)
    await sync(handbook, folder)
    await handbook.filled()
    far.status = 500
    far.texts.clear()
    for number in range(3):
        await best(handbook, f"vpn {number}")
    assert far.texts == ["vpn 0"]


async def test_nobody_waits_longer_than_the_patience_for_a_vector(
    replicas: Replicas, far: EmbeddingServer, folder: Path
) -> None:
    handbook = await replicas.open(patience=0.05)
    far.silent = True
    await sync(handbook, folder)
    assert (await best(handbook, "vpn keeps dropping"))[0] == "VPN › VPN keeps dropping"


async def test_sections_are_embedded_once_the_embedder_is_back(
    replicas: Replicas, far: EmbeddingServer, folder: Path
) -> None:
    far.status = 503
    handbook = await replicas.open()
    await sync(handbook, folder)
    assert (await best(handbook, "vpn keeps dropping"))[0] == "VPN › VPN keeps dropping"
    far.status = 200

    async def answer() -> str:
        return (await best(handbook))[0]

    assert await soon(answer, lambda title: title == "Severance") == "Severance"


@pytest.mark.parametrize("spoil", ["short", "text", "none"])
async def test_an_answer_that_is_none_counts_as_down(
    embedder: EndpointEmbedder, far: EmbeddingServer, spoil: str
) -> None:
    far.spoil = spoil
    with pytest.raises(Unavailable):
        await Meaning(embedder).of(["a", "b"])


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
async def test_an_endpoint_that_refuses_counts_as_down(
    embedder: EndpointEmbedder, far: EmbeddingServer, status: int
) -> None:
    far.status = status
    with pytest.raises(Unavailable):
        await Meaning(embedder).of(["a"])


async def test_vectors_come_in_the_order_of_the_texts_and_with_length_1(
    embedder: EndpointEmbedder,
) -> None:
    meaning = Meaning(embedder)
    both = await meaning.of(["vpn", "leave"])
    assert np.allclose(both, [(await meaning.of([x]))[0] for x in ("vpn", "leave")], atol=1e-6)
    assert np.allclose(np.linalg.norm(both, axis=1), 1)


async def test_vectors_that_are_no_numbers_are_refused() -> None:
    class Broken:
        name = "broken"

        async def embed(self, texts: Sequence[str], *, asked: bool = False) -> Floats:
            return np.full((len(texts), 2), np.nan, np.float32)

    with pytest.raises(Unavailable):
        await Meaning(Broken()).of(["a"])


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(NoModel, match=r"requirements-local\.lock"):
        LocalEmbedder("", tmp_path)


# ---- the setting ----------------------------------------------------------------------------


async def test_the_setting_names_a_model_of_the_endpoint(far: EmbeddingServer) -> None:
    given = {"OPENAI_BASE_URL": far.url, "OPENAI_API_KEY": "k"}
    async with AsyncExitStack() as stack:
        for named, model in ((given, None), ({**given, "HANDRAIL_EMBEDDINGS": MODEL}, "tiny@")):
            settings = read(named)
            found = await endpoint.meaning(settings, endpoint.client(settings, stack))
            assert (found and (await found.model())[:5]) == model


async def test_a_local_model_that_cannot_be_had_stops_the_start_with_the_settings_name(
    tmp_path: Path,
) -> None:
    settings = read({"HANDRAIL_EMBEDDINGS": f"local:{tmp_path}", "HANDRAIL_DATA": str(tmp_path)})
    with pytest.raises(SettingsError, match="HANDRAIL_EMBEDDINGS"):
        await endpoint.meaning(settings, None)


@pytest.mark.parametrize("value", ["text-embedding-3-small", "local:", "local:/no/such/folder"])
def test_a_setting_that_cannot_work_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match="HANDRAIL_EMBEDDINGS"):
        read({"HANDRAIL_EMBEDDINGS": value})

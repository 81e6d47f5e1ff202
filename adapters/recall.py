"""A page was wrong: who was given it, and a correction where each of them read it."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.audit import who
from adapters.clock import SystemClock
from adapters.opened import key_of, opened, organisation_of
from adapters.settings import Settings
from adapters.store.cipher import Cipher
from adapters.store.database import healing
from adapters.store.noting import note
from adapters.store.store import PostgresStore
from bot.event import Correction

_LONGEST = 2000
"""Characters of a correction: it must fit into any chat."""

# Only conversations that are still kept can be written to.
_GIVEN = text("""
SELECT r.conversation, max(r.at) AS at, c.requester, c.case_id,
    string_agg(r.facts->>'urls', ' ') AS urls
FROM record r JOIN conversation c ON c.organisation = r.organisation AND c.id = r.conversation
WHERE r.organisation = :o AND r.step = 'answered' AND r.facts->>'urls' LIKE '%' || :page || '%'
GROUP BY r.conversation, c.requester, c.case_id ORDER BY max(r.at)
""")


class RecallError(Exception):
    """`str()` says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A conversation in which the page was given."""

    conversation: str
    requester: str
    case: str | None
    at: datetime
    """The last time."""


async def recall(settings: Settings, page: str, file: Path | None, confirmed: str) -> None:
    """Print who was given `page`; with a `file`, send them what it says. Raises `RecallError`."""
    words = _words(file) if file else ""
    organisation = organisation_of(settings)
    async with opened(settings) as engine:
        found = await given(engine, organisation, page)
        await _note(engine, organisation, page, len(found))
        for one in found:
            case = f", {one.case}" if one.case else ""
            print(f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC  {one.requester}{case}")
        print(f"{page} was given in {len(found)} conversations that are still kept.")
        if not words or not found:
            return
        code = _code(page, words, found)
        if confirmed != code:
            print(f"\nThis would be sent to each of them:\n\n{words}\n")
            print(f"If that is right, add: --yes {code}")
            return
        store = PostgresStore(engine, Cipher(engine, key_of(settings)), SystemClock())
        await send(store, organisation, page, words, found)
        print("It is on its way: the worker sends it.")


async def given(engine: AsyncEngine, organisation: str, page: str) -> list[Given]:
    """`page`: a path in the handbook, with or without `#section`; or a whole address."""
    async with healing(), engine.connect() as connection:
        rows = await connection.execute(_GIVEN, {"o": organisation, "page": page.partition("#")[0]})
        return [
            Given(conversation=x.conversation, requester=x.requester, case=x.case_id, at=x.at)
            for x in rows
            if any(_is(page, url) for url in x.urls.split())
        ]


async def send(
    store: PostgresStore, organisation: str, page: str, words: str, found: list[Given]
) -> None:
    """The same correction is sent to a conversation once, however often it is asked for."""
    for one in found:
        name = hashlib.sha256(f"{page}\n{words}\n{one.conversation}".encode()).hexdigest()[:24]
        await store.accept(
            Correction(
                id=f"correction:{name}",
                organisation=organisation,
                at=datetime.now(UTC),
                conversation=one.conversation,
                page=page,
                text=words,
            )
        )


async def _note(engine: AsyncEngine, organisation: str, page: str, readers: int) -> None:
    facts = {"who": who(), "page": page, "readers": str(readers)}
    async with healing(), engine.begin() as connection:
        await note(connection, organisation, "page recalled", facts)


def _words(file: Path) -> str:
    try:
        words = file.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise RecallError(f"{file}: is not UTF-8 text.") from None
    if not words:
        raise RecallError(f"{file}: is empty; write what is right instead.")
    if len(words) > _LONGEST:
        raise RecallError(f"{file}: has {len(words)} characters; write up to {_LONGEST}.")
    return words


def _is(page: str, url: str) -> bool:
    wanted, address = urlsplit(page), urlsplit(url)
    if wanted.fragment and unquote(wanted.fragment) != unquote(address.fragment):
        return False
    if wanted.netloc and wanted.netloc != address.netloc:
        return False
    path, here = unquote(wanted.path).strip("/"), unquote(address.path).strip("/")
    return here == path or here.endswith(f"/{path}")


def _code(page: str, words: str, found: list[Given]) -> str:
    """Of exactly what was shown: another text, or one reader more, has another."""
    shown = (page, words, *sorted(x.conversation for x in found))
    return hashlib.sha256("\n".join(shown).encode()).hexdigest()[:8]

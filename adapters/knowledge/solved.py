"""Pages of solved cases: the one source that is written here, one page at a time."""

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.knowledge import storage
from adapters.knowledge.matter import About
from adapters.knowledge.passages import Origin, sections
from adapters.knowledge.source import SOLVED, Page
from bot.ports import Article, Unavailable

_ATTEMPTS = 10


async def publish(engine: AsyncEngine, organisation: str, article: Article) -> str:
    """Its path. It takes the place of an earlier page of the same case. Raises `Unavailable`."""
    # There is nowhere to read it but in an answer: its address only tells it from others.
    origin = Origin(
        link_base="case:",
        specialists=frozenset(),
        specialist=article.specialist,
        prefix=f"{SOLVED}:",
    )
    path = origin.prefix + article.case
    about = About(
        title=article.title,
        owner=article.owner,
        reviewed=article.reviewed,
        audience=article.audience,
    ).clean()
    body = f"# {article.title}\n\n{article.text}"
    page = Page(path=path, stamp=str(article.reviewed), body=body, about=about)
    change = storage.Change(
        pages={path: page},
        sections=sections(path, body, about, origin),
        removed=(),
        made=storage.made(origin),
        cursor="",
        skipped=(),
    )
    for _ in range(_ATTEMPTS):
        async with engine.begin() as connection:
            state = await storage.state(connection, organisation, SOLVED)
            if await storage.save(connection, organisation, SOLVED, state.version, change):
                return path
    raise Unavailable("others publish all the time")

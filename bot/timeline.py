"""A record as people read it, and the timeline of a case: on the command line and in the chat."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record as people read it."""

    id: int
    at: str
    """In UTC, as ISO 8601."""
    case: str | None
    conversation: str
    event: str
    position: int
    step: str
    facts: Mapping[str, str]
    said: str | None
    """With tokens for what is personal. None: nothing, or its key was destroyed."""
    seal: int | None
    """None: of the last moments, not yet sealed."""
    sealed_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A record of a confidential matter, for who may not read it: that it is there, and where."""

    id: int
    at: str
    step: str
    seal: int | None
    sealed_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Of a case."""

    queue: str
    state: str
    requester: str


def timeline(case: str, head: Head | None, entries: Collection[Entry | Withheld]) -> Iterator[str]:
    """Markdown, line by line. `head` is None where the case is gone, or not to be told."""
    yield f"# {literal(case)}"
    yield ""
    if head:
        yield (
            f"Queue {literal(head.queue)}, asked by {literal(head.requester)},"
            f" now {literal(head.state)}."
        )
        yield ""
    for day, of_day in groupby(entries, key=lambda x: x.at[:10]):
        yield f"## {day}"
        yield ""
        for entry in of_day:
            yield from _item(entry)
        yield ""
    sealed = sum(1 for x in entries if x.seal)
    yield f"{len(entries)} records, {sealed} of them sealed. Times are UTC."


def _item(entry: Entry | Withheld) -> Iterator[str]:
    head = f"- {entry.at[11:19]} **{literal(entry.step)}**"
    if isinstance(entry, Withheld):
        yield f"{head}, record {entry.id}: withheld"
        return
    facts = ", ".join(f"{literal(name)}: {literal(value)}" for name, value in entry.facts.items())
    told = f" ({facts})" if facts else ""
    yield f"{head}{told}, record {entry.id}"
    yield from (f"  > {literal(x)}" for x in (entry.said or "").splitlines() if x)


def literal(value: object) -> str:
    """People's words as they are: a page's title draws nothing in Markdown, and begins no line."""
    words = " ".join(str(value).split())
    return "".join(f"\\{x}" if x in "\\`*_[]<>#|~!&" else x for x in words)

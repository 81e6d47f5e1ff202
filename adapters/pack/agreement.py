"""What must agree between the entries of a pack, and between its files and the handbook."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path, PurePosixPath

from adapters.pack.document import At, Document, Value, decode
from adapters.pack.mistakes import Mistake, choice
from bot.tools import NAMES as OWN_TOOLS

HANDBOOK = "handbook"

_SPOKEN = frozenset(
    {
        "title", "suggestions", "words", "says", "options",
        "human", "no_human", "upset", "private", "urgent", "stuck", "yes", "no", "thanks",
        "greeting", "about_bot", "advice", "unsaid",
    }
)  # fmt: skip
"""Names under which every language of the pack has something."""


def disagreements(
    pack: Document, queues: Document, specialists: Document, rules: Document, people: Document,
    languages: Collection[str],
) -> Iterator[Mistake]:  # fmt: skip
    for document in (pack, queues, specialists, rules):
        yield from _languages(document, languages)
    yield from _own_tools(pack)
    yield from _twice(queues, _each(queues, "queues", part="prefix"), "prefix")
    yield from _twice(queues, _each(queues, "queues"), "queue", str.lower)
    yield from _twice(rules, _concerns(rules), "concern")
    yield from _twice(people, _each(people, part="email"), "email address", str.lower)
    yield from _twice(people, _accounts(people), "account")
    yield from _own_managers(people)


def _languages(document: Document, languages: Collection[str]) -> Iterator[Mistake]:
    for at, value in _mappings(document.value, ()):
        lacking = [x for x in languages if x not in value]
        if at and at[-1] in _SPOKEN and lacking:
            text = f"“{at[-1]}” has nothing in {', '.join(lacking)}: add it."
            yield Mistake(document.file, document.line(at), text)


def _mappings(value: Value, at: At) -> Iterator[tuple[At, dict[str, Value]]]:
    match value:
        case dict():
            yield at, value
            for name, inner in value.items():
                yield from _mappings(inner, (*at, name))
        case list():
            for place, inner in enumerate(value):
                yield from _mappings(inner, (*at, place))
        case _:
            pass


def _own_tools(document: Document) -> Iterator[Mistake]:
    for tool in OWN_TOOLS & set(document.names("permissions")):
        if document.get("permissions", tool) in ("confirm", "approve"):
            text = f"“{tool}” changes nothing that needs a yes: write allow or deny."
            yield Mistake(document.file, document.line(("permissions", tool)), text)


def _each(document: Document, *at: str, part: str | None = None) -> Iterator[tuple[At, str]]:
    """Every entry's name, or the text of one part of it."""
    for name in document.names(*at):
        found = name if part is None else document.get(*at, name, part)
        if isinstance(found, str):
            yield (*at, name, part) if part else (*at, name), found


def _concerns(rules: Document) -> Iterator[tuple[At, str]]:
    concerns = rules.get("concerns")
    for place, concern in enumerate(concerns if isinstance(concerns, list) else ()):
        if isinstance(concern, dict) and isinstance(name := concern.get("name"), str):
            yield ("concerns", place, "name"), name


def _accounts(people: Document) -> Iterator[tuple[At, str]]:
    for person in people.names():
        for platform in people.names(person, "accounts"):
            at = (person, "accounts", platform)
            yield at, f"{platform}: {people.get(*at)}"


def _twice(
    document: Document,
    found: Iterator[tuple[At, str]],
    what: str,
    same: Callable[[str], str] = str,
) -> Iterator[Mistake]:
    lines: dict[str, int] = {}
    for at, text in found:
        line = document.line(at)
        first = lines.setdefault(same(text), line)
        if first != line:
            sentence = f"The {what} “{text}” is already that of line {first}: choose another."
            yield Mistake(document.file, line, sentence)


def _own_managers(people: Document) -> Iterator[Mistake]:
    for person in people.names():
        if people.get(person, "manager") == person:
            line = people.line((person, "manager"))
            yield Mistake(people.file, line, "Nobody is their own manager: name another.")


def handbook(
    folder: Path, files: Collection[str], specialists: Collection[str] | None
) -> Iterator[Mistake]:
    """Every page can be read, and each folder of pages is a specialist's."""
    pages = [x for x in files if PurePosixPath(x).parts[0] == HANDBOOK]
    for page in pages:
        yield from _page(folder, page)
    owners = {path.parts[1] for path in map(PurePosixPath, pages) if len(path.parts) > 2}
    if specialists is None:
        return
    for owner in sorted(owners - set(specialists)):
        text = f"No specialist is named “{owner}”. {choice(owner, specialists)}"
        yield Mistake(f"{HANDBOOK}/{owner}", 1, text)
    for specialist in sorted(set(specialists) - owners):
        text = f"“{specialist}” has no pages: write at least one in this folder."
        yield Mistake(f"{HANDBOOK}/{specialist}", 1, text)


def _page(folder: Path, file: str) -> Iterator[Mistake]:
    if not file.endswith(".md"):
        yield Mistake(file, 1, "Only pages that end in .md are read: convert it or take it out.")
        return
    wrong: list[Mistake] = []
    raw = (folder / file).read_bytes()
    text = decode(raw, lambda line, sentence: wrong.append(Mistake(file, line, sentence)))
    yield from wrong
    if text is not None and not text.strip():
        yield Mistake(file, 1, "The page is empty: write it or take it out.")

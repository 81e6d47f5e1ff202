"""Reads a pack's folder, finds every mistake in it, and fills `bot.pack.Pack`."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from adapters.pack import build, wording
from adapters.pack.agreement import HANDBOOK, OWN_TOOLS, disagreements, handbook
from adapters.pack.document import Document, read
from adapters.pack.fields import Names
from adapters.pack.forms import (
    EXAMPLES,
    FIELDS,
    PACK,
    PEOPLE,
    QUEUES,
    RULES,
    SPECIALISTS,
)
from adapters.pack.mistakes import Mistake, PackError, choice, explain
from bot.pack import Pack
from bot.people import Requester

_PACK, _QUEUES, _SPECIALISTS = "pack.yaml", "queues.yaml", "specialists.yaml"
_RULES, _PEOPLE, _EXAMPLES = "guardrails.yaml", "people.yaml", "examples.yaml"
_FILES = (_PACK, _QUEUES, _SPECIALISTS, _RULES, _PEOPLE, _EXAMPLES)
_OPTIONAL = frozenset({_PEOPLE, _EXAMPLES})
_STRINGS = "strings"

_Form = TypeVar("_Form")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPack:
    pack: Pack
    handbook: Path
    """The folder of the pages."""
    pages: tuple[str, ...]
    """From that folder, with forward slashes."""
    people: tuple[Requester, ...]
    """The demonstration's employees; none if the pack has no people.yaml."""
    accounts: Mapping[tuple[str, str], str]
    """The employee id by platform and account."""


def load(folder: Path, outside: Collection[str] = ()) -> LoadedPack:
    """`outside` are the names of tools from elsewhere. Raises `PackError`."""
    mistakes: list[Mistake] = []
    files = _files(folder)
    forms = _forms(folder, files, outside, mistakes)
    if forms is None:
        raise PackError(folder, _sorted(mistakes))
    return LoadedPack(
        pack=build.pack(forms, folder.name, _version(folder, files)),
        handbook=folder / HANDBOOK,
        pages=tuple(x.removeprefix(f"{HANDBOOK}/") for x in files if x.startswith(f"{HANDBOOK}/")),
        people=build.people(forms),
        accounts=build.accounts(forms),
    )


def check(folder: Path, outside: Collection[str] = ()) -> tuple[Mistake, ...]:
    """Every mistake, by file and line. None at all: the pack can be loaded."""
    mistakes: list[Mistake] = []
    _forms(folder, _files(folder), outside, mistakes)
    return _sorted(mistakes)


def _forms(
    folder: Path, files: Collection[str], outside: Collection[str], mistakes: list[Mistake]
) -> build.Forms | None:
    """None: there are mistakes."""
    documents = {file: _read(folder, file, files, mistakes) for file in _FILES}
    names = _names(documents, files, outside)
    pack = _fill(PACK, documents[_PACK], names, FIELDS, mistakes)
    queues = _fill(QUEUES, documents[_QUEUES], names, FIELDS, mistakes)
    specialists = _fill(SPECIALISTS, documents[_SPECIALISTS], names, FIELDS, mistakes)
    rules = _fill(RULES, documents[_RULES], names, FIELDS, mistakes)
    people = _fill(PEOPLE, documents[_PEOPLE], names, FIELDS, mistakes)
    examples = _fill(EXAMPLES, documents[_EXAMPLES], names, FIELDS, mistakes)
    strings = _strings(folder, files, names.languages, mistakes)
    mistakes += disagreements(
        documents[_PACK], documents[_QUEUES], documents[_SPECIALISTS],
        documents[_RULES], documents[_PEOPLE], names.languages,
    )  # fmt: skip
    mistakes += handbook(folder, files, names.specialists)
    mistakes += _unread(files, names.languages)
    if mistakes:
        return None
    assert pack
    assert queues
    assert specialists
    assert rules
    return build.Forms(
        pack=pack, queues=queues, specialists=specialists, rules=rules,
        people=people or {}, strings=strings, examples=examples or {},
    )  # fmt: skip


def _strings(
    folder: Path, files: Collection[str], languages: Collection[str], mistakes: list[Mistake]
) -> dict[str, BaseModel]:
    """By language; the first is what the others are compared with."""
    found: dict[str, BaseModel] = {}
    reference = wording.Reference(language="", texts={})
    for language in languages:
        document = _read(folder, f"{_STRINGS}/{language}.yaml", files, mistakes)
        form = _fill(wording.form(), document, reference, wording.placeholders(), mistakes)
        if form:
            found[language] = form
        if document.readable and not reference.language:
            texts = {x: str(document.get(x)) for x in document.names()}
            reference = wording.Reference(language=language, texts=texts)
    return found


def _unread(files: Collection[str], languages: Collection[str]) -> Iterator[Mistake]:
    """Files beside the others that nobody reads, most likely by a wrong name."""
    known = {*_FILES, *(f"{_STRINGS}/{language}.yaml" for language in languages)}
    for file in map(PurePosixPath, files):
        beside = str(file.parent) in (".", _STRINGS) and file.suffix in (".yaml", ".yml")
        if beside and str(file) not in known:
            yield Mistake(str(file), 1, f"This file is not read. {choice(str(file), known)}")


def _sorted(mistakes: Collection[Mistake]) -> tuple[Mistake, ...]:
    return tuple(sorted(set(mistakes), key=lambda x: (x.file, x.line, x.text)))


def _files(folder: Path) -> tuple[str, ...]:
    """All but the hidden ones, from the folder, with forward slashes."""
    paths = (x.relative_to(folder) for x in folder.rglob("*") if x.is_file())
    seen = (x for x in paths if not any(part.startswith(".") for part in x.parts))
    return tuple(sorted(x.as_posix() for x in seen))


def _version(folder: Path, files: Collection[str]) -> str:
    whole = hashlib.sha256()
    for file in files:
        content = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        whole.update(f"{content} {file}\n".encode())
    return whole.hexdigest()[:12]


def _read(folder: Path, file: str, files: Collection[str], mistakes: list[Mistake]) -> Document:
    if file not in files:
        if file in _OPTIONAL:
            return Document(file=file)
        mistakes.append(Mistake(file, 1, f"There is no such file in {folder}: write it."))
        return Document(file=file, readable=False)
    raw = (folder / file).read_bytes()
    return read(file, raw, lambda line, text: mistakes.append(Mistake(file, line, text)))


def _names(
    documents: Mapping[str, Document], files: Collection[str], outside: Collection[str]
) -> Names:
    pack, queues = documents[_PACK], documents[_QUEUES]
    specialists, people = documents[_SPECIALISTS], documents[_PEOPLE]
    return Names(
        languages=pack.entries("languages") if pack.readable else _languages(files),
        queues=queues.names("queues") if queues.readable else None,
        confidential=_confidential(queues),
        holidays=queues.names("holidays") if queues.readable else None,
        specialists=specialists.names() if specialists.readable else None,
        concerns=_concerns(documents[_RULES]) if documents[_RULES].readable else None,
        tools=OWN_TOOLS | set(outside),
        permitted=pack.names("permissions") if pack.readable else None,
        people=people.names() if people.readable else None,
        groups=_groups(people) if people.names() else None,
        files=files,
    )


def _languages(files: Collection[str]) -> tuple[str, ...]:
    paths = (PurePosixPath(x) for x in files if x.startswith(f"{_STRINGS}/"))
    return tuple(x.stem for x in paths)


def _confidential(queues: Document) -> frozenset[str]:
    """Also those of which it is written wrong: that is one mistake, not two."""
    said = {x: queues.get("queues", x, "confidential") for x in queues.names("queues")}
    return frozenset(name for name, value in said.items() if value not in (None, "false"))


def _concerns(rules: Document) -> frozenset[str]:
    concerns = rules.get("concerns")
    each = concerns if isinstance(concerns, list) else []
    names = (x.get("name") for x in each if isinstance(x, dict))
    return frozenset(x for x in names if isinstance(x, str))


def _groups(people: Document) -> frozenset[str]:
    return frozenset(group for id in people.names() for group in people.entries(id, "groups"))


def _fill(
    form: TypeAdapter[_Form],
    document: Document,
    context: object,
    fields: Collection[str],
    mistakes: list[Mistake],
) -> _Form | None:
    if not document.readable:
        return None
    try:
        return form.validate_python(document.value, context=context)
    except ValidationError as error:
        mistakes += explain(error, document, fields)
        return None

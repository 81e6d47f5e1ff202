"""A mistake in a pack, and what pydantic finds as sentences that say what to do."""

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from adapters.pack.document import Document

_FEW = 12
"""Up to so many names are listed for the reader to choose from."""

_SENTENCES = {
    "date_from_datetime_parsing": "must be a date such as 2026-12-25",
    "date_parsing": "must be a date such as 2026-12-25",
    "dict_type": "must hold names with values, each on a line of its own, indented",
    "float_parsing": "must be a number",
    "int_parsing": "must be a whole number",
    "list_type": "must be a list: lines that begin with a dash, or [one, two]",
    "model_type": "must hold names with values, each on a line of its own, indented",
    "string_too_short": "is empty: write it",
    "string_type": "must be one text, not a list or names with values",
    "too_short": "is empty: write at least one",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    file: str
    """From the pack's folder, with forward slashes."""
    line: int
    text: str
    """A sentence that says what to do."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class PackError(Exception):
    """The pack cannot be used. `str()` lists every mistake, for whoever wrote it."""

    def __init__(self, folder: Path, mistakes: tuple[Mistake, ...]) -> None:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        super().__init__("\n".join((f"{count} in the pack {folder}:", *map(str, mistakes))))
        self.mistakes = mistakes


def choice(name: str, known: Collection[str]) -> str:
    """How a sentence about an unknown name goes on."""
    close = _nearest(name, known)
    if close:
        return f"Did you mean “{close}”?"
    if 0 < len(known) <= _FEW:
        return f"There is {', '.join(f'“{x}”' for x in sorted(known))}."
    return "Correct it or take it out."


def explain(error: ValidationError, document: Document, fields: Collection[str]) -> list[Mistake]:
    """`fields` are all the names that files of its kind give to something."""
    found: list[Mistake] = []
    meant: set[tuple[int | str, ...]] = set()
    details = error.errors(include_url=False)
    missing = {x["loc"] for x in details if x["type"] == "missing"}
    for one in details:
        at = one["loc"]
        if one["type"] == "extra_forbidden":
            text, close = _unknown(at, missing, fields)
            meant |= close
            found.append(Mistake(document.file, document.line(at), text))
    for one in details:
        at = one["loc"]
        # A name that was written wrong is one mistake, not also a missing one.
        if one["type"] != "extra_forbidden" and at not in meant:
            found.append(Mistake(document.file, document.line(at), _sentence(one)))
    return found


def _unknown(
    at: tuple[int | str, ...], missing: Collection[tuple[int | str, ...]], fields: Collection[str]
) -> tuple[str, set[tuple[int | str, ...]]]:
    """The sentence, and the missing field that was meant."""
    name = str(at[-1])
    near = {str(x[-1]): x for x in missing if x[:-1] == at[:-1]}
    close = _nearest(name, near)
    if close:
        return f"“{name}” is not known here. Did you mean “{close}”?", {near[close]}
    other = _nearest(name, fields)
    hint = f"Did you mean “{other}”?" if other else "Take it out."
    return f"“{name}” is not known here. {hint}", set()


def _nearest(name: str, known: Collection[str]) -> str | None:
    by_lower = {x.lower(): x for x in known}
    close = get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def _sentence(one: ErrorDetails) -> str:
    names = [x for x in one["loc"] if x != "[key]"]
    name = names[-1] if names else "the file"
    if isinstance(name, int):
        name = f"{names[-2]}, entry {name + 1}" if len(names) > 1 else f"entry {name + 1}"
    match one["type"]:
        case "missing":
            return f"“{name}” is missing: add it."
        case "value_error":
            return str(one["ctx"]["error"]) if "ctx" in one else one["msg"]
        case "enum" | "literal_error":
            expected = one["ctx"]["expected"] if "ctx" in one else ""
            return f"“{name}” must be {expected}, not “{one['input']}”."
        case kind:
            return f"“{name}” {_SENTENCES.get(kind) or _plain(one['msg'])}."


def _plain(message: str) -> str:
    return message.removeprefix("Input ").removeprefix("String ").rstrip(".")

"""A YAML file as plain values, with the line on which each is written."""

from collections.abc import Callable
from dataclasses import dataclass, field

import yaml

Value = str | list["Value"] | dict[str, "Value"]
"""Every single value is text as it is written. YAML itself would take `no` for false and 18:00
for the number 1080; what a text means, the forms say."""

At = tuple[int | str, ...]
"""The way to a value: names, and places in lists from 0."""

Complain = Callable[[int, str], None]
"""Told a line and a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    file: str
    readable: bool = True
    """False: it is missing or no YAML, and whoever reads it is told so. Then nothing is in it."""
    value: Value = field(default_factory=dict[str, Value])
    lines: dict[At, int] = field(default_factory=dict[At, int])

    def line(self, at: At) -> int:
        """Of the value, or of what it is missing from."""
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)

    def get(self, *at: int | str) -> Value | None:
        """None: it is not written."""
        value: Value | None = self.value
        for step in at:
            match value, step:
                case dict(), str():
                    value = value.get(step)
                case list(), int():
                    value = value[step] if step < len(value) else None
                case _:
                    return None
        return value

    def names(self, *at: int | str) -> tuple[str, ...]:
        """The names that are written there; none if it is no set of names."""
        value = self.get(*at)
        return tuple(value) if isinstance(value, dict) else ()

    def entries(self, *at: int | str) -> tuple[str, ...]:
        """The texts of the list that is written there; none if it is no list."""
        value = self.get(*at)
        return tuple(x for x in value if isinstance(x, str)) if isinstance(value, list) else ()


def read(file: str, raw: bytes, complain: Complain) -> Document:
    unreadable = Document(file=file, readable=False)
    text = decode(raw, complain)
    if text is None:
        return unreadable
    try:
        root = yaml.compose(text, yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        what = error.problem or error.context
        complain(line, f"This is not YAML, {what}: mend it here or above.")
        return unreadable
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        complain(line, "There is a character that YAML does not allow: take it out.")
        return unreadable
    if root is None:
        return Document(file=file)
    lines: dict[At, int] = {}
    value = _Reader(lines, complain).value(root, ())
    return Document(file=file, value=value, lines=lines)


def decode(raw: bytes, complain: Complain) -> str | None:
    """None: it is not UTF-8, and that is complained of."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        complain(line, "This is not UTF-8 text: save the file as UTF-8.")
        return None


class _Reader:
    def __init__(self, lines: dict[At, int], complain: Complain) -> None:
        self._lines = lines
        self._complain = complain
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, at: At) -> Value:
        self._lines.setdefault(at, _line(node))
        if id(node) in self._seen:
            self._complain(self._lines[at], "Aliases such as *name are not read: write it out.")
            return ""
        self._seen.add(id(node))
        match node:
            case yaml.MappingNode():
                return self._mapping(node, at)
            case yaml.SequenceNode():
                return self._sequence(node, at)
            case _:
                return str(node.value)

    def _sequence(self, node: yaml.SequenceNode, at: At) -> list[Value]:
        return [self.value(entry, (*at, i)) for i, entry in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, at: At) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for key, entry in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._complain(_line(key), "A name must be one word or text.")
                continue
            name = str(key.value)
            if name in found:
                first = self._lines[(*at, name)]
                text = f"“{name}” is here twice: keep this one or that of line {first}."
                self._complain(_line(key), text)
                continue
            self._lines[(*at, name)] = _line(key)
            found[name] = self.value(entry, (*at, name))
        return found


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1

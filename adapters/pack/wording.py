"""The strings of one language: none is missing, and none names what will not be filled in."""

import ast
import inspect
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise
from string import Formatter
from typing import Annotated, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    TypeAdapter,
    ValidationInfo,
    create_model,
)

from bot.strings import Strings


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The strings of the pack's first language: the others name the same things."""

    language: str
    texts: Mapping[str, str]


@cache
def placeholders() -> Mapping[str, frozenset[str]]:
    """By field, what the bot fills in: the docstring under a field of `Strings` says it.

    Python forgets those docstrings, so they are read from the source.
    """
    (tree,) = ast.parse(inspect.getsource(Strings)).body
    body = cast(ast.ClassDef, tree).body
    found = {x.name: frozenset[str]() for x in fields(Strings)}
    for field, below in pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(ast.Constant(str(doc))):
                found[name] = frozenset(re.findall(r"\{(\w+)\}", doc))
            case _:
                pass
    return found


@cache
def form() -> TypeAdapter[BaseModel]:
    parts = {name: (_text(names), ...) for name, names in placeholders().items()}
    config = ConfigDict(extra="forbid")
    return TypeAdapter(create_model("StringsForm", __config__=config, **parts))  # pyright: ignore


def _text(allowed: Collection[str]) -> object:
    def check(text: str, info: ValidationInfo) -> str:
        name, reference = str(info.field_name), cast(Reference, info.context)
        if name == "weekdays" and len(text.split()) != 7:
            raise ValueError("“weekdays” are seven words, from Monday on.")
        named = _named(text)
        wrong = named - set(allowed)
        if wrong:
            raise ValueError(f"“{name}” names {_braces(wrong)}. {_offer(allowed)}")
        first = reference.texts.get(name)
        expected = named if first is None else _expected(first, allowed, named)
        if named != expected:
            odd = _braces(named ^ expected)
            raise ValueError(
                f"“{name}” and the one of {reference.language}.yaml differ in {odd}: "
                "name the same in both."
            )
        return text

    return Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(check)
    ]


def _expected(first: str, allowed: Collection[str], named: set[str]) -> set[str]:
    """What the first language names; `named` where that one is itself a mistake."""
    try:
        expected = _named(first)
    except ValueError:
        return named
    return expected if expected <= set(allowed) else named


def _named(text: str) -> set[str]:
    """Raises `ValueError`."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise ValueError("A brace is not closed, or not opened.") from None
    # A conversion or format would be a name that nothing fills.
    return {
        f"{name}{'!' + how if how else ''}{':' + width if width else ''}"
        for _, name, width, how in parts
        if name is not None
    }


def _braces(names: Collection[str]) -> str:
    return " and ".join("{" + name + "}" for name in sorted(names))


def _offer(allowed: Collection[str]) -> str:
    if not allowed:
        return "Nothing is filled in here: write it without braces."
    return f"Only {_braces(allowed)} can be filled in here."

"""What a page says of itself in front of its text: whose it is, who may read it, whom it is for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import cast

import yaml

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_LONGEST = 200
"""Characters of a title, an owner, a group."""
_LONGEST_MATTER = 20_000
_MOST = 1_000
"""Groups, or values of one kind."""
_LOCALE = re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z0-9]{2,8})*\Z")


class UnclearAudience(ValueError):
    """It says something of who may read it, but not so that it can be kept to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Everything is empty where nobody says it."""

    title: str = ""
    url: str = ""
    """Where employees read it. "": at its path in the handbook."""
    owner: str = ""
    reviewed: date | None = None
    audience: frozenset[str] | None = None
    """Groups, any of which may read it. None: every employee; none in it: nobody."""
    applies_to: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Such as {"country": {"DE", "AT"}}: whom it is for, all kinds together. Kinds and values are
    as they are written. A kind that is not there: whatever it is."""
    locale: str = ""
    """Such as "de" or "de-AT"."""

    def clean(self) -> "About":
        """As a source says it, without what no database keeps."""
        audience = self.audience
        groups = None if audience is None else frozenset(_words(x) for x in audience) - {""}
        return replace(
            self,
            title=_words(self.title),
            url=self.url if self.url.isprintable() else "",
            owner=_words(self.owner),
            audience=groups,
        )

    def over(self, source: "About") -> "About":
        """What the page says itself, before what its source says; read by whom both let read."""
        return About(
            title=self.title or source.title,
            url=source.url,
            owner=self.owner or source.owner,
            reviewed=self.reviewed or source.reviewed,
            audience=both(self.audience, source.audience),
            applies_to=self.applies_to or source.applies_to,
            locale=self.locale or source.locale,
        )


def both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """Who is in both audiences for sure: groups that stand in each."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def split(text: str) -> tuple[About, str]:
    """What the front matter says, and the rest of the page. Raises `UnclearAudience`."""
    matter = _FRONT_MATTER.match(text)
    if matter is None:
        return About(), text
    rest = text[matter.end() :]
    try:
        short = len(matter[1]) <= _LONGEST_MATTER
        said: object = yaml.safe_load(matter[1]) if short else None
    except (yaml.YAMLError, ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        if re.search(r"^\W*audience\b", matter[1], re.IGNORECASE | re.MULTILINE):
            raise UnclearAudience
        return About(), rest
    names = {
        str(name).strip().lower(): value for name, value in cast(dict[object, object], said).items()
    }
    return _about(names), rest


def _about(said: Mapping[str, object]) -> About:
    about = About(
        title=_words(said.get("title")),
        owner=_words(said.get("owner")),
        reviewed=_day(said.get("reviewed")),
        applies_to=_applies(said.get("applies_to")),
    )
    locale = _words(said.get("locale"))
    if _LOCALE.match(locale):
        about = replace(about, locale=locale.replace("_", "-"))
    if "audience" in said:
        about = replace(about, audience=_groups(said["audience"]))
    return about


def _words(said: object) -> str:
    if not isinstance(said, str):
        return ""
    return "".join(filter(str.isprintable, said)).strip()[:_LONGEST]


def _day(said: object) -> date | None:
    if isinstance(said, datetime):
        return said.date()
    if isinstance(said, date):
        return said
    try:
        return date.fromisoformat(said.strip()) if isinstance(said, str) else None
    except ValueError:
        return None


def _groups(said: object) -> frozenset[str]:
    found = _names(said)
    if found is None:
        raise UnclearAudience
    return found


def _applies(said: object) -> Mapping[str, frozenset[str]]:
    if not isinstance(said, dict):
        return {}
    kinds = {_words(k).lower(): _names(v) for k, v in cast(dict[object, object], said).items()}
    return {kind: values for kind, values in kinds.items() if kind and values}


def _names(said: object) -> frozenset[str] | None:
    """None: not a list of names, nor one name. YAML reads the country NO as a no."""
    each = cast(list[object], said) if isinstance(said, list) else [said]
    names = ["NO" if x is False else _words(x) for x in each]
    return frozenset(names) if len(names) <= _MOST and all(names) else None

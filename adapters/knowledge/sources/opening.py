"""What an admin names → a source, and its reader."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import aiohttp

from adapters.knowledge.folder import FolderReader
from adapters.knowledge.source import PACK, SOLVED, Reader, Source, SourceError
from adapters.knowledge.sources import git
from adapters.knowledge.sources.confluence import ConfluenceReader
from adapters.knowledge.sources.git import GitReader
from adapters.knowledge.sources.sharepoint import SharePointReader
from adapters.knowledge.sources.website import WebsiteReader
from bot.ports import Clock

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\Z")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,60}\Z")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECRETS = {"confluence": "CONFLUENCE", "sharepoint": "GRAPH"}
"""What the variables are called if the admin does not say."""


def checked(source: Source) -> Source:
    """As it is to be kept. Raises `SourceError`, with what to write instead."""
    kind, address = _told(source.address)
    if source.name and (source.name in (PACK, SOLVED) or not _NAME.match(source.name)):
        raise SourceError(f"{source.name} cannot be a name: use letters, digits and hyphens.")
    if source.secrets and not _VARIABLE.match(source.secrets):
        raise SourceError("--secrets: name what the variables begin with, such as CONFLUENCE.")
    if source.link and not re.match(r"https?://[^/]+", source.link):
        raise SourceError("--link: must begin with https://")
    if kind == "folder" and not Path(address).is_dir():
        raise SourceError(f"There is no folder {address} on this machine.")
    return replace(
        source,
        name=source.name or _name(address),
        address=address if kind == "folder" else source.address,
        secrets=source.secrets or _SECRETS.get(kind, ""),
    )


def reader(
    source: Source, environment: Mapping[str, str], session: aiohttp.ClientSession, clock: Clock
) -> Reader:
    """Raises `SourceError`, also when a variable of the environment is missing."""
    kind, address = _told(source.address)
    match kind:
        case "git":
            url, _, folder = address.partition("#")
            return GitReader(url, folder, source.secrets, environment)
        case "confluence":
            return ConfluenceReader(session, clock, source, address, environment)
        case "sharepoint":
            return SharePointReader(session, clock, source, address, environment)
        case "website":
            return WebsiteReader(session, clock, source)
        case _:
            return FolderReader(Path(address))


def _told(said: str) -> tuple[str, str]:
    """What kind of source it is, and its address. Raises `SourceError`."""
    if not said or not said.isprintable():
        raise SourceError("Name a folder, a sitemap, a git, Confluence or SharePoint address.")
    if said.startswith("-"):
        raise SourceError(f"{said} looks like an option.")
    if "://" not in said:
        if re.match(r"[\w.-]+@[\w.-]+:", said):
            raise SourceError("Write it as git+ssh://git@host/path.git")
        return "folder", str(Path(said).expanduser().resolve())
    scheme, _, rest = said.partition("://")
    named, plus, inner = scheme.partition("+")
    address = f"{inner}://{rest}" if plus else said
    kind = named if plus else _guessed(said)
    parts = _parts(address)
    if kind == "git":
        if parts.scheme not in git.SCHEMES:
            raise SourceError("git is read by https, ssh or file addresses only.")
        if parts.password or (parts.username and parts.scheme != "ssh"):
            raise SourceError("No credentials in an address: see --secrets.")
        return kind, address
    if kind not in ("confluence", "sharepoint", "website"):
        raise SourceError(f"{named}: there is no such kind of source.")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SourceError("Only http and https addresses are read.")
    if parts.username or parts.password:
        raise SourceError("No credentials in an address: see --secrets.")
    if kind != "website" and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise SourceError("A credential is sent there: use https.")
    return kind, address


def _guessed(address: str) -> str:
    parts = _parts(address)
    host = parts.hostname or ""
    if parts.scheme in ("ssh", "file") or parts.path.endswith(".git"):
        return "git"
    if host.endswith(".atlassian.net"):
        return "confluence"
    if host.endswith((".sharepoint.com", ".sharepoint.us", ".sharepoint.cn")):
        return "sharepoint"
    if re.search(r"\.xml(?:\.gz)?$", parts.path):
        return "website"
    raise SourceError(
        f"What is {address}? Name a sitemap (it ends in .xml), or write git+, confluence+ or"
        " sharepoint+ before the address."
    )


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise SourceError(f"{address} is no address.") from error
    return parts


def _name(address: str) -> str:
    """From its last words: an admin can say another."""
    parts = urlsplit(address) if "://" in address else None
    words = [x for x in (parts.path if parts else address).split("/") if x]
    last = words[-1] if words and not (words[-1].endswith((".xml", ".gz"))) else ""
    said = last.removesuffix(".git") or (parts.hostname if parts else "") or "source"
    return re.sub(r"[^a-z0-9]+", "-", said.lower()).strip("-")[:40].strip("-") or "source"

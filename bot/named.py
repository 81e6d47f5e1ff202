"""Whom a name means, as a pack's page, a list of readers or an admin writes it."""

from collections.abc import Collection
from dataclasses import replace

from bot.people import Requester, Sender
from bot.ports import Directory, Rejected


async def named(name: str, directory: Directory) -> Collection[Requester]:
    """Whom an id, an e-mail address or a group names. Empty: nobody."""
    if not name:
        return ()
    one = await directory.employee(name) or await directory.with_email(name)
    return (one,) if one else await directory.members(name)


async def mentioned(word: str, by: Sender, directory: Directory) -> Requester | None:
    """Whom an id, an e-mail address or a platform's mention names, such as `@sam` or `@U024BE7LH`.
    None: nobody that the directory knows. What a platform displays is nobody's name."""
    name = word.removeprefix("@")
    known = await directory.employee(name) or await directory.with_email(name)
    if known or not name or "@" in name:
        return known
    try:
        return await directory.find(replace(by, user=name, name=""))
    except Rejected:
        return None


def spelled(word: str) -> str:
    """The id that it is of somebody whom the directory no longer knows."""
    name = word.removeprefix("@")
    return name.lower() if "@" in name else name

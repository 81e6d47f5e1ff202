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


async def mentioned(word: str, by: Sender, directory: Directory) -> tuple[str, str]:
    """The employee id and the name of whom an id, an e-mail address or a platform's mention means,
    such as `@sam` or `@U024BE7LH`. Of somebody whom the directory does not know, such as one who
    has left, the id stands for the name. What a platform displays is nobody's name."""
    id = word.removeprefix("@")
    known = await _known(id, by, directory)
    if known:
        return known.id, known.name
    id = id.lower() if "@" in id else id
    return id, id


async def _known(name: str, by: Sender, directory: Directory) -> Requester | None:
    known = await directory.employee(name) or await directory.with_email(name)
    if known or not name or "@" in name:
        return known
    try:
        return await directory.find(replace(by, user=name, name=""))
    except Rejected:
        return None

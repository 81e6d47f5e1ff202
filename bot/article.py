"""A page made of a solved case: drafted for one lead, published by somebody else."""

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.case import Case, CasePage
from bot.colleagues import ordinary
from bot.conversation import Conversation, Voice
from bot.desk import Desk
from bot.event import CardAction, PageAllowed
from bot.kit import Kit
from bot.leaving import unhidden
from bot.outcome import Turn
from bot.owners import owned
from bot.people import Person, Requester
from bot.place import Audience
from bot.ports import Article
from bot.redaction import PLACEHOLDER, redact
from bot.reply import Button, Field, Form, Grant, Purpose, Reply, Style
from bot.strings import Strings
from bot.vault import masked, without
from bot.words import plain

TITLE = "title"
TEXT = "text"
LIMITS = {TITLE: 150, TEXT: 3000}
"""Characters, by the name of the form's field."""
_GREETINGS = (
    "hi", "hello", "hey", "dear", "good morning", "good afternoon", "good evening", "hallo",
    "guten morgen", "guten tag", "guten abend", "moin", "servus", "liebe", "lieber",
)  # fmt: skip


def form(case: Case, conversation: Conversation, strings: Strings) -> Form:
    """With what was proposed last, or else a draft."""
    title, text = (case.page.title, case.page.text) if case.page else draft(case, conversation)
    return Form(
        title=strings.page_form.format(case=case.id),
        submit=strings.page_propose,
        fields=(
            Field(
                name=TITLE, label=strings.page_title, limit=LIMITS[TITLE], value=title, short=True
            ),
            Field(
                name=TEXT, label=strings.page_text, limit=LIMITS[TEXT], value=text,
                hint=strings.page_hint,
            ),
        ),
    )  # fmt: skip


def draft(case: Case, conversation: Conversation) -> tuple[str, str]:
    """A title from the question, and a text from the leads' replies: without names, tokens and
    greetings. A lead reads it, and a second one, before anybody else does."""
    lines = conversation.transcript
    replies = [x for x in lines if x.voice is Voice.PERSON]
    names = [case.requester_name, *(x.name for x in replies)]
    asked = next((x.text for x in lines if x.voice is Voice.REQUESTER), case.ask)
    title = " ".join(_impersonal(asked, names).split())
    text = "\n\n".join(filter(None, (_impersonal(x.text, names) for x in replies)))
    return _cut(title, LIMITS[TITLE]), _cut(text, LIMITS[TEXT])


def _impersonal(text: str, names: Iterable[str]) -> str:
    parts = sorted({y for x in names for y in (x, *x.split()) if len(y) > 1}, key=len, reverse=True)
    named = "|".join(_whole(x) for x in parts)
    greeted = "|".join(re.escape(x) for x in _GREETINGS)
    called = rf"(?:\s+(?i:{named}|there|all|zusammen))*" if named else ""
    text = re.sub(rf"^\s*(?i:{greeted})\b{called}\s*(?:[,!.:–-]+\s*|\Z)", "", text)
    text = without(text.replace(PLACEHOLDER, " "))
    text = re.sub(named, "…", text) if named else text
    # What is left of a signature, or of a line that was only a name.
    kept = [x.rstrip() for x in text.splitlines() if not x.strip() or any(map(str.isalnum, x))]
    text = re.sub(r"[^\S\n]{2,}", " ", re.sub(r"\n{3,}", "\n\n", "\n".join(kept))).strip()
    return text[:1].upper() + text[1:]


def _whole(name: str) -> str:
    """A name as a word, however it is written: but "Will" is one, and "will" is none. Where words
    are not parted by blanks, anywhere."""
    if name.lower() == name.upper():
        return re.escape(name)
    whole = rf"(?<!\w){re.escape(name)}(?!\w)"
    return whole if ordinary(plain(name)) else f"(?i:{whole})"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


async def propose(kit: Kit, turn: Turn, event: CardAction, desk: Desk, who: Requester) -> Turn:
    """Show the desk what a lead wrote. Nothing of it is in the handbook yet."""
    case, strings = turn.case, desk.strings
    assert case
    values = event.values or {}
    title, text = (_clean(kit, values.get(x, ""))[: LIMITS[x]] for x in (TITLE, TEXT))
    title = " ".join(title.split())
    if not (title and text):
        empty = kit.pack.say(who.locale).empty
        return turn.post(Reply(text=empty), event.place, only_for=event.sender.user)
    number = case.page.number + 1 if case.page else 1
    page = CasePage(title=title, text=text, by=who.id, number=number)
    turn = replace(turn, case=replace(case, page=page))
    turn = turn.record("page proposed", by=who.id, case=case.id)
    words = strings.page_proposed.format(name=who.name, title=title, text=text)
    turn = desk.tell(turn, words, (_button(desk, turn, page, queue=case.queue),))
    for id in sorted(await _others(kit, turn, desk, who)):
        theirs = _button(desk, turn, page, requester=id)
        turn = turn.post(Reply(text=words, buttons=(theirs,)), Person(id))
    return turn


def _clean(kit: Kit, text: str) -> str:
    """The form refuses what is personal; nothing gets around the form, or past the eyes of whoever
    publishes it."""
    return masked(redact(unhidden(text)).text, kit.pack.rules.identifiers).strip()


def _button(
    desk: Desk, turn: Turn, page: CasePage, queue: str | None = None, requester: str | None = None
) -> Button:
    assert turn.case
    grant = Grant(
        purpose=Purpose.PUBLISH,
        conversation=turn.conversation.id,
        queue=queue,
        requester=requester,
        case=turn.case.id,
        subject=str(page.number),
    )
    label = desk.strings.publish
    return Button(label=label, token=desk.ids.token(), grant=grant, style=Style.PRIMARY)


async def _others(kit: Kit, turn: Turn, desk: Desk, who: Requester) -> frozenset[str]:
    """Who else may publish it where the desk has no second lead: the owners of its pages, or the
    admins if these have none. Empty: there is another lead."""
    assert turn.case
    leads = await kit.directory.members(desk.queue(turn.case).group)
    if any(x.id != who.id for x in leads):
        return frozenset()
    folder = f"{_specialist(kit, turn)}/"
    pages = await kit.knowledge.pages(turn.event.organisation)
    owners = await owned((x for x in pages if x.path.startswith(folder)), kit.directory)
    return (frozenset(owners) - {who.id}) or (desk.switches.admins - {who.id})


def allow(turn: Turn, event: CardAction, who: Requester) -> Turn:
    assert turn.case
    assert turn.case.page
    # An owner does not read what the desk does.
    place = event.place if event.place.audience is Audience.DIRECT else None
    allowed = PageAllowed(
        id=f"{event.id}:page", organisation=event.organisation, at=turn.now,
        conversation=turn.conversation.id, number=str(turn.case.page.number), by=who.id,
        place=place,
    )  # fmt: skip
    return replace(turn, events=(*turn.events, allowed))


async def publish(kit: Kit, turn: Turn, event: PageAllowed, desk: Desk) -> Turn:
    """Into the handbook: the same page again, if this turn is decided again."""
    case = turn.case
    page = desk.proposed(case, event.number) if case else None
    who = await kit.directory.employee(event.by)
    if case is None or page is None or page.published or who is None:
        return turn.record("page not published", by=event.by)
    queue = desk.queue(case)
    article = Article(
        case=case.id,
        title=page.title,
        text=page.text,
        specialist=_specialist(kit, turn),
        owner=queue.group,
        audience=queue.page_audience,
        reviewed=turn.now.date(),
    )
    path = await kit.knowledge.publish(event.organisation, article)
    turn = replace(turn, case=replace(case, page=replace(page, published=True)))
    turn = turn.record("page published", page=path, case=case.id, wrote=page.by, by=who.id)
    words = desk.strings.page_published.format(name=who.name, title=page.title)
    turn = desk.tell(turn, words)
    return turn.post(Reply(text=words), event.place) if event.place else turn


def _specialist(kit: Kit, turn: Turn) -> str | None:
    """Who answers from it: whoever had the matter, or else the first one of the queue."""
    assert turn.case
    queue = turn.case.queue
    ours = [x.name for x in kit.pack.specialists.values() if x.queue == queue]
    named = turn.conversation.specialist
    return named if named in ours else next(iter(ours), None)

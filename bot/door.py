"""The door: what a platform wants answered within the same response. One read, no model."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot import article
from bot.buttons import refusal
from bot.conversation import Voice
from bot.desk import Desk
from bot.event import CardAction
from bot.pack import Pack
from bot.people import Requester
from bot.personal import personal
from bot.ports import Clock, Directory, Glimpse, Ids, Store
from bot.press import TEXT
from bot.redaction import redact
from bot.reply import Card, Field, Form, Invalid, Purpose

_LIMIT = 3000
"""Characters of a form's field: what every platform can take."""
_LINES = 12
"""Of a confidential case's conversation, shown when it is opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    pack: Pack
    store: Store
    directory: Directory
    clock: Clock
    ids: Ids

    async def answer_now(self, event: CardAction) -> Form | Card | Invalid | None:
        """None: accept the event like any other. What a confidential card does not show is shown
        only once the press is accepted, which records it."""
        who = await self.directory.find(event.sender)
        if who is None:
            return Invalid(text=self.pack.say("").not_employee)
        strings = self.pack.say(who.locale)
        seen = await self.store.glimpse(event.organisation, event.token)
        if seen is None:
            return Invalid(text=strings.too_late)
        desk = Desk(pack=self.pack, switches=seen.switches, ids=self.ids)
        why_not = refusal(
            seen.grant, seen.spent, who, seen.case, seen.conversation, desk, self.clock.now()
        )
        if why_not:
            return Invalid(text=why_not)
        if event.values is not None:
            return self._check(event.values, seen.grant.purpose, who)
        if seen.grant.purpose is Purpose.OPEN:
            await self.store.accept(event)
            return _inside(seen, desk)
        return self._form(seen, desk, who)

    def _check(self, values: Mapping[str, str], purpose: Purpose, who: Requester) -> Invalid | None:
        strings, page = self.pack.say(who.locale), purpose is Purpose.MAKE_PAGE
        for field, limit in (article.LIMITS if page else {TEXT: _LIMIT}).items():
            text = values.get(field, "")
            if not text.strip():
                return Invalid(text=strings.empty, field=field)
            if len(text) > limit:
                return Invalid(text=strings.too_long_field.format(limit=limit), field=field)
            # Half a character can be neither read nor kept; it is no secret.
            whole = text.encode("utf-8", "replace").decode()
            if redact(whole).kinds:
                return Invalid(text=strings.secret_field, field=field)
            if page and personal(whole, self.pack.rules.identifiers):
                return Invalid(text=strings.page_personal, field=field)
        return None

    def _form(self, seen: Glimpse, desk: Desk, who: Requester) -> Form | None:
        strings, case = self.pack.say(who.locale), seen.case
        if case is None:
            return None
        match seen.grant.purpose:
            case Purpose.REPLY:
                title = strings.reply_form.format(name=case.requester_name)
                label = strings.reply_label
            case Purpose.NOTE:
                title, label = strings.note_form.format(case=case.id), strings.note_label
            case Purpose.REVEAL:
                title = strings.reveal_form.format(case=case.id)
                label = strings.reveal_label
            case Purpose.WRITE:
                title, label = strings.write_form.format(case=case.id), strings.write_label
            case Purpose.MAKE_PAGE:
                return article.form(case, seen.conversation, strings)
            case _:
                return None
        field = Field(name=TEXT, label=label, limit=_LIMIT)
        return Form(title=title, submit=strings.send, fields=(field,))


def _inside(seen: Glimpse, desk: Desk) -> Card:
    """What a confidential card does not show, for the one who has the case."""
    assert seen.case
    spoken = [x for x in seen.conversation.transcript if x.voice is not Voice.EVENT]
    lines = (f"**{x.name or 'Handrail'}**: {x.text}" for x in spoken[-_LINES:])
    return Card(
        title=seen.case.id,
        status=seen.case.assignee_name,
        facts=desk.content(seen.case, seen.conversation),
        body="\n\n".join(lines),
    )

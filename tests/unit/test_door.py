"""The door: what a pressed button opens, and what a sent form is refused for."""

from dataclasses import dataclass, field, replace

import pytest

from bot.case import CaseState
from bot.door import Door
from bot.event import CardAction, Event
from bot.pack import Pack
from bot.people import Requester
from bot.ports import Glimpse, Store
from bot.reply import Button, Card, Form, Invalid, Purpose
from tests.fakes import DANA, IT_DESK, NOW, PRIYA, SAM, sender
from tests.unit.test_turn import Desk


@dataclass
class Glimpses:
    """The store, as far as the door asks it."""

    glimpses: dict[str, Glimpse]
    accepted: list[Event] = field(default_factory=list[Event])

    async def accept(self, event: Event) -> bool:
        self.accepted.append(event)
        return True

    async def glimpse(self, organisation: str, token: str) -> Glimpse | None:
        return self.glimpses.get(token) if organisation == "o" else None


class AtTheDoor:
    """A case on a desk's card, and the door to its buttons."""

    def __init__(self, desk: Desk, pack: Pack) -> None:
        self.desk = desk
        replies = [x.reply for x in desk.turn.deliveries if x.reply]
        self.buttons = {b.grant.purpose: b for r in replies for b in r.buttons}
        turn = desk.turn
        kit = desk.bot.kit
        self.store = Glimpses(
            {
                x.token: Glimpse(
                    grant=x.grant,
                    spent=False,
                    case=turn.case,
                    conversation=turn.conversation,
                    switches=desk.switches,
                )
                for x in self.buttons.values()
            }
        )
        store: Store = self.store  # type: ignore[assignment]
        self.door = Door(
            pack=pack, store=store, directory=kit.directory, clock=kit.clock, ids=kit.ids
        )

    async def press(
        self, button: Button, who: Requester, text: str | None = None
    ) -> Form | Card | Invalid | None:
        event = CardAction(
            id="p", organisation="o", at=NOW, sender=sender(who), place=IT_DESK,
            token=button.token, values=None if text is None else {"text": text},
        )  # fmt: skip
        return await self.door.answer_now(event)


async def on_a_desk(pack: Pack, text: str = "Can I talk to a human?") -> AtTheDoor:
    desk = Desk(pack)
    await desk.say(text)
    return AtTheDoor(desk, pack)


async def test_a_lead_who_replies_gets_a_form(pack: Pack) -> None:
    there = await on_a_desk(pack)
    form = await there.press(there.buttons[Purpose.REPLY], DANA)
    assert isinstance(form, Form)
    assert SAM.name in form.title


async def test_a_plain_button_is_accepted_like_any_event(pack: Pack) -> None:
    there = await on_a_desk(pack)
    assert await there.press(there.buttons[Purpose.TAKE], DANA) is None


async def test_a_form_that_fits_is_accepted(pack: Pack) -> None:
    there = await on_a_desk(pack)
    assert await there.press(there.buttons[Purpose.REPLY], DANA, "Try the other gateway.") is None


@pytest.mark.parametrize(
    "text",
    ["", "  \n", "x" * 3001, "your password is Sommer2026!"],
    ids=["empty", "blank", "long", "a password"],
)
async def test_a_form_that_does_not_fit_is_refused_at_its_field(pack: Pack, text: str) -> None:
    there = await on_a_desk(pack)
    refused = await there.press(there.buttons[Purpose.REPLY], DANA, text)
    assert isinstance(refused, Invalid)
    assert refused.field == "text"


async def test_half_a_character_does_not_break_the_door(pack: Pack) -> None:
    there = await on_a_desk(pack)
    assert await there.press(there.buttons[Purpose.NOTE], DANA, "odd \ud83d") is None


@pytest.mark.parametrize("who", [SAM, PRIYA])
async def test_who_is_not_of_the_queue_is_refused(pack: Pack, who: Requester) -> None:
    there = await on_a_desk(pack)
    assert isinstance(await there.press(there.buttons[Purpose.REPLY], who), Invalid)


async def test_what_nobody_gave_out_is_too_late(pack: Pack) -> None:
    there = await on_a_desk(pack)
    guess = replace(there.buttons[Purpose.TAKE], token="a guess")
    assert await there.press(guess, DANA) == Invalid(text=pack.say("en").too_late)


async def test_a_confidential_case_opens_to_the_one_who_has_it(pack: Pack) -> None:
    there = await on_a_desk(pack, "Can I talk to HR privately?")
    desk = there.desk
    await desk.press(there.buttons[Purpose.TAKE], PRIYA)
    assert desk.turn.case
    assert desk.turn.case.state is CaseState.CLAIMED
    inside = AtTheDoor(desk, pack)
    shown = await inside.press(inside.buttons[Purpose.OPEN], PRIYA)
    assert isinstance(shown, Card)
    assert "Can I talk to HR privately?" in shown.body
    (looked,) = inside.store.accepted
    assert isinstance(looked, CardAction)
    turn = await desk.take(looked, grant=inside.buttons[Purpose.OPEN].grant)
    assert [x.facts["by"] for x in turn.records if x.step == "open"] == [PRIYA.id]
    assert isinstance(await inside.press(inside.buttons[Purpose.OPEN], DANA), Invalid)
    assert len(inside.store.accepted) == 1

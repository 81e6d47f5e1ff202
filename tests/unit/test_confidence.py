"""What is told in confidence: who would hear of it, what they would get, and nobody unasked."""

from dataclasses import replace

import pytest

from bot.pack import Pack
from bot.place import Place
from bot.reply import Purpose
from tests.fakes import CHAT, IT_DESK, SAM, SQUARE, FakeVault, only
from tests.unit.test_turn import HC, Desk

SAID = "My manager keeps touching me"


@pytest.fixture
def careful(pack: Pack) -> Pack:
    """Its first concern with consent names another queue, and what one can do."""
    concerns = tuple(
        replace(x, other="HR", options={"en": "You can keep notes."}) if x.consent else x
        for x in pack.rules.concerns
    )
    return replace(pack, rules=replace(pack.rules, concerns=concerns))


def offered(desk: Desk, place: Place = CHAT) -> list[Purpose]:
    return [b.grant.purpose for x in only(desk.turn.deliveries, place) for b in x.buttons]


async def test_the_question_names_who_would_receive_what(careful: Pack) -> None:
    desk = Desk(careful)
    await desk.say(SAID)
    (text,) = desk.said()
    assert careful.queues["HR-confidential"].title("en") in text
    assert f"> {SAID}" in text
    assert offered(desk) == [Purpose.YES, Purpose.OTHER_DESK, Purpose.OPTIONS, Purpose.NO]
    assert desk.turn.case is None
    assert {x.to for x in desk.turn.deliveries} == {CHAT}


async def test_somebody_else_may_be_chosen(careful: Pack) -> None:
    desk = Desk(careful)
    await desk.say(SAID)
    await desk.press(desk.button(Purpose.OTHER_DESK), SAM)
    assert desk.turn.case
    assert desk.turn.case.queue == "HR"
    assert only(desk.turn.deliveries, HC) == []


async def test_who_only_wants_to_know_the_options_is_told_them_and_nobody_else_is(
    careful: Pack,
) -> None:
    desk = Desk(careful)
    await desk.say(SAID)
    await desk.press(desk.button(Purpose.OPTIONS), SAM)
    assert desk.said() == ["You can keep notes."]
    assert {x.to for x in desk.turn.deliveries} == {CHAT}
    assert offered(desk) == [Purpose.YES, Purpose.OTHER_DESK, Purpose.NO]
    await desk.press(desk.button(Purpose.YES), SAM)
    assert desk.turn.case
    assert desk.turn.case.queue == "HR-confidential"


async def test_a_pack_without_more_to_offer_asks_yes_or_no(pack: Pack) -> None:
    concerns = tuple(replace(x, other=None, options={}) for x in pack.rules.concerns)
    desk = Desk(replace(pack, rules=replace(pack.rules, concerns=concerns)))
    await desk.say(SAID)
    assert offered(desk) == [Purpose.YES, Purpose.NO]


@pytest.mark.parametrize("text", [SAID, "I want to kill myself"])
async def test_told_in_public_it_is_answered_in_private_and_not_even_that_is_said(
    pack: Pack, text: str
) -> None:
    desk = Desk(pack)
    square = replace(SQUARE, thread=None)
    await desk.say(text, place=square, mentioned=True)
    assert desk.said(square) == []
    assert desk.said(IT_DESK) == []
    assert desk.said()[0] == pack.say("en").delete_hint
    assert len(desk.said()) == 2


@pytest.mark.parametrize(("country", "number"), [("DE", "0800 111 0 111"), ("US", "988")])
async def test_in_danger_the_helpline_is_the_one_of_the_country(
    pack: Pack, country: str, number: str
) -> None:
    desk = Desk(pack)
    found = replace(SAM, country=country)

    async def find(_: object) -> object:
        return found

    desk.bot.kit.directory.find = find  # type: ignore[method-assign,assignment]
    await desk.say("I want to kill myself")
    assert number in desk.said()[0]
    assert "{" not in desk.said()[0]


async def test_what_they_would_get_is_shown_with_what_is_personal_in_it(careful: Pack) -> None:
    desk = Desk(careful, vault=FakeVault())
    await desk.say(f"{SAID} and calls me on 020 7946 0958")
    (asked,) = [x for x in desk.turn.deliveries if x.to == CHAT]
    assert asked.reply
    assert "[PHONE_1]" in asked.reply.text
    assert "PHONE" in asked.shows

"""Personal values through whole turns: what is kept, what the model reads, who sees what."""

import json
from dataclasses import replace

import pytest

from bot.conversation import State
from bot.event import Feedback
from bot.found import Kind
from bot.outcome import Turn
from bot.outside import Outside
from bot.pack import Pack
from bot.people import Person
from bot.ports import ToolCall
from bot.reply import Purpose
from tests.fakes import (
    CHAT,
    DANA,
    IT_DESK,
    MARCO,
    SAM,
    SQUARE,
    FakeJournal,
    FakeTools,
    FakeVault,
    ScriptedModel,
    kit,
    sender,
)
from tests.unit.test_turn import FOUND, Desk

IBAN = "DE89 3704 0044 0532 0130 00"
MAIL = "sam.private@mail.example"
SAID = f"Still broken. My IBAN is {IBAN}, write to {MAIL}"


async def at_the_desk(pack: Pack) -> tuple[Desk, FakeVault, ScriptedModel]:
    vault, model = FakeVault(), ScriptedModel(*FOUND)
    desk = Desk(pack, model, vault=vault)
    await desk.say("My VPN keeps dropping")
    await say(desk, vault, SAID)
    return desk, vault, model


async def say(desk: Desk, vault: FakeVault, text: str) -> Turn:
    turn = await desk.say(text)
    vault.kept |= {x.token: x.value for x in turn.kept}
    return turn


async def test_a_turn_holds_tokens_and_keeps_the_values_apart(pack: Pack) -> None:
    desk, vault, _ = await at_the_desk(pack)
    assert vault.kept == {"[IBAN_1]": IBAN, "[EMAIL_1]": MAIL}
    assert {x.person for x in desk.turn.kept} == {"sam"}
    rest = repr(replace(desk.turn, event=replace(desk.turn.event, text=""), kept=()))  # type: ignore[call-arg]
    assert IBAN not in rest
    assert MAIL not in rest
    assert "[IBAN_1]" in desk.turn.conversation.transcript[-2].text


async def test_the_model_reads_tokens(pack: Pack) -> None:
    vault, model = FakeVault(), ScriptedModel(*FOUND)
    desk = Desk(pack, model, vault=vault)
    await say(desk, vault, f"My VPN drops, I am {MAIL}")
    read = repr(model.prompts)
    assert MAIL not in read
    assert "[EMAIL_1]" in read


async def test_a_card_may_show_how_to_reach_the_requester_and_nothing_else(pack: Pack) -> None:
    desk, _, _ = await at_the_desk(pack)
    cards = [x for x in desk.turn.deliveries if x.slot.startswith("card:")]
    assert {kind for x in cards for kind in x.shows} == {
        Kind.EMAIL, Kind.PHONE, Kind.IP, Kind.MAC, Kind.PERSON,
    }  # fmt: skip
    assert {x.about for x in cards} == {"sam"}


async def test_revealing_takes_the_case_and_a_reason_and_is_recorded(pack: Pack) -> None:
    desk, _, _ = await at_the_desk(pack)
    assert Purpose.REVEAL not in [x.grant.purpose for x in desk.card().buttons]
    await desk.press(desk.button(Purpose.TAKE), DANA)
    reveal = desk.button(Purpose.REVEAL)
    await desk.press(reveal, MARCO, text="curious")
    assert not any(x.shows == frozenset(Kind) for x in desk.turn.deliveries)
    await desk.press(reveal, DANA, text="to pay the deposit back")
    told = [x for x in desk.turn.deliveries if x.only_for]
    assert [x.only_for for x in told] == [sender(DANA).user]
    assert told[0].reply
    assert "[IBAN_1]" in told[0].reply.text
    assert told[0].shows == frozenset(Kind)
    record = next(x for x in desk.turn.records if x.step == "revealed")
    assert record.facts["what"] == "[IBAN_1]"
    assert record.said == "to pay the deposit back"
    assert any("deposit" in x for x in desk.said_under())


async def test_a_leads_own_number_reaches_the_employee_and_is_kept_as_a_token(pack: Pack) -> None:
    desk, _, _ = await at_the_desk(pack)
    await desk.press(desk.button(Purpose.REPLY), DANA, text="Call me: 020 7946 0958")
    answer = next(x for x in desk.turn.deliveries if x.to == CHAT and x.reply and x.reply.author)
    assert answer.reply
    assert answer.reply.text == "Call me: [PHONE_1]"
    assert Kind.PHONE in answer.shows
    assert desk.turn.kept[0].value == "020 7946 0958"


async def test_among_others_the_bot_repeats_nothing_personal(pack: Pack) -> None:
    vault = FakeVault()
    desk = Desk(pack, ScriptedModel(FOUND[0], "Done, [EMAIL_1]. [1]"), vault=vault)
    turn = await desk.say(f"vpn drops, {MAIL}", place=SQUARE, mentioned=True)
    answers = [x for x in turn.deliveries if x.to == SQUARE]
    assert answers
    assert all(not x.shows for x in answers)


async def test_the_word_with_a_thumb_is_kept_with_tokens(pack: Pack) -> None:
    desk, _, _ = await at_the_desk(pack)
    event = Feedback(
        id="f", organisation="o", at=desk.clock.now(), sender=sender(SAM), place=CHAT,
        helpful=False, comment=f"no! {MAIL}",
    )  # fmt: skip
    turn = await desk.take(event)
    assert turn.conversation.transcript[-1].text == "no! [EMAIL_1]"


async def test_a_model_cannot_name_a_stranger(pack: Pack) -> None:
    answer = "Switch networks. [1] Or ask Kim at kim.lee@elsewhere.example about it."
    desk = Desk(pack, ScriptedModel(FOUND[0], answer))
    turn = await desk.say("My VPN keeps dropping")
    assert any("personal" in x.facts.get("what", "") for x in turn.records)
    assert "kim.lee" not in repr(turn.deliveries)
    assert "Switch networks" in desk.said()[0]


async def test_a_turn_that_keeps_failing_keeps_no_value(pack: Pack) -> None:
    class Broken(FakeVault):
        async def values(self, organisation: str, person: str) -> dict[str, str]:
            raise ConnectionError

    desk = Desk(pack, ScriptedModel(*FOUND), vault=Broken())
    with pytest.raises(ConnectionError):
        await desk.say(SAID)
    situation = desk.situation
    turn = await desk.bot.fail(situation, desk.journal)
    assert turn.conversation.state is State.ESCALATED
    assert "[IBAN]" in turn.conversation.transcript[0].text
    assert IBAN not in repr(turn.conversation)
    assert turn.case
    assert any(x.to == IT_DESK for x in turn.deliveries)


async def test_a_secret_that_is_told_to_a_person_is_advised_upon_all_the_same(pack: Pack) -> None:
    desk, _, _ = await at_the_desk(pack)
    case = desk.turn.conversation.id
    await desk.press(desk.button(Purpose.TAKE), DANA)
    await desk.say("my password is Tr0ub4dor&3", belongs_to=case)
    assert "Tr0ub4dor" not in repr(desk.turn.deliveries)
    assert desk.said() == [pack.say("en").secret.format(link=pack.secret_link)]
    assert any("[SECRET]" in x for x in desk.said_under())
    await desk.say("my password is Tr0ub4dor&3")
    assert desk.said() == [pack.say("en").secret.format(link=pack.secret_link)]


# ---- tools from elsewhere --------------------------------------------------------------------


async def test_a_tool_is_told_the_values_that_the_pack_names_and_no_others(
    armed_pack: Pack,
) -> None:
    armed_pack = replace(armed_pack, values={"look_up": frozenset({Kind.EMAIL})})
    call = ToolCall(
        id="1", name="look_up", arguments='{"mail": "[EMAIL_1]", "to": "[IBAN_1] [EMAIL_9]"}'
    )
    tools, vault = FakeTools(), FakeVault()
    desk = Desk(armed_pack, ScriptedModel(call, "Which laptop?"), tools=tools, vault=vault)
    # The values of this very message are not in the vault yet.
    await desk.say(f"VPN: look up {MAIL}, IBAN {IBAN}")
    assert tools.told == [f'{{"mail": "{MAIL}", "to": "[IBAN_1] [EMAIL_9]"}}']
    assert MAIL not in repr(desk.turn.records)


async def test_a_value_stays_inside_the_string_where_its_token_stood(armed_pack: Pack) -> None:
    odd = '"quoted, \\"@mail.example'
    armed_pack = replace(armed_pack, values={"look_up": frozenset({Kind.EMAIL})})
    tools, vault = FakeTools(), FakeVault()
    vault.kept = {"[EMAIL_1]": odd}
    call = ToolCall(id="1", name="look_up", arguments='{"mail": "[EMAIL_1]"}')
    desk = Desk(armed_pack, ScriptedModel(call, "Which laptop?"), tools=tools, vault=vault)
    await desk.say("VPN: look me up")
    assert json.loads(tools.told[0]) == {"mail": odd}


async def test_what_a_tool_says_is_hidden_before_it_is_kept_or_read(armed_pack: Pack) -> None:
    secret = "xoxb-" + "123456789012-123456789012-" + "abcdefghijklmnopqrstuvwx"
    tools = FakeTools(says=json.dumps({"mail": MAIL, "iban": IBAN, "token": secret}))
    vault, call = FakeVault(), ToolCall(id="1", name="look_up", arguments="{}")
    model = ScriptedModel(call, "Is it [EMAIL_1]?")
    desk = Desk(armed_pack, model, tools=tools, vault=vault)
    await desk.say("VPN: look me up")
    assert {x.token: x.value for x in desk.turn.kept} == {"[EMAIL_1]": MAIL, "[IBAN_1]": IBAN}
    read = repr(model.prompts[-1])
    assert "[IBAN_1]" in read
    for value in (MAIL, IBAN, secret):
        assert value not in read
        assert value not in repr(desk.turn.records)


async def test_after_a_crash_the_result_of_a_tool_still_has_its_values(armed_pack: Pack) -> None:
    tools, journal, call = (
        FakeTools(says=MAIL),
        FakeJournal(),
        ToolCall(id="1", name="look_up", arguments="{}"),
    )
    outside = Outside(tools=tools, veil=kit(armed_pack, vault=FakeVault()).veil)
    for _ in range(2):
        result = await outside.use(call, SAM, "o", (), "key", journal)
        assert result.text == "[EMAIL_1]"
        assert [x.value for x in result.kept] == [MAIL]
    assert len(tools.calls) == 1


async def test_who_says_yes_reads_what_the_tool_would_be_told(armed_pack: Pack) -> None:
    arguments = {"mail": "[EMAIL_1]", "why": "`<!channel>` https://evil.example", "n": 3}
    for tool, reads in (("reset_password", CHAT), ("order_laptop", Person(SAM.manager or ""))):
        call = ToolCall(id="1", name=tool, arguments=json.dumps(arguments))
        desk = Desk(armed_pack, ScriptedModel(call), tools=FakeTools())
        await desk.say("VPN: do it for me")
        (asked,) = [
            x for x in desk.turn.deliveries if x.to == reads and x.reply and x.reply.buttons
        ]
        assert asked.reply
        assert "- `mail`: `[EMAIL_1]`" in asked.reply.text
        assert "- `why`: `'<!channel>' https://evil.example`" in asked.reply.text
        assert "- `n`: `3`" in asked.reply.text
        assert (asked.shows == frozenset(Kind)) == (reads == CHAT)

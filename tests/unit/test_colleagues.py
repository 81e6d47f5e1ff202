"""Names of employees: known by the directory, hidden where somebody else is named."""

from dataclasses import replace

import pytest

from bot.colleagues import Names
from bot.outcome import Record
from bot.pack import Pack
from bot.ports import ToolCall
from bot.vault import hide
from tests.fakes import (
    CHAT,
    IT_DESK,
    SQUARE,
    VPN,
    FakeKnowledge,
    FakeTools,
    FakeVault,
    ScriptedModel,
)
from tests.unit.test_turn import FOUND, Desk

NAMES = Names(
    [
        "Sam Okafor", "Tomás Herrera", "Priya Raman", "Jürgen Müller-Lüdenscheidt",
        "Anne-Marie O'Brien", "Cruz, Maria de la", "Will May", "Dr. Grace Delaney (Boston)",
        "Иван Петров", "अनिता शर्मा", "Mark Page", "Prince", "", "()", ", ,", "x" * 5000,
    ]
)  # fmt: skip


def named(text: str, own: str = "") -> list[str]:
    return [text[x.found.start : x.found.end] for x in NAMES.find(text, own)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ask tomas herrera, please", "tomas herrera"),
        ("TOMÁS  HERRERA", "TOMÁS  HERRERA"),
        ("Herrera, Tomás is out", "Herrera, Tomás"),
        ("Juergen Mueller-Luedenscheidt's laptop", "Juergen Mueller-Luedenscheidt"),
        ("der Laptop von Jürgen Müller Lüdenscheidt", "Jürgen Müller Lüdenscheidt"),
        ("anne marie o’brien", "anne marie o’brien"),
        ("Maria de la Cruz", "Maria de la Cruz"),
        ("Maria Cruz called", "Maria Cruz"),
        ("de la Cruz, Maria", "de la Cruz, Maria"),
        ("Sam T. Okafor", "Sam T. Okafor"),
        ("Sam Okafors Laptop ist weg", "Sam Okafors"),
        ("Grace\nDelaney", "Grace\nDelaney"),
        ("Mark Page", "Mark Page"),
        ("ask Иван Петров", "Иван Петров"),
        ("my manager Priya is rude", "Priya"),
        ("meine Kollegin Priya war da", "Priya"),
        ("Frau Raman war da", "Raman"),
        ("Dr. Delaney", "Delaney"),
        ("Frau Ramans Laptop ist weg", "Ramans"),
        ("meine Kollegin Priyas Rechner", "Priyas"),
        # As macOS writes it, with its accents apart; with what cannot be seen; with other blanks.
        ("ask Toma\u0301s Herrera", "Toma\u0301s Herrera"),
        ("ask S\u200bam Oka\u00adfor", "S\u200bam Oka\u00adfor"),
        ("ask Sam\u200b\u2003Okafor", "Sam\u200b\u2003Okafor"),
        ("अनिता शर्मा जी", "अनिता शर्मा"),
        ("Grace\r\nDelaney", "Grace\r\nDelaney"),
    ],
)
def test_a_colleague_who_is_named_is_found(text: str, name: str) -> None:
    assert named(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "will may be late",
        "I will. May I?",
        "see the mark page 3",
        "I ask grace, will and mark",
        "my boss will call",
        "My boss. Will he call?",
        "My Manager Marks Things",
        "Hello Sam. Okafor is here",
        "prince",
        "Priya",
        "Sam, Okafor",
        "samokafor",
        "Samuel Okafor",
        "Mr Smith",
        "",
        "…, . -",
    ],
)
def test_words_are_no_names(text: str) -> None:
    assert named(text) == []


def test_who_was_named_whole_is_known_by_the_first_name() -> None:
    assert named("Priya Raman left. Then Priya wrote.") == ["Priya Raman", "Priya"]


def test_one_s_own_name_is_no_secret_to_oneself() -> None:
    said = "I am Sam Okafor (Okafor, Sam), and Priya Raman knows"
    assert named(said, own="Sam Okafor") == ["Priya Raman"]


def test_the_same_person_has_the_same_token_however_they_are_named() -> None:
    text = "Tomás Herrera, Herrera, Tomás and TOMAS HERRERA; Priya Raman"
    found = [x.found for x in NAMES.find(text)]
    assert hide(text, {}, named=found).text == "[PERSON_1], [PERSON_1] and [PERSON_1]; [PERSON_2]"


# ---- through whole turns --------------------------------------------------------------------


async def test_no_model_and_no_record_reads_who_is_named_and_the_requester_does(
    pack: Pack,
) -> None:
    answer = "[PERSON_1] can switch to another network. [1]"
    model = ScriptedModel(FOUND[0], answer)
    desk = Desk(pack, model)
    await desk.say("The VPN of Tomás Herrera keeps dropping")
    assert [(x.token, x.value) for x in desk.turn.kept] == [("[PERSON_1]", "Tomás Herrera")]
    records: tuple[Record, ...] = desk.turn.records
    for place in (model.prompts, records, desk.turn.conversation.transcript):
        assert "Herrera" not in repr(place)
    (said,) = [x for x in desk.turn.deliveries if x.to == CHAT]
    assert "PERSON" in said.shows


async def test_the_lead_who_has_the_case_reads_who_it_is_about(pack: Pack) -> None:
    desk = Desk(pack)
    await desk.say("Tomás Herrera cannot log in, can I talk to a person from IT?")
    (card,) = [x for x in desk.turn.deliveries if x.to == IT_DESK and x.reply and x.reply.card]
    assert "Herrera" not in repr(card)
    assert "PERSON" in card.shows


async def test_among_others_nobody_is_named(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(FOUND[0], "Done for [PERSON_1]. [1]"))
    await desk.say("VPN of Tomás Herrera drops", place=SQUARE, mentioned=True)
    assert all(not x.shows for x in desk.turn.deliveries if x.to == SQUARE)


async def test_whom_the_handbook_names_stays(pack: Pack) -> None:
    page = replace(VPN, text="The VPN is run by Marco Silva, it-help@fernhill.example.")
    model = ScriptedModel(*FOUND)
    desk = Desk(pack, model, knowledge=FakeKnowledge((page,)))
    await desk.say("Is marco silva still who runs the VPN, or Tomás Herrera?")
    assert "marco silva" in repr(model.prompts)
    assert "Herrera" not in repr(model.prompts)


@pytest.mark.parametrize("told", [True, False])
async def test_a_tool_is_told_a_name_only_if_its_permission_says_so(
    armed_pack: Pack, told: bool
) -> None:
    from bot.found import Kind

    values = {"look_up": frozenset({Kind.PERSON})} if told else {}
    tools = FakeTools(says="Priya Raman has it, ask Sam Okafor")
    call = ToolCall(id="1", name="look_up", arguments='{"who": "[PERSON_1]"}')
    model = ScriptedModel(call, *FOUND)
    vault = FakeVault({"[PERSON_1]": "Tomás Herrera"})
    desk = Desk(replace(armed_pack, values=values), model, tools=tools, vault=vault)
    await desk.say("VPN: look up tomas herrera")
    assert ("Herrera" in tools.told[0]) is told
    assert "Raman" not in repr(model.prompts)
    assert "[PERSON_2] has it, ask Sam Okafor" in repr(model.prompts)


async def test_a_turn_that_keeps_failing_names_nobody(pack: Pack) -> None:
    desk = Desk(pack)
    await desk.say("hello")
    event = replace(desk.situation.event, id="x", text="Tomás Herrera is locked out")  # type: ignore[call-arg]
    turn = await desk.bot.fail(replace(desk.situation, event=event), desk.journal)
    assert "[PERSON]" in repr(turn)
    assert "Herrera" not in repr(turn.deliveries)

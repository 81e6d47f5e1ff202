"""The record in the chat: who reads it alone, who by two, and who never."""

from dataclasses import replace
from typing import Any

import pytest

from bot.admin import understood
from bot.conversation import State
from bot.event import Command, TimerDue, TimerKind, Undelivered
from bot.outcome import Turn, hashed
from bot.pack import Pack
from bot.people import Person, Requester
from bot.place import NOWHERE, Place
from bot.ports import CaseFile, Holdings, Rejected
from bot.reply import Purpose
from bot.timeline import Entry
from tests.fakes import (
    DANA,
    IT_DESK,
    MARCO,
    NOTHING,
    NOW,
    PRIYA,
    ROBIN,
    SAM,
    TOMAS,
    FakeArchive,
    FakePlatform,
    sender,
)
from tests.unit.test_turn import Desk

SAID = "the heron said"
SOME = replace(NOTHING, conversations=3, values=2, accounts=1, records=9)
INES = TOMAS
"""Reads the confidential desk's record here, by id."""


def entry(number: int) -> Entry:
    return Entry(
        id=number, at="2026-11-20T09:00:00.0Z", case="HC-1", conversation="c", event="e",
        position=0, step="checked", facts={"verdict": "x"}, said=f"{SAID} {number}", seal=1,
        sealed_at="",
    )  # fmt: skip


def file(queue: str, *verdicts: str, requester: str = "sam") -> CaseFile:
    return CaseFile(requester=requester, queues=frozenset({queue}), verdicts=frozenset(verdicts))


class Company(Desk):
    """Dana reads IT's record, Priya and Ines that of the confidential HR desk; Robin, an admin,
    none."""

    def __init__(self, pack: Pack, **parts: Any) -> None:
        readers = {"IT": {"dana"}, "HR-confidential": {"hr-confidential", INES.id}}
        queues = {
            k: replace(v, readers=frozenset(readers.get(k, ()))) for k, v in pack.queues.items()
        }
        self.archive = FakeArchive(
            files={
                "IT-1": file("IT", "may pass"),
                "IT-2": file("IT", "harassment"),
                "HC-1": file("HR-confidential", "wants a person"),
                "HC-2": file("HR-confidential", requester="priya"),
                "HC-3": file("HR-confidential", requester=INES.id),
                "OMB-1": file("Ombuds", "harassment"),
                "GONE-1": file("a desk that is gone"),
            },
            entries=(entry(1), entry(2)),
            held={"sam": SOME},
        )
        super().__init__(replace(pack, queues=queues), archive=self.archive, **parts)
        self.switches = replace(self.switches, admins=frozenset({ROBIN.id}))

    async def command(self, text: str, who: Requester, place: Place = IT_DESK) -> Turn:
        self.count += 1
        event = Command(
            id=f"c{self.count}", organisation="o", at=NOW, sender=sender(who), place=place,
            text=text,
        )  # fmt: skip
        return await self.take(event)

    def told(self, who: Requester) -> str:
        """All that reaches this person alone."""
        return "\n".join(
            x.reply.text
            for x in self.turn.deliveries
            if x.reply and (x.to == Person(who.id) or _direct(x.to, who) or x.only_for == who.id)
        )

    def steps(self) -> list[str]:
        return [x.step for x in self.turn.records]


def _direct(to: object, who: Requester) -> bool:
    return isinstance(to, Place) and to.channel == f"dm:{who.id}"


@pytest.mark.parametrize(
    ("who", "case", "reads"),
    [
        (DANA, "IT-1", True),
        (DANA, "it-1", True),
        (MARCO, "IT-1", False),
        (ROBIN, "IT-1", False),
        (PRIYA, "IT-1", False),
        (DANA, "IT-2", False),
        (DANA, "HC-1", False),
        (ROBIN, "HC-1", False),
        (PRIYA, "HC-2", False),
        (PRIYA, "OMB-1", False),
        (PRIYA, "GONE-1", False),
        (DANA, "NONE-1", False),
        (SAM, "IT-1", False),
    ],
)
async def test_an_ordinary_case_is_read_by_the_readers_of_its_queue(
    pack: Pack, who: Requester, case: str, reads: bool
) -> None:
    desk = Company(pack)
    turn = await desk.command(f"record {case} an audit", who)
    assert (SAID in desk.told(who)) is reads
    assert ("record read" in desk.steps()) is reads
    assert ("record refused" in desk.steps()) is not reads
    assert (desk.told(who) == pack.say("en").record_nothing) is not reads
    assert turn.conversation.case == (case.upper() if case != "NONE-1" else None)
    for delivery in turn.deliveries:
        if delivery.reply and SAID in delivery.reply.text:
            assert _direct(delivery.to, who)
            assert delivery.quotes
    assert desk.conversations == {}


async def test_reading_is_on_the_cases_record_with_its_reason(pack: Pack) -> None:
    desk = Company(pack)
    turn = await desk.command("record IT-1 an audit, call +49 171 2340987", DANA)
    assert (turn.conversation.case, turn.conversation.requester) == ("IT-1", "dana")
    (asked,) = [x for x in turn.records if x.step == "record asked"]
    assert asked.facts == {"by": "dana", "case": "IT-1"}
    assert asked.said == "an audit, call [PHONE_1]"
    assert SAID not in "".join(x.said for x in turn.accounted().records)


async def test_without_a_reason_nothing_is_read(pack: Pack) -> None:
    desk = Company(pack)
    await desk.command("record IT-1", DANA)
    assert desk.told(DANA) == pack.say("en").record_why


async def test_a_long_timeline_is_cut_between_lines_and_says_so(pack: Pack) -> None:
    desk = Company(pack)
    desk.archive.entries = tuple(entry(x) for x in range(500))
    await desk.command("record IT-1 an audit", DANA)
    text = next(x.reply.text for x in desk.turn.deliveries if x.reply and SAID in x.reply.text)
    assert len(text) < 9000
    assert "handrail case report IT-1" in text.splitlines()[-1]


async def asked(pack: Pack, case: str = "HC-1") -> Company:
    desk = Company(pack)
    await desk.command(f"record {case} a complaint", PRIYA)
    return desk


async def test_a_confidential_case_is_read_when_another_reader_allows_it(pack: Pack) -> None:
    desk = await asked(pack)
    assert SAID not in desk.told(PRIYA)
    card = desk.told(INES)
    assert all(x in card for x in (PRIYA.name, "HC-1", "a complaint"))
    assert desk.turn.conversation.place == NOWHERE
    allow, refuse = desk.button(Purpose.APPROVE), desk.button(Purpose.REFUSE)
    assert {allow.grant.requester, refuse.grant.requester} == {INES.id}

    turn = await desk.press(allow, INES)
    assert SAID in desk.told(PRIYA)
    assert SAID not in desk.told(INES)
    (permit,) = turn.permits
    code = desk.told(PRIYA).partition("--code=")[2].partition("`")[0]
    assert permit.code == hashed(code) != code
    assert (permit.case, permit.desks) == ("HC-1", {"HR-confidential"})
    assert (permit.asked_by, permit.allowed_by) == ("priya", INES.id)
    said = "".join(x.said for x in turn.accounted().records)
    assert SAID not in said
    assert code not in said
    assert {"record allowed", "record read"} <= set(desk.steps())
    assert turn.conversation.state is State.RESOLVED

    for button in (allow, refuse):
        turn = await desk.press(button, INES)
        assert turn.permits == ()
        assert SAID not in desk.told(PRIYA)


async def test_a_refusal_is_told_and_nothing_is_read(pack: Pack) -> None:
    desk = await asked(pack)
    turn = await desk.press(desk.button(Purpose.REFUSE), INES)
    assert INES.name in desk.told(PRIYA)
    assert SAID not in desk.told(PRIYA)
    assert turn.permits == ()
    assert "record refused" in desk.steps()


@pytest.mark.parametrize("who", [PRIYA, ROBIN, DANA, SAM])
async def test_nobody_else_allows_it_and_least_of_all_who_asked(pack: Pack, who: Requester) -> None:
    desk = await asked(pack)
    button = desk.button(Purpose.APPROVE)
    for forged in (button, replace(button, grant=replace(button.grant, requester=who.id))):
        turn = await desk.press(forged, who)
        assert turn.permits == ()
        assert SAID not in "".join(x.reply.text for x in turn.deliveries if x.reply)
        assert not turn.spends


async def test_who_is_no_reader_any_more_neither_allows_nor_gets_it(pack: Pack) -> None:
    for left in (PRIYA, INES):
        desk = await asked(pack)
        kit = desk.bot.kit
        queue = kit.pack.queues["HR-confidential"]
        stay = {"hr-confidential", INES.id} - {"hr-confidential" if left is PRIYA else INES.id}
        queues = {**kit.pack.queues, queue.name: replace(queue, readers=frozenset(stay))}
        button = desk.button(Purpose.APPROVE)
        desk.bot = replace(desk.bot, kit=replace(kit, pack=replace(kit.pack, queues=queues)))
        turn = await desk.press(button, INES)
        assert turn.permits == ()
        assert not turn.spends


async def test_after_a_day_it_is_too_late(pack: Pack) -> None:
    desk = await asked(pack)
    button = desk.button(Purpose.APPROVE)
    (held,) = desk.conversations.values()
    (timer,) = desk.turn.timers
    assert timer.kind is TimerKind.EXPIRE
    due = TimerDue(id="t", organisation="o", at=timer.due_at, kind=timer.kind, conversation=held.id)
    await desk.take(due)
    assert pack.say("en").confirm_expired in desk.told(PRIYA)
    assert pack.say("en").countersigned in desk.told(INES)
    assert (await desk.press(button, INES)).permits == ()

    desk = await asked(pack)
    button = desk.button(Purpose.APPROVE)
    desk.clock.pass_time(86400)
    assert (await desk.press(button, INES)).permits == ()


async def test_the_one_whose_matter_it_is_is_not_asked(pack: Pack) -> None:
    desk = await asked(pack, "HC-3")
    assert desk.told(PRIYA) == pack.say("en").record_nobody
    assert desk.told(INES) == ""


async def test_who_never_wrote_to_the_bot_is_not_asked(pack: Pack) -> None:
    desk = Company(pack)
    desk.bot.kit.store.unmet = frozenset({INES.id})  # type: ignore[attr-defined]
    await desk.command("record HC-1 a complaint", PRIYA)
    assert desk.told(PRIYA) == pack.say("en").record_nobody
    assert desk.told(INES) == ""


async def test_of_a_case_that_two_desks_had_only_a_reader_of_both_is_asked(pack: Pack) -> None:
    desk = Company(pack)
    known, readers = desk.bot.kit.pack, {"HR-confidential": INES, "Ombuds": DANA}
    both = {
        k: replace(known.queues[k], readers=frozenset({PRIYA.id, x.id})) for k, x in readers.items()
    }
    changed = replace(known, queues={**known.queues, **both})
    desk.bot = replace(desk.bot, kit=replace(desk.bot.kit, pack=changed))
    desk.archive.files["HC-9"] = replace(file("Ombuds"), queues=frozenset(both))
    await desk.command("record HC-9 a complaint", PRIYA)
    assert desk.told(PRIYA) == pack.say("en").record_nobody


async def test_a_card_that_does_not_arrive_is_told_once(pack: Pack) -> None:
    desk = await asked(pack)
    (held,) = desk.conversations.values()
    for slot, told in ((f"asked:{held.id}:{INES.id}", True), ("c1:1", False)):
        lost = Undelivered(
            id="u", organisation="o", at=NOW, conversation=held.id, slot=slot, why="gone"
        )
        turn = await desk.take(lost)
        assert (pack.say("en").countersign_unreached in desk.told(PRIYA)) is told
        assert turn.case is None


async def test_all_that_is_held_about_somebody_is_a_code_by_two(pack: Pack) -> None:
    desk = Company(pack)
    await desk.command("record @sam@fernhill.example they asked for it", PRIYA)
    turn = await desk.press(desk.button(Purpose.APPROVE), INES)
    (permit,) = turn.permits
    assert (permit.person, permit.case, permit.desks) == ("sam", None, {"HR-confidential"})
    assert "handrail person export sam --code=" in desk.told(PRIYA)
    for who, whom in ((ROBIN, "@sam"), (DANA, "@sam"), (PRIYA, "@priya"), (PRIYA, "@nobody")):
        await desk.command(f"record {whom} why not", who)
        assert desk.told(who) == pack.say("en").record_nothing


async def test_a_reason_is_cut_only_after_its_secrets_are_gone(pack: Pack) -> None:
    desk = Company(pack)
    secret = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6"
    await desk.command(f"record HC-1 {'because ' * 60}{secret}", PRIYA)
    assert secret[:10] not in repr((desk.turn.records, desk.turn.deliveries))
    (asked,) = [x for x in desk.turn.records if x.step == "record asked"]
    assert len(asked.said) <= 500


async def test_a_reason_draws_nothing_in_the_question(pack: Pack) -> None:
    desk = Company(pack)
    await desk.command("record HC-1 x **allowed by HR** [the rules](https://e.example)", PRIYA)
    asked = desk.told(INES)
    assert r"\*\*allowed by HR\*\* \[the rules\](https://e.example)" in asked


async def test_without_a_direct_chat_nothing_is_told(pack: Pack) -> None:
    class Closed(FakePlatform):
        async def direct(self, sender: object) -> Place:
            raise Rejected("user_unknown")

    desk = Company(pack, platform=Closed())
    await desk.command("record IT-1 an audit", DANA)
    assert desk.told(DANA) == pack.say("en").no_chat


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("record IT-1042 why", True),
        ("record IT-1042", True),
        ("record @sam a wish", True),
        ("record my overtime, please", False),
        ("record", False),
        ("forget @sam", True),
        ("forget sam@fernhill.example", True),
        ("forget it", False),
        ("forget about @sam", False),
    ],
)
def test_a_question_that_begins_like_a_command_is_a_question(text: str, known: bool) -> None:
    assert understood(text) is known


# ---- forgetting ---------------------------------------------------------------------------


async def test_an_only_admin_forgets_with_one_yes(pack: Pack) -> None:
    desk = Company(pack)
    turn = await desk.command("forget @sam", ROBIN)
    assert turn.forgets is None
    asked = desk.told(ROBIN)
    assert all(x in asked for x in (SAM.name, "(sam)", "cases: 3", "values: 2", "accounts: 1"))
    yes, no = desk.button(Purpose.YES), desk.button(Purpose.NO)
    assert {yes.grant.requester, no.grant.requester} == {ROBIN.id}
    turn = await desk.press(yes, ROBIN)
    assert turn.forgets == "sam"
    assert pack.say("en").forget_done in desk.told(ROBIN)
    (done,) = [x for x in turn.records if x.step == "person forgotten"]
    assert done.facts == {"who": "robin", "person": "sam", "by": "robin"}
    assert SAM.name not in "".join(x.said for x in turn.accounted().records)
    for button in (yes, no):
        assert (await desk.press(button, ROBIN)).forgets is None


async def two_admins(pack: Pack) -> Company:
    desk = Company(pack)
    desk.switches = replace(desk.switches, admins=frozenset({ROBIN.id, DANA.id}))
    await desk.command("forget @sam", ROBIN)
    return desk


async def test_of_two_admins_none_forgets_the_other_alone(pack: Pack) -> None:
    desk = Company(pack)
    desk.archive.held["dana"] = SOME
    desk.switches = replace(desk.switches, admins=frozenset({ROBIN.id, DANA.id}))
    await desk.command("forget @dana", ROBIN)
    turn = await desk.press(desk.button(Purpose.YES), ROBIN)
    assert turn.forgets is None
    assert pack.say("en").forget_nobody in desk.told(ROBIN)


async def test_where_there_is_another_admin_it_takes_both(pack: Pack) -> None:
    desk = await two_admins(pack)
    first = desk.button(Purpose.YES)
    turn = await desk.press(first, ROBIN)
    assert turn.forgets is None
    assert DANA.name in desk.told(ROBIN)
    assert all(x in desk.told(DANA) for x in (ROBIN.name, SAM.name, "cases: 3"))
    allow = desk.button(Purpose.APPROVE)
    for who in (ROBIN, MARCO):
        forged = replace(allow, grant=replace(allow.grant, requester=who.id))
        assert (await desk.press(forged, who)).forgets is None
    assert (await desk.press(first, ROBIN)).forgets is None
    turn = await desk.press(allow, DANA)
    assert turn.forgets == "sam"
    assert pack.say("en").forget_done in desk.told(ROBIN)


async def test_each_of_two_admins_can_stop_it(pack: Pack) -> None:
    desk = await two_admins(pack)
    no = desk.button(Purpose.NO)
    assert (await desk.press(no, ROBIN)).forgets is None
    assert ROBIN.name in desk.told(ROBIN)
    desk = await two_admins(pack)
    await desk.press(desk.button(Purpose.YES), ROBIN)
    assert (await desk.press(desk.button(Purpose.REFUSE), DANA)).forgets is None
    assert DANA.name in desk.told(ROBIN)


async def test_who_is_no_admin_any_more_forgets_nobody(pack: Pack) -> None:
    desk = await two_admins(pack)
    await desk.press(desk.button(Purpose.YES), ROBIN)
    allow = desk.button(Purpose.APPROVE)
    for admins in ({DANA.id}, {ROBIN.id}):
        desk.switches = replace(desk.switches, admins=frozenset(admins))
        assert (await desk.press(allow, DANA)).forgets is None


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        (replace(SOME, live=True), "forget_live"),
        (replace(SOME, on_hold=True), "forget_hold"),
        (NOTHING, "forget_nothing"),
    ],
)
async def test_what_is_still_needed_is_not_erased(
    pack: Pack, held: Holdings, sentence: str
) -> None:
    desk = Company(pack)
    await desk.command("forget @sam", ROBIN)
    yes = desk.button(Purpose.YES)
    desk.archive.held["sam"] = held
    words = getattr(pack.say("en"), sentence)
    if held is not NOTHING:
        assert (await desk.press(yes, ROBIN)).forgets is None
        assert words in desk.told(ROBIN)
    await desk.command("forget @sam", ROBIN)
    assert desk.told(ROBIN) == words


async def test_only_admins_forget_and_nobody_themselves(pack: Pack) -> None:
    desk = Company(pack)
    desk.archive.held[ROBIN.id] = SOME
    await desk.command("forget @sam", DANA)
    assert desk.told(DANA) == pack.say("en").admin_only
    await desk.command("forget @robin", ROBIN)
    assert desk.told(ROBIN) == pack.say("en").forget_self


async def test_who_has_left_is_forgotten_by_their_id(pack: Pack) -> None:
    desk = Company(pack)
    desk.archive.held["eve@gone.example"] = SOME
    await desk.command("forget Eve@Gone.example", ROBIN)
    turn = await desk.press(desk.button(Purpose.YES), ROBIN)
    assert turn.forgets == "eve@gone.example"

"""Pages made of solved cases: drafted by one lead, published by somebody else, and by nobody in
confidence."""

from dataclasses import replace

import pytest

from bot import desk as desks
from bot.article import draft
from bot.buttons import refusal
from bot.case import CasePage
from bot.conversation import Conversation, Line, Voice
from bot.event import CardAction
from bot.outcome import Turn
from bot.pack import Pack
from bot.people import Person, Requester
from bot.place import Place
from bot.ports import Page
from bot.reply import Button, Form, Invalid, Purpose
from tests.fakes import (
    CHAT,
    DANA,
    IT_DESK,
    MARCO,
    NOW,
    PEOPLE,
    PRIYA,
    ROBIN,
    SAM,
    FakeDirectory,
    FakeKnowledge,
    sender,
)
from tests.unit.test_door import AtTheDoor
from tests.unit.test_turn import Desk

REPLY = "Hi Sam, hold the power button for ten seconds.\nBest, Dana"
WORDS = {"title": "My second screen stays dark", "text": "Hold the power button."}


class Solved(Desk):
    """A case of Sam's that Dana answered and solved."""

    def __init__(self, pack: Pack) -> None:
        super().__init__(pack, knowledge=FakeKnowledge(passages=()))

    async def begin(self, ask: str = "My second screen stays dark", reply: str = REPLY) -> None:
        await self.say(ask)
        await self.say("Can I talk to a human?")
        await self.press(self.button(Purpose.TAKE), DANA)
        await self.press(self.button(Purpose.REPLY), DANA, reply)
        await self.press(self.button(Purpose.RESOLVE), DANA)

    @property
    def knowledge(self) -> FakeKnowledge:
        assert isinstance(self.bot.kit.knowledge, FakeKnowledge)
        return self.bot.kit.knowledge

    async def send(
        self, button: Button, who: Requester, values: dict[str, str] | None, place: Place = IT_DESK
    ) -> Turn:
        self.count += 1
        event = CardAction(
            id=f"e{self.count}", organisation="o", at=NOW, sender=sender(who), place=place,
            token=button.token, values=values,
        )  # fmt: skip
        turn = await self.take(event, conversations=self.of(button), grant=button.grant)
        for allowed in turn.events:
            turn = await self.take(allowed, conversations=self.of(button))
        return turn

    def of(self, button: Button) -> tuple[Conversation, ...]:
        return (self.conversations[button.grant.conversation],)

    async def propose(self, who: Requester = DANA, **values: str) -> Button:
        await self.send(self.button(Purpose.MAKE_PAGE), who, {**WORDS, **values})
        return self.button(Purpose.PUBLISH)


@pytest.fixture
async def solved(pack: Pack) -> Solved:
    desk = Solved(pack)
    await desk.begin()
    return desk


def door_of(desk: Solved) -> AtTheDoor:
    return AtTheDoor(desk, desk.bot.kit.pack)


async def open_form(desk: Solved, who: Requester = DANA) -> Form:
    there = door_of(desk)
    form = await there.press(there.buttons[Purpose.MAKE_PAGE], who)
    assert isinstance(form, Form)
    return form


# ---- the draft ------------------------------------------------------------------------------


async def test_the_form_holds_the_question_and_the_answer_and_nobodys_name(solved: Solved) -> None:
    title, text = (await open_form(solved)).fields
    assert title.value == "My second screen stays dark"
    assert text.value == "Hold the power button for ten seconds.\nBest, …"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Hello Sam Okafor! Try again.", "Try again."),
        ("hi sam - try again.", "Try again."),
        ("Try again, Sam.", "Try again, …."),
        ("Hi, try [PHONE_1] or [SECRET].", "Try or ."),
        ("Hallo zusammen,\n\nneu starten.\n\nDana", "Neu starten."),
        ("Hi Samantha said so.", "Hi Samantha said so."),
        ("Guten Morgen Sam: neu starten.", "Neu starten."),
        ("Thanks!", "Thanks!"),
        ("Restart. OKAFOR's old one, or as whitfield says.", "Restart. …'s old one, or as … says."),
    ],
)
async def test_a_draft_is_about_nobody(solved: Solved, said: str, kept: str) -> None:
    (conversation,) = solved.conversations.values()
    line = Line(voice=Voice.PERSON, text=said, at=NOW, name=DANA.name)
    (case,) = solved.cases.values()
    assert draft(case, replace(conversation, transcript=(line,)))[1] == kept


async def test_names_in_other_alphabets_go_too(solved: Solved) -> None:
    (conversation,) = solved.conversations.values()
    (case,) = solved.cases.values()
    line = Line(voice=Voice.PERSON, text="田中さん、再起動してください。", at=NOW, name="Олег")
    named = replace(case, requester_name="田中")
    assert "田中" not in draft(named, replace(conversation, transcript=(line,)))[1]


async def test_a_name_that_is_a_word_is_only_a_name_as_one(solved: Solved) -> None:
    (conversation,) = solved.conversations.values()
    (case,) = solved.cases.values()
    line = Line(voice=Voice.PERSON, text="It will start, and you may go on, Will.", at=NOW)
    named = replace(case, requester_name="Will May")
    text = draft(named, replace(conversation, transcript=(line,)))[1]
    assert text == "It will start, and you may go on, …."


async def test_a_draft_fits_into_its_form(solved: Solved) -> None:
    (conversation,) = solved.conversations.values()
    (case,) = solved.cases.values()
    lines = [Line(voice=x, text="word " * 900, at=NOW) for x in (Voice.REQUESTER, Voice.PERSON)]
    title, text = draft(case, replace(conversation, transcript=tuple(lines)))
    assert (len(title), len(text)) == (150, 3000)


# ---- who is asked to make one ---------------------------------------------------------------


async def test_a_case_without_a_leads_answer_makes_no_page(pack: Pack) -> None:
    desk = Solved(pack)
    await desk.say("Can I talk to a human?")
    await desk.press(desk.button(Purpose.RESOLVE), DANA)
    assert {x.grant.purpose for x in desk.card().buttons} == {Purpose.REOPEN}


@pytest.mark.parametrize(
    ("quiet", "queue", "refused"),
    [(False, "IT", False), (True, "IT", True), (False, "HR-confidential", True)],
)
async def test_what_was_told_in_confidence_never_becomes_a_page(
    pack: Pack, solved: Solved, quiet: bool, queue: str, refused: bool
) -> None:
    (case,) = solved.cases.values()
    (conversation,) = solved.conversations.values()
    page = CasePage(title="t", text="t", by="marco", number=1)
    case = replace(case, quiet=quiet, queue=queue, page=page)
    make = replace(solved.button(Purpose.MAKE_PAGE).grant, queue=queue)
    publish = replace(make, purpose=Purpose.PUBLISH, subject="1")
    lead = replace(DANA, groups=frozenset({"it-desk", "hr-confidential"}))
    desk = desks.Desk(pack=pack, switches=solved.switches, ids=solved.bot.kit.ids)
    for grant in (make, publish, replace(publish, queue=None, requester=lead.id)):
        why_not = refusal(grant, False, lead, case, conversation, desk, NOW)
        assert (why_not is not None) == refused


@pytest.mark.parametrize("who", [SAM, PRIYA])
async def test_only_the_desk_makes_pages(solved: Solved, who: Requester) -> None:
    there = door_of(solved)
    assert isinstance(await there.press(there.buttons[Purpose.MAKE_PAGE], who), Invalid)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("title", " "),
        ("title", "x" * 151),
        ("text", ""),
        ("text", "x" * 3001),
        ("text", "The password is Sommer2026!"),
        ("text", "Ask Sam under sam.okafor@gmail.com"),
        ("title", "Call +49 151 23456789"),
    ],
)
async def test_a_page_with_what_is_personal_is_refused_at_its_field(
    solved: Solved, field: str, text: str
) -> None:
    there = door_of(solved)
    button = there.buttons[Purpose.MAKE_PAGE]
    event = CardAction(
        id="p", organisation="o", at=NOW, sender=sender(DANA), place=IT_DESK,
        token=button.token, values={**WORDS, field: text},
    )  # fmt: skip
    refused = await there.door.answer_now(event)
    assert isinstance(refused, Invalid)
    assert refused.field == field
    assert await there.door.answer_now(replace(event, values=WORDS)) is None


# ---- proposed and published -----------------------------------------------------------------


async def test_a_page_is_published_by_another_lead(solved: Solved) -> None:
    publish = await solved.propose()
    assert "Hold the power button." in "".join(solved.said_under())
    assert solved.said() == []
    assert solved.knowledge.articles == []

    await solved.send(publish, DANA, None)
    assert solved.knowledge.articles == []
    assert "Somebody else" in solved.said(IT_DESK)[0]

    turn = await solved.send(publish, MARCO, None)
    (article,) = solved.knowledge.articles
    assert (article.title, article.text) == (WORDS["title"], WORDS["text"])
    assert (article.specialist, article.owner, article.audience) == ("it", "it-desk", None)
    assert article.reviewed == NOW.date()
    (record,) = (x for x in turn.records if x.step == "page published")
    assert (record.facts["wrote"], record.facts["by"]) == ("dana", "marco")

    await solved.send(publish, MARCO, None)
    assert len(solved.knowledge.articles) == 1


async def test_a_newer_proposal_is_not_published_by_an_older_button(solved: Solved) -> None:
    again = solved.button(Purpose.MAKE_PAGE)
    old = await solved.propose()
    await solved.send(again, DANA, {**WORDS, "text": "Other words."})
    new = solved.button(Purpose.PUBLISH)
    await solved.send(old, MARCO, None)
    assert solved.knowledge.articles == []
    await solved.send(new, MARCO, None)
    assert [x.text for x in solved.knowledge.articles] == ["Other words."]


async def test_what_was_opened_again_was_not_solved_by_it(solved: Solved) -> None:
    reopen, publish = solved.button(Purpose.REOPEN), await solved.propose()
    await solved.press(reopen, DANA)
    resolve = solved.button(Purpose.RESOLVE)
    await solved.send(publish, MARCO, None)
    assert solved.knowledge.articles == []
    assert solved.said(IT_DESK) == [solved.bot.kit.pack.say("en").too_late]
    await solved.press(resolve, DANA)
    await solved.send(publish, MARCO, None)
    assert len(solved.knowledge.articles) == 1


async def test_what_is_opened_again_before_it_is_there_is_not_published(solved: Solved) -> None:
    reopen, publish = solved.button(Purpose.REOPEN), await solved.propose()
    press = CardAction(
        id="e", organisation="o", at=NOW, sender=sender(MARCO), place=IT_DESK, token=publish.token
    )
    turn = await solved.take(press, conversations=solved.of(publish), grant=publish.grant)
    (allowed,) = turn.events
    await solved.press(reopen, DANA)
    turn = await solved.take(allowed, conversations=solved.of(publish))
    assert solved.knowledge.articles == []
    assert [x.step for x in turn.records] == ["page not published"]


async def test_a_published_page_can_be_written_again(solved: Solved) -> None:
    again = solved.button(Purpose.MAKE_PAGE)
    await solved.send(await solved.propose(), MARCO, None)
    await solved.send(again, MARCO, {**WORDS, "text": "Other words."})
    await solved.send(solved.button(Purpose.PUBLISH), DANA, None)
    assert [x.text for x in solved.knowledge.articles] == [WORDS["text"], "Other words."]


async def test_what_gets_around_the_form_is_veiled(solved: Solved) -> None:
    await solved.propose(text="Ask sam.okafor@gmail.com, password: Sommer2026!")
    shown = "".join(solved.said_under())
    assert "gmail" not in shown
    assert "Sommer2026" not in shown


async def test_a_page_holds_nothing_that_nobody_sees_and_stands_for_nobodys_values(
    solved: Solved,
) -> None:
    await solved.propose(
        title="VPN\u200b\u202e nocturnal\u2066", text="Write to [EMAIL_1] or [IBAN_2], s\u200boon."
    )
    await solved.send(solved.button(Purpose.PUBLISH), MARCO, None)
    (article,) = solved.knowledge.articles
    assert (article.title, article.text) == ("VPN nocturnal", "Write to [EMAIL] or [IBAN], soon.")


async def test_an_empty_form_proposes_nothing(solved: Solved) -> None:
    turn = await solved.send(solved.button(Purpose.MAKE_PAGE), DANA, None)
    assert turn.case
    assert turn.case.page is None
    assert solved.said(IT_DESK) == [solved.bot.kit.pack.say("en").empty]


@pytest.mark.parametrize(("owner", "asked"), [("tomas", "tomas"), ("", "robin")])
async def test_where_the_desk_has_no_second_lead_an_owner_or_an_admin_publishes(
    pack: Pack, owner: str, asked: str
) -> None:
    desk = Solved(pack)
    people = [x for x in PEOPLE if x.id != MARCO.id]
    kit = replace(desk.bot.kit, directory=FakeDirectory(people))
    desk.bot = type(desk.bot)(kit)
    desk.knowledge.known = (Page(path="it/vpn.md", title="VPN", url="u", owner=owner),)
    await desk.begin()
    await desk.propose()
    (sent,) = (x for x in desk.turn.deliveries if isinstance(x.to, Person))
    assert sent.to == Person(asked)
    assert sent.reply
    (button,) = sent.reply.buttons
    who = next(x for x in people if x.id == asked)
    chat = replace(CHAT, channel=f"dm:{asked}")
    await desk.send(button, ROBIN if asked != "robin" else SAM, None, chat)
    assert desk.knowledge.articles == []
    await desk.send(button, who, None, chat)
    assert len(desk.knowledge.articles) == 1
    assert desk.said(chat)


async def test_a_queue_says_who_may_read_its_pages(pack: Pack) -> None:
    queues = {**pack.queues, "IT": replace(pack.queues["IT"], page_audience=frozenset({"pilot"}))}
    desk = Solved(replace(pack, queues=queues))
    await desk.begin()
    await desk.send(await desk.propose(), MARCO, None)
    assert desk.knowledge.articles[0].audience == {"pilot"}

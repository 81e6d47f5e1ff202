"""The guardrails: what must not get in, and what must not get out."""

from dataclasses import replace

import pytest

from bot.guardrails import Allow, Block, Blocked, HandOver, check_input
from bot.leaving import check_output
from bot.outcome import Receipt
from bot.pack import Pack, Rules
from bot.reply import Source
from bot.sentences import sentences

PAGE = Source(title="VPN", url="/handbook/it/vpn.md")


@pytest.mark.parametrize(
    ("text", "concern"),
    [
        ("I want to kill myself", "danger"),
        ("honestly i just wanna die", "danger"),
        ("I cant go on anymore", "danger"),
        ("he said he is going to shoot everyone", "danger"),
        ("Ich will nicht mehr leben", "danger"),
        ("Mein Kollege atmet nicht", "danger"),
        ("my manager keeps touching me", "harassment"),
        ("I am being bullied by my team lead", "harassment"),
        ("Mein Chef fasst mich ständig an", "harassment"),
        ("Ich werde von Kollegen gemobbt", "harassment"),
        ("I clicked on a phishing link", "security"),
        ("my laptop was stolen on the train", "security"),
        ("Mein Diensthandy wurde gestohlen", "security"),
    ],
)
def test_what_goes_to_people_at_once(pack: Pack, text: str, concern: str) -> None:
    verdict = check_input(text, pack.rules)
    assert isinstance(verdict, HandOver)
    assert verdict.concern
    assert verdict.concern.name == concern


@pytest.mark.parametrize(
    "text",
    [
        "this printer is killing me",
        "how do I kill a process?",
        "I'm dying to know when payday is",
        "my battery is dead",
        "shoot me an email please",
        "when is the harassment training?",
        "how do I report a phishing mail?",
        "what happens if my laptop is stolen?",
        "how many personal days do I get?",
        "where is human resources?",
        "Der Drucker bringt mich um den Verstand",
        "Wann ist die Schulung gegen Belästigung?",
    ],
)
def test_what_only_looks_like_it_passes(pack: Pack, text: str) -> None:
    assert isinstance(check_input(text, pack.rules), Allow)


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("Can I talk to a human?", False),
        ("could someone call me back", False),
        ("please escalate this", False),
        ("Can I talk to HR privately?", True),
        ("Kann ich mit jemandem sprechen?", False),
        ("Kann ich vertraulich mit HR sprechen?", True),
        # by the examples alone
        ("humann", False),
        ("a robot can't understand my problem", False),
    ],
)
def test_a_wish_for_a_person(pack: Pack, text: str, private: bool) -> None:
    verdict = check_input(text, pack.rules)
    assert isinstance(verdict, HandOver)
    assert verdict.concern is None
    assert verdict.private is private


@pytest.mark.parametrize(
    "text",
    [
        "no human needed, just the link to the guide",
        "I'd rather not speak with anyone, just tell me the notice period",
        "Ich will mit keinem Menschen sprechen, nur wissen, wann Zahltag ist",
    ],
)
def test_who_wants_nobody_gets_nobody(pack: Pack, text: str) -> None:
    assert isinstance(check_input(text, pack.rules), Allow)


@pytest.mark.parametrize(
    "text",
    ["is there no human here?", "I don't want to talk to a bot", "can I not talk to a person"],
)
def test_who_wants_no_bot_gets_a_person(pack: Pack, text: str) -> None:
    assert isinstance(check_input(text, pack.rules), HandOver)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("my password is Tr0ub4dor&3", "Tr0ub4dor&3"),
        ("Mein Passwort lautet Sommer2026!", "Sommer2026!"),
        ("pw: hunter2xyz", "hunter2xyz"),
        ("key AKIAIOSFODNN7EXAMPLQ does not work", "AKIAIOSFODNN7EXAMPLQ"),
        ("curl https://bob:s3cretpw@intra.example/x", "s3cretpw"),
    ],
)
def test_a_pasted_secret_is_not_kept(pack: Pack, text: str, secret: str) -> None:
    verdict = check_input(text, pack.rules)
    assert isinstance(verdict, Block)
    assert verdict.reason is Blocked.SECRET
    assert secret not in verdict.text


@pytest.mark.parametrize(
    "text",
    [
        "my password is not working",
        "My password is expired, what now?",
        "password: how do I reset it?",
        "Mein Passwort ist abgelaufen",
        "the error code is 0x80070005",
    ],
)
def test_words_about_a_password_are_no_password(pack: Pack, text: str) -> None:
    verdict = check_input(text, pack.rules)
    assert isinstance(verdict, Allow)
    assert verdict.text == text


def test_danger_is_not_hidden_by_a_password_nor_the_password_by_danger(pack: Pack) -> None:
    verdict = check_input("I want to kill myself, my password is Tr0ub4dor&3", pack.rules)
    assert isinstance(verdict, HandOver)
    assert "Tr0ub4dor" not in verdict.text


@pytest.mark.parametrize("form", ["{danger} {rest}", "{rest} {danger}"])
def test_a_long_letter_is_heard_where_it_begins_and_ends(pack: Pack, form: str) -> None:
    rest = "It has been like this for so long now. " * 200
    verdict = check_input(form.format(danger="I want to kill myself.", rest=rest), pack.rules)
    assert isinstance(verdict, HandOver)
    assert verdict.concern
    assert verdict.concern.name == "danger"
    assert 0 < len(verdict.text) <= pack.rules.longest


def test_a_novel_is_refused(pack: Pack) -> None:
    verdict = check_input("why? " * 2000, pack.rules)
    assert isinstance(verdict, Block)
    assert verdict.reason is Blocked.TOO_LONG


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/x",
        "[click](https://evil.example/x)",
        "![](https://evil.example/x.png)",
        "evil.example/x",
        "hxxps://evil.example",
        "<https://evil.example|here>",
    ],
)
def test_a_link_that_nobody_named_does_not_leave(link: str) -> None:
    checked = check_output(f"See {link} for more.", frozenset(), (), ())
    assert "evil.example" not in checked.text
    assert "link" in checked.mended


def test_a_link_that_a_page_named_leaves() -> None:
    url = "https://portal.fernhill.example/leave"
    checked = check_output(f"Use {url} now.", frozenset({url}), (), ())
    assert url in checked.text


def test_marks_name_pages_that_were_found() -> None:
    checked = check_output("Restart. [2] Wait. [7]", frozenset(), (PAGE, PAGE), ())
    assert checked.text.count("[1]") == 1
    assert "[7]" not in checked.text
    assert checked.sources == (PAGE,)


@pytest.mark.parametrize(
    "claim",
    [
        "I have opened a case for you.",
        "I've reset your password.",
        "Ich habe dein Passwort zurückgesetzt.",
    ],
)
def test_a_claim_needs_its_receipt(claim: str) -> None:
    checked = check_output(f"Restart the client. [1] {claim}", frozenset(), (PAGE,), ())
    assert claim not in checked.text
    assert "claim" in checked.mended


def test_a_claim_with_its_receipt_leaves() -> None:
    receipt = Receipt(tool="open_case", reference="IT-1")
    checked = check_output("I have opened a case for you.", frozenset(), (), (receipt,))
    assert "opened a case" in checked.text


def test_nobody_is_shouted_at() -> None:
    checked = check_output("Hello @channel and <!here>", frozenset(), (), ())
    assert "@channel" not in checked.text
    assert "<!here>" not in checked.text


ADVICE = [
    "You should take ibuprofen for that.",
    "You probably have the flu.",
    "That sounds like burnout.",
    "You could sue your manager.",
    "You have a strong case.",
    "Legally speaking, this counts.",
    "You can deduct your desk.",
    "Du solltest Ibuprofen nehmen.",
    "Du kannst deinen Chef verklagen.",
    "Aus rechtlicher Sicht ist das klar.",
    "Das kannst du steuerlich geltend machen und absetzen.",
]


@pytest.mark.parametrize("sentence", ADVICE)
def test_what_a_doctor_or_lawyer_should_say_is_not_said(pack: Pack, sentence: str) -> None:
    answer = f"Sick leave is paid. [1] {sentence}"
    checked = check_output(answer, frozenset(), (PAGE,), (), "Sick leave is paid.", pack.rules)
    assert sentence not in checked.text
    assert "Sick leave is paid." in checked.text
    assert "advice" in checked.mended


@pytest.mark.parametrize("sentence", ADVICE)
def test_unless_the_handbook_says_it(pack: Pack, sentence: str) -> None:
    checked = check_output(
        f"{sentence} [1]", frozenset(), (PAGE,), (), f"Tips: {sentence}", pack.rules
    )
    assert sentence in checked.text


@pytest.mark.parametrize(
    "sentence",
    [
        "Take your laptop to the desk.",
        "You should take the older client off first.",
        "Call in sick before nine, and see a doctor from day three.",
        "You may have a case number already.",
        "Your manager approves the leave.",
        "You have 30 days of leave, taxed as usual.",
        "Reduce the resolution of the screen.",
    ],
)
def test_what_a_desk_says_is_no_advice(pack: Pack, sentence: str) -> None:
    checked = check_output(f"{sentence} [1]", frozenset(), (PAGE,), (), "", pack.rules)
    assert sentence in checked.text


@pytest.mark.parametrize(
    "text",
    [
        "This is the third time I'm asking about my badge",
        "Nobody ever gets back to me.",
        "I've been waiting for two weeks for my laptop!!",
        "this is RIDICULOUS",
        "I've tried everything and nothing works",
        "Your bot is useless",
        "My situation is more complicated than that",
        "Das ist doch lächerlich",
        "Wie oft muss ich das noch melden?",
        "Ich warte schon seit 3 Wochen",
    ],
)
def test_a_person_is_brought_to_whose_patience_ends(pack: Pack, text: str) -> None:
    verdict = check_input(text, pack.rules)
    assert isinstance(verdict, HandOver)
    assert (verdict.upset, verdict.concern) == (True, None)


@pytest.mark.parametrize(
    "text",
    [
        "Nobody can log in to the wiki this morning",
        "How long is the waiting time for a laptop?",
        "Is there a third monitor that I could use?",
        "I'm waiting for approval of my leave, who approves it?",
        "The answer key for the course, where is it?",
        "How many times may I carry over leave?",
        "Is it a waste of paper to print this?",
        "I need a person's phone number",
        "Wie oft gibt es Gehalt?",
        "Niemand ist am Empfang, wo hole ich den Badge?",
    ],
)
def test_who_only_asks_is_not_upset(pack: Pack, text: str) -> None:
    verdict = check_input(text, pack.rules)
    assert not (isinstance(verdict, HandOver) and verdict.upset)


# ---- tone and length --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentence",
    [
        "As an AI, I have no hands.",
        "Obviously you did not read the page!",
        "It is your own fault.",
        "Wie ich dir schon gesagt habe, geht das nicht.",
        "Das hätten Sie wissen müssen.",
    ],
)
def test_what_is_not_its_tone_is_not_said(pack: Pack, sentence: str) -> None:
    answer = f"Restart the client. [1] {sentence} Then wait."
    checked = check_output(answer, frozenset(), (PAGE,), (), "", pack.rules)
    assert checked.text == "Restart the client. [1] Then wait."
    assert checked.mended == ("tone",)
    quoted = check_output(answer, frozenset(), (PAGE,), (), f"So: {sentence}", pack.rules)
    assert sentence in quoted.text


def test_a_step_that_is_not_its_tone_takes_nothing_else_along(pack: Pack) -> None:
    answer = "1. Quit the client. [1]\n2. Calm down.\n3. Connect."
    checked = check_output(answer, frozenset(), (PAGE,), (), "", pack.rules)
    assert checked.text == "1. Quit the client. [1]\n3. Connect."


def brief(pack: Pack, longest: int) -> Rules:
    return replace(pack.rules, longest_answer=longest)


STEPS = "Do this:\n\n1. Quit the client. [1]\n2. Wait a bit. Then look.\n\n## More\n\n3. Connect."


@pytest.mark.parametrize(
    ("longest", "left"),
    [
        (len(STEPS), STEPS),
        (len(STEPS) - 1, "Do this:\n\n1. Quit the client. [1]\n2. Wait a bit. Then look."),
        (50, "Do this:\n\n1. Quit the client. [1]\n2. Wait a bit."),
        (40, "Do this:\n\n1. Quit the client. [1]"),
        (34, "Do this:\n\n1. Quit the client. [1]"),
        (20, "Do this:\n\n1. Quit …"),
    ],
)
def test_an_answer_that_is_too_long_ends_after_a_sentence_or_a_step(
    pack: Pack, longest: int, left: str
) -> None:
    checked = check_output(STEPS, frozenset(), (PAGE,), (), "", brief(pack, longest))
    assert checked.text == left
    assert checked.sources == (PAGE,)
    assert ("length" in checked.mended) is (longest < len(STEPS))


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("```\nmake all\nmake test\n```\n\nDone.", "```\nmake …\n```"),
        (
            "パスワードを再設定するには設定ページを開きます。",
            "パスワードを再設定するには設定ペー …",
        ),
    ],
)
def test_an_answer_without_a_place_to_cut_is_cut_all_the_same(
    pack: Pack, answer: str, left: str
) -> None:
    assert check_output(answer, frozenset(), (), (), "", brief(pack, 17)).text == left


def test_what_is_cut_short_makes_no_link_and_no_secret(pack: Pack) -> None:
    url = "https://intranet.example/vpn/setup"
    answer = "See " + f"{url} " * 9
    checked = check_output(answer, frozenset({url}), (PAGE,), (), "", brief(pack, 60))
    assert checked.text in ("", f"See {url} …")


def test_a_growing_answer_that_is_cut_never_shows_more_than_the_whole_one(pack: Pack) -> None:
    rules, shown = brief(pack, 50), ""
    for end in range(len(STEPS) + 1):
        ready, _ = sentences(STEPS[:end])
        text = check_output(ready, frozenset(), (PAGE,), (), "", rules).text
        assert len(text) >= len(shown)
        shown = text
    assert shown == check_output(STEPS, frozenset(), (PAGE,), (), "", rules).text

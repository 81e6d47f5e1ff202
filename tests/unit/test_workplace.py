"""The sample pack: what is read from its files, and how the assistant speaks."""

import json
import re
from collections import Counter
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from adapters.pack.loader import LoadedPack, check, load
from adapters.pack.wording import placeholders
from bot.case import Priority
from bot.pack import Pack, Permission, Tier
from bot.strings import Strings

WORKPLACE = Path(__file__).parents[2] / "policies" / "workplace"
DATA = Path(__file__).parents[3] / "shared" / "data" / "routing"


@pytest.fixture(scope="module")
def loaded() -> LoadedPack:
    return load(WORKPLACE)


@pytest.fixture(scope="module")
def pack(loaded: LoadedPack) -> Pack:
    return loaded.pack


def test_the_sample_pack_has_no_mistake() -> None:
    assert check(WORKPLACE) == ()


def test_a_loaded_pack_has_what_its_files_say(pack: Pack) -> None:
    assert (pack.name, pack.organisation) == ("workplace", "Fernhill")
    assert list(pack.strings) == ["en", "de"]
    assert pack.permission("open_case") is Permission.ALLOW
    assert pack.permission("reset_mfa") is Permission.DENY
    hr = pack.specialists["hr"]
    assert (hr.queue, hr.tier, hr.private) == ("HR", Tier.FAST, True)
    assert hr.words.found("Wie viel Urlaub habe ich noch?")
    assert hr.words.found("How do I book annual leave?")
    assert pack.queues[pack.private_queue].confidential


def test_a_queue_has_its_working_time_and_its_times_to_answer(pack: Pack) -> None:
    it = pack.queues["IT"]

    assert it.respond == {
        Priority.URGENT: timedelta(minutes=30),
        Priority.HIGH: timedelta(hours=2),
        Priority.NORMAL: timedelta(hours=4),
    }
    assert it.around_the_clock == {Priority.URGENT}
    assert (it.calendar.opens, it.calendar.closes) == (time(8), time(18))
    assert it.calendar.days == {0, 1, 2, 3, 4}
    assert date(2026, 5, 14) in it.calendar.holidays


def test_the_pages_of_the_handbook_are_reported_from_its_folder(loaded: LoadedPack) -> None:
    assert "it/password.md" in loaded.pages
    assert all((loaded.handbook / page).is_file() for page in loaded.pages)


def test_people_are_known_by_account_and_have_a_manager(loaded: LoadedPack) -> None:
    people = {x.id: x for x in loaded.people}

    sam = people[loaded.accounts["web", "sam"]]
    assert (sam.name, sam.locale, sam.manager) == ("Sam Okafor", "en", "tomas")
    assert people["lena"].locale == "de"
    assert people["priya"].groups == {"hr-desk", "hr-confidential"}


def test_a_case_before_christmas_is_due_on_the_next_working_day(pack: Pack) -> None:
    thursday = datetime(2026, 12, 24, 16, 0, tzinfo=UTC)  # 17:00 in Berlin

    due = pack.queues["IT"].calendar.after(thursday, timedelta(hours=2))

    # Friday is Christmas Day, so the second hour is that of Monday, from 08:00.
    assert due == datetime(2026, 12, 28, 8, 0, tzinfo=UTC)


# ---- how it speaks ------------------------------------------------------------------------

BUTTONS = (
    "solved", "ask_person", "write", "something_new", "consent_yes", "consent_no", "confirm_yes",
    "confirm_no", "approve", "refuse", "take", "release", "reply", "note", "open", "hand_back",
    "resolve", "reopen", "send",
)  # fmt: skip


@pytest.fixture(scope="module", params=["en", "de"])
def strings(request: pytest.FixtureRequest, pack: Pack) -> Strings:
    return pack.strings[request.param]


def test_every_string_can_be_filled_in(strings: Strings) -> None:
    for name, text in asdict(strings).items():
        filled = text.format(**dict.fromkeys(placeholders()[name], "X"))
        assert "{" not in filled


def test_a_button_has_one_to_three_words(strings: Strings) -> None:
    for name in BUTTONS:
        assert len(asdict(strings)[name].split()) <= 3, name


def test_it_is_calm_and_calls_a_case_a_case(strings: Strings) -> None:
    for name, text in asdict(strings).items():
        assert "!" not in text, name
        assert "ticket" not in text.lower(), name
        assert not re.search("[\u2600-\u27bf\U0001f000-\U0001faff]", text), name


def test_the_hello_says_that_it_is_an_ai_and_who_reads(strings: Strings) -> None:
    assert re.search(r"\b(an AI|eine KI)\b", strings.hello)
    assert re.search(r"redacted|geschwärzt", strings.hello)
    assert re.search(r"\b(an AI|eine KI)\b", strings.about_bot)


@pytest.mark.parametrize(
    ("country", "numbers"),
    [("DE", "112, 0800 111 0 111"), ("GB", "999, 116 123"), ("US", "911, 988"), ("", "112, 911")],
)
@pytest.mark.parametrize("locale", ["en", "de"])
def test_in_danger_the_numbers_that_help_are_named(
    pack: Pack, country: str, numbers: str, locale: str
) -> None:
    assert "{helpline}" in pack.say(locale).escalated_danger
    for number in numbers.split(", "):
        assert number in pack.helpline(country, locale)


def test_the_help_of_an_admin_names_every_command(strings: Strings) -> None:
    for command in (
        "status",
        "queue NAME here",
        "pilot @",
        "pilot off",
        "pause",
        "resume",
        "why",
        "gaps",
    ):
        assert f"/handrail {command}" in strings.admin_help


# ---- whose words --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "whose"),
    [
        ("My VPN keeps dropping", "it"),
        ("Mein VPN bricht ständig ab", "it"),
        ("I forgot my password and now I'm locked out", "it"),
        ("Ich kann mich nicht anmelden, Kennwort vergessen", "it"),
        ("Der Drucker im 2. Stock druckt nicht", "it"),
        ("could someone give me access to the marketing folder", "it"),
        ("mein handy wurde im Zug gestohlen", "it"),
        ("How many days of leave do I have left?", "hr"),
        ("Wie viele Urlaubstage habe ich noch?", "hr"),
        ("my payslip for october is missing", "hr"),
        ("Ich bin seit gestern krank, brauche ich ein Attest?", "hr"),
        ("can I work from home on Fridays", "hr"),
        ("Kann ich zwei Wochen aus dem Ausland arbeiten?", "hr"),
        ("How do I claim the hotel on expenses?", "hr"),
        ("Elternzeit für Väter", "hr"),
        ("tell me a joke", None),
        ("Wie wird das Wetter morgen?", None),
        ("who won the match last night", None),
    ],
)
def test_words_tell_whose_question_it_is(pack: Pack, said: str, whose: str | None) -> None:
    assert owner(pack, said) == whose


def owner(pack: Pack, said: str) -> str | None:
    it, hr = (pack.specialists[x].words.count(said) for x in ("it", "hr"))
    return "it" if it > hr else "hr" if hr > it else None


@pytest.mark.parametrize(
    ("file", "kind", "route", "least"),
    [
        ("it_tickets_train.jsonl", "it", "it", 0.8),
        ("clinc150_train.jsonl", "hr", "hr", 0.9),
        ("clinc150_train.jsonl", "oos", None, 0.95),
    ],
)
def test_words_that_nobody_here_wrote_mostly_find_their_specialist(
    pack: Pack, file: str, kind: str, route: str | None, least: float
) -> None:
    if not (DATA / file).exists():
        pytest.skip(f"{DATA / file} is not here")
    rows = [json.loads(x) for x in (DATA / file).read_text("utf-8").splitlines()]
    texts = [x["text"] for x in rows if x["route"] == kind][::5]

    counted = Counter(owner(pack, text) for text in texts)

    assert counted[route] / len(texts) >= least

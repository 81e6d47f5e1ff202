"""The loader of packs: every mistake is found, where it was made."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.pack.loader import check, load
from adapters.pack.mistakes import Mistake, PackError
from bot.pack import Permission

WORKPLACE = Path(__file__).parents[2] / "policies" / "workplace"


PAGES = {"password.md", "vpn.md", "annual-leave.md"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample pack to break, with a few of its pages."""

    def others(_: str, names: list[str]) -> set[str]:
        return {x for x in names if x.endswith(".md")} - PAGES

    return shutil.copytree(WORKPLACE, tmp_path / "workplace", ignore=others)


def change(file: Path, old: str, new: str) -> str:
    """Returns the file's text with its first `old` made `new`."""
    text = file.read_text("utf-8")
    assert old in text, f"{file.name} has no {old!r}: choose another place to break"
    text = text.replace(old, new, 1)
    file.write_text(text, "utf-8")
    return text


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


def where(mistakes: Iterable[Mistake]) -> list[tuple[str, int]]:
    return [(x.file, x.line) for x in mistakes]


# ---- a pack without mistakes --------------------------------------------------------------


@pytest.mark.parametrize("file", ["queues.yaml", "handbook/it/vpn.md", "strings/de.yaml"])
def test_the_version_changes_with_any_file_and_only_then(folder: Path, file: str) -> None:
    before = load(folder).pack.version
    (folder / ".DS_Store").write_bytes(b"hidden")
    assert load(folder).pack.version == before

    (folder / file).write_bytes((folder / file).read_bytes() + b"\n")

    assert load(folder).pack.version != before


def test_a_pack_needs_no_people(folder: Path) -> None:
    (folder / "people.yaml").unlink()

    assert load(folder).people == ()


def test_a_tool_from_elsewhere_may_be_permitted_if_there_is_one(folder: Path) -> None:
    change(folder / "pack.yaml", "  my_cases: allow", "  my_cases: allow\n  reset_mfa: approve")

    assert load(folder, {"reset_mfa"}).pack.permission("reset_mfa") is Permission.APPROVE
    assert len(check(folder)) == 1


# ---- one mistake --------------------------------------------------------------------------


@dataclass(frozen=True)
class Break:
    file: str
    old: str
    new: str
    at: str
    """What stands on the line that the mistake names, after the break."""
    says: str


PACK, QUEUES, SPECIALISTS = "pack.yaml", "queues.yaml", "specialists.yaml"
PEOPLE, EN, DE = "people.yaml", "strings/en.yaml", "strings/de.yaml"

TWIN = (
    "{ title: { en: us, de: uns }, group: hr-desk, prefix: HX, "
    "calendar: { timezone: UTC, days: [mon], opens: 08:00, closes: 09:00 }, "
    "respond: { urgent: 1m, high: 1m, normal: 1m } }"
)

BREAKS = [
    Break("queues.yaml", "readers: [dana]", "readers: [dan]", "readers", "mean “dana”?"),
    Break(PACK, "organisation:", "organization:", "organization:", "mean “organisation”?"),
    Break(PACK, "organisation: Fernhill", "organisation:", "organisation:", "is empty"),
    Break(PACK, "default_queue: IT\n", "default_queue: ITT\n", "default_queue", "mean “IT”?"),
    Break(PACK, "queue: HR-confidential", "queue: HR", "private_queue", "confidential: true"),
    Break(PACK, "it/password.md", "it/passwort.md", "secret_link", "mean “handbook/it/pass"),
    Break(PACK, "open_case: allow", "open_case: alow", "open_case", "'allow', 'confirm'"),
    Break(PACK, "open_case: allow", "open_case: confirm", "open_case", "write allow or deny"),
    Break(PACK, "  my_cases:", "  mfa: allow\n  my_cases:", "mfa:", "no tool “mfa”"),
    Break(PACK, "steps: 6", "steps: six", "steps:", "must be a whole number"),
    Break(PACK, "  steps: 6\n", "", "budget:", "“steps” is missing"),
    Break(PACK, "  de:\n", "  nl:\n", "suggestions:", "has nothing in de"),
    Break(PACK, "[en, de]", "[en, de", "default_queue:", "not YAML"),
    Break(QUEUES, "\nqueues:\n", f"\nqueues:\n  hr: {TWIN}\n", "  HR:", "already that of line"),
    Break(QUEUES, "prefix: HC", "prefix: HR", "prefix: HR\n    # Its", "already that of line"),
    Break(QUEUES, "prefix: IT", "prefix: IT-1", "prefix: IT-1", "capital letters"),
    Break(QUEUES, "group: it-desk", "group: it-deks", "it-deks", "mean “it-desk”?"),
    Break(QUEUES, "de: das IT-Team", "fr: les gars", "title:", "has nothing in de"),
    Break(QUEUES, "Europe/Berlin", "Europe/Berlyn", "Berlyn", "mean “Europe/Berlin”?"),
    Break(QUEUES, "opens: 08:00", "opens: 18:30", "closes: 18:00", "later than “opens”"),
    Break(QUEUES, "opens: 08:00", "opens: 8 am", "opens: 8 am", "like 08:00"),
    Break(QUEUES, "days: [mon", "days: [monday", "days: [monday", "'mon', 'tue'"),
    Break(QUEUES, "2026-05-14", "2026-05-34", "2026-05-34", "a date such as"),
    Break(QUEUES, "holidays: berlin", "holidays: bonn", "bonn", "no list of holidays “bonn”"),
    Break(QUEUES, "urgent: 30m, high: 2h", "urgent: 1d, high: 2h", "1d", "minutes or hours"),
    Break(QUEUES, "urgent: 30m, high: 2h", "urgent: 30m", "urgent: 30m, n", "“high” is missing"),
    Break(QUEUES, "clock: [urgent]", "clock: [urgnet]", "urgnet", "'urgent', 'high'"),
    Break(QUEUES, "confidential: true", "confidential: yes", "confidential: yes", "true or false"),
    Break(QUEUES, "    group: hr-desk\n", "", "  HR:", "“group” is missing"),
    Break(QUEUES, "prefix: HR", "prefix: HR\n    prefix: HX", "prefix: HX", "here twice"),
    Break(SPECIALISTS, "queue: HR\n", "queue: HT\n", "queue: HT", "There is “HR”, “HR-c"),
    Break(SPECIALISTS, "tier: fast", "tier: quick", "tier: quick", "'fast' or 'deep'"),
    Break(SPECIALISTS, "[search_handbook", "[serch_handbook", "serch", "mean “search_hand"),
    Break(SPECIALISTS, "- vpn*\n", "- ... vpn\n", "... vpn", "This phrase cannot be read"),
    Break(SPECIALISTS, "    de:\n", "    nl:\n", "words:", "has nothing in de"),
    Break(SPECIALISTS, "  instructions:", "  instruction:", "instruction:", "mean “instructions”?"),
    Break(EN, "paused:", "pauzed:", "pauzed:", "mean “paused”?"),
    Break(EN, "\nworking: ", "\nworking: ''\n#", "working:", "is empty"),
    Break(EN, "as {case}. {due}", "as {casse}. {due}", "escalated:", "names {casse}. Only {case}"),
    Break(DE, "{name} hat abgelehnt", "{wer} hat abgelehnt", "refused:", "names {wer}"),
    Break(DE, "{name} hat zugestimmt", "Jemand hat zugestimmt", "approved:", "differ in {name}"),
    Break(DE, " Sonntag", "", "weekdays:", "seven words"),
    Break(DE, "hat abgelehnt", "hat abgelehnt {", "refused:", "brace is not closed"),
    Break(DE, "empty: \"", "empty: \"{name}, ", "empty:", "without braces"),
    Break(DE, "\nsend:", "\nsend: Los\nsend:", "send: \"", "here twice"),
    Break(PEOPLE, "manager: tomas", "manager: thomas", "thomas", "mean “tomas”?"),
    Break(PEOPLE, "manager: tomas", "manager: sam", "manager: sam", "their own manager"),
    Break(PEOPLE, "{ web: lena }", "{ web: sam }", "{ web: sam }\n\ndana", "already that of line"),
    Break(PEOPLE, "lena.vogt@", "Sam.okafor@", "email: Sam.", "already that of line"),
    Break(PEOPLE, "email: lena.vogt@", "email: ", "email: fern", "an email address"),
    Break(PEOPLE, "locale: de", "locale: German!", "German!", "such as en or de-CH"),
]  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS, ids=lambda x: f"{x.file}: {x.new.strip()[:30]}")
def test_a_mistake_is_found_where_it_was_made(folder: Path, broken: Break) -> None:
    text = change(folder / broken.file, broken.old, broken.new)

    found = [x for x in check(folder) if "“nl”" not in x.text and "“fr”" not in x.text]

    assert where(found) == [(broken.file, line_of(text, broken.at))]
    assert broken.says in found[0].text


def test_a_tool_without_a_permission_is_named_at_each_specialist(folder: Path) -> None:
    change(folder / PACK, "  my_cases: allow\n", "")

    found = check(folder)

    assert [x.file for x in found] == [SPECIALISTS, SPECIALISTS]
    assert all("“my_cases” would be denied" in x.text for x in found)


def test_a_string_that_is_missing_is_named(folder: Path) -> None:
    text = change(folder / DE, "\nsend:", "\n# send:")

    (mistake,) = check(folder)

    assert mistake == Mistake(DE, line_of(text, "hello:"), "“send” is missing: add it.")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("queue: HR-confidential", "queue: HR-secret", "no queue “HR-secret”"),
        ("other: Ombuds", "other: HR", "must be confidential too"),
        ("priority: urgent", "priority: now", "'urgent', 'high' or 'normal'"),
        ("consent: false", "consent: maybe", "true or false"),
        ("longest:", "longer:", "mean “longest”?"),
    ],
)
def test_a_mistake_in_the_guardrails_is_found(folder: Path, old: str, new: str, says: str) -> None:
    text = change(folder / "guardrails.yaml", old, new)

    (mistake,) = check(folder)

    assert (mistake.file, mistake.line) == ("guardrails.yaml", line_of(text, new))
    assert says in mistake.text


def test_a_language_that_is_added_needs_its_strings_and_every_list(folder: Path) -> None:
    text = change(folder / PACK, "[en, de]", "[en, de, nl]")

    found = check(folder)

    at = line_of(text, "suggestions:")
    assert Mistake(PACK, at, "“suggestions” has nothing in nl: add it.") in found
    assert ("strings/nl.yaml", 1) in where(found)
    guardrails = [x.text for x in found if x.file == "guardrails.yaml"]
    assert all("has nothing in nl" in x for x in guardrails)
    lists = (
        "human",
        "no_human",
        "upset",
        "private",
        "urgent",
        "stuck",
        "yes",
        "no",
        "thanks",
        "greeting",
        "about_bot",
        "advice",
    )
    assert all(any(f"“{name}”" in x for x in guardrails) for name in (*lists, "words"))


# ---- files --------------------------------------------------------------------------------


def test_a_page_that_is_not_utf_8_is_named_with_its_line(folder: Path) -> None:
    (folder / "handbook/it/vpn.md").write_bytes(b"# VPN\n\nIm B\xfcro\n")

    assert where(check(folder)) == [("handbook/it/vpn.md", 3)]


@pytest.mark.parametrize("page", ["handbook/it/empty.md", "handbook/it/scan.pdf"])
def test_a_page_that_nobody_could_find_is_named(folder: Path, page: str) -> None:
    (folder / page).write_bytes(b" \n")

    assert where(check(folder)) == [(page, 1)]


def test_a_page_needs_no_heading(folder: Path) -> None:
    (folder / "handbook/it/plain.md").write_text("Ask at the desk.", "utf-8")

    assert check(folder) == ()


def test_a_folder_of_pages_must_be_a_specialists(folder: Path) -> None:
    (folder / "handbook/hr").rename(folder / "handbook/hrs")

    assert where(check(folder)) == [("handbook/hr", 1), ("handbook/hrs", 1)]


@pytest.mark.parametrize("file", [PACK, QUEUES, SPECIALISTS, "guardrails.yaml", DE])
def test_a_file_that_is_missing_is_the_one_mistake(folder: Path, file: str) -> None:
    (folder / file).unlink()

    assert where(check(folder)) == [(file, 1)]


@pytest.mark.parametrize("file", ["queue.yaml", "strings/fr.yaml", "people.yml"])
def test_a_file_that_nobody_reads_is_named(folder: Path, file: str) -> None:
    (folder / file).write_text("IT: {}", "utf-8")

    assert where(check(folder)) == [(file, 1)]


@pytest.mark.parametrize(
    "text", ["", "just words", "- a\n- list", "a: &x [*x]\nb: *x", "? [a]\n: b"]
)
@pytest.mark.parametrize("file", [PACK, QUEUES, SPECIALISTS, "guardrails.yaml", PEOPLE, EN])
def test_the_check_stands_whatever_a_file_holds(folder: Path, file: str, text: str) -> None:
    (folder / file).write_text(text, "utf-8")

    found = check(folder)

    assert any(x.file == file for x in found) or (file, text) == (PEOPLE, "")


def test_every_mistake_is_found_in_one_run_and_stands_in_the_error(folder: Path) -> None:
    made = [
        (PACK, "steps: 6", "steps: six"),
        (PEOPLE, "manager: tomas", "manager: thomas"),
        (QUEUES, "prefix: IT", "prefix: it"),
        (QUEUES, "urgent: 1h, high: 4h,", "urgent: 1, high: 4,"),
        (SPECIALISTS, "tier: fast", "tier: quick"),
        (SPECIALISTS, "      - vpn*\n", "      - ?vpn\n"),
        (EN, "{name} said yes", "{nam} said yes"),
    ]
    for file, old, new in made:
        change(folder / file, old, new)
    (folder / "handbook/it/vpn.md").write_bytes(b"\xff")

    with pytest.raises(PackError) as error:
        load(folder)

    lines = str(error.value).splitlines()
    assert lines[0] == f"9 mistakes in the pack {folder}:"
    places = {x.split(": ")[0] for x in lines[1:]}
    texts = {file: (folder / file).read_text("utf-8") for file, _, _ in made}
    wrong = {f"{file}:{line_of(texts[file], new)}" for file, _, new in made}
    assert places == wrong | {"handbook/it/vpn.md:1"}
    assert f"pack.yaml:{line_of(texts[PACK], 'steps')}: “steps” must be a whole number" in lines[2]


def test_examples_are_of_concerns_and_specialists(folder: Path) -> None:
    examples = folder / "examples.yaml"
    examples.write_text(
        "it:\n  en:\n    - my vpn drops\nkitchen:\n  en:\n    - the fridge is warm\n"
    )
    (mistake,) = check(folder)
    assert (mistake.file, mistake.line) == ("examples.yaml", 4)
    assert "no concern or specialist “kitchen”" in mistake.text
    examples.unlink()
    assert check(folder) == ()
    assert load(folder).pack.rules.classifier is None

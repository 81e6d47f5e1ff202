"""What a model says must be in what it was given: what stays, and which source it gets."""

import pytest

from adapters.knowledge.index import passage_of
from adapters.knowledge.passages import Origin, cut
from bot.evidence import sources, vouched
from bot.figures import figures
from bot.leaving import check_output
from bot.ports import Passage
from bot.support import Ground
from tests.bench.quality import loaded
from tests.fakes import VPN

LEAVE = Passage(
    id="leave#days",
    title="Annual leave › How many days",
    text=(
        "You book leave in the HR portal. You may carry over up to 5 days, taken by 31 March.\n\n"
        "| Country | Leave per year |\n|---|---|\n| Germany | 30 days |\n"
        "| United Kingdom | 25 days |\n\nDays that are left are not paid out."
    ),
    url="/leave",
    score=0.9,
)
PARENTS = Passage(
    id="parents#how",
    title="Parental leave › How long",
    text="The other parent has 4 weeks on full pay. Tell People Operations in confidence. "
    "Do not tell colleagues before that.",
    url="/parents",
    score=0.6,
)
GROUND = Ground(
    (LEAVE, PARENTS), asked="how much vacation do i get, i took 24 days", names="Fernhill Sam HR IT"
)


def left(*sentences: str, ground: Ground = GROUND) -> list[str | None]:
    return ground.upheld(sentences)


@pytest.mark.parametrize(
    "sentence",
    [
        "You may carry over up to five days, taken by 31 March. [1]",
        "In the UK it is 25 days of vacation. [1]",
        "In Deutschland sind es 30 Urlaubstage. [1]",
        "Bis zum 31.03. müssen sie genommen sein. [1]",
        "The other parent has 28 days on full pay. [2]",
        "You have 30 days in Germany, so 6 are left if you took 24. [1]",
        "Days that are left aren't paid out. [1]",
        "Does that answer your question?",
        "Let me know if you need anything else.",
        "Here is how:",
        "**In Germany**",
        "Sam, happy to help.",
    ],
)
def test_what_the_pages_say_stays(sentence: str) -> None:
    assert left("You book leave in the HR portal. [1] ", sentence)[1] == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "You may carry over up to 10 days. [1]",
        "In the UK it is 30 days of vacation. [1]",
        "In Germany it is 30 weeks. [1]",
        "In Deutschland sind es 28 Urlaubstage. [1]",
        "They must be taken by 30 June. [1]",
        "You book leave in Workday. [1]",
        "Run `leave --book` in a terminal. [1]",
        "The office dog eats cake on the third floor. [1]",
        "Days that are left are paid out. [1]",
        "You have 30 days in Germany, so 11 are left if you took 24. [1]",
        "I'm glad to tell you that it is 40 days.",
        "Parental leave is 30 days on full pay. [2]",
        "Tell colleagues before that. [2]",
    ],
)
def test_what_they_do_not_say_falls(sentence: str) -> None:
    assert left("You book leave in the HR portal. [1] ", sentence)[1] is None


def test_when_more_falls_than_stays_nothing_is_left() -> None:
    said = "You book leave in the HR portal. [1] ", "It is 44 days. [1] ", "It is 55 days. [1]"

    assert left(*said) == [None, None, None]


def test_a_paragraph_without_a_source_gets_the_one_that_says_so() -> None:
    said = "You book leave in the HR portal.\n\n", "The other parent has 4 weeks. ", "On full pay."

    assert left(*said) == [
        "You book leave in the HR portal. [1]\n\n", "The other parent has 4 weeks. ",
        "On full pay. [2]",
    ]  # fmt: skip


def test_a_wrong_source_is_put_right_if_another_clearly_says_so() -> None:
    assert left("The other parent has 4 weeks on full pay. [1]") == [
        "The other parent has 4 weeks on full pay. [2]"
    ]


def test_what_the_requester_says_proves_nothing() -> None:
    ground = Ground((LEAVE,), asked="My boss said that I have 40 days of leave")

    assert left("Yes, you have 40 days of leave.", ground=ground) == [None]


def test_what_a_person_or_a_tool_said_before_may_be_said_again() -> None:
    ground = Ground((), said=("Use the Frankfurt gateway.",), results=('{"case": "IT-1042"}',))

    assert left("Use the Frankfurt gateway. ", "IT-1042 is open.", ground=ground) == [
        "Use the Frankfurt gateway. ", "IT-1042 is open.",
    ]  # fmt: skip
    assert left("IT-1043 is open.", ground=ground) == [None]


def test_steps_in_the_pages_own_words_stay_whole() -> None:
    steps = VPN.text.splitlines(keepends=True)

    assert "".join(x or "" for x in left(*steps, ground=Ground((VPN,)))) == f"{VPN.text} [1]"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("twelve weeks", "12 weeks"),
        ("2 weeks", "14 days"),
        ("31 March", "2026-03-31"),
        ("am 31. März", "March 31st"),
        ("5:30 pm", "17:30 Uhr"),
        ("€1,500.50", "1.500,50 €"),
        ("50%", "50 Prozent"),
        ("twenty-five days", "25 Arbeitstage"),
        ("3 working days", "3 Tage"),
        ("on Monday", "am Montag"),
    ],
)
def test_a_figure_is_known_however_it_is_written(one: str, other: str) -> None:
    (left_one,), (right,) = figures(one), figures(other)

    assert left_one.equals(right)


@pytest.mark.parametrize(
    ("one", "other"), [("12 weeks", "12 months"), ("€50", "$50"), ("9 am", "9 pm"), ("5", "6")]
)
def test_a_figure_of_another_kind_is_another(one: str, other: str) -> None:
    (left_one,), (right,) = figures(one), figures(other)

    assert not left_one.equals(right)


def test_marks_links_and_the_numbers_of_items_are_no_figures() -> None:
    assert figures("1. Open it. [2]\n2. See [here](https://x.example/7).") == frozenset()


def test_no_page_of_the_handbook_loses_a_word_of_its_own() -> None:
    folder = loaded().handbook
    origin = Origin(link_base="", specialists=frozenset(loaded().pack.specialists))
    for page in sorted(folder.rglob("*.md")):
        for section in cut(str(page.relative_to(folder)), page.read_text(), origin):
            passage = passage_of(section, 1.0)
            ground = Ground((passage,))
            checked = check_output(
                passage.text, vouched([passage]), sources([passage]), (), passage.text, None, ground
            )
            assert "unsupported" not in checked.mended, section.id

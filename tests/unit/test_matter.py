"""What a page says of itself, and who may therefore read it."""

from datetime import date

import pytest

from adapters.knowledge.matter import About, UnclearAudience, both, split
from adapters.knowledge.passages import Origin, cut, sections

ORIGIN = Origin(link_base="https://hb.example/", specialists=frozenset({"hr"}))


def about(matter: str) -> About:
    return split(f"---\n{matter}\n---\n# Page\nWords.")[0]


def test_a_page_says_whose_it_is_and_whom_it_is_for() -> None:
    said = about(
        "title: Leave\nowner: HR Operations\nreviewed: 2026-03-01\naudience: [managers, hr]\n"
        "applies_to: {country: [DE, AT], contract: temporary}\nlocale: de_AT"
    )
    assert said == About(
        title="Leave",
        owner="HR Operations",
        reviewed=date(2026, 3, 1),
        audience=frozenset({"managers", "hr"}),
        applies_to={"country": frozenset({"DE", "AT"}), "contract": frozenset({"temporary"})},
        locale="de-AT",
    )


def test_every_section_of_the_page_knows_it() -> None:
    page = "---\nowner: Ina\naudience: [hr]\nlocale: de\n---\n# Leave\nA.\n\n## More\nB."
    for section in cut("hr/leave.md", page, ORIGIN):
        assert (section.owner, section.audience, section.locale, section.specialist) == (
            "Ina",
            frozenset({"hr"}),
            "de",
            "hr",
        )


@pytest.mark.parametrize(
    "matter",
    [
        "",
        "owner: [a, b]",
        "reviewed: soon",
        "applies_to: [DE]",
        "locale: <b>",
        "{",
        "- a",
        "\tx: y",
    ],
)
def test_what_is_not_understood_is_as_if_it_were_not_said(matter: str) -> None:
    assert about(matter) == About()


@pytest.mark.parametrize(
    "matter",
    [
        "audience: {hr: yes}",
        "audience: 5",
        "audience:",
        "audience: [hr, 5]",
        "audience: [hr, '']",
        "owner: [\naudience: [hr]",
        "Audience: *nobody",
    ],
)
def test_an_audience_that_is_not_understood_is_never_everybody(matter: str) -> None:
    with pytest.raises(UnclearAudience):
        about(matter)


@pytest.mark.parametrize(
    ("matter", "audience"),
    [("audience: hr", {"hr"}), ("audience: []", set[str]()), ("AUDIENCE: [hr]", {"hr"})],
)
def test_an_audience_is_one_group_or_a_list(matter: str, audience: set[str]) -> None:
    assert about(matter).audience == audience


def test_norway_is_a_country() -> None:
    assert about("applies_to: {country: [NO, SE]}").applies_to == {
        "country": frozenset({"NO", "SE"})
    }


def test_who_may_read_a_page_must_be_let_by_both() -> None:
    a, b = frozenset({"a"}), frozenset({"a", "b"})
    assert both(None, None) is None
    assert both(a, None) == both(None, a) == both(a, b) == a
    assert both(a, frozenset({"b"})) == frozenset()


def test_a_page_knows_better_than_its_source_but_for_its_readers_and_address() -> None:
    page = About(owner="Ina", audience=frozenset({"hr", "it"}), url="https://evil.example/")
    source = About(owner="Bo", title="T", audience=frozenset({"it"}), url="https://a.example/")
    assert page.over(source) == About(
        owner="Ina", title="T", audience=frozenset({"it"}), url="https://a.example/"
    )


def test_what_a_source_says_is_kept_without_what_no_database_keeps() -> None:
    said = About(
        title="a\0b", owner="\ud800c", url="https://x/\n", audience=frozenset({"d\0", "\0"})
    )
    assert said.clean() == About(title="ab", owner="c", audience=frozenset({"d"}))


def test_a_front_matter_is_no_book() -> None:
    assert about("title: VPN\n" + "- x\n" * 10_000) == About()
    with pytest.raises(UnclearAudience):
        about("audience: hr\n" + "x: y\n" * 10_000)


def test_a_page_with_an_address_is_linked_there() -> None:
    known = About(url="https://wiki.example/pages/7")
    body = "# VPN\nSee [b](../b) and [top](#vpn).\n\n## It drops {#Drops=1}\nMove."
    first, second = sections("wiki:7", body, known, ORIGIN)
    assert first.url == "https://wiki.example/pages/7#vpn"
    assert first.text == (
        "See [b](https://wiki.example/b) and [top](https://wiki.example/pages/7#vpn)."
    )
    assert second.url == "https://wiki.example/pages/7#Drops=1"

"""Markdown pages, tidy and ugly, cut into sections."""

import textwrap

import pytest

from adapters.knowledge.passages import Origin, Section, cut

ORIGIN = Origin(link_base="https://hb.example/", specialists=frozenset({"it", "hr"}))


def sections(page: str, path: str = "it/vpn.md") -> tuple[Section, ...]:
    return cut(path, textwrap.dedent(page), ORIGIN)


def only(page: str, path: str = "it/vpn.md") -> Section:
    (section,) = sections(page, path)
    return section


# ---- headings and where they lead -----------------------------------------------------------


def test_each_heading_begins_a_section_under_its_page() -> None:
    intro, drops = sections("""\
        # VPN
        For files.

        ## VPN keeps dropping
        Move closer.
        """)
    assert (intro.title, intro.text) == ("VPN", "For files.")
    assert (drops.title, drops.text) == ("VPN › VPN keeps dropping", "Move closer.")


def test_a_section_knows_every_heading_above_it_but_shows_the_page_and_its_own() -> None:
    *_, deep, after = sections("""\
        # Leave
        ## Parents
        Words.
        ### Fathers
        Two weeks.
        ## Sick
        Call.
        """)
    assert deep.trail == ("Leave", "Parents", "Fathers")
    assert deep.title == "Leave › Fathers"
    assert after.trail == ("Leave", "Sick")


def test_underlined_headings_are_headings() -> None:
    first, second = sections("""\
        VPN
        ===
        For files.

        Drops
        -----
        Move.
        """)
    assert (first.title, second.title) == ("VPN", "VPN › Drops")


def test_a_hash_in_code_is_no_heading() -> None:
    section = only("""\
        # Shell
        ```sh
        # not a heading
        ls
        ```
        """)
    assert "# not a heading\nls" in section.text


def test_html_headings_are_headings() -> None:
    (section,) = sections("""\
        <h1 align="center">VPN &amp; more</h1>
        <p>For <b>files</b>.</p>
        """)
    assert (section.title, section.text) == ("VPN & more", "For files.")
    assert section.url.endswith("#vpn--more")


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("it/02-before-you_go.md", "Before you go"),
        ("hr/README.md", "Hr"),
        ("README.md", "README"),
        ("a/2026.md", "2026"),
    ],
)
def test_a_page_without_a_title_is_named_after_its_file(path: str, title: str) -> None:
    assert only("Some words.", path).title == title


def test_front_matter_gives_the_title_and_is_not_text() -> None:
    section = only("""\
        ---
        title: Our VPN
        owner: IT
        ---
        Words.
        """)
    assert (section.title, section.text) == ("Our VPN", "Words.")


@pytest.mark.parametrize(
    "matter", ["title: [unclosed", "- a\n- list", "title: 5", 'title: "\\ud800\\0"', "", "a: b: c"]
)
def test_odd_front_matter_is_left_out_and_harms_nothing(matter: str) -> None:
    (section,) = cut("it/vpn.md", f"---\n{matter}\n---\n# VPN\nWords.", ORIGIN)
    assert (section.title, section.text) == ("VPN", "Words.")


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert only("---\n\nWords.\n").text == "Words."


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("VPN keeps dropping", "vpn-keeps-dropping"),
        ("What's new? (2026)", "whats-new-2026"),
        ("Wi-Fi & VPN", "wi-fi--vpn"),
        ("`code_name` and **bold**", "code_name-and-bold"),
        ("Kündigung & Größe", "k%C3%BCndigung--gr%C3%B6%C3%9Fe"),
        ("See [the page](x.md)", "see-the-page"),
        ("Set up {#own-anchor}", "own-anchor"),
    ],
)
def test_anchors_are_those_of_github(heading: str, anchor: str) -> None:
    assert only(f"# {heading}\nWords.").url == f"https://hb.example/it/vpn.md#{anchor}"


def test_an_anchor_in_braces_is_not_shown() -> None:
    assert only("# Set up {#own-anchor}\nWords.").title == "Set up"


def test_repeated_headings_have_anchors_and_ids_of_their_own() -> None:
    page = "# Q-1\na\n# Q\nb\n# Q\nc\n# 🎉\nd\n# 🎉\ne\n"
    ids = [section.id for section in sections(page)]
    assert ids[:3] == ["it/vpn.md#q-1", "it/vpn.md#q", "it/vpn.md#q-2"]
    assert len(set(ids)) == 5


def test_text_before_any_heading_leads_to_the_page() -> None:
    assert only("Words.", "it/my page.md").url == "https://hb.example/it/my%20page.md"


def test_an_id_stays_when_sections_around_it_come_and_go() -> None:
    page = "# VPN\n## Slow\nWait.\n"
    changed = "# VPN\nIntro.\n## New\nWords.\n## Slow\nWait.\n"
    assert sections(page)[-1].id == sections(changed)[-1].id


@pytest.mark.parametrize(
    ("path", "specialist"),
    [("it/vpn.md", "it"), ("hr/a/b.md", "hr"), ("sales/x.md", None), ("it.md", None), ("it", None)],
)
def test_the_first_folder_says_whose_page_it_is(path: str, specialist: str | None) -> None:
    assert only("Words.", path).specialist == specialist


# ---- what stays and what goes ---------------------------------------------------------------


def test_steps_and_tables_are_kept_as_they_are_written() -> None:
    section = only("""\
        # VPN

        1. Press **Connect**.
        2. Choose one:
           - `vpn-berlin`
           - Boston

        | Message | Do |
        |:--|--:|
        | a \\| b | *wait* |
        """)
    assert section.text == textwrap.dedent("""\
        1. Press **Connect**.
        2. Choose one:
           - `vpn-berlin`
           - Boston

        | Message | Do |
        | --- | --- |
        | a \\| b | *wait* |""")


def test_what_is_escaped_stays_escaped() -> None:
    assert only(r"2 \* 3 \* 4 &lt; 5 &copy;").text == r"2 \* 3 \* 4 < 5 ©"


def test_html_comments_badges_and_directives_go_and_their_words_stay() -> None:
    section = only("""\
        # VPN
        [![Build](https://img.shields.io/x.svg)](https://ci.example) <!-- secret plan -->
        Press <kbd>Esc</kbd>,<br>then wait.

        <details><summary>More</summary>

        Hidden words.

        </details>
        <script>alert("x")</script>

        > [!NOTE]
        > Careful.

        :::tip
        Be quick.
        :::

        [TOC]

        {% include nav.html %}
        """)
    assert section.text == (
        "Press Esc,  \nthen wait.\n\nMore\n\nHidden words.\n\n> Careful.\n\nBe quick."
    )


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("mfa.md", "https://hb.example/it/mfa.md"),
        ("../hr/leave.md#sick", "https://hb.example/hr/leave.md#sick"),
        ("/hr/leave.md", "https://hb.example/hr/leave.md"),
        ("#slow", "https://hb.example/it/vpn.md#slow"),
        ("https://x.example/?a=b", "https://x.example/?a=b"),
        ("mailto:it@x.example", "mailto:it@x.example"),
    ],
)
def test_links_lead_to_where_readers_find_the_page(link: str, target: str) -> None:
    assert only(f"See [this page]({link}) first.").text == f"See [this page]({target}) first."


@pytest.mark.parametrize("link", ["../../etc/passwd", "ftp://x.example", "http://[:a]", "//x.y"])
def test_a_link_to_nowhere_leaves_its_words(link: str) -> None:
    assert only(f"See [this page]({link}) first.").text == "See this page first."


def test_navigation_and_empty_sections_go() -> None:
    (section,) = sections("""\
        # Handbook
        See also:

        - [VPN](vpn.md)
        - [Wi-Fi](wifi.md)
        - [Printers](printer.md)

        ## Later
        TBD...

        ## Empty
        ![](logo.png)

        ## Contact
        Call 030 1234.

        [Back to top](#handbook)
        """)
    assert (section.title, section.text) == ("Handbook › Contact", "Call 030 1234.")


def test_a_list_of_ways_to_reach_people_is_not_navigation() -> None:
    text = only("# Contact\n- [it@x.example](mailto:it@x.example)\n- [HR](https://hr.example)").text
    assert "mailto:it@x.example" in text


@pytest.mark.parametrize(
    "page", ["", "\n\n", "# Only a title", "---\na: b\n---\n", "<!-- -->", "\x00"]
)
def test_a_page_that_says_nothing_has_no_sections(page: str) -> None:
    assert cut("a.md", page, ORIGIN) == ()


# ---- length ---------------------------------------------------------------------------------


def paragraph(words: int, word: str = "word") -> str:
    return " ".join([word] * words)


def test_a_long_section_is_cut_between_its_paragraphs() -> None:
    first, second = sections(f"# A\n{paragraph(100)}\n\n{paragraph(100, 'more')}\n")
    assert (first.text, second.text) == (paragraph(100), paragraph(100, "more"))
    assert (first.id, second.id) == ("it/vpn.md#a", "it/vpn.md#a/2")
    assert first.url == second.url


def test_a_long_list_is_not_cut() -> None:
    steps = "\n".join(f"{n}. {paragraph(30)}" for n in range(1, 11))
    assert only(f"# A\n{steps}\n").text == steps


def test_the_line_that_announces_a_list_stays_with_it() -> None:
    steps = "\n".join(f"- {paragraph(30)}" for _ in range(5))
    first, second = sections(f"# A\n{paragraph(100)}\n\nTry this:\n\n{steps}\n")
    assert first.text == paragraph(100)
    assert second.text.startswith("Try this:\n\n- ")


def test_a_short_last_paragraph_is_not_left_alone() -> None:
    assert only(f"# A\n{paragraph(170)}\n\n{paragraph(20)}\n").text.endswith(paragraph(20))


def test_a_table_that_nobody_could_read_in_a_chat_is_cut_and_keeps_its_head() -> None:
    rows = "\n".join(f"| {n} | {paragraph(20)} |" for n in range(100))
    parts = sections(f"# A\n| No | Words |\n|---|---|\n{rows}\n")
    assert len(parts) > 5
    assert all(part.text.startswith("| No | Words |\n| --- | --- |\n") for part in parts)


@pytest.mark.parametrize(
    "block", [paragraph(5_000), "x" * 100_000, f"- {paragraph(5_000)}", f"```\n{'x ' * 9_000}\n```"]
)
def test_no_section_is_longer_than_anybody_reads(block: str) -> None:
    assert max(len(section.text) for section in sections(f"# A\n{block}\n")) < 4_000


@pytest.mark.parametrize(
    "page",
    [
        "[" * 5_000,
        ">" * 5_000 + "a",
        "- " * 500 + "a",
        "<div>" * 2_000,
        "<![a <!-- <?",
        "|a" * 2_000 + "\n" + "|-" * 2_000,
        "`" * 4_999,
        "&#0;&#xD800;&#x110000;",
        "[a]: http://[\n\n[a] ![a][a]",
    ],
)
def test_no_page_is_too_ugly(page: str) -> None:
    text = "".join(section.text for section in sections(f"# A\nStart.\n\n{page}\n"))
    assert text.startswith("Start.")
    assert "\x00" not in text
    assert text.encode()

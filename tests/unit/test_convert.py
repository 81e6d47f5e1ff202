"""Documents of other kinds become Markdown, and broken ones are named."""

import io
import zipfile
from collections.abc import AsyncIterator, Sequence

import pytest
from pypdf import PdfReader, PdfWriter

from adapters.knowledge.apart import Converter
from adapters.knowledge.convert import BrokenDocument, Kind, Why, convert, kind_of
from adapters.knowledge.passages import Origin, cut
from tests.documents import docx, paragraph, pdf, table

ORIGIN = Origin(link_base="https://hb.example/", specialists=frozenset())


def body(content: bytes | str, kind: Kind = Kind.HTML) -> str:
    """Without the front matter."""
    raw = content.encode() if isinstance(content, str) else content
    return convert(raw, kind).split("---\n", 2)[2].strip()


def why(content: bytes, kind: Kind) -> Why:
    with pytest.raises(BrokenDocument) as caught:
        convert(content, kind)
    return caught.value.why


@pytest.mark.parametrize(
    ("name", "media_type", "kind"),
    [
        ("a.md", "", Kind.MARKDOWN),
        ("a/B.HTML", "", Kind.HTML),
        ("policy", "text/html; charset=utf-8", Kind.HTML),
        ("policy.pdf", "application/octet-stream", Kind.PDF),
        ("x.docx", "", Kind.DOCX),
        ("x.doc", "", None),
        ("pdf", "", None),
    ],
)
def test_a_kind_is_told_by_type_and_name(name: str, media_type: str, kind: Kind | None) -> None:
    assert kind_of(name, media_type) == kind


# ---- HTML -----------------------------------------------------------------------------------


def test_only_what_the_page_is_about_stays() -> None:
    page = """<html lang="de-DE"><head><title>VPN | Fernhill</title><style>x{}</style></head><body>
      <header>Fernhill</header><nav>Home</nav><div class="cookie-banner">Accept</div>
      <main><div class="breadcrumbs">IT &gt; VPN</div><h1>VPN</h1><p>For files.</p>
      <aside>Ads</aside><script>alert(1)</script></main><footer>(c)</footer></body></html>"""
    assert body(page) == "# VPN\n\nFor files."
    assert convert(page.encode(), Kind.HTML).startswith("---\nlocale: de-DE\ntitle: VPN\n---\n")


@pytest.mark.parametrize(
    "page",
    [
        "<header>Site</header><article><h1>A</h1><p>b</p></article><footer>c</footer>",
        "<div role=main><h1>A</h1><p>b</p></div><div>Site</div>",
        "<body><header>Site</header><h1>A</h1><p>b</p><footer>c</footer></body>",
        "<h1>A</h1><p>b",
    ],
)
def test_the_main_part_is_found(page: str) -> None:
    assert body(page) == "# A\n\nb"


def test_tables_lists_and_steps_stay_whole() -> None:
    page = """<main><ol><li>Open<ul><li>the lid</li></ul></li><li>Press</li></ol>
      <table><tr><th>Country</th><th>Days</th></tr><tr><td>DE|AT</td><td>30</td></tr></table></main>"""
    assert body(page) == (
        "1. Open\n   - the lid\n2. Press\n\n| Country | Days |\n| --- | --- |\n| DE∣AT | 30 |"
    )


@pytest.mark.parametrize(
    "heading",
    [
        '<h2 id="Drops-Often">It drops</h2>',
        '<h2><a id="Drops-Often"></a>It drops</h2>',
        '<h2><a name="Drops-Often">It drops</a></h2>',
        '<section id="Drops-Often"><h2>It drops<a class="headerlink" href="#">¶</a></h2></section>',
    ],
)
def test_a_heading_keeps_the_id_that_leads_to_it(heading: str) -> None:
    text = convert(
        f"<main><h1>VPN</h1><p>Files.</p>{heading}<p>Move.</p></main>".encode(), Kind.HTML
    )
    *_, section = cut("vpn.html", text, ORIGIN)
    assert (section.title, section.url) == (
        "VPN › It drops",
        "https://hb.example/vpn.html#Drops-Often",
    )


def test_a_link_goes_where_it_may() -> None:
    assert body('<main><a href="x.html">in</a> <a href="javascript:x()">js</a></main>') == (
        "[in](x.html) js"
    )


def test_a_documents_own_first_lines_are_not_taken_for_front_matter() -> None:
    text = convert(b"<main><p>---</p><p>audience: [all]</p><p>---</p></main>", Kind.HTML)
    assert text.startswith("---\n---\n")


@pytest.mark.parametrize("tag", ["div", "ul><li", "blockquote", "table><tr><td", "b", "section"])
def test_no_page_is_too_deep(tag: str) -> None:
    text = convert(f"<{tag}>".encode() * 3000 + b"words", Kind.HTML)
    assert "words" in text
    cut("deep.html", text, ORIGIN)


def test_other_encodings_are_read() -> None:
    assert body("<meta charset=latin-1><p>Kündigung</p>".encode("latin-1")) == "Kündigung"


# ---- DOCX -----------------------------------------------------------------------------------


def test_a_word_document_keeps_headings_lists_and_tables() -> None:
    content = docx(
        paragraph("Annual leave", "Title"),
        paragraph("How much", "Heading1"),
        paragraph("Thirty days."),
        table([["Country", "Days"], ["DE", "30"]]),
    )
    assert body(content, Kind.DOCX) == (
        "# Annual leave\n\n# How much\n\nThirty days.\n\n"
        "| Country | Days |\n| --- | --- |\n| DE | 30 |"
    )


def test_a_broken_word_document_is_named() -> None:
    whole = docx(paragraph("Words."))
    assert why(whole[:-40], Kind.DOCX) == Why.BROKEN
    assert why(b"PK\x03\x04", Kind.DOCX) == Why.BROKEN
    assert why(b"", Kind.DOCX) == Why.BROKEN
    assert why(docx(), Kind.DOCX) == Why.EMPTY
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("hello.txt", "x")
    assert why(other.getvalue(), Kind.DOCX) == Why.BROKEN


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * 101_000_000)
    assert why(bomb.getvalue(), Kind.DOCX) == Why.LARGE


def test_nothing_outside_of_a_document_is_read() -> None:
    evil = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    content = docx("<w:p><w:r><w:t>&e;</w:t></w:r></w:p>", before=evil)
    with pytest.raises(BrokenDocument):
        convert(content, Kind.DOCX)


# ---- PDF ------------------------------------------------------------------------------------


def test_a_pdf_keeps_its_headings_with_the_page_they_are_on() -> None:
    content = pdf(
        [
            (20, "Sick leave"),
            (11, "Call before nine."),
            (15, "A note"),
            (11, "From the third day."),
        ],
        [(15, "Children"), (11, "Ten days each.")],
    )
    sections = cut("sick.pdf", convert(content, Kind.PDF), ORIGIN)
    assert [(x.trail, x.text, x.url.partition("#")[2]) for x in sections] == [
        (("Sick leave",), "Call before nine.", "page=1"),
        (("Sick leave", "A note"), "From the third day.", "page=1&part=2"),
        (("Sick leave", "Children"), "Ten days each.", "page=2"),
    ]


def test_headers_and_page_numbers_go() -> None:
    def page(number: int, text: str) -> Sequence[tuple[int, str]]:
        return [(11, "Fernhill, internal"), (11, text), (11, f"Page {number} of 3")]

    content = pdf(page(1, "One."), page(2, "Two."), page(3, "Three."))
    text = body(content, Kind.PDF)
    assert "internal" not in text
    assert "of 3" not in text
    assert "One." in text
    assert "## Page 3 {#page=3}\n\nThree." in text


def encrypted(password: str) -> bytes:
    writer = PdfWriter(PdfReader(io.BytesIO(pdf([(11, "Secret words.")]))))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def test_a_broken_pdf_is_named() -> None:
    whole = pdf([(11, "Words.")])
    assert why(whole[:60], Kind.PDF) == Why.BROKEN
    assert why(b"%PDF-1.7", Kind.PDF) == Why.BROKEN
    assert why(b"not at all", Kind.PDF) == Why.BROKEN
    assert why(encrypted("secret"), Kind.PDF) == Why.ENCRYPTED
    assert why(pdf([]), Kind.PDF) == Why.EMPTY
    assert body(encrypted(""), Kind.PDF) == "Secret words."


# ---- apart ----------------------------------------------------------------------------------


@pytest.fixture
async def converter() -> AsyncIterator[Converter]:
    converter = Converter(patience=20)
    yield converter
    await converter.stop()


async def test_documents_are_read_in_another_process(converter: Converter) -> None:
    assert "words" in await converter.convert(b"<p>words", Kind.HTML)
    with pytest.raises(BrokenDocument) as caught:
        await converter.convert(b"%PDF-", Kind.PDF)
    assert caught.value.why == Why.BROKEN
    assert "again" in await converter.convert(pdf([(11, "again")]), Kind.PDF)


async def test_one_that_takes_too_long_ends_only_itself() -> None:
    converter = Converter(patience=0.0)
    with pytest.raises(BrokenDocument) as caught:
        await converter.convert(b"<p>" * 1000, Kind.HTML)
    assert caught.value.why == Why.SLOW
    await converter.stop()


async def test_a_killed_process_is_replaced(converter: Converter) -> None:
    await converter.convert(b"<p>words", Kind.HTML)
    process = converter._process  # pyright: ignore[reportPrivateUsage]
    assert process
    process.kill()
    with pytest.raises(BrokenDocument):
        await converter.convert(b"<p>words", Kind.HTML)
    assert "words" in await converter.convert(b"<p>words", Kind.HTML)

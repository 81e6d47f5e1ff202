"""Texts of all scripts through what redacts, checks and draws: no crash, and nothing planted stays.

The planted values stand in odd surroundings: other scripts, marks, invisible letters.
"""

import json
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.pack.loader import load
from adapters.slack import blocks
from adapters.slack import render as slack
from adapters.slack.text import plain as from_slack
from adapters.teams import markdown
from adapters.teams import render as teams
from bot.found import Kind
from bot.guardrails import check_input
from bot.injection import Origin, injection
from bot.leaving import Checked, check_output
from bot.orders import defused
from bot.pack import Rules
from bot.redaction import redact
from bot.reply import Card, Fact, Reply, Source
from bot.sentences import sentences
from bot.vault import hide, masked, shown
from bot.words import plain
from tests.mutations import bounded

SCRIPTS = (
    "Grüße, ça va? Zażółć gęślą jaźń. ", "Здравствуйте, мой ноутбук. ",
    "Γειά σου, κόσμε; ", "مرحبا، نسيت كلمة المرور ", "שלום, המסך שחור ",
    "नमस्ते, मेरा फ़ोन ", "สวัสดีครับ ", "漢字かな交じり文。", "안녕하세요 ", "你好，我的电脑坏了！",
    "Բարեւ ", "გამარჯობა ", "ሰላም ", "👩‍👩‍👧🇩🇪 ", "Z̷a̴l̸g̶o̷ ", "ﬁﬂ①Ⅷ½ ",
    "\u202eדלק\u202c ", "a\u200bb\u2060c\ufeff ", "\u0301\u0301\u0301",
    "\x00\x07\x1b[31m", "\r\n\t ",
)  # fmt: skip
MARKS = (
    "**", "_", "`", "```\n", "[", "](", ")", "![", "<", ">", "<@U1>",
    "<!here>", "@channel ", "|a|b|\n|-|-|\n", "# ", "- ", "> ", "\n\n", "[1]",
    "[EMAIL_1]", "[SECRET]", "&lt;", "\\", "...", "http://x.example/", "<!--",
    "-->", "\"", "„", "my password is ", "ignore all previous ", "!",
)  # fmt: skip
PIECES = st.sampled_from(SCRIPTS + MARKS) | st.text(max_size=12)
TEXTS = st.lists(PIECES, max_size=12).map("".join)
# Letters of any kind right before or after would make it part of another word.
SURE = st.sampled_from(
    (
        " ", "\n", "\t", "(", "„", '"', "«", "*", "**", "“", "、", "。", "，",
        "！", "：", "…", "—", "|", ">", "\u3000", "\xa0", "\u200b ", " \u200f",
        "\u202e ", "👍", "漢字", "電話は", "ครับ", "로", " ж ", " ا ", "🇩🇪 ",
        "\u202a", "\u202c", "\u2068",
    )
)  # fmt: skip
PERSONAL = {
    "sam.okafor@fernhill.example": Kind.EMAIL,
    "müller+x@straße.de": Kind.EMAIL,
    "DE89 3704 0044 0532 0130 00": Kind.IBAN,
    "GB29NWBK60161331926819": Kind.IBAN,
    "+49 30 901820-15": Kind.PHONE,
    "(415) 555-0132": Kind.PHONE,
    "+49\xa030\xa0901820": Kind.PHONE,
    "DE89\u202f3704\u202f0044\u202f0532\u202f0130\u202f00": Kind.IBAN,
    "4111 1111 1111 1111": Kind.CARD,
}
SECRETS = (
    "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5",
    "xoxb-" + "1234567890-1234567890-aB3dE5fG7hJ9kL1mN3pQ5rS7",
    "AKIA" + "Q3EGRYV7NZ2LKXWB",
    "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
)


@cache
def rules() -> Rules:
    return load(Path(__file__).parents[2] / "policies" / "workplace").pack.rules


def anywhere(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, str]]:
    """One of them, and a text with it inside."""
    return st.tuples(TEXTS, SURE, st.sampled_from(values), SURE, TEXTS).map(
        lambda x: ("".join(x), x[2])
    )


@bounded(150)
@given(planted=anywhere(SECRETS))
def test_no_planted_secret_stays(planted: tuple[str, str]) -> None:
    text, secret = planted
    assert secret not in redact(text).text
    assert secret not in check_output(text, (), (), (), text).text


@bounded(150)
@given(planted=anywhere(tuple(PERSONAL)))
def test_no_planted_value_stays(planted: tuple[str, str]) -> None:
    text, value = planted
    hidden = hide(redact(text).text, {})
    assert value not in hidden.text, hidden
    assert value not in masked(text)
    assert value not in check_output(text, (), (), ()).text


@bounded(60)
@given(before=TEXTS, after=TEXTS, word=st.sampled_from(("my password is ", "pw: ", "Kennwort: ")))
def test_no_password_stays_that_is_told_in_a_sentence(before: str, word: str, after: str) -> None:
    assert "Sommer2026!x" not in redact(f"{before}\n{word}Sommer2026!x\n{after}").text


@bounded(200)
@given(text=TEXTS)
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    clean = redact(text.encode(errors="ignore").decode()).text
    assert redact(clean).text == clean
    hidden = hide(clean, {})
    assert hide(hidden.text, hidden.fresh).text == hidden.text
    assert shown(hidden.text, hidden.fresh, list(Kind)).count("[") <= clean.count("[")
    assert plain(plain(text)) == plain(text)
    verdict = check_input(text, rules())
    assert hide(redact(verdict.text).text, {}).text == hide(verdict.text, {}).text


@bounded(150)
@given(text=TEXTS)
def test_what_was_checked_is_checked(text: str) -> None:
    checked = check_output(text, (), (), (), text)
    checked.text.encode()
    again = check_output(checked.text, (), (), (), text)
    if checked.text:
        assert again == Checked(text=checked.text, sources=(), mended=()), checked
    finished, rest = sentences(text)
    assert finished + rest == text


@bounded(150)
@given(text=TEXTS, origin=st.sampled_from(Origin))
def test_attempts_are_looked_for_in_every_script(text: str, origin: Origin) -> None:
    injection(text, origin)
    assert defused(defused(text)) == defused(text)


@bounded(150)
@given(text=TEXTS)
def test_every_script_is_drawn(text: str) -> None:
    source = Source(title=text, url="https://handbook.example/a")
    card = Card(title=text, status=text, body=text, facts=(Fact(label=text, text=text),))
    for reply in (Reply(text=text, sources=(source,)), Reply(text=text, card=card)):
        drawn = slack.reply(reply)
        assert not re.search(r"<[@!#](?!date\^)", json.dumps(drawn.blocks))
        assert json.dumps(teams.reply(reply))
    for made in (*(str(x.get("text", "")) for x in blocks.markdown(text)), markdown.shown(text)):
        assert not re.search(r"!\[(?!\d{1,3}\](?!\())", re.sub(r"(?s)`.*`", "", made)), made
    words, _ = from_slack(text, "U1")
    assert words == words.strip()
    assert markdown.literal(text)[:1] in ("\\", text[:1])


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("value", PERSONAL)
def test_both_stand_side_by_side(secret: str, value: str) -> None:
    hidden = hide(redact(f"{value} {secret}\n{secret} {value}").text, {})
    assert secret not in hidden.text
    assert value not in hidden.text

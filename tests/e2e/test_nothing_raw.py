"""What employees, leads and models write of somebody, looked for everywhere it could be kept."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psycopg
import pytest
from psycopg import sql

from adapters.store.embedded import Addresses
from tests.e2e.test_platforms import OnSlack, product_on, until
from tests.fixtures.model.endpoint import Answer, serving
from tests.slack_far_side import SECRET, TOKEN

pytestmark = pytest.mark.e2e

KEY = "a key for this test, long enough to be one"
REACHABLE = {
    "email": "sam.zebra@private.example",
    "phone": "+49 171 2340987",
    "ip": "203.0.113.77",
    "colleague": "Grace Delaney",
}
"""A lead may see these of whoever asks."""
VEILED = {
    "iban": "DE89 3704 0044 0532 0130 00",
    "card": "4111 1111 1111 1111",
    "id": "536-22-8145",
    "birth date": "03.11.1987",
    "address": "14 Zebra Lane",
}
SECRETS = {"password": "Zebra!Crossing77", "key": "ghp_zEbra0123456789zEbra0123456789zEbra1"}
STRANGER = "kim.giraffe@elsewhere.example"
"""Whom only the model speaks of."""


def everywhere(value: str) -> Iterator[str]:
    """As text, without its blanks, and as bytes are printed."""
    for text in {value, value.replace(" ", "")}:
        yield text
        yield text.encode().hex()
        yield base64.b64encode(text.encode()).decode().rstrip("=")[:-2]


def found(text: str, *groups: dict[str, str]) -> list[str]:
    return [
        k for group in groups for k, v in group.items() if any(x in text for x in everywhere(v))
    ]


async def dump(url: str) -> str:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        tables = await connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        rows: list[str] = []
        for (table,) in await tables.fetchall():
            query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table))
            rows += [str(x[0]) for x in await (await connection.execute(query)).fetchall()]
    return "\n".join(rows)


def says(text: str) -> Answer:
    piece = {
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": text},
                     "finish_reason": "stop"}],
    }  # fmt: skip
    return Answer(body=f"data: {json.dumps(piece)}\n\ndata: [DONE]\n\n".encode())


async def walk(slack: OnSlack, thread: str) -> None:
    """From the answer to a case that Dana has, with words of everybody."""
    await until(lambda: "Ask a person" in str(slack.answers(thread)), "an answer")
    await slack.press("DSAM", "sam", "Ask a person")
    await until(slack.cards, "the card")
    await slack.press("CDESK", "dana", "Take it")
    await until(lambda: "Reveal" in str(slack.cards()), "its button")
    await slack.fill("Reply", f"Call me on {REACHABLE['phone']}, not by card {VEILED['card']}")
    await until(lambda: "Call me" in str(slack.answers(thread)), "the reply")
    await slack.note(f"born {VEILED['birth date']}")
    await slack.ask(f"ok. {VEILED['id']} is my SSN", thread)
    await until(lambda: "is my SSN" in str(slack.under()), "the line under the card")
    for secret in SECRETS.values():
        await slack.ask(f"my password is {secret}")
    await until(
        lambda: str(slack.told("DSAM")).count("handbook.example/it/password") > 1,
        "the advice, twice",
    )
    body = slack.far.says("CALL", "USAM", f"<@UBOT> VPN? I am {REACHABLE['email']}")
    body["event"]["type"] = "app_mention"
    await slack.deliver(body)
    await until(lambda: slack.answers(body["event"]["ts"], "CALL"), "the answer in public")


async def test_no_value_is_where_it_may_not_be(
    tmp_path: Path, database: Addresses, capfd: pytest.CaptureFixture[str]
) -> None:
    slack = OnSlack()
    told = "My VPN drops. " + ", ".join(f"my {k} is {v}" for k, v in (REACHABLE | VEILED).items())
    async with serving() as model:
        model.tell(says(f"Is it {VEILED['iban']}? Write to {STRANGER} please."))
        settings = {
            "DATABASE_URL": database.application,
            "HANDRAIL_KEY": KEY,
            "OPENAI_BASE_URL": model.url,
            "OPENAI_API_KEY": "k",
            "HANDRAIL_MODEL_FAST": "m",
        }
        async with (
            product_on(tmp_path, slack, **settings) as product,
            aiohttp.ClientSession() as session,
        ):
            await walk(slack, await slack.ask(told))
            async with session.get(f"{product.console}/metrics") as answer:
                metrics = await answer.text()
            # The form asks for the reason; what it shows goes to Dana alone.
            await slack.press("CDESK", "dana", "Reveal")
            await slack.deliver(slack.far.submitted("UDANA", "to call the bank"))
            await until(lambda: "stand for" in _posted(slack, "CDESK", alone=True), "it")
        sent = b"".join(model.bodies).decode()
    kept, logs = await dump(database.owner), "".join(capfd.readouterr())
    assert '"event"' in logs
    exported = _export(database)
    assert "to call the bank" in exported
    for name, text in (
        ("database", kept), ("log", logs), ("metrics", metrics), ("model", sent),
        ("export", exported),
    ):  # fmt: skip
        assert found(text, REACHABLE, VEILED, SECRETS) == [], name
    _each_sees_what_they_may(slack)


def _each_sees_what_they_may(slack: OnSlack) -> None:
    desk = _posted(slack, "CDESK")
    assert set(found(desk, REACHABLE)) == set(REACHABLE)
    assert found(desk, VEILED, SECRETS) == []
    assert "iban" in found(_posted(slack, "CDESK", alone=True), VEILED)
    assert found(_posted(slack, "CALL"), REACHABLE, VEILED, SECRETS) == []
    assert found(_posted(slack, "DSAM"), SECRETS) == []
    assert "phone" in found(_posted(slack, "DSAM"), REACHABLE)
    assert STRANGER not in json.dumps(slack.far.posted)


def _posted(slack: OnSlack, channel: str, *, alone: bool = False) -> str:
    """All that the bot wrote there, to everybody or to one person alone. Empty: nothing."""
    said = [x for x in slack.far.posted[channel] if x["user"] == "UBOT"]
    one = [x for x in said if ("only_for" in x) == alone]
    return json.dumps(one, ensure_ascii=False) if one else ""


def _export(database: Addresses) -> str:
    """What `handrail audit export` writes."""
    program = Path(sys.executable).with_name("handrail")
    # As one of the company's processes, not of the demonstration.
    environment = {**os.environ, "SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET}
    environment |= {"DATABASE_URL": database.application, "HANDRAIL_KEY": KEY}
    done = subprocess.run([program, "audit", "export"], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()

"""The product on real platforms' wires: ask, card, take, reply, answer, resolve."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.product import Product, running
from tests.slack_far_side import SECRET, TOKEN, FarSlack, person

pytestmark = pytest.mark.e2e


async def until(true: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = true()
        if found:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"it never came: {what}")


class OnSlack:
    """Sam asks in Slack, Dana leads in Slack."""

    def __init__(self, slack: FarSlack, product: Product, session: aiohttp.ClientSession) -> None:
        self.slack = slack
        self.product = product
        self.session = session
        self.url = f"{product.public}/slack/events"

    async def deliver(self, body: dict[str, Any]) -> str:
        status, text = await self.slack.deliver(self.session, self.url, body)
        assert status == 200, text
        return text

    async def ask(self, text: str, thread: str | None = None) -> str:
        body = self.slack.says("D1", "U1", text, thread)
        await self.deliver(body)
        return thread or str(body["event"]["ts"])

    def answers(self, thread: str, channel: str = "D1") -> list[str]:
        return [_words(x) for x in self.slack.messages(channel, thread) if x["user"] == "UBOT"]

    async def press(self, channel: str, user: str, label: str) -> str:
        return await self.deliver(self.slack.button(channel, user, label))


def _words(message: dict[str, Any]) -> str:
    return json.dumps([message["text"], message.get("blocks")], ensure_ascii=False)


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[OnSlack]:
    far = await FarSlack().start()
    people = {"U1": "sam.okafor", "U2": "dana.whitfield", "U3": "priya.raman", "U4": "robin.castle"}
    for id, name in people.items():
        far.users[id] = person(id, f"{name}@fernhill.example", name)
        far.chat(f"D{id[1:]}", id)
    far.room("CDESK", "U2", "U4", is_private=True)
    far.room("CHC", "U3", "U4", is_private=True)
    far.room("CALL", *people)
    tmp_path.chmod(0o755)
    settings = {
        "SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": far.url,
        "HANDRAIL_HANDBOOK_URL": "https://handbook.example/",
    }  # fmt: skip
    async with (
        running(tmp_path / "data", **settings) as product,
        aiohttp.ClientSession() as session,
    ):
        here = OnSlack(far, product, session)
        await here.deliver(far.slash("D4", "U4", f"admin {product.admin_code}"))
        await until(lambda: far.messages("D4"), "the welcome of the first admin")
        await here.deliver(far.slash("CDESK", "U4", "queue IT here"))
        await here.deliver(far.slash("CHC", "U4", "queue HR-confidential here"))
        await until(lambda: len([x for x in far.posted["CHC"] if "only_for" in x]), "both bound")
        far.posted["CDESK"].clear()
        yield here
    await far.stop()


async def test_a_case_from_the_question_to_its_end(slack: OnSlack) -> None:
    thread = await slack.ask("My VPN keeps dropping")
    await until(lambda: any("https://handbook.example/" in x for x in slack.answers(thread)), "it")
    answer = slack.answers(thread)[0]
    assert "feedback_buttons" in answer
    await slack.press("D1", "U1", "Ask a person")
    (card,) = await until(lambda: slack.slack.messages("CDESK"), "the card")
    assert "Sam Okafor" in _words(card)
    await slack.press("CDESK", "U2", "Take it")
    await until(lambda: any("Dana Whitfield" in x for x in slack.answers(thread)), "who has it")
    await slack.press("CDESK", "U2", "Reply")
    text = await slack.deliver(slack.slack.submitted("U2", "Try the **other** gateway."))
    assert json.loads(text) == {"response_action": "clear"}
    await until(lambda: any("other** gateway" in x for x in slack.answers(thread)), "the reply")
    await slack.ask("That works, thank you!", thread)
    under = await until(lambda: slack.slack.messages("CDESK", card["ts"])[-1:], "the line")
    await until(lambda: "That works" in _words(slack.slack.messages("CDESK", card["ts"])[-1]), "it")
    assert under
    note = slack.slack.says("CDESK", "U2", "only among us", card["ts"])
    note["event"]["channel_type"] = "group"
    await slack.deliver(note)
    await slack.press("CDESK", "U2", "Mark solved")
    await until(lambda: "Reopen" in _words(slack.slack.messages("CDESK")[0]), "the end")
    assert not any("only among us" in x for x in slack.answers(thread))
    assert len(slack.slack.messages("CDESK")) == 1


async def test_what_is_asked_in_public_about_hr_is_answered_in_private(slack: OnSlack) -> None:
    body = slack.slack.says("CALL", "U1", "<@UBOT> how many days of parental leave do I get?")
    body["event"]["type"] = "app_mention"
    await slack.deliver(body)
    ts = body["event"]["ts"]
    await until(lambda: slack.answers(ts, "CALL"), "the word that it goes on in private")
    await until(lambda: slack.slack.messages("D1"), "the answer")
    assert "https://" not in slack.answers(ts, "CALL")[0]


async def test_a_message_that_comes_three_times_and_as_two_events_has_one_answer(
    slack: OnSlack,
) -> None:
    body = slack.slack.says("CALL", "U1", "<@UBOT> my VPN keeps dropping")
    twin = slack.slack.envelope({**body["event"], "type": "app_mention"})
    for one in (body, twin, body, twin, body):
        await slack.deliver(one)
    ts = body["event"]["ts"]
    await until(lambda: any("handbook.example" in x for x in slack.answers(ts, "CALL")), "it")
    await asyncio.sleep(1)
    assert len(slack.answers(ts, "CALL")) == 1


async def test_a_confidential_case_stays_among_those_who_may_know(slack: OnSlack) -> None:
    thread = await slack.ask("Can I talk to HR privately?")
    await until(lambda: "HC-1042" in _words(slack.slack.messages("CHC")[-1]), "the card")
    await slack.ask("It is about ZEBRA", thread)
    await until(lambda: len(slack.answers(thread)) > 1, "the word that it was added")
    await slack.press("CHC", "U3", "Take it")
    await until(lambda: "Show details" in _words(slack.slack.messages("CHC")[-1]), "its button")
    assert "ZEBRA" not in json.dumps(slack.slack.posted["CHC"])
    await slack.press("CHC", "U3", "Show details")
    assert "ZEBRA" in json.dumps(slack.slack.views[-1])
    await slack.press("CHC", "U2", "Show details")
    assert "ZEBRA" not in json.dumps(slack.slack.views[-1])


async def test_a_guest_is_no_employee(slack: OnSlack) -> None:
    slack.slack.users["U9"] = person("U9", "guest@other.example", is_restricted=True)
    slack.slack.chat("D9", "U9")
    body = slack.slack.says("D9", "U9", "What is the Wi-Fi password?")
    await slack.deliver(body)
    (said,) = await until(lambda: slack.answers(body["event"]["ts"], "D9"), "a polite no")
    assert "handbook.example" not in said

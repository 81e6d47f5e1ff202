"""The product on real platforms' wires: ask, card, take, reply, answer, resolve."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.product import Product, running
from tests.slack_far_side import SECRET, TOKEN, FarSlack, person
from tests.teams_far_side import APP, PASSWORD, TENANT, FarTeams

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
    """People in Slack; their ids, by first name."""

    name = "slack"
    chat, desk, hall = "DSAM", "CDESK", "CALL"

    def __init__(self) -> None:
        self.far = FarSlack()

    async def open(self) -> dict[str, str]:
        await self.far.start()
        for name, email in PEOPLE.items():
            user = f"U{name.upper()}"
            self.far.users[user] = person(user, email, name)
            self.far.chat(f"D{name.upper()}", user)
        self.far.room("CDESK", "UDANA", "UMARCO", "UROBIN", is_private=True)
        self.far.room("CHC", "UPRIYA", "UROBIN", is_private=True)
        self.far.room("CALL", *self.far.users)
        return {
            "SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": self.far.url,
        }  # fmt: skip

    async def close(self) -> None:
        await self.far.stop()

    def connect(self, product: Product, session: aiohttp.ClientSession) -> None:
        self.url = f"{product.public}/slack/events"
        self.session = session

    async def deliver(self, body: dict[str, Any]) -> str:
        status, text = await self.far.deliver(self.session, self.url, body)
        assert status == 200, text
        return text

    async def ask(self, text: str, thread: str | None = None) -> str:
        """Sam's words; returns where the answer will stand."""
        body = self.far.says("DSAM", "USAM", text, thread)
        await self.deliver(body)
        return thread or str(body["event"]["ts"])

    def answers(self, thread: str, channel: str = "DSAM") -> list[str]:
        return [_words(x) for x in self.far.messages(channel, thread) if x["user"] == "UBOT"]

    async def command(self, channel: str, text: str) -> None:
        """Robin's."""
        await self.deliver(self.far.slash(channel, "UROBIN", text))

    def told(self, channel: str) -> list[str]:
        """What was said there to one person alone, or in their own chat."""
        return [_words(x) for x in self.far.posted[channel]]

    def cards(self) -> list[str]:
        return [_words(x) for x in self.far.messages("CDESK") if "IT-1" in _words(x)]

    def under(self) -> list[str]:
        card = next(x for x in self.far.messages("CDESK") if "IT-1" in _words(x))
        return [_words(x) for x in self.far.messages("CDESK", card["ts"])]

    async def press(self, channel: str, who: str, label: str) -> None:
        await self.deliver(self.far.button(channel, f"U{who.upper()}", label))

    async def fill(self, label: str, text: str | None) -> None:
        """Dana sends the form of this button on the card. None: as it opened."""
        await self.press("CDESK", "dana", label)
        answer = await self.deliver(self.far.submitted("UDANA", text))
        assert json.loads(answer) == {"response_action": "clear"}

    async def note(self, text: str) -> None:
        """Dana's, in the thread under the card."""
        card = next(x for x in self.far.messages("CDESK") if "IT-1" in _words(x))
        await self.deliver(self.far.says("CDESK", "UDANA", text, card["ts"]))


class OnTeams:
    """The same people in Teams."""

    name = "teams"
    chat, desk, hall = "a:sam", "19:desk", "19:general"

    def __init__(self) -> None:
        self.far = FarTeams()

    async def open(self) -> dict[str, str]:
        await self.far.start()
        for name, email in PEOPLE.items():
            self.far.person(f"29:{name}", email, name)
            self.far.chat(f"a:{name}", f"29:{name}")
        self.far.room("19:desk", "channel", "29:dana", "29:marco", "29:robin")
        self.far.room("19:hc", "groupChat", "29:priya", "29:robin")
        self.far.room("19:general", "channel", *self.far.members)
        return {
            "TEAMS_APP_ID": APP, "TEAMS_APP_PASSWORD": PASSWORD, "TEAMS_TENANT_ID": TENANT,
            "TEAMS_OPENID_METADATA_URL": f"{self.far.url}/metadata",
            "TEAMS_TOKEN_URL": f"{self.far.url}/token",
        }  # fmt: skip

    async def close(self) -> None:
        await self.far.stop()

    def connect(self, product: Product, session: aiohttp.ClientSession) -> None:
        self.url = f"{product.public}/api/messages"
        self.session = session

    async def deliver(self, body: dict[str, Any]) -> Any:
        status, answer = await self.far.deliver(self.session, self.url, body)
        assert status == 200, answer
        return answer

    async def ask(self, text: str, thread: str | None = None) -> str:
        await self.deliver(self.far.says("a:sam", "29:sam", text))
        return ""

    def answers(self, thread: str, channel: str = "a:sam") -> list[str]:
        return [_words(x) for x in self.far.messages(channel, thread or None)]

    async def command(self, channel: str, text: str) -> None:
        words = f"handrail {text}"
        await self.deliver(self.far.says(channel, "29:robin", words, mention=True))

    def told(self, channel: str) -> list[str]:
        targeted = [_words(x) for _, x in self.far.targeted]
        return targeted + [_words(x) for x in self.far.messages(channel)]

    def cards(self) -> list[str]:
        return [_words(x) for x in self.far.messages("19:desk") if "IT-1" in _words(x)]

    def _root(self) -> str:
        roots = self.far.posted["19:desk"].items()
        return next(id for id, x in roots if "IT-1" in _words(x))

    def under(self) -> list[str]:
        return [_words(x) for x in self.far.messages("19:desk", self._root())]

    async def press(self, channel: str, who: str, label: str) -> None:
        await self.deliver(self.far.button(channel, f"29:{who}", label))

    async def fill(self, label: str, text: str | None) -> None:
        dialog = await self.deliver(self.far.button("19:desk", "29:dana", label))
        answer = await self.deliver(self.far.submitted("19:desk", "29:dana", dialog, text))
        assert answer == {}

    async def note(self, text: str) -> None:
        place = f"19:desk;messageid={self._root()}"
        await self.deliver(self.far.says(place, "29:dana", text, mention=True))


def _words(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False)


PEOPLE = {
    "sam": "sam.okafor@fernhill.example",
    "dana": "dana.whitfield@fernhill.example",
    "marco": "marco.silva@fernhill.example",
    "priya": "priya.raman@fernhill.example",
    "robin": "robin.castle@fernhill.example",
}


@asynccontextmanager
async def product_on(
    data: Path, *platforms: OnSlack | OnTeams, **more: str
) -> AsyncGenerator[Product]:
    """The first is where Robin becomes admin; the last is where the desks are."""
    settings = {"HANDRAIL_HANDBOOK_URL": "https://handbook.example/", **more}
    for one in platforms:
        settings |= await one.open()
    data.chmod(0o755)
    desk = platforms[-1]
    try:
        async with (
            running(data / "data", **settings) as product,
            aiohttp.ClientSession() as session,
        ):
            for one in platforms:
                one.connect(product, session)
            robin = "DROBIN" if isinstance(desk, OnSlack) else "a:robin"
            await desk.command(robin, f"admin {product.admin_code}")
            await until(lambda: desk.told(robin), "the welcome of the first admin")
            await desk.command(desk.desk, "queue IT here")
            await until(lambda: any("Done" in x for x in desk.told(desk.desk)), "IT is bound")
            confidential = "CHC" if isinstance(desk, OnSlack) else "19:hc"
            await desk.command(confidential, "queue HR-confidential here")
            await until(
                lambda: any("HR-confidential arrive" in x for x in desk.told(confidential)), "HC"
            )
            yield product
    finally:
        for one in platforms:
            await one.close()


@pytest.mark.parametrize("employee", [OnSlack, OnTeams], ids=["asks in Slack", "asks in Teams"])
@pytest.mark.parametrize("lead", [OnSlack, OnTeams], ids=["led in Slack", "led in Teams"])
async def test_a_case_from_the_question_to_its_end(
    tmp_path: Path, employee: type[OnSlack | OnTeams], lead: type[OnSlack | OnTeams]
) -> None:
    desk = lead()
    sam = desk if employee is lead else employee()
    async with product_on(tmp_path, *dict.fromkeys((sam, desk))):
        thread = await sam.ask("My VPN keeps dropping")
        await until(lambda: "https://handbook.example/" in str(sam.answers(thread)), "an answer")
        await sam.press(sam.chat, "sam", "Ask a person")
        await until(desk.cards, "the card")
        assert "Sam Okafor" in desk.cards()[0]
        await desk.press(desk.desk, "dana", "Take it")
        await until(lambda: "Dana Whitfield" in str(sam.answers(thread)), "who has it")
        await desk.fill("Reply", "Try the **other** gateway.")
        await until(lambda: "other** gateway" in str(sam.answers(thread)), "the reply")
        await sam.ask("That works, thank you!", thread)
        await until(lambda: "That works" in str(desk.under()), "the line under the card")
        await desk.note("only among us")
        await desk.press(desk.desk, "dana", "Mark solved")
        await until(lambda: "Reopen" in desk.cards()[0], "the end")
        assert "only among us" not in str(sam.answers(thread))
        assert len(desk.cards()) == 1
        await desk.fill("Make a page of it", None)
        await until(lambda: "proposes a page" in str(desk.under()), "the proposal")
        assert "other** gateway" in desk.under()[-1]
        await desk.press(desk.desk, "dana", "Publish")
        await desk.press(desk.desk, "marco", "Publish")
        await until(lambda: "Marco Silva published" in str(desk.under()), "the page")
        assert "Dana Whitfield published" not in str(desk.under())


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[OnSlack]:
    here = OnSlack()
    async with product_on(tmp_path, here):
        yield here


async def test_what_is_asked_in_public_about_hr_is_answered_in_private(slack: OnSlack) -> None:
    body = slack.far.says("CALL", "USAM", "<@UBOT> how many days of parental leave do I get?")
    body["event"]["type"] = "app_mention"
    await slack.deliver(body)
    ts = body["event"]["ts"]
    await until(lambda: slack.answers(ts, "CALL"), "the word that it goes on in private")
    await until(lambda: slack.far.messages("DSAM"), "the answer")
    assert "https://" not in slack.answers(ts, "CALL")[0]


async def test_a_message_that_comes_three_times_and_as_two_events_has_one_answer(
    slack: OnSlack,
) -> None:
    body = slack.far.says("CALL", "USAM", "<@UBOT> my VPN keeps dropping")
    twin = slack.far.envelope({**body["event"], "type": "app_mention"})
    for one in (body, twin, body, twin, body):
        await slack.deliver(one)
    ts = body["event"]["ts"]
    await until(lambda: any("handbook.example" in x for x in slack.answers(ts, "CALL")), "it")
    await asyncio.sleep(1)
    assert len(slack.answers(ts, "CALL")) == 1


async def test_a_confidential_case_stays_among_those_who_may_know(slack: OnSlack) -> None:
    thread = await slack.ask("Can I talk to HR privately?")
    await until(lambda: "HC-1042" in str(slack.far.messages("CHC")), "the card")
    await slack.ask("It is about ZEBRA", thread)
    await until(lambda: len(slack.answers(thread)) > 1, "the word that it was added")
    await slack.press("CHC", "priya", "Take it")
    await until(lambda: "Show details" in _words(slack.far.messages("CHC")[-1]), "its button")
    assert "ZEBRA" not in json.dumps(slack.far.posted["CHC"])
    await slack.press("CHC", "priya", "Show details")
    assert "ZEBRA" in json.dumps(slack.far.views[-1])
    await slack.press("CHC", "dana", "Show details")
    assert "ZEBRA" not in json.dumps(slack.far.views[-1])


async def test_a_follow_up_goes_on_in_its_own_thread_and_the_case_knows_what_was_tried(
    slack: OnSlack,
) -> None:
    first = await slack.ask("My VPN keeps dropping")
    await until(lambda: "handbook.example" in str(slack.answers(first)), "an answer")
    second = await slack.ask("Still broken, I board in 40 minutes. I need a person")
    await until(slack.cards, "the card")
    assert "VPN keeps dropping" in slack.cards()[0]
    assert "Shown: VPN" in slack.cards()[0]
    await until(lambda: "IT-1042" in str(slack.answers(second)), "the word, in the new thread")
    assert "IT-1042" not in str(slack.answers(first))


async def test_a_guest_is_no_employee(slack: OnSlack) -> None:
    slack.far.users["U9"] = person("U9", "guest@other.example", is_restricted=True)
    slack.far.chat("D9", "U9")
    body = slack.far.says("D9", "U9", "What is the Wi-Fi password?")
    await slack.deliver(body)
    (said,) = await until(lambda: slack.answers(body["event"]["ts"], "D9"), "a polite no")
    assert "handbook.example" not in said

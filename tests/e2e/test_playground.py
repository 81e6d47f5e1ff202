"""The walk in Teams' own kind of client: chat, channel, card and buttons, with pictures."""

from pathlib import Path

import pytest

from tests.e2e.playground import playground
from tests.e2e.product import running

pytestmark = pytest.mark.e2e

PICTURES = Path(__file__).resolve().parents[2] / "build" / "pictures"


async def test_the_walk_in_the_agents_playground(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    PICTURES.mkdir(parents=True, exist_ok=True)
    settings = {"TEAMS_PLAYGROUND": "1", "HANDRAIL_HANDBOOK_URL": "https://handbook.example/"}
    async with (
        running(tmp_path / "data", **settings) as product,
        playground(f"{product.public}/api/messages", tmp_path) as teams,
    ):
        page = teams.page

        async def picture(name: str) -> None:
            await page.screenshot(path=PICTURES / f"teams-{name}.png")

        await teams.sees("I'm an AI")
        await picture("hello")
        await teams.say(f"handrail admin {product.admin_code}")
        await teams.sees("an admin now")
        await teams.go("it-desk")
        await teams.post("handrail queue IT here")
        await teams.sees("arrive here from now on")
        await teams.post("my VPN keeps dropping")
        await teams.sees("hotspot")
        await picture("channel")
        await teams.go("Personal Chat")
        await teams.say("My VPN keeps dropping")
        await teams.sees("AI generated")
        await teams.sees("hotspot")
        await picture("answer")
        await page.get_by_role("button", name="Ask a person").last.click()
        await teams.sees("passed this on")
        await teams.go("it-desk")
        await page.get_by_role("button", name="Take it").last.click()
        await teams.sees("Dana Whitfield has it")
        await picture("card")
        await teams.go("Personal Chat")
        await teams.sees("has your case")
        await picture("taken")

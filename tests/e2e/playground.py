"""Microsoft's Agents Playground: a Teams client that nobody here wrote, in headless Chromium."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from playwright.async_api import Page, Route, async_playwright

from tests.e2e.product import free_ports

CLI = Path(__file__).parent / "node_modules" / "@microsoft" / "m365agentsplayground" / "cli.js"
BOT = "Handrail"


def _user(name: str, email: str, number: int) -> dict[str, str]:
    given, _, surname = name.partition(" ")
    return {
        "id": f"29:{given.lower()}", "name": name, "userPrincipleName": email, "email": email,
        "aadObjectId": f"33333333-3333-3333-3333-33333333333{number}", "givenName": given,
        "surname": surname,
    }  # fmt: skip


NAMES = ("Dana Whitfield", "Sam Okafor", "Priya Raman", "Robin Castle", "Lena Vogt", "Marco Silva")
USERS = [
    _user(name, f"{name.lower().replace(' ', '.')}@fernhill.example", i)
    for i, name in enumerate(NAMES)
]
CONFIG: dict[str, Any] = {
    "version": "0.1.1",
    "tenantId": "11111111-1111-1111-1111-111111111111",
    "bot": {"id": "28:22222222-2222-2222-2222-222222222222", "name": BOT},
    "currentUser": USERS[0],
    "users": USERS[1:],
    "personalChat": {"id": "a:personal-dana"},
    "groupChat": {"id": "19:group1@thread.v2", "name": "Group Chat"},
    "team": {
        "id": "19:team1@thread.tacv2",
        "name": "IT",
        "aadGroupId": "44444444-4444-4444-4444-444444444444",
        "channels": [{"id": "19:desk@thread.tacv2", "name": "it-desk"}],
    },
}


@dataclass(frozen=True, slots=True)
class Playground:
    page: Page

    async def go(self, name: str) -> None:
        await self.page.get_by_role("treeitem", name=name).click()

    async def say(self, text: str) -> None:
        """In a chat."""
        box = self.page.get_by_role("textbox").last
        await box.click()
        await self.page.keyboard.type(text)
        await self.page.get_by_role("button", name="Send Message").click()

    async def post(self, text: str, *, reply: bool = False) -> None:
        """In a channel, with a mention: a new post, or under the last one."""
        box = self.page.get_by_role("textbox")
        box = box.nth(1) if reply else box.first
        await box.click()
        await self.page.keyboard.type("@", delay=40)
        await self.page.get_by_role("menuitem", name=BOT).click()
        await self.page.keyboard.type(f" {text}")
        name = "Reply" if reply else "Post"
        await self.page.get_by_role("button", name=name, exact=True).first.click()

    async def sees(self, text: str, seconds: float = 20) -> None:
        await self.page.get_by_text(text).last.wait_for(timeout=seconds * 1000)


@asynccontextmanager
async def playground(endpoint: str, folder: Path) -> AsyncGenerator[Playground]:
    config = folder / ".m365agentsplayground.yml"
    config.write_text(yaml.safe_dump(CONFIG))
    (port,) = free_ports(1)
    environment = os.environ | {
        "TEAMSAPPTESTER_BROWSER": "none",
        "M365_AGENTS_PLAYGROUND_CONFIG_PATH": str(config),
    }
    process = await asyncio.create_subprocess_exec(
        "node", str(CLI), "start", "--app-endpoint", endpoint, "--channel-id", "msteams",
        "--port", str(port), "--disable-telemetry",
        cwd=folder, env=environment, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await _answers(f"http://localhost:{port}/_debug/ping")
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox"]
            )
            page = await browser.new_page(viewport={"width": 1500, "height": 950})
            await page.route("**/*", _stay_here)
            await page.goto(f"http://localhost:{port}/", wait_until="domcontentloaded")
            await page.get_by_role("button", name="Send Message").wait_for(timeout=20_000)
            yield Playground(page)
            await browser.close()
    finally:
        process.kill()
        await process.wait()


async def _stay_here(route: Route) -> None:
    """Its page asks a server of Microsoft's for fonts."""
    if "//localhost:" in route.request.url or "//127.0.0.1:" in route.request.url:
        await route.continue_()
    else:
        await route.abort()


async def _answers(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(200):
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    raise AssertionError("the Agents Playground did not start")

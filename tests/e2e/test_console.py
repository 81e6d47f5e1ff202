"""The two minutes that convince: the walk through the console, in a real browser."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.e2e.product import Product, running

pytestmark = pytest.mark.e2e

PICTURES = Path(__file__).resolve().parents[2] / "build" / "pictures"
"""What people see, to be looked at."""


@pytest.fixture
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    folder = tmp_path_factory.mktemp("product")
    for each in (folder, folder.parent, folder.parent.parent):
        each.chmod(0o755)
    async with running(folder / "data") as product:
        yield product


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "install Chromium: apt-get install chromium"
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=quiet)
        yield browser
        # A browser that is gone already was closed all the same.
        with suppress(Exception):
            await browser.close()


class Console:
    """The page, as somebody in front of it would speak of it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.left = page.get_by_role("region", name="Employee")
        self.right = page.get_by_role("region", name="Desk")
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def say(self, text: str, side: Locator | None = None) -> None:
        box = (side or self.left).get_by_role("textbox")
        await box.fill(text)
        await box.press("Enter")

    async def become(self, side: Locator, name: str) -> None:
        options = side.get_by_label("Be somebody else")
        label = await options.locator("option", has_text=name).inner_text()
        await options.select_option(label=label)

    async def form(self, text: str) -> None:
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_role("textbox").fill(text)
        await dialog.get_by_role("button", name="Send").click()
        await expect(dialog).to_be_hidden()

    def card(self, text: str) -> Locator:
        return self.right.locator("article.card").filter(has_text=text)

    async def picture(self, name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=PICTURES / f"{name}.png")


async def opened(browser: Browser, product: Product, **context: object) -> Console:
    page = await browser.new_page(**{"viewport": {"width": 1360, "height": 850}, **context})  # type: ignore[arg-type]
    console = Console(page)
    await page.goto(product.console)
    await expect(console.left).to_contain_text("I'm an AI")
    return console


async def test_the_walk_that_convinces(product: Product, browser: Browser) -> None:
    console = await opened(browser, product)
    left, right = console.left, console.right
    await expect(right).to_contain_text("IT-1042")
    await expect(right).to_contain_text("left")

    await left.get_by_role("button", name="My VPN keeps dropping").click()
    source = left.get_by_role("link", name=re.compile("VPN keeps dropping")).first
    await expect(source).to_be_visible()
    await expect(left.get_by_role("button", name="Ask a person")).to_be_visible()

    await left.get_by_role("button", name=re.compile("Still broken")).click()
    card = console.card("IT-1043")
    await expect(card).to_contain_text("I board in 40 minutes", timeout=2000)
    for word in ("Sam Okafor", "Sales, Berlin", "VPN › VPN keeps dropping", "Urgent", "29:"):
        await expect(card).to_contain_text(word)
    await expect(left).to_contain_text("IT-1043")
    await console.picture("wide-light")

    await card.get_by_role("button", name="note").click()
    await console.form("He is always in a hurry.")
    await card.get_by_role("button", name="Reply").click()
    await console.form("Use the Frankfurt gateway.")
    await expect(left).to_contain_text("Dana Whitfield")
    await expect(left).to_contain_text("Use the Frankfurt gateway.")
    await expect(right).to_contain_text("He is always in a hurry.")
    await expect(left).not_to_contain_text("always in a hurry")

    await console.say("Can I talk to HR privately?")
    await expect(right).to_contain_text("HR-confidential: Dana cannot see this")
    await expect(right).not_to_contain_text("HC-1044")
    await right.get_by_role("button", name=re.compile("Priya")).click()
    confidential = console.card("HC-1044")
    await expect(confidential).to_be_visible()
    await expect(confidential).not_to_contain_text("Sam")
    await confidential.get_by_role("button", name="Take").click()
    await confidential.get_by_role("button", name="details").click()
    await expect(console.page.get_by_role("dialog")).to_contain_text("Sam Okafor")
    assert console.errors == []


async def test_a_reminder_fires_when_time_is_skipped(product: Product, browser: Browser) -> None:
    console = await opened(browser, product)
    await console.say("Can I talk to a person? It is urgent, my laptop smokes")
    await expect(console.card("IT-1043")).to_contain_text("Urgent")
    await console.page.get_by_role("button", name="Skip 30 minutes").click()
    await expect(console.right).to_contain_text("nobody", ignore_case=True)
    await expect(console.card("IT-1043")).to_contain_text("overdue", ignore_case=True)


async def test_the_first_admin_sets_things_in_chat(product: Product, browser: Browser) -> None:
    console = await opened(browser, product)
    right = console.right
    await console.become(right, "Robin")
    await console.say("/handrail status", right)
    await expect(right).to_contain_text("admin", ignore_case=True)
    await console.say(f"/handrail admin {product.admin_code}", right)
    await console.say("/handrail status", right)
    await expect(right).to_contain_text("hr-confidential")
    await console.say("/handrail pause", right)
    await expect(right).to_contain_text("Paused. I answer nothing")
    await console.say("My VPN keeps dropping")
    await expect(console.left.get_by_role("button", name="Ask a person")).to_be_visible()
    await expect(console.left).not_to_contain_text("Restart the laptop")
    await console.say("/handrail resume", right)
    await expect(right).to_contain_text("answering again")
    await console.say("My VPN keeps dropping")
    await expect(console.left).to_contain_text("Restart the laptop")


async def test_what_is_not_in_the_handbook_gets_titles_or_a_person(
    product: Product, browser: Browser
) -> None:
    console = await opened(browser, product)
    await console.say("my laptop cannot find the server of the vpn on the moon")
    person = console.left.get_by_role("button", name="Ask a person")
    await expect(person.last).to_be_visible()
    await person.last.click()
    await expect(console.card("IT-1043")).to_be_visible()


async def test_a_second_employee_is_answered_in_german(product: Product, browser: Browser) -> None:
    console = await opened(browser, product)
    await console.become(console.left, "Lena")
    await console.say("Wie viele Urlaubstage habe ich?")
    await expect(console.left).to_contain_text("Geht es um")
    await expect(console.left.get_by_role("button", name="IT-1042")).to_be_visible()


async def test_another_handbook_is_read_from_a_folder(
    product: Product, browser: Browser, tmp_path: Path
) -> None:
    page = "# Parrots\n\n## Feeding the office parrot\n\nTwo spoons of seeds at noon, no toast.\n"
    (tmp_path / "parrots.md").write_text(page)
    console = await opened(browser, product)
    await console.page.get_by_role("button", name="Use my handbook").click()
    dialog = console.page.get_by_role("dialog")
    await dialog.get_by_role("textbox").fill(str(tmp_path))
    await dialog.get_by_role("button").last.click()
    await expect(console.page.get_by_text("1 pages")).to_be_visible()
    await console.page.keyboard.press("Escape")
    await console.say("how do I feed the office parrot?")
    await expect(console.left).to_contain_text("Feeding the office parrot")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1360, 850), (390, 844)])
async def test_pictures_to_look_at(
    product: Product, browser: Browser, scheme: str, size: tuple[int, int]
) -> None:
    width, height = size
    console = await opened(
        browser, product, color_scheme=scheme, viewport={"width": width, "height": height}
    )
    await console.say("My VPN keeps dropping")
    await expect(console.left.get_by_role("button", name="Ask a person")).to_be_visible()
    await console.say("Still broken, I board in 40 minutes")
    await expect(console.left).to_contain_text("IT-1043")
    await console.picture(f"{'wide' if width > 800 else 'narrow'}-{scheme}")
    assert console.errors == []

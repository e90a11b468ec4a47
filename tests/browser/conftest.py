"""A real browser before the session's town: whatever goes wrong on a page while a test looks elsewhere fails it too."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect, sync_playwright

from deploy.local import browser as machine
from deploy.local.places import CHECKOUT
from tests.support.officials import SESSION, cookie_of
from tests.support.town import RunningTown

SCREENS = CHECKOUT / ".cache" / "screens"
PICTURES = CHECKOUT / "docs" / "pictures"
ARGUMENTS = (
    *("--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--no-first-run", "--disable-dev-shm-usage", "--host-resolver-rules=MAP lianxi.test 127.0.0.1"),
)
WCAG = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]},
}
# Cells that break into columns of letters, words cut off, things too small for a thumb, and pages that scroll sideways.
LAYOUT = """() => {
  const found = [], wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) found.push("the page scrolls sideways");
  const name = (it) => `${it.tagName.toLowerCase()} ${it.className} ${it.innerText.slice(0, 20)}`;
  const lines = (it) => {
    const range = document.createRange(), walk = document.createTreeWalker(it, NodeFilter.SHOW_TEXT), tops = new Set();
    while (walk.nextNode()) {
      range.selectNodeContents(walk.currentNode);
      for (const each of range.getClientRects()) tops.add(Math.round(each.top));
    }
    return tops.size;
  };
  const seen = (it) => it.getClientRects().length > 0 && !it.closest(".trap, .skip");
  for (const it of document.querySelectorAll("p,li,dt,dd,label,a,button,h1,h2,h3,th,td,small,span,strong,summary")) {
    const box = it.getBoundingClientRect(), letter = parseFloat(getComputedStyle(it).fontSize);
    if (!seen(it) || it.innerText.trim().length < 3) continue;
    if (box.width < 3 * letter && lines(it) > 1) found.push(`narrow: ${name(it)}`);
    if (box.right > wide + 1 || box.left < -1) found.push(`cut off: ${name(it)}`);
  }
  for (const it of document.querySelectorAll("button,a[role=button],select,textarea,nav a,input:not([type=hidden])")) {
    const whole = it.matches("[type=radio],[type=checkbox]") ? it.closest("label") : it;
    if (seen(it) && whole.getBoundingClientRect().height < 43.5) found.push(`small: ${name(whole)}`);
  }
  return found;
}"""


@dataclass
class Visitor:
    """Somebody at a browser, with all that went wrong on their pages."""

    page: Page
    language: str
    width: int
    url: str
    troubles: list[str] = field(default_factory=list)
    finished: list[Request] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def press(self, locator: Locator) -> None:
        """Press what leads to another page, and wait for it."""
        with self.page.expect_navigation():
            locator.click()

    def submit(self, form: str) -> None:
        self.press(self.page.locator(f"#{form} button[type=submit]").first)

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def look(self, name: str) -> None:
        """Hold the page to what every page must be, and keep a picture of it."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENS / f"{name}-{self.language}-{self.width}.png", full_page=True)
        assert self.page.evaluate(LAYOUT) == [], name
        assert self.page.locator("h1").count() == 1, name

    def check(self, name: str) -> None:
        """Look at the page, and have axe look too."""
        self.look(name)
        found = Axe().run(self.page, options=WCAG).response["violations"]
        told = [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]
        assert told == [], name

    def picture(self, name: str) -> None:
        """Draw a picture of the README anew, when it is wished for (`LIANXI_PICTURES=1`); few colours keep it small."""
        if os.environ.get("LIANXI_PICTURES"):
            shot = Image.open(io.BytesIO(self.page.screenshot()))
            shot.convert("RGB").quantize(200).save(PICTURES / f"{name}.png", optimize=True)

    def weight(self) -> int:
        """Weigh what this page took to load, packed as it came. Units: bytes."""
        sizes = [(each.url, each.sizes()["responseBodySize"]) for each in self.finished]
        # What lies in the browser's store already is not fetched again; the first visit had to.
        static = {url: max(size for other, size in sizes if other == url) for url, _ in sizes if "/static/" in url}
        return sum(static.values()) + next(size for url, size in reversed(sizes) if url == self.page.url)

    def code(self) -> str:
        return "-".join(self.page.locator("#receipt-code span").all_inner_texts())

    def watch(self) -> None:
        """Note errors, and requests to anybody else."""

        def said(message: ConsoleMessage) -> None:
            # A page that says no has a status that says so; the browser mentions it.
            is_own = message.text.startswith("Failed to load resource") and message.location["url"] == self.page.url
            if message.type in ("error", "warning") and not is_own:
                self.troubles.append(message.text)

        def asked(request: Request) -> None:
            if not request.url.startswith((self.url, "data:")):
                self.troubles.append(f"asked {request.url}")

        self.page.on("console", said)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", asked)
        self.page.on("requestfinished", lambda request: self.finished.append(request))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = machine.find()
    assert program is not None, "chromium is missing; `make test` fetches it"
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(program), headless=True, chromium_sandbox=False, args=list(ARGUMENTS)
        )
        yield browser
        browser.close()


@pytest.fixture
def visitors(chromium: Browser, town: RunningTown) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors; when the test ends, nothing may have gone wrong on any of their pages."""
    made: list[Visitor] = []

    def make(language: str = "zh", width: int = 390, **more: Any) -> Visitor:
        context = chromium.new_context(
            locale="zh-CN" if language == "zh" else "en-GB",
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": 844},
            **more,
        )
        context.set_default_timeout(30_000)
        visitor = Visitor(context.new_page(), language, width, town.gateway_url)
        visitor.watch()
        made.append(visitor)
        return visitor

    yield make
    for visitor in made:
        visitor.page.context.close()
    assert [each for visitor in made for each in visitor.troubles] == []


@pytest.fixture(scope="session")
def kept_sessions() -> dict[str, str]:
    """The sessions of those who have signed in; a code of the second factor is good once."""
    return {}


@pytest.fixture
def officials(
    visitors: Callable[..., Visitor], town: RunningTown, kept_sessions: dict[str, str]
) -> Callable[..., Visitor]:
    """Makes officials at a browser, by the name of the account."""

    def make(name: str, language: str = "zh", width: int = 1280, **more: Any) -> Visitor:
        if name not in kept_sessions:
            kept_sessions[name] = cookie_of(town, name)
        visitor = visitors(language, width, **more)
        visitor.page.context.add_cookies(
            [{"name": SESSION, "value": kept_sessions[name], "url": town.gateway_url}],
        )
        return visitor

    return make

"""What a resident meets, in a real browser before a whole town."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser.conftest import Visitor
from tests.support.pictures import photo
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

# The first test waits for the town too.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Visitors = Callable[..., Visitor]
TEXT = "楼上每晚有三十多人听课,有人想走不让走。"
REPLY = "收到。请问听课一般几点开始?"
MOST_BYTES = 60 * 1024
CLOSE_BY_SECONDS = 5.0
MOST_STEPS = 60


def fill_report(visitor: Visitor, text: str = TEXT) -> None:
    visitor.page.select_option("#category", "rental_gathering")
    visitor.page.fill("#text", text)
    visitor.page.select_option("#village", "village/banyan")
    visitor.page.fill("#place", "榕荫路七号三栋五楼")


def file_report(visitor: Visitor, text: str = TEXT) -> str:
    """Go from the form to the receipt, and give the code."""
    visitor.go("/report")
    fill_report(visitor, text)
    visitor.submit("report")
    visitor.submit("send")
    return visitor.code()


def open_dialogue(visitor: Visitor) -> None:
    visitor.page.check("[name=saved]")
    visitor.submit("gate")


def tip_of(town: RunningTown, number: str) -> dict[str, Any]:
    def find() -> dict[str, Any] | None:
        with town.http("police") as police:
            rows = police.get("/v1/tips", params={"limit": 200}).json()["items"]
        return next((row for row in rows if row["number"] == number), None)

    return wait_until(find, 15, "the tip at its desk")


def reply(town: RunningTown, number: str) -> None:
    tip = tip_of(town, number)
    with town.http("police") as police:
        answer = police.post(
            f"/v1/tips/{tip['tip_id']}/messages", json={"text": REPLY}, headers={"Idempotency-Key": f"reply-{number}"}
        )
    assert answer.is_success, answer.text


@pytest.mark.criterion("25")
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_public_page_is_accessible_whole_and_light(
    visitors: Visitors, town: RunningTown, language: str, width: int
) -> None:
    visitor = visitors(language, width)
    for name, path in (
        *(("start", "/"), ("report", "/report"), ("track", "/track"), ("warnings", "/warnings")),
        ("numbers", "/numbers"),
        *(("accessibility", "/accessibility"), ("nothing", "/report/nothing")),
    ):
        visitor.go(path)
        visitor.check(name)
        assert 0 < visitor.weight() <= MOST_BYTES, path
        assert visitor.page.locator("html").get_attribute("lang") == ("zh-CN" if language == "zh" else "en")
    visitor.go("/report")
    visitor.submit("report")
    visitor.check("report-wrong")
    expect(visitor.page.locator(".trouble")).to_be_focused()
    fill_report(visitor)
    visitor.page.locator("[name=danger]").nth(1).check()
    visitor.submit("report")
    visitor.check("check")
    visitor.submit("send")
    visitor.check("receipt")
    number = visitor.page.locator(".slip .number").inner_text()
    tip_of(town, number)
    open_dialogue(visitor)
    visitor.page.fill("#text", "今晚又来了五个人。")
    visitor.submit("write")
    reply(town, number)
    visitor.press(visitor.page.locator("#write button[formaction='/track']"))
    expect(visitor.page.locator(".talk .theirs")).to_have_count(1)
    visitor.check("dialogue")
    assert visitor.weight() <= MOST_BYTES
    visitor.go("/track")
    visitor.page.fill("#code", "1234567890123456")
    visitor.submit("find")
    visitor.check("track-wrong")


@pytest.mark.criterion("2.1")
@pytest.mark.criterion("2.4")
@pytest.mark.criterion("25")
def test_the_whole_way_works_without_script_on_the_smallest_screen(visitors: Visitors, town: RunningTown) -> None:
    visitor = visitors("zh", 320, java_script_enabled=False)
    visitor.go("/")
    visitor.press(visitor.page.locator(".way.first"))
    fill_report(visitor)
    visitor.submit("report")
    visitor.press(visitor.page.locator("#send button[formaction='/report']"))
    expect(visitor.page.locator("#text")).to_have_value(TEXT)
    visitor.submit("report")
    picture = FilePayload(name="IMG_0001.jpg", mimeType="image/jpeg", buffer=photo("JPEG"))
    visitor.page.set_input_files("#picture", picture)
    visitor.submit("picture-form")
    expect(visitor.page.locator(".told")).to_contain_text("已加 1 张")
    visitor.submit("send")
    code, number = visitor.code(), visitor.page.locator(".slip .number").inner_text()
    assert re.fullmatch(r"(\d{4}-){3}\d{4}", code)
    # The browser itself holds whoever has not ticked the box; the server does too, for browsers that would not.
    visitor.page.locator("#gate button").click()
    assert visitor.page.url.endswith("/report/receipt")
    open_dialogue(visitor)
    assert number in visitor.heading
    visitor.page.fill("#text", "今晚又来了五个人。")
    visitor.submit("write")
    expect(visitor.page.locator(".talk .mine")).to_contain_text("五个人")
    reply(town, number)
    visitor.go("/track")
    visitor.page.fill("#code", "".join(chr(ord(each) + 0xFEE0) if each.isdigit() else " " for each in code))
    visitor.submit("find")
    expect(visitor.page.locator(".talk .theirs")).to_contain_text(REPLY)
    assert not [each.url for each in visitor.finished if code.replace("-", "") in each.url.replace("-", "")]
    assert visitor.page.context.cookies() == []


@pytest.mark.criterion("25")
def test_the_whole_way_can_be_gone_with_the_keyboard_alone(visitors: Visitors) -> None:
    visitor = visitors("zh", 1280)
    page = visitor.page
    visitor.go("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    step_to(page, ".way.first")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    step_to(page, "#text")
    page.keyboard.type("Lectures every night")
    step_to(page, "#place")
    page.keyboard.type("Banyan road 7")
    step_to(page, "#report > button")
    for form, target in (("report", "#send button >> nth=0"), ("send", "[name=saved]")):
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.locator(f"#{form}").count() == 0
        step_to(page, target)
    code = visitor.code()
    page.keyboard.press("Space")
    step_to(page, "#gate button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    step_to(page, "nav a[href='/track']")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    step_to(page, "#code")
    page.keyboard.type(code)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator(".line li").count() == 4


def step_to(page: Page, selector: str) -> None:
    """Press Tab until something has the focus, which must then be seen."""
    wanted = page.locator(selector)
    for _ in range(MOST_STEPS):
        if wanted.evaluate("it => it === document.activeElement"):
            shown = wanted.evaluate(
                "it => { const s = getComputedStyle(it); return s.outlineStyle !== 'none' || s.boxShadow !== 'none'; }"
            )
            assert shown, f"{selector} does not show that it has the focus"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


@pytest.mark.criterion("2.6")
@pytest.mark.alone
def test_a_reply_is_there_for_the_informant_within_five_seconds(visitors: Visitors, town: RunningTown) -> None:
    visitor = visitors()
    file_report(visitor)
    number = visitor.page.locator(".slip .number").inner_text()
    open_dialogue(visitor)
    tip_of(town, number)
    reply(town, number)
    began_at = time.monotonic()

    def is_there() -> bool:
        visitor.press(visitor.page.locator("#write button[formaction='/track']"))
        return visitor.page.locator(".talk .theirs").count() == 1

    wait_until(is_there, CLOSE_BY_SECONDS, "the desk's reply")
    assert time.monotonic() - began_at <= CLOSE_BY_SECONDS
    expect(visitor.page.locator(".talk .theirs mark")).to_be_visible()


@pytest.mark.criterion("2.4")
def test_the_slip_is_one_sheet_of_a5_with_nothing_but_the_slip(visitors: Visitors) -> None:
    visitor = visitors()
    file_report(visitor)
    visitor.page.emulate_media(media="print")
    for hidden in ("header", "footer", "#gate", "h1"):
        expect(visitor.page.locator(hidden)).to_be_hidden()
    for shown in ("#receipt-code", ".slip .number", ".slip ol"):
        expect(visitor.page.locator(shown)).to_be_visible()
    sheet = visitor.page.pdf(prefer_css_page_size=True, print_background=False)
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", sheet)
    assert [(round(float(wide)), round(float(high))) for wide, high in boxes] == [(420, 595)]
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1


def test_twice_escape_leaves_at_once_and_back_does_not_return(visitors: Visitors) -> None:
    visitor = visitors()
    page = visitor.page
    visitor.go("/")
    visitor.go("/report")
    address = page.locator("[data-exit]").get_attribute("href")
    assert address is not None
    told: list[dict[str, str]] = []

    def neutral(route: Route) -> None:
        told.append(route.request.headers)
        route.fulfill(body="<title>weather</title>", content_type="text/html")

    page.route(address, neutral)
    page.keyboard.press("Escape")
    with page.expect_navigation(url=address):
        page.keyboard.press("Escape")
    assert "referer" not in told[0]
    page.go_back()
    assert page.url == f"{visitor.url}/"
    assert visitor.troubles == [f"asked {address}"]
    visitor.troubles.clear()


@pytest.mark.criterion("25")
def test_letters_of_double_size_need_no_scrolling_sideways(visitors: Visitors) -> None:
    visitor = visitors("zh", 640)
    for path in ("/", "/report", "/track", "/warnings", "/accessibility"):
        visitor.go(path)
        visitor.page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide, seen = visitor.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= seen, path

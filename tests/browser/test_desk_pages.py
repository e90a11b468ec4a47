"""What a desk's officials meet, in a real browser before a whole town."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_public_pages import Visitors, step_to, tip_of
from tests.support.officials import account, code_of
from tests.support.town import RunningTown

# The first test waits for the town too.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Officials = Callable[..., Visitor]
TEXT = "电话13800001234说:楼上每晚听课,有人想走不让走。"


def file_tip(town: RunningTown) -> dict[str, Any]:
    """File a tip that the police hold, and wait for it at their desk."""
    with town.http("police") as police:
        body = {"category": "rental_gathering", "village": "village/banyan", "text": TEXT, "place": "七号楼"}
        answer = police.post("/v1/tips", json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
        assert answer.is_success, answer.text
    return tip_of(town, answer.json()["number"])


@pytest.mark.criterion("25")
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_a_desk_is_accessible_and_whole(
    officials: Officials, visitors: Visitors, town: RunningTown, language: str, width: int
) -> None:
    stranger = visitors(language, width)
    stranger.go("/desk/sign-in")
    stranger.check("desk-sign-in")
    tip = file_tip(town)
    desk = officials("police-desk", language, width)
    desk.go("/desk")
    desk.check("desk-inbox")
    desk.go(f"/desk/tips/{tip['tip_id']}")
    desk.check("desk-tip")
    desk.go("/desk/me")
    desk.check("desk-me")
    desk.go("/desk/tips/nobody-knows-it")
    desk.check("desk-nothing-there")
    admin = officials("police-admin", language, width)
    admin.go("/desk")
    admin.check("desk-inbox-empty")


@pytest.mark.criterion("25")
def test_a_desk_works_without_script(visitors: Visitors, town: RunningTown) -> None:
    tip = file_tip(town)
    visitor = visitors("zh", 390, java_script_enabled=False)
    visitor.go(f"/desk/tips/{tip['tip_id']}")
    assert "/desk/sign-in" in visitor.page.url
    visitor.page.fill("#name", "police-lead")
    visitor.page.fill("#password", account(town, "police-lead")["password"])
    visitor.page.fill("#code", code_of(town, "police-lead"))
    visitor.submit("sign-in")
    assert visitor.page.url.endswith(f"/desk/tips/{tip['tip_id']}")
    visitor.press(visitor.page.locator("form[action$='/accept'] button"))
    expect(visitor.page.locator(".good")).to_be_visible()
    visitor.go("/desk")
    expect(visitor.page.locator(f"a[href='/desk/tips/{tip['tip_id']}']")).to_be_visible()


@pytest.mark.criterion("25")
def test_a_desk_can_be_worked_with_the_keyboard_alone(officials: Officials, town: RunningTown) -> None:
    tip = file_tip(town)
    desk = officials("police-desk")
    page = desk.page
    desk.go("/desk")
    step_to(page, f"a[href='/desk/tips/{tip['tip_id']}']")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    step_to(page, "form[action$='/accept'] button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".good")).to_be_visible()
    step_to(page, "#messages-text")
    page.keyboard.type("On which floor, please?")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".talk .mine")).to_have_count(1)


@pytest.mark.criterion("14.2")
@pytest.mark.criterion("25")
def test_two_browsers_in_conflict_on_one_tip_lose_nobodys_text(officials: Officials, town: RunningTown) -> None:
    tip = file_tip(town)
    path = f"/desk/tips/{tip['tip_id']}"
    first, second = officials("police-desk"), officials("police-lead", width=390)
    for each in (first, second):
        each.go(path)
        _do(each, "accept") if each is first else None
    first.page.locator("form[action$='/verify'] input[value=not_substantiated]").check()
    _do(first, "verify")
    second.go(path)
    first.page.fill("#close-text", "第一个人写的结论。")
    second.page.fill("#close-text", "第二个人写的结论,写了很久。")
    _do(first, "close")
    _do(second, "close")
    expect(second.page.locator(".trouble")).to_be_focused()
    expect(second.page.locator("#changed")).to_be_visible()
    expect(second.page.locator("#written")).to_have_value("第二个人写的结论,写了很久。")
    expect(second.page.locator(".told")).to_contain_text("第一个人写的结论。")
    second.check("desk-tip-conflict")


def _do(visitor: Visitor, deed: str) -> None:
    visitor.press(visitor.page.locator(f"form[action$='/{deed}'] button[type=submit]"))

"""What an agency's integrator meets, in a real browser before a whole town: five minutes to a verified webhook."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx2
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_public_pages import step_to
from tests.support.hook_receiver import Receiver, receiving
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

# The first test waits for the town too.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Officials = Callable[..., Visitor]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as running:
        yield running


def call(town: RunningTown, client_id: str, secret: str) -> None:
    """What the lines to copy do."""
    with httpx2.Client(base_url=town.gateway_url, trust_env=False, timeout=15) as http:
        token = http.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret))
        headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
        assert http.get("/v1/notices?limit=1", headers=headers).status_code == 200


@pytest.mark.criterion("14.3")
@pytest.mark.criterion("25")
def test_five_minutes_to_a_verified_webhook_with_the_keyboard(
    officials: Officials, town: RunningTown, receiver: Receiver
) -> None:
    desk = officials("market-desk", "zh", 1280)
    page = desk.page
    desk.go("/developers")
    desk.check("developers-empty")
    step_to(page, "#label")
    page.keyboard.type("档案系统")
    step_to(page, "#new-key-form button[type=submit]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    client_id, secret = page.locator("#new-key code.copyable").all_inner_texts()
    desk.look("developers-key")
    call(town, client_id, secret)
    expect(page.locator("ol.progress .is-done")).to_have_count(2, timeout=15_000)
    step_to(page, "#address")
    page.keyboard.type(receiver.url)
    step_to(page, "#new-hook-form button[type=submit]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    receiver.secret = page.locator("#new-hook code.copyable").inner_text()
    desk.look("developers-hook")
    step_to(page, ".send")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    wait_until(lambda: receiver.seen, 15, "the test event")
    assert all(held for _, held, _ in receiver.seen)
    expect(page.locator("ol.progress .is-done")).to_have_count(5, timeout=15_000)
    for language, width in (("zh", 1280), ("zh", 390), ("en", 390), ("en", 1280)):
        other = officials("market-desk", language, width)
        other.go("/developers")
        other.check("developers-done")
        if (language, width) in (("zh", 390), ("en", 1280)):
            other.press(other.page.locator("#hooks a").first)
            other.check("developers-deliveries")


@pytest.mark.criterion("25")
def test_the_mailbox_is_accessible_and_whole(officials: Officials) -> None:
    for language, width in (("zh", 390), ("en", 1280)):
        operator = officials("office-operator", language, width)
        operator.go("/ops/mailbox")
        operator.check("mailbox")


def test_it_works_without_script_and_says_why_an_address_is_refused(officials: Officials) -> None:
    desk = officials("market-desk", width=390, java_script_enabled=False)
    desk.go("/developers")
    unfold(desk, "new-key-form")
    desk.page.fill("#label", "没有脚本的系统")
    desk.submit("new-key-form")
    expect(desk.page.locator("#new-key code.copyable")).to_have_count(2)
    unfold(desk, "new-hook-form")
    desk.page.fill("#address", "https://10.1.2.3/in")
    desk.submit("new-hook-form")
    expect(desk.page.locator(".trouble")).to_be_visible()
    expect(desk.page.locator("#address")).to_have_value("https://10.1.2.3/in")


def unfold(visitor: Visitor, form: str) -> None:
    if not visitor.page.locator(f"#{form}").is_visible():
        visitor.page.locator(f"details:has(#{form}) > summary").click()

"""What an operator meets, in a real browser before a whole town: figures, what is wrong, and letters that stopped."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import httpx2
import pika
import pytest
from playwright.sync_api import expect

from lianxi.bus import topology
from lianxi.contracts.notifications import NoticeDelivered
from tests.browser.conftest import Visitor
from tests.browser.test_public_pages import step_to
from tests.support.sniffing import publish
from tests.support.town import RunningTown
from tests.support.waiting import wait_until

# The first test waits for the town too.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Officials = Callable[..., Visitor]


def stop_a_letter(town: RunningTown) -> dict[str, Any]:
    """Send a letter that nobody can read, and wait until it has stopped."""
    event_id = uuid.uuid4().hex
    properties = pika.BasicProperties(delivery_mode=2, message_id=event_id, type=NoticeDelivered.KEY)
    publish(town.amqp_url("notifications"), topology.EVENTS_EXCHANGE, NoticeDelivered.KEY, b"{}", properties)
    with town.http("operator") as operator:

        def find() -> dict[str, Any] | None:
            rows = operator.get("/v1/ops/parked", params={"limit": 200}).json()["items"]
            return next((row for row in rows if row["event_id"] == event_id), None)

        return wait_until(find, 30, "the letter to stop")


@pytest.mark.criterion("25")
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_an_operator_is_accessible_and_whole(
    officials: Officials, town: RunningTown, language: str, width: int
) -> None:
    letter = stop_a_letter(town)
    operator = officials("office-operator", language, width)
    operator.go("/ops")
    expect(operator.page.locator("tbody tr")).to_have_count(7 + 5 + operator.page.locator("details tbody tr").count())
    operator.check("ops")
    operator.go(f"/ops/parked/{letter['parked_id']}")
    operator.check("ops-letter")


@pytest.mark.criterion("25")
def test_a_letter_is_buried_with_the_keyboard_alone(officials: Officials, town: RunningTown) -> None:
    letter = stop_a_letter(town)
    page = officials("office-operator").page
    page.goto(f"{town.gateway_url}/ops")
    step_to(page, f"a[href='/ops/parked/{letter['parked_id']}']")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    step_to(page, "#reason")
    page.keyboard.type("made up for a test")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".good").first).to_be_visible()
    expect(page.locator(f"a[href='/ops/parked/{letter['parked_id']}']")).to_have_count(0)


def test_the_page_tells_of_a_bus_that_is_down(officials: Officials, town: RunningTown) -> None:
    operator = officials("office-operator", "en")
    town.kill("broker")
    operator.go("/ops")
    wait_until(lambda: _tells_of_the_bus(operator), 30, "the page to tell that the bus is away")
    operator.look("ops-without-bus")
    town.start("broker")
    wait_until(lambda: _is_whole(town), 30, "every process to be back at the bus")


def _is_whole(town: RunningTown) -> bool:
    names = (*town.services, "relay", "gateway")
    return all(httpx2.get(f"{town.health_url(each)}/readyz", trust_env=False).is_success for each in names)


def _tells_of_the_bus(operator: Visitor) -> bool:
    operator.page.reload()
    return operator.page.get_by_text("broker: ").count() > 0

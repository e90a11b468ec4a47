"""What the office meets, in a real browser before a whole town."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_public_pages import step_to, tip_of
from tests.chaos.sizes import FULL
from tests.support.town import RunningTown

# The first test waits for the town too.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Officials = Callable[..., Visitor]
PAGES = {
    "overview": "/office",
    "returns": "/office/returns",
    "supervision": "/office/supervision",
    "visits": "/office/visits",
    # A few rows of each are as good as a hundred, and looked at in a moment.
    "sentences": "/office/sentences?state=refused",
    "policy": "/office/policy?file=grades",
}
SCREENS = [("zh", 390), ("en", 1280), ("zh", 1280), ("en", 390)]
QUESTION = "请说明阶段性工作情况的准备进展。"
LAST_DAY = f"{datetime.now(UTC).date() + timedelta(days=60):%Y-%m-%d}"
VILLAGES = (*("banyan",) * 5, *("old-ferry",) * 2, "rosewood", "new-quay")


def fill(town: RunningTown) -> None:
    """Let something have happened in the town."""
    with town.http("police") as police:
        filed = [
            police.post(
                "/v1/tips",
                json={"category": "rental_gathering", "village": f"village/{village}", "text": "楼上每晚听课。"},
                headers={"Idempotency-Key": f"office-{number}"},
            )
            for number, village in enumerate(VILLAGES)
        ]
    tip_of(town, filed[-1].json()["number"])
    with town.http("tenancy") as tenancy:
        for number in range(1, 5):
            path, where = f"/v1/rentals/OF-{number}", {"village": "village/banyan", "address": f"榕荫路{number}号"}
            body = {**where, "rooms": 3, "is_registered": True}
            kept = tenancy.put(path, json=body, headers={"Idempotency-Key": f"rental-{number}"})
            assert kept.is_success, kept.text
            graded = {"grade": "key", "reason": "多次聚集", "approved_by": "officer-2", "expires_on": LAST_DAY}
            kept = tenancy.post(f"{path}/grade", json=graded, headers={"Idempotency-Key": f"grade-{number}"})
            assert kept.is_success, kept.text


@pytest.mark.criterion("25")
@pytest.mark.parametrize(("language", "width"), SCREENS if FULL else SCREENS[:2])
def test_every_page_of_the_office_is_accessible_and_whole(
    officials: Officials, town: RunningTown, language: str, width: int
) -> None:
    # The first look is at a town in which nothing may have happened yet.
    if (language, width) != SCREENS[0]:
        fill(town)
    office = officials("office-desk", language, width)
    for name, path in PAGES.items():
        office.go(path)
        office.check(f"office-{name}")
    office.go("/office/supervision/new?unit=education")
    office.check("office-order")
    office.submit("order")
    office.check("office-order-preview")
    office.go("/office/returns/nobody-knows-it")
    office.check("office-nothing-there")


@pytest.mark.criterion("25")
def test_every_picture_has_a_table_with_the_same_numbers(officials: Officials) -> None:
    office = officials("office-desk")
    office.go("/office")
    office.picture("office")
    figures = office.page.locator(".figure")
    assert figures.count() == 4
    for at in range(4):
        figure = figures.nth(at)
        title = figure.locator("svg > title").text_content() or ""
        figure.locator("summary").click()
        cells = figure.locator("tbody td").all_inner_texts()
        assert cells
        assert at == 3 or all(each in title for each in cells), title
    office.check("office-tables")


@pytest.mark.criterion("3.4")
@pytest.mark.criterion("25")
def test_the_office_presses_a_unit_with_the_keyboard_alone(officials: Officials) -> None:
    office = officials("office-desk")
    page = office.page
    office.go("/office")
    step_to(page, "a[href='/office/supervision/new?unit=publicity']")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    step_to(page, "#text")
    page.keyboard.press("Control+a")
    page.keyboard.type(QUESTION)
    step_to(page, "#order button[type=submit]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".orders")).to_contain_text(QUESTION)
    step_to(page, "#issue button:not([formaction])")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".good")).to_be_visible()
    expect(page.locator(".orders li").first).to_contain_text(QUESTION)


@pytest.mark.criterion("25")
def test_the_office_works_without_script(officials: Officials) -> None:
    office = officials("office-desk", width=390, java_script_enabled=False)
    office.go("/office/supervision/new?unit=transport")
    office.page.fill("#text", QUESTION)
    office.submit("order")
    office.press(office.page.locator("#issue button").nth(1))
    expect(office.page.locator("#text")).to_have_value(QUESTION)
    office.submit("order")
    office.submit("issue")
    expect(office.page.locator(".good")).to_be_visible()


@pytest.mark.criterion("25")
def test_the_cards_freshen_themselves_while_the_page_stays_open(officials: Officials) -> None:
    office = officials("office-desk")
    office.page.clock.install()
    office.go("/office")
    with office.page.expect_response(lambda answer: answer.url.endswith("/office/cards")) as heard:
        office.page.clock.run_for(31_000)
    assert heard.value.ok
    expect(office.page.locator(".card")).to_have_count(4)


@pytest.mark.criterion("25")
@pytest.mark.parametrize("desk", ["inspections", "tips"] if FULL else ["inspections"])
def test_a_desk_that_is_away_leaves_its_last_number_with_its_hour(
    officials: Officials, town: RunningTown, desk: str
) -> None:
    fill(town)
    office = officials("office-desk")
    office.go("/office")
    told = office.page.locator(".card .big").all_inner_texts()
    part = town.part(desk)
    part.stop()
    try:
        office.go("/office")
        expect(office.page.locator(".card .stale")).to_have_count(1)
        assert office.page.locator(".card .big").all_inner_texts() == told
        office.check(f"office-away-{desk}")
    finally:
        part.start()


def test_whoever_does_not_see_the_whole_town_reads_why(officials: Officials) -> None:
    desk = officials("police-desk")
    desk.go("/office")
    desk.check("office-not-yours")
    assert desk.page.locator("a[href='/office']").count() == 0

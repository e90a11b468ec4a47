"""The pages of carriers' messages: the plan, writing and approving by two persons, and a carrier's task and proof."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.desk_door import OURS, deeds_on, form_on, open_desk, send, sign_in
from tests.support.gateway_fakes import Door
from tests.unit.gateway.test_campaigns import behind
from tests.unit.notifications.test_campaigns import TEXT, Town

LIST = "/desk/campaigns"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
def town(door: Door) -> Town:
    return behind(door)


def as_somebody(door: Door, name: str) -> None:
    door.http.cookies.clear()
    door.clock.advance(timedelta(minutes=1))
    assert sign_in(door, name).status_code == 303


@pytest.mark.criterion("18.4")
@pytest.mark.usefixtures("town")
def test_two_persons_and_a_carrier_do_a_month_on_pages(door: Door) -> None:
    as_somebody(door, "publicity")
    page = door.http.get(f"{LIST}?year=2015")
    assert page.text.count("还没有文本") >= 9
    filled = {**form_on(page, LIST), "due_on": "2015-10-31", "text": TEXT}
    back = door.http.post(LIST, data={**filled, "text": f"{TEXT}13812345678"}, headers=OURS)
    assert (back.status_code, "能指向个人的号码" in back.text) == (422, True)
    made = door.http.post(LIST, data={**filled, "key": "another-key-for-it"}, headers=OURS)
    assert made.status_code == 303
    at = made.headers["Location"]
    mine = door.http.get(at)
    assert ("请另一位同事审定" in mine.text, deeds_on(mine, at)) == (True, {"rewrite"})

    as_somebody(door, "office")
    page = door.http.get(at)
    assert deeds_on(page, at) == {"approve", "rewrite", "withdraw"}
    assert send(door, page, "approve", at).status_code == 303
    assert "已交运营商" in door.http.get(at).text

    as_somebody(door, "carrier")
    assert f'href="{LIST}"' in door.http.get(LIST).text
    page = door.http.get(at)
    assert "account_" not in page.text
    assert ("镇移动" in page.text, "镇联通" in page.text) == (True, False)
    assert deeds_on(page, at) == {"take", "prove"}
    assert send(door, page, "take", at, carrier="mobile").status_code == 303
    page = door.http.get(at)
    proof = {"carrier": "mobile", "sent_on": "2015-10-19", "sent": "120000", "file_sha256": "ab" * 32}
    wrong = send(door, page, "prove", at, **{**proof, "sent_on": "2015-10-18"})
    assert (wrong.status_code, "120000" in wrong.text) == (422, True)
    assert send(door, wrong, "prove", at, **proof).status_code == 303
    done = door.http.get(f"{at}?lang=en")
    assert ("120000 sent" in done.text, deeds_on(done, at)) == (True, set())

    as_somebody(door, "office")
    page = door.http.get(at)
    assert send(door, page, "send_back", at, carrier="mobile", text_reason="条数不符").status_code == 303
    assert "条数不符" in door.http.get(at).text


@pytest.mark.criterion("18.4")
@pytest.mark.usefixtures("town")
def test_a_carrier_finds_nothing_else_in_the_console(door: Door) -> None:
    as_somebody(door, "carrier")
    for path in ("/desk/warnings", "/desk/publicity", "/desk/cases", "/desk/people"):
        assert door.http.get(path).status_code == 403
    page = door.http.get("/desk")
    assert page.status_code == 200
    assert "/desk/cases" not in page.text

"""The patrol's pages without a browser: the round, a visit put down by a form, and what is refused."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.local.certificates import Papers, make_missing
from gateway.console import patrol_view
from lianxi.contracts.inspections import DayPart, EntryBasis, Finding, Grade, RecordVisit, RentalView, VisitOutcome
from lianxi.contracts.rounds import RoundView, Stop
from lianxi.kernel.errors import BrokerDown, NotFound
from tests.support.desk_door import OURS, SEATS, SECRETS, open_desk, sign_in
from tests.support.gateway_fakes import NOON, POLICY, Door, open_door

TODAY = date(2026, 3, 2)
AREA = "village/banyan"


def stop(number: int, **more: Any) -> Stop:
    told: dict[str, Any] = {
        "rental_code": f"R-{number}",
        "village": AREA,
        "address": f"榕荫路{number}号 <501>",
        "grade": Grade.KEY,
        "due_on": TODAY,
        "is_overdue": False,
        "brought_forward": False,
        "last_visit_on": TODAY - timedelta(days=15),
        "last_outcome": None,
        "last_visited_at": None,
    }
    return Stop(**{**told, **more})


ROUND = RoundView(
    on=TODAY,
    items=(
        stop(1),
        stop(2, due_on=TODAY + timedelta(days=4), grade=Grade.TRUSTED, last_visit_on=None),
        stop(3, due_on=TODAY - timedelta(days=2), is_overdue=True, brought_forward=True),
        stop(4, last_outcome=VisitOutcome.NOBODY_IN, last_visited_at=NOON - timedelta(hours=1)),
        stop(5, last_outcome=VisitOutcome.REFUSED, last_visited_at=NOON - timedelta(days=3)),
    ),
    due_today=2,
    due_tomorrow=3,
)
TRIED = replace(ROUND, items=(stop(6, propose=DayPart.EVENING),))
RENTAL = RentalView(
    rental_code="R-1",
    version=1,
    village=AREA,
    address="榕荫路1号",
    rooms=2,
    is_registered=True,
    assistant="account_patrol",
    grade=Grade.KEY,
    grade_reason="",
    grade_expires_on=None,
    last_visit_on=None,
    next_visit_due_on=TODAY,
    brought_forward_because=None,
)


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setitem(SEATS, "patrol", ("tenancy", ["assistant"], []))
    monkeypatch.setitem(SECRETS, "patrol", SECRETS["desk"])
    with open_desk(tmp_path) as opened:
        opened.bus.says("get_round", ROUND)
        opened.bus.says("get_rental", RENTAL)
        yield opened


def hidden_in(page: httpx2.Response) -> dict[str, str]:
    found = re.search(r'action="/m/visit/R-1"(.*?)</form>', page.text, re.DOTALL)
    assert found is not None, page.text
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found[1]))


def put_down(door: Door, **filled: str) -> httpx2.Response:
    hidden = hidden_in(door.http.get("/m/visit/R-1"))
    return door.http.post("/m/visit/R-1", data={**hidden, **filled}, headers=OURS)


def taken(door: Door) -> list[RecordVisit]:
    return [command for _, _, command, _ in door.bus.handed_in if isinstance(command, RecordVisit)]


def test_a_round_says_how_many_are_due_and_what_comes_next(door: Door) -> None:
    assert sign_in(door, "patrol").headers["Location"] == "/m/today"
    assert door.http.get("/m").headers["Location"] == "/m/today"
    page = door.http.get("/m/today")
    assert "5 户 · 2 户今日到期" in page.text
    assert "worker-src 'self'" in page.headers["Content-Security-Policy"]
    assert "worker-src" not in door.http.get("/desk").headers["Content-Security-Policy"]
    assert page.text.index("榕荫路1号 &lt;501&gt;") < page.text.index("榕荫路2号")
    for said in (
        "今日到期",
        "3月6日前",
        "已过期 2 天",
        "提前巡查",
        "今天 11:17 已记：无人在家",
        "我上次去（2月27日）：拒绝入户",
        "▲ 重点户",
    ):
        assert said in page.text, said
    assert "还没有有效巡查的记录" in page.text
    assert "不得因拒绝入户调高等级" in page.text
    assert 'href="#stop-R-1" id="next"' in page.text
    assert [each.request.assistant for each in door.bus.asked if each.method == "get_round"] == ["account_patrol"]
    assert "5 dwellings · 2 due today" in door.http.get("/m/today?lang=en").text


def test_an_empty_day_says_what_tomorrow_brings(door: Door) -> None:
    sign_in(door, "patrol")
    door.bus.says("get_round", RoundView(on=TODAY, items=(), due_today=0, due_tomorrow=8))
    assert "今天没有任务。明天 8 户到期。" in door.http.get("/m/today").text


@pytest.mark.criterion("5.3")
def test_where_nobody_was_in_twice_the_round_says_when_to_try_again(door: Door) -> None:
    sign_in(door, "patrol")
    assert "两次无人" not in door.http.get("/m/today").text
    door.bus.says("get_round", TRIED)
    assert "两次无人，改晚上去" in door.http.get("/m/today").text


def test_one_tap_says_let_in_and_nothing_unusual(door: Door) -> None:
    sign_in(door, "patrol")
    form = hidden_in(door.http.get("/m/today"))
    again = [door.http.post("/m/visit/R-1", data=form, headers=OURS) for _ in range(2)]
    assert [each.headers["Location"] for each in again] == ["/m/today?done=R-1"] * 2
    assert "已收下：榕荫路1号" in door.http.get("/m/today?done=R-1").text
    (visit,) = taken(door)
    assert (visit.outcome, visit.entry_basis) == (VisitOutcome.DONE, EntryBasis.CONSENT)
    assert (visit.findings, visit.assistant) == ((Finding.NOTHING_UNUSUAL,), "account_patrol")


def test_every_way_a_visit_may_end_has_its_choice(door: Door) -> None:
    sign_in(door, "patrol")
    for chosen in patrol_view.ENTRIES:
        assert put_down(door, entry=chosen.code, saw_lectures="1", text="地上有二十双鞋").status_code == 303
        visit = taken(door)[-1]
        assert (visit.outcome, visit.entry_basis) == (chosen.outcome, chosen.basis)
        assert (visit.findings, visit.note) == ((Finding.LECTURES,), "地上有二十双鞋")


def test_a_visit_says_to_which_villages_its_sender_is_bound(door: Door) -> None:
    sign_in(door, "patrol")
    people = door.ledger.people.accounts
    people["account_patrol"] = replace(people["account_patrol"], areas=(AREA,))
    put_down(door, entry="consent")
    assert taken(door)[0].areas == (AREA,)


def test_a_refusal_is_put_down_without_any_finding(door: Door) -> None:
    sign_in(door, "patrol")
    put_down(door, entry="refused")
    assert taken(door)[0].findings == ()


@pytest.mark.criterion("5.7")
def test_nobody_s_identity_number_comes_in_with_a_visit(door: Door) -> None:
    sign_in(door, "patrol")
    for number in ("11010519491231002X", "\uff11\uff11010519491231002X", "110105 19491231 002x"):
        refused = put_down(door, entry="consent", text=f"住的是 {number}")
        assert (refused.status_code, taken(door)) == (422, [])
        assert "说明里有身份证号" in refused.text
        assert number in refused.text


def test_what_is_refused_comes_back_with_what_was_filled_in(door: Door) -> None:
    sign_in(door, "patrol")
    assert put_down(door, text="没选").status_code == 422
    door.bus.is_connected = False
    assert door.http.get("/m/today").status_code == 503
    door.bus.is_connected = True
    hidden = hidden_in(door.http.get("/m/visit/R-1"))
    door.bus.is_connected = False
    door.bus.says("get_rental", BrokerDown("broker.away"))
    away = door.http.post("/m/visit/R-1", data={**hidden, "entry": "nobody_in"}, headers=OURS)
    assert away.status_code == 503


def test_who_does_not_patrol_is_told_so_and_another_area_is_nothing(door: Door) -> None:
    assert door.http.get("/m/today").headers["Location"].startswith("/desk/sign-in?next=%2Fm%2Ftoday")
    sign_in(door, "admin")
    assert "您的角色没有巡查任务" in door.http.get("/m/today").text
    assert "/m/today" not in door.http.get("/desk").text
    door.http.cookies.clear()
    sign_in(door, "patrol")
    assert 'href="/m/today"' in door.http.get("/desk").text
    door.bus.says("get_rental", NotFound("rental.not_found"))
    assert door.http.get("/m/visit/R-9").status_code == 404


def test_the_checklist_of_the_policy_is_what_a_visit_can_say() -> None:
    assert {each.code for each in POLICY.observations} == {each.value for each in Finding} - {"nothing_unusual"}
    assert all(re.search(r"\S", each.name_zh) and each.name_en for each in POLICY.observations)


def test_what_needs_no_session_says_nothing_about_anybody(door: Door) -> None:
    shell = door.http.get("/m/shell")
    assert (shell.status_code, "worker-src 'self'" in shell.headers["Content-Security-Policy"]) == (200, True)
    assert 'data-account="" data-csrf=""' in shell.text
    assert door.bus.asked == []
    worker = door.http.get("/m/worker.js")
    assert worker.headers["Service-Worker-Allowed"] == "/m/"
    assert worker.headers["Content-Type"].startswith("text/javascript")
    for address in re.findall(r'"(/static/[^"]+)"', worker.text):
        assert door.http.get(address).status_code == 200
    assert door.http.get("/m/order").json() == {"wiped_before": None}
    assert door.http.get("/m/authority.crt").status_code == 404
    assert "不用安装" in door.http.get("/m/setup").text


def test_a_town_on_the_local_network_hands_out_its_authority(tmp_path: Path) -> None:
    papers = make_missing(Papers(tmp_path / "lan"), "127.0.0.1")
    order = "2026-03-01T00:00:00+00:00"
    more = {"gateway_authority_file": papers.authority, "gateway_phone_lists_wiped_before": order}
    with open_door(tmp_path, **more) as door:
        given = door.http.get("/m/authority.crt")
        assert (given.content, given.headers["Content-Type"]) == (
            papers.authority.read_bytes(),
            "application/x-x509-ca-cert",
        )
        told = re.search(r"<code>([^<]*)</code>", door.http.get("/m/setup").text)
        assert told is not None
        assert told[1].replace(" ", "") == papers.fingerprint().replace(":", "")
        assert door.http.get("/m/order").json() == {"wiped_before": order}


@pytest.mark.criterion("6.1")
def test_the_list_of_two_hundred_dwellings_is_small(door: Door) -> None:
    sign_in(door, "patrol")
    door.bus.says("get_round", replace(ROUND, items=tuple(stop(each) for each in range(200))))
    page = door.http.get("/m/today")
    assert page.text.count('<li class="stop') == 200
    assert len(gzip.compress(page.content, 6)) <= 1024 * 1024

"""The office's pages without a browser: their numbers, what stands there when a desk is away, and who may look."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.console import office_ground
from gateway.console.office_returns import standing
from gateway.console.office_view import coverage_of, half_months, periods_of, units_of
from lianxi.contracts.coverage import CoverageRow, CoverageView
from lianxi.contracts.figures import (
    CoverageFigure,
    DeskFigure,
    PublicFigure,
    PublicFigures,
    TipFigures,
    VillageFigure,
    VisitFigures,
    WeekFigure,
)
from lianxi.contracts.inspections import Grade
from lianxi.contracts.reporting import (
    ClauseList,
    ClauseView,
    OrderPage,
    OrderState,
    OrderView,
    StageReportList,
    StageReportState,
    StageReportView,
)
from lianxi.kernel.errors import BrokerDown, Conflict
from tests.support.desk_door import OURS, asked, form_on, open_desk, sign_in
from tests.support.gateway_fakes import NOON, POLICY, Door

TODAY = date(2026, 3, 2)
UNITS = ("police", "market", "tenancy")


def report(agency: str, due_on: date, state: StageReportState) -> StageReportView:
    return StageReportView(
        report_id=f"report_{agency}_{due_on:%m%d}",
        version=1,
        agency=agency,
        due_on=due_on,
        state=state,
        filed_at=NOON if state.value.startswith("filed") else None,
        practice="每周巡查 <b>两次</b>" if state.value.startswith("filed") else None,
        results=None,
        problems=None,
        advice=None,
        figures={"tips": 7},
        figures_sha256=None,
    )


REPORTS = StageReportList(
    items=(
        report("police", TODAY - timedelta(days=12), StageReportState.FILED),
        report("market", TODAY - timedelta(days=12), StageReportState.FILED_LATE),
        report("tenancy", TODAY - timedelta(days=12), StageReportState.MISSED),
        report("police", TODAY + timedelta(days=2), StageReportState.FILED),
        report("market", TODAY + timedelta(days=2), StageReportState.DUE),
        report("tenancy", TODAY + timedelta(days=2), StageReportState.DUE),
    )
)
TIPS = TipFigures(
    as_of=NOON,
    desks=(
        DeskFigure(
            desk="police/station",
            open=5,
            late=2,
            next_due_at=NOON + timedelta(days=3),
            longest_late="tip_00000000000000000000000001",
            late_since=NOON - timedelta(days=4),
        ),
        DeskFigure(
            desk="market/desk",
            open=1,
            late=0,
            next_due_at=NOON + timedelta(hours=20),
            longest_late=None,
            late_since=None,
        ),
    ),
    weeks=tuple(WeekFigure(week_from=TODAY - timedelta(days=7 * each), count=each) for each in range(7, -1, -1)),
    villages=(VillageFigure(village="village/banyan", count=9), VillageFigure(village=None, count=3)),
    villages_since=TODAY - timedelta(days=29),
)
VISITS = VisitFigures(
    as_of=NOON,
    items=(
        CoverageFigure(village="village/banyan", grade=Grade.KEY, rentals=43, on_time=37),
        CoverageFigure(village="village/old-ferry", grade=Grade.TRUSTED, rentals=10, on_time=10),
    ),
)
COUNTS = {"due": 5, "visited": 3, "missed": 1, "open": 1}
MONTH = CoverageView(
    month=date(2026, 11, 1),
    as_of=NOON.date(),
    total=CoverageRow(name="all", **COUNTS),
    villages=(CoverageRow(name="village/banyan", **COUNTS),),
    assistants=(CoverageRow(name="assistant-4", **COUNTS),),
    grades=(CoverageRow(name="key", **COUNTS),),
)
CLAUSE = ClauseView(
    clause="L45.1",
    sentence="重点户每半个月巡查一次",
    resolved="Visit key dwellings every half month.",
    lead=("tenancy",),
    support=("police",),
    feature="visits",
    status="runs",
    kept_by=("inspections.visit.recorded.v1",),
    proofs=12,
    last_proof_at=NOON,
    state="kept",
    next_due_on=TODAY,
)
CLAUSES = ClauseList(
    items=(CLAUSE,),
    totals={"kept": 1, "waiting": 0, "due": 0, "overdue": 0, "not_running": 0, "refused": 0, "heading": 0},
)


def prepare(door: Door) -> None:
    door.bus.says("list_stage_reports", REPORTS)
    door.bus.says("get_tip_figures", TIPS)
    door.bus.says("get_visit_figures", VISITS)
    door.bus.says("get_coverage", MONTH)
    door.bus.says("list_clauses", CLAUSES)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The office, signed in once."""
    with open_desk(tmp_path_factory.mktemp("office")) as opened:
        sign_in(opened, "office")
        yield opened


@pytest.fixture
def door(office: Door) -> Door:
    office.bus.asked.clear()
    prepare(office)
    return office


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Door]:
    """A gateway that nobody has signed in to."""
    with open_desk(tmp_path) as opened:
        prepare(opened)
        yield opened


def in_english(door: Door, path: str) -> str:
    """Read a page in English, without being remembered as somebody who reads English."""
    text = door.http.get(f"{path}?lang=en").text
    door.http.cookies.delete("lang")
    return text


def words_of(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


# --- overview


@pytest.mark.criterion("25")
def test_the_overview_says_what_is_due_who_is_late_and_how_much_was_visited(door: Door) -> None:
    page = door.http.get("/office")
    assert page.status_code == 200, page.text
    told = words_of(page.text)
    for said in (
        "距第2期报送",
        "2 天",
        "还差 2 个单位",
        "公安分局 2",
        "流管办 1",
        "86%",
        "应巡 43 户，按期 37 户",
        "1/1",
    ):
        assert said in told, said
    assert "督办全部逾期单位（2）" in told
    english = words_of(in_english(door, "/office"))
    for said in ("Until return 2", "2 units still missing", "Overdue", "Press all overdue units (2)"):
        assert said in english, said


@pytest.mark.criterion("25")
def test_every_picture_of_the_overview_has_a_title_with_numbers_and_a_table(door: Door) -> None:
    text = door.http.get("/office").text
    titles = re.findall(r'role="img"[^>]*><title>([^<]+)</title>', text)
    assert len(titles) == 4
    assert text.count("以表格查看") == 4
    assert "榕荫村 9 条" in titles[1]
    assert "style=" not in text


@pytest.mark.criterion("25")
def test_a_desk_that_is_away_leaves_its_last_number_with_its_hour_and_never_a_zero(fresh: Door) -> None:
    sign_in(fresh, "office")
    fresh.bus.says("get_visit_figures", BrokerDown("broker.away"))
    assert "对应的业务系统暂时没有应答，请稍后再看" in fresh.http.get("/office").text
    fresh.bus.says("get_visit_figures", VISITS)
    assert "数据截至" not in fresh.http.get("/office").text
    fresh.clock.advance(timedelta(minutes=20))
    for each in ("get_visit_figures", "get_tip_figures", "list_stage_reports"):
        fresh.bus.says(each, BrokerDown("broker.away"))
    page = fresh.http.get("/office")
    assert page.status_code == 200
    told = words_of(page.text)
    assert "86%" in told
    assert "数据截至2026年3月2日（星期一）12:17" in told
    assert "还差 2 个单位" in told


def test_a_desk_that_is_slow_is_not_waited_for_when_its_last_number_is_known(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert door.http.get("/office").status_code == 200
    answers = door.bus.ask

    async def ask(service: str, method: str, *asked: Any, **more: Any) -> Any:
        if method == "get_visit_figures":
            await asyncio.Event().wait()
        return await answers(service, method, *asked, **more)

    monkeypatch.setattr(door.bus, "ask", ask)
    monkeypatch.setattr(office_ground, "PATIENCE_SECONDS", 0.05)
    told = words_of(door.http.get("/office").text)
    assert "86%" in told
    assert told.count("数据截至") == 1


def test_the_cards_alone_are_a_piece_of_the_page(door: Door) -> None:
    piece = door.http.get("/office/cards")
    assert piece.status_code == 200
    assert "<html" not in piece.text
    assert "86%" in piece.text
    assert piece.text.strip() in re.sub(r"\n\s*\n", "\n", door.http.get("/office").text) or "card" in piece.text


def test_before_anything_has_happened_seven_steps_lead_into_it(door: Door) -> None:
    assert "七步开始" not in door.http.get("/office").text
    door.bus.says("list_stage_reports", StageReportList(items=()))
    door.bus.says("get_visit_figures", VisitFigures(as_of=NOON, items=()))
    door.bus.says(
        "get_tip_figures",
        TipFigures(as_of=NOON, desks=(), weeks=(), villages=(), villages_since=TODAY),
    )
    told = words_of(door.http.get("/office").text)
    for said in ("七步开始", "核实对外公布的举报电话", "启用安全连接", "没有逾期", "还没有登记重点户"):
        assert said in told, said


def test_units_do_not_see_the_whole_town(fresh: Door) -> None:
    sign_in(fresh, "desk")
    assert fresh.http.get("/office").status_code == 403
    assert fresh.http.get("/office/cards").status_code == 403
    assert 'href="/office"' not in fresh.http.get("/desk").text
    assert {each.service for each in fresh.bus.asked if each.caller.sees_all} == set()


# --- what the numbers are made of


def test_units_are_late_by_tips_and_by_reports_and_near_by_both() -> None:
    periods = periods_of([{**_plain(each)} for each in REPORTS.items])
    desks = [
        {
            "desk": each.desk,
            "open": each.open,
            "late": each.late,
            "next_due_at": None if each.next_due_at is None else each.next_due_at.isoformat(),
            "late_since": None if each.late_since is None else each.late_since.isoformat(),
            "longest_late": each.longest_late,
        }
        for each in TIPS.desks
    ]
    firsts = {unit: POLICY.agencies[unit].desks[0].code for unit in (*UNITS, "social")}
    units = {each.code: each for each in units_of(firsts, desks, periods, NOON)}
    assert {code: each.light for code, each in units.items()} == {
        "police": "late",
        "market": "near",
        "tenancy": "late",
        "social": "good",
    }
    assert [each.about for each in units["police"].matters] == ["tip/tip_00000000000000000000000001"]
    assert [each.about for each in units["tenancy"].matters] == ["stage_report/report_tenancy_0218"]
    assert (units["police"].in_hand, units["police"].late, units["tenancy"].late) == (5, 2, 1)


def _plain(view: StageReportView) -> dict[str, object]:
    return {"report_id": view.report_id, "agency": view.agency, "due_on": view.due_on.isoformat(), "state": view.state}


def test_a_report_from_before_the_plan_was_issued_is_owed_by_nobody() -> None:
    told = {"state": StageReportState.DUE, "due_on": "2026-02-18"}
    assert standing(told, issued_on=TODAY) == ("none", "before")
    assert standing({**told, "state": "filed_late"}, issued_on=TODAY) == ("near", "filed_late")
    assert standing(told, issued_on=date(2026, 2, 18)) == ("near", "due")


def test_half_months_begin_where_today_lies() -> None:
    days = half_months(date(2026, 2, 20), 2)
    assert (days[0], days[-1], len(days)) == (date(2026, 2, 16), date(2026, 3, 15), 28)
    assert half_months(date(2026, 12, 31), 3)[-1] == date(2027, 1, 31)


def test_nothing_to_visit_is_no_rate() -> None:
    assert coverage_of([], "key").rate is None
    assert coverage_of([{"grade": "key", "rentals": 3, "on_time": 2}], "key").rate == 66


# --- the board of returns


def test_the_board_shows_every_unit_and_date_and_what_was_filed_can_be_read(door: Door) -> None:
    page = door.http.get("/office/returns")
    told = words_of(page.text)
    for said in ("第1期 2/18", "已报", "迟报", "未报", "待报", "不需报", "督办第1期 2/18全部未报单位（1）"):
        assert said in told, said
    filed = REPORTS.items[0].report_id
    one = door.http.get(f"/office/returns/{filed}")
    assert "每周巡查 &lt;b&gt;两次&lt;/b&gt;" in one.text
    assert "没有填写" in one.text
    assert door.http.get("/office/returns/report_of_nobody").status_code == 404


# --- supervision


ORDER = OrderView(
    order_id="order_000000000000000000001",
    number="DB-2026-0001",
    version=4,
    target="police/station",
    about="tip/tip_00000000000000000000000001",
    question="请说明 <原因>",
    issued_by="account_office",
    issued_at=NOON,
    due_at=NOON + timedelta(days=2),
    state=OrderState.ANSWERED,
    answer="已派人核查",
    answered_at=NOON,
    remark=None,
    rounds=1,
    rungs=(),
)


def following(door: Door, page: httpx2.Response, form: str, **filled: str) -> httpx2.Response:
    """Send a form of a page as it stands there, but for what is filled in."""
    found = re.search(rf'<form id="{form}"[^>]*action="([^"]+)"[^>]*>(.*?)</form>', page.text, re.DOTALL)
    assert found is not None, page.text
    hidden = {name: unescape(value) for name, value in re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', found[2])}
    return door.http.post(found[1], data={**hidden, **filled}, headers=OURS)


@pytest.mark.criterion("3.4")
def test_an_order_is_seen_before_it_goes_out_and_goes_out_once_to_each(door: Door) -> None:
    door.bus.says("issue_order", ORDER)
    door.bus.says("list_orders", OrderPage(items=(ORDER,)))
    form = door.http.get("/office/supervision/new?unit=late")
    assert "公安分局派出所" in form.text
    assert "请说明原因、目前进展" in form.text
    shown = following(door, form, "order", text="为什么没有办？")
    assert shown.status_code == 200
    assert "以下内容尚未发出" in shown.text
    assert shown.text.count("为什么没有办？") == 3
    assert not asked(door, "issue_order")
    for _ in range(2):
        sent = following(door, shown, "issue")
        assert (sent.status_code, sent.headers["Location"]) == (303, "/office/supervision?issued=2")
    orders = [(each.request.target, each.request.about) for each in asked(door, "issue_order")]
    assert orders == [
        ("police/station", "tip/tip_00000000000000000000000001"),
        ("tenancy/desk", "stage_report/report_tenancy_0218"),
    ]
    assert "已发出 2 份督办" in door.http.get("/office/supervision?issued=2").text


def test_a_date_of_returns_presses_whoever_is_still_late_when_it_is_sent(door: Door) -> None:
    door.bus.says("issue_orders_to_late", OrderPage(items=(ORDER,)))
    form = door.http.get("/office/supervision/new?returns=2026-02-18")
    shown = following(door, form, "order", text="请补报")
    assert "发出时仍未报送的单位才会收到" in shown.text
    assert following(door, shown, "issue").headers["Location"] == "/office/supervision?issued=1"
    (sent,) = asked(door, "issue_orders_to_late")
    assert (sent.request.report_due_on, sent.request.question) == (date(2026, 2, 18), "请补报")


def test_a_unit_with_nothing_late_is_asked_about_its_next_report(door: Door) -> None:
    form = door.http.get("/office/supervision/new?unit=market")
    assert "3月4日（星期三）前报送阶段性工作情况" in form.text
    assert "请答复贵单位落实方案的进展" in door.http.get("/office/supervision/new?unit=social").text
    assert "没有需要督办的单位" in door.http.get("/office/supervision/new?unit=nobody").text


def test_what_cannot_be_sent_comes_back_with_its_words(door: Door) -> None:
    form = door.http.get("/office/supervision/new?unit=late")
    empty = following(door, form, "order", text=" ")
    assert (empty.status_code, "请写督办要求" in empty.text) == (422, True)
    past = following(door, form, "order", text="请答复", due_on="2026-02-01")
    assert (past.status_code, "期限不能早于今天" in past.text, "请答复</textarea>" in past.text) == (422, True, True)
    assert following(door, form, "order", text="x", matters="a b=c").status_code == 400
    assert following(door, form, "order", text="x", matters="").status_code == 400
    door.bus.says("issue_order", BrokerDown("broker.away"))
    shown = following(door, form, "order", text="请答复")
    away = following(door, shown, "issue")
    assert away.status_code == 503
    assert "请答复" in away.text
    changed = following(door, shown, "issue")
    assert 'value="请答复"' in changed.text


@pytest.mark.criterion("3.4")
def test_the_register_shows_answers_and_takes_verdicts(door: Door) -> None:
    door.bus.says("list_orders", OrderPage(items=(ORDER,), next_cursor="abc"))
    door.bus.says("review_order", ORDER)
    page = door.http.get("/office/supervision?state=open")
    for said in ("DB-2026-0001", "请说明 &lt;原因&gt;", "已派人核查", "待审核", "cursor=abc"):
        assert said in page.text, said
    form = form_on(page, f"/office/supervision/{ORDER.order_id}/review")
    address = f"/office/supervision/{ORDER.order_id}/review"
    sent = door.http.post(address, data={**form, "verdict": "reject", "text": "说不清"}, headers=OURS)
    assert sent.headers["Location"] == "/office/supervision"
    (review,) = asked(door, "review_order")
    assert (review.request.accept, review.request.remark, review.request.expected_version) == (False, "说不清", 4)
    assert review.request.new_due_on == date(2026, 3, 4)
    door.bus.says("review_order", Conflict("supervision_order.changed"))
    again = {**form, "key": "another-key-of-24-letters", "verdict": "accept", "text": ""}
    assert door.http.post(address, data=again, headers=OURS).status_code in (409, 412)


def test_a_leader_reads_the_register_and_sends_nothing(fresh: Door) -> None:
    sign_in(fresh, "chair")
    fresh.bus.says("list_orders", OrderPage(items=()))
    page = fresh.http.get("/office/supervision")
    assert (page.status_code, "没有督办" in page.text) == (200, True)
    assert "/office/supervision/new" not in page.text
    assert "/office/supervision/new" not in fresh.http.get("/office").text
    assert fresh.http.get("/office/supervision/new?unit=late").status_code == 403


# --- the plan


def test_coverage_is_told_by_village_and_grade(door: Door) -> None:
    page = door.http.get("/office/visits")
    told = words_of(page.text)
    for said in ("86%", "100%", "榕荫村", "37/43", "10/10", "重点户"):
        assert said in told, said
    assert "新埗村" not in told


@pytest.mark.criterion("5.4")
def test_a_months_visits_are_told_by_grade_village_and_assistant(door: Door) -> None:
    told = words_of(door.http.get("/office/visits").text)
    for said in (
        "2026-11 到期的巡查",
        "应查 5 次：已查 3，漏查 1，尚未到期 1。",
        "重点户 5 3 1 1",
        "assistant-4 5 3 1 1",
    ):
        assert said in told, said


def test_every_sentence_stands_with_its_state_and_can_be_chosen_by_state_and_unit(door: Door) -> None:
    told = words_of(door.http.get("/office/sentences").text)
    for said in ("L45.1", "重点户每半个月巡查一次", "牵头：流管办", "配合：公安分局", "凭证 12 件", "已落实"):
        assert said in told, said
    assert "L45.1" in door.http.get("/office/sentences?state=kept&unit=police").text
    for nothing in ("state=overdue", "unit=social", "state=kept&unit=social"):
        assert "没有这样的句子" in door.http.get(f"/office/sentences?{nothing}").text
    english = in_english(door, "/office/sentences")
    assert "Visit key dwellings every half month." in english


@pytest.mark.criterion("7.3")
def test_rules_stand_in_words_with_what_they_follow_from_and_what_a_version_changed(tmp_path: Path) -> None:
    with open_desk(tmp_path, policy_versions_dir=tmp_path / "versions") as fresh:
        prepare(fresh)
        sign_in(fresh, "office")
        told = words_of(fresh.http.get("/office/policy").text)
        for said in ("现行规则第 1 版", "举报线索核查:15个工作日内", "方案第 32 行第 1 句", "目前只有一个版本"):
            assert said in told, said
        assert "重点户" in words_of(fresh.http.get("/office/policy?file=grades").text)
        route = replace(POLICY.routes[0], lead="office/desk")
        draft = replace(POLICY, routes=(route, *POLICY.routes[1:]))
        fresh.house.shelf.publish(draft, by="office", note="改派", now=NOON)
        page = words_of(fresh.http.get("/office/policy?file=routing&old=1&new=2").text)
        for said in ("第 1 版到第 2 版的差异（1）", "修改", "police/station → office/desk", "改派"):
            assert said in page, said
        assert "两个版本没有差异" in fresh.http.get("/office/policy?old=2&new=2").text
        assert fresh.http.get("/office/policy?old=1&new=7").status_code == 404
        english = in_english(fresh, "/office/policy")
        assert "Time limits" in english


# --- numbers for everybody


@pytest.mark.criterion("25")
def test_everybody_reads_numbers_that_point_at_nobody(fresh: Door) -> None:
    told = PublicFigures(
        upto=date(2026, 3, 1),
        fewer_than=5,
        items=(PublicFigure(code="tips_received", count=12), PublicFigure(code="cases_opened", count=None)),
    )
    fresh.bus.says("get_public_figures", told)
    page = words_of(fresh.http.get("/numbers").text)
    for said in ("截至3月1日（星期日）", "收到线索 12", "立案 少于 5 件"):
        assert said in page, said
    plain = fresh.http.get("/v1/public/numbers").json()
    assert plain["items"][1] == {"code": "cases_opened", "count": None}
    fresh.bus.says("get_public_figures", BrokerDown("broker.away"))
    assert "数字暂时读不到" in fresh.http.get("/numbers").text
    assert fresh.http.get("/v1/public/numbers").status_code == 503

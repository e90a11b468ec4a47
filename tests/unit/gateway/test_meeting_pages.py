"""Pages of meetings, of what they decided, and of the register of publicity, without a browser."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document

from gateway.console import __file__ as console
from gateway.console.sayings import sayings
from lianxi.contracts.meetings import (
    AgendaItemView,
    DecisionPage,
    DecisionState,
    DecisionView,
    ItemOutcome,
    ItemSource,
    MeetingKind,
    MeetingLine,
    MeetingPage,
    MeetingState,
    MeetingView,
    Presence,
    SeatView,
)
from lianxi.contracts.publicity import (
    ActivityPage,
    ActivityView,
    DutyYear,
    GapView,
    PeriodState,
    PeriodView,
    PublicityYear,
)
from lianxi.kernel.errors import RuleBroken
from lianxi.runtime.papers import MEDIA_TYPE
from tests.support.desk_door import OURS, asked, deeds_on, form_on, open_desk, send, sign_in
from tests.support.gateway_fakes import NOON, POLICY, Door

DECISION = DecisionView(
    decision_id="meeting_decision_1", version=1, meeting_id="meeting_1", item_id="item_0001", what="核清出租屋底数",
    owner="police/station", taken_at=NOON, due_at=NOON + timedelta(days=9), state=DecisionState.OPEN, is_overdue=False,
    done_at=None, note=None, proof=(), remark=None, rounds=1, rungs=(),
)  # fmt: skip
MEETING = MeetingView(
    meeting_id="meeting_1", version=2, kind=MeetingKind.CONFERENCE, title="第三次联席会议", place="镇政府三楼",
    held_at=NOON, state=MeetingState.CALLED, agencies=("office", "police", "market"), called_by="account_office",
    agenda=(
        AgendaItemView(
            item_id="item_0001", source=ItemSource.PROPOSED, title="夜市聚集", about=None, agency="police", due_on=None,
            outcome=ItemOutcome.OPEN, remark="",
        ),
        AgendaItemView(
            item_id="item_0002", source=ItemSource.RETURN_MISSING, title="", about="stage_report/report_1",
            agency="market", due_on=date(2026, 2, 12), outcome=ItemOutcome.OPEN, remark="",
        ),
    ),
    seats=(
        SeatView(seat="chair", unit=None, presence=None, reason=""),
        SeatView(seat="member-police", unit="police", presence=None, reason=""),
    ),
    decisions=(DECISION,), summary="", closed_at=None,
)  # fmt: skip
LINE = MeetingLine(
    meeting_id="meeting_1", version=2, kind=MeetingKind.CONFERENCE, title="第三次联席会议", place="镇政府三楼",
    held_at=NOON, state=MeetingState.CALLED, agencies=("office", "police"),
)  # fmt: skip
AT = "/desk/meetings/meeting_1"
OWED_AT = "/desk/decisions/meeting_decision_1"
ACTIVITY = ActivityView(
    activity_id="publicity_1", version=1, duty="schools", agency="education", party=None, what="主题班会",
    place="第一小学", village="village/banyan", held_on=date(2026, 2, 3), reach=320, material="折页",
    photos=("a" * 64,), is_warning=False, approval=None, recorded_at=NOON, withdrawn_at=None, withdrawn_because=None,
)  # fmt: skip


def day(number: int, state: PeriodState) -> PeriodView:
    on = date(2026, 2, number)
    return PeriodView(first_on=on, last_on=on, state=state, activities=1 if state is PeriodState.DONE else 0)


YEAR = PublicityYear(
    year=2026,
    duties=(
        DutyYear(
            duty="tv-daily", clause="L62.2", name_zh="电视公益广告", name_en="Television spot", unit="publicity",
            party="media/tv", cadence="P1D", activities=1, reach=12_000,
            periods=(day(1, PeriodState.DONE), day(2, PeriodState.MISSED), day(3, PeriodState.MISSED)),
        ),
    ),
    gaps=(
        GapView(
            duty="tv-daily", clause="L62.2", unit="publicity", party="media/tv", first_on=date(2026, 2, 2),
            last_on=date(2026, 2, 3), periods=2,
        ),
    ),
)  # fmt: skip


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_desk(tmp_path) as opened:
        opened.bus.says("get_meeting", MEETING)
        opened.bus.says("list_meetings", MeetingPage(items=(LINE,)))
        opened.bus.says("list_decisions", DecisionPage(items=(DECISION,)))
        opened.bus.says("get_decision", DECISION)
        opened.bus.says("get_publicity_year", YEAR)
        opened.bus.says("list_activities", ActivityPage(items=(ACTIVITY,)))
        opened.bus.says("get_activity", ACTIVITY)
        yield opened


def test_every_seat_that_stands_for_no_unit_has_a_name_on_pages_and_in_the_minutes() -> None:
    bare = {each.code for each in POLICY.posts if each.role in ("chair", "deputy_chair", "contact")}
    assert {f"seat.{each}" for each in bare} <= set(sayings("zh"))
    assert bare <= set(tomllib.loads((Path(console).parents[1] / "minutes.toml").read_text("utf-8"))["seat"])


@pytest.mark.criterion("21")
def test_a_unit_reads_the_agenda_and_proposes_and_the_office_says_who_came(door: Door) -> None:
    sign_in(door)
    page = door.http.get(AT)
    assert "夜市聚集" in page.text
    assert 'href="/desk/returns/report_1"' in page.text, "what data proposed leads to what is late"
    assert deeds_on(page, AT) == {"propose"}
    door.bus.says("propose_item", MEETING)
    assert send(door, page, "propose", AT, title="出租屋底数").status_code == 303
    assert asked(door, "propose_item")[0].request.title == "出租屋底数"
    assert door.http.get("/desk/meetings").text.count("第三次联席会议") == 1

    door.http.cookies.clear()
    sign_in(door, "office")
    page = door.http.get(AT)
    assert deeds_on(page, AT) == {"propose", "hold", "cancel"}
    door.bus.says("hold_meeting", replace(MEETING, state=MeetingState.HELD))
    came = {"seat.chair:": "present", "seat.member-police:police": "excused", "why.member-police:police": "外出"}
    assert send(door, page, "hold", AT, **came).status_code == 303
    said = asked(door, "hold_meeting")[0].request
    assert [(each.seat, each.unit, each.presence, each.reason) for each in said.attendance] == [
        ("chair", None, Presence.PRESENT, ""),
        ("member-police", "police", Presence.EXCUSED, "外出"),
    ]
    assert said.expected_version == 2


@pytest.mark.criterion("21")
def test_a_decision_is_taken_on_the_page_and_reported_done_with_proof_by_its_desk(door: Door) -> None:
    door.bus.says("get_meeting", replace(MEETING, state=MeetingState.HELD))
    sign_in(door, "office")
    page = door.http.get(AT)
    assert deeds_on(page, AT) == {"settle", "decide", "hold", "close", "propose"}
    door.bus.says("take_decision", MEETING)
    filled = {"text_what": "核清底数", "owner": "police/station", "due_on": "2026-03-20", "item_id": "item_0001"}
    assert send(door, page, "decide", AT, **filled).status_code == 303
    taken = asked(door, "take_decision")[0].request
    assert (taken.owner, taken.due_on, taken.item_id) == ("police/station", date(2026, 3, 20), "item_0001")
    door.bus.says("settle_item", MEETING)
    assert send(door, page, "settle", AT, item_id="item_0002", outcome="parked").status_code == 303
    assert asked(door, "settle_item")[0].request.item_id == "item_0002"

    door.http.cookies.clear()
    sign_in(door)
    owed = door.http.get(OWED_AT)
    assert "核清出租屋底数" in owed.text
    door.bus.says("report_decision_done", replace(DECISION, state=DecisionState.DONE))
    done = {"text_note": "已核清", "text_proof": f"case/case_1\r\n{'a' * 64}\r\n"}
    assert send(door, owed, "done", OWED_AT, **done).status_code == 303
    assert asked(door, "report_decision_done")[0].request.proof == ("case/case_1", "a" * 64)
    back = send(door, owed, "done", OWED_AT, text_note="已核清", text_proof="张三的口供")
    assert (back.status_code, "张三的口供" in back.text) == (422, True)


@pytest.mark.criterion("21")
def test_minutes_are_fetched_from_the_page_once_they_are_closed(door: Door) -> None:
    sign_in(door)
    assert "minutes.docx" not in door.http.get(AT).text
    door.bus.says("get_meeting", replace(MEETING, state=MeetingState.CLOSED, closed_at=NOON))
    page = door.http.get(AT)
    assert f'href="{AT}/minutes.docx"' in page.text
    assert deeds_on(page, AT) == set()

    fetched = door.http.get(f"{AT}/minutes.docx")

    assert fetched.headers["Content-Type"] == MEDIA_TYPE
    texts = [each.text for each in Document(BytesIO(fetched.content)).paragraphs]
    assert "第三次联席会议" in texts


def test_the_office_calls_a_meeting_and_what_is_refused_comes_back(door: Door) -> None:
    sign_in(door)
    assert 'action="/desk/meetings"' not in door.http.get("/desk/meetings").text
    door.http.cookies.clear()
    sign_in(door, "office")
    form = form_on(door.http.get("/desk/meetings"), "/desk/meetings")
    filled = {
        "kind": "cases",
        "title": "专案",
        "place": "三楼",
        "held_at": "2026-03-20T09:30",
        "agencies.police": "yes",
    }
    door.bus.says("call_meeting", RuleBroken("meeting.in_past", clause="L78.2"))
    back = door.http.post("/desk/meetings", data={**form, **filled}, headers=OURS)
    assert (back.status_code, "会议时间已过" in back.text, 'value="专案"' in back.text) == (422, True, True)
    door.bus.says("call_meeting", MEETING)
    sent = door.http.post("/desk/meetings", data={**form, **filled, "key": "another-key-for-it"}, headers=OURS)
    assert (sent.status_code, sent.headers["Location"]) == (303, AT)
    called = asked(door, "call_meeting")[-1].request
    assert (called.kind, called.agencies) == (MeetingKind.CASES, ("police",))
    assert called.held_at.utcoffset() == timedelta(hours=8)


@pytest.mark.criterion("22")
def test_the_year_of_publicity_is_a_calendar_with_its_gaps_and_a_table_beside_it(door: Door) -> None:
    sign_in(door)
    page = door.http.get("/desk/publicity")

    assert '<svg class="drawing drawing-periods"' in page.text
    assert "<td>1</td><td>2</td>" in page.text, "the table beside the picture counts done and missed"
    assert "2 期没有活动" in page.text
    assert "12000" in page.text
    assert "Television spot" in door.http.get("/desk/publicity?lang=en").text
    assert asked(door, "get_publicity_year")[0].request.unit is None


@pytest.mark.criterion("22")
def test_an_activity_is_recorded_on_the_page_with_everything_it_asks_for(door: Door) -> None:
    sign_in(door, "office")
    page = door.http.get("/desk/publicity")
    filled = {
        "duty": "schools", "text_what": "主题班会", "place": "第一小学", "village": "village/banyan",
        "held_on": "2026-02-03", "reach": "320", "text_material": "折页", "text_photos": "a" * 64,
    }  # fmt: skip
    door.bus.says("record_activity", ACTIVITY)
    sent = door.http.post("/desk/publicity", data={**form_on(page, "/desk/publicity"), **filled}, headers=OURS)
    assert (sent.status_code, sent.headers["Location"]) == (303, "/desk/publicity/publicity_1")
    said = asked(door, "record_activity")[0].request
    assert (said.duty, said.reach, said.photos, said.is_warning) == ("schools", 320, ("a" * 64,), False)

    shown = door.http.get(sent.headers["Location"])
    assert all(each in shown.text for each in ("主题班会", "第一小学", "320", "折页", "a" * 64))
    door.bus.says("withdraw_activity", replace(ACTIVITY, withdrawn_at=NOON, withdrawn_because="重复"))
    assert send(door, shown, "withdraw", "/desk/publicity/publicity_1", text_reason="重复").status_code == 303

"""The minutes of a meeting as a paper for an office program, from the template that the product is shipped with."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document

from gateway.minutes import minutes_of, values_of
from lianxi.contracts.codec import as_plain
from lianxi.contracts.meetings import (
    AgendaItemView,
    DecisionState,
    DecisionView,
    ItemOutcome,
    ItemSource,
    MeetingKind,
    MeetingState,
    MeetingView,
    Presence,
    SeatView,
)
from lianxi.policy.load import read_policy
from lianxi.runtime.papers import fields_of, texts_of

PAPERS = Path("deploy/papers")
POLICY = read_policy(Path("deploy/policy"))
AT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def item(source: ItemSource, title: str = "", **more: object) -> AgendaItemView:
    told: dict[str, object] = {"item_id": "item_1", "about": None, "agency": "police", "due_on": None, "remark": ""}
    return AgendaItemView(source=source, title=title, outcome=ItemOutcome.PARKED, **(told | more))  # type: ignore[arg-type]


DECISION = DecisionView(
    decision_id="meeting_decision_1", version=1, meeting_id="meeting_1", item_id=None, what="核清出租屋底数",
    owner="police/station", taken_at=AT, due_at=datetime(2026, 12, 4, 16, 0, tzinfo=UTC), state=DecisionState.OPEN,
    is_overdue=False, done_at=None, note=None, proof=(), remark=None, rounds=1, rungs=(),
)  # fmt: skip
MEETING = MeetingView(
    meeting_id="meeting_1", version=3, kind=MeetingKind.CONFERENCE, title="第三次联席会议", place="镇政府三楼",
    held_at=AT, state=MeetingState.CLOSED, agencies=("police", "market"), called_by="clerk-1",
    agenda=(
        item(ItemSource.PROPOSED, "夜市聚集 {{title}}", remark="继续排查"),
        item(ItemSource.RETURN_MISSING, agency="market", due_on=date(2026, 11, 12)),
    ),
    seats=(
        SeatView(seat="chair", unit=None, presence=Presence.PRESENT, reason=""),
        SeatView(seat="member-police", unit="police", presence=Presence.PRESENT, reason=""),
        SeatView(seat="member-market", unit="market", presence=Presence.EXCUSED, reason="外出开会"),
    ),
    decisions=(DECISION,), summary="总结了上阶段工作。\n部署了下阶段任务。", closed_at=AT,
)  # fmt: skip


@pytest.mark.criterion("21")
def test_minutes_hold_agenda_attendance_and_decisions_in_the_towns_template() -> None:
    paper = asyncio.run(minutes_of(as_plain(MEETING), POLICY, PAPERS))

    read = Document(BytesIO(paper))
    texts = texts_of(paper)
    assert "第三次联席会议" in texts
    assert "时间:2026年11月24日 09:30" in texts
    assert "到会:召集人、公安分局" in texts
    agenda, decisions, seats = ([[cell.text for cell in row.cells] for row in each.rows[1:]] for each in read.tables)
    assert agenda == [
        ["1", "夜市聚集 {{title}}", "提出议题", "公安分局", "留存下次会议", "继续排查"],
        ["2", "工商分局 2026年11月12日", "阶段性工作情况未报送", "工商分局", "留存下次会议", ""],
    ]
    assert decisions == [["1", "核清出租屋底数", "公安分局派出所", "2026年12月4日", "办理中"]]
    assert seats == [["召集人", "到会", ""], ["公安分局", "到会", ""], ["工商分局", "请假", "外出开会"]]
    assert asyncio.run(minutes_of(as_plain(MEETING), POLICY, PAPERS)) == paper


def test_the_template_asks_for_nothing_that_minutes_do_not_say() -> None:
    values = values_of(as_plain(MEETING), POLICY)
    known = {name for name, said in values.items() if isinstance(said, str)}
    known |= {f"{name}.{each}" for name, said in values.items() if not isinstance(said, str) for each in said[0]}

    assert fields_of((PAPERS / "minutes.docx").read_bytes()) <= known

"""Replies that nobody reads: shown to the desk after a week, never sooner, and never when an informant reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lianxi.contracts.codec import as_plain
from lianxi.contracts.tips import FindTipByReceipt, GetTip, ListTips, PostMessage, TipKind
from lianxi.kernel.clock import local_date
from lianxi.store.mapping import as_fields
from services.tips.domain.tip import Tip
from services.tips.views import TipViews
from tests.unit.tips.desk import NOW, TIP_ID, TipDesk, caller, keys, sealed, submission

WEEK = timedelta(days=7)
MINE = FindTipByReceipt(receipt_verifier="verifier-1")


class Rows:
    """A collection in memory that answers the one question of lists, by whichever time field it asks."""

    def __init__(self, tips: list[Tip]) -> None:
        self.rows = [{**as_fields(tip), "_id": tip.id} for tip in tips]

    def find(self, query: dict[str, Any], projection: dict[str, int]) -> list[dict[str, Any]]:
        (field,) = [name for name, value in query.items() if isinstance(value, dict)]
        bounds = query[field]
        return [
            {name: value for name, value in row.items() if name not in projection}
            for row in self.rows
            if query["agencies"] in row["agencies"]
            and query.get("kind", row["kind"]) == row["kind"]
            and row[field] is not None
            and bounds["$gt"] < row[field] <= bounds["$lte"]
        ]


def listed(desk: TipDesk, **asked: Any) -> list[str]:
    rows = Rows(desk.tips.all())
    views = TipViews(desk.tips, desk.clock, lambda: rows)
    return [each.tip_id for each in views.list_tips(ListTips(**asked), caller("police")).items]


def reply(desk: TipDesk, tip_id: str = TIP_ID, text: str = "请补充时间") -> None:
    desk.handlers.post_message(PostMessage(tip_id=tip_id, content=sealed(text)), caller("police"))


def unread_since(desk: TipDesk) -> object:
    return desk.views.get_tip(GetTip(tip_id=TIP_ID), caller("police")).unread_since


@pytest.fixture
def written() -> TipDesk:
    desk = TipDesk()
    desk.submit(submission())
    reply(desk)
    return desk


@pytest.mark.criterion("2.6")
def test_a_reply_that_nobody_reads_is_shown_to_the_desk_after_a_week(written: TipDesk) -> None:
    desk = written
    desk.clock.instant = NOW + WEEK - timedelta(seconds=1)
    assert unread_since(desk) is None
    assert listed(desk, unread=True) == []
    desk.clock.instant = NOW + WEEK
    assert unread_since(desk) == local_date(NOW)
    assert listed(desk, unread=True) == [TIP_ID]


@pytest.mark.criterion("2.6")
def test_what_the_informant_has_read_waits_no_more_and_the_next_reply_counts_anew(written: TipDesk) -> None:
    desk = written
    desk.handlers.find_tip_by_receipt(MINE)
    desk.clock.instant = NOW + 2 * WEEK
    assert unread_since(desk) is None
    assert listed(desk, unread=True) == []
    reply(desk, text="还在吗")
    desk.pass_time(7 * 24 * 60)
    assert unread_since(desk) == local_date(NOW + 2 * WEEK)


def test_the_oldest_reply_counts(written: TipDesk) -> None:
    written.pass_time(6 * 24 * 60)
    reply(written, text="第二封")
    written.pass_time(24 * 60)

    assert unread_since(written) == local_date(NOW)


@pytest.mark.criterion("2.6")
def test_when_an_informant_reads_is_kept_nowhere(written: TipDesk) -> None:
    desk = written
    before, version = list(desk.tips.announced), desk.tips.get(TIP_ID).version
    desk.pass_time(3 * 24 * 60 + 17)
    read = desk.handlers.find_tip_by_receipt(MINE)
    again = desk.handlers.find_tip_by_receipt(MINE)

    assert desk.tips.announced == before
    assert (read.version, again.version) == (version + 1, version + 1)
    at = desk.clock.now()
    assert at.isoformat() not in repr(as_fields(desk.tip()))
    assert at.isoformat() not in repr(as_plain(desk.views.get_tip(GetTip(tip_id=TIP_ID), caller("police"))))


def test_reports_and_complaints_are_listed_apart() -> None:
    desk = TipDesk()
    desk.submit(submission())
    desk.submit(submission(tip_id="tip_2", receipt_verifier="v2", kind=TipKind.COMPLAINT))

    assert listed(desk, kind=TipKind.TIP) == [TIP_ID]
    assert listed(desk, kind=TipKind.COMPLAINT) == ["tip_2"]


def test_another_systems_number_comes_out_of_the_seal_and_the_source_with_it() -> None:
    desk = TipDesk()
    content = keys()[0].seal({"text": "转来", "place": None, "reference": "GD-42"})
    desk.submit(submission(content=content, source="hotline-12345", submitted_by="police"))
    view = desk.views.get_tip(GetTip(tip_id=TIP_ID), caller("police"))

    assert (view.source, view.reference) == ("hotline-12345", "GD-42")
    assert "GD-42" not in repr(desk.tips.announced)

"""Reading an informant's own words: a reason, fifteen minutes, written down, told each week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lianxi.contracts.codec import as_plain, open_event
from lianxi.contracts.envelope import Caller
from lianxi.contracts.sealing import WORDS, Opener
from lianxi.contracts.unmasking import GetWords, TipUnmasked, Unmask, UnmaskingsReported
from lianxi.kernel.errors import NotFound, RuleBroken
from lianxi.store.fakes import MemoryAggregates
from services.tips.domain.unmasking import Unmasking, WeeklyReport
from services.tips.handlers.unmasking import UnmaskingHandlers
from services.tips.store import REPORT_ANNOUNCER, UNMASKING_ANNOUNCER
from tests.unit.tips.desk import TIP_ID, TipDesk, everything_said, keys, sealed, submission

SECRET = "我是住三楼的老王,电话13812345678"
LEAD = Caller(actor="lead-7", agency="police", rows=("involved",))
REASON = "原文提到的房间号需要核对"


@dataclass
class Among:
    kept: MemoryAggregates[Unmasking]

    def _all(self) -> list[Unmasking]:
        return self.kept.all()

    def running(self, tip_id: str, asked_by: str, now: datetime) -> str | None:
        fits = (each for each in self._all() if (each.tip_id, each.asked_by) == (tip_id, asked_by) and each.runs(now))
        return next((each.id for each in fits), None)

    def agencies_between(self, since: datetime, until: datetime) -> Sequence[str]:
        return [each.agency for each in self._all() if since <= each.asked_at < until]


class Office:
    def __init__(self) -> None:
        self.desk = TipDesk()
        self.desk.submit(submission(content=sealed(SECRET)))
        self.kept: MemoryAggregates[Unmasking] = MemoryAggregates(UNMASKING_ANNOUNCER, self.desk.clock)
        self.reports: MemoryAggregates[WeeklyReport] = MemoryAggregates(REPORT_ANNOUNCER, self.desk.clock)
        self.handlers = UnmaskingHandlers(
            tips=self.desk.tips,
            unmaskings=self.kept,
            reports=self.reports,
            among=Among(self.kept),
            opener=keys()[1],
            clock=self.desk.clock,
        )

    def unmask(self, caller: Caller = LEAD, reason: str = REASON) -> str:
        return self.handlers.unmask(Unmask(tip_id=TIP_ID, reason=reason), caller).state.id

    def words(self, caller: Caller = LEAD) -> dict[str, Any]:
        mine = Opener.for_one_answer()
        answer = self.handlers.get_words(GetWords(tip_id=TIP_ID, answer_key=mine.public_key), caller)
        assert SECRET not in str(as_plain(answer))
        return mine.open(answer.sealed, WORDS)

    def told(self) -> list[UnmaskingsReported]:
        opened = [open_event(each) for each in self.reports.announced]
        return [each for each in opened if isinstance(each, UnmaskingsReported)]


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.mark.criterion("8.3")
def test_the_words_are_read_for_a_reason_and_for_fifteen_minutes(office: Office) -> None:
    with pytest.raises(RuleBroken, match="needed"):
        office.words()
    unmasking_id = office.unmask()
    assert office.words()["text"] == SECRET
    office.desk.clock.advance(timedelta(minutes=15) - timedelta(seconds=1))
    assert office.words()["text"] == SECRET
    office.desk.clock.advance(timedelta(seconds=1))
    with pytest.raises(RuleBroken, match="needed"):
        office.words()
    assert len(office.kept.get(unmasking_id).state.read_at) == 2


@pytest.mark.criterion("8.3")
@pytest.mark.parametrize("reason", ["", "   ", "\n\t"])
def test_without_a_reason_nothing_is_unmasked(office: Office, reason: str) -> None:
    with pytest.raises(RuleBroken, match="reason_missing"):
        office.unmask(reason=reason)
    assert office.kept.announced == []


@pytest.mark.criterion("8.3")
def test_one_officers_unmasking_opens_nothing_for_another(office: Office) -> None:
    office.unmask()
    with pytest.raises(RuleBroken, match="needed"):
        office.words(replace(LEAD, actor="lead-8"))
    with pytest.raises(NotFound):
        office.words(replace(LEAD, agency="transport"))
    with pytest.raises(NotFound):
        office.unmask(replace(LEAD, agency="transport"))


@pytest.mark.criterion("8.3")
def test_what_is_told_of_it_holds_neither_words_nor_reason(office: Office) -> None:
    office.unmask()
    office.words()
    said = everything_said([*office.kept.announced, *office.desk.tips.announced])
    assert SECRET not in said
    assert REASON not in said
    assert [each.type for each in office.kept.announced] == [TipUnmasked.KEY]


@pytest.mark.criterion("8.3")
def test_the_office_is_told_of_each_week_once_also_of_one_without_any(office: Office) -> None:
    office.unmask()
    office.unmask(replace(LEAD, actor="lead-8"))
    office.handlers.report_week()
    office.handlers.report_week()
    assert [each.unmaskings for each in office.told()] == [0]
    office.desk.clock.advance(timedelta(days=7))
    office.handlers.report_week()
    office.handlers.report_week()
    _, last = office.told()
    assert [(each.agency, each.unmaskings) for each in last.agencies] == [("police", 2)]
    assert last.week_from.weekday() == 0

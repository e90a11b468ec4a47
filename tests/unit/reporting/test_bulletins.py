"""Bulletins: counted when drafted, frozen, and every figure answers a question that can be asked again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from gateway.bulletin_papers import name_of
from lianxi.contracts.bulletins import (
    BulletinIssued,
    BulletinKind,
    BulletinState,
    DraftBulletin,
    GetBulletin,
    GetPeriodFigures,
    IssueBulletin,
)
from lianxi.contracts.envelope import Caller
from lianxi.contracts.reporting import FileStageReport
from lianxi.kernel.clock import FixedClock, local_midnight
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.mapping import as_fields, as_state
from lianxi.store.outbox import Announcer
from services.reporting.documents import BulletinDocument
from services.reporting.domain.bulletins import Bulletin
from services.reporting.domain.facts import FIGURES, seal
from services.reporting.domain.returns import StageReport
from services.reporting.handlers.bulletins import BulletinDesk
from services.reporting.handlers.stage_reports import ReportingDesk
from services.reporting.policy import Plan
from tests.unit.reporting.conftest import MemoryFacts
from tests.unit.reporting.test_stage_reports import MARKET, OFFICE, PARTS, SECOND, id_of, on, open_case

FIRST = date(2015, 10, 16)
ASKED = DraftBulletin(kind=BulletinKind.BULLETIN, title="第一期", first_on=FIRST, last_on=SECOND, remarks="加强巡查")
CLERK = Caller(actor="clerk-8", agency="office", correlation_id="c", rows=("all",))


@dataclass
class Filed:
    """The stage reports that a test has filed."""

    kept: MemoryAggregates[StageReport]
    asked: list[tuple[date, date]] = field(default_factory=list)

    def due_between(self, first: date, last: date) -> Sequence[StageReport]:
        self.asked.append((first, last))
        return self.kept.all()


@pytest.fixture
def writing(kept: MemoryAggregates[StageReport], facts: MemoryFacts, clock: FixedClock) -> BulletinDesk:
    bulletins: MemoryAggregates[Bulletin] = MemoryAggregates(Announcer(service="reporting", noun="bulletin"), clock)
    return BulletinDesk(bulletins, Filed(kept), facts, clock)


@pytest.mark.criterion("12.5")
def test_every_figure_answers_a_question_that_gives_the_same_again(
    desk: ReportingDesk, writing: BulletinDesk, plan: Plan, clock: FixedClock
) -> None:
    for at in range(3):
        open_case(desk, f"case-{at}", on(FIRST + timedelta(days=at)))
    open_case(desk, "before", local_midnight(FIRST) - timedelta(seconds=1))
    clock.instant = on(SECOND)
    desk.file_stage_report(FileStageReport(report_id=id_of(plan, "market"), **PARTS), MARKET)
    draft = writing.draft_bulletin(ASKED, OFFICE)
    again = writing.get_period_figures(GetPeriodFigures(first_on=FIRST, last_on=SECOND), OFFICE)

    assert again.items == draft.figures
    assert {each.figure for each in draft.figures} == {each.name for each in FIGURES}
    (opened,) = (each for each in draft.figures if each.figure == "cases_opened")
    assert (opened.count, opened.event) == (3, "cases.case.opened.v1")
    (true,) = (each for each in draft.figures if each.figure == "tips_substantiated")
    assert true.condition == "outcome=substantiated"
    assert draft.asked_at == again.as_of == clock.now()
    assert draft.figures_sha256 == seal({each.figure: each.count for each in draft.figures})
    assert [(each.unit, each.practice) for each in draft.reports] == [("market", PARTS["practice"])]
    assert all(name_of(each.figure) != each.figure for each in draft.figures), "a figure has no Chinese name"


@pytest.mark.criterion("12.5")
def test_what_is_drafted_keeps_its_figures_and_what_is_issued_is_everybodys(
    desk: ReportingDesk, writing: BulletinDesk, clock: FixedClock
) -> None:
    clock.instant = on(SECOND)
    draft = writing.draft_bulletin(ASKED, OFFICE)
    get = GetBulletin(bulletin_id=draft.bulletin_id)
    with pytest.raises(NotFound, match=r"bulletin\.not_found"):
        writing.get_bulletin(get, MARKET)
    open_case(desk, "late", on(FIRST))
    issue = IssueBulletin(bulletin_id=draft.bulletin_id)
    issued = writing.issue_bulletin(issue, CLERK)

    assert (issued.state, issued.issued_by, issued.figures) == (BulletinState.ISSUED, "clerk-8", draft.figures)
    assert writing.get_bulletin(get, MARKET) == issued
    with pytest.raises(Conflict, match=r"bulletin\.already_issued"):
        writing.issue_bulletin(issue, OFFICE)
    assert isinstance(writing.bulletins, MemoryAggregates)
    assert [each.type for each in writing.bulletins.announced] == [BulletinIssued.KEY]


@pytest.mark.parametrize(
    ("first", "last"),
    [(SECOND, FIRST), (date(2016, 1, 1), date(2016, 2, 1)), (date(2014, 1, 1), SECOND)],
)
def test_what_cannot_be_counted_is_no_period(writing: BulletinDesk, first: date, last: date) -> None:
    with pytest.raises(RuleBroken, match=r"bulletin\.period_unreadable"):
        writing.draft_bulletin(replace(ASKED, first_on=first, last_on=last), OFFICE)


def test_only_the_office_drafts_issues_and_asks(writing: BulletinDesk, clock: FixedClock) -> None:
    clock.instant = on(SECOND)
    draft = writing.draft_bulletin(ASKED, OFFICE)
    for asks in (
        lambda: writing.draft_bulletin(ASKED, MARKET),
        lambda: writing.issue_bulletin(IssueBulletin(bulletin_id=draft.bulletin_id), MARKET),
        lambda: writing.get_period_figures(GetPeriodFigures(first_on=FIRST, last_on=SECOND), MARKET),
    ):
        with pytest.raises(Forbidden, match=r"bulletin\.office_only"):
            asks()


def test_a_bulletin_reads_back_as_it_was_written(writing: BulletinDesk, clock: FixedClock) -> None:
    clock.instant = on(SECOND)
    view = writing.draft_bulletin(ASKED, OFFICE)
    bulletin = writing.bulletins.get(view.bulletin_id).state

    assert as_state(Bulletin, as_fields(bulletin)) == bulletin
    assert set(as_fields(bulletin)) <= set(BulletinDocument._fields)

"""Facts are kept; stage reports are opened, moved with the days, reminded of, drafted and filed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from lianxi.contracts.envelope import Caller, Cause, Event, Heard
from lianxi.contracts.reporting import (
    FileStageReport,
    GetStageReportDraft,
    ListStageReports,
    StageReportDraft,
    StageReportList,
    StageReportState,
    StageReportView,
)
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import Broken, InvariantBroken, NotFound, Refused
from lianxi.kernel.ids import derived_id
from lianxi.runtime import metrics
from lianxi.store.unit import Addition, Aggregates, Stored
from services.reporting.domain import drafts, returns
from services.reporting.domain.cells import Cell, figures_in
from services.reporting.domain.facts import BOUNCES, Fact, fact_of
from services.reporting.domain.returns import StageReport
from services.reporting.policy import Demands, OwedReturn, Plan

ACTOR = "desk/reporting"
"""Who moves reports with the days: nobody but the desk itself."""


class Facts(Protocol):
    """Where facts are written."""

    def add(self, facts: Mapping[str, Fact]) -> bool:
        """Write the facts of some events, by the events' ids; those that are written already stay.

        Says whether all were new and lay there in time to be counted where they are expected.
        """
        ...


class CountedDays(Protocol):
    """Where the cells of days are read."""

    def days(self, first: date, last: date) -> Mapping[date, Cell]:
        """Read what has happened on each day from a first to a last; days on which nothing did are left out."""
        ...

    def doubt(self, days: Collection[date]) -> None:
        """Have some days counted anew."""
        ...


class Shelf(Protocol):
    """Where many stage reports are read at once."""

    def reports(self, report_ids: Sequence[str]) -> Mapping[str, Stored[StageReport]]:
        """Read those of some reports that are there."""
        ...

    def of_other_versions(self, policy_version: int) -> Mapping[str, Stored[StageReport]]:
        """Read those that run, or have ended, under another version of the policy."""
        ...

    def to_remind(self, now: datetime) -> Sequence[str]:
        """Name the reports whose next rung has been reached, a bounded number."""
        ...


def report_id_of(owed: OwedReturn) -> str:
    """Name the report that an agency owes for a date, the same every time."""
    return derived_id("stage_report", owed.code, owed.agency, owed.due_on.isoformat())


@dataclass(frozen=True)
class ReportingDesk:
    """The use cases of the desk, with what they need."""

    stage_reports: Aggregates[StageReport]
    shelf: Shelf
    facts: Facts
    past: CountedDays
    plan: Plan
    demands: Demands
    clock: Clock

    def keep_facts(self, heard: Sequence[Heard]) -> None:
        """Keep of events what figures are made of, of each once however often it comes.

        Raises:
            InvariantBroken: fact.no_cause.
        """
        facts = dict(_fact(each.event, each.cause) for each in heard)
        if not self.facts.add(facts):
            # Killed before this line, the desk is sent the same letters again, and comes here with facts it has.
            self.past.doubt({local_date(each.at) for each in facts.values()})

    def open_returns(self) -> None:
        """Open what is owed and move it with the days.

        Emits: reporting.return.due.v1 and reporting.return.missed.v1, each once for a report.
        """
        today = local_date(self.clock.now())
        for report_id, found in self._opened().items():
            if returns.advanced(found.state, today)[0] != found.state:
                self.stage_reports.change(report_id, lambda report: returns.advanced(report, today), _own(report_id))
        self._measure_missing()

    def remind(self) -> None:
        """Climb the ladders of reports that have not been filed; two sweeps at once say each rung once.

        Emits: reporting.clock.rung_reached.v1.
        Raises:
            Refused, Broken: the first of what kept single reports back; the others have been dealt with.
        """
        now = self.clock.now()
        kept_back: list[Refused | Broken] = []
        for report_id in self.shelf.to_remind(now):
            try:
                self.stage_reports.change(
                    report_id,
                    lambda report: returns.reminded(report, self.demands.steps_of_return(report), now),
                    _own(report_id),
                )
            except (Refused, Broken) as error:
                kept_back.append(error)
        if kept_back:
            raise kept_back[0]

    def late_on(self, due_on: date) -> Mapping[str, str]:
        """Name the units whose report for a date has not come though the date has passed, with their reports' ids."""
        today = local_date(self.clock.now())
        found = [each.state for each in self._opened().values() if each.state.due_on == due_on]
        return {report.agency: report.id for report in found if returns.is_late(report, today)}

    def list_stage_reports(self, request: ListStageReports, caller: Caller) -> StageReportList:
        """Show the caller's stage reports by date, or everybody's to the office.

        Raises:
            NotFound: agency.not_found when a unit asks for another's.
        """
        asked = request.agency or (None if caller.sees_all else caller.agency)
        if not caller.sees_all and asked != caller.agency:
            raise NotFound("agency.not_found")
        found = [each for each in self._opened().values() if asked in {None, each.state.agency}]
        found.sort(key=lambda each: (each.state.due_on, each.state.agency))
        bounces = self._bounces()
        return StageReportList(
            items=tuple(returns.as_view(each.state, each.version, bounces[each.state.id]) for each in found)
        )

    def get_stage_report_draft(self, request: GetStageReportDraft, caller: Caller) -> StageReportDraft:
        """Draft a report from what has happened in its period; one that is filed shows what was frozen.

        Raises:
            NotFound: stage_report.not_found, also for another unit's.
        """
        report = returns.shown_to(self._report(request.report_id).state, caller.agency)
        return drafts.drafted(report, report.figures if report.filed_at is not None else self._figures(report))

    def file_stage_report(self, request: FileStageReport, caller: Caller) -> StageReportView:
        """Take a report in and freeze the system's figures with it.

        Emits: reporting.return.filed.v1.
        Raises:
            NotFound: stage_report.not_found, also for another unit's.
            Forbidden: stage_report.not_yours for the office.
            Conflict: stage_report.already_filed, or stage_report.changed.
            RuleBroken: stage_report.figure_unknown, stage_report.remark_missing.
        """
        report = returns.filed_by_owner(self._report(request.report_id).state, caller.agency)
        figures = self._figures(report)
        now = self.clock.now()
        after = self.stage_reports.change(
            request.report_id,
            lambda each: returns.filed(each, request, figures, self.demands.steps_of_return(each), now, caller.actor),
            caller.cause(),
            expected_version=request.expected_version,
        )
        return returns.as_view(after.state, after.version)

    def _opened(self) -> dict[str, Stored[StageReport]]:
        owed = {report_id_of(each): each for each in self.plan.returns}
        found = self.shelf.reports(tuple(owed))
        absent = [report_id for report_id in owed if report_id not in found]
        if absent:
            self.stage_reports.add_many(
                [Addition(returns.opened(each, owed[each], self.demands.returns), (), _own(each)) for each in absent]
            )
            found = self.shelf.reports(tuple(owed))
        # What an earlier version asked for is still owed when the one in force no longer names its date.
        return {**self.shelf.of_other_versions(self.demands.returns.policy_version), **found}

    def _report(self, report_id: str) -> Stored[StageReport]:
        return self.stage_reports.find(report_id) or self._newly_opened(report_id)

    def _newly_opened(self, report_id: str) -> Stored[StageReport]:
        self._opened()
        return self.stage_reports.get(report_id)

    def _figures(self, report: StageReport) -> dict[str, int]:
        days = self.past.days(report.period_from, report.due_on)
        return figures_in(days.values(), report.agency, self.plan.patrols)

    def _bounces(self) -> Counter[str]:
        """Count, for each report, the dispatches that its unit gave back in its period."""
        counted: Counter[str] = Counter()
        owed = self.plan.returns
        if owed:
            days = self.past.days(min(each.period_from for each in owed), max(each.due_on for each in owed))
            bounced = {
                day: sum((Counter(cell.figures.get(each, {})) for each in BOUNCES), Counter[str]())
                for day, cell in days.items()
            }
            for each in owed:
                counted[report_id_of(each)] = sum(
                    counts.get(each.agency, 0)
                    for day, counts in bounced.items()
                    if each.period_from <= day <= each.due_on
                )
        return counted

    def _measure_missing(self) -> None:
        states = [each.state for each in self._opened().values()]
        missing = Counter(each.agency for each in states if each.state is StageReportState.MISSED)
        for agency in self.plan.agencies:
            metrics.returns_missing.labels(agency).set(missing[agency])


def _own(report_id: str) -> Cause:
    return Cause(actor=ACTOR, correlation_id=report_id)


def _fact(event: Event, cause: Cause) -> tuple[str, Fact]:
    if cause.event_id is None or cause.subject is None or cause.at is None:
        raise InvariantBroken("fact.no_cause", event_type=event.KEY)
    return cause.event_id, fact_of(event, at=cause.at, subject=cause.subject, correlation_id=cause.correlation_id)

"""Stage reports (阶段性工作情况): due, missed, filed, and late is still filed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from lianxi.contracts.envelope import Event
from lianxi.contracts.reporting import (
    FileStageReport,
    ReturnDue,
    ReturnFiled,
    ReturnMissed,
    StageReportState,
    StageReportView,
)
from lianxi.kernel.clock import local_date, local_midnight
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.book import Migration
from lianxi.policy.clockwork import RunningClock, start_named
from services.reporting.domain.facts import BOUNCES, seal
from services.reporting.domain.ladders import climbed, looked_at_next, stopped
from services.reporting.policy import RETURN_CLOCK, OwedReturn, Steps

REMINDED_BEFORE = timedelta(days=3)
SETTLED = frozenset({StageReportState.FILED, StageReportState.FILED_LATE})
RUNNING = tuple(state for state in StageReportState if state not in SETTLED)
"""Where reports stand that may still be moved to another version of the policy."""
OFFICE = "office"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReport:
    """One unit's report for one date. A date before the programme's own issue has no clock and climbs no ladder.

    `policy_version` is the version of the policy that it runs under, `migrations` how it came to that one.

    Clause: L79.2, L90.1.
    """

    id: str
    code: str
    agency: str
    due_on: date
    period_from: date
    is_before_issue: bool
    state: StageReportState = StageReportState.NOT_DUE
    filed_at: datetime | None = None
    filed_by: str | None = None
    practice: str | None = None
    results: str | None = None
    problems: str | None = None
    advice: str | None = None
    figures: Mapping[str, int] = field(default_factory=dict)
    figures_sha256: str | None = None
    stated: Mapping[str, int] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    clock: RunningClock | None = None
    next_rung_at: datetime | None = None
    policy_version: int = 1
    migrations: tuple[Migration, ...] = ()


def opened(report_id: str, owed: OwedReturn, steps: Steps) -> StageReport:
    """Lay out the report that an agency owes; its clock runs through its period to the end of its day.

    Clause: L90.1; criterion 12.2.
    """
    clock = None if owed.is_before_issue else _clock(owed, steps)
    return StageReport(
        id=report_id,
        code=owed.code,
        agency=owed.agency,
        due_on=owed.due_on,
        period_from=owed.period_from,
        is_before_issue=owed.is_before_issue,
        clock=clock,
        next_rung_at=None if clock is None else looked_at_next(clock, steps),
        policy_version=steps.policy_version,
    )


def reminded(report: StageReport, steps: Steps, now: datetime) -> tuple[StageReport, tuple[Event, ...]]:
    """Climb the ladder of a report that has not been filed: reminders before its day, then the office, then the chair.

    Clause: L90.1; criteria 3.3, 12.2.
    """
    if report.clock is None:
        return report, ()
    clock, said = climbed(item_of(report), report.clock, steps, now)
    return replace(report, clock=clock, next_rung_at=looked_at_next(clock, steps)), said


def migrated(
    report: StageReport, entry: Migration, old: Steps | None, new: Steps
) -> tuple[StageReport, tuple[Event, ...]]:
    """Let a report run under another version from now on; one that is filed or has been moved stays as it is.

    What the old ladder had due is said first, if its version can still be read. Date and period stay.

    Clause: L90.1; criterion 7.3.
    """
    if report.policy_version != entry.from_version or report.state not in RUNNING:
        return report, ()
    report, said = (report, ()) if old is None else reminded(report, old, entry.at)
    moved = replace(report, policy_version=entry.to_version, migrations=(*report.migrations, entry))
    return replace(moved, next_rung_at=None if moved.clock is None else looked_at_next(moved.clock, new)), said


def item_of(report: StageReport) -> str:
    """Name a report as an item.

    Clause: none.
    """
    return f"stage_report/{report.id}"


def is_late(report: StageReport, today: date) -> bool:
    """Say whether a report's day has passed without it.

    Clause: L90.1.
    """
    return not report.is_before_issue and report.state not in SETTLED and today > report.due_on


def advanced(report: StageReport, today: date) -> tuple[StageReport, tuple[Event, ...]]:
    """Move a report with the days: due from three days before its date, missed once its date has passed.

    A date before the programme's own issue is never missed and alarms nobody: what comes then is recorded late, not
    overdue (X-03).

    Clause: L3.1, L90.1.
    """
    if report.state in SETTLED or report.state is StageReportState.MISSED or today < report.due_on - REMINDED_BEFORE:
        return report, ()
    if report.is_before_issue:
        return replace(report, state=StageReportState.DUE), ()
    if today > report.due_on:
        missed = ReturnMissed(report_id=report.id, agency=report.agency, due_on=report.due_on)
        return replace(report, state=StageReportState.MISSED), (missed,)
    if report.state is StageReportState.DUE:
        return report, ()
    due = ReturnDue(report_id=report.id, agency=report.agency, due_on=report.due_on)
    return replace(report, state=StageReportState.DUE), (due,)


def filed(
    report: StageReport,
    written: FileStageReport,
    figures: Mapping[str, int],
    steps: Steps,
    now: datetime,
    actor: str,
) -> tuple[StageReport, tuple[Event, ...]]:
    """Take a report in and freeze its figures; after its date it is marked late and still taken in (domain 3.4).

    A filed report climbs no further. Numbers that the unit wrote itself are kept beside the system's.

    Clause: L79.2, L90.1; criteria 12.2, 12.3, 12.4.
    Raises:
        Conflict: stage_report.already_filed.
        RuleBroken: stage_report.figure_unknown, stage_report.remark_missing.
    """
    if report.state in SETTLED:
        raise Conflict("stage_report.already_filed", clause="L90.1", report_id=report.id)
    explain_differences(written, figures)
    came_late = local_date(now) > report.due_on
    climbing, said = _stopped(report, steps, now)
    taken_in = replace(
        climbing,
        state=StageReportState.FILED_LATE if came_late else StageReportState.FILED,
        filed_at=now,
        filed_by=actor,
        practice=written.practice,
        results=written.results,
        problems=written.problems,
        advice=written.advice,
        figures=dict(figures),
        figures_sha256=seal(figures),
        stated=dict(written.figures),
        remarks={name: remark for name, remark in written.remarks.items() if name in written.figures},
    )
    taken = ReturnFiled(
        report_id=report.id, agency=report.agency, due_on=report.due_on, filed_at=now, is_late=came_late
    )
    return taken_in, (*said, taken)


def explain_differences(written: FileStageReport, figures: Mapping[str, int]) -> None:
    """Demand a remark for each number that differs from the system's; the number itself is nobody's to forbid.

    Clause: L79.2; criterion 12.3.
    Raises:
        RuleBroken: stage_report.figure_unknown, stage_report.remark_missing; both name the figure.
    """
    for name, count in written.figures.items():
        if name not in figures:
            raise RuleBroken("stage_report.figure_unknown", clause="L79.2", figure=name)
        if count != figures[name] and not written.remarks.get(name, "").strip():
            raise RuleBroken(
                "stage_report.remark_missing", clause="L79.2", figure=name, stated=count, counted=figures[name]
            )


def shown_to(report: StageReport, agency: str) -> StageReport:
    """Show a report to the unit that owes it and to the office.

    Clause: L90.1 (domain 5.4).
    Raises:
        NotFound: stage_report.not_found.
    """
    if agency not in {report.agency, OFFICE}:
        raise NotFound("stage_report.not_found")
    return report


def filed_by_owner(report: StageReport, agency: str) -> StageReport:
    """Let only the unit that owes a report file it.

    Clause: L90.1.
    Raises:
        NotFound: stage_report.not_found for another unit.
        Forbidden: stage_report.not_yours for the office, which may read it.
    """
    if shown_to(report, agency).agency != agency:
        raise Forbidden("stage_report.not_yours", clause="L90.1")
    return report


def as_view(report: StageReport, version: int, bounces: int = 0) -> StageReportView:
    """Write a report as it is read; of one that is filed, the dispatches given back are those of its frozen figures.

    Clause: none.
    """
    return StageReportView(
        report_id=report.id,
        version=version,
        agency=report.agency,
        due_on=report.due_on,
        state=report.state,
        filed_at=report.filed_at,
        practice=report.practice,
        results=report.results,
        problems=report.problems,
        advice=report.advice,
        figures=report.figures,
        figures_sha256=report.figures_sha256,
        bounces=bounces if report.filed_at is None else sum(report.figures.get(each, 0) for each in BOUNCES),
        stated=report.stated,
        remarks=report.remarks,
    )


def _clock(owed: OwedReturn, steps: Steps) -> RunningClock:
    ends_at = local_midnight(owed.due_on + timedelta(days=1))
    return start_named(RETURN_CLOCK, steps.first_desks[owed.agency], local_midnight(owed.period_from), ends_at)


def _stopped(report: StageReport, steps: Steps, now: datetime) -> tuple[StageReport, tuple[Event, ...]]:
    if report.clock is None:
        return report, ()
    clock, said = stopped(item_of(report), report.clock, steps, now)
    return replace(report, clock=clock, next_rung_at=None), said

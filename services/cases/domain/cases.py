"""A case: one desk's, opened by an officer, closed with grounds, and never instead of a transfer that is owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lianxi.contracts.cases import (
    REASONS,
    CaseClosed,
    CaseKind,
    CaseOpened,
    CaseOutcome,
    CaseReopened,
    CaseState,
    CaseView,
    CloseCase,
    CloseReason,
    ExportNote,
    Measure,
    MeasureRecorded,
    MeasureView,
    RecordMeasure,
    ReferralState,
    ReopenCase,
    Reopening,
)
from lianxi.contracts.envelope import Event
from lianxi.contracts.tasks import TaskState
from lianxi.contracts.timelines import CaseExported
from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import Conflict, RuleBroken
from lianxi.policy.retention import CASE, NOT_COUNTED, Keeping, Purge, counted, purged
from services.cases import policy
from services.cases.domain.tasks import Task, Tasks, check_all_done, first_due, is_untold, views_of
from services.cases.policy import Rules

CLOCKS_MAY_DIFFER_BY = timedelta(minutes=5)
LAPSING = frozenset({Measure.PREMISES_SEALED, Measure.GOODS_SEIZED})
SETTLED = frozenset(ReferralState) - {ReferralState.AWAITING_DECISION, ReferralState.APPROVED}
"""A referral that is settled keeps art. 11: it was sent, or the head has refused it with a recorded reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenMeasure:
    """A measure that was taken, by whose approval, and when the law lifts it."""

    measure: Measure
    approved_by: str
    taken_at: datetime
    lapses_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case of one desk. It holds no person; `referral_ids` are its criminal referrals, `officer` leads it.

    `tasks_due_at` is when the first of its open tasks is due, `tasks_untold_at` the same of those whose passing was not
    told yet.
    """

    id: str
    number: str
    owner: str
    owner_agency: str
    kind: CaseKind
    basis: str
    state: CaseState = CaseState.OPEN
    tip_id: str | None
    rental_code: str | None
    suspected_crime: bool
    opened_at: datetime
    decision_due_at: datetime
    measures: tuple[TakenMeasure, ...] = ()
    referral_ids: tuple[str, ...] = ()
    outcome: CaseOutcome | None = None
    grounds: str | None = None
    closed_at: datetime | None = None
    officer: str | None = None
    close_reason: CloseReason | None = None
    tasks: tuple[Task, ...] = ()
    tasks_due_at: datetime | None = None
    tasks_untold_at: datetime | None = None
    reopenings: tuple[Reopening, ...] = ()
    exports: tuple[ExportNote, ...] = ()
    keeping: Keeping = NOT_COUNTED


@dataclass(frozen=True, slots=True, kw_only=True)
class TipRight:
    """Which desk may open a case about a tip; `owner` is empty when the latest verification named nobody."""

    id: str
    owner: str | None
    rental_code: str | None
    verified_at: datetime


def agency_of(desk: str) -> str:
    """Name the agency that a desk belongs to.

    Clause: none.
    """
    return desk.partition("/")[0]


def as_view(case: Case, version: int) -> CaseView:
    """Show a case to its owner.

    Clause: none.
    """
    return CaseView(
        case_id=case.id,
        number=case.number,
        version=version,
        owner=case.owner,
        kind=case.kind,
        basis=case.basis,
        state=case.state,
        tip_id=case.tip_id,
        rental_code=case.rental_code,
        suspected_crime=case.suspected_crime,
        opened_at=case.opened_at,
        decision_due_at=case.decision_due_at,
        measures=tuple(
            MeasureView(
                measure=each.measure,
                approved_by=each.approved_by,
                taken_at=each.taken_at,
                lapses_at=each.lapses_at,
            )
            for each in case.measures
        ),
        referral_ids=case.referral_ids,
        outcome=case.outcome,
        grounds=case.grounds,
        closed_at=case.closed_at,
        officer=case.officer,
        close_reason=case.close_reason,
        tasks=views_of(case.tasks, case.id, case.number),
        reopenings=case.reopenings,
        exports=case.exports,
    )


def handed_over(case: Case, leaver: str, successor: str) -> Case:
    """Give a case from the officer who leads it to another of the same agency.

    Clause: L31.1 (criterion 23).
    """
    return replace(case, officer=successor) if case.officer == leaver else case


def check_right(right: TipRight, owner: str) -> None:
    """Refuse a case about a tip whose verification did not name this desk.

    Clause: L32.1 (DESIGN 12.8).
    Raises:
        RuleBroken: case.tip_not_yours.
    """
    if right.owner != owner:
        raise RuleBroken("case.tip_not_yours", clause="L32.1")


def opened(case: Case) -> tuple[Case, tuple[Event, ...]]:
    """Announce a new case.

    Clause: L31.1, L34.1.
    """
    return case, (
        CaseOpened(
            case_id=case.id,
            number=case.number,
            kind=case.kind,
            owner=case.owner,
            tip_id=case.tip_id,
            rental_code=case.rental_code,
            opened_at=case.opened_at,
        ),
    )


def record_measure(case: Case, command: RecordMeasure, now: datetime, rules: Rules) -> tuple[Case, tuple[Event, ...]]:
    """Record a measure; sealing and seizing end by law when their days are over.

    Clause: L31.1; Regulation arts 14, 18, 19 (T-19).
    Raises:
        RuleBroken: case.approver_missing, case.measure_in_future.
        Conflict: case.already_closed.
    """
    check_open(case)
    if not command.approved_by.strip():
        raise RuleBroken("case.approver_missing", clause="Regulation art. 14", measure=command.measure.value)
    if command.taken_at > now + CLOCKS_MAY_DIFFER_BY:
        raise RuleBroken("case.measure_in_future", clause="Regulation art. 14")
    lapses_at = None
    if command.measure in LAPSING:
        lapses_at = rules.deadline(policy.SEIZURE, command.taken_at, local_date(command.taken_at))
    taken = TakenMeasure(
        measure=command.measure, approved_by=command.approved_by, taken_at=command.taken_at, lapses_at=lapses_at
    )
    announced = MeasureRecorded(
        case_id=case.id, owner=case.owner, measure=taken.measure, taken_at=taken.taken_at, lapses_at=lapses_at
    )
    return replace(case, measures=(*case.measures, taken)), (announced,)


def suspect_crime(case: Case, referral_id: str) -> tuple[Case, tuple[Event, ...]]:
    """Mark a case as one of suspected crime, and that it is being referred.

    Clause: L32.1; Rule art. 5.
    Raises:
        Conflict: case.already_closed.
    """
    check_open(case)
    ids = case.referral_ids if referral_id in case.referral_ids else (*case.referral_ids, referral_id)
    return replace(case, suspected_crime=True, referral_ids=ids), ()


def close(
    case: Case, command: CloseCase, referrals: Sequence[ReferralState], now: datetime
) -> tuple[Case, tuple[Event, ...]]:
    """Close a case with an outcome, its reason and its grounds, once every mandatory task is settled.

    Nothing may take the place of a transfer that is owed.

    Clause: L31.1; Rule art. 11 (criteria 1.6, 9.2).
    Raises:
        RuleBroken: case.grounds_missing, case.reason_does_not_fit, case.tasks_open, case.suspected_crime_not_referred,
            case.not_transferred.
        Conflict: case.already_closed.
    """
    check_open(case)
    if not command.grounds.strip():
        raise RuleBroken("case.grounds_missing", clause="L31.1")
    if command.reason not in REASONS[command.outcome]:
        raise RuleBroken("case.reason_does_not_fit", clause="L31.1", outcome=command.outcome.value)
    check_all_done(case.tasks)
    if case.suspected_crime and not (referrals and all(each in SETTLED for each in referrals)):
        raise RuleBroken("case.suspected_crime_not_referred", clause="Rule art. 11")
    sent = SETTLED - {ReferralState.NOT_TRANSFERRED, ReferralState.TAKEN_BACK}
    if command.outcome is CaseOutcome.TRANSFERRED_TO_POLICE and not any(each in sent for each in referrals):
        raise RuleBroken("case.not_transferred", clause="Rule art. 5")
    closed = replace(
        case,
        state=CaseState.CLOSED,
        outcome=command.outcome,
        close_reason=command.reason,
        grounds=command.grounds.strip(),
        closed_at=now,
        keeping=counted(case.keeping, CASE, now),
    )
    announced = CaseClosed(
        case_id=case.id,
        number=case.number,
        owner=case.owner,
        tip_id=case.tip_id,
        outcome=command.outcome,
        closed_at=now,
        reason=command.reason,
    )
    return with_tasks(closed, case.tasks), (announced,)


def reopen(case: Case, command: ReopenCase, by: str, now: datetime) -> tuple[Case, tuple[Event, ...]]:
    """Take a closed case up again, with a reason; how it had ended stays on record. Who was erased stays so.

    Clause: L31.1 (criterion 9.2).
    Raises:
        Conflict: case.not_closed, case.purged.
        RuleBroken: case.reopening_unexplained.
    """
    if case.state is CaseState.OPEN:
        raise Conflict("case.not_closed")
    if case.keeping.is_purged:
        raise Conflict("case.purged")
    if not command.reason.strip():
        raise RuleBroken("case.reopening_unexplained", clause="L31.1")
    ended = Reopening(
        at=now,
        by=by,
        reason=command.reason.strip(),
        outcome=case.outcome,
        close_reason=case.close_reason,
        closed_at=case.closed_at,
    )
    opened_again = replace(
        case,
        state=CaseState.OPEN,
        outcome=None,
        close_reason=None,
        grounds=None,
        closed_at=None,
        reopenings=(*case.reopenings, ended),
        keeping=replace(case.keeping, rule=None, since=None),
    )
    told = CaseReopened(case_id=case.id, number=case.number, owner=case.owner, tip_id=case.tip_id, reopened_at=now)
    return with_tasks(opened_again, case.tasks), (told,)


def taken_along(case: Case, note: ExportNote, evidence_count: int) -> tuple[Case, tuple[Event, ...]]:
    """Note that a case's file is taken along, before anything of it leaves.

    Clause: pipl-51 (criterion 9.4).
    Raises:
        RuleBroken: case.purpose_missing.
    """
    if any(each.export_id == note.export_id for each in case.exports):
        return case, ()
    if not note.purpose.strip():
        raise RuleBroken("case.purpose_missing", clause="pipl-51")
    told = CaseExported(
        case_id=case.id,
        owner=case.owner,
        export_id=note.export_id,
        evidence_count=evidence_count,
        exported_at=note.at,
    )
    return replace(case, exports=(*case.exports, note)), (told,)


def with_tasks(case: Case, tasks: Tasks) -> Case:
    """Put tasks into a case, and say when the first open one is due; in a closed case nothing is.

    Clause: L31.1 (criterion 9.2).
    """
    still_open = [each for each in tasks if each.state is TaskState.OPEN and case.state is CaseState.OPEN]
    return replace(
        case,
        tasks=tasks,
        tasks_due_at=first_due(still_open),
        tasks_untold_at=first_due(each for each in still_open if is_untold(each)),
    )


def without_persons(case: Case, purge: Purge) -> Case:
    """Leave of a case what it was and when; who approved what, the words, the tip and the place go.

    The agency that decided keeps its own file; the number still leads there.

    Clause: pipl-47 (domain 5.5).
    """
    return replace(
        case,
        basis="",
        grounds=None,
        tip_id=None,
        rental_code=None,
        officer=None,
        measures=tuple(replace(each, approved_by="") for each in case.measures),
        tasks=tuple(each.without_persons() for each in case.tasks),
        reopenings=tuple(replace(each, by="", reason="") for each in case.reopenings),
        exports=tuple(replace(each, by="", purpose="") for each in case.exports),
        keeping=purged(case.keeping, purge),
    )


def check_open(case: Case) -> None:
    """Refuse to work on a case that has ended.

    Clause: L31.1.
    Raises:
        Conflict: case.already_closed.
    """
    if case.state is not CaseState.OPEN:
        raise Conflict("case.already_closed")

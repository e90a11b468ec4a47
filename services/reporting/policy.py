"""What this desk reads from the town's policy: the plan's sentences, the return dates, and who patrols."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from lianxi.contracts.inspections import VisitRecorded
from lianxi.policy.coverage import CoverageRow, coverage
from lianxi.policy.model import Obligation, Status
from lianxi.policy.policy import Policy

RUNNING = frozenset({"runs", "partly"})
REPORTING_CYCLE = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of the plan. `kept_by` and `due_on` are those of its running parts: nothing else can keep it."""

    clause: str
    sentence: str
    resolved: str
    lead: tuple[str, ...]
    support: tuple[str, ...]
    feature: str
    status: Status
    kept_by: tuple[str, ...]
    due_on: tuple[date, ...]
    planned_on: tuple[date, ...]
    has_returns: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedReturn:
    """A stage report that one agency owes for one date."""

    code: str
    agency: str
    due_on: date
    period_from: date
    is_before_issue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The slice of policy that this desk works by, read once."""

    sentences: tuple[Sentence, ...]
    returns: tuple[OwedReturn, ...]
    agencies: tuple[str, ...]
    patrols: frozenset[str]
    issued_on: date
    begins_on: date


def read_plan(policy: Policy) -> Plan:
    """Cut this desk's slice out of the town's policy.

    Clause: L2.1, L90.1.
    """
    return Plan(
        sentences=tuple(_sentence(policy, row) for row in coverage(policy)),
        returns=owed_returns(policy),
        agencies=tuple(policy.agencies),
        patrols=patrols(policy),
        issued_on=policy.programme.issued_on,
        begins_on=_begins_on(policy),
    )


def owed_returns(policy: Policy) -> tuple[OwedReturn, ...]:
    """List every stage report that is owed, by date and agency, with the first day of its period.

    A period begins on the day after the date before; the first with the programme, or two weeks before its date.

    Clause: L90.1.
    """
    owed = []
    period_from: date | None = None
    for row in policy.returns:
        first_day = min(_begins_on(policy), row.due_on - REPORTING_CYCLE) if period_from is None else period_from
        owed += [
            OwedReturn(
                code=row.code,
                agency=agency,
                due_on=row.due_on,
                period_from=first_day,
                is_before_issue=row.due_on < policy.programme.issued_on,
            )
            for agency in policy.named(row.owed_by)
        ]
        period_from = row.due_on + timedelta(days=1)
    return tuple(owed)


def patrols(policy: Policy) -> frozenset[str]:
    """Name the agencies that lead where visits are proof: visits name no agency, so their figures are those of these.

    Clause: L36.1, L45.1.
    """
    return frozenset(
        agency for row in policy.obligations if VisitRecorded.KEY in row.kept_by for agency in policy.named(row.lead)
    )


def _begins_on(policy: Policy) -> date:
    return min((policy.programme.issued_on, *(phase.starts_on for phase in policy.programme.phases)))


def _sentence(policy: Policy, row: CoverageRow) -> Sentence:
    parts = policy.obligations_of(row.clause)
    running = tuple(part for part in parts if part.status in RUNNING)
    return Sentence(
        clause=row.clause,
        sentence=row.sentence,
        resolved=row.owed,
        lead=row.lead,
        support=row.support,
        feature="; ".join(row.features),
        status=row.status,
        kept_by=tuple(dict.fromkeys(event for part in running for event in part.kept_by)),
        due_on=_dates(running),
        planned_on=_dates(parts),
        has_returns=any(returned.clause == row.clause for returned in policy.returns),
    )


def _dates(parts: tuple[Obligation, ...]) -> tuple[date, ...]:
    return tuple(sorted({on for part in parts for on in part.due_on}))

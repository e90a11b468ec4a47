"""What this desk reads from the town's policy: the plan's sentences, the return dates, and who patrols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from lianxi.contracts.inspections import VisitRecorded
from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import NotFound, PolicyBroken, Refused
from lianxi.policy.book import PolicyBook
from lianxi.policy.clockwork import RunningClock, start
from lianxi.policy.coverage import CoverageRow, coverage, due_days, is_daily
from lianxi.policy.model import Obligation, Status
from lianxi.policy.policy import Policy
from lianxi.policy.supervision import Ladder, Rung

RUNNING = frozenset({"runs", "partly"})
REPORTING_CYCLE = timedelta(days=14)
ORDER_CLOCK = "supervision_order"
RETURN_CLOCK = "return"
MAJOR_CLOCK = "major_event"
DECISION_CLOCK = "meeting_decision"
OFFICE_DESK = "office/desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of the plan. `kept_by` and `due_on` are those of its running parts: nothing else can keep it.

    `planned_on` are the days that the plan names, running or not; `is_daily` is owed every day without an end.
    """

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
    is_daily: bool
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
        planned_on=due_days(policy, row.clause),
        is_daily=is_daily(policy, row.clause),
        has_returns=any(returned.clause == row.clause for returned in policy.returns),
    )


def _dates(parts: tuple[Obligation, ...]) -> tuple[date, ...]:
    return tuple(sorted({on for part in parts for on in part.due_on}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """A ladder of one version of the policy, and the desk at which each agency is told today.

    A head has no desk of his own yet, so he is told at his agency's; chair and duty leader at the office's.
    """

    ladder: Ladder
    first_desks: Mapping[str, str]
    policy_version: int

    def told(self, rung: Rung, owner: str) -> tuple[str, ...]:
        """Name the desks that a rung tells, each once.

        Clause: L81.2.
        """
        own = {"owner": owner, "head": self.first_desks.get(owner.partition("/")[0], OFFICE_DESK)}
        desks = (own.get(each, each if "/" in each else OFFICE_DESK) for each in rung.receivers)
        return tuple(dict.fromkeys(desks))


class UnderPolicy(Protocol):
    """An item that runs under a version of the policy."""

    @property
    def policy_version(self) -> int:
        """The number of that version."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """The slice of policy by which units are pressed: desks, ladders, how numbers begin, time for a statement.

    `orders` and `returns` are the ladders in force: by them items begin.
    """

    first_desks: Mapping[str, str]
    desks: frozenset[str]
    orders: Steps
    returns: Steps
    majors: Steps
    decisions: Steps
    number_series: str
    statement_days: Mapping[str, int]
    policies: PolicyBook

    def steps_of_order(self, order: UnderPolicy) -> Steps:
        """Find the ladder of an order: that of the version it was issued under, or was moved to.

        Clause: L81.2 (criterion 7.3).
        Raises:
            PolicyBroken: policy.version_missing, or what is wrong with that version's files.
        """
        return self.order_steps(self.policies.version(order.policy_version))

    def steps_of_return(self, report: UnderPolicy) -> Steps:
        """Find the ladder of a stage report: that of the version it was opened under, or was moved to.

        Clause: L90.1 (criterion 7.3).
        Raises:
            PolicyBroken: policy.version_missing, or what is wrong with that version's files.
        """
        return self.return_steps(self.policies.version(report.policy_version))

    def steps_of_major(self, event: UnderPolicy) -> Steps:
        """Find the ladder of a major event's report: that of the version it was opened under.

        Clause: L88.2 (criterion 7.3).
        Raises:
            PolicyBroken: policy.version_missing, or what is wrong with that version's files.
        """
        return _steps(self.policies.version(event.policy_version), MAJOR_CLOCK, self.first_desks)

    def steps_of_decision(self, decision: UnderPolicy) -> Steps:
        """Find the ladder of a meeting's decision: that of the version it was taken under.

        Clause: L78.2 (criteria 7.3, 21).
        Raises:
            PolicyBroken: policy.version_missing, or what is wrong with that version's files.
        """
        return _steps(self.policies.version(decision.policy_version), DECISION_CLOCK, self.first_desks)

    def major_started(self, owner: str, known_at: datetime) -> RunningClock:
        """Start the time to report a major event upward, from the first knowledge of it.

        Clause: L88.2 (criterion 17.2); the row in force on the day it was known.
        Units: minutes.
        Raises:
            PolicyBroken: policy.clock_missing; a limit that nobody entered is ours to mend, not a reason to forget it.
        """
        try:
            return start(self.policies.current, MAJOR_CLOCK, owner, known_at, local_date(known_at))
        except Refused as gap:
            raise PolicyBroken("policy.clock_missing", clock=MAJOR_CLOCK, because=gap.code) from gap

    def order_steps(self, policy: Policy) -> Steps:
        """Take the ladder that a version has for orders, with the desks of today.

        Clause: L81.2 (criterion 7.3).
        """
        return _steps(policy, ORDER_CLOCK, self.first_desks)

    def return_steps(self, policy: Policy) -> Steps:
        """Take the ladder that a version has for stage reports, with the desks of today.

        Clause: L90.1 (criterion 7.3).
        """
        return _steps(policy, RETURN_CLOCK, self.first_desks)

    def desk_for(self, code: str) -> str:
        """Find the desk that a code means: itself, or its agency's own.

        Clause: L81.2.
        Raises:
            Refused: desk.unknown.
        """
        if code in self.desks:
            return code
        if code not in self.first_desks:
            raise Refused("desk.unknown", desk=code)
        return self.first_desks[code]

    def unit_of(self, code: str) -> str:
        """Find the agency that a code means.

        Clause: L88.2.
        Raises:
            NotFound: agency.not_found.
        """
        unit = code.partition("/")[0]
        if unit not in self.first_desks:
            raise NotFound("agency.not_found")
        return unit


def read_demands(policies: PolicyBook) -> Demands:
    """Cut out of the town's policy by what units are pressed.

    Clause: L81.2, L88.2, L90.1.
    """
    policy = policies.current
    first_desks = {code: _first_desk(policy, code) for code in policy.agencies}
    return Demands(
        first_desks=first_desks,
        desks=frozenset(policy.desks),
        orders=_steps(policy, ORDER_CLOCK, first_desks),
        returns=_steps(policy, RETURN_CLOCK, first_desks),
        majors=_steps(policy, MAJOR_CLOCK, first_desks),
        decisions=_steps(policy, DECISION_CLOCK, first_desks),
        # DB is 督办: an order's number is never mistaken for a tip's.
        number_series=f"{policy.programme.number_prefix}-DB",
        statement_days={tool.code.replace("-", "_"): tool.reply_within_days for tool in policy.assessment.tools},
        policies=policies,
    )


def _steps(policy: Policy, clock: str, first_desks: Mapping[str, str]) -> Steps:
    return Steps(ladder=policy.ladder_for(clock), first_desks=first_desks, policy_version=policy.version)


def _first_desk(policy: Policy, code: str) -> str:
    desks = [desk.code for desk in policy.agencies[code].desks]
    own = f"{code}/desk"
    return own if own in desks or not desks else desks[0]

"""One programme's policy, as the desks ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import PolicyBroken, Refused
from lianxi.policy.appraisal import Activity, Assessment, Indicator, IndicatorGroup, Rewards, Veto
from lianxi.policy.calendar import CalendarChange, WorkCalendar, add
from lianxi.policy.clauses import ClauseIndex
from lianxi.policy.entities import EntityRule
from lianxi.policy.model import (
    Agency,
    Article,
    BroughtForward,
    ClockRule,
    Contact,
    Desk,
    Grade,
    NoticeRule,
    Obligation,
    Observation,
    Party,
    Post,
    Programme,
    ReportPart,
    ReturnDate,
    Route,
    Slip,
    Suspicion,
    Tension,
)
from lianxi.policy.outside import Outside
from lianxi.policy.processes import Process
from lianxi.policy.rights import Permissions, PurgeRule, RetentionRule, Safeguard
from lianxi.policy.sentences import Sentence, sentences
from lianxi.policy.sources import Source
from lianxi.policy.supervision import Approval, ExtensionReason, Ladder, PauseLimit, PauseReason

MEMBERS = "members"
CARRIER = "carrier"
DAYS_IN_WEEK = 7
SECOND_RETURN_AHEAD_DAYS = 3


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Everything the plan and the law say to this town, read once, never changed."""

    programme: Programme
    clauses: ClauseIndex
    agencies: Mapping[str, Agency]
    posts: tuple[Post, ...]
    parties: Mapping[str, Party]
    obligations: tuple[Obligation, ...]
    routes: tuple[Route, ...]
    grades: Mapping[str, Grade]
    observations: tuple[Observation, ...]
    brought_forward: BroughtForward
    suspicion: Suspicion
    returns: tuple[ReturnDate, ...]
    summary: ReturnDate
    report_parts: tuple[ReportPart, ...]
    clocks: tuple[ClockRule, ...]
    notices: tuple[NoticeRule, ...]
    contacts: tuple[Contact, ...]
    articles: Mapping[str, Article]
    tensions: tuple[Tension, ...]
    slips: tuple[Slip, ...]
    ladders: tuple[Ladder, ...]
    pause_limit: PauseLimit
    pause_reasons: tuple[PauseReason, ...]
    extension_reasons: tuple[ExtensionReason, ...]
    approvals: tuple[Approval, ...]
    processes: Mapping[str, Process]
    publicity: tuple[Activity, ...]
    readiness_groups: tuple[IndicatorGroup, ...]
    readiness: tuple[Indicator, ...]
    vetoes: tuple[Veto, ...]
    assessment: Assessment
    rewards: Rewards
    outside: Outside
    sources: tuple[Source, ...]
    purge: PurgeRule
    retention: tuple[RetentionRule, ...]
    safeguards: tuple[Safeguard, ...]
    permissions: Permissions
    calendar_changes: tuple[CalendarChange, ...]
    calendar: WorkCalendar
    entities: tuple[EntityRule, ...] = ()
    shift_days: int = field(default=0)
    version: int = field(default=1)

    @property
    def brought_forward_days(self) -> int:
        """To how many days from a tip the next visit to the rental it names is brought forward."""
        return self.brought_forward.days

    @cached_property
    def desks(self) -> Mapping[str, Desk]:
        """Every desk by its code, agencies' desks only; villages and outside parties are in `parties`."""
        return {desk.code: desk for agency in self.agencies.values() for desk in agency.desks}

    def desks_of(self, unit: str) -> tuple[str, ...]:
        """Name the desks of an agency; the unit of carriers has a desk for each of them.

        Clause: L63.1.
        """
        agency = self.agencies.get(unit)
        if agency is not None:
            return tuple(desk.code for desk in agency.desks)
        return tuple(code for code, party in self.parties.items() if party.kind == unit == CARRIER)

    @cached_property
    def villages(self) -> Mapping[str, Party]:
        """The villages and communities by their codes, `village/<code>`."""
        return {code: party for code, party in self.parties.items() if party.kind == "village"}

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The tip categories that have a route, in the order of the file; the default comes last."""
        return tuple(route.category for route in sorted(self.routes, key=lambda route: route.is_default))

    @cached_property
    def public_routes(self) -> tuple[Route, ...]:
        """The categories in which everybody may see that a tip was filed and how it stands; never a rescue's."""
        return tuple(each for each in self.routes if each.is_public and each.lane != "rescue" and "tip" in each.kinds)

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The agencies with a seat in the joint conference."""
        seated = {code for post in self.posts if post.role == "member" for code in post.agencies}
        return tuple(code for code in self.agencies if code in seated)

    def desk(self, code: str) -> Desk:
        """Find a desk.

        Clause: none.
        Raises:
            Refused: desk.unknown.
        """
        if code not in self.desks:
            raise Refused("desk.unknown", desk=code)
        return self.desks[code]

    def agency_of(self, desk_code: str) -> Agency:
        """Find the agency that a desk belongs to.

        Clause: none.
        Raises:
            Refused: desk.unknown.
        """
        return self.agencies[self.desk(desk_code).agency]

    def route(self, category: str, *, kind: str = "tip") -> Route:
        """Say which desk leads on a tip and who gets a copy; what has no route of its own goes to the office.

        Clause: L35.1, L81.2.
        Raises:
            PolicyBroken: policy.no_default_route.
        """
        for route in self.routes:
            if route.category == category and kind in route.kinds:
                return route
        for route in self.routes:
            if route.is_default:
                return route
        raise PolicyBroken("policy.no_default_route", file="routing.toml")

    def clock(self, clock_id: str, on: date) -> ClockRule:
        """Find the row of a time limit that was in force on a date.

        Clause: L32.1.
        Raises:
            Refused: clock.unknown, or clock.not_in_force when the law knew no such limit on that date.
        """
        rows = [rule for rule in self.clocks if rule.clock == clock_id]
        if not rows:
            raise Refused("clock.unknown", clock=clock_id)
        for rule in rows:
            if rule.in_force(on):
                return rule
        raise Refused("clock.not_in_force", clock=clock_id, on=on.isoformat())

    def deadline(self, clock_id: str, start: datetime, *, came_in_on: date | None = None) -> datetime:
        """Work out when a limit that starts now ends; whatever is done before that instant is in time.

        An item keeps the row in force when it came in: `came_in_on` says when, if not on the day the limit starts.

        Clause: L32.1.
        Units: answers an aware UTC instant; limits in days end at 24:00 of the town's last day.
        Raises:
            Refused: as `clock`.
        """
        rule = self.clock(clock_id, came_in_on or local_date(start))
        return add(start, rule.amount, rule.unit, self.calendar)

    def ladder(self, code: str, on: date | None = None) -> Ladder:
        """Find a ladder by its code; of several rows the one in force on a date, else the latest.

        Clause: L81.2.
        Raises:
            Refused: ladder.unknown.
        """
        rows = [row for row in self.ladders if row.code == code and (on is None or row.in_force(on))]
        if not rows:
            raise Refused("ladder.unknown", ladder=code)
        return max(rows, key=lambda row: row.effective_from)

    def ladder_for(self, clock_id: str, on: date | None = None) -> Ladder:
        """Find the ladder that a time limit climbs: its own, or the one for all that have none.

        Clause: L81.2.
        Raises:
            Refused: ladder.unknown.
        """
        own = next((row.code for row in self.ladders if clock_id in row.clocks), None)
        return self.ladder(own or next((row.code for row in self.ladders if row.is_default), ""), on)

    def approval(self, approval_id: str, on: date | None = None) -> Approval:
        """Find who must say yes before a step; of several rows the one in force on a date, else the latest.

        Clause: L31.1, L32.1.
        Raises:
            Refused: approval.unknown.
        """
        rows = [row for row in self.approvals if row.id == approval_id and (on is None or row.in_force(on))]
        if not rows:
            raise Refused("approval.unknown", approval=approval_id)
        return max(rows, key=lambda row: row.effective_from)

    def notices_for(self, event_type: str) -> tuple[NoticeRule, ...]:
        """Say who is told when an event has happened.

        Clause: L79.2.
        """
        return tuple(rule for rule in self.notices if rule.event == event_type)

    def sentences(self, language: str) -> tuple[Sentence, ...]:
        """Write out every rule as a sentence: in Chinese for `zh`, in English for anything else.

        Clause: L2.1.
        """
        return sentences(self, language)

    def obligations_of(self, clause: str) -> tuple[Obligation, ...]:
        """Find what a sentence owes: one row, or one for each part.

        Clause: none.
        """
        return tuple(row for row in self.obligations if row.clause == clause)

    def named(self, codes: tuple[str, ...]) -> tuple[str, ...]:
        """Write out `members` as the agencies that have a seat.

        Clause: L26.1.
        """
        return self.members if MEMBERS in codes else codes


def shift_for(today: date, returns: tuple[ReturnDate, ...]) -> int:
    """Find by how many days a programme is rolled so that its second return lies three to nine days ahead.

    Clause: L90.1.
    Units: days, a multiple of seven, so that weekdays stay what they are.
    """
    earliest = today + timedelta(days=SECOND_RETURN_AHEAD_DAYS)
    missing = (earliest - returns[1].due_on).days
    return -(-missing // DAYS_IN_WEEK) * DAYS_IN_WEEK


def rolled(policy: Policy, shift_days: int) -> Policy:
    """Move the programme's own dates: issue, phases, returns, due dates of obligations. Law and clocks never move.

    Clause: L90.1.
    Raises:
        PolicyBroken: policy.shift_not_whole_weeks.
    """
    if shift_days % DAYS_IN_WEEK:
        raise PolicyBroken("policy.shift_not_whole_weeks", shift_days=shift_days)
    by = timedelta(days=shift_days)
    phases = tuple(
        replace(phase, starts_on=phase.starts_on + by, ends_on=phase.ends_on + by) for phase in policy.programme.phases
    )
    return replace(
        policy,
        programme=replace(policy.programme, issued_on=policy.programme.issued_on + by, phases=phases),
        obligations=tuple(_rolled_obligation(row, by) for row in policy.obligations),
        returns=tuple(replace(row, due_on=row.due_on + by) for row in policy.returns),
        summary=replace(policy.summary, due_on=policy.summary.due_on + by),
        publicity=tuple(_rolled_activity(row, by) for row in policy.publicity),
        shift_days=policy.shift_days + shift_days,
    )


def _rolled_obligation(row: Obligation, by: timedelta) -> Obligation:
    return replace(
        row,
        due_on=tuple(on + by for on in row.due_on),
        valid_from=row.valid_from and row.valid_from + by,
        valid_to=row.valid_to and row.valid_to + by,
    )


def _rolled_activity(row: Activity, by: timedelta) -> Activity:
    return replace(row, starts_on=row.starts_on and row.starts_on + by, ends_on=row.ends_on and row.ends_on + by)

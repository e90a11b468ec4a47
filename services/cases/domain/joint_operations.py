"""A joint operation: planned and asked for by the office, commanded by the police, ended with what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.joint_operations import (
    CorrectResults,
    ForceArrived,
    ForceAsked,
    ForcePromised,
    ForceView,
    JointOperationActivated,
    JointOperationCancelled,
    JointOperationFollowedUp,
    JointOperationPlanned,
    JointOperationRevised,
    JointOperationState,
    JointOperationStoodDown,
    JointOperationView,
    LogEntryKind,
    LogEntryView,
    PlaceView,
    PlanJointOperation,
    PromiseForce,
    ReportArrival,
    Results,
    ResultsCorrected,
    ResultsView,
    ReviseJointOperation,
    TargetPlace,
)
from lianxi.kernel.errors import Conflict, NotFound, RuleBroken
from lianxi.kernel.identity_numbers import holds_identity_number
from lianxi.policy.retention import JOINT_OPERATION, NOT_COUNTED, Keeping, Purge, counted, purged
from services.cases.domain.cases import agency_of
from services.cases.domain.transferring import POLICE

CLAUSE = "L37.1"
RUNNING = frozenset({JointOperationState.PLANNED, JointOperationState.ACTIVE})
STARTED = frozenset({JointOperationState.ACTIVE, JointOperationState.STOOD_DOWN})
Asking = PlanJointOperation | ReviseJointOperation


@dataclass(frozen=True, slots=True, kw_only=True)
class Force:
    """What a desk is asked for, what it promised, and who came.

    Clause: L37.1.
    """

    desk: str
    asked: int
    promised: int | None = None
    reason: str = ""
    promised_at: datetime | None = None
    arrived: int | None = None
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was said to have come of it.

    Clause: L34.1.
    """

    dens_closed: int
    persons_rescued: int
    persons_dispersed: int
    persons_aided: int
    at: datetime
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """What was done with it, when, and by whom.

    Clause: L37.1.
    """

    what: LogEntryKind
    at: datetime
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointOperation:
    """One joint operation. `desks` are all that take part: whoever asked, whoever commands, whoever is asked for heads.

    Clause: L37.1.
    """

    id: str
    asked_by: str
    commander: str
    desks: tuple[str, ...]
    agencies: tuple[str, ...]
    title: str
    plan: str
    places: tuple[TargetPlace, ...]
    forces: tuple[Force, ...]
    starts_at: datetime
    ends_at: datetime
    planned_at: datetime
    state: JointOperationState = JointOperationState.PLANNED
    officer: str | None = None
    activated_at: datetime | None = None
    stood_down_at: datetime | None = None
    outcomes: tuple[Outcome, ...] = ()
    follow_ups: tuple[str, ...] = ()
    log: tuple[LogEntry, ...] = ()
    keeping: Keeping = NOT_COUNTED


Decided = tuple[JointOperation, tuple[Event, ...]]


def takes_part(operation: JointOperation, caller: Caller) -> bool:
    """Say whether somebody takes part: by a desk of their own, or as their agency where they are bound to no desk.

    Clause: L37.1 (criterion 11.2).
    """
    return any(acts_for(caller, desk) for desk in operation.desks)


def acts_for(caller: Caller, desk: str) -> bool:
    """Say whether somebody acts for a desk; secrecy ends at the desk here, not at its agency.

    Clause: L37.1 (criterion 11.2).
    """
    return agency_of(desk) == caller.agency and (not caller.desks or desk in caller.desks)


def shown_to(operation: JointOperation, caller: Caller) -> JointOperation:
    """Show all of it to whoever takes part; to others nothing until it stands down, and then no plan and no address.

    Clause: L37.1 (criterion 11.2).
    Raises:
        NotFound: joint_operation.not_found.
    """
    if takes_part(operation, caller):
        return operation
    if operation.state is not JointOperationState.STOOD_DOWN:
        raise NotFound("joint_operation.not_found")
    places = tuple(replace(each, address="", legal_ground="", rental_code=None) for each in operation.places)
    return replace(operation, plan="", places=places, follow_ups=())


def planned(operation_id: str, asked: PlanJointOperation, asked_by: str, by: str, now: datetime) -> Decided:
    """Plan an operation and ask for heads.

    Clause: L37.1 (criterion 11.2).
    Raises:
        RuleBroken: as `_check`.
    """
    _check(asked, now)
    desks = _desks(asked_by, asked)
    operation = JointOperation(
        id=operation_id,
        asked_by=asked_by,
        commander=asked.commander,
        desks=desks,
        agencies=_agencies(desks),
        title=asked.title.strip(),
        plan=asked.plan.strip(),
        places=asked.places,
        forces=tuple(Force(desk=each.desk, asked=each.heads) for each in asked.forces),
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        planned_at=now,
        log=(LogEntry(what=LogEntryKind.PLANNED, at=now, by=by),),
    )
    return operation, (JointOperationPlanned(**_facts(operation, now, asked_by)),)


def revised(operation: JointOperation, asked: ReviseJointOperation, by: str, now: datetime) -> Decided:
    """Plan it anew; what a desk promised stays while it is asked for as many as before.

    Clause: L37.1.
    Raises:
        Conflict: joint_operation.wrong_state.
        RuleBroken: as `_check`.
    """
    _come_to(operation, JointOperationState.PLANNED)
    _check(asked, now)
    before = {(each.desk, each.asked): each for each in operation.forces}
    desks = _desks(operation.asked_by, asked)
    after = replace(
        _logged(operation, LogEntryKind.REVISED, by, now),
        commander=asked.commander,
        desks=desks,
        agencies=_agencies(desks),
        title=asked.title.strip(),
        plan=asked.plan.strip(),
        places=asked.places,
        forces=tuple(before.get((each.desk, each.heads), _asked(each)) for each in asked.forces),
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
    )
    return after, (JointOperationRevised(**_facts(after, now, after.asked_by)),)


def promised(operation: JointOperation, said: PromiseForce, now: datetime) -> Decided:
    """Say how many heads a desk sends; fewer than it was asked for need a reason.

    Clause: L37.1.
    Raises:
        NotFound: joint_operation.force_not_found.
        Conflict: joint_operation.wrong_state.
        RuleBroken: joint_operation.reason_missing, joint_operation.identity_number.
    """
    _come_to(operation, *RUNNING)
    force = _force(operation, said.desk)
    reason = said.reason.strip()
    if said.heads < force.asked and not reason:
        raise RuleBroken("joint_operation.reason_missing", clause=CLAUSE, asked=force.asked)
    _check_texts(reason)
    after = _with(operation, replace(force, promised=said.heads, reason=reason, promised_at=now))
    told = ForcePromised(
        operation_id=operation.id,
        desk=force.desk,
        receiver=operation.asked_by,
        asked=force.asked,
        promised=said.heads,
        at=now,
    )
    return after, (told,)


def activated(operation: JointOperation, officer: str, by: str, now: datetime) -> Decided:
    """Take command, and start.

    Clause: L37.1.
    Raises:
        Conflict: joint_operation.wrong_state.
    """
    _come_to(operation, JointOperationState.PLANNED)
    after = replace(
        _logged(operation, LogEntryKind.ACTIVATED, by, now),
        state=JointOperationState.ACTIVE,
        officer=officer,
        activated_at=now,
    )
    return after, (JointOperationActivated(**_facts(after, now, after.commander), commander=after.commander),)


def arrived(operation: JointOperation, said: ReportArrival, now: datetime) -> Decided:
    """Say how many heads of a desk are there; a correction keeps the time of the first.

    Clause: L37.1.
    Raises:
        NotFound: joint_operation.force_not_found.
        Conflict: joint_operation.wrong_state.
    """
    _come_to(operation, JointOperationState.ACTIVE)
    force = _force(operation, said.desk)
    after = _with(operation, replace(force, arrived=said.heads, arrived_at=force.arrived_at or now))
    told = ForceArrived(
        operation_id=operation.id, desk=force.desk, receiver=operation.commander, arrived=said.heads, at=now
    )
    return after, (told,)


def stood_down(operation: JointOperation, results: Results, by: str, now: datetime) -> Decided:
    """End it with what came of it; a desk of which nobody was reported brought nobody.

    Clause: L34.1, L37.1 (criterion 11.2).
    Raises:
        Conflict: joint_operation.wrong_state.
    """
    _come_to(operation, JointOperationState.ACTIVE)
    after = replace(
        _logged(operation, LogEntryKind.STOOD_DOWN, by, now),
        state=JointOperationState.STOOD_DOWN,
        stood_down_at=now,
        forces=tuple(replace(each, arrived=each.arrived or 0) for each in operation.forces),
        outcomes=(Outcome(**asdict(results), at=now, by=by),),
        keeping=counted(operation.keeping, JOINT_OPERATION, now),
    )
    told = JointOperationStoodDown(
        **_facts(after, now, after.commander),
        **asdict(results),
        commander=after.commander,
        heads_asked=sum(each.asked for each in after.forces),
        heads_arrived=sum(each.arrived or 0 for each in after.forces),
    )
    return after, (told,)


def corrected(operation: JointOperation, said: CorrectResults, by: str, now: datetime) -> Decided:
    """Correct what came of it; what was said before stays.

    Clause: L34.1.
    Raises:
        Conflict: joint_operation.wrong_state.
        RuleBroken: joint_operation.text_missing, joint_operation.identity_number.
    """
    _come_to(operation, JointOperationState.STOOD_DOWN)
    _check_needed(said.reason)
    reason = said.reason.strip()
    outcome = Outcome(**asdict(said.results), at=now, by=by, reason=reason)
    logged = _logged(operation, LogEntryKind.CORRECTED, by, now, reason)
    after = replace(logged, outcomes=(*operation.outcomes, outcome))
    return after, (ResultsCorrected(**_facts(after, now, after.commander), **asdict(said.results)),)


def cancelled(operation: JointOperation, reason: str, by: str, now: datetime) -> Decided:
    """Call it off before it starts.

    Clause: L37.1.
    Raises:
        Conflict: joint_operation.wrong_state.
        RuleBroken: joint_operation.text_missing, joint_operation.identity_number.
    """
    _come_to(operation, JointOperationState.PLANNED)
    _check_needed(reason)
    logged = _logged(operation, LogEntryKind.CANCELLED, by, now, reason.strip())
    keeping = counted(operation.keeping, JOINT_OPERATION, now)
    after = replace(logged, state=JointOperationState.CANCELLED, keeping=keeping)
    return after, (JointOperationCancelled(**_facts(after, now, after.asked_by)),)


def followed_up(operation: JointOperation, case_id: str, owner: str, now: datetime) -> Decided:
    """Name a case that follows from it; named twice it stands once.

    Clause: L37.1.
    Raises:
        Conflict: joint_operation.wrong_state.
    """
    _come_to(operation, *STARTED)
    if case_id in operation.follow_ups:
        return operation, ()
    after = replace(operation, follow_ups=(*operation.follow_ups, case_id))
    return after, (JointOperationFollowedUp(operation_id=operation.id, case_id=case_id, owner=owner, at=now),)


def without_places(operation: JointOperation, purge: Purge) -> JointOperation:
    """Leave of an operation its desks, heads, times and counts; places, plan, words and who acted go.

    Clause: pipl-47 (domain 5.5).
    """
    return replace(
        operation,
        title="",
        plan="",
        places=(),
        officer=None,
        forces=tuple(replace(each, reason="") for each in operation.forces),
        outcomes=tuple(replace(each, by="", reason="") for each in operation.outcomes),
        log=tuple(replace(each, by="", reason="") for each in operation.log),
        keeping=purged(operation.keeping, purge),
    )


def _check(asked: Asking, now: datetime) -> None:
    """Check a plan.

    Raises:
        RuleBroken: joint_operation.over_before_it_starts, joint_operation.no_place, joint_operation.asked_twice,
            joint_operation.commander_not_police, joint_operation.commander_not_asked, joint_operation.text_missing,
            joint_operation.identity_number.
    """
    if asked.ends_at <= max(asked.starts_at, now):
        raise RuleBroken("joint_operation.over_before_it_starts", clause=CLAUSE)
    if not asked.places:
        raise RuleBroken("joint_operation.no_place", clause=CLAUSE)
    desks = [each.desk for each in asked.forces]
    if len(desks) != len(set(desks)):
        raise RuleBroken("joint_operation.asked_twice", clause=CLAUSE)
    if agency_of(asked.commander) != POLICE:
        raise RuleBroken("joint_operation.commander_not_police", clause=CLAUSE, desk=asked.commander)
    if asked.commander not in desks:
        raise RuleBroken("joint_operation.commander_not_asked", clause=CLAUSE, desk=asked.commander)
    _check_needed(
        asked.title, asked.plan, *(text for each in asked.places for text in (each.address, each.legal_ground))
    )


def _check_needed(*texts: str) -> None:
    if not all(text.strip() for text in texts):
        raise RuleBroken("joint_operation.text_missing", clause=CLAUSE)
    _check_texts(*texts)


def _check_texts(*texts: str) -> None:
    if any(holds_identity_number(text) for text in texts):
        raise RuleBroken("joint_operation.identity_number", clause=CLAUSE)


def _come_to(operation: JointOperation, *expected: JointOperationState) -> None:
    if operation.state not in expected:
        wanted = sorted(each.value for each in expected)
        raise Conflict("joint_operation.wrong_state", state=operation.state.value, expected=wanted)


def _asked(said: ForceAsked) -> Force:
    return Force(desk=said.desk, asked=said.heads)


def _force(operation: JointOperation, desk: str) -> Force:
    found = next((each for each in operation.forces if each.desk == desk), None)
    if found is None:
        raise NotFound("joint_operation.force_not_found", desk=desk)
    return found


def _with(operation: JointOperation, force: Force) -> JointOperation:
    return replace(operation, forces=tuple(force if each.desk == force.desk else each for each in operation.forces))


def _logged(operation: JointOperation, what: LogEntryKind, by: str, now: datetime, reason: str = "") -> JointOperation:
    return replace(operation, log=(*operation.log, LogEntry(what=what, at=now, by=by, reason=reason)))


def _desks(asked_by: str, asked: Asking) -> tuple[str, ...]:
    return tuple(dict.fromkeys((asked_by, asked.commander, *(each.desk for each in asked.forces))))


def _agencies(desks: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(agency_of(desk) for desk in desks))


def _facts(operation: JointOperation, now: datetime, told_by: str) -> dict[str, Any]:
    others = tuple(each for each in operation.desks if each != told_by)
    return {"operation_id": operation.id, "receivers": others, "at": now}


def as_view(operation: JointOperation, version: int) -> JointOperationView:
    """Write an operation as it was shown to its reader.

    Clause: none.
    """
    said = tuple(ResultsView(**asdict(each)) for each in operation.outcomes)
    return JointOperationView(
        operation_id=operation.id,
        version=version,
        asked_by=operation.asked_by,
        commander=operation.commander,
        desks=operation.desks,
        title=operation.title,
        state=operation.state,
        planned_at=operation.planned_at,
        starts_at=operation.starts_at,
        ends_at=operation.ends_at,
        officer=operation.officer,
        activated_at=operation.activated_at,
        stood_down_at=operation.stood_down_at,
        forces=tuple(ForceView(**asdict(each)) for each in operation.forces),
        log=tuple(LogEntryView(**asdict(each)) for each in operation.log),
        plan=operation.plan or None,
        places=tuple(_place_view(each) for each in operation.places),
        results=said[-1] if said else None,
        corrections=said[:-1],
        follow_ups=operation.follow_ups,
    )


def _place_view(place: TargetPlace) -> PlaceView:
    return PlaceView(
        kind=place.kind,
        village=place.village,
        address=place.address or None,
        legal_ground=place.legal_ground or None,
        rental_code=place.rental_code,
    )

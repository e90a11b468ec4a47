"""Joint operations (联勤): planned and asked for by the office, commanded by the police, hidden until they stand down.

No event says where, when or how: units, head counts, and what came of it in numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Ge, Le, Len

from lianxi.contracts.envelope import Event

Heads = Annotated[int, Ge(0), Le(500)]
Asked = Annotated[int, Ge(1), Le(500)]
Count = Annotated[int, Ge(0), Le(10_000)]
Title = Annotated[str, Len(1, 120)]
Words = Annotated[str, Len(1, 500)]
PlanText = Annotated[str, Len(1, 4000)]


class PlaceKind(StrEnum):
    """What a target place is; a dwelling is entered on the police's own powers, never on this plan's."""

    DWELLING = "dwelling"
    VENUE = "venue"
    PUBLIC_PLACE = "public_place"


class JointOperationState(StrEnum):
    """Where a joint operation stands."""

    PLANNED = "planned"
    ACTIVE = "active"
    STOOD_DOWN = "stood_down"
    CANCELLED = "cancelled"


class LogEntryKind(StrEnum):
    """What the log of a joint operation keeps."""

    PLANNED = "planned"
    REVISED = "revised"
    ACTIVATED = "activated"
    STOOD_DOWN = "stood_down"
    CANCELLED = "cancelled"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPlace:
    """Where an operation goes, and on which legal ground it may."""

    kind: PlaceKind
    village: str
    address: Annotated[str, Len(1, 200)]
    legal_ground: Annotated[str, Len(1, 300)]
    rental_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceAsked:
    """How many heads a desk is asked for."""

    desk: str
    heads: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What came of an operation, in numbers: no person is named, nobody is listed."""

    dens_closed: Count
    persons_rescued: Count
    persons_dispersed: Count
    persons_aided: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanJointOperation:
    """Plan a joint operation as the office, and ask desks for heads; the commanding desk is one of the police."""

    title: Title
    plan: PlanText
    places: tuple[TargetPlace, ...]
    forces: tuple[ForceAsked, ...]
    commander: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseJointOperation:
    """Plan it anew before it starts; what a desk has promised stays while it is asked for the same."""

    operation_id: str
    title: Title
    plan: PlanText
    places: tuple[TargetPlace, ...]
    forces: tuple[ForceAsked, ...]
    commander: str
    starts_at: datetime
    ends_at: datetime
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseForce:
    """Say how many heads a desk will send; fewer than it was asked for need a reason."""

    operation_id: str
    desk: str
    heads: Heads
    reason: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateJointOperation:
    """Take command and start, as the commanding desk; `officer` is who commands."""

    operation_id: str
    officer: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportArrival:
    """Say how many heads of a desk are there; said again, it corrects the number and not the time."""

    operation_id: str
    desk: str
    heads: Heads
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandDown:
    """End the operation as the commanding desk, and say what came of it."""

    operation_id: str
    results: Results
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectResults:
    """Correct what came of it, as the commanding desk; what was said before stays."""

    operation_id: str
    results: Results
    reason: Words
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelJointOperation:
    """Call it off as the office before it starts. What was planned stays hidden."""

    operation_id: str
    reason: Words
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """Name a case of one's own agency that follows from it."""

    operation_id: str
    case_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetJointOperation:
    """Ask for one joint operation."""

    operation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListJointOperations:
    """Ask for a page of those that the caller takes part in or that have stood down, newest first."""

    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceView:
    """Where it goes; what whoever took no part reads once it has stood down has no address and no ground."""

    kind: PlaceKind
    village: str
    address: str | None
    legal_ground: str | None
    rental_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceView:
    """What a desk was asked for, promised and brought, and when."""

    desk: str
    asked: int
    promised: int | None
    reason: str
    promised_at: datetime | None
    arrived: int | None
    arrived_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsView:
    """What was said to have come of it, when and by whom; `reason` is set when it corrects what was said before."""

    dens_closed: int
    persons_rescued: int
    persons_dispersed: int
    persons_aided: int
    at: datetime
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntryView:
    """What was done, when, and by whom."""

    what: LogEntryKind
    at: datetime
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointOperationView:
    """A joint operation. Whoever took no part reads, once it has stood down, all but plan, addresses and cases."""

    operation_id: str
    version: int
    asked_by: str
    commander: str
    desks: tuple[str, ...]
    title: str
    state: JointOperationState
    planned_at: datetime
    starts_at: datetime
    ends_at: datetime
    officer: str | None
    activated_at: datetime | None
    stood_down_at: datetime | None
    forces: tuple[ForceView, ...]
    log: tuple[LogEntryView, ...]
    plan: str | None
    places: tuple[PlaceView, ...]
    results: ResultsView | None
    corrections: tuple[ResultsView, ...]
    follow_ups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JointOperationPage:
    """A page of joint operations; `next_cursor` is absent on the last."""

    items: tuple[JointOperationView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JointOperationEvent(Event):
    """What every event of a joint operation says (L37.1): which, and who takes part beside whose step it is."""

    operation_id: str
    receivers: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JointOperationPlanned(JointOperationEvent):
    """A joint operation was planned; its desks are asked for heads."""

    KEY: ClassVar[str] = "cases.joint_operation.planned.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class JointOperationRevised(JointOperationEvent):
    """A joint operation was planned anew."""

    KEY: ClassVar[str] = "cases.joint_operation.revised.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcePromised(Event):
    """A desk said how many heads it will send; the office hears."""

    KEY: ClassVar[str] = "cases.joint_operation.force_promised.v1"

    operation_id: str
    desk: str
    receiver: str
    asked: int
    promised: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceArrived(Event):
    """Heads of a desk are there; the commanding desk hears."""

    KEY: ClassVar[str] = "cases.joint_operation.force_arrived.v1"

    operation_id: str
    desk: str
    receiver: str
    arrived: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JointOperationActivated(JointOperationEvent):
    """The police took command, and it started."""

    KEY: ClassVar[str] = "cases.joint_operation.activated.v1"

    commander: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JointOperationStoodDown(JointOperationEvent):
    """It ended, with what came of it in numbers."""

    KEY: ClassVar[str] = "cases.joint_operation.stood_down.v1"

    commander: str
    heads_asked: int
    heads_arrived: int
    dens_closed: int
    persons_rescued: int
    persons_dispersed: int
    persons_aided: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsCorrected(JointOperationEvent):
    """What came of it was corrected."""

    KEY: ClassVar[str] = "cases.joint_operation.results_corrected.v1"

    dens_closed: int
    persons_rescued: int
    persons_dispersed: int
    persons_aided: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JointOperationCancelled(JointOperationEvent):
    """It was called off before it started."""

    KEY: ClassVar[str] = "cases.joint_operation.cancelled.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class JointOperationFollowedUp(Event):
    """A case follows from it."""

    KEY: ClassVar[str] = "cases.joint_operation.followed_up.v1"

    operation_id: str
    case_id: str
    owner: str
    at: datetime

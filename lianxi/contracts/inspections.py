"""What the inspections desk (巡查) takes in, answers and announces: rentals, their grades, visits.

The grade is of the dwelling, never of a person. A rental's code is opaque; unit text stays with this desk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Len

from lianxi.contracts.envelope import Command, Event


class Grade(StrEnum):
    """放心户, 一般户, 重点户: how often a dwelling is visited (L45.1)."""

    TRUSTED = "trusted"
    ORDINARY = "ordinary"
    KEY = "key"


class VisitOutcome(StrEnum):
    """What came of a visit.

    *Nobody in* and *refused* never count as done, and a refusal never raises the grade (domain K-14).
    """

    DONE = "done"
    NOBODY_IN = "nobody_in"
    REFUSED = "refused"
    VACANT = "vacant"
    DEMOLISHED = "demolished"
    MERGED = "merged"


class DayPart(StrEnum):
    """A part of the day in which somebody may be in: until noon, until six, and after."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class RentalKind(StrEnum):
    """What kind of dwelling is let."""

    FLAT = "flat"
    ROOMS = "rooms"
    HOUSE = "house"
    DORMITORY = "dormitory"
    SHOP_DWELLING = "shop_dwelling"
    OTHER = "other"


class EntryBasis(StrEnum):
    """On what ground an assistant stood there: consent or common parts; there is no power of entry (domain 2.6)."""

    CONSENT = "consent"
    COMMON_PARTS = "common_parts"
    NOT_ENTERED = "not_entered"


class Finding(StrEnum):
    """What a visit may observe about a place, never about a person's origin or kind (domain K-15)."""

    GATHERING = "gathering"
    LECTURES = "lectures"
    CROWDED_BEDDING = "crowded_bedding"
    NOT_REGISTERED = "not_registered"
    PERSON_HELD = "person_held"
    NOTHING_UNUSUAL = "nothing_unusual"


SUSPICIONS = frozenset({Finding.GATHERING, Finding.LECTURES, Finding.CROWDED_BEDDING, Finding.PERSON_HELD})
"""The findings that go to the police at once (L45.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVisit(Command):
    """Take in a visit whose id was made by the phone that recorded it.

    `areas` are the villages that whoever sent it is bound to; none when the whole town is open to them.
    """

    KEY: ClassVar[str] = "inspections.record_visit.v1"

    visit_id: str
    rental_code: str
    assistant: str
    outcome: VisitOutcome
    entry_basis: EntryBasis
    findings: tuple[Finding, ...]
    visited_at: datetime
    submitted_by: str
    received_at: datetime
    note: str = ""
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRental:
    """Put a rental on the register, or correct what the register says of it.

    `address_code` is the standard code of the address, if it has one; `owner` and `agent` are whom to ask about the
    dwelling, never who lives there.
    """

    rental_code: str
    village: str
    address: Annotated[str, Len(1, 200)]
    rooms: int
    is_registered: bool
    assistant: str | None = None
    address_code: Annotated[str, Len(0, 40)] = ""
    kind: RentalKind = RentalKind.OTHER
    owner: Annotated[str, Len(0, 60)] = ""
    agent: Annotated[str, Len(0, 60)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeRental:
    """Grade a dwelling, with a reason, an approver who is somebody else, and a day on which the grade ends."""

    rental_code: str
    grade: Grade
    reason: Annotated[str, Len(1, 200)]
    approved_by: str
    expires_on: date
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRental:
    """Ask for one rental."""

    rental_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRentals:
    """Ask for a page of rentals, by code."""

    village: str | None = None
    cursor: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class GetVisitPlan:
    """Ask what is to be visited by a day, for one assistant or for all."""

    on: date
    assistant: str | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class GetVisit:
    """Ask for one visit."""

    visit_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RentalView:
    """A rental as the agencies that patrol read it.

    `grade_expires_on` is the day by which its grade is looked at again. `tries` are the visits since the last that
    counted at which nobody was in; after two of them `propose` names another time of day.
    """

    rental_code: str
    version: int
    village: str
    address: str
    rooms: int
    is_registered: bool
    assistant: str | None
    grade: Grade
    grade_reason: str
    grade_expires_on: date | None
    last_visit_on: date | None
    next_visit_due_on: date
    brought_forward_because: str | None
    address_code: str = ""
    kind: RentalKind = RentalKind.OTHER
    owner: str = ""
    agent: str = ""
    grade_approved_by: str | None = None
    tries: int = 0
    propose: DayPart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RentalPage:
    """A page of rentals; `next_cursor` is absent on the last."""

    items: tuple[RentalView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVisit:
    """One dwelling that is due; `propose` is another time of day, where twice nobody was in."""

    rental_code: str
    village: str
    address: str
    grade: Grade
    due_on: date
    is_overdue: bool
    brought_forward: bool
    assistant: str | None
    propose: DayPart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPlanView:
    """What is to be visited by a day."""

    on: date
    items: tuple[PlannedVisit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListVisits:
    """Ask for the visits to one dwelling, the latest first."""

    rental_code: str
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitView:
    """A visit as it was recorded; `needs_attention` says why a person has to look at it.

    `tip_ids` are the tips that its findings have become.
    """

    visit_id: str
    rental_code: str
    village: str | None
    assistant: str
    outcome: VisitOutcome
    entry_basis: EntryBasis
    findings: tuple[Finding, ...]
    visited_at: datetime
    received_at: datetime
    counts: bool
    needs_attention: str | None
    next_visit_due_on: date | None
    note: str = ""
    revision: int = 1
    tip_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitList:
    """Visits to one dwelling, the latest first; those that were kept long enough are counts and not here."""

    items: tuple[VisitView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RentalRegistered(Event):
    """A rental is on the register (L46.1)."""

    KEY: ClassVar[str] = "inspections.rental.registered.v1"

    rental_code: str
    village: str
    grade: Grade
    next_visit_due_on: date
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RentalWithdrawn(Event):
    """A rental is off the register again: the import that put it there was undone."""

    KEY: ClassVar[str] = "inspections.rental.withdrawn.v1"

    rental_code: str
    village: str
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RentalGraded(Event):
    """A dwelling has been graded (L45.1)."""

    KEY: ClassVar[str] = "inspections.rental.graded.v1"

    rental_code: str
    village: str
    grade: Grade
    previous: Grade
    expires_on: date
    graded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitAdvanced(Event):
    """A rental's next visit has been brought forward, because a tip names the place."""

    KEY: ClassVar[str] = "inspections.visit.advanced.v1"

    rental_code: str
    village: str
    due_on: date
    previous_due_on: date
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRecorded(Event):
    """A visit has been recorded (L45.1).

    `counts` says whether it keeps the cadence, `on_time` whether it came by its day.
    """

    KEY: ClassVar[str] = "inspections.visit.recorded.v1"

    visit_id: str
    rental_code: str
    village: str | None
    grade: Grade | None
    outcome: VisitOutcome
    counts: bool
    on_time: bool
    visited_at: datetime
    next_visit_due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitMissed(Event):
    """A dwelling's day has passed without a visit that counts."""

    KEY: ClassVar[str] = "inspections.visit.missed.v1"

    rental_code: str
    village: str
    grade: Grade
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspicionRaised(Event):
    """A visit has observed what the plan wants with the police at once (L45.1); it becomes a tip."""

    KEY: ClassVar[str] = "inspections.suspicion.raised.v1"

    visit_id: str
    rental_code: str
    village: str | None
    findings: tuple[Finding, ...]
    raised_at: datetime

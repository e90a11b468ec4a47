"""An inspections desk in memory, with the shipped policy and a clock that stands still."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from lianxi.contracts.codec import open_event
from lianxi.contracts.envelope import Caller, Cause, Event
from lianxi.contracts.inspections import (
    EntryBasis,
    Finding,
    Grade,
    GradeRental,
    RecordVisit,
    RegisterRental,
    RentalView,
    VisitOutcome,
)
from lianxi.contracts.tips import Channel, TipKind, TipReceived
from lianxi.greenroom.entries import Accepted
from lianxi.kernel.clock import FixedClock, level_to_hour, local_date
from lianxi.policy.load import read_policy
from lianxi.store.fakes import MemoryAggregates
from services.inspections.domain.rentals import Rental
from services.inspections.domain.visits import Visit
from services.inspections.handlers import RentalDesk
from services.inspections.policy import InspectionsPolicy, slice_of
from services.inspections.store import RENTALS, VISITS

POLICY_FILES = Path(__file__).resolve().parents[3] / "deploy" / "policy"
NOW = datetime(2026, 11, 23, 8, 41, 17, tzinfo=UTC)
TODAY = date(2026, 11, 23)
CODE = "R-1"
VILLAGE = "village/lotus-bay"


@cache
def shipped_rules() -> InspectionsPolicy:
    return slice_of(read_policy(POLICY_FILES))


@dataclass
class MemoryPassed:
    rentals: MemoryAggregates[Rental]

    def missed(self, today: date) -> Sequence[str]:
        return [
            each.id for each in self.rentals.all() if each.watched_due_on is not None and each.watched_due_on < today
        ]

    def overdue_by_grade(self, today: date) -> Mapping[str, int]:
        late = [each for each in self.rentals.all() if each.is_standing and each.next_visit_due_on < today]
        return Counter(each.grade.value for each in late)


def caller(agency: str, command_id: str | None = None) -> Caller:
    return Caller(actor=f"client:{agency}", agency=agency, correlation_id="story", command_id=command_id)


TENANCY = caller("tenancy")


class InspectionsInMemory:
    def __init__(self) -> None:
        self.clock = FixedClock(NOW)
        self.rentals: MemoryAggregates[Rental] = MemoryAggregates(RENTALS, self.clock)
        self.visits: MemoryAggregates[Visit] = MemoryAggregates(VISITS, self.clock)
        self.desk = RentalDesk(self.rentals, self.visits, MemoryPassed(self.rentals), shipped_rules(), self.clock)

    def announced(self) -> list[Event]:
        return [open_event(each) for each in (*self.rentals.announced, *self.visits.announced)]

    def today(self) -> date:
        return local_date(self.clock.now())

    def wait(self, days: int) -> None:
        self.clock.advance(timedelta(days=days))

    def rental(self, code: str = CODE) -> Rental:
        return self.rentals.get(code).state

    def register(self, code: str = CODE, *, by: Caller = TENANCY, address: str = "荷湾一街 3 号") -> RentalView:
        return self.desk.register_rental(registering(code, address=address), by)

    def grade(self, grade: Grade, code: str = CODE) -> RentalView:
        return self.desk.grade_rental(grading(grade, code, expires_on=self.today() + timedelta(days=180)), TENANCY)

    def visit(self, *commands: RecordVisit) -> None:
        self.desk.record_visits([Accepted(each, cause_of(each)) for each in commands])

    def tip(self, event: TipReceived, event_id: str | None = None) -> None:
        self.desk.bring_visit_forward(
            event, Cause(actor="public", correlation_id=event.tip_id, event_id=event_id or f"event-{event.tip_id}")
        )


def cause_of(command: RecordVisit) -> Cause:
    return Cause(actor=command.submitted_by, correlation_id=command.visit_id)


def registering(
    code: str = CODE, *, address: str = "荷湾一街 3 号", village: str = VILLAGE, rooms: int = 10
) -> RegisterRental:
    return RegisterRental(
        rental_code=code, village=village, address=address, rooms=rooms, is_registered=True, assistant="assistant-4"
    )


def grading(
    grade: Grade,
    code: str = CODE,
    *,
    reason: str = "fire exits blocked",
    approved_by: str = "tenancy:head",
    expires_on: date = date(2027, 5, 1),
) -> GradeRental:
    return GradeRental(rental_code=code, grade=grade, reason=reason, approved_by=approved_by, expires_on=expires_on)


def visiting(
    visit_id: str = "visit_1",
    outcome: VisitOutcome = VisitOutcome.DONE,
    *,
    at: datetime = NOW,
    code: str = CODE,
    findings: tuple[Finding, ...] = (Finding.NOTHING_UNUSUAL,),
) -> RecordVisit:
    return RecordVisit(
        visit_id=visit_id,
        rental_code=code,
        assistant="assistant-4",
        outcome=outcome,
        entry_basis=EntryBasis.CONSENT,
        findings=findings,
        visited_at=at,
        submitted_by="client:tenancy",
        received_at=at,
    )


def tipped(tip_id: str = "tip_1", *, at: datetime = NOW, code: str | None = CODE) -> TipReceived:
    return TipReceived(
        tip_id=tip_id,
        number="DY-2026-0000-0000",
        kind=TipKind.TIP,
        channel=Channel.WEB,
        category="gathering_in_rental",
        lane="normal",
        village=VILLAGE,
        rental_code=code,
        is_anonymous=True,
        received_at=level_to_hour(at),
    )

"""What the inspections desk does when it is asked, told, or a day passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from lianxi.contracts.envelope import Caller, Cause, Event
from lianxi.contracts.inspections import (
    GetRental,
    GetVisit,
    Grade,
    GradeRental,
    RecordVisit,
    RegisterRental,
    RentalView,
    VisitOutcome,
    VisitView,
)
from lianxi.contracts.retention import InspectionsPurged, PurgedRow
from lianxi.contracts.tips import TipReceived
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import Forbidden, NotFound, RuleBroken
from lianxi.policy.book import PolicyBook
from lianxi.policy.retention import VISIT
from lianxi.runtime import metrics
from lianxi.store.retention import Holdable, Pile, PurgePart, Retention, RunningParts, Shelf
from lianxi.store.unit import Addition, Aggregates, Stored
from services.inspections.domain import rentals as rental_rules
from services.inspections.domain import visits as visit_rules
from services.inspections.domain import windows
from services.inspections.domain.rentals import ENDING, Rental
from services.inspections.domain.visits import Visit
from services.inspections.policy import InspectionsPolicy, may_keep, may_read, may_see


class Sent(Protocol):
    """A visit as it was sent in, with what caused it."""

    @property
    def command(self) -> RecordVisit:
        """The visit."""
        ...

    @property
    def cause(self) -> Cause:
        """What caused it."""
        ...


class PassedDays(Protocol):
    """Who knows which days have passed."""

    def missed(self, today: date) -> Sequence[str]:
        """Name the rentals whose day has passed without its miss being announced."""
        ...

    def overdue_by_grade(self, today: date) -> Mapping[str, int]:
        """Count the rentals whose day has passed, by grade."""
        ...


@dataclass(frozen=True)
class RentalDesk:
    """What is done with rentals and visits."""

    rentals: Aggregates[Rental]
    visits: Aggregates[Visit]
    passed: PassedDays
    policy: InspectionsPolicy
    clock: Clock

    def register_rental(self, request: RegisterRental, caller: Caller) -> RentalView:
        """Put a rental on the register, or correct what the register says of it.

        Emits: RentalRegistered, the first time.
        Raises:
            Forbidden: rental.not_your_register.
            RuleBroken: rental.village_unknown, rental.identity_number.
        """
        _must_keep(caller)
        if request.village not in self.policy.villages:
            raise RuleBroken("rental.village_unknown", clause="L46.1", village=request.village)
        now, due_on = self.clock.now(), self.policy.due_on
        rental, events = self._noted(rental_rules.register(request, now, due_on))
        if self.rentals.add(rental, events, caller.cause()):
            return _rental_view(self.rentals.get(rental.id))
        return _rental_view(
            self.rentals.change(
                rental.id,
                lambda found: self._noted(rental_rules.correct(found, request, now, due_on)),
                caller.cause(),
            )
        )

    def get_rental(self, request: GetRental, caller: Caller) -> RentalView:
        """Show one rental.

        Raises:
            NotFound: rental.not_found.
        """
        if not may_read(caller.agency):
            raise NotFound("rental.not_found")
        found = self.rentals.get(request.rental_code)
        if found.state.withdrawn_at is not None or not may_see(caller, found.state.village):
            raise NotFound("rental.not_found")
        return _rental_view(found)

    def grade_rental(self, request: GradeRental, caller: Caller) -> RentalView:
        """Grade a dwelling.

        Emits: RentalGraded.
        Raises:
            Forbidden: rental.not_your_register.
        """
        if not may_read(caller.agency):
            raise NotFound("rental.not_found")
        _must_keep(caller)
        now = self.clock.now()
        return _rental_view(
            self.rentals.change(
                request.rental_code,
                lambda found: self._noted(rental_rules.grade(found, request, caller.actor, now, self.policy.due_on)),
                caller.cause(),
                expected_version=request.expected_version,
            )
        )

    def bring_visit_forward(self, event: TipReceived, cause: Cause) -> None:
        """Bring a rental's next visit forward when a tip names it; a rental that nobody registered stays unknown.

        A tip that came of a visit is noted at the visit, so that each leads to the other.

        Emits: VisitAdvanced, if the day has moved.
        """
        if event.visit_id is not None and self.visits.find(event.visit_id) is not None:
            self.visits.change(event.visit_id, lambda found: (visit_rules.become_tip(found, event.tip_id), ()), cause)
        if event.rental_code is None or self.rentals.find(event.rental_code) is None:
            return
        self.rentals.change(
            event.rental_code,
            lambda found: rental_rules.bring_forward(
                found, event.tip_id, event.received_at, self.policy.brought_forward_days, self.policy.due_on
            ),
            cause,
        )

    def get_visit(self, request: GetVisit, caller: Caller) -> VisitView:
        """Show one visit.

        Raises:
            NotFound: visit.not_found.
        """
        if not may_read(caller.agency):
            raise NotFound("visit.not_found")
        visit = self.visits.get(request.visit_id).state
        if visit.keeping.is_purged or not may_see(caller, visit.village):
            raise NotFound("visit.not_found")
        return visit_rules.as_view(visit)

    def record_visits(self, sent: Sequence[Sent]) -> None:
        """Keep the visits of a batch, then move the rentals they count for.

        Two aggregates change, so there are two writes. The visit comes first, with its events, because it is what must
        not be lost. The rental follows under the visit's id as event id: if a crash comes between, the batch is
        delivered again, the visit is found there, and the rental is moved once. The day that a visit announces must be
        known before the rental is written, so it is worked out on the rental as read, moved in memory by the batch's
        earlier visits. A visit that another process takes in at that moment may make it differ from the rental's own,
        which always wins.

        Emits: VisitRecorded, SuspicionRaised.
        """
        now = self.clock.now()
        known: dict[str, Rental | None] = {}
        additions: list[Addition[Visit]] = []
        for each in sent:
            rental = self._known(known, each.command.rental_code)
            visit = visit_rules.record(each.command, rental, now, self.policy.due_on)
            additions.append(Addition(visit, visit_rules.announce(visit), each.cause))
            if rental is not None and _moves(visit):
                known[rental.id], _ = rental_rules.visited(rental, visit.outcome, visit.visited_at, self.policy.due_on)
        for is_new, addition in zip(self.visits.add_many(additions), additions, strict=True):
            # What was kept first counts, also when the same id came again with something else in it.
            kept = addition.state if is_new else self.visits.get(addition.state.id).state
            self._move_rental(kept, addition.cause)

    def count_anew(self, visit: Visit, cause: Cause) -> None:
        """Let a visit count for its dwelling once a correction has made it one that counts.

        What has counted already stays: the plan never forgets that somebody was there.
        """
        counted = visit_rules.counted_anew(visit)
        if counted == visit:
            return
        kept = self.visits.change(visit.id, lambda found: (visit_rules.counted_anew(found), ()), cause).state
        self._move_rental(kept, replace(cause, correlation_id=visit.id), by=f"{visit.id}/counted")

    def announce_missed(self) -> None:
        """Announce every dwelling whose day has passed, once for each day, by however many sweepers.

        Emits: VisitMissed.
        """
        today = local_date(self.clock.now())
        for code in self.passed.missed(today):
            cause = Cause(actor="desk:inspections", correlation_id=f"{code}/{today.isoformat()}")
            self.rentals.change(code, lambda found: rental_rules.miss(found, today), cause)
        overdue = self.passed.overdue_by_grade(today)
        for grade in Grade:
            metrics.visits_overdue.labels(grade=grade.value).set(overdue.get(grade.value, 0))

    def _noted(self, decided: tuple[Rental, Sequence[Event]]) -> tuple[Rental, Sequence[Event]]:
        """Note by which rule the dwelling is visited from today on, and by whom."""
        rental, events = decided
        return windows.noted(rental, local_date(self.clock.now()), self.policy.grades[rental.grade.value]), events

    def _known(self, known: dict[str, Rental | None], code: str) -> Rental | None:
        if code not in known:
            found = self.rentals.find(code)
            known[code] = None if found is None or found.state.withdrawn_at is not None else found.state
        return known[code]

    def _move_rental(self, visit: Visit, cause: Cause, by: str | None = None) -> None:
        if not _moves(visit):
            return
        self.rentals.change(
            visit.rental_code,
            lambda found: rental_rules.visited(found, visit.outcome, visit.visited_at, self.policy.due_on),
            replace(cause, event_id=by or visit.id, command_id=None),
        )


def visit_retention(
    visits: Aggregates[Visit],
    shelf: Shelf,
    parts: Aggregates[PurgePart],
    watch: RunningParts,
    policies: PolicyBook,
    clock: Clock,
    forgetting: Sequence[Callable[[Visit], object]] = (),
) -> Retention:
    """Put together what the desk does in a run that purges: old visits become counts, what lies apart goes."""
    return Retention(
        service="inspections",
        parts=parts,
        watch=watch,
        piles=(
            Pile(
                rules=(VISIT,),
                items=visits,
                shelf=shelf,
                purge=visit_rules.aggregated,
                outside=lambda visit: [forget(visit) for forget in forgetting],
            ),
        ),
        holdable={"visit": Holdable(visits, shelf)},
        policies=policies,
        clock=clock,
        finished=_finished,
    )


def _finished(run_id: str, rows: tuple[PurgedRow, ...], at: datetime) -> InspectionsPurged:
    return InspectionsPurged(run_id=run_id, rows=rows, finished_at=at)


def _moves(visit: Visit) -> bool:
    is_usable = not visit_rules.moves_nothing(visit.needs_attention) and not visit.keeping.is_purged
    return is_usable and (visit.counts or visit.outcome in ENDING or visit.outcome is VisitOutcome.NOBODY_IN)


def _must_keep(caller: Caller) -> None:
    if not may_keep(caller.agency):
        raise Forbidden("rental.not_your_register")


def _rental_view(stored: Stored[Rental]) -> RentalView:
    return rental_rules.as_view(stored.state, stored.version)

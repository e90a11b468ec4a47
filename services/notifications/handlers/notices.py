"""What the notifications desk does: gives notices, sounds alarms, takes acknowledgements, counts what is still owed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lianxi.contracts.envelope import Caller, Cause, Event, Heard, Lane
from lianxi.contracts.notifications import AcknowledgeNotice, GetNotice, NoticeView
from lianxi.contracts.tips import RescueRaised
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import InvariantBroken
from lianxi.kernel.ids import derived_id
from lianxi.runtime import metrics
from lianxi.store.unit import Addition, Aggregates
from services.notifications.domain import notices as domain
from services.notifications.domain.chasing import SIGNING_CLOCK, chased, followed
from services.notifications.domain.notices import Notice
from services.notifications.policy import Addressee, addressees, alarm_addressees
from services.notifications.policy.campaigns import LadderRules, Steps, steps_of

ACTOR = "desk/notifications"


class OwedAcknowledgements(Protocol):
    """What is asked of whoever can count notices."""

    def overdue_by_agency(self, now: datetime) -> Mapping[str, int]:
        """Count the notices past their acknowledgement, by agency."""
        ...

    def unanswered_alarms(self) -> int:
        """Count the rescue notices that nobody has acknowledged."""
        ...

    def to_chase(self, now: datetime) -> Sequence[str]:
        """Name the unsigned notices whose next rung has been reached, a bounded number."""
        ...


@dataclass(frozen=True)
class NoticeDesk:
    """The use cases of the desk, with what they need."""

    notices: Aggregates[Notice]
    owed: OwedAcknowledgements
    rules: LadderRules
    clock: Clock

    def give_notices(self, heard: Sequence[Heard]) -> None:
        """Tell every desk that events concern, of each once however often it comes.

        Emits: notifications.notice.delivered.v1 for each.
        """
        given = [self._given(each.event, each.cause, addressees(self.rules, each.event)) for each in heard]
        self.notices.add_many([notice for each in given for notice in each])

    def raise_alarm(self, event: RescueRaised, cause: Cause) -> None:
        """Tell the police command centre and the office that somebody is said to be held.

        Emits: notifications.notice.delivered.v1 for each, on the rescue lane.
        """
        self.notices.add_many(self._given(event, cause, alarm_addressees(self.rules, event), "rescue"))

    def get_notice(self, request: GetNotice, caller: Caller) -> NoticeView:
        """Show a notice to its desk and mark it seen.

        Raises:
            NotFound: notice.not_found, also for another agency's.
        """
        found = self.notices.get(request.notice_id)
        domain.shown_to(found.state, caller)
        if found.state.seen_at is None:
            now = self.clock.now()
            found = self.notices.change(request.notice_id, lambda notice: domain.see(notice, now), caller.cause())
        return domain.as_view(found.state, found.version)

    def acknowledge_notice(self, request: AcknowledgeNotice, caller: Caller) -> NoticeView:
        """Sign for a notice; signing twice gives the same answer.

        Emits: notifications.notice.acknowledged.v1, once.
        Raises:
            NotFound: notice.not_found, also for another agency's.
            Conflict: notice.changed when it is not at the version the caller expected.
        """
        found = self.notices.get(request.notice_id)
        domain.shown_to(found.state, caller)
        if found.state.acknowledged_at is None:
            now = self.clock.now()
            found = self.notices.change(
                request.notice_id,
                lambda notice: domain.acknowledge(notice, now, caller.actor),
                caller.cause(),
                expected_version=request.expected_version,
            )
        return domain.as_view(found.state, found.version)

    def chase(self) -> None:
        """Say every rung that an unsigned notice has come to, once whoever sweeps.

        Emits: notifications.clock.rung_reached.v1, on the notice's own lane.
        """
        now = self.clock.now()
        for notice_id in self.owed.to_chase(now):
            lane = self.notices.get(notice_id).state.lane
            cause = Cause(actor=ACTOR, correlation_id=notice_id, lane=lane)
            self.notices.change(notice_id, lambda notice: chased(notice, self._steps(notice), now), cause)

    def _steps(self, notice: Notice) -> Steps:
        return steps_of(self.rules, SIGNING_CLOCK, notice.agency)

    def measure_owed(self) -> None:
        """Show operators how many acknowledgements are owed, by agency, and how many alarms nobody has answered."""
        overdue = self.owed.overdue_by_agency(self.clock.now())
        for agency in self.rules.agencies:
            metrics.notices_unacknowledged.labels(agency).set(overdue.get(agency, 0))
        metrics.emergency_unacknowledged.set(self.owed.unanswered_alarms())

    def _given(
        self, event: Event, cause: Cause, told: Iterable[Addressee], lane: Lane | None = None
    ) -> list[Addition[Notice]]:
        if cause.event_id is None or cause.subject is None:
            raise InvariantBroken("notice.no_cause", event_type=event.KEY)
        given_for = domain.occasion(event, cause.event_id, cause.subject, lane or cause.lane)
        now = self.clock.now()
        additions = []
        for each in told:
            notice_id = derived_id("notice", cause.event_id, each.desk, each.role)
            notice, events = domain.deliver(notice_id, each, given_for, now)
            additions.append(Addition(followed(notice, self._steps(notice)), events, cause))
        return additions

"""What the reporting desk does about major events: opens, presses, takes reports and supplements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from lianxi.contracts.alarms import Mark
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.major_events import GetMajorEvent, MajorEventView, ReportMajorEvent, SupplementMajorEvent
from lianxi.contracts.tips import RescueRaised
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Broken, Forbidden, Refused
from lianxi.kernel.ids import derived_id, sortable_id
from lianxi.store.unit import Aggregates
from services.reporting.domain import major_events as domain
from services.reporting.domain.major_events import MajorEvent
from services.reporting.policy import Demands

ACTOR = "desk/reporting"


class MajorEventFinder(Protocol):
    """Where major events are found that a sweep has to look at."""

    def to_press(self, now: datetime) -> Sequence[str]:
        """Name those whose next rung, or whose end, has been reached, a bounded number."""
        ...


@dataclass(frozen=True)
class MajorEventDesk:
    """The use cases of major events, with what they need."""

    events: Aggregates[MajorEvent]
    finder: MajorEventFinder
    demands: Demands
    clock: Clock

    def open_major_event(self, event: RescueRaised, cause: Cause) -> None:
        """Know of a major event from its alarm: its report is owed from here, whether anybody files or not.

        Emits: reporting.major_event.known.v1.
        Raises:
            PolicyBroken: policy.clock_missing.
        """
        if event.category != Mark.MAJOR_EVENT:
            return
        known_at = self.clock.now() if event.is_levelled else event.raised_at
        about = f"tip/{event.tip_id}"
        opened, said = domain.known(
            derived_id(domain.NOUN, about),
            self.demands.major_started(event.lead, known_at),
            self.demands.majors,
            about,
            is_levelled=event.is_levelled,
        )
        self.events.add(opened, said, replace(cause, lane="rescue"))

    def report_major_event(self, request: ReportMajorEvent, caller: Caller) -> MajorEventView:
        """Take the first report of a major event, opened by an alarm or by this.

        Emits: reporting.major_event.known.v1 when it was not known, reporting.major_event.reported.v1.
        Raises:
            Refused: desk.unknown.
            NotFound: major_event.not_found.
            Forbidden: major_event.not_yours.
            Conflict: major_event.already_reported.
            RuleBroken: major_event.known_later, major_event.about_unreadable.
        """
        now = self.clock.now()
        owner = self.demands.desk_for(request.desk or caller.agency)
        if not (caller.is_office or caller.holds(owner)):
            raise Forbidden("major_event.not_yours")
        running = self.demands.major_started(owner, domain.first_known(request, now))
        named = (caller.actor, caller.command_id or sortable_id("command", now))
        event_id = derived_id(domain.NOUN, *((request.about,) if request.about is not None else named))
        cause = replace(caller.cause(), lane="rescue")
        opened, said = domain.known(event_id, running, self.demands.majors, request.about)
        # Two writes, so that the knowledge stays should the report fail; only the second is marked by the command.
        self.events.add(opened, said, replace(cause, command_id=None))

        def decide(event: MajorEvent) -> domain.Decision:
            steps = self.demands.steps_of_major(event)
            earlier = None if request.known_at is None else replace(running, owner=event.owner)
            event, _ = (event, ()) if earlier is None else domain.known_earlier(event, earlier, steps)
            return domain.reported(event, request, steps, caller, now)

        return self._view(self.events.change(event_id, decide, cause).state.id)

    def supplement_major_event(self, request: SupplementMajorEvent, caller: Caller) -> MajorEventView:
        """Take a supplement.

        Emits: reporting.major_event.supplemented.v1.
        Raises:
            NotFound: major_event.not_found.
            Forbidden: major_event.not_yours.
            Conflict: major_event.not_reported, major_event.complete, major_event.changed.
        """
        now = self.clock.now()
        self.events.change(
            request.event_id,
            lambda event: domain.supplemented(event, request.text, request.is_complete, caller, now),
            replace(caller.cause(), lane="rescue"),
            expected_version=request.expected_version,
        )
        return self._view(request.event_id)

    def get_major_event(self, request: GetMajorEvent, caller: Caller) -> MajorEventView:
        """Show one major event.

        Raises:
            NotFound: major_event.not_found, also for another unit's.
        """
        domain.shown_to(self.events.get(request.event_id).state, caller)
        return self._view(request.event_id)

    def press(self) -> None:
        """Climb the ladders of reports that have not come; two sweeps at once say each rung once.

        Emits: reporting.clock.rung_reached.v1, reporting.major_event.unreported.v1.
        Raises:
            Refused, Broken: the first of what kept single events back; the others have been dealt with.
        """
        now = self.clock.now()
        kept_back: list[Refused | Broken] = []
        for event_id in self.finder.to_press(now):
            cause = Cause(actor=ACTOR, correlation_id=event_id, lane="rescue")
            try:
                self.events.change(
                    event_id, lambda event: domain.pressed(event, self.demands.steps_of_major(event), now), cause
                )
            except (Refused, Broken) as error:
                kept_back.append(error)
        if kept_back:
            raise kept_back[0]

    def _view(self, event_id: str) -> MajorEventView:
        found = self.events.get(event_id)
        return domain.as_view(found.state, found.version, self.clock.now())

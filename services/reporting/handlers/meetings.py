"""What the reporting desk does about meetings: calls, fills agendas, holds, decides, closes, presses what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.meetings import (
    CallMeeting,
    CancelMeeting,
    CloseMeeting,
    DecisionView,
    GetDecision,
    GetMeeting,
    HoldMeeting,
    ItemOutcome,
    MeetingKind,
    MeetingView,
    ProposeItem,
    ReopenDecision,
    ReportDecisionDone,
    SettleItem,
    TakeDecision,
)
from lianxi.kernel.clock import Clock
from lianxi.kernel.errors import Broken, Refused
from lianxi.kernel.ids import derived_id, sortable_id
from lianxi.store.unit import Aggregates, Stored
from services.reporting.domain import agendas, decisions, meetings
from services.reporting.domain.agendas import Late
from services.reporting.domain.decisions import Owed
from services.reporting.domain.meetings import Decide, Meeting
from services.reporting.policy.conference import Conference

ACTOR = "desk/reporting"


class MeetingFinder(Protocol):
    """Where is found what agendas are filled from, and what a sweep has to look at."""

    def late(self, now: datetime) -> Late:
        """Read whatever is late, open or was left over."""
        ...

    def decisions_of(self, meeting_id: str) -> Sequence[Stored[Owed]]:
        """Read what a meeting decided, in that order."""
        ...

    def to_press(self, now: datetime) -> Sequence[str]:
        """Name the decisions whose next rung has been reached, a bounded number."""
        ...


@dataclass(frozen=True)
class MeetingDesk:
    """The use cases of meetings and of what they decided, with what they need."""

    meetings: Aggregates[Meeting]
    decisions: Aggregates[Owed]
    finder: MeetingFinder
    conference: Conference
    clock: Clock

    def call_meeting(self, request: CallMeeting, caller: Caller) -> MeetingView:
        """Call a meeting.

        Emits: reporting.meeting.called.v1.
        Raises:
            Forbidden: meeting.office_only.
            NotFound: agency.not_found.
            RuleBroken: meeting.in_past, meeting.nobody_invited.
        """
        meetings.for_the_office(caller)
        now = self.clock.now()
        meeting_id = derived_id(meetings.NOUN, caller.actor, _key(caller, now))
        meeting, said = meetings.called(meeting_id, request, self.conference, now, caller.actor)
        self.meetings.add(meeting, said, caller.cause())
        return self._view(meeting_id)

    def cancel_meeting(self, request: CancelMeeting, caller: Caller) -> MeetingView:
        """Call a meeting off.

        Emits: reporting.meeting.cancelled.v1.
        Raises:
            Forbidden: meeting.office_only.
            NotFound: meeting.not_found.
            Conflict: meeting.not_called, meeting.changed.
        """
        meetings.for_the_office(caller)
        return self._changed(
            request.meeting_id,
            lambda meeting: meetings.cancelled(meeting, request.reason, self.conference),
            caller,
            request.expected_version,
        )

    def propose_item(self, request: ProposeItem, caller: Caller) -> MeetingView:
        """Propose an item for the agenda.

        Raises:
            NotFound: meeting.not_found for whoever is not invited.
            Conflict: meeting.closed.
            RuleBroken: meeting.about_unreadable.
        """
        item_id = derived_id("item", request.meeting_id, caller.actor, _key(caller, self.clock.now()))
        return self._changed(
            request.meeting_id, lambda meeting: meetings.proposed(meeting, request, item_id, caller), caller, None
        )

    def hold_meeting(self, request: HoldMeeting, caller: Caller) -> MeetingView:
        """Say who came to a meeting, or put that right; what data proposes is frozen into its agenda the first time.

        Emits: reporting.meeting.held.v1 the first time.
        Raises:
            Forbidden: meeting.office_only.
            NotFound: meeting.not_found.
            Refused: meeting.seat_unknown.
            Conflict: meeting.closed, meeting.changed.
            RuleBroken: meeting.too_early, meeting.reason_needed.
        """
        meetings.for_the_office(caller)
        now = self.clock.now()
        late = self.finder.late(now)

        def decide(meeting: Meeting) -> meetings.Decision:
            found = agendas.from_data(meeting, late, now)
            return meetings.held(meeting, request.attendance, found, self.conference, now)

        return self._changed(request.meeting_id, decide, caller, request.expected_version)

    def settle_item(self, request: SettleItem, caller: Caller) -> MeetingView:
        """Say what came of an item.

        Raises:
            Forbidden: meeting.office_only.
            NotFound: meeting.not_found, meeting.item_not_found.
            Conflict: meeting.not_held, meeting.changed.
        """
        meetings.for_the_office(caller)
        return self._changed(
            request.meeting_id, lambda meeting: meetings.settled(meeting, request), caller, request.expected_version
        )

    def take_decision(self, request: TakeDecision, caller: Caller) -> MeetingView:
        """Take a decision: its owner owes it from now on, and the item it belongs to is dealt with.

        Emits: reporting.meeting_decision.taken.v1.
        Raises:
            Forbidden: meeting.office_only.
            NotFound: meeting.not_found, meeting.item_not_found.
            Refused: desk.unknown.
            Conflict: meeting.not_held.
            RuleBroken: supervision_order.due_in_past.
        """
        meetings.for_the_office(caller)
        now = self.clock.now()
        meeting = self.meetings.get(request.meeting_id).state
        decision_id = derived_id(decisions.NOUN, caller.actor, _key(caller, now))
        if self.decisions.find(decision_id) is not None:
            return self._view(meeting.id)
        meetings.check_held(meeting)
        demands = self.conference.demands
        asked = replace(request, owner=demands.desk_for(request.owner))
        is_shared = meeting.kind in meetings.OPEN_TO_ALL
        owed, said = decisions.taken(decision_id, asked, demands.decisions, now, caller.actor, is_shared=is_shared)
        if request.item_id is not None:
            settled = SettleItem(
                meeting_id=meeting.id,
                item_id=request.item_id,
                outcome=ItemOutcome.DISCUSSED,
                remark=meetings.item_of(meeting, request.item_id).remark,
            )
            self.meetings.change(meeting.id, lambda found: meetings.settled(found, settled), caller.cause())
        self.decisions.add(owed, said, caller.cause())
        return self._view(meeting.id)

    def close_meeting(self, request: CloseMeeting, caller: Caller) -> MeetingView:
        """Close the minutes of a meeting.

        Emits: reporting.meeting.closed.v1.
        Raises:
            Forbidden: meeting.office_only.
            NotFound: meeting.not_found.
            Conflict: meeting.not_held, meeting.changed.
        """
        meetings.for_the_office(caller)
        now = self.clock.now()
        return self._changed(
            request.meeting_id,
            lambda meeting: meetings.closed(meeting, request.summary, self.conference, now),
            caller,
            request.expected_version,
        )

    def get_meeting(self, request: GetMeeting, caller: Caller) -> MeetingView:
        """Show one meeting to whoever is invited.

        Raises:
            NotFound: meeting.not_found.
        """
        meetings.shown_to(self.meetings.get(request.meeting_id).state, caller)
        return self._view(request.meeting_id)

    def report_decision_done(self, request: ReportDecisionDone, caller: Caller) -> DecisionView:
        """Take an owner's word and proof that a decision is done.

        Emits: reporting.meeting_decision.done.v1, and reporting.clock.rung_reached.v1 for what was reached before.
        Raises:
            NotFound: meeting_decision.not_found, also for another unit's.
            Forbidden: meeting_decision.not_yours.
            Conflict: meeting_decision.already_done, meeting_decision.changed.
            RuleBroken: meeting_decision.proof_needed, meeting_decision.proof_unreadable.
        """
        now = self.clock.now()
        steps = self.conference.demands.steps_of_decision
        after = self.decisions.change(
            request.decision_id,
            lambda owed: decisions.done(owed, request, steps(owed), caller, now),
            caller.cause(),
            expected_version=request.expected_version,
        )
        return decisions.as_view(after.state, after.version, now)

    def reopen_decision(self, request: ReopenDecision, caller: Caller) -> DecisionView:
        """Say as the office that a decision is not done.

        Emits: reporting.meeting_decision.reopened.v1.
        Raises:
            Forbidden: meeting.office_only.
            NotFound: meeting_decision.not_found.
            Conflict: meeting_decision.not_done, meeting_decision.changed.
            RuleBroken: supervision_order.due_in_past.
        """
        meetings.for_the_office(caller)
        now = self.clock.now()
        after = self.decisions.change(
            request.decision_id,
            lambda owed: decisions.reopened(owed, request, self.conference.demands.decisions, now),
            caller.cause(),
            expected_version=request.expected_version,
        )
        return decisions.as_view(after.state, after.version, now)

    def get_decision(self, request: GetDecision, caller: Caller) -> DecisionView:
        """Show one decision to its owner and to the office.

        Raises:
            NotFound: meeting_decision.not_found.
        """
        found = self.decisions.get(request.decision_id)
        return decisions.as_view(decisions.shown_to(found.state, caller), found.version, self.clock.now())

    def press(self) -> None:
        """Climb the ladders of decisions that are not done; two sweeps at once say each rung once.

        Emits: reporting.clock.rung_reached.v1.
        Raises:
            Refused, Broken: the first of what kept single decisions back; the others have been dealt with.
        """
        now = self.clock.now()
        kept_back: list[Refused | Broken] = []
        for decision_id in self.finder.to_press(now):
            cause = Cause(actor=ACTOR, correlation_id=decision_id)
            try:
                self.decisions.change(
                    decision_id,
                    lambda owed: decisions.pressed(owed, self.conference.demands.steps_of_decision(owed), now),
                    cause,
                )
            except (Refused, Broken) as error:
                kept_back.append(error)
        if kept_back:
            raise kept_back[0]

    def _changed(self, meeting_id: str, decide: Decide, caller: Caller, expected_version: int | None) -> MeetingView:
        self.meetings.change(meeting_id, decide, caller.cause(), expected_version=expected_version)
        return self._view(meeting_id)

    def _view(self, meeting_id: str) -> MeetingView:
        found = self.meetings.get(meeting_id)
        now = self.clock.now()
        late = self.finder.late(now) if found.state.kind is not MeetingKind.CASES else Late()
        decided = tuple(
            decisions.as_view(each.state, each.version, now) for each in self.finder.decisions_of(meeting_id)
        )
        agenda = agendas.agenda_of(found.state, late, now)
        return meetings.as_view(found.state, found.version, agenda, decided, self.conference)


def _key(caller: Caller, now: datetime) -> str:
    return caller.command_id or sortable_id("command", now)

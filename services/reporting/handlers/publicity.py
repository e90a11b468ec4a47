"""What the reporting desk does about publicity: records, takes back, lays out a year, and says what had nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.publicity import (
    ActivityView,
    GapView,
    GetActivity,
    GetPublicityYear,
    PublicityYear,
    RecordActivity,
    WithdrawActivity,
)
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import NotFound
from lianxi.kernel.ids import derived_id, sortable_id
from lianxi.store.unit import Aggregates
from services.reporting.domain import publicity
from services.reporting.domain.publicity import Activity, Gap, Held
from services.reporting.policy.publicity import Duties

ACTOR = "desk/reporting"


class HeldActivities(Protocol):
    """Where is read what was done on which day."""

    def held(self, first: date, last: date) -> Sequence[Held]:
        """Read the activities from a first to a last day that count."""
        ...


@dataclass(frozen=True)
class PublicityDesk:
    """The use cases of the register of publicity, with what they need."""

    activities: Aggregates[Activity]
    gaps: Aggregates[Gap]
    held: HeldActivities
    duties: Duties
    clock: Clock

    def record_activity(self, request: RecordActivity, caller: Caller) -> ActivityView:
        """Record an activity.

        Emits: reporting.publicity.recorded.v1.
        Raises:
            NotFound: publicity.duty_not_found.
            Forbidden: publicity.not_yours.
            RuleBroken: publicity.not_yet_held, publicity.party_unknown, publicity.village_unknown,
                publicity.approval_needed, publicity.names_a_person.
        """
        now = self.clock.now()
        activity_id = derived_id(publicity.NOUN, caller.actor, caller.command_id or sortable_id("command", now))
        self.duties.check_village(request.village)
        duty = self.duties.find(request.duty)
        activity, said = publicity.recorded(activity_id, request, duty, caller, now)
        self.activities.add(activity, said, caller.cause())
        return self._view(activity_id)

    def withdraw_activity(self, request: WithdrawActivity, caller: Caller) -> ActivityView:
        """Take an activity back.

        Emits: reporting.publicity.withdrawn.v1.
        Raises:
            NotFound: publicity.not_found.
            Conflict: publicity.withdrawn, publicity.changed.
        """
        now = self.clock.now()
        self.activities.change(
            request.activity_id,
            lambda activity: publicity.withdrawn(activity, request.reason, caller, now),
            caller.cause(),
            expected_version=request.expected_version,
        )
        return self._view(request.activity_id)

    def get_activity(self, request: GetActivity, caller: Caller) -> ActivityView:
        """Show one activity to its unit and to the office.

        Raises:
            NotFound: publicity.not_found.
        """
        publicity.shown_to(self.activities.get(request.activity_id).state, caller)
        return self._view(request.activity_id)

    def get_year(self, request: GetPublicityYear, caller: Caller) -> PublicityYear:
        """Lay out a year: the caller's unit's, any unit's to who sees all, or all of it.

        Raises:
            NotFound: agency.not_found when a unit asks for another's.
        """
        unit = request.unit or (None if caller.sees_all else caller.agency)
        if not caller.sees_all and unit != caller.agency:
            raise NotFound("agency.not_found")
        today = local_date(self.clock.now())
        return self._year(today.year if request.year is None else request.year, today, unit)

    def late(self, today: date) -> tuple[GapView, ...]:
        """Name this year's gaps since the plan was issued, as the conference asks for them."""
        found = self._year(today.year, today, None).gaps
        return tuple(each for each in found if each.last_on >= self.duties.issued_on)

    def look(self) -> None:
        """Say of each period that is newly over that it had nothing, once.

        Emits: reporting.publicity_gap.found.v1.
        """
        now = self.clock.now()
        today = local_date(now)
        owners = {duty.code: duty.owner for duty in self.duties.items}
        for year in sorted({today.year, (today - publicity.LOOKED_BACK).year}):
            for row in self._year(year, today, None).duties:
                for period in publicity.newly_over(row, self.duties.issued_on, today):
                    gap_id = derived_id(publicity.GAP_NOUN, row.duty, row.party or "", period.last_on.isoformat())
                    if self.gaps.find(gap_id) is None:
                        gap, said = publicity.found_gap(gap_id, row, period, owners[row.duty], now)
                        self.gaps.add(gap, (said,), Cause(actor=ACTOR, correlation_id=gap_id))

    def _year(self, year: int, today: date, unit: str | None) -> PublicityYear:
        duties = [duty for duty in self.duties.items if unit in {None, duty.unit}]
        first, last = publicity.span_of(duties, year)
        return publicity.year_of(duties, self.held.held(first, last), year, today)

    def _view(self, activity_id: str) -> ActivityView:
        found = self.activities.get(activity_id)
        return publicity.as_view(found.state, found.version)

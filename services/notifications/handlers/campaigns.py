"""What the notifications desk does about campaigns: texts, tasks of carriers, their proofs, and who is late."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Protocol

from lianxi.contracts.campaigns import (
    CARRIERS,
    ApproveCampaign,
    CampaignPlan,
    CampaignView,
    DraftCampaign,
    GetCampaign,
    GetCampaignPlan,
    ReturnProof,
    RewriteCampaign,
    SendBackProof,
    TakeSend,
    WithdrawCampaign,
)
from lianxi.contracts.envelope import Caller, Cause
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.errors import Conflict, NotFound
from lianxi.kernel.ids import derived_id
from lianxi.policy.policy import Policy
from lianxi.store.unit import Aggregates, Stored
from services.notifications.domain import campaigns as domain
from services.notifications.domain import campaigns_shown as shown
from services.notifications.domain.campaigns import Campaign, Decision
from services.notifications.policy.campaigns import CAMPAIGN_CLOCK, SendDuty, Steps, send_duties, steps_of

ACTOR = "desk/notifications"


class CampaignFinder(Protocol):
    """Where is found what a period has, and what a sweep has to look at."""

    def of_period(self, duty: str, due_on: date) -> Sequence[Campaign]:
        """Read every campaign of a period, those that were taken back too."""
        ...

    def between(self, duty: str, first: date, last: date) -> Sequence[Campaign]:
        """Read the campaigns of the periods that end from a day to a day."""
        ...

    def to_press(self, now: datetime) -> Sequence[str]:
        """Name the campaigns whose next rung has been reached, a bounded number."""
        ...


@dataclass(frozen=True)
class CampaignDesk:
    """The use cases of campaigns, with what they need."""

    campaigns: Aggregates[Campaign]
    finder: CampaignFinder
    rules: Policy
    clock: Clock

    def draft(self, request: DraftCampaign, caller: Caller) -> CampaignView:
        """Write the text of a period; a period has one text at a time.

        Raises:
            Conflict: campaign.period_taken.
        """
        duty = self._duty(request.duty)
        before = len([each for each in self.finder.of_period(duty.code, request.due_on) if each.withdrawn_at])
        campaign_id = derived_id(domain.NOUN, duty.code, request.due_on.isoformat(), str(before))
        made = domain.drafted(campaign_id, request, duty, self._barred, caller, self.clock.now())
        if not self.campaigns.add(made, (), caller.cause()):
            there = self.campaigns.get(campaign_id).state
            if (there.written_by[0], there.text) != (caller.actor, request.text):
                raise Conflict("campaign.period_taken", campaign_id=campaign_id)
        return self._view(self.campaigns.get(campaign_id), caller)

    def rewrite(self, request: RewriteCampaign, caller: Caller) -> CampaignView:
        """Write a draft anew."""
        decide = partial(domain.rewritten, asked=request, barred=self._barred, caller=caller)
        return self._decide(request.campaign_id, decide, caller, request.expected_version)

    def approve(self, request: ApproveCampaign, caller: Caller) -> CampaignView:
        """Approve a text and hand it to the carriers.

        Emits: notifications.campaign.handed.v1.
        """
        now = self.clock.now()

        def decide(campaign: Campaign) -> Decision:
            return domain.approved(campaign, request, self._duty(campaign.duty), self._steps(campaign), caller, now)

        return self._decide(request.campaign_id, decide, caller, request.expected_version)

    def withdraw(self, request: WithdrawCampaign, caller: Caller) -> CampaignView:
        """Take a text back.

        Emits: notifications.campaign.withdrawn.v1, if carriers had it.
        """
        decide = partial(domain.withdrawn, reason=request.reason, caller=caller, now=self.clock.now())
        return self._decide(request.campaign_id, decide, caller, request.expected_version)

    def take(self, request: TakeSend, caller: Caller) -> CampaignView:
        """Take the task as a carrier.

        Emits: notifications.campaign.taken.v1.
        """
        decide = partial(domain.taken, carrier=request.carrier, caller=caller, now=self.clock.now())
        return self._decide(request.campaign_id, decide, caller)

    def prove(self, request: ReturnProof, caller: Caller) -> CampaignView:
        """Take a carrier's proof.

        Emits: notifications.campaign.proven.v1, and rungs that were reached before.
        """
        now = self.clock.now()

        def decide(campaign: Campaign) -> Decision:
            return domain.proven(campaign, request, self._steps(campaign), caller, now)

        return self._decide(request.campaign_id, decide, caller)

    def send_back(self, request: SendBackProof, caller: Caller) -> CampaignView:
        """Ask a carrier for another proof.

        Emits: notifications.campaign.sent_back.v1.
        """
        now = self.clock.now()

        def decide(campaign: Campaign) -> Decision:
            return domain.sent_back(campaign, request, self._steps(campaign), caller, now)

        return self._decide(request.campaign_id, decide, caller, request.expected_version)

    def get(self, request: GetCampaign, caller: Caller) -> CampaignView:
        """Show one campaign."""
        found = self.campaigns.get(request.campaign_id)
        domain.shown_to(found.state, caller)
        return self._view(found, caller)

    def plan(self, request: GetCampaignPlan, caller: Caller) -> CampaignPlan:
        """List what carriers owe in a year: to the office all, to a unit its own duties, to a carrier its own part."""
        now = self.clock.now()
        year = request.year or local_date(now).year
        mine = domain.carriers_of(caller)
        items = [
            row
            for duty in self._duties.values()
            if caller.sees_all or caller.agency in {duty.unit, CARRIERS}
            for row in shown.owed(duty, self._texts(duty), year, now)
            if caller.agency != CARRIERS or row.carrier in mine
        ]
        return CampaignPlan(year=year, items=tuple(items))

    def press(self) -> None:
        """Say every rung that a carrier's task has come to, once whoever sweeps.

        Emits: notifications.clock.rung_reached.v1.
        """
        now = self.clock.now()
        for campaign_id in self.finder.to_press(now):
            cause = Cause(actor=ACTOR, correlation_id=campaign_id)
            self.campaigns.change(campaign_id, lambda each: domain.pressed(each, self._steps(each), now), cause)

    def _decide(
        self,
        campaign_id: str,
        decide: Callable[[Campaign], Decision],
        caller: Caller,
        expected_version: int | None = None,
    ) -> CampaignView:
        domain.shown_to(self.campaigns.get(campaign_id).state, caller)
        done = self.campaigns.change(campaign_id, decide, caller.cause(), expected_version=expected_version)
        return self._view(done, caller)

    def _view(self, found: Stored[Campaign], caller: Caller) -> CampaignView:
        return shown.as_view(found.state, found.version, caller, self.clock.now())

    def _texts(self, duty: SendDuty) -> Sequence[Campaign]:
        days = [each[1] for each in duty.periods]
        return self.finder.between(duty.code, min(days), max(days)) if days else ()

    def _duty(self, code: str) -> SendDuty:
        found = self._duties.get(code)
        if found is None:
            raise NotFound("campaign.duty_not_found", duties=sorted(self._duties))
        return found

    @property
    def _duties(self) -> Mapping[str, SendDuty]:
        return send_duties(self.rules)

    def _steps(self, campaign: Campaign) -> Steps:
        return steps_of(self.rules, CAMPAIGN_CLOCK, campaign.owner)

    def _barred(self, text: str) -> None:
        numbers = [each.number for each in self.rules.programme.telephones]
        domain.check_points_at_nobody(text, self.rules.entities, numbers)

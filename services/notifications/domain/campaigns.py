"""A campaign: a text written by one and approved by another, a task of each carrier, a proof from each.

Nothing about a subscriber goes to a carrier or comes from one: there is no field for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from lianxi.contracts.campaigns import (
    CARRIERS,
    ApproveCampaign,
    CampaignHanded,
    CampaignProven,
    CampaignSentBack,
    CampaignState,
    CampaignTaken,
    CampaignWithdrawn,
    DraftCampaign,
    ReturnProof,
    RewriteCampaign,
    SendBackProof,
    SendState,
)
from lianxi.contracts.envelope import Caller, Event
from lianxi.kernel.clock import local_date, local_midnight
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from lianxi.policy.clockwork import RunningClock, next_rung_at, start_named, stop
from lianxi.policy.entities import EntityRule, entities_in
from services.notifications.domain.ladders import climbed
from services.notifications.domain.warnings import NOT_FOR_THE_PUBLIC
from services.notifications.policy.campaigns import CAMPAIGN_CLOCK, SendDuty, Steps

CLAUSE = "L65.1"
NOUN = "campaign"
ENDED = frozenset({CampaignState.DONE, CampaignState.WITHDRAWN})
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What proves a sending: a day, a count, two digests. The file itself stays with the carrier.

    Clause: L65.1.
    """

    sent_on: date
    sent: int
    text_sha256: str
    file_sha256: str
    returned_at: datetime
    returned_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A carrier's part. `rounds` counts the proofs that were asked for.

    Clause: L65.1.
    """

    carrier: str
    state: SendState
    clock: RunningClock
    taken_at: datetime | None = None
    taken_by: str | None = None
    proof: Proof | None = None
    rounds: int = 1
    remark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One text for one period of a duty. `carriers` are those that have it, none before it is approved.

    Clause: L65.1.
    """

    id: str
    duty: str
    agency: str
    owner: str
    first_on: date
    due_on: date
    state: CampaignState
    text: str
    is_warning: bool
    written_at: datetime
    written_by: tuple[str, ...]
    carriers: tuple[str, ...] = ()
    sends: tuple[Send, ...] = ()
    next_rung_at: datetime | None = None
    approval: str | None = None
    approved_at: datetime | None = None
    approved_by: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    reason: str | None = None

    @property
    def due_at(self) -> datetime:
        """The end of the last day."""
        return local_midnight(self.due_on + timedelta(days=1))

    @property
    def text_sha256(self) -> str:
        """The digest of the text as UTF-8: what a carrier says it has sent."""
        return sha256(self.text.encode()).hexdigest()


Decision = tuple[Campaign, tuple[Event, ...]]


def drafted(
    campaign_id: str,
    asked: DraftCampaign,
    duty: SendDuty,
    barred: Callable[[str], None],
    caller: Caller,
    now: datetime,
) -> Campaign:
    """Write the text of a period, as the unit that answers for it or as the office.

    Clause: L65.1.
    Raises:
        Forbidden: campaign.not_yours.
        NotFound: campaign.period_not_found.
        RuleBroken: campaign.period_over, campaign.points_at_somebody.
    """
    if not (caller.is_office or caller.agency == duty.unit):
        raise Forbidden("campaign.not_yours", clause=CLAUSE)
    first_on, due_on = duty.period(asked.due_on)
    barred(asked.text)
    campaign = Campaign(
        id=campaign_id,
        duty=duty.code,
        agency=duty.unit,
        owner=duty.owner,
        first_on=first_on,
        due_on=due_on,
        state=CampaignState.DRAFTED,
        text=asked.text,
        is_warning=asked.is_warning,
        written_at=now,
        written_by=(caller.actor,),
    )
    _check_runs(campaign, now)
    return campaign


def check_points_at_nobody(text: str, entities: Iterable[EntityRule], published: Iterable[str]) -> None:
    """Refuse a text for everybody that holds somebody's number. The town's own published telephones may stand in it.

    Clause: L65.1 (domain 5).
    Raises:
        RuleBroken: campaign.points_at_somebody.
    """
    for number in published:
        # Whole numbers alone: somebody's mobile may hold the three digits of a hotline.
        text = re.sub(rf"(?<!\d){re.escape(number)}(?!\d)", " ", text)
    found = {each.kind for each in entities_in(text, entities)} & NOT_FOR_THE_PUBLIC
    if found:
        raise RuleBroken("campaign.points_at_somebody", clause=CLAUSE, kinds=sorted(found))


def rewritten(campaign: Campaign, asked: RewriteCampaign, barred: Callable[[str], None], caller: Caller) -> Decision:
    """Write a draft anew. Whoever wrote at it, ever, does not approve it.

    Clause: L65.1.
    Raises:
        Conflict: campaign.not_drafted.
        RuleBroken: campaign.points_at_somebody.
    """
    _kept_by(campaign, caller)
    if campaign.state is not CampaignState.DRAFTED:
        raise Conflict("campaign.not_drafted")
    barred(asked.text)
    writers = tuple(dict.fromkeys((*campaign.written_by, caller.actor)))
    return replace(campaign, text=asked.text, is_warning=asked.is_warning, written_by=writers), ()


def approved(
    campaign: Campaign, asked: ApproveCampaign, duty: SendDuty, steps: Steps, caller: Caller, now: datetime
) -> Decision:
    """Approve a text as somebody who has not written at it; each carrier has it as a task until the period's end.

    Clause: L65.1 (a warning: Reg. art. 23, A-04); criterion 18.4.
    Raises:
        Conflict: campaign.not_drafted.
        Forbidden: campaign.own.
        RuleBroken: campaign.approval_needed, campaign.period_over.
    """
    _kept_by(campaign, caller)
    if campaign.state is not CampaignState.DRAFTED:
        raise Conflict("campaign.not_drafted")
    if caller.actor in campaign.written_by:
        raise Forbidden("campaign.own", clause=CLAUSE)
    if campaign.is_warning and not (asked.approval or "").strip():
        raise RuleBroken("campaign.approval_needed", clause=CLAUSE)
    _check_runs(campaign, now)
    sends = tuple(
        Send(carrier=each, state=SendState.HANDED, clock=start_named(CAMPAIGN_CLOCK, each, now, campaign.due_at))
        for each in duty.carriers
    )
    handed = replace(
        campaign,
        state=CampaignState.HANDED,
        carriers=duty.carriers,
        approval=asked.approval,
        approved_at=now,
        approved_by=caller.actor,
    )
    told = CampaignHanded(**_named(handed), receivers=handed.carriers, due_at=handed.due_at)
    return _with_sends(handed, sends, steps), (told,)


def withdrawn(campaign: Campaign, reason: str, caller: Caller, now: datetime) -> Decision:
    """Take a text back; what a carrier has sent cannot be taken back.

    Clause: L65.1.
    Raises:
        Conflict: campaign.ended, campaign.sent.
    """
    _kept_by(campaign, caller)
    if campaign.state in ENDED:
        raise Conflict("campaign.ended")
    if any(each.state is SendState.PROVEN for each in campaign.sends):
        raise Conflict("campaign.sent")
    after = replace(
        campaign,
        state=CampaignState.WITHDRAWN,
        sends=tuple(replace(each, clock=stop(each.clock, now)) for each in campaign.sends),
        next_rung_at=None,
        withdrawn_at=now,
        withdrawn_by=caller.actor,
        reason=reason,
    )
    told = CampaignWithdrawn(**_named(after), receivers=after.carriers)
    return after, (told,) if after.carriers else ()


def taken(campaign: Campaign, carrier: str, caller: Caller, now: datetime) -> Decision:
    """Take the task as a person of the carrier; a second time changes nothing.

    Clause: L65.1; criterion 18.4.
    Raises:
        NotFound: campaign.not_found.
        Conflict: campaign.ended.
    """
    send = _carried_by(campaign, carrier, caller)
    if send.state is not SendState.HANDED:
        return campaign, ()
    after = replace(send, state=SendState.TAKEN, taken_at=now, taken_by=caller.actor)
    return _with(campaign, after), (CampaignTaken(**_named(campaign), carried_by=carrier),)


def proven(campaign: Campaign, asked: ReturnProof, steps: Steps, caller: Caller, now: datetime) -> Decision:
    """Take a carrier's proof: of this text, of a day since it was approved, and of how many were sent.

    Clause: L65.1; criterion 18.4.
    Raises:
        NotFound: campaign.not_found.
        Conflict: campaign.ended, campaign.proven.
        RuleBroken: campaign.not_sent_then, campaign.other_text, campaign.digest_unreadable.
    """
    send = _carried_by(campaign, asked.carrier, caller)
    if send.state is SendState.PROVEN:
        raise Conflict("campaign.proven")
    _check_proof(campaign, asked, now)
    clock, said = climbed(item_of(campaign), send.clock, steps, now)
    proof = Proof(
        sent_on=asked.sent_on,
        sent=asked.sent,
        text_sha256=asked.text_sha256,
        file_sha256=asked.file_sha256,
        returned_at=now,
        returned_by=caller.actor,
    )
    after = replace(
        send,
        state=SendState.PROVEN,
        clock=stop(clock, now),
        taken_at=send.taken_at or now,
        taken_by=send.taken_by or caller.actor,
        proof=proof,
        remark=None,
    )
    told = CampaignProven(
        **_named(campaign),
        carried_by=asked.carrier,
        round=after.rounds,
        sent_on=proof.sent_on,
        reach=proof.sent,
        sent_sha256=proof.text_sha256,
        is_late=proof.sent_on > campaign.due_on,
        is_warning=campaign.is_warning,
        approval=campaign.approval,
    )
    return _with_sends(campaign, _swapped(campaign, after), steps), (*said, told)


def sent_back(campaign: Campaign, asked: SendBackProof, steps: Steps, caller: Caller, now: datetime) -> Decision:
    """Say that a proof does not prove it: the carrier owes another, and its clock goes on where it was.

    Clause: L65.1, L81.2; criterion 18.4.
    Raises:
        NotFound: campaign.not_found, campaign.carrier_not_found.
        Conflict: campaign.not_proven.
    """
    _kept_by(campaign, caller)
    send = _send_of(campaign, asked.carrier)
    if send.state is not SendState.PROVEN:
        raise Conflict("campaign.not_proven")
    after = replace(
        send,
        state=SendState.TAKEN,
        clock=replace(send.clock, stopped_at=None),
        proof=None,
        rounds=send.rounds + 1,
        remark=asked.reason,
    )
    told = CampaignSentBack(**_named(campaign), carried_by=asked.carrier, receivers=(asked.carrier,), round=send.rounds)
    return _with_sends(campaign, _swapped(campaign, after), steps), (told,)


def pressed(campaign: Campaign, steps: Steps, now: datetime) -> Decision:
    """Climb the ladders of the carriers that have not returned a proof; each rung is said once.

    Clause: L65.1, L81.2; criteria 3.3, 18.4.
    """
    if campaign.state is not CampaignState.HANDED:
        return campaign, ()
    said: list[Event] = []
    sends = []
    for send in campaign.sends:
        clock, reached = climbed(item_of(campaign), send.clock, steps, now)
        said += reached
        sends.append(replace(send, clock=clock))
    return _with_sends(campaign, tuple(sends), steps), tuple(said)


def item_of(campaign: Campaign) -> str:
    """Name a campaign as an item.

    Clause: none.
    """
    return f"{NOUN}/{campaign.id}"


def shown_to(campaign: Campaign, caller: Caller) -> Campaign:
    """Show a campaign to its unit, to whoever sees all, and to a carrier that has it.

    Clause: none (domain 5.4).
    Raises:
        NotFound: campaign.not_found.
    """
    if not (_keeps(campaign, caller) or set(campaign.carriers) & set(carriers_of(caller))):
        raise NotFound("campaign.not_found")
    return campaign


def carriers_of(caller: Caller) -> tuple[str, ...]:
    """Name the carriers that somebody is of: by their desks alone, for carriers share nothing.

    Clause: L63.1.
    """
    return caller.desks if caller.agency == CARRIERS else ()


def _check_proof(campaign: Campaign, asked: ReturnProof, now: datetime) -> None:
    begins = local_date(campaign.approved_at or campaign.written_at)
    if not begins <= asked.sent_on <= local_date(now):
        raise RuleBroken("campaign.not_sent_then", clause=CLAUSE, since=begins.isoformat())
    if not all(DIGEST.fullmatch(each) for each in (asked.text_sha256, asked.file_sha256)):
        raise RuleBroken("campaign.digest_unreadable", clause=CLAUSE)
    if asked.text_sha256 != campaign.text_sha256:
        raise RuleBroken("campaign.other_text", clause=CLAUSE, text_sha256=campaign.text_sha256)


def _check_runs(campaign: Campaign, now: datetime) -> None:
    if now >= campaign.due_at:
        raise RuleBroken("campaign.period_over", clause=CLAUSE, due_on=campaign.due_on.isoformat())


def _keeps(campaign: Campaign, caller: Caller) -> bool:
    return caller.sees_all or caller.agency == campaign.agency


def _kept_by(campaign: Campaign, caller: Caller) -> None:
    if not _keeps(campaign, caller):
        raise NotFound("campaign.not_found")


def _carried_by(campaign: Campaign, carrier: str, caller: Caller) -> Send:
    """Another carrier's part does not exist for a carrier, and nobody else answers for one."""
    if carrier not in carriers_of(caller):
        raise NotFound("campaign.not_found")
    send = _send_of(campaign, carrier)
    if campaign.state is CampaignState.WITHDRAWN:
        raise Conflict("campaign.ended")
    return send


def _send_of(campaign: Campaign, carrier: str) -> Send:
    found = next((each for each in campaign.sends if each.carrier == carrier), None)
    if found is None:
        raise NotFound("campaign.carrier_not_found", carriers=list(campaign.carriers))
    return found


def _with(campaign: Campaign, send: Send) -> Campaign:
    return replace(campaign, sends=_swapped(campaign, send))


def _swapped(campaign: Campaign, send: Send) -> tuple[Send, ...]:
    return tuple(send if each.carrier == send.carrier else each for each in campaign.sends)


def _with_sends(campaign: Campaign, sends: tuple[Send, ...], steps: Steps) -> Campaign:
    """What all carriers have proven is done, and nobody is pressed for what is proven."""
    waiting = [next_rung_at(each.clock, steps.ladder) for each in sends if each.state is not SendState.PROVEN]
    is_done = all(each.state is SendState.PROVEN for each in sends)
    return replace(
        campaign,
        sends=sends,
        state=CampaignState.DONE if is_done else CampaignState.HANDED,
        next_rung_at=min((each for each in waiting if each is not None), default=None),
    )


def _named(campaign: Campaign) -> dict[str, str]:
    return {"campaign_id": campaign.id, "category": campaign.duty, "owner": campaign.owner}

"""Campaigns: written by one, approved by another, a task of three carriers, and proof without any subscriber."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from lianxi.contracts.campaigns import (
    ApproveCampaign,
    CampaignHanded,
    CampaignPlan,
    CampaignProven,
    CampaignSentBack,
    CampaignState,
    CampaignView,
    DraftCampaign,
    GetCampaign,
    GetCampaignPlan,
    NotificationsRungReached,
    ReturnProof,
    RewriteCampaign,
    SendBackProof,
    SendState,
    TakeSend,
    WithdrawCampaign,
)
from lianxi.contracts.envelope import Caller, Cause
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, Refused, RuleBroken
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from services.notifications.domain import Notice
from services.notifications.domain.campaigns import Campaign, Proof
from services.notifications.handlers import NoticeDesk
from services.notifications.handlers.campaigns import CampaignDesk
from services.notifications.policy import addressees
from services.notifications.store import CAMPAIGNS

ISSUED = datetime(2015, 10, 19, 2, 0, tzinfo=UTC)
OCTOBER, NOVEMBER, DECEMBER = date(2015, 10, 31), date(2015, 11, 30), date(2015, 12, 31)
MONTHS = (OCTOBER, NOVEMBER, DECEMBER)
CARRIERS = ("carrier/telecom", "carrier/mobile", "carrier/unicom")
TEXT = "打传办提醒:交会费、拉人头就是传销。遇到请立即离开并报警。"
WRITER = Caller(actor="account_writer", agency="publicity", rows=("own_agency",))
HEAD = Caller(actor="account_head", agency="publicity", rows=("own_agency",))
OFFICE = Caller(actor="account_office", agency="office", rows=("all",))
ELSEWHERE = Caller(actor="account_else", agency="tenancy", rows=("own_agency",))
FILE = "ab" * 32


def of(carrier: str) -> Caller:
    return Caller(actor=f"at_{carrier}", agency="carrier", desks=(carrier,), rows=("own_desk",))


@dataclass(frozen=True)
class Found:
    kept: MemoryAggregates[Campaign]

    def of_period(self, duty: str, due_on: date) -> Sequence[Campaign]:
        return [each for each in self.kept.all() if (each.duty, each.due_on) == (duty, due_on)]

    def between(self, duty: str, first: date, last: date) -> Sequence[Campaign]:
        return [each for each in self.kept.all() if each.duty == duty and first <= each.due_on <= last]

    def to_press(self, now: datetime) -> Sequence[str]:
        return [each.id for each in self.kept.all() if each.next_rung_at is not None and each.next_rung_at <= now]


class Town:
    def __init__(self, policy: Policy, at: datetime = ISSUED) -> None:
        self.clock = FixedClock(at)
        self.kept: MemoryAggregates[Campaign] = MemoryAggregates(CAMPAIGNS, self.clock)
        self.desk = CampaignDesk(self.kept, Found(self.kept), policy, self.clock)

    def drafted(self, due_on: date = OCTOBER, text: str = TEXT, *, is_warning: bool = False) -> CampaignView:
        asked = DraftCampaign(duty="sms-monthly", due_on=due_on, text=text, is_warning=is_warning)
        return self.desk.draft(asked, WRITER)

    def handed(self, due_on: date = OCTOBER) -> CampaignView:
        return self.desk.approve(ApproveCampaign(campaign_id=self.drafted(due_on).campaign_id), HEAD)

    def prove(self, campaign: CampaignView, carrier: str, **other: object) -> CampaignView:
        asked = ReturnProof(
            campaign_id=campaign.campaign_id,
            carrier=carrier,
            sent_on=self.clock.now().date(),
            sent=120_000,
            text_sha256=campaign.text_sha256,
            file_sha256=FILE,
        )
        return self.desk.prove(replace(asked, **other), of(carrier))  # type: ignore[arg-type]

    def plan(self, caller: Caller = OFFICE) -> CampaignPlan:
        return self.desk.plan(GetCampaignPlan(year=2015), caller)

    def told(self, key: str) -> list[dict[str, object]]:
        return [dict(each.data) for each in self.kept.announced if each.type == key]


@pytest.fixture
def town(policy: Policy) -> Town:
    return Town(policy)


@pytest.mark.criterion("18.4")
def test_L65_1_nine_messages_are_owed_approved_taken_and_proven_one_by_one(town: Town) -> None:
    assert [(row.due_on, row.carrier) for row in town.plan().items] == [
        (on, each) for on in MONTHS for each in CARRIERS
    ]
    assert {row.state for row in town.plan().items} == {SendState.OWED}
    assert len(town.plan().items) == 9

    for on, begins in zip(MONTHS, (ISSUED, ISSUED.replace(month=11), ISSUED.replace(month=12)), strict=True):
        town.clock.advance(begins - town.clock.now())
        campaign = town.handed(on)
        for carrier in CARRIERS:
            taken = town.desk.take(TakeSend(campaign_id=campaign.campaign_id, carrier=carrier), of(carrier))
            assert [(each.carrier, each.state) for each in taken.sends] == [(carrier, SendState.TAKEN)]
            town.prove(campaign, carrier)
        done = town.desk.get(GetCampaign(campaign_id=campaign.campaign_id), OFFICE)
        assert done.state is CampaignState.DONE

    rows = town.plan().items
    assert [(row.state, row.sent, row.is_late) for row in rows] == [(SendState.PROVEN, 120_000, False)] * 9
    assert len(town.told(CampaignHanded.KEY)) == 3
    assert [each["carried_by"] for each in town.told(CampaignProven.KEY)] == list(CARRIERS) * 3


@pytest.mark.criterion("18.4")
def test_who_wrote_at_a_text_does_not_approve_it_and_nobody_has_it_before(town: Town) -> None:
    drafted = town.drafted()
    approve = ApproveCampaign(campaign_id=drafted.campaign_id)
    with pytest.raises(Forbidden, match="own"):
        town.desk.approve(approve, WRITER)
    town.desk.rewrite(RewriteCampaign(campaign_id=drafted.campaign_id, text=TEXT + "谢谢。"), HEAD)
    with pytest.raises(Forbidden, match="own"):
        town.desk.approve(approve, HEAD)
    with pytest.raises(NotFound):
        town.desk.get(GetCampaign(campaign_id=drafted.campaign_id), of("carrier/mobile"))
    with pytest.raises(NotFound):
        town.desk.approve(approve, ELSEWHERE)
    handed = town.desk.approve(approve, OFFICE)
    assert (handed.state, [each.state for each in handed.sends]) == (CampaignState.HANDED, [SendState.HANDED] * 3)
    assert town.told(CampaignHanded.KEY)[0]["receivers"] == list(CARRIERS)


@pytest.mark.criterion("18.4")
def test_a_warning_wants_its_approval_and_no_text_points_at_anybody(town: Town, policy: Policy) -> None:
    drafted = town.drafted(is_warning=True)
    with pytest.raises(RuleBroken, match="approval_needed"):
        town.desk.approve(ApproveCampaign(campaign_id=drafted.campaign_id), HEAD)
    asked = ApproveCampaign(campaign_id=drafted.campaign_id, approval="中市监警〔2015〕3号")
    assert town.desk.approve(asked, HEAD).approval == "中市监警〔2015〕3号"
    with pytest.raises(RuleBroken, match="points_at_somebody"):
        town.drafted(NOVEMBER, TEXT + "详询13812345678")
    for telephone in policy.programme.telephones:
        town.desk._barred(TEXT + telephone.number)


@pytest.mark.criterion("18.4")
def test_a_carrier_sees_and_does_its_own_part_alone(town: Town) -> None:
    campaign = town.handed()
    mobile = of("carrier/mobile")
    seen = town.desk.get(GetCampaign(campaign_id=campaign.campaign_id), mobile)
    assert [each.carrier for each in seen.sends] == ["carrier/mobile"]
    assert [row.carrier for row in town.plan(mobile).items] == ["carrier/mobile"] * 3
    for somebody in (mobile, OFFICE, WRITER, replace(mobile, desks=())):
        with pytest.raises(NotFound):
            town.desk.take(TakeSend(campaign_id=campaign.campaign_id, carrier="carrier/unicom"), somebody)
    with pytest.raises(NotFound):
        town.desk.get(GetCampaign(campaign_id=campaign.campaign_id), replace(mobile, desks=()))
    assert town.plan(replace(mobile, desks=())).items == ()


@pytest.mark.criterion("18.4")
def test_a_proof_is_of_this_text_and_of_a_day_since_it_was_approved_and_holds_no_subscriber(town: Town) -> None:
    campaign = town.handed()
    with pytest.raises(RuleBroken, match="other_text"):
        town.prove(campaign, "carrier/mobile", text_sha256="cd" * 32)
    with pytest.raises(RuleBroken, match="not_sent_then"):
        town.prove(campaign, "carrier/mobile", sent_on=date(2015, 10, 18))
    with pytest.raises(RuleBroken, match="not_sent_then"):
        town.prove(campaign, "carrier/mobile", sent_on=date(2015, 10, 20))
    assert {each.name for each in fields(Proof)} == {
        *("sent_on", "sent", "text_sha256", "file_sha256", "returned_at", "returned_by"),
    }
    assert {each.name: str(each.type) for each in fields(ReturnProof)} == {
        "campaign_id": "str",
        "carrier": "str",
        "sent_on": "date",
        "sent": "Sent",
        "text_sha256": "Digest",
        "file_sha256": "Digest",
    }


@pytest.mark.criterion("18.4")
def test_a_carrier_without_proof_climbs_the_ladder_once_whoever_sweeps(town: Town, policy: Policy) -> None:
    campaign = town.handed()
    town.prove(campaign, "carrier/mobile")
    town.clock.advance(timedelta(days=30))
    for _ in range(3):
        town.desk.press()
    rungs = [(each["owner"], each["rung"]) for each in town.told(NotificationsRungReached.KEY)]
    ladder = [each.code for each in policy.ladder_for("campaign").rungs]
    assert rungs == [(carrier, rung) for carrier in ("carrier/telecom", "carrier/unicom") for rung in ladder]
    assert [row.carrier for row in town.plan().items if row.is_late] == ["carrier/telecom", "carrier/unicom"]
    heads = {rung: each["receivers"] for each in town.told(NotificationsRungReached.KEY) for rung in [each["rung"]]}
    assert heads["four-fifths"] == ["carrier/unicom", "publicity/desk"]
    assert heads["far-over"] == ["office/desk"]
    late = town.prove(campaign, "carrier/unicom")
    assert (late.sends[0].is_late, late.sends[0].rungs) == (True, tuple(sorted(ladder)))


@pytest.mark.criterion("18.4")
def test_a_proof_that_is_none_is_asked_for_again(town: Town) -> None:
    campaign = town.handed()
    back = SendBackProof(campaign_id=campaign.campaign_id, carrier="carrier/mobile", reason="数量与名册不符")
    with pytest.raises(Conflict, match="not_proven"):
        town.desk.send_back(back, HEAD)
    town.prove(campaign, "carrier/mobile")
    with pytest.raises(NotFound):
        town.desk.send_back(back, of("carrier/mobile"))
    town.desk.send_back(back, HEAD)
    seen = town.desk.get(GetCampaign(campaign_id=campaign.campaign_id), of("carrier/mobile"))
    assert (seen.sends[0].state, seen.sends[0].rounds, seen.sends[0].remark) == (SendState.TAKEN, 2, back.reason)
    town.prove(campaign, "carrier/mobile", sent=130_000)
    assert [each["round"] for each in town.told(CampaignProven.KEY)] == [1, 2]
    assert town.told(CampaignSentBack.KEY)[0]["receivers"] == ["carrier/mobile"]


def test_a_period_has_one_text_at_a_time_and_what_was_sent_is_not_taken_back(town: Town) -> None:
    first = town.handed()
    with pytest.raises(Conflict, match="period_taken"):
        town.drafted(text="另一条")
    withdraw = WithdrawCampaign(campaign_id=first.campaign_id, reason="有误")
    assert town.desk.withdraw(withdraw, OFFICE).state is CampaignState.WITHDRAWN
    with pytest.raises(Conflict, match="ended"):
        town.desk.take(TakeSend(campaign_id=first.campaign_id, carrier="carrier/mobile"), of("carrier/mobile"))
    second = town.handed()
    assert second.campaign_id != first.campaign_id
    town.prove(second, "carrier/mobile")
    with pytest.raises(Conflict, match=r"campaign\.sent"):
        town.desk.withdraw(replace(withdraw, campaign_id=second.campaign_id), OFFICE)
    town.clock.advance(timedelta(days=60))
    with pytest.raises(RuleBroken, match="period_over"):
        town.drafted(NOVEMBER)
    with pytest.raises(NotFound, match="period_not_found"):
        town.drafted(date(2015, 11, 29))
    with pytest.raises(Forbidden, match="not_yours"):
        town.desk.draft(DraftCampaign(duty="sms-monthly", due_on=DECEMBER, text=TEXT), ELSEWHERE)


@pytest.mark.criterion("18.4")
def test_each_carrier_is_told_in_its_own_tray(
    town: Town, desk: NoticeDesk, tray: MemoryAggregates[Notice], policy: Policy
) -> None:
    campaign = town.handed()
    handed = CampaignHanded(
        campaign_id=campaign.campaign_id,
        category="sms-monthly",
        owner="publicity/desk",
        receivers=CARRIERS,
        due_at=town.clock.now(),
    )
    assert [each.desk for each in addressees(policy, handed)] == list(CARRIERS)


STATES = {each: number for number, each in enumerate(SendState)}
CARRIER = st.sampled_from(CARRIERS)


class AnyCampaign(RuleBasedStateMachine):
    """Whatever people do in whatever order: proofs only of what was approved, rungs once, done exactly when proven."""

    policy: Policy

    def __init__(self) -> None:
        super().__init__()
        self.town = Town(self.policy)
        self.id = self.town.drafted().campaign_id

    def _try(self, act: object, *args: object) -> None:
        with suppress(Refused):
            act(*args)  # type: ignore[operator]

    @rule(by=st.sampled_from((WRITER, HEAD, OFFICE, ELSEWHERE)))
    def approve(self, by: Caller) -> None:
        self._try(self.town.desk.approve, ApproveCampaign(campaign_id=self.id), by)

    @rule(by=st.sampled_from((WRITER, HEAD)))
    def rewrite(self, by: Caller) -> None:
        self._try(self.town.desk.rewrite, RewriteCampaign(campaign_id=self.id, text=TEXT), by)

    @rule(by=CARRIER, carrier=CARRIER)
    def take(self, by: str, carrier: str) -> None:
        self._try(self.town.desk.take, TakeSend(campaign_id=self.id, carrier=carrier), of(by))

    @rule(carrier=CARRIER)
    def prove(self, carrier: str) -> None:
        self._try(self.town.prove, self.town.desk.get(GetCampaign(campaign_id=self.id), OFFICE), carrier)

    @rule(carrier=CARRIER)
    def send_back(self, carrier: str) -> None:
        self._try(self.town.desk.send_back, SendBackProof(campaign_id=self.id, carrier=carrier, reason="不符"), HEAD)

    @rule()
    def withdraw(self) -> None:
        self._try(self.town.desk.withdraw, WithdrawCampaign(campaign_id=self.id, reason="有误"), OFFICE)

    @rule(days=st.integers(0, 9))
    def later(self, days: int) -> None:
        self.town.clock.advance(timedelta(days=days))
        self.town.desk.press()
        self.town.desk.press()

    @invariant()
    def holds(self) -> None:
        state = self.town.kept.get(self.id).state
        proven = [each.proof is not None for each in state.sends]
        assert all((each.proof is not None) == (each.state is SendState.PROVEN) for each in state.sends)
        assert (state.state is CampaignState.DONE) == (bool(proven) and all(proven))
        assert (state.approved_by is None) == (not state.sends)
        assert state.approved_by not in state.written_by
        if state.state is CampaignState.WITHDRAWN:
            assert not any(proven)
            assert state.next_rung_at is None
        rungs = [(each["owner"], each["rung"]) for each in self.town.told(NotificationsRungReached.KEY)]
        assert len(rungs) == len(set(rungs))


@pytest.mark.criterion("18.4")
def test_whatever_is_done_in_whatever_order(policy: Policy) -> None:
    AnyCampaign.policy = policy
    run_state_machine_as_test(AnyCampaign, settings=settings(max_examples=25, stateful_step_count=20, deadline=None))


def test_a_sweep_changes_nothing_where_nothing_is_due(town: Town) -> None:
    campaign = town.handed()
    version = town.kept.get(campaign.campaign_id).version
    town.desk.press()
    cause = Cause(actor="desk/notifications", correlation_id="c")
    assert town.kept.change(campaign.campaign_id, lambda each: (each, ()), cause).version == version

"""Who is told, once each, and what a notice says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lianxi.bus.topology import SUBSCRIPTIONS
from lianxi.contracts.cases import (
    AssistanceAnswered,
    AssistanceRequested,
    CaseKind,
    CaseOpened,
    CaseRungReached,
    ReferralSent,
)
from lianxi.contracts.clocks import ClockChange
from lianxi.contracts.envelope import Cause, Event, Heard
from lianxi.contracts.inspections import VisitAdvanced
from lianxi.contracts.notifications import NoticeDelivered
from lianxi.contracts.reporting import (
    OrderAnswered,
    OrderIssued,
    OrderRejected,
    ReportingRungReached,
    ReturnDue,
    ReturnMissed,
    ToolDecided,
    ToolKind,
    ToolProposed,
)
from lianxi.contracts.tips import (
    RescueRaised,
    ReturnReason,
    TipClockPaused,
    TipDispatched,
    TipReturned,
    TipRungReached,
    TipVerified,
    VerificationOutcome,
)
from lianxi.greenroom.entries import Consumes, entries_of
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import InvariantBroken
from lianxi.policy.model import NoticeRule
from lianxi.policy.policy import Policy
from lianxi.store.fakes import MemoryAggregates
from services.notifications.domain import Notice
from services.notifications.handlers import NoticeDesk
from services.notifications.policy import addressees, first_desk
from services.notifications.service import Notifications

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
Letter = Callable[..., Cause]


def dispatched(
    lead: str = "police/station", copies: tuple[str, ...] = ("tenancy/desk", "office/desk")
) -> TipDispatched:
    return TipDispatched(
        tip_id="tip_1",
        number="DY-2026-7K3M-9QXD",
        category="gathering_in_rental",
        lane="normal",
        dispatch_id="dispatch_1",
        round=1,
        lead=lead,
        copies=copies,
        clause="L36.1",
        dispatched_at=NOON,
    )


def verified(next_owner: str | None) -> TipVerified:
    return TipVerified(
        tip_id="tip_1",
        number="DY-2026-7K3M-9QXD",
        category="gathering_in_rental",
        desk="police/station",
        outcome=VerificationOutcome.SUBSTANTIATED,
        next_owner=next_owner,
        rental_code=None,
        verified_at=NOON,
    )


def alarm() -> RescueRaised:
    return RescueRaised(
        tip_id="tip_1", number="DY-2026-7K3M-9QXD", category="person_held", lead="police/criminal", village=None,
        raised_at=NOON,
    )  # fmt: skip


RETURNED = TipReturned(
    tip_id="tip_1", desk="police/station", reason=ReturnReason.NOT_COMPETENT, suggested_desk="market/desk", round=1,
    returned_at=NOON,
)  # fmt: skip
ADVANCED = VisitAdvanced(
    rental_code="R-1", village="village/a", due_on=NOON.date(), previous_due_on=NOON.date(), because="tip"
)
OPENED = CaseOpened(
    case_id="case_1", number="DY-2026-0000-0000", kind=CaseKind.FACILITATION, owner="market/desk", tip_id="tip_1",
    rental_code=None, opened_at=NOON,
)  # fmt: skip
SENT = ReferralSent(
    referral_id="referral_1", case_id="case_1", sender="market/desk", receiver="police/economic", at=NOON
)
DUE = ReturnDue(report_id="report_1", agency="police", due_on=NOON.date())
ORDER: dict[str, Any] = {
    "order_id": "o", "number": "DY-DB-2026-7K3M-9QXD", "target": "market/desk", "about": "tip/tip_1", "at": NOON,
    "due_at": NOON,
}  # fmt: skip
TOOL: dict[str, Any] = {"tool_id": "tool_1", "target": "police", "kind": ToolKind.YELLOW_CARD, "at": NOON}
ASSISTANCE: dict[str, Any] = {
    "assistance_id": "a", "case_id": "c", "sender": "market/desk", "receiver": "police/station", "at": NOON,
}  # fmt: skip
PAUSED = TipClockPaused(
    item="tip/tip_1", clock="T-01", change=ClockChange.PAUSE, reason="holiday", owner="market/desk", due_at=NOON,
    changed_at=NOON,
)  # fmt: skip


def rung(
    kind: type[TipRungReached | CaseRungReached | ReportingRungReached] = TipRungReached,
    ladder: str = "standard",
    code: str = "over",
    acknowledge: bool = True,
) -> TipRungReached | CaseRungReached | ReportingRungReached:
    return kind(
        item="tip/tip_1", clock="T-01", ladder=ladder, rung=code, mark="yellow", owner="market/desk",
        receivers=("market/desk", "office/desk"), acknowledge=acknowledge, due_at=NOON, reached_at=NOON,
    )  # fmt: skip


MISSED = ReturnMissed(report_id="report_1", agency="police", due_on=NOON.date())


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (dispatched(), {"police/station": "lead", "tenancy/desk": "copy", "office/desk": "copy"}),
        (verified("market/desk"), {"market/desk": "next_owner"}),
        (verified(None), {}),
        (RETURNED, {"office/desk": "office"}),
        (ADVANCED, {"tenancy/desk": "desk"}),
        (OPENED, {"office/desk": "office"}),
        (SENT, {"police/economic": "receiver"}),
        (DUE, {}),
        (MISSED, {}),
        (rung(TipRungReached), {"market/desk": "receiver", "office/desk": "receiver"}),
        (rung(CaseRungReached), {"market/desk": "receiver", "office/desk": "receiver"}),
        (rung(ReportingRungReached), {"market/desk": "receiver", "office/desk": "receiver"}),
        (PAUSED, {"office/desk": "office"}),
        (OrderIssued(**ORDER), {"market/desk": "target"}),
        (OrderRejected(**ORDER), {"market/desk": "target"}),
        (OrderAnswered(**ORDER), {"office/desk": "office"}),
        (AssistanceRequested(**ASSISTANCE, due_at=NOON), {"police/station": "receiver"}),
        (AssistanceAnswered(**ASSISTANCE), {"market/desk": "sender"}),
    ],
)
def test_the_rules_of_the_town_say_who_is_told(policy: Policy, event: Event, told: dict[str, str]) -> None:
    assert {each.desk: each.role for each in addressees(policy, event)} == told


def test_an_agency_is_told_at_its_own_desk_or_its_first(policy: Policy) -> None:
    (told,) = addressees(policy, ToolDecided(**TOOL, issued=True))

    assert told.desk in policy.desks
    assert policy.agency_of(told.desk).code == "police"
    assert first_desk(policy, "market") == "market/desk"


def test_a_rung_tells_in_its_own_words_whether_a_person_must_sign(policy: Policy) -> None:
    over = next(each for each in policy.ladder("standard").rungs if each.code == "over")

    for told in addressees(policy, rung()):
        assert (told.text_zh, told.text_en) == (over.text_zh, over.text_en)
        assert (told.acknowledge, told.within) == (True, timedelta(hours=24))
    for told in addressees(policy, rung(code="half", acknowledge=False)):
        assert told.text_zh == "一项时限已过半。"
        assert (told.acknowledge, told.within) == (False, None)
    for kind, ladder, code in ((CaseRungReached, "seizure", "over"), (ReportingRungReached, "returns", "today")):
        said = {told.text_zh for told in addressees(policy, rung(kind, ladder, code))}
        assert said == {next(each.text_zh for each in policy.ladder(ladder).rungs if each.code == code)}


def test_a_rung_of_a_rescue_is_signed_for_within_minutes(policy: Policy) -> None:
    held = replace(rung(ladder="rescue", code="five-minutes"), clock="rescue")

    assert {told.within for told in addressees(policy, held)} == {timedelta(minutes=10)}


def test_a_rung_that_no_ladder_has_any_more_is_still_told(policy: Policy) -> None:
    (rule,) = policy.notices_for(TipRungReached.KEY)

    for gone in (rung(code="gone"), rung(ladder="gone")):
        assert {told.text_zh for told in addressees(policy, gone)} == {rule.text_zh}


def test_a_notice_for_a_code_that_nobody_has_goes_to_the_office(policy: Policy) -> None:
    (told,) = addressees(policy, verified("harbour/desk"))

    assert (told.desk, told.role) == ("office/desk", "next_owner")


def test_a_lead_that_is_also_copied_is_told_once_as_the_lead(policy: Policy) -> None:
    copies_first = replace(policy, notices=tuple(reversed(policy.notices)))

    for rules in (policy, copies_first):
        told = addressees(rules, dispatched(copies=("police/station", "office/desk", "office/desk")))
        assert {each.desk: each.role for each in told} == {"police/station": "lead", "office/desk": "copy"}
        assert len(told) == 2


@pytest.mark.criterion("4.2")
def test_three_deliveries_leave_one_notice_for_each_addressee(
    desk: NoticeDesk, tray: MemoryAggregates[Notice], clock: FixedClock, letter: Letter
) -> None:
    for _ in range(3):
        desk.give_notices([Heard(dispatched(), letter())])
        clock.advance(timedelta(minutes=5))

    assert sorted(each.desk for each in tray.all()) == ["office/desk", "police/station", "tenancy/desk"]
    assert [each.type for each in tray.announced] == [NoticeDelivered.KEY] * 3
    assert {each.delivered_at for each in tray.all()} == {datetime(2026, 11, 23, 1, 0, tzinfo=UTC)}


def test_two_dispatches_of_one_tip_are_two_notices(
    desk: NoticeDesk, tray: MemoryAggregates[Notice], letter: Letter
) -> None:
    desk.give_notices([Heard(dispatched(), letter("event-1"))])
    desk.give_notices([Heard(dispatched(), letter("event-2"))])

    assert len({each.id for each in tray.all()}) == 6


@pytest.mark.criterion("3.2")
def test_delivery_announces_what_starts_the_clock(
    desk: NoticeDesk, tray: MemoryAggregates[Notice], clock: FixedClock, letter: Letter
) -> None:
    desk.give_notices([Heard(dispatched(), letter(lane="bulk"))])

    lead = next(each for each in tray.announced if each.data["role"] == "lead")
    assert lead.data["reference"] == "dispatch_1"
    assert lead.data["about"] == "tip/tip_1"
    assert lead.data["event_type"] == TipDispatched.KEY
    assert datetime.fromisoformat(lead.data["delivered_at"]) == clock.now() == lead.time
    assert datetime.fromisoformat(lead.data["acknowledge_by"]) == clock.now() + timedelta(hours=24)
    assert (lead.lane, lead.correlationid, lead.causationid) == ("bulk", "correlation-1", "event-1")


def test_what_is_no_dispatch_is_referred_to_by_its_event(
    desk: NoticeDesk, tray: MemoryAggregates[Notice], letter: Letter
) -> None:
    desk.give_notices([Heard(OPENED, letter("event-9", subject="case/case_1"))])

    (notice,) = tray.all()
    assert (notice.reference, notice.about) == ("event-9", "case/case_1")
    assert (notice.acknowledge, notice.acknowledge_by, notice.is_open) == (False, None, False)


@pytest.mark.parametrize("forgotten", [False, True])
def test_an_alarm_reaches_those_on_duty_whatever_the_rules_say(
    desk: NoticeDesk,
    tray: MemoryAggregates[Notice],
    clock: FixedClock,
    policy: Policy,
    letter: Letter,
    forgotten: bool,
) -> None:
    silent = replace(policy, notices=()) if forgotten else policy

    replace(desk, rules=silent).raise_alarm(alarm(), letter(lane="normal"))

    assert {each.desk for each in tray.all()} >= {"police/command-centre", "office/desk"}
    assert all(each.is_open and each.lane == "rescue" for each in tray.all())
    assert all(
        each.acknowledge_by is not None and each.acknowledge_by <= clock.now() + timedelta(minutes=10)
        for each in tray.all()
    )


def test_rules_can_hurry_an_alarm_but_neither_slow_it_nor_excuse_anybody(
    desk: NoticeDesk, tray: MemoryAggregates[Notice], clock: FixedClock, policy: Policy, letter: Letter
) -> None:
    def rule(desk_code: str, *, hours: int | None = None, minutes: int | None = None) -> NoticeRule:
        return NoticeRule(
            event=RescueRaised.KEY, receivers=(desk_code,), channel="desk", clause="L7.1",
            acknowledge=bool(hours or minutes), within_hours=hours, within_minutes=minutes,
            text_zh="紧急", text_en="Urgent",
        )  # fmt: skip

    rules = (
        rule("education/desk"),
        rule("office/desk", minutes=2),
        rule("police/command-centre", hours=48),
    )
    replace(desk, rules=replace(policy, notices=rules)).raise_alarm(alarm(), letter())

    minutes = {each.desk: (each.acknowledge_by or clock.now()) - clock.now() for each in tray.all()}
    assert minutes == {
        "education/desk": timedelta(minutes=10),
        "office/desk": timedelta(minutes=2),
        "police/command-centre": timedelta(minutes=10),
    }


def test_a_notice_says_nothing_but_policy_and_a_number(
    desk: NoticeDesk, tray: MemoryAggregates[Notice], policy: Policy, letter: Letter
) -> None:
    proposed = ToolProposed(**TOOL, statement_due_at=NOON)
    happened = [dispatched(), verified("market/desk"), RETURNED, ADVANCED, OPENED, SENT, rung(), proposed, PAUSED]
    for index, event in enumerate(happened):
        desk.give_notices([Heard(event, letter(f"event-{index}"))])

    shipped = {rule.text_zh for rule in policy.notices}
    shipped |= {each.text_zh for ladder in policy.ladders for each in ladder.rungs}
    assert {each.text_zh.partition("编号:")[0] for each in tray.all()} <= shipped
    assert any("DY-2026-7K3M-9QXD" in each.text_zh and "DY-2026-7K3M-9QXD" in each.text_en for each in tray.all())
    personal = {"name", "phone", "address", "contact", "content", "text", "place"}
    assert personal.isdisjoint({each.name for each in fields(Notice)})
    assert personal.isdisjoint({each.name for each in fields(NoticeDelivered)})


def test_an_event_without_its_letter_is_our_mistake(desk: NoticeDesk) -> None:
    with pytest.raises(InvariantBroken):
        desk.give_notices([Heard(dispatched(), Cause(actor="nobody", correlation_id="none"))])


def test_the_doors_hear_what_the_topology_says() -> None:
    heard = {mark.handler: mark.events for _, mark in entries_of(Notifications) if isinstance(mark, Consumes)}
    assert heard == dict(SUBSCRIPTIONS["notifications"])

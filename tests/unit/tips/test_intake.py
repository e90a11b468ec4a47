"""Taking tips in: routing, lanes, doubles, bad letters, and what must never leave the desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianxi.bus.topology import SUBSCRIPTIONS
from lianxi.contracts.envelope import Lane
from lianxi.contracts.inspections import SUSPICIONS, Finding, SuspicionRaised
from lianxi.contracts.tips import (
    AcceptTip,
    Channel,
    CloseTip,
    FindTipByReceipt,
    GetTip,
    PostInformantMessage,
    PostMessage,
    RescueRaised,
    SubmitTip,
    TipDispatched,
    TipKind,
    TipReceived,
    TipState,
    VerificationOutcome,
    VerifyTip,
)
from lianxi.kernel.errors import ContractBroken
from lianxi.kernel.ids import is_number
from lianxi.policy.book import PolicyBook
from lianxi.policy.structure import structural_findings
from services.tips.policy import (
    FINDING_WORDS,
    RESCUE_CATEGORIES,
    SUSPICION_CATEGORIES,
    destination,
)
from tests.unit.tips.desk import (
    NOW,
    TIP_ID,
    TipDesk,
    caller,
    everything_said,
    heard,
    sealed,
    sealed_contact,
    shipped_policy,
    submission,
)

PLANTED = ("王小明", "13812345678", "44010619900101123X", "幸福里3栋501", "verifier-1", "lotus-secret")


def test_a_tip_is_routed_and_dispatched_in_the_write_that_takes_it_in(desk: TipDesk) -> None:
    tip = desk.submit(submission())

    route = shipped_policy().route("rental_gathering")
    assert desk.tips.get(TIP_ID).version == 1
    assert (tip.state, tip.lead, tip.dispatch.copies) == (TipState.DISPATCHED, route.lead, route.copies)
    assert tip.agencies == ("office", "police", "tenancy")
    (dispatched,) = desk.announced(TipDispatched)
    assert (dispatched.lead, dispatched.copies, dispatched.clause) == (route.lead, route.copies, route.clause)
    assert dispatched.round == 1
    assert [each.type for each in desk.tips.announced] == [TipReceived.KEY, TipDispatched.KEY]


@pytest.mark.parametrize("category", shipped_policy().categories)
def test_every_category_goes_where_the_policy_says(desk: TipDesk, category: str) -> None:
    route = shipped_policy().route(category)
    tip = desk.submit(submission(category=category))

    assert (tip.lead, tip.dispatch.copies, tip.lane) == (route.lead, route.copies, route.lane)


def test_what_has_no_route_goes_to_the_office_under_a_category_of_the_list(desk: TipDesk) -> None:
    tip = desk.submit(submission(category="打电话给13812345678"))

    assert (tip.lead, tip.category) == ("office/desk", "other")


@pytest.mark.parametrize(
    ("category", "given_lane", "lane"),
    [
        ("rental_gathering", "normal", "normal"),
        ("rental_gathering", "rescue", "rescue"),
        ("rental_gathering", "bulk", "bulk"),
        ("person_held", "bulk", "rescue"),
        ("student_trapped", "normal", "rescue"),
    ],
)
def test_a_rescue_is_never_taken_off_its_lane(desk: TipDesk, category: str, given_lane: Lane, lane: Lane) -> None:
    tip = desk.submit(submission(category=category, lane=given_lane))

    assert (tip.lane, desk.lanes()) == (lane, {lane})
    assert [each.tip_id for each in desk.announced(RescueRaised)] == ([TIP_ID] if lane == "rescue" else [])


def test_a_person_held_is_a_rescue_whatever_the_routes_say() -> None:
    routes = tuple(replace(route, lane="bulk") for route in shipped_policy().routes)
    slowed = replace(shipped_policy(), routes=routes)

    for category in RESCUE_CATEGORIES:
        assert destination(slowed, category, TipKind.TIP, "bulk").lane == "rescue"


def test_all_that_follows_a_rescue_stays_on_its_lane(desk: TipDesk) -> None:
    tip = desk.submit(submission(category="person_held"))
    desk.deliver(tip)
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID, officer="officer-3"), caller("police"))

    assert desk.lanes() == {"rescue"}


@pytest.mark.criterion("4.2")
@settings(deadline=None, max_examples=30)
@given(st.lists(st.permutations(range(6)), min_size=1, max_size=4), st.integers(1, 6))
def test_tips_brought_again_in_any_batches_are_taken_in_once(rounds: list[list[int]], size: int) -> None:
    desk = TipDesk()
    commands = [
        submission(tip_id=f"tip_{number}", number=f"n{number}", receipt_verifier=f"v{number}") for number in range(6)
    ]
    brought = [commands[number] for each in rounds for number in each]
    for start in range(0, len(brought), size):
        desk.submit(*brought[start : start + size])

    assert sorted(each.tip_id for each in desk.announced(TipDispatched)) == [each.tip_id for each in commands]
    assert len(desk.announced(TipReceived)) == 6


def test_a_letter_that_cannot_be_opened_fails_alone(desk: TipDesk) -> None:
    good = [submission(tip_id=f"tip_{number}", receipt_verifier=f"v{number}") for number in range(3)]
    bad = submission(tip_id="tip_bad", content="bm90IHNlYWxlZA==")

    with pytest.raises(ContractBroken, match=r"seal\.unreadable"):
        desk.submit(*good[:2], bad, good[2])
    for command in (*good, bad):  # as the greenroom does when a batch fails
        if command is bad:
            with pytest.raises(ContractBroken, match=r"seal\.unreadable"):
                desk.submit(command)
        else:
            desk.submit(command)

    assert [tip.id for tip in desk.tips.all()] == ["tip_0", "tip_1", "tip_2"]


def test_a_letter_without_a_text_is_broken(desk: TipDesk) -> None:
    with pytest.raises(ContractBroken, match=r"tip\.content_unreadable"):
        desk.submit(submission(text=""))


def test_a_refused_double_that_is_not_there_is_not_lost_in_silence(
    desk: TipDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.tips, "add_many", lambda additions: [False for _ in additions])

    with pytest.raises(ContractBroken, match=r"tip\.receipt_taken"):
        desk.submit(submission())


def test_what_identifies_an_informant_goes_to_the_vault_unopened(desk: TipDesk) -> None:
    contact = sealed_contact("13812345678")
    tip = desk.submit(submission(contact=contact, is_anonymous=False))

    assert desk.vault.kept == {TIP_ID: contact}
    assert contact not in repr(tip)


def plant(**changed: object) -> SubmitTip:
    text = "我叫王小明,电话138 1234 5678,身份证44010619900101123X,他们在幸福里3栋501讲课 微信lotus-secret"
    return submission(text=text, place="幸福里3栋501,打13812345678", contact=sealed_contact(PLANTED[1]), **changed)


def live_through(desk: TipDesk, command: SubmitTip) -> None:
    tip = desk.submit(command)
    desk.pass_time()
    desk.deliver(tip)
    agency = tip.lead.partition("/")[0]
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID, officer="officer-3"), caller(agency))
    desk.handlers.post_message(PostMessage(tip_id=TIP_ID, content=sealed("请问还在吗")), caller(agency))
    letter = PostInformantMessage(receipt_verifier="verifier-1", content=sealed("还在,我是王小明,13812345678"))
    desk.handlers.post_informant_message(letter, caller("public"))
    desk.pass_time()
    verified = VerifyTip(tip_id=TIP_ID, outcome=VerificationOutcome.SUBSTANTIATED, next_owner="market/desk")
    desk.handlers.verify_tip(verified, caller(agency))
    desk.handlers.close_tip(CloseTip(tip_id=TIP_ID, outcome="已依法处理"), caller(agency))


@pytest.mark.parametrize("category", ["rental_gathering", "person_held"])
def test_no_event_holds_what_an_informant_wrote(desk: TipDesk, category: str) -> None:
    live_through(desk, plant(category=category))

    said = everything_said(desk.tips.announced)
    assert [planted for planted in (*PLANTED, "讲课", "还在", "请问", "已依法处理") if planted in said] == []


def test_no_view_holds_a_name_a_number_or_a_receipt(desk: TipDesk) -> None:
    live_through(desk, plant())
    status = desk.handlers.find_tip_by_receipt(FindTipByReceipt(receipt_verifier="verifier-1"))

    shown = everything_said(
        [], desk.views.get_tip(GetTip(tip_id=TIP_ID), caller("office")), desk.views.show_status(status)
    )
    assert [planted for planted in PLANTED if planted in shown and planted != "幸福里3栋501"] == []
    assert "幸福里3栋501" in desk.views.get_tip(GetTip(tip_id=TIP_ID), caller("police")).text
    kept = desk.tip().sealed_content
    assert kept is not None
    assert kept not in shown


@settings(deadline=None, max_examples=40)
@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30)), st.integers(1, 200))
def test_every_time_of_an_anonymous_tip_is_told_to_the_hour_only(after: timedelta, minutes: int) -> None:
    desk = TipDesk()
    desk.clock.instant = NOW + after
    live_through(desk, plant(received_at=NOW + after, category="person_held"))
    desk.pass_time(minutes)

    told = [
        value
        for each in desk.tips.announced
        for name, value in {**each.data, "time": each.time.isoformat()}.items()
        if name.endswith("_at") or name == "time"
    ]
    view = desk.views.get_tip(GetTip(tip_id=TIP_ID), caller("office"))
    told += [each.at.isoformat() for each in view.timeline]
    told += [each.posted_at.isoformat() for each in view.messages]
    told += [view.received_at.isoformat(), view.dispatches[0].dispatched_at.isoformat()]
    told += [at.isoformat() for each in view.clocks for at in (each.started_at, each.due_at)]
    assert len(told) > 15
    assert [each for each in told if ":00:00" not in each] == []
    # The end of a limit in days is a midnight of the town: it tells the day, as the law wants, and no more.
    assert [each.clock for each in view.clocks] == ["rescue", "T-01"]
    assert view.clocks[1].due_at.isoformat().endswith("16:00:00+00:00")


def test_who_was_first_is_kept_exactly_and_shown_to_nobody(desk: TipDesk) -> None:
    first = desk.submit(submission(tip_id="tip_1", receipt_verifier="v1"))
    second = desk.submit(submission(tip_id="tip_2", receipt_verifier="v2"))

    assert (first.received_at, second.received_at) == (NOW, NOW)
    assert first.tie_break != second.tie_break
    view = desk.views.get_tip(GetTip(tip_id="tip_1"), caller("office"))
    assert not hasattr(view, "tie_break")
    assert view.received_at < NOW


def suspicion(*findings: Finding) -> SuspicionRaised:
    return SuspicionRaised(
        visit_id="visit_1", rental_code="R-0001", village="village/lotus-bay", findings=findings, raised_at=NOW
    )


@pytest.mark.criterion("5.6")
@pytest.mark.parametrize("finding", sorted(SUSPICIONS))
def test_l45_1_a_suspicion_reaches_the_police_and_the_office_at_once(desk: TipDesk, finding: Finding) -> None:
    desk.handlers.take_suspicion(suspicion(finding), heard("e1"))

    (tip,) = desk.tips.all()
    addressed = {tip.lead, *tip.dispatch.copies}
    assert tip.channel is Channel.PATROL
    assert {"police/station", "office/desk"} <= addressed
    assert tip.visit_id == desk.announced(TipReceived)[0].visit_id == "visit_1"
    assert {"police", "office"} <= set(tip.agencies)
    assert FINDING_WORDS[finding] in tip.redacted_text
    assert is_number(tip.number)
    assert (tip.lane == "rescue") is (finding is Finding.PERSON_HELD)


@pytest.mark.criterion("5.6")
def test_the_offices_copy_of_a_suspicion_is_a_switch_of_the_policy_and_the_polices_is_not() -> None:
    shipped = shipped_policy()
    plain = replace(shipped, suspicion=replace(shipped.suspicion, copies=("police/station",)))
    desk = TipDesk(PolicyBook(plain))
    desk.handlers.take_suspicion(suspicion(Finding.LECTURES), heard("e1"))

    (tip,) = desk.tips.all()
    addressed = {tip.lead, *tip.dispatch.copies}
    assert "police/station" in addressed
    assert "office/desk" not in addressed

    without_police = replace(shipped, suspicion=replace(shipped.suspicion, copies=("office/desk",)))
    assert "suspicion.police_missing" in {each.id for each in structural_findings(without_police)}


@pytest.mark.criterion("4.2")
def test_a_suspicion_heard_thrice_is_one_tip(desk: TipDesk) -> None:
    for _ in range(3):
        desk.handlers.take_suspicion(suspicion(Finding.GATHERING, Finding.LECTURES), heard("e1"))

    (tip,) = desk.tips.all()
    assert tip.category == "rental_gathering"
    assert len(desk.announced(TipReceived)) == 1


def test_two_suspicions_without_receipts_do_not_stand_in_each_other_s_way(desk: TipDesk) -> None:
    desk.handlers.take_suspicion(suspicion(Finding.GATHERING), heard("e1"))
    desk.handlers.take_suspicion(suspicion(Finding.GATHERING), heard("e2"))

    receipts = [tip.receipt for tip in desk.tips.all()]
    assert len(set(receipts)) == 2


def test_the_findings_that_make_a_tip_are_those_that_raise_suspicion() -> None:
    assert {finding for finding, _ in SUSPICION_CATEGORIES} == SUSPICIONS
    assert set(FINDING_WORDS) == set(Finding)
    assert {category for _, category in SUSPICION_CATEGORIES} <= set(shipped_policy().categories)
    assert "take_suspicion" in SUBSCRIPTIONS["tips"]

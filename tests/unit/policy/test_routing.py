from __future__ import annotations

from datetime import timedelta

import pytest

from lianxi.kernel.errors import Refused
from lianxi.policy.policy import Policy

OFFICE = "office/desk"

AGENCIES = {
    *("office", "police", "market", "governance", "tenancy", "food-drug", "social"),
    *("labour", "education", "transport", "publicity", "finance", "economy"),
}

# The golden table: clue, lead desk, copies, lane.
GOLDEN: list[tuple[str, str, set[str], str]] = [
    ("rental_gathering", "police/station", {"tenancy/desk", OFFICE}, "normal"),
    ("person_held", "police/criminal", {"police/command-centre", OFFICE}, "rescue"),
    ("student_trapped", "police/criminal", {"education/desk"}, "rescue"),
    ("major_event", "police/command-centre", {OFFICE, "governance/desk"}, "rescue"),
    ("suspected_crime", "police/economic", {"market/desk"}, "normal"),
    ("online_scheme", "market/desk", {"police/cyber", "publicity/desk"}, "normal"),
    ("meeting_venue", "market/desk", {"police/public-security"}, "normal"),
    ("knowing_letting", "market/desk", {"police/station", "tenancy/desk"}, "normal"),
    ("health_product_lecture", "food-drug/desk", {"market/desk"}, "normal"),
    ("job_lure", "labour/desk", {"market/desk"}, "normal"),
    ("transport_hub", "transport/desk", {"police/public-security"}, "normal"),
    ("school_campus", "education/desk", {"police/station"}, "normal"),
    ("petition", "police/petitions", {OFFICE}, "normal"),
    ("social_order", "governance/desk", {"police/public-security"}, "normal"),
    ("village_finding", "social/desk", {"tenancy/desk"}, "normal"),
    ("other", OFFICE, set(), "normal"),
]


@pytest.mark.criterion("7.5")
@pytest.mark.parametrize(("category", "lead", "copies", "lane"), GOLDEN)
def test_l35_1_each_clue_goes_to_its_desk(
    policy: Policy, category: str, lead: str, copies: set[str], lane: str
) -> None:
    route = policy.route(category)

    assert (route.lead, set(route.copies), route.lane) == (lead, copies, lane)
    assert route.clause in policy.clauses
    assert route.reason_zh
    assert route.reason_en


def test_tips_have_no_category_beside_the_golden_table(policy: Policy) -> None:
    assert {route.category for route in policy.routes if "tip" in route.kinds} == {category for category, *_ in GOLDEN}


@pytest.mark.parametrize("category", ["", "weather", "PERSON_HELD", "其他", "x" * 10_000])
def test_what_nobody_can_place_goes_to_the_office(policy: Policy, category: str) -> None:
    route = policy.route(category)

    assert route.lead == OFFICE
    assert route.category == "other"


def test_a_consumer_complaint_is_the_market_regulators_and_no_category_of_tips(policy: Policy) -> None:
    assert policy.route("consumer_dispute", kind="complaint").lead == "market/desk"
    assert policy.route("consumer_dispute").lead == OFFICE


def test_a_complaint_about_a_person_held_is_a_rescue_like_any_other(policy: Policy) -> None:
    assert policy.route("person_held", kind="complaint").lane == "rescue"


def test_the_default_is_the_last_category(policy: Policy) -> None:
    assert policy.categories[-1] == "other"
    assert len(policy.categories) == len(set(policy.categories)) == len(policy.routes)


def test_thirteen_agencies_each_with_a_desk_and_seven_desks_of_the_police(policy: Policy) -> None:
    assert set(policy.agencies) == AGENCIES
    assert len(policy.agencies) == 13
    assert all(agency.desks for agency in policy.agencies.values())
    assert {desk.code for desk in policy.agencies["police"].desks} == {
        f"police/{name}"
        for name in ("command-centre", "petitions", "economic", "criminal", "cyber", "public-security", "station")
    }
    assert policy.agency_of("police/station").code == "police"
    assert policy.desk(OFFICE).agency == "office"


def test_an_unknown_desk_is_refused_by_a_stable_code(policy: Policy) -> None:
    for code in ("police/nobody", "police", "", "village/lotus-bay"):
        with pytest.raises(Refused) as refused:
            policy.desk(code)
        assert refused.value.code == "desk.unknown"


def test_villages_carriers_and_courts_are_parties_without_a_desk(policy: Policy) -> None:
    assert len(policy.villages) == 8
    assert all(code.startswith("village/") for code in policy.villages)
    assert {"carrier/telecom", "media/tv", "city/office", "court", "procuratorate"} <= policy.parties.keys()
    assert not policy.parties.keys() & policy.desks.keys()


def test_notices_name_who_is_told_and_until_when_they_say_so(policy: Policy) -> None:
    told = {
        (rule.event, receiver): rule.acknowledge
        for event in {rule.event for rule in policy.notices}
        for rule in policy.notices_for(event)
        for receiver in rule.receivers
    }

    assert told == {
        ("notifications.campaign.handed.v1", "receivers"): True,
        ("notifications.campaign.proven.v1", "owner"): False,
        ("notifications.campaign.sent_back.v1", "receivers"): True,
        ("notifications.campaign.withdrawn.v1", "receivers"): True,
        ("notifications.clock.rung_reached.v1", "receivers"): True,
        ("tips.tip.dispatched.v1", "lead"): True,
        ("tips.tip.dispatched.v1", "copies"): True,
        ("tips.reward.claimed.v1", "office"): False,
        ("tips.reward.proposed.v1", "lead"): False,
        ("tips.reward.proposed.v1", "finance/desk"): False,
        ("tips.reward.decided.v1", "office"): False,
        ("tips.reward.decided.v1", "finance/desk"): False,
        ("tips.reward.paid.v1", "office"): False,
        ("tips.rescue.raised.v1", "police/command-centre"): True,
        ("tips.rescue.raised.v1", OFFICE): True,
        ("tips.rescue.raised.v1", "lead"): True,
        ("tips.tip.verified.v1", "next_owner"): True,
        ("tips.tip.returned.v1", "office"): True,
        ("inspections.visit.advanced.v1", "tenancy/desk"): False,
        ("cases.case.opened.v1", "office"): False,
        ("cases.case.closed.v1", "office"): False,
        ("cases.criminal_referral.sent.v1", "receiver"): True,
        ("cases.criminal_referral.accepted.v1", "sender"): False,
        ("cases.criminal_referral.supplement_requested.v1", "sender"): True,
        ("cases.criminal_referral.decided.v1", "sender"): False,
        ("cases.criminal_referral.forwarded.v1", "sender"): False,
        ("cases.criminal_referral.reconsideration_requested.v1", "receiver"): True,
        ("cases.criminal_referral.reconsidered.v1", "sender"): False,
        ("tips.clock.rung_reached.v1", "receivers"): True,
        ("tips.clock.paused.v1", "office"): False,
        ("tips.clock.resumed.v1", "office"): False,
        ("tips.clock.extended.v1", "office"): False,
        ("cases.clock.rung_reached.v1", "receivers"): True,
        ("cases.assistance.requested.v1", "receiver"): True,
        ("cases.assistance.accepted.v1", "sender"): False,
        ("cases.assistance.refused.v1", "sender"): False,
        ("cases.assistance.answered.v1", "sender"): False,
        ("reporting.clock.rung_reached.v1", "receivers"): True,
        ("reporting.supervision_order.issued.v1", "target"): True,
        ("reporting.supervision_order.answered.v1", "office"): False,
        ("reporting.supervision_order.accepted.v1", "target"): False,
        ("reporting.supervision_order.rejected.v1", "target"): True,
        ("reporting.tool.proposed.v1", "target"): True,
        ("reporting.tool.decided.v1", "target"): True,
        ("reporting.deduction.proposed.v1", "target"): True,
        ("reporting.deduction.decided.v1", "target"): True,
        ("reporting.deduction.withdrawn.v1", "target"): False,
        ("cases.case.reopened.v1", "office"): False,
        ("cases.task.added.v1", "owner"): False,
        ("cases.task.overdue.v1", "owner"): False,
        ("reporting.upward_report.sent.v1", "office/desk"): False,
        ("cases.joint_operation.planned.v1", "receivers"): True,
        ("cases.joint_operation.revised.v1", "receivers"): True,
        ("cases.joint_operation.force_promised.v1", "receiver"): False,
        ("cases.joint_operation.activated.v1", "receivers"): True,
        ("cases.joint_operation.stood_down.v1", "receivers"): False,
        ("cases.joint_operation.cancelled.v1", "receivers"): False,
        ("cases.transfer.sent.v1", "receiver"): True,
        ("cases.transfer.accepted.v1", "sender"): False,
        ("cases.transfer.refused.v1", "sender"): False,
        ("cases.transfer.disputed.v1", "office/desk"): True,
        ("cases.evidence.altered.v1", "owner"): True,
        ("cases.evidence.altered.v1", "receiver"): True,
        ("cases.evidence.altered.v1", "office"): True,
        ("cases.evidence.offered.v1", "receiver"): True,
        ("cases.evidence.received.v1", "sender"): False,
        ("cases.evidence.declined.v1", "sender"): False,
        ("cases.evidence.declined.v1", "receiver"): False,
        ("cases.evidence.destruction_asked.v1", "owner"): False,
        ("cases.evidence.destroyed.v1", "owner"): False,
        ("cases.party.cleared.v1", "receivers"): True,
        ("cases.party.corrected.v1", "receivers"): True,
        ("cases.party.unmasked.v1", "office"): False,
        ("reporting.major_event.known.v1", "owner"): True,
        ("reporting.major_event.known.v1", "office"): True,
        ("reporting.major_event.reported.v1", "office"): False,
        ("reporting.major_event.supplemented.v1", "office"): False,
        ("reporting.major_event.unreported.v1", "owner"): True,
        ("reporting.major_event.unreported.v1", "office"): True,
        ("reporting.major_event.unreported.v1", "governance/desk"): True,
        ("reporting.meeting.called.v1", "receivers"): True,
        ("reporting.meeting.cancelled.v1", "receivers"): True,
        ("reporting.meeting.closed.v1", "receivers"): False,
        ("reporting.meeting_decision.taken.v1", "owner"): True,
        ("reporting.meeting_decision.done.v1", "office"): False,
        ("reporting.meeting_decision.reopened.v1", "owner"): True,
        ("reporting.publicity_gap.found.v1", "owner"): False,
        ("tips.opening.asked.v1", "office"): False,
        ("tips.opening.asked.v1", "governance/desk"): False,
        ("tips.unmaskings.reported.v1", "office"): True,
        ("tips.search.matched.v1", "receiver"): False,
        ("notifications.webhook.failing.v1", "agency"): False,
        ("tips.feedback.given.v1", "receiver"): False,
        ("tips.opening.attempted.v1", "office"): True,
    }
    for told_otherwise in ("inspections.suspicion.raised.v1", "reporting.return.due.v1", "reporting.return.missed.v1"):
        assert policy.notices_for(told_otherwise) == ()


def test_a_person_held_is_acknowledged_within_ten_minutes(policy: Policy) -> None:
    rules = policy.notices_for("tips.rescue.raised.v1")

    assert len(rules) == 2
    assert {rule.within for rule in rules} == {timedelta(minutes=10)}

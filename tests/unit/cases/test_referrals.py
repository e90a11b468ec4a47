from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lianxi.contracts.cases import (
    PAPERS,
    AcceptReferral,
    GetReferral,
    Paper,
    PaperStatus,
    ReferralState,
    SendReferral,
)
from lianxi.contracts.codec import as_plain
from lianxi.contracts.receipts import Verdict, verify_receipt
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from services.cases.service import Cases
from tests.unit.cases.desk import (
    MARKET,
    OFFICERS,
    PAPERS_GIVEN,
    POLICE,
    POLICE_CALLER,
    CasesInMemory,
    attached,
    caller,
)

S = ReferralState


def papers_with(changed: Paper) -> tuple[Paper, ...]:
    return tuple(changed if each.name == changed.name else each for each in PAPERS_GIVEN)


def test_l32_1_a_referral_goes_from_report_to_hand_over(town: CasesInMemory) -> None:
    referral = town.draft(town.open(suspected_crime=True).case_id)
    states = [referral.state]
    for step in (town.decide, town.send, town.accept, town.ask, town.supplement, town.answer, town.complete):
        states.append(step(referral.referral_id).state)

    assert states == [
        S.AWAITING_DECISION,
        S.APPROVED,
        S.SENT,
        S.ACCEPTED,
        S.SUPPLEMENTING,
        S.ACCEPTED,
        S.FILED,
        S.HANDED_OVER,
    ]
    view = town.transfers.get_referral(GetReferral(referral_id=referral.referral_id), MARKET)
    assert [each.clock for each in view.clocks] == ["T-31", "T-32", "T-34", "T-35", "T-34s", "T-37"]
    assert all(each.met_at is not None and each.breached_at is None for each in view.clocks)
    assert [each.owner for each in view.clocks] == [
        "market/desk",
        "market/desk",
        POLICE,
        POLICE,
        "market/desk",
        "market/desk",
    ]


@pytest.mark.criterion("1.3")
@pytest.mark.parametrize("officers", [(), ("market:officer-1",), ("market:officer-1", "market:officer-1 "), ("a", " ")])
def test_two_different_officers_are_named(town: CasesInMemory, officers: tuple[str, ...]) -> None:
    with pytest.raises(RuleBroken) as refused:
        town.draft(town.open().case_id, officers=officers)

    assert (refused.value.code, refused.value.clause) == ("referral.officers_too_few", "Rule art. 5")


def test_officers_are_opaque_ids_and_never_names(town: CasesInMemory) -> None:
    with pytest.raises(RuleBroken, match=r"referral\.actor_not_opaque"):
        town.draft(town.open().case_id, officers=(*OFFICERS, "某某某"))


@pytest.mark.criterion("1.3")
@pytest.mark.parametrize("name", PAPERS)
@pytest.mark.parametrize(
    "wrong",
    [
        Paper(name="", status=PaperStatus.ATTACHED),
        Paper(name="", status=PaperStatus.ATTACHED, sha256="A" * 64),
        Paper(name="", status=PaperStatus.ATTACHED, sha256="a" * 63),
        Paper(name="", status=PaperStatus.NONE),
        Paper(name="", status=PaperStatus.TO_FOLLOW, reason="  "),
    ],
)
def test_a_paper_without_file_or_reason_is_named(town: CasesInMemory, name: str, wrong: Paper) -> None:
    with pytest.raises(RuleBroken) as refused:
        town.draft(town.open().case_id, papers=papers_with(replace(wrong, name=name)))

    assert (refused.value.code, refused.value.facts["paper"]) == ("referral.paper_missing", name)


@pytest.mark.criterion("1.3")
@pytest.mark.parametrize("name", PAPERS)
def test_a_paper_that_is_left_out_is_named(town: CasesInMemory, name: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        town.draft(town.open().case_id, papers=tuple(each for each in PAPERS_GIVEN if each.name != name))

    assert (refused.value.code, refused.value.facts["paper"]) == ("referral.paper_missing", name)


@pytest.mark.criterion("1.3")
@pytest.mark.parametrize("status", [PaperStatus.NONE, PaperStatus.TO_FOLLOW])
def test_a_reason_stands_for_a_paper(town: CasesInMemory, status: PaperStatus) -> None:
    given = papers_with(Paper(name="test_results", status=status, reason="nothing was tested yet"))

    assert town.draft(town.open().case_id, papers=given).papers == given


def test_a_paper_given_twice_or_unknown_is_named(town: CasesInMemory) -> None:
    case = town.open()
    with pytest.raises(RuleBroken, match=r"referral\.paper_twice"):
        town.draft(case.case_id, papers=(*PAPERS_GIVEN, attached("other", "b")))
    with pytest.raises(RuleBroken, match=r"referral\.paper_unknown"):
        town.draft(case.case_id, papers=(*PAPERS_GIVEN, attached("confession")))


@pytest.mark.criterion("1.3")
def test_nothing_is_refused_for_being_incomplete() -> None:
    steps = {name for name in dir(Cases) if "referral" in name or "supplement" in name}

    assert not {name for name in steps if "refuse" in name or "reject" in name or "return" in name}
    assert "request_supplement" in steps


def test_a_referral_goes_to_the_police(town: CasesInMemory) -> None:
    case = town.open()
    with pytest.raises(RuleBroken, match=r"referral\.receiver_not_police"):
        town.draft(case.case_id, receiver="tenancy/desk")
    with pytest.raises(RuleBroken, match=r"desk\.unknown"):
        town.draft(case.case_id, receiver="police/attic")


def test_the_head_is_none_of_the_officers(town: CasesInMemory) -> None:
    referral = town.draft(town.open().case_id, officers=("market:head", "market:officer-1"))

    with pytest.raises(RuleBroken, match=r"referral\.head_is_officer"):
        town.decide(referral.referral_id)


def test_refusing_and_declining_need_a_reason(town: CasesInMemory) -> None:
    with pytest.raises(RuleBroken, match=r"referral\.reason_missing"):
        town.decide(town.draft(town.open().case_id).referral_id, approve=False)
    with pytest.raises(RuleBroken, match=r"referral\.reason_missing"):
        town.answer(town.accepted().referral_id, filed=False)


def test_declining_ends_the_spine_and_keeps_the_reason(town: CasesInMemory) -> None:
    declined = town.answer(town.accepted().referral_id, filed=False, reason="no crime was committed")

    assert (declined.state, declined.reason) == (S.DECLINED, "no crime was committed")


def test_the_police_answer_though_papers_are_still_awaited(town: CasesInMemory) -> None:
    referral = town.accepted()
    town.ask(referral.referral_id)
    filed = town.answer(referral.referral_id)

    assert filed.state is S.FILED
    assert filed.missing_papers == ()
    assert [each.clock for each in filed.clocks if each.met_at is None] == ["T-37"]


def test_a_supplement_hands_in_every_paper_that_was_asked_for(town: CasesInMemory) -> None:
    referral = town.accepted()
    town.ask(referral.referral_id, "test_results", "list_of_items")
    with pytest.raises(RuleBroken) as refused:
        town.supplement(referral.referral_id, attached("test_results", "b"))
    assert refused.value.facts["paper"] == "list_of_items"
    later = Paper(name="list_of_items", status=PaperStatus.TO_FOLLOW, reason="later")
    with pytest.raises(RuleBroken, match=r"referral\.paper_missing"):
        town.supplement(referral.referral_id, attached("test_results", "b"), later)

    whole = town.supplement(referral.referral_id, attached("test_results", "b"), attached("list_of_items", "c"))

    assert whole.missing_papers == ()
    assert {each.name: each.sha256 for each in whole.papers}["list_of_items"] == "c" * 64
    assert [each.name for each in whole.papers] == list(PAPERS)


def test_the_receiver_sees_a_referral_only_once_it_is_sent(town: CasesInMemory) -> None:
    referral_id = town.draft(town.open().case_id).referral_id
    asked = GetReferral(referral_id=referral_id)
    for step in (town.decide, town.send):
        with pytest.raises(NotFound, match=r"referral\.not_found"):
            town.transfers.get_referral(asked, POLICE_CALLER)
        step(referral_id)

    assert town.transfers.get_referral(asked, POLICE_CALLER).state is S.SENT


@pytest.mark.parametrize("agency", ["office", "tenancy", "governance"])
def test_a_referral_exists_for_its_two_sides_alone(town: CasesInMemory, agency: str) -> None:
    referral = town.accepted()

    with pytest.raises(NotFound, match=r"referral\.not_found"):
        town.transfers.get_referral(GetReferral(referral_id=referral.referral_id), caller(agency))
    with pytest.raises(NotFound, match=r"referral\.not_found"):
        town.transfers.send_referral(SendReferral(referral_id=referral.referral_id), caller(agency))


def test_each_side_takes_its_own_steps_only(town: CasesInMemory) -> None:
    referral_id = town.sent().referral_id
    with pytest.raises(Forbidden, match=r"referral\.not_your_part"):
        town.accept(referral_id, by=MARKET)
    with pytest.raises(Forbidden, match=r"referral\.not_your_part"):
        town.transfers.send_referral(SendReferral(referral_id=referral_id), POLICE_CALLER)
    foreign = AcceptReferral(referral_id=referral_id, desk="market/desk", officer="police:officer-7")
    with pytest.raises(Forbidden, match=r"referral\.not_your_part"):
        town.transfers.accept_referral(foreign, POLICE_CALLER)


@pytest.mark.criterion("1.4")
def test_accepting_gives_a_numbered_receipt_that_checks_without_us(town: CasesInMemory) -> None:
    accepted = town.accepted()

    assert accepted.receipt is not None
    assert accepted.receipt["number"] == "police/2026/000001"
    assert accepted.receipt["case_number"] == accepted.case_number
    assert verify_receipt(json.loads(json.dumps(accepted.receipt)), [town.public_key]) is Verdict.VALID


@pytest.mark.criterion("1.4")
def test_an_accept_that_was_cut_off_finds_the_receipt_it_had_signed(town: CasesInMemory) -> None:
    referral = town.sent()
    kept = town.referrals.get(referral.referral_id)
    command = AcceptReferral(referral_id=referral.referral_id, desk=POLICE, officer="police:officer-7")
    # As after a crash between the receipt and the referral: the one is there, the other does not know.
    signed = town.transfers._receipt(kept, command, town.clock.now())

    assert town.accept(referral.referral_id).receipt == signed
    assert list(town.receipts.rows) == ["police/2026/000001"]


def test_an_accept_sent_twice_is_answered_twice_and_done_once(town: CasesInMemory) -> None:
    referral_id = town.sent().referral_id
    twice = [town.accept(referral_id, by=caller("police", "key-9")) for _ in range(2)]

    assert twice[0] == twice[1]
    with pytest.raises(Conflict, match=r"referral\.wrong_state"):
        town.accept(referral_id)
    assert len(town.receipts.rows) == 1


def test_the_receipt_keeps_what_was_handed_in_first(town: CasesInMemory) -> None:
    accepted = town.accepted()
    town.ask(accepted.referral_id)
    whole = town.supplement(accepted.referral_id)

    assert whole.receipt == accepted.receipt
    assert whole.receipt is not None
    assert {each["sha256"] for each in whole.receipt["dossier"]} == {"a" * 64}


def test_no_event_of_a_referral_names_a_person_or_a_papers_reason(town: CasesInMemory) -> None:
    reason = "kept in the safe"
    given = papers_with(Paper(name="other", status=PaperStatus.NONE, reason=reason))
    referral = town.draft(town.open().case_id, papers=given)
    for step in (town.decide, town.send, town.accept, town.answer, town.complete):
        step(referral.referral_id)
    told = json.dumps([as_plain(each) for each in town.announced()])

    assert not [each for each in (*OFFICERS, "market:head", "police:officer-7", reason) if each in told]

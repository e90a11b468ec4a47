"""Who may know of a tip, who may act on it, and what its informant may ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lianxi.contracts.envelope import Caller
from lianxi.contracts.tips import (
    AcceptTip,
    CloseTip,
    DispatchTip,
    FindTipByReceipt,
    GetTip,
    ListTips,
    PostInformantMessage,
    PostMessage,
    ReturnReason,
    ReturnTip,
    TipAccepted,
    TipDispatched,
    TipReturned,
    TipState,
    VerificationOutcome,
    VerifyTip,
)
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, Refused, RuleBroken
from lianxi.store.mapping import as_fields
from services.tips.domain.tip import Tip, no_receipt
from services.tips.policy import DIALOGUE_MESSAGES, OFFICE_DESK
from services.tips.views import TipViews
from tests.unit.tips.desk import TIP_ID, TipDesk, caller, sealed, submission

SUBSTANTIATED = VerificationOutcome.SUBSTANTIATED
ACTS: dict[str, Callable[[TipDesk, Caller], object]] = {
    "dispatch": lambda desk, who: desk.handlers.dispatch_tip(
        DispatchTip(tip_id=TIP_ID, lead="market/desk", reason="r"), who
    ),
    "accept": lambda desk, who: desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), who),
    "return": lambda desk, who: desk.handlers.return_tip(
        ReturnTip(
            tip_id=TIP_ID, reason=ReturnReason.NOT_COMPETENT, suggested_desk="market/desk", explanation="not ours"
        ),
        who,
    ),
    "verify": lambda desk, who: desk.handlers.verify_tip(
        VerifyTip(tip_id=TIP_ID, outcome=SUBSTANTIATED, next_owner="market/desk"), who
    ),
    "close": lambda desk, who: desk.handlers.close_tip(CloseTip(tip_id=TIP_ID, outcome="谢谢"), who),
    "write": lambda desk, who: desk.handlers.post_message(PostMessage(tip_id=TIP_ID, content=sealed("请补充")), who),
}


def give_back(desk: TipDesk, agency: str, suggested: str, explanation: str = "not ours") -> Tip:
    request = ReturnTip(
        tip_id=TIP_ID, reason=ReturnReason.OTHER_TERRITORY, suggested_desk=suggested, explanation=explanation
    )
    return desk.handlers.return_tip(request, caller(agency)).state


def verify(desk: TipDesk, outcome: VerificationOutcome, next_owner: str | None) -> Tip:
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller("police"))
    request = VerifyTip(tip_id=TIP_ID, outcome=outcome, next_owner=next_owner)
    return desk.handlers.verify_tip(request, caller("police")).state


@pytest.mark.parametrize("agency", ["police", "tenancy", "office"])
def test_the_agencies_that_hold_a_tip_may_read_it(desk: TipDesk, agency: str) -> None:
    desk.submit(submission())

    assert desk.views.get_tip(GetTip(tip_id=TIP_ID), caller(agency)).tip_id == TIP_ID


@pytest.mark.parametrize("agency", ["market", "finance", "education", "public"])
@pytest.mark.parametrize("act", [*ACTS, "get"])
def test_for_everybody_else_it_is_not_there(desk: TipDesk, agency: str, act: str) -> None:
    desk.submit(submission())
    there = ACTS.get(act) or (lambda desk, who: desk.views.get_tip(GetTip(tip_id=TIP_ID), who))

    with pytest.raises(NotFound, match=r"tip\.not_found") as refused:
        there(desk, caller(agency))
    with pytest.raises(NotFound) as unknown:
        desk.views.get_tip(GetTip(tip_id="tip_nothing"), caller(agency))
    assert refused.value.as_value() == unknown.value.as_value()


@pytest.mark.parametrize("act", list(ACTS))
def test_a_copied_agency_may_read_but_not_act(desk: TipDesk, act: str) -> None:
    desk.submit(submission())

    with pytest.raises(Forbidden, match=r"tip\.not_yours"):
        ACTS[act](desk, caller("tenancy"))


def test_the_office_may_dispatch_but_does_not_do_the_lead_s_work(desk: TipDesk) -> None:
    desk.submit(submission())
    for act in ("accept", "return", "verify", "close", "write"):
        with pytest.raises(Forbidden, match=r"tip\.not_yours"):
            ACTS[act](desk, caller("office"))

    ACTS["dispatch"](desk, caller("office"))

    assert desk.tip().lead == "market/desk"
    assert "police" not in desk.tip().agencies


def test_the_next_owner_may_read_and_close_from_the_verification_on(desk: TipDesk) -> None:
    desk.submit(submission())
    verify(desk, SUBSTANTIATED, "market/desk")

    assert desk.views.get_tip(GetTip(tip_id=TIP_ID), caller("market")).next_owner == "market/desk"
    tip = desk.handlers.close_tip(CloseTip(tip_id=TIP_ID, outcome="已立案"), caller("market")).state
    assert (tip.state, tip.outcome) == (TipState.CLOSED, "已立案")


@pytest.mark.parametrize(
    ("outcome", "next_owner", "code"),
    [
        (SUBSTANTIATED, None, "verification.next_owner_needed"),
        (VerificationOutcome.NOT_SUBSTANTIATED, "market/desk", "verification.next_owner_unwanted"),
        (VerificationOutcome.INCONCLUSIVE, "market/desk", "verification.next_owner_unwanted"),
        (SUBSTANTIATED, "moon/desk", "desk.unknown"),
    ],
)
def test_only_a_substantiated_tip_has_a_next_owner_and_one_that_is_known(
    desk: TipDesk, outcome: VerificationOutcome, next_owner: str | None, code: str
) -> None:
    desk.submit(submission())

    with pytest.raises(Refused, match=code):
        verify(desk, outcome, next_owner)
    assert desk.tip().state is TipState.ACCEPTED


def test_only_what_was_taken_on_is_verified_and_only_what_was_verified_is_closed(desk: TipDesk) -> None:
    desk.submit(submission())
    with pytest.raises(RuleBroken, match=r"tip\.not_accepted"):
        ACTS["verify"](desk, caller("police"))
    with pytest.raises(RuleBroken, match=r"tip\.not_verified"):
        ACTS["close"](desk, caller("police"))

    verify(desk, VerificationOutcome.NOT_SUBSTANTIATED, None)
    ACTS["close"](desk, caller("police"))

    for act in ("dispatch", "accept", "return", "verify", "close"):
        with pytest.raises(Conflict, match=r"tip\.already_closed"):
            ACTS[act](desk, caller("police"))


@pytest.mark.criterion("1.5")
def test_a_tip_goes_back_once_to_the_suggested_desk_and_then_to_the_office_with_both_reasons(desk: TipDesk) -> None:
    desk.submit(submission())

    assert give_back(desk, "police", "market/desk").lead == "market/desk"
    tip = give_back(desk, "market", "labour/desk")

    assert (tip.lead, tip.dispatch.round) == (OFFICE_DESK, 3)
    assert "police/station: other_territory: not ours" in tip.dispatch.reason
    assert "market/desk: other_territory: not ours" in tip.dispatch.reason
    assert [each.desk for each in desk.announced(TipReturned)] == ["police/station", "market/desk"]
    assert [each.lead for each in desk.announced(TipDispatched)] == ["police/station", "market/desk", OFFICE_DESK]
    with pytest.raises(RuleBroken, match=r"return\.office_decides"):
        give_back(desk, "office", "market/desk")


def test_a_return_needs_another_desk_that_is_known(desk: TipDesk) -> None:
    desk.submit(submission())

    with pytest.raises(RuleBroken, match=r"return\.same_desk"):
        give_back(desk, "police", "police/station")
    with pytest.raises(RuleBroken, match=r"return\.explanation_missing"):
        give_back(desk, "police", "market/desk", explanation=" ")
    with pytest.raises(Refused, match=r"desk\.unknown"):
        give_back(desk, "police", "moon/desk")


def test_what_was_taken_on_is_not_returned(desk: TipDesk) -> None:
    desk.submit(submission())
    ACTS["accept"](desk, caller("police"))

    with pytest.raises(Conflict, match=r"tip\.already_accepted"):
        give_back(desk, "police", "market/desk")


def test_a_decision_on_a_version_that_is_gone_is_refused(desk: TipDesk) -> None:
    desk.submit(submission())
    ACTS["write"](desk, caller("police"))

    with pytest.raises(Conflict, match=r"tip\.changed"):
        desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID, expected_version=1), caller("police"))
    assert desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID, expected_version=2), caller("police")).version == 3


@pytest.mark.criterion("4.2")
def test_a_command_that_is_sent_again_is_answered_and_changes_nothing(desk: TipDesk) -> None:
    desk.submit(submission())
    first = desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller("police", "key-1"))

    assert desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), caller("police", "key-1")) == first
    assert len(desk.announced(TipAccepted)) == 1


def test_a_desk_that_gave_a_tip_away_is_answered_when_it_says_so_twice(desk: TipDesk) -> None:
    desk.submit(submission())
    request = ReturnTip(
        tip_id=TIP_ID, reason=ReturnReason.NOT_COMPETENT, suggested_desk="market/desk", explanation="not ours"
    )
    first = desk.handlers.return_tip(request, caller("police", "key-1"))

    assert desk.handlers.return_tip(request, caller("police", "key-1")) == first
    with pytest.raises(NotFound, match=r"tip\.not_found"):
        desk.handlers.return_tip(request, caller("police", "key-2"))


def test_a_wrong_receipt_and_the_place_of_a_missing_one_are_equally_unknown(desk: TipDesk) -> None:
    desk.submit(submission(receipt_verifier=None))

    for wrong in ("verifier-9", no_receipt(TIP_ID)):
        with pytest.raises(NotFound, match=r"receipt\.unknown") as refused:
            desk.handlers.find_tip_by_receipt(FindTipByReceipt(receipt_verifier=wrong))
        assert refused.value.facts == {}
    letter = PostInformantMessage(receipt_verifier="verifier-9", content=sealed("您好"))
    with pytest.raises(NotFound, match=r"receipt\.unknown"):
        desk.handlers.post_informant_message(letter, caller("public"))


def status_steps(desk: TipDesk) -> dict[str, Any]:
    found = desk.handlers.find_tip_by_receipt(FindTipByReceipt(receipt_verifier="verifier-1"))
    return {each.code: each for each in desk.views.show_status(found).steps}


def test_an_informant_follows_a_tip_step_by_step(desk: TipDesk) -> None:
    tip = desk.submit(submission(is_anonymous=False))
    steps = status_steps(desk)
    assert list(steps) == ["received", "passed_on", "being_checked", "finished"]
    assert steps["received"].at == tip.received_at
    assert (steps["being_checked"].at, steps["finished"].at) == (None, None)

    desk.deliver(tip)
    verify(desk, VerificationOutcome.NOT_SUBSTANTIATED, None)
    ACTS["close"](desk, caller("police"))
    steps = status_steps(desk)
    assert steps["being_checked"].at is not None
    assert steps["being_checked"].due_at is None
    assert steps["finished"].at is not None


def test_the_day_by_which_it_is_checked_is_told_while_the_clock_runs(desk: TipDesk) -> None:
    desk.deliver(desk.submit(submission()))

    assert status_steps(desk)["being_checked"].due_at == desk.tip().clocks[0].due_at


def test_both_sides_read_one_dialogue_in_which_the_informant_stays_hidden(desk: TipDesk) -> None:
    desk.submit(submission())
    ACTS["write"](desk, caller("police"))
    letter = PostInformantMessage(receipt_verifier="verifier-1", content=sealed("我叫王小明,打13812345678"))
    stored = desk.handlers.post_informant_message(letter, caller("public"))

    seen = desk.views.get_tip(GetTip(tip_id=TIP_ID), caller("police")).messages
    assert [(each.author, each.text) for each in seen] == [
        ("desk", "请补充"),
        ("informant", "我叫[已隐去姓名],打[已隐去电话]"),
    ]
    assert desk.views.show_status(stored).messages == seen
    assert desk.tip().messages[1].sealed == letter.content


def test_a_dialogue_has_an_end(desk: TipDesk) -> None:
    desk.submit(submission())
    for _ in range(DIALOGUE_MESSAGES):
        ACTS["write"](desk, caller("police"))

    with pytest.raises(RuleBroken, match=r"dialogue\.full"):
        ACTS["write"](desk, caller("police"))


class Rows:
    """A collection in memory that answers the one question of lists."""

    def __init__(self, tips: list[Tip]) -> None:
        self.rows = [{**as_fields(tip), "_id": tip.id} for tip in tips]
        self.left_out: set[str] = set()

    def find(self, query: dict[str, Any], projection: dict[str, int]) -> list[dict[str, Any]]:
        self.left_out = set(projection)
        bounds = query["listed_at"]
        return [
            {name: value for name, value in row.items() if name not in projection}
            for row in self.rows
            if query["agencies"] in row["agencies"]
            and query.get("state", row["state"]) == row["state"]
            and bounds["$gt"] < row["listed_at"] <= bounds["$lte"]
        ]


def test_an_agency_lists_what_it_may_see_newest_first_without_any_text(desk: TipDesk) -> None:
    start = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
    for number in range(7):
        desk.submit(
            submission(
                tip_id=f"tip_{number}",
                receipt_verifier=f"v{number}",
                category="rental_gathering" if number % 2 else "job_lure",
                received_at=start + timedelta(days=number),
            )
        )
    rows = Rows(desk.tips.all())
    views = TipViews(desk.tips, desk.clock, lambda: rows)

    police = views.list_tips(ListTips(limit=2), caller("police"))
    rest = views.list_tips(ListTips(limit=2, cursor=police.next_cursor), caller("police"))

    assert [each.tip_id for each in (*police.items, *rest.items)] == ["tip_5", "tip_3", "tip_1"]
    assert rest.next_cursor is None
    assert len(views.list_tips(ListTips(), caller("office")).items) == 7
    assert len(views.list_tips(ListTips(), caller("labour")).items) == 4
    assert views.list_tips(ListTips(), caller("finance")).items == ()
    assert views.list_tips(ListTips(state=TipState.CLOSED), caller("office")).items == ()
    assert {"redacted_text", "sealed_content", "receipt", "messages"} <= rows.left_out
    assert all(each.received_at.minute == 0 for each in police.items)

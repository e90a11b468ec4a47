"""How an informant comes back with a receipt code, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lianxi.contracts.tips import (
    AcceptTip,
    ChangeReceipt,
    CloseTip,
    FindTipByReceipt,
    PostInformantMessage,
    VerificationOutcome,
    VerifyTip,
)
from lianxi.kernel.errors import Conflict, NotFound
from services.tips.domain.tip import no_receipt
from tests.unit.tips.desk import NOW, TIP_ID, TipDesk, caller, sealed, submission

OLD = FindTipByReceipt(receipt_verifier="verifier-1")
NEW = FindTipByReceipt(receipt_verifier="verifier-2")
CHANGE = ChangeReceipt(receipt_verifier="verifier-1", new_verifier="verifier-2")


def close(desk: TipDesk, outcome: VerificationOutcome, next_owner: str | None = None) -> None:
    police = caller("police")
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), police)
    desk.handlers.verify_tip(VerifyTip(tip_id=TIP_ID, outcome=outcome, next_owner=next_owner), police)
    desk.handlers.close_tip(CloseTip(tip_id=TIP_ID, outcome="谢谢您,经核实未发现。"), police)


def is_known(desk: TipDesk, asked: FindTipByReceipt) -> bool:
    try:
        return desk.handlers.find_tip_by_receipt(asked).state.id == TIP_ID
    except NotFound as refused:
        return (refused.code, refused.facts) != ("receipt.unknown", {})


@pytest.mark.criterion("2.3")
def test_a_code_whose_keeping_time_is_over_is_unknown(desk: TipDesk) -> None:
    desk.submit(submission())
    close(desk, VerificationOutcome.NOT_SUBSTANTIATED)
    desk.clock.advance(timedelta(days=180))
    assert is_known(desk, OLD)
    desk.clock.advance(timedelta(days=2))  # P6M from 23 November is 23 May
    assert not is_known(desk, OLD)
    letter = PostInformantMessage(receipt_verifier="verifier-1", content=sealed("还在吗"))
    with pytest.raises(NotFound, match=r"receipt\.unknown"):
        desk.handlers.post_informant_message(letter, caller("public"))
    with pytest.raises(NotFound, match=r"receipt\.unknown"):
        desk.handlers.change_receipt(CHANGE, caller("public"))


@pytest.mark.criterion("2.3")
def test_a_code_whose_tip_lost_its_verifier_is_unknown(desk: TipDesk) -> None:
    desk.submit(submission())
    cause = caller("office", "purge").cause()
    desk.tips.change(TIP_ID, lambda tip: (replace(tip, receipt=no_receipt(tip.id)), ()), cause)
    assert not is_known(desk, OLD)
    assert not is_known(desk, FindTipByReceipt(receipt_verifier=no_receipt(TIP_ID)))


@pytest.mark.parametrize("outcome", [VerificationOutcome.SUBSTANTIATED, None])
def test_what_is_open_or_found_true_stays_readable(desk: TipDesk, outcome: VerificationOutcome | None) -> None:
    desk.submit(submission())
    if outcome is not None:
        close(desk, outcome, "market/desk")
    desk.clock.advance(timedelta(days=2_000))
    assert is_known(desk, OLD)


@pytest.mark.criterion("2.4")
def test_a_code_that_an_officer_has_seen_shows_nothing_until_it_is_changed(desk: TipDesk) -> None:
    desk.submit(submission(is_receipt_temporary=True))
    with pytest.raises(Conflict, match=r"receipt\.must_change"):
        desk.handlers.find_tip_by_receipt(OLD)
    letter = PostInformantMessage(receipt_verifier="verifier-1", content=sealed("您好"))
    with pytest.raises(Conflict, match=r"receipt\.must_change"):
        desk.handlers.post_informant_message(letter, caller("public"))
    assert desk.tip().messages == ()
    desk.handlers.change_receipt(CHANGE, caller("public", "change-1"))
    assert (is_known(desk, OLD), is_known(desk, NEW)) == (False, True)


def test_a_change_that_is_repeated_is_answered_and_done_once(desk: TipDesk) -> None:
    desk.submit(submission())
    first = desk.handlers.change_receipt(CHANGE, caller("public", "change-1"))
    assert desk.handlers.change_receipt(CHANGE, caller("public", "change-1")).version == first.version
    other = replace(CHANGE, new_verifier="verifier-3")
    with pytest.raises(NotFound, match=r"receipt\.unknown"):
        desk.handlers.change_receipt(other, caller("public", "change-2"))
    assert desk.tip().receipt == "verifier-2"
    assert desk.clock.now() == NOW

"""Who left a way to be reached is told what was decided, in five working days, and the desk shows that it was done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lianxi.contracts.tips import (
    AcceptTip,
    CloseTip,
    PostMessage,
    TellInformant,
    TellingWay,
    TipClockStarted,
    TipKind,
    TipRungReached,
    VerificationOutcome,
    VerifyTip,
)
from lianxi.kernel.errors import Forbidden, NotFound, RuleBroken
from services.tips.domain.tip import Clock
from tests.unit.tips.desk import TIP_ID, TipDesk, caller, sealed, sealed_contact, submission

POLICE = caller("police")
FRIDAY = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
FIVE_WORKING_DAYS_LATER = datetime(2026, 12, 4, 16, 0, tzinfo=UTC)
"""The midnight that ends Friday, the fourth of December, in the town."""


def decided(
    desk: TipDesk,
    outcome: VerificationOutcome = VerificationOutcome.INCONCLUSIVE,
    is_named: bool = True,
    **changed: object,
) -> None:
    desk.clock.instant = FRIDAY
    contact = sealed_contact("13812345678") if is_named else None
    tip = desk.submit(submission(contact=contact, is_anonymous=not is_named, received_at=FRIDAY, **changed))
    desk.deliver(tip)
    desk.handlers.accept_tip(AcceptTip(tip_id=TIP_ID), POLICE)
    owner = "market/desk" if outcome is VerificationOutcome.SUBSTANTIATED else None
    desk.handlers.verify_tip(VerifyTip(tip_id=TIP_ID, outcome=outcome, next_owner=owner), POLICE)


def telling(desk: TipDesk) -> Clock | None:
    return next((each for each in desk.tip().clocks if each.clock == "T-02"), None)


def is_running(desk: TipDesk) -> bool:
    clock = telling(desk)
    assert clock is not None
    return clock.stopped_at is None


@pytest.mark.criterion("2.9")
@pytest.mark.parametrize("outcome", VerificationOutcome)
def test_a_named_informant_is_to_be_told_within_five_working_days_of_the_decision(
    desk: TipDesk, outcome: VerificationOutcome
) -> None:
    decided(desk, outcome)

    clock = telling(desk)
    assert clock is not None
    assert (clock.desk, clock.started_at, clock.due_at) == ("police/station", FRIDAY, FIVE_WORKING_DAYS_LATER)
    assert [each.clock for each in desk.announced(TipClockStarted)] == ["T-01", "T-02"]
    (first,) = [each for each in desk.tip().clocks if each.clock == "T-01"]
    assert first.stopped_at == FRIDAY


@pytest.mark.criterion("2.9")
def test_the_clock_climbs_when_nobody_tells_and_says_so_after_the_tip_is_closed_too(desk: TipDesk) -> None:
    decided(desk, receipt_verifier=None)
    desk.handlers.close_tip(CloseTip(tip_id=TIP_ID, outcome="谢谢"), POLICE)
    desk.pass_time(30 * 24 * 60)
    desk.handlers.climb_ladders()

    reached = desk.announced(TipRungReached)
    assert {each.clock for each in reached} == {"T-02"}
    assert reached[-1].mark == "red"
    assert is_running(desk)

    desk.handlers.tell_informant(TellInformant(tip_id=TIP_ID, way=TellingWay.LETTER), POLICE)

    assert not is_running(desk)
    assert desk.tip().next_rung_at is None


@pytest.mark.criterion("2.9")
def test_what_the_desk_writes_tells_whoever_holds_a_receipt_code(desk: TipDesk) -> None:
    decided(desk)
    desk.pass_time()
    desk.handlers.post_message(PostMessage(tip_id=TIP_ID, content=sealed("已核查,未予立案。")), POLICE)

    assert not is_running(desk)
    lines = [(each.by, each.reference) for each in desk.tip().timeline if each.what == "informant.told"]
    assert lines == [("police/station", "dialogue")]


@pytest.mark.criterion("2.9")
def test_the_sentence_of_a_closing_tells_whoever_holds_a_receipt_code(desk: TipDesk) -> None:
    decided(desk)
    desk.handlers.close_tip(CloseTip(tip_id=TIP_ID, outcome="谢谢您,经核实未发现。"), POLICE)

    assert not is_running(desk)


def test_without_a_receipt_code_nothing_that_is_written_reaches_anybody(desk: TipDesk) -> None:
    decided(desk, receipt_verifier=None)
    desk.handlers.post_message(PostMessage(tip_id=TIP_ID, content=sealed("已核查")), POLICE)

    assert is_running(desk)


@pytest.mark.parametrize("way", TellingWay)
def test_a_desk_says_how_else_it_told_and_once_is_enough(desk: TipDesk, way: TellingWay) -> None:
    decided(desk, receipt_verifier=None)
    telling = TellInformant(tip_id=TIP_ID, way=way)
    with pytest.raises(NotFound):
        desk.handlers.tell_informant(telling, caller("health"))
    with pytest.raises(Forbidden):
        desk.handlers.tell_informant(telling, caller("office"))
    desk.handlers.tell_informant(telling, POLICE)

    assert [each.reference for each in desk.tip().timeline if each.what == "informant.told"] == [way.value]
    with pytest.raises(RuleBroken, match="nobody_to_tell"):
        desk.handlers.tell_informant(telling, POLICE)


@pytest.mark.parametrize(
    ("is_named", "kind"), [(False, TipKind.TIP), (True, TipKind.COMPLAINT)], ids=["anonymous", "complaint"]
)
def test_nobody_else_is_waited_for(desk: TipDesk, is_named: bool, kind: TipKind) -> None:
    decided(desk, is_named=is_named, kind=kind)

    assert telling(desk) is None
    with pytest.raises(RuleBroken, match="nobody_to_tell"):
        desk.handlers.tell_informant(TellInformant(tip_id=TIP_ID, way=TellingWay.PHONE), POLICE)


@pytest.mark.criterion("2.9")
def test_a_tip_older_than_the_law_has_no_such_limit(desk: TipDesk) -> None:
    old = FRIDAY - timedelta(days=11 * 365)
    decided(desk, is_named=False)
    contact = sealed_contact("13812345678")
    desk.submit(
        submission(tip_id="tip_old", receipt_verifier="v2", contact=contact, is_anonymous=False, received_at=old)
    )
    desk.handlers.accept_tip(AcceptTip(tip_id="tip_old"), POLICE)
    desk.handlers.verify_tip(VerifyTip(tip_id="tip_old", outcome=VerificationOutcome.INCONCLUSIVE), POLICE)

    assert [each.clock for each in desk.tip("tip_old").clocks] == []


def test_the_informant_reads_until_when_word_is_promised(desk: TipDesk) -> None:
    decided(desk)

    steps = {each.code: each.due_at for each in desk.views.show_status(desk.tips.get(TIP_ID)).steps}
    assert (steps["being_checked"], steps["finished"]) == (None, FIVE_WORKING_DAYS_LATER)

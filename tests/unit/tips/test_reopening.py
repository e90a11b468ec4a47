"""Having a closed tip taken up again, by whoever holds its receipt code."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from lianxi.contracts.tips import (
    FindTipByReceipt,
    ReopenTip,
    TipDispatched,
    TipReopened,
    TipState,
    VerificationOutcome,
)
from lianxi.kernel.clock import local_midnight
from lianxi.kernel.errors import Conflict, NotFound, RuleBroken
from services.tips.domain.tip import Tip
from tests.unit.tips.desk import TIP_ID, TipDesk, caller, everything_said, sealed, submission

PUBLIC = caller("public")
WHY = "二楼还在讲课,我的电话13800138000"
ASKED = FindTipByReceipt(receipt_verifier="verifier-1")
UNFOUND = VerificationOutcome.NOT_SUBSTANTIATED


def reopen(desk: TipDesk, verifier: str = "verifier-1", command_id: str | None = None) -> Tip:
    request = ReopenTip(receipt_verifier=verifier, content=sealed(WHY))
    return desk.handlers.reopen_tip(request, replace(PUBLIC, command_id=command_id)).state


def closed(desk: TipDesk) -> Tip:
    tip = desk.submit(submission())
    desk.deliver(tip)
    desk.pass_time()
    return desk.close(tip, UNFOUND)


def until(desk: TipDesk) -> date | None:
    return desk.views.show_status(desk.tips.get(TIP_ID)).reopen_until


def last_second(desk: TipDesk) -> datetime:
    day = until(desk)
    assert day is not None
    return local_midnight(day + timedelta(days=1)) - timedelta(seconds=1)


@pytest.mark.criterion("9.2")
def test_a_reopened_tip_is_its_leads_once_more_and_its_limit_runs_from_the_notice(desk: TipDesk) -> None:
    before = closed(desk)
    desk.pass_time()
    tip = reopen(desk)
    assert (tip.state, tip.lead, tip.dispatch.round) == (TipState.DISPATCHED, before.lead, 2)
    assert (tip.verification, tip.outcome, tip.keeping.since, tip.keeping.rule) == (None, None, None, None)
    (ended,) = tip.reopenings
    assert (ended.verification, ended.outcome) == (UNFOUND, before.outcome)
    assert not [each for each in tip.clocks if each.stopped_at is None]
    desk.deliver(tip, 2)
    (running,) = [each for each in desk.tip().clocks if each.stopped_at is None]
    assert (running.desk, running.started_at) == (before.lead, desk.clock.now())
    again = desk.close(desk.tip(), UNFOUND)
    assert again.keeping.since == desk.clock.now()


@pytest.mark.criterion("9.2")
def test_the_reason_is_read_redacted_and_in_no_event(desk: TipDesk) -> None:
    closed(desk)
    tip = reopen(desk)
    assert "13800138000" not in repr(tip.messages[-1].text) + repr(tip.reopenings)
    assert "二楼还在讲课" in tip.messages[-1].text
    assert len(desk.announced(TipReopened)) == 1
    assert "二楼还在讲课" not in everything_said(desk.tips.announced)
    steps = desk.views.show_status(desk.tips.get(TIP_ID)).steps
    assert [each.at for each in steps if each.code == "finished"] == [None]


@pytest.mark.criterion("9.2")
def test_the_windows_last_second_is_in_it_and_the_next_is_not(desk: TipDesk) -> None:
    closed(desk)
    end = last_second(desk)
    desk.clock.advance(end + timedelta(seconds=1) - desk.clock.now())
    assert until(desk) is None
    with pytest.raises(RuleBroken, match=r"reopening\.too_late"):
        reopen(desk)
    desk.clock.advance(-timedelta(seconds=1))
    assert reopen(desk).state is TipState.DISPATCHED


@pytest.mark.criterion("9.2")
def test_it_is_once_only_and_the_same_request_twice_is_one(desk: TipDesk) -> None:
    closed(desk)
    reopen(desk, command_id="k-1")
    assert reopen(desk, command_id="k-1").dispatch.round == 2
    assert len(desk.announced(TipDispatched)) == 2
    desk.close(desk.tip(), UNFOUND)
    assert until(desk) is None
    with pytest.raises(Conflict, match=r"reopening\.once_only"):
        reopen(desk)


@pytest.mark.criterion("9.2")
def test_what_is_open_has_a_case_or_is_unknown_is_not_reopened(desk: TipDesk) -> None:
    desk.submit(submission())
    with pytest.raises(Conflict, match=r"tip\.not_closed"):
        reopen(desk)
    with pytest.raises(NotFound, match=r"receipt\.unknown"):
        reopen(desk, "verifier-9")
    desk.close(desk.tip(), UNFOUND)
    desk.tips.change(TIP_ID, lambda tip: (replace(tip, case_id="case_1"), ()), PUBLIC.cause())
    assert until(desk) is None
    with pytest.raises(RuleBroken, match=r"reopening\.with_its_case"):
        reopen(desk)


@pytest.mark.criterion("9.2")
def test_what_was_found_to_be_so_stays_closed_because_a_reward_may_stand_on_it(desk: TipDesk) -> None:
    desk.close(desk.submit(submission()), VerificationOutcome.SUBSTANTIATED)
    assert until(desk) is None
    with pytest.raises(RuleBroken, match=r"reopening\.substantiated"):
        reopen(desk)


def test_a_code_that_an_officer_has_seen_reopens_nothing(desk: TipDesk) -> None:
    desk.submit(submission(is_receipt_temporary=True))
    desk.close(desk.tip(), UNFOUND)
    with pytest.raises(Conflict, match=r"receipt\.must_change"):
        reopen(desk)


@pytest.mark.criterion("2.3")
def test_the_code_of_a_reopened_tip_ends_by_its_second_closing(desk: TipDesk) -> None:
    closed(desk)
    desk.clock.advance(timedelta(days=20))
    reopen(desk)
    desk.clock.advance(timedelta(days=400))
    assert desk.handlers.find_tip_by_receipt(ASKED).state.id == TIP_ID

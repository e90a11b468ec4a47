"""What came of it: a liaison reads it of what they handed in, and their agency is told, alike whatever the result."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lianxi.contracts.envelope import Caller
from lianxi.contracts.feedback import FeedbackGiven, FeedbackView, ListFeedback
from lianxi.contracts.searching import SearchTips
from lianxi.contracts.tips import Channel, GetTip, ListTips, VerificationOutcome
from lianxi.kernel.errors import NotFound
from services.tips.domain.tip import Tip
from services.tips.views import TipViews
from services.tips.views.feedback import FeedbackViews
from services.tips.views.search import SearchViews
from tests.unit.tips.desk import TipDesk, caller, submission
from tests.unit.tips.linking import KEY, Linking, Rows, _rows

LIAISON = replace(caller("social"), actor="account_lan", rows=("own",), is_person=True)
OTHER = replace(LIAISON, actor="account_mei")


def handed_in(desk: TipDesk, number: int = 0, by: Caller = LIAISON) -> Tip:
    fields = {"tip_id": f"tip_0123456789ABCDEFGHJKMNP{number:03}", "receipt_verifier": None, "number": f"N{number}"}
    return desk.submit(
        submission(channel=Channel.LIAISON, source="liaison", submitted_by=by.agency, filed_by=by.actor, **fields)
    )


def told(desk: TipDesk, by: Caller) -> tuple[FeedbackView, ...]:
    views = FeedbackViews(desk.clock, lambda: Rows(lambda: _rows(desk.tips)))
    return views.list_feedback(ListFeedback(), by).items


@pytest.mark.parametrize("outcome", VerificationOutcome)
def test_a_liaison_reads_what_came_of_a_finding_and_the_agency_is_told(
    desk: TipDesk, outcome: VerificationOutcome
) -> None:
    tip = handed_in(desk)
    assert [(each.tip_id, each.verification) for each in told(desk, LIAISON)] == [(tip.id, None)]

    desk.close(tip, outcome)

    (view,) = told(desk, LIAISON)
    assert (view.verification, view.outcome) == (outcome, "谢谢,已核实")
    (event,) = desk.announced(FeedbackGiven)
    assert (event.tip_id, event.receiver, event.outcome) == (tip.id, "social", outcome)
    assert told(desk, OTHER) == ()


def test_a_tip_of_the_public_gives_nobody_feedback_but_its_informant(desk: TipDesk) -> None:
    desk.close(desk.submit(submission()), VerificationOutcome.NOT_SUBSTANTIATED)

    assert desk.announced(FeedbackGiven) == []
    assert told(desk, LIAISON) == ()


@pytest.mark.criterion("8.1")
def test_whose_right_ends_at_their_own_sees_nothing_else_of_their_agency(desk: TipDesk) -> None:
    mine, other = handed_in(desk, 0), handed_in(desk, 1, OTHER)
    linking = Linking(desk)
    linking.hear()
    views = TipViews(desk.tips, desk.clock, lambda: Rows(lambda: _rows(desk.tips)))
    searches = SearchViews(linking.finder, linking.visible, KEY)

    assert views.get_tip(GetTip(tip_id=mine.id), LIAISON).tip_id == mine.id
    with pytest.raises(NotFound):
        views.get_tip(GetTip(tip_id=other.id), LIAISON)
    assert [each.tip_id for each in views.list_tips(ListTips(), LIAISON).items] == [mine.id]
    found = searches.search_tips(SearchTips(text="讲课"), LIAISON)
    assert ([each.tip_id for each in found.items], found.total) == ([mine.id], 1)

"""What everybody may see: only how those tips stand that were filed to be seen, in categories that are the public's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any

import pytest

from lianxi.contracts.public_requests import FindPublicRequests, ListPublicRequests, PublicRequestView
from lianxi.contracts.tips import VerificationOutcome
from lianxi.kernel.clock import local_date
from lianxi.policy.policy import Policy
from services.tips.domain.tip import Tip
from services.tips.views.publishing import PublishingViews
from tests.unit.tips.desk import NOW, TipDesk, sealed_contact, shipped_policy, submission
from tests.unit.tips.linking import Rows, _rows

TODAY = local_date(NOW)
TO_BE_SEEN: dict[str, Any] = {"category": "online_scheme", "is_public": True, "is_anonymous": False}


class Typed(Rows):
    """Ranges hold of values of their own kind only, as in the database."""

    def find(self, match: Mapping[str, Any], _fields: Any = None, **_options: Any) -> Any:
        ranged = {name for name, wanted in match.items() if isinstance(wanted, dict)}
        rows = [row for row in self.read() if all(row[name] is not None for name in ranged)]
        return Rows(lambda: rows).find(match)


def seen(desk: TipDesk, policy: Policy | None = None, **asked: Any) -> tuple[PublicRequestView, ...]:
    def rows() -> Iterable[Mapping[str, Any]]:
        return _rows(desk.tips)

    views = PublishingViews(policy or shipped_policy(), lambda: Typed(rows))
    if "numbers" in asked or "tip_id" in asked:
        return views.find_public(FindPublicRequests(**asked)).items
    return views.list_public(ListPublicRequests(**{"received_from": TODAY, "received_to": TODAY, **asked})).items


def filed(desk: TipDesk, **changed: Any) -> Tip:
    return desk.submit(submission(**{**TO_BE_SEEN, "contact": sealed_contact("王小明"), **changed}))


@pytest.mark.criterion("14.4")
def test_everybody_sees_the_number_the_category_and_the_days(desk: TipDesk) -> None:
    tip = filed(desk, text="幸福里3栋501的王小明拉人进群", place="幸福里3栋501")
    (view,) = seen(desk)

    assert asdict(view) == {
        "number": tip.number,
        "category": "online_scheme",
        "is_open": True,
        "steps": ({"code": "received", "on": TODAY},),
    }
    assert seen(desk, numbers=(tip.number,)) == seen(desk, tip_id=tip.id) == (view,)
    assert seen(desk, is_open=False) == seen(desk, categories=("job_lure",)) == ()
    assert seen(desk, received_from=date(2026, 1, 1), received_to=date(2026, 2, 1)) == ()

    desk.close(tip, VerificationOutcome.SUBSTANTIATED)
    (view,) = seen(desk)
    assert not view.is_open
    assert [each.code for each in view.steps] == ["received", "being_checked", "finished"]


@pytest.mark.criterion("14.4")
@pytest.mark.parametrize(
    "changed",
    [
        {"is_anonymous": True, "contact": None},
        {"is_public": False},
        {"contact": None},
        {"category": "rental_gathering"},
        {"category": "person_held", "lane": "rescue"},
        {"category": "something_new"},
    ],
)
def test_nobody_sees_what_is_anonymous_or_not_to_be_seen_or_of_no_public_category(
    desk: TipDesk, changed: dict[str, Any]
) -> None:
    tip = filed(desk, **changed)

    assert tip.public_on is None
    assert seen(desk) == seen(desk, numbers=(tip.number,)) == seen(desk, tip_id=tip.id) == ()


@pytest.mark.criterion("14.4")
def test_a_category_that_is_closed_again_takes_its_tips_out_of_sight(desk: TipDesk) -> None:
    tip = filed(desk)
    routes = tuple(replace(each, is_public=False) for each in shipped_policy().routes)
    closed = replace(shipped_policy(), routes=routes)

    assert seen(desk, closed) == seen(desk, closed, numbers=(tip.number,)) == seen(desk, closed, tip_id=tip.id) == ()


def test_no_policy_can_open_the_rescue_lane(desk: TipDesk) -> None:
    routes = tuple(replace(each, is_public=True) for each in shipped_policy().routes)

    opened = {each.lane for each in replace(shipped_policy(), routes=routes).public_routes}
    assert "rescue" not in opened

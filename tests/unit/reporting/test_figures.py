"""Facts and the figures that are folds of them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from lianxi.bus.topology import SUBSCRIPTIONS
from lianxi.contracts import cases, inspections, notifications, tips
from lianxi.contracts.envelope import Cause, Event, Heard
from lianxi.greenroom.entries import Consumes, entries_of
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import InvariantBroken
from lianxi.policy.policy import Policy
from services.reporting.domain.cells import figures_in
from services.reporting.domain.facts import KEPT, Tally, fact_of, seal, tallied
from services.reporting.handlers.stage_reports import ReportingDesk
from services.reporting.policy import Plan, patrols
from services.reporting.service import Reporting
from services.reporting.views.clauses import FactViews
from tests.unit.reporting.conftest import MemoryFacts

AT = datetime(2015, 10, 21, 4, 0, tzinfo=UTC)
PATROLS = frozenset({"tenancy", "police"})


def story() -> list[tuple[str, Event]]:
    """What one tip sets off, each event with the item it is about."""
    return [
        ("tip/1", tips.TipReceived(
            tip_id="1", number="DY-1", kind=tips.TipKind.TIP, channel=tips.Channel.WEB, category="gathering",
            lane="normal", village=None, rental_code="R-1", is_anonymous=True, received_at=AT)),
        ("tip/1", tips.TipDispatched(
            tip_id="1", number="DY-1", category="gathering", lane="normal", dispatch_id="d-1", round=1,
            lead="police/station", copies=("tenancy/desk", "office/desk"), clause="L36.1", dispatched_at=AT)),
        ("notice/1", notifications.NoticeDelivered(
            notice_id="1", desk="police/station", role="lead", event_type="tips.tip.dispatched.v1", about="tip/1",
            reference="d-1", delivered_at=AT, acknowledge_by=AT + timedelta(hours=24))),
        ("notice/2", notifications.NoticeDelivered(
            notice_id="2", desk="police/petitions", role="copy", event_type="tips.tip.dispatched.v1", about="tip/1",
            reference="d-1", delivered_at=AT, acknowledge_by=AT + timedelta(hours=24))),
        ("notice/1", notifications.NoticeAcknowledged(
            notice_id="1", desk="police/station", event_type="tips.tip.dispatched.v1", about="tip/1",
            reference="d-1", acknowledged_at=AT + timedelta(hours=1))),
        ("notice/2", notifications.NoticeAcknowledged(
            notice_id="2", desk="police/petitions", event_type="tips.tip.dispatched.v1", about="tip/1",
            reference="d-1", acknowledged_at=AT + timedelta(hours=25))),
        ("tip/1", tips.TipAccepted(tip_id="1", desk="police/station", accepted_at=AT)),
        ("rental/R-1", inspections.VisitRecorded(
            visit_id="v-1", rental_code="R-1", village="village/a", grade=inspections.Grade.KEY,
            outcome=inspections.VisitOutcome.DONE, counts=True, on_time=True, visited_at=AT, next_visit_due_on=None)),
        ("rental/R-1", inspections.VisitRecorded(
            visit_id="v-2", rental_code="R-1", village="village/a", grade=inspections.Grade.KEY,
            outcome=inspections.VisitOutcome.NOBODY_IN, counts=False, on_time=False, visited_at=AT,
            next_visit_due_on=None)),
        ("rental/R-2", inspections.VisitMissed(
            rental_code="R-2", village="village/a", grade=inspections.Grade.KEY, due_on=AT.date())),
        ("tip/1", tips.TipVerified(
            tip_id="1", number="DY-1", category="gathering", desk="police/station",
            outcome=tips.VerificationOutcome.SUBSTANTIATED, next_owner="market/desk", rental_code="R-1",
            verified_at=AT)),
        ("case/1", cases.CaseOpened(
            case_id="1", number="C-1", kind=cases.CaseKind.FACILITATION, owner="market/desk", tip_id="1",
            rental_code="R-1", opened_at=AT)),
        ("criminal_referral/1", cases.ReferralSent(
            referral_id="1", case_id="1", sender="market/desk", receiver="police/economic", at=AT)),
        ("criminal_referral/1", cases.ReferralAccepted(
            referral_id="1", case_id="1", sender="market/desk", receiver="police/economic", at=AT,
            receipt_number="GA-2015-1", due_at=AT)),
    ]  # fmt: skip


def cause_of(index: int, subject: str) -> Cause:
    return Cause(actor="a", correlation_id="c", event_id=f"event-{index}", subject=subject, at=AT)


def hear(desk: ReportingDesk, order: Iterable[int]) -> None:
    told = story()
    for index in order:
        subject, event = told[index]
        desk.keep_facts([Heard(event, cause_of(index, subject))])


def figures(desk: ReportingDesk, agency: str) -> dict[str, int]:
    return figures_in(desk.past.days(AT.date(), AT.date()).values(), agency, PATROLS)


def said_of(found: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in found.items() if count}


def test_the_police_read_their_part_of_the_story_in_numbers(desk: ReportingDesk) -> None:
    hear(desk, range(len(story())))

    assert said_of(figures(desk, "police")) == {
        "town_tips_received": 1,
        "tips_led": 1,
        "tips_accepted": 1,
        "tips_verified": 1,
        "tips_substantiated": 1,
        "visits_recorded": 2,
        "visits_counted": 1,
        "visits_on_time": 1,
        "visits_missed": 1,
        "referrals_received": 1,
        "referrals_accepted": 1,
        "notices_delivered": 2,
        "notices_acknowledged": 2,
        "notices_to_acknowledge": 2,
        "notices_acknowledged_in_time": 1,
    }


def test_other_units_read_theirs(desk: ReportingDesk) -> None:
    hear(desk, range(len(story())))

    assert said_of(figures(desk, "market")) == {"town_tips_received": 1, "cases_opened": 1, "referrals_sent": 1}
    assert figures(desk, "tenancy")["tips_copied"] == 1
    assert said_of(figures(desk, "labour")) == {"town_tips_received": 1}


@pytest.mark.criterion("4.2")
@given(seed=st.integers(0, 2**32))
def test_order_and_repetition_change_no_figure(seed: int) -> None:
    once, thrice = _desk(), _desk()
    hear(once, range(len(story())))
    order = list(range(len(story()))) * 3
    random.Random(seed).shuffle(order)
    hear(thrice, order)

    for agency in ("police", "market", "tenancy", "office"):
        assert seal(figures(once, agency)) == seal(figures(thrice, agency))


def _desk() -> ReportingDesk:
    facts = MemoryFacts()
    empty: Any = None
    return ReportingDesk(empty, empty, facts, facts, empty, empty, FixedClock(AT))


def test_a_fact_names_the_agencies_concerned_and_nothing_personal() -> None:
    kept = [fact_of(event, at=AT, subject=subject, correlation_id="c") for subject, event in story()]

    assert kept[1].agencies == ("office", "police", "tenancy")
    assert kept[1].category == "gathering"
    assert all(set(each.details) <= KEPT for each in kept)
    assert KEPT.isdisjoint({"number", "name", "phone", "address", "text", "content", "rental_code", "village"})


def test_a_fact_needs_the_letter_of_its_event(desk: ReportingDesk) -> None:
    with pytest.raises(InvariantBroken):
        desk.keep_facts([Heard(story()[0][1], Cause(actor="a", correlation_id="c", event_id="e"))])


def test_those_who_lead_where_visits_are_proof_patrol(policy: Policy) -> None:
    assert patrols(policy) == PATROLS


@pytest.mark.criterion("12.4")
def test_the_seal_is_over_canonical_json() -> None:
    figures_written = {"tips_led": 3, "cases_opened": 0}

    assert seal(figures_written) == hashlib.sha256(rfc8785.dumps(figures_written)).hexdigest()
    assert seal(dict(reversed(figures_written.items()))) == seal(figures_written)
    assert seal({**figures_written, "tips_led": 4}) != seal(figures_written)
    with pytest.raises(InvariantBroken):
        seal({"举报": 1})


def test_every_event_is_heard() -> None:
    heard = {mark.handler: mark.events for _, mark in entries_of(Reporting) if isinstance(mark, Consumes)}

    assert heard == dict(SUBSCRIPTIONS["reporting"])


@dataclass(frozen=True)
class Written:
    kept_at: datetime
    event_type: str
    at: datetime


class MemoryFactViews(FactViews):
    """The views' counting over facts in memory; counts how many it was handed."""

    def __init__(self, clock: FixedClock, plan: Plan) -> None:
        super().__init__(clock, plan)
        self.rows: list[Written] = []
        self.read = 0

    def _written(self, after: datetime, upto: datetime | None) -> list[tuple[str, datetime]]:
        found = [each for each in self.rows if after < each.kept_at and (upto is None or each.kept_at <= upto)]
        self.read += len(found)
        return [(each.event_type, each.at) for each in found]


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 300), st.integers(0, 59), st.booleans()), max_size=30
    )
)
def test_counting_on_equals_counting_anew(plan: Plan, steps: list[tuple[str, int, int, bool]]) -> None:
    clock = FixedClock(AT)
    views = MemoryFactViews(clock, plan)
    for event_type, seconds, late_by, ask in steps:
        clock.advance(timedelta(seconds=seconds))
        # Readable only now, though its time of writing may be almost a minute ago.
        views.rows.append(Written(clock.now() - timedelta(seconds=late_by), event_type, clock.now()))
        if ask:
            views.tallies()

    clock.advance(timedelta(seconds=1))
    assert views.tallies() == views.recount()
    assert sum(each.count for each in views.recount().values()) == len(steps)


def test_what_has_settled_is_not_read_again(plan: Plan) -> None:
    clock = FixedClock(AT)
    views = MemoryFactViews(clock, plan)
    views.rows += [Written(AT, "a", AT) for _ in range(100)]
    clock.advance(timedelta(minutes=5))
    assert views.tallies() == {"a": Tally(100, AT)}

    views.read = 0
    views.rows.append(Written(clock.now(), "a", clock.now()))
    assert views.tallies()["a"] == Tally(101, clock.now())
    assert views.read == 1


def test_a_clock_that_goes_back_makes_counting_begin_anew(plan: Plan) -> None:
    clock = FixedClock(AT)
    views = MemoryFactViews(clock, plan)
    views.rows += [Written(AT, "a", AT)]
    clock.advance(timedelta(days=30))
    views.tallies()
    clock.advance(timedelta(days=-30))
    views.rows.append(Written(clock.now(), "a", clock.now()))

    assert views.tallies() == views.recount() == {"a": Tally(2, AT)}


def test_tallies_keep_the_newest_instant() -> None:
    later = AT + timedelta(hours=1)

    assert tallied({}, [("a", later), ("a", AT)]) == {"a": Tally(2, later)}


@pytest.mark.criterion("24")
def test_no_fact_says_which_dwelling_so_that_no_history_of_one_grows() -> None:
    graded = inspections.RentalGraded(
        rental_code="R-1", village="village/a", grade=inspections.Grade.KEY, previous=inspections.Grade.ORDINARY,
        expires_on=AT.date(), graded_at=AT,
    )  # fmt: skip
    told = [*story(), ("rental/R-1", graded)]
    kept = [fact_of(event, at=AT, subject=subject, correlation_id="c") for subject, event in told]

    assert "R-1" not in repr(kept)
    assert kept[-1].subject == "rental"
    assert kept[0].subject == "tip/1"

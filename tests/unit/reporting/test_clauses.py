"""The state of each sentence of the plan is said honestly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianxi.contracts.registry import EVENTS
from lianxi.contracts.reporting import ReturnFiled
from lianxi.kernel.clock import local_midnight
from lianxi.policy.policy import Policy
from services.reporting.domain.clauses import STATES, Moment, clause_list, next_due_on, state_of
from services.reporting.domain.facts import Tally
from services.reporting.policy import Plan, Sentence

ISSUED = date(2015, 10, 19)


def moment(today: date, *, is_report_missing: bool = False) -> Moment:
    return Moment(today=today, issued_on=ISSUED, is_report_missing=is_report_missing)


def noon(day: date) -> datetime:
    return local_midnight(day) + timedelta(hours=12)


def sentence(plan: Plan, clause: str) -> Sentence:
    return next(each for each in plan.sentences if each.clause == clause)


def test_all_sentences_are_shown_in_the_plan_s_order(plan: Plan, policy: Policy) -> None:
    shown = clause_list(plan.sentences, {}, moment(date(2015, 10, 20)))

    assert [each.clause for each in shown.items] == list(policy.clauses)
    assert len(shown.items) == sum(shown.totals.values()) == 107
    assert set(shown.totals) == set(STATES)
    assert shown.totals["kept"] == 0


@given(day=st.dates(date(2015, 10, 1), date(2016, 2, 1)), happened=st.sets(st.sampled_from(sorted(EVENTS))))
def test_a_sentence_for_which_nothing_runs_is_never_kept(plan: Plan, day: date, happened: set[str]) -> None:
    tallies = {key: Tally(3, noon(day)) for key in happened}

    for shown in clause_list(plan.sentences, tallies, moment(day)).items:
        if shown.status in {"not_yet", "refused", "nothing_owed"}:
            assert shown.state in {"not_running", "refused", "heading"}
            assert (shown.proofs, shown.last_proof_at) == (0, None)
        if shown.state == "kept":
            assert shown.proofs > 0


def test_proofs_are_counted_over_everything_that_is_proof(plan: Plan) -> None:
    routed = sentence(plan, "L35.1")
    first, last = (Tally(2, noon(date(2015, 10, 20))), Tally(5, noon(date(2015, 10, 21))))
    tallies = dict(zip(routed.kept_by, (first, last), strict=True))

    (shown,) = clause_list([routed], tallies, moment(date(2015, 10, 22))).items

    assert (shown.proofs, shown.last_proof_at, shown.state) == (7, last.last_at, "kept")


def test_only_what_a_running_part_names_is_proof(policy: Policy, plan: Plan) -> None:
    for each in plan.sentences:
        idle = {
            event
            for part in policy.obligations_of(each.clause)
            if part.status in {"not_yet", "refused"}
            for event in part.kept_by
        }
        running = {
            event
            for part in policy.obligations_of(each.clause)
            if part.status in {"runs", "partly"}
            for event in part.kept_by
        }
        assert set(each.kept_by) == running
        assert (idle - running).isdisjoint(each.kept_by)


@pytest.mark.parametrize(
    ("today", "last_proof", "state"),
    [
        (date(2015, 10, 20), None, "waiting"),
        (date(2015, 10, 26), None, "due"),
        (date(2015, 10, 29), None, "due"),
        (date(2015, 10, 30), None, "overdue"),
        (date(2015, 10, 30), date(2015, 10, 14), "overdue"),
        (date(2015, 10, 30), date(2015, 10, 16), "kept"),
        (date(2015, 10, 31), date(2015, 10, 30), "kept"),
        (date(2015, 11, 13), date(2015, 10, 28), "overdue"),
    ],
)
def test_L90_1_stands_by_its_dates(plan: Plan, today: date, last_proof: date | None, state: str) -> None:
    proof = None if last_proof is None else noon(last_proof)

    assert state_of(sentence(plan, "L90.1"), proof, moment(today)) == state


def test_one_missing_report_is_not_outweighed_by_the_others(plan: Plan) -> None:
    day = date(2015, 10, 30)
    tallies = {ReturnFiled.KEY: Tally(10, noon(date(2015, 10, 29)))}

    (shown,) = clause_list([sentence(plan, "L90.1")], tallies, moment(day, is_report_missing=True)).items

    assert (shown.state, shown.proofs, shown.next_due_on) == ("overdue", 10, date(2015, 11, 12))


def test_a_date_before_the_issue_is_never_overdue(plan: Plan) -> None:
    early = replace(sentence(plan, "L90.1"), due_on=(date(2015, 10, 15),), has_returns=False)

    assert state_of(early, None, moment(date(2015, 12, 1))) == "waiting"
    assert state_of(early, datetime(2015, 12, 1, tzinfo=UTC), moment(date(2015, 12, 1))) == "kept"


def test_what_does_not_run_still_shows_the_plan_s_next_date(plan: Plan) -> None:
    (shown,) = clause_list([sentence(plan, "L86.2")], {}, moment(date(2015, 12, 12))).items

    assert (shown.state, shown.next_due_on) == ("not_running", date(2015, 12, 31))


@pytest.mark.parametrize(
    ("clause", "today", "due"),
    [
        ("L45.1", date(2015, 11, 1), date(2015, 11, 1)),
        ("L45.1", date(2019, 2, 3), date(2019, 2, 3)),
        ("L62.2", date(2015, 9, 1), date(2015, 10, 1)),
        ("L62.2", date(2015, 11, 1), date(2015, 11, 1)),
        ("L62.2", date(2016, 1, 1), None),
        ("L65.1", date(2015, 11, 1), date(2015, 11, 30)),
        ("L65.1", date(2015, 12, 1), date(2015, 12, 31)),
        ("L79.2", date(2015, 10, 20), date(2015, 10, 29)),
        ("L83.1", date(2015, 10, 2), date(2015, 10, 10)),
        ("L86.2", date(2015, 12, 12), date(2015, 12, 31)),
        ("L90.1", date(2015, 11, 27), date(2015, 11, 30)),
        ("L88.1", date(2015, 11, 1), None),
    ],
)
def test_the_next_day_is_the_one_that_the_plan_names(plan: Plan, clause: str, today: date, due: date | None) -> None:
    assert next_due_on(sentence(plan, clause), today) == due


def test_nothing_is_due_next_on_a_day_that_has_passed(plan: Plan) -> None:
    for day in (date(2015, 10, 1), date(2015, 11, 13), date(2016, 6, 1)):
        for shown in clause_list(plan.sentences, {}, moment(day)).items:
            assert shown.next_due_on is None or shown.next_due_on >= day

"""Readiness says what is counted, from which sentence, and never calls done what nobody counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lianxi.contracts.assessment import DeductionState
from lianxi.contracts.readiness import AnsweredBy, IndicatorState, IndicatorView, VetoState
from lianxi.contracts.registry import EVENTS
from lianxi.policy.policy import Policy
from lianxi.policy.structure import structural_findings
from services.reporting.domain import readiness
from services.reporting.domain.deductions import Deduction
from services.reporting.domain.facts import Tally
from services.reporting.policy import read_plan

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def said(policy: Policy, happened: Mapping[str, int]) -> dict[str, IndicatorView]:
    tallies = {name: Tally(count, NOON) for name, count in happened.items()}
    sentences = {row.clause: row.sentence for row in read_plan(policy).sentences}
    return {each.indicator: each for each in readiness.indicators(policy.readiness, tallies, sentences)}


def test_forty_indicators_and_seven_vetoes_come_from_sentences_of_the_plan_or_of_law(policy: Policy) -> None:
    found = said(policy, {})

    assert list(found) == [f"R-{number:02}" for number in range(1, 41)]
    assert [each.id for each in policy.vetoes] == [f"V-{number}" for number in range(1, 8)]
    assert all(each.sentence for each in found.values() if each.clause.startswith("L"))
    facts = {fact.code for trigger in policy.assessment.triggers for fact in trigger.facts}
    assert all(each.facts and set(each.facts) <= facts for each in policy.vetoes)
    assert [each for each in structural_findings(policy, frozenset(EVENTS)) if each.id == "event.unknown"] == []


def test_what_nobody_counts_is_never_called_done(policy: Policy) -> None:
    everything = {event: 5 for row in policy.readiness for event in row.shown_by}
    found = said(policy, everything)

    for row in policy.readiness:
        view = found[row.id]
        if row.mode == "manual":
            assert (view.answered_by, view.state) == (AnsweredBy.PEOPLE, IndicatorState.TO_BE_SHOWN), row.id
        elif not (row.shown_by or row.against):
            assert view.state in {IndicatorState.NOT_COUNTED, IndicatorState.TO_BE_SHOWN}, row.id
    states = Counter(each.state for each in found.values())
    assert states[IndicatorState.SHOWN] >= 15
    assert states[IndicatorState.NOT_COUNTED] >= 5


@pytest.mark.parametrize(
    ("happened", "state"),
    [
        ({}, IndicatorState.NOTHING_YET),
        ({"reporting.return.filed.v1": 13}, IndicatorState.SHOWN),
        ({"reporting.return.filed.v1": 12, "reporting.return.missed.v1": 1}, IndicatorState.GAPS),
    ],
)
def test_an_indicator_is_shown_by_what_happened_unless_something_stands_against_it(
    policy: Policy, happened: dict[str, int], state: IndicatorState
) -> None:
    view = said(policy, happened)["R-07"]

    assert (view.clause, view.answered_by, view.state) == ("L90.1", AnsweredBy.DATA, state)
    assert {each.event: each.count for each in (*view.shown, *view.against) if each.count} == happened


def deduction(unit: str, state: DeductionState, *facts: str) -> Deduction:
    return Deduction(
        id=f"deduction_{unit}",
        unit=unit,
        trigger="missed-rescue",
        about="tip/tip_1",
        facts=facts,
        proof=(),
        came_late=False,
        tenths=5,
        state=state,
        proposed_by="system",
        proposed_at=NOON,
        statement_due_at=NOON,
    )


def test_a_veto_is_proposed_by_data_and_confirmed_by_a_person_alone(policy: Policy) -> None:
    proposed = deduction("police", DeductionState.PROPOSED, "rescue_missed", "work_not_done")
    applied = replace(proposed, state=DeductionState.APPLIED)
    dropped = replace(proposed, state=DeductionState.DROPPED)

    for known, state in ((proposed, VetoState.PROPOSED), (applied, VetoState.CONFIRMED), (dropped, VetoState.NONE)):
        found = {each.veto: each for each in readiness.vetoes(policy.vetoes, [(known, True)], {})}
        assert {name for name, each in found.items() if each.state is not VetoState.NONE} <= {"V-4"}
        assert (found["V-4"].state, found["V-4"].deductions) == (state, ("deduction/deduction_police",))
    (unseen,) = (each for each in readiness.vetoes(policy.vetoes, [(applied, False)], {}) if each.veto == "V-4")
    assert (unseen.state, unseen.deductions) == (VetoState.CONFIRMED, ())

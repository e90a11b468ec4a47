"""The board of the assessment: per unit what it is assessed by, where the proof lies, and which proof is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lianxi.contracts.assessment import BoardItem, DeductionState, UnitBoard
from lianxi.contracts.reporting import ClauseView, OrderView, StageReportState, StageReportView
from services.reporting.domain.deductions import OPEN, Deduction
from services.reporting.policy.assessment import AssessmentRules

IDLE = frozenset({"not_running", "refused", "heading"})
OWED = frozenset({StageReportState.DUE, StageReportState.MISSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one unit's board is made of; `latest` holds, by type of event, the newest records that prove it.

    Clause: L41.1.
    """

    sentences: Sequence[ClauseView]
    returns: Sequence[StageReportView]
    orders: Sequence[OrderView]
    deductions: Sequence[Deduction]
    latest: Mapping[str, tuple[str, ...]]


def board_of(unit: str, known: Evidence, rules: AssessmentRules) -> UnitBoard:
    """Lay out how a unit stands. Only what a person has applied is taken off, and never more than there is.

    Clause: L41.1, L88.1; criterion 19.2.
    Units: tenths of a point.
    """
    own = [each for each in known.deductions if each.unit == unit]
    taken = sum(each.tenths for each in own if each.state is DeductionState.APPLIED)
    return UnitBoard(
        unit=unit,
        of_tenths=rules.of_tenths,
        taken_tenths=taken,
        standing_tenths=max(0, rules.of_tenths - taken),
        proposed_tenths=sum(each.tenths for each in own if each.state in OPEN),
        items=(
            *_situations(own, rules),
            *(_return(each) for each in known.returns if each.agency == unit),
            *(_order(each) for each in known.orders if each.target.partition("/")[0] == unit),
            *(_sentence(each, known.latest) for each in known.sentences if unit in {*each.lead, *each.support}),
        ),
    )


def _situations(own: Sequence[Deduction], rules: AssessmentRules) -> Iterable[BoardItem]:
    """Say of each situation how it stands for the unit, the gravest of its deductions first."""
    order = (DeductionState.APPLIED, DeductionState.STATED, DeductionState.PROPOSED, DeductionState.DROPPED)
    for trigger in rules.triggers.values():
        found = [each for each in own if each.trigger == trigger.code]
        states = {each.state for each in found}
        state = next((each for each in order if each in states), None)
        yield BoardItem(
            code=f"trigger/{trigger.code}",
            clause=trigger.clause,
            state="none" if state is None else state.value,
            proofs=len(found),
            proof=tuple(f"deduction/{each.id}" for each in found),
            missing=(),
            tenths=sum(each.tenths for each in found if each.state is DeductionState.APPLIED),
        )


def _return(report: StageReportView) -> BoardItem:
    is_there = report.filed_at is not None
    return BoardItem(
        code=f"stage_report/{report.report_id}",
        clause="L90.1",
        state=report.state.value,
        proofs=int(is_there),
        proof=(f"stage_report/{report.report_id}",) if is_there else (),
        missing=("reporting.return.filed.v1",) if report.state in OWED else (),
    )


def _order(order: OrderView) -> BoardItem:
    is_answered = order.answered_at is not None
    return BoardItem(
        code=f"supervision_order/{order.order_id}",
        clause="L81.2",
        state=order.state.value,
        proofs=int(is_answered),
        proof=(f"supervision_order/{order.order_id}",) if is_answered else (),
        missing=() if is_answered else ("reporting.supervision_order.answered.v1",),
    )


def _sentence(sentence: ClauseView, latest: Mapping[str, tuple[str, ...]]) -> BoardItem:
    proof = tuple(dict.fromkeys(record for event in sentence.kept_by for record in latest.get(event, ())))
    is_unproven = sentence.state not in IDLE and (sentence.state == "overdue" or not sentence.proofs)
    return BoardItem(
        code=f"sentence/{sentence.clause}",
        clause=sentence.clause,
        state=sentence.state,
        proofs=sentence.proofs,
        proof=proof,
        missing=sentence.kept_by if is_unproven else (),
    )

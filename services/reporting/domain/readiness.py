"""How ready the town is for the acceptance: what data shows, what stands against it, and what only people can show.

No score is made: figures stand with what they are counted from, and nothing that nobody counts is called done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lianxi.contracts.assessment import DeductionState
from lianxi.contracts.readiness import AnsweredBy, Happened, IndicatorState, IndicatorView, VetoState, VetoView
from lianxi.policy.appraisal import Indicator, Veto
from services.reporting.domain.deductions import OPEN, Deduction
from services.reporting.domain.facts import Tally

_BY_MODE: Mapping[str, AnsweredBy] = {"automatic": AnsweredBy.DATA, "both": AnsweredBy.BOTH}


def indicators(
    rows: Iterable[Indicator], tallies: Mapping[str, Tally], sentences: Mapping[str, str]
) -> tuple[IndicatorView, ...]:
    """Say of each indicator what is counted of it.

    Clause: L7.2, L86.3 (domain 3.3, 3.4).
    """
    return tuple(_indicator(each, tallies, sentences) for each in rows)


def _indicator(row: Indicator, tallies: Mapping[str, Tally], sentences: Mapping[str, str]) -> IndicatorView:
    shown, against = (tuple(_happened(event, tallies) for event in events) for events in (row.shown_by, row.against))
    by = _answered_by(row)
    return IndicatorView(
        indicator=row.id,
        group=row.group,
        clause=row.clause,
        sentence=sentences.get(row.clause),
        name_zh=row.name_zh,
        name_en=row.name_en,
        evidence=row.evidence,
        answered_by=by,
        state=_state(by, shown, against),
        shown=shown,
        against=against,
    )


def _answered_by(row: Indicator) -> AnsweredBy:
    if row.mode == "manual":
        return AnsweredBy.PEOPLE
    if row.shown_by or row.against:
        return _BY_MODE[row.mode]
    return AnsweredBy.PEOPLE if row.mode == "both" else AnsweredBy.NOBODY


def _state(by: AnsweredBy, shown: Sequence[Happened], against: Sequence[Happened]) -> IndicatorState:
    if by is AnsweredBy.NOBODY:
        return IndicatorState.NOT_COUNTED
    if by is AnsweredBy.PEOPLE:
        return IndicatorState.TO_BE_SHOWN
    if any(each.count for each in against):
        return IndicatorState.GAPS
    return IndicatorState.SHOWN if any(each.count for each in shown) else IndicatorState.NOTHING_YET


def _happened(event: str, tallies: Mapping[str, Tally]) -> Happened:
    found = tallies.get(event)
    if found is None:
        return Happened(event=event, count=0, last_at=None)
    return Happened(event=event, count=found.count, last_at=found.last_at)


def vetoes(
    rows: Iterable[Veto], deductions: Sequence[tuple[Deduction, bool]], sentences: Mapping[str, str]
) -> tuple[VetoView, ...]:
    """Say of each veto whether it is proposed or confirmed; whoever may not read a deduction is not told which it is.

    Clause: L88.2 (domain 3.3: reported beside the score, confirmed by a person with the unit's reply attached).
    """
    return tuple(_veto(each, deductions, sentences) for each in rows)


def _veto(row: Veto, deductions: Sequence[tuple[Deduction, bool]], sentences: Mapping[str, str]) -> VetoView:
    about = [(each, may_read) for each, may_read in deductions if set(row.facts) & set(each.facts)]
    states = {each.state for each, _ in about}
    state = VetoState.PROPOSED if states & set(OPEN) else VetoState.NONE
    return VetoView(
        veto=row.id,
        clause=row.clause,
        sentence=sentences.get(row.clause),
        name_zh=row.name_zh,
        name_en=row.name_en,
        state=VetoState.CONFIRMED if DeductionState.APPLIED in states else state,
        deductions=tuple(f"deduction/{each.id}" for each, may_read in about if may_read),
    )

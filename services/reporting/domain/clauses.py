"""Which sentence of the plan is kept: said from proofs, and never of a sentence for which nothing runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lianxi.contracts.reporting import ClauseList, ClauseView
from lianxi.kernel.clock import local_date
from services.reporting.domain.facts import Tally
from services.reporting.domain.returns import REMINDED_BEFORE
from services.reporting.policy import Sentence

STATES = ("kept", "waiting", "due", "overdue", "not_running", "refused", "heading")
IDLE: Mapping[str, str] = {"nothing_owed": "heading", "refused": "refused", "not_yet": "not_running"}
"""What is said of a sentence for which nothing runs, whatever has happened in the town."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What day it is, when the programme was issued, and whether a stage report of it is missing.

    Clause: none.
    """

    today: date
    issued_on: date
    is_report_missing: bool


def clause_list(sentences: Sequence[Sentence], tallies: Mapping[str, Tally], moment: Moment) -> ClauseList:
    """Show sentences in the plan's order with their proofs, and how many are in which state.

    Clause: L2.1.
    """
    items = tuple(_view(sentence, tallies, moment) for sentence in sentences)
    counted = Counter(item.state for item in items)
    return ClauseList(items=items, totals={state: counted[state] for state in STATES})


def state_of(sentence: Sentence, last_proof_at: datetime | None, moment: Moment) -> str:
    """Say where a sentence stands.

    `kept` has proof, `waiting` runs and has none yet, `due` has a date within three days, `overdue` a date behind it
    without proof since the date before; dates before the programme's own issue count for nothing (X-03).

    Clause: L2.1.
    """
    if sentence.status in IDLE:
        return IDLE[sentence.status]
    if _is_overdue(sentence, last_proof_at, moment):
        return "overdue"
    if _is_due(sentence, last_proof_at, moment.today):
        return "due"
    return "waiting" if last_proof_at is None else "kept"


def next_due_on(sentence: Sentence, today: date) -> date | None:
    """Name the next day that the plan itself sets for a sentence; what is owed daily is owed today.

    Clause: L45.1, L65.1, L90.1.
    """
    return today if sentence.is_daily else next((on for on in sentence.planned_on if on >= today), None)


def _is_overdue(sentence: Sentence, last_proof_at: datetime | None, moment: Moment) -> bool:
    if sentence.has_returns and moment.is_report_missing:
        return True
    passed = [on for on in sentence.due_on if moment.issued_on <= on < moment.today]
    return bool(passed) and not _is_proved_for(sentence, passed[-1], last_proof_at)


def _is_due(sentence: Sentence, last_proof_at: datetime | None, today: date) -> bool:
    coming = next((on for on in sentence.due_on if on >= today), None)
    if coming is None or today < coming - REMINDED_BEFORE:
        return False
    return sentence.has_returns or not _is_proved_for(sentence, coming, last_proof_at)


def _is_proved_for(sentence: Sentence, due_on: date, last_proof_at: datetime | None) -> bool:
    if last_proof_at is None:
        return False
    before = max((on for on in sentence.due_on if on < due_on), default=None)
    return before is None or local_date(last_proof_at) > before


def _view(sentence: Sentence, tallies: Mapping[str, Tally], moment: Moment) -> ClauseView:
    found = [tallies[event_type] for event_type in sentence.kept_by if event_type in tallies]
    last_proof_at = max((tally.last_at for tally in found), default=None)
    return ClauseView(
        clause=sentence.clause,
        sentence=sentence.sentence,
        resolved=sentence.resolved,
        lead=sentence.lead,
        support=sentence.support,
        feature=sentence.feature,
        status=sentence.status,
        kept_by=sentence.kept_by,
        proofs=sum(tally.count for tally in found),
        last_proof_at=last_proof_at,
        state=state_of(sentence, last_proof_at, moment),
        next_due_on=next_due_on(sentence, moment.today),
    )

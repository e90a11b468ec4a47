"""How whoever holds the receipt code of a closed tip has it taken up again: once, with a reason, within the window."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from lianxi.contracts.tips import TipReopened, TipState, VerificationOutcome
from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import Conflict, RuleBroken
from lianxi.policy.policy import Policy
from services.tips.domain import keeping, working
from services.tips.domain.clocks import informant_told
from services.tips.domain.dispatching import dispatch
from services.tips.domain.returning import REOPENED_LINE, closed_at
from services.tips.domain.tip import Decision, Line, Reopening, Tip, told
from services.tips.policy import REOPEN_CLAUSE, REOPEN_REASON, reopening_ends_on

INFORMANT = "informant"


def last_day(tip: Tip, policy: Policy) -> date | None:
    """Say until which day, that day included, a tip may be reopened; `None` when it may not at all.

    Clause: L39.1 (criterion 9.2).
    """
    ended = closed_at(tip.timeline)
    if tip.state is not TipState.CLOSED or goes_another_way(tip) or tip.reopenings or ended is None:
        return None
    return reopening_ends_on(policy, ended)


def goes_another_way(tip: Tip) -> bool:
    """Say whether a tip was found to be so, or goes with a case: a reward and officers' work may stand on that.

    Clause: L39.1 (criterion 9.2).
    """
    return tip.case_id is not None or tip.verification is VerificationOutcome.SUBSTANTIATED


def check(tip: Tip, reason: str, policy: Policy, now: datetime) -> None:
    """Refuse to take a tip up again that is open, was found to be so, goes with its case, was taken up, or is old.

    Clause: L39.1 (criterion 9.2).
    Raises:
        Conflict: tip.not_closed, reopening.once_only.
        RuleBroken: reopening.with_its_case, reopening.substantiated, reopening.too_late, reopening.unexplained.
    """
    if tip.state is not TipState.CLOSED:
        raise Conflict("tip.not_closed")
    if tip.case_id is not None:
        raise RuleBroken("reopening.with_its_case", clause=REOPEN_CLAUSE)
    if goes_another_way(tip):
        raise RuleBroken("reopening.substantiated", clause=REOPEN_CLAUSE)
    if tip.reopenings:
        raise Conflict("reopening.once_only")
    until = last_day(tip, policy)
    if until is None or local_date(now) > until:
        raise RuleBroken("reopening.too_late", clause=REOPEN_CLAUSE)
    if not reason.strip():
        raise RuleBroken("reopening.unexplained", clause=REOPEN_CLAUSE)


def reopen(tip: Tip, sealed: str, redacted: str, policy: Policy, now: datetime) -> Decision:
    """Give a closed tip to its lead once more: the notice of that dispatch starts the limit, as any other does.

    How it had ended stays on record. Whoever asks has read what was decided, so that nobody waits to be told of it.

    Clause: L39.1, L81.2 (criterion 9.2).
    Raises:
        Conflict, RuleBroken: as `check` says; dialogue.full.
    """
    check(tip, redacted, policy, now)
    ended = Reopening(
        at=now,
        verification=tip.verification,
        next_owner=tip.next_owner,
        outcome=tip.outcome,
        closed_at=closed_at(tip.timeline),
    )
    tip, written = working.write_to_desk(tip, sealed, redacted, now)
    tip = replace(
        keeping.reopened(informant_told(tip, now)),
        verification=None,
        next_owner=None,
        outcome=None,
        reopenings=(*tip.reopenings, ended),
    )
    tip = told(tip, Line(at=now, what=REOPENED_LINE, by=INFORMANT, clause=REOPEN_CLAUSE))
    event = TipReopened(tip_id=tip.id, lead=tip.lead, reopened_at=tip.shown(now))
    tip, given = dispatch(tip, tip.lead, tip.dispatch.copies, REOPEN_REASON, REOPEN_CLAUSE, INFORMANT, now)
    return tip, (event, *written, given)

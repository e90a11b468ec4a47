"""How an informant comes back: what a receipt code opens, until when, and how it is changed for another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lianxi.contracts.tips import VerificationOutcome
from lianxi.kernel.errors import Conflict, NotFound
from services.tips.domain.tip import Decision, Line, Tip

CLOSED_LINE = "tip.closed"
REOPENED_LINE = "tip.reopened"


def closed_at(timeline: Sequence[Line]) -> datetime | None:
    """Say when a tip was closed the last time; `None` when it never was, or was taken up again since.

    Clause: none (criteria 2.3, 9.2).
    """
    ends = (line for line in reversed(timeline) if line.what in (CLOSED_LINE, REOPENED_LINE))
    return next((line.at if line.what == CLOSED_LINE else None for line in ends), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownReceipt:
    """What is looked up first for the verifier of a receipt code, and no more than decides whether it opens anything.

    `is_temporary` means that somebody else has seen the code: an officer who took the tip down.
    """

    tip_id: str
    verification: VerificationOutcome | None
    case_id: str | None
    closed_at: datetime | None
    is_temporary: bool


def known_receipt(tip: Tip) -> KnownReceipt:
    """Say of a tip what its receipt code is looked up for.

    Clause: none (criterion 2.3).
    """
    return KnownReceipt(
        tip_id=tip.id,
        verification=tip.verification,
        case_id=tip.case_id,
        closed_at=closed_at(tip.timeline),
        is_temporary=tip.is_receipt_temporary,
    )


def check_own(known: KnownReceipt) -> None:
    """Refuse to show anything for a code that somebody else has seen.

    Clause: none (criterion 2.4).
    Raises:
        Conflict: receipt.must_change.
    """
    if known.is_temporary:
        raise Conflict("receipt.must_change")


def change_receipt(tip: Tip, old: str, new: str) -> Decision:
    """Let another code open the tip from now on, and the old one nothing; the same change twice is one.

    Clause: none (criterion 2.4).
    Raises:
        NotFound: receipt.unknown.
    """
    if tip.receipt == new:
        return tip, ()
    if tip.receipt != old:
        raise NotFound("receipt.unknown")
    return replace(tip, receipt=new, is_receipt_temporary=False), ()

"""How long a tip and what is kept of its informant stay, and what remains of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lianxi.contracts.tips import VerificationOutcome
from lianxi.kernel.clock import local_date, local_midnight
from lianxi.policy.retention import (
    INFORMANT_IDENTITY,
    TIP_NOT_SUBSTANTIATED,
    TIP_SUBSTANTIATED,
    Purge,
    counted,
    purged,
)
from services.tips.domain.tip import Line, Tip, no_receipt, told

CASE_CLOSED = "case.closed"
IDENTITY_ERASED = "identity.erased"
PURGED = "retention.purged"


def closed(tip: Tip, now: datetime) -> Tip:
    """Begin to count: the tip's words by what verifying found, the informant's identity because the answer is there.

    Of a tip that has a case nothing is counted before its case has ended.

    Clause: pipl-47, prohibition-6.
    """
    identity = tip.identity and counted(tip.identity, INFORMANT_IDENTITY, now)
    is_substantiated = tip.verification is VerificationOutcome.SUBSTANTIATED or tip.case_id is not None
    rule = TIP_SUBSTANTIATED if is_substantiated else TIP_NOT_SUBSTANTIATED
    return with_its_case(replace(tip, keeping=counted(tip.keeping, rule, now), identity=identity))


def reopened(tip: Tip) -> Tip:
    """Stop counting, because a tip is open again; what was erased stays so.

    Clause: pipl-47.
    """
    identity = tip.identity
    if identity is not None and not identity.is_purged:
        identity = replace(identity, rule=None, since=None)
    return replace(tip, keeping=replace(tip.keeping, rule=None, since=None), identity=identity)


def with_its_case(tip: Tip) -> Tip:
    """Stop counting while a case runs that was opened on a tip, also one that is opened late.

    Clause: pipl-47.
    """
    if tip.case_id is None or any(line.what == CASE_CLOSED for line in tip.timeline):
        return tip
    return replace(tip, keeping=replace(tip.keeping, since=None))


def without_identity(tip: Tip, purge: Purge) -> Tip:
    """Note that what the vault kept of the informant is gone; that the informant was told stays.

    Clause: prohibition-6.
    """
    if tip.identity is None:
        return tip
    line = Line(at=purge.at, what=IDENTITY_ERASED, by=purge.run_id)
    return told(replace(tip, identity=purged(tip.identity, purge)), line)


def without_words(tip: Tip, purge: Purge) -> Tip:
    """Leave of a tip what statistics need: kind, channel, category, village, state, what verifying found, and months.

    Its receipt code opens nothing any more and answers like one that never was. Nobody reads it, so nobody is listed.

    Clause: pipl-47 (domain 5.3, 12).
    """
    month = _month(tip.received_at)
    given = replace(
        tip.dispatch, copies=(), reason="", dispatched_at=_month(tip.dispatch.dispatched_at), delivered_at=None,
        settled_at=None,
    )  # fmt: skip
    return Tip(
        id=tip.id,
        number="",
        kind=tip.kind,
        channel=tip.channel,
        category=tip.category,
        lane=tip.lane,
        state=tip.state,
        village=tip.village,
        rental_code=None,
        is_anonymous=tip.is_anonymous,
        sealed_content=None,
        redacted_text="",
        redacted_place=None,
        receipt=no_receipt(tip.id),
        submitted_by="",
        received_at=month,
        tie_break=0,
        listed_at=month,
        dispatches=(given,),
        timeline=(Line(at=purge.at, what=PURGED, by=purge.run_id),),
        verification=tip.verification,
        policy_version=tip.policy_version,
        keeping=purged(tip.keeping, purge),
        identity=tip.identity,
    )


def _month(instant: datetime) -> datetime:
    return local_midnight(local_date(instant).replace(day=1))

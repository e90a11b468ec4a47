"""A criminal referral: the statutory transfer of a case to the police, with the law's clocks.

Its states are those of the State Council's transfer rule (2001, revised 2020): ``Rule art. n`` cites it; ``Procedure``
is the police's own rule of criminal procedure (2020). Every time limit runs from the act that starts it to the act that
meets it; nobody can stop, move or forget one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from lianxi.contracts.cases import (
    PAPERS,
    AnswerReferral,
    ClockBreached,
    DecideReferral,
    Paper,
    PaperStatus,
    ReferralAccepted,
    ReferralApproved,
    ReferralDecided,
    ReferralDrafted,
    ReferralHandedOver,
    ReferralRefused,
    ReferralSent,
    ReferralState,
    ReferralSupplemented,
    ReferralView,
    RequestSupplement,
    StatutoryClock,
    SupplementReferral,
    SupplementRequested,
)
from lianxi.contracts.envelope import Event
from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import Conflict, RuleBroken
from services.cases import policy
from services.cases.domain.cases import agency_of
from services.cases.policy import Deadline

LEAST_OFFICERS = 2
POLICE = "police"
_SHA256_LETTERS = 64
_HEXADECIMAL = frozenset("0123456789abcdef")
_OPAQUE = re.compile(r"[!-~]{1,100}")
"""An actor id as account systems make them: no space and no Chinese, so that nobody types a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriminalReferral:
    """The statutory transfer of one case to the police.

    `sent_to_agency` is empty until it is sent, so that the receiver cannot see a draft. `next_due_at` is when the next
    running limit ends; `breached_since` is there while a limit has passed and is still unmet.
    """

    id: str
    case_id: str
    case_number: str
    sender: str
    sender_agency: str
    receiver: str
    sent_to_agency: str | None = None
    state: ReferralState = ReferralState.AWAITING_DECISION
    officers: tuple[str, ...]
    papers: tuple[Paper, ...]
    clocks: tuple[StatutoryClock, ...] = ()
    missing_papers: tuple[str, ...] = ()
    head: str | None = None
    reason: str | None = None
    police_reference: str | None = None
    receipt: dict[str, Any] | None = None
    drafted_at: datetime
    next_due_at: datetime | None = None
    breached_since: datetime | None = None


def is_seen_by(referral: CriminalReferral, agency: str) -> bool:
    """Say whether an agency may know of a referral: the sender's always, the receiver's once it was sent.

    Clause: none.
    """
    return agency in {referral.sender_agency, referral.sent_to_agency}


def as_view(referral: CriminalReferral, version: int) -> ReferralView:
    """Show a referral to its two sides.

    Clause: none.
    """
    return ReferralView(
        referral_id=referral.id,
        version=version,
        case_id=referral.case_id,
        case_number=referral.case_number,
        sender=referral.sender,
        receiver=referral.receiver,
        state=referral.state,
        officers=referral.officers,
        papers=referral.papers,
        clocks=referral.clocks,
        missing_papers=referral.missing_papers,
        reason=referral.reason,
        police_reference=referral.police_reference,
        receipt=referral.receipt,
    )


def draft(referral: CriminalReferral, deadline: Deadline) -> tuple[CriminalReferral, tuple[Event, ...]]:
    """Report a suspected crime to the head, with two officers named and every paper accounted for.

    Clause: L32.1; Rule arts 5, 6 (T-31, criterion 1.3).
    Raises:
        RuleBroken: referral.officers_too_few, referral.actor_not_opaque, referral.receiver_not_police, and as
            `check_papers`.
    """
    if len({each.strip() for each in referral.officers if each.strip()}) < LEAST_OFFICERS:
        raise RuleBroken("referral.officers_too_few", clause="Rule art. 5", least=LEAST_OFFICERS)
    for officer in referral.officers:
        check_actor(officer)
    if agency_of(referral.receiver) != POLICE:
        raise RuleBroken("referral.receiver_not_police", clause="Rule art. 5", receiver=referral.receiver)
    check_papers(referral.papers, PAPERS)
    reported = _start(referral, policy.HEAD_DECIDES, referral.sender, referral.drafted_at, deadline)
    due_at = reported.clocks[-1].due_at
    return reported, (ReferralDrafted(**_facts(reported, reported.drafted_at), due_at=due_at),)


def check_actor(actor: str) -> None:
    """Refuse a person who is not given as an opaque actor id: names of people have no place here.

    Clause: Rule art. 5.
    Raises:
        RuleBroken: referral.actor_not_opaque.
    """
    if _OPAQUE.fullmatch(actor.strip()) is None:
        raise RuleBroken("referral.actor_not_opaque", clause="Rule art. 5")


def check_papers(papers: Sequence[Paper], wanted: Sequence[str]) -> None:
    """See that each wanted paper is there once: its file's SHA-256, or a recorded reason why there is none.

    Clause: Rule art. 6 (criterion 1.3).
    Raises:
        RuleBroken: referral.paper_unknown, referral.paper_twice, referral.paper_missing, each naming the paper.
    """
    given = {each.name: each for each in papers}
    for each in papers:
        if each.name not in PAPERS:
            raise RuleBroken("referral.paper_unknown", clause="Rule art. 6", paper=each.name)
        if given[each.name] is not each:
            raise RuleBroken("referral.paper_twice", clause="Rule art. 6", paper=each.name)
    for name in (*wanted, *given):
        if name not in given or not _is_accounted_for(given[name]):
            raise RuleBroken("referral.paper_missing", clause="Rule art. 6", paper=name)


def decide(
    referral: CriminalReferral, command: DecideReferral, now: datetime, deadline: Deadline
) -> tuple[CriminalReferral, tuple[Event, ...]]:
    """Let the head approve the transfer, or refuse it with a reason; the head is none of the officers.

    Clause: L32.1; Rule art. 5 (T-31, T-32).
    Raises:
        RuleBroken: referral.actor_not_opaque, referral.head_is_officer, referral.reason_missing.
    """
    referral, late = _come_to(referral, now, ReferralState.AWAITING_DECISION)
    head = command.head.strip()
    check_actor(head)
    if head in {each.strip() for each in referral.officers}:
        raise RuleBroken("referral.head_is_officer", clause="Rule art. 5")
    decided = replace(_meet(referral, policy.HEAD_DECIDES, now), head=head)
    if command.approve:
        decided = _start(
            replace(decided, state=ReferralState.APPROVED), policy.TRANSFER, referral.sender, now, deadline
        )
        announced: Event = ReferralApproved(**_facts(decided, now), due_at=decided.clocks[-1].due_at)
        return decided, (*late, announced)
    reason = _reason(command.reason)
    refused = replace(decided, state=ReferralState.NOT_TRANSFERRED, reason=reason)
    return refused, (*late, ReferralRefused(**_facts(refused, now)))


def send(referral: CriminalReferral, now: datetime, deadline: Deadline) -> tuple[CriminalReferral, tuple[Event, ...]]:
    """Send an approved referral; from now the police can see it and have 24 hours to say what is missing.

    Clause: L32.1; Rule art. 5; Procedure art. 180 (T-32, T-34).
    """
    referral, late = _come_to(referral, now, ReferralState.APPROVED)
    sent = replace(
        _meet(referral, policy.TRANSFER, now),
        state=ReferralState.SENT,
        sent_to_agency=agency_of(referral.receiver),
    )
    sent = _start(sent, policy.TELL_MISSING, referral.receiver, now, deadline)
    return sent, (*late, ReferralSent(**_facts(sent, now)))


def accept(
    referral: CriminalReferral, receipt: dict[str, Any], now: datetime, deadline: Deadline
) -> tuple[CriminalReferral, tuple[Event, ...]]:
    """Take a referral on with a signed receipt; the desk that signed is the receiver from now on.

    Signing without a word about papers tells the sender that none are missing, so it meets the 24 hours of T-34. The
    police's three days run from the time on the receipt, also when taking on had to be tried again.

    Clause: L32.1; Rule arts 7, 8 (T-34, T-35, criterion 1.4).
    """
    referral, late = _come_to(referral, now, ReferralState.SENT)
    taken = replace(
        _meet(referral, policy.TELL_MISSING, now),
        state=ReferralState.ACCEPTED,
        receiver=receipt["receiver"],
        receipt=receipt,
    )
    signed_at = datetime.fromisoformat(receipt["received_at"])
    taken = _start(taken, policy.POLICE_DECIDE, taken.receiver, signed_at, deadline)
    due_at = taken.clocks[-1].due_at
    announced = ReferralAccepted(**_facts(taken, now), receipt_number=receipt["number"], due_at=due_at)
    return taken, (*late, announced)


def request_supplement(
    referral: CriminalReferral, command: RequestSupplement, now: datetime, deadline: Deadline
) -> tuple[CriminalReferral, tuple[Event, ...]]:
    """Ask for papers that are missing. It is never a refusal, and it does not stop the police's own three days.

    Clause: Procedure art. 180 (T-34).
    Raises:
        RuleBroken: referral.papers_unnamed, referral.paper_unknown.
    """
    referral, late = _come_to(referral, now, ReferralState.ACCEPTED)
    if not command.papers:
        raise RuleBroken("referral.papers_unnamed", clause="Procedure art. 180")
    for name in command.papers:
        if name not in PAPERS:
            raise RuleBroken("referral.paper_unknown", clause="Rule art. 6", paper=name)
    told, later = _tell_missing(referral, now)
    names = tuple(name for name in PAPERS if name in command.papers)
    asked = replace(told, state=ReferralState.SUPPLEMENTING, missing_papers=names)
    asked = _start(asked, policy.SUPPLEMENT, referral.sender, now, deadline)
    announced = SupplementRequested(**_facts(asked, now), papers=names, due_at=asked.clocks[-1].due_at)
    return asked, (*late, *later, announced)


def supplement(
    referral: CriminalReferral, command: SupplementReferral, now: datetime
) -> tuple[CriminalReferral, tuple[Event, ...]]:
    """Hand in the papers that were missing, or say for good why there are none.

    The receipt keeps the list of what was handed in first.

    Clause: Procedure art. 180 (T-34).
    Raises:
        RuleBroken: referral.paper_missing, naming the paper; *to follow* is no answer any more.
    """
    referral, late = _come_to(referral, now, ReferralState.SUPPLEMENTING)
    check_papers(command.papers, referral.missing_papers)
    for each in command.papers:
        if each.status is PaperStatus.TO_FOLLOW:
            raise RuleBroken("referral.paper_missing", clause="Procedure art. 180", paper=each.name)
    handed = {each.name: each for each in (*referral.papers, *command.papers)}
    whole = replace(
        _meet(referral, policy.SUPPLEMENT, now),
        state=ReferralState.ACCEPTED,
        papers=tuple(handed[name] for name in PAPERS),
        missing_papers=(),
    )
    return whole, (*late, ReferralSupplemented(**_facts(whole, now)))


def answer(
    referral: CriminalReferral, command: AnswerReferral, now: datetime, deadline: Deadline
) -> tuple[CriminalReferral, tuple[Event, ...]]:
    """Let the police file a criminal case, or decline with reasons in writing.

    Papers still awaited are no longer needed then, so the sender's days for them end with the answer.

    Clause: L34.1; Rule art. 8 (T-35, T-37).
    Raises:
        RuleBroken: referral.reason_missing.
    """
    referral, late = _come_to(referral, now, ReferralState.ACCEPTED, ReferralState.SUPPLEMENTING)
    told = replace(
        _meet(_meet(referral, policy.POLICE_DECIDE, now), policy.SUPPLEMENT, now),
        police_reference=command.police_reference.strip() or None,
        missing_papers=(),
    )
    if command.filed:
        filed = _start(replace(told, state=ReferralState.FILED), policy.HAND_OVER, referral.sender, now, deadline)
        due_at = filed.clocks[-1].due_at
        return filed, (*late, ReferralDecided(**_facts(filed, now), filed=True, due_at=due_at))
    declined = replace(told, state=ReferralState.DECLINED, reason=_reason(command.reason))
    return declined, (*late, ReferralDecided(**_facts(declined, now), filed=False, due_at=None))


def complete(referral: CriminalReferral, now: datetime) -> tuple[CriminalReferral, tuple[Event, ...]]:
    """Hand items and papers over to the police.

    Clause: Rule art. 12 (T-37).
    """
    referral, late = _come_to(referral, now, ReferralState.FILED)
    done = replace(_meet(referral, policy.HAND_OVER, now), state=ReferralState.HANDED_OVER)
    return done, (*late, ReferralHandedOver(**_facts(done, now)))


def breach(referral: CriminalReferral, now: datetime) -> tuple[CriminalReferral, tuple[Event, ...]]:
    """Mark every limit that has passed unmet, once; a second look changes nothing.

    Clause: L32.1; Rule art. 16 (a late transfer is itself a fault).
    """
    passed = [each for each in referral.clocks if _is_running(each) and each.due_at <= now]
    if not passed:
        return referral, ()
    clocks = tuple(replace(each, breached_at=now) if each in passed else each for each in referral.clocks)
    return _with(referral, clocks), tuple(_breached(referral, each, now) for each in passed)


# --- clocks


def _is_running(clock: StatutoryClock) -> bool:
    return clock.met_at is None and clock.breached_at is None


def _with(referral: CriminalReferral, clocks: tuple[StatutoryClock, ...]) -> CriminalReferral:
    return replace(
        referral,
        clocks=clocks,
        next_due_at=min((each.due_at for each in clocks if _is_running(each)), default=None),
        breached_since=min((each.breached_at for each in clocks if each.breached_at and not each.met_at), default=None),
    )


def _start(referral: CriminalReferral, clock: str, owner: str, now: datetime, deadline: Deadline) -> CriminalReferral:
    """Start a limit, by the row of law in force when the referral was drafted."""
    came_in_on: date = local_date(referral.drafted_at)
    started = StatutoryClock(clock=clock, owner=owner, started_at=now, due_at=deadline(clock, now, came_in_on))
    return _with(referral, (*referral.clocks, started))


def _meet(referral: CriminalReferral, clock: str, now: datetime) -> CriminalReferral:
    """End a limit by the act it asks for; what came late stays marked as late."""
    return _with(
        referral,
        tuple(
            replace(each, met_at=now) if each.clock == clock and each.met_at is None else each
            for each in referral.clocks
        ),
    )


def _tell_missing(referral: CriminalReferral, now: datetime) -> tuple[CriminalReferral, tuple[Event, ...]]:
    """Move the telling from the signing to the request: papers named after the 24 hours were told late."""
    told = next(each for each in referral.clocks if each.clock == policy.TELL_MISSING)
    is_late = told.due_at <= now and told.breached_at is None
    moved = replace(told, met_at=now, breached_at=now if is_late else told.breached_at)
    clocks = tuple(moved if each is told else each for each in referral.clocks)
    return _with(referral, clocks), (_breached(referral, told, now),) if is_late else ()


def _breached(referral: CriminalReferral, clock: StatutoryClock, now: datetime) -> ClockBreached:
    return ClockBreached(
        referral_id=referral.id,
        case_id=referral.case_id,
        clock=clock.clock,
        owner=clock.owner,
        due_at=clock.due_at,
        breached_at=now,
    )


def _come_to(
    referral: CriminalReferral, now: datetime, *expected: ReferralState
) -> tuple[CriminalReferral, tuple[Event, ...]]:
    """See that a step is allowed now; a limit that passed before any sweep saw it is marked first."""
    if referral.state not in expected:
        raise Conflict("referral.wrong_state", state=referral.state.value, expected=[each.value for each in expected])
    return breach(referral, now)


def _facts(referral: CriminalReferral, now: datetime) -> dict[str, Any]:
    return {
        "referral_id": referral.id,
        "case_id": referral.case_id,
        "sender": referral.sender,
        "receiver": referral.receiver,
        "at": now,
    }


def _reason(written: str) -> str:
    if not written.strip():
        raise RuleBroken("referral.reason_missing", clause="Rule art. 8")
    return written.strip()


def _is_accounted_for(paper: Paper) -> bool:
    if paper.status is PaperStatus.ATTACHED:
        return paper.sha256 is not None and len(paper.sha256) == _SHA256_LETTERS and set(paper.sha256) <= _HEXADECIMAL
    return bool(paper.reason.strip())

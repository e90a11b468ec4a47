"""A criminal referral: what is kept of it, who may know of it, and how its time limits are started, met and marked.

Its states are those of the State Council's transfer rule (2001, revised 2020): ``Rule art. n`` cites it; ``Procedure``
is the police's own rule of criminal procedure (2020). Every time limit runs from the act that starts it to the act that
meets it; nobody can stop, move or forget one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lianxi.contracts.cases import ClockBreached, Paper, ReferralState, ReferralView, Statement, StatutoryClock
from lianxi.contracts.envelope import Caller, Event
from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import Conflict, RuleBroken
from lianxi.policy.book import Migration
from lianxi.policy.retention import CRIMINAL_REFERRAL, NOT_COUNTED, Keeping, Purge, counted, purged
from services.cases.domain.limits import (
    Limit,
    has_passed,
    late_since,
    met,
    met_in_hindsight,
    next_look,
    seen_to,
    started,
)
from services.cases.policy import Rules

Events = tuple[Event, ...]
ENDED = frozenset(
    {
        ReferralState.NOT_TRANSFERRED,
        ReferralState.HANDED_OVER,
        ReferralState.FORWARDED,
        ReferralState.SUPERVISED,
        ReferralState.TAKEN_BACK,
    }
)
RUNNING = tuple(state for state in ReferralState if state not in ENDED)
"""Where referrals stand that may still be moved; what has ended stays under the version that it ended by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriminalReferral:
    """The statutory transfer of one case to the police.

    `sent_to_agency` is empty until it is sent, so that the receiver cannot see a draft. `next_rung_at` is when a sweep
    has to look again; `breached_since` is there while a limit has passed and is still unmet. `reason` is that of the
    latest refusal; `statements` holds every reason that either side gave. `policy_version` is the version of the policy
    that it runs under, `migrations` how it came to that one.
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
    clocks: tuple[Limit, ...] = ()
    missing_papers: tuple[str, ...] = ()
    head: str | None = None
    reason: str | None = None
    statements: tuple[Statement, ...] = ()
    police_reference: str | None = None
    receipt: dict[str, Any] | None = None
    forwarded_to: str | None = None
    drafted_at: datetime
    next_rung_at: datetime | None = None
    breached_since: datetime | None = None
    policy_version: int = 1
    migrations: tuple[Migration, ...] = ()
    keeping: Keeping = NOT_COUNTED


def handed_over(referral: CriminalReferral, leaver: str, successor: str) -> CriminalReferral:
    """Put another officer of the same agency in the place of one who leaves; it still has two of them.

    A successor who is among them already is not named twice; the agency then names another before it sends.

    Clause: Rule art. 5 (criterion 23).
    """
    officers = tuple(successor if each == leaver else each for each in referral.officers)
    return replace(referral, officers=tuple(dict.fromkeys(officers)))


def is_seen_by(referral: CriminalReferral, caller: Caller) -> bool:
    """Say whether somebody may know of a referral: the sender's side always, the receiver's once it was sent.

    Clause: none.
    """
    is_receiver = referral.sent_to_agency == caller.agency and caller.holds(referral.receiver)
    return is_receiver or (referral.sender_agency == caller.agency and caller.holds(referral.sender))


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
        clocks=tuple(_clock_view(each) for each in referral.clocks),
        missing_papers=referral.missing_papers,
        reason=referral.reason,
        police_reference=referral.police_reference,
        receipt=referral.receipt,
        forwarded_to=referral.forwarded_to,
        statements=referral.statements,
    )


def _clock_view(limit: Limit) -> StatutoryClock:
    return StatutoryClock(
        clock=limit.clock,
        owner=limit.owner,
        started_at=limit.started_at,
        due_at=limit.due_at,
        met_at=limit.met_at,
        breached_at=limit.breached_at,
        rungs=limit.running.fired,
    )


def see_to_clocks(referral: CriminalReferral, now: datetime, rules: Rules) -> tuple[CriminalReferral, Events]:
    """Mark every limit that has passed and fire every rung that was reached, once; a second look changes nothing.

    Clause: L32.1, L81.2; Rule art. 16 (a late transfer is itself a fault).
    """
    announced: list[Event] = []
    looked: list[Limit] = []
    for each in referral.clocks:
        limit, rungs = seen_to(referral.id, each, now, rules)
        looked.append(limit)
        announced += [*([breached(referral, each, now)] if has_passed(each, now) else []), *rungs]
    return with_clocks(referral, tuple(looked), rules), tuple(announced)


def come_to(
    referral: CriminalReferral, now: datetime, rules: Rules, *expected: ReferralState
) -> tuple[CriminalReferral, Events]:
    """See that a step is allowed now; what has come due before any sweep saw it is told first.

    Clause: L32.1.
    Raises:
        Conflict: referral.wrong_state.
    """
    if referral.state not in expected:
        raise Conflict("referral.wrong_state", state=referral.state.value, expected=[each.value for each in expected])
    return see_to_clocks(referral, now, rules)


def start(referral: CriminalReferral, clock: str, owner: str, at: datetime, rules: Rules) -> CriminalReferral:
    """Start a limit, by the row of law in force when the referral was drafted.

    Clause: L32.1.
    """
    limit = started(rules, clock, owner, at, local_date(referral.drafted_at))
    return with_clocks(referral, (*referral.clocks, limit), rules)


def meet(referral: CriminalReferral, now: datetime, rules: Rules, *clocks: str) -> CriminalReferral:
    """End limits by the act they ask for; what came late stays marked as late.

    Clause: L32.1.
    """
    ended = tuple(met(each, now) if each.clock in clocks else each for each in referral.clocks)
    return with_clocks(referral, ended, rules)


def meet_in_hindsight(
    referral: CriminalReferral, limit: Limit, now: datetime, rules: Rules
) -> tuple[CriminalReferral, Events]:
    """End a limit that was not known to run, or seemed to be met; it is told as breached if the act came too late.

    Clause: Rule art. 7; Procedure art. 180.
    """
    ended, rungs = met_in_hindsight(referral.id, limit, now, rules)
    held = referral.clocks if limit in referral.clocks else (*referral.clocks, limit)
    clocks = tuple(ended if each is limit else each for each in held)
    late = (breached(referral, limit, now),) if ended.breached_at != limit.breached_at else ()
    return with_clocks(referral, clocks, rules), (*late, *rungs)


def migrate(
    referral: CriminalReferral, entry: Migration, old: Rules | None, new: Rules
) -> tuple[CriminalReferral, Events]:
    """Let a referral run under another version from now on; one that has ended or been moved stays as it is.

    What the old version had due is told first, if it can still be read. Ends that were told stay; limits that start
    later, and ladders, are the new version's.

    Clause: L81.2 (criterion 7.3).
    """
    if referral.policy_version != entry.from_version or referral.state not in RUNNING:
        return referral, ()
    referral, due = (referral, ()) if old is None else see_to_clocks(referral, entry.at, old)
    moved = replace(referral, policy_version=entry.to_version, migrations=(*referral.migrations, entry))
    return with_clocks(moved, moved.clocks, new), due


def kept_from_its_end(
    decided: tuple[CriminalReferral, Sequence[Event]], now: datetime
) -> tuple[CriminalReferral, Sequence[Event]]:
    """Begin to count how long a referral is kept, once it has ended.

    Clause: transfer-5.
    """
    referral, events = decided
    if referral.state not in ENDED or referral.keeping.since is not None:
        return decided
    return replace(referral, keeping=counted(referral.keeping, CRIMINAL_REFERRAL, now)), events


def without_persons(referral: CriminalReferral, purge: Purge) -> CriminalReferral:
    """Leave of a referral its way, its limits and the hashes of its papers; who acted, and every word, go.

    Clause: transfer-5 (domain 5.5).
    """
    return replace(
        referral,
        officers=(),
        head=None,
        reason=None,
        statements=(),
        police_reference=None,
        receipt=None,
        papers=tuple(replace(each, reason="") for each in referral.papers),
        migrations=(),
        keeping=purged(referral.keeping, purge),
    )


def with_clocks(referral: CriminalReferral, clocks: tuple[Limit, ...], rules: Rules) -> CriminalReferral:
    """Put a referral's limits in their place, and note when a sweep has to look and whether one is late.

    Clause: L81.2.
    """
    return replace(referral, clocks=clocks, next_rung_at=next_look(clocks, rules), breached_since=late_since(clocks))


def breached(referral: CriminalReferral, limit: Limit, now: datetime) -> ClockBreached:
    """Say that a limit has passed unmet.

    Clause: Rule art. 16.
    """
    return ClockBreached(
        referral_id=referral.id,
        case_id=referral.case_id,
        clock=limit.clock,
        owner=limit.owner,
        due_at=limit.due_at,
        breached_at=now,
    )


def facts(referral: CriminalReferral, now: datetime) -> dict[str, Any]:
    """Say what every event of a referral says.

    Clause: none.
    """
    return {
        "referral_id": referral.id,
        "case_id": referral.case_id,
        "sender": referral.sender,
        "receiver": referral.receiver,
        "at": now,
    }


def stating(referral: CriminalReferral, step: ReferralState, by: str, reason: str, now: datetime) -> CriminalReferral:
    """Come to a step for which a reason is owed in writing; every reason is kept.

    Clause: Rule arts 5, 7, 8, 9.
    Raises:
        RuleBroken: referral.reason_missing.
    """
    if not reason.strip():
        raise RuleBroken("referral.reason_missing", clause="Rule art. 8")
    statement = Statement(step=step, by=by, at=now, reason=reason.strip())
    return replace(referral, state=step, statements=(*referral.statements, statement))

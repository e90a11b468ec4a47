"""A request to open what is kept of an informant: two persons of two agencies, a motive, a day, and an alarm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.vault import (
    IdentityOpened,
    OpeningAsked,
    OpeningAttempted,
    OpeningDecided,
    OpeningKind,
    OpeningState,
)
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken

LASTS = timedelta(hours=24)
SECRECY_CLAUSE = "prohibition-6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A request to open.

    `expires_at` is a day after asking, and from the second person's yes a day after that. `withheld_ground` is the law
    that forbids telling the informant; without one the informant is told.
    """

    id: str
    tip_id: str
    kind: OpeningKind
    motive: str
    state: OpeningState
    asked_by: str
    asked_agency: str
    asked_at: datetime
    expires_at: datetime
    decided_by: str | None = None
    decided_agency: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    withheld_ground: str | None = None
    read_at: tuple[datetime, ...] = ()
    attempts: tuple[datetime, ...] = ()

    def state_at(self, now: datetime) -> OpeningState:
        """Say where it stands at an instant: a request that nobody decided, and a yes of yesterday, have expired."""
        runs = self.state in (OpeningState.ASKED, OpeningState.APPROVED)
        return OpeningState.EXPIRED if runs and now >= self.expires_at else self.state


OpeningDecision = tuple[Opening, Sequence[Event]]


def ask(opening_id: str, tip_id: str, kind: OpeningKind, motive: str, caller: Caller, now: datetime) -> OpeningDecision:
    """Ask to open what is kept of an informant.

    Clause: none (domain A-10, from Reg. art. 6).
    """
    opening = Opening(
        id=opening_id,
        tip_id=tip_id,
        kind=kind,
        motive=motive,
        state=OpeningState.ASKED,
        asked_by=caller.actor,
        asked_agency=caller.agency,
        asked_at=now,
        expires_at=now + LASTS,
    )
    asked = OpeningAsked(request_id=opening_id, tip_id=tip_id, kind=kind, agency=caller.agency, asked_at=now)
    return opening, (asked,)


def check_visible(opening: Opening, tip_id: str, caller: Caller) -> None:
    """Refuse whoever neither asked nor keeps the vault, in the words for a request that is not there.

    Clause: none (domain 5.4).
    Raises:
        NotFound: opening.not_found.
    """
    if opening.tip_id != tip_id or not (caller.sees_all or caller.actor == opening.asked_by):
        raise NotFound("opening.not_found")


def decide(
    opening: Opening, approve: bool, reason: str, withheld_ground: str | None, caller: Caller, now: datetime
) -> OpeningDecision:
    """Say yes or no, as a custodian who is neither whoever asked nor of that agency.

    Clause: none (domain A-10; criterion 8.4).
    Raises:
        Forbidden: opening.same_person, opening.same_agency.
        Conflict: opening.settled.
    """
    if caller.actor == opening.asked_by:
        raise Forbidden("opening.same_person", clause=SECRECY_CLAUSE)
    if caller.agency == opening.asked_agency:
        raise Forbidden("opening.same_agency", clause=SECRECY_CLAUSE)
    _check_asked(opening, now)
    decided = replace(
        opening,
        state=OpeningState.APPROVED if approve else OpeningState.REFUSED,
        decided_by=caller.actor,
        decided_agency=caller.agency,
        decided_at=now,
        reason=reason,
        withheld_ground=withheld_ground if approve else None,
        expires_at=now + LASTS if approve else opening.expires_at,
    )
    event = OpeningDecided(
        request_id=opening.id, tip_id=opening.tip_id, agency=caller.agency, is_approved=approve, decided_at=now
    )
    return decided, (event,)


def withdraw(opening: Opening, caller: Caller, now: datetime) -> OpeningDecision:
    """Take a request back, as whoever asked.

    Clause: none (criterion 8.4).
    Raises:
        Forbidden: opening.not_yours.
        Conflict: opening.settled.
    """
    if caller.actor != opening.asked_by:
        raise Forbidden("opening.not_yours")
    if opening.state_at(now) is not OpeningState.APPROVED:
        _check_asked(opening, now)
    return replace(opening, state=OpeningState.WITHDRAWN), ()


def read(opening: Opening, now: datetime) -> OpeningDecision:
    """Note that an identity is read.

    Clause: none (criterion 8.4).
    Raises:
        RuleBroken: opening.second_key_missing; whoever sees to it that it is told comes before (`attempt`).
    """
    if opening.state_at(now) is not OpeningState.APPROVED:
        raise RuleBroken("opening.second_key_missing", clause=SECRECY_CLAUSE, state=opening.state_at(now).value)
    event = IdentityOpened(
        request_id=opening.id, tip_id=opening.tip_id, kind=opening.kind, agency=opening.asked_agency, opened_at=now
    )
    return replace(opening, read_at=(*opening.read_at, now)), (event,)


def attempt(opening: Opening, now: datetime) -> OpeningDecision:
    """Note that somebody tried to read an identity without the second key, and tell the office.

    Clause: none (domain 5.7, 8).
    """
    event = OpeningAttempted(
        request_id=opening.id,
        tip_id=opening.tip_id,
        agency=opening.asked_agency,
        state=opening.state_at(now),
        attempted_at=now,
    )
    return replace(opening, attempts=(*opening.attempts[-99:], now)), (event,)


def _check_asked(opening: Opening, now: datetime) -> None:
    if opening.state_at(now) is not OpeningState.ASKED:
        raise Conflict("opening.settled", state=opening.state_at(now).value)

"""Evidence of a case: held by one desk at a time, handed over by two, destroyed by two, and looked at every week.

Nothing is ever taken out of its custody, and there is no rule that deletes a piece of evidence.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from lianxi.contracts.envelope import Event
from lianxi.contracts.evidence import (
    AskDestruction,
    CustodyAct,
    CustodyEntry,
    DecideDestruction,
    Destruction,
    DestructionAsked,
    DestructionRefused,
    EvidenceAltered,
    EvidenceCollected,
    EvidenceDeclined,
    EvidenceDestroyed,
    EvidenceKind,
    EvidenceOffered,
    EvidenceReceived,
    EvidenceRecovered,
    EvidenceState,
    EvidenceView,
    SealEvidence,
)
from lianxi.kernel.clock import local_date, local_midnight
from lianxi.kernel.errors import Conflict, Forbidden, RuleBroken

NIGHTS: Final = 7
BEGINS: Final = timedelta(hours=1)
"""The nightly look begins at one in the morning, town's time."""


class Finding(StrEnum):
    """What looking at a file says."""

    WHOLE = "whole"
    ALTERED = "altered"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One piece of evidence. `sealed` holds the file's key and what it shows; `holder` is one desk, always.

    `next_check_at` is the night on which its file is hashed again; without it, nothing is left to hash.
    """

    id: str
    case_id: str
    owner: str
    owner_agency: str
    kind: EvidenceKind
    file: str
    media_type: str
    size: int
    sha256: str
    sealed: str
    holder: str
    given_by: str | None = None
    offered_to: str | None = None
    state: EvidenceState = EvidenceState.HELD
    seal_number: str | None = None
    collected_at: datetime
    checked_at: datetime
    next_check_at: datetime | None
    altered_at: datetime | None = None
    destruction: Destruction | None = None
    custody: tuple[CustodyEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who does something with evidence: the person, for which desk, when."""

    by: str
    desk: str
    at: datetime


class Said(Protocol):
    """What is told of everything that is done with evidence."""

    @property
    def why(self) -> str:
        """The reason."""
        ...

    @property
    def where(self) -> str:
        """The place."""
        ...


Decision = tuple[Evidence, tuple[Event, ...]]


def as_view(evidence: Evidence, version: int, label: str, receivers: tuple[str, ...]) -> EvidenceView:
    """Show evidence with everything that was done with it.

    Clause: L31.1 (criterion 9.3).
    """
    return EvidenceView(
        evidence_id=evidence.id,
        version=version,
        case_id=evidence.case_id,
        owner=evidence.owner,
        holder=evidence.holder,
        offered_to=evidence.offered_to,
        receivers=receivers,
        kind=evidence.kind,
        label=label,
        media_type=evidence.media_type,
        size=evidence.size,
        sha256=evidence.sha256,
        state=evidence.state,
        seal_number=evidence.seal_number,
        collected_at=evidence.collected_at,
        checked_at=evidence.checked_at,
        altered_at=evidence.altered_at,
        destruction=evidence.destruction,
        custody=evidence.custody,
    )


def collect(evidence: Evidence, said: Said, hand: Hand) -> Decision:
    """Take a file into a case; the desk of the case holds it, and its first night is drawn by its id.

    Clause: L31.1 (criterion 9.3).
    """
    first = replace(
        evidence,
        custody=(_entry(CustodyAct.COLLECT, said, hand),),
        next_check_at=_night(hand.at, 1 + _lot(evidence.id)),
    )
    told = EvidenceCollected(**_told(first, hand.at), kind=first.kind, media_type=first.media_type, size=first.size)
    return first, (told,)


def seal(evidence: Evidence, command: SealEvidence, hand: Hand) -> Decision:
    """Note the number under which the thing or its carrier was sealed; a later seal has a later entry.

    Clause: L31.1 (criterion 9.3).
    Raises:
        Conflict: evidence.destroyed, evidence.being_handed_over, evidence.destruction_open.
        Forbidden: evidence.not_your_hands.
    """
    _check_in_hand(evidence, hand)
    entry = _entry(CustodyAct.SEAL, command, hand, note=command.seal_number)
    return replace(evidence, seal_number=command.seal_number, custody=(*evidence.custody, entry)), ()


def look(evidence: Evidence, act: CustodyAct, said: Said, hand: Hand) -> Decision:
    """Note that somebody looks at a file or takes a copy along.

    Clause: L31.1 (criterion 9.3).
    Raises:
        Conflict: evidence.destroyed.
    """
    _check_there(evidence)
    return replace(evidence, custody=(*evidence.custody, _entry(act, said, hand))), ()


def offer(evidence: Evidence, receiver: str, said: Said, hand: Hand, *, is_return: bool = False) -> Decision:
    """Offer evidence to a desk; until that desk confirms, whoever offers it holds it.

    Clause: L32.1 (criterion 9.3: both sides).
    Raises:
        Conflict: evidence.destroyed, evidence.being_handed_over, evidence.destruction_open.
        Forbidden: evidence.not_your_hands.
        RuleBroken: evidence.receiver_holds_it.
    """
    _check_in_hand(evidence, hand)
    if receiver == evidence.holder:
        raise RuleBroken("evidence.receiver_holds_it", desk=receiver)
    act = CustodyAct.RETURN if is_return else CustodyAct.HAND_OVER
    after = replace(
        evidence,
        state=EvidenceState.OFFERED,
        offered_to=receiver,
        custody=(*evidence.custody, _entry(act, said, hand, to=receiver)),
    )
    told = EvidenceOffered(**_told(evidence, hand.at), sender=evidence.holder, receiver=receiver, is_return=is_return)
    return after, (told,)


def giver_of(evidence: Evidence) -> str:
    """Name the desk that evidence came from.

    Clause: L32.1.
    Raises:
        RuleBroken: evidence.nobody_to_return_to.
    """
    if evidence.given_by is None:
        raise RuleBroken("evidence.nobody_to_return_to")
    return evidence.given_by


def receive(evidence: Evidence, said: Said, hand: Hand) -> Decision:
    """Confirm on the other side; from this write on the receiver holds it.

    Clause: L32.1 (criterion 9.3: both sides).
    Raises:
        Conflict: evidence.not_offered.
        Forbidden: evidence.not_your_hands, evidence.other_person_needed.
    """
    receiver = _offered_to(evidence, hand)
    if hand.by == _offered_by(evidence):
        raise Forbidden("evidence.other_person_needed")
    after = replace(
        evidence,
        state=EvidenceState.HELD,
        holder=receiver,
        given_by=evidence.holder,
        offered_to=None,
        custody=(*evidence.custody, _entry(CustodyAct.RECEIVE, said, hand, to=evidence.holder)),
    )
    return after, (EvidenceReceived(**_told(evidence, hand.at), sender=evidence.holder, receiver=receiver),)


def decline(evidence: Evidence, said: Said, hand: Hand) -> Decision:
    """Say on the other side that it is not taken.

    Clause: L32.1 (criterion 9.3: both sides).
    Raises:
        Conflict: evidence.not_offered.
        Forbidden: evidence.not_your_hands.
    """
    receiver = _offered_to(evidence, hand)
    return _not_handed_over(evidence, CustodyAct.DECLINE, receiver, said, hand)


def take_back(evidence: Evidence, said: Said, hand: Hand) -> Decision:
    """Take an offer back that nobody has confirmed.

    Clause: L32.1 (criterion 9.3: both sides).
    Raises:
        Conflict: evidence.not_offered.
        Forbidden: evidence.not_your_hands.
    """
    receiver = _check_offered(evidence)
    if hand.desk != evidence.holder:
        raise Forbidden("evidence.not_your_hands", holder=evidence.holder)
    return _not_handed_over(evidence, CustodyAct.TAKE_BACK, receiver, said, hand)


def ask_destruction(evidence: Evidence, command: AskDestruction, hand: Hand, *, is_kept_back: bool) -> Decision:
    """Ask that evidence be destroyed, by a decision that has a reference; what is on legal hold stays.

    Clause: L31.1 (criterion 9.3); pipl-47.
    Raises:
        Conflict: evidence.destroyed, evidence.being_handed_over, evidence.destruction_open, evidence.on_hold.
        Forbidden: evidence.not_your_hands.
    """
    _check_in_hand(evidence, hand)
    _check_not_on_hold(is_kept_back=is_kept_back)
    after = replace(
        evidence,
        state=EvidenceState.DESTRUCTION_ASKED,
        destruction=Destruction(
            decision_reference=command.decision_reference.strip(), asked_by=hand.by, asked_at=hand.at
        ),
        custody=(
            *evidence.custody,
            _entry(CustodyAct.ASK_DESTRUCTION, command, hand, note=command.decision_reference.strip()),
        ),
    )
    return after, (DestructionAsked(**_told(evidence, hand.at)),)


def decide_destruction(evidence: Evidence, command: DecideDestruction, hand: Hand, *, is_kept_back: bool) -> Decision:
    """Approve the destruction, or refuse it; never the person who asked.

    Clause: L31.1 (criterion 9.3).
    Raises:
        Conflict: evidence.destruction_not_asked, evidence.on_hold.
        Forbidden: evidence.not_your_hands, evidence.other_person_needed.
    """
    if evidence.state is not EvidenceState.DESTRUCTION_ASKED or evidence.destruction is None:
        raise Conflict("evidence.destruction_not_asked")
    if hand.desk != evidence.holder:
        raise Forbidden("evidence.not_your_hands", holder=evidence.holder)
    if hand.by == evidence.destruction.asked_by:
        raise Forbidden("evidence.other_person_needed")
    decided = replace(evidence.destruction, decided_by=hand.by, decided_at=hand.at)
    if not command.approve:
        entry = _entry(CustodyAct.REFUSE_DESTRUCTION, command, hand)
        after = replace(evidence, state=EvidenceState.HELD, destruction=decided, custody=(*evidence.custody, entry))
        return after, (DestructionRefused(**_told(evidence, hand.at)),)
    _check_not_on_hold(is_kept_back=is_kept_back)
    return _destroyed(replace(evidence, destruction=decided), _entry(CustodyAct.DESTROY, command, hand))


def purge(evidence: Evidence, run: Said, hand: Hand) -> Decision:
    """Destroy what is left in a case that was kept long enough; two people have decided on that run.

    Reasons and places of what was done go with it: they are people's words.

    Clause: pipl-47 (domain 5.5).
    """
    is_gone = evidence.state is EvidenceState.DESTROYED
    after, told = (evidence, ()) if is_gone else _destroyed(evidence, _entry(CustodyAct.DESTROY, run, hand))
    bare = tuple(replace(each, why="", where="", by="") for each in after.custody[:-1])
    return replace(after, custody=(*bare, *after.custody[-1:])), told


def file_gone(evidence: Evidence) -> Decision:
    """Note that the file of what was destroyed is deleted.

    Clause: L31.1 (criterion 9.3).
    """
    return replace(evidence, file=""), ()


def looked_at(evidence: Evidence, finding: Finding, now: datetime) -> Decision:
    """Note what hashing a file again has found; that it is another is announced once, and stays until it is whole.

    Clause: L31.1 (criterion 9.3: one flipped byte).
    """
    if evidence.state is EvidenceState.DESTROYED:
        return evidence, ()
    seen = replace(evidence, checked_at=now, next_check_at=_night(now, NIGHTS))
    if (finding is Finding.WHOLE) == (evidence.altered_at is None):
        return seen, ()
    is_whole = finding is Finding.WHOLE
    entry = CustodyEntry(
        act=CustodyAct.FIND_WHOLE if is_whole else CustodyAct.FIND_ALTERED,
        by="desk:cases",
        desk=evidence.holder,
        at=now,
        why=finding.value,
        where="-",
    )
    found = replace(seen, altered_at=None if is_whole else now, custody=(*evidence.custody, entry))
    if is_whole:
        return found, (EvidenceRecovered(**_told(evidence, now)),)
    return found, (
        EvidenceAltered(**_told(evidence, now), receiver=evidence.holder, is_missing=finding is Finding.MISSING),
    )


def _destroyed(evidence: Evidence, entry: CustodyEntry) -> Decision:
    after = replace(
        evidence,
        state=EvidenceState.DESTROYED,
        # Without its key what lies there is noise, also in a backup.
        sealed="",
        offered_to=None,
        next_check_at=None,
        altered_at=None,
        custody=(*evidence.custody, entry),
    )
    return after, (EvidenceDestroyed(**_told(evidence, entry.at)),)


def _not_handed_over(evidence: Evidence, act: CustodyAct, receiver: str, said: Said, hand: Hand) -> Decision:
    after = replace(
        evidence,
        state=EvidenceState.HELD,
        offered_to=None,
        custody=(*evidence.custody, _entry(act, said, hand, to=receiver)),
    )
    told = EvidenceDeclined(
        **_told(evidence, hand.at),
        sender=evidence.holder,
        receiver=receiver,
        is_taken_back=act is CustodyAct.TAKE_BACK,
    )
    return after, (told,)


def _check_there(evidence: Evidence) -> None:
    if evidence.state is EvidenceState.DESTROYED:
        raise Conflict("evidence.destroyed")


def _check_in_hand(evidence: Evidence, hand: Hand) -> None:
    _check_there(evidence)
    if evidence.state is EvidenceState.OFFERED:
        raise Conflict("evidence.being_handed_over")
    if evidence.state is EvidenceState.DESTRUCTION_ASKED:
        raise Conflict("evidence.destruction_open")
    if hand.desk != evidence.holder:
        raise Forbidden("evidence.not_your_hands", holder=evidence.holder)


def _check_offered(evidence: Evidence) -> str:
    if evidence.state is not EvidenceState.OFFERED or evidence.offered_to is None:
        raise Conflict("evidence.not_offered")
    return evidence.offered_to


def _offered_to(evidence: Evidence, hand: Hand) -> str:
    receiver = _check_offered(evidence)
    if hand.desk != receiver:
        raise Forbidden("evidence.not_your_hands", holder=evidence.holder)
    return receiver


def _offered_by(evidence: Evidence) -> str:
    """Name the person who made the offer that is open."""
    offers = (each.by for each in reversed(evidence.custody) if each.act in (CustodyAct.HAND_OVER, CustodyAct.RETURN))
    return next(offers, "")


def _check_not_on_hold(*, is_kept_back: bool) -> None:
    if is_kept_back:
        raise Conflict("evidence.on_hold")


def _entry(act: CustodyAct, said: Said, hand: Hand, *, to: str | None = None, note: str | None = None) -> CustodyEntry:
    why = said.why.strip() if note is None else f"{said.why.strip()} [{note}]"
    return CustodyEntry(act=act, by=hand.by, desk=hand.desk, at=hand.at, why=why, where=said.where.strip(), to=to)


def _told(evidence: Evidence, at: datetime) -> dict[str, Any]:
    """Say what every event of evidence says."""
    return {
        "evidence_id": evidence.id,
        "case_id": evidence.case_id,
        "owner": evidence.owner,
        "sha256": evidence.sha256,
        "at": at,
    }


def _lot(evidence_id: str) -> int:
    """Draw the night of a piece of evidence by its id, so that what came in one day is spread over the nights."""
    return int.from_bytes(hashlib.sha256(evidence_id.encode()).digest()[:4]) % NIGHTS


def _night(now: datetime, nights: int) -> datetime:
    """Say when a night begins; tonight's is the first that is still to come."""
    return local_midnight(local_date(now) + timedelta(days=nights)) + BEGINS

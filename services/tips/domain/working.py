"""Taking a tip on, verifying it, ending it, following its case, and writing with its informant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from lianxi.contracts.attachments import AttachedPicture
from lianxi.contracts.envelope import Caller
from lianxi.contracts.feedback import FeedbackGiven
from lianxi.contracts.tips import (
    Channel,
    TellingWay,
    TipAccepted,
    TipClosed,
    TipKind,
    TipMessagePosted,
    TipState,
    TipVerified,
    VerificationOutcome,
)
from lianxi.kernel.errors import Conflict, RuleBroken
from lianxi.policy.policy import Policy
from services.tips.domain import keeping
from services.tips.domain.attachments import attached
from services.tips.domain.clocks import (
    alarm_answered,
    decided,
    informant_told,
    is_alarm_sounding,
    is_to_be_told,
    settled,
)
from services.tips.domain.tip import (
    NO_RECEIPT,
    Author,
    Decision,
    Line,
    Message,
    Tip,
    check_mine,
    check_undecided,
    readers,
    told,
)
from services.tips.policy import DIALOGUE_LETTERS, DIALOGUE_MESSAGES, TELLING_CLAUSE, VERIFY_CLAUSE

DIALOGUE = "dialogue"
"""The way of telling that this system sees by itself."""


def accept(tip: Tip, officer: str | None, caller: Caller, now: datetime) -> Decision:
    """Take a tip on, by the agency whose desk leads. A complaint's limit is met by this; a report's runs on.

    It is the human's word that an alarm waits for: a person says it, or a machine names the officer who did. Nothing
    that answers by itself can silence an alarm.

    Clause: L32.1, L34.1, L39.1 (domain K-07).
    Raises:
        NotFound, Forbidden: as everywhere.
        Conflict: tip.already_accepted, tip.already_verified, tip.already_closed.
        RuleBroken: tip.officer_needed.
    """
    check_mine(tip, caller, tip.lead)
    check_undecided(tip)
    if tip.state is TipState.ACCEPTED:
        raise Conflict("tip.already_accepted")
    if is_alarm_sounding(tip) and officer is None and not caller.is_person:
        raise RuleBroken("tip.officer_needed", clause=VERIFY_CLAUSE)
    tip = replace(tip, state=TipState.ACCEPTED, officer=officer or (caller.actor if caller.is_person else None))
    tip = alarm_answered(tip, now)
    tip = settled(tip, now) if tip.kind is TipKind.COMPLAINT else tip
    tip = told(tip, Line(at=now, what="tip.accepted", by=tip.lead, clause=VERIFY_CLAUSE, reference=officer))
    return tip, (TipAccepted(tip_id=tip.id, desk=tip.lead, accepted_at=tip.shown(now)),)


def handed_over(tip: Tip, leaver: str, successor: str) -> Tip:
    """Give a tip from the officer who took it on to another of the same agency.

    Clause: L31.1 (criterion 23).
    """
    return replace(tip, officer=successor) if tip.officer == leaver else tip


def verify(
    tip: Tip,
    outcome: VerificationOutcome,
    next_owner: str | None,
    caller: Caller,
    now: datetime,
    policy: Policy,
) -> Decision:
    """Record what verifying found, by the lead that took the tip on; only a substantiated tip has a next owner.

    From then on an informant who gave a name waits to be told, whatever was found.

    Clause: L39.1 (Reg. art. 6), L32.1 (domain T-02); *not substantiated* says nothing about whoever told it.
    Raises:
        NotFound, Forbidden: as everywhere.
        Conflict: tip.already_verified, tip.already_closed.
        RuleBroken: tip.not_accepted, verification.next_owner_needed, verification.next_owner_unwanted.
    """
    check_mine(tip, caller, tip.lead)
    check_undecided(tip)
    if tip.state is not TipState.ACCEPTED:
        raise RuleBroken("tip.not_accepted", clause=VERIFY_CLAUSE)
    is_substantiated = outcome is VerificationOutcome.SUBSTANTIATED
    if is_substantiated and next_owner is None:
        raise RuleBroken("verification.next_owner_needed", clause=VERIFY_CLAUSE)
    if not is_substantiated and next_owner is not None:
        raise RuleBroken("verification.next_owner_unwanted", clause=VERIFY_CLAUSE)
    tip = replace(
        settled(tip, now),
        state=TipState.VERIFIED,
        verification=outcome,
        next_owner=next_owner,
        agencies=readers(tip.submitter, tip.lead, *tip.dispatch.copies, next_owner),
    )
    tip = told(tip, Line(at=now, what="tip.verified", by=tip.lead, clause=VERIFY_CLAUSE, reference=next_owner))
    event = TipVerified(
        tip_id=tip.id,
        number=tip.number,
        category=tip.category,
        desk=tip.lead,
        outcome=outcome,
        next_owner=next_owner,
        rental_code=tip.rental_code,
        verified_at=tip.shown(now),
    )
    tip, begun = decided(tip, policy, now)
    return tip, (event, *begun, *_feedback(tip, outcome, now))


def _feedback(tip: Tip, outcome: VerificationOutcome, now: datetime) -> tuple[FeedbackGiven, ...]:
    """Have a liaison's agency told of the result, in the same words whatever it is."""
    if tip.channel is not Channel.LIAISON:
        return ()
    told_of = FeedbackGiven(
        tip_id=tip.id,
        number=tip.number,
        receiver=tip.submitted_by,
        outcome=outcome,
        is_anonymous=tip.is_anonymous,
        given_at=tip.shown(now),
    )
    return (told_of,)


def tell(tip: Tip, way: TellingWay, caller: Caller, now: datetime) -> Decision:
    """Note that the informant was told what was decided, outside this system, by the lead or the next owner.

    Clause: L32.1 (domain T-02).
    Raises:
        NotFound, Forbidden: as everywhere.
        RuleBroken: tip.nobody_to_tell.
    """
    check_mine(tip, caller, tip.lead, tip.next_owner)
    if not is_to_be_told(tip):
        raise RuleBroken("tip.nobody_to_tell", clause=TELLING_CLAUSE)
    by = _spoken_for(tip, caller)
    return _told_by(tip, by, way.value, now), ()


def _spoken_for(tip: Tip, caller: Caller) -> str:
    """Say for which of the two desks that may end a tip somebody speaks: the lead, or else the next owner."""
    return tip.lead if caller.holds(tip.lead) or tip.next_owner is None else tip.next_owner


def _told_by(tip: Tip, by: str, way: str, now: datetime) -> Tip:
    line = Line(at=now, what="informant.told", by=by, clause=TELLING_CLAUSE, reference=way)
    return told(informant_told(tip, now), line)


def _read_by_its_code(tip: Tip, by: str, now: datetime) -> Tip:
    """Take what the desk writes for having told the informant, if a receipt code opens it."""
    reaches = is_to_be_told(tip) and not tip.receipt.startswith(NO_RECEIPT)
    return _told_by(tip, by, DIALOGUE, now) if reaches else tip


def close(tip: Tip, outcome: str, caller: Caller, now: datetime) -> Decision:
    """Close a verified tip with a sentence for its informant, by the lead or the next owner.

    Clause: L39.1.
    Raises:
        NotFound, Forbidden: as everywhere.
        Conflict: tip.already_closed.
        RuleBroken: tip.not_verified.
    """
    check_mine(tip, caller, tip.lead, tip.next_owner)
    if tip.state is TipState.CLOSED:
        raise Conflict("tip.already_closed")
    if tip.state is not TipState.VERIFIED:
        raise RuleBroken("tip.not_verified", clause=VERIFY_CLAUSE)
    by = _spoken_for(tip, caller)
    return _closed(tip, by, outcome, now)


def _closed(tip: Tip, by: str, outcome: str, now: datetime) -> Decision:
    tip = replace(alarm_answered(settled(tip, now), now), state=TipState.CLOSED, outcome=outcome)
    tip = _read_by_its_code(tip, by, now)
    tip = told(keeping.closed(tip, now), Line(at=now, what="tip.closed", by=by, clause=VERIFY_CLAUSE))
    event = TipClosed(
        tip_id=tip.id, desk=by, verification=tip.verification, case_id=tip.case_id, closed_at=tip.shown(now)
    )
    return tip, (event,)


def link_case(tip: Tip, case_id: str, owner: str, opened_at: datetime) -> Decision:
    """Note that an officer has opened a case on a tip; of several the earliest id is the tip's.

    Clause: L31.1, L34.1.
    """
    line = Line(at=opened_at, what="case.opened", by=owner, reference=case_id)
    return keeping.with_its_case(told(replace(tip, case_id=min(case_id, tip.case_id or case_id)), line)), ()


def end_with_case(tip: Tip, case_id: str, owner: str, outcome: str, closed_at: datetime) -> Decision:
    """Close a tip with its case; it may be heard before the case's opening, and of a tip that is closed already.

    Clause: L39.1.
    """
    line = Line(at=closed_at, what=keeping.CASE_CLOSED, by=owner, reference=case_id)
    tip = told(replace(tip, case_id=min(case_id, tip.case_id or case_id)), line)
    if tip.state is TipState.CLOSED:
        return keeping.closed(tip, closed_at), ()
    return _closed(tip, owner, f"case.{outcome}", closed_at)


def write_to_informant(tip: Tip, text: str, caller: Caller, now: datetime) -> Decision:
    """Write to the informant, by the lead.

    Clause: none (criterion 2.6).
    Raises:
        NotFound, Forbidden: as everywhere.
        RuleBroken: dialogue.full.
    """
    check_mine(tip, caller, tip.lead)
    tip = _read_by_its_code(replace(tip, unread_since=tip.unread_since or now), tip.lead, now)
    return _posted(tip, Message(author=Author.DESK, desk=tip.lead, sealed=None, text=text, posted_at=now))


def replies_read(tip: Tip) -> Decision:
    """Note that the informant has read every reply; when is noted nowhere.

    Clause: none (criterion 2.6).
    """
    return replace(tip, unread_since=None), ()


def write_to_desk(
    tip: Tip, sealed: str, redacted: str, now: datetime, pictures: Sequence[AttachedPicture] = ()
) -> Decision:
    """Write from the informant's side; the sealed letter stays as it came, both sides read the redacted one.

    Clause: none (criterion 2.6).
    Raises:
        RuleBroken: dialogue.full, attachment.too_many.
    """
    tip = attached(tip, pictures, Author.INFORMANT, now)
    return _posted(tip, Message(author=Author.INFORMANT, desk=None, sealed=sealed, text=redacted, posted_at=now))


def _posted(tip: Tip, message: Message) -> Decision:
    letters = sum(len(each.text) + len(each.sealed or "") for each in (*tip.messages, message))
    if len(tip.messages) >= DIALOGUE_MESSAGES or letters > DIALOGUE_LETTERS:
        raise RuleBroken("dialogue.full")
    tip = replace(tip, messages=(*tip.messages, message))
    event = TipMessagePosted(
        tip_id=tip.id, author=message.author.value, lead=tip.lead, posted_at=tip.shown(message.posted_at)
    )
    return tip, (event,)

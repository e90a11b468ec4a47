"""The way of a criminal referral from the report to the head to the items in the hands of the police."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from lianxi.contracts.cases import (
    PAPERS,
    AnswerReferral,
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
    RequestSupplement,
    SupplementReferral,
    SupplementRequested,
)
from lianxi.contracts.envelope import Event
from lianxi.kernel.errors import RuleBroken
from services.cases import policy
from services.cases.domain.cases import agency_of
from services.cases.domain.referrals import (
    CriminalReferral,
    Events,
    come_to,
    facts,
    meet,
    meet_in_hindsight,
    start,
    stating,
)
from services.cases.policy import Rules

LEAST_OFFICERS = 2
POLICE = "police"
_SHA256_LETTERS = 64
_HEXADECIMAL = frozenset("0123456789abcdef")
_OPAQUE = re.compile(r"[!-~]{1,100}")
"""An actor id as account systems make them: no space and no Chinese, so that nobody types a name."""


def draft(referral: CriminalReferral, rules: Rules) -> tuple[CriminalReferral, Events]:
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
    reported = start(referral, policy.HEAD_DECIDES, referral.sender, referral.drafted_at, rules)
    due_at = reported.clocks[-1].due_at
    return reported, (ReferralDrafted(**facts(reported, reported.drafted_at), due_at=due_at),)


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
    referral: CriminalReferral, command: DecideReferral, now: datetime, rules: Rules
) -> tuple[CriminalReferral, Events]:
    """Let the head approve the transfer, or refuse it with a reason; the head is none of the officers.

    Clause: L32.1; Rule art. 5 (T-31, T-32).
    Raises:
        RuleBroken: referral.actor_not_opaque, referral.head_is_officer, referral.reason_missing.
    """
    referral, due = come_to(referral, now, rules, ReferralState.AWAITING_DECISION)
    head = command.head.strip()
    check_actor(head)
    if head in {each.strip() for each in referral.officers}:
        raise RuleBroken("referral.head_is_officer", clause="Rule art. 5")
    decided = replace(meet(referral, now, rules, policy.HEAD_DECIDES), head=head)
    if command.approve:
        decided = replace(decided, state=ReferralState.APPROVED)
        decided = start(decided, policy.TRANSFER, referral.sender, now, rules)
        announced: Event = ReferralApproved(**facts(decided, now), due_at=decided.clocks[-1].due_at)
        return decided, (*due, announced)
    refused = stating(decided, ReferralState.NOT_TRANSFERRED, referral.sender, command.reason, now)
    refused = replace(refused, reason=command.reason.strip())
    return refused, (*due, ReferralRefused(**facts(refused, now)))


def send(referral: CriminalReferral, now: datetime, rules: Rules) -> tuple[CriminalReferral, Events]:
    """Send an approved referral; from now the police can see it and have 24 hours to say what is missing.

    Clause: L32.1; Rule art. 5; Procedure art. 180 (T-32, T-34).
    """
    referral, due = come_to(referral, now, rules, ReferralState.APPROVED)
    sent = replace(
        meet(referral, now, rules, policy.TRANSFER),
        state=ReferralState.SENT,
        sent_to_agency=agency_of(referral.receiver),
    )
    sent = start(sent, policy.TELL_MISSING, referral.receiver, now, rules)
    return sent, (*due, ReferralSent(**facts(sent, now)))


def accept(
    referral: CriminalReferral, receipt: dict[str, Any], now: datetime, rules: Rules, *, is_competent: bool = True
) -> tuple[CriminalReferral, Events]:
    """Sign for a referral; the desk that signed is the receiver from now on.

    Signing without a word about papers tells the sender that none are missing, so it meets the 24 hours of T-34. The
    police's three days to decide run from the time on the receipt, also when taking on had to be tried again. Police
    who are not competent sign all the same, and have 24 hours from then to pass it on.

    Clause: L32.1; Rule arts 7, 8 (T-33, T-34, T-35, criterion 1.4).
    """
    referral, due = come_to(referral, now, rules, ReferralState.SENT)
    taken = replace(
        meet(referral, now, rules, policy.TELL_MISSING),
        state=ReferralState.ACCEPTED if is_competent else ReferralState.NOT_COMPETENT,
        receiver=receipt["receiver"],
        receipt=receipt,
    )
    signed_at = datetime.fromisoformat(receipt["received_at"])
    owed = policy.POLICE_DECIDE if is_competent else policy.FORWARD
    taken = start(taken, owed, taken.receiver, signed_at, rules)
    announced = ReferralAccepted(
        **facts(taken, now),
        receipt_number=receipt["number"],
        due_at=taken.clocks[-1].due_at,
        is_competent=is_competent,
    )
    return taken, (*due, announced)


def request_supplement(
    referral: CriminalReferral, command: RequestSupplement, now: datetime, rules: Rules
) -> tuple[CriminalReferral, Events]:
    """Ask for papers that are missing. It is never a refusal, and it does not stop the police's own three days.

    Clause: Procedure art. 180 (T-34).
    Raises:
        RuleBroken: referral.papers_unnamed, referral.paper_unknown.
    """
    referral, due = come_to(referral, now, rules, ReferralState.ACCEPTED)
    if not command.papers:
        raise RuleBroken("referral.papers_unnamed", clause="Procedure art. 180")
    for name in command.papers:
        if name not in PAPERS:
            raise RuleBroken("referral.paper_unknown", clause="Rule art. 6", paper=name)
    # Signing had met the 24 hours; now that papers are named, this is the act that they ask for.
    telling = next(each for each in referral.clocks if each.clock == policy.TELL_MISSING)
    told, late = meet_in_hindsight(referral, telling, now, rules)
    names = tuple(name for name in PAPERS if name in command.papers)
    asked = replace(told, state=ReferralState.SUPPLEMENTING, missing_papers=names)
    asked = start(asked, policy.SUPPLEMENT, referral.sender, now, rules)
    announced = SupplementRequested(**facts(asked, now), papers=names, due_at=asked.clocks[-1].due_at)
    return asked, (*due, *late, announced)


def supplement(
    referral: CriminalReferral, command: SupplementReferral, now: datetime, rules: Rules
) -> tuple[CriminalReferral, Events]:
    """Hand in the papers that were missing, or say for good why there are none.

    The receipt keeps the list of what was handed in first.

    Clause: Procedure art. 180 (T-34).
    Raises:
        RuleBroken: referral.paper_missing, naming the paper; *to follow* is no answer any more.
    """
    referral, due = come_to(referral, now, rules, ReferralState.SUPPLEMENTING)
    check_papers(command.papers, referral.missing_papers)
    for each in command.papers:
        if each.status is PaperStatus.TO_FOLLOW:
            raise RuleBroken("referral.paper_missing", clause="Procedure art. 180", paper=each.name)
    handed = {each.name: each for each in (*referral.papers, *command.papers)}
    whole = replace(
        meet(referral, now, rules, policy.SUPPLEMENT),
        state=ReferralState.ACCEPTED,
        papers=tuple(handed[name] for name in PAPERS),
        missing_papers=(),
    )
    return whole, (*due, ReferralSupplemented(**facts(whole, now)))


def answer(
    referral: CriminalReferral, command: AnswerReferral, now: datetime, rules: Rules
) -> tuple[CriminalReferral, Events]:
    """Let the police file a criminal case, or decline with reasons in writing; the sender has three days to contest.

    Papers still awaited are no longer needed then, so the sender's days for them end with the answer.

    Clause: L34.1; Rule arts 8, 9 (T-35, T-36, T-37).
    Raises:
        RuleBroken: referral.reason_missing.
    """
    referral, due = come_to(referral, now, rules, ReferralState.ACCEPTED, ReferralState.SUPPLEMENTING)
    told = replace(
        meet(referral, now, rules, policy.POLICE_DECIDE, policy.SUPPLEMENT),
        police_reference=command.police_reference.strip() or None,
        missing_papers=(),
    )
    if command.filed:
        filed = file(told, now, rules)
        return filed, (*due, ReferralDecided(**facts(filed, now), filed=True, due_at=filed.clocks[-1].due_at))
    declined = stating(told, ReferralState.DECLINED, told.receiver, command.reason, now)
    declined = replace(declined, reason=command.reason.strip())
    declined = start(declined, policy.ASK_AGAIN, declined.sender, now, rules)
    return declined, (*due, ReferralDecided(**facts(declined, now), filed=False, due_at=declined.clocks[-1].due_at))


def file(referral: CriminalReferral, now: datetime, rules: Rules) -> CriminalReferral:
    """Note that the police have filed a criminal case; the sender has three days to hand over items and papers.

    Clause: L34.1; Rule art. 12 (T-37).
    """
    return start(replace(referral, state=ReferralState.FILED), policy.HAND_OVER, referral.sender, now, rules)


def complete(referral: CriminalReferral, now: datetime, rules: Rules) -> tuple[CriminalReferral, Events]:
    """Hand items and papers over to the police.

    Clause: Rule art. 12 (T-37).
    """
    referral, due = come_to(referral, now, rules, ReferralState.FILED)
    done = replace(meet(referral, now, rules, policy.HAND_OVER), state=ReferralState.HANDED_OVER)
    return done, (*due, ReferralHandedOver(**facts(done, now)))


def _is_accounted_for(paper: Paper) -> bool:
    if paper.status is PaperStatus.ATTACHED:
        return paper.sha256 is not None and len(paper.sha256) == _SHA256_LETTERS and set(paper.sha256) <= _HEXADECIMAL
    return bool(paper.reason.strip())

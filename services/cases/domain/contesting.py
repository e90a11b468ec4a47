"""What becomes of a criminal referral that the police do not take up: passed on, contested, or taken back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from lianxi.contracts.cases import (
    DecideReconsideration,
    ForwardReferral,
    ReconsiderationDecided,
    ReconsiderationRequested,
    ReferralForwarded,
    ReferralState,
    ReferralTakenBack,
    RequestReconsideration,
    SuggestSupervision,
    SupervisionSuggested,
)
from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import RuleBroken
from services.cases import policy
from services.cases.domain.limits import started
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
from services.cases.domain.transferring import file
from services.cases.policy import Rules

FORWARDABLE = (ReferralState.NOT_COMPETENT, ReferralState.ACCEPTED, ReferralState.SUPPLEMENTING)


def forward(
    referral: CriminalReferral, command: ForwardReferral, now: datetime, rules: Rules, organs: Collection[str]
) -> tuple[CriminalReferral, Events]:
    """Pass a referral on to the competent police outside the town, and tell its sender why.

    Within the town's police any desk may act, so there is nobody to pass it on to. The 24 hours run from the receipt:
    police who find out only later that they are not competent are marked as late. What else they owed falls away.

    Clause: L32.1; Rule art. 7 (T-33).
    Raises:
        RuleBroken: referral.receiver_not_competent, referral.reason_missing.
    """
    is_new = referral.state is not ReferralState.NOT_COMPETENT
    referral, due = come_to(referral, now, rules, *FORWARDABLE)
    if command.receiver not in organs:
        raise RuleBroken("referral.receiver_not_competent", clause="Rule art. 7", allowed=sorted(organs))
    passed, late = _pass_on_in_hindsight(referral, now, rules) if is_new else (referral, ())
    passed = meet(passed, now, rules, policy.FORWARD, policy.POLICE_DECIDE, policy.SUPPLEMENT)
    passed = stating(passed, ReferralState.FORWARDED, referral.receiver, command.reason, now)
    passed = replace(passed, forwarded_to=command.receiver, missing_papers=())
    return passed, (*due, *late, ReferralForwarded(**facts(passed, now), passed_to=command.receiver))


def request_reconsideration(
    referral: CriminalReferral, command: RequestReconsideration, now: datetime, rules: Rules
) -> tuple[CriminalReferral, Events]:
    """Ask the police to think again about their refusal to file.

    Clause: Rule art. 9 (T-36, T-36d).
    Raises:
        RuleBroken: referral.reason_missing.
    """
    referral, due = come_to(referral, now, rules, ReferralState.DECLINED)
    asked = meet(referral, now, rules, policy.ASK_AGAIN)
    asked = stating(asked, ReferralState.RECONSIDERING, referral.sender, command.reason, now)
    asked = start(asked, policy.DECIDE_AGAIN, referral.receiver, now, rules)
    return asked, (*due, ReconsiderationRequested(**facts(asked, now), due_at=asked.clocks[-1].due_at))


def decide_reconsideration(
    referral: CriminalReferral, command: DecideReconsideration, now: datetime, rules: Rules
) -> tuple[CriminalReferral, Events]:
    """Let the police file after all, or uphold their refusal with reasons in writing.

    Clause: Rule art. 9 (T-36d, T-36p, T-37).
    Raises:
        RuleBroken: referral.reason_missing.
    """
    referral, due = come_to(referral, now, rules, ReferralState.RECONSIDERING)
    told = meet(referral, now, rules, policy.DECIDE_AGAIN)
    if command.filed:
        decided = replace(file(told, now, rules), police_reference=command.police_reference.strip() or None)
    else:
        decided = stating(told, ReferralState.UPHELD, told.receiver, command.reason, now)
        decided = replace(decided, reason=command.reason.strip())
        decided = start(decided, policy.ASK_PROCURATORATE, decided.sender, now, rules)
    due_at = decided.clocks[-1].due_at
    return decided, (*due, ReconsiderationDecided(**facts(decided, now), filed=command.filed, due_at=due_at))


def suggest_supervision(
    referral: CriminalReferral, command: SuggestSupervision, now: datetime, rules: Rules
) -> tuple[CriminalReferral, Events]:
    """Suggest to the procuratorate that it look into a refusal, at once or after it was upheld.

    Clause: Rule art. 9 (T-36, T-36p).
    Raises:
        RuleBroken: referral.reason_missing.
    """
    referral, due = come_to(referral, now, rules, ReferralState.DECLINED, ReferralState.UPHELD)
    asked = meet(referral, now, rules, policy.ASK_AGAIN, policy.ASK_PROCURATORATE)
    asked = stating(asked, ReferralState.SUPERVISED, referral.sender, command.reason, now)
    return asked, (*due, SupervisionSuggested(**facts(asked, now)))


def take_back(referral: CriminalReferral, now: datetime, rules: Rules) -> tuple[CriminalReferral, Events]:
    """Leave a refusal at that: the case goes on as an administrative one, and the right to contest is given up.

    Clause: Rule art. 10.
    """
    referral, due = come_to(referral, now, rules, ReferralState.DECLINED, ReferralState.UPHELD)
    taken = meet(referral, now, rules, policy.ASK_AGAIN, policy.ASK_PROCURATORATE)
    taken = replace(taken, state=ReferralState.TAKEN_BACK)
    return taken, (*due, ReferralTakenBack(**facts(taken, now)))


def _pass_on_in_hindsight(referral: CriminalReferral, now: datetime, rules: Rules) -> tuple[CriminalReferral, Events]:
    """Find out only now that the 24 hours had been running since the receipt."""
    signed_at = datetime.fromisoformat((referral.receipt or {})["received_at"])
    limit = started(rules, policy.FORWARD, referral.receiver, signed_at, local_date(referral.drafted_at))
    return meet_in_hindsight(referral, limit, now, rules)

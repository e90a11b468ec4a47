"""A request for assistance (协查): one desk asks another for one thing, and the case stays with its owner.

Of the answer only that it came, when, and under which reference is kept: there is no place for what it says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lianxi.contracts.cases import (
    AnswerAssistance,
    AssistanceAccepted,
    AssistanceAnswered,
    AssistanceRefused,
    AssistanceRequested,
    AssistanceState,
    AssistanceView,
    RefuseAssistance,
    RequestAssistance,
)
from lianxi.contracts.envelope import Event
from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import Conflict, RuleBroken
from lianxi.policy.book import Migration
from services.cases import policy
from services.cases.domain.cases import Case, agency_of, check_open
from services.cases.domain.limits import Limit, late_since, met, next_look, seen_to, started
from services.cases.policy import Rules

Events = tuple[Event, ...]
OPEN = (AssistanceState.ASKED, AssistanceState.ACCEPTED)
_REFERENCE = re.compile(r"(?=.*\d)(?!(?:\D*\d){11})(?!.*[A-Z]{5})[A-Z0-9][A-Z0-9()/._-]{0,39}", re.ASCII)
"""A file number: no words, no Chinese, and fewer digits than a mobile telephone, an identity card or an account has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistance:
    """One request. `reason` is why the asked desk cannot help, `reference` the number of its own file.

    `policy_version` is the version of the policy that it runs under, `migrations` how it came to that one.
    """

    id: str
    case_id: str
    asker: str
    asker_agency: str
    receiver: str
    receiver_agency: str
    what: str
    legal_ground: str
    is_urgent: bool
    state: AssistanceState = AssistanceState.ASKED
    asked_at: datetime
    accepted_at: datetime | None = None
    limit: Limit
    reason: str | None = None
    reference: str | None = None
    next_rung_at: datetime | None = None
    breached_since: datetime | None = None
    policy_version: int = 1
    migrations: tuple[Migration, ...] = ()


def is_seen_by(assistance: Assistance, agency: str) -> bool:
    """Say whether an agency may know of a request: the asker's and the receiver's, nobody else's.

    Clause: none.
    """
    return agency in {assistance.asker_agency, assistance.receiver_agency}


def as_view(assistance: Assistance, version: int) -> AssistanceView:
    """Show a request to its two sides.

    Clause: none.
    """
    return AssistanceView(
        assistance_id=assistance.id,
        version=version,
        case_id=assistance.case_id,
        asker=assistance.asker,
        receiver=assistance.receiver,
        what=assistance.what,
        legal_ground=assistance.legal_ground,
        is_urgent=assistance.is_urgent,
        state=assistance.state,
        asked_at=assistance.asked_at,
        due_at=assistance.limit.due_at,
        rungs=assistance.limit.running.fired,
        reason=assistance.reason,
        reference=assistance.reference,
        settled_at=assistance.limit.met_at,
        is_late=assistance.limit.breached_at is not None,
    )


def request(
    assistance_id: str, case: Case, command: RequestAssistance, now: datetime, rules: Rules
) -> tuple[Assistance, Events]:
    """Ask another agency's desk for one thing; it has 15 working days, from the moment it can see the request.

    Clause: L37.1 (T-42, criterion 11.1).
    Units: working days.
    Raises:
        RuleBroken: assistance.same_agency, assistance.what_missing, assistance.ground_missing.
        Conflict: case.already_closed.
    """
    check_open(case)
    if agency_of(command.receiver) == case.owner_agency:
        raise RuleBroken("assistance.same_agency", clause="L37.1", receiver=command.receiver)
    if not command.what.strip():
        raise RuleBroken("assistance.what_missing", clause="L37.1")
    if not command.legal_ground.strip():
        raise RuleBroken("assistance.ground_missing", clause="L37.1")
    limit = started(rules, policy.ASSIST, command.receiver, now, local_date(now))
    asked = Assistance(
        id=assistance_id,
        case_id=case.id,
        asker=case.owner,
        asker_agency=case.owner_agency,
        receiver=command.receiver,
        receiver_agency=agency_of(command.receiver),
        what=command.what.strip(),
        legal_ground=command.legal_ground.strip(),
        is_urgent=command.is_urgent,
        asked_at=now,
        limit=limit,
        policy_version=rules.policy_version,
    )
    return _with(asked, limit, rules), (AssistanceRequested(**_facts(asked, now), due_at=limit.due_at),)


def accept(assistance: Assistance, now: datetime, rules: Rules) -> tuple[Assistance, Events]:
    """Take a request on; its time goes on running.

    Clause: L37.1.
    """
    assistance, due = _come_to(assistance, now, rules, AssistanceState.ASKED)
    taken = replace(assistance, state=AssistanceState.ACCEPTED, accepted_at=now)
    return taken, (*due, AssistanceAccepted(**_facts(taken, now)))


def refuse(assistance: Assistance, command: RefuseAssistance, now: datetime, rules: Rules) -> tuple[Assistance, Events]:
    """Say that one cannot help, and why: before the limit is over, or late and visibly so.

    Clause: L37.1 (T-42).
    Raises:
        RuleBroken: assistance.reason_missing.
    """
    assistance, due = _come_to(assistance, now, rules, *OPEN)
    if not command.reason.strip():
        raise RuleBroken("assistance.reason_missing", clause="L37.1")
    refused = replace(assistance, state=AssistanceState.REFUSED, reason=command.reason.strip())
    refused = _with(refused, met(refused.limit, now), rules)
    return refused, (*due, AssistanceRefused(**_facts(refused, now)))


def answer(assistance: Assistance, command: AnswerAssistance, now: datetime, rules: Rules) -> tuple[Assistance, Events]:
    """Say that the answer was given, and under which file number; what it says goes another way.

    Clause: L37.1 (criterion 11.1).
    Raises:
        RuleBroken: assistance.reference_not_a_number.
    """
    assistance, due = _come_to(assistance, now, rules, *OPEN)
    reference = command.reference.strip()
    if _REFERENCE.fullmatch(reference) is None:
        raise RuleBroken("assistance.reference_not_a_number", clause="L37.1")
    answered = replace(assistance, state=AssistanceState.ANSWERED, reference=reference)
    answered = _with(answered, met(answered.limit, now), rules)
    return answered, (*due, AssistanceAnswered(**_facts(answered, now)))


def see_to_clock(assistance: Assistance, now: datetime, rules: Rules) -> tuple[Assistance, Events]:
    """Mark a limit that has passed and fire the rungs that were reached, once; a second look changes nothing.

    Clause: L81.2 (criterion 3.3).
    """
    limit, rungs = seen_to(assistance.id, assistance.limit, now, rules)
    return _with(assistance, limit, rules), rungs


def migrate(assistance: Assistance, entry: Migration, old: Rules | None, new: Rules) -> tuple[Assistance, Events]:
    """Let a request run under another version from now on; one that is settled or has been moved stays as it is.

    What the old version had due is told first, if it can still be read. The end that was told stays.

    Clause: L81.2 (criterion 7.3).
    """
    if assistance.policy_version != entry.from_version or assistance.state not in OPEN:
        return assistance, ()
    assistance, due = (assistance, ()) if old is None else see_to_clock(assistance, entry.at, old)
    moved = replace(assistance, policy_version=entry.to_version, migrations=(*assistance.migrations, entry))
    return _with(moved, moved.limit, new), due


def _come_to(
    assistance: Assistance, now: datetime, rules: Rules, *expected: AssistanceState
) -> tuple[Assistance, Events]:
    if assistance.state not in expected:
        raise Conflict(
            "assistance.wrong_state", state=assistance.state.value, expected=[each.value for each in expected]
        )
    return see_to_clock(assistance, now, rules)


def _with(assistance: Assistance, limit: Limit, rules: Rules) -> Assistance:
    return replace(
        assistance, limit=limit, next_rung_at=next_look((limit,), rules), breached_since=late_since((limit,))
    )


def _facts(assistance: Assistance, now: datetime) -> dict[str, Any]:
    return {
        "assistance_id": assistance.id,
        "case_id": assistance.case_id,
        "sender": assistance.asker,
        "receiver": assistance.receiver,
        "at": now,
    }

"""Public warnings: on a decided case, without anybody's numbers, written by one official and published by another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lianxi.contracts.cases import VERIFIED, CaseOutcome
from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.warnings import (
    ApprovingOrgan,
    DraftWarning,
    PublicWarningView,
    PublishWarning,
    WarningPublished,
    WarningState,
    WarningView,
    WarningWithdrawn,
    WithdrawWarning,
)
from lianxi.kernel.clock import local_date
from lianxi.kernel.errors import Conflict, Forbidden, RuleBroken
from lianxi.policy.entities import EntityRule, entities_in

CLAUSE = "L73.1"
NOT_FOR_THE_PUBLIC = frozenset({"phone", "plate", "id_number", "account"})
"""What points at a person and stands in no warning."""
WITHDRAWN_SHOWN = timedelta(days=90)
"""How long a correction is shown, so that whoever read the warning can read it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicWarning:
    """One warning."""

    id: str
    state: WarningState
    title: str
    text: str
    case_id: str
    case_number: str
    agency: str
    drafted_by: str
    drafted_at: datetime
    organ: ApprovingOrgan | None = None
    reference: str | None = None
    approved_on: date | None = None
    published_by: str | None = None
    published_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedCase:
    """What this desk knows of a case: how it ended."""

    case_id: str
    number: str
    outcome: CaseOutcome


WarningDecision = tuple[PublicWarning, Sequence[Event]]


def draft(
    warning_id: str,
    request: DraftWarning,
    case: EndedCase | None,
    entities: Iterable[EntityRule],
    caller: Caller,
    now: datetime,
) -> PublicWarning:
    """Write a warning on a case whose facts are verified.

    Clause: L73.1 (Reg. art. 23: only verified pyramid selling).
    Raises:
        RuleBroken: warning.not_verified, warning.points_at_somebody.
    """
    if case is None or case.outcome not in VERIFIED:
        raise RuleBroken("warning.not_verified", clause=CLAUSE)
    check_points_at_nobody(f"{request.title}\n{request.text}", entities)
    return PublicWarning(
        id=warning_id,
        state=WarningState.DRAFTED,
        title=request.title,
        text=request.text,
        case_id=case.case_id,
        case_number=case.number,
        agency=caller.agency,
        drafted_by=caller.actor,
        drafted_at=now,
    )


def check_points_at_nobody(text: str, entities: Iterable[EntityRule]) -> None:
    """Refuse a text for everybody that holds a number of somebody's. A name nobody can find: the form asks for none.

    Clause: L73.1 (domain 5).
    Raises:
        RuleBroken: warning.points_at_somebody.
    """
    found = {each.kind for each in entities_in(text, entities)} & NOT_FOR_THE_PUBLIC
    if found:
        raise RuleBroken("warning.points_at_somebody", clause=CLAUSE, kinds=sorted(found))


def publish(warning: PublicWarning, request: PublishWarning, caller: Caller, now: datetime) -> WarningDecision:
    """Publish it, by another official than its writer; the approval is recorded, for its head sits outside the town.

    Clause: L73.1 (Reg. art. 23; domain A-04, X-25).
    Raises:
        Conflict: warning.not_drafted.
        Forbidden: warning.own.
        RuleBroken: warning.approved_later.
    """
    if warning.state is not WarningState.DRAFTED:
        raise Conflict("warning.not_drafted")
    if caller.actor == warning.drafted_by:
        raise Forbidden("warning.own")
    if request.approved_on > local_date(now):
        raise RuleBroken("warning.approved_later", clause=CLAUSE)
    published = replace(
        warning,
        state=WarningState.PUBLISHED,
        organ=request.organ,
        reference=request.reference,
        approved_on=request.approved_on,
        published_by=caller.actor,
        published_at=now,
    )
    event = WarningPublished(
        warning_id=warning.id,
        case_id=warning.case_id,
        agency=warning.agency,
        organ=request.organ,
        approved_on=request.approved_on,
        published_at=now,
    )
    return published, (event,)


def withdraw(
    warning: PublicWarning, request: WithdrawWarning, entities: Iterable[EntityRule], caller: Caller, now: datetime
) -> WarningDecision:
    """Take it back; what was published is corrected in public, with the reason.

    Clause: L73.1.
    Raises:
        Conflict: warning.withdrawn.
        RuleBroken: warning.points_at_somebody.
    """
    check_points_at_nobody(request.reason, entities)
    if warning.state not in (WarningState.DRAFTED, WarningState.PUBLISHED):
        raise Conflict("warning.withdrawn")
    was_public = warning.state is WarningState.PUBLISHED
    ended = replace(
        warning,
        state=WarningState.WITHDRAWN if was_public else WarningState.DROPPED,
        withdrawn_by=caller.actor,
        withdrawn_at=now,
        reason=request.reason,
    )
    event = WarningWithdrawn(warning_id=warning.id, case_id=warning.case_id, agency=warning.agency, withdrawn_at=now)
    return ended, (event,) if was_public else ()


def as_view(warning: PublicWarning, version: int) -> WarningView:
    """Show a warning to officials.

    Clause: none.
    """
    return WarningView(
        warning_id=warning.id,
        version=version,
        state=warning.state,
        title=warning.title,
        text=warning.text,
        case_id=warning.case_id,
        case_number=warning.case_number,
        agency=warning.agency,
        drafted_by=warning.drafted_by,
        drafted_at=warning.drafted_at,
        organ=warning.organ,
        reference=warning.reference,
        approved_on=warning.approved_on,
        published_by=warning.published_by,
        published_at=warning.published_at,
        withdrawn_by=warning.withdrawn_by,
        withdrawn_at=warning.withdrawn_at,
        reason=warning.reason,
    )


def for_the_public(warning: PublicWarning) -> PublicWarningView:
    """Show a warning to everybody: no official, no case; of one that was withdrawn its title and why.

    Clause: L73.1.
    """
    is_standing = warning.state is WarningState.PUBLISHED
    return PublicWarningView(
        warning_id=warning.id,
        title=warning.title,
        text=warning.text if is_standing else None,
        published_at=warning.published_at or warning.drafted_at,
        withdrawn_at=warning.withdrawn_at,
        reason=None if is_standing else warning.reason,
    )

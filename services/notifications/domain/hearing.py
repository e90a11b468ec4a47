"""Whether a hook may hear of an event: under the row rules by which its key would read the item."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from lianxi.contracts.clocks import RungReached
from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.meetings import MeetingEvent
from lianxi.contracts.parties import PartyCleared, PartyCorrected
from lianxi.contracts.webhooks import HookNews
from lianxi.policy.rights import Permissions
from services.notifications.domain.hooks import Hook

NAMED = ("lead", "copies", "next_owner", "owner", "desk", "sender", "receiver", "passed_to", "agency", "target")
"""The fields by which events name the desks and agencies that an item involves."""

INVOLVING = ("lead", "copy", "next_owner")
"""The roles of notices whose desks an item involves from then on, also where a later event does not name them."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of item: the resource of the permission table that it is, and where it is read.

    Clause: none (criterion 14.3).
    """

    resource: str
    path: str | None


KINDS: Mapping[str, Kind] = {
    "tip": Kind("tip", "/v1/tips/{}"),
    "case": Kind("case", "/v1/cases/{}"),
    "referral": Kind("referral", "/v1/criminal-referrals/{}"),
    "assistance": Kind("assistance", "/v1/assistance/{}"),
    "party": Kind("party", "/v1/parties/{}"),
    "stage_report": Kind("stage_report", None),
    "supervision_order": Kind("supervision", "/v1/supervision-orders/{}"),
    "tool": Kind("assessment", "/v1/accountability-tools/{}"),
    "deduction": Kind("assessment", "/v1/assessment/deductions/{}"),
    "meeting": Kind("meeting", "/v1/meetings/{}"),
    "meeting_decision": Kind("meeting_decision", "/v1/meeting-decisions/{}"),
    "major_event": Kind("major_event", "/v1/major-events/{}"),
}
"""Noun of an event's subject → kind. What is not here is told to no hook."""


def hears(hook: Hook, permissions: Permissions, event: Event, item: str, involved: Collection[str]) -> bool:
    """Say whether a hook is told of an event: it asked for the type, and its key may read the item.

    Args:
        hook: the hook.
        permissions: the permission table in force.
        event: what has happened.
        item: to what, as `tip/tip_1`.
        involved: the desks that earlier notices about the item involved.

    Clause: none (criteria 8.1, 14.3).
    """
    kind = KINDS.get(item.partition("/")[0])
    if kind is None or (hook.events and event.KEY not in hook.events):
        return False
    rows = permissions.rows_of(hook.roles, kind.resource, "read")
    if not rows or "all" in rows:
        return bool(rows)
    reader = Caller(
        actor=hook.client_id, agency=hook.agency, roles=hook.roles, desks=hook.desks, rows=tuple(sorted(rows))
    )
    desks = {*_named(event), *(involved if "involved" in rows else ())}
    return any(reader.holds(desk) for desk in desks)


def _named(event: Event) -> Iterator[str]:
    # A rung names whom it calls, which involves nobody; a person's correction names who holds the person's papers,
    # a meeting who is invited.
    fields: tuple[str, ...] = ("owner",) if isinstance(event, RungReached) else NAMED
    if isinstance(event, PartyCleared | PartyCorrected | MeetingEvent):
        fields = (*NAMED, "receivers")
    for name in fields:
        value = getattr(event, name, None)
        yield from (value,) if isinstance(value, str) else value or ()


def news_of(event: Event, item: str) -> HookNews:
    """Say of an event what a hook may be told: the item, where it is read, and by when something is due.

    Clause: none (criteria 8.5, 18.2).
    """
    noun, _, item_id = item.partition("/")
    path = KINDS[noun].path
    due = getattr(event, "due_at", None) or getattr(event, "statement_due_at", None)
    return HookNews(
        item=item,
        href=None if path is None else path.format(item_id),
        due_at=due if isinstance(due, datetime) else None,
    )

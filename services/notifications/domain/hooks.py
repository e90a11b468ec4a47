"""Hooks: where an agency's own systems hear what happens to its items, with which secret, and whether they still do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.webhooks import OFFERED, HookState, RegisterWebhook, WebhookFailing, WebhookView
from lianxi.kernel.errors import Conflict, NotFound, Refused

OLD_SECRET_LIVES = timedelta(hours=24)
"""How long what is sent is signed with the old secret too, once a new one was made."""

MOST_HOOKS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One address of an agency, which hears what a key of the agency may read: its roles, desks and end are the key's.

    The secret is worked out from `generation`, and written down nowhere.

    Clause: none (criterion 14.3).
    """

    id: str
    agency: str
    client_id: str
    address: str
    events: tuple[str, ...]
    roles: tuple[str, ...]
    desks: tuple[str, ...]
    state: HookState
    registered_at: datetime
    registered_by: str
    ends_at: datetime | None = None
    generation: int = 1
    old_secret_until: datetime | None = None
    failing_since: datetime | None = None
    trouble: str | None = None


HookDecision = tuple[Hook, Sequence[Event]]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many deliveries of a hook stand where.

    Clause: none.
    """

    delivered: int = 0
    waiting: int = 0
    parked: int = 0


def register(hook_id: str, request: RegisterWebhook, caller: Caller, others: int, now: datetime) -> Hook:
    """Make a hook of the caller's agency.

    Clause: none (criterion 14.3).
    Raises:
        Refused: webhook.event_unknown, webhook.too_many.
    """
    unknown = sorted(set(request.events) - {each.KEY for each in OFFERED})
    if unknown:
        raise Refused("webhook.event_unknown", events=unknown[:10])
    if others >= MOST_HOOKS:
        raise Refused("webhook.too_many", at_most=MOST_HOOKS)
    return Hook(
        id=hook_id,
        agency=caller.agency,
        client_id=request.client_id,
        address=request.address,
        events=tuple(sorted(set(request.events))),
        roles=request.roles,
        desks=request.desks,
        state=HookState.ACTIVE,
        registered_at=now,
        registered_by=caller.actor,
        ends_at=request.ends_at,
    )


def listens(hook: Hook, now: datetime) -> bool:
    """Say whether a hook is told anything: it was not stopped, and its key has not run out.

    Clause: none (criterion 14.1).
    """
    return hook.state is not HookState.STOPPED and (hook.ends_at is None or now < hook.ends_at)


def generations(hook: Hook, now: datetime) -> tuple[int, ...]:
    """Name the secrets that count now, the newest first.

    Clause: none (criterion 14.3).
    """
    both = hook.old_secret_until is not None and now < hook.old_secret_until
    return (hook.generation, hook.generation - 1) if both else (hook.generation,)


def rotate(hook: Hook, now: datetime) -> HookDecision:
    """Have a new secret count; the one before it counts on for a day.

    Clause: none (criterion 14.3).
    Raises:
        Conflict: webhook.stopped.
    """
    if hook.state is HookState.STOPPED:
        raise Conflict("webhook.stopped")
    return replace(hook, generation=hook.generation + 1, old_secret_until=now + OLD_SECRET_LIVES), ()


def stop(hook: Hook) -> HookDecision:
    """End a hook for good.

    Clause: none (criterion 14.1).
    """
    return replace(hook, state=HookState.STOPPED), ()


def failing(hook: Hook, trouble: str, now: datetime) -> HookDecision:
    """Note that a receiver has not taken what was sent for a while; its agency is told once.

    Clause: none (criterion 4.3).
    """
    if hook.state is not HookState.ACTIVE:
        return (hook if hook.state is HookState.STOPPED else replace(hook, trouble=trouble)), ()
    said = WebhookFailing(hook_id=hook.id, agency=hook.agency, failing_since=now)
    return replace(hook, state=HookState.FAILING, failing_since=now, trouble=trouble), (said,)


def working(hook: Hook) -> HookDecision:
    """Note that a receiver takes what it is sent again.

    Clause: none (criterion 4.3).
    """
    if hook.state is not HookState.FAILING:
        return hook, ()
    return replace(hook, state=HookState.ACTIVE, failing_since=None, trouble=None), ()


def shown_to(hook: Hook, caller: Caller) -> Hook:
    """Show a hook to its agency, and to nobody else.

    Clause: none (domain 5.4).
    Raises:
        NotFound: webhook.not_found.
    """
    if hook.agency != caller.agency:
        raise NotFound("webhook.not_found")
    return hook


def as_webhook_view(hook: Hook, version: int, tally: Tally, now: datetime, secret: str | None = None) -> WebhookView:
    """Write a hook as its agency reads it; the secret once, for whoever has just made it.

    Clause: none.
    """
    return WebhookView(
        hook_id=hook.id,
        version=version,
        agency=hook.agency,
        client_id=hook.client_id,
        address=hook.address,
        events=hook.events,
        state=hook.state if listens(hook, now) else HookState.STOPPED,
        registered_at=hook.registered_at,
        registered_by=hook.registered_by,
        ends_at=hook.ends_at,
        old_secret_until=hook.old_secret_until,
        failing_since=hook.failing_since,
        trouble=hook.trouble,
        delivered=tally.delivered,
        waiting=tally.waiting,
        parked=tally.parked,
        secret=secret,
    )

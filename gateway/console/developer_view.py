"""What the page for integrators knows: one key, what it asked, one hook, what it was told, and which steps are done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from fastapi import Request

from gateway.console.staff import admitted, reading_for
from gateway.exchange import house_of
from gateway.principal import SCOPES
from gateway.routes import clients, webhooks
from lianxi.contracts.webhooks import OFFERED, TESTED
from lianxi.kernel.errors import NotFound, Unavailable

CALLS: Final = 10
DELIVERIES: Final = 50
STEPS: Final = ("key", "call", "hook", "test", "taken")
USUAL_SCOPES: Final = ("tips:read", "notices:read", "notices:write")
FAMILIES: Final = tuple(dict.fromkeys(each.KEY.partition(".")[0] for each in OFFERED))
_FOR_PERSONS: Final = ("people:",)
_FOR_OPERATORS: Final = ("ops:",)
_INSTANTS: Final = ("at", "expires_at", "made_at", "written_at")
Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that is there; `hooks` is `None` while their desk is away."""

    keys: Sequence[Plain] = ()
    key: Plain | None = None
    calls: Sequence[Plain] = ()
    hooks: Sequence[Plain] | None = ()
    hook: Plain | None = None
    deliveries: Sequence[Plain] = ()
    may_make: bool = False
    may_hook: bool = False

    @property
    def done(self) -> Mapping[str, bool]:
        """Say which steps are really done."""
        tests = [each for each in self.deliveries if each["event_type"] == TESTED]
        return {
            "key": self.key is not None,
            "call": any(each["status"] < 400 for each in self.calls),
            "hook": self.hook is not None,
            "test": bool(tests),
            "taken": any(each["state"] == "delivered" for each in tests),
        }


@dataclass(frozen=True, slots=True)
class Shown:
    """What is on the page this one time: a secret just made, or why something was not done."""

    key_secret: str = ""
    hook_secret: str = ""
    trouble: Mapping[str, str] | None = None
    filled: Mapping[str, str] = field(default_factory=dict)


async def know(request: Request, client_id: str = "", hook_id: str = "") -> Known:
    """Ask the interface's own routes."""
    reading = await reading_for(request, clients.list_clients)
    now = house_of(request).clock.now()
    keys = [each for each in _items(await clients.list_clients(reading)) if _counts(each, now)]
    key = next((each for each in keys if each["client_id"] == client_id), keys[0] if keys else None)
    may_hook = await admitted(request, webhooks.list_webhooks) is not None
    hooks = await _hooks(request) if may_hook else []
    hook = _chosen(hooks or (), hook_id, key)
    return Known(
        keys=keys,
        key=key,
        calls=[] if key is None else await _calls(request, key["client_id"]),
        hooks=hooks,
        hook=hook,
        deliveries=[] if hook is None else await deliveries_of(request, hook["hook_id"]),
        may_make=await admitted(request, clients.make_client) is not None,
        may_hook=may_hook,
    )


def scopes_offered(roles: Sequence[str]) -> list[str]:
    """Name the scopes that a key of somebody with these roles may be given."""
    hidden = _FOR_PERSONS if "operator" in roles else (*_FOR_PERSONS, *_FOR_OPERATORS)
    return [each for each in SCOPES if not each.startswith(hidden)]


def _counts(key: Plain, now: datetime) -> bool:
    is_over = key["expires_at"] is not None and key["expires_at"] <= now
    return key["made_by"] is not None and key["revoked_at"] is None and not is_over


def _chosen(hooks: Sequence[Plain], hook_id: str, key: Plain | None) -> Plain | None:
    own = [each for each in hooks if key is not None and each["client_id"] == key["client_id"]]
    named = [each for each in hooks if each["hook_id"] == hook_id]
    return next(iter([*named, *reversed(own)]), None)


async def _calls(request: Request, client_id: str) -> list[Plain]:
    reading = await reading_for(request, clients.list_calls)
    return _items(await clients.list_calls(client_id, CALLS, reading))


async def _hooks(request: Request) -> list[Plain] | None:
    try:
        return _items(await webhooks.list_webhooks(await reading_for(request, webhooks.list_webhooks)))
    except Unavailable:
        return None


async def deliveries_of(request: Request, hook_id: str) -> list[Plain]:
    """Read what a hook was told lately; nothing while its desk is away."""
    reading = await reading_for(request, webhooks.list_hook_deliveries)
    try:
        return _items(await webhooks.list_hook_deliveries(hook_id, None, None, DELIVERIES, reading))
    except (Unavailable, NotFound):
        return []


def _items(answer: Any) -> list[Plain]:
    return [_with_instants(each) for each in json.loads(bytes(answer.body))["items"]]


def _with_instants(row: Plain) -> Plain:
    known = {name: row[name] for name in _INSTANTS if row.get(name) is not None}
    return {**row, **{name: datetime.fromisoformat(text) for name, text in known.items()}}

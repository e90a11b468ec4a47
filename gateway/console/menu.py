"""Where an official may go: the places of the console, each with the right without which it would be empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lianxi.policy.rights import Permissions


@dataclass(frozen=True, slots=True)
class Place:
    """One place, with the key of its name and the right that it takes; none for what everybody may see."""

    path: str
    name: str
    right: str | None = None


PLACES: Final = (
    Place("/desk", "staff.inbox"),
    Place("/m/today", "phone.menu", "visit.create"),
    Place("/desk/me", "staff.me"),
)


def places_for(permissions: Permissions, roles: tuple[str, ...]) -> tuple[Place, ...]:
    """Choose the places in which somebody with these roles finds something."""
    return tuple(each for each in PLACES if each.right is None or _may(permissions, roles, each.right))


def _may(permissions: Permissions, roles: tuple[str, ...], right: str) -> bool:
    resource, _, action = right.partition(".")
    return bool(permissions.rows_of(roles, resource, action))

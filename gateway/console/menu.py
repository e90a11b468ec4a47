"""Where an official may go: the places of the console, each with the right without which it would be empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lianxi.policy.rights import Permissions


@dataclass(frozen=True, slots=True)
class Place:
    """One place, with the key of its name and the right that it takes, on which rows; none for what all may see.

    `agency` is there where a right is one agency's to use.
    """

    path: str
    name: str
    right: str | None = None
    rows: str | None = None
    agency: str | None = None


PLACES: Final = (
    Place("/desk", "staff.inbox"),
    Place("/m/today", "phone.menu", "visit.create"),
    Place("/office", "office.title", "stage_report.read", "all"),
    Place("/desk/search", "staff.search", "tip.read"),
    Place("/desk/cases", "staff.cases", "case.read"),
    Place("/desk/transfers", "staff.transfers", "transfer.read"),
    Place("/desk/returns", "staff.returns", "stage_report.change"),
    Place("/desk/assessment", "staff.assessment", "assessment.read"),
    Place("/desk/bulletins", "staff.bulletins", "bulletin.read"),
    Place("/desk/imports", "imports.menu", "import.create", agency="tenancy"),
    Place("/desk/obligations", "staff.obligations", "stage_report.change"),
    Place("/desk/meetings", "staff.meetings", "meeting.read"),
    Place("/desk/joint-operations", "staff.joint_operations", "operation.read"),
    Place("/desk/upward-reports", "staff.upward_reports", "upward_report.create"),
    Place("/desk/publicity", "staff.publicity", "publicity.read"),
    Place("/desk/campaigns", "staff.campaigns", "campaign.read"),
    Place("/desk/warnings", "staff.warnings", "warning.read"),
    Place("/desk/rewards", "staff.rewards", "reward.read"),
    Place("/desk/vault", "staff.vault", "vault.read"),
    Place("/desk/people", "staff.people", "account.read"),
    Place("/ops", "ops.name", "letter.read"),
    Place("/developers", "developers.menu", "client.read"),
    Place("/desk/me", "staff.me"),
)


def places_for(permissions: Permissions, roles: tuple[str, ...], agency: str) -> tuple[Place, ...]:
    """Choose the places in which somebody with these roles, of this agency, finds something."""
    own = (each for each in PLACES if each.agency in (None, agency))
    return tuple(each for each in own if each.right is None or _may(permissions, roles, each))


def _may(permissions: Permissions, roles: tuple[str, ...], place: Place) -> bool:
    resource, _, action = (place.right or "").partition(".")
    rows = permissions.rows_of(roles, resource, action)
    return bool(rows) if place.rows is None else place.rows in rows

"""Who may do what with which rows and which fields, and how long anything is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from lianxi.policy.model import Dated, Sourced

RowRule = Literal["own", "own_desk", "own_agency", "own_area", "involved", "public", "all", "none"]
Action = Literal["read", "create", "change", "decide", "close", "export", "unmask"]
FieldLevel = Literal["clear", "masked", "absent"]
Ending = Literal["delete", "pseudonymise", "aggregate", "archive", "seal", "with_case"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(Sourced):
    """A kind of user. A role is a right to something; nobody has it by sitting under somebody's roof."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Sourced):
    """A kind of thing that rights are about, and its groups of fields."""

    code: str
    name_zh: str
    name_en: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Sourced):
    """What one role may do with one kind of thing. A group of fields that is not named is absent."""

    role: str
    resource: str
    actions: tuple[Action, ...]
    rows: RowRule
    fields: Mapping[str, FieldLevel]


@dataclass(frozen=True, kw_only=True)
class Permissions:
    """All of `permissions.toml`. What is not granted is not allowed; there is no right to delete."""

    roles: tuple[Role, ...] = field(metadata={"key": "role"})
    resources: tuple[Resource, ...] = field(metadata={"key": "resource"})
    grants: tuple[Grant, ...] = field(metadata={"key": "grant"})

    @cached_property
    def _granted(self) -> Mapping[tuple[str, str], tuple[Grant, ...]]:
        found: dict[tuple[str, str], tuple[Grant, ...]] = {}
        for grant in self.grants:
            key = (grant.role, grant.resource)
            found[key] = (*found.get(key, ()), grant)
        return found

    def rows(self, role: str, resource: str, action: str) -> RowRule:
        """Say on which rows a role may do something; `none` when it may not at all.

        Clause: none (criterion 8.1).
        """
        for grant in self._granted.get((role, resource), ()):
            if action in grant.actions:
                return grant.rows
        return "none"

    def level(self, role: str, resource: str, field_group: str) -> FieldLevel:
        """Say how a role sees a group of fields of the rows that it may read.

        Clause: none (criterion 8.1).
        """
        for grant in self._granted.get((role, resource), ()):
            if "read" in grant.actions:
                return grant.fields.get(field_group, "absent")
        return "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule(Dated):
    """How long one kind of data is kept from what, what happens then, and what may remain.

    `keep` is a period such as `P6M`; empty is for ever. `at_least` is the law's own minimum, where there is one.
    """

    code: str
    name_zh: str
    name_en: str
    keep: str
    counted_from: str
    ending: Ending
    remains: str = ""
    at_least: str = ""
    at_most: str = ""
    is_confirmed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Safeguard(Sourced):
    """A protection that a system of this kind owes people, and where it is written."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeRule(Sourced):
    """In which months the purge runs, with a signed report."""

    months: tuple[int, ...]

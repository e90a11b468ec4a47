"""Who may do what with which rows and which fields, and how long anything is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from lianxi.policy.model import Dated, Sourced

RowRule = Literal["own", "own_desk", "own_agency", "own_area", "involved", "public", "all", "none"]
Action = Literal["read", "create", "change", "decide", "close", "export", "unmask"]
FieldLevel = Literal["clear", "masked", "absent"]
CLEAREST_FIRST: tuple[FieldLevel, ...] = ("clear", "masked", "absent")
Ending = Literal["delete", "pseudonymise", "aggregate", "archive", "seal", "with_case"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(Sourced):
    """A kind of user. A role is a right to something; nobody has it by sitting under somebody's roof.

    `held_in` names the agencies whose officials may have it; `None` is any.
    """

    code: str
    name_zh: str
    name_en: str
    held_in: tuple[str, ...] | None = None

    def may_be_held_in(self, agency: str) -> bool:
        """Say whether an official of an agency may have this role.

        Clause: none (criterion 8.6).
        """
        return self.held_in is None or agency in self.held_in


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


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands to one item: whether it is theirs, their desk's, their agency's, in their area, about them.

    Clause: none (criterion 8.1).
    """

    own: bool = False
    own_desk: bool = False
    own_agency: bool = False
    own_area: bool = False
    involved: bool = False

    def meets(self, rule: RowRule) -> bool:
        """Say whether a row rule lets a caller of this standing at the item.

        Clause: none (criterion 8.1).
        """
        if rule in ("all", "public"):
            return True
        return rule != "none" and bool(getattr(self, rule))


ALL_OF_IT = Standing(own=True, own_desk=True, own_agency=True, own_area=True, involved=True)
"""The standing towards an item that only those are shown who are involved."""


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

    @cached_property
    def _rows(self) -> dict[tuple[tuple[str, ...], str, str], frozenset[RowRule]]:
        """What was asked before: every request asks, and a town has few combinations of roles."""
        return {}

    def grants_of(self, roles: Iterable[str], resource: str, action: str) -> tuple[Grant, ...]:
        """List the grants by which some roles may do something with a kind of thing.

        Clause: none (criterion 8.1).
        """
        found = (grant for role in roles for grant in self._granted.get((role, resource), ()))
        return tuple(grant for grant in found if action in grant.actions and grant.rows != "none")

    def rows(self, role: str, resource: str, action: str) -> RowRule:
        """Say on which rows a role may do something; `none` when it may not at all.

        Clause: none (criterion 8.1).
        """
        return next((grant.rows for grant in self.grants_of((role,), resource, action)), "none")

    def rows_of(self, roles: Iterable[str], resource: str, action: str) -> frozenset[RowRule]:
        """Say on which rows some roles together may do something; none at all when they may not.

        Clause: none (criterion 8.1).
        """
        asked = (tuple(roles), resource, action)
        found = self._rows.get(asked)
        if found is None:
            found = self._rows[asked] = frozenset(grant.rows for grant in self.grants_of(*asked))
        return found

    def level(self, role: str, resource: str, field_group: str) -> FieldLevel:
        """Say how a role sees a group of fields of the rows that it may read.

        Clause: none (criterion 8.1).
        """
        return self.level_of((role,), resource, field_group, ALL_OF_IT)

    def level_of(self, roles: Iterable[str], resource: str, field_group: str, standing: Standing) -> FieldLevel:
        """Say how some roles together see a group of fields of one item: the clearest that one gives for *this* item.

        A role that reads all rows blurred and another that reads its own desk's rows clearly add up to clear rows of
        one's own desk and blurred rows elsewhere, never to clear rows everywhere.

        Clause: none (criterion 8.1).
        """
        found = {
            grant.fields.get(field_group, "absent")
            for grant in self.grants_of(roles, resource, "read")
            if standing.meets(grant.rows)
        }
        return next((level for level in CLEAREST_FIRST if level in found), "absent")


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

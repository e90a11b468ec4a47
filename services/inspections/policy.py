"""The slice of policy that the inspections desk reads: how often a grade is visited, and which villages there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from lianxi.contracts.envelope import Caller
from lianxi.contracts.inspections import Grade
from lianxi.policy import model
from lianxi.policy.policy import Policy


@dataclass(frozen=True)
class InspectionsPolicy:
    """What the town's policy says to this desk."""

    grades: Mapping[str, model.Grade]
    brought_forward_days: int
    villages: frozenset[str]

    def due_on(self, grade: Grade, from_on: date, last_visit_on: date | None = None, /) -> date:
        """Name the last day on which the next visit to a dwelling of a grade still counts as on time.

        Clause: L45.1 — trusted two months, ordinary one month, key half a month.
        """
        return model.due_on(self.grades[grade.value], from_on, last_visit_on)


def slice_of(policy: Policy) -> InspectionsPolicy:
    """Cut this desk's slice out of the town's policy.

    Clause: L45.1.
    """
    return InspectionsPolicy(policy.grades, policy.brought_forward_days, frozenset(policy.villages))


_PATROLS = frozenset({"tenancy", "police"})
_READS = _PATROLS | {"office", "social"}


def bound_areas(caller: Caller) -> tuple[str, ...]:
    """Name the villages that a caller is bound to; none when the whole town is open to them.

    Clause: L45.1 (criterion 5.5).
    """
    return caller.areas if set(caller.rows) == {"own_area"} else ()


def may_see(caller: Caller, village: str | None) -> bool:
    """Say whether a village is a caller's to know of: an assistant's own area, everybody else's whole town.

    Clause: L45.1 (criterion 5.5).
    """
    bound = bound_areas(caller)
    return not bound or village in bound


def may_keep(agency: str) -> bool:
    """Say whether an agency keeps the register and grades dwellings: the floating-population office and the police.

    Clause: L36.1, L45.1, L46.1.
    """
    return agency in _PATROLS


def may_read(agency: str) -> bool:
    """Say whether an agency reads the register: those that patrol, the office, and social affairs for the villages.

    Clause: L36.1, L45.1.
    """
    return agency in _READS


def may_import(agency: str) -> bool:
    """Say whether an agency takes registers over from files: the floating-population office alone keeps the whole.

    Clause: L46.1.
    """
    return agency == "tenancy"

"""The publicity that the plan owes: which duty, whose, how often, and in which periods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from lianxi.kernel.errors import NotFound, RuleBroken
from lianxi.policy.appraisal import Activity
from lianxi.policy.periods import Period, periods_of
from lianxi.policy.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A duty of publicity with its periods; each of `parties` owes it by itself, and `unit` answers for it.

    Clause: L62.2, L65.1.
    """

    code: str
    clause: str
    name_zh: str
    name_en: str
    unit: str
    owner: str
    parties: tuple[str, ...]
    cadence: str
    approval: str
    periods: tuple[Period, ...]

    @property
    def owed_by(self) -> tuple[str | None, ...]:
        """Who owes it, each by itself: its parties, or nobody but the unit."""
        return self.parties or (None,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """All duties of publicity, and since when anything is owed at all.

    Clause: L62.2.
    """

    items: tuple[Duty, ...]
    villages: frozenset[str]
    issued_on: date

    def check_village(self, code: str | None) -> None:
        """Refuse a village that the town does not have.

        Clause: L53.1.
        Raises:
            RuleBroken: publicity.village_unknown.
        """
        if code is not None and code not in self.villages:
            raise RuleBroken("publicity.village_unknown", clause="L53.1")

    def find(self, code: str) -> Duty:
        """Find a duty.

        Clause: L62.2.
        Raises:
            NotFound: publicity.duty_not_found.
        """
        found = next((each for each in self.items if each.code == code), None)
        if found is None:
            raise NotFound("publicity.duty_not_found", duty=code)
        return found


def read_duties(policy: Policy, first_desks: Mapping[str, str]) -> Duties:
    """Cut the duties of publicity out of the town's policy.

    Clause: L28.1, L44.1, L50.1, L55.1, L56.1, L58.1, L60.1, L62.2, L65.1, L73.1.
    """
    return Duties(
        items=tuple(_duty(policy, row, first_desks) for row in policy.publicity),
        villages=frozenset(policy.villages),
        issued_on=policy.programme.issued_on,
    )


def _duty(policy: Policy, row: Activity, first_desks: Mapping[str, str]) -> Duty:
    return Duty(
        code=row.code,
        clause=row.clause,
        name_zh=row.name_zh,
        name_en=row.name_en,
        unit=row.lead,
        owner=first_desks.get(row.lead, row.lead),
        parties=row.parties,
        cadence=row.cadence,
        approval=row.approval,
        periods=tuple(periods_of(policy, row)),
    )

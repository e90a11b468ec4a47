"""Bonds between tips: made and undone by people, beside the tips, which stay what they are.

Between two tips there is one bond, and in it a stack of ties: the topmost that is not undone holds, and undoing it lets
hold again what was before. Merged tips keep their clocks, desks, dialogues and informants; who was first was fixed when
each of them came in and is read from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.links import BondKind, BondMade, BondUndone
from lianxi.kernel.errors import Conflict, NotFound, RuleBroken
from services.tips.domain.tip import Tip, check_mine, check_readable
from services.tips.policy import RESCUE_CATEGORIES

CLAUSE = "L39.1"
TIES_AT_MOST = 100
MERGED_AT_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """One binding of two tips."""

    kind: BondKind
    made_by: str
    made_agency: str
    made_at: datetime
    reason: str
    undone_by: str | None = None
    undone_at: datetime | None = None
    undone_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """Everything that was ever bound between two tips. `tip_ids` are in the order of the letters and tell nothing."""

    id: str
    tip_ids: tuple[str, ...]
    ties: tuple[Tie, ...] = ()

    @property
    def holds(self) -> Tie | None:
        """The tie that holds now."""
        return next((each for each in reversed(self.ties) if each.undone_at is None), None)

    @property
    def kind(self) -> BondKind | None:
        """How the two belong together now."""
        return None if self.holds is None else self.holds.kind

    def other(self, tip_id: str) -> str:
        """Name the tip at the other end."""
        return self.tip_ids[1] if tip_id == self.tip_ids[0] else self.tip_ids[0]


BondDecision = tuple[Bond, Sequence[Event]]


def check_person(officer: str | None, caller: Caller) -> str:
    """Say who decides: the person who signed in, or the officer whom a machine names.

    Clause: L39.1 (criterion 10.3: no program binds tips).
    Raises:
        RuleBroken: bond.officer_needed.
    """
    if caller.is_person:
        return caller.actor
    if officer is None:
        raise RuleBroken("bond.officer_needed", clause=CLAUSE)
    return officer


def check_may_bind(tip: Tip, other: Tip, kind: BondKind, caller: Caller) -> None:
    """Let bind whoever may know of both tips and leads one of them; whoever is held is never merged into anything.

    Clause: L39.1 (domain K-07).
    Raises:
        NotFound: tip.not_found, for either.
        Forbidden: tip.not_yours.
        RuleBroken: bond.with_itself, bond.rescue_stands_alone.
    """
    check_may_untie(tip, other, caller)
    if tip.id == other.id:
        raise RuleBroken("bond.with_itself", clause=CLAUSE)
    if kind is BondKind.MERGE and (is_rescue(tip) or is_rescue(other)):
        raise RuleBroken("bond.rescue_stands_alone", clause="L7.1")


def check_may_untie(tip: Tip, other: Tip, caller: Caller) -> None:
    """Let undo whoever may know of both tips and leads one of them, and the office.

    Clause: L39.1.
    Raises:
        NotFound: tip.not_found, for either.
        Forbidden: tip.not_yours.
    """
    check_readable(tip, caller)
    check_readable(other, caller)
    if not caller.sees_all:
        check_mine(tip, caller, tip.lead, other.lead)


def is_rescue(tip: Tip) -> bool:
    """Say whether a tip tells of a person who is held.

    Clause: L7.1 (domain K-07: never deduplicated away).
    """
    return tip.lane == "rescue" or tip.category in RESCUE_CATEGORIES


def tie(bond: Bond, kind: BondKind, reason: str, by: str, caller: Caller, now: datetime) -> BondDecision:
    """Bind two tips.

    Clause: L39.1.
    Raises:
        Conflict: bond.holds_already, bond.too_many_ties.
    """
    if bond.kind is kind or bond.kind is BondKind.MERGE:
        raise Conflict("bond.holds_already")
    if len(bond.ties) >= TIES_AT_MOST:
        raise Conflict("bond.too_many_ties")
    made = Tie(kind=kind, made_by=by, made_agency=caller.agency, made_at=now, reason=reason)
    first, second = bond.tip_ids
    event = BondMade(bond_id=bond.id, tip_id=first, other_tip_id=second, kind=kind, agency=caller.agency, made_at=now)
    return replace(bond, ties=(*bond.ties, made)), (event,)


def untie(bond: Bond, reason: str, by: str, caller: Caller, now: datetime) -> BondDecision:
    """Undo what was bound last; what was before it holds again.

    Clause: L39.1.
    Raises:
        Conflict: bond.undone_already.
    """
    held = bond.holds
    if held is None:
        raise Conflict("bond.undone_already")
    undone = replace(held, undone_by=by, undone_at=now, undone_reason=reason)
    ties = tuple(undone if each is held else each for each in bond.ties)
    first, second = bond.tip_ids
    event = BondUndone(
        bond_id=bond.id, tip_id=first, other_tip_id=second, kind=held.kind, agency=caller.agency, undone_at=now
    )
    return replace(bond, ties=ties), (event,)


def check_between(bond: Bond, tip_id: str) -> None:
    """Refuse a bond under a tip that it does not bind.

    Clause: none.
    Raises:
        NotFound: bond.not_found.
    """
    if tip_id not in bond.tip_ids:
        raise NotFound("bond.not_found")


def first_reporters(tips: Mapping[str, Tip]) -> tuple[str, ...]:
    """Put tips in the order in which they were received: by what was fixed when each came in, and by nothing later.

    Clause: L68.1 (criterion 10.4).
    """
    return tuple(sorted(tips, key=lambda tip_id: (tips[tip_id].received_at, tips[tip_id].tie_break, tip_id)))

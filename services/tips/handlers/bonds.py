"""Binding tips and undoing it, by people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from lianxi.contracts.envelope import Caller
from lianxi.contracts.links import BondKind, MakeBond, UndoBond
from lianxi.kernel.clock import Clock
from lianxi.kernel.ids import derived_id
from lianxi.store.unit import Addition, Aggregates, Stored
from services.tips.domain import bonds as rules
from services.tips.domain.bonds import Bond
from services.tips.domain.rewarding import precedes
from services.tips.domain.tip import Tip, check_readable


class Bonds(Protocol):
    """Who knows which bonds tips have."""

    def of(self, tip_ids: Iterable[str]) -> Sequence[Bond]:
        """Read the bonds of some tips."""
        ...


@dataclass(frozen=True)
class MergedReporters:
    """Who of those whose tips are merged was the first: read of the tips as they came in."""

    tips: Aggregates[Tip]
    among: Bonds

    def has_earlier(self, tip: Tip) -> bool:
        """Say whether another tip of the same group came before this one."""
        return any(precedes(self.tips.get(each).state, tip) for each in self._merged_with(tip.id) - {tip.id})

    def _merged_with(self, tip_id: str) -> frozenset[str]:
        """Follow merges from tip to tip."""
        found, waiting = {tip_id}, {tip_id}
        while waiting and len(found) <= rules.MERGED_AT_MOST:
            merged = [each for each in self.among.of(waiting) if each.kind is BondKind.MERGE]
            waiting = {end for each in merged for end in each.tip_ids} - found
            found |= waiting
        return frozenset(found)


@dataclass(frozen=True)
class BondHandlers:
    """The use cases. Tips are only read here."""

    tips: Aggregates[Tip]
    bonds: Aggregates[Bond]
    clock: Clock

    def make_bond(self, request: MakeBond, caller: Caller) -> Stored[Bond]:
        """Bind two tips.

        Emits: BondMade.
        Raises:
            NotFound: tip.not_found.
            RuleBroken: bond.officer_needed, bond.with_itself, bond.rescue_stands_alone.
            Conflict: bond.holds_already.
        """
        by = rules.check_person(request.officer, caller)
        tip, other = self.tips.get(request.tip_id).state, self.tips.get(request.other_tip_id).state
        rules.check_may_bind(tip, other, request.kind, caller)
        first, second = sorted((tip.id, other.id))
        # One bond for two tips, so that two officers who bind them at once meet on it.
        bond = Bond(id=derived_id("bond", first, second), tip_ids=(first, second))
        decide = partial(
            rules.tie, kind=request.kind, reason=request.reason, by=by, caller=caller, now=self.clock.now()
        )
        after, events = decide(bond)
        (is_new,) = self.bonds.add_many([Addition(after, events, caller.cause())])
        return self.bonds.get(bond.id) if is_new else self.bonds.change(bond.id, decide, caller.cause())

    def undo_bond(self, request: UndoBond, caller: Caller) -> Stored[Bond]:
        """Undo what was bound last between two tips.

        Emits: BondUndone.
        Raises:
            NotFound: tip.not_found, bond.not_found.
            RuleBroken: bond.officer_needed.
            Conflict: bond.undone_already.
        """
        by = rules.check_person(request.officer, caller)
        tip = self.tips.get(request.tip_id).state
        check_readable(tip, caller)
        bond = self.bonds.get(request.bond_id).state
        rules.check_between(bond, request.tip_id)
        rules.check_may_untie(tip, self.tips.get(bond.other(tip.id)).state, caller)
        decide = partial(rules.untie, reason=request.reason, by=by, caller=caller, now=self.clock.now())
        return self.bonds.change(bond.id, decide, caller.cause())

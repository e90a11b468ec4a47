"""What the tips desk keeps for how long: tips' words with their pictures, and what the vault has of informants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from lianxi.contracts.retention import PurgedRow, TipsPurged
from lianxi.kernel.clock import Clock
from lianxi.policy.book import PolicyBook
from lianxi.policy.retention import INFORMANT_IDENTITY, REWARD_PAYEE, TIP_NOT_SUBSTANTIATED, TIP_SUBSTANTIATED
from lianxi.store.retention import Holdable, Pile, PurgePart, Retention, RunningParts, Shelf
from lianxi.store.unit import Aggregates
from services.tips.domain import keeping, rewarding
from services.tips.domain.rewarding import Reward
from services.tips.domain.tip import Tip


class Vault(Protocol):
    """Where what identifies informants is kept."""

    def erase(self, tip_id: str) -> None:
        """Delete what is kept of a tip's informant for good."""
        ...


def tip_retention(
    tips: Aggregates[Tip],
    words: Shelf,
    identities: Shelf,
    vault: Vault,
    forget_pictures: Callable[[Tip], object],
    parts: Aggregates[PurgePart],
    watch: RunningParts,
    policies: PolicyBook,
    clock: Clock,
) -> Retention:
    """Put together what the desk does in a run. A hold on a tip holds its informant's identity too."""
    return Retention(
        service="tips",
        parts=parts,
        watch=watch,
        piles=(
            Pile(
                rules=(INFORMANT_IDENTITY,),
                items=tips,
                shelf=identities,
                purge=keeping.without_identity,
                outside=lambda tip: vault.erase(tip.id),
            ),
            Pile(
                rules=(TIP_NOT_SUBSTANTIATED, TIP_SUBSTANTIATED),
                items=tips,
                shelf=words,
                purge=keeping.without_words,
                outside=forget_pictures,
            ),
        ),
        holdable={"tip": Holdable(tips, words, ("keeping", "identity"))},
        policies=policies,
        clock=clock,
        finished=_finished,
    )


def with_payees(retention: Retention, rewards: Aggregates[Reward], shelf: Shelf, vault: Vault) -> Retention:
    """Let runs erase also whom rewards were paid to; a hold on a reward keeps its payee."""
    payees = Pile(
        rules=(REWARD_PAYEE,),
        items=rewards,
        shelf=shelf,
        purge=rewarding.without_payee,
        outside=lambda reward: vault.erase(reward.payee_id),
    )
    holdable = {**retention.holdable, "reward": Holdable(rewards, shelf)}
    return replace(retention, piles=(*retention.piles, payees), holdable=holdable)


def _finished(run_id: str, rows: tuple[PurgedRow, ...], at: datetime) -> TipsPurged:
    return TipsPurged(run_id=run_id, rows=rows, finished_at=at)

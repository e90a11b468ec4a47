"""Referrals and requests that still run are moved from one version of the policy to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.operations import MigrateItems, MigrationResult
from lianxi.kernel.clock import Clock
from lianxi.policy.book import Migration
from lianxi.store.migrating import M, Move, Pile, Running, migrate
from lianxi.store.unit import Aggregates
from services.cases.domain import assistance as assistance_rules
from services.cases.domain import referrals as referral_rules
from services.cases.domain.assistance import Assistance
from services.cases.domain.referrals import CriminalReferral
from services.cases.policy import CasesPolicy, Rules


@dataclass(frozen=True)
class MigrationDesk:
    """Moves what runs; a case itself keeps its dates from the day it was opened and needs no version."""

    referrals: Aggregates[CriminalReferral]
    assistance: Aggregates[Assistance]
    running_referrals: Running
    running_assistance: Running
    policy: CasesPolicy
    clock: Clock

    def migrate_items(self, request: MigrateItems, caller: Caller) -> MigrationResult:
        """Move running items from one version of the policy to another, or in a dry run count them; each only once.

        Raises:
            Forbidden: policy.office_only.
            RuleBroken: policy.same_version.
            NotFound: policy.version_unknown.
        """
        piles: tuple[Pile[CriminalReferral] | Pile[Assistance], ...] = (
            Pile("referral", self.referrals, self.running_referrals, self._by_rules(referral_rules.migrate)),
            Pile("assistance", self.assistance, self.running_assistance, self._by_rules(assistance_rules.migrate)),
        )
        return migrate(request, caller, self.policy.policies, self.clock.now(), piles)

    def _by_rules(
        self, decide: Callable[[M, Migration, Rules | None, Rules], tuple[M, Sequence[Event]]]
    ) -> Callable[[M, Move], tuple[M, Sequence[Event]]]:
        def decided(item: M, move: Move) -> tuple[M, Sequence[Event]]:
            old = None if move.old is None else self.policy.under(move.old)
            return decide(item, move.entry, old, self.policy.under(move.new))

        return decided

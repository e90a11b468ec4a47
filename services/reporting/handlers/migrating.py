"""Supervision orders and stage reports that still run are moved from one version of the policy to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lianxi.contracts.envelope import Caller, Event
from lianxi.contracts.operations import MigrateItems, MigrationResult
from lianxi.kernel.clock import Clock
from lianxi.policy.book import Migration
from lianxi.policy.policy import Policy
from lianxi.store.migrating import M, Move, Pile, Running, migrate
from lianxi.store.unit import Aggregates
from services.reporting.domain import orders, returns
from services.reporting.domain.orders import SupervisionOrder
from services.reporting.domain.returns import StageReport
from services.reporting.handlers.stage_reports import report_id_of
from services.reporting.policy import Demands, Steps, owed_returns


@dataclass(frozen=True)
class MigrationDesk:
    """Moves what runs; a report for a date that the new version does not owe stays under its own."""

    orders: Aggregates[SupervisionOrder]
    reports: Aggregates[StageReport]
    running_orders: Running
    running_reports: Running
    demands: Demands
    clock: Clock

    def migrate_items(self, request: MigrateItems, caller: Caller) -> MigrationResult:
        """Move running items from one version of the policy to another, or in a dry run count them; each only once.

        Raises:
            Forbidden: policy.office_only.
            RuleBroken: policy.same_version.
            NotFound: policy.version_unknown.
        """
        order_moved = _by_steps(orders.migrated, self.demands.order_steps)
        report_moved = _by_steps(returns.migrated, self.demands.return_steps)
        piles: tuple[Pile[SupervisionOrder] | Pile[StageReport], ...] = (
            Pile("supervision_order", self.orders, self.running_orders, order_moved),
            Pile("stage_report", self.reports, self.running_reports, report_moved, _owed),
        )
        return migrate(request, caller, self.demands.policies, self.clock.now(), piles)


def _owed(policy: Policy) -> Sequence[str]:
    return [report_id_of(each) for each in owed_returns(policy)]


def _by_steps(
    decide: Callable[[M, Migration, Steps | None, Steps], tuple[M, Sequence[Event]]], steps: Callable[[Policy], Steps]
) -> Callable[[M, Move], tuple[M, Sequence[Event]]]:
    def decided(item: M, move: Move) -> tuple[M, Sequence[Event]]:
        return decide(item, move.entry, None if move.old is None else steps(move.old), steps(move.new))

    return decided

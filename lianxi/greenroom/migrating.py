"""The door at which the items of a desk are moved from one version of the policy to another."""

from __future__ import annotations

from typing import Protocol

from lianxi.contracts.envelope import Caller
from lianxi.contracts.operations import MigrateItems, MigrationResult
from lianxi.greenroom.entries import Desk, answers


class Migrations(Protocol):
    """Who moves a desk's items."""

    def migrate_items(self, request: MigrateItems, caller: Caller) -> MigrationResult:
        """Move running items, or count them."""
        ...


class MigratingDesk(Desk):
    """A desk whose items run under the version of the policy that they began with."""

    migrations: Migrations

    @answers
    def migrate_items(self, request: MigrateItems, caller: Caller) -> MigrationResult:
        """Move running items to another version of the policy, or count them."""
        return self.migrations.migrate_items(request, caller)

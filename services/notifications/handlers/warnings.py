"""What the notifications desk does about public warnings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from lianxi.contracts.cases import CaseClosed
from lianxi.contracts.envelope import Caller
from lianxi.contracts.warnings import (
    DraftWarning,
    GetWarning,
    PublicWarnings,
    PublishWarning,
    WarningView,
    WithdrawWarning,
)
from lianxi.kernel.clock import Clock
from lianxi.kernel.ids import derived_id
from lianxi.policy.entities import EntityRule
from lianxi.store.unit import Aggregates
from services.notifications.domain import warnings as domain
from services.notifications.domain.warnings import EndedCase, PublicWarning, WarningDecision

MOST_SHOWN = 100


class WarningShelf(Protocol):
    """Who finds warnings, and what is known of cases."""

    def ended(self, case_id: str) -> EndedCase | None:
        """Find a case that has ended."""
        ...

    def keep_ended(self, case: EndedCase) -> None:
        """Keep how a case ended; what was heard last holds."""
        ...

    def published(self) -> Sequence[PublicWarning]:
        """List what was ever published and is not too old, the newest first."""
        ...


class Rules(Protocol):
    """What is asked of the town's policy."""

    @property
    def entities(self) -> Sequence[EntityRule]:
        """What is found in a text."""
        ...


@dataclass(frozen=True)
class WarningDesk:
    """The use cases of public warnings."""

    warnings: Aggregates[PublicWarning]
    shelf: WarningShelf
    rules: Rules
    clock: Clock

    def know_case(self, event: CaseClosed) -> None:
        """Keep how a case ended: warnings rest on verified facts."""
        self.shelf.keep_ended(EndedCase(case_id=event.case_id, number=event.number, outcome=event.outcome))

    def draft(self, request: DraftWarning, caller: Caller) -> WarningView:
        """Write a warning."""
        case = self.shelf.ended(request.case_id)
        warning_id = derived_id("warning", caller.agency, caller.command_id)
        made = domain.draft(warning_id, request, case, self.rules.entities, caller, self.clock.now())
        self.warnings.add(made, (), caller.cause())
        return self._shown(warning_id)

    def publish(self, request: PublishWarning, caller: Caller) -> WarningView:
        """Publish a warning.

        Emits: WarningPublished.
        """
        decide = partial(domain.publish, request=request, caller=caller, now=self.clock.now())
        return self._decide(request.warning_id, decide, caller, request.expected_version)

    def withdraw(self, request: WithdrawWarning, caller: Caller) -> WarningView:
        """Take a warning back.

        Emits: WarningWithdrawn.
        """
        entities, now = self.rules.entities, self.clock.now()
        decide = partial(domain.withdraw, request=request, entities=entities, caller=caller, now=now)
        return self._decide(request.warning_id, decide, caller, request.expected_version)

    def get(self, request: GetWarning) -> WarningView:
        """Show a warning to an official: every agency may read all of them."""
        return self._shown(request.warning_id)

    def for_the_public(self) -> PublicWarnings:
        """Show what the public is warned of, and for a while what was taken back."""
        since = self.clock.now() - domain.WITHDRAWN_SHOWN
        shown = [each for each in self.shelf.published() if each.withdrawn_at is None or each.withdrawn_at > since]
        return PublicWarnings(items=tuple(map(domain.for_the_public, shown[:MOST_SHOWN])))

    def _decide(
        self,
        warning_id: str,
        decide: Callable[[PublicWarning], WarningDecision],
        caller: Caller,
        expected_version: int | None,
    ) -> WarningView:
        self._shown(warning_id)
        done = self.warnings.change(warning_id, decide, caller.cause(), expected_version=expected_version)
        return domain.as_view(done.state, done.version)

    def _shown(self, warning_id: str) -> WarningView:
        found = self.warnings.get(warning_id)
        return domain.as_view(found.state, found.version)

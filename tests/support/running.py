"""Which items of a store in memory still run under which version of the policy, as the database would say it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lianxi.store.fakes import MemoryAggregates


@dataclass(frozen=True)
class MemoryRunning:
    items: MemoryAggregates[Any]
    states: tuple[StrEnum, ...]

    def count(self, policy_version: int, among: Sequence[str] | None) -> dict[str, int]:
        found = Counter(each.state.value for each in self._under(policy_version, among))
        return {state.value: found[state.value] for state in self.states}

    def first(self, policy_version: int, among: Sequence[str] | None, at_most: int) -> list[str]:
        return [each.id for each in self._under(policy_version, among)][:at_most]

    def _under(self, policy_version: int, among: Sequence[str] | None) -> list[Any]:
        return [
            each
            for each in self.items.all()
            if each.policy_version == policy_version
            and each.state in self.states
            and (among is None or each.id in among)
        ]

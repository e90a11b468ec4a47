"""Keeping the traces of tips. They are made after a tip is in, so that neither intake nor a rescue waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from lianxi.contracts.envelope import Heard
from lianxi.contracts.sealing import Opener
from lianxi.kernel.errors import ContractBroken
from lianxi.policy.book import PolicyBook
from lianxi.store.unit import Aggregates
from services.tips.domain.tip import Tip
from services.tips.domain.traces import Trace
from services.tips.domain.tracing import made_by, trace_of

REMADE_A_SWEEP = 200


class Traces(Protocol):
    """Where traces are kept."""

    def keep(self, traces: Sequence[Trace], made_by: str) -> None:
        """Write some traces in place of older ones."""
        ...

    def forget(self, tip_ids: Sequence[str]) -> None:
        """Delete the traces of some tips."""
        ...

    def untraced(self, made_by: str, at_most: int) -> Sequence[str]:
        """Name some tips that have no trace, or one that other rules made, or another key."""
        ...


@dataclass(frozen=True)
class TraceHandlers:
    """The use cases. What is under a tip's seal is read here and leaves as keyed hashes."""

    tips: Aggregates[Tip]
    traces: Traces
    opener: Opener
    policies: PolicyBook
    key: bytes
    watch: Callable[[Sequence[tuple[Tip, Trace]]], None] = lambda _told: None
    settled: set[str] = field(default_factory=set)

    def keep_traces(self, heard: Sequence[Heard]) -> None:
        """Make the traces of the tips that were told of, as the tips are now."""
        events: list[Any] = [each.event for each in heard]
        self.watch(self._make([each.tip_id for each in events]))

    def remake_traces(self) -> None:
        """Make some traces that are missing, or that other rules made; once all are made, nobody is asked again."""
        made_by = self._made_by()
        if made_by in self.settled:
            return
        waiting = self.traces.untraced(made_by, REMADE_A_SWEEP)
        self._make(waiting)
        if not waiting:
            self.settled.add(made_by)

    def forgetting(self, forget_more: Callable[[Tip], object]) -> Callable[[Tip], None]:
        """Make of what else is forgotten of a tip something that forgets its trace too."""

        def forget(tip: Tip) -> None:
            self.traces.forget([tip.id])
            forget_more(tip)

        return forget

    def _make(self, tip_ids: Sequence[str]) -> list[tuple[Tip, Trace]]:
        wanted = list(dict.fromkeys(tip_ids))
        found = self.tips.find_many(wanted)
        rules = self.policies.current.entities
        kept = [(each.state, trace_of(each.state, self._clear(each.state), rules, self.key)) for each in found.values()]
        self.traces.keep([trace for _, trace in kept], self._made_by())
        gone = [tip_id for tip_id in wanted if tip_id not in found]
        if gone:
            self.traces.forget(gone)
        return kept

    def _made_by(self) -> str:
        return made_by(self.policies.current.entities, self.key)

    def _clear(self, tip: Tip) -> str:
        """Read what is under the seal; without one, or with one whose key is gone, the redacted words must do."""
        words = "\n".join(each for each in (tip.redacted_place, tip.redacted_text) if each)
        if tip.sealed_content is None:
            return words
        try:
            content = self.opener.open(tip.sealed_content)
        except ContractBroken:
            return words
        told = (content.get(each) for each in ("place", "text"))
        return "\n".join(each for each in told if isinstance(each, str))

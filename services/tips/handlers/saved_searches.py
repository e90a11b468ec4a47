"""Keeping searches, and telling a desk of a new tip that matches one it watches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.saved_searches import ChangeSavedSearch, DropSavedSearch, SaveSearch
from lianxi.kernel.clock import Clock
from lianxi.kernel.ids import derived_id, random_id
from lianxi.policy.book import PolicyBook
from lianxi.store.unit import Addition, Aggregates, Stored
from services.tips.domain import saved_searches as rules
from services.tips.domain.saved_searches import SavedSearch, Sighting
from services.tips.domain.tip import Tip
from services.tips.domain.traces import Trace

WATCHER = "watch:saved_searches"


class SavedSearches(Protocol):
    """What is looked up among the searches that are kept."""

    def kept_by(self, owner: str) -> int:
        """Count those that somebody keeps."""
        ...

    def watched(self, agencies: Iterable[str]) -> Sequence[SavedSearch]:
        """Read those that desks of some agencies watch."""
        ...


@dataclass(frozen=True)
class SavedSearchHandlers:
    """The use cases of searches that are kept."""

    searches: Aggregates[SavedSearch]
    seen: Aggregates[Sighting]
    among: SavedSearches
    policies: PolicyBook
    clock: Clock

    def save(self, request: SaveSearch, caller: Caller) -> Stored[SavedSearch]:
        """Keep a search.

        Raises:
            Malformed: search.too_short, search.too_long, saved_search.nameless.
            RuleBroken: saved_search.desk_not_yours, saved_search.too_many.
        """
        desk = rules.desk_of(caller, request.desk, self.policies.current.desks)
        known = caller.command_id
        saved_id = random_id("saved") if known is None else derived_id("saved", caller.actor, known)
        kept = self.among.kept_by(caller.actor)
        saved, events = rules.save(saved_id, request, desk, caller, kept, self.clock.now())
        self.searches.add(saved, events, caller.cause())
        return self.searches.get(saved_id)

    def change(self, request: ChangeSavedSearch, caller: Caller) -> Stored[SavedSearch]:
        """Change a search.

        Raises:
            NotFound: saved_search.not_found.
            Forbidden: saved_search.not_yours.
            Malformed: search.too_short, search.too_long, saved_search.nameless.
            Conflict: saved_search.changed when it is not at the version the caller expected.
        """
        return self.searches.change(
            request.saved_search_id,
            partial(rules.change, request=request, caller=caller, now=self.clock.now()),
            caller.cause(),
            expected_version=request.expected_version,
        )

    def drop(self, request: DropSavedSearch, caller: Caller) -> Stored[SavedSearch]:
        """Keep a search no longer.

        Raises:
            NotFound: saved_search.not_found.
            Forbidden: saved_search.not_yours.
        """
        return self.searches.change(request.saved_search_id, partial(rules.drop, caller=caller), caller.cause())

    def watch(self, told: Sequence[tuple[Tip, Trace]]) -> None:
        """Tell the desks that watch of new tips that match; of each once, however often it is heard of.

        Emits: SearchMatched.
        """
        agencies = {agency for tip, _ in told for agency in tip.agencies}
        watched = self.among.watched(agencies) if agencies else ()
        now = self.clock.now()
        self.seen.add_many(
            [
                Addition(sighting, events, Cause(actor=WATCHER, correlation_id=tip.id))
                for tip, trace in told
                for sighting, events in rules.sightings(watched, tip, trace, now)
            ]
        )

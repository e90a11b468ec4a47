"""A bell that rings when a decision with events has been committed, so that the relay need not wait for its next look.

One per process, because a process has one relay to wake; without a listener, ringing does nothing. The relay's own
looking stays the truth: a bell that nobody hears costs a moment, never an event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Listener = Callable[[str, Sequence[str]], None]


class Bell:
    """Rings whoever listens."""

    def __init__(self) -> None:
        self._listener: Listener | None = None

    def listen(self, listener: Listener) -> None:
        """Be called at every ring with the collection and what was committed in it; the call must not block."""
        self._listener = listener

    def ring(self, collection: str, ids: Sequence[str]) -> None:
        """Say which aggregates have been committed there."""
        if self._listener is not None:
            self._listener(collection, ids)


COMMITTED = Bell()

"""A bell that rings when a decision with events has been committed, so that the relay need not wait for its next look.

One per process, because a process has one relay to wake; without a listener, ringing does nothing. The relay's own
looking stays the truth: a bell that nobody hears costs a moment, never an event.
"""

from __future__ import annotations

from collections.abc import Callable


class Bell:
    """Rings whoever listens."""

    def __init__(self) -> None:
        self._listener: Callable[[str], None] | None = None

    def listen(self, listener: Callable[[str], None]) -> None:
        """Be called at every ring with the name of the collection; the call must not block."""
        self._listener = listener

    def ring(self, collection: str) -> None:
        """Say that something has been committed there."""
        if self._listener is not None:
            self._listener(collection)


COMMITTED = Bell()

"""Waits for conditions; a test never guesses how long something takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_SECONDS = 0.02
DEAREST_SHARE = 5
"""A question that takes long is asked rarely: whoever waits may not be what everybody waits for."""
MOST_SECONDS = 1.0
_NEVER = threading.Event()


def wait_until(condition: Callable[[], T | None], timeout: float = 15.0, what: str = "the condition") -> T:
    """Ask again and again until the answer is true, and give that answer.

    Units: seconds.
    Raises:
        AssertionError: naming `what` and the last answer when the time is over.
    """
    deadline = time.monotonic() + timeout
    while True:
        asked_at = time.monotonic()
        answer = condition()
        if answer:
            return answer
        told_at = time.monotonic()
        if told_at > deadline:
            raise AssertionError(f"waited {timeout:g} s for {what}; the last answer was {answer!r}")
        _NEVER.wait(max(POLL_SECONDS, min(MOST_SECONDS, DEAREST_SHARE * (told_at - asked_at))))

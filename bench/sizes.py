"""How much is measured: the full ruler, or a short one that says whether anything has moved far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Sizes:
    """The numbers of one run; no further turn is begun when `patience` is over, because a busy machine knows no end.

    Units: seconds for windows and patience; items otherwise.
    """

    repetitions: int
    patience: float
    window: float
    most_tips: int
    warm_up: int
    messages: int
    inserts: int
    requests: int
    scheduled: int
    batches: tuple[int, ...]
    backlog: int
    rentals: tuple[int, ...]
    stored_rentals: tuple[int, ...]
    texts: tuple[int, ...]
    queries: int
    events: tuple[int, ...]
    starts: int


FULL: Final = Sizes(
    repetitions=3,
    patience=720.0,
    window=4.0,
    most_tips=4_000,
    warm_up=100,
    messages=20_000,
    inserts=10_000,
    requests=10_000,
    scheduled=1_000,
    batches=(50, 200, 800),
    backlog=10_000,
    rentals=(10_000, 100_000, 1_000_000),
    stored_rentals=(10_000, 100_000),
    texts=(1_000, 10_000, 100_000),
    queries=200,
    events=(10_000, 100_000, 1_000_000),
    starts=3,
)
SHORT: Final = Sizes(
    repetitions=1,
    patience=720.0,
    window=1.0,
    most_tips=600,
    warm_up=60,
    messages=5_000,
    inserts=3_000,
    requests=3_000,
    scheduled=200,
    batches=(50, 200),
    backlog=200,
    rentals=(1_000, 10_000, 100_000),
    stored_rentals=(1_000, 10_000),
    texts=(1_000, 10_000),
    queries=40,
    events=(1_000, 10_000, 100_000),
    starts=1,
)

"""What desks said last, so that a desk that is away leaves an older number with its hour, and never a zero."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

MOST_KEPT: Final = 300
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and when it was given."""

    plain: dict[str, Any]
    at: datetime


@dataclass
class LastKnown:
    """The last answers of this process. The key of each names whose eyes it was cut for."""

    rows: OrderedDict[Key, Kept] = field(default_factory=OrderedDict)

    def keep(self, key: Key, plain: dict[str, Any], at: datetime) -> None:
        """Keep an answer in place of the one before; the longest unused go first."""
        self.rows[key] = Kept(plain, at)
        self.rows.move_to_end(key)
        while len(self.rows) > MOST_KEPT:
            self.rows.popitem(last=False)

    def last(self, key: Key) -> Kept | None:
        """Find the last answer."""
        return self.rows.get(key)

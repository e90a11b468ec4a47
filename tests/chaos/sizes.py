"""How much chaos: a smoke size in every run, the full numbers in `make chaos` (DESIGN 12.1)."""

from __future__ import annotations

import os

FULL = os.environ.get("LIANXI_CHAOS") == "full"


def size(smoke: int, full: int) -> int:
    return full if FULL else smoke

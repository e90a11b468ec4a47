"""The contenders' names, for whoever writes about them without starting one."""

from __future__ import annotations

from typing import Final

DOCUMENTED: Final = "as its documentation shows it"
ORDER: Final = ("lianxi", "D+", "D", "F", "F2", "E", "A")
TITLES: Final = {
    "lianxi": "Lianxi",
    "D+": "FastStream, batches by hand",
    "D": "FastStream",
    "F": "Flask + Celery",
    "F2": "Django + PostgreSQL + Celery",
    "E": "nameko HTTP + RPC",
    "A": "FastAPI + nameko RPC",
}
HOW: Final = {
    "lianxi": "as it ships, every promise on",
    "D+": "**tuned by hand**: the honest upper anchor",
    "D": DOCUMENTED,
    "F": DOCUMENTED,
    "F2": f"{DOCUMENTED}; its own database",
    "E": "as nameko's own examples show it",
    "A": "as nameko's own examples show it",
}

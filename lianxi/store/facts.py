"""Facts: one document for each event taken in.

Figures are folds of facts, so order and repetition cannot change them.
"""

from __future__ import annotations

from typing import Any

from pymongo.errors import DuplicateKeyError

from lianxi.kernel.ids import derived_id
from lianxi.store.connect import reaching_the_store
from lianxi.store.documents import FactDocument


def add_fact(document: type[FactDocument], handler: str, event_id: str, fields: dict[str, Any]) -> bool:
    """Write the fact of one event; `False` when it is written already."""
    row = {"_id": derived_id("fact", handler, event_id), **fields}
    try:
        with reaching_the_store():
            document._get_collection().insert_one(row)
    except DuplicateKeyError:
        return False
    return True

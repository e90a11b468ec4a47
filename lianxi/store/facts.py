"""Facts: one document for each event taken in.

Figures are folds of facts, so order and repetition cannot change them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lianxi.kernel.ids import derived_id
from lianxi.store.connect import insert_new
from lianxi.store.documents import FactDocument


def add_facts(document: type[FactDocument], handler: str, rows: Mapping[str, dict[str, Any]]) -> bool:
    """Write the facts of some events, by the events' ids, in one write, and say whether all of them were new.

    Those that are written already stay as they are.
    """
    documents = [{"_id": derived_id("fact", handler, event_id), **fields} for event_id, fields in rows.items()]
    return not insert_new(document._get_collection(), documents)

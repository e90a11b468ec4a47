"""What is not there yet is left out where a sparse index looks, and reads back as nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from mongoengine import DateTimeField, DictField, StringField

from lianxi.policy.retention import NOT_COUNTED, Keeping
from lianxi.store.documents import AggregateDocument
from lianxi.store.mapping import as_fields, as_state
from lianxi.store.retention import kept_indexes
from lianxi.store.sparse import leave_nulls_out, sparse_paths


@dataclass(frozen=True)
class Crate:
    """An aggregate; `owner` is read back only where it is written."""

    id: str
    owner: str | None
    officer: str | None = None
    keeping: Keeping = field(default=NOT_COUNTED)


class CrateDocument(AggregateDocument):
    """How it would lie in the database."""

    meta: ClassVar[dict[str, Any]] = {
        "collection": "crates",
        "indexes": [
            {"fields": ["officer"], "sparse": True},
            {"fields": ["owner"], "sparse": True},
            {"fields": ["opened_at"]},
            *kept_indexes("keeping"),
        ],
    }

    owner = StringField()
    officer = StringField()
    opened_at = DateTimeField()
    keeping = DictField()


PATHS = sparse_paths(CrateDocument, Crate)


def written(crate: Crate, found: dict[str, Any]) -> dict[str, Any]:
    fields = as_fields(crate)
    leave_nulls_out(fields, PATHS, found)
    return fields


def test_a_null_that_no_question_looks_for_is_not_written() -> None:
    new = Crate("c1", None)
    fields = written(new, {})
    assert "officer" not in fields
    assert fields["owner"] is None, "without a default it could not be read back"
    assert {"rule", "since", "run_id"}.isdisjoint(fields["keeping"])
    assert as_state(Crate, fields) == new


def test_what_was_there_and_ends_is_set_to_null() -> None:
    assert written(Crate("c1", "o", officer="someone"), {})["officer"] == "someone"
    assert written(Crate("c1", "o"), {"officer": "someone"})["officer"] is None

"""What is not there yet is not written where a sparse index looks: a written null would stand in the index.

Each entry of an index is taken out and put in again whenever its document changes, on the embedded database also one
that says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from lianxi.store.documents import AggregateDocument

Path = tuple[str, ...]


def sparse_paths(document: type[AggregateDocument], kind: type[Any]) -> tuple[Path, ...]:
    """Name the fields of sparse indexes that a dataclass reads back as nothing when they are not there."""
    bare = {each.name for each in fields(kind) if each.default is not MISSING}
    specs: Iterable[Mapping[str, Any]] = document._meta.get("index_specs") or ()
    named = {str(name) for spec in specs if spec.get("sparse") for name, _ in spec["fields"]}
    paths = (tuple(name.split(".")) for name in sorted(named))
    return tuple(path for path in paths if path[0] in bare)


def leave_nulls_out(written: dict[str, Any], paths: Iterable[Path], found: Mapping[str, Any]) -> None:
    """Leave out what is null there, except for what the document has at its root already: that is set to null."""
    for path in paths:
        *way, leaf = path
        place: Any = written
        for name in way:
            place = place.get(name) if isinstance(place, dict) else None
        if isinstance(place, dict) and place.get(leaf, leaf) is None and (way or leaf not in found):
            del place[leaf]

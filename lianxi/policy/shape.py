"""What a policy file may hold, read off the rows' own declarations: loader, schema and export agree by it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


class Place:
    """One key of a table: its name in the file, its attribute in the row, what it wants, whether it may be left out."""

    def __init__(self, name: str, key: str, wanted: Any, *, is_needed: bool, default: Any) -> None:
        self.name = name
        self.key = key
        self.wanted = wanted
        self.is_needed = is_needed
        self.default = default


def places_of(kind: type[Any]) -> Mapping[str, Place]:
    """List the keys of a row's table, in the order of its declaration; what the loader itself fills in is left out.

    Clause: none.
    """
    wanted: Any = kind
    return _places(wanted)


@cache
def _places(kind: Hashable) -> Mapping[str, Place]:
    row: Any = kind
    hints = get_type_hints(row)
    found = {}
    for each in fields(row):
        if each.metadata.get("given"):
            continue
        key = each.metadata.get("key", each.name)
        found[key] = Place(each.name, key, hints[each.name], is_needed=each.default is MISSING, default=each.default)
    return found


def without_none(wanted: Any) -> Any:
    """Read `X | None` as X: a TOML file leaves out what it does not know.

    Clause: none.
    """
    if get_origin(wanted) in (Union, UnionType):
        return next(part for part in get_args(wanted) if part is not type(None))
    return wanted


def plain(row: Any) -> Any:
    """Turn a row back into what a TOML file holds, without what is as it would be by default.

    Clause: none.
    """
    if is_dataclass(row) and not isinstance(row, type):
        values = ((place, getattr(row, place.name)) for place in places_of(type(row)).values())
        return {place.key: plain(value) for place, value in values if place.is_needed or value != place.default}
    if isinstance(row, Mapping):
        return {str(key): plain(value) for key, value in row.items()}
    if isinstance(row, frozenset):
        return sorted(row)
    if isinstance(row, tuple | list):
        return [plain(item) for item in row]
    return row

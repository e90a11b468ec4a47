"""Between a desk's plain dataclasses and what lies in the database.

Instants stay instants; dates become ISO text, which sorts as they do; enumerations become their values; tuples become
lists.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, TypeVar

from cattrs import Converter

A = TypeVar("A")


def _instant(value: Any, _kind: type[datetime]) -> datetime:
    instant: datetime = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=False)
    converter.register_unstructure_hook(date, lambda value: value.isoformat())
    converter.register_structure_hook(date, lambda value, _kind: date.fromisoformat(value))
    converter.register_unstructure_hook(datetime, lambda value: value)
    converter.register_structure_hook(datetime, _instant)
    return converter


_CONVERTER = _converter()


def as_fields(state: Any) -> dict[str, Any]:
    """Turn a dataclass into plain values that the database keeps."""
    fields: dict[str, Any] = _as_lists(_CONVERTER.unstructure(state))
    return fields


def _as_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_lists(each) for key, each in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [_as_lists(each) for each in value]
    return value


def as_state(kind: type[A], fields: dict[str, Any]) -> A:
    """Read a dataclass back from what the database kept."""
    return _CONVERTER.structure(fields, kind)

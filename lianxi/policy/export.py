"""Writes a policy out again: as TOML in one canonical order, as plain data, and the schema of each file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from datetime import date
from typing import Any, Literal, get_args, get_origin

from lianxi.policy.calendar import CalendarYear
from lianxi.policy.forms import FORMS, Form
from lianxi.policy.policy import Policy
from lianxi.policy.shape import places_of, plain, without_none

SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: Mapping[Any, Mapping[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
}


def as_files(policy: Policy) -> Mapping[str, Mapping[str, Any]]:
    """Turn a policy back into what its files hold: keys in the order of their declaration, rows in their own.

    Clause: none (criterion 7.1).
    """
    found: dict[str, Mapping[str, Any]] = {}
    for name, form in FORMS.items():
        if form.whole is not None:
            found[name] = plain(getattr(policy, form.whole.attribute))
            continue
        content = {key: _held(getattr(policy, table.attribute)) for key, table in form.tables.items()}
        kept = {key: rows for key, rows in content.items() if rows or not _may_lack(form, key)}
        if kept or not form.is_optional:
            found[name] = kept
    return found


def calendar_files(policy: Policy) -> Mapping[str, Mapping[str, Any]]:
    """Turn the calendar's years back into what their files hold.

    Clause: none.
    """
    return {str(year): {"calendar": plain(row)} for year, row in policy.calendar.years.items()}


def as_pages(policy: Policy, programme: str) -> Mapping[str, str]:
    """Write out a whole policy folder in its canonical form: each file's name below the folder, and its page.

    Clause: none (criteria 7.1, 7.3).
    """
    pages = {f"{programme}/{name}.toml": as_toml(content) for name, content in as_files(policy).items()}
    return pages | {f"calendar/{name}.toml": as_toml(content) for name, content in calendar_files(policy).items()}


def schemas() -> Mapping[str, Mapping[str, Any]]:
    """Give the JSON Schema of every policy file; a date is a text such as `2015-10-19`.

    Clause: none (criterion 7.1).
    """
    found = {name: _schema_of_form(name, form) for name, form in FORMS.items()}
    year = _table({"calendar": _schema(CalendarYear)}, ["calendar"])
    return {**found, "calendar-year": {"$schema": SCHEMA, "title": "calendar/<year>.toml", **year}}


def as_json(value: Any) -> str:
    """Write plain data as a page of JSON.

    Clause: none.
    """
    return json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n"


def as_toml(content: Mapping[str, Any]) -> str:
    """Write plain data as TOML in its one canonical form: values first, then tables, one empty line before each.

    Clause: none (criterion 7.1).
    """
    return "\n".join(_lines(content, "")).strip("\n") + "\n"


def _held(found: Any) -> Any:
    if isinstance(found, Mapping):
        return [plain(row) for row in found.values()]
    return plain(found)


def _may_lack(form: Form, key: str) -> bool:
    return form.is_optional or form.tables[key].is_optional


def _lines(table: Mapping[str, Any], name: str) -> Iterator[str]:
    for key, value in table.items():
        if not _is_table(value):
            yield f"{key} = {_value(value)}"
    for key, value in table.items():
        inner = f"{name}.{key}" if name else key
        if isinstance(value, Mapping) and _is_table(value):
            yield from ("", f"[{inner}]", *_lines(value, inner))
        elif _is_table(value):
            for row in value:
                yield from ("", f"[[{inner}]]", *_lines(row, inner))


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)


def _schema_of_form(name: str, form: Form) -> Mapping[str, Any]:
    head = {"$schema": SCHEMA, "title": f"{name}.toml"}
    if form.whole is not None:
        return {**head, **_schema(form.whole.kind)}
    keys = {
        key: _schema(table.kind) if table.is_one else {"type": "array", "items": _schema(table.kind)}
        for key, table in form.tables.items()
    }
    return {**head, **_table(keys, [key for key in keys if not _may_lack(form, key)])}


def _schema(wanted: Any) -> Mapping[str, Any]:
    if is_dataclass(wanted) and isinstance(wanted, type):
        places = places_of(wanted)
        keys = {key: _schema(place.wanted) for key, place in places.items()}
        described = {"description": (wanted.__doc__ or "").strip().partition("\n")[0]}
        return {**described, **_table(keys, [key for key, place in places.items() if place.is_needed])}
    wanted = without_none(wanted)
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin in (tuple, frozenset):
        unique = {"uniqueItems": True} if origin is frozenset else {}
        return {"type": "array", "items": _schema(arguments[0]), **unique}
    if origin is Mapping:
        names = {"propertyNames": {"pattern": "^[0-9]+$"}} if arguments[0] is int else {}
        return {"type": "object", **names, "additionalProperties": _schema(arguments[1])}
    if origin is Literal:
        return {"enum": list(arguments)}
    return dict(_PLAIN[wanted])


def _table(keys: Mapping[str, Any], needed: list[str]) -> Mapping[str, Any]:
    return {"type": "object", "properties": dict(keys), "required": needed, "additionalProperties": False}

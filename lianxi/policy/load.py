"""Reads policy files. Only this module of policy and `published` touch a disk."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.calendar import CalendarChange, CalendarYear, WorkCalendar
from lianxi.policy.forms import FORMS, Form, Table
from lianxi.policy.model import Agency
from lianxi.policy.policy import Policy, rolled
from lianxi.policy.shape import places_of, without_none
from lianxi.policy.structure import structural_findings

DEFAULT_PROGRAMME = "dayong-2015"
Row = TypeVar("Row")


def read_policy(directory: Path, programme: str = DEFAULT_PROGRAMME) -> Policy:
    """Read a programme's files as they are written, without asking whether they agree with one another.

    Clause: none.
    Raises:
        PolicyBroken: with `file` and `key`, when a file is missing or a value is not what its place wants.
    """
    home = directory / programme
    found: dict[str, Any] = {}
    for name, form in FORMS.items():
        found.update(_read(home / f"{name}.toml", form))
    found["agencies"] = {code: _with_agency(agency) for code, agency in found["agencies"].items()}
    changes: tuple[CalendarChange, ...] = found["calendar_changes"]
    calendar = WorkCalendar(
        years=read_years(directory / "calendar"), changes={change.on: change.is_working for change in changes}
    )
    return Policy(**found, calendar=calendar)


def load_policy(directory: Path, programme: str = DEFAULT_PROGRAMME, *, shift_days: int = 0) -> Policy:
    """Read a programme that a town can run on: sound in itself, and rolled by whole weeks if asked.

    Clause: none.
    Raises:
        PolicyBroken: as `read_policy`, or policy.unsound with what `lianxi policy check` would say.
    """
    policy = read_policy(directory, programme)
    findings = structural_findings(policy)
    if findings:
        raise PolicyBroken("policy.unsound", programme=programme, findings=[found.message_en for found in findings])
    return rolled(policy, shift_days)


def read_years(directory: Path) -> Mapping[int, CalendarYear]:
    """Read every year of working-day data in a folder.

    Clause: none.
    Raises:
        PolicyBroken: with `file` and `key`.
    """
    years = (_File(path).one("calendar", CalendarYear) for path in sorted(directory.glob("[0-9]*.toml")))
    return {year.year: year for year in years}


def _read(path: Path, form: Form) -> Iterator[tuple[str, Any]]:
    if form.is_optional and not path.exists():
        yield from ((table.attribute, ()) for table in form.tables.values())
        return
    file = _File(path)
    if form.whole is not None:
        yield form.whole.attribute, file.structured(file.content, form.whole.kind, "")
        return
    file.check_keys(form.tables.keys())
    for key, table in form.tables.items():
        yield table.attribute, _table(file, key, table)


def _table(file: _File, key: str, table: Table) -> Any:
    if table.is_one:
        return file.one(key, table.kind)
    rows = () if table.is_optional and key not in file.content else file.rows(key, table.kind)
    return {getattr(row, table.named_by[0]): row for row in rows} if table.is_keyed else rows


def _with_agency(agency: Agency) -> Agency:
    return replace(agency, desks=tuple(replace(desk, agency=agency.code) for desk in agency.desks))


class _File:
    """One policy file, read on making, and the rows in it."""

    def __init__(self, path: Path) -> None:
        self.name = f"{path.parent.name}/{path.name}"
        try:
            self.content = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as absent:
            raise PolicyBroken("policy.file_missing", file=self.name) from absent
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
            raise PolicyBroken("policy.file_unreadable", file=self.name, why=str(broken)) from broken

    def check_keys(self, known: Any) -> None:
        unknown = sorted(self.content.keys() - known)
        if unknown:
            raise PolicyBroken("policy.key_unknown", file=self.name, key=unknown[0])

    def rows(self, key: str, kind: type[Row]) -> tuple[Row, ...]:
        found = self.content.get(key)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise self.broken(key, "a list of tables", found)
        return tuple(self.structured(row, kind, f"{key}[{index}]") for index, row in enumerate(found))

    def one(self, key: str, kind: type[Row]) -> Row:
        row: Row = self.structured(self.content.get(key), kind, key)
        return row

    def structured(self, value: Any, kind: Any, key: str) -> Any:
        """Turn a TOML value into what its place wants, or say which key of which file does not fit."""
        if is_dataclass(kind):
            return self._dataclass(value, kind, key)
        kind = without_none(kind)
        origin, arguments = get_origin(kind), get_args(kind)
        if origin in (tuple, frozenset):
            if not isinstance(value, list):
                raise self.broken(key, "a list", value)
            return origin(self.structured(item, arguments[0], f"{key}[{index}]") for index, item in enumerate(value))
        if origin is Mapping:
            return self._mapping(value, arguments, key)
        if origin is Literal:
            if value not in arguments:
                raise self.broken(key, "one of " + ", ".join(map(str, arguments)), value)
            return value
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)) or isinstance(value, datetime):
            raise self.broken(key, _WANTED.get(kind, str(kind)), value)
        return value

    def _mapping(self, value: Any, arguments: tuple[Any, ...], key: str) -> Any:
        if not isinstance(value, dict):
            raise self.broken(key, "a table", value)
        wanted, held = arguments
        return {
            self.structured(
                int(name) if wanted is int and name.isdigit() else name, wanted, f"{key}.{name}"
            ): self.structured(item, held, f"{key}.{name}")
            for name, item in value.items()
        }

    def _dataclass(self, value: Any, kind: Any, key: str) -> Any:
        if not isinstance(value, dict):
            raise self.broken(key, "a table", value)
        places = places_of(kind)
        within = f"{key}." if key else ""
        unknown = sorted(value.keys() - places.keys())
        if unknown:
            raise PolicyBroken("policy.key_unknown", file=self.name, key=f"{within}{unknown[0]}")
        missing = [name for name, place in places.items() if place.is_needed and name not in value]
        if missing:
            raise PolicyBroken("policy.key_missing", file=self.name, key=f"{within}{missing[0]}")
        return kind(
            **{
                places[name].name: self.structured(item, places[name].wanted, f"{within}{name}")
                for name, item in value.items()
            }
        )

    def broken(self, key: str, wanted: str, found: Any) -> PolicyBroken:
        return PolicyBroken("policy.value_wrong", file=self.name, key=key, wanted=wanted, found=found)


_WANTED = {str: "text", int: "a whole number", bool: "true or false", date: "a date"}

"""Reads policy files. The only module of policy that touches a disk."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.calendar import CalendarYear, WorkCalendar
from lianxi.policy.clauses import ClauseIndex, Section
from lianxi.policy.model import (
    Agency,
    Article,
    ClockRule,
    Contact,
    Grade,
    NoticeRule,
    Obligation,
    Party,
    Post,
    Programme,
    ReportPart,
    ReturnDate,
    Route,
)
from lianxi.policy.policy import Policy, rolled
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
    agencies = _File(home / "agencies.toml")
    grades = _File(home / "grades.toml")
    returns = _File(home / "returns.toml")
    clauses = _File(home / "clauses.toml")
    return Policy(
        programme=_File(home / "programme.toml").one("programme", Programme),
        clauses=ClauseIndex(sentences=clauses.sentences(), sections=clauses.rows("section", Section)),
        agencies={row.code: row for row in _with_desks(agencies)},
        posts=agencies.rows("post", Post),
        parties={row.code: row for row in agencies.rows("party", Party)},
        obligations=_File(home / "obligations.toml").rows("obligation", Obligation),
        routes=_File(home / "routing.toml").rows("route", Route),
        grades={row.code: row for row in grades.rows("grade", Grade)},
        brought_forward_days=grades.value("brought_forward", "days", int),
        returns=returns.rows("return", ReturnDate),
        summary=returns.one("summary", ReturnDate),
        report_parts=returns.rows("part", ReportPart),
        clocks=_File(home / "clocks.toml").rows("clock", ClockRule),
        notices=_File(home / "notices.toml").rows("notice", NoticeRule),
        contacts=_File(home / "contacts.toml").rows("contact", Contact),
        articles={row.id: row for row in _File(home / "articles.toml").rows("article", Article)},
        calendar=read_calendar(directory / "calendar"),
    )


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


def read_calendar(directory: Path) -> WorkCalendar:
    """Read every year of working-day data in a folder.

    Clause: none.
    Raises:
        PolicyBroken: with `file` and `key`.
    """
    years = [_File(path).one("calendar", CalendarYear) for path in sorted(directory.glob("[0-9]*.toml"))]
    return WorkCalendar(years={year.year: year for year in years})


def _with_desks(file: _File) -> list[Agency]:
    rows = []
    for index, written in enumerate(file.tables("agency")):
        key = f"agency[{index}]"
        agency = str(written.get("code", ""))
        desks = [{"agency": agency, **desk} for desk in written.get("desk", [])]
        plain = {name: value for name, value in written.items() if name != "desk"} | {"desks": desks}
        rows.append(file.structured(plain, Agency, key))
    return rows


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

    def tables(self, key: str) -> list[dict[str, Any]]:
        found = self.content.get(key)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise self.broken(key, "a list of tables", found)
        return found

    def rows(self, key: str, kind: type[Row]) -> tuple[Row, ...]:
        return tuple(self.structured(row, kind, f"{key}[{index}]") for index, row in enumerate(self.tables(key)))

    def one(self, key: str, kind: type[Row]) -> Row:
        row: Row = self.structured(self.content.get(key), kind, key)
        return row

    def value(self, table: str, key: str, kind: type[Row]) -> Row:
        found = self.content.get(table)
        if not isinstance(found, dict):
            raise self.broken(table, "a table", found)
        row: Row = self.structured(found.get(key), kind, f"{table}.{key}")
        return row

    def sentences(self) -> Mapping[int, int]:
        found = self.content.get("sentences")
        if not isinstance(found, dict):
            raise self.broken("sentences", "a table of line to number of sentences", found)
        return {
            self.structured(int(line) if line.isdigit() else line, int, f"sentences.{line}"): self.structured(
                number, int, f"sentences.{line}"
            )
            for line, number in found.items()
        }

    def structured(self, value: Any, kind: Any, key: str) -> Any:
        """Turn a TOML value into what its place wants, or say which key of which file does not fit."""
        if is_dataclass(kind):
            return self._dataclass(value, kind, key)
        origin, arguments = get_origin(kind), get_args(kind)
        if origin in (Union, UnionType):
            return self.structured(value, next(part for part in arguments if part is not type(None)), key)
        if origin in (tuple, frozenset):
            if not isinstance(value, list):
                raise self.broken(key, "a list", value)
            return origin(self.structured(item, arguments[0], f"{key}[{index}]") for index, item in enumerate(value))
        if origin is Literal:
            if value not in arguments:
                raise self.broken(key, "one of " + ", ".join(map(str, arguments)), value)
            return value
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)) or isinstance(value, datetime):
            raise self.broken(key, _WANTED.get(kind, str(kind)), value)
        return value

    def _dataclass(self, value: Any, kind: Any, key: str) -> Any:
        if not isinstance(value, dict):
            raise self.broken(key, "a table", value)
        hints = _hints(kind)
        places = {place.name: place for place in fields(kind)}
        unknown = sorted(value.keys() - places.keys())
        if unknown:
            raise PolicyBroken("policy.key_unknown", file=self.name, key=f"{key}.{unknown[0]}")
        missing = [name for name, place in places.items() if place.default is MISSING and name not in value]
        if missing:
            raise PolicyBroken("policy.key_missing", file=self.name, key=f"{key}.{missing[0]}")
        return kind(**{name: self.structured(item, hints[name], f"{key}.{name}") for name, item in value.items()})

    def broken(self, key: str, wanted: str, found: Any) -> PolicyBroken:
        return PolicyBroken("policy.value_wrong", file=self.name, key=key, wanted=wanted, found=found)


_WANTED = {str: "text", int: "a whole number", bool: "true or false", date: "a date"}


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)

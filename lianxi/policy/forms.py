"""The files of a policy: which tables each holds, and where they are found in a `Policy`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lianxi.policy.appraisal import Activity, Assessment, Indicator, IndicatorGroup, Rewards, Veto
from lianxi.policy.calendar import CalendarChange
from lianxi.policy.clauses import ClauseIndex
from lianxi.policy.entities import EntityRule
from lianxi.policy.model import (
    Agency,
    Article,
    BroughtForward,
    ClockRule,
    Contact,
    Grade,
    NoticeRule,
    Obligation,
    Observation,
    Party,
    Post,
    Programme,
    ReportPart,
    ReturnDate,
    Route,
    Slip,
    Suspicion,
    Tension,
)
from lianxi.policy.outside import Outside
from lianxi.policy.processes import Process
from lianxi.policy.rights import Permissions, PurgeRule, RetentionRule, Safeguard
from lianxi.policy.shape import places_of
from lianxi.policy.sources import Source
from lianxi.policy.supervision import Approval, ExtensionReason, Ladder, PauseLimit, PauseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One top-level key of a file: what it holds, which attribute of a policy that is, and what names a row.

    `is_one` is a single table; else a list of them, kept as a mapping by its first name when `is_keyed`. A row's name
    joins `named_by`.
    """

    kind: type[Any]
    attribute: str
    named_by: tuple[str, ...] = ("code",)
    is_one: bool = False
    is_keyed: bool = False
    is_optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One file. `whole` is set when the file as a whole is one thing, with its tables as that thing's parts."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    whole: Table | None = None
    is_optional: bool = False


FORMS: Mapping[str, Form] = {
    "programme": Form(
        tables={
            "programme": Table(kind=Programme, attribute="programme", is_one=True),
            "slip": Table(kind=Slip, attribute="slips", named_by=("clause", "written"), is_optional=True),
        }
    ),
    "clauses": Form(whole=Table(kind=ClauseIndex, attribute="clauses")),
    "agencies": Form(
        tables={
            "agency": Table(kind=Agency, attribute="agencies", is_keyed=True),
            "post": Table(kind=Post, attribute="posts"),
            "party": Table(kind=Party, attribute="parties", is_keyed=True),
        }
    ),
    "obligations": Form(tables={"obligation": Table(kind=Obligation, attribute="obligations", named_by=("id",))}),
    "routing": Form(tables={"route": Table(kind=Route, attribute="routes", named_by=("category",))}),
    "grades": Form(
        tables={
            "grade": Table(kind=Grade, attribute="grades", is_keyed=True),
            "observation": Table(kind=Observation, attribute="observations"),
            "brought_forward": Table(kind=BroughtForward, attribute="brought_forward", is_one=True),
            "suspicion": Table(kind=Suspicion, attribute="suspicion", is_one=True),
        }
    ),
    "returns": Form(
        tables={
            "part": Table(kind=ReportPart, attribute="report_parts"),
            "return": Table(kind=ReturnDate, attribute="returns"),
            "summary": Table(kind=ReturnDate, attribute="summary", is_one=True),
        }
    ),
    "clocks": Form(tables={"clock": Table(kind=ClockRule, attribute="clocks", named_by=("id",))}),
    "ladders": Form(tables={"ladder": Table(kind=Ladder, attribute="ladders", named_by=("code", "effective_from"))}),
    "pauses": Form(
        tables={
            "limit": Table(kind=PauseLimit, attribute="pause_limit", is_one=True),
            "pause": Table(kind=PauseReason, attribute="pause_reasons", named_by=("code", "effective_from")),
            "extension": Table(
                kind=ExtensionReason, attribute="extension_reasons", named_by=("code", "effective_from")
            ),
        }
    ),
    "approvals": Form(
        tables={"approval": Table(kind=Approval, attribute="approvals", named_by=("id", "effective_from"))}
    ),
    "entities": Form(
        tables={"entity": Table(kind=EntityRule, attribute="entities", named_by=("code",))}, is_optional=True
    ),
    "notices": Form(tables={"notice": Table(kind=NoticeRule, attribute="notices", named_by=("event", "receivers"))}),
    "contacts": Form(tables={"contact": Table(kind=Contact, attribute="contacts")}),
    "articles": Form(
        tables={
            "article": Table(kind=Article, attribute="articles", named_by=("id",), is_keyed=True),
            "tension": Table(kind=Tension, attribute="tensions", named_by=("id", "subject"), is_optional=True),
        }
    ),
    "processes": Form(tables={"process": Table(kind=Process, attribute="processes", is_keyed=True)}),
    "publicity": Form(tables={"activity": Table(kind=Activity, attribute="publicity")}),
    "readiness": Form(
        tables={
            "group": Table(kind=IndicatorGroup, attribute="readiness_groups"),
            "indicator": Table(kind=Indicator, attribute="readiness", named_by=("id",)),
            "veto": Table(kind=Veto, attribute="vetoes", named_by=("id",)),
        }
    ),
    "assessment": Form(whole=Table(kind=Assessment, attribute="assessment")),
    "rewards": Form(whole=Table(kind=Rewards, attribute="rewards")),
    "sources": Form(tables={"source": Table(kind=Source, attribute="sources")}),
    "outside": Form(whole=Table(kind=Outside, attribute="outside")),
    "retention": Form(
        tables={
            "purge": Table(kind=PurgeRule, attribute="purge", is_one=True),
            "retention": Table(kind=RetentionRule, attribute="retention", named_by=("code", "effective_from")),
            "safeguard": Table(kind=Safeguard, attribute="safeguards"),
        }
    ),
    "permissions": Form(whole=Table(kind=Permissions, attribute="permissions")),
    "calendar": Form(
        tables={"change": Table(kind=CalendarChange, attribute="calendar_changes", named_by=("on",))}, is_optional=True
    ),
}
"""Every file `<name>.toml` of a programme's folder."""

NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "grant": ("role", "resource", "rows"),
    "chosen": (),
    "section": ("from_line",),
}
"""What names the parts of a file that is read as a whole, where it is not `code`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of one file, under a name that it keeps from version to version."""

    file: str
    table: str
    name: str
    row: Any


def rules(policy: object) -> Iterator[Rule]:
    """Give every row of every file of a `Policy`, in the order of the files.

    Clause: none.
    """
    for file, form in FORMS.items():
        for key, table in form.tables.items():
            found = getattr(policy, table.attribute)
            yield from _named(file, key, _rows_of(found), () if table.is_one else table.named_by)
        if form.whole is not None and file != "clauses":
            yield from _rules_of_whole(file, getattr(policy, form.whole.attribute))


def _rules_of_whole(file: str, whole: Any) -> Iterator[Rule]:
    for key, place in places_of(type(whole)).items():
        yield from _named(file, key, _rows_of(getattr(whole, place.name)), NAMED_BY.get(key, ("code",)))


def _rows_of(found: Any) -> tuple[Any, ...]:
    if isinstance(found, Mapping):
        return tuple(found.values())
    return found if isinstance(found, tuple) else (found,)


def _named(file: str, key: str, rows: tuple[Any, ...], named_by: tuple[str, ...]) -> Iterator[Rule]:
    for row in rows:
        name = " ".join(_written(getattr(row, attribute)) for attribute in named_by)
        yield Rule(file=file, table=key, name=name, row=row)


def _written(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)

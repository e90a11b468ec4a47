"""Bulletins and summaries as papers: what the desk answers, put into the fields of a template that the office edits.

Each figure may stand anywhere by its own field (`{{cases_opened}}`), or all of them as a list; the annex names for each
the question it answers, what was asked, which events were counted, and the moment: whoever doubts one asks again.
"""

from __future__ import annotations

import asyncio
import hashlib
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from lianxi.contracts.bulletins import (
    BulletinKind,
    BulletinState,
    BulletinView,
    PaperTemplate,
    PaperTemplates,
    PeriodFigure,
    UnitPart,
)
from lianxi.kernel.clock import SHANGHAI
from lianxi.kernel.errors import Broken
from lianxi.policy.policy import Policy
from lianxi.policy.words import names_of
from lianxi.runtime.papers import Record, Values, fields_of, fill, read_template

TEMPLATES: Final = {BulletinKind.BULLETIN: "bulletin.docx", BulletinKind.SUMMARY: "summary.docx"}


async def paper_of(bulletin: BulletinView, policy: Policy, folder: Path) -> bytes:
    """Write a bulletin beside the loop: filling a paper takes as long as many small answers do.

    Raises:
        Broken: paper.template_missing, paper.template_unreadable, paper.field_unknown.
    """
    return await asyncio.to_thread(_written, bulletin, policy, folder)


def _written(bulletin: BulletinView, policy: Policy, folder: Path) -> bytes:
    template = read_template(folder / TEMPLATES[bulletin.kind])
    return fill(template, values_of(bulletin, policy, hashlib.sha256(template).hexdigest()))


def values_of(bulletin: BulletinView, policy: Policy, template_sha256: str) -> Values:
    """Say what each field of the template says."""
    names, words = names_of(policy), _words()
    issued_at = bulletin.issued_at or bulletin.asked_at
    return {
        "town": policy.programme.territory,
        "programme": policy.programme.title_zh,
        "kind": words["kind"][bulletin.kind],
        "state": words["state"][bulletin.state],
        "title": bulletin.title,
        "first_on": _day(bulletin.first_on),
        "last_on": _day(bulletin.last_on),
        "issued_on": _day(issued_at.astimezone(SHANGHAI).date()),
        "asked_at": _moment(bulletin.asked_at),
        "remarks": bulletin.remarks or words["none"],
        "figures_sha256": bulletin.figures_sha256,
        "template_sha256": template_sha256,
        "figures": [_figure(each) for each in bulletin.figures],
        "reports": [_part(each, names) for each in bulletin.reports],
        "queries": [_query(at, each, bulletin) for at, each in enumerate(bulletin.figures, 1)],
        **{each.figure: str(each.count) for each in bulletin.figures},
    }


def check_templates(known: frozenset[str], folder: Path) -> PaperTemplates:
    """Hold the templates against the fields that may stand in them, so that an edit is checked before it is needed."""
    items = tuple(_checked(name, known, folder) for name in TEMPLATES.values())
    return PaperTemplates(items=items, known=tuple(sorted(known)))


def known_fields(policy: Policy) -> frozenset[str]:
    """Name the fields that may stand in a template."""
    part = UnitPart(unit="", report_id="", due_on=date.min, practice="", results="", problems="", advice="")
    figures = tuple(PeriodFigure(figure=name, count=0, event="") for name in _words()["figure"])
    moment = datetime(2015, 10, 1, tzinfo=SHANGHAI)
    sample = BulletinView(
        bulletin_id="",
        version=1,
        kind=BulletinKind.BULLETIN,
        title="",
        first_on=moment.date(),
        last_on=moment.date(),
        state=BulletinState.DRAFTED,
        remarks="",
        figures=figures,
        figures_sha256="",
        asked_at=moment,
        reports=(part,),
        drafted_by="",
    )
    values = values_of(sample, policy, "")
    lists = {name: rows[0] for name, rows in values.items() if not isinstance(rows, str)}
    return frozenset(values.keys() - lists.keys()) | {f"{name}.{each}" for name, row in lists.items() for each in row}


def _checked(name: str, known: frozenset[str], folder: Path) -> PaperTemplate:
    try:
        body = (folder / name).read_bytes()
        fields = fields_of(body)
    except (OSError, Broken):
        return PaperTemplate(name=name, sha256="", fields=(), unknown=(), is_readable=False)
    return PaperTemplate(
        name=name,
        sha256=hashlib.sha256(body).hexdigest(),
        fields=tuple(sorted(fields)),
        unknown=tuple(sorted(fields - known)),
        is_readable=True,
    )


def _figure(figure: PeriodFigure) -> Record:
    return {"name": name_of(figure.figure), "count": str(figure.count)}


def _part(part: UnitPart, names: Mapping[str, tuple[str, str]]) -> Record:
    return {
        "unit": names.get(part.unit, (part.unit, part.unit))[0],
        "due_on": _day(part.due_on),
        "practice": part.practice,
        "results": part.results,
        "problems": part.problems,
        "advice": part.advice,
    }


def _query(at: int, figure: PeriodFigure, bulletin: BulletinView) -> Record:
    """Say how a figure came about: the question, its parameters, what is counted, and the moment it was asked."""
    counted = f"{figure.event} ({figure.condition})" if figure.condition else figure.event
    return {
        "number": str(at),
        "name": name_of(figure.figure),
        "code": figure.figure,
        "count": str(figure.count),
        "question": _words()["question"],
        "parameters": f"first_on={bulletin.first_on.isoformat()}&last_on={bulletin.last_on.isoformat()}",
        "counted": counted,
        "asked_at": _moment(bulletin.asked_at),
    }


def name_of(figure: str) -> str:
    """Say what a figure of the whole town is called."""
    return str(_words()["figure"].get(figure, figure))


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("bulletins.toml").read_text(encoding="utf-8"))


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _moment(instant: datetime) -> str:
    there = instant.astimezone(SHANGHAI)
    return f"{_day(there.date())} {there:%H:%M:%S}"

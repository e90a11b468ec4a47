"""Bulletins and summaries: figures of the whole town, each with its question, frozen when they are drafted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from lianxi.contracts.bulletins import (
    BulletinIssued,
    BulletinKind,
    BulletinState,
    BulletinView,
    DraftBulletin,
    PeriodFigure,
    UnitPart,
    counts_of,
)
from lianxi.contracts.envelope import Caller
from lianxi.kernel.errors import Conflict, Forbidden, NotFound, RuleBroken
from services.reporting.domain.cells import Cell, together
from services.reporting.domain.facts import FIGURES, Figure, seal
from services.reporting.domain.returns import OFFICE, StageReport

CLAUSE = "L79.2"
LONGEST_DAYS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """One bulletin or summary.

    Clause: L79.2, L90.1.
    """

    id: str
    kind: BulletinKind
    title: str
    first_on: date
    last_on: date
    state: BulletinState
    remarks: str
    figures: tuple[PeriodFigure, ...]
    figures_sha256: str
    asked_at: datetime
    reports: tuple[UnitPart, ...]
    drafted_by: str
    issued_by: str | None = None
    issued_at: datetime | None = None


def checked_period(first: date, last: date, today: date) -> tuple[date, date]:
    """Take a period that has begun and can be counted.

    Clause: L79.2.
    Raises:
        RuleBroken: bulletin.period_unreadable.
    """
    if not (first <= last and first <= today and (last - first).days <= LONGEST_DAYS):
        raise RuleBroken("bulletin.period_unreadable", clause=CLAUSE, longest_days=LONGEST_DAYS)
    return first, last


def town_figures(cells: Iterable[Cell]) -> tuple[PeriodFigure, ...]:
    """Count for the whole town what stage reports count for units, by the same rules: all agencies added up.

    Clause: L79.2; criterion 12.5.
    """
    known = together(cells)
    return tuple(_figure(each, sum(known.figures.get(each.name, {}).values())) for each in FIGURES)


def _figure(figure: Figure, count: int) -> PeriodFigure:
    condition = f"{figure.detail}={figure.value}" if figure.detail else ""
    return PeriodFigure(figure=figure.name, count=count, event=figure.event.KEY, condition=condition)


def parts_of(reports: Iterable[StageReport], first: date, last: date) -> tuple[UnitPart, ...]:
    """Gather what units filed for the dates of a period.

    Clause: L79.2.
    """
    filed = [each for each in reports if each.filed_at is not None and first <= each.due_on <= last]
    return tuple(
        UnitPart(
            unit=each.agency,
            report_id=each.id,
            due_on=each.due_on,
            practice=each.practice or "",
            results=each.results or "",
            problems=each.problems or "",
            advice=each.advice or "",
        )
        for each in sorted(filed, key=lambda each: (each.due_on, each.agency))
    )


def drafted(
    bulletin_id: str,
    asked: DraftBulletin,
    figures: tuple[PeriodFigure, ...],
    reports: tuple[UnitPart, ...],
    now: datetime,
    actor: str,
) -> Bulletin:
    """Draft a bulletin: what was counted stays with it, whatever is written later.

    Clause: L79.2, L90.1; criterion 12.5.
    """
    return Bulletin(
        id=bulletin_id,
        kind=asked.kind,
        title=asked.title,
        first_on=asked.first_on,
        last_on=asked.last_on,
        state=BulletinState.DRAFTED,
        remarks=asked.remarks,
        figures=figures,
        figures_sha256=seal(counts_of(figures)),
        asked_at=now,
        reports=reports,
        drafted_by=actor,
    )


def issued(bulletin: Bulletin, now: datetime, actor: str) -> tuple[Bulletin, tuple[BulletinIssued, ...]]:
    """Issue a draft, once.

    Clause: L79.2, L90.1.
    Raises:
        Conflict: bulletin.already_issued.
    """
    if bulletin.state is BulletinState.ISSUED:
        raise Conflict("bulletin.already_issued", clause=CLAUSE)
    said = BulletinIssued(
        bulletin_id=bulletin.id,
        kind=bulletin.kind,
        first_on=bulletin.first_on,
        last_on=bulletin.last_on,
        issued_at=now,
    )
    return replace(bulletin, state=BulletinState.ISSUED, issued_by=actor, issued_at=now), (said,)


def for_the_office(caller: Caller) -> None:
    """Let only the office draft and issue.

    Clause: L79.2.
    Raises:
        Forbidden: bulletin.office_only.
    """
    if caller.agency != OFFICE:
        raise Forbidden("bulletin.office_only", clause=CLAUSE)


def shown_to(bulletin: Bulletin, caller: Caller) -> Bulletin:
    """Show what is issued to every agency, a draft to the office.

    Clause: L79.2.
    Raises:
        NotFound: bulletin.not_found.
    """
    if bulletin.state is BulletinState.DRAFTED and not caller.sees_all:
        raise NotFound("bulletin.not_found")
    return bulletin


def as_view(bulletin: Bulletin, version: int) -> BulletinView:
    """Write a bulletin as it is read.

    Clause: none.
    """
    return BulletinView(
        bulletin_id=bulletin.id,
        version=version,
        kind=bulletin.kind,
        title=bulletin.title,
        first_on=bulletin.first_on,
        last_on=bulletin.last_on,
        state=bulletin.state,
        remarks=bulletin.remarks,
        figures=bulletin.figures,
        figures_sha256=bulletin.figures_sha256,
        asked_at=bulletin.asked_at,
        reports=bulletin.reports,
        drafted_by=bulletin.drafted_by,
        issued_by=bulletin.issued_by,
        issued_at=bulletin.issued_at,
    )

"""Every sentence of the plan with what it owes, and what this release does about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import get_args

from lianxi.policy.calendar import occurrences
from lianxi.policy.model import Obligation, Status
from lianxi.policy.policy import Policy

DAILY = "daily"
FORTNIGHTLY = "P2W"
ONCE = "once"
STATUSES: tuple[Status, ...] = get_args(Status)
STATUS_ZH: Mapping[Status, str] = {
    "runs": "已运行",
    "partly": "部分运行",
    "not_yet": "尚未实现",
    "refused": "按设计不做",
    "nothing_owed": "无职责",
}
STATUS_EN: Mapping[Status, str] = {
    "runs": "runs",
    "partly": "partly",
    "not_yet": "not yet",
    "refused": "never, by design",
    "nothing_owed": "owes nothing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """One sentence: what is written, who leads, what is owed, which features keep it, and whether they run.

    `next_due_on` is its next explicit date from the day that was asked for; none when it has no more, or never had one.
    """

    clause: str
    section_zh: str
    section_en: str
    sentence: str
    lead: tuple[str, ...]
    support: tuple[str, ...]
    obligations: tuple[str, ...]
    owed: str
    features: tuple[str, ...]
    kept_by: tuple[str, ...]
    status: Status
    next_due_on: date | None = None


def coverage(policy: Policy, today: date | None = None) -> tuple[CoverageRow, ...]:
    """Give one row for each sentence of the plan, in the plan's order; with a day, also what is due next from it.

    Clause: L2.1.
    """
    return tuple(_row(policy, clause, today) for clause in policy.clauses)


def next_due_on(policy: Policy, clause: str, today: date) -> date | None:
    """Find the next day on which a sentence is owed something; what is owed daily is owed today.

    Clause: L45.1, L62.2, L65.1, L90.1.
    """
    if is_daily(policy, clause):
        return today
    return next((on for on in due_days(policy, clause) if on >= today), None)


def due_days(policy: Policy, clause: str) -> tuple[date, ...]:
    """List the days on which a sentence is owed something: obligations, returns, publicity.

    A fortnight of the programme ends on its return dates; what is done once within a stretch is due on its last day.

    Clause: L62.2, L65.1, L79.2, L83.1, L90.1.
    """
    days = {row.due_on for row in (*policy.returns, policy.summary) if row.clause == clause}
    for owed in policy.obligations_of(clause):
        days |= set(owed.due_on)
        if owed.cadence == FORTNIGHTLY and not owed.due_on:
            days |= {row.due_on for row in policy.returns}
        if owed.cadence == ONCE and not owed.due_on and owed.valid_to is not None:
            days.add(owed.valid_to)
    for activity in policy.publicity:
        if activity.clause == clause and activity.cadence and activity.starts_on and activity.ends_on:
            days |= set(occurrences(activity.starts_on, activity.ends_on, activity.cadence))
    return tuple(sorted(days))


def is_daily(policy: Policy, clause: str) -> bool:
    """Say whether a sentence is owed every day, without an end.

    Clause: L45.1.
    """
    return any(row.cadence == DAILY and row.valid_to is None for row in policy.obligations_of(clause))


def totals(rows: Sequence[CoverageRow]) -> Mapping[Status, int]:
    """Count the sentences by status; a status that none has counts zero.

    Clause: none.
    """
    counted = Counter(row.status for row in rows)
    return {status: counted[status] for status in STATUSES}


def status_of(rows: Sequence[Obligation]) -> Status:
    """Say what a sentence's parts come to: alike, that; otherwise partly, unless nothing of it runs.

    Clause: none.
    """
    met = {row.status for row in rows} - {"nothing_owed"}
    if not met:
        return "nothing_owed"
    if len(met) == 1:
        return next(iter(met))
    return "partly" if met & {"runs", "partly"} else "not_yet"


def _row(policy: Policy, clause: str, today: date | None) -> CoverageRow:
    rows = policy.obligations_of(clause)
    section = policy.clauses.section_of(clause)
    return CoverageRow(
        clause=clause,
        section_zh=section.title_zh,
        section_en=section.title_en,
        sentence=_joined(row.as_written for row in rows),
        lead=policy.named(_each(row.lead for row in rows)),
        support=policy.named(_each(row.support for row in rows)),
        obligations=tuple(row.id for row in rows),
        owed=_joined((row.resolved for row in rows), " "),
        features=_each((row.feature,) for row in rows if row.feature),
        kept_by=_each(row.kept_by for row in rows),
        status=status_of(rows),
        next_due_on=None if today is None else next_due_on(policy, clause, today),
    )


def _each(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))


def _joined(texts: Iterable[str], between: str = " ") -> str:
    return between.join(dict.fromkeys(texts))

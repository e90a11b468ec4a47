"""Every sentence of the plan with what it owes, and what this release does about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from lianxi.policy.model import Obligation, Status
from lianxi.policy.policy import Policy

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
    """One sentence: what is written, who leads, what is owed, which features keep it, and whether they run."""

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


def coverage(policy: Policy) -> tuple[CoverageRow, ...]:
    """Give one row for each sentence of the plan, in the plan's order.

    Clause: L2.1.
    """
    return tuple(_row(policy, clause) for clause in policy.clauses)


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


def _row(policy: Policy, clause: str) -> CoverageRow:
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
    )


def _each(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))


def _joined(texts: Iterable[str], between: str = " ") -> str:
    return between.join(dict.fromkeys(texts))

"""A run that purges: proposed by one person, confirmed by another, done by the desks, and certified.

Each desk tells once what it has done; when all have, the certificate is signed in the same write that ends the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lianxi.contracts.certificates import CertificateContent
from lianxi.contracts.envelope import Event
from lianxi.contracts.retention import (
    PurgedRow,
    RetentionRunFinished,
    RetentionRunStarted,
    RunState,
    RunView,
)
from lianxi.kernel.errors import Conflict, Forbidden
from lianxi.policy.retention import PURGED_BY

CLAUSE = "pipl-47"
DESKS = tuple(dict.fromkeys(PURGED_BY.values()))
"""The desks that a run waits for."""

Sign = Callable[[CertificateContent], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRun:
    """One run. `rows` holds what each desk that is done has purged."""

    id: str
    state: RunState
    policy_version: int
    asked_by: str
    asked_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    rows: Mapping[str, tuple[PurgedRow, ...]]
    finished_at: datetime | None = None
    certificate: dict[str, Any] | None = None


def propose(run_id: str, policy_version: int, actor: str, now: datetime) -> RetentionRun:
    """Propose a run; nothing is purged by it yet.

    Clause: pipl-47 (criterion 24).
    """
    return RetentionRun(
        id=run_id, state=RunState.PROPOSED, policy_version=policy_version, asked_by=actor, asked_at=now, rows={}
    )


def decide(run: RetentionRun, approve: bool, actor: str, now: datetime) -> tuple[RetentionRun, tuple[Event, ...]]:
    """Confirm a run, or refuse it: as another person than who proposed it.

    Clause: pipl-47 (criterion 24).
    Raises:
        Conflict: retention_run.decided.
        Forbidden: retention_run.same_person.
    """
    if run.state is not RunState.PROPOSED:
        raise Conflict("retention_run.decided", state=run.state.value)
    if actor == run.asked_by:
        raise Forbidden("retention_run.same_person", clause=CLAUSE)
    decided = replace(run, decided_by=actor, decided_at=now)
    if not approve:
        return replace(decided, state=RunState.REFUSED), ()
    started = RetentionRunStarted(run_id=run.id, policy_version=run.policy_version, started_at=now)
    return replace(decided, state=RunState.RUNNING), (started,)


def hear(
    run: RetentionRun, desk: str, rows: tuple[PurgedRow, ...], now: datetime, sign: Sign
) -> tuple[RetentionRun, tuple[Event, ...]]:
    """Take down what a desk has purged; with the last desk's word the run ends and its certificate is signed.

    Clause: pipl-47 (criterion 24).
    """
    if run.state is not RunState.RUNNING or desk in run.rows:
        return run, ()
    told = replace(run, rows={**run.rows, desk: rows})
    if waits_for(told):
        return told, ()
    certificate = sign(certified(told, now))
    purged = sum(row.count for row in rows_of(told))
    ended = replace(told, state=RunState.FINISHED, finished_at=now, certificate=certificate)
    return ended, (RetentionRunFinished(run_id=run.id, purged=purged, finished_at=now),)


def certified(run: RetentionRun, now: datetime) -> CertificateContent:
    """Say what a certificate says of a run.

    Clause: pipl-47 (criterion 24).
    """
    return CertificateContent(
        run_id=run.id,
        policy_version=run.policy_version,
        rows=rows_of(run),
        asked_by=run.asked_by,
        asked_at=run.asked_at,
        confirmed_by=run.decided_by or "",
        confirmed_at=run.decided_at or now,
        finished_at=now,
    )


def rows_of(run: RetentionRun) -> tuple[PurgedRow, ...]:
    """List what was purged, in the order of the desks.

    Clause: none.
    """
    return tuple(row for desk in DESKS for row in run.rows.get(desk, ()))


def waits_for(run: RetentionRun) -> tuple[str, ...]:
    """Name the desks that a run still waits for.

    Clause: none.
    """
    return tuple(desk for desk in DESKS if desk not in run.rows) if run.state is RunState.RUNNING else ()


def as_view(run: RetentionRun, version: int) -> RunView:
    """Show a run.

    Clause: none.
    """
    return RunView(
        run_id=run.id,
        version=version,
        state=run.state,
        asked_by=run.asked_by,
        asked_at=run.asked_at,
        decided_by=run.decided_by,
        decided_at=run.decided_at,
        waits_for=waits_for(run),
        rows=rows_of(run),
        finished_at=run.finished_at,
        certificate=run.certificate,
    )

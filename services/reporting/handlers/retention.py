"""Runs that purge: proposed, confirmed by another person, followed until every desk is done, and certified."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Protocol

from lianxi.contracts.certificates import sign_certificate
from lianxi.contracts.envelope import Caller, Cause
from lianxi.contracts.retention import (
    DecideRun,
    DeskPurged,
    GetRun,
    ListRetention,
    ProposeRun,
    RetentionRow,
    RetentionRules,
    RunView,
)
from lianxi.kernel.clock import Clock, local_date
from lianxi.kernel.ids import derived_id, sortable_id
from lianxi.policy.book import PolicyBook
from lianxi.policy.retention import PURGED_BY, next_run_on
from lianxi.policy.rights import RetentionRule
from lianxi.policy.sentences import sentence_of
from lianxi.policy.words import Pair, names_of
from lianxi.store.unit import Aggregates
from services.reporting.domain import retention_runs
from services.reporting.domain.retention_runs import RetentionRun

NOUN = "retention_run"


class PastRuns(Protocol):
    """Who knows when runs were."""

    def last_started(self) -> date | None:
        """Say when the last run that was confirmed began."""
        ...


@dataclass(frozen=True)
class RetentionDesk:
    """The use cases of the runs that purge."""

    runs: Aggregates[RetentionRun]
    past: PastRuns
    policies: PolicyBook
    clock: Clock
    signing_key: str

    def list_retention(self, _request: ListRetention) -> RetentionRules:
        """Say how long what is kept, and when the next run is due."""
        policy, today = self.policies.current, local_date(self.clock.now())
        last = self.past.last_started()
        names = names_of(policy)
        return RetentionRules(
            items=tuple(_row(row, names) for row in policy.retention if row.in_force(today)),
            months=policy.purge.months,
            next_run_on=next_run_on(policy.purge, last, today),
            last_run_on=last,
        )

    def propose_run(self, _request: ProposeRun, caller: Caller) -> RunView:
        """Propose a run.

        Raises:
            Conflict: none; of two proposals both may be confirmed, and the second finds nothing left to do.
        """
        now, known = self.clock.now(), caller.command_id
        run_id = sortable_id(NOUN, now) if known is None else derived_id(NOUN, caller.actor, known)
        run = retention_runs.propose(run_id, self.policies.current.version, caller.actor, now)
        self.runs.add(run, (), caller.cause())
        return self.get_run(GetRun(run_id=run_id))

    def decide_run(self, request: DecideRun, caller: Caller) -> RunView:
        """Confirm a run, or refuse it.

        Emits: RetentionRunStarted.
        Raises:
            NotFound: retention_run.not_found.
            Forbidden: retention_run.same_person.
            Conflict: retention_run.decided.
        """
        decide = partial(retention_runs.decide, approve=request.approve, actor=caller.actor, now=self.clock.now())
        after = self.runs.change(request.run_id, decide, caller.cause())
        return retention_runs.as_view(after.state, after.version)

    def get_run(self, request: GetRun) -> RunView:
        """Say how far a run is.

        Raises:
            NotFound: retention_run.not_found.
        """
        found = self.runs.get(request.run_id)
        return retention_runs.as_view(found.state, found.version)

    def hear_of_purge(self, event: DeskPurged, cause: Cause) -> None:
        """Take down what a desk has purged; the last desk's word ends the run with a signed certificate.

        Emits: RetentionRunFinished.
        """
        sign: Callable[..., dict[str, object]] = partial(sign_certificate, private_key=self.signing_key)
        desk = type(event).KEY.partition(".")[0]
        hear = partial(retention_runs.hear, desk=desk, rows=event.rows, now=self.clock.now(), sign=sign)
        self.runs.change(event.run_id, hear, cause)


def _row(row: RetentionRule, names: Mapping[str, Pair]) -> RetentionRow:
    return RetentionRow(
        code=row.code,
        clause=row.clause,
        words_zh=sentence_of(row, "zh", names),
        words_en=sentence_of(row, "en", names),
        keep=row.keep,
        counted_from=row.counted_from,
        ending=row.ending,
        remains=row.remains,
        is_confirmed=row.is_confirmed,
        desk=PURGED_BY.get(row.code),
    )

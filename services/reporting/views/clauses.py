"""Facts of a period, counts of events, stage reports, the state of every sentence: read only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.reporting import ClauseList, ListClauses, ListObligations, StageReportState
from lianxi.kernel.clock import Clock, local_date, local_midnight
from lianxi.kernel.errors import NotFound
from lianxi.store.connect import reaching_the_store
from lianxi.store.mapping import as_state
from lianxi.store.migrating import numbers_of
from lianxi.store.unit import Stored
from services.reporting.documents import StageReportDocument
from services.reporting.domain.clauses import Moment, clause_list
from services.reporting.domain.facts import Tally, proofs_of, tallied
from services.reporting.domain.returns import StageReport
from services.reporting.policy import Plan, Sentence
from services.reporting.views.demands import climbing
from services.reporting.views.written import BEGINNING, SETTLING, written


@dataclass(frozen=True, slots=True)
class Counted:
    """Everything written up to an instant, counted."""

    upto: datetime
    tallies: Mapping[str, Tally]


class FactViews:
    """Reads facts. What has settled is counted once; a new process counts from the beginning and comes to the same."""

    def __init__(self, clock: Clock, plan: Plan) -> None:
        self._clock = clock
        self._begins_at = local_midnight(plan.begins_on)
        self._counted = Counted(BEGINNING, {})

    def tallies(self) -> Mapping[str, Tally]:
        """Count the programme's events by type: what has settled from memory, the last minute anew."""
        settled = self._settled(self._clock.now() - SETTLING)
        return tallied(settled.tallies, self._written(settled.upto, None))

    def settle(self) -> None:
        """Count what has settled since the last time, so that nobody who looks waits for it."""
        self._settled(self._clock.now() - SETTLING)

    def recount(self) -> Mapping[str, Tally]:
        """Count the programme's events by type from the beginning: what `tallies` must always equal."""
        return tallied({}, self._written(BEGINNING, None))

    def _settled(self, upto: datetime) -> Counted:
        # One assignment of a whole answer: two green workers that count at once come to the same and disturb nobody.
        known = self._counted if self._counted.upto <= upto else Counted(BEGINNING, {})
        counted = Counted(upto, tallied(known.tallies, self._written(known.upto, upto)))
        self._counted = counted
        return counted

    def _written(self, after: datetime, upto: datetime | None) -> Iterable[tuple[str, datetime]]:
        wanted = {"_id": 0, "event_type": 1, "at": 1, "category": 1}
        for row in written(after, upto, wanted):
            if row["at"] >= self._begins_at:
                yield from ((name, row["at"]) for name in proofs_of(row["event_type"], row.get("category")))


class StageReportShelf:
    """Reads many stage reports at once."""

    def reports(self, report_ids: Sequence[str]) -> Mapping[str, Stored[StageReport]]:
        """Read those of some reports that are there."""
        return self._read({"_id": {"$in": list(report_ids)}})

    def of_other_versions(self, policy_version: int) -> Mapping[str, Stored[StageReport]]:
        """Read those that run, or have ended, under another version of the policy."""
        return self._read({"policy_version": {"$nin": numbers_of(policy_version)}})

    def to_remind(self, now: datetime) -> Sequence[str]:
        """Name the reports whose next rung has been reached, a bounded number."""
        return climbing(StageReportDocument._get_collection(), now)

    def _read(self, asked: dict[str, Any]) -> dict[str, Stored[StageReport]]:
        with reaching_the_store():
            rows = list(StageReportDocument._get_collection().find(asked))
        return {row["_id"]: Stored(row["_version"], as_state(StageReport, {**row, "id": row["_id"]})) for row in rows}


@dataclass(frozen=True)
class ClauseViews:
    """Shows the plan's sentences and what has kept them."""

    plan: Plan
    facts: FactViews
    clock: Clock

    def list_clauses(self, request: ListClauses, caller: Caller) -> ClauseList:
        """Show all sentences, or those in which the caller's agency has a part."""
        return self._shown(self._of(caller.agency) if request.only_own else self.plan.sentences)

    def list_obligations(self, request: ListObligations, caller: Caller) -> ClauseList:
        """Show the sentences that an agency leads on or supports: the caller's own, or any for the office.

        Raises:
            NotFound: agency.not_found when a unit asks for another's.
        """
        asked = request.agency or caller.agency
        if asked != caller.agency and not caller.sees_all:
            raise NotFound("agency.not_found")
        return self._shown(self._of(asked))

    def _of(self, agency: str) -> tuple[Sentence, ...]:
        return tuple(each for each in self.plan.sentences if agency in (*each.lead, *each.support))

    def _shown(self, sentences: Sequence[Sentence]) -> ClauseList:
        moment = Moment(
            today=local_date(self.clock.now()),
            issued_on=self.plan.issued_on,
            is_report_missing=self._is_report_missing(),
        )
        return clause_list(sentences, self.facts.tallies(), moment)

    def _is_report_missing(self) -> bool:
        dates = [each.due_on.isoformat() for each in self.plan.returns]
        if not dates:
            return False
        asked = {"state": StageReportState.MISSED.value, "due_on": {"$gte": min(dates), "$lte": max(dates)}}
        with reaching_the_store():
            return StageReportDocument._get_collection().find_one(asked, {"_id": 1}) is not None

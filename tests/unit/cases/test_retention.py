"""Cases and criminal referrals lose their persons when they have been kept long enough; their numbers stay."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest

from lianxi.contracts.cases import CaseOutcome, CloseCase, CloseReason, Measure, RecordMeasure
from lianxi.contracts.envelope import Cause
from lianxi.contracts.retention import HoldItem, RetentionRunStarted
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from lianxi.store.fakes import MemoryAggregates, MemoryPartWatch, MemoryShelf
from lianxi.store.mapping import as_fields
from lianxi.store.retention import PurgePart, ids_sha256, part_of
from services.cases.handlers.retention import case_retention
from services.cases.store import PURGES, ReceiptBook
from tests.unit.cases.desk import MARKET, NOW, POLICY_FILES, CasesInMemory, caller

PERSONS = (
    "市监罚〔2026〕12号",
    "market:officer-1",
    "market:head",
    "police:officer-7",
    "lead-3",
    "facts and articles",
    "tip_1",
    "R-1",
)


@dataclass
class Keeper:
    town: CasesInMemory

    def __post_init__(self) -> None:
        town = self.town
        self.parts: MemoryAggregates[PurgePart] = MemoryAggregates(PURGES, town.clock)
        self.retention = case_retention(
            town.cases,
            town.referrals,
            MemoryShelf(town.cases),
            MemoryShelf(town.referrals),
            ReceiptBook(lambda: town.receipts),
            (town.persons.forget, town.exhibits.forget),
            self.parts,
            MemoryPartWatch(self.parts),
            PolicyBook(read_policy(POLICY_FILES)),
            town.clock,
        )

    def run(self, run_id: str, months: int) -> dict[str, tuple[int, str]]:
        self.town.clock.instant = NOW + timedelta(days=31 * months)
        event = RetentionRunStarted(run_id=run_id, policy_version=1, started_at=self.town.clock.now())
        self.retention.start(event, Cause(actor="system", correlation_id="c", event_id=run_id))
        for _ in range(5):
            self.retention.work()
        part = self.parts.get(part_of(run_id, "cases")).state
        assert not part.is_running
        return {row.rule: (row.count, row.sha256) for row in part.rows}

    def dump(self) -> str:
        kept = [
            as_fields(each) for each in (*self.town.cases.all(), *self.town.referrals.all(), *self.town.parties.all())
        ]
        return json.dumps([*kept, *self.town.receipts.rows.values()], default=str, ensure_ascii=False)


@pytest.fixture
def keeper() -> Keeper:
    town = CasesInMemory()
    town.verify()
    case = town.open(tip_id="tip_1", suspected_crime=True)
    town.desk.record_measure(
        RecordMeasure(case_id=case.case_id, measure=Measure.GOODS_SEIZED, approved_by="lead-3", taken_at=NOW), MARKET
    )
    town.confirm_party(town.name(case.case_id).party_id)
    referral_id = town.draft(case.case_id).referral_id
    town.decide(referral_id)
    town.send(referral_id)
    town.accept(referral_id)
    town.answer(referral_id)
    town.complete(referral_id)
    town.desk.close_case(
        CloseCase(
            case_id=case.case_id,
            outcome=CaseOutcome.TRANSFERRED_TO_POLICE,
            reason=CloseReason.MOVED_TO_POLICE,
            grounds="facts and articles",
        ),
        MARKET,
    )
    return Keeper(town)


@pytest.mark.criterion("24")
def test_a_case_loses_its_persons_after_three_years_and_a_referral_after_five(keeper: Keeper) -> None:
    (case,), (referral,) = keeper.town.cases.all(), keeper.town.referrals.all()
    assert all(word in keeper.dump() for word in PERSONS)
    assert [count for count, _ in keeper.run("run_a", 35).values()] == [0, 0]
    assert all(each.sealed for each in keeper.town.parties.all())

    assert keeper.run("run_b", 37) == {"case": (1, ids_sha256([case.id])), "criminal-referral": (0, ids_sha256([]))}
    assert keeper.run("run_c", 62) == {
        "case": (0, ids_sha256([])),
        "criminal-referral": (1, ids_sha256([referral.id])),
    }

    assert [word for word in PERSONS if word in keeper.dump()] == []
    assert [(each.sealed, each.id_mark, each.basis) for each in keeper.town.parties.all()] == [(None, None, "")]
    (left,), (moved,) = keeper.town.cases.all(), keeper.town.referrals.all()
    assert (left.number, left.outcome, left.closed_at) == (case.number, case.outcome, case.closed_at)
    assert (moved.state, moved.clocks) == (referral.state, referral.clocks)
    assert [paper.sha256 for paper in moved.papers] == [paper.sha256 for paper in referral.papers]
    assert list(keeper.town.receipts.rows) == ["police/2026/000001"], "the series has no gap"


@pytest.mark.criterion("24")
def test_a_referral_that_is_held_keeps_its_persons(keeper: Keeper) -> None:
    (referral,) = keeper.town.referrals.all()
    keeper.retention.hold(HoldItem(item=f"referral/{referral.id}", reason="国家赔偿"), caller("office"))

    assert keeper.run("run_a", 62)["criminal-referral"][0] == 0

    assert keeper.town.referrals.get(referral.id).state.officers == referral.officers


def test_what_runs_is_not_counted() -> None:
    town = CasesInMemory()
    town.accepted()
    assert [each.keeping.since for each in town.cases.all()] == [None]
    assert [each.keeping.since for each in town.referrals.all()] == [None]

"""Cases and criminal referrals lose their persons when they have been kept long enough; their numbers stay."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from lianxi.contracts.cases import CaseOutcome, CloseCase, CloseReason, Measure, RecordMeasure
from lianxi.contracts.envelope import Cause
from lianxi.contracts.joint_operations import (
    ActivateJointOperation,
    CancelJointOperation,
    GetJointOperation,
    PlanJointOperation,
    StandDown,
)
from lianxi.contracts.retention import HoldItem, RetentionRunStarted
from lianxi.contracts.transfers import (
    AcceptTransfer,
    ArbitrateTransfer,
    GetTransfer,
    RefuseTransfer,
    ResendTransfer,
    SendTransfer,
    TransferGround,
    TransferRefusal,
    TransferState,
)
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from lianxi.store.fakes import MemoryAggregates, MemoryPartWatch, MemoryShelf
from lianxi.store.mapping import as_fields
from lianxi.store.retention import PurgePart, ids_sha256, part_of
from services.cases.domain.joint_operations import JointOperation
from services.cases.domain.transfers import Transfer
from services.cases.handlers.joint_operations import JointOperationDesk
from services.cases.handlers.retention import case_retention
from services.cases.handlers.transfers import TransferDesk
from services.cases.store import JOINT_OPERATIONS, PURGES, TRANSFERS, ReceiptBook
from tests.unit.cases.desk import MARKET, NOW, POLICY_FILES, CasesInMemory, caller, shipped_rules
from tests.unit.cases.test_joint_operations import ADDRESS, PLAN, RESULTS, plan

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
        self.matters: MemoryAggregates[Transfer] = MemoryAggregates(TRANSFERS, town.clock)
        self.operations: MemoryAggregates[JointOperation] = MemoryAggregates(JOINT_OPERATIONS, town.clock)
        self.retention = case_retention(
            town.cases,
            town.referrals,
            self.matters,
            self.operations,
            MemoryShelf(town.cases),
            MemoryShelf(town.referrals),
            MemoryShelf(self.matters),
            MemoryShelf(self.operations),
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
        town = self.town
        kept = [
            as_fields(each)
            for each in (*town.cases.all(), *town.referrals.all(), *town.parties.all(), *self.matters.all())
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
    assert [count for count, _ in keeper.run("run_a", 35).values()] == [0, 0, 0, 0]
    assert all(each.sealed for each in keeper.town.parties.all())

    nothing = (0, ids_sha256([]))
    assert keeper.run("run_b", 37) == {
        "case": (1, ids_sha256([case.id])),
        "criminal-referral": nothing,
        "transfer": nothing,
        "joint-operation": nothing,
    }
    assert keeper.run("run_c", 62) == {
        "case": nothing,
        "criminal-referral": (1, ids_sha256([referral.id])),
        "transfer": nothing,
        "joint-operation": nothing,
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


@pytest.mark.criterion("24")
def test_a_matter_handed_over_loses_its_words_after_five_years_and_an_open_one_stays(
    keeper: Keeper,
) -> None:
    book = ReceiptBook(lambda: keeper.town.receipts)
    desk = TransferDesk(keeper.matters, book, shipped_rules(), keeper.town.clock, "7" * 64)
    police, market, office = caller("police"), caller("market"), replace(caller("office"), rows=("all",))

    def send() -> str:
        asked = SendTransfer(
            sender="police/station",
            receiver="market/desk",
            ground=TransferGround.NO_CRIME,
            basis="told word",
            reference="DYGA-9",
            papers=(),
        )
        return desk.send_transfer(asked, police).transfer_id

    def refuse(item: str) -> None:
        reason = TransferRefusal.NOT_COMPETENT
        desk.refuse_transfer(RefuseTransfer(transfer_id=item, reason=reason, text="refusing word"), market)

    item, waiting = send(), send()
    refuse(item)
    desk.resend_transfer(ResendTransfer(transfer_id=item, receiver="market/desk", basis="told word"), police)
    refuse(item)
    grounds = "deciding word"
    desk.arbitrate_transfer(ArbitrateTransfer(transfer_id=item, receiver="market/desk", grounds=grounds), office)
    desk.accept_transfer(AcceptTransfer(transfer_id=item, desk="market/desk", officer="market:officer-5"), market)
    words = ("refusing word", "deciding word", "DYGA-9", "market:officer-5")
    assert all(each in keeper.dump() for each in words)
    assert keeper.run("run_a", 58)["transfer"][0] == 0

    assert keeper.run("run_b", 62)["transfer"] == (1, ids_sha256([item]))

    left, stays = keeper.matters.get(item).state, keeper.matters.get(waiting).state
    kept = json.dumps([as_fields(left), *keeper.town.receipts.rows.values()], default=str, ensure_ascii=False)
    assert [each for each in (*words, "told word") if each in kept] == []
    assert (left.state, len(left.refusals), stays.basis) == (TransferState.ACCEPTED, 2, "told word")
    assert "market/2026/000001" in keeper.town.receipts.rows
    shown = desk.get_transfer(GetTransfer(transfer_id=item), market)
    assert (shown.basis, shown.receipt) == ("", None)


@pytest.mark.criterion("24")
def test_a_joint_operation_loses_its_places_and_words_after_two_years(keeper: Keeper) -> None:
    desk = JointOperationDesk(keeper.operations, keeper.town.cases, shipped_rules(), keeper.town.clock)
    office, police = caller("office"), caller("police")
    ended, off, waits = (
        desk.plan_joint_operation(PlanJointOperation(**plan(title=f"op {each}")), office).operation_id
        for each in range(3)
    )
    desk.cancel_joint_operation(CancelJointOperation(operation_id=off, reason="calling off"), office)
    desk.activate_joint_operation(ActivateJointOperation(operation_id=ended, officer="police:officer-7"), police)
    desk.stand_down(StandDown(operation_id=ended, results=RESULTS), police)

    assert keeper.run("run_a", 23)["joint-operation"][0] == 0
    assert keeper.run("run_b", 25)["joint-operation"] == (2, ids_sha256([ended, off]))

    left = keeper.operations.get(ended).state
    gone = json.dumps([as_fields(left), as_fields(keeper.operations.get(off).state)], default=str, ensure_ascii=False)
    assert [each for each in (ADDRESS, PLAN, "calling off", "police:officer-7", "op 0") if each in gone] == []
    assert (left.outcomes[0].persons_rescued, [each.asked for each in left.forces]) == (2, [10, 4, 3])
    assert keeper.operations.get(waits).state.places[0].address == ADDRESS
    assert desk.get_joint_operation(GetJointOperation(operation_id=ended), police).results is not None

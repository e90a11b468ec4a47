"""What the cases desk keeps for how long: cases, referrals and matters handed over, which then lose their persons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from lianxi.contracts.retention import CasesPurged, PurgedRow
from lianxi.kernel.clock import Clock
from lianxi.policy.book import PolicyBook
from lianxi.policy.retention import CASE, CRIMINAL_REFERRAL, JOINT_OPERATION, TRANSFER
from lianxi.store.retention import Holdable, Pile, PurgePart, Retention, RunningParts, Shelf
from lianxi.store.unit import Aggregates
from services.cases.domain import cases as case_rules
from services.cases.domain import joint_operations as joint_rules
from services.cases.domain import referrals as referral_rules
from services.cases.domain import transfers as transfer_rules
from services.cases.domain.cases import Case
from services.cases.domain.joint_operations import JointOperation
from services.cases.domain.referrals import CriminalReferral
from services.cases.domain.transfers import Transfer


class Receipts(Protocol):
    """Where receipts are kept."""

    def erase(self, referral_id: str) -> None:
        """Leave of a receipt its number, so that the series still has no gap."""
        ...


def case_retention(
    cases: Aggregates[Case],
    referrals: Aggregates[CriminalReferral],
    transfers: Aggregates[Transfer],
    operations: Aggregates[JointOperation],
    case_shelf: Shelf,
    referral_shelf: Shelf,
    transfer_shelf: Shelf,
    operation_shelf: Shelf,
    receipts: Receipts,
    forget: Sequence[Callable[[Case], None]],
    parts: Aggregates[PurgePart],
    watch: RunningParts,
    policies: PolicyBook,
    clock: Clock,
) -> Retention:
    """Put together what the desk does in a run that purges; `forget` is what lies beside a case and goes first."""
    return Retention(
        service="cases",
        parts=parts,
        watch=watch,
        piles=(
            Pile(rules=(CASE,), items=cases, shelf=case_shelf, purge=case_rules.without_persons, outside=_each(forget)),
            Pile(
                rules=(CRIMINAL_REFERRAL,),
                items=referrals,
                shelf=referral_shelf,
                purge=referral_rules.without_persons,
                outside=lambda referral: receipts.erase(referral.id),
            ),
            Pile(
                rules=(TRANSFER,),
                items=transfers,
                shelf=transfer_shelf,
                purge=transfer_rules.without_words,
                outside=lambda transfer: receipts.erase(transfer.id),
            ),
            Pile(rules=(JOINT_OPERATION,), items=operations, shelf=operation_shelf, purge=joint_rules.without_places),
        ),
        holdable=_holdable(
            case=(cases, case_shelf),
            referral=(referrals, referral_shelf),
            transfer=(transfers, transfer_shelf),
            joint_operation=(operations, operation_shelf),
        ),
        policies=policies,
        clock=clock,
        finished=_finished,
    )


def _each(steps: Sequence[Callable[[Case], None]]) -> Callable[[Case], None]:
    def forget(case: Case) -> None:
        for step in steps:
            step(case)

    return forget


def _holdable(**kinds: tuple[Aggregates[Any], Shelf]) -> Mapping[str, Holdable[Any]]:
    return {noun: Holdable(*each) for noun, each in kinds.items()}


def _finished(run_id: str, rows: tuple[PurgedRow, ...], at: datetime) -> CasesPurged:
    return CasesPurged(run_id=run_id, rows=rows, finished_at=at)

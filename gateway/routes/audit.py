"""The audit: where its chains stand, who has read an item, who reads unusually much, and the chains themselves."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, reads, shown
from gateway.refusals import NoSuchThing, NotAllowed
from gateway.routes.parameters import DayQuery
from lianxi.contracts.cases import AssistanceView, CaseView, GetAssistance, GetCase, GetReferral, ReferralView
from lianxi.contracts.joint_operations import GetJointOperation, JointOperationView
from lianxi.contracts.operations import (
    AuditPage,
    CountReads,
    ListAudit,
    ListReads,
    ReadingCount,
    ReadingCounts,
    ReadList,
)
from lianxi.contracts.parties import GetParty, SealedParty
from lianxi.contracts.registry import SERVICES
from lianxi.contracts.sealing import Opener
from lianxi.contracts.tips import GetTip, TipView
from lianxi.contracts.transfers import GetTransfer, TransferView
from lianxi.kernel.clock import local_date, local_midnight

router = APIRouter(route_class=DoorRoute, tags=["operators"])
GATEWAY: Final = "gateway"
Chained = Annotated[
    Literal["tips", "inspections", "cases", "reporting", "notifications", "gateway"], Query(description="Whose chain")
]
Item = Annotated[str, Query(max_length=120, pattern=r"^[a-z_]+/[A-Za-z0-9][A-Za-z0-9_.-]*$")]
UNREAD: Final = Opener.for_one_answer().public_key
"""What is sealed to this is read by nobody: here only a person's desk is asked for."""


def _operation(joint_operation_id: str) -> GetJointOperation:
    return GetJointOperation(operation_id=joint_operation_id)


_ITEMS: Final[Mapping[str, tuple[str, str, Callable[..., Any], type[Any], tuple[str, ...]]]] = {
    "tip": ("tips", "get_tip", GetTip, TipView, ("lead",)),
    "case": ("cases", "get_case", GetCase, CaseView, ("owner",)),
    "referral": ("cases", "get_referral", GetReferral, ReferralView, ("sender", "receiver")),
    "transfer": ("cases", "get_transfer", GetTransfer, TransferView, ("sender", "receiver")),
    "joint_operation": ("cases", "get_joint_operation", _operation, JointOperationView, ("asked_by", "commander")),
    "party": ("cases", "get_party", partial(GetParty, answer_key=UNREAD), SealedParty, ("owner",)),
    "assistance": ("cases", "get_assistance", GetAssistance, AssistanceView, ("asker", "receiver")),
}
"""Noun → the desk, how an item is asked for, and who is responsible for it."""

MEAN_DAYS: Final = 30
UNUSUAL: Final = 3


@dataclass(frozen=True)
class HeadView:
    """A signed head: where a chain stood, and when that was signed."""

    service: str
    sequence: int
    hash: str
    signed_at: str
    key_id: str
    signature: str
    kind: str


@dataclass(frozen=True)
class HeadList:
    """Signed heads."""

    items: tuple[HeadView, ...]


@dataclass(frozen=True)
class UnusualReader:
    """Somebody who reads more than three times as much as in the thirty days before."""

    actor: str
    reads: int
    mean: float


@dataclass(frozen=True)
class UnusualReading:
    """Who has read unusually much on a day; a desk that could not be asked is named, and its readings are missing."""

    on: date
    items: tuple[UnusualReader, ...]
    unreachable: tuple[str, ...]


@router.get("/v1/ops/audit/head", response_model=HeadList)
async def show_audit_heads(reading: Reading = reads("metrics.read", scope="audit:read")) -> Response:
    """Read the latest signed head of each chain."""
    latest = {head["service"]: head for head in await reading.house.ledger.audit_heads()}
    return shown(_heads(latest.values()))


@router.get("/v1/audit/heads", response_model=HeadList)
async def list_audit_heads(reading: Reading = reads("audit.export")) -> Response:
    """Read all signed heads of all chains, as this service has kept them: `lianxi audit verify` wants them."""
    return shown(_heads(await reading.house.ledger.audit_heads()))


@router.get("/v1/audit/entries", response_model=AuditPage)
async def export_audit(
    service: Chained,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=2_000)] = 1_000,
    reading: Reading = reads("audit.export"),
) -> Response:
    """Read a stretch of one service's chain, each entry as the text that its hash covers; that is itself an entry."""
    caller = reading.caller
    await reading.house.note("read", f"audit.export {service} {after}", caller.actor, caller.correlation_id)
    asked = ListAudit(after=after, limit=limit)
    if service == GATEWAY:
        return shown(await reading.house.ledger.audit_page(asked))
    return shown(await reading.ask(service, "list_audit", asked, AuditPage))


@router.get("/v1/audit/reads", response_model=ReadList)
async def list_reads(item: Item, reading: Reading = reads("audit.read")) -> Response:
    """Read who has read a record that you are responsible for, as `tip/tip_…`; the latest first."""
    noun, _, item_id = item.partition("/")
    if noun not in _ITEMS:
        raise NoSuchThing("item.not_found")
    service, method, question, contract, responsible = _ITEMS[noun]
    if not reading.caller.sees_all:
        view = await reading.ask(service, method, question(**{f"{noun}_id": item_id}), contract)
        if not any(reading.caller.holds(getattr(view, name)) for name in responsible):
            raise NotAllowed("audit.not_responsible")
    return shown(await reading.ask(service, "list_reads", ListReads(item=item), ReadList))


@router.get("/v1/audit/unusual", response_model=UnusualReading)
async def list_unusual_readers(on: DayQuery = None, reading: Reading = reads("audit.read")) -> Response:
    """Read who has read over three times their own mean of the thirty days before; for the office and auditors."""
    if not reading.caller.sees_all:
        raise NotAllowed("audit.not_responsible")
    day = on or local_date(reading.house.clock.now())
    until = local_midnight(day + timedelta(days=1))
    asked = CountReads(since=until - timedelta(days=MEAN_DAYS + 1), until=until)
    answers = await asyncio.gather(
        *(reading.ask(name, "count_reads", asked, ReadingCounts) for name in SERVICES), return_exceptions=True
    )
    away = tuple(name for name, each in zip(SERVICES, answers, strict=True) if isinstance(each, BaseException))
    counts = [count for each in answers if isinstance(each, ReadingCounts) for count in each.items]
    return shown(UnusualReading(day, unusual(counts, day), away))


def unusual(counts: Iterable[ReadingCount], day: date) -> tuple[UnusualReader, ...]:
    """Find who has read more on a day than three times their own daily mean of the thirty days before it."""
    by_actor: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for each in counts:
        by_actor[each.actor][each.on] += each.reads
    found = []
    for actor, days in by_actor.items():
        reads_today = days.pop(day.isoformat(), 0)
        mean = sum(days.values()) / MEAN_DAYS
        if reads_today > UNUSUAL * mean:
            found.append(UnusualReader(actor, reads_today, round(mean, 2)))
    return tuple(sorted(found, key=lambda each: (-each.reads, each.actor)))


def _heads(rows: Iterable[Mapping[str, Any]]) -> HeadList:
    return HeadList(
        tuple(
            HeadView(
                service=row["service"],
                sequence=row["sequence"],
                hash=row["hash"],
                signed_at=row["signed_at"],
                key_id=row["key_id"],
                signature=row["signature"],
                kind=row["kind"],
            )
            for row in rows
        )
    )

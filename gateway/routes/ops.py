"""Operators' paths: letters that stopped, and the delivery ledger, of one desk or of all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response

from gateway.bodies import Burial
from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, reads, shown, writes
from gateway.refusals import NoSuchThing
from gateway.routes.parameters import Limit
from gateway.town_state import TownState, town_state
from lianxi.contracts.envelope import Caller
from lianxi.contracts.operations import (
    BuryParked,
    DeliveryList,
    DeliveryState,
    DeliveryView,
    GetParked,
    ListDeliveries,
    ListParked,
    ParkedList,
    ParkedView,
    ReplayParked,
)
from lianxi.contracts.registry import SERVICES
from lianxi.kernel.errors import Broken, Unavailable

router = APIRouter(route_class=DoorRoute, tags=["operators"])
Service = Literal["tips", "inspections", "cases", "reporting", "notifications"]
ParkedPath = Annotated[
    str, Path(min_length=3, max_length=200, pattern=r"^[a-z]+:[A-Za-z0-9][A-Za-z0-9_.:-]*$", description="desk:id")
]
Subject = Annotated[str | None, Query(max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9_./:-]*$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedOfAll:
    """The parked letters of every desk, with the desks that could not be asked."""

    items: tuple[ParkedView, ...]
    total: int
    unreachable: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveriesOfAll:
    """Rows of every desk's delivery ledger, with the desks that could not be asked."""

    items: tuple[DeliveryView, ...]
    unreachable: tuple[str, ...]


async def _ask_each(
    reading: Reading, service: str | None, method: str, asked: Any, contract: type[Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    names = SERVICES if service is None else (service,)
    asking = (reading.ask(name, method, asked, contract) for name in names)
    answers = dict(zip(names, await asyncio.gather(*asking, return_exceptions=True), strict=True))
    failed = {name: answer for name, answer in answers.items() if isinstance(answer, BaseException)}
    for error in failed.values():
        # One desk that is away must not hide what the others have parked.
        if len(failed) == len(names) or not isinstance(error, Unavailable | Broken):
            raise error
    return {name: answer for name, answer in answers.items() if name not in failed}, tuple(sorted(failed))


@router.get("/v1/ops/processes", response_model=TownState)
async def list_processes(reading: Reading = reads("letter.read")) -> Response:
    """Read how the town's processes are: each is asked directly and now, so that this works while the bus is down."""
    processes = reading.house.processes
    return shown(town_state(await processes.fresh(), processes.every_seconds))


@router.get("/v1/ops/parked", response_model=ParkedOfAll)
async def list_parked(
    service: Service | None = None, limit: Limit = 100, reading: Reading = reads("letter.read")
) -> Response:
    """Read which letters stopped, at one desk or at all, oldest first."""
    found, unreachable = await _ask_each(reading, service, "list_parked", ListParked(limit=limit), ParkedList)
    items = sorted(
        (_named(name, row) for name, page in found.items() for row in page.items), key=lambda row: row.parked_at
    )
    total = sum(page.total for page in found.values())
    return shown(ParkedOfAll(items=tuple(items[:limit]), total=total, unreachable=unreachable))


@router.get("/v1/ops/parked/{parked_id}", response_model=ParkedView)
async def get_parked(parked_id: ParkedPath, reading: Reading = reads("letter.read")) -> Response:
    """Read one parked letter: headers and error, not its content."""
    service, own_id = _split(parked_id)
    return reading.answer(
        _named(service, await reading.ask(service, "get_parked", GetParked(parked_id=own_id), ParkedView))
    )


@router.post("/v1/ops/parked/{parked_id}/replay", response_model=ParkedView)
async def replay_parked(parked_id: ParkedPath, writing: Writing = writes("letter.change")) -> Response:
    """Send a parked letter to its queue again."""
    service, own_id = _split(parked_id)
    return await _settle(writing, service, "replay_parked", ReplayParked(parked_id=own_id))


@router.post("/v1/ops/parked/{parked_id}/bury", response_model=ParkedView)
async def bury_parked(parked_id: ParkedPath, body: Burial, writing: Writing = writes("letter.change")) -> Response:
    """Give a parked letter up, with a reason that is kept."""
    service, own_id = _split(parked_id)
    return await _settle(writing, service, "bury_parked", BuryParked(parked_id=own_id, reason=body.reason))


@router.get("/v1/deliveries", response_model=DeliveriesOfAll)
async def list_deliveries(
    service: Service | None = None,
    subject: Subject = None,
    state: DeliveryState | None = None,
    limit: Limit = 100,
    reading: Reading = reads("letter.read"),
) -> Response:
    """Read where the letters about an item are, or which are not yet delivered."""
    asked = ListDeliveries(subject=subject, state=state, limit=limit)
    found, unreachable = await _ask_each(reading, service, "list_deliveries", asked, DeliveryList)
    items = sorted((row for page in found.values() for row in page.items), key=lambda row: row.created_at, reverse=True)
    return shown(DeliveriesOfAll(items=tuple(items[:limit]), unreachable=unreachable))


async def _settle(writing: Writing, service: str, method: str, asked: Any) -> Response:
    async def act(caller: Caller) -> Response:
        return writing.answer(_named(service, await writing.house.ask(service, method, asked, caller, ParkedView)))

    return await writing.once(f"{service}.{method}", [asked.parked_id, getattr(asked, "reason", "")], act)


def _named(service: str, row: ParkedView) -> ParkedView:
    return replace(row, parked_id=f"{service}:{row.parked_id}")


def _split(parked_id: str) -> tuple[str, str]:
    service, _, own_id = parked_id.partition(":")
    if service not in SERVICES:
        raise NoSuchThing("item.not_found")
    return service, own_id

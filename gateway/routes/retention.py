"""How long what is kept, what a run would purge, what is held back, and the runs with their certificates."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Path, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.picture_answers import signed_answer
from gateway.refusals import NoSuchThing
from gateway.retention_bodies import NewHold, RunDecision
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.retention import (
    DecideRun,
    GetRun,
    HoldItem,
    HoldList,
    HoldView,
    LiftHold,
    ListHolds,
    ListRetention,
    ListRuns,
    PreviewRetention,
    ProposeRun,
    RetentionPreview,
    RetentionRules,
    RunPage,
    RunView,
)

router = APIRouter(route_class=DoorRoute, tags=["retention"])
RUNS: Final = "/v1/retention/runs"
HOLDS: Final = "/v1/retention/holds"
REPORTING: Final = "reporting"
PURGING: Final = ("tips", "inspections", "cases")
HELD_BY: Final[Mapping[str, str]] = {
    "tip": "tips",
    "reward": "tips",
    "visit": "inspections",
    "case": "cases",
    "referral": "cases",
    "transfer": "cases",
    "joint_operation": "cases",
}
"""Kind of item → the desk that keeps it."""

Noun = Annotated[str, Path(max_length=40, pattern=r"^[a-z_]+$")]
V = TypeVar("V")


@router.get("/v1/retention", response_model=RetentionRules)
async def list_retention(reading: Reading = reads("retention.read")) -> Response:
    """Read how long what is kept and what then happens, in words, and when the next run is due."""
    return await reading.show(REPORTING, "list_retention", ListRetention(), RetentionRules)


@router.get("/v1/retention/preview", response_model=RetentionPreview)
async def preview_retention(reading: Reading = reads("retention.read")) -> Response:
    """Read what a run would purge now, row by row, the oldest, and how many are held; nothing is written."""
    told = await _of_all(reading, "preview_retention", PreviewRetention(), RetentionPreview)
    return reading.answer(RetentionPreview(items=tuple(row for each in told for row in each.items)))


@router.get(HOLDS, response_model=HoldList)
async def list_holds(limit: Limit = 50, reading: Reading = reads("legal_hold.read")) -> Response:
    """Read which items are held back, the latest first."""
    told = await _of_all(reading, "list_holds", ListHolds(limit=limit), HoldList)
    found = sorted((each for one in told for each in one.items), key=lambda each: (each.at, each.item), reverse=True)
    return reading.answer(HoldList(items=tuple(found[:limit])))


@router.post(HOLDS, status_code=201, response_model=HoldView)
async def hold_item(body: NewHold, writing: Writing = writes("legal_hold.create")) -> Response:
    """Hold an item back from every run, for a reason, until somebody with another right lifts it."""
    desk = _desk_of(body.item.partition("/")[0])
    asked = body.contract(HoldItem)
    return await writing.create(desk, "hold_item", asked, HoldView, at=lambda view: f"{HOLDS}/{view.item}")


@router.delete(HOLDS + "/{noun}/{item_id}", response_model=HoldView)
async def lift_hold(noun: Noun, item_id: ItemPath, writing: Writing = writes("legal_hold.close")) -> Response:
    """Lift a hold; what is past its day goes with the next run."""
    return await writing.decide(_desk_of(noun), "lift_hold", LiftHold(item=f"{noun}/{item_id}"), HoldView)


@router.post(RUNS, status_code=201, response_model=RunView)
async def propose_run(writing: Writing = writes("retention.create")) -> Response:
    """Propose a run. Nothing is purged before another person confirms it."""
    return await writing.create(
        REPORTING, "propose_run", ProposeRun(), RunView, at=lambda view: f"{RUNS}/{view.run_id}"
    )


@router.get(RUNS, response_model=RunPage)
async def list_runs(cursor: Cursor = None, limit: Limit = 50, reading: Reading = reads("retention.read")) -> Response:
    """Read the runs, newest first."""
    return await reading.page(REPORTING, "list_runs", ListRuns(cursor=cursor, limit=limit), RunPage)


@router.get(RUNS + "/{run_id}", response_model=RunView)
async def get_run(run_id: ItemPath, reading: Reading = reads("retention.read")) -> Response:
    """Read how far a run is: which desks it still waits for, and what was purged."""
    return await reading.show(REPORTING, "get_run", GetRun(run_id=run_id), RunView)


@router.post(RUNS + "/{run_id}/decide", response_model=RunView)
async def decide_run(run_id: ItemPath, body: RunDecision, writing: Writing = decides("retention.decide")) -> Response:
    """Confirm a run, or refuse it, as another person than who proposed it."""
    return await writing.decide(REPORTING, "decide_run", body.contract(DecideRun, run_id=run_id), RunView)


@router.get(RUNS + "/{run_id}/certificate")
async def get_certificate(run_id: ItemPath, reading: Reading = reads("retention.read")) -> Response:
    """Read the signed certificate of a run as the file that `lianxi receipt verify` checks, byte for byte."""
    run = await reading.ask(REPORTING, "get_run", GetRun(run_id=run_id), RunView)
    if run.certificate is None:
        raise NoSuchThing("certificate.not_found")
    return signed_answer(run.certificate, f"{run_id}.certificate")


def _desk_of(noun: str) -> str:
    if noun not in HELD_BY:
        raise NoSuchThing("item.not_found")
    return HELD_BY[noun]


async def _of_all(reading: Reading, method: str, asked: Any, contract: type[V]) -> list[V]:
    """Ask every desk that purges; one that is away is an error, for half a preview would be a wrong one."""
    return list(await asyncio.gather(*(reading.ask(desk, method, asked, contract) for desk in PURGING)))

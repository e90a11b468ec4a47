"""Which versions of the town's rules there have been, and what one says otherwise than another."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from gateway.body import DoorRoute
from gateway.exchange import Reading, reads, shown
from gateway.refusals import NoSuchThing
from gateway.routes.plan import SpokenQuery
from lianxi.policy.published import SHIPPED_BY, SHIPPED_VERSION, Shelf
from lianxi.policy.versions import Change, Difference, differences

router = APIRouter(route_class=DoorRoute, tags=["plan"])
PATH: Final = "/v1/plan/policy"
NumberQuery = Annotated[int, Query(ge=1, le=1_000_000, description="The number of a version")]


class Version(BaseModel):
    """One version of the rules: who put it in force, when and why; the first is what was shipped."""

    version: int
    published_at: datetime | None
    published_by: str
    note: str
    sha256: str | None
    is_in_force: bool


class Versions(BaseModel):
    """Every version, oldest first."""

    items: list[Version]


class ChangedRule(BaseModel):
    """What became of one rule; `values` has each key that changed, with what it said before and says now."""

    change: Change
    file: str
    table: str
    name: str
    clause: str
    text: str
    values: dict[str, tuple[Any, Any]]


class ChangedRules(BaseModel):
    """What a newer version says otherwise than an older one."""

    old: int
    new: int
    items: list[ChangedRule]


@router.get(PATH + "/versions", response_model=Versions)
async def list_versions(reading: Reading = reads("policy.read")) -> Response:
    """Read which versions of the rules there have been."""
    house = reading.house
    return shown(Versions(items=await run_in_threadpool(versions_of, house.shelf, house.policy.version)))


def versions_of(shelf: Shelf, in_force: int) -> list[Version]:
    """List versions, oldest first; without any published one, what is shipped is the first."""
    found = [
        Version(
            version=each.version,
            published_at=each.published_at,
            published_by=each.published_by,
            note=each.note,
            sha256=each.sha256,
            is_in_force=each.version == in_force,
        )
        for each in shelf.manifests()
    ]
    shipped = {"published_at": None, "published_by": SHIPPED_BY, "note": "as shipped", "sha256": None}
    return found or [Version(version=SHIPPED_VERSION, is_in_force=True, **shipped)]


@router.get(PATH + "/differences", response_model=ChangedRules)
async def list_differences(
    old: NumberQuery, new: NumberQuery, lang: SpokenQuery = "zh", reading: Reading = reads("policy.read")
) -> Response:
    """Read what one version says otherwise than another, rule by rule."""
    shelf = reading.house.shelf
    known = {each.version for each in await run_in_threadpool(versions_of, shelf, new)}
    if not {old, new} <= known:
        raise NoSuchThing("policy.version_unknown")
    found = await run_in_threadpool(_compared, shelf, old, new)
    return shown(ChangedRules(old=old, new=new, items=[_told(each, lang) for each in found]))


def _compared(shelf: Shelf, old: int, new: int) -> tuple[Difference, ...]:
    return differences(shelf.read(old), shelf.read(new))


def _told(each: Difference, language: str) -> ChangedRule:
    return ChangedRule(
        change=each.change,
        file=each.file,
        table=each.table,
        name=each.name,
        clause=each.clause,
        text=each.sentence_zh if language == "zh" else each.sentence_en,
        values=dict(each.values),
    )

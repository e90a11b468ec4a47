"""Visits: recorded under ids that phones make, often long after and more than once."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from gateway.bodies import AcceptedVisit
from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, reads, writes
from gateway.idempotency import REPLAYED
from gateway.idempotency import Request as Write
from gateway.refusals import Taken, Unusable
from gateway.routes.parameters import ItemPath
from gateway.visit_bodies import Visit
from lianxi.contracts import codec
from lianxi.contracts.inspections import GetVisit, RecordVisit, VisitView
from lianxi.kernel.identity_numbers import holds_identity_number

router = APIRouter(route_class=DoorRoute, tags=["inspections"])
SERVICE = "inspections"
_ALSO: dict[int | str, dict[str, Any]] = {
    200: {"model": AcceptedVisit, "description": "This visit was recorded before with the same content; nothing is new"}
}


@router.post("/v1/visits", status_code=201, response_model=AcceptedVisit, responses=_ALSO)
async def record_visit(body: Visit, writing: Writing = writes("visit.create")) -> Response:
    """Record a visit under the phone's own id: 201 when it is kept, 200 when known, 409 when known otherwise."""
    house, caller = writing.house, writing.caller
    if holds_identity_number(body.note):
        # What is taken in is never refused later, so that this has to be seen here (criterion 5.7).
        raise Unusable("visit.identity_number")
    said = {**body.model_dump(mode="json"), "agency": caller.agency}
    write = Write(
        key=house.answers.key("visit", body.visit_id),
        fingerprint=house.answers.fingerprint("inspections.record_visit", said),
        lives_seconds=house.settings.gateway_visit_memory_seconds,
        needs_store=False,
    )

    async def hand_in() -> Response:
        now = house.clock.now()
        # Only the desk knows where a rental lies: what is foreign is kept, and shown to a person.
        areas = caller.areas if set(caller.rows) == {"own_area"} else ()
        command = body.contract(RecordVisit, submitted_by=caller.actor, received_at=now, areas=areas)
        await house.bus.hand_in(SERVICE, "normal", command, caller.cause())
        house.recent.accepted(body.visit_id)
        told = AcceptedVisit(visit_id=body.visit_id, received_at=now)
        location = {"Location": f"/v1/visits/{body.visit_id}"}
        return Response(codec.to_bytes(told.model_dump(mode="json")), 201, location, "application/json")

    try:
        answer = await house.answers.once(write, hand_in, writing.refused)
    except Taken as error:
        if error.code != "idempotency.key_reused":
            raise
        # The desk keeps what is different beside what it has, and shows it to a person.
        await hand_in()
        raise Taken("visit.other_content") from None
    if REPLAYED in answer.headers:
        answer.status_code = 200
    return answer


@router.get("/v1/visits/{visit_id}", response_model=VisitView)
async def get_visit(visit_id: ItemPath, reading: Reading = reads("visit.read")) -> Response:
    """Read one visit, and whether a person has to look at it."""
    return await reading.show(SERVICE, "get_visit", GetVisit(visit_id=visit_id), VisitView, about=visit_id)

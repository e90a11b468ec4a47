"""The persons of a case. There is no path over all persons, and none that begins with a name or a number."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Response

from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, writes
from gateway.party_bodies import (
    NewParty,
    PartyClearing,
    PartyConfirming,
    PartyCorrection,
    PartyUnmasking,
    opened,
    opened_page,
)
from gateway.routes.parameters import Cursor, ItemPath, Limit
from lianxi.contracts.parties import (
    ClearParty,
    ConfirmParty,
    CorrectParty,
    GetParty,
    Hidden,
    ListParties,
    NameParty,
    PartyPage,
    PartyView,
    SealedParties,
    SealedParty,
    UnmaskParty,
)
from lianxi.contracts.sealing import Opener

router = APIRouter(route_class=DoorRoute, tags=["cases"])
SERVICE = "cases"
R = TypeVar("R", bound=Reading)
Including = Annotated[
    Hidden | None, Query(description="Who is left out otherwise; only for those who may decide on persons")
]


@router.post("/v1/cases/{case_id}/parties", status_code=201, response_model=PartyView)
async def name_party(case_id: ItemPath, body: NewParty, writing: Writing = writes("party.create")) -> Response:
    """Name a person in a case, as suspected; the answer holds no name, for answers are kept."""
    asked = NameParty(
        case_id=case_id,
        role=body.role,
        is_minor=body.is_minor,
        is_possible_victim=body.is_possible_victim,
        certainty=body.certainty,
        basis=body.basis,
        told=body.told(writing.house.person_sealer, body.statement),
    )
    return await writing.create(
        SERVICE,
        "name_party",
        asked,
        PartyView,
        at=lambda view: f"/v1/parties/{view.party_id}",
        said=[case_id, body.model_dump(mode="json")],
    )


@router.get("/v1/cases/{case_id}/parties", response_model=PartyPage)
async def list_parties(
    case_id: ItemPath,
    cursor: Cursor = None,
    limit: Limit = 50,
    including: Including = None,
    reading: Reading = reads("party.read"),
) -> Response:
    """Read the persons of one case, newest first; who is cleared is left out."""
    mine, asker = Opener.for_one_answer(), _may_include(reading, including)
    asked = ListParties(case_id=case_id, answer_key=mine.public_key, cursor=cursor, limit=limit, including=including)
    sealed = await asker.ask(SERVICE, "list_parties", asked, SealedParties)
    return _unstored(asker.paged(opened_page(sealed, mine)))


@router.get("/v1/parties/{party_id}", response_model=PartyView)
async def get_party(
    party_id: ItemPath, including: Including = None, reading: Reading = reads("party.read")
) -> Response:
    """Read one person of a case; who is cleared is not there."""
    mine, asker = Opener.for_one_answer(), _may_include(reading, including)
    asked = GetParty(party_id=party_id, answer_key=mine.public_key, including=including)
    sealed = await asker.ask(SERVICE, "get_party", asked, SealedParty)
    return _unstored(asker.answer(opened(sealed, mine)))


@router.post("/v1/parties/{party_id}/confirm", response_model=PartyView)
async def confirm_party(
    party_id: ItemPath, body: PartyConfirming, writing: Writing = decides("party.decide")
) -> Response:
    """Record the decision that confirms what somebody was suspected of."""
    asked = body.contract(ConfirmParty, party_id=party_id, expected_version=writing.version)
    return await writing.decide(SERVICE, "confirm_party", asked, PartyView)


@router.post("/v1/parties/{party_id}/clear", response_model=PartyView)
async def clear_party(party_id: ItemPath, body: PartyClearing, writing: Writing = decides("party.decide")) -> Response:
    """Clear somebody, for good; whoever was sent the case's papers is told and has to sign for it."""
    asked = ClearParty(
        party_id=party_id,
        basis=body.basis,
        told=body.told(writing.house.person_sealer, body.reason),
        expected_version=writing.version,
    )
    said = [party_id, body.model_dump(mode="json")]
    return await writing.decide(SERVICE, "clear_party", asked, PartyView, said=said)


@router.post("/v1/parties/{party_id}/correct", response_model=PartyView)
async def correct_party(
    party_id: ItemPath,
    body: PartyCorrection,
    including: Including = None,
    writing: Writing = decides("party.change"),
) -> Response:
    """Put right what is wrong about somebody; whoever was sent the case's papers is told and has to sign for it."""
    asker = _may_include(writing, including)
    asked = CorrectParty(
        party_id=party_id,
        role=body.role,
        is_minor=body.is_minor,
        basis=body.basis,
        told=body.told(writing.house.person_sealer, body.reason),
        including=including,
        expected_version=writing.version,
    )
    said = [party_id, including, body.model_dump(mode="json")]
    return await asker.decide(SERVICE, "correct_party", asked, PartyView, said=said)


@router.post("/v1/parties/{party_id}/unmask", response_model=PartyView)
async def unmask_party(party_id: ItemPath, body: PartyUnmasking, writing: Writing = writes("party.unmask")) -> Response:
    """Read a minor's name and number for fifteen minutes from now on; the reason is kept, and the office is told."""
    asked = UnmaskParty(party_id=party_id, told=body.told(writing.house.person_sealer))
    return await writing.decide(SERVICE, "unmask_party", asked, PartyView, said=[party_id, body.reason])


def _may_include(asker: R, including: Hidden | None) -> R:
    """Go on if the caller may see who is left out otherwise."""
    return asker if including is None else asker.with_right("party.decide")


def _unstored(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer

"""Keys of an agency's machines: made by officials, shown once, bounded in time, revoked at once, with their calls."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from gateway import keys
from gateway.auth import secret_digest
from gateway.bodies import Body, Code, Short
from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, reads, shown, writes
from gateway.ledger import Client, RequestRow
from gateway.people.sessions import SignedIn
from gateway.refusals import NotAllowed
from gateway.routes.parameters import ItemPath, Limit
from lianxi.contracts.envelope import Caller
from lianxi.contracts.webhooks import StoppedWebhooks, StopWebhooksOf
from lianxi.kernel.errors import Conflict, NotFound
from lianxi.kernel.ids import derived_id

router = APIRouter(route_class=DoorRoute, tags=["tokens"])
PATH: Final = "/v1/clients"
SECRET_BYTES: Final = 32


class NewClient(Body):
    """A key that is wanted."""

    label: Annotated[Short, Field(max_length=60, description="What it is for; never a person's name")]
    scopes: Annotated[list[Code], Field(min_length=1, max_length=40)]
    days: Annotated[int, Field(ge=1, le=keys.LONGEST_DAYS, description="For how many days it counts")] = 90


class ClientView(BaseModel):
    """A key, without its secret."""

    client_id: str
    label: str
    agency: str
    scopes: list[str]
    roles: list[str]
    desks: list[str]
    made_by: str | None = Field(description="Whose account made it; absent for keys that the deployment keeps")
    made_at: str | None
    expires_at: str | None
    revoked_at: str | None


class MadeClient(ClientView):
    """A new key with its secret, which is in this answer and nowhere else."""

    client_secret: str


class ClientList(BaseModel):
    """The keys of an agency, those that were revoked too."""

    items: list[ClientView]


class CallView(BaseModel):
    """One call: no body, no address and no item."""

    at: str
    method: str
    route: str
    status: int
    code: str | None
    correlation_id: str | None


class CallList(BaseModel):
    """What a key has asked lately, newest first."""

    items: list[CallView]


@router.get(PATH, response_model=ClientList)
async def list_clients(reading: Reading = reads("client.read")) -> Response:
    """Read the keys of your agency."""
    found = await reading.house.ledger.clients()
    mine = [each for each in found if each.agency == reading.caller.agency]
    return shown(ClientList(items=[_view(each) for each in sorted(mine, key=_order)]))


@router.post(PATH, status_code=201, response_model=MadeClient)
async def make_client(request: Request, body: NewClient, writing: Writing = writes("client.create")) -> Response:
    """Make a key for a machine of your agency. It may do what you yourself may, within its scopes, until its day."""
    here = getattr(request.state, "signed_in", None)
    if not isinstance(here, SignedIn):
        raise NotAllowed("key.person_needed")

    async def act(caller: Caller) -> Response:
        secret, house = secrets.token_urlsafe(SECRET_BYTES), writing.house
        client_id = derived_id("key", caller.agency, caller.actor, caller.command_id)
        now, digest = house.clock.now(), secret_digest(secret)
        made = keys.make(here.account, client_id, digest, body.label, body.scopes, now, body.days)
        held = [each for each in await house.ledger.clients() if each.agency == caller.agency and _counts(each)]
        if len(held) >= keys.MOST_KEYS:
            raise Conflict("key.too_many", at_most=keys.MOST_KEYS)
        await house.note("write", f"key.made {client_id}", caller.actor, caller.correlation_id)
        await house.ledger.put_clients([made])
        await _keep(writing, here, client_id)
        house.register.learn(made)
        told = MadeClient(**_view(made).model_dump(), client_secret=secret)
        answer = shown(told, status=201)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return await writing.once("client.make", body.model_dump(), act)


async def _keep(writing: Writing, here: SignedIn, client_id: str) -> None:
    """Have the maker answer for the secret: whoever follows takes it over with everything else (criterion 23)."""
    people = writing.house.ledger.people
    for _ in range(3):
        account = await people.account(here.account.account_id)
        if account is None or await people.change(account, replace(account, keeps=(*account.keeps, client_id))):
            return


@router.delete(PATH + "/{client_id}", response_model=ClientView)
async def revoke_client(client_id: ItemPath, writing: Writing = writes("client.change")) -> Response:
    """Revoke a key: it is refused everywhere within three seconds, and its hooks end."""

    async def act(caller: Caller) -> Response:
        house = writing.house
        found = {each.client_id: each for each in await house.ledger.clients()}.get(client_id)
        known, now = keys.check_revocable(found, caller), house.clock.now()
        await house.note("write", f"key.revoked {client_id}", caller.actor, caller.correlation_id)
        await house.ledger.revoke_client(client_id, now)
        house.register.learn(replace(known, revoked_at=now))
        stop = StopWebhooksOf(client_id=client_id)
        await house.ask("notifications", "stop_webhooks_of", stop, caller, StoppedWebhooks)
        return shown(_view(replace(known, revoked_at=known.revoked_at or now)))

    return await writing.once("client.revoke", {"client_id": client_id}, act)


@router.get(PATH + "/{client_id}/calls", response_model=CallList)
async def list_calls(client_id: ItemPath, limit: Limit = 50, reading: Reading = reads("client.read")) -> Response:
    """Read what a key of your agency has asked since yesterday, newest first."""
    house = reading.house
    found = {each.client_id: each for each in await house.ledger.clients()}.get(client_id)
    if found is None or found.agency != reading.caller.agency:
        raise NotFound("key.not_found")
    since = house.clock.now() - timedelta(days=1)
    rows = await house.ledger.requests_of(client_id, since, limit)
    return shown(CallList(items=[_call(each) for each in rows]))


def _counts(client: Client) -> bool:
    return client.revoked_at is None and client.made_by is not None


def _order(client: Client) -> tuple[bool, bool, float, str]:
    """Lay the newest that counts first, and those of the deployment last."""
    made_at = 0.0 if client.made_at is None else -client.made_at.timestamp()
    return (client.made_by is None, client.revoked_at is not None, made_at, client.client_id)


def _view(client: Client) -> ClientView:
    return ClientView(
        client_id=client.client_id,
        label=client.label or client.client_id,
        agency=client.agency,
        scopes=list(client.scopes),
        roles=list(client.roles),
        desks=list(client.desks),
        made_by=client.made_by,
        made_at=None if client.made_at is None else client.made_at.isoformat(),
        expires_at=None if client.expires_at is None else client.expires_at.isoformat(),
        revoked_at=None if client.revoked_at is None else client.revoked_at.isoformat(),
    )


def _call(row: RequestRow) -> CallView:
    return CallView(
        at=row.at.isoformat(),
        method=row.method,
        route=row.route,
        status=row.status,
        code=row.code,
        correlation_id=row.correlation_id,
    )

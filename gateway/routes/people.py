"""The accounts of an agency's officials: who is invited, what each may do, who stands in for whom, who follows whom."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from gateway.bodies import Body, Code, Instant, Long, Short
from gateway.body import DoorRoute
from gateway.exchange import Reading, Writing, decides, reads, shown, writes
from gateway.people import duties
from gateway.people.accounts import Account, Acting
from gateway.people.handing_over import HandingOver, digest_of
from gateway.people.sessions import digest_of as token_digest
from gateway.people.sign_in import folded
from gateway.routes.parameters import ItemPath
from lianxi.contracts.envelope import Caller
from lianxi.kernel.errors import Conflict, NotFound
from lianxi.kernel.ids import derived_id

router = APIRouter(route_class=DoorRoute, tags=["people"])
PATH: Final = "/v1/accounts"
INVITATION_BYTES: Final = 24
INVITATION_LIVES: Final = timedelta(days=7)
Codes = Annotated[list[Code], Field(max_length=40)]


class Duties(Body):
    """What an official may do: roles of the permission table, and the desks and villages that they are bound to."""

    roles: Codes
    desks: Codes = Field(default_factory=list)
    areas: Codes = Field(default_factory=list)
    keeps: Codes = Field(default_factory=list, description="Machines whose secrets the official answers for")


class NewAccount(Duties):
    """An official who is to come."""

    name: Annotated[Short, Field(min_length=2, max_length=60, description="What the official signs in with")]
    shown_name: Annotated[Short, Field(max_length=60, description="Shown within the agency only")]


class NewActing(Body):
    """A time of standing in."""

    stands_in_for: Code
    begins_at: Instant
    ends_at: Instant
    reason: Long


class Successor(Body):
    """Who follows."""

    successor: Code
    reason: Long
    departs: bool = Field(default=True, description="The account is closed; false when the official changes posts only")


class ActingView(BaseModel):
    """A time of standing in."""

    acting_id: str
    stands_in_for: str
    begins_at: str
    ends_at: str
    reason: str
    set_by: str


class AccountView(BaseModel):
    """One official, as the agency's administrator sees the account."""

    account_id: str
    name: str
    shown_name: str
    agency: str
    roles: list[str]
    desks: list[str]
    areas: list[str]
    keeps: list[str]
    acting: list[ActingView]
    is_taken_up: bool
    departed_at: str | None


class InvitedAccount(AccountView):
    """A new account with the invitation to hand to its owner; it is shown this one time and lives for seven days."""

    invitation: str


class AccountList(BaseModel):
    """The accounts of an agency."""

    items: list[AccountView]


class HeldItem(BaseModel):
    """One open item."""

    service: str
    kind: str
    item_id: str


class HeldList(BaseModel):
    """Everything that an official holds: what a hand-over would move."""

    roles: list[str]
    desks: list[str]
    areas: list[str]
    keys: list[str]
    items: list[HeldItem]


class Receipt(BaseModel):
    """What was handed over, the same for both; its SHA-256 stands in the audit's chain."""

    hand_over_id: str
    agency: str
    leaver: str
    leaver_name: str
    successor: str
    successor_name: str
    asked_by: str
    reason: str
    departs: bool
    begun_at: str
    finished_at: str
    roles: list[str]
    desks: list[str]
    areas: list[str]
    keys: list[str]
    items: list[HeldItem]
    sha256: str


@router.get(PATH, response_model=AccountList)
async def list_accounts(reading: Reading = reads("account.read")) -> Response:
    """Read the accounts of your agency; auditors read all."""
    caller = reading.caller
    found = await reading.house.ledger.people.accounts_of(None if caller.sees_all else caller.agency)
    return shown(AccountList(items=[_view(each) for each in found]))


@router.post(PATH, status_code=201, response_model=InvitedAccount)
async def invite(body: NewAccount, writing: Writing = writes("account.create")) -> Response:
    """Invite an official: the answer holds what to hand over in person, and is kept nowhere else."""
    agency = writing.caller.agency
    duties.check_duties(writing.house.policy, agency, body.roles, body.desks, body.areas)

    async def act(caller: Caller) -> Response:
        invitation = secrets.token_urlsafe(INVITATION_BYTES)
        account = Account(
            account_id=derived_id("account", agency, caller.actor, caller.command_id),
            name=folded(body.name),
            shown_name=body.shown_name,
            agency=agency,
            invitation=token_digest(invitation),
            invited_until=writing.house.clock.now() + INVITATION_LIVES,
            **_given(body),
        )
        await _note(writing, "account.invited", account)
        if not await writing.house.ledger.people.add(account):
            raise Conflict("account.name_taken")
        return _once(InvitedAccount(**_view(account).model_dump(), invitation=invitation), 201)

    return await writing.once("account.invite", body.model_dump(), act)


@router.post(PATH + "/{account_id}/invitation", response_model=InvitedAccount)
async def invite_again(account_id: ItemPath, writing: Writing = decides("account.change")) -> Response:
    """Invite an official anew who has lost password or telephone: the old ones are gone, every session ends."""

    async def act(caller: Caller) -> Response:
        invitation = secrets.token_urlsafe(INVITATION_BYTES)
        until = writing.house.clock.now() + INVITATION_LIVES

        def anew(account: Account) -> Account:
            bare = replace(account, password=b"", second_factor=b"", recovery=(), last_step=0)
            return replace(bare, invitation=token_digest(invitation), invited_until=until)

        account = await _change(writing, caller, account_id, "account.invited_again", anew, ends_sessions=True)
        return _once(InvitedAccount(**_view(account).model_dump(), invitation=invitation), 200)

    return await writing.once("account.invite_again", {"account_id": account_id}, act)


@router.post(PATH + "/{account_id}/duties", response_model=AccountView)
async def set_duties(account_id: ItemPath, body: Duties, writing: Writing = decides("account.change")) -> Response:
    """Give and take roles, desks and villages. They hold from the official's next request on."""
    duties.check_duties(writing.house.policy, writing.caller.agency, body.roles, body.desks, body.areas)

    async def act(caller: Caller) -> Response:
        what = " ".join(("account.duties", *body.roles))
        return shown(
            _view(await _change(writing, caller, account_id, what, lambda account: replace(account, **_given(body))))
        )

    return await writing.once("account.duties", {"account_id": account_id, **body.model_dump()}, act)


@router.post(PATH + "/{account_id}/acting", status_code=201, response_model=AccountView)
async def set_acting(account_id: ItemPath, body: NewActing, writing: Writing = decides("account.change")) -> Response:
    """Let an official stand in for an absent one of the agency, from a day to a day, ninety-two days at most."""

    async def act(caller: Caller) -> Response:
        house = writing.house
        absent = duties.check_visible(await house.ledger.people.account(body.stands_in_for), caller)
        acting = Acting(
            acting_id=derived_id("acting", account_id, caller.command_id),
            stands_in_for=absent.account_id,
            begins_at=body.begins_at,
            ends_at=body.ends_at,
            reason=body.reason,
            set_by=caller.actor,
        )

        def stand_in(account: Account) -> Account:
            return duties.stand_in(account, absent, acting, house.clock.now())

        what = f"account.acting_for {absent.account_id}"
        return _once(_view(await _change(writing, caller, account_id, what, stand_in)), 201)

    return await writing.once("account.acting", {"account_id": account_id, **body.model_dump(mode="json")}, act)


@router.post(PATH + "/{account_id}/acting/{acting_id}/end", response_model=AccountView)
async def end_acting(
    account_id: ItemPath, acting_id: ItemPath, writing: Writing = decides("account.change")
) -> Response:
    """End a time of standing in before its time."""

    async def act(caller: Caller) -> Response:
        what = f"account.acting_ended {acting_id}"
        return shown(
            _view(
                await _change(writing, caller, account_id, what, lambda account: duties.end_acting(account, acting_id))
            )
        )

    return await writing.once("account.acting_end", {"account_id": account_id, "acting_id": acting_id}, act)


@router.get(PATH + "/{account_id}/held", response_model=HeldList)
async def list_held(account_id: ItemPath, reading: Reading = reads("account.read")) -> Response:
    """Read everything that an official holds: items, notices waiting at the desks, roles, villages, keys."""
    account = duties.check_visible(await reading.house.ledger.people.account(account_id), reading.caller)
    items = await _handing_over(reading).held_by(account, reading.caller)
    return shown(
        HeldList(
            roles=list(account.roles),
            desks=list(account.desks),
            areas=list(account.areas),
            keys=list(account.keeps),
            items=[HeldItem(**each) for each in items],
        )
    )


@router.post(PATH + "/{account_id}/hand-over", status_code=201, response_model=Receipt)
async def hand_over(account_id: ItemPath, body: Successor, writing: Writing = decides("account.decide")) -> Response:
    """Give everything that an official holds to a successor in one action; tried again, it goes on where it stopped."""

    async def act(caller: Caller) -> Response:
        done = await _handing_over(writing).hand_over(
            account_id, body.successor, body.reason, caller, departs=body.departs
        )
        told = _receipt(done.receipt)
        what = f"account.handed_over {done.hand_over_id} {told.sha256}"
        await writing.house.note("write", what, caller.actor, caller.correlation_id)
        return _once(told, 201)

    return await writing.once("account.hand_over", {"account_id": account_id, **body.model_dump()}, act)


@router.get("/v1/hand-overs/{hand_over_id}", response_model=Receipt)
async def get_hand_over(
    hand_over_id: ItemPath, reading: Reading = reads("policy.read", scope="people:read")
) -> Response:
    """Read the receipt of a hand-over: both officials, the agency's administrators, and auditors."""
    caller, found = reading.caller, await reading.house.ledger.people.hand_over(hand_over_id)
    if found is None or found.finished_at is None:
        raise NotFound("hand_over.not_found")
    is_mine = caller.actor in (found.leaver, found.successor)
    table = reading.house.policy.permissions
    rows = table.rows_of(caller.roles, "account", "read")
    if not (is_mine or "all" in rows or (rows and caller.agency == found.agency)):
        raise NotFound("hand_over.not_found")
    return shown(_receipt(found.receipt))


async def _change(
    writing: Writing,
    caller: Caller,
    account_id: str,
    what: str,
    decide: Callable[[Account], Account],
    *,
    ends_sessions: bool = False,
) -> Account:
    people = writing.house.ledger.people
    account = duties.check_visible(await people.account(account_id), caller)
    duties.check_changeable(account, caller)
    after = decide(account)
    await _note(writing, what, account)
    if not await people.change(account, after, ends_sessions=ends_sessions):
        raise Conflict("account.changed")
    return after


async def _note(writing: Writing, what: str, account: Account) -> None:
    caller = writing.caller
    await writing.house.note("write", f"{what} {account.account_id}", caller.actor, caller.correlation_id)


def _handing_over(reading: Reading) -> HandingOver:
    return HandingOver(reading.house.ledger.people, reading.house.ask, reading.house.clock)


def _given(body: Duties) -> dict[str, Any]:
    told = {"roles": body.roles, "desks": body.desks, "areas": body.areas, "keeps": body.keeps}
    return {field: tuple(dict.fromkeys(values)) for field, values in told.items()}


def _once(told: BaseModel, status: int) -> Response:
    answer = shown(told, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _receipt(plain: Any) -> Receipt:
    return Receipt(**{name: value for name, value in plain.items() if name != "kind"}, sha256=digest_of(plain))


def _view(account: Account) -> AccountView:
    return AccountView(
        account_id=account.account_id,
        name=account.name,
        shown_name=account.shown_name,
        agency=account.agency,
        roles=list(account.roles),
        desks=list(account.desks),
        areas=list(account.areas),
        keeps=list(account.keeps),
        acting=[
            ActingView(
                acting_id=each.acting_id,
                stands_in_for=each.stands_in_for,
                begins_at=each.begins_at.isoformat(),
                ends_at=each.ends_at.isoformat(),
                reason=each.reason,
                set_by=each.set_by,
            )
            for each in account.acting
        ],
        is_taken_up=account.is_taken_up,
        departed_at=None if account.departed_at is None else account.departed_at.isoformat(),
    )

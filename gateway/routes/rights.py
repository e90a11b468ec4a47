"""What one may do, and why: the permission table, read out for whoever asks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from gateway.body import DoorRoute
from gateway.exchange import Reading, reads, shown
from gateway.wording import Language, words
from lianxi.contracts.envelope import Caller
from lianxi.policy.policy import Policy
from lianxi.policy.rights import Grant

router = APIRouter(route_class=DoorRoute, tags=["reporting"])
Spoken = Annotated[Literal["zh", "en"], Query(description="The language of the sentences")]


class Right(BaseModel):
    """What one role may do with one kind of thing."""

    role: str
    role_name: str
    resource: str
    resource_name: str
    actions: list[str] = Field(description="read create change decide close export unmask; nobody may delete")
    rows: str
    rows_in_words: str
    fields: dict[str, str] = Field(description="Group of fields → clear, masked or absent")
    clause: str = Field(description="The sentence of the plan, or the article of law, that it follows from")


class MyRights(BaseModel):
    """What the caller may do."""

    agency: str
    roles: list[str]
    desks: list[str] = Field(description="The desks that *own desk* means; empty means all of the agency")
    areas: list[str]
    scopes: list[str] = Field(description="What this client may be used for, whatever its roles allow")
    policy_version: int
    items: list[Right]


class Table(BaseModel):
    """The whole table."""

    policy_version: int
    items: list[Right]


@router.get("/v1/me/permissions", response_model=MyRights)
async def show_my_rights(lang: Spoken = "zh", reading: Reading = reads("policy.read")) -> Response:
    """Read what you may do: on which rows, how each group of fields is shown to you, and which clause says so."""
    caller, policy = reading.caller, reading.house.policy
    told = MyRights(
        agency=caller.agency,
        roles=list(caller.roles),
        desks=list(caller.desks),
        areas=list(caller.areas),
        scopes=list(caller.scopes),
        policy_version=policy.version,
        items=_rights(policy, _own(policy, caller), lang),
    )
    return shown(told)


@router.get("/v1/permissions", response_model=Table)
async def show_rights(lang: Spoken = "zh", reading: Reading = reads("policy.read")) -> Response:
    """Read the whole permission table: rights are no secret, rows are."""
    policy = reading.house.policy
    return shown(Table(policy_version=policy.version, items=_rights(policy, policy.permissions.grants, lang)))


def _own(policy: Policy, caller: Caller) -> Iterable[Grant]:
    return (grant for grant in policy.permissions.grants if grant.role in caller.roles)


def _rights(policy: Policy, grants: Iterable[Grant], language: Language) -> list[Right]:
    table = policy.permissions
    roles = {each.code: {"zh": each.name_zh, "en": each.name_en} for each in table.roles}
    resources = {each.code: {"zh": each.name_zh, "en": each.name_en} for each in table.resources}
    groups = {each.code: each.fields for each in table.resources}
    return [
        Right(
            role=grant.role,
            role_name=roles[grant.role][language],
            resource=grant.resource,
            resource_name=resources[grant.resource][language],
            actions=list(grant.actions),
            rows=grant.rows,
            rows_in_words=words().rows[grant.rows].told(language),
            fields={group: grant.fields.get(group, "absent") for group in groups[grant.resource]},
            clause=grant.clause,
        )
        for grant in grants
    ]

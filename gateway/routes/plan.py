"""The town's rules as sentences that an official can read, and what a draft of them would have done to past items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from gateway.bodies import Migration, PolicyDraft
from gateway.body import DoorRoute
from gateway.drafts import replayed
from gateway.exchange import Reading, Writing, reads, shown, writes
from gateway.refusals import NoSuchThing, NotAllowed
from gateway.wording import Language
from lianxi.contracts import codec
from lianxi.contracts.envelope import Caller
from lianxi.contracts.operations import DeskMigration, MigrateItems, MigrationResult
from lianxi.policy.policy import Policy
from lianxi.policy.sentences import Sentence
from lianxi.policy.simulate import Simulation

router = APIRouter(route_class=DoorRoute, tags=["plan"])
OFFICE: Final = "office"
MOVING: Final = ("tips", "cases", "reporting")
"""The desks whose items run under the version of the policy that they began with."""
SpokenQuery = Annotated[Language, Query(description="zh or en")]
FilePath = Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[a-z]+$")]


class Rules(BaseModel):
    """Rules in words, each with the sentence or article that it comes from."""

    programme: str
    policy_version: int
    items: list[Sentence]


def _told(policy: Policy, language: Language, file: str | None = None) -> Response:
    found = [each for each in policy.sentences(language) if file in {None, each.file}]
    if not found:
        raise NoSuchThing("policy.file_unknown", allowed=sorted({each.file for each in policy.sentences(language)}))
    return shown(Rules(programme=policy.programme.code, policy_version=policy.version, items=found))


@router.post("/v1/plan/policy/migrations", response_model=MigrationResult)
async def migrate_items(body: Migration, writing: Writing = writes("policy.change", scope="ops:write")) -> Response:
    """Move what still runs from one version of the policy to another, or count what would move, desk by desk.

    One call moves a bounded number at each desk; `left` says how many remain, and `desks` each desk's part. Due times
    that were told stay as they are.
    """
    asked = body.contract(MigrateItems)

    async def act(caller: Caller) -> Response:
        told = {desk: await writing.house.ask(desk, "migrate_items", asked, caller, MigrationResult) for desk in MOVING}
        return writing.answer(_added_up(asked, told))

    return await writing.once("plan.migrate_items", codec.as_plain(asked), act)


def _added_up(asked: MigrateItems, told: Mapping[str, MigrationResult]) -> MigrationResult:
    return MigrationResult(
        from_version=asked.from_version,
        to_version=asked.to_version,
        dry_run=asked.dry_run,
        found=tuple(count for each in told.values() for count in each.found),
        moved=sum(each.moved for each in told.values()),
        left=sum(each.left for each in told.values()),
        desks=tuple(DeskMigration(desk=desk, moved=each.moved, left=each.left) for desk, each in told.items()),
    )


@router.get("/v1/plan/policy", response_model=Rules)
async def list_rules(lang: SpokenQuery = "zh", reading: Reading = reads("policy.read")) -> Response:
    """Read every rule of the town as a sentence, with its clause."""
    return _told(reading.house.policy, lang)


@router.get("/v1/plan/policy/{file}", response_model=Rules)
async def list_rules_of_file(
    file: FilePath, lang: SpokenQuery = "zh", reading: Reading = reads("policy.read")
) -> Response:
    """Read the rules of one policy file as sentences."""
    return _told(reading.house.policy, lang, file)


@router.post("/v1/plan/policy/simulate", response_model=Simulation)
async def simulate_draft(
    body: PolicyDraft, writing: Writing = writes("policy.read", scope="reports:write")
) -> Response:
    """Replay past items against a draft of policy files: what would have gone elsewhere or been due at another time.

    Nothing is changed. The office only.
    """
    if writing.caller.agency != OFFICE:
        raise NotAllowed("policy.office_only")
    house = writing.house

    async def act(_caller: Caller) -> Response:
        found = await run_in_threadpool(
            replayed,
            house.policy,
            house.shelf.files_of(house.policy.version),
            house.settings.programme,
            body.draft,
            body.items(),
        )
        return shown(found)

    return await writing.once("plan.simulate", codec.as_plain(body.model_dump(mode="json")), act)

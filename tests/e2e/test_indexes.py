"""Every list that the gateway offers, and every sweep that a desk makes, is read by an index (issue 6).

The database itself notes what it is asked while each list is read with each of its filters and the desks sweep; each
kind of question is then explained. What is left over is named here with the reason why it may read a whole collection.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from pymongo import MongoClient

from lianxi.contracts.registry import SERVICES
from tests.chaos.filing import Filing, check_effects
from tests.chaos.sizes import FULL
from tests.support.town import RunningTown

pytestmark = pytest.mark.timeout(600)
DATABASES = tuple(f"lianxi_{service}" for service in (*SERVICES, "gateway"))
ASKS = {"find": "filter", "count": "query", "distinct": "query"}
WRITES = {"update": "updates", "delete": "deletes"}
# What reads a whole collection on purpose.
MEANT = {
    "lianxi_tips.informants distinct {}",  # the keys in use, of which there are a few, by their own index
    "lianxi_reporting.stage_reports find {policy_version{$nin}}",  # a return a fortnight and agency
    "lianxi_inspections.rentals find {}",  # a month's visits of the whole town are worked out from every dwelling
}
# Collections that stay as small as the town has agencies, officials or versions of anything.
SMALL = {"lianxi_gateway.clients", "lianxi_gateway.accounts", "lianxi_gateway.audit_heads"}
SAMPLES = {"date": "2026-11-23", "date-time": "2026-11-23T00:00:00Z", "integer": "1", "boolean": "true"}


@contextmanager
def noted(client: MongoClient[dict[str, Any]]) -> Iterator[None]:
    """Have the database note everything that it is asked for as long as the block runs."""
    for name in DATABASES:
        client[name].command("profile", 2)
    try:
        yield
    finally:
        for name in DATABASES:
            client[name].command("profile", 0)


def lists(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every address that lists something, bare and with each of its filters."""
    schemas = described["components"]["schemas"]
    for path, methods in described["paths"].items():
        if "get" not in methods or "{" in path:
            continue
        yield path, {}
        for each in methods["get"].get("parameters", ()):
            if each["in"] == "query" and each["name"] != "cursor":
                yield path, {each["name"]: sample(each["schema"], schemas)}


def sample(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    for each in (*schema.get("anyOf", ()), schema):
        said = schemas[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        if "enum" in said:
            return str(said["enum"][0])
        for known in (said.get("format"), said.get("type")):
            if known in SAMPLES:
                return SAMPLES[known]
    return "x"


def questions(client: MongoClient[dict[str, Any]]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """One of each kind that was noted: by collection and fields, however the values differ."""
    found: dict[str, tuple[str, str, dict[str, Any]]] = {}
    for name in DATABASES:
        for row in client[name]["system.profile"].find():
            kind, command = next(iter(row["command"])), row["command"]
            if kind in ASKS:
                asked = [command.get(ASKS[kind]) or {}]
            else:
                asked = [each["q"] for each in command.get(WRITES.get(kind, ""), ())[:1]]
            for each in asked:
                found.setdefault(f"{row['ns']} {kind} {shape(each)}", (name, command[kind], each))
    return found


def shape(asked: Any) -> str:
    if not isinstance(asked, dict):
        return ""
    return "{" + ",".join(f"{name}{shape(value)}" for name, value in sorted(asked.items())) + "}"


def stages(plan: Any) -> Iterator[str]:
    if isinstance(plan, dict):
        if "stage" in plan:
            yield str(plan["stage"])
        for each in plan.values():
            yield from stages(each)
    elif isinstance(plan, list):
        for each in plan:
            yield from stages(each)


def has_index_for(client: MongoClient[dict[str, Any]], database: str, collection: str, asked: dict[str, Any]) -> bool:
    """Say whether some index begins with a field that is asked for within bounds; `_id` has one of its own."""
    begins = {"_id"} | {
        str(name) for each in client[database][collection].list_indexes() for name in list(each["key"])[:1]
    }
    wanted = [asked, *(each for each in asked.get("$and", ()))]
    return any(name in begins and is_bounded(value) for each in wanted for name, value in each.items())


def is_bounded(value: Any) -> bool:
    return not isinstance(value, dict) or bool({"$eq", "$in", "$gt", "$gte", "$lt", "$lte"} & value.keys())


def reads_all(client: MongoClient[dict[str, Any]], database: str, collection: str, asked: dict[str, Any]) -> bool:
    if has_index_for(client, database, collection, asked):
        return False  # as MongoDB would read it; the embedded database reads ranges of ids another way
    explained = client[database].command("explain", {"find": collection, "filter": asked}, verbosity="queryPlanner")
    return "COLLSCAN" in stages(explained["queryPlanner"]["winningPlan"])


def test_every_list_and_sweep_is_read_by_an_index(town: RunningTown) -> None:
    check_effects(town, Filing(town, agency=8).wait(timeout=60))
    with MongoClient[dict[str, Any]](town.mongo_url, tz_aware=True) as client:
        with noted(client):
            answered = [status for user in ("police", "operator") for status in read_every_list(town, user)]
            for service in SERVICES if FULL else ():
                town.restart(service)  # a desk makes every sweep when it opens
        asked = questions(client)
        by_no_index = {
            name
            for name, (database, collection, each) in asked.items()
            if name not in MEANT
            and f"{database}.{collection}" not in SMALL
            and reads_all(client, database, collection, each)
        }

    assert answered.count(httpx2.codes.OK) > 40, "lists were read"
    assert len(asked) > 60, sorted(asked)
    assert not by_no_index, "\n".join(sorted(by_no_index))


def read_every_list(town: RunningTown, user: str) -> list[int]:
    with town.http(user) as client:
        described = client.get("/openapi.json").json()
        return [client.get(path, params=given).status_code for path, given in lists(described)]

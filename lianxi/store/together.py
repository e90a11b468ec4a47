"""Many decided changes in one statement, each still guarded by the version that it was decided on.

A statement of its own for each costs the embedded database a commit and a reading of all indexes; what is written is
the same. What the relay takes out of an outbox meanwhile stays out: new entries are put behind what is there then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOGETHER = 50
"""How many documents one statement changes: the time of matching a list of ids grows with its square."""
QUEUES = ("_outbox", "_audit")
"""What the relay empties without a new version, so that it is never written as it was read."""


@dataclass(frozen=True, slots=True)
class Written:
    """What one change writes: fields anew, and entries behind those of its outbox and its unchained audit."""

    aggregate_id: str
    version: int
    fields: Mapping[str, Any]
    queued: Mapping[str, Sequence[Any]]


def written(found: Mapping[str, Any], update: Mapping[str, Any]) -> Written:
    """Read what an update of the kind that `lianxi.store.unit` makes would leave of the document that it is for."""
    pushed = update["$push"]
    lists = {name: _kept([*found.get(name, ()), *push["$each"]], push) for name, push in pushed.items()}
    fields = {**update["$set"], **lists, "_version": found["_version"] + 1}
    queued = {name: pushed.get(name, {"$each": ()})["$each"] for name in QUEUES}
    kept = {name: value for name, value in fields.items() if name not in QUEUES}
    return Written(found["_id"], found["_version"], kept, queued)


def _kept(values: list[Any], push: Mapping[str, Any]) -> list[Any]:
    return values[push["$slice"] :] if "$slice" in push else values


def write_together(collection: Any, changes: Sequence[Written]) -> int:
    """Write changes of documents that are still at the version they were read at; say how many there were."""
    return sum(
        collection.update_many(
            {"_id": {"$in": [each.aggregate_id for each in part]}, "_version": version}, _pipe(part)
        ).matched_count
        for version, part in _parts(changes)
    )


def _parts(changes: Sequence[Written]) -> Iterator[tuple[int, Sequence[Written]]]:
    alike: defaultdict[int, list[Written]] = defaultdict(list)
    for each in changes:
        alike[each.version].append(each)
    for version, group in alike.items():
        for start in range(0, len(group), TOGETHER):
            yield version, group[start : start + TOGETHER]


def _pipe(part: Sequence[Written]) -> list[dict[str, Any]]:
    """Say, for whichever of these documents is at hand, what it becomes: found by the place of its id in a list."""
    behind = {
        name: {"$concatArrays": [{"$ifNull": [f"${name}", []]}, _own([list(each.queued[name]) for each in part])]}
        for name in QUEUES
    }
    place = {"$indexOfArray": [{"$literal": [each.aggregate_id for each in part]}, "$_id"]}
    whole = {"$mergeObjects": ["$$ROOT", _own([dict(each.fields) for each in part]), behind]}
    return [{"$replaceWith": {"$let": {"vars": {"place": place}, "in": whole}}}]


def _own(values: list[Any]) -> dict[str, Any]:
    return {"$arrayElemAt": [{"$literal": values}, "$$place"]}

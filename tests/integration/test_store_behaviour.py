"""What every store of aggregates promises: the same suite for the one in memory and the one in a real database."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import mongoengine
import pytest
from mongoengine import DateTimeField, IntField, ListField, StringField

from lianxi.contracts import codec
from lianxi.contracts.envelope import Cause, Event, event_id
from lianxi.contracts.tips import TipAccepted
from lianxi.kernel.clock import FixedClock
from lianxi.kernel.errors import Conflict, Malformed, NotFound
from lianxi.store.documents import AggregateDocument
from lianxi.store.fakes import MemoryAggregates
from lianxi.store.outbox import Announcer
from lianxi.store.pages import newest_first
from lianxi.store.unit import Addition, Aggregates, AggregateStore, Change
from tests.support.town import Database

ALIAS = "store_suite"
NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
ANNOUNCER = Announcer(service="tips", noun="box")
CAUSE = Cause(actor="police", correlation_id="c1")


@dataclass(frozen=True)
class Box:
    id: str
    items: tuple[str, ...] = ()
    opened_at: datetime = NOW


class BoxDocument(AggregateDocument):
    meta: ClassVar[dict[str, Any]] = {"collection": "boxes", "db_alias": ALIAS, "indexes": ["opened_at"]}

    items = ListField(StringField())
    opened_at = DateTimeField()
    size = IntField()


def event(desk: str = "police/station") -> Event:
    return TipAccepted(tip_id="t", desk=desk, accepted_at=NOW)


def put(item: str) -> Callable[[Box], tuple[Box, tuple[Event, ...]]]:
    return lambda box: (replace(box, items=(*box.items, item)), (event(),))


@dataclass
class Kit:
    store: Aggregates[Box]
    announced: Callable[[], list[str]]


@pytest.fixture(scope="module")
def connection(database_server: Database) -> Iterator[None]:
    mongoengine.connect(
        "store_suite", alias=ALIAS, host=database_server.url, tz_aware=True, uuidRepresentation="standard"
    )
    BoxDocument.ensure_indexes()
    yield
    mongoengine.disconnect(ALIAS)


@pytest.fixture(params=["memory", "database"])
def kit(request: pytest.FixtureRequest) -> Kit:
    clock = FixedClock(NOW)
    if request.param == "memory":
        memory: MemoryAggregates[Box] = MemoryAggregates(ANNOUNCER, clock)
        return Kit(memory, lambda: [each.id for each in memory.announced])
    request.getfixturevalue("connection")
    BoxDocument.drop_collection()
    BoxDocument.ensure_indexes()

    def announced() -> list[str]:
        rows = BoxDocument._get_collection().find({"_outbox_due": {"$gte": 0}})
        return [entry["id"] for row in rows for entry in row["_outbox"]]

    return Kit(AggregateStore(BoxDocument, Box, ANNOUNCER, clock), announced)


def test_what_is_added_reads_back_as_it_was(kit: Kit) -> None:
    box = Box("b1", ("一", "二"), NOW + timedelta(milliseconds=1))
    assert kit.store.add(box, [event()], CAUSE)
    stored = kit.store.get("b1")
    assert (stored.version, stored.state) == (1, box)
    assert kit.announced() == [event_id("b1", 1, 0)]


def test_some_are_looked_up_at_once(kit: Kit) -> None:
    kit.store.add_many([Addition(Box(name), [event()], CAUSE) for name in ("b1", "b2", "b3")])
    found = kit.store.find_many(["b1", "b3", "b4"])
    assert {name: each.state for name, each in found.items()} == {"b1": Box("b1"), "b3": Box("b3")}
    assert kit.store.find_many([]) == {}


def test_adding_what_is_there_changes_nothing(kit: Kit) -> None:
    kit.store.add(Box("b1", ("一",)), [event()], CAUSE)
    assert not kit.store.add(Box("b1", ("二",)), [event()], CAUSE)
    assert kit.store.get("b1").state.items == ("一",)
    assert len(kit.announced()) == 1


def test_many_are_added_each_on_its_own(kit: Kit) -> None:
    kit.store.add(Box("b2"), [], CAUSE)
    added = kit.store.add_many([Addition(Box(name), [event()], CAUSE) for name in ("b1", "b2", "b3")])
    assert added == [True, False, True]
    assert sorted(kit.announced()) == sorted([event_id("b1", 1, 0), event_id("b3", 1, 0)])


def heard(event_id: str) -> Cause:
    return replace(CAUSE, event_id=event_id)


def test_many_are_changed_each_once_for_its_event(kit: Kit) -> None:
    kit.store.add_many([Addition(Box(name), [], CAUSE) for name in ("b1", "b2", "b3")])
    kit.store.change("b3", put("三"), heard("e3"))
    changes = [
        Change("b1", put("一"), heard("e1")),
        Change("b2", put("二"), heard("e2")),
        Change("b3", put("三"), heard("e3")),
        Change("b1", put("四"), heard("e4")),
    ]
    kit.store.change_many(changes)
    kit.store.change_many(changes)

    assert [kit.store.get(name).state.items for name in ("b1", "b2", "b3")] == [("一", "四"), ("二",), ("三",)]
    assert sorted(kit.announced()) == sorted(
        event_id(name, version, 0) for name, version in (("b1", 2), ("b1", 3), ("b2", 2), ("b3", 2))
    )


def test_of_many_changes_an_unknown_one_is_refused_and_the_others_may_come_again(kit: Kit) -> None:
    kit.store.add(Box("b1"), [], CAUSE)
    changes = [Change("b1", put("一"), heard("e1")), Change("nowhere", put("二"), heard("e2"))]
    with pytest.raises(NotFound):
        kit.store.change_many(changes)
    kit.store.change_many(changes[:1])

    assert kit.store.get("b1").state.items == ("一",)


def test_nothing_is_found_under_an_unknown_id(kit: Kit) -> None:
    assert kit.store.find("nowhere") is None
    with pytest.raises(NotFound) as refused:
        kit.store.get("nowhere")
    assert refused.value.code == "box.not_found"
    with pytest.raises(NotFound):
        kit.store.change("nowhere", put("一"), CAUSE)


@pytest.mark.criterion("4.2")
def test_one_event_has_one_effect_however_often_it_comes(kit: Kit) -> None:
    kit.store.add(Box("b1"), [], CAUSE)
    causes = [replace(CAUSE, event_id=f"e{number}") for number in range(20)] * 3
    random.Random(4).shuffle(causes)
    for cause in causes:
        kit.store.change("b1", put(str(cause.event_id)), cause)
    stored = kit.store.get("b1")
    assert sorted(stored.state.items) == sorted(f"e{number}" for number in range(20))
    assert stored.version == 21
    assert len(kit.announced()) == 20


def test_one_command_has_one_effect_however_often_it_comes(kit: Kit) -> None:
    kit.store.add(Box("b1"), [], CAUSE)
    cause = replace(CAUSE, command_id="key-1")
    first = kit.store.change("b1", put("一"), cause)
    again = kit.store.change("b1", put("二"), cause)
    assert first.state == again.state == kit.store.get("b1").state
    assert kit.announced() == [event_id("b1", 2, 0)]


def test_a_decision_on_an_old_version_is_refused(kit: Kit) -> None:
    kit.store.add(Box("b1"), [], CAUSE)
    kit.store.change("b1", put("一"), CAUSE, expected_version=1)
    with pytest.raises(Conflict) as refused:
        kit.store.change("b1", put("二"), CAUSE, expected_version=1)
    assert refused.value.facts == {"version": 2, "expected": 1}
    assert kit.store.get("b1").state.items == ("一",)


def test_a_refused_decision_leaves_no_trace(kit: Kit) -> None:
    kit.store.add(Box("b1"), [], CAUSE)

    def refuse(_box: Box) -> tuple[Box, tuple[Event, ...]]:
        raise Conflict("box.full")

    with pytest.raises(Conflict):
        kit.store.change("b1", refuse, replace(CAUSE, command_id="key-1"))
    assert kit.store.get("b1").version == 1
    assert kit.announced() == []
    kit.store.change("b1", put("一"), replace(CAUSE, command_id="key-1"))
    assert kit.store.get("b1").state.items == ("一",)


def test_a_decision_that_changes_nothing_is_not_written(kit: Kit) -> None:
    kit.store.add(Box("b1"), [], CAUSE)
    assert kit.store.change("b1", lambda box: (box, ()), CAUSE).version == 1


@pytest.fixture
def boxes(connection: None) -> AggregateStore[Box]:
    BoxDocument.drop_collection()
    BoxDocument.ensure_indexes()
    return AggregateStore(BoxDocument, Box, ANNOUNCER, FixedClock(NOW))


def test_decisions_that_race_all_count(boxes: AggregateStore[Box]) -> None:
    boxes.add(Box("b1"), [], CAUSE)

    def work(name: str) -> None:
        for number in range(10):
            boxes.change("b1", put(f"{name}{number}"), CAUSE)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = boxes.get("b1")
    assert sorted(stored.state.items) == sorted(f"{name}{number}" for name in "abc" for number in range(10))
    assert stored.version == 31


@pytest.mark.criterion("4.1")
def test_state_and_events_lie_in_one_document(boxes: AggregateStore[Box]) -> None:
    boxes.add(Box("b1"), [event("police/station")], replace(CAUSE, lane="rescue", event_id="e0"))
    boxes.change("b1", put("一"), replace(CAUSE, event_id="e1"))
    row = BoxDocument._get_collection().find_one({"_id": "b1"})
    assert row is not None
    assert [entry["id"] for entry in row["_outbox"]] == [event_id("b1", 1, 0), event_id("b1", 2, 0)]
    assert (row["_version"], row["_inbox"], row["_outbox_due"]) == (2, ["e0", "e1"], 0)
    envelope = codec.envelope_from_plain(row["_outbox"][0]["event"])
    assert (envelope.subject, envelope.sequence, envelope.lane) == ("box/b1", 1, "rescue")
    assert codec.open_event(envelope) == event("police/station")


def test_pages_show_every_row_once_newest_first(boxes: AggregateStore[Box]) -> None:
    instants = [NOW - timedelta(hours=step * step, minutes=step % 3) for step in range(60)]
    boxes.add_many([Addition(Box(f"b{n:02}", (), at), [], CAUSE) for n, at in enumerate(instants)])
    seen: list[str] = []
    cursor = None
    for _ in range(20):
        rows, cursor = newest_first(BoxDocument._get_collection(), {}, "opened_at", now=NOW, cursor=cursor, limit=7)
        seen += [row["_id"] for row in rows]
        if cursor is None:
            break
    assert seen == [f"b{n:02}" for n in range(60)]


@pytest.mark.parametrize("cursor", ["", "!!", "W10", "WyJhIiwgImIiXQ", "eyJhIjoxfQ"])
def test_a_cursor_that_is_not_ours_is_refused(boxes: AggregateStore[Box], cursor: str) -> None:
    with pytest.raises(Malformed):
        newest_first(BoxDocument._get_collection(), {}, "opened_at", now=NOW, cursor=cursor, limit=7)

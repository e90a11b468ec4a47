"""Runs decisions and relay rounds in children that die, as by `kill -9`, at a random line of our own code.

Started as its own process, so that it has no threads when it forks, as
``python -m tests.chaos.failpoints KIND DATABASE_URL BROKER_URL SEED TRIALS``. Each child makes its own connections.
Prints how many died before their end.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import FrameType
from typing import Any, ClassVar

import mongoengine
from mongoengine import IntField

import lianxi.bus.books as books_module
import lianxi.bus.desk_relay as relay_module
import lianxi.bus.outboxes as outboxes_module
import lianxi.store.together as together_module
import lianxi.store.unit as unit_module
from lianxi.bus.desk_relay import DeskRelay
from lianxi.bus.link import Link
from lianxi.contracts.envelope import Cause, Event
from lianxi.contracts.tips import TipAccepted
from lianxi.kernel.clock import SystemClock
from lianxi.store.documents import AggregateDocument
from lianxi.store.outbox import Announcer
from lianxi.store.unit import Addition, AggregateStore, Change

DATABASE = "failpoints_tips"
AGGREGATES = 5
TOGETHER = 4
EVENTS = 30
DECISIONS = 4
WATCHED = frozenset(
    each.__file__ for each in (unit_module, together_module, relay_module, books_module, outboxes_module)
)
# About as many lines as a trial runs through in the watched files, so that most die on the way and some live.
LINES = {"decide": 500, "batch": 700, "relay": 260}


@dataclass(frozen=True)
class Counter:
    id: str
    count: int = 0


class CounterDocument(AggregateDocument):
    meta: ClassVar[dict[str, Any]] = {"collection": "tips", "db_alias": "failpoints"}

    count = IntField()


def event() -> Event:
    return TipAccepted(tip_id="t", desk="police/station", accepted_at=datetime.now(UTC))


def one_more(counter: Counter) -> tuple[Counter, tuple[Event, ...]]:
    return replace(counter, count=counter.count + 1), (event(),)


def connect(url: str) -> None:
    mongoengine.connect(DATABASE, alias="failpoints", host=url, tz_aware=True, uuidRepresentation="standard")


def decide(database_url: str, _broker_url: str, chance: random.Random) -> None:
    connect(database_url)
    store = AggregateStore(CounterDocument, Counter, Announcer(service="tips", noun="tip"), SystemClock())
    for _ in range(DECISIONS):
        name = f"c{chance.randrange(AGGREGATES)}"
        cause = Cause(actor="test", correlation_id="c")
        if not store.add(Counter(name), [event()], cause):
            store.change(name, one_more, cause)


def batch(database_url: str, _broker_url: str, chance: random.Random) -> None:
    """Take some in and change them, each time in one write of many; events come again now and then."""
    connect(database_url)
    store = AggregateStore(CounterDocument, Counter, Announcer(service="tips", noun="tip"), SystemClock())
    for _ in range(DECISIONS):
        names = [f"c{number}" for number in chance.sample(range(AGGREGATES), TOGETHER)]
        new = Cause(actor="test", correlation_id="c")
        store.add_many([Addition(Counter(name), [event()], new) for name in names])
        told = replace(new, event_id=f"e{chance.randrange(EVENTS)}")
        store.change_many([Change(name, one_more, told) for name in names])


def relay(database_url: str, broker_url: str, _chance: random.Random) -> None:
    async def one_round() -> None:
        from pymongo import AsyncMongoClient

        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(database_url, tz_aware=True)
        link = Link(broker_url, "failpoints")
        await link.open()
        desk = DeskRelay("tips", link, client[DATABASE], SystemClock(), "test", 0.1)
        await desk.finish()
        await link.close()
        await client.close()

    asyncio.run(one_round())


def dies_at(line: int) -> Callable[[FrameType, str, Any], Any]:
    left = line

    def trace(frame: FrameType, happening: str, _argument: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in WATCHED:
            return None
        if happening == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def main() -> None:
    kind, database_url, broker_url, seed, trials = sys.argv[1:]
    work = {"decide": decide, "batch": batch, "relay": relay}[kind]
    chance = random.Random(int(seed))
    died = 0
    for _ in range(int(trials)):
        line, own = chance.randrange(1, LINES[kind]), random.Random(chance.random())
        child = os.fork()
        if child == 0:
            sys.settrace(dies_at(line))
            work(database_url, broker_url, own)
            sys.settrace(None)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        died += os.WIFSIGNALED(status)
        if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status) != 0:
            raise SystemExit(f"a child failed with {os.WEXITSTATUS(status)}")
    print(died)


if __name__ == "__main__":
    main()

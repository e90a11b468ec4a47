"""Lianxi, its peers and the bare limits, turn by turn on one ground: A-B-A-B, so that all meet the same machine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from statistics import mean
from typing import Any, Final

import bson

from bench import intake, limits, load
from bench.contenders import Contender, Lianxi
from bench.figures import percentile
from bench.ground import Ground
from bench.processes import Meter
from bench.rivals import PEERS, Peer, Work
from bench.sizes import Sizes
from deploy.local import processes

# Lianxi's databases by the stage at which a peer writes the like.
STAGES: Final = {
    "lianxi_gateway": "door",
    "lianxi_tips": "tips",
    "lianxi_notifications": "notices",
    "lianxi_reporting": "notices",
}
OWN_ROWS: Final = {("lianxi_tips", "tips"), ("lianxi_notifications", "notices")}
NEGLIGIBLE: Final = 0.05
WARM_UP_NUMBERS: Final = 10_000_000
Tell = Callable[[str], None]
Rows = dict[str, list[dict[str, Any]]]


@contextmanager
def started(contender: Contender) -> Iterator[Contender]:
    """A contender for as long as the block runs."""
    contender.start()
    try:
        yield contender
    finally:
        contender.stop()


def one_turn(ground: Ground, contender: Contender, sizes: Sizes, turn: int) -> intake.Run:
    """Start, warm up, measure as many tips as the window holds, stop."""
    with started(contender):
        first = WARM_UP_NUMBERS + turn * 1000
        intake.await_answers(contender, first + 500)
        warm = intake.saturated(ground, contender, range(first, first + sizes.warm_up))
        count = int(min(max(sizes.warm_up, warm.end_to_end_rate * sizes.window), sizes.most_tips))
        return intake.saturated(ground, contender, range(turn * 100_000, turn * 100_000 + count))


def collections_of(ground: Ground) -> Counter[tuple[str, str]]:
    """Count the documents of all of Lianxi's collections."""
    found: Counter[tuple[str, str]] = Counter()
    with ground.mongo() as client:
        for database in STAGES:
            for name in client[database].list_collection_names():
                found[database, name] = client[database][name].count_documents({})
    return found


def work_of(ground: Ground, before: Counter[tuple[str, str]], tips: int) -> dict[str, dict[str, list[float]]]:
    """Read from the database what Lianxi has written for one tip: documents, their bytes, their secondary indexes.

    One of the tip's own rows and one of its notices is what a peer writes anyway.
    """
    work: dict[str, dict[str, list[float]]] = {}
    for (database, name), count in (collections_of(ground) - before).items():
        each = count / tips - ((database, name) in OWN_ROWS)
        if each < NEGLIGIBLE:
            continue
        with ground.mongo() as client:
            collection = client[database][name]
            size = mean(len(bson.encode(row)) for row in collection.find({}).limit(200))
            indexes = len(list(collection.list_indexes())) - 1
        stage = work.setdefault(STAGES[database], {})
        stage[f"{database.removeprefix('lianxi_')}_{name}"] = [round(each, 2), round(size), indexes]
    return work


def learn(ground: Ground, sizes: Sizes, tell: Tell) -> dict[str, dict[str, list[float]]]:
    """Let Lianxi take some tips in and see what it writes for each."""
    lianxi = Lianxi(ground)
    with started(lianxi):
        before = collections_of(ground)
        run = intake.saturated(ground, lianxi, range(WARM_UP_NUMBERS * 2, WARM_UP_NUMBERS * 2 + sizes.warm_up * 2))
    work = work_of(ground, before, run.tips)
    documents = sum(row[0] for stage in work.values() for row in stage.values())
    tell(f"one tip is {documents + 2:.0f} documents to Lianxi")
    return work


def contenders(ground: Ground, work: Work) -> list[Contender]:
    """Name everyone, Lianxi first and again between the plain peers and those that do the same work."""
    plain = [Peer(ground, spec) for spec in PEERS]
    same = [Peer(ground, spec, work) for spec in PEERS]
    return [Lianxi(ground), *[each for each in (*plain, *same) if each.is_here()]]


def measure(ground: Ground, sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """Run everyone in turn, as often as asked for."""
    ground.stop_town()
    work = learn(ground, sizes, tell)
    runs: Rows = {}
    bare: Rows = {}
    began = time.monotonic()
    for turn in range(sizes.repetitions):
        if turn and time.monotonic() - began > sizes.patience:
            tell(f"the machine is too busy for more than {turn} turns")
            break
        for each in contenders(ground, work):
            try:
                found = one_turn(ground, each, sizes, turn)
            except Exception as error:  # noqa: BLE001 -- whatever ails one is written in its row
                tell(f"FAILED: {each.code}: {error}")
                runs.setdefault(each.code, []).append({"lost": f"{type(error).__name__}: {error}"})
                continue
            runs.setdefault(each.code, []).append(asdict(found))
            tell(f"{each.code:<7} {found.end_to_end_rate:7.0f} tips/s end to end, {found.whole_cpu:6.0f} µs each")
        for name, row in bare_turn(ground, sizes).items():
            bare.setdefault(name, []).append(row)
            tell(f"{name:<22} {row['rate']:7.0f} /s")
    return {"work": work, "runs": runs, "bare": bare, "absent": absent(ground)}


def absent(ground: Ground) -> list[str]:
    """Name the peers that this machine cannot run."""
    return [spec.code for spec in PEERS if not Peer(ground, spec).is_here()]


def bare_turn(ground: Ground, sizes: Sizes) -> dict[str, dict[str, Any]]:
    """Measure the door alone and every bare limit once."""
    trips = limits.round_trips(ground, min(500, sizes.messages))
    found: dict[str, dict[str, Any]] = {"door alone": door_alone(ground, sizes)}
    for kind in ("classic", "quorum"):
        found[f"publish {kind}"] = asdict(limits.publish(ground, kind, sizes.messages))
        found[f"take {kind}"] = asdict(limits.take(ground, kind, sizes.messages))
    found["insert"] = asdict(limits.insert(ground, sizes.inserts))
    found["bare HTTP"] = asdict(limits.bare_http(ground, sizes.requests, intake.CONNECTIONS))
    found["round trip"] = {
        "rate": len(trips) / sum(trips),
        "cpu": {},
        "p50": percentile(trips, 50) * 1000,
        "p99": percentile(trips, 99) * 1000,
    }
    return found


def door_alone(ground: Ground, sizes: Sizes) -> dict[str, Any]:
    """Let the gateway accept while no desk works; then let them work, and see that nothing is lost."""
    lianxi = Lianxi(ground)
    with started(lianxi):
        desks = [*processes.DESKS, processes.RELAY]
        ground.stop(desks)
        used: dict[str, float] = {}

        def send(port: int) -> Any:
            # Read before the desks start again: what the gateway does while a town wakes up is no part of a tip.
            meter = Meter({"gateway": ground.pid(processes.GATEWAY)})
            sent = load.closed(port, lianxi.make, range(WARM_UP_NUMBERS * 3, WARM_UP_NUMBERS * 3 + count), 64)
            used.update(meter.read())
            ground.start_town()
            return sent

        count = min(sizes.most_tips, 800) if sizes.repetitions > 1 else 400
        run = intake.run(ground, lianxi, send, pids={})
    return {
        "rate": run.accepted_rate,
        "cpu": {name: seconds * 1e6 / run.tips for name, seconds in used.items()},
        "p50": run.accept_p50,
        "p99": run.accept_p99,
    }

"""The workloads that only a whole town has: the public's door, fixed rates, overload, rescues, fan-out, kills, rest."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import httpx2
from argon2.low_level import Type, hash_secret

from bench import intake, load, payload
from bench.contenders import Lianxi, Recorded
from bench.figures import percentile
from bench.ground import OURS, Ground
from bench.processes import Meter, resident_megabytes
from bench.sizes import Sizes
from deploy.local import processes

Tell = Callable[[str], None]
FIRST: Final = 20_000_000
RESCUES_PER_SECOND: Final = 3.0
TOLD: Final = frozenset({"command-centre/sms", "command-centre/phone", "duty-phone/sms", "duty-phone/phone"})
KILLED: Final = ("gateway", "tips", "relay", "notifications", "reporting")
LOOK_SECONDS: Final = 0.02
IDLE_SECONDS: Final = 5.0
COUNTED: Final = re.compile(r"^lianxi_(events_published|events_handled)_total\{.*\} (\S+)$", re.MULTILINE)


@dataclass
class Public(Lianxi):
    """Lianxi through the public's door: no account, a receipt code with its deliberate Argon2id for each tip."""

    code: str = "public"
    path: str = "/v1/public/tips"

    def make(self, number: int) -> bytes:
        """Anybody's tip."""
        tip = {name: value for name, value in payload.tip(number).items() if name not in {"channel", "wants_receipt"}}
        body = json.dumps(tip, ensure_ascii=False).encode()
        return load.request(self.path, body, {"Idempotency-Key": f"{self._run}-{number}"})

    def tip_of(self, answer: bytes) -> str:
        """The tip's number; its id is told to nobody."""
        return str(json.loads(answer)["tip_number"])

    def recorded(self, since: datetime) -> Recorded:
        """Read the records by number."""
        found = super().recorded(since)
        with self.ground.mongo() as client:
            rows = client.lianxi_tips.tips.find({"_id": {"$in": list(found.counts)}}, {"number": 1})
            numbers = {row["_id"]: row["number"] for row in rows}
        counts = {numbers[tip]: count for tip, count in found.counts.items() if tip in numbers}
        return Recorded(
            type(found.counts)(counts), {numbers[tip]: at for tip, at in found.last_at.items() if tip in numbers}
        )


@contextmanager
def taking_in(ground: Ground, contender: Lianxi, sizes: Sizes) -> Iterator[float]:
    """Start, warm up, and tell how many tips a second it does."""
    contender.start()
    run = intake.saturated(ground, contender, fresh(sizes.warm_up * 2))
    yield run.end_to_end_rate


def fresh(count: int) -> range:
    """Take numbers of tips that were not taken yet."""
    began = FIRST + time.monotonic_ns() // 1_000_000 % 100_000_000 * 10
    return range(began, began + count)


def public(ground: Ground, sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """Take in the public's tips as fast as they are answered."""
    contender = Public(ground)
    with taking_in(ground, contender, sizes) as rate:
        run = intake.saturated(ground, contender, fresh(amount(rate, sizes)))
    tell(f"{run.end_to_end_rate:.0f} tips/s end to end, accepted at {run.accepted_rate:.0f}/s")
    return {**asdict(run), "argon2_us": argon2_microseconds()}


def amount(rate: float, sizes: Sizes) -> int:
    """Reckon how many tips fill the window."""
    return int(min(max(sizes.warm_up, rate * sizes.window), sizes.most_tips))


def argon2_microseconds(rounds: int = 5) -> float:
    """Measure what one receipt code costs at the gateway's own parameters.

    Units: microseconds of processor time.
    """
    began = time.process_time()
    for _ in range(rounds):
        hash_secret(b"0000 0000 0000 0000", b"of no town at all", 2, 19 * 1024, 2, 32, Type.ID)
    return (time.process_time() - began) / rounds * 1e6


def latency(ground: Ground, sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """Send at half of what was just reached, but at most a hundred a second; count from when each was due."""
    contender = Lianxi(ground)
    with taking_in(ground, contender, sizes) as rate:
        per_second = min(100.0, rate / 2)
        numbers = fresh(sizes.scheduled).stop - sizes.scheduled
        count = min(sizes.scheduled, int(per_second * 10 * sizes.repetitions))
        runs = []
        for turn in range(sizes.repetitions):
            first = numbers + turn * sizes.scheduled
            each = range(first, first + count // sizes.repetitions)
            runs.append(asdict(intake.scheduled(ground, contender, each, per_second)))
            tell(f"{per_second:.0f}/s: end to end p50 {runs[-1]['end_p50']:.0f} ms, p99 {runs[-1]['end_p99']:.0f} ms")
    return {"per_second": per_second, "runs": runs}


def batches(ground: Ground, sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """Time how long more and more tips take from the first request to the last record."""
    contender = Lianxi(ground)
    rows = []
    with taking_in(ground, contender, sizes):
        for count in sizes.batches:
            run = intake.saturated(ground, contender, fresh(count))
            rows.append({"tips": count, "whole_ms": count / run.end_to_end_rate * 1000})
            tell(f"{count} tips in {rows[-1]['whole_ms'] / 1000:.1f} s")
    return {"sizes": rows}


def hundred(ground: Ground, sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """Send a hundred a second, whether that is within reach or not."""
    contender = Lianxi(ground)
    contender.start()
    run = intake.scheduled(ground, contender, fresh(sizes.scheduled), 100.0)
    tell(f"100/s: end to end p50 {run.end_p50:.0f} ms, p99 {run.end_p99:.0f} ms, {run.refused} refused")
    return {"per_second": 100.0, "runs": [asdict(run)]}


def overload(ground: Ground, sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """Offer twice what was just reached."""
    contender = Lianxi(ground)
    with taking_in(ground, contender, sizes) as rate:
        offered = 2 * rate
        seconds = 3.0 * sizes.window
        with ground.as_shipped():
            run = intake.scheduled(ground, contender, fresh(int(offered * seconds)), offered)
    tell(f"{offered:.0f}/s offered: {run.tips} accepted, {run.refused} refused, p99 {run.end_p99 / 1000:.1f} s")
    return {**asdict(run), "offered": offered, "seconds": seconds}


def fanout(ground: Ground, sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """Count what one tip sets in motion."""
    contender = Lianxi(ground)
    with taking_in(ground, contender, sizes) as rate:
        before = counted(ground)
        run = intake.saturated(ground, contender, fresh(amount(rate, sizes)))
        after = counted(ground)
    events, letters = ((after[name] - before[name]) / run.tips for name in ("events_published", "events_handled"))
    tell(f"one tip: {events:.1f} events, {letters:.1f} letters")
    return {"events": events, "letters": letters, "letters_per_second": letters * run.end_to_end_rate}


def counted(ground: Ground) -> dict[str, float]:
    """Read how many events were sent and handled so far."""
    assert ground.town.ports is not None
    found = {"events_published": 0.0, "events_handled": 0.0}
    for port in ground.town.ports.health.values():
        text = httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=20, trust_env=False).text
        for name, value in COUNTED.findall(text):
            found[name] += float(value)
    return found


def kills(ground: Ground, sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """Kill each process in turn under load, and compare ids afterwards: an answered tip is recorded exactly once."""
    contender = Lianxi(ground)
    with taking_in(ground, contender, sizes) as rate:
        count = int(min(max(200, rate * 12), sizes.most_tips))
        returns: dict[str, float] = {}

        def send(port: int) -> load.Sent:
            # Children are started by the main thread only: the kernel ends them together with the thread.
            with ThreadPoolExecutor(1) as beside:
                sending: Future[load.Sent] = beside.submit(load.closed, port, contender.make, fresh(count), 8)
                for name in KILLED:
                    threading.Event().wait(0.5)
                    returns[name] = ground.kill_and_restart(name)
                return sending.result()

        run = intake.run(ground, contender, send)
    tell(f"{run.tips} answered, {run.refused} not; nothing lost or doubled; back after {max(returns.values()):.1f} s")
    return {
        "tips": run.tips,
        "unanswered": run.refused,
        "lost": 0,
        "doubled": 0,
        "killed": len(returns),
        "names": list(returns),
        "returns": returns,
        "slowest_return": max(returns.values()),
    }


def rest(ground: Ground, _sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """See what a town that was just started holds in memory, and what it does while nothing happens."""
    ground.stop_town()
    ground.start_town()
    threading.Event().wait(2.0)
    pids = {name: ground.pid(name) for name in (*OURS, "broker", "database")}
    meter = Meter(pids)
    threading.Event().wait(IDLE_SECONDS)
    megabytes = {name: resident_megabytes(pid) for name, pid in pids.items()}
    idle = sum(meter.read().values()) / IDLE_SECONDS
    tell(f"{sum(megabytes.values()):.0f} MiB, {idle:.1%} of one core")
    return {"megabytes": megabytes, "shares": "in parts", "idle_cores": idle}


def start(ground: Ground, sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """Time how long the town's own processes take to be ready, side by side, and the gateway alone."""
    together, alone = [], []
    for _ in range(sizes.starts):
        ground.stop_town()
        began = time.monotonic()
        ground.start_town()
        together.append(time.monotonic() - began)
        alone.append(ground.kill_and_restart(processes.GATEWAY))
    tell(f"desks, relay and gateway {together[-1]:.1f} s, gateway alone {alone[-1]:.1f} s")
    return {
        "a whole town from an empty folder, broker and database too": [ground.started_in],
        "desks, relay and gateway again": together,
        "the gateway alone": alone,
    }


def rescue(ground: Ground, sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """File rescues while ordinary tips wait; time each until command centre and duty phone are told outside."""
    contender = Lianxi(ground)
    contender.start()
    count = 40 if sizes.repetitions > 1 else 8
    quiet = rescued(ground, count)
    ground.stop(["tips", "notifications"])
    sent = load.closed(contender.port, contender.make, fresh(sizes.backlog), intake.CONNECTIONS)
    backlog = len(sent.of(*intake.TAKEN))
    tell(f"{backlog} tips wait, {len(sent.answers) - backlog} were refused")
    ground.start_town()
    busy = rescued(ground, count)
    tell(f"rescue told after p50 {percentile(busy, 50):.2f} s, p99 {percentile(busy, 99):.2f} s")
    return {
        "backlog": backlog,
        "wanted": sizes.backlog,
        "rescues": count,
        "quiet_p50": percentile(quiet, 50),
        "quiet_p99": percentile(quiet, 99),
        "p50": percentile(busy, 50),
        "p99": percentile(busy, 99),
    }


def rescued(ground: Ground, count: int) -> list[float]:
    """File rescues at a fixed rate and watch the outside mailbox.

    Units: seconds from when each was due.
    """
    contender = Public(ground, code="rescue")
    contender.start()

    def make(number: int) -> bytes:
        body = {"category": "person_held", "village": "village/banyan", "text": payload.text_of(number)}
        head = {"Idempotency-Key": f"rescue-{number}"}
        return load.request(contender.path, json.dumps(body, ensure_ascii=False).encode(), head)

    with ThreadPoolExecutor(1) as beside:
        sending = beside.submit(load.opened, contender.port, make, fresh(count), RESCUES_PER_SECOND)
        told = watch(ground, sending, contender)
    return [told[contender.tip_of(each.body)] - each.due_at for each in sending.result().of(*intake.TAKEN)]


def watch(ground: Ground, sending: Future[load.Sent], contender: Lianxi) -> dict[str, float]:
    """Note when each number was told to all four that a rescue goes to.

    Raises:
        Lost: a rescue was told to nobody.
    """
    mailbox = ground.town.places.outside_mailbox
    told: dict[str, set[str]] = {}
    done: dict[str, float] = {}
    read, deadline = 0, time.monotonic() + 300
    while time.monotonic() < deadline:
        threading.Event().wait(LOOK_SECONDS)
        lines = mailbox.read_text("utf-8").splitlines()[read:] if mailbox.exists() else []
        read += len(lines)
        for line in map(json.loads, lines):
            for number in re.findall(r"[A-Z]{2}-\d{4}-\w{4}-\w{4}", line["text"]):
                told.setdefault(number, set()).add(line["to"])
                if told[number] >= TOLD:
                    done.setdefault(number, time.monotonic())
        if sending.done():
            wanted = {contender.tip_of(each.body) for each in sending.result().of(*intake.TAKEN)}
            if wanted <= done.keys():
                return done
    raise intake.Lost("a rescue was told to nobody")

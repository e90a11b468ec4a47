"""Figures: a fortnight from the desk's own facts against counting all of them, and how fast facts are kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from statistics import median
from typing import Any, Final

from bench import stores
from bench.ground import Ground
from bench.sizes import Sizes
from deploy.local.places import CHECKOUT
from lianxi.kernel.clock import FixedClock, SystemClock, local_midnight
from lianxi.policy.load import load_policy
from services.reporting.domain.cells import figures_in
from services.reporting.domain.facts import COUNTED_EVENTS, Fact, tallied
from services.reporting.handlers.counting import SETTLING, Counting
from services.reporting.policy import read_plan
from services.reporting.store import CellStore, FactStore
from services.reporting.views.cells import CellViews, FactRows
from services.reporting.views.clauses import FactViews

Tell = Callable[[str], None]
IN_A_FORTNIGHT: Final = 1_000
FORTNIGHT: Final = timedelta(days=14)
BEGINS_ON: Final = date(2024, 1, 1)
BEGINS: Final = local_midnight(BEGINS_ON)
KINDS: Final = COUNTED_EVENTS[:7]
AGENCIES: Final = ("police", "tenancy", "office", "market")
GROUP: Final = [{"$group": {"_id": {"event": "$event_type", "category": "$category"}, "count": {"$sum": 1}}}]
FACTS_OF_ONE_TIP: Final = 6
BATCH: Final = 200


def facts(count: int, random: Random) -> list[Fact]:
    """Make up facts, a thousand in a fortnight however many there are."""
    made = []
    for number in range(count):
        at = BEGINS + FORTNIGHT * (number / IN_A_FORTNIGHT)
        agency = random.choice(AGENCIES)
        made.append(
            Fact(
                event_type=random.choice(KINDS),
                at=at,
                agencies=(agency,),
                subject=f"tip/tip_{number}",
                correlation_id=f"{number:032x}",
                category="rental_gathering",
                details={"lead": f"{agency}/station", "category": "rental_gathering", "round": 1},
            )
        )
    return made


def measure(ground: Ground, sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """Measure every size that is stored, and the fold alone at the largest."""
    ground.stop_town()
    rows, kept_per_second = [], 0.0
    for count in sizes.events[:-1]:
        row = one_size(ground, count)
        rows.append(row)
        kept_per_second = row["kept_per_second"]
        tell(f"{count:,} events: fortnight {row['report_ms']:.1f} ms, $group {row['group_ms']:.0f} ms")
    folded = fold(sizes.events[-1])
    tell(f"{sizes.events[-1]:,} events counted anew in {folded:.2f} s once they are in memory")
    return {
        "sizes": rows,
        "counted_per_second": kept_per_second,
        "events_of_one": FACTS_OF_ONE_TIP,
        "fold_events": sizes.events[-1],
        "fold_s": folded,
    }


def one_size(ground: Ground, count: int) -> dict[str, Any]:
    """Measure one size."""
    policy = load_policy(CHECKOUT / "deploy" / "policy")
    plan, clock, made = read_plan(policy), SystemClock(), facts(count, Random(count))
    with stores.connected(ground, "reporting"):
        collection = stores.collection_of("EventFactDocument")
        cells, written = CellStore(), FactRows()
        kept = keep(FactStore(clock, cells), Counting(cells, written, clock), made)
        views = CellViews(cells, written, clock)
        first = BEGINS_ON + FORTNIGHT * (count // IN_A_FORTNIGHT - 1)
        report = timed(lambda: figures(views, first, plan.patrols), 5)
        group = timed(lambda: list(collection.aggregate(GROUP)), 2)
        rebuild = timed(FactViews(clock, plan).recount, 2)
    return {
        "events": count,
        "report_ms": report,
        "group_ms": group,
        "rebuild_ms": rebuild,
        "kept_per_second": kept,
    }


def figures(views: CellViews, first: date, patrols: frozenset[str]) -> dict[str, int]:
    """Work out a fortnight's figures as a stage report does.

    Raises:
        AssertionError: they are not those of the facts that were made up.
    """
    days = views.days(first, first + FORTNIGHT - timedelta(days=1))
    counted = sum(sum(cell.happened.values()) for cell in days.values())
    assert counted == IN_A_FORTNIGHT, f"{counted} facts in a fortnight"
    return figures_in(days.values(), "police", patrols)


def keep(store: FactStore, counting: Counting, made: Sequence[Fact]) -> float:
    """Keep facts in batches as letters bring them, and count them as the desk's sweep does; tell how many a second."""
    began = time.perf_counter()
    for place in range(0, len(made), BATCH):
        store.add({f"event-{place + number}": fact for number, fact in enumerate(made[place : place + BATCH])})
    later = replace(counting, clock=FixedClock(counting.clock.now() + 2 * SETTLING))
    later.count()
    return len(made) / (time.perf_counter() - began)


def fold(count: int) -> float:
    """Count events by type once they are in memory.

    Units: seconds.
    """
    happened = [(KINDS[number % len(KINDS)], BEGINS + timedelta(seconds=number)) for number in range(count)]
    began = time.perf_counter()
    found = tallied({}, happened)
    took = time.perf_counter() - began
    assert sum(each.count for each in found.values()) == count
    return took


def timed(act: Callable[[], object], rounds: int) -> float:
    """Do something a few times after one that is dropped; tell the median.

    Units: milliseconds.
    """
    act()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken)

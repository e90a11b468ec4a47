"""Visit plans: a coordinator's day and month from the desk's own view, against a scan that works every day out anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from bench import stores
from bench.figures import percentile
from bench.ground import Ground
from bench.sizes import Sizes
from deploy.local.places import CHECKOUT
from lianxi.contracts.envelope import Caller
from lianxi.contracts.inspections import GetVisitPlan, Grade, RegisterRental
from lianxi.kernel.clock import SystemClock, local_date
from lianxi.policy.load import load_policy
from lianxi.store.mapping import as_fields
from services.inspections.domain.rentals import Rental, register
from services.inspections.policy import InspectionsPolicy, slice_of
from services.inspections.views import RentalViews

Tell = Callable[[str], None]
DWELLINGS_OF_ONE: Final = 250
ASKED: Final = 20
GRADES: Final = (Grade.TRUSTED, Grade.ORDINARY, Grade.KEY)
READER: Final = Caller(agency="tenancy", actor="bench")
BY_GRADE_DAYS: Final = {Grade.TRUSTED: 62, Grade.ORDINARY: 31, Grade.KEY: 15}


def rentals(count: int, rules: InspectionsPolicy, now: datetime, random: Random) -> list[Rental]:
    """Make up dwellings through the domain, last planned on days such that a little is overdue."""
    villages = sorted(rules.villages)
    assistants = max(1, count // DWELLINGS_OF_ONE)
    made = []
    for number in range(count):
        grade = GRADES[number % 3]
        command = RegisterRental(
            rental_code=f"R{number:07d}",
            village=villages[number % len(villages)],
            address=f"榕树街{number % 900}号",
            rooms=3,
            is_registered=True,
            assistant=f"assistant-{random.randrange(assistants)}",
        )
        since = now - timedelta(days=random.randint(0, BY_GRADE_DAYS[grade] + 1))
        rental, _ = register(command, since, AsGraded(rules, grade))
        made.append(rental)
    return [as_graded(each, GRADES[number % 3]) for number, each in enumerate(made)]


@dataclass(frozen=True)
class AsGraded:
    """Plans a dwelling by the grade that it will have, because it is registered as an ordinary one."""

    rules: InspectionsPolicy
    grade: Grade

    def __call__(self, _as_registered: Grade, from_on: date, last_visit_on: date | None = None, /) -> date:
        """Name the last day that is still on time for its grade to be."""
        return self.rules.due_on(self.grade, from_on, last_visit_on)


def as_graded(rental: Rental, grade: Grade) -> Rental:
    """Grade a dwelling as it was registered."""
    return replace(rental, grade=grade)


def scan(all_of_them: Sequence[Rental], rules: InspectionsPolicy, until: date) -> dict[str | None, list[str]]:
    """Work out each dwelling's day by the calendar rule, and list for everybody what is due: the anchor."""
    found: dict[str | None, list[tuple[date, str, str]]] = {}
    for each in all_of_them:
        due = rules.due_on(each.grade, each.planned_from)
        if due <= until and each.is_standing:
            found.setdefault(each.assistant, []).append((due, each.village, each.id))
    return {name: [row[2] for row in sorted(rows)] for name, rows in found.items()}


def measure(ground: Ground, sizes: Sizes, tell: Tell) -> dict[str, Any]:
    """Measure every size."""
    rules = slice_of(load_policy(CHECKOUT / "deploy" / "policy"))
    ground.stop_town()
    rows = []
    for count in sizes.rentals:
        is_stored = count in sizes.stored_rentals
        rows.append(one_size(ground, count, rules, is_stored=is_stored))
        tell(f"{count:,} rentals: scan {rows[-1]['scan_ms']:.0f} ms, day {rows[-1].get('list_ms', 0):.2f} ms")
    return {"sizes": rows, "stored": list(sizes.stored_rentals)}


def one_size(ground: Ground, count: int, rules: InspectionsPolicy, *, is_stored: bool) -> dict[str, Any]:
    """Measure one size: the scan always, the desk's view where the dwellings are stored."""
    clock = SystemClock()
    today = local_date(clock.now())
    known = rentals(count, rules, clock.now(), Random(count))
    began = time.perf_counter()
    expected = scan(known, rules, today)
    scanned = (time.perf_counter() - began) * 1000
    if not is_stored:
        return {"rentals": count, "scan_ms": scanned, "lines": 0, "is_exact": True}
    month = scan(known, rules, today + timedelta(days=30))
    with stores.connected(ground, "inspections"):
        began = time.perf_counter()
        collection = stores.collection_of("RentalDocument")
        stores.fill(collection, [as_row(each) for each in known])
        loaded = time.perf_counter() - began
        views = RentalViews(clock, rules.villages)
        names = [name for name in list(expected) if name][:ASKED]
        days = [asked(views, name, today, expected[name]) for name in names]
        months = [asked(views, name, today + timedelta(days=30), month[name]) for name in names]
    return {
        "rentals": count,
        "scan_ms": scanned,
        "list_ms": percentile([each[0] for each in days], 50),
        "month_ms": percentile([each[0] for each in months], 50),
        "load_s": loaded,
        "lines": round(sum(len(expected[name]) for name in names) / len(names)),
        "is_exact": all(each[1] for each in (*days, *months)),
    }


def as_row(rental: Rental) -> dict[str, Any]:
    """Write a dwelling as the desk keeps it."""
    fields = as_fields(rental)
    return {"_id": fields.pop("id"), **fields, "_version": 1, "_outbox": [], "_audit": [], "_inbox": [], "_cmds": []}


def asked(views: RentalViews, name: str, until: date, expected: Sequence[str]) -> tuple[float, bool]:
    """Ask for a coordinator's plan; tell how long it took and whether it is the scan's.

    Units: milliseconds.
    """
    began = time.perf_counter()
    plan = views.get_visit_plan(GetVisitPlan(on=until, assistant=name, limit=200), READER)
    took = (time.perf_counter() - began) * 1000
    return took, [each.rental_code for each in plan.items] == list(expected)[:200]

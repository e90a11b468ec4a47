"""Tips in numbers: what each desk has in hand, what is late, and how many came when and from where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from lianxi.contracts.envelope import Caller
from lianxi.contracts.figures import DeskFigure, GetTipFigures, TipFigures, VillageFigure, WeekFigure
from lianxi.contracts.tips import TipState
from lianxi.kernel.clock import Clock, level_to_hour, local_date, local_midnight
from lianxi.store.connect import reaching_the_store
from lianxi.store.pages import FLOOR
from services.tips.documents import TipDocument
from services.tips.domain.tip import OFFICE, WHOLE_DAYS

WEEKS = 8
VILLAGE_DAYS = 30
_OPEN = (TipState.DISPATCHED, TipState.ACCEPTED, TipState.VERIFIED)
_COUNTED = {"dispatches": 1, "clocks": 1, "is_anonymous": 1}
_A_MINUTE = timedelta(minutes=1)
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
SETTLES_AFTER_DAYS = 7
"""After so many days nothing is still on its way in, not even from a spool that waited out a week without a broker."""


@dataclass(frozen=True, slots=True)
class _Held:
    """One open tip of a desk, with the end of the limit that ends first."""

    tip_id: str
    desk: str
    due_at: datetime | None


Came = Mapping[date, Counter[str | None]]
"""How many tips came, by day and village."""


@dataclass(frozen=True)
class TipFigureViews:
    """Counts tips, each agency its own and the office all.

    The office reads every tip for good, so that what came on a day long enough ago is counted once; what an agency may
    read changes with each dispatch. A process that is new counts anew and comes to the same.
    """

    clock: Clock
    settled: dict[date, Counter[str | None]] = field(default_factory=dict)

    def get_tip_figures(self, _request: GetTipFigures, caller: Caller) -> TipFigures:
        """Count what the caller's agency may see."""
        now = self.clock.now()
        agency, today = OFFICE if caller.sees_all else caller.agency, local_date(now)
        first = _monday_of(today) - _WEEK * (WEEKS - 1)
        came = self._all_came(first, today, now) if agency == OFFICE else self._came(agency, first, now)
        since = today - timedelta(days=VILLAGE_DAYS - 1)
        return TipFigures(
            as_of=now,
            desks=_desks(_visible(self._open({"agencies": agency}, now), caller), now),
            weeks=_weeks(came, first),
            villages=_villages(came, since),
            villages_since=since,
        )

    def _all_came(self, first: date, today: date, now: datetime) -> Came:
        """Count what came to the town; days that lie a week behind are counted once."""
        known = {day: count for day, count in self.settled.items() if day >= first}
        begin = max(known, default=first - _DAY) + _DAY
        came = {**known, **self._came(OFFICE, begin, now)}
        # One assignment after another of whole days: green workers that count at once come to the same.
        for day in (first + _DAY * each for each in range((today - first).days - SETTLES_AFTER_DAYS)):
            self.settled[day] = came.get(day, Counter())
        for day in [each for each in self.settled if each < first]:
            self.settled.pop(day, None)
        return came

    def _open(self, match: Mapping[str, Any], now: datetime) -> list[_Held]:
        rows: list[dict[str, Any]] = []
        for state in _OPEN:
            asked = {**match, "state": state.value, "listed_at": {"$gte": FLOOR, "$lte": now + _A_MINUTE}}
            with reaching_the_store():
                rows += TipDocument._get_collection().find(asked, _COUNTED)
        return [_Held(row["_id"], row["dispatches"][-1]["lead"], _ends_at(row)) for row in rows]

    def _came(self, agency: str, first: date, now: datetime) -> dict[date, Counter[str | None]]:
        asked = {"agencies": agency, "listed_at": {"$gte": local_midnight(first), "$lte": now + _A_MINUTE}}
        with reaching_the_store():
            rows = list(TipDocument._get_collection().find(asked, {"listed_at": 1, "village": 1}))
        came: dict[date, Counter[str | None]] = {}
        for row in rows:
            came.setdefault(local_date(row["listed_at"]), Counter())[row.get("village")] += 1
        return came


def _ends_at(row: Mapping[str, Any]) -> datetime | None:
    """Say when the first limit of a tip ends, as its desks read it: of an anonymous one to the hour."""
    ends = [
        clock["due_at"] if not row["is_anonymous"] or clock["unit"] in WHOLE_DAYS else level_to_hour(clock["due_at"])
        for clock in (each["running"] for each in row["clocks"])
        if clock["stopped_at"] is None
    ]
    return min(ends, default=None)


def _visible(held: Iterable[_Held], caller: Caller) -> list[_Held]:
    return [each for each in held if caller.sees_all or caller.holds(each.desk)]


def _desks(held: Sequence[_Held], now: datetime) -> tuple[DeskFigure, ...]:
    desks = sorted({each.desk for each in held})
    return tuple(_desk(desk, [each for each in held if each.desk == desk], now) for desk in desks)


def _desk(desk: str, held: Sequence[_Held], now: datetime) -> DeskFigure:
    due = sorted((each.due_at, each.tip_id) for each in held if each.due_at is not None)
    late = [each for each in due if each[0] <= now]
    return DeskFigure(
        desk=desk,
        open=len(held),
        late=len(late),
        next_due_at=next((at for at, _ in due if at > now), None),
        longest_late=late[0][1] if late else None,
        late_since=late[0][0] if late else None,
    )


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _weeks(came: Came, first: date) -> tuple[WeekFigure, ...]:
    counted = Counter[date]()
    for day, counts in came.items():
        counted[_monday_of(day)] += counts.total()
    mondays = [first + _WEEK * each for each in range(WEEKS)]
    return tuple(WeekFigure(week_from=monday, count=counted[monday]) for monday in mondays)


def _villages(came: Came, since: date) -> tuple[VillageFigure, ...]:
    counted = Counter[str | None]()
    for day, counts in came.items():
        if day >= since:
            counted += counts
    ordered = sorted(counted, key=lambda village: village or "~")
    return tuple(VillageFigure(village=village, count=counted[village]) for village in ordered)

"""Tips in numbers: what each desk has in hand, what is late, and how many came when and from where."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lianxi.contracts.envelope import Caller
from lianxi.contracts.figures import DeskFigure, GetTipFigures, TipFigures, VillageFigure, WeekFigure
from lianxi.kernel.clock import Clock, local_date
from services.tips.domain.tip import OFFICE
from services.tips.views.figure_table import WEEKS, Counted, FigureTable, first_day

VILLAGE_DAYS = 30
_WEEK = timedelta(days=7)

Came = Mapping[date, Counter[str | None]]
"""How many tips came, by day and village."""

Due = tuple[datetime | None, str]
"""The end of an open tip's first limit, and the tip."""


@dataclass(frozen=True)
class TipFigureViews:
    """Counts tips, each agency its own and the office all."""

    clock: Clock
    table: FigureTable

    def get_tip_figures(self, _request: GetTipFigures, caller: Caller) -> TipFigures:
        """Count what the caller's agency may see."""
        now = self.clock.now()
        agency, today = OFFICE if caller.sees_all else caller.agency, local_date(now)
        first, since = first_day(today), today - timedelta(days=VILLAGE_DAYS - 1)
        came, held = _counted(self.table.look(agency, now), first)
        return TipFigures(
            as_of=now,
            desks=tuple(_desk(desk, held[desk], now) for desk in sorted(held) if caller.sees_all or caller.holds(desk)),
            weeks=_weeks(came, first),
            villages=_villages(came, since),
            villages_since=since,
        )


def _counted(rows: Iterable[Counted], first: date) -> tuple[Came, Mapping[str, list[Due]]]:
    """Sort tips by the day they came, and open ones by the desk that has them."""
    came: defaultdict[date, Counter[str | None]] = defaultdict(Counter)
    held: defaultdict[str, list[Due]] = defaultdict(list)
    for each in rows:
        if each.listed_on >= first:
            came[each.listed_on][each.village] += 1
        if each.desk is not None:
            held[each.desk].append((each.due_at, each.id))
    return came, held


def _desk(desk: str, held: Sequence[Due], now: datetime) -> DeskFigure:
    late = [(at, tip_id) for at, tip_id in held if at is not None and at <= now]
    late_since, longest_late = min(late, default=(None, None))
    return DeskFigure(
        desk=desk,
        open=len(held),
        late=len(late),
        next_due_at=min((at for at, _ in held if at is not None and at > now), default=None),
        longest_late=longest_late,
        late_since=late_since,
    )


def _weeks(came: Came, first: date) -> tuple[WeekFigure, ...]:
    counted = Counter[date]()
    for day, counts in came.items():
        counted[day - timedelta(days=day.weekday())] += counts.total()
    mondays = [first + _WEEK * each for each in range(WEEKS)]
    return tuple(WeekFigure(week_from=monday, count=counted[monday]) for monday in mondays)


def _villages(came: Came, since: date) -> tuple[VillageFigure, ...]:
    counted = Counter[str | None]()
    for day, counts in came.items():
        if day >= since:
            counted += counts
    ordered = sorted(counted, key=lambda village: village or "~")
    return tuple(VillageFigure(village=village, count=counted[village]) for village in ordered)

"""Tips in numbers: what each desk has in hand, what is late, and how many came when and from where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Held:
    """One open tip of a desk, with the end of the limit that ends first."""

    tip_id: str
    desk: str
    due_at: datetime | None


@dataclass(frozen=True)
class TipFigureViews:
    """Counts tips, each agency its own and the office all."""

    clock: Clock

    def get_tip_figures(self, _request: GetTipFigures, caller: Caller) -> TipFigures:
        """Count what the caller's agency may see."""
        now = self.clock.now()
        match = {"agencies": OFFICE if caller.sees_all else caller.agency}
        today = local_date(now)
        since = today - timedelta(days=VILLAGE_DAYS - 1)
        came = self._came(match, min(local_midnight(since), _mondays(today)[0][1]), now)
        return TipFigures(
            as_of=now,
            desks=_desks(_visible(self._open(match, now), caller), now),
            weeks=_weeks(came, today),
            villages=_villages(came, local_midnight(since)),
            villages_since=since,
        )

    def _open(self, match: Mapping[str, Any], now: datetime) -> list[_Held]:
        rows: list[dict[str, Any]] = []
        for state in _OPEN:
            asked = {**match, "state": state.value, "listed_at": {"$gte": FLOOR, "$lte": now + _A_MINUTE}}
            with reaching_the_store():
                rows += TipDocument._get_collection().find(asked, _COUNTED)
        return [_Held(row["_id"], row["dispatches"][-1]["lead"], _ends_at(row)) for row in rows]

    def _came(self, match: Mapping[str, Any], since: datetime, now: datetime) -> list[tuple[datetime, str | None]]:
        asked = {**match, "listed_at": {"$gte": since, "$lte": now + _A_MINUTE}}
        with reaching_the_store():
            rows = list(TipDocument._get_collection().find(asked, {"listed_at": 1, "village": 1}))
        return [(row["listed_at"], row.get("village")) for row in rows]


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


def _mondays(today: date) -> list[tuple[date, datetime]]:
    monday = today - timedelta(days=today.weekday())
    return [(each, local_midnight(each)) for each in (monday - _WEEK * back for back in reversed(range(WEEKS)))]


def _weeks(came: Sequence[tuple[datetime, str | None]], today: date) -> tuple[WeekFigure, ...]:
    counted = Counter(_monday_of(local_date(at)) for at, _ in came)
    return tuple(WeekFigure(week_from=monday, count=counted[monday]) for monday, _ in _mondays(today))


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _villages(came: Sequence[tuple[datetime, str | None]], since: datetime) -> tuple[VillageFigure, ...]:
    counted = Counter(village for at, village in came if at >= since)
    ordered = sorted(counted, key=lambda village: village or "~")
    return tuple(VillageFigure(village=village, count=counted[village]) for village in ordered)

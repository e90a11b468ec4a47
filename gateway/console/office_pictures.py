"""The office's pictures, put into words: returns by period, units' lights, villages, weeks, days, coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from gateway.console.desk_view import Telling
from gateway.console.drawing.bars import Bar, bars
from gateway.console.drawing.calendars import CalendarWords, Day, calendar_strip
from gateway.console.drawing.heat import Cell, Grid, heat
from gateway.console.drawing.sheet import Picture
from gateway.console.drawing.tiles import Tile, tile_map
from gateway.console.drawing.trends import trend
from gateway.console.office_view import Period, half_months
from gateway.console.sayings import say, say_month
from gateway.wording import Language
from lianxi.contracts.inspections import Grade
from lianxi.policy.policy import Policy

STRIP_ROWS: Final = 4
GRADES: Final = (Grade.KEY, Grade.ORDINARY, Grade.TRUSTED)


class Pictures:
    """Draws in one language."""

    def __init__(self, policy: Policy, language: Language, telling: Telling) -> None:
        self._policy = policy
        self._language = language
        self._telling = telling

    def _say(self, key: str, **facts: Any) -> str:
        return say(self._language, key, **facts)

    def period(self, period: Period) -> str:
        """Name a period by its number and day."""
        return self._say("office.period", n=period.number, day=self._day(period.due_on))

    def _day(self, on: date) -> str:
        return f"{on.month}/{on.day}" if self._language == "zh" else f"{on.day} {say_month(self._language, on.month)}"

    def returns(self, periods: Sequence[Period]) -> Picture:
        """Draw how many units' reports have come, period by period."""
        rows = [
            Bar(
                self.period(each),
                each.filed,
                len(each.reports),
                self._say("office.units_of", n=each.filed, whole=len(each.reports)),
            )
            for each in periods
        ]
        heads = (self._say("office.head_period"), self._say("office.head_filed"))
        return bars(self._say("office.bars_title"), heads, rows)

    def villages(self, counts: Sequence[Mapping[str, Any]]) -> Picture:
        """Draw how many tips came from each village lately; those that name none stand last."""
        found = {each["village"]: each["count"] for each in counts}
        tiles = [self._tile(self._telling.name(code), found.get(code, 0)) for code in self._policy.villages]
        if found.get(None):
            tiles.append(self._tile(self._say("office.no_village"), found[None]))
        heads = (self._say("office.head_village"), self._say("office.head_tips"))
        return tile_map(self._say("office.tiles_title"), heads, tiles)

    def _tile(self, name: str, count: int) -> Tile:
        return Tile(name, count, self._say("office.tips", n=count))

    def weeks(self, counts: Sequence[Mapping[str, Any]]) -> Picture:
        """Draw how many tips came week by week."""
        points = [(self._day(date.fromisoformat(each["week_from"])), each["count"]) for each in counts]
        heads = (self._say("office.head_week"), self._say("office.head_tips"))
        return trend(self._say("office.trend_title"), heads, points)

    def calendar(self, periods: Sequence[Period], today: date) -> Picture:
        """Draw two months of days with the dates of returns."""
        dues = {each.due_on: self._say("office.period_short", n=each.number) for each in periods}
        dues.setdefault(self._policy.summary.due_on, self._say("office.summary"))
        days = [
            Day(each, self._policy.calendar.is_working_day(each), dues.get(each, ""))
            for each in half_months(today, STRIP_ROWS)
        ]
        return calendar_strip(self._calendar_words(), days, today)

    def _calendar_words(self) -> CalendarWords:
        return CalendarWords(
            title=self._say("office.calendar_title"),
            heads=(self._say("office.head_day"), self._say("office.head_kind"), self._say("office.head_due")),
            today=self._say("office.today"),
            worked=self._say("office.worked"),
            rest=self._say("office.rest"),
            due=self._say("office.due_day"),
            months={month: say_month(self._language, month) for month in range(1, 13)},
        )

    def coverage(self, items: Sequence[Mapping[str, Any]]) -> Picture:
        """Draw how many dwellings of each grade each village has, and how many were visited in time."""
        found = {each["village"] for each in items}
        villages = [code for code in self._policy.villages if code in found]
        cells = {
            (row, GRADES.index(Grade(each["grade"]))): Cell(each["on_time"], each["rentals"])
            for row, village in enumerate(villages)
            for each in items
            if each["village"] == village
        }
        grid = Grid(
            self._say("office.head_village"),
            [self._telling.name(code) for code in villages],
            [self.grade(each) for each in GRADES],
            cells,
        )
        return heat(self._say("office.coverage_title"), grid)

    def grade(self, grade: Grade) -> str:
        """Name a grade as the town's policy does."""
        named = self._policy.grades[grade.value]
        return named.name_zh if self._language == "zh" else named.name_en

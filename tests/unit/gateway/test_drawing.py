"""Pictures of the console: whatever is drawn is valid, says its numbers twice, and no word lies over another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.console.drawing import ink
from gateway.console.drawing.bars import Bar, bars
from gateway.console.drawing.calendars import CalendarWords, Day, calendar_strip
from gateway.console.drawing.heat import Cell, Grid, heat
from gateway.console.drawing.lights import State, light
from gateway.console.drawing.rings import ring
from gateway.console.drawing.sheet import Picture, fitted, folded, width_of
from gateway.console.drawing.steps import Step, progress_line, state_line
from gateway.console.drawing.tiles import Tile, tile_map
from gateway.console.drawing.trends import sparkline, trend

SVG = "{http://www.w3.org/2000/svg}"
NAMES = st.text("人社分局<&\">'公安abcdefgh XYZ-", min_size=1, max_size=16).map(str.strip).filter(bool)
NUMBERS = st.integers(0, 9_999)
CALENDAR = CalendarWords(
    title="日历",
    heads=("日期", "类别", "事项"),
    today="今天",
    worked="工作日",
    rest="休息日",
    due="报送日",
    months={month: f"{month}月" for month in range(1, 13)},
)


def _steps(names: list[str]) -> list[Step]:
    states = ("done", "now", "open")
    return [Step(name, states[min(at, 2)], "办结", f"11月{at + 1}日") for at, name in enumerate(names)]  # type: ignore[arg-type]


def _days(count: int) -> list[Day]:
    first = date(2026, 11, 1)
    days = [first + timedelta(days=each) for each in range(count)]
    return [Day(each, each.weekday() < 5, "第3期" if each.day == 12 else "") for each in days]


DRAWN: dict[str, Callable[[list[str], list[int]], Picture]] = {
    "bars": lambda names, numbers: bars(
        "到齐", ("期", "到齐"), [Bar(name, min(n, 13), 13, f"{n}/13") for name, n in zip(names, numbers, strict=True)]
    ),
    "trend": lambda names, numbers: trend("趋势", ("周", "条"), list(zip(names, numbers, strict=True))),
    "spark": lambda names, numbers: sparkline("趋势", ("周", "条"), list(zip(names, numbers, strict=True))),
    "tiles": lambda names, numbers: tile_map(
        "分布", ("村", "条"), [Tile(name, n, f"{n} 条") for name, n in zip(names, numbers, strict=True)]
    ),
    "progress": lambda names, _: progress_line("进度", ("步骤", "状态", "时间"), _steps(names)),
    "states": lambda names, _: state_line("进度", ("步骤", "状态", "时间"), _steps(names)),
    "heat": lambda names, numbers: heat(
        "巡查", Grid("村", names, ("重点户", "一般户"), {(at, 0): Cell(n, n + 1) for at, n in enumerate(numbers)})
    ),
    "calendar": lambda names, _: calendar_strip(CALENDAR, _days(10 + 7 * len(names)), date(2026, 11, 10)),
    "ring": lambda _, numbers: ring("今日", ("已巡", "应巡"), min(numbers[0], 999), 999),
}


def boxes(root: ElementTree.Element) -> list[tuple[str, float, float, float, float]]:
    """Where every line of text lies: left, top, right, bottom."""
    found = []
    for each in root.iter(f"{SVG}text"):
        said, size, x, y = (
            each.text or "",
            float(each.attrib["font-size"]),
            *map(float, (each.attrib["x"], each.attrib["y"])),
        )
        width = width_of(said, size)
        left = {"start": x, "middle": x - width / 2, "end": x - width}[each.attrib["text-anchor"]]
        found.append((said, left, y - size * 0.85, left + width, y + size * 0.15))
    return found


def check(drawn: Picture) -> None:
    root = ElementTree.fromstring(drawn.svg)  # noqa: S314 - our own
    assert root.findtext(f"{SVG}title") == drawn.title
    assert root.attrib["role"] == "img"
    assert "style=" not in drawn.svg
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    lines = boxes(root)
    for said, left, top, right, bottom in lines:
        assert left >= -0.6, said
        assert right <= width + 0.6, said
        assert top >= -0.6, said
        assert bottom <= height + 0.6, said
    for one, other in combinations(lines, 2):
        is_apart = one[3] <= other[1] + 0.5 or other[3] <= one[1] + 0.5 or one[4] <= other[2] or other[4] <= one[2]
        assert is_apart, (one, other)
    for row in drawn.table.rows:
        assert len(row) == len(drawn.table.heads)


@pytest.mark.parametrize("kind", DRAWN)
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_every_picture_is_valid_says_its_numbers_and_lays_no_word_over_another(kind: str, data: st.DataObject) -> None:
    most = 6 if kind == "progress" else 10
    names = data.draw(st.lists(NAMES, min_size=1, max_size=most))
    numbers = data.draw(st.lists(NUMBERS, min_size=len(names), max_size=len(names)))
    drawn = DRAWN[kind](names, numbers)
    check(drawn)
    told = "\n".join(cell for row in drawn.table.rows for cell in row)
    if kind in ("bars", "trend", "tiles", "heat", "spark"):
        assert all(str(each) in told for each in numbers)
    if kind in ("bars", "trend", "tiles", "heat"):
        assert all(str(each) in drawn.title for each in numbers)
        assert all(each in drawn.title for each in names)
    if kind in ("progress", "states"):
        assert all(each in drawn.title and each in told for each in names)


def test_what_has_nothing_to_show_is_drawn_all_the_same() -> None:
    for kind, draw in DRAWN.items():
        if kind not in ("ring", "calendar"):
            drawn = draw([], [])
            check(drawn)
            assert drawn.is_empty, kind
    check(ring("今日", ("已巡", "应巡"), 0, 0))


def test_every_ink_can_be_read_on_its_ground() -> None:
    for ground in (*ink.BLUES, ink.WHITE, ink.REST):
        assert ink.contrast(ink.ink_on(ground), ground) >= ink.LEAST_CONTRAST, ground
    for colour in (ink.GREEN, ink.AMBER, ink.RED, ink.QUIET, ink.DARK):
        assert ink.contrast(colour, ink.WHITE) >= ink.LEAST_CONTRAST, colour
        assert ink.contrast(colour, ink.REST) >= ink.LEAST_CONTRAST, colour
    assert round(ink.contrast("#000000", "#ffffff")) == 21


def test_one_is_never_coloured_as_none() -> None:
    assert ink.blue_for(0, 1000) == ink.BLUES[0]
    assert ink.blue_for(1, 1000) == ink.BLUES[1]
    assert ink.blue_for(1000, 1000) == ink.BLUES[-1]
    assert ink.blue_for(0, 0) == ink.BLUES[0]


def test_lights_differ_in_shape_and_word_and_colour() -> None:
    told: dict[State, str] = {"good": "正常", "near": "临期", "late": "逾期", "off": "未到", "none": "不需报"}
    lights = {state: light(state, word) for state, word in told.items()}
    shapes = {each.split("</title>")[1].split("</svg>")[0] for each in lights.values()}
    assert len(shapes) == 5
    for each in lights.values():
        root = ElementTree.fromstring(each)  # noqa: S314
        assert root.find(f"{SVG}svg/{SVG}title").text == root.findtext("span")  # type: ignore[union-attr]
    assert "&lt;b&gt;" in light("good", "<b>")


def test_long_words_are_cut_or_broken_and_short_ones_left() -> None:
    assert fitted("公安分局", 56) == "公安分局"
    assert fitted("人力资源和社会保障分局", 70) == "人力资源…"
    assert folded("Lotus Bay community", 100) == ["Lotus Bay", "community"]
    assert folded("人力资源和社会保障分局", 84) == ["人力资源和社", "会保障分局"]
    assert folded("公安", 84) == ["公安"]


def test_the_calendar_shows_what_is_worked_what_is_due_and_today() -> None:
    drawn = calendar_strip(CALENDAR, _days(30), date(2026, 11, 10))
    assert drawn.title == "日历：今天 2026-11-10；2026-11-12 第3期"
    assert drawn.table.rows == (("2026-11-10", "工作日", "今天"), ("2026-11-12", "工作日", "第3期"))

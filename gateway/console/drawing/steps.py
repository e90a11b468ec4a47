"""Lines of steps: how far a tip has come, or a case, with the day of each; what is done is filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from markupsafe import Markup

from gateway.console.drawing.ink import BLUE, QUIET, RULE, WHITE
from gateway.console.drawing.sheet import WIDE, Picture, Table, dot, fitted, folded, picture, sentence, stroke, words

_LINE: Final = 16
_NAME: Final = 13
_SMALL: Final = 12
_MIDDLE: Final = 14
_HIGH: Final = 28
_MOST_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, how it stands, that in words, and when."""

    name: str
    state: Literal["done", "now", "open"]
    told: str
    when: str = ""


def progress_line(title: str, heads: tuple[str, str, str], steps: Sequence[Step]) -> Picture:
    """Draw steps from left to right, at most about six."""
    width = WIDE / max(1, len(steps))
    names = [folded(each.name, width - 6, _NAME, lines=_MOST_LINES) for each in steps]
    deepest = max((len(each) for each in names), default=0)
    places = [(at + 0.5) * width for at in range(len(steps))]
    shapes = _way(places, steps)
    for x, each, name in zip(places, steps, names, strict=True):
        shapes += _step(x, each, name, deepest, width)
    said = sentence(title, [_told(each) for each in steps])
    table = Table(heads, tuple((each.name, each.told, each.when) for each in steps))
    return picture("steps", said, table, shapes, height=_HIGH + (deepest + 1) * _LINE + 6)


def state_line(title: str, heads: tuple[str, str, str], steps: Sequence[Step]) -> Picture:
    """Draw the states of a case from top to bottom, as many as its process has."""
    shapes = [stroke([(10, 16), (10, max(1, len(steps)) * _HIGH - 12)], RULE)] if len(steps) > 1 else []
    for at, each in enumerate(steps):
        foot = at * _HIGH + 20
        told = fitted(each.when or each.told, WIDE * 0.4, _SMALL)
        shapes += [
            _mark(10, foot - 5, each),
            words(28, foot, fitted(each.name, WIDE * 0.5, _NAME), size=_NAME, bold=each.state == "now"),
            words(WIDE, foot, told, size=_SMALL, ink=QUIET, at="end"),
        ]
    said = sentence(title, [_told(each) for each in steps])
    table = Table(heads, tuple((each.name, each.told, each.when) for each in steps))
    return picture("states", said, table, shapes, height=max(1, len(steps)) * _HIGH)


def _way(places: Sequence[float], steps: Sequence[Step]) -> list[Markup]:
    pairs = zip(pairwise(places), steps[1:], strict=True)
    return [
        stroke([(start, _MIDDLE), (end, _MIDDLE)], RULE if each.state == "open" else BLUE, dashes=_dashes(each))
        for (start, end), each in pairs
    ]


def _dashes(step: Step) -> str:
    return "4 4" if step.state == "open" else "none"


def _step(x: float, step: Step, name: Sequence[str], deepest: int, width: float) -> list[Markup]:
    lines = [
        words(x, _HIGH + at * _LINE + _NAME, line, size=_NAME, at="middle", bold=step.state == "now")
        for at, line in enumerate(name)
    ]
    told = fitted(step.when or step.told, width - 4, _SMALL)
    when = words(x, _HIGH + deepest * _LINE + _NAME, told, size=_SMALL, ink=QUIET, at="middle")
    return [_mark(x, _MIDDLE, step), *lines, when]


def _mark(x: float, y: float, step: Step) -> Markup:
    if step.state == "open":
        return dot(x, y, 6, WHITE, line=RULE)
    if step.state == "now":
        return dot(x, y, 7, WHITE, line=BLUE, bold=4)
    return dot(x, y, 7, BLUE, line=BLUE)


def _told(step: Step) -> str:
    return " ".join(each for each in (step.name, step.told, step.when) if each)

"""A table of heat: rows by columns, each cell a part of a whole, the fuller the darker, every number written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from gateway.console.drawing.ink import QUIET, WHITE, blue_for, ink_on
from gateway.console.drawing.sheet import WIDE, Picture, Table, box, fitted, folded, picture, sentence, words

_NAMES: Final = 118
_ROW: Final = 34
_HEAD: Final = 40
_SMALL: Final = 12
_LINE: Final = 15
_NOTHING: Final = "—"


@dataclass(frozen=True, slots=True)
class Cell:
    """How much is done of how much."""

    done: int
    whole: int

    @property
    def told(self) -> str:
        """Both numbers; a dash where there is nothing to do."""
        return f"{self.done}/{self.whole}" if self.whole else _NOTHING


@dataclass(frozen=True, slots=True)
class Grid:
    """Names of rows and columns, and the cell at each crossing."""

    corner: str
    rows: Sequence[str]
    columns: Sequence[str]
    cells: Mapping[tuple[int, int], Cell]

    def at(self, row: int, column: int) -> Cell:
        """Find a cell; where there is none, nothing is to be done."""
        return self.cells.get((row, column), Cell(0, 0))


def heat(title: str, grid: Grid) -> Picture:
    """Draw the grid; what has nothing to do is left white with a dash."""
    width = (WIDE - _NAMES - 2) / max(1, len(grid.columns))
    shapes = [part for at, name in enumerate(grid.columns) for part in _head(name, _NAMES + at * width, width)]
    for row, name in enumerate(grid.rows):
        top = _HEAD + row * _ROW
        shapes.append(words(0, top + _ROW / 2 + 4, fitted(name, _NAMES - 6, _SMALL), size=_SMALL))
        for column in range(len(grid.columns)):
            shapes += _cell(grid.at(row, column), _NAMES + column * width, top, width)
    table = Table((grid.corner, *grid.columns), tuple(_row(grid, at) for at in range(len(grid.rows))))
    said = sentence(title, [" ".join((row[0], *_pairs(grid, row))) for row in table.rows])
    return picture("heat", said, table, shapes, height=_HEAD + len(grid.rows) * _ROW + 1)


def _head(name: str, x: float, width: float) -> list[Markup]:
    lines = folded(name, width - 4, _SMALL)
    first = _HEAD - 8 - _LINE * (len(lines) - 1)
    return [
        words(x + width / 2, first + at * _LINE, line, size=_SMALL, ink=QUIET, at="middle")
        for at, line in enumerate(lines)
    ]


def _cell(cell: Cell, x: float, top: float, width: float) -> list[Markup]:
    ground = blue_for(cell.done, cell.whole) if cell.whole else WHITE
    return [
        box(x + 1, top + 1, width - 2, _ROW - 2, ground, line=QUIET, bold=0.5),
        words(x + width / 2, top + _ROW / 2 + 5, cell.told, ink=ink_on(ground), at="middle"),
    ]


def _row(grid: Grid, row: int) -> tuple[str, ...]:
    return (grid.rows[row], *(grid.at(row, column).told for column in range(len(grid.columns))))


def _pairs(grid: Grid, row: tuple[str, ...]) -> list[str]:
    return [f"{name} {told}" for name, told in zip(grid.columns, row[1:], strict=True)]

"""A map of tiles: every village is one tile of the same size, so that a large one does not look worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from gateway.console.drawing.ink import QUIET, blue_for, ink_on
from gateway.console.drawing.sheet import WIDE, Picture, Table, box, folded, picture, sentence, words

_COLUMNS: Final = 3
_GAP: Final = 6
_SIDE: Final = (WIDE - (_COLUMNS - 1) * _GAP - 2) / _COLUMNS
_HIGH: Final = 74
_NAME: Final = 14
_VALUE: Final = 16
_LINE: Final = 17


@dataclass(frozen=True, slots=True)
class Tile:
    """One place: its name, its number, and the number in words."""

    name: str
    value: int
    told: str


def tile_map(title: str, heads: tuple[str, str], tiles: Sequence[Tile]) -> Picture:
    """Draw the tiles in the order they come in, the fuller the darker."""
    most = max((each.value for each in tiles), default=0)
    shapes = [part for at, each in enumerate(tiles) for part in _tile(each, at, most)]
    said = sentence(title, [f"{each.name} {each.told}" for each in tiles])
    rows = -(-len(tiles) // _COLUMNS)
    table = Table(heads, tuple((each.name, each.told) for each in tiles))
    return picture("tiles", said, table, shapes, height=max(1, rows * (_HIGH + _GAP) - _GAP + 2))


def _tile(tile: Tile, at: int, most: int) -> list[Markup]:
    row, column = divmod(at, _COLUMNS)
    x, y = 1 + column * (_SIDE + _GAP), 1 + row * (_HIGH + _GAP)
    ground = blue_for(tile.value, most)
    lines, ink, middle = folded(tile.name, _SIDE - 8, _NAME), ink_on(ground), x + _SIDE / 2
    first = y + (_HIGH - _LINE * (len(lines) + 1)) / 2 + _NAME
    named = [
        words(middle, first + number * _LINE, line, size=_NAME, ink=ink, at="middle")
        for number, line in enumerate(lines)
    ]
    told = words(middle, first + len(lines) * _LINE + 2, tile.told, size=_VALUE, ink=ink, at="middle", bold=True)
    return [box(x, y, _SIDE, _HIGH, ground, line=QUIET), *named, told]

"""A ring: how much of today's round is done, with both numbers in its middle."""

from __future__ import annotations

import math
from typing import Final

from markupsafe import Markup

from gateway.console.drawing.ink import BLUE, REST
from gateway.console.drawing.sheet import Picture, Table, picture, sentence, words

_SIDE: Final = 120
_RADIUS: Final = 48
_BOLD: Final = 14
_ROUND: Final = 2 * math.pi * _RADIUS


def ring(title: str, heads: tuple[str, str], done: int, whole: int) -> Picture:
    """Draw a ring that closes when all is done."""
    part = min(1.0, done / whole) if whole else 0.0
    middle = _SIDE / 2
    shapes = [_circle(REST, _ROUND), words(middle, middle + 8, f"{done}/{whole}", size=22, at="middle", bold=True)]
    if part:
        shapes.insert(1, _circle(BLUE, _ROUND * part))
    table = Table(heads, ((str(done), str(whole)),))
    return picture("ring", sentence(title, [f"{done}/{whole}"]), table, shapes, height=_SIDE, wide=_SIDE)


def _circle(colour: str, length: float) -> Markup:
    middle = _SIDE / 2
    drawn = Markup(
        '<circle cx="{m}" cy="{m}" r="{r}" fill="none" stroke="{c}" stroke-width="{b}" '
        'stroke-dasharray="{l:.1f} {w:.1f}" transform="rotate(-90 {m} {m})"/>'
    )
    return drawn.format(m=middle, r=_RADIUS, c=colour, b=_BOLD, l=length, w=_ROUND)

"""Lights: a shape, a word and a colour, so that none of the three is needed to tell them apart."""

from __future__ import annotations

from typing import Final, Literal

from markupsafe import Markup

from gateway.console.drawing.ink import AMBER, GREEN, QUIET, RED
from gateway.console.drawing.sheet import box, dot, shape

State = Literal["good", "near", "late", "off", "none"]
_SIDE: Final = 16
_MIDDLE: Final = _SIDE / 2
_DRAWN: Final[dict[str, Markup]] = {
    "good": dot(_MIDDLE, _MIDDLE, 6.5, GREEN),
    "near": shape([(_MIDDLE, 0.5), (15.5, _MIDDLE), (_MIDDLE, 15.5), (0.5, _MIDDLE)], AMBER),
    "late": shape([(_MIDDLE, 1), (15.5, 15), (0.5, 15)], RED),
    "none": box(2, 7, 12, 2.5, QUIET),
    "off": dot(_MIDDLE, _MIDDLE, 5.5, "none", line=QUIET),
}


def light(state: State, word: str) -> Markup:
    """Draw a light with its word beside it: round is good, a diamond near, a triangle late, a ring not yet."""
    drawn = Markup('<span class="light light-{}">{}<span>{}</span></span>')
    return drawn.format(state, sign(state, word), word)


def sign(state: State, word: str) -> Markup:
    """Draw the shape alone, for a place where the word stands already; whoever hears the page hears the word."""
    drawn = Markup(
        '<svg viewBox="0 0 16 16" width="{}" height="{}" aria-hidden="true" xmlns="http://www.w3.org/2000/svg">'
        "<title>{}</title>{}</svg>"
    )
    return drawn.format(_SIDE, _SIDE, word, _DRAWN[state])

"""Colours of the pictures: three lights and seven blues, each with the ink that can be read on it."""

from __future__ import annotations

from typing import Final

DARK: Final = "#14202b"
WHITE: Final = "#ffffff"
QUIET: Final = "#4d5b68"
RULE: Final = "#7b8a97"
REST: Final = "#e4e9ee"
GREEN: Final = "#14683b"
AMBER: Final = "#7d5200"
RED: Final = "#a3141f"
BLUES: Final = ("#f3f7fc", "#d6e4f3", "#abcae8", "#7fb0dd", "#2f71b3", "#1f5894", "#123f73")
"""From nothing to most."""
BLUE: Final = BLUES[5]
LEAST_CONTRAST: Final = 4.5


def ink_on(ground: str) -> str:
    """Choose the ink that stands out best on a ground."""
    return max((DARK, WHITE), key=lambda ink: contrast(ink, ground))


def blue_for(value: float, most: float) -> str:
    """Choose the blue for a value: the palest is for nothing only, so that one is never taken for none."""
    if value <= 0 or most <= 0:
        return BLUES[0]
    steps = len(BLUES) - 1
    return BLUES[min(steps, max(1, -int(-value * steps // most)))]


def contrast(one: str, other: str) -> float:
    """Work out the contrast of two colours as WCAG 2.1 defines it; 1 is none, 21 is black on white."""
    dim, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

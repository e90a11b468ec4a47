"""The plots: well-formed, large enough to read, and inside their frame."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

from bench import plot

BARS = plot.bars(
    "Tips a second",
    "a second",
    [plot.Bar("Lianxi <&>", 120, 90, 150, plot.OURS), plot.Bar("bare", 9_000, 8_000, 9_500)],
)
GROWTH = plot.growth(
    "Growth", "items", "ms", {"a list": {100: 1.0, 10_000: 1.2}, "a scan": {100: 1.0, 10_000: 110.0}, "b": {100: 2.0}}
)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("drawn", [BARS, GROWTH])
def test_every_text_can_be_read_and_lies_inside(drawn: str) -> None:
    root = ElementTree.fromstring(drawn)  # noqa: S314 -- written above
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    texts = list(root.iter(f"{SVG}text"))

    assert texts
    for each in texts:
        size, said = float(each.attrib["font-size"]), each.text or ""
        reach = {"start": (0.0, 1.0), "end": (1.0, 0.0), "middle": (0.5, 0.5)}[each.attrib["text-anchor"]]
        wide = 0.62 * size * len(said)
        assert size >= 12
        assert float(each.attrib["x"]) - reach[0] * wide >= 0, said
        assert float(each.attrib["x"]) + reach[1] * wide <= width, said
        assert size <= float(each.attrib["y"]) <= height


def test_a_picture_names_itself_to_whoever_cannot_see_it() -> None:
    assert ElementTree.fromstring(BARS).findtext(f"{SVG}title") == "Tips a second"  # noqa: S314 -- written above


def test_names_beside_lines_do_not_lie_on_one_another() -> None:
    placed = sorted(plot._apart({"a": 100.0, "b": 101.0, "c": 102.0, "d": 300.0}).values())

    assert all(later - earlier >= plot.SMALL for earlier, later in pairwise(placed))

"""Medians, percentiles, ratios and growth: the little arithmetic that the ruler needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """What repetitions of one measurement came to."""

    middle: float
    least: float
    most: float

    @staticmethod
    def of(values: Iterable[float]) -> Spread:
        """Take the median and both ends.

        Raises:
            ValueError: there is nothing to take them of.
        """
        found = sorted(values)
        if not found:
            raise ValueError("nothing was measured")
        return Spread(median(found), found[0], found[-1])


def percentile(values: Iterable[float], per_cent: float) -> float:
    """Take the smallest value that so many per cent of all do not exceed.

    Raises:
        ValueError: there are no values.
    """
    found = sorted(values)
    if not found:
        raise ValueError("nothing was measured")
    return found[max(0, ceil(len(found) * per_cent / 100) - 1)]


def ratio_of(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Compare run by run, because two runs that were neighbours in time had the same machine.

    Raises:
        ValueError: the runs cannot be paired.
    """
    return Spread.of(one / other for one, other in zip(ours, theirs, strict=True) if other > 0)


def exponent(sizes: Mapping[int, float]) -> float:
    """Fit time = a · size^b by least squares of the logarithms, and answer b: 1 is linear, 0 does not grow.

    Raises:
        ValueError: fewer than two sizes.
    """
    points = [(log(size), log(value)) for size, value in sizes.items() if size > 0 and value > 0]
    if len(points) < 2:
        raise ValueError("growth needs two sizes")
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread

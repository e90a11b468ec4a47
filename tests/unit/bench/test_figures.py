"""The ruler's own arithmetic."""

from __future__ import annotations

import pytest

from bench.figures import Spread, exponent, percentile, ratio_of


def test_a_spread_has_the_median_and_both_ends() -> None:
    assert Spread.of([3.0, 1.0, 9.0]) == Spread(3.0, 1.0, 9.0)
    with pytest.raises(ValueError, match="nothing"):
        Spread.of([])


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(each) for each in range(1, 101)]

    assert percentile(values, 50) == 50
    assert percentile(values, 99) == 99
    assert percentile(values, 100) == 100
    assert percentile([7.0], 99) == 7
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)


def test_a_ratio_is_taken_turn_by_turn_and_not_of_medians() -> None:
    slow_then_fast = ratio_of([10.0, 40.0, 90.0], [5.0, 10.0, 30.0])

    assert slow_then_fast == Spread(3.0, 2.0, 4.0)
    with pytest.raises(ValueError, match=r"shorter|longer"):
        ratio_of([1.0, 2.0], [1.0])


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_growth_is_the_exponent_of_the_size(power: float) -> None:
    assert exponent({size: 3.0 * size**power for size in (100, 1_000, 10_000)}) == pytest.approx(power)


def test_growth_of_one_size_is_not_known() -> None:
    with pytest.raises(ValueError, match="two sizes"):
        exponent({10: 1.0})

"""What many measurements come to."""

import pytest

from benchmarks.figures import Spread, percentile, ratios
from benchmarks.results import Bar, alone, beside


def test_the_median_stands_between_the_least_and_the_most() -> None:
    assert Spread.of([5.0, 1.0, 3.0]) == Spread(median=3.0, least=1.0, most=5.0)
    assert Spread.of([4.0, 2.0]) == Spread(median=3.0, least=2.0, most=4.0)


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(1, 1), (50, 50), (99, 99), (99.1, 100), (100, 100)],
)
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(percent: float, expected: int) -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert percentile(values, percent) == expected


def test_a_percentile_of_few_values_is_the_greatest_rather_than_an_invention() -> None:
    assert percentile([10.0, 1000.0], 99) == 1000.0
    assert percentile([10.0], 50) == 10.0


def test_nothing_has_no_figures() -> None:
    with pytest.raises(ValueError, match="no round"):
        Spread.of([])
    with pytest.raises(ValueError, match="no value"):
        percentile([], 50)
    with pytest.raises(ValueError, match="above 0"):
        percentile([1.0], 0)


def test_each_round_is_compared_with_the_one_beside_it() -> None:
    """A disturbance that halves both rounds leaves their ratio as it is; medians taken apart would not."""
    assert ratios([100.0, 50.0], [200.0, 100.0]) == [0.5, 0.5]
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0], [1.0, 2.0])


def test_a_line_beside_a_bound_says_whether_its_bar_is_met() -> None:
    line = beside(
        "submit",
        "1/s",
        [400.0, 500.0, 600.0],
        "bare route",
        [1000.0, 800.0, 1000.0],
        Bar("ratio", "at least", 0.5),
    )
    assert (line.value, line.bound_value, line.ratio, line.range) == (500.0, 1000.0, 0.6, (0.4, 0.625))
    assert (line.bar, line.met) == ("≥ 0.5", True)
    missed = beside("submit", "1/s", [400.0], "bare route", [1000.0], Bar("ratio", "at least", 0.5))
    assert missed.met is False


def test_a_bar_on_the_value_itself_is_strict_where_it_says_below() -> None:
    assert alone("lag", "ms", [250.0], Bar("value", "below", 250)).met is False
    assert alone("lag", "ms", [249.0], Bar("value", "below", 250)).met is True
    assert alone("statements", "", [8.0], Bar("value", "at most", 8)).met is True
    assert alone("lag", "ms", [1.0], None).met is None

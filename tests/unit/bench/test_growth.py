"""The exponent of growth, of costs that are known."""

import pytest

from bench.growth import exponent


@pytest.mark.parametrize(
    ("costs", "known"),
    [([2, 20, 200], 1), ([5, 5, 5], 0), ([1, 100, 10_000], 2), ([-0.1, 5, 50], 1)],
)
def test_the_exponent_of_growth(costs: list[float], known: float) -> None:
    assert exponent([3, 30, 300], costs) == pytest.approx(known)

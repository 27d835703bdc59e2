"""What is proven of a plan, in figures and in words."""

from __future__ import annotations

from math import inf

import pytest

from transport.certificate import Certificate


def certificate(objective_pence: int, bound_pence: int) -> Certificate:
    return Certificate(
        objective_pence=objective_pence, bound_pence=bound_pence, method="packing", relaxations=(), trace=(),
        cpu_s=0.0, wall_s=0.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("objective_pence", "bound_pence", "gap"), [(1100, 1000, 0.1), (1000, 1000, 0.0), (900, 1000, -0.1), (5, 0, inf)]
)
def test_the_gap_is_measured_on_the_bound(objective_pence: int, bound_pence: int, gap: float) -> None:
    """£11 against £10 is 10 % more; a bound of nothing says nothing."""
    assert certificate(objective_pence, bound_pence).gap == pytest.approx(gap)


@pytest.mark.parametrize(
    ("objective_pence", "bound_pence", "words"),
    [
        (110_000, 100_000, "costs less than £1,000.00 a week; this one costs at most 10.0 % more"),
        (100_001, 100_000, "costs less than £1,000.00 a week; this one costs at most 0.1 % more"),
        (100_000, 100_000, "costs less than £1,000.00 a week; this one costs at most 0.0 % more"),
        (99_999, 100_000, "this one does, which only a plan that breaks a hard rule can"),
        (100_000, 0, "nothing is proven"),
    ],
)
def test_the_words_never_promise_more_than_is_proven(objective_pence: int, bound_pence: int, words: str) -> None:
    """The gap is rounded up; a plan below the bound breaks a rule; without a bound there is no per cent."""
    assert words in certificate(objective_pence, bound_pence).words


@pytest.mark.parametrize(("bound_pence", "words"), [(100_000, "0.1 %"), (0, "–")])
def test_the_figure_is_rounded_as_the_words_are(bound_pence: int, words: str) -> None:
    assert certificate(100_001, bound_pence).gap_words == words

"""The benchmarks of size and time: what they fit, and the boroughs they plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.anytime import best_at
from benchmarks.boroughs import SPACING_LAT, make_boroughs
from benchmarks.scale import exponent
from transport.files.read import read_scenario


def test_the_exponent_of_a_square_is_two() -> None:
    """3 n², at three sizes; of one size there is none."""
    rows = [{"n": n, "seconds": 3 * n**2} for n in (10, 100, 1000)]
    assert exponent(rows, "seconds") == pytest.approx(2.0)
    assert exponent(rows[:1], "seconds") is None


def test_the_best_so_far_is_what_was_known_by_then() -> None:
    """Before the first plan nothing; afterwards the least of all looks up to that second."""
    trace = [(0.5, 100), (2.0, 90), (3.0, 80)]
    assert [best_at(trace, s) for s in (0.1, 0.5, 2.5, 9.0)] == [None, 100, 90, 80]


@pytest.mark.slow
def test_two_boroughs_lie_side_by_side(tmp_path: Path) -> None:
    """1,910 passengers are two demos of 955, with ids of their own, the second a borough further north."""
    make_boroughs(tmp_path, n_passengers=1910, seed=1)
    scenario = read_scenario(tmp_path)
    n_by_borough = [sum(p.passenger_id.startswith(f"B0{b}") for p in scenario.passengers) for b in range(2)]
    assert n_by_borough == [955, 955]
    middle = [
        sum(lats) / len(lats)
        for b in range(2)
        for lats in ([scenario.place_by_id[p.am_place_ids[0] or ""].lat for p in scenario.passengers
                      if p.passenger_id.startswith(f"B0{b}") and p.am_place_ids[0]],)
    ]  # fmt: skip
    assert middle[1] - middle[0] == pytest.approx(SPACING_LAT, abs=0.02)

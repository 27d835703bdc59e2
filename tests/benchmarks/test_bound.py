"""The table of bounds: what a row holds."""

from __future__ import annotations

from benchmarks.bound import after, row_of, table
from transport.certificate import Certificate


def certificate(bound_pence: int) -> Certificate:
    return Certificate(
        objective_pence=110_000, bound_pence=bound_pence, method="packing", relaxations=(), trace=((0.5, bound_pence),),
        cpu_s=2.0, wall_s=1.0,
    )  # fmt: skip


def test_a_row_holds_bound_objective_and_gap() -> None:
    """£1,100 against a bound of £1,000 is a gap of a tenth."""
    row = row_of("am", 120, 1, certificate(100_000))
    assert (row["problem"], row["n"], row["bound"], row["objective"]) == ("am", 120, 100_000, 110_000)
    assert (row["gap"], row["cpu_s"], row["wall_s"]) == (0.1, 2.0, 1.0)
    assert "| am | 120 | packing | 1,000 | 1,100 | 10.0 % | 1 | 2 | 60 |" in table([row | {"search_s": 60.0}])


def test_a_gap_without_a_bound_is_none() -> None:
    """Nothing proven: no per cent."""
    row = row_of("full", 120, 1, certificate(0))
    assert row["gap"] is None
    assert "| – |" in table([row | {"search_s": 60.0}])


def test_a_shorter_proof_is_the_beginning_of_a_longer_one() -> None:
    """After 5 s two bounds of three stood, the second for 9 s of processor time; before the first there was none."""
    whole = Certificate(
        objective_pence=110_000, bound_pence=100_000, method="runs", relaxations=(),
        trace=((1.0, 60_000), (4.0, 90_000), (8.0, 100_000)), cpu_s=20.0, wall_s=10.0,
    )  # fmt: skip
    shorter = after(whole, [0.0, 1.0, 9.0, 15.0], 5.0)
    assert (shorter.bound_pence, shorter.method, shorter.cpu_s, shorter.wall_s) == (90_000, "runs", 9.0, 5.0)
    assert after(whole, [0.0, 1.0, 9.0, 15.0], 2.0).method == "packing"
    assert after(whole, [0.0, 1.0, 9.0, 15.0], 0.5).bound_pence == 0
    assert after(whole, [0.0, 1.0, 9.0, 15.0], 10.0) is whole

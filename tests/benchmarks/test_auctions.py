"""The adapter from public auctions to the award's own search."""

from __future__ import annotations

from pathlib import Path

from benchmarks.auctions import bids_of, choice_of, measure, sold_once

AUCTION = """%% a comment
goods 2
bids 4
dummy 1

0\t3.5\t0\t#
1\t4.25\t1\t2\t#
2\t6\t0\t1\t#
3\t1\t2\t#
"""


def test_the_best_bids_of_a_small_auction(tmp_path: Path) -> None:
    """3.5 + 4.25 beats 6 + 1; the dummy good 2 keeps the last bid out."""
    path = tmp_path / "small.txt"
    path.write_text(AUCTION, encoding="utf-8")
    assert bids_of(path) == [(3.5, (0,)), (4.25, (1, 2)), (6.0, (0, 1)), (1.0, (2,))]
    assert choice_of(bids_of(path)).costs == (-3_500_000, -4_250_000, -6_000_000, -1_000_000)
    row = measure(path, 10.0, 7.75)
    assert (row["value"], row["bound"], row["state"], row["checked"]) == (7.75, 7.75, "proven", "OK")


def test_a_good_sold_twice_is_seen() -> None:
    """Bids 0 and 2 both want good 0."""
    bids = [(3.5, (0,)), (4.25, (1, 2)), (6.0, (0, 1))]
    assert sold_once(bids, [0, 1])
    assert not sold_once(bids, [0, 2])

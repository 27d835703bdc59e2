"""Public yardstick for awards: winner determination on combinatorial auctions with known best values.

Reads a folder of `NAME.txt` files as CATS writes them and the table `optima.csv`. They are forward auctions: the
adapter turns values into negative costs and lets every good be sold at most once; the search is the award's own.
`--seconds` are for each instance; the solver runs on one thread, so wall and CPU seconds are nearly the same.

    python -m benchmarks.auctions DIR --seconds 600 [--only cats_paths_g30_b100_s1] [--json]
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.school_bus import cpu_seconds
from procurement.choice import Choice, ChoiceSearch, Row

UNITS = 1_000_000
"""Whole units to one of the file's: a millionth more or less decides nothing at the tolerance of the table."""
HEADS = ("instance", "value", "bound", "best_known", "state", "cpu_s", "checked")
SAME = 1e-3


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row per instance as it comes: a table, or one JSON object a line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.auctions", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder with NAME.txt and optima.csv")
    parser.add_argument("--seconds", type=float, default=600.0, help="seconds for each instance")
    parser.add_argument("--only", nargs="+", default=[], help="names of instances")
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    options = parser.parse_args(arguments)
    best = best_known(options.folder / "optima.csv")
    names = [name for name in sorted(best) if not options.only or name in options.only]
    if not options.json:
        print("".join(f"{head:>32}" if head == "instance" else f"{head:>13}" for head in HEADS))
    rows = []
    for name in names:
        row = measure(options.folder / f"{name}.txt", options.seconds, best[name])
        rows.append(row)
        words = "".join(f"{row[head]!s:>32}" if head == "instance" else f"{row[head]!s:>13}" for head in HEADS)
        print(json.dumps(row) if options.json else words, flush=True)
    n_reached = sum(row["value"] >= row["best_known"] - SAME for row in rows)
    print(f"{n_reached} of {len(rows)} best known values reached", file=sys.stderr)
    if any(row["checked"] != "OK" for row in rows):
        sys.exit(1)


def best_known(table: Path) -> dict[str, float]:
    """Best value of each instance."""
    with table.open(encoding="utf-8", newline="") as file:
        return {row["instance"].removesuffix(".txt"): float(row["best_value"]) for row in csv.DictReader(file)}


def measure(path: Path, seconds: float, best: float) -> dict[str, Any]:
    """Solve one instance and check it against the file."""
    begun = cpu_seconds()
    bids = bids_of(path)
    found = ChoiceSearch(choice_of(bids)).best(seconds=seconds)
    return {
        "instance": path.stem,
        "value": None if found.cost is None else round(sum(bids[b][0] for b in found.columns), 4),
        "bound": None if found.bound is None else round(-found.bound / UNITS, 4),
        "best_known": best,
        "state": found.state.value,
        "cpu_s": round(cpu_seconds() - begun, 2),
        "checked": "OK" if sold_once(bids, found.columns) else "a good is sold twice",
    }


def bids_of(path: Path) -> list[tuple[float, tuple[int, ...]]]:
    """Value and goods of every bid."""
    bids = []
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words and words[0].isdigit():
            bids.append((float(words[1]), tuple(int(word) for word in words[2:] if word != "#")))
    return bids


def choice_of(bids: Sequence[tuple[float, tuple[int, ...]]]) -> Choice:
    """Most value is least negative cost; each good once at most."""
    by_good: dict[int, list[int]] = {}
    for column, (_, goods) in enumerate(bids):
        for good in goods:
            by_good.setdefault(good, []).append(column)
    return Choice(
        costs=tuple(-round(UNITS * value) for value, _ in bids),
        rows=tuple(Row(terms=tuple((c, 1) for c in columns), upper=1) for columns in by_good.values()),
    )


def sold_once(bids: Sequence[tuple[float, tuple[int, ...]]], taken: Sequence[int]) -> bool:
    """Whether no two accepted bids share a good."""
    goods = [good for bid in taken for good in bids[bid][1]]
    return len(goods) == len(set(goods))


if __name__ == "__main__":
    main()

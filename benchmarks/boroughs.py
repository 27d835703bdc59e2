"""Demo boroughs side by side: any number of passengers at the density of the demo.

Up to one borough's 955 it is the demo itself, which is thinner with fewer passengers.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping
from pathlib import Path

from api.demo_borough import make_demo_scenario
from transport.files.postcodes import postcode_points_within

BOROUGH_PASSENGERS = 955
SPACING_LAT, SPACING_LON = 0.09, 0.16
"""Degrees between boroughs, about the demo's own 10 by 11 km."""
EVERYWHERE = (49.0, -9.0, 61.0, 3.0)
ONE_FOR_ALL = ("calendar.csv", "policy.csv", "scenario.csv", "vehicle_classes.csv")
LEFT_OUT = ("later_arrivals.csv",)
SHARED_IDS = ("class_id",)

Cells = dict[str, str]


def make_boroughs(folder: Path, *, n_passengers: int, seed: int) -> None:
    """Write the scenario folder of so many passengers; the same seed gives the same lists."""
    n_boroughs = max(1, round(n_passengers / BOROUGH_PASSENGERS))
    if n_boroughs == 1:
        make_demo_scenario(folder, n_passengers=n_passengers, seed=seed)
        return
    points = {code: (lat, lon) for code, lat, lon in postcode_points_within(*EVERYWHERE)}
    n_columns = max(1, round(n_boroughs**0.5))
    tables: dict[str, list[Cells]] = {}
    for b in range(n_boroughs):
        n = n_passengers * (b + 1) // n_boroughs - n_passengers * b // n_boroughs
        shift = (SPACING_LAT * (b // n_columns), SPACING_LON * (b % n_columns))
        with tempfile.TemporaryDirectory() as one:
            make_demo_scenario(Path(one), n_passengers=n, seed=1_000 * seed + b)
            for path in sorted(Path(one).glob("*.csv")):
                if path.name not in LEFT_OUT and not (b and path.name in ONE_FOR_ALL):
                    rows = tables.setdefault(path.name, [])
                    rows += [_moved(row, f"B{b:02d}", shift, points) for row in _rows(path)]
    for name, rows in tables.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def _rows(path: Path) -> list[Cells]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def _moved(row: Cells, prefix: str, shift: tuple[float, float], points: Mapping[str, tuple[float, float]]) -> Cells:
    """A row with ids of its own borough, and its postcode's point moved to where that borough lies."""
    moved = {
        name: prefix + value if value and name.rstrip("_12").endswith("_id") and name not in SHARED_IDS else value
        for name, value in row.items()
    }
    if moved.get("postcode"):
        lat, lon = points[moved["postcode"]]
        moved |= {"postcode": "", "lat": f"{lat + shift[0]:.6f}", "lon": f"{lon + shift[1]:.6f}"}
    return moved

"""Scenarios on real streets: invented passengers at real points; real schools where there are some."""

from __future__ import annotations

import csv
from enum import StrEnum
from pathlib import Path

import numpy as np

from api.demo_files import make_demo_council, write_demo_folder
from api.demo_places import FlatMap, Spot, Spots
from api.demo_schools import (
    DemoSchool,
    as_large,
    assumed_school,
    invented_large_schools,
    invented_schools,
    n_settings_of,
)
from routing.network.graph import STREET_CLASSES
from routing.network.load import load_network

_NEAR_STREET_M = 200
_N_REAL_SCHOOLS = 25
_N_LARGE_OF_REAL = 8
_MOST_NODES = 12_000
_STREETS = frozenset({"primary", "secondary", "tertiary", "unclassified", "residential", "living_street"})


class Area(StrEnum):
    """Where the roads are, by the file that holds them."""

    WEST_BROMWICH_SMETHWICK = "west_bromwich_smethwick.osm.pbf"
    CAMBRIDGE = "cambridge_drive.graphml"
    RUTLAND = "rutland_201803.osm.pbf"
    RHINE_NECKAR = "rhine_neckar.osm.pbf"

    def roads(self, shared: Path) -> Path:
        """The extract itself."""
        return shared / "roads" / self.value


N_PASSENGERS = {
    Area.WEST_BROMWICH_SMETHWICK: 400,
    Area.CAMBRIDGE: 300,
    Area.RUTLAND: 150,
    Area.RHINE_NECKAR: 2000,
}


def make_area_scenario(folder: Path, *, area: Area, n_passengers: int, seed: int, shared: Path) -> None:
    """Write a scenario folder for an extract in `shared`, the folder of real data; it is read in place."""
    rng = np.random.default_rng([seed, 0])
    if area is Area.WEST_BROMWICH_SMETHWICK:
        homes, schools = _towns(rng, shared)
        whose = "real schools with assumed times"
    else:
        homes = _nodes(area.roads(shared), rng)
        schools = _invented(rng, n_passengers, homes)
        whose = "invented schools"
    council = make_demo_council(
        name=f"{area.name.replace('_', ' ').title()} (invented passengers; {whose})",
        schools=schools,
        homes=homes,
        n_passengers=n_passengers,
        n_later=round(n_passengers * 0.133),
        seed=seed,
    )
    write_demo_folder(folder, council, seed=seed)


def _invented(rng: np.random.Generator, n_passengers: int, homes: Spots) -> list[DemoSchool]:
    n_settings, n_large = n_settings_of(n_passengers)
    large = invented_large_schools(rng, n=n_large, homes=homes)
    return [*large, *invented_schools(rng, n=n_settings - n_large, homes=homes)]


def _towns(rng: np.random.Generator, shared: Path) -> tuple[Spots, list[DemoSchool]]:
    """Postcodes and schools within 200 m of a street of West Bromwich and Smethwick."""
    rows = [r for r in _csv(shared / "sandwell" / "postcodes_sandwell.csv") if _near(r["dist_osm_street_m"])]
    middle = FlatMap(lat=52.51, lon=-1.98)
    homes = middle.spots([(float(r["lat"]), float(r["lon"]), {"postcode": r["postcode"]}) for r in rows])
    spot_of = {cells["postcode"]: homes.at(i) for i, cells in enumerate(homes.cells)}
    schools_csv = shared / "sandwell" / "schools_2018_five_LAs.csv"
    register = [r for r in _csv(schools_csv) if r["postcode"] in spot_of]
    special = [r for r in register if r["is_special"] == "1"]
    others = [r for r in register if r["is_special"] != "1" and r["name"]]
    send = [
        _special(rng, r, spot)
        for r in _csv(shared / "sandwell" / "sandwell_send_settings_curated.csv")
        if (spot := _spot_near(r, homes, middle)) is not None
    ]
    n_others = _N_REAL_SCHOOLS - len(send) - len(special)
    drawn = rng.choice(len(others), size=n_others, replace=False)
    chosen = [others[i] for i in sorted(int(i) for i in drawn)]
    schools = [*send, *(_registered(rng, r, spot_of[r["postcode"]]) for r in [*special, *chosen])]
    n_large = sum(s.large for s in schools)
    for i in rng.permutation(len(schools))[: _N_LARGE_OF_REAL - n_large]:
        if not schools[i].large:
            schools[i] = as_large(schools[i], weight=schools[i].weight)
    return homes, schools


def _special(rng: np.random.Generator, row: dict[str, str], spot: Spot) -> DemoSchool:
    return assumed_school(
        rng,
        school_id=f"S{row['URN']}",
        name=row["name"],
        urn=row["URN"],
        spot=spot,
        phase_weights=(0, 1, 0),
        home_m=6000,
        large=True,
    )


def _spot_near(row: dict[str, str], homes: Spots, middle: FlatMap) -> Spot | None:
    """The postcode nearest to a setting, where its point lies within 200 m of a usable one."""
    if not row["URN"] or not row["lat"]:
        return None
    x_m, y_m = middle.flat(float(row["lat"]), float(row["lon"]))
    spot = homes.nearest(x_m, y_m)
    return spot if np.hypot(spot.x_m - x_m, spot.y_m - y_m) <= _NEAR_STREET_M else None


def _registered(rng: np.random.Generator, row: dict[str, str], spot: Spot) -> DemoSchool:
    special = row["is_special"] == "1"
    phases = tuple(float(row[name] == "1") for name in ("primary", "secondary", "post16"))
    return assumed_school(
        rng,
        school_id=f"S{row['URN']}",
        name=row["name"],
        urn=row["URN"],
        spot=spot,
        phase_weights=(phases[0], phases[1], 0.2 * phases[2] if phases[1] else phases[2]),
        home_m=6000 if special else 3000,
        large=special,
    )


def _near(cell: str) -> bool:
    return bool(cell) and float(cell) <= _NEAR_STREET_M


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _nodes(roads: Path, rng: np.random.Generator) -> Spots:
    """Ends of the extract's public streets, at most 12,000 of them; whoever lives there can be driven to and from."""
    network = load_network(roads)
    codes = [code for code, name in enumerate(STREET_CLASSES) if name in _STREETS]
    public = np.flatnonzero(np.isin(network.segment_class, codes) & ~network.segment_is_private)
    ends = np.concatenate([network.geometry_offset[public], network.geometry_offset[public + 1] - 1])
    points = np.unique(np.column_stack([network.geometry_lat[ends], network.geometry_lon[ends]]), axis=0)
    if len(points) > _MOST_NODES:
        points = points[np.sort(rng.choice(len(points), size=_MOST_NODES, replace=False))]
    lat, lon = points.mean(axis=0)
    cells = [(float(a), float(b), {"lat": f"{a:.6f}", "lon": f"{b:.6f}"}) for a, b in points]
    return FlatMap(lat=float(lat), lon=float(lon)).spots(cells)

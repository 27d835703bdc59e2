"""The demo: a borough the size of Sandwell, at real postcodes, with invented passengers.

Facts are the borough's outline (roughly), its special schools and how many passengers, settings and operators
it had; `data/demo` holds them with their sources. All else is invented by a seeded generator and says so.

Calibration: at 955 passengers today's routes cost 7-10 thousand pounds per passenger and year by
`rough_cost_pence_per_year` (crow-fly miles x 1.3 at 24 km/h, 190 days), with 2.5-5.5 passengers a vehicle and
8-12 % of passengers alone in it; published figures lie there. The cards, and the loads wished for under
`[today]` in `data/demo/supply.toml`, were chosen by hand within their ranges until seeds 1 to 6 did. A
borough of 50 has too few passengers a school for that: about 2 a vehicle.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from api.demo_files import DemoCouncil, make_demo_council, write_demo_folder
from api.demo_places import FlatMap, Spot, Spots, demo_facts, inside_outline
from api.demo_schools import (
    DemoSchool,
    invented_large_schools,
    invented_schools,
    n_settings_of,
    real_demo_schools,
)
from transport.files.postcodes import postcode_points_within

MIN_PASSENGERS = 50
MAX_PASSENGERS = 5000
_M_PER_DEGREE_LAT = 111_320
_M_PER_DEGREE_LON = 67_600


def make_demo_scenario(
    folder: Path,
    *,
    n_passengers: int = 955,
    seed: int = 1,
    n_later: int | None = None,
    members_wish: bool = False,
) -> None:
    """Write the scenario folder of the demo borough.

    Parameters
    ----------
    n_passengers : 50 to 5,000; settings, fleet and operators grow with it.
    seed : the same seed gives the same bytes.
    n_later : passengers who arrive later; None: 127 for 955, in proportion otherwise.
    members_wish : ride targets of at most 50 minutes, as Sandwell's members asked for.

    Raises
    ------
    ValueError
        When `n_passengers` or `n_later` is out of range.

    References
    ----------
    955 passengers and 127 more in half a term: report to Sandwell's Children's Services and Education
    Scrutiny Board, 11 November 2024.
    """
    council = make_demo_borough(n_passengers=n_passengers, seed=seed, n_later=n_later)
    write_demo_folder(folder, council, seed=seed, members_wish=members_wish)


def make_demo_borough(*, n_passengers: int = 955, seed: int = 1, n_later: int | None = None) -> DemoCouncil:
    """The demo borough before it is written; arguments as in `make_demo_scenario`."""
    if not MIN_PASSENGERS <= n_passengers <= MAX_PASSENGERS:
        raise ValueError(f"n_passengers: {n_passengers}; must be between {MIN_PASSENGERS} and {MAX_PASSENGERS}")
    facts = demo_facts("borough")
    if n_later is None:
        n_later = round(facts["size"]["n_later"] * n_passengers / facts["size"]["n_passengers"])
    if not 0 <= n_later <= MAX_PASSENGERS:
        raise ValueError(f"n_later: {n_later}; must be between 0 and {MAX_PASSENGERS}")
    homes, outside, spot_of = _postcodes()
    return make_demo_council(
        name=facts["name"],
        schools=_schools(np.random.default_rng([seed, 0]), n_passengers, homes, outside, spot_of),
        homes=homes,
        n_passengers=n_passengers,
        n_later=n_later,
        seed=seed,
    )


def _schools(
    rng: np.random.Generator, n_passengers: int, homes: Spots, outside: Spots, spot_of: dict[str, Spot]
) -> list[DemoSchool]:
    flat = _flat_map()
    facts = demo_facts("schools")["school"]
    position = {s["school_id"]: flat.flat(s["lat"], s["lon"]) for s in facts if "postcode" not in s}
    n_settings, n_large = n_settings_of(n_passengers)
    known = real_demo_schools(spot_of, homes, position)
    chosen = sorted((s for s in known if s.large), key=lambda s: -s.weight)[:n_large]
    real = [s for s in known if s in chosen or not s.large]
    large = invented_large_schools(rng, n=n_large - len(chosen), homes=homes)
    others = invented_schools(rng, n=n_settings - len(real) - len(large), homes=homes, outside=outside)
    return [*real, *large, *others]


def _flat_map() -> FlatMap:
    lat, lon = np.mean(demo_facts("borough")["outline"], axis=0)
    return FlatMap(lat=float(lat), lon=float(lon))


@cache
def _postcodes() -> tuple[Spots, Spots, dict[str, Spot]]:
    """Postcodes inside the outline, those outside within reach, and each by its code."""
    facts = demo_facts("borough")
    outline = [(lat, lon) for lat, lon in facts["outline"]]
    corners = np.array(outline)
    reach_m = facts["out_of_borough_m"]
    reach = np.array([reach_m / _M_PER_DEGREE_LAT, reach_m / _M_PER_DEGREE_LON])
    (south, west), (north, east) = corners.min(axis=0) - reach, corners.max(axis=0) + reach
    points = postcode_points_within(float(south), float(west), float(north), float(east))
    flat = _flat_map()
    spots = flat.spots([(lat, lon, {"postcode": code}) for code, lat, lon in points])
    inside = inside_outline(outline, np.array([(lat, lon) for _, lat, lon in points]))
    # The nearest corner stands for the nearest edge: corners are at most 4 km apart.
    edges = (Spot(x_m=x_m, y_m=y_m, cells={}) for x_m, y_m in (flat.flat(*corner) for corner in outline))
    edge_m = np.min([spots.distances_m(edge) for edge in edges], axis=0)
    outside = np.flatnonzero(~inside & (edge_m <= reach_m))
    spot_of = {cells["postcode"]: spots.at(i) for i, cells in enumerate(spots.cells)}
    return spots.subset(np.flatnonzero(inside)), spots.subset(outside), spot_of

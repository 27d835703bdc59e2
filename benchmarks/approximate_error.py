"""How far the approximate network is from real streets: metres and seconds, median ratio and 90 % band.

Fitted on Cambridge and Rutland (`--calibrate` prints the fit for `data/reference/speeds.toml`); the streets
of West Bromwich and Smethwick are held out. Places are real postcodes within 100 m of a street; pairs lie
more than 400 m apart. Ratios are approximate / real, both under the settings of `speeds.toml`.

    python -m benchmarks.approximate_error [--roads FOLDER] [--calibrate] [--json]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.network.approximate import approximate_network
from routing.network.graph import RoadNetwork
from routing.network.load import load_network
from routing.network.matrix import travel_matrix_of
from routing.network.projection import distance_m
from routing.network.snap import PlacesOffStreetError, snap_places
from routing.network.speeds import SpeedModel, read_speeds
from transport.calendar import LEGS
from transport.files.postcodes import postcode_points_within
from transport.places import Place
from transport.travel import UNREACHABLE, TravelMatrix

N_PLACES = 200
NEAR_STREET_M = 100
MIN_APART_M = 400
MARGIN_DEGREES = 0.03
SEED = 1

FITTED_ON = {"Cambridge": "cambridge_drive.graphml", "Rutland": "rutland_201803.osm.pbf"}
HELD_OUT = {"West Bromwich and Smethwick (held out)": "west_bromwich_smethwick.osm.pbf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Approximate over real: median and the band that holds 90 % of the pairs."""

    area: str
    leg: str
    measure: str
    n_pairs: int
    real_median: float
    p5: float
    median: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Area:
    """Real and approximate figures of the same pairs; by leg, "seconds" and "metres"."""

    name: str
    real: dict[tuple[str, str], NDArray[np.float64]]
    near: dict[tuple[str, str], NDArray[np.float64]]


def measure_area(name: str, path: Path, speeds: SpeedModel) -> Area:
    """Both networks on the same sample of postcodes."""
    streets = load_network(path)
    south, north = streets.node_lat.min() - MARGIN_DEGREES, streets.node_lat.max() + MARGIN_DEGREES
    west, east = streets.node_lon.min() - MARGIN_DEGREES, streets.node_lon.max() + MARGIN_DEGREES
    postcodes = postcode_points_within(float(south), float(west), float(north), float(east))
    places = sample_places(streets, [Place(place_id=p, lat=lat, lon=lon) for p, lat, lon in postcodes])
    points = np.array([(lat, lon) for _, lat, lon in postcodes])
    links = approximate_network(points, circuity=speeds.approximate.circuity)
    apart = crow_m(places) > MIN_APART_M
    real = travel_matrix_of(streets, places, [], [], speeds)
    near = travel_matrix_of(links, places, [], [], speeds)
    apart &= table(real, places, 0, "metres") < UNREACHABLE
    names = [(leg.value, measure) for leg in LEGS for measure in ("seconds", "metres")]
    figures = [
        {key: table(travel, places, k // 2, key[1])[apart].astype(np.float64) for k, key in enumerate(names)}
        for travel in (real, near)
    ]
    return Area(name=name, real=figures[0], near=figures[1])


def sample_places(streets: RoadNetwork, candidates: list[Place]) -> list[Place]:
    """Seeded sample of the postcodes that lie near a street; one per point."""
    try:
        snap_places(streets, candidates, max_snap_gap_m=NEAR_STREET_M)
        far: set[str] = set()
    except PlacesOffStreetError as error:
        far = {place.place_id for place in error.places}
    by_point = {(p.lat, p.lon): p for p in candidates if p.place_id not in far}
    near = list(by_point.values())
    chosen = np.random.default_rng(SEED).choice(len(near), size=min(N_PLACES, len(near)), replace=False)
    return [near[k] for k in sorted(chosen)]


def crow_m(places: list[Place]) -> NDArray[np.float64]:
    """(n, n) metres as the crow flies."""
    lat, lon = np.array([p.lat for p in places]), np.array([p.lon for p in places])
    return distance_m(lat[:, None], lon[:, None], lat[None, :], lon[None, :])


def table(travel: TravelMatrix, places: list[Place], leg_idx: int, measure: str) -> NDArray[np.int32]:
    """(n, n) figures in the order of `places`."""
    rows = [travel.row_by_place_id[p.place_id] for p in places]
    values = travel.seconds if measure == "seconds" else travel.metres
    return values[0, leg_idx][np.ix_(rows, rows)]


def ratios_of(area: Area) -> list[Ratio]:
    """One row per leg and measure."""
    rows = []
    for (leg, measure), real in area.real.items():
        p5, middle, p95 = np.percentile(area.near[leg, measure] / real, [5, 50, 95])
        rows.append(
            Ratio(
                area=area.name,
                leg=leg,
                measure=measure,
                n_pairs=len(real),
                real_median=float(np.median(real)),
                p5=round(float(p5), 3),
                median=round(float(middle), 3),
                p95=round(float(p95), 3),
            )
        )
    return rows


def fit(areas: list[Area], speeds: SpeedModel) -> dict[str, Any]:
    """Circuity, exponent and seconds of the first kilometre, by least squares of logarithms.

    Areas weigh the same. One exponent serves both legs: it is fitted on the mean of their logarithms.
    """
    bias = np.mean([np.log(np.median(a.near["AM", "metres"] / a.real["AM", "metres"])) for a in areas])
    circuity = float(speeds.approximate.circuity * np.exp(-bias))
    km = [a.near["AM", "metres"] / 1_000 * circuity / speeds.approximate.circuity for a in areas]
    x = np.log(np.concatenate(km))
    weight = np.concatenate([np.full(len(d), 1 / len(d) ** 0.5) for d in km])
    legs = {leg: np.log(np.concatenate([a.real[leg, "seconds"] for a in areas])) for leg in ("AM", "PM")}
    exponent = float(np.polyfit(x, (legs["AM"] + legs["PM"]) / 2, 1, w=weight)[0])
    first_km = {leg: float(np.exp(np.average(y - exponent * x, weights=weight**2))) for leg, y in legs.items()}
    return {
        "circuity": round(circuity, 3),
        "exponent": round(exponent, 3),
        "seconds_per_first_km": {leg: round(value, 1) for leg, value in first_km.items()},
    }


def main() -> None:
    """Print the table, or the fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "roads"
    parser.add_argument("--roads", type=Path, default=default, help="folder of the road extracts")
    parser.add_argument("--calibrate", action="store_true", help="print the fit instead of the error")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    speeds = read_speeds()
    files = FITTED_ON if options.calibrate else {**FITTED_ON, **HELD_OUT}
    areas = [measure_area(name, options.roads / file, speeds) for name, file in files.items()]
    if options.calibrate:
        print(json.dumps(fit(areas, speeds), indent=None if options.json else 2))
        return
    rows = [row for area in areas for row in ratios_of(area)]
    if options.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    band = f"{'5 %':>6} {'50 %':>6} {'95 %':>6}"
    print(f"{'area':<40} {'leg':<4} {'measure':<8} {'pairs':>7} {'real median':>12} {band}")
    for r in rows:
        print(
            f"{r.area:<40} {r.leg:<4} {r.measure:<8} {r.n_pairs:>7} {r.real_median:>12.0f}"
            f" {r.p5:>6.2f} {r.median:>6.2f} {r.p95:>6.2f}"
        )


if __name__ == "__main__":
    main()

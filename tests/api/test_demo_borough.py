"""The demo borough: repeatable, in its stated shares, readable, and honest about what is invented."""

from __future__ import annotations

import csv
import hashlib
import re
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from api.demo_borough import make_demo_borough, make_demo_scenario
from api.demo_files import DemoCouncil, rough_cost_pence_per_year
from api.demo_places import demo_facts, inside_outline
from api.demo_routes import TripEstimate, holds, load_of
from tests.areas import N_PASSENGERS, Area, make_area_scenario
from transport.files.postcodes import point_of_postcode
from transport.files.read import read_scenario


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    """Rows of one table."""
    with (folder / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def borough() -> DemoCouncil:
    """The demo as it comes: 955 passengers, seed 1."""
    return make_demo_borough()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as it comes, written."""
    path = tmp_path_factory.mktemp("demo")
    make_demo_scenario(path)
    return path


def test_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    """Anyone who runs the demo with the same seed plans the same scenario; another seed makes another."""
    for name, seed in (("first", 7), ("again", 7), ("other", 8)):
        make_demo_scenario(tmp_path / name, n_passengers=60, seed=seed)
    assert bytes_of(tmp_path / "first") == bytes_of(tmp_path / "again")
    other = bytes_of(tmp_path / "other")
    assert other["passengers.csv"] != bytes_of(tmp_path / "first")["passengers.csv"]


@pytest.mark.parametrize("n_passengers", [50, 955, 5000])
def test_every_size_is_read_without_a_fault(tmp_path: Path, n_passengers: int) -> None:
    """The reader takes the demo at its least, usual and greatest size, and all who are planned ride today."""
    make_demo_scenario(tmp_path, n_passengers=n_passengers)
    scenario = read_scenario(tmp_path)
    assert len(scenario.passengers) == n_passengers
    assert scenario.invented
    planned = {p.passenger_id for p in scenario.planned_passengers()}
    riding = [pid for r in scenario.current_routes for pid in {*r.am_passenger_ids, *r.pm_passenger_ids}]
    assert sorted(riding) == sorted(planned)


def test_sizes_out_of_range_are_refused(tmp_path: Path) -> None:
    """A borough of 49 or of 5,001 is not made, and nothing is written."""
    for n_passengers in (49, 5001):
        with pytest.raises(ValueError, match="must be between 50 and 5000"):
            make_demo_scenario(tmp_path / "demo", n_passengers=n_passengers)
    assert not (tmp_path / "demo").exists()


def test_shares_of_needs_are_the_stated_ones(borough: DemoCouncil) -> None:
    """At 955 passengers every need is as frequent as the knobs say, to the passenger."""
    people = borough.people.passengers
    wanted = {name: round(955 * share / 1000) for name, share in demo_facts("borough")["per_thousand"].items()}
    found = {
        "in_wheelchair": sum(p.in_wheelchair for p in people),
        "shared_pa": sum(p.pa_need == "shared" for p in people),
        "one_to_one": sum(p.pa_need == "one_to_one" for p in people),
        "two_to_one": sum(p.pa_need == "two_to_one" for p in people),
        "solo": sum(p.solo for p in people),
        "part_week": sum(bool(p.days) for p in people),
        "two_homes": sum(any(row["kind"] == "second home" for row in p.day_rows) for p in people),
        "one_leg": sum(bool(p.legs) for p in people),
        "provisional": sum(p.status == "provisional" for p in people),
        "awaiting_decision": sum(p.status == "awaiting_decision" for p in people),
        "own_ride_cap": sum(p.ride_cap_min is not None for p in people),
    }
    assert found == {name: wanted[name] for name in found}
    assert wanted["in_wheelchair"] == 115
    assert wanted["shared_pa"] == 334


def test_the_borough_has_the_published_size(borough: DemoCouncil) -> None:
    """955 passengers, 127 later, 80 settings (8 hold three quarters), 24 council vehicles, 15 operators."""
    at_large = sum(borough.schools[p.school_idx].large for p in borough.people.passengers)
    assert len(borough.people.passengers) == 955
    assert len(borough.people.later) == 127
    assert len(borough.schools) == 80
    assert sum(school.large for school in borough.schools) == 8
    assert at_large == round(0.75 * 955)
    assert len(borough.fleet.vehicles) == 24
    assert len(borough.operators) == 15


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_todays_routes_look_like_published_ones(seed: int) -> None:
    """Cost, load and riding alone lie where published figures do, whatever the seed."""
    borough = make_demo_borough(seed=seed)
    n_riding = sum(len(route.members) for route in borough.routes)
    n_alone = sum(len(route.members) == 1 for route in borough.routes)
    assert 7_000 <= rough_cost_pence_per_year(borough) / 100 / n_riding <= 10_000
    assert 2.5 <= n_riding / len(borough.routes) <= 5.5
    assert 0.08 <= n_alone / n_riding <= 0.12


def test_todays_routes_hold_what_they_carry(borough: DemoCouncil) -> None:
    """No route is over its seats, pairs kept apart share none, siblings do, solo passengers are alone."""
    class_of = {c["class_id"]: c for c in demo_facts("supply")["class"]}
    route_of = {p.passenger_id: route.route_id for route in borough.routes for p in route.members}
    for route in borough.routes:
        assert holds(class_of[route.class_id], load_of(route.members)), route.route_id
        assert len(route.members) == 1 or not any(p.solo for p in route.members), route.route_id
    assert borough.people.apart
    assert borough.people.siblings
    assert all(route_of[a] != route_of[b] for a, b, _ in borough.people.apart)
    assert all(route_of[a] == route_of[b] for a, b in borough.people.siblings)


def test_operators_hold_no_more_routes_than_they_have_vehicles(borough: DemoCouncil) -> None:
    """Each bought route has a lot and an operator; each council vehicle has one route."""
    bought = [route for route in borough.routes if not route.vehicle_id]
    held = Counter((route.operator_id, route.class_id) for route in bought)
    has = {(o.operator_id, class_id): n for o in borough.operators for class_id, n in o.n_vehicles.items()}
    assert all(n <= has[key] for key, n in held.items())
    assert len({route.lot_id for route in bought}) == len(bought)
    fleet = [route.vehicle_id for route in borough.routes if route.vehicle_id]
    assert sorted(fleet) == sorted(vehicle_id for vehicle_id, *_ in borough.fleet.vehicles)


def test_a_run_starts_at_the_farthest_home() -> None:
    """The farthest home boards first in the morning; the nearest alights first in the afternoon."""
    borough = make_demo_borough(n_passengers=50)
    trips = TripEstimate(borough.schools)
    route = next(
        r
        for r in borough.routes
        if len({p.school_idx for p in r.members}) == 1 < len(r.members) and not any(p.legs for p in r.members)
    )
    school = borough.schools[route.members[0].school_idx].spot
    homes, _ = trips.stops(route.members, "AM")
    assert homes[0].home.distance_m(school) == max(p.home.distance_m(school) for p in route.members)
    homes, _ = trips.stops(route.members, "PM")
    assert homes[0].home.distance_m(school) == min(p.home.distance_m(school) for p in route.members)


def test_passengers_are_invented_and_live_at_real_postcodes_of_the_borough(folder: Path) -> None:
    """The folder says that passengers are invented; ids are pseudonyms; homes are postcodes inside."""
    settings = {row["setting"]: row["value"] for row in rows_of(folder, "scenario")}
    assert settings["invented"] == "yes"
    assert "invented" in settings["name"]
    people = rows_of(folder, "passengers")
    assert all(re.fullmatch(r"P[BCDFGHJKMNPQRSTVWXYZ2-9]{5}", row["passenger_id"]) for row in people)
    points = [point_of_postcode(row["postcode"]) for row in people]
    assert None not in points
    outline = [(lat, lon) for lat, lon in demo_facts("borough")["outline"]]
    assert inside_outline(outline, np.array(points, dtype=np.float64)).all()


def test_settings_are_facts_or_say_that_they_are_invented(folder: Path) -> None:
    """A setting is a real one of `data/demo/schools.toml`, or its name begins with Demo, without a URN."""
    real = {school["school_id"]: school for school in demo_facts("schools")["school"]}
    for row in rows_of(folder, "schools"):
        if row["school_id"] in real:
            assert (row["name"], row["urn"]) == (
                real[row["school_id"]]["name"],
                real[row["school_id"]]["urn"],
            )
        else:
            assert row["name"].startswith("Demo ")
            assert row["urn"] == ""


def test_members_wish_caps_the_ride_targets(tmp_path: Path) -> None:
    """With the members' wish no target is above 50 minutes, primary stays at 45, nothing else changes."""
    make_demo_scenario(tmp_path / "wish", n_passengers=50, members_wish=True)
    make_demo_scenario(tmp_path / "plain", n_passengers=50)
    targets = {row["setting"]: row["value"] for row in rows_of(tmp_path / "wish", "policy")}
    assert targets == {
        "ride_target_primary_s": "2700",
        "ride_target_secondary_s": "3000",
        "ride_target_post16_s": "3000",
    }
    wish, plain = bytes_of(tmp_path / "wish"), bytes_of(tmp_path / "plain")
    assert [name for name in wish if wish[name] != plain[name]] == ["policy.csv"]


def test_later_arrivals_change_nobody_else(tmp_path: Path) -> None:
    """Later arrivals are new people who start in the first half term; without them the term is the same."""
    make_demo_scenario(tmp_path / "with", n_passengers=100)
    make_demo_scenario(tmp_path / "without", n_passengers=100, n_later=0)
    later = rows_of(tmp_path / "with", "later_arrivals")
    here = {row["passenger_id"] for row in rows_of(tmp_path / "with", "passengers")}
    assert len(later) == 13
    assert not here & {row["passenger_id"] for row in later}
    assert all("2026-09-07" < row["starts_on"] <= "2026-10-23" for row in later)
    with_later = bytes_of(tmp_path / "with")
    without = bytes_of(tmp_path / "without")
    assert set(with_later) - set(without) == {"later_arrivals.csv"}
    assert all(with_later[name] == without[name] for name in without)


def test_inside_outline_counts_crossings() -> None:
    """A unit square holds its middle and nothing beyond its sides."""
    square = [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)]
    points = np.array([(0.5, 0.5), (0.5, 1.5), (1.5, 0.5), (-0.5, 0.5), (0.5, -0.5)])
    assert inside_outline(square, points).tolist() == [True, False, False, False, False]


@pytest.mark.parametrize(
    "area",
    [
        # Twenty seconds; each of the others takes five at most.
        pytest.param(area, marks=pytest.mark.slow) if area is Area.RHINE_NECKAR else area
        for area in Area
    ],
)
def test_scenarios_on_real_streets_are_read_without_a_fault(area: Area, tmp_path: Path, shared_data: Path) -> None:
    """Each real extract has its scenario, read without a fault, the same each time."""
    n_passengers = N_PASSENGERS[area]
    for name in ("first", "again"):
        make_area_scenario(tmp_path / name, area=area, n_passengers=n_passengers, seed=1, shared=shared_data)
    assert bytes_of(tmp_path / "first") == bytes_of(tmp_path / "again")
    scenario = read_scenario(tmp_path / "first")
    assert len(scenario.passengers) == n_passengers
    assert scenario.invented


def test_west_bromwich_and_smethwick_use_real_schools(tmp_path: Path, shared_data: Path) -> None:
    """25 schools of the register, the borough's own special setting first, none invented."""
    make_area_scenario(tmp_path, area=Area.WEST_BROMWICH_SMETHWICK, n_passengers=400, seed=1, shared=shared_data)
    schools = rows_of(tmp_path, "schools")
    assert len(schools) == 25
    assert schools[0]["name"] == "Sandwell Community School"
    assert all(re.fullmatch(r"\d{6}", school["urn"]) for school in schools)


def test_every_data_file_states_its_source(repository: Path) -> None:
    """Each file of `data/` stands in SOURCES.toml with origin, licence, date and today's digest."""
    data = repository / "data"
    sources = tomllib.loads((data / "SOURCES.toml").read_text(encoding="utf-8"))
    listed = {entry["path"]: entry for entry in sources["file"]}
    present = {
        path.relative_to(data).as_posix()
        for path in data.rglob("*")
        if path.is_file() and path.suffix == ".toml" and path.name != "SOURCES.toml"
    }
    assert present == set(listed)
    for path, entry in listed.items():
        assert entry["origin"], path
        assert entry["licence"], path
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", entry["date"]), path
        assert hashlib.sha256((data / path).read_bytes()).hexdigest() == entry["sha256"], path

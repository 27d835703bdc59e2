"""Seconds and metres between places, against figures worked out by hand on the square."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from routing.network.distances import Engine
from routing.network.graph import RoadNetwork
from routing.network.load import load_network
from routing.network.matrix import travel_matrix_of, unreachable_places
from routing.network.snap import PlacesOffStreetError
from routing.network.speeds import SpeedModel
from tests.routing.network.square_world import (
    CORNERS,
    SIDES,
    STREET,
    even_speeds,
    place,
    restriction,
    square,
    vehicle_class,
    write_osm,
)
from transport.calendar import Leg
from transport.places import Place
from transport.travel import UNREACHABLE, TravelMatrix
from transport.vehicles import VehicleClass

SOUTH_WEST, SOUTH_EAST = place("south_west", 250, 0), place("south_east", 750, 0)
WEST, EAST, NORTH = place("west", 0, 250), place("east", 1000, 250), place("north", 500, 1000)


def travel_of(
    network: RoadNetwork,
    *places: Place,
    engine: Engine = "auto",
    classes: tuple[VehicleClass, ...] = (),
    speeds: SpeedModel | None = None,
) -> TravelMatrix:
    return travel_matrix_of(network, places, classes, [], speeds or even_speeds(), engine=engine)


def metres(travel: TravelMatrix, a: Place, b: Place, profile: int = 0) -> int:
    return travel.metres_between(Leg.AM, a.place_id, b.place_id, profile=profile)


def test_the_part_of_the_street_counts_at_both_ends(tmp_path: Path, engine: Engine) -> None:
    """From 250 m along AB to the middle of CD: 250 back to A, 1000 up, 500 along; 2250 the other way."""
    travel = travel_of(square(tmp_path), SOUTH_WEST, NORTH, engine=engine)
    assert metres(travel, SOUTH_WEST, NORTH) == 250 + 1000 + 500
    assert travel.seconds_between(Leg.AM, "south_west", "north") == 175
    assert metres(travel, NORTH, SOUTH_WEST) == 1750


def test_two_places_on_one_street_go_straight(tmp_path: Path, engine: Engine) -> None:
    """500 m apart on AB: 500 m, not round by a junction."""
    travel = travel_of(square(tmp_path), SOUTH_WEST, SOUTH_EAST, engine=engine)
    assert metres(travel, SOUTH_WEST, SOUTH_EAST) == 500
    assert metres(travel, SOUTH_EAST, SOUTH_WEST) == 500
    assert metres(travel, SOUTH_WEST, SOUTH_WEST) == 0


@pytest.mark.parametrize("tag", [{"oneway": "yes"}, {"oneway:motor_vehicle": "yes"}, {"junction": "roundabout"}])
def test_against_a_one_way_street_one_drives_round(tmp_path: Path, engine: Engine, tag: dict[str, str]) -> None:
    """AB runs east only: 500 m with it; against it 250 on to B, three sides, 250 to the place."""
    travel = travel_of(square(tmp_path, sides={"AB": tag}), SOUTH_WEST, SOUTH_EAST, engine=engine)
    assert metres(travel, SOUTH_WEST, SOUTH_EAST) == 500
    assert metres(travel, SOUTH_EAST, SOUTH_WEST) == 250 + 3000 + 250


def test_a_reversed_one_way_street_runs_against_its_drawing(tmp_path: Path, engine: Engine) -> None:
    """oneway=-1 on AB: west only."""
    travel = travel_of(square(tmp_path, sides={"AB": {"oneway": "-1"}}), SOUTH_WEST, SOUTH_EAST, engine=engine)
    assert metres(travel, SOUTH_WEST, SOUTH_EAST) == 3500
    assert metres(travel, SOUTH_EAST, SOUTH_WEST) == 500


def test_a_forbidden_turn_is_not_taken(tmp_path: Path, engine: Engine) -> None:
    """No left turn from AB into BC: from the middle of AB to the east side by A, D and C."""
    middle = place("middle", 500, 0)
    free = travel_of(square(tmp_path), middle, EAST, engine=engine)
    network = square(tmp_path, relations=[restriction("no_left_turn", SIDES["AB"], "B", SIDES["BC"])])
    bound = travel_of(network, middle, EAST, engine=engine)
    assert metres(free, middle, EAST) == 500 + 250
    assert metres(bound, middle, EAST) == 500 + 1000 + 1000 + 750
    assert metres(bound, EAST, middle) == 750
    assert "1 of 1 turn restrictions are applied." in network.notes


def test_an_only_restriction_forbids_every_other_turn(tmp_path: Path, engine: Engine) -> None:
    """Only straight on at B into a long street to E: no turn into BC, no U-turn at B."""
    middle = place("middle", 500, 0)
    network = square(
        tmp_path,
        more_nodes={"E": (2500, 0)},
        more_ways={5: ("BE", STREET)},
        relations=[restriction("only_straight_on", SIDES["AB"], "B", 5)],
    )
    assert metres(travel_of(network, middle, EAST, engine=engine), middle, EAST) == 500 + 1000 + 1000 + 750


def test_a_forbidden_u_turn_binds_on_its_own_street_only(tmp_path: Path, engine: Engine) -> None:
    """No U-turn at B from AB: into BC one may still turn."""
    middle = place("middle", 500, 0)
    network = square(tmp_path, relations=[restriction("no_u_turn", SIDES["AB"], "B", SIDES["AB"])])
    assert metres(travel_of(network, middle, EAST, engine=engine), middle, EAST) == 750


def test_restrictions_by_a_way_are_left_out_and_counted(tmp_path: Path) -> None:
    """A via-way restriction changes nothing and is told."""
    members = [("from", "way", 1), ("via", "way", 2), ("to", "way", 3)]
    tags = {"type": "restriction", "restriction": "no_right_turn"}
    network = square(tmp_path, relations=[(tags, members)])
    assert "0 of 1 turn restrictions are applied; left out: 1 via a way." in network.notes
    assert metres(travel_of(network, SOUTH_WEST, NORTH), SOUTH_WEST, NORTH) == 1750


def test_nobody_passes_a_bollard(tmp_path: Path, engine: Engine) -> None:
    """A bollard in the middle of AB: from one half to the other by three sides."""
    network = square(tmp_path, via={"AB": "AMB"}, more_nodes={"M": (500, 0)}, node_tags={"M": {"barrier": "bollard"}})
    assert metres(travel_of(network, SOUTH_WEST, SOUTH_EAST, engine=engine), SOUTH_WEST, SOUTH_EAST) == 3500


@pytest.mark.parametrize("how", ["private street", "private gate", "destination only"])
def test_private_streets_are_reached_but_not_driven_through(tmp_path: Path, engine: Engine, how: str) -> None:
    """A home on private AB is reached; from west to east nobody takes AB as a short cut."""
    if how == "private gate":
        gate = {"M": {"barrier": "gate", "access": "private"}}
        network = square(tmp_path, via={"AB": "AMB"}, more_nodes={"M": (500, 0)}, node_tags=gate)
    else:
        access = "private" if how == "private street" else "destination"
        network = square(tmp_path, sides={"AB": {"access": access}})
    travel = travel_of(network, WEST, EAST, SOUTH_WEST, engine=engine)
    assert metres(travel, WEST, EAST) == 750 + 1000 + 750
    assert metres(travel, WEST, SOUTH_WEST) == 250 + 250
    assert metres(travel, SOUTH_WEST, EAST) == 750 + 250
    assert metres(travel, EAST, SOUTH_WEST) == 250 + 750


def test_a_private_estate_of_several_streets_is_driven_within(tmp_path: Path, engine: Engine) -> None:
    """Private A-M-B with a private lane M-N: between homes of the estate one stays inside it."""
    private = {**STREET, "access": "private"}
    network = square(
        tmp_path,
        sides={"AB": {"access": "private"}},
        via={"AB": "AMB"},
        more_nodes={"M": (500, 0), "N": (500, -400)},
        more_ways={5: ("MN", private)},
    )
    lane = place("lane", 500, -300)
    travel = travel_of(network, SOUTH_WEST, lane, WEST, EAST, engine=engine)
    assert metres(travel, SOUTH_WEST, lane) == 250 + 300
    assert metres(travel, lane, WEST) == 300 + 500 + 250
    assert metres(travel, WEST, EAST) == 2500


def test_a_low_bridge_stops_high_vehicles_only(tmp_path: Path, engine: Engine) -> None:
    """maxheight 2.5 m on AB: the 3 m bus goes round, the 2 m car and the class of unknown size do not."""
    network = square(tmp_path, sides={"AB": {"maxheight": "2.5"}})
    classes = (vehicle_class("bus", height_cm=300), vehicle_class("car", height_cm=200), vehicle_class("any"))
    travel = travel_of(network, WEST, EAST, SOUTH_WEST, engine=engine, classes=classes)
    assert travel.profile_by_class_id == {"bus": 1, "car": 0, "any": 0}
    assert metres(travel, WEST, EAST, profile=0) == 1500
    assert metres(travel, WEST, EAST, profile=1) == 2500
    assert metres(travel, WEST, SOUTH_WEST, profile=1) == UNREACHABLE
    assert metres(travel, SOUTH_WEST, SOUTH_WEST, profile=1) == 0


@pytest.mark.parametrize(
    ("tag", "size"),
    [
        ({"maxweight": "3.5"}, {"weight_kg": 5_000}),
        ({"maxwidth": "6'6\""}, {"width_cm": 210}),
        ({"maxlength": "7 m"}, {"length_cm": 710}),
    ],
)
def test_every_size_limit_binds(tmp_path: Path, tag: dict[str, str], size: dict[str, int]) -> None:
    """Weight, width and length limits on AB bar the class that exceeds them."""
    travel = travel_of(square(tmp_path, sides={"AB": tag}), WEST, EAST, classes=(vehicle_class("bus", **size),))
    assert metres(travel, WEST, EAST, profile=travel.profile_by_class_id["bus"]) == 2500


def test_profiles_that_make_no_difference_share_one(tmp_path: Path) -> None:
    """A limit on a dead end that no trip needs gives no second matrix."""
    network = square(tmp_path, more_nodes={"E": (1500, 0)}, more_ways={5: ("BE", {**STREET, "maxheight": "2"})})
    travel = travel_of(network, WEST, EAST, classes=(vehicle_class("bus", height_cm=300),))
    assert travel.seconds.shape[0] == 1
    assert travel.profile_by_class_id == {"bus": 0}


def test_a_class_may_be_kept_off_private_streets(tmp_path: Path) -> None:
    """The class named in no_private_class_ids does not reach a home on a private street."""
    network = square(tmp_path, sides={"AB": {"access": "private"}})
    classes = (vehicle_class("bus"), vehicle_class("car"))
    travel = travel_matrix_of(network, [WEST, SOUTH_WEST], classes, [], even_speeds(), no_private_class_ids={"bus"})
    assert metres(travel, WEST, SOUTH_WEST, profile=travel.profile_by_class_id["bus"]) == UNREACHABLE
    assert metres(travel, WEST, SOUTH_WEST, profile=travel.profile_by_class_id["car"]) == 500
    assert unreachable_places(travel, ["south_west"], ["west"]) == []


def test_places_without_any_vehicle_are_listed(tmp_path: Path) -> None:
    """Where only the bus is there and the bridge is too low for it, the home behind it is named."""
    network = square(tmp_path, sides={"AB": {"maxheight": "2.5"}})
    travel = travel_of(network, WEST, EAST, SOUTH_WEST, classes=(vehicle_class("bus", height_cm=300),))
    assert unreachable_places(travel, ["west", "south_west"], ["east"]) == ["south_west"]


def test_traffic_signals_cost_time_where_they_are_passed(tmp_path: Path, engine: Engine) -> None:
    """Signals at B cost 12 s on the way from AB to BC, and nothing on the way that ends before B."""
    network = square(tmp_path, node_tags={"B": {"highway": "traffic_signals"}})
    travel = travel_of(network, SOUTH_WEST, SOUTH_EAST, EAST, engine=engine, speeds=even_speeds(signal_s=12))
    assert travel.seconds_between(Leg.AM, "south_west", "east") == 100 + 12
    assert travel.seconds_between(Leg.AM, "south_west", "south_east") == 50


def test_am_and_pm_have_their_own_times(tmp_path: Path) -> None:
    """A PM factor of 2 doubles PM seconds alone; the authority factor applies to both."""
    network = square(tmp_path)
    speeds = even_speeds(pm_factor=2.0, authority_factor_pct=110.0)
    travel = travel_of(network, SOUTH_WEST, SOUTH_EAST, speeds=speeds)
    assert travel.seconds_between(Leg.AM, "south_west", "south_east") == 55
    assert travel.seconds_between(Leg.PM, "south_west", "south_east") == 110
    assert travel.metres_between(Leg.PM, "south_west", "south_east") == 500


def test_metres_belong_to_the_fastest_path_not_to_the_shortest(tmp_path: Path, engine: Engine) -> None:
    """BC, CD and DA at 144 km/h: from the west side to the east the 2500 m round are faster than 1500 m."""
    fast = {"maxspeed": "144"}
    network = square(tmp_path, sides=dict.fromkeys(("BC", "CD", "DA"), fast))
    travel = travel_of(network, WEST, EAST, engine=engine)
    assert travel.seconds_between(Leg.AM, "west", "east") == 62 + 1  # 2500 m at 40 m/s, half up
    assert metres(travel, WEST, EAST) == 2500


def test_of_equally_fast_paths_the_shorter_counts(tmp_path: Path, engine: Engine) -> None:
    """Direct 1000 m at 10 m/s and 2000 m at 20 m/s both take 100 s: the metres are 1000."""
    nodes = {**CORNERS, "E": (-500, 0), "F": (1500, 0), "X": (0, -500), "Y": (1000, -500)}
    fast = {**STREET, "maxspeed": "72"}
    ways = {1: ("AB", STREET), 2: ("EA", STREET), 3: ("BF", STREET), 4: ("AXYB", fast)}
    network = load_network(write_osm(tmp_path / "tie.osm", nodes, ways))
    west, east = place("w", -100, 0), place("e", 1100, 0)
    travel = travel_of(network, west, east, engine=engine)
    assert travel.seconds_between(Leg.AM, "w", "e") == 120
    assert metres(travel, west, east) == 1200


def test_places_at_one_point_share_a_row(tmp_path: Path) -> None:
    """Two passengers of one home: one row, no metres between them."""
    twin = replace(SOUTH_WEST, place_id="twin")
    travel = travel_of(square(tmp_path), SOUTH_WEST, twin, NORTH)
    assert travel.row_by_place_id["twin"] == travel.row_by_place_id["south_west"]
    assert travel.seconds.shape == (1, 2, 2, 2)


def test_every_place_far_from_a_street_is_named(tmp_path: Path) -> None:
    """Two places off the streets: both in one error, with their gap and the limit."""
    far, farther = place("far", 500, -300), place("farther", 500, -400)
    with pytest.raises(PlacesOffStreetError) as caught:
        travel_of(square(tmp_path), SOUTH_WEST, far, farther)
    assert [p.place_id for p in caught.value.places] == ["far", "farther"]
    assert [p.gap_m for p in caught.value.places] == pytest.approx([300, 400], abs=2)
    lines = str(caught.value).splitlines()
    assert [line.split(" is ")[0] for line in lines] == ["place far", "place farther"]
    assert all("at most 200 m is allowed" in line for line in lines)


def test_the_gap_to_the_street_is_told_and_not_driven(tmp_path: Path) -> None:
    """A home 100 m south of AB: same metres as from the street, the gap in the notes."""
    yard = place("yard", 250, -100)
    travel = travel_of(square(tmp_path), yard, SOUTH_EAST)
    assert metres(travel, yard, SOUTH_EAST) == 500
    assert re.search("10[01] m at most", travel.notes[-1])


def test_no_place_is_snapped_to_a_motorway(tmp_path: Path) -> None:
    """A motorway runs nearer to the home than AB does."""
    network = square(
        tmp_path,
        more_nodes={"E": (0, -50), "F": (1000, -50)},
        more_ways={5: ("AEFB", {"highway": "motorway", "oneway": "no"})},
    )
    home = place("home", 250, -40)
    assert metres(travel_of(network, home, SOUTH_EAST), home, SOUTH_EAST) == 500


def test_the_matrix_is_cached_under_every_input(tmp_path: Path) -> None:
    """Same inputs come from the cache; other speeds or points are another file; a broken one is remade."""
    network, cache = square(tmp_path), tmp_path / "cache"

    def fetch(speeds: SpeedModel, *places: Place) -> TravelMatrix:
        classes = (vehicle_class("car"),)
        return travel_matrix_of(network, places, classes, [], speeds, cache_dir=cache)

    first = fetch(even_speeds(), SOUTH_WEST, NORTH)
    again = fetch(even_speeds(), SOUTH_WEST, NORTH)
    assert again.digest == first.digest
    assert again.row_by_place_id == first.row_by_place_id
    assert again.notes == first.notes
    np.testing.assert_array_equal(again.seconds, first.seconds)
    fetch(even_speeds(pm_factor=2), SOUTH_WEST, NORTH)
    fetch(even_speeds(), SOUTH_WEST, SOUTH_EAST)
    files = sorted(cache.glob("travel-*.npz"))
    assert len(files) == 3
    for file in files:
        file.write_bytes(b"broken")
    np.testing.assert_array_equal(fetch(even_speeds(), SOUTH_WEST, NORTH).metres, first.metres)


def test_without_routingkit_the_same_numbers_come_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With pyroutingkit not importable, "auto" answers and "cch" says what is missing."""
    network = square(tmp_path, sides={"AB": {"oneway": "yes"}})
    places = (SOUTH_WEST, SOUTH_EAST, NORTH, WEST, EAST)
    usual = travel_of(network, *places)
    monkeypatch.setitem(sys.modules, "pyroutingkit", None)
    without = travel_of(network, *places)
    np.testing.assert_array_equal(usual.seconds, without.seconds)
    np.testing.assert_array_equal(usual.metres, without.metres)
    assert usual.digest == without.digest
    with pytest.raises(ImportError, match="pyroutingkit"):
        travel_of(replace(network), *places, engine="cch")


def random_streets(folder: Path, seed: int) -> RoadNetwork:
    """An 8 x 8 grid with random holes, one-ways, limits, private streets and restrictions."""
    rng = np.random.default_rng(seed)
    size = 8
    name = {(x, y): chr(200 + x * size + y) for x in range(size) for y in range(size)}
    at = {n: (x * 211.0 + rng.uniform(-40, 40), y * 187.0 + rng.uniform(-40, 40)) for (x, y), n in name.items()}
    links = [((x, y), (x + dx, y + dy)) for x, y in name for dx, dy in ((0, 1), (1, 0)) if (x + dx, y + dy) in name]
    ways: dict[int, tuple[str, dict[str, str]]] = {}
    for way_id, (a, b) in enumerate(links, start=1):
        tags = dict(STREET)
        kind = rng.uniform()
        if kind < 0.12:
            continue
        if kind < 0.3:
            tags["oneway"] = "yes"
        elif kind < 0.38:
            tags["access"] = "private"
        tags["maxspeed"] = str(int(rng.choice([20, 30, 50, 70])))
        ways[way_id] = (name[a] + name[b], tags)
    relations = []
    for _ in range(25):
        a, b = rng.choice(list(ways), 2, replace=False).tolist()
        shared = set(ways[a][0]) & set(ways[b][0])
        if shared:
            relations.append(restriction(str(rng.choice(["no_left_turn", "only_right_turn"])), a, shared.pop(), b))
    return load_network(write_osm(folder / f"grid{seed}.osm", at, ways, relations=relations))


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_both_engines_agree_on_random_streets(tmp_path: Path, seed: int) -> None:
    """Seconds and metres equal to the last one, with every kind of street in the grid."""
    pytest.importorskip("pyroutingkit")
    network = random_streets(tmp_path, seed)
    rng = np.random.default_rng(seed)
    places = [place(f"p{k}", *rng.uniform((0, 0), (1477, 1309))) for k in range(60)]
    classes = (vehicle_class("car"), vehicle_class("bus"))
    by_engine = [
        travel_matrix_of(
            network,
            places,
            classes,
            [],
            even_speeds(),
            max_snap_gap_m=2_000,
            no_private_class_ids={"bus"},
            engine=engine,
        )
        for engine in ("cch", "scipy")
    ]
    assert by_engine[0].seconds.shape == (2, 2, 60, 60)
    np.testing.assert_array_equal(by_engine[0].seconds, by_engine[1].seconds)
    np.testing.assert_array_equal(by_engine[0].metres, by_engine[1].metres)

"""Lines on the map: the same trips that the matrices measure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from routing.network.approximate import approximate_network
from routing.network.distances import Engine
from routing.network.graph import FloatArray, RoadNetwork
from routing.network.matrix import travel_matrix_of
from routing.network.paths import PathFinder, paths_between, simplified
from routing.network.projection import distance_m
from tests.routing.network.square_world import (
    SIDES,
    STREET,
    even_speeds,
    lat_lon,
    place,
    restriction,
    square,
    vehicle_class,
)
from tests.routing.network.test_matrix import random_streets
from transport.calendar import Leg
from transport.places import Place

SOUTH_WEST, SOUTH_EAST = place("south_west", 250, 0), place("south_east", 750, 0)
WEST, EAST, NORTH = place("west", 0, 250), place("east", 1000, 250), place("north", 500, 1000)


def line_of(network: RoadNetwork, a: Place, b: Place, engine: Engine = "auto") -> FloatArray:
    (line,) = paths_between(
        network, [a, b], [(a.place_id, b.place_id)], Leg.AM, even_speeds(), tolerance_m=0, engine=engine
    )
    return line


def on_map(*points: tuple[float, float]) -> FloatArray:
    return np.array([lat_lon(x, y) for x, y in points])


def length_m(line: FloatArray) -> float:
    return float(distance_m(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1]).sum())


def test_a_line_starts_and_ends_on_the_street_in_front_of_the_places(tmp_path: Path, engine: Engine) -> None:
    """From AB by A and D to CD: four points."""
    line = line_of(square(tmp_path), SOUTH_WEST, NORTH, engine)
    np.testing.assert_allclose(line, on_map((250, 0), (0, 0), (0, 1000), (500, 1000)), atol=1e-6)


def test_a_line_on_one_street_is_straight(tmp_path: Path, engine: Engine) -> None:
    """Two points, in the direction of the trip."""
    line = line_of(square(tmp_path), SOUTH_EAST, SOUTH_WEST, engine)
    np.testing.assert_allclose(line, on_map((750, 0), (250, 0)), atol=1e-6)


def test_a_line_goes_round_against_a_one_way_street(tmp_path: Path, engine: Engine) -> None:
    """AB runs east: back from 750 to 250 by all four corners."""
    line = line_of(square(tmp_path, sides={"AB": {"oneway": "yes"}}), SOUTH_EAST, SOUTH_WEST, engine)
    corners = ((750, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0), (250, 0))
    np.testing.assert_allclose(line, on_map(*corners), atol=1e-6)


def test_a_line_obeys_a_turn_restriction(tmp_path: Path, engine: Engine) -> None:
    """No turn from AB into BC: by A, D and C."""
    network = square(tmp_path, relations=[restriction("no_left_turn", SIDES["AB"], "B", SIDES["BC"])])
    line = line_of(network, place("middle", 500, 0), EAST, engine)
    corners = ((500, 0), (0, 0), (0, 1000), (1000, 1000), (1000, 250))
    np.testing.assert_allclose(line, on_map(*corners), atol=1e-6)


def test_a_line_keeps_the_bends_of_the_street(tmp_path: Path) -> None:
    """AB bulges south by M."""
    network = square(tmp_path, via={"AB": "AMB"}, more_nodes={"M": (500, -100)})
    line = line_of(network, WEST, EAST)
    np.testing.assert_allclose(line, on_map((0, 250), (0, 0), (500, -100), (1000, 0), (1000, 250)), atol=1e-6)


def test_each_class_has_its_own_line(tmp_path: Path) -> None:
    """A low bridge on AB: the bus goes round; where no road leads the line is empty."""
    network = square(tmp_path, sides={"AB": {"maxheight": "2.5"}})
    finder = PathFinder(
        network,
        [WEST, EAST, SOUTH_WEST],
        [vehicle_class("bus", height_cm=300), vehicle_class("car")],
        [],
        even_speeds(),
    )
    pairs = [("west", "east"), ("west", "south_west")]
    car = finder.lines(pairs, Leg.AM, class_id="car")
    bus = finder.lines(pairs, Leg.AM, class_id="bus")
    assert [round(length_m(line), -1) for line in car] == [1500, 500]
    assert round(length_m(bus[0]), -1) == 2500
    assert bus[1].shape == (0, 2)


def test_a_place_to_itself_is_a_line_of_no_length(tmp_path: Path) -> None:
    """Two equal points, on the street."""
    (line,) = paths_between(square(tmp_path), [SOUTH_WEST], [("south_west",) * 2], Leg.AM, even_speeds())
    np.testing.assert_allclose(line, on_map((250, 0), (250, 0)), atol=1e-6)


def test_a_way_that_returns_to_its_start_is_followed(tmp_path: Path, engine: Engine) -> None:
    """A loop hanging from B: one leaves a home on it the shorter way round."""
    nodes = {"E": (1200, -200), "F": (1400, 0), "G": (1200, 200)}
    network = square(tmp_path, more_nodes=nodes, more_ways={5: ("BEFGB", STREET)})
    home = place("home", 1100, -100)
    line = line_of(network, home, SOUTH_EAST, engine)
    np.testing.assert_allclose(line, on_map((1100, -100), (1000, 0), (750, 0)), atol=2e-6)


@pytest.mark.parametrize("seed", [5, 6])
def test_lines_are_as_long_as_the_matrix_says(tmp_path: Path, engine: Engine, seed: int) -> None:
    """On random streets every line measures the metres of its pair."""
    network = random_streets(tmp_path, seed)
    rng = np.random.default_rng(seed)
    places = [place(f"p{k}", *rng.uniform((0, 0), (1477, 1309))) for k in range(25)]
    travel = travel_matrix_of(network, places, [], [], even_speeds(), max_snap_gap_m=2_000, engine=engine)
    finder = PathFinder(network, places, [], [], even_speeds(), max_snap_gap_m=2_000, engine=engine)
    pairs = [(a.place_id, b.place_id) for a in places for b in places]
    lines = finder.lines(pairs, Leg.AM, tolerance_m=0)
    measured = np.array([length_m(line) for line in lines])
    expected = np.array([travel.metres_between(Leg.AM, a, b) for a, b in pairs])
    np.testing.assert_allclose(measured, expected, atol=3)


def test_lines_on_an_approximate_network_run_along_its_links() -> None:
    """Three postcodes in a row and one aside: by the middle one."""
    points = np.array([lat_lon(0, 0), lat_lon(500, 30), lat_lon(1000, 0), lat_lon(500, 900)])
    places = [place("a", 0, 0), place("c", 1000, 0)]
    network = approximate_network(points, circuity=1.0)
    (line,) = paths_between(network, places, [("a", "c")], Leg.AM, even_speeds(), tolerance_m=0)
    np.testing.assert_allclose(line, on_map((0, 0), (500, 30), (1000, 0)), atol=1e-6)


def test_simplifying_leaves_out_what_cannot_be_seen() -> None:
    """A bend of 2 m goes at a tolerance of 5 m, one of 50 m stays; the ends stay."""
    line = on_map((0, 0), (500, 2), (1000, 0), (1500, 50), (2000, 0))
    np.testing.assert_allclose(simplified(line, 5), on_map((0, 0), (1000, 0), (1500, 50), (2000, 0)), atol=1e-9)
    assert simplified(line, 0) is line

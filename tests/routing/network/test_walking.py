"""Walking distances: footways count, one-ways do not, motorways are out."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing.network.distances import Engine
from routing.network.matrix import travel_matrix_of
from routing.network.walking import walking_distance_m, walking_distances_m
from tests.routing.network.square_world import STREET, even_speeds, place, square

WEST, EAST = place("west", 0, 250), place("east", 1000, 250)


def test_a_footpath_shortens_the_way_on_foot_only(tmp_path: Path) -> None:
    """A path across from D to B: 1000 x root 2."""
    path = {"highway": "footway"}
    network = square(tmp_path, more_ways={5: ("DB", path)}, mode="walk")
    corner_d, corner_b = place("d", 0, 1000), place("b", 1000, 0)
    assert walking_distance_m(network, corner_d, corner_b) == pytest.approx(1414, abs=2)
    roads = square(tmp_path, more_ways={5: ("DB", path)})
    travel = travel_matrix_of(roads, [corner_d, corner_b], [], [], even_speeds())
    assert travel.metres[0, 0, 0, 1] == 2000


def test_walkers_use_one_way_streets_both_ways(tmp_path: Path, engine: Engine) -> None:
    """AB is one-way for vehicles; the matrix is symmetric."""
    network = square(tmp_path, sides={"AB": {"oneway": "yes"}}, mode="walk")
    metres = walking_distances_m(network, [WEST, EAST], [WEST, EAST], engine=engine)
    assert metres.tolist() == [[0, 1500], [1500, 0]]


def test_many_homes_to_few_schools_come_in_the_order_given(tmp_path: Path, engine: Engine) -> None:
    """Three homes, one school; and the other way about."""
    homes = [place("h1", 250, 0), place("h2", 0, 250), place("h3", 0, 1000)]
    network = square(tmp_path, mode="walk")
    assert walking_distances_m(network, homes, [EAST], engine=engine).tolist() == [[1000], [1500], [1750]]
    assert walking_distances_m(network, [EAST], homes, engine=engine).tolist() == [[1000, 1500, 1750]]


def test_nobody_walks_on_a_motorway_or_a_private_way(tmp_path: Path) -> None:
    """AB is a motorway or private: the way is round."""
    for tags in ({"highway": "motorway"}, {"access": "private"}):
        network = square(tmp_path, sides={"AB": tags}, mode="walk")
        assert walking_distance_m(network, WEST, EAST) == 2500


def test_a_bollard_stops_nobody_on_foot(tmp_path: Path) -> None:
    """A bollard in AB."""
    network = square(
        tmp_path,
        via={"AB": "AMB"},
        more_nodes={"M": (500, 0)},
        node_tags={"M": {"barrier": "bollard"}},
        mode="walk",
    )
    assert walking_distance_m(network, WEST, EAST) == 1500


def test_each_network_serves_its_own_mode(tmp_path: Path) -> None:
    """A driving network gives no walking distance, and the other way about."""
    with pytest.raises(ValueError, match="needs mode walk"):
        walking_distance_m(square(tmp_path, sides={"AB": STREET}), WEST, EAST)
    with pytest.raises(ValueError, match="need mode drive"):
        travel_matrix_of(square(tmp_path, mode="walk"), [WEST], [], [], even_speeds())

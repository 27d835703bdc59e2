"""Travel worked out when asked for: number by number what the matrices say."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np

from routing.network.distances import Engine
from routing.network.graph import RoadNetwork
from routing.network.matrix import travel_matrix_of, unreachable_places
from routing.network.road_travel import RoadTravel, travel_of
from tests.routing.network.square_world import even_speeds, place, square, vehicle_class
from transport.calendar import LEGS
from transport.places import Place
from transport.travel import TravelMatrix

PLACES = (
    place("south_west", 250, 0), place("south_east", 750, 0), place("west", 0, 250), place("east", 1000, 250),
    place("north", 500, 1000), place("twin", 250, 0), place("beside", 300, 0), place("before", 200, 0),
)  # fmt: skip
CLASSES = (vehicle_class("CAR"),)


def both(network: RoadNetwork, engine: Engine, places: tuple[Place, ...] = PLACES) -> tuple[TravelMatrix, RoadTravel]:
    by_pairs = travel_of(network, places, CLASSES, [], even_speeds(), engine=engine, most_rows=2)
    assert isinstance(by_pairs, RoadTravel)
    return travel_matrix_of(network, places, CLASSES, [], even_speeds(), engine=engine), by_pairs


def test_every_pair_is_the_matrices(tmp_path: Path, engine: Engine) -> None:
    """Seconds and metres of all pairs, both legs; places at one point share a row here too."""
    matrix, by_pairs = both(square(tmp_path), engine)
    assert by_pairs.row_by_place_id == matrix.row_by_place_id
    assert by_pairs.row_by_place_id["twin"] == by_pairs.row_by_place_id["south_west"]
    for leg in LEGS:
        for a in PLACES:
            for b in PLACES:
                pair = (leg, a.place_id, b.place_id)
                assert by_pairs.seconds_between(*pair) == matrix.seconds_between(*pair), pair
                assert by_pairs.metres_between(*pair) == matrix.metres_between(*pair), pair


def test_blocks_are_the_matrices(tmp_path: Path, engine: Engine) -> None:
    """Some rows to some others, in any order; and rows to all."""
    matrix, by_pairs = both(square(tmp_path), engine)
    rows, to_rows = np.array([4, 0, 2]), np.array([3, 2, 1, 0])
    for mine, theirs in zip(by_pairs.block(rows, to_rows), matrix.block(rows, to_rows), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    for leg in LEGS:
        np.testing.assert_array_equal(by_pairs.seconds_from(leg, rows), matrix.seconds_from(leg, rows))
    ids = [p.place_id for p in PLACES]
    assert unreachable_places(by_pairs, ids, ["north"]) == unreachable_places(matrix, ids, ["north"])


def test_it_has_the_matrices_digest_and_goes_to_another_process(tmp_path: Path) -> None:
    """The same inputs have the same digest; pickled and read again it answers the same."""
    matrix, by_pairs = both(square(tmp_path), "auto")
    again = pickle.loads(pickle.dumps(by_pairs))
    assert again.digest == by_pairs.digest == matrix.digest
    rows = np.arange(3)
    np.testing.assert_array_equal(again.block(rows, rows)[0], matrix.block(rows, rows)[0])


def test_few_places_have_matrices(tmp_path: Path) -> None:
    """Places are counted by point: seven points of eight places are no more than seven."""
    network = square(tmp_path)
    assert isinstance(travel_of(network, PLACES, CLASSES, [], even_speeds(), most_rows=7), TravelMatrix)
    assert isinstance(travel_of(network, PLACES, CLASSES, [], even_speeds(), most_rows=6), RoadTravel)

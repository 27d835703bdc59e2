"""The network of postcode points: relative neighbours, trip times, one point and two."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from routing.network.approximate import approximate_network, relative_neighbours
from routing.network.matrix import travel_matrix_of
from tests.routing.network.square_world import even_speeds, lat_lon, place
from transport.calendar import Leg


def by_definition(xy: np.ndarray) -> set[tuple[int, int]]:
    """Pairs with no third point nearer to both than they are to each other."""
    d = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    n = len(xy)
    return {
        (a, b)
        for a in range(n)
        for b in range(a + 1, n)
        if not any(max(d[a, c], d[b, c]) < d[a, b] * (1 - 1e-9) for c in range(n) if c not in (a, b))
    }


@given(st.lists(st.tuples(st.integers(0, 997), st.integers(0, 991)), min_size=1, max_size=40, unique=True))
def test_links_join_relative_neighbours(points: list[tuple[int, int]]) -> None:
    """Against the definition, on points in general position (each moved a little by its index)."""
    xy = np.array(points, float) + np.array([(np.sin(k * 7.3), np.cos(k * 3.1)) for k in range(len(points))]) * 0.3
    pairs = relative_neighbours(xy)
    assert {(int(a), int(b)) for a, b in pairs} == by_definition(xy)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(xy), len(xy)))
    assert connected_components(graph, directed=False)[0] == 1


def test_points_on_one_line_make_a_chain() -> None:
    """Delaunay cannot be made of them; the chain is what the definition says."""
    xy = np.column_stack((np.array([0.0, 300.0, 100.0, 700.0, 450.0]), np.zeros(5)))
    assert {tuple(pair) for pair in relative_neighbours(xy).tolist()} == {(0, 2), (1, 2), (1, 4), (3, 4)}


def test_metres_follow_the_links_and_seconds_grow_with_the_root() -> None:
    """4 km along links with circuity 1: 100 s x sqrt(4) in the morning, twice that in the afternoon."""
    places = [place(f"p{k}", 1000.0 * k, 0) for k in range(5)]
    network = approximate_network(np.array([(p.lat, p.lon) for p in places]), circuity=1.0)
    travel = travel_matrix_of(network, places, [], [], even_speeds())
    assert travel.approximate
    assert travel.metres_between(Leg.AM, "p0", "p4") == pytest.approx(4000, abs=2)
    assert travel.seconds_between(Leg.AM, "p0", "p4") == 200
    assert travel.seconds_between(Leg.PM, "p0", "p1") == 200
    assert travel.seconds_between(Leg.AM, "p2", "p2") == 0
    assert any("approximate" in note for note in travel.notes)


def test_circuity_lengthens_every_trip() -> None:
    """Circuity 1.2: 1000 m as the crow flies are 1200 m; the authority factor stretches seconds alone."""
    places = [place("a", 0, 0), place("b", 1000, 0)]
    network = approximate_network(np.array([(p.lat, p.lon) for p in places]), circuity=1.2)
    travel = travel_matrix_of(network, places, [], [], even_speeds(authority_factor_pct=150))
    assert travel.metres_between(Leg.AM, "a", "b") == pytest.approx(1200, abs=1)
    assert travel.seconds_between(Leg.AM, "a", "b") == round(150 * 1.2**0.5)


def test_one_point_is_enough() -> None:
    """All passengers at the school: no trip, no fault."""
    school = place("school", 0, 0)
    network = approximate_network(np.array([(school.lat, school.lon)]), circuity=1.0)
    travel = travel_matrix_of(network, [school], [], [], even_speeds())
    assert travel.seconds_between(Leg.AM, "school", "school") == 0


def test_postcodes_that_share_a_point_are_one() -> None:
    """Equal points and points half a metre apart make one node."""
    points = np.array([lat_lon(0, 0), lat_lon(0, 0), lat_lon(0.2, 0), lat_lon(900, 0)])
    assert approximate_network(points, circuity=1.0).n_nodes == 2


def test_outside_great_britain_the_projection_is_utm() -> None:
    """Heidelberg lies in UTM zone 32."""
    points = np.array([(49.40, 8.67), (49.41, 8.68), (49.42, 8.66)])
    assert approximate_network(points, circuity=1.0).crs == "EPSG:32632"


def test_no_points_are_refused() -> None:
    """Nothing to build of."""
    with pytest.raises(ValueError, match="at least one point"):
        approximate_network(np.empty((0, 2)), circuity=1.0)

"""What the reader makes of tags, barriers and clipped extracts."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing.network.graph import STREET_CLASSES
from routing.network.load import load_network
from routing.network.osm_tags import (
    KPH_PER_MPH,
    Access,
    barrier_access,
    directions_of,
    drive_access,
    length_cm,
    limits_kph,
    restriction_of,
    size_limits,
    walk_access,
    weight_kg,
)
from tests.routing.network.square_world import CORNERS, STREET, even_speeds, square, write_osm


@pytest.mark.parametrize(
    ("tags", "access"),
    [
        ({"highway": "residential"}, Access.OPEN),
        ({"highway": "service"}, Access.OPEN),
        ({"highway": "residential", "access": "no"}, Access.CLOSED),
        ({"highway": "residential", "access": "no", "motor_vehicle": "yes"}, Access.OPEN),
        ({"highway": "residential", "access": "yes", "motor_vehicle": "no"}, Access.CLOSED),
        ({"highway": "residential", "vehicle": "destination"}, Access.DESTINATION),
        ({"highway": "residential", "motor_vehicle": "permit"}, Access.PRIVATE),
        ({"highway": "service", "access": "private"}, Access.PRIVATE),
        ({"highway": "service", "service": "emergency_access"}, Access.CLOSED),
        ({"highway": "residential", "access": "agricultural"}, Access.CLOSED),
        ({"highway": "residential", "motor_vehicle": "agricultural;destination"}, Access.DESTINATION),
        ({"highway": "residential", "oneway": "reversible"}, Access.CLOSED),
        ({"highway": "track"}, Access.CLOSED),
        ({"highway": "track", "tracktype": "grade1"}, Access.PRIVATE),
        ({"highway": "track", "motor_vehicle": "yes"}, Access.OPEN),
        ({"highway": "pedestrian"}, Access.CLOSED),
        ({"highway": "footway", "motor_vehicle": "yes"}, Access.CLOSED),
        ({"highway": "busway"}, Access.CLOSED),
        ({"highway": "proposed"}, Access.CLOSED),
    ],
)
def test_who_may_drive(tags: dict[str, str], access: Access) -> None:
    """The most specific key decides; private streets stay, flagged."""
    assert drive_access(tags) is access


@pytest.mark.parametrize(
    ("tags", "may_walk"),
    [
        ({"highway": "footway"}, True),
        ({"highway": "steps"}, True),
        ({"highway": "residential"}, True),
        ({"highway": "motorway"}, False),
        ({"highway": "motorway_link"}, False),
        ({"highway": "trunk", "motorroad": "yes"}, False),
        ({"highway": "footway", "access": "private"}, False),
        ({"highway": "footway", "foot": "no"}, False),
        ({"highway": "track", "access": "private", "foot": "designated"}, True),
    ],
)
def test_who_may_walk(tags: dict[str, str], may_walk: bool) -> None:
    """Public ways only; a right of way over a private track counts."""
    assert (walk_access(tags) is Access.OPEN) is may_walk


@pytest.mark.parametrize(
    ("tags", "both"),
    [
        ({}, (True, True)),
        ({"oneway": "yes"}, (True, False)),
        ({"oneway": "-1"}, (False, True)),
        ({"oneway": "no", "junction": "roundabout"}, (True, True)),
        ({"junction": "circular"}, (True, False)),
        ({"highway": "motorway"}, (True, False)),
        ({"highway": "motorway_link"}, (True, True)),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, (True, True)),
        ({"oneway:motorcar": "yes"}, (True, False)),
        ({"oneway": "alternating"}, (True, True)),
    ],
)
def test_directions(tags: dict[str, str], both: tuple[bool, bool]) -> None:
    """Implied one-ways hold unless a tag says otherwise; the vehicle's own tag wins."""
    assert directions_of(tags) == both


@pytest.mark.parametrize(
    ("tags", "mph"),
    [
        ({"maxspeed": "30 mph"}, (30, 30)),
        ({"maxspeed": "20mph"}, (20, 20)),
        ({"maxspeed": "50"}, (50 / KPH_PER_MPH, 50 / KPH_PER_MPH)),
        ({"maxspeed": "national"}, (60, 60)),
        ({"maxspeed": "national", "highway": "motorway"}, (70, 70)),
        ({"maxspeed:type": "GB:nsl_single"}, (60, 60)),
        ({"maxspeed": "signals", "source:maxspeed": "GB:nsl_dual"}, (70, 70)),
        ({"maxspeed": "40 mph", "maxspeed:backward": "20 mph"}, (40, 20)),
        ({"maxspeed": "walk"}, (8 / KPH_PER_MPH, 8 / KPH_PER_MPH)),
        ({"maxspeed": "fast"}, (0, 0)),
        ({}, (0, 0)),
    ],
)
def test_speed_limits(tags: dict[str, str], mph: tuple[float, float]) -> None:
    """Miles and kilometres per hour, national limits, either direction."""
    assert [kph / KPH_PER_MPH for kph in limits_kph(tags)] == pytest.approx(mph)


def test_size_limits_in_metres_feet_and_tonnes() -> None:
    """The least of several tags binds; what cannot be read is no limit."""
    assert length_cm("4.2") == 420
    assert length_cm("2,1 m") == 210
    assert length_cm("6'6\"") == 198
    assert length_cm("14 ft 6 in") == 441
    assert length_cm("default") == 0
    assert weight_kg("7.5") == 7_500
    assert weight_kg("18 tonnes") == 18_000
    assert weight_kg("3500 kg") == 3_500
    assert weight_kg("none") == 0
    tags = {"maxheight": "4.0", "maxheight:physical": "3.9", "maxweight": "18", "maxweightrating": "7.5"}
    assert size_limits(tags) == (390, 0, 0, 7_500)


def test_barriers_stop_vehicles_and_walkers_differently() -> None:
    """A bollard stops vehicles; a gate opens unless it says otherwise; walkers pass gates closed to cars."""
    assert barrier_access({"barrier": "bollard"}, on_foot=False) is Access.CLOSED
    assert barrier_access({"barrier": "bollard", "motor_vehicle": "yes"}, on_foot=False) is Access.OPEN
    assert barrier_access({"barrier": "gate"}, on_foot=False) is Access.OPEN
    assert barrier_access({"barrier": "gate", "access": "private"}, on_foot=False) is Access.PRIVATE
    assert barrier_access({"barrier": "gate", "access": "no"}, on_foot=False) is Access.CLOSED
    assert barrier_access({"barrier": "gate", "access": "private"}, on_foot=True) is Access.OPEN
    assert barrier_access({"barrier": "gate", "access": "no"}, on_foot=True) is Access.CLOSED
    assert barrier_access({"barrier": "gate", "access": "no", "foot": "yes"}, on_foot=True) is Access.OPEN


def test_restrictions_for_others_do_not_bind() -> None:
    """Exceptions for cars free a school vehicle; those for buses do not."""
    assert restriction_of({"restriction": "no_left_turn"}) == "no_left_turn"
    assert restriction_of({"restriction": "no_left_turn", "except": "psv;bicycle"}) == "no_left_turn"
    assert restriction_of({"restriction": "no_left_turn", "except": "motorcar"}) is None
    assert restriction_of({"restriction:hgv": "no_left_turn"}) is None


def test_a_clipped_extract_is_read(tmp_path: Path) -> None:
    """AB runs on through Z and Y, which the file lacks: the square is whole, the rest is cut off."""
    network = square(tmp_path, via={"AB": "ABZY"})
    assert network.n_segments == 4
    assert "The extract is clipped: 2 points of its streets are missing." in network.notes


def test_a_way_with_a_hole_is_cut_in_two(tmp_path: Path) -> None:
    """AB loses its middle: of the square a chain is left, on which every street is a dead end."""
    network = square(tmp_path, via={"AB": "AMZNB"}, more_nodes={"M": (300, 0), "N": (700, 0)})
    assert network.n_segments == 5
    assert sorted(round(float(m)) for m in network.segment_length_m) == [300, 300, 1000, 1000, 1000]
    assert network.segment_is_dead_end.all()


def test_what_is_not_connected_is_left_out_and_told(tmp_path: Path) -> None:
    """An island street of 1000 m beside the square's 4000 m: 20 %."""
    network = square(tmp_path, more_nodes={"E": (5000, 0), "F": (6000, 0)}, more_ways={5: ("EF", STREET)})
    assert network.n_segments == 4
    assert "20.0 % of the street length is not connected to the rest and was left out." in network.notes


def test_a_one_way_street_into_nowhere_is_left_out(tmp_path: Path) -> None:
    """One can enter BE, and never come back."""
    one_way = {**STREET, "oneway": "yes"}
    network = square(tmp_path, more_nodes={"E": (2000, 0)}, more_ways={5: ("BE", one_way)})
    assert network.n_segments == 4


def test_limits_on_a_barrier_bind_its_piece_of_street(tmp_path: Path) -> None:
    """A height bar on a node of AB, beside a limit of the way: the lower counts, on AB alone."""
    network = square(
        tmp_path,
        sides={"AB": {"maxheight": "3"}, "BC": {"maxheight": "4"}},
        via={"AB": "AMB"},
        more_nodes={"M": (500, 0)},
        node_tags={"M": {"barrier": "height_restrictor", "maxheight": "2.2"}},
    )
    height = dict(zip(network.segment_way_id.tolist(), network.segment_max_height_cm.tolist(), strict=True))
    assert height == {1: 220, 2: 400, 3: 0, 4: 0}


def test_signals_count_in_the_direction_they_face(tmp_path: Path) -> None:
    """A signal in AB that faces eastbound traffic only."""
    network = square(
        tmp_path,
        via={"AB": "AMB"},
        more_nodes={"M": (900, 0)},
        node_tags={"M": {"highway": "traffic_signals", "traffic_signals:direction": "forward"}},
    )
    counts = {
        bool(network.edge_forward[e]): int(network.edge_n_signals[e])
        for e in range(network.n_edges)
        if network.segment_way_id[network.edge_segment[e]] == 1
    }
    assert counts == {True: 1, False: 0}


def test_untagged_limits_follow_class_and_surroundings(tmp_path: Path) -> None:
    """The tagged limit counts where there is one; the share without is told."""
    network = square(tmp_path, sides={"AB": {"maxspeed": "18"}})
    speed = even_speeds().free_speed_mps(network)
    by_way = {int(network.segment_way_id[s]): float(v) for s, v in zip(network.edge_segment, speed, strict=True)}
    assert by_way == pytest.approx({1: 5.0, 2: 10.0, 3: 10.0, 4: 10.0})
    assert any(note.startswith("75 % of the street length has no speed limit") for note in network.notes)


def test_the_network_keeps_classes_lengths_and_directions(tmp_path: Path) -> None:
    """Eight edges on four sides of a kilometre."""
    network = square(tmp_path)
    assert (network.n_nodes, network.n_segments, network.n_edges, network.n_arcs) == (4, 4, 8, 8)
    assert network.segment_length_m.tolist() == pytest.approx([1000] * 4, rel=1e-3)
    assert {STREET_CLASSES[c] for c in network.segment_class} == {"residential"}
    assert network.crs == "EPSG:27700"
    assert not network.segment_is_dead_end.any()


def test_a_file_without_streets_is_refused(tmp_path: Path) -> None:
    """A footpath alone is nothing to drive on."""
    path = write_osm(tmp_path / "path.osm", CORNERS, {1: ("AB", {"highway": "footway"})})
    with pytest.raises(ValueError, match="no street to drive on"):
        load_network(path)

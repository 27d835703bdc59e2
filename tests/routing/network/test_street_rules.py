"""A council's own street rules, hard in the matrices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from routing.network.approximate import approximate_network
from routing.network.distances import Engine
from routing.network.graph import RoadNetwork
from routing.network.matrix import travel_matrix_of, unreachable_places
from routing.network.street_rules import StreetRulesError
from tests.routing.network.square_world import STREET, even_speeds, lat_lon, place, square, vehicle_class
from transport.calendar import Leg
from transport.places import Place
from transport.travel import UNREACHABLE, TravelMatrix
from transport.vehicles import StreetRule, StreetRuleKind

AB = 1
LANE = 5
WEST, EAST = place("west", 0, 250), place("east", 1000, 250)
BUS, CAR = vehicle_class("bus"), vehicle_class("car")
ONLY_BUS = frozenset({"bus"})


def travel_of(network: RoadNetwork, *places: Place, rules: list[StreetRule], engine: Engine = "auto") -> TravelMatrix:
    return travel_matrix_of(network, places, (BUS, CAR), rules, even_speeds(), engine=engine)


def metres(travel: TravelMatrix, class_id: str, a: str, b: str) -> int:
    return travel.metres_between(Leg.AM, a, b, profile=travel.profile_by_class_id[class_id])


def with_lane(folder: Path) -> RoadNetwork:
    """The square with a dead end of 400 m south of A."""
    return square(folder, more_nodes={"E": (0, -400)}, more_ways={LANE: ("AE", STREET)})


def test_no_entry_bars_the_street_for_its_classes(tmp_path: Path, engine: Engine) -> None:
    """AB closed to the bus: it goes round, the car goes straight; a home on AB has the car only."""
    home = place("home", 500, 0)
    rule = StreetRule(rule_id="R1", kind=StreetRuleKind.NO_ENTRY, way_id=AB, class_ids=ONLY_BUS)
    travel = travel_of(square(tmp_path), WEST, EAST, home, rules=[rule], engine=engine)
    assert metres(travel, "bus", "west", "east") == 2500
    assert metres(travel, "car", "west", "east") == 1500
    assert metres(travel, "bus", "west", "home") == UNREACHABLE
    assert metres(travel, "car", "west", "home") == 750
    assert travel.profile_by_class_id["car"] == 0


def test_a_rule_for_all_classes_binds_the_least_restricted_profile(tmp_path: Path) -> None:
    """Without class_ids the rule is in profile 0 too, on which direct rides are measured."""
    home = place("home", 500, 0)
    rule = StreetRule(rule_id="R1", kind=StreetRuleKind.NO_ENTRY, way_id=AB)
    travel = travel_of(square(tmp_path), WEST, EAST, home, rules=[rule])
    assert travel.seconds.shape[0] == 1
    assert travel.metres_between(Leg.AM, "west", "east") == 2500
    assert unreachable_places(travel, ["west", "home"], ["east"]) == ["home"]


def test_a_street_can_be_named_by_a_point(tmp_path: Path) -> None:
    """The rule's point lies 30 m from AB."""
    lat, lon = lat_lon(500, -30)
    rule = StreetRule(rule_id="R1", kind=StreetRuleKind.NO_ENTRY, lat=lat, lon=lon, class_ids=ONLY_BUS)
    travel = travel_of(square(tmp_path), WEST, EAST, rules=[rule])
    assert metres(travel, "bus", "west", "east") == 2500


def test_no_reversing_bars_a_dead_end_and_nothing_else(tmp_path: Path, engine: Engine) -> None:
    """The bus must not enter the lane; on AB, which is no dead end, the rule bars nothing and says so."""
    home = place("home", 0, -300)
    rules = [
        StreetRule(rule_id="R1", kind=StreetRuleKind.NO_REVERSING, way_id=LANE, class_ids=ONLY_BUS),
        StreetRule(rule_id="R2", kind=StreetRuleKind.NO_REVERSING, way_id=AB, class_ids=ONLY_BUS),
    ]
    travel = travel_of(with_lane(tmp_path), WEST, EAST, home, rules=rules, engine=engine)
    assert metres(travel, "bus", "west", "home") == UNREACHABLE
    assert metres(travel, "car", "west", "home") == 550
    assert metres(travel, "bus", "west", "east") == 1500
    assert "Street rule R2: the street has no dead end, so no_reversing bars nothing." in travel.notes


def test_kerb_side_serves_a_home_on_the_left_only(tmp_path: Path, engine: Engine) -> None:
    """The home is north of AB, on the left of those who drive east; from the east one turns at A."""
    home = place("home", 500, 15)
    rule = StreetRule(rule_id="R1", kind=StreetRuleKind.KERB_SIDE, way_id=AB, class_ids=ONLY_BUS)
    travel = travel_of(square(tmp_path), WEST, EAST, home, rules=[rule], engine=engine)
    assert metres(travel, "bus", "west", "home") == 250 + 500
    assert metres(travel, "bus", "east", "home") == 250 + 1000 + 500
    assert metres(travel, "bus", "home", "east") == 500 + 250
    assert metres(travel, "bus", "home", "west") == 500 + 1000 + 250
    assert metres(travel, "car", "east", "home") == 750


def test_kerb_side_looks_south_too(tmp_path: Path) -> None:
    """The home is south of AB: on the left for those who drive west."""
    home = place("home", 500, -15)
    rule = StreetRule(rule_id="R1", kind=StreetRuleKind.KERB_SIDE, way_id=AB)
    travel = travel_of(square(tmp_path), WEST, EAST, home, rules=[rule])
    assert travel.metres_between(Leg.AM, "east", "home") == 750
    assert travel.metres_between(Leg.AM, "west", "home") == 250 + 1000 + 500


def test_two_homes_on_a_kerb_side_street_are_passed_in_its_direction(tmp_path: Path, engine: Engine) -> None:
    """Both north of AB: 300 m east; to go back one turns at B and again at A."""
    first, second = place("first", 300, 15), place("second", 600, 15)
    rule = StreetRule(rule_id="R1", kind=StreetRuleKind.KERB_SIDE, way_id=AB)
    travel = travel_of(square(tmp_path), first, second, rules=[rule], engine=engine)
    assert travel.metres_between(Leg.AM, "first", "second") == 300
    assert travel.metres_between(Leg.AM, "second", "first") == 400 + 1000 + 300


def test_a_meeting_place_stands_in_for_its_street(tmp_path: Path, engine: Engine) -> None:
    """Homes of the lane board at the corner: same figures as the corner, and a note names them."""
    home, corner = place("home", 0, -300), place("corner", 100, 0)
    rule = StreetRule(rule_id="R1", kind=StreetRuleKind.MEETING_PLACE, way_id=LANE, meeting_place_id="corner")
    travel = travel_of(with_lane(tmp_path), WEST, EAST, home, corner, rules=[rule], engine=engine)
    assert travel.metres_between(Leg.AM, "west", "home") == 350
    assert travel.metres_between(Leg.AM, "west", "corner") == 350
    assert travel.metres_between(Leg.AM, "home", "corner") == 0
    assert travel.seconds_between(Leg.PM, "home", "east") == travel.seconds_between(Leg.PM, "corner", "east")
    assert "Street rule R1: home served at the meeting place corner." in travel.notes


def test_a_meeting_place_opens_a_street_that_is_closed(tmp_path: Path) -> None:
    """No entry to the lane for anybody, but its homes meet the vehicle at the corner."""
    home, corner = place("home", 0, -300), place("corner", 100, 0)
    rules = [
        StreetRule(rule_id="R1", kind=StreetRuleKind.NO_ENTRY, way_id=LANE),
        StreetRule(rule_id="R2", kind=StreetRuleKind.MEETING_PLACE, way_id=LANE, meeting_place_id="corner"),
    ]
    travel = travel_of(with_lane(tmp_path), WEST, home, corner, rules=rules)
    assert travel.metres_between(Leg.AM, "west", "home") == 350


def test_rules_that_cannot_be_held_are_all_named(tmp_path: Path) -> None:
    """An unknown way, class, meeting place, and a rule without a street."""
    rules = [
        StreetRule(rule_id="R1", kind=StreetRuleKind.NO_ENTRY, way_id=77),
        StreetRule(rule_id="R2", kind=StreetRuleKind.NO_ENTRY, way_id=AB, class_ids=frozenset({"tram"})),
        StreetRule(rule_id="R3", kind=StreetRuleKind.MEETING_PLACE, way_id=AB, meeting_place_id="moon"),
        StreetRule(rule_id="R4", kind=StreetRuleKind.KERB_SIDE),
    ]
    with pytest.raises(StreetRulesError) as caught:
        travel_of(square(tmp_path), WEST, EAST, rules=rules)
    text = str(caught.value)
    assert len(caught.value.faults) == 4
    assert text.splitlines() == list(caught.value.faults)
    assert "street rule R1: way 77 is not in the extract" in text
    assert "street rule R2: unknown vehicle classes tram" in text
    assert "street rule R3: meeting place moon is not a known place" in text
    assert "street rule R4: no way_id and no point" in text


def test_street_rules_need_streets() -> None:
    """On an approximate network no rule is quietly dropped or put on some link."""
    network = approximate_network(np.array([(WEST.lat, WEST.lon), (EAST.lat, EAST.lon)]), circuity=1.0)
    rule = StreetRule(rule_id="R1", kind=StreetRuleKind.NO_ENTRY, lat=WEST.lat, lon=WEST.lon)
    with pytest.raises(StreetRulesError, match="street rule R1 needs a road extract"):
        travel_of(network, WEST, EAST, rules=[rule])


def test_a_changed_rule_is_another_digest(tmp_path: Path) -> None:
    """The cache must not serve matrices of other rules."""
    network = square(tmp_path)
    rule = StreetRule(rule_id="R1", kind=StreetRuleKind.NO_ENTRY, way_id=AB)
    with_rule = travel_of(network, WEST, EAST, rules=[rule])
    without = travel_of(network, WEST, EAST, rules=[])
    assert with_rule.digest != without.digest

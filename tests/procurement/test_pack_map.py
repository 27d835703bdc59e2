"""The map of a pack: schools as they are, areas near their middle, and never near a home."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.documents.tender_map import HEIGHT, WIDTH, map_geojson, map_key, map_svg
from procurement.lot_design import design_lots
from procurement.pack import DisclosureRefused, LotSheet, lot_sheets, wider_area
from procurement.pack_map import (
    HOME_REACH_M,
    JITTER_M,
    MapPoint,
    apart_m,
    drawn_point,
    homes_of,
    map_points,
    require_far_from_homes,
)
from tests.builders import line_travel, make_class, make_passenger, make_plan, make_scenario, route_of
from transport.scenario import Scenario

CENTRE = (52.5, -2.0)


def case(areas: tuple[str, ...]) -> tuple[tuple[LotSheet, ...], Scenario]:
    """One route of as many passengers as areas are named, each from one."""
    travel = line_travel()
    ids = [f"P{n}" for n in range(len(areas))]
    scenario = make_scenario(
        [make_passenger(i, 10 + n) for n, i in enumerate(ids)], vehicle_classes=(make_class("CAR", [(20, 0)]),)
    )
    plan = make_plan(route_of(scenario, travel, "R1", am=ids, pm=ids, layout=(20, 0)))
    by_place = {f"x{10 + n}": area for n, area in enumerate(areas)}
    by_place |= {place.place_id: "elsewhere" for place in scenario.places if place.place_id not in by_place}
    return lot_sheets(design_lots(plan, scenario, travel), plan, scenario, by_place, pack_id="T1"), scenario


def test_a_district_is_shown_where_the_sector_cannot_be() -> None:
    """Three of B70 1 and two of B70 2 are five of B70; a sixth, of B71 1, is not shown."""
    (sheet,), _ = case(("B70 1", "B70 1", "B70 1", "B70 2", "B70 2", "B71 1"))
    assert sorted(row.area for row in sheet.passengers) == ["B70"] * 5 + ["not shown"]


@pytest.mark.parametrize(
    ("area", "wider"), [("B70 1", "B70"), ("B70", "B70"), ("two areas", "two areas"), ("no postcode near",) * 2]
)
def test_the_wider_area_of_a_sector(area: str, wider: str) -> None:
    """Words are no sectors."""
    assert wider_area(area) == wider


def test_schools_and_shown_areas_are_on_the_map() -> None:
    """One point for B70 1 with its five passengers, one for the school."""
    sheets, scenario = case(("B70 1",) * 5)
    school, area = map_points(sheets, scenario, {"B70 1": CENTRE}, secret="one")
    assert (school.kind, school.label, school.lot_ids, school.n_passengers) == ("school", "School S1", ("LOT1",), 0)
    assert (area.kind, area.label, area.lot_ids, area.n_passengers) == ("area", "B70 1", ("LOT1",), 5)
    assert map_points(sheets, scenario, {"B70 1": CENTRE}, secret="one")[1] == area
    assert map_points(sheets, scenario, {"B70 1": CENTRE}, secret="two")[1] != area
    assert len(map_points(sheets, scenario, {}, secret="one")) == 1


def test_an_area_that_is_not_shown_is_not_on_the_map() -> None:
    """Four are too few."""
    sheets, scenario = case(("B70 1",) * 4)
    assert [p.kind for p in map_points(sheets, scenario, {"B70 1": CENTRE, "B70": CENTRE}, secret="one")] == ["school"]


@given(
    seed=st.text(max_size=8),
    homes=st.lists(st.tuples(st.floats(52.495, 52.505), st.floats(-2.007, -1.993)), max_size=12),
)
def test_a_point_lies_near_its_middle_and_near_no_home(seed: str, homes: list[tuple[float, float]]) -> None:
    """Or is left out."""
    point = drawn_point(CENTRE, homes, seed)
    assert point == drawn_point(CENTRE, homes, seed)
    if point is not None:
        assert apart_m(point, CENTRE) <= JITTER_M + 10
        assert all(apart_m(point, home) > HOME_REACH_M for home in homes)


def test_homes_everywhere_leave_the_point_out() -> None:
    """A home every 50 m or so."""
    homes = [(52.495 + n * 0.0005, -2.008 + m * 0.0008) for n in range(21) for m in range(21)]
    assert drawn_point(CENTRE, homes, "T1") is None


def test_where_the_homes_lie_does_not_move_the_point() -> None:
    """Homes farther off than the reach change nothing: the point is not made of them."""
    free = drawn_point(CENTRE, [], "T1")
    assert free is not None
    assert drawn_point(CENTRE, [(52.52, -2.0), (52.5, -1.97)], "T1") == free


def test_a_map_with_a_point_at_a_home_is_refused() -> None:
    """By a look at the points alone; a school may lie where it does."""
    _, scenario = case(("B70 1",) * 5)
    lat, lon = homes_of(scenario)[0]
    point = MapPoint(kind="area", label="B70", lot_ids=("LOT1",), lat=lat, lon=lon + 0.0005, n_passengers=5)
    with pytest.raises(DisclosureRefused, match="within 100 m of a home: B70 of LOT1"):
        require_far_from_homes([point], scenario)
    require_far_from_homes([replace(point, kind="school")], scenario)
    require_far_from_homes([replace(point, lat=lat + 0.01)], scenario)


def test_picture_key_and_data_hold_the_same_points() -> None:
    """Every school by its number, every area by its code."""
    points = (
        MapPoint(kind="school", label="A & B", lot_ids=("LOT1", "LOT2"), lat=52.5, lon=-2.0, n_passengers=0),
        MapPoint(kind="area", label="B70", lot_ids=("LOT2",), lat=52.52, lon=-2.03, n_passengers=6),
    )
    assert map_key(points) == [["1", "A & B", "LOT1, LOT2"], ["B70", "area B70", "LOT2"]]
    svg = map_svg(points)
    assert (svg.count("<circle"), svg.count('rx="1.5"')) == (1, 1)
    assert ">1</text>" in svg
    assert ">B70</text>" in svg
    features = map_geojson(points)["features"]
    assert [feature["geometry"]["coordinates"] for feature in features] == [[-2.0, 52.5], [-2.03, 52.52]]
    assert [feature["properties"]["lots"] for feature in features] == [["LOT1", "LOT2"], ["LOT2"]]


@pytest.mark.parametrize(
    ("apart", "words"),
    [(0.0001, "quarter of a mile"), (0.01, "quarter of a mile"), (0.03, "1 mile"), (0.3, "5 miles"), (2.0, "5 miles")],
)
def test_the_scale_stays_within_the_picture(apart: float, words: str) -> None:
    """From two schools next door to each other to two a hundred miles apart; both are drawn in the picture too."""
    points = [
        MapPoint(
            kind="school", label=str(n), lot_ids=("LOT1",), lat=52.5 + apart * n, lon=-2 + apart * n, n_passengers=0
        )
        for n in range(2)
    ]
    svg = map_svg(points)
    assert f">{words}; north is up<" in svg
    ((x, long),) = [(float(x), float(h)) for x, h in re.findall(r'd="M([\d.-]+) [\d.]+ h([\d.]+)"', svg)]
    assert 0 < x < x + long <= WIDTH
    assert long <= WIDTH / 3
    for x, y in re.findall(r'<rect x="([\d.-]+)" y="([\d.-]+)"', svg):
        assert 0 < float(x) < WIDTH - 14
        assert 0 < float(y) < HEIGHT - 11

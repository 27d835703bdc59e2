"""Whatever valid scenario is written, CSV and workbook read back as the same scenario."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from transport.calendar import Leg
from transport.files.columns import TABLES
from transport.files.read import read_scenario
from transport.files.tables import write_table
from transport.files.template import write_workbook
from transport.passengers import Mobility, PaNeed

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12).filter(
    lambda text: not text.startswith("#") and all(char.isprintable() for char in text)
)
PENCE = st.integers(0, 50_000)


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def _clock(at_min: int) -> str:
    return f"{at_min // 60:02d}:{at_min % 60:02d}"


@st.composite
def places(draw: st.DrawFn) -> dict[str, object]:
    """One of the three kinds, near West Bromwich."""
    kind = draw(st.sampled_from(["postcode", "grid", "degrees"]))
    if kind == "postcode":
        return {"postcode": draw(st.sampled_from(["B16 0NA", "b160pb", "B16 0PF"]))}
    if kind == "grid":
        return {
            "easting": draw(st.integers(398_000, 405_000)),
            "northing": draw(st.integers(285_000, 295_000)),
        }
    return {"lat": draw(st.integers(5245, 5260)) / 100, "lon": draw(st.integers(-210, -190)) / 100}


@st.composite
def passengers(draw: st.DrawFn, school_ids: list[str]) -> list[dict[str, object]]:
    """Passengers with any mix of needs, days and legs."""
    rows = []
    for i in range(draw(st.integers(1, 5))):
        walk_m = draw(_maybe(st.integers(0, 1600)))
        rows.append({
            "passenger_id": f"{i:03d}", "school_id": draw(st.sampled_from(school_ids)), **draw(places()),
            "phase": draw(st.sampled_from(["primary", "secondary", "post16"])),
            "legs": draw(st.sampled_from(["", "both", "AM", "PM"])),
            "days": draw(_maybe(st.lists(st.sampled_from(["mon", "tue", "fri"]), min_size=1, unique=True))),
            "weeks": draw(st.sampled_from(["", "A", "B", "A B", "both"])),
            "mobility": draw(st.sampled_from(Mobility)).value, "pa_need": draw(st.sampled_from(PaNeed)).value,
            "ride_cap_min": draw(_maybe(st.integers(1, 180))), "board_s": draw(_maybe(st.integers(0, 900))),
            "restraint_type": draw(_maybe(WORDS)), "walk_m": walk_m,
            "walk_min": None if walk_m is None else draw(st.integers(0, 30)),
            "ready_from": draw(_maybe(st.dates().filter(lambda d: 1900 <= d.year <= 2100))),
            "vehicle_tags": draw(st.sampled_from([frozenset(), frozenset({"tail_lift"})])),
        })  # fmt: skip
    return rows


@st.composite
def pickup_points(draw: st.DrawFn, passenger_ids: list[str]) -> list[dict[str, object]]:
    """Up to two points, each for some of the passengers; where it lies stands on its first row."""
    rows: list[dict[str, object]] = []
    for place_id in ["stop/1", "stop/2"][: draw(st.integers(0, 2))]:
        who = draw(st.lists(st.sampled_from(passenger_ids), min_size=1, unique=True))
        where = draw(places())
        rows += [
            {
                "passenger_id": passenger_id, "place_id": place_id, "walk_m": draw(st.integers(0, 1600)),
                "walk_s": draw(_maybe(st.integers(0, 1800))), **(where if passenger_id == who[0] else {}),
            }
            for passenger_id in who
        ]  # fmt: skip
    return rows


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, list[dict[str, object]]]:
    """Rows of a valid scenario."""
    schools = [
        {
            "school_id": f"S{i}",
            "name": draw(WORDS),
            **draw(places()),
            "start_time": _clock(draw(st.integers(480, 600))),
            "finish_time": _clock(draw(st.integers(800, 960))),
            "arrive_earliest_min": draw(_maybe(st.integers(5, 60))),
        }
        for i in range(draw(st.integers(1, 3)))
    ]
    people = draw(passengers([str(row["school_id"]) for row in schools]))
    ids = [str(row["passenger_id"]) for row in people]
    points = draw(pickup_points(ids))
    on_am = [str(r["passenger_id"]) for r in people if r["legs"] != "PM"]
    routes = [
        {
            "route_id": "R1",
            "passenger_id": passenger_id,
            "am_order": order,
            **(
                {"kind": "bought", "class_id": "bus", "operator_id": "O1", "day_rate_pence": draw(PENCE)}
                if order == 1
                else {}
            ),
        }
        for order, passenger_id in enumerate(draw(st.permutations(on_am)), start=1)
    ]
    return {
        "scenario": [
            {"setting": "name", "value": draw(WORDS)}, {"setting": "starts_on", "value": "2026-09-02"},
            {"setting": "invented", "value": draw(st.booleans())},
        ],
        "schools": schools, "passengers": people, "current_routes": routes, "pickup_points": points,
        "vehicle_classes": [{
            "class_id": "bus", "layouts": "16+0; 12+2", "base_pence": draw(PENCE), "tags": {"tail_lift"},
            "mile_rate_pence": draw(PENCE), "pa_day_rate_pence": draw(PENCE),
            "free_miles": draw(_maybe(st.integers(0, 500).map(lambda tenths: tenths / 10))),
        }],
        "operators": [{"operator_id": "O1", "name": draw(WORDS), "sme": draw(st.booleans())}],
        "never_together": [
            {"passenger_id_1": one, "passenger_id_2": other, "reason": draw(_maybe(WORDS))}
            for one, other in pairwise(ids)
        ],
    }  # fmt: skip


@given(tables=scenarios())
@settings(max_examples=25, deadline=None)
def test_folder_and_workbook_read_alike(tables: dict[str, list[dict[str, Any]]]) -> None:
    """Equal to each other, and each value to what was written."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "folder"
        folder.mkdir()
        for table, rows in tables.items():
            write_table(folder, table, rows)
        write_workbook(Path(name) / "book.xlsx", tables)
        scenario = read_scenario(folder)
        assert read_scenario(Path(name) / "book.xlsx") == scenario
    for row, passenger in zip(tables["passengers"], scenario.passengers, strict=True):
        assert passenger.passenger_id == row["passenger_id"]
        assert passenger.ride_cap_s == (None if row["ride_cap_min"] is None else 60 * row["ride_cap_min"])
        assert (passenger.ready_from, passenger.walk_m) == (row["ready_from"], row["walk_m"] or 0)
        assert passenger.vehicle_tags == row["vehicle_tags"]
        assert passenger.restraint_type == (row["restraint_type"] or "")
        assert [(point.place_id, point.walk_m) for point in passenger.pickup_points] == [
            (f"pickup:{point['place_id']}", point["walk_m"])
            for point in tables["pickup_points"]
            if point["passenger_id"] == row["passenger_id"]
        ]
        n_days = (len(row["days"]) if row["days"] else 5) * (1 if row["weeks"] in ("A", "B") else 2)
        assert sum(p is not None for p in passenger.am_place_ids) == (0 if row["legs"] == "PM" else n_days)
        assert sum(p is not None for p in passenger.pm_place_ids) == (0 if row["legs"] == "AM" else n_days)
    assert [school.name for school in scenario.schools] == [row["name"] for row in tables["schools"]]
    if tables["current_routes"]:
        (route,) = scenario.current_routes
        assert list(route.passenger_ids(Leg.AM)) == [row["passenger_id"] for row in tables["current_routes"]]


def test_columns_left_out_are_empty(tmp_path: Path) -> None:
    """A folder with nothing but the needed columns is read."""
    needed = {
        "scenario": ["setting,value", "name,Small", "starts_on,2026-09-02"],
        "schools": ["school_id,name,postcode,start_time,finish_time", "S1,Hill,B16 0NA,08:50,15:15"],
        "passengers": ["passenger_id,school_id,phase,postcode", "P1,S1,primary,B16 0PB"],
        "vehicle_classes": [
            "class_id,layouts,base_pence,mile_rate_pence,pa_day_rate_pence",
            "taxi,4+0,1,2,3",
        ],
    }
    for name, lines in needed.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines))
    scenario = read_scenario(tmp_path)
    assert [p.passenger_id for p in scenario.planned_passengers()] == ["P1"]


def test_written_headers_are_the_tables_columns(tmp_path: Path) -> None:
    """For every table of a scenario."""
    for table in TABLES:
        with write_table(tmp_path, table.name, []).open(encoding="utf-8-sig") as file:
            assert tuple(next(csv.reader(file))) == table.column_names

"""Run sheets, school lists and letters: who needs what, and accessible PDF."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from api.documents.letters import letters_table
from api.documents.need_words import gate_need_words, need_words
from api.documents.pdf import (
    run_sheets_pdf,
    school_lists_pdf,
    write_run_sheets,
    write_run_sheets_each,
    write_school_lists_each,
)
from api.documents.sheets import run_sheet_of, school_lists_of
from tests.builders import (
    line_travel,
    make_assistant,
    make_passenger,
    make_plan,
    make_scenario,
    make_vehicle,
    route_of,
)
from transport.passengers import Mobility, PaNeed, PickupPoint
from transport.places import Place

PEOPLE = [
    make_passenger("P1", 10, mobility=Mobility.IN_WHEELCHAIR, pa_need=PaNeed.ONE_TO_ONE, restraint_type="four_point"),
    make_passenger("P2", 20, days=(0, 5)),
    make_passenger("P3", 25),
]
SCENARIO = make_scenario(PEOPLE, fleet_vehicles=(make_vehicle(),), assistants=(make_assistant("A1", home=5),))
TRAVEL = line_travel()
PLAN = make_plan(
    route_of(SCENARIO, TRAVEL, "R1", ["P1", "P2"], ["P2", "P1"], n_pas=1),
    route_of(SCENARIO, TRAVEL, "R2", ["P3"], ["P3"], vehicle_id="V1", pa_ids=("A1",)),
)


def test_needs_are_told_in_need_to_know_words() -> None:
    """What a driver must know; at the gate only chair and PA."""
    assert need_words(PEOPLE[0]) == "travels in wheelchair; own PA; restraint: four point"
    assert gate_need_words(PEOPLE[0]) == "travels in wheelchair; own PA"
    assert need_words(PEOPLE[1]) == ""


def test_tags_and_travelling_alone_are_told() -> None:
    """Vehicle tags and training are written as words, in order."""
    passenger = make_passenger(
        solo=True,
        mobility=Mobility.TRANSFERS,
        vehicle_tags=frozenset({"tail_lift", "low_floor"}),
        pa_training_tags=frozenset({"epilepsy"}),
    )
    assert need_words(passenger) == (
        "moves from wheelchair to seat; stow the chair; travels alone; "
        "vehicle: low floor, tail lift; PA trained in: epilepsy"
    )


def test_a_run_sheet_has_each_day_type_with_its_own_clock() -> None:
    """R1 runs with P2 on Mondays and without on the other days: a minute later at P1."""
    runs = {run["title"]: run for run in run_sheet_of(PLAN.routes[0], SCENARIO)["runs"]}
    assert list(runs) == ["Morning, Tue–Fri", "Morning, Mon", "Afternoon, Tue–Fri", "Afternoon, Mon"]
    assert [stop["at"] for stop in runs["Morning, Mon"]["stops"]] == ["08:33", "08:44", "08:55"]
    assert [stop["at"] for stop in runs["Morning, Tue–Fri"]["stops"]] == ["08:34", "08:55"]
    assert runs["Morning, Mon"]["stops"][2]["off"] == ["P1", "P2"]


def test_a_pa_who_is_fetched_is_on_the_sheet() -> None:
    """A1 gets on first and off last."""
    morning = run_sheet_of(PLAN.routes[1], SCENARIO)["runs"][0]["stops"]
    assert (morning[0]["where"], morning[0]["on"]) == ("PA’s home", ["PA A1"])
    assert (morning[-1]["where"], morning[-1]["off"]) == ("PA’s home", ["PA A1"])


def test_a_school_list_tells_who_comes_when_and_with_whom() -> None:
    """All three, sorted by route; P2 on Mondays only."""
    rows = school_lists_of(PLAN, SCENARIO)[0]["rows"]
    assert [row[2] for row in rows] == ["P1", "P2", "P3"]
    assert rows[1][3:5] == ["08:55 (Mon)", "15:02 (Mon)"]
    assert rows[2][1] == "Council fleet, V1"


def test_letters_have_one_row_a_passenger_and_room_for_the_councils_own_list() -> None:
    """Times for each group of days; names and addresses stay empty."""
    table = letters_table(PLAN, SCENARIO)
    rows = [dict(zip([c.name for c in table.columns], row, strict=True)) for row in table.rows]
    assert [row["passenger_id"] for row in rows] == ["P1", "P2", "P3"]
    assert rows[0]["am_times"] == "Mon: 08:33 to 08:55; Tue–Fri: 08:34 to 08:55"
    assert rows[0]["pa"] == "1 passenger assistant on board"
    assert {rows[0][name] for name in ("family_name", "address", "operator_phone", "pa_name")} == {""}


def walking_to(place_id: str, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """P1 boards at a place in the morning; their letter and the first stop of their run sheet."""
    places: dict[str, Any] = {"am_place_ids": (place_id,) * 10, "pm_place_ids": ("home:P1",) * 10}
    names = {"home:P1": 10, "home:P1:1": 15, "pickup:stop-1": 20}
    spots = (Place(place_id=name, lat=52.5, lon=-2.0 + at / 70) for name, at in names.items())
    riding = make_scenario([make_passenger("P1", **places)], places=(*SCENARIO.places, *spots))
    row_by_place_id = TRAVEL.row_by_place_id | names
    travel = replace(TRAVEL, row_by_place_id=row_by_place_id)
    plan = make_plan(route_of(riding, travel, "R1", ["P1"], ["P1"]))
    told = replace(riding, passengers=(replace(riding.passengers[0], **changes),))
    table = letters_table(plan, told)
    letter = dict(zip([c.name for c in table.columns], table.rows[0], strict=True))
    stop = run_sheet_of(plan.routes[0], told)["runs"][0]["stops"][0]
    return letter, stop


def test_a_walk_to_a_pick_up_point_is_told() -> None:
    """400 m in 5 min to stop-1 in the morning, home in the afternoon."""
    point = PickupPoint(place_id="pickup:stop-1", home_place_id="home:P1", walk_m=400, walk_s=300)
    home = ("home:P1",) * 10
    letter, stop = walking_to("pickup:stop-1", am_place_ids=home, pickup_points=(point,))
    assert letter["am_place"] == "pick-up point stop-1 (400 m, 5 min on foot)"
    assert letter["pm_place"] == "home"
    assert stop["where"] == "Pick-up point stop-1"


def test_a_walk_to_the_place_given_is_told() -> None:
    """With a walk of its own the place given is not the home."""
    letter, stop = walking_to("home:P1", walk_m=1200, walk_s=900)
    assert letter["am_place"] == "meeting place (1,200 m, 15 min on foot)"
    assert stop["where"] == "Meeting place of P1"


def test_homes_and_other_places_have_no_walk_to_tell() -> None:
    """As they are in the council's own list."""
    for place_id, said, where in (("home:P1", "home", "Home of P1"), ("home:P1:1", "home:P1:1", "Place home:P1:1")):
        letter, stop = walking_to(place_id)
        assert letter["am_place"] == said
        assert stop["where"] == where


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def test_the_pdf_is_tagged_titled_and_in_english() -> None:
    """What PDF/UA asks for and can be read from the file: tags, title, language, the mark of the standard."""
    pdf = run_sheets_pdf([run_sheet_of(route, SCENARIO) for route in PLAN.routes], SCENARIO, ["Invented data."])
    reader = PdfReader(io.BytesIO(pdf))
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert str(catalog["/Lang"]).lower() == "en-gb"
    assert reader.metadata is not None
    assert reader.metadata.title == "Run sheets: line"
    assert b"pdfuaid:part" in catalog["/Metadata"].get_data()
    texts = pages_of(pdf)
    assert len(texts) == 2
    assert all("Personal data" in text and "Invented data." in text for text in texts)
    assert "travels in wheelchair" in texts[0]
    assert "P1" not in texts[1]


def test_what_looks_like_markup_is_printed_as_it_is() -> None:
    """A school called `#panic()` is a name, not a command."""
    scenario = make_scenario([make_passenger("#eval(1)*_", 10)], name="#panic()")
    plan = make_plan(route_of(scenario, TRAVEL, "R1", ["#eval(1)*_"]))
    text = pages_of(school_lists_pdf(school_lists_of(plan, scenario), scenario))[0]
    assert "#panic()" in text
    assert "#eval(1)*_" in text


def test_one_file_for_each_route_and_school(tmp_path: Path) -> None:
    """A driver's file names only that route's passengers."""
    sheets = write_run_sheets_each(PLAN, SCENARIO, tmp_path / "sheets")
    assert [path.name for path in sheets] == ["run_sheet_R1.pdf", "run_sheet_R2.pdf"]
    second = "".join(pages_of(sheets[1].read_bytes()))
    assert "P3" in second
    assert "P1" not in second
    lists = write_school_lists_each(PLAN, SCENARIO, tmp_path / "lists")
    assert [path.name for path in lists] == ["school_list_001_School_S1.pdf"]


def test_a_plan_without_routes_has_a_pdf_too(tmp_path: Path) -> None:
    """One page, and the standard is still kept."""
    write_run_sheets(make_plan(), SCENARIO, tmp_path / "r.pdf")
    assert len(PdfReader(str(tmp_path / "r.pdf")).pages) == 1

"""Broken input: each kind is told with its file, row, column and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transport.files.scenario_folder import Tables, little_council, write_folder
from transport.files.columns import TABLE_BY_NAME
from transport.files.faults import Fault, InputFaults
from transport.files.read import read_scenario


@dataclass(frozen=True, kw_only=True)
class Broken:
    """One thing done to a table of Little Council, and the fault it must give.

    Attributes
    ----------
    at : row that is changed; None: a row is added at the end.
    row : where the fault is told; None: in the row changed or added.
    """

    table: str
    at: int | None
    cells: dict[str, object]
    column: str
    words: str
    row: int | None = None
    value: str | None = None
    also: Tables = field(default_factory=dict)


BROKEN = {
    # types of cells
    "empty required cell": Broken(
        table="schools", at=2, cells={"name": ""}, column="name", words="must not be empty", value=""
    ),
    "number out of range": Broken(
        table="passengers", at=4, cells={"ride_cap_min": "-5"}, column="ride_cap_min",
        words="must be between 1 and 180", value="-5",
    ),
    "number with thousands separator": Broken(
        table="contracts", at=2, cells={"day_rate_pence": "8,000"}, column="day_rate_pence",
        words="without thousands separators",
    ),
    "number with currency sign": Broken(
        table="contracts", at=2, cells={"day_rate_pence": "£80"}, column="day_rate_pence",
        words="without a currency sign",
    ),
    "number with unit": Broken(
        table="schools", at=2, cells={"arrive_earliest_min": "20 min"}, column="arrive_earliest_min",
        words="without units or words",
    ),
    "fraction where whole": Broken(
        table="passengers", at=2, cells={"board_s": "90.5"}, column="board_s", words="a whole number"
    ),
    "choice misspelt": Broken(
        table="passengers", at=2, cells={"mobility": "walk_on"}, column="mobility",
        words="did you mean walks_on?", value="walk_on",
    ),
    "neither yes nor no": Broken(
        table="passengers", at=2, cells={"solo": "perhaps"}, column="solo", words="must be yes or no"
    ),
    "time with a point": Broken(
        table="schools", at=2, cells={"start_time": "8.50"}, column="start_time", words="such as 08:40"
    ),
    "time that no clock shows": Broken(
        table="schools", at=2, cells={"start_time": "24:10"}, column="start_time",
        words="between 00:00 and 23:59"
    ),
    "date that is in no calendar": Broken(
        table="contracts", at=2, cells={"ends_on": "2027-02-30"}, column="ends_on",
        words="not in the calendar"
    ),
    "date with two-digit year": Broken(
        table="contracts", at=2, cells={"ends_on": "1/9/27"}, column="ends_on",
        words="YYYY-MM-DD or DD/MM/YYYY"
    ),
    "date as a bare number": Broken(
        table="contracts", at=2, cells={"ends_on": "46266"}, column="ends_on",
        words="YYYY-MM-DD or DD/MM/YYYY"
    ),
    "layout without a plus": Broken(
        table="vehicle_classes", at=3, cells={"layouts": "16"}, column="layouts", words="16+0; 14+1; 12+2"
    ),
    "layout without a place": Broken(
        table="vehicle_classes", at=3, cells={"layouts": "0+0"}, column="layouts", words="at least one place"
    ),
    "layout given twice": Broken(
        table="vehicle_classes", at=3, cells={"layouts": "16+0;12+2;16+0"}, column="layouts",
        words="names 16+0 more than once",
    ),
    "id with a space": Broken(
        table="operators", at=2, cells={"operator_id": "O 1"}, column="operator_id", words="no spaces"
    ),
    "weekday unknown": Broken(
        table="passengers", at=3, cells={"days": "mon sat"}, column="days", words="mon tue wed thu fri"
    ),
    "formula error": Broken(
        table="vehicle_classes", at=2, cells={"base_pence": "#N/A"}, column="base_pence",
        words="formula's error"
    ),
    # settings
    "unknown setting": Broken(
        table="policy", at=2, cells={"setting": "ride_cap_primary"}, column="setting",
        words="did you mean ride_cap_primary_s?",
    ),
    "policy out of range": Broken(
        table="policy", at=2, cells={"value": "59"}, column="value", words="a whole number from 60 to 14400"
    ),
    "policy choice": Broken(
        table="policy", at=4, cells={"value": "year"}, column="value", words="one of term, budget"
    ),
    "policy windows upside down": Broken(
        table="policy", at=None, cells={"setting": "arrive_latest_before_s", "value": "1200"}, column="value",
        words="must not be above arrive_earliest_before_s (900)", row=5,
    ),
    "setting twice": Broken(
        table="scenario", at=None, cells={"setting": "name", "value": "Other"}, column="setting",
        words="already given in row 2", row=6,
    ),
    "start missing": Broken(
        table="scenario", at=3, cells={"value": ""}, column="value", words="starts_on must not be empty"
    ),
    # calendar and schools
    "term ends before it begins": Broken(
        table="calendar", at=2, cells={"last_day": "2026-08-01"}, column="last_day",
        words="ends before it begins"
    ),
    "terms overlap": Broken(
        table="calendar", at=3, cells={"first_day": "2026-10-23"}, column="first_day",
        words="overlaps the term that ends 2026-10-23",
    ),
    "term of one school": Broken(
        table="calendar", at=2, cells={"school_id": "S1"}, column="school_id",
        words="must be empty for a term"
    ),
    "session ends before it starts": Broken(
        table="schools", at=2, cells={"finish_time": "08:00"}, column="finish_time", words="after start_time"
    ),
    "arrival window upside down": Broken(
        table="schools", at=2, cells={"arrive_latest_min": "25"}, column="arrive_latest_min",
        words="must not be earlier than the earliest, 20 min",
    ),
    "school day twice": Broken(
        table="school_times", at=None,
        cells={"school_id": "S1", "week": "A", "weekday": "fri", "shut": "yes"},
        column="weekday", words="already given in row 2", row=3,
    ),
    "shut and with times": Broken(
        table="school_times", at=2, cells={"shut": "yes"}, column="shut",
        words="must be no where times are given"
    ),
    "gate twice": Broken(
        table="gates", at=3, cells={"gate_id": "north"}, column="gate_id", words="already given in row 2"
    ),
    # places
    "postcode and coordinates": Broken(
        table="passengers", at=2, cells={"postcode": "B16 0NA"}, column="postcode", words="given twice"
    ),
    "half a pair": Broken(table="passengers", at=2, cells={"lon": ""}, column="lat", words="lon is empty"),
    "no place": Broken(
        table="depots", at=2, cells={"lat": "", "lon": ""}, column="postcode",
        words="no place; must be exactly one"
    ),
    "no postcode's form": Broken(
        table="passengers", at=3, cells={"postcode": "Smethwick"}, column="postcode", words="such as B16 0NA"
    ),
    "unknown postcode": Broken(
        table="passengers", at=3, cells={"postcode": "B16 9ZZ"}, column="postcode", words="no known point"
    ),
    "postcode of Northern Ireland": Broken(
        table="passengers", at=3, cells={"postcode": "BT1 1AA"}, column="postcode", words="no known point"
    ),
    "lat and lon swapped": Broken(
        table="passengers", at=2, cells={"lat": "-1.98", "lon": "52.5"}, column="lat",
        words="lat and lon look swapped",
    ),
    "easting and northing swapped": Broken(
        table="passengers", at=4, cells={"easting": "289000", "northing": "402000"}, column="easting",
        words="easting and northing look swapped",
    ),
    "far away": Broken(
        table="passengers", at=2, cells={"lat": "57.15", "lon": "-2.1"}, column="lat",
        words="must be within 300 km"
    ),
    "not on Earth": Broken(
        table="passengers", at=2, cells={"lat": "525"}, column="lat", words="between -90 and 90"
    ),
    # passengers
    "passenger twice": Broken(
        table="passengers", at=3, cells={"passenger_id": "P1"}, column="passenger_id",
        words="already given in row 2", value="P1",
    ),
    "unknown school": Broken(
        table="passengers", at=2, cells={"school_id": "S11"}, column="school_id",
        words="S11 is not in schools; did you mean S1?",
    ),
    "unknown gate": Broken(
        table="passengers", at=4, cells={"gate_id": "west"}, column="gate_id", words="one of north, south"
    ),
    "phase and birth date": Broken(
        table="passengers", at=2, cells={"birth_date": "2018-01-01"}, column="birth_date",
        words="must be empty where phase is given", value="",
    ),
    "neither phase nor birth date": Broken(
        table="passengers", at=2, cells={"phase": ""}, column="phase", words="and so is birth_date"
    ),
    "birth date of a grown-up": Broken(
        table="passengers", at=3, cells={"birth_date": "1987-01-01"}, column="birth_date",
        words="age of 39", value=""
    ),
    "walk without its time": Broken(
        table="passengers", at=2, cells={"walk_m": "300"}, column="walk_min", words="given together"
    ),
    "passenger with a UPN for an id": Broken(
        table="passengers", at=None,
        cells={"passenger_id": "H801200001001", "school_id": "S1", "phase": "primary", "postcode": "B16 0NA"},
        column="passenger_id", words="looks like a UPN", row=5, value="",
    ),
    "passenger with an NHS number for an id": Broken(
        table="passengers", at=None,
        cells={"passenger_id": "9434765919", "school_id": "S1", "phase": "primary", "postcode": "B16 0NA"},
        column="passenger_id", words="looks like an NHS number", row=5, value="",
    ),
    "pinned to an unknown route": Broken(
        table="passengers", at=2, cells={"pinned_route_id": "R9"}, column="pinned_route_id",
        words="R9 is not in current_routes",
    ),
    "pinned to another's route": Broken(
        table="passengers", at=4, cells={"pinned_route_id": "R1"}, column="pinned_route_id",
        words="not on this route",
    ),
    "no vehicle has the tags": Broken(
        table="passengers", at=2, cells={"vehicle_tags": "oxygen"}, column="vehicle_tags",
        words="no vehicle class or fleet vehicle offers this",
    ),
    "no vehicle takes the wheelchair": Broken(
        table="vehicle_classes", at=3, cells={"layouts": "16+0"}, column="mobility",
        words="has a wheelchair place", row=4,
    ),
    "travels on no day": Broken(
        table="passenger_days", at=None, cells={"passenger_id": "P2", "travels": "no"}, column="days",
        words="travels on no day", row=3,
    ),
    "training of no PA": Broken(
        table="passengers", at=2, cells={"pa_training_tags": "epilepsy"}, column="pa_training_tags",
        words="asks for a trained PA, but pa_need is none",
    ),
    # pick-up points
    "point of nobody": Broken(
        table="pickup_points", at=3, cells={"passenger_id": "P8"}, column="passenger_id",
        words="P8 is not in passengers", value="P8",
    ),
    "point twice": Broken(
        table="pickup_points", at=3, cells={"place_id": "stop-1", "postcode": ""}, column="place_id",
        words="already given in row 2", value="stop-1",
    ),
    "point nowhere": Broken(
        table="pickup_points", at=3, cells={"postcode": ""}, column="postcode",
        words="no place; must be exactly one of postcode", value="",
    ),
    "point in two places": Broken(
        table="pickup_points", at=4, cells={"lat": "52.504", "lon": "-1.982"}, column="lat",
        words="point stop-1 lies elsewhere in row 2", value="52.504",
    ),
    "half a point": Broken(
        table="pickup_points", at=2, cells={"lon": ""}, column="lat", words="lon is empty; a place must be",
    ),
    "point without a walk": Broken(
        table="pickup_points", at=2, cells={"walk_m": ""}, column="walk_m", words="must not be empty", value="",
    ),
    "walk too long for any policy": Broken(
        table="pickup_points", at=2, cells={"walk_m": "9000"}, column="walk_m", words="must be between 0 and 8047",
        value="9000",
    ),
    "walk of more than three hours": Broken(
        table="pickup_points", at=2, cells={"walk_s": "10801"}, column="walk_s", words="must be between 0 and 10800",
        value="10801",
    ),
    "point for a place they are never at": Broken(
        table="passenger_days", at=None, cells={"passenger_id": "P2", "leg": "PM", "postcode": "B16 0PB"},
        column="passenger_id", words="is never at the place of their row in passengers", row=4, value="P2",
    ),
    "nowhere to board": Broken(
        table="passengers", at=4, cells={"boards_at_home": "no"}, column="boards_at_home",
        words="pickup_points has no row for them", value="no",
    ),
    # days
    "day of nobody": Broken(
        table="passenger_days", at=None, cells={"passenger_id": "P8"}, column="passenger_id",
        words="P8 is not in passengers", row=5,
    ),
    "day given twice": Broken(
        table="passenger_days", at=None, cells={"passenger_id": "P1", "weekday": "fri"}, column="weekday",
        words="already given in row 2", row=5,
    ),
    "absent with a place": Broken(
        table="passenger_days", at=3, cells={"postcode": "B16 0NA"}, column="postcode",
        words="must be empty where travels is no",
    ),
    "own session upside down": Broken(
        table="passenger_days", at=4, cells={"start_time": "15:45"}, column="start_time",
        words="would end before it starts",
    ),
    "own times on a shut day": Broken(
        table="school_times", at=None, cells={"school_id": "S2", "weekday": "wed", "shut": "yes"},
        column="start_time", words="school S2 is shut on all these days", row=4,
    ),
    # together
    "never together with oneself": Broken(
        table="never_together", at=2, cells={"passenger_id_2": "P1"}, column="passenger_id_2",
        words="must be another passenger",
    ),
    "never together the other way round": Broken(
        table="never_together", at=None, cells={"passenger_id_1": "P3", "passenger_id_2": "P1"},
        column="passenger_id_2", words="already given in row 2", row=3,
    ),
    "kept together but never together": Broken(
        table="never_together", at=2, cells={"passenger_id_2": "P2"}, column="passenger_id",
        words="is never together with P1", row=3,
    ),
    "kept together but solo": Broken(
        table="passengers", at=2, cells={"solo": "yes"}, column="passenger_id", words="travels solo", row=2
    ),
    "group of one": Broken(
        table="keep_together", at=3, cells={"group_id": "G2"}, column="group_id",
        words="must have two or more"
    ),
    "in two groups": Broken(
        table="keep_together", at=None, cells={"group_id": "G2", "passenger_id": "P1"}, column="passenger_id",
        words="already given in row 2", row=4,
    ),
    # vehicles, operators, contracts
    "half a rate card": Broken(
        table="vehicle_classes", at=2, cells={"mile_rate_pence": ""}, column="mile_rate_pence",
        words="given together",
    ),
    "free miles without a price": Broken(
        table="operator_vehicles", at=2,
        cells={"base_pence": "", "mile_rate_pence": "", "pa_day_rate_pence": "", "free_miles": "3"},
        column="free_miles", words="must be empty where there is no price",
    ),
    "billed from a base that has no place": Broken(
        table="operator_vehicles", at=2, cells={"dead_rule": "from_base"}, column="dead_rule",
        words="base has no place"
    ),
    "shift upside down": Broken(
        table="fleet_vehicles", at=2, cells={"pm_to": "13:00"}, column="pm_to", words="must be after pm_from"
    ),
    "unknown depot": Broken(
        table="fleet_vehicles", at=2, cells={"depot_id": "D12"}, column="depot_id", words="did you mean D1?"
    ),
    "operator twice": Broken(
        table="operators", at=None, cells={"operator_id": "O1", "name": "Other"}, column="operator_id",
        words="already given in row 2", row=3,
    ),
    "admitted twice to a class": Broken(
        table="operator_vehicles", at=None,
        cells={"operator_id": "O1", "class_id": "taxi", "n_vehicles": "2"},
        column="class_id", words="already given in row 2", row=3,
    ),
    "contract ends before it starts": Broken(
        table="contracts", at=2, cells={"ends_on": "2025-08-31"}, column="ends_on",
        words="is before it starts, 2025-09-01",
    ),
    "PA whose home is half given": Broken(
        table="assistants", at=None, cells={"pa_id": "PA1", "lat": "52.5"}, column="lat",
        words="lon is empty", row=2,
    ),
    # current routes
    "on two routes": Broken(
        table="current_routes", at=4, cells={"passenger_id": "P1"}, column="passenger_id",
        words="already on route R1 in row 2",
    ),
    "order twice": Broken(
        table="current_routes", at=3, cells={"pm_order": "2"}, column="pm_order",
        words="already the order of row 2"
    ),
    "on neither leg": Broken(
        table="current_routes", at=3, cells={"pm_order": ""}, column="am_order", words="both empty"
    ),
    "order on a leg not travelled": Broken(
        table="current_routes", at=3, cells={"am_order": "2"}, column="am_order", words="travels AM on no day"
    ),
    "fleet route with an operator": Broken(
        table="current_routes", at=4, cells={"operator_id": "O1"}, column="operator_id",
        words="must be empty for a fleet route",
    ),
    "fleet route without a vehicle": Broken(
        table="current_routes", at=4, cells={"vehicle_id": ""}, column="vehicle_id",
        words="must not be empty for a fleet route",
    ),
    "bought route with a fleet vehicle": Broken(
        table="current_routes", at=2, cells={"vehicle_id": "V1"}, column="vehicle_id",
        words="must be empty for a bought route",
    ),
    "vehicle of another class": Broken(
        table="current_routes", at=4, cells={"class_id": "taxi"}, column="class_id",
        words="vehicle V1 is of class minibus",
    ),
    "kept under an unknown lot": Broken(
        table="current_routes", at=2, cells={"lot_id": "L9"}, column="lot_id", words="cannot be kept under it"
    ),
    "bought without a price": Broken(
        table="current_routes", at=2, cells={"lot_id": ""}, column="day_rate_pence",
        words="must not be empty where the lot has no contract",
    ),
    "another operator than the contract's": Broken(
        table="current_routes", at=2, cells={"operator_id": "O2"}, column="operator_id",
        words="lot L1 is held by O1",
        also={"operators": [
            {"operator_id": "O1", "name": "One"}, {"operator_id": "O2", "name": "Two"},
        ]},
    ),
    "route said differently on two rows": Broken(
        table="current_routes", at=3, cells={"n_pas": "2"}, column="n_pas",
        words="differs from the route's first row, 2, which says 1",
    ),
    "route said on the second row only": Broken(
        table="current_routes", at=3, cells={"known_am_min": "20"}, column="known_am_min",
        words="must stand on the route's first row, 2",
    ),
    "known time of a run that nobody is on": Broken(
        table="current_routes", at=2, cells={"am_order": "", "known_am_min": "20"}, column="known_am_min",
        words="nobody has an am_order",
    ),
    "kept although its contract is over": Broken(
        table="current_routes", at=2, cells={}, column="keep",
        words="lot L1 ended on 2026-08-31 and has no extension_day_rate_pence",
        also={"contracts": [
            {
                "lot_id": "L1", "operator_id": "O1", "day_rate_pence": "8000", "pa_day_rate_pence": "5000",
                "variation_mile_rate_pence": "150", "starts_on": "2025-09-01", "ends_on": "2026-08-31",
            }
        ]},
    ),
    "one lot kept and not kept": Broken(
        table="current_routes", at=None, column="keep", words="lot L1 has yes in row 2",
        cells={
            "route_id": "R9", "kind": "bought", "class_id": "taxi", "lot_id": "L1", "keep": "no",
            "passenger_id": "P3", "am_order": "1", "pm_order": "1",
        },
        row=4,
        also={"current_routes": [
            {
                "route_id": "R1", "kind": "bought", "class_id": "taxi", "operator_id": "O1", "lot_id": "L1",
                "n_pas": "1", "keep": "yes", "passenger_id": "P1", "am_order": "1", "pm_order": "2",
            },
            {"route_id": "R1", "passenger_id": "P2", "pm_order": "1"},
        ]},
    ),
    # street rules
    "street named twice": Broken(
        table="street_rules", at=2, cells={"postcode": "B16 0NA"}, column="way_id",
        words="must be empty where a place"
    ),
    "street not named": Broken(
        table="street_rules", at=2, cells={"way_id": ""}, column="postcode", words="no place"
    ),
    "meeting place missing": Broken(
        table="street_rules", at=3, cells={"meeting_lat": "", "meeting_lon": ""}, column="meeting_postcode",
        words="no place",
    ),
    "meeting place of a no-entry": Broken(
        table="street_rules", at=2, cells={"meeting_postcode": "B16 0NA"}, column="meeting_postcode",
        words="unless kind is meeting_place",
    ),
    "unknown class in a list": Broken(
        table="street_rules", at=2, cells={"class_ids": "taxi coach"}, column="class_ids",
        words="coach is not in vehicle_classes",
    ),
}  # fmt: skip


def faults_of(folder: Path) -> tuple[Fault, ...]:
    """Faults of a folder that must have some."""
    with pytest.raises(InputFaults) as caught:
        read_scenario(folder)
    return caught.value.faults


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_broken_input_is_told(tmp_path: Path, broken: Broken) -> None:
    """File, row, column, value and words; and the sentence holds them."""
    tables = {**little_council(), **broken.also}
    rows = tables.setdefault(broken.table, [])
    if broken.at is None:
        rows.append(broken.cells)
    else:
        rows[broken.at - 2].update(broken.cells)
    found = faults_of(write_folder(tmp_path / "little", tables))
    at = broken.row or broken.at
    matching = [f for f in found if (f.row, f.column) == (at, broken.column) and broken.words in f.message]
    assert len(matching) == 1, "\n".join(map(str, found))
    fault = matching[0]
    assert fault.file.endswith(".csv")
    assert str(fault).startswith(f"{fault.file} row {at}, column {broken.column}: ")
    if broken.value is not None:
        assert fault.value == broken.value


def test_one_mistake_gives_one_fault(tmp_path: Path) -> None:
    """A cell that cannot be read does not draw faults after it, though others refer to its row."""
    tables = little_council()
    tables["passengers"][0]["solo"] = "perhaps"
    tables["schools"][1]["start_time"] = "nine"
    tables["vehicle_classes"][0]["tags"] = "!"
    found = faults_of(write_folder(tmp_path / "little", tables))
    assert [(f.file, f.row, f.column) for f in found] == [
        ("schools.csv", 3, "start_time"), ("passengers.csv", 2, "solo"), ("vehicle_classes.csv", 2, "tags"),
    ]  # fmt: skip


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    """Types, references, repeats and contradictions in five files, in the order of files and rows."""
    tables = little_council()
    tables["schools"][0]["start_time"] = "late"
    tables["passengers"][2]["ride_cap_min"] = "0"
    tables["passengers"].append({"passenger_id": "P1", "school_id": "S9", "phase": "primary"})
    tables["contracts"][0]["ends_on"] = "2020-01-01"
    tables["current_routes"][1]["pm_order"] = "2"
    tables["keep_together"][1]["passenger_id"] = "P7"
    folder = write_folder(tmp_path / "little", tables)
    (folder / "passengrs.csv").write_text("passenger_id\n")
    found = faults_of(folder)
    assert [(f.file, f.row, f.column) for f in found] == [
        ("passengrs.csv", None, ""),
        ("schools.csv", 2, "start_time"),
        ("passengers.csv", 4, "ride_cap_min"),
        ("passengers.csv", 5, "passenger_id"),
        ("passengers.csv", 5, "school_id"),
        ("passengers.csv", 5, "postcode"),
        ("keep_together.csv", 3, "passenger_id"),
        ("contracts.csv", 2, "ends_on"),
        ("current_routes.csv", 3, "pm_order"),
    ]
    assert str(InputFaults(found)).splitlines() == [str(fault) for fault in found]


def test_the_sentence_of_a_fault() -> None:
    """Where, what was written, what is allowed; long and unprintable values are tamed."""
    fault = Fault(file="passengers.csv", row=12, column="ride_cap_min", value="-5", message="must be between 1 and 180")
    assert str(fault) == "passengers.csv row 12, column ride_cap_min: -5; must be between 1 and 180"
    whole = Fault(file="schools.csv", row=None, column="", value="", message="is missing")
    assert str(whole) == "schools.csv: is missing"
    long = Fault(file="a.csv", row=2, column="b", value="x\x1b" * 50, message="no")
    assert str(long) == "a.csv row 2, column b: " + "x " * 29 + "x…; no"


CELLS = [
    (table, i, column)
    for table, rows in little_council().items()
    for i in range(len(rows))
    for column in TABLE_BY_NAME[table].column_names
]
JUNK = st.one_of(
    st.sampled_from(["", "0", "-1", "P1", "P3", "S2", "R2", "V1", "O1", "L1", "taxi", "yes", "no", "AM", "B", "fri"]),
    st.sampled_from(["2026-09-02", "08:30", "23:59", "B16 0NA", "99999999", "16+0", "fleet", "in_wheelchair", "#N/A"]),
    st.text(max_size=20),
)


@given(changes=st.lists(st.tuples(st.sampled_from(CELLS), JUNK), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_whatever_stands_in_a_cell_is_read_or_told(changes: list[tuple[tuple[str, int, str], str]]) -> None:
    """No cell brings the reader down: a scenario comes of it, or faults that name rows and columns."""
    tables = little_council()
    for (table, i, column), text in changes:
        tables[table][i][column] = text
    with TemporaryDirectory() as name:
        try:
            scenario = read_scenario(write_folder(Path(name) / "little", tables))
        except InputFaults as caught:
            told = caught.faults
        else:
            assert len(scenario.passengers) == 3
            return
    assert told
    assert all(fault.message for fault in told)
    assert all(fault.row is not None for fault in told if fault.column)

"""The tables of a plan as CSV and workbook: hand-known cells, units, and nothing a spreadsheet would run."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.builders import line_travel, make_passenger, make_plan, make_scenario, route_of
from transport.calendar import Leg, days_words
from transport.check import rides_of
from transport.cost import cost_of
from transport.files.plan_reasons import make_reason_of
from transport.files.plan_tables import (
    Column,
    Table,
    Unit,
    csv_cell,
    formula_safe,
    lots_table,
    passengers_table,
    routes_table,
    stops_table,
    write_csv,
)
from transport.files.plan_words import clock, miles, minutes, pounds
from transport.files.plan_xlsx import write_workbook
from transport.plan import NotPlanned, Unserved

SCENARIO = make_scenario([make_passenger("P1", 10), make_passenger("P2", 20), make_passenger("P3", 5)])
TRAVEL = line_travel()
PLAN = make_plan(
    route_of(SCENARIO, TRAVEL, "R1", ["P1", "P2"], ["P2", "P1"]),
    unserved=(Unserved(passenger_id="P3", cause="ride_over_cap", sentence="too far"),),
)
COST = cost_of(PLAN, SCENARIO, TRAVEL)
RIDES = rides_of(PLAN, SCENARIO, TRAVEL)


def rows_of(table: Table) -> list[dict[str, object]]:
    return [dict(zip([c.name for c in table.columns], row, strict=True)) for row in table.rows]


def test_a_route_row_holds_its_times_and_money() -> None:
    """Arrive 08:55 at x30, so at x20 08:44 (60 s to board, 10 min drive) and at x10 08:33."""
    row = rows_of(routes_table(PLAN, COST, RIDES))[0]
    assert (row["route_id"], row["kind"], row["school_ids"], row["days"]) == ("R1", "bought", "S1", "Mon–Fri")
    assert clock(int(str(row["am_first_pickup_at"]))) == "08:33"
    assert clock(int(str(row["am_last_arrival_at"]))) == "08:55"
    assert clock(int(str(row["pm_first_leave_at"]))) == "15:02"
    assert clock(int(str(row["pm_last_home_at"]))) == "15:23"
    assert row["longest_ride_s"] == 21 * 60
    assert row["week_pence"] == COST.week_pence


def test_a_stop_row_counts_who_is_on_board() -> None:
    """Boarding 1, then 2, and nobody after the gate."""
    morning = [row for row in rows_of(stops_table(PLAN, SCENARIO)) if row["leg"] == "AM"]
    assert [row["n_on_board"] for row in morning] == [1, 2, 0]
    assert [row["boarding"] for row in morning] == ["P1", "P2", ""]
    assert morning[2]["alighting"] == "P1 P2"


def test_every_passenger_has_a_row_whatever_became_of_them() -> None:
    """Carried with times, unserved with the cause; nobody is dropped from the list."""
    rows = rows_of(passengers_table(PLAN, SCENARIO, RIDES, make_reason_of(PLAN)))
    assert [(row["passenger_id"], row["state"]) for row in rows] == [
        ("P1", "planned"),
        ("P2", "planned"),
        ("P3", "unserved"),
    ]
    assert rows[0]["am_ride_s"] == 21 * 60
    assert rows[1]["am_ride_s"] == 10 * 60
    assert rows[2]["reason"] == "too far"
    assert rows[2]["am_pickup_at"] is None


def test_who_is_not_planned_is_no_failure() -> None:
    """Their row says `not planned` and why."""
    plan = make_plan(not_planned=(NotPlanned(passenger_id="P1", reason="not ready"),))
    row = rows_of(passengers_table(plan, SCENARIO, [], make_reason_of(plan)))[0]
    assert (row["state"], row["reason"]) == ("not planned", "not ready")


def test_other_times_on_other_days_are_told() -> None:
    """P1 travels all days, P2 Mondays only: without P2 the car leaves P1 a minute later."""
    scenario = make_scenario([make_passenger("P1", 10), make_passenger("P2", 20, days=(0, 5))])
    plan = make_plan(route_of(scenario, TRAVEL, "R1", ["P1", "P2"], ["P2", "P1"]))
    rows = rows_of(passengers_table(plan, scenario, rides_of(plan, scenario, TRAVEL), make_reason_of(plan)))
    assert [(row["times_vary"], row["am_days"]) for row in rows] == [(True, "Tue–Fri"), (False, "Mon")]


def test_a_ride_over_target_carries_its_reason() -> None:
    """P1 rides 61 minutes, 45 wished for: 50 direct, 10 round by P2 (other side), 1 for P2 to get on."""
    far = make_scenario([make_passenger("P1", 80), make_passenger("P2", 85)])
    plan = make_plan(route_of(far, TRAVEL, "R1", ["P1", "P2"]))
    ride = next(r for r in rides_of(plan, far, TRAVEL) if r.passenger_id == "P1")
    assert ride.ride_s == (5 + 1 + 55) * 60
    reason = make_reason_of(plan)(ride)
    assert reason == (
        "Distance alone exceeds the target: 50 min direct drive, 10 min driving round to 1 other stop, "
        "1 min while others get on or off"
    )


def test_a_lot_row_sums_its_routes() -> None:
    """One lot to be tendered with one route: its week is the route's."""
    row = rows_of(lots_table(PLAN, SCENARIO, COST))[0]
    assert (row["lot_id"], row["state"], row["n_passengers"], row["week_pence"]) == (
        "L-R1",
        "to_be_tendered",
        2,
        COST.week_pence,
    )


@pytest.mark.parametrize("text", ["=1+1", "+44", "-5", "@cmd", "\tx", "\rx", "\nx"])
def test_no_text_can_run_as_a_formula(text: str) -> None:
    """What a spreadsheet would run has an apostrophe before it."""
    assert formula_safe(text) == "'" + text


def test_numbers_and_plain_text_stay_as_they_are() -> None:
    """A negative number is a number; a minus inside a text is harmless."""
    assert csv_cell(-5, Column(name="x_pence", title="", meaning="", unit=Unit.MONEY)) == "-5"
    assert formula_safe("R1-2") == "R1-2"


def test_the_csv_opens_in_excel(tmp_path: Path) -> None:
    """Byte order mark, CRLF, clock times with seconds, and a planted formula made harmless."""
    scenario = make_scenario([make_passenger("=HYPERLINK()", 10)])
    plan = make_plan(route_of(scenario, TRAVEL, "R1", ["=HYPERLINK()"]))
    write_csv(stops_table(plan, scenario), tmp_path / "stops.csv")
    raw = (tmp_path / "stops.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfroute_id,")
    assert raw.count(b"\r\n") == 3
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    assert rows[0]["boarding"] == "'=HYPERLINK()"
    assert rows[0]["start_at"] == "08:34:00"


def test_the_workbook_shows_people_units(tmp_path: Path) -> None:
    """Pounds, minutes and a clock of Excel's own; the first sheet carries the notes; text stays text."""
    table = routes_table(PLAN, COST, RIDES)
    write_workbook([table], tmp_path / "plan.xlsx", notes=["Personal data: keep it inside"], title="Line")
    book = CalamineWorkbook.from_path(str(tmp_path / "plan.xlsx"))
    assert book.sheet_names == ["Read me", "Routes"]
    assert ["Personal data", "keep it inside"] in book.get_sheet_by_name("Read me").to_python()
    head, row = book.get_sheet_by_name("Routes").to_python()
    cells = dict(zip(head, row, strict=True))
    assert cells["Cost a week"] == COST.week_pence / 100
    assert cells["Longest ride (min)"] == 21
    assert str(cells["AM first pick-up"])[:5] == "08:33"


def test_a_formula_in_the_workbook_stays_text(tmp_path: Path) -> None:
    """A passenger id that looks like a formula or a link is written as it is."""
    column = Column(name="x", title="X", meaning="anything")
    table = Table(name="t", title="T", columns=(column,), rows=(("=1+1",), ("https://example.org",)))
    write_workbook([table], tmp_path / "t.xlsx")
    sheet = CalamineWorkbook.from_path(str(tmp_path / "t.xlsx")).get_sheet_by_name("T").to_python()
    assert sheet[1:] == [["=1+1"], ["https://example.org"]]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (range(10), "Mon–Fri"),
        ((0, 5, 2, 7), "Mon, Wed"),
        ((0, 1, 2), "Mon–Wed (week A)"),
        ((8, 9), "Thu, Fri (week B)"),
        ((0, 6), "Mon A, Tue B"),
    ],
)
def test_days_in_words(days: tuple[int, ...], words: str) -> None:
    """Weeks are named only where they differ."""
    assert days_words(days) == words


def test_numbers_in_words() -> None:
    """Pounds half up, minutes half up, a clock that never makes anybody late."""
    assert (pounds(123_450), pounds(123_450, pennies=False), pounds(-5)) == ("£1,234.50", "£1,235", "−£0.05")
    assert (minutes(89), minutes(90)) == (1, 2)
    assert clock(7 * 3600 + 59) == "07:00"
    assert miles(1_609_344) == "1,000 miles"
    assert miles(2414) == "1.5 miles"


def test_both_legs_stand_in_a_passengers_row_only_where_ridden() -> None:
    """Who travels in the morning only has no afternoon cells."""
    scenario = make_scenario([make_passenger("P1", 10, legs=(Leg.AM,))])
    plan = make_plan(route_of(scenario, TRAVEL, "R1", ["P1"]))
    row = rows_of(passengers_table(plan, scenario, rides_of(plan, scenario, TRAVEL), make_reason_of(plan)))[0]
    assert (row["am_days"], row["pm_days"], row["pm_ride_s"]) == ("Mon–Fri", None, None)

"""The school bus yardstick: its checker on schedules worked out by hand, its rows, and one public instance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.school_bus import best_known, main
from benchmarks.school_bus_check import faults_of

PUBLIC = Path(__file__).resolve().parents[3] / "shared" / "bench" / "school_bus"
FEET_PER_MINUTE = 1760

SCHOOLS = ["ID X Y AMEARLY AMLATE", "S1 0 0 800 820", f"S2 {10 * FEET_PER_MINUTE} 0 900 920"]
STOPS = [
    "ID X_COORD Y_COORD EP_ID STUDENT_COUNT",
    f"a {5 * FEET_PER_MINUTE} 0 S1 10",
    f"b {10 * FEET_PER_MINUTE} 0 S1 40",
    f"c {30 * FEET_PER_MINUTE} 0 S2 20",
    f"d {30 * FEET_PER_MINUTE} 0 S2 50",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One instance and its table, stops and schools on a line."""
    place = tmp_path / "instances" / "TINY"
    place.mkdir(parents=True)
    (place / "Schools.txt").write_text("\n".join(SCHOOLS), encoding="utf-8")
    (place / "Stops.txt").write_text("\n".join(STOPS), encoding="utf-8")
    table = ["instance,max_ride_s,old_buses,new_buses", "TINY,2700,4,3", "TINY,5400,2,2"]
    (tmp_path / "bus_counts.csv").write_text("\n".join(table), encoding="utf-8")
    return tmp_path


def faults(folder: Path, *buses: list[tuple[str, list[str]]], ride_s: float = 2700) -> list[str]:
    return faults_of(folder / "instances" / "TINY", buses, ride_s)


def test_a_schedule_that_holds(folder: Path) -> None:
    """One bus: b and a, then 30 minutes from S1 to c; another for d."""
    assert faults(folder, [("S1", ["b", "a"]), ("S2", ["c"])], [("S2", ["d"])]) == []


def test_the_ride_of_the_first_stop_counts_services_on_the_way(folder: Path) -> None:
    """b to a to S1: ten minutes and the 45 s of a's stop."""
    plan = [("S1", ["b", "a"])], [("S2", ["c"])], [("S2", ["d"])]
    assert faults(folder, *plan, ride_s=20 * 60) == []
    (fault,) = faults(folder, [("S1", ["b", "a"])], ride_s=644)[2:]
    assert fault == "bus 0, S1: a ride of 645.0 s"
    assert len(faults(folder, [("S1", ["b", "a"])], ride_s=646)) == 2


def test_a_bus_that_is_late_for_its_next_trip(folder: Path) -> None:
    """With S2 at 8:51 the bus has 51 minutes less 154.4 s, 71 s of service and 20 minutes: 27.2 of the 30 to c."""
    place = folder / "instances" / "TINY" / "Schools.txt"
    place.write_text(place.read_text(encoding="utf-8").replace(" 900 ", " 851 "), encoding="utf-8")
    (fault,) = faults(folder, [("S1", ["b", "a"]), ("S2", ["c"])], [("S2", ["d"])])
    assert fault == "bus 0, S2: the bus is 165.4 s late at its first stop"


@pytest.mark.parametrize(
    ("buses", "fault"),
    [
        ([[("S1", ["b", "a"]), ("S2", ["c", "d"])]], "more than 66 students"),
        ([[("S1", ["b", "a"]), ("S2", ["c"])]], "d is served 0 times"),
        ([[("S1", ["b", "a"]), ("S2", ["c"])], [("S1", ["a"])], [("S2", ["d"])]], "a is served 2 times"),
        ([[("S1", ["b", "a", "c"])], [("S2", ["d"])]], "c goes to S2"),
        ([[("S2", ["c"])], [("S2", ["d"]), ("S1", ["b", "a"])]], "late at its first stop"),
        ([[("S1", ["b", "a"]), ("S2", ["c"])], [("S2", ["d"]), ("S2", [])]], "a trip without a stop"),
    ],
)
def test_a_schedule_with_a_fault(folder: Path, buses: list[list[tuple[str, list[str]]]], fault: str) -> None:
    assert any(fault in found for found in faults(folder, *buses))


def test_the_best_known_is_the_fewest_of_any_method(folder: Path) -> None:
    assert best_known(folder / "bus_counts.csv", 2700) == {"TINY": 3}


def test_rows_have_what_the_yardstick_asks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """c and d are too many for one bus, so two buses, one of which brings a and b first."""
    main([str(folder), "--ride", "2700", "--seconds", "600", "--only", "TINY", "--json"])
    (row,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (row["instance"], row["cost"], row["optimum"], row["checked"]) == ("TINY", 2, 3, "OK")
    assert row["gap"] == pytest.approx(-1 / 3, abs=1e-4)
    assert row["lower_bound"] == 2
    assert row["cpu_s"] >= 0


@pytest.mark.slow
@pytest.mark.skipif(not PUBLIC.exists(), reason="needs shared/bench/school_bus beside the checkout")
def test_a_public_instance(capsys: pytest.CaptureFixture[str]) -> None:
    """RSRB02 at 2,700 s: 29 buses are known; no plan has fewer than 28."""
    main([str(PUBLIC), "--ride", "2700", "--seconds", "20", "--only", "RSRB02", "--json"])
    (row,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert row["checked"] == "OK"
    assert 28 <= row["cost"] <= 31

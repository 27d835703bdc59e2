"""A council's own travel matrices, and the archive of ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from transport.calendar import Leg
from transport.files.faults import InputFaults
from transport.files.travel_files import read_travel, read_travel_archive, write_travel
from transport.travel import UNREACHABLE, TravelMatrix

HEADER = "from_place_id,to_place_id,am_seconds,am_metres,pm_seconds,pm_metres"
GOOD = ["a,b,60,500,50,510", "b,a,61,501,51,511"]
PLACES, CLASSES = ["a", "b"], ["car", "bus"]


def write_csv(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def arrays() -> dict[str, np.ndarray]:
    """Three places; the scenario uses two of them, in another order."""
    square = np.array([[0, 10, 20], [30, 0, 40], [50, 60, 0]])
    return {
        "place_ids": np.array(["b", "x", "a"]),
        "am_seconds": square,
        "am_metres": square * 10,
        "pm_seconds": square + np.where(square > 0, 1, 0),
        "pm_metres": square * 10,
    }


def faults_of(path: Path, places: list[str] = PLACES) -> list[str]:
    with pytest.raises(InputFaults) as caught:
        read_travel(path, places, CLASSES)
    return [str(fault) for fault in caught.value.faults]


def test_a_csv_of_pairs_is_read(tmp_path: Path) -> None:
    """Every class drives the same times; a place to itself may be left out."""
    travel = read_travel(write_csv(tmp_path / "travel.csv", *GOOD), PLACES, CLASSES)
    assert travel.seconds_between(Leg.AM, "a", "b") == 60
    assert travel.metres_between(Leg.PM, "b", "a") == 511
    assert travel.seconds_between(Leg.PM, "a", "a") == 0
    assert travel.profile_by_class_id == {"car": 0, "bus": 0}
    assert not travel.approximate
    assert "travel.csv" in travel.source


def test_a_folder_of_csvs_is_one_matrix(tmp_path: Path) -> None:
    """Pairs spread over two files."""
    write_csv(tmp_path / "1.csv", GOOD[0])
    write_csv(tmp_path / "2.csv", GOOD[1])
    travel = read_travel(tmp_path, PLACES, CLASSES)
    assert travel.seconds_between(Leg.AM, "b", "a") == 61


def test_an_empty_pair_says_that_no_road_leads(tmp_path: Path) -> None:
    """In the morning one cannot drive from a to b."""
    path = write_csv(tmp_path / "travel.csv", "a,b,,,50,510", GOOD[1])
    travel = read_travel(path, PLACES, CLASSES)
    assert travel.seconds_between(Leg.AM, "a", "b") == UNREACHABLE
    assert travel.metres_between(Leg.AM, "a", "b") == UNREACHABLE
    assert travel.seconds_between(Leg.PM, "a", "b") == 50


def test_every_fault_of_a_csv_is_named_at_once(tmp_path: Path) -> None:
    """Unknown place, negative, not a number, given twice, half empty, not 0 to itself, missing."""
    path = write_csv(
        tmp_path / "travel.csv",
        "a,z,60,500,50,510",
        "a,b,-5,500,1.5,510",
        "a,b,60,500,50,510",
        "a,a,7,0,0,0",
        "b,c,60,,50,510",
    )
    faults = faults_of(path, ["a", "b", "c"])
    assert faults[0] == "travel.csv row 2, column to_place_id: z; must be a place of the scenario"
    assert any(f.startswith("travel.csv row 3, column am_seconds: -5; must be a whole number") for f in faults)
    assert any(f.startswith("travel.csv row 3, column pm_seconds: 1.5; must be a whole number") for f in faults)
    assert "travel.csv row 4: the pair from a to b is there twice" in faults
    assert "travel.csv row 5, column am_seconds: 7; must be 0 from a place to itself" in faults
    assert any(f.startswith("travel.csv row 6, column am_seconds: 60; must be given with am_metres") for f in faults)
    missing = [f for f in faults if f.endswith("is missing")]
    assert missing == [f"travel.csv: the pair from {a} to {b} is missing" for a, b in ("ac", "ba", "ca", "cb")]


def test_a_csv_without_its_columns_is_refused(tmp_path: Path) -> None:
    """The missing columns are named."""
    path = write_csv(tmp_path / "travel.csv", "a,b,60", header="from_place_id,to_place_id,am_seconds")
    assert "travel.csv row 1: columns am_metres, pm_seconds, pm_metres are missing" in faults_of(path)


def test_a_csv_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A spreadsheet with the wrong ending."""
    path = tmp_path / "travel.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    assert "cannot be read as a CSV file in UTF-8" in faults_of(path)[0]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "no CSV file is in this folder" in faults_of(tmp_path)[0]


def test_an_npz_of_squares_is_read_in_the_order_of_the_scenario(tmp_path: Path) -> None:
    """Places of the file that the scenario lacks are left out."""
    np.savez(tmp_path / "travel.npz", **arrays())
    travel = read_travel(tmp_path / "travel.npz", PLACES, CLASSES)
    assert travel.seconds.shape == (1, 2, 2, 2)
    assert travel.seconds_between(Leg.AM, "a", "b") == 50
    assert travel.seconds_between(Leg.AM, "b", "a") == 20
    assert travel.metres_between(Leg.PM, "b", "a") == 200


def test_every_fault_of_an_npz_is_named_at_once(tmp_path: Path) -> None:
    """First shapes and places; then, where these hold, values."""
    broken = arrays()
    broken["am_metres"] = broken["am_metres"][:2]
    broken["place_ids"] = np.array(["b", "b", "x"])
    np.savez(tmp_path / "shape.npz", **broken)
    faults = faults_of(tmp_path / "shape.npz")
    assert "shape.npz, column place_ids[1]: b; must be there once" in faults
    assert "shape.npz: place a is missing" in faults
    assert any("shape (2, 3); must be (3, 3)" in f for f in faults)
    values = arrays()
    values["am_seconds"] = values["am_seconds"].astype(float)
    values["am_seconds"][2, 0] = -3
    values["pm_metres"][0, 0] = 9
    np.savez(tmp_path / "values.npz", **values)
    faults = faults_of(tmp_path / "values.npz")
    assert any("am_seconds[a, b]: -3.0; must be a whole number" in f for f in faults)
    assert any("pm_metres[b, b]: 9; must be 0 from a place to itself" in f for f in faults)


def test_an_npz_without_its_arrays_is_refused(tmp_path: Path) -> None:
    """The missing arrays are named; a file that is no npz too."""
    np.savez(tmp_path / "part.npz", place_ids=np.array(["a"]))
    assert "arrays am_seconds, am_metres, pm_seconds, pm_metres are missing" in faults_of(tmp_path / "part.npz")[0]
    (tmp_path / "text.npz").write_text("hello")
    assert "not an npz file" in faults_of(tmp_path / "text.npz")[0]


def test_seconds_without_metres_are_refused(tmp_path: Path) -> None:
    """A pair that is unreachable in one measure only is a fault."""
    values = arrays()
    values["am_seconds"][2, 0] = UNREACHABLE
    np.savez(tmp_path / "half.npz", **values)
    assert "must be unreachable together" in faults_of(tmp_path / "half.npz")[0]


def test_thousands_of_faults_stay_readable(tmp_path: Path) -> None:
    """A file of other places: the first faults, and how many more."""
    rows = [f"u{k},a,1,1,1,1" for k in range(1_000)]
    faults = faults_of(write_csv(tmp_path / "travel.csv", *rows))
    assert len(faults) == 201
    assert faults[-1] == "travel.csv: 802 more faults are not listed"


def two_profiles() -> TravelMatrix:
    seconds = np.arange(16, dtype=np.int32).reshape(2, 2, 2, 2)
    return TravelMatrix(
        row_by_place_id={"a": 0, "twin": 0, "b": 1},
        profile_by_class_id={"car": 0, "bus": 1},
        seconds=seconds,
        metres=seconds * 10,
        approximate=True,
        source="a square",
        digest="f00",
        notes=("first", "second"),
    )


@pytest.mark.parametrize("compressed", [True, False])
def test_an_archive_comes_back_whole(tmp_path: Path, compressed: bool) -> None:
    """Rows, profiles, texts and every figure."""
    written, path = two_profiles(), tmp_path / "travel.npz"
    write_travel(written, path, compressed=compressed)
    read = read_travel_archive(path)
    assert read.row_by_place_id == written.row_by_place_id
    assert read.profile_by_class_id == written.profile_by_class_id
    assert (read.approximate, read.source, read.digest, read.notes) == (
        True,
        "a square",
        "f00",
        ("first", "second"),
    )
    np.testing.assert_array_equal(read.seconds, written.seconds)
    np.testing.assert_array_equal(read.metres, written.metres)
    assert [p.name for p in tmp_path.iterdir()] == ["travel.npz"]


def test_an_archive_serves_as_a_council_s_own_matrix(tmp_path: Path) -> None:
    """With its profiles, if it has every place and class."""
    path = tmp_path / "travel.npz"
    write_travel(two_profiles(), path)
    assert read_travel(path, ["a", "b"], ["bus"]).profile_by_class_id["bus"] == 1
    with pytest.raises(InputFaults) as caught:
        read_travel(path, ["a", "c"], ["tram"])
    assert [str(f) for f in caught.value.faults] == [
        "travel.npz: place c is missing",
        "travel.npz: vehicle class tram is missing",
    ]


def test_something_else_is_no_archive(tmp_path: Path) -> None:
    """A council's npz is not ours; nor is a damaged file."""
    np.savez(tmp_path / "other.npz", **arrays())
    with pytest.raises(ValueError, match="not a travel archive"):
        read_travel_archive(tmp_path / "other.npz")
    write_travel(two_profiles(), tmp_path / "cut.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "cut.npz").read_bytes()[:200])
    with pytest.raises(ValueError, match="not a travel archive"):
        read_travel_archive(tmp_path / "cut.npz")

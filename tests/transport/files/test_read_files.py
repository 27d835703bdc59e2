"""Files, sheets, headers and encodings: what is forgiven, and what is told."""

from __future__ import annotations

import logging
import zipfile
from contextlib import suppress
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.transport.files.scenario_folder import little_council, write_folder
from transport.files.faults import Fault, InputFaults
from transport.files.read import read_scenario, read_scenario_and_remarks
from transport.files.template import write_workbook


def told(path: Path) -> list[tuple[str, int | None, str]]:
    """File, row and column of each fault."""
    return [(f.file, f.row, f.column) for f in faults_of(path)]


def faults_of(path: Path) -> tuple[Fault, ...]:
    """Faults of a folder or workbook that must have some."""
    with pytest.raises(InputFaults) as caught:
        read_scenario(path)
    return caught.value.faults


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Little Council as a folder."""
    return write_folder(tmp_path / "little", little_council())


def _text(path: Path) -> str:
    return path.read_text("utf-8-sig")


# ---- folder


def test_path_that_does_not_exist(tmp_path: Path) -> None:
    """One sentence, not a stack trace."""
    (fault,) = faults_of(tmp_path / "nowhere")
    assert str(fault) == "nowhere: does not exist; must be a folder of CSV files, or an .xlsx workbook"


def test_empty_folder(tmp_path: Path) -> None:
    """It names the files that a scenario needs."""
    (fault,) = faults_of(tmp_path)
    assert "scenario.csv, schools.csv, passengers.csv, vehicle_classes.csv" in fault.message


def test_missing_file_draws_no_faults_after_it(folder: Path) -> None:
    """Without schools.csv, the schools that passengers name are not called unknown."""
    (folder / "schools.csv").unlink()
    assert told(folder) == [("schools.csv", None, "")]


def test_unknown_file_names_the_nearest(folder: Path) -> None:
    """A misspelt table is not passed over."""
    (folder / "never_togehter.csv").write_text("passenger_id_1,passenger_id_2\nP1,P2\n")
    (fault,) = faults_of(folder)
    assert str(fault) == "never_togehter.csv: no such table; did you mean never_together.csv?"


def test_workbook_inside_a_folder(folder: Path) -> None:
    """A folder of CSV files is not mixed with a workbook."""
    (folder / "extra.xlsx").write_bytes(b"PK")
    assert told(folder) == [("extra.xlsx", None, "")]


def test_other_files_and_hidden_files_are_left_alone(folder: Path) -> None:
    """Notes, lock files and folders are nobody's table."""
    (folder / "notes.txt").write_text("hello")
    (folder / ".hidden.csv").write_text("x")
    (folder / "~$schools.csv").write_text("x")
    (folder / "old").mkdir()
    assert read_scenario(folder).name == "Little Council"


def test_file_name_with_capitals(folder: Path) -> None:
    """`Never Together.csv` is never_together.csv."""
    (folder / "never_together.csv").rename(folder / "Never Together.csv")
    assert len(read_scenario(folder).never_together) == 1


def test_table_given_twice(folder: Path) -> None:
    """Neither of two files of one table is guessed to be right."""
    (folder / "Depots .csv").write_text("depot_id,lat,lon\nD1,52.5,-2\n")
    (fault,) = faults_of(folder)
    assert fault.message.startswith("is given twice; the other is ")


def test_required_table_without_rows(folder: Path) -> None:
    """A header alone is no list of passengers."""
    path = folder / "passengers.csv"
    path.write_text(_text(path).splitlines()[0] + "\n")
    assert ("passengers.csv", None, "") in told(folder)


def test_empty_file(folder: Path) -> None:
    """A file without a header says which columns it must have."""
    (folder / "depots.csv").write_text("")
    fault = next(f for f in faults_of(folder) if f.file == "depots.csv")
    assert "row 1 must hold the columns depot_id, postcode" in fault.message


# ---- headers


def test_headers_may_have_spaces_and_capitals(folder: Path) -> None:
    """`Passenger ID` is passenger_id."""
    path = folder / "keep_together.csv"
    path.write_text(_text(path).replace("group_id,passenger_id", " Group ID ,Passenger-Id"))
    assert read_scenario(folder).keep_together[0].passenger_ids == ("P1", "P2")


def test_unknown_column_names_the_nearest(folder: Path) -> None:
    """A misspelt column is not passed over."""
    path = folder / "passengers.csv"
    path.write_text(_text(path).replace("ride_cap_min", "ride_cap_mins"))
    (fault,) = faults_of(folder)
    assert str(fault) == ("passengers.csv row 1, column ride_cap_mins: no such column; did you mean ride_cap_min?")


def test_missing_column_is_told_once(folder: Path) -> None:
    """Not once for every row."""
    (folder / "depots.csv").write_text("lat,lon\n52.5,-2.0\n52.6,-2.0\n")
    assert ("depots.csv", 1, "depot_id") in told(folder)
    assert len([f for f in faults_of(folder) if f.file == "depots.csv"]) == 1


def test_column_twice(folder: Path) -> None:
    """Which of two equal columns counts is not guessed."""
    (folder / "depots.csv").write_text("depot_id,lat,lon,lat\nD1,52.5,-2.0,52.6\n")
    (fault,) = faults_of(folder)
    assert str(fault) == "depots.csv row 1, column lat: stands twice, in cells 2 and 4"


def test_file_without_a_header_repeats_none_of_its_cells(folder: Path) -> None:
    """The first row of a list without a header is somebody's data."""
    (folder / "keep_together.csv").write_text("G1,P1,Ada Lovelace\nG1,P2,Ada Lovelace\n")
    (fault,) = faults_of(folder)
    assert (fault.row, fault.value) == (1, "")
    assert fault.message == "must hold the column names: group_id, passenger_id, reason"


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_columns_separated_by_something_else(folder: Path, mark: str) -> None:
    """Another separator is named as the reason, rather than every column being missing."""
    path = folder / "keep_together.csv"
    path.write_text(_text(path).replace(",", mark))
    (fault,) = faults_of(folder)
    assert fault.message == "has one column only; columns must be separated by commas"


@pytest.mark.parametrize(
    "column",
    [
        "Name", "first_name", "Surname", "pupil name", "initials", "Address", "address_line_1", "house",
        "E-mail", "email", "phone", "Telephone", "tel", "mobile number", "NHS", "NHS number", "UPN", "upn_no",
        "ULN", "Parent", "carer", "contact",
    ],
)  # fmt: skip
def test_personal_columns_are_refused(folder: Path, column: str, caplog: pytest.LogCaptureFixture) -> None:
    """By their name, without repeating a cell, and without a word in any log."""
    path = folder / "passengers.csv"
    lines = _text(path).splitlines()
    path.write_text("\n".join([f"{lines[0]},{column}"] + [f"{line},Ada Lovelace" for line in lines[1:]]))
    with caplog.at_level(logging.DEBUG):
        (fault,) = faults_of(folder)
    assert (fault.row, fault.value) == (1, "")
    assert fault.message.startswith("looks like personal data")
    assert "Lovelace" not in str(fault)
    assert not caplog.records


def test_date_of_birth_has_its_own_column(folder: Path) -> None:
    """Who writes `DOB` is told of birth_date."""
    path = folder / "passengers.csv"
    path.write_text(_text(path).replace("birth_date", "DOB"))
    fault = faults_of(folder)[0]
    assert (fault.column, fault.row) == ("dob", 1)
    assert "goes in birth_date" in fault.message


# ---- rows and cells


def test_row_with_too_few_and_too_many_cells(folder: Path) -> None:
    """Ragged rows are told by row; empty cells too many are not."""
    (folder / "depots.csv").write_text("depot_id,lat,lon\nD1,52.5,-2.0,,\nD2,52.5\nD3,52.5,-2.0,7\n")
    assert [(f.row, f.message) for f in faults_of(folder)] == [
        (3, "has 2 cells; the header has 3"), (4, "has 4 cells; the header has 3"),
    ]  # fmt: skip


def test_cell_without_a_column(folder: Path) -> None:
    """A value under an empty header is not dropped."""
    (folder / "depots.csv").write_text("depot_id,lat,lon,\nD1,52.5,-2.0,secret\n")
    (fault,) = faults_of(folder)
    assert (fault.row, fault.value) == (2, "")
    assert fault.message == "cell 4 is filled in, but the header has no name for it"


def test_blank_rows_count_but_say_nothing(folder: Path) -> None:
    """Row numbers stay those of the spreadsheet."""
    (folder / "depots.csv").write_text("depot_id,lat,lon\n\n,,\nD1,52.5,west\n")
    assert ("depots.csv", 4, "lon") in told(folder)


def test_unclosed_quote(folder: Path) -> None:
    """The rest of the file is not taken for one cell."""
    (folder / "depots.csv").write_text('depot_id,lat,lon\nD1,52.5,-2.0\n"D2,52.5,-2.0\n')
    fault = next(f for f in faults_of(folder) if f.file == "depots.csv")
    assert fault.row == 3
    assert "every quote must be closed" in fault.message


def test_hidden_white_space_and_leading_zeros(folder: Path) -> None:
    """Ids keep their zeros and lose what cannot be seen."""
    path = folder / "keep_together.csv"
    path.write_text("group_id,passenger_id\n 007\u00a0,\ufeffP1\u200b\n007,P2\n", encoding="utf-8")
    assert read_scenario(folder).keep_together[0].group_id == "007"


def test_whole_number_written_with_decimals(folder: Path) -> None:
    """12.0 is 12."""
    tables = little_council()
    tables["operators"][0]["n_pas"] = "12.0"
    assert read_scenario(write_folder(folder, tables)).operators[0].n_pas == 12


# ---- encodings


def test_windows_1252_is_read_and_said(folder: Path) -> None:
    """Excel's older CSV files hold an é as one byte."""
    path = folder / "operators.csv"
    path.write_bytes(_text(path).replace("Anyborough", "Café").encode("cp1252"))
    scenario, remarks = read_scenario_and_remarks(folder)
    assert scenario.operators[0].name == "Café Cars"
    assert remarks[0] == "operators.csv is not UTF-8; it was read as Windows-1252"


@pytest.mark.parametrize(
    ("raw", "row", "words"),
    [
        (b"depot_id,lat,lon\nD1,52.5,\x00\n", 2, "holds a NUL byte"),
        ("depot_id,lat,lon\n".encode("utf-16"), None, "is UTF-16"),
        (b"depot_id,lat,lon\nD\x81,52.5,-2.0\n", None, "is neither UTF-8 nor Windows-1252"),
    ],
)
def test_encodings_that_cannot_be_read(folder: Path, raw: bytes, row: int | None, words: str) -> None:
    """Each is told once, with what to save the file as."""
    (folder / "depots.csv").write_bytes(raw)
    (fault,) = [f for f in faults_of(folder) if f.file == "depots.csv"]
    assert fault.row == row
    assert fault.message.startswith(words)
    assert fault.message.endswith("save it as CSV UTF-8")


# ---- workbooks


def _workbook(path: Path, change: dict[str, list[list[Any]]]) -> Path:
    """Little Council as a workbook of plain sheets, some of them replaced by given cells."""
    tables = little_council()
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        hhmm = book.add_format({"num_format": "hh:mm"})
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for name in [*tables, *(name for name in change if name not in tables)]:
            sheet = book.add_worksheet(name)
            columns = list(dict.fromkeys(c for row in tables.get(name, []) for c in row))
            grid = change.get(name, [columns, *([row.get(c, "") for c in columns] for row in tables.get(name, []))])
            for r, line in enumerate(grid):
                for c, value in enumerate(line):
                    if isinstance(value, time | date):
                        sheet.write_datetime(r, c, value, hhmm if isinstance(value, time) else day)
                    elif isinstance(value, str) and value.startswith("=ERROR "):
                        sheet.write_formula(r, c, "=1/0", None, value.removeprefix("=ERROR "))
                    else:
                        sheet.write(r, c, value)
    return path


def test_workbook_reads_as_the_folder_does(folder: Path, tmp_path: Path) -> None:
    """The same cells give the same scenario."""
    assert read_scenario(_workbook(tmp_path / "little.xlsx", {})) == read_scenario(folder)


def test_excel_dates_times_numbers_and_booleans(tmp_path: Path) -> None:
    """Typed cells become what a person would have written; 08:40 survives as a fraction of a day."""
    contract = [
        ["lot_id", "operator_id", "day_rate_pence", "pa_day_rate_pence", "variation_mile_rate_pence",
         "starts_on", "ends_on"],
        ["L1", "O1", 8000.0, 5000, 150, date(2025, 9, 1), date(2027, 7, 31)],
    ]  # fmt: skip
    times = [["school_id", "weekday", "start_time", "shut"], ["S1", "fri", time(8, 40), False]]
    council = read_scenario(_workbook(tmp_path / "x.xlsx", {"contracts": contract, "school_times": times}))
    assert council.contracts[0].starts_on == date(2025, 9, 1)
    assert council.contracts[0].day_rate_pence == 8000
    session = council.schools[0].sessions[4]
    assert session is not None
    assert session.start_s == 31_200


def test_number_as_id_in_a_workbook(tmp_path: Path) -> None:
    """A numeric 12 is the id 12, not 12.0; the text 007 keeps its zeros."""
    groups = [["group_id", "passenger_id"], [12, "P1"], ["12", "P2"]]
    council = read_scenario(_workbook(tmp_path / "x.xlsx", {"keep_together": groups}))
    assert council.keep_together[0].group_id == "12"


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#REF!"])
def test_formula_error_in_a_workbook_is_not_an_empty_cell(tmp_path: Path, error: str) -> None:
    """An empty limit would mean the default."""
    sheet = [["operator_id", "name", "n_pas"], ["O1", "Anyborough Cars", f"=ERROR {error}"]]
    (fault,) = faults_of(_workbook(tmp_path / "x.xlsx", {"operators": sheet}))
    assert (fault.file, fault.row, fault.column, fault.value) == ("x.xlsx sheet operators", 2, "n_pas", error)


def test_unknown_sheet(tmp_path: Path) -> None:
    """Sheets with cells must be tables; the read-me and empty sheets need not."""
    path = _workbook(tmp_path / "x.xlsx", {"Depot": [["depot_id"], ["D9"]], "Sheet1": [], "Read me": [["Hi"]]})
    (fault,) = faults_of(path)
    assert str(fault) == "x.xlsx sheet Depot: no such table; did you mean depots?"


def test_row_numbers_of_a_workbook_are_those_of_excel(tmp_path: Path) -> None:
    """Blank rows above the fault are counted."""
    sheet = [["depot_id", "lat", "lon"], [], [], ["D1", 52.5, "west"]]
    assert ("x.xlsx sheet depots", 4, "lon") in told(_workbook(tmp_path / "x.xlsx", {"depots": sheet}))


@pytest.mark.parametrize("raw", [b"", b"hello", b"PK\x03\x04rest"])
def test_damaged_workbook(tmp_path: Path, raw: bytes) -> None:
    """What is no workbook is called so."""
    path = tmp_path / "x.xlsx"
    path.write_bytes(raw)
    (fault,) = faults_of(path)
    assert "cannot be opened as an .xlsx workbook" in fault.message


def test_workbook_with_damaged_parts(tmp_path: Path) -> None:
    """Wherever bytes are lost, the file is called damaged or its cells are told; nothing else happens."""
    whole = _workbook(tmp_path / "whole.xlsx", {}).read_bytes()
    for at in range(0, len(whole), len(whole) // 60):
        path = tmp_path / "x.xlsx"
        path.write_bytes(whole[:at] + bytes(8) + whole[at + 8 :])
        with suppress(InputFaults):
            assert read_scenario(path).name == "Little Council"


def test_zip_that_is_no_workbook(tmp_path: Path) -> None:
    """A zip file with another ending is still no workbook."""
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "hello")
    (fault,) = faults_of(path)
    assert "cannot be opened" in fault.message


def test_file_that_is_neither(tmp_path: Path) -> None:
    """A single CSV file is not a scenario."""
    (tmp_path / "passengers.csv").write_text("x")
    (fault,) = faults_of(tmp_path / "passengers.csv")
    assert fault.message == "must be a folder of CSV files, or an .xlsx workbook"


def test_filled_template_reads_as_the_folder_does(folder: Path, tmp_path: Path) -> None:
    """The template's own sheets, filled in, give the same scenario."""
    write_workbook(tmp_path / "little.xlsx", little_council())
    assert read_scenario(tmp_path / "little.xlsx") == read_scenario(folder)

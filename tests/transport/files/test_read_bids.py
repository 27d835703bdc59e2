"""Importing price schedules: whole ones in three formats, and each kind of broken one with its error."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.tendering import make_bid, make_pack, make_submission, make_tender_lot
from transport.bids import Clearances, Submission
from transport.files.bid_schedule import filled_rows, schedule_rows, write_schedule, write_schedule_json
from transport.files.faults import InputFaults
from transport.files.read_bids import read_bid
from transport.files.read_workbook import read_grids
from transport.files.tables import cell_text
from transport.tenders import AwardRules, TenderPack

Tables = dict[str, list[dict[str, Any]]]
RECEIVED = datetime(2026, 7, 4, 9, 30, tzinfo=UTC)


def pack() -> TenderPack:
    """L1 without and L2 with an assistant, for cars."""
    return make_pack([make_tender_lot("L1"), make_tender_lot("L2", n_pas=1)])


def submission() -> Submission:
    """£50 a day for L1 (£9,500 a year), £60 and £40 for L2 (£19,000), both for £27,000."""
    bids = [
        make_bid("O1", "L1", 9_500, bid_id="O1/L1", day_rate_pence=5000, pa_day_rate_pence=0, mile_rate_pence=150),
        make_bid("O1", "L2", 19_000, bid_id="O1/L2", day_rate_pence=6000, pa_day_rate_pence=4000, keeps_crew=True),
        make_bid("O1", "L1 L2", 27_000, bid_id="O1/package/P1"),
    ]
    return make_submission(
        "O1", bids=bids, n_vehicles_by_class={"CAR": 3}, n_pas=2, max_lots=2, max_year_pence=3_000_000, is_sme=True,
        clearances=Clearances(
            licence_classes=frozenset({"phv"}), licence_ends_on=date(2029, 1, 1),
            insurance_ends_on=date(2029, 2, 1), clearances_end_on=date(2029, 3, 1),
        ),
    )  # fmt: skip


def tables() -> Tables:
    return filled_rows(submission(), pack())


def write_csv_folder(rows: Tables, folder: Path) -> Path:
    folder.mkdir()
    for name, of_table in rows.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(of_table[0]))
            writer.writeheader()
            writer.writerows({k: cell_text(v) for k, v in row.items()} for row in of_table)
    return folder


def write_json(rows: Tables, folder: Path) -> Path:
    write_schedule_json(rows, folder / "bid.json")
    return folder / "bid.json"


def write_xlsx(rows: Tables, folder: Path) -> Path:
    write_schedule(rows, folder / "bid.xlsx", title="Tender T1")
    return folder / "bid.xlsx"


def faults_of(path: Path, of_pack: TenderPack | None = None) -> list[str]:
    with pytest.raises(InputFaults) as error:
        read_bid(path, of_pack or pack())
    return [str(fault) for fault in error.value.faults]


@pytest.mark.parametrize("write", [write_xlsx, write_json, lambda rows, at: write_csv_folder(rows, at / "bid")])
def test_a_schedule_says_the_same_in_every_format(write: Callable[[Tables, Path], Path], tmp_path: Path) -> None:
    """Workbook, JSON and CSV folder give back the very submission, with its digest and the instant it came in."""
    found = read_bid(write(tables(), tmp_path), pack(), received_at=RECEIVED)
    assert len(found.digest) == 64
    wanted = submission()
    for name in ("operator_id", "bids", "n_vehicles_by_class", "n_pas", "max_lots", "max_year_pence", "is_sme"):
        assert getattr(found, name) == getattr(wanted, name), name
    assert found.clearances == wanted.clearances
    assert found.received_at == RECEIVED


def test_an_empty_schedule_has_the_lots_and_asks_for_the_rest(tmp_path: Path) -> None:
    """The workbook that goes out names every lot; sent back untouched it is refused for what is missing."""
    path = tmp_path / "schedule.xlsx"
    write_schedule(schedule_rows(pack()), path, title="Tender T1")
    faults = faults_of(path)
    assert "schedule.xlsx sheet operator row 2, column operator_id: must not be empty" in faults[0]
    names = [name for name, _ in read_grids(path)]
    assert names == ["read_me", "operator", "vehicles", "prices", "packages"]


def test_a_class_left_empty_is_none_of_it(tmp_path: Path) -> None:
    """A small operator leaves the classes that it does not have as they came."""
    rows = tables()
    rows["vehicles"][0]["n_vehicles"] = ""
    assert read_bid(write_json(rows, tmp_path), pack()).n_vehicles_by_class == {"CAR": 0}


def test_the_schedule_says_what_it_is_about(tmp_path: Path) -> None:
    """Sentences of the tender stand above how to fill it in; further facts of a lot stand beside it."""
    path = tmp_path / "schedule.xlsx"
    rows = schedule_rows(pack(), {"L1": {"schools": "The Meadows"}})
    write_schedule(rows, path, title="Tender T1", about=["Bids close on Friday."])
    grids = dict(read_grids(path))
    texts = [row[0] for row in grids["read_me"] if row]
    assert texts.index("Bids close on Friday.") < min(i for i, text in enumerate(texts) if text.startswith("Fill in"))
    head, first, *_ = grids["prices"]
    assert first[head.index("schools")] == "The Meadows"
    assert first[head.index("estimate_a_year")] == "10000.00"


def test_lots_left_empty_are_no_bids(tmp_path: Path) -> None:
    """A price for L1 alone."""
    rows = tables()
    rows["prices"][1] = {**dict.fromkeys(rows["prices"][0], None), "lot_id": "L2"}
    rows["packages"] = []
    assert [bid.lot_ids for bid in read_bid(write_json(rows, tmp_path), pack()).bids] == [("L1",)]


def test_an_alternative_is_a_second_price(tmp_path: Path) -> None:
    """L1 again for less; a class that nobody asked for is refused."""
    rows = tables()
    rows["vehicles"].append({"class_id": "CAR2", "n_vehicles": 1})
    rows["prices"].append(rows["prices"][0] | {"alternative": "B", "day_rate": "45", "year_total": None})
    faults = faults_of(write_json(rows, tmp_path))
    (fault,) = faults
    assert fault.startswith("bid.json list vehicles row 3, column class_id: CAR2; is no class of this tender; must be")
    rows["vehicles"].pop()
    found = read_bid(write_json(rows, tmp_path), pack())
    assert [(bid.bid_id, bid.year_pence) for bid in found.bids if bid.lot_ids == ("L1",)] == [
        ("O1/L1", 950_000), ("O1/L1/B", 855_000),
    ]  # fmt: skip


def changed(table: str, row: int, column: str, value: object) -> Callable[[Tables], None]:
    def change(rows: Tables) -> None:
        rows[table][row][column] = value

    return change


def added(table: str, **values: object) -> Callable[[Tables], None]:
    def change(rows: Tables) -> None:
        rows[table].append({**dict.fromkeys(rows[table][0], None), **values})

    return change


def emptied(table: str) -> Callable[[Tables], None]:
    return lambda rows: rows.update({table: [dict.fromkeys(rows[table][0], None)]})


def several(*changes: Callable[[Tables], None]) -> Callable[[Tables], None]:
    def change(rows: Tables) -> None:
        for one in changes:
            one(rows)

    return change


BROKEN_CELLS: list[tuple[Callable[[Tables], None], str]] = [
    (changed("operator", 0, "operator_id", ""), "list operator row 2, column operator_id: must not be empty"),
    (changed("operator", 0, "operator_id", "my firm"), "column operator_id: my firm; must be an id"),
    (changed("operator", 0, "pack_id", "T2"), "column pack_id: T2; is another tender; must be T1"),
    (changed("operator", 0, "pack_version", "2"), "column pack_version: 2; is not the latest; the pack was amended"),
    (changed("operator", 0, "n_pas", "two"), "column n_pas: two; must be a whole number, digits only"),
    (changed("operator", 0, "n_pas", "1.5"), "column n_pas: 1.5; must be a whole number between 0 and 9999"),
    (changed("operator", 0, "max_lots", "0"), "column max_lots: 0; must be between 1 and 9999"),
    (changed("operator", 0, "sme", "perhaps"), "column sme: perhaps; must be yes or no"),
    (changed("operator", 0, "insurance_ends_on", "31/02/2029"), "31/02/2029; is not in the calendar"),
    (changed("operator", 0, "licence_ends_on", "next year"), "next year; must be a date written YYYY-MM-DD"),
    (added("operator", operator_id="O2", pack_id="T1", pack_version=1), "list operator: has 2 rows; must have one row"),
    (changed("vehicles", 0, "class_id", "CARR"), "CARR; is no class of this tender; must be one of CAR"),
    (changed("vehicles", 0, "n_vehicles", "-1"), "list vehicles row 2, column n_vehicles: -1; must be between 0 and"),
    (added("vehicles", class_id="CAR", n_vehicles=1), "list vehicles row 3, column class_id: CAR; is given already"),
    (changed("prices", 0, "lot_id", "L3"), "list prices row 2, column lot_id: L3; is no lot of pack T1"),
    (changed("prices", 0, "lot_id", ""), "list prices row 2, column lot_id: must not be empty"),
    (changed("prices", 0, "day_rate", "£50"), "column day_rate: £50; must be pounds without the currency sign"),
    (changed("prices", 0, "day_rate", "1,050"), "column day_rate: 1,050; must be pounds without thousands separators"),
    (changed("prices", 0, "day_rate", "0"), "column day_rate: 0; must be pounds above 0"),
    (changed("prices", 0, "day_rate", "-50"), "column day_rate: -50; must be pounds above 0"),
    (changed("prices", 0, "day_rate", "50.005"), "50.005; must be pounds above 0 and at most 100000000, with at"),
    (changed("prices", 0, "day_rate", "50 per day"), "50 per day; must be pounds, digits only, without units or words"),
    (changed("prices", 0, "day_rate", "#REF!"), "column day_rate: #REF!; is a formula's error"),
    (changed("prices", 0, "day_rate", ""), "column mile_rate: 1.50; is filled in without a day_rate"),
    (changed("prices", 1, "pa_day_rate", ""), "list prices row 3, column pa_day_rate: must not be empty: lot L2 needs"),
    (changed("prices", 0, "pa_day_rate", "-1"), "column pa_day_rate: -1; must be pounds of 0 or more"),
    (
        changed("prices", 1, "year_total", "19000.01"),
        "column year_total: 19000.01; does not add up; 190 days and 190 assistant days make £19,000.00",
    ),
    (changed("prices", 0, "class_offered", "BUS"), "column class_offered: BUS; is no class of this tender"),
    (changed("prices", 0, "keeps_crew", "1"), "column keeps_crew: 1; must be yes or no"),
    (added("prices", lot_id="L1", day_rate="49"), "list prices row 4, column lot_id: L1; has a price in row 2 already"),
    (changed("packages", 0, "lot_ids", "L1"), "column lot_ids: L1; must name two lots or more"),
    (changed("packages", 0, "lot_ids", "L1 L1"), "column lot_ids: L1 L1; names L1 more than once"),
    (changed("packages", 0, "lot_ids", "L1 L9"), "column lot_ids: L1 L9; L9 is no lot of pack T1"),
    (changed("packages", 0, "lot_ids", ""), "list packages row 2, column lot_ids: must not be empty"),
    (changed("packages", 0, "year_price", ""), "list packages row 2, column year_price: must not be empty"),
    (
        added("packages", package_id="P1", lot_ids="L1 L2", year_price="26000"),
        "list packages row 3, column package_id: P1; is already used in row 2",
    ),
    (several(emptied("prices"), emptied("packages")), "list prices: holds no price, and packages holds none"),
    (lambda rows: rows.pop("vehicles"), "bid.json: lacks the table vehicles"),
    (lambda rows: rows.update({"price": rows.pop("prices")}), "list price: no such table; must be one of oper"),
    (
        lambda rows: rows.update({"prices": [{**row, "dayrate": 1} for row in rows["prices"]]}),
        "list prices row 1, column dayrate: no such column; did you mean day_rate?",
    ),
    (
        lambda rows: [row.pop("lot_id") for row in rows["prices"]],
        "list prices row 1, column lot_id: is missing; the table must have this column",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), BROKEN_CELLS, ids=[sentence[:60] for _, sentence in BROKEN_CELLS])
def test_a_broken_schedule_says_what_and_where(
    change: Callable[[Tables], object], sentence: str, tmp_path: Path
) -> None:
    """One thing wrong, one fault that names file, row and column."""
    rows = tables()
    change(rows)
    faults = faults_of(write_json(rows, tmp_path))
    assert [fault for fault in faults if sentence in fault], faults
    assert all(fault.startswith("bid.json") for fault in faults)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Three tables, four faults, nothing imported."""
    rows = tables()
    several(
        changed("operator", 0, "n_pas", "x"), changed("vehicles", 0, "n_vehicles", "x"),
        changed("prices", 0, "day_rate", "x"), changed("packages", 0, "year_price", "x"),
    )(rows)  # fmt: skip
    assert [fault.split(":")[0] for fault in faults_of(write_json(rows, tmp_path))] == [
        "bid.json list operator row 2, column n_pas",
        "bid.json list packages row 2, column year_price",
        "bid.json list prices row 2, column day_rate",
        "bid.json list vehicles row 2, column n_vehicles",
    ]


def test_a_package_where_none_are_allowed(tmp_path: Path) -> None:
    """The pack takes single lots only."""
    singles_only = make_pack(pack().lots, AwardRules(tie_seed=7, packages=False))
    faults = faults_of(write_json(tables(), tmp_path), singles_only)
    assert faults == ["bid.json list packages: must be empty: pack T1 takes single lots only"]


def broken_file(name: str, data: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return write


def broken_csv(name: str, data: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = write_csv_folder(tables(), folder / "bid")
        (path / name).write_bytes(data)
        return path

    return write


def two_sheets_alike(folder: Path) -> Path:
    with xlsxwriter.Workbook(str(folder / "bid.xlsx")) as book:
        for name in ("operator", "Operator "):
            book.add_worksheet(name).write_string(0, 0, "operator_id")
    return folder / "bid.xlsx"


BROKEN_FILES: list[tuple[Callable[[Path], Path], str]] = [
    (lambda folder: folder / "none.xlsx", "none.xlsx: does not exist"),
    (broken_file("bid.pdf", b"%PDF"), "bid.pdf: must be an .xlsx workbook, a .json file or a folder of CSV files"),
    (broken_file("bid.xlsx", b"not a zip"), "bid.xlsx: cannot be opened as an .xlsx workbook"),
    (broken_file("bid.json", b"{"), "bid.json: is not JSON in UTF-8"),
    (broken_file("bid.json", b"\xff\xfe{"), "bid.json: is not JSON in UTF-8"),
    (broken_file("bid.json", b"[]"), "bid.json: must be an object with the tables operator, vehicles"),
    (broken_file("bid.json", b'{"prices": [1]}'), "bid.json: prices must be a list of objects"),
    (broken_file("bid.json", b'{"a": 1, "a": 2}'), "bid.json: a stands twice in one object"),
    (broken_file("bid.json", b'{"prices": [{"lot_id": {}}]}'), "bid.json: lot_id must be a text, a number"),
    (two_sheets_alike, "is given twice; the other is bid.xlsx sheet operator"),
    (broken_csv("prices.csv", b"lot_id;day_rate\r\nL1;50\r\n"), "prices.csv row 1: has one column only"),
    (broken_csv("prices.csv", b'lot_id,day_rate\r\n"L1,50\r\n'), "prices.csv row 2: is not CSV"),
    (broken_csv("prices.csv", b"lot_id,day_rate\r\nL1,50,x\r\n"), "prices.csv row 2: has 3 cells; the header has 2"),
    (broken_csv("prices.csv", b"lot_id,day_rate,day_rate\r\nL1,50,50\r\n"), "row 1, column day_rate: stands twice"),
    (broken_csv("prices.csv", "lot_id".encode("utf-16")), "prices.csv: is UTF-16; save it as CSV UTF-8"),
    (broken_csv("prices.csv", b"lot_id\x00"), "prices.csv row 1: holds a NUL byte"),
    (broken_csv("prices.csv", b""), "prices.csv row 1, column lot_id: is missing"),
    (broken_csv("notes.txt", b"hello"), "notes.txt: is not a CSV file"),
]


@pytest.mark.parametrize(("write", "sentence"), BROKEN_FILES, ids=[sentence[:60] for _, sentence in BROKEN_FILES])
def test_a_broken_file_says_what_it_is(write: Callable[[Path], Path], sentence: str, tmp_path: Path) -> None:
    """Whatever is sent, it is refused with a sentence."""
    faults = faults_of(write(tmp_path))
    assert [fault for fault in faults if sentence in fault], faults


def test_numbers_of_json_are_read_exactly(tmp_path: Path) -> None:
    """85.1 is £85.10, not a binary fraction near it."""
    rows = tables()
    rows["prices"][0] |= {"day_rate": None, "year_total": None}
    given = json.loads((write_json(rows, tmp_path)).read_text(encoding="utf-8"))
    given["prices"][0] |= {"day_rate": 85.1, "mile_rate": 0}
    (tmp_path / "bid.json").write_text(json.dumps(given), encoding="utf-8")
    assert read_bid(tmp_path / "bid.json", pack()).bids[0].day_rate_pence == 8510

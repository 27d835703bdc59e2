"""Write price schedules: the workbook that operators fill in, and a filled one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transport.bids import Bid, Submission
from transport.calendar import Leg, days_words
from transport.files.bid_columns import BID_TABLES, BidTable, PoundsCell
from transport.files.cells import Cell
from transport.files.plan_words import miles
from transport.files.read_sheets import README_SHEET
from transport.files.tables import cell_text
from transport.tenders import TenderLot, TenderPack

Rows = Mapping[str, Sequence[Mapping[str, object]]]
"""Values by column, by table; money in pounds."""

_SPARE_ROWS = 60
_WIDE = ("times", "lot_ids", "places", "schools", "areas")
_HOW_TO = (
    "Fill in the white cells of the four sheets and send the file through the council's portal before bids close.",
    "operator: one row about you. vehicles: one row for each class, with how many you can send out at once.",
    "operator_id is the id under which the council admitted you; ask through the portal if you do not know it.",
    "prices: a day rate for each lot that you want; leave the others empty. The year is worked out for you. A lot with "
    "assistant days needs an assistant's rate too (0 if it is in the day rate): an orange cell waits for it.",
    "packages: for several lots at one price, all or nothing. You may price them alone as well: of your prices for a "
    "lot, one at most can win.",
    "You may price more lots than you can drive: what you win together never needs more vehicles or assistants at once "
    "than you say here, and never more lots or money than your own limits.",
    "Point at a heading to see what belongs in its column. Leave headings and sheets where they are and as they are.",
)  # fmt: skip


def schedule_rows(
    pack: TenderPack, more_by_lot_id: Mapping[str, Mapping[str, object]] | None = None
) -> dict[str, list[dict[str, object]]]:
    """The empty schedule of a pack: tender and lots are filled in, prices are not.

    Parameters
    ----------
    more_by_lot_id : further columns that say what a lot is.
    """
    more = more_by_lot_id or {}
    return {
        "operator": [{"pack_id": pack.pack_id, "pack_version": pack.version}],
        "vehicles": [{"class_id": class_id} for class_id in pack.class_ids],
        "prices": [{"lot_id": lot.lot_id, **lot_facts(lot), **more.get(lot.lot_id, {})} for lot in pack.lots],
        "packages": [],
    }


def lot_facts(lot: TenderLot) -> dict[str, object]:
    """What a schedule says of a lot: the columns that are not read back."""
    return {
        "class_id": lot.class_id,
        "vehicles": lot.n_routes,
        "days_a_year": lot.n_vehicle_days_a_year,
        "assistant_days_a_year": lot.n_pa_days_a_year,
        "miles_a_day": miles(lot.metres_a_day),
        "times": times_words(lot),
        "estimate_a_year": pounds_cell(lot.estimate_pence),
    }


def times_words(lot: TenderLot) -> str:
    """When a lot's vehicles are out: `AM 07:55-08:50, PM 15:10-16:05, Mon–Fri`, alike ones once."""
    found: dict[str, list[str]] = {}
    for run in sorted(lot.runs, key=lambda run: (run.leg is Leg.PM, run.start_at_s)):
        span = f"{run.leg.value} {_clock(run.start_at_s)}-{_clock(run.end_at_s)}"
        spans = found.setdefault(days_words(run.days), [])
        if span not in spans:
            spans.append(span)
    return "; ".join(f"{', '.join(spans)}, {days}" for days, spans in found.items())


def _clock(at_s: int) -> str:
    return f"{at_s // 3600:02d}:{at_s % 3600 // 60:02d}"


def filled_rows(submission: Submission, pack: TenderPack) -> dict[str, list[dict[str, object]]]:
    """What an operator with these bids would have filled in."""
    singles = {bid.lot_ids[0]: bid for bid in submission.bids if not bid.is_package}
    facts = {lot.lot_id: lot_facts(lot) for lot in pack.lots}
    papers = submission.clearances
    return {
        "operator": [
            {
                "operator_id": submission.operator_id, "pack_id": pack.pack_id, "pack_version": pack.version,
                "n_pas": submission.n_pas, "max_lots": submission.max_lots,
                "max_year_price": pounds_cell(submission.max_year_pence), "sme": submission.is_sme,
                "licence_classes": papers.licence_classes, "licence_ends_on": papers.licence_ends_on,
                "insurance_ends_on": papers.insurance_ends_on, "clearances_end_on": papers.clearances_end_on,
            }
        ],
        "vehicles": [{"class_id": c, "n_vehicles": n} for c, n in submission.n_vehicles_by_class.items()],
        "prices": [
            {"lot_id": lot_id, **facts[lot_id], **(_price_row(singles[lot_id]) if lot_id in singles else {})}
            for lot_id in facts
        ],
        "packages": [
            {
                "package_id": bid.bid_id.rpartition("/")[2], "lot_ids": bid.lot_ids,
                "year_price": pounds_cell(bid.year_pence), "mile_rate": pounds_cell(bid.mile_rate_pence),
                "keeps_crew": bid.keeps_crew,
            }
            for bid in submission.bids if bid.is_package
        ],
    }  # fmt: skip


def _price_row(bid: Bid) -> dict[str, object]:
    return {
        "day_rate": pounds_cell(bid.day_rate_pence), "pa_day_rate": pounds_cell(bid.pa_day_rate_pence),
        "mile_rate": pounds_cell(bid.mile_rate_pence), "class_offered": bid.class_id, "keeps_crew": bid.keeps_crew,
        "year_total": pounds_cell(bid.year_pence),
    }  # fmt: skip


def pounds_cell(pence: int | None) -> str | None:
    """Money as schedules and awards write it: pounds with two decimals; None stays empty."""
    return None if pence is None else f"{pence // 100}.{pence % 100:02d}"


def write_schedule_json(rows: Rows, path: Path) -> None:
    """Write a schedule as JSON."""
    plain = {name: [{k: cell_text(v) for k, v in row.items()} for row in of_table] for name, of_table in rows.items()}
    path.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_schedule(rows: Rows, path: Path, *, title: str, about: Sequence[str] = ()) -> None:
    """Write a schedule as a workbook with notes, drop-downs and checked cells; what is filled in cannot be changed.

    Parameters
    ----------
    about : sentences about this tender, above those on how to fill it in.
    """
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        first = book.add_worksheet(README_SHEET)
        first.set_column(0, 0, 110)
        first.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
        for number, line in enumerate((*about, *_HOW_TO), start=2):
            first.write_string(number, 0, line, book.add_format({"text_wrap": True}))
        for table in BID_TABLES:
            _write_table(book, table, rows.get(table.name, ()))


def _write_table(book: Any, table: BidTable, rows: Sequence[Mapping[str, object]]) -> None:
    sheet = book.add_worksheet(table.name)
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E3E8ED", "bottom": 1})
    grey = book.add_format({"bg_color": "#F3F4F5", "text_wrap": True, "valign": "top"})
    formats = {
        False: book.add_format({"locked": False, "num_format": "@"}),
        True: book.add_format({"locked": False, "num_format": "0.00"}),
    }
    names = [*list(table.columns)[:1], *table.known, *list(table.columns)[1:]]
    fixed = {name for row in rows[:1] for name, value in row.items() if value is not None and table.name != "packages"}
    fixed = fixed & {"pack_id", "pack_version", "lot_id", "class_id", *table.known}
    n_rows = len(rows) + (0 if table.name in ("operator",) else _SPARE_ROWS)
    for j, name in enumerate(names):
        cell = table.columns.get(name)
        sheet.write_string(0, j, name, head)
        known = f"{table.known.get(name, '')}.\nFilled in by the council; not read back."
        sheet.write_comment(0, j, note_of(cell) if cell is not None else known)
        sheet.set_column(j, j, 34 if name in _WIDE else max(16, len(name) + 2))
        for i in range(n_rows):
            value = rows[i].get(name) if i < len(rows) else None
            locked = i < len(rows) and name in fixed
            is_money = isinstance(cell, PoundsCell)
            _write_value(sheet, i + 1, j, value, cell, grey if locked else formats[is_money])
        if cell is not None and n_rows:
            _validate(sheet, j, n_rows, cell)
    if "year_total" in names:
        _write_totals(sheet, names, rows, book.add_format({"num_format": "#,##0.00", "bg_color": "#F3F4F5"}))
        _show_missing(sheet, names, n_rows, book.add_format({"bg_color": "#F4A259"}))
    sheet.freeze_panes(1, 1)
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _write_value(sheet: Any, i: int, j: int, value: object, cell: Cell | None, cell_format: Any) -> None:
    text = cell_text(value)
    if not text:
        sheet.write_blank(i, j, None, cell_format)
    elif (cell is not None and not cell.is_text) or isinstance(value, int):
        sheet.write_number(i, j, float(text), cell_format) if text[0].isdigit() else sheet.write_string(i, j, text)
    else:
        sheet.write_string(i, j, text, cell_format)


def _write_totals(sheet: Any, names: Sequence[str], rows: Sequence[Mapping[str, object]], cell_format: Any) -> None:
    """The year of each lot as a formula, so that nobody has to multiply."""
    at = {name: chr(ord("A") + j) for j, name in enumerate(names)}
    for i, row in enumerate(rows, start=2):
        day, pa = f"{at['day_rate']}{i}", f"{at['pa_day_rate']}{i}"
        formula = f'=IF({day}="","",{day}*{at["days_a_year"]}{i}+N({pa})*{at["assistant_days_a_year"]}{i})'
        value = row.get("year_total")
        sheet.write_formula(
            i - 1, names.index("year_total"), formula, cell_format, float(str(value)) if value is not None else ""
        )  # fmt: skip


def _show_missing(sheet: Any, names: Sequence[str], n_rows: int, cell_format: Any) -> None:
    """Colour an assistant's rate that a priced lot still needs."""
    at = {name: chr(ord("A") + j) for j, name in enumerate(names)}
    j = names.index("pa_day_rate")
    needed = f'=AND(${at["day_rate"]}2<>"",N(${at["assistant_days_a_year"]}2)>0,${at["pa_day_rate"]}2="")'
    rule = {"type": "formula", "criteria": needed, "format": cell_format}
    sheet.conditional_format(1, j, n_rows, j, rule)


def _validate(sheet: Any, j: int, n_rows: int, cell: Cell) -> None:
    """Refuse while typing what the import would refuse."""
    rule: dict[str, Any] | None = None
    if isinstance(cell, PoundsCell):
        rule = {"validate": "decimal", "criteria": ">=", "value": cell.lowest / 100}
    elif cell.choices:
        rule = {"validate": "list", "source": list(cell.choices)}
    elif not cell.is_text:
        rule = {"validate": "integer", "criteria": ">=", "value": getattr(cell, "lowest", 0)}
    if rule is not None:
        words = {"error_title": "Cannot be read", "error_message": f"Must be {cell.allowed}"[:255]}
        sheet.data_validation(1, j, n_rows, j, {**rule, **words, "ignore_blank": True})


def note_of(cell: Cell) -> str:
    """What belongs in a column, for a note on its heading."""
    empty = "Must be filled in." if cell.required else f"Empty: {cell.default or 'nothing'}."
    return f"{cell.meaning}.\nMust be {cell.allowed}.\n{empty}"

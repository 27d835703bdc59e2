"""Lists of passengers as a council keeps them: CSV or XLSX, with names and ids of other systems beside the columns.

Personal columns go straight into encrypted fields. What a spreadsheet could do to the machine is looked at first.
"""

from __future__ import annotations

import csv
import io
import lzma
import re
import struct
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from api.store.details import FIELD_BY_NAME
from api.store.passengers import PassengerDraft
from transport.files.cells import DateCell
from transport.files.columns import TABLE_BY_NAME
from transport.files.faults import Fault, InputFaults, did_you_mean
from transport.files.read_book import plain_name, plain_text

CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_FILE = "upload"
_ROW_COLUMNS = tuple(name for name in TABLE_BY_NAME["passengers"].column_names if name != "passenger_id")
_OWN_COLUMNS = ("source", "external_id", "starts_on", "ends_on")
_KNOWN = (*_ROW_COLUMNS, *_OWN_COLUMNS, *FIELD_BY_NAME)
_MOST_ROWS = 5000
_MOST_COLUMNS = 200
_MOST_UNPACKED_BYTES = 100_000_000
_CELL = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError, RuntimeError, ValueError, KeyError,
)  # fmt: skip
"""What Python's zip reader may raise on a damaged or locked file."""
_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Passengers of an upload, and the row of each as a spreadsheet shows it."""

    drafts: list[PassengerDraft]
    row_numbers: list[int]


def read_upload(data: bytes, content_type: str) -> Upload:
    """Read an uploaded list: one header row, then a passenger a row.

    Raises
    ------
    InputFaults
        With every fault of the form. Values of personal columns are not repeated.
    """
    grid = _xlsx_grid(data) if content_type == XLSX_TYPE else _csv_grid(data)
    lines = [(number, [plain_text(cell) for cell in cells]) for number, cells in enumerate(grid, start=1)]
    lines = [(number, cells) for number, cells in lines if any(cells)]
    if len(lines) < 2:
        raise _one("must have a header row and at least one passenger")
    if len(lines) > _MOST_ROWS + 1:
        raise _one(f"has {len(lines) - 1} rows; must have at most {_MOST_ROWS}")
    header = [plain_name(cell) for cell in lines[0][1]]
    faults = _header_faults(header, lines[0][0])
    drafts, numbers = [], []
    for number, cells in lines[1:]:
        values = {name: text for name, text in zip(header, cells, strict=False) if name and text}
        if any(cells[len(header) :]):
            faults.append(_fault(number, "", f"has {len(cells)} cells; the header has {len(header)}"))
        draft, wrong = _draft_of(number, values)
        drafts.append(draft)
        numbers.append(number)
        faults += wrong
    if faults:
        raise InputFaults(faults)
    return Upload(drafts=drafts, row_numbers=numbers)


def named_for_people(found: InputFaults) -> InputFaults:
    """The same faults, of the file that the person knows."""
    return InputFaults(replace(fault, file=_FILE) for fault in found.faults)


def _draft_of(number: int, values: dict[str, str]) -> tuple[PassengerDraft, list[Fault]]:
    faults: list[Fault] = []
    source, external_id = values.get("source", ""), values.get("external_id", "")
    if bool(source) != bool(external_id):
        faults.append(_fault(number, "source", "must be given together with external_id"))
    if source and not _SOURCE.fullmatch(source):
        faults.append(_fault(number, "source", "must be small letters, digits, _ and -, at most 40"))
    term: dict[str, date | None] = {}
    for name in ("starts_on", "ends_on"):
        try:
            term[name] = DateCell(meaning="").read(values.get(name, ""))
        except ValueError as error:
            faults.append(_fault(number, name, str(error)))
    draft = PassengerDraft(
        parts={"row": {name: values[name] for name in _ROW_COLUMNS if name in values}},
        starts_on=term.get("starts_on"), ends_on=term.get("ends_on"),
        external_ids={source: external_id} if source and external_id else {},
        details={name: values[name] for name in FIELD_BY_NAME if name in values},
    )  # fmt: skip
    return draft, faults


def _header_faults(header: list[str], number: int) -> list[Fault]:
    faults = [
        _fault(number, name, f"no such column{did_you_mean(name, _KNOWN)}")
        for name in header
        if name and name not in _KNOWN
    ]
    faults += [_fault(number, name, "stands twice") for name in {n for n in header if n and header.count(n) > 1}]
    if "school_id" not in header:
        faults.append(_fault(number, "school_id", "is missing; the list must have this column"))
    return faults


def _csv_grid(data: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _one("is neither UTF-8 nor Windows-1252; save it as CSV UTF-8")
    if "\x00" in text:
        raise _one("holds a NUL byte, so it is not a text file; save it as CSV UTF-8")
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise _one(f"is not CSV ({error}); every quote must be closed") from None


def _xlsx_grid(data: bytes) -> list[list[str]]:
    from transport.files.read_workbook import WorkbookUnreadable, read_grids

    _require_harmless(data)
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as folder:
        path = Path(folder) / "upload.xlsx"
        path.write_bytes(data)
        try:
            grids = [cells for _, cells in read_grids(path) if any(map(any, cells))]
        except WorkbookUnreadable:
            raise _one("cannot be opened as an .xlsx workbook; it may be damaged or locked by a password") from None
    if len(grids) != 1:
        raise _one(f"has {len(grids)} sheets with something in them; must have one")
    return grids[0]


def _require_harmless(data: bytes) -> None:
    """Refuse a workbook that would unpack to more than it should: in bytes, or in rows and columns."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            require_small(archive, _MOST_UNPACKED_BYTES)
            sheets = [
                name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")
            ]
            farthest = [_farthest_cell(archive.read(name)) for name in sheets]
    except UNREADABLE as error:
        if isinstance(error, InputFaults):
            raise
        raise _one("cannot be opened as an .xlsx workbook; it may be damaged or locked by a password") from None
    if any(row > _MOST_ROWS + 1000 or column > _MOST_COLUMNS for row, column in farthest):
        raise _one(f"has cells beyond row {_MOST_ROWS + 1000} or column {_MOST_COLUMNS}; delete them")


def require_small(archive: zipfile.ZipFile, most_bytes: int) -> None:
    """Refuse an archive that says it unpacks to more; Python's reader stops at what an entry says.

    Raises
    ------
    InputFaults
        Saying how much it would be.
    """
    n_bytes = sum(entry.file_size for entry in archive.infolist())
    if n_bytes > most_bytes:
        raise _one(f"unpacks to {n_bytes // 1_000_000} MB; must be at most {most_bytes // 1_000_000} MB")


def _farthest_cell(xml: bytes) -> tuple[int, int]:
    row = column = 0
    for letters, digits in _CELL.findall(xml):
        number = 0
        for letter in letters:
            number = number * 26 + letter - 64
        row, column = max(row, int(digits)), max(column, number)
    return row, column


def _fault(row: int | None, column: str, message: str) -> Fault:
    return Fault(file=_FILE, row=row, column=column, value="", message=message)


def _one(message: str) -> InputFaults:
    return InputFaults([_fault(None, "", message)])

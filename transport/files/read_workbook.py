"""Sheets of an Excel workbook as texts that a person would have typed."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path

_DAMAGED = (zipfile.BadZipFile, zlib.error, KeyError, OSError, ValueError, RuntimeError)
"""What Python's zip reader may raise on a damaged or locked file."""


class WorkbookUnreadable(Exception):
    """The file is no workbook, or damaged, or locked by a password."""


def read_grids(path: Path) -> list[tuple[str, list[list[str]]]]:
    """Every sheet's name with its cells' texts, from A1 on; formula errors as `#N/A` and the like.

    Raises
    ------
    WorkbookUnreadable
        When the file cannot be opened as a workbook.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(path)
        errors = _formula_errors(path)
        grids = []
        for name in workbook.sheet_names:
            values = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            cells = [[text_of(value) for value in line] for line in values]
            for (row, column), text in errors.get(name, {}).items():
                if row < len(cells) and column < len(cells[row]):
                    cells[row][column] = text
            grids.append((name, cells))
    except (CalamineError, *_DAMAGED) as error:
        raise WorkbookUnreadable(path.name) from error
    return grids


def text_of(value: object) -> str:
    """What a person would have typed for a workbook's value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return str(int(value)) if value == int(value) else format(Decimal(repr(value)), "f")
    if isinstance(value, datetime):
        moment = _whole_seconds(value)
        return moment.date().isoformat() if moment.time() == time() else moment.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return _clock(datetime.combine(date(2000, 1, 1), value) - datetime(2000, 1, 1))
    if isinstance(value, timedelta):
        return _clock(value)
    return str(value)


def _whole_seconds(moment: datetime) -> datetime:
    # Excel keeps times as fractions of a day: 08:40 comes back as 08:39:59.998.
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def _clock(since_midnight: timedelta) -> str:
    seconds = round(since_midnight.total_seconds())
    text = f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
    return text if seconds % 60 == 0 else f"{text}:{seconds % 60:02d}"


_ERROR_CELL = re.compile(rb'<(?:\w+:)?c\b([^>]*\bt="e"[^>]*)>.*?<(?:\w+:)?v>([^<]*)<', re.DOTALL)
_CELL_REF = re.compile(rb'\br="([A-Z]+)([0-9]+)"')
_SHEET_REF = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")


def _formula_errors(path: Path) -> dict[str, dict[tuple[int, int], str]]:
    """Cells that hold a formula's error, by sheet and (row, column) from 0.

    The workbook reader gives them as empty cells, and an empty cell means a default.
    """
    found: dict[str, dict[tuple[int, int], str]] = {}
    with zipfile.ZipFile(path) as archive:
        targets = {
            _attribute(tag, b"Id"): _attribute(tag, b"Target")
            for tag in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels"))
        }
        for tag in _SHEET_REF.findall(archive.read("xl/workbook.xml")):
            target = targets.get(_attribute(tag, rb"[\w]+:id"), "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if part in archive.namelist():
                found[_attribute(tag, b"name")] = dict(_error_cells(archive.read(part)))
    return found


def _attribute(tag: bytes, name: bytes) -> str:
    match = re.search(rb"\s" + name + rb'="([^"]*)"', tag)
    return unescape(match[1].decode()) if match else ""


def _error_cells(xml: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    if b't="e"' not in xml:
        return
    for attributes, text in _ERROR_CELL.findall(xml):
        if ref := _CELL_REF.search(attributes):
            column = 0
            for letter in ref[1]:
                column = column * 26 + letter - 64
            yield (int(ref[2]) - 1, column - 1), text.decode()

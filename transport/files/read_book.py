"""What was given, as text by table, row and column; and everything found wrong with it so far."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from transport.files.columns import TABLES, Table
from transport.files.faults import Fault

_ZERO_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_ESCAPED = re.compile(r"'+[=+\-@]")
_UNSHOWN_COLUMNS = frozenset({"birth_date"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table as given.

    Attributes
    ----------
    file : as the person knows it.
    texts : cell texts by row number, then by column.
    bad_rows : rows that did not become a row model.
    """

    table: Table
    file: str
    texts: dict[int, dict[str, str]] = field(default_factory=dict)
    bad_rows: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Everything given, and everything wrong with it so far.

    Attributes
    ----------
    name : of the folder or workbook.
    sheets : by table name; tables that were not given are absent.
    unreadable : tables given in a way that no row of them can be read.
    remarks : what the person should know although it is no fault.
    """

    name: str
    sheets: dict[str, Sheet] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    _ids: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)

    def fault(self, table: str, row: int | None, column: str, message: str) -> None:
        """Note a fault in a table that was given; the cell's own text is its value."""
        value = "" if column in _UNSHOWN_COLUMNS else self.text(table, row, column)
        self.faults.append(Fault(file=self.sheets[table].file, row=row, column=column, value=value, message=message))

    def can_read(self, table: str) -> bool:
        """Whether a table was given, with a header that its rows can be read by."""
        return table in self.sheets and table not in self.unreadable

    def hidden_fault(self, table: str, row: int, column: str, message: str) -> None:
        """Note a fault whose cell must not be repeated."""
        self.faults.append(Fault(file=self.sheets[table].file, row=row, column=column, value="", message=message))

    def file_fault(self, file: str, message: str) -> None:
        """Note a fault of a whole file."""
        self.faults.append(Fault(file=file, row=None, column="", value="", message=message))

    def text(self, table: str, row: int | None, column: str) -> str:
        """Text of a cell; empty where there is none."""
        if row is None or table not in self.sheets:
            return ""
        return self.sheets[table].texts.get(row, {}).get(column, "")

    def ids(self, table: str, column: str) -> dict[str, int]:
        """Ids given in a column with the first row of each, faulty rows included."""
        if table not in self.sheets:
            return {}
        found = self._ids.get((table, column))
        if found is None:
            found = self._ids[table, column] = {}
            for row, texts in self.sheets[table].texts.items():
                if text := texts.get(column, ""):
                    found.setdefault(text, row)
        return found

    def bad_ids(self, table: str, column: str) -> frozenset[str]:
        """Ids of rows that could not be read: what they would say is not known."""
        if table not in self.sheets:
            return frozenset()
        sheet = self.sheets[table]
        return frozenset(sheet.texts.get(row, {}).get(column, "") for row in sheet.bad_rows)

    def sorted_faults(self) -> list[Fault]:
        """Faults by table, row and column, each once."""
        order = [table.name for table in TABLES]
        sheets = sorted(self.sheets.values(), key=lambda s: order.index(s.table.name) if s.table.name in order else 0)
        place = {sheet.file: i for i, sheet in enumerate(sheets)}
        columns = {s.file: {c: i for i, c in enumerate(s.table.column_names)} for s in sheets}
        return sorted(
            dict.fromkeys(self.faults),
            key=lambda f: (place.get(f.file, -1), f.row or 0, columns.get(f.file, {}).get(f.column, -1)),
        )


def plain_name(text: str) -> str:
    """A header, sheet name or file name in its one written form: `Passenger ID` is `passenger_id`."""
    return re.sub(r"[\s\-_]+", "_", plain_text(text).lower()).strip("_")


def plain_text(text: str) -> str:
    """A text without the escape mark and what is not seen: outer and doubled space, zero-width characters."""
    if not text.isascii():
        text = text.translate(_ZERO_WIDTH)
    text = " ".join(text.split())
    return text[1:] if _ESCAPED.match(text) else text

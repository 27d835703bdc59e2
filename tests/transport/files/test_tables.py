"""CSV files as they are written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from transport.files.read_book import plain_text
from transport.files.tables import cell_text, write_table


def test_columns_stand_in_order_and_empty_ones_stay(tmp_path: Path) -> None:
    """The order of a row's names does not matter; the mark of UTF-8 and line ends are Excel's."""
    path = write_table(tmp_path, "depots", [{"lon": -2.0, "lat": 52.5, "depot_id": "D1"}])
    assert path == tmp_path / "depots.csv"
    assert path.read_bytes() == (b"\xef\xbb\xbfdepot_id,postcode,easting,northing,lat,lon\r\nD1,,,,52.5,-2\r\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "yes"), (False, "no"), (7, "7"), (52.123456789, "52.1234568"), (1e-7, "0.0000001"),
        (date(2026, 9, 1), "2026-09-01"), (frozenset({"b", "a"}), "a b"), (("mon", "fri"), "mon fri"),
        ("007", "007"), ("-1.98", "-1.98"), ("=1+1", "'=1+1"), ("@cmd", "'@cmd"), ("-x", "'-x"),
        ("'=1", "''=1"),
        ("a\nb", "a b"),
    ],
)  # fmt: skip
def test_cells_as_written(value: object, text: str) -> None:
    """Numbers stay numbers; what a spreadsheet would run is marked as text."""
    assert cell_text(value) == text


@pytest.mark.parametrize("words", ["=1+1", "@cmd", "-x", "'=1", "''+2", "plain", "'quoted"])
def test_the_mark_is_taken_off_again(words: str) -> None:
    """Written and read, a text is the same."""
    assert plain_text(cell_text(words)) == words


def test_unknown_table_and_column(tmp_path: Path) -> None:
    """Both are the caller's mistakes; nothing is guessed."""
    with pytest.raises(KeyError):
        write_table(tmp_path, "depot", [])
    with pytest.raises(ValueError, match="no column depot_ids"):
        write_table(tmp_path, "depots", [{"depot_ids": "D1"}])

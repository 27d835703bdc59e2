"""Tables of pages as a spreadsheet: those that name no child leave at once, with a line in the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.responses import Response

from api.pages.rendering import page
from api.pages.visit import Visit
from api.workbooks import XLSX_TYPE, as_table, workbook_of

XLSX = "xlsx"
"""Value of `form` in the address of a page that gives its table instead."""
HISTORY_HEADS = ("Version", "When", "Who", "What changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A table of a page that names no child.

    Attributes
    ----------
    heads, rows : as the page shows them. numeric : indices of columns that stand to the right.
    """

    title: str
    heads: tuple[str, ...]
    rows: Sequence[Sequence[object]]
    numeric: tuple[int, ...] = ()


def page_with_tables(
    visit: Visit,
    template: str,
    about: tuple[str, str],
    tables: Mapping[str, Listed],
    *,
    title: str = "",
    status: int = 200,
    **values: Any,
) -> Response:
    """A page, or where its address asks for it (`?form=xlsx`) its tables as a workbook.

    Parameters
    ----------
    about : as `spreadsheet`. tables : by the name that the template knows.
    title : of the workbook; empty: the template's name.
    """
    has_rows = any(one.rows for one in tables.values())
    if has_rows and visit.request.query_params.get("form") == XLSX:
        title = title or template.removesuffix(".html").replace("_", " ").capitalize()
        return workbook(visit, about, title, list(tables.values()))
    return page(visit, template, status=status, tables=tables, has_rows=has_rows, **values)


def workbook(visit: Visit, about: tuple[str, str], title: str, tables: Sequence[Listed]) -> Response:
    """Every table of a page, each on a sheet; empty ones stay away.

    Parameters
    ----------
    about : as `spreadsheet`.
    """
    filled = [one for one in tables if one.rows]
    data = workbook_of(*(as_table(one.title, one.heads, one.rows) for one in filled), title=title)
    return _answer(visit, about, title, data, sum(len(one.rows) for one in filled))


def spreadsheet(
    visit: Visit,
    about: tuple[str, str],
    title: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    notes: Sequence[str] = (),
) -> Response:
    """A table as a workbook. What names children goes the way of an export instead, never this one.

    Parameters
    ----------
    about : kind and id of what the table is of, for the log.
    heads, rows : as the page shows them; a link leaves its words.
    notes : lines of the first sheet, as `Head: sentence`.
    """
    return _answer(visit, about, title, workbook_of(as_table(title, heads, rows), title=title, notes=notes), len(rows))


def _answer(visit: Visit, about: tuple[str, str], title: str, data: bytes, n_rows: int) -> Response:
    with visit.store.change(visit.caller) as work:
        work.log("export", *about, table=title, n_rows=n_rows)
    name = "-".join("".join(sign if sign.isalnum() else " " for sign in title.lower()).split())
    # A head of an answer holds no sign beyond Latin ones.
    name = name.encode("ascii", "ignore").decode() or "table"
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(data, media_type=XLSX_TYPE, headers=headers)

"""Change the lists of a scenario for an in-year change: people in and out, routes under contract as they now run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from transport.calendar import LEGS
from transport.contracts import Contract
from transport.files.columns import TABLE_BY_NAME, TABLES
from transport.files.read_book import Book
from transport.files.tables import write_table
from transport.scenario import CurrentRoute

Cells = dict[str, str]
Lists = dict[str, list[Cells]]
"""Cells by column, of every row of every table given."""

_PLACE = ("postcode", "easting", "northing", "lat", "lon")
_OF_PASSENGER = ("passenger_id", "am_order", "pm_order")


def lists_of(book: Book) -> Lists:
    """The text of a scenario's tables."""
    return {name: [dict(cells) for cells in sheet.texts.values()] for name, sheet in book.sheets.items()}


def without_passengers(lists: Lists, ids: Iterable[str], *, only_their_days: bool = False) -> Lists:
    """The lists without some passengers, wherever they are named.

    Parameters
    ----------
    only_their_days : take out where they travel from and when only: their row is to be written anew, and whom they must
        ride with, or not, still stands.
    """
    gone = frozenset(ids)
    after = {name: list(rows) for name, rows in lists.items()}
    for name in ("passengers", "passenger_days"):
        _drop(after, name, gone, "passenger_id")
    points = lists.get("pickup_points", [])
    after["pickup_points"] = _without_members(points, gone, "place_id", _PLACE, least=1)
    if only_their_days:
        return {name: rows for name, rows in after.items() if rows}
    _drop(after, "never_together", gone, "passenger_id_1", "passenger_id_2")
    _drop(after, "later_arrivals", gone, "passenger_id")
    after["keep_together"] = _without_members(lists.get("keep_together", []), gone, "group_id", ("reason",), least=2)
    of_route = tuple(name for name in TABLE_BY_NAME["current_routes"].column_names if name not in _OF_PASSENGER)
    after["current_routes"] = _without_members(lists.get("current_routes", []), gone, "route_id", of_route, least=1)
    return {name: rows for name, rows in after.items() if rows}


def _drop(lists: Lists, name: str, gone: frozenset[str], *columns: str) -> None:
    if name in lists:
        lists[name] = [row for row in lists[name] if not any(row.get(column) in gone for column in columns)]


def _without_members(
    rows: Sequence[Cells], gone: frozenset[str], key: str, of_whole: Sequence[str], *, least: int
) -> list[Cells]:
    """Rows of groups without some members; what is said of the whole group moves to its first row left."""
    firsts: dict[str, Cells] = {}
    for row in rows:
        firsts.setdefault(row.get(key, ""), row)
    left = [dict(row) for row in rows if row.get("passenger_id") not in gone]
    n_left, told = Counter(row.get(key, "") for row in left), set()
    for row in left:
        name = row.get(key, "")
        if name not in told:
            row.update({column: firsts[name].get(column, "") for column in of_whole})
        told.add(name)
    return [row for row in left if n_left[row.get(key, "")] >= least]


def with_passengers(lists: Lists, rows: Iterable[Mapping[str, str]]) -> Lists:
    """The lists with new rows of passengers.csv at the end; who was a later arrival is one no more."""
    new = [dict(row) for row in rows]
    after = {name: list(old) for name, old in lists.items()}
    after["passengers"] = [*after.get("passengers", []), *new]
    _drop(after, "later_arrivals", frozenset(row["passenger_id"] for row in new), "passenger_id")
    return {name: kept for name, kept in after.items() if kept}


def with_held_routes(lists: Lists, routes: Iterable[CurrentRoute], contracts: Iterable[Contract]) -> Lists:
    """The lists with routes under contract as they now run, and the metres at award of their lots."""
    changed, by_lot = {route.route_id: route for route in routes}, {c.lot_id: c for c in contracts}
    if not changed:
        return lists
    rows: list[Cells] = []
    for row in lists["current_routes"]:
        route = changed.get(row.get("route_id", ""))
        if route is None:
            rows.append(row)
        elif not any(done.get("route_id") == route.route_id for done in rows):
            rows += _route_rows(row, route)
    return {**lists, "current_routes": rows, "contracts": [_with_award(row, by_lot) for row in lists["contracts"]]}


def _route_rows(first: Cells, route: CurrentRoute) -> list[Cells]:
    orders = [{pid: n for n, pid in enumerate(route.passenger_ids(leg), 1)} for leg in LEGS]
    ids = sorted({pid for order in orders for pid in order}, key=lambda pid: [order.get(pid, 999) for order in orders])
    rows: list[Cells] = []
    for pid in ids:
        cells = {
            "passenger_id": pid,
            **{f"{leg.lower()}_order": str(o.get(pid, "")) for leg, o in zip(LEGS, orders, strict=True)},
        }
        rows.append({**(first if not rows else {"route_id": route.route_id}), **cells})
    return rows


def _with_award(row: Cells, by_lot: Mapping[str, Contract]) -> Cells:
    contract = by_lot.get(row.get("lot_id", ""))
    if contract is None or contract.award_m is None:
        return row
    metres = contract.award_m
    return {**row, "award_m": str(metres[0]) if len(set(metres)) == 1 else " ".join(map(str, metres))}


def write_lists(lists: Lists, folder: Path) -> None:
    """Write the tables as a folder of CSV files; tables without rows are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in TABLES:
        if lists.get(table.name):
            write_table(folder, table.name, lists[table.name])

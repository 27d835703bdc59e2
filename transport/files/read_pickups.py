"""Pick-up points: where a passenger may board instead of at their own place, and the walk to it."""

from __future__ import annotations

from transport.files.read_book import Book
from transport.files.read_places import Places, Point
from transport.files.read_rows import read_rows
from transport.files.rows_people import PassengerRow, PickupPointRow
from transport.passengers import PickupPoint
from transport.policy import Policy

_TABLE = "pickup_points"


def read_pickup_points(book: Book, places: Places, policy: Policy) -> dict[str, tuple[PickupPoint, ...]]:
    """Read pickup_points.csv; points by passenger, each for `home:<passenger_id>`, every fault noted."""
    rows = read_rows(book, _TABLE, PickupPointRow)
    _add_places(book, places, rows)
    found: dict[str, dict[str, PickupPoint]] = {}
    for row in rows:
        found.setdefault(row.passenger_id, {})[row.place_id] = PickupPoint(
            place_id=_scenario_id(row),
            home_place_id=f"home:{row.passenger_id}",
            walk_m=row.walk_m,
            walk_s=_walk_s(row.walk_m, policy) if row.walk_s is None else row.walk_s,
        )
    _remark_on_far(book, rows, policy)
    return {passenger_id: tuple(points.values()) for passenger_id, points in found.items()}


def check_pickup_points(
    book: Book, row: PassengerRow, points: tuple[PickupPoint, ...], *, is_at_home: bool
) -> tuple[PickupPoint, ...]:
    """Points of one passenger; none, with the fault noted, where they contradict the rest.

    Parameters
    ----------
    is_at_home : whether the passenger ever boards or alights at the place of their row in passengers.
    """
    if not points and not row.boards_at_home:
        message = "is no, but pickup_points has no row for them: nobody could fetch them"
        book.fault("passengers", row.row, "boards_at_home", message)
    if points and not is_at_home:
        message = "is never at the place of their row in passengers, which the point stands in for"
        book.fault(_TABLE, book.ids(_TABLE, "passenger_id")[row.passenger_id], "passenger_id", message)
        return ()
    return points


def _scenario_id(row: PickupPointRow) -> str:
    return f"pickup:{row.place_id}"


def _walk_s(walk_m: int, policy: Policy) -> int:
    """Seconds of a walk at the policy's speed, half up."""
    return (120 * walk_m + policy.walk_m_per_min) // (2 * policy.walk_m_per_min)


def _add_places(book: Book, places: Places, rows: list[PickupPointRow]) -> None:
    """Note each point once; rows that say where it lies must agree."""
    first: dict[str, PickupPointRow] = {}
    points: dict[str, tuple[Point, int]] = {}
    for row in rows:
        is_first = first.setdefault(row.place_id, row) is row
        point = places.read(_TABLE, row, required=is_first)
        if point is None:
            continue
        known, at = points.setdefault(row.place_id, (point, row.row))
        if known.spot != point.spot:
            column = next(name for name in ("postcode", "easting", "lat") if getattr(row, name) is not None)
            book.fault(_TABLE, row.row, column, f"point {row.place_id} lies elsewhere in row {at}")
    for row in first.values():
        places.add(_scenario_id(row), points[row.place_id][0] if row.place_id in points else None)


def _remark_on_far(book: Book, rows: list[PickupPointRow], policy: Policy) -> None:
    n_far = sum(row.walk_m > policy.max_walk_m for row in rows)
    if n_far:
        book.remarks.append(
            f"{n_far} of {len(rows)} walks in {_TABLE} are over max_walk_m ({policy.max_walk_m}): nobody is asked to "
            "walk them"
        )

"""The lists of a day as a job wants them: some schools alone, other limits, without some of the council's vehicles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transport.files.edit_lists import Lists, lists_of, without_passengers, write_lists
from transport.files.read_sheets import open_book


def narrow_lists(folder: Path, wanted: Mapping[str, Any]) -> None:
    """Write the lists in a folder anew as they are wanted; as they are, where nothing else is."""
    given = lists_of(open_book(folder))
    lists = _of_schools(given, frozenset(wanted.get("school_ids") or ()))
    lists = _with_policy(lists, wanted.get("policy") or {})
    lists = _without_vehicles(lists, frozenset(wanted.get("without_vehicle_ids") or ()))
    if lists == given:
        return
    for old in folder.glob("*.csv"):
        old.unlink()
    write_lists(lists, folder)


def _of_schools(lists: Lists, school_ids: frozenset[str]) -> Lists:
    """Everybody of these schools; routes that carried others too keep those that are left."""
    if not school_ids:
        return lists
    others = [row["passenger_id"] for row in lists.get("passengers", []) if row["school_id"] not in school_ids]
    after = without_passengers(lists, others)
    # A contract none of whose routes is left says nothing about this plan.
    gone = _lots_of(lists) - _lots_of(after)
    after["contracts"] = [row for row in after.get("contracts", []) if row.get("lot_id") not in gone]
    return {name: rows for name, rows in after.items() if rows}


def _lots_of(lists: Lists) -> set[str | None]:
    return {row.get("lot_id") for row in lists.get("current_routes", [])}


def _with_policy(lists: Lists, policy: Mapping[str, str]) -> Lists:
    if not policy:
        return lists
    rows = [row for row in lists.get("policy", []) if row["setting"] not in policy]
    return {**lists, "policy": [*rows, *({"setting": name, "value": value} for name, value in policy.items())]}


def _without_vehicles(lists: Lists, vehicle_ids: frozenset[str]) -> Lists:
    """The fleet without some vehicles, and without the routes that they drive today: their passengers are planned."""
    if not vehicle_ids:
        return lists
    fleet = [row for row in lists.get("fleet_vehicles", []) if row["vehicle_id"] not in vehicle_ids]
    gone = {row["route_id"] for row in lists.get("current_routes", []) if row.get("vehicle_id") in vehicle_ids}
    routes = [row for row in lists.get("current_routes", []) if row["route_id"] not in gone]
    people = [
        {**row, "pinned_route_id": ""} if row.get("pinned_route_id") in gone else row
        for row in lists.get("passengers", [])
    ]
    after = {**lists, "fleet_vehicles": fleet, "current_routes": routes, "passengers": people}
    return {name: rows for name, rows in after.items() if rows}

"""Read a scenario folder or workbook: every fault of every file at once, or one frozen `Scenario`."""

from __future__ import annotations

from pathlib import Path

from transport.files.faults import InputFaults
from transport.files.read_book import Book
from transport.files.read_people import read_passengers
from transport.files.read_places import Places
from transport.files.read_routes import read_current_routes
from transport.files.read_schools import read_calendar, read_policy, read_schools, read_settings
from transport.files.read_sheets import open_book
from transport.files.read_supply import (
    read_assistants,
    read_contracts,
    read_depots,
    read_fleet_vehicles,
    read_operators,
    read_street_rules,
    read_vehicle_classes,
)
from transport.files.read_together import (
    check_pins,
    check_vehicles_for_needs,
    read_keep_together,
    read_never_together,
)
from transport.places import Place, PlaceQuality
from transport.scenario import Scenario


def read_scenario(path: Path) -> Scenario:
    """Read a folder of CSV files, or one .xlsx workbook; docs/data-format.md describes both.

    Raises
    ------
    InputFaults
        With every fault in every file; nothing is made of them. Whoever prepared the files must correct them.
    """
    return read_scenario_and_remarks(path)[0]


def read_scenario_and_remarks(path: Path) -> tuple[Scenario, tuple[str, ...]]:
    """Read a scenario as `read_scenario` does, with remarks on the quality of what was given, for people.

    Raises
    ------
    InputFaults
        As `read_scenario`.
    """
    return scenario_of_book(open_book(path))


def scenario_of_book(book: Book) -> tuple[Scenario, tuple[str, ...]]:
    """Make a scenario of what was given, wherever it came from, with remarks on its quality, for people.

    Raises
    ------
    InputFaults
        As `read_scenario`.
    """
    places = Places(book=book)
    settings = read_settings(book)
    policy = read_policy(book)
    calendar = read_calendar(book, settings.first_week)
    schools = read_schools(book, places, policy)
    classes = read_vehicle_classes(book, policy)
    depots = read_depots(book, places)
    vehicles = read_fleet_vehicles(book, policy)
    operators = read_operators(book, places, policy)
    contracts = read_contracts(book)
    assistants = read_assistants(book, places, policy)
    passengers = read_passengers(book, places, schools, settings.starts_on, policy)
    routes = read_current_routes(book, passengers, vehicles, contracts, policy, settings.starts_on)
    never_together = read_never_together(book)
    keep_together = read_keep_together(book, passengers, never_together)
    street_rules = read_street_rules(book, places)
    check_pins(book, passengers, routes)
    check_vehicles_for_needs(book, passengers, classes, vehicles, operators)
    places.check()
    if book.faults or settings.starts_on is None:
        raise InputFaults(book.sorted_faults())
    scenario = Scenario(
        name=settings.name, starts_on=settings.starts_on, invented=settings.invented,
        places=places.made(invented=settings.invented), schools=tuple(schools.values()),
        passengers=tuple(passengers.values()), vehicle_classes=tuple(classes.values()),
        depots=tuple(depots.values()), fleet_vehicles=tuple(vehicles.values()),
        operators=tuple(operators.values()), assistants=assistants, contracts=tuple(contracts.values()),
        current_routes=routes, never_together=never_together, keep_together=keep_together,
        street_rules=street_rules, policy=policy, calendar=calendar,
    )  # fmt: skip
    return scenario, (*book.remarks, *_place_remarks(scenario.places))


def _place_remarks(places: tuple[Place, ...]) -> list[str]:
    n_by_postcode = sum(place.quality is PlaceQuality.POSTCODE for place in places)
    if not n_by_postcode:
        return []
    return [f"{n_by_postcode} of {len(places)} places are known by postcode only; its centre stands for them"]

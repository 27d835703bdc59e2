"""The list of new passengers: the columns of passengers.csv, the schools they may go to, their first day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from transport.files.columns import NEW_PASSENGERS, TABLE_BY_NAME
from transport.files.faults import InputFaults
from transport.files.read_book import Book, Sheet
from transport.files.read_people import read_passengers
from transport.files.read_places import Places
from transport.files.read_rows import read_rows
from transport.files.read_sheets import open_table
from transport.files.read_together import check_vehicles_for_needs
from transport.files.rows_people import NewPassengerRow
from transport.passengers import Passenger, Status
from transport.places import Place
from transport.scenario import Scenario

_BORROWED = ("schools", "gates", "school_times")
_PASSENGERS = TABLE_BY_NAME["passengers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassenger:
    """Somebody who comes during the year.

    Attributes
    ----------
    passenger : at the school of `school_id`. elsewhere : the same at each other candidate school, under an id that ends
        in `@` and the school.
    wanted_on : first day they are to travel; None: as soon as may be.
    texts : their cells by column of passengers.csv.
    """

    passenger: Passenger
    elsewhere: tuple[Passenger, ...]
    wanted_on: date | None
    texts: Mapping[str, str]

    @property
    def at_all_schools(self) -> tuple[Passenger, ...]:
        """One passenger for each candidate school."""
        return (self.passenger, *self.elsewhere)

    @property
    def is_decided(self) -> bool:
        """Whether they may be placed: who awaits a decision may only be quoted."""
        return self.passenger.status is not Status.AWAITING_DECISION


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassengers:
    """A list of new passengers and the places that it brings."""

    people: tuple[NewPassenger, ...]
    places: tuple[Place, ...]


def read_new_passengers(path: Path, book: Book, scenario: Scenario, *, known_may_change: bool) -> NewPassengers:
    """Read a list of new passengers, every fault noted.

    Parameters
    ----------
    book : the lists of the scenario, as text. scenario : what was read from them.
    known_may_change : whether a passenger of the scenario may stand in the list, with new needs, home or school.

    Raises
    ------
    InputFaults
        With every fault of the list.
    """
    new = Book(name=path.name)
    new.sheets.update({name: book.sheets[name] for name in _BORROWED if name in book.sheets})
    open_table(path, NEW_PASSENGERS, new)
    if not new.can_read(NEW_PASSENGERS.name):
        raise InputFaults(new.sorted_faults())
    rows = read_rows(new, NEW_PASSENGERS.name, NewPassengerRow)
    _check_ids(new, rows, scenario, known_may_change=known_may_change)
    places = Places(book=new)
    own = _at_schools(new, rows, scenario, places)
    if new.faults:
        raise InputFaults(new.sorted_faults())
    sheet = new.sheets[NEW_PASSENGERS.name]
    people = tuple(
        NewPassenger(
            passenger=own[row.passenger_id, row.school_id],
            elsewhere=tuple(
                replace(own[row.passenger_id, school_id], passenger_id=f"{row.passenger_id}@{school_id}")
                for school_id in sorted(row.candidate_school_ids - {row.school_id})
            ),
            wanted_on=row.starts_on,
            texts={name: sheet.texts[row.row].get(name, "") for name in _PASSENGERS.column_names},
        )
        for row in rows
    )
    return NewPassengers(people=people, places=places.made(invented=scenario.invented))


def _check_ids(new: Book, rows: list[NewPassengerRow], scenario: Scenario, *, known_may_change: bool) -> None:
    for row in rows:
        known = row.passenger_id in scenario.passenger_by_id
        if known and not known_may_change:
            new.fault(NEW_PASSENGERS.name, row.row, "passenger_id", "is in the plan already; must be somebody new")
        if row.pinned_route_id is not None:
            new.fault(NEW_PASSENGERS.name, row.row, "pinned_route_id", "must be empty: the route is still to be found")


def _at_schools(
    new: Book, rows: list[NewPassengerRow], scenario: Scenario, places: Places
) -> dict[tuple[str, str], Passenger]:
    """Everybody at each of their schools, read as passengers.csv is."""
    found: dict[tuple[str, str], Passenger] = {}
    of_row = {row.row: [row.school_id, *sorted(row.candidate_school_ids - {row.school_id})] for row in rows}
    given = new.sheets[NEW_PASSENGERS.name]
    for k in range(max(map(len, of_row.values()), default=0)):
        texts = {
            number: {**given.texts[number], "school_id": schools_of[k], **({"gate_id": ""} if k else {})}
            for number, schools_of in of_row.items()
            if k < len(schools_of)
        }
        reading = Book(name=new.name)
        reading.sheets.update({name: sheet for name, sheet in new.sheets.items() if name in _BORROWED})
        reading.sheets[_PASSENGERS.name] = Sheet(table=_PASSENGERS, file=given.file, texts=_own_columns(texts))
        places_of = Places(book=reading, points=places.points)
        people = read_passengers(reading, places_of, scenario.school_by_id, scenario.starts_on, scenario.policy)
        check_vehicles_for_needs(reading, people, scenario.class_by_id, scenario.vehicle_by_id, scenario.operator_by_id)
        new.faults.extend(fault for fault in reading.faults if fault not in new.faults)
        found |= {(pid, p.school_id): p for pid, p in people.items()}
    return found


def _own_columns(texts: dict[int, dict[str, str]]) -> dict[int, dict[str, str]]:
    names = set(_PASSENGERS.column_names)
    return {number: {name: text for name, text in cells.items() if name in names} for number, cells in texts.items()}

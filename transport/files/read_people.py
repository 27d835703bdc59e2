"""Passengers: needs, and a place for each leg and day; what contradicts in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from transport.calendar import ALL_DAYS, LEGS, N_DAYS, Leg
from transport.files.read_book import Book
from transport.files.read_pickups import check_pickup_points, read_pickup_points
from transport.files.read_places import Places, Point
from transport.files.read_rows import read_rows
from transport.files.read_schools import days_of
from transport.files.rows_people import PassengerDayRow, PassengerRow
from transport.passengers import Mobility, PaNeed, Passenger, Phase, PickupPoint
from transport.policy import Policy
from transport.schools import School, Session

_YOUNGEST, _OLDEST = 2, 25
_TIMES = ("start_time", "finish_time")
_FIRST_SECONDARY_AGE, _FIRST_POST16_AGE = 11, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Week:
    """The fortnight of one passenger while it is being read."""

    place_ids: dict[tuple[Leg, int], str | None]
    times: dict[tuple[int, str], int | None]
    rows: dict[tuple[Leg, int], PassengerDayRow] = field(default_factory=dict)
    time_rows: dict[tuple[int, str], PassengerDayRow] = field(default_factory=dict)


def phase_on(birth_date: date, starts_on: date) -> Phase:
    """Phase of education by age on 31 August before the school year; August counts to the year to come.

    Raises
    ------
    ValueError
        When the age is below 2 or above 25.

    References
    ----------
    School year groups in England: Year 6 holds those who are 10 on 31 August before it, Year 7 those who are
    11, Year 12 those who are 16. Education, Health and Care plans may last until 25.
    """
    year = starts_on.year if starts_on.month >= 8 else starts_on.year - 1
    age = year - birth_date.year - ((birth_date.month, birth_date.day) > (8, 31))
    if not _YOUNGEST <= age <= _OLDEST:
        raise ValueError(f"gives an age of {age} on 31 August {year}; must be {_YOUNGEST} to {_OLDEST}")
    if age < _FIRST_SECONDARY_AGE:
        return Phase.PRIMARY
    return Phase.SECONDARY if age < _FIRST_POST16_AGE else Phase.POST16


def read_passengers(
    book: Book, places: Places, schools: Mapping[str, School], starts_on: date | None, policy: Policy
) -> dict[str, Passenger]:
    """Read passengers.csv, passenger_days.csv and pickup_points.csv; passengers by id, every fault noted.

    Parameters
    ----------
    starts_on : first day of the plan; None: not known, and birth dates are not looked at.
    """
    rows = read_rows(book, "passengers", PassengerRow)
    day_rows: dict[str, list[PassengerDayRow]] = {}
    for row in read_rows(book, "passenger_days", PassengerDayRow):
        day_rows.setdefault(row.passenger_id, []).append(row)
    points = read_pickup_points(book, places, policy)
    passengers = {}
    for passenger_row in rows:
        own = day_rows.get(passenger_row.passenger_id, [])
        own_points = points.get(passenger_row.passenger_id, ())
        passenger = _passenger(book, places, schools, starts_on, policy, passenger_row, own, own_points)
        if passenger is not None:
            passengers[passenger.passenger_id] = passenger
    return passengers


def _passenger(
    book: Book,
    places: Places,
    schools: Mapping[str, School],
    starts_on: date | None,
    policy: Policy,
    row: PassengerRow,
    day_rows: list[PassengerDayRow],
    points: tuple[PickupPoint, ...],
) -> Passenger | None:
    phase = _phase(book, row, starts_on)
    week = _week(book, places, row, day_rows)
    school = schools.get(row.school_id)
    _check_gate(book, row)
    _check_walk(book, row)
    _check_training(book, row)
    _check_pseudonym(book, row)
    if week is None or phase is None or school is None:
        return None
    _check_shut(book, day_rows, school)
    is_at_home = f"home:{row.passenger_id}" in week.place_ids.values()
    points = check_pickup_points(book, row, points, is_at_home=is_at_home)
    kind = "walk" if row.mobility is Mobility.WALKS_ON else "wheelchair"

    def service_s(own: int | None, name: str) -> int:
        return int(getattr(policy, f"{name}_{kind}_s")) if own is None else own

    return Passenger(
        passenger_id=row.passenger_id, school_id=row.school_id, gate_id=row.gate_id, phase=phase,
        am_place_ids=tuple(week.place_ids[Leg.AM, day] for day in ALL_DAYS),
        pm_place_ids=tuple(week.place_ids[Leg.PM, day] for day in ALL_DAYS),
        mobility=row.mobility, pa_need=row.pa_need, solo=row.solo,
        own_sessions=_own_sessions(book, row, week, school),
        board_s=service_s(row.board_s, "board"), alight_s=service_s(row.alight_s, "alight"),
        school_board_s=service_s(row.school_board_s, "school_board"),
        school_alight_s=service_s(row.school_alight_s, "school_alight"),
        ride_cap_s=None if row.ride_cap_min is None else row.ride_cap_min * 60,
        walk_s=(row.walk_min or 0) * 60, walk_m=row.walk_m or 0,
        pickup_points=points, boards_at_home=row.boards_at_home or not points,
        vehicle_tags=row.vehicle_tags, pa_training_tags=row.pa_training_tags,
        restraint_type=row.restraint_type, ready_from=row.ready_from, status=row.status,
        pinned_route_id=row.pinned_route_id,
    )  # fmt: skip


def _phase(book: Book, row: PassengerRow, starts_on: date | None) -> Phase | None:
    if row.phase is not None and row.birth_date is not None:
        book.fault("passengers", row.row, "birth_date", "must be empty where phase is given; give one of the two")
        return None
    if row.phase is not None:
        return row.phase
    if row.birth_date is None:
        book.fault(
            "passengers",
            row.row,
            "phase",
            "is empty, and so is birth_date; must be primary, secondary or post16",
        )
        return None
    if starts_on is None:
        return None
    try:
        return phase_on(row.birth_date, starts_on)
    except ValueError as error:
        book.fault("passengers", row.row, "birth_date", str(error))
        return None


def _check_gate(book: Book, row: PassengerRow) -> None:
    if row.gate_id is None or row.school_id not in book.ids("schools", "school_id"):
        return
    gates = book.sheets["gates"].texts.values() if "gates" in book.sheets else ()
    known = [t.get("gate_id", "") for t in gates if t.get("school_id", "") == row.school_id] or ["main"]
    if row.gate_id not in known:
        book.fault(
            "passengers",
            row.row,
            "gate_id",
            f"is no gate of {row.school_id}; must be one of {', '.join(known)}",
        )


def _check_walk(book: Book, row: PassengerRow) -> None:
    if (row.walk_m is None) != (row.walk_min is None):
        name = "walk_m" if row.walk_m is None else "walk_min"
        book.fault("passengers", row.row, name, "is empty; walk_m and walk_min must be given together")


def _check_training(book: Book, row: PassengerRow) -> None:
    if row.pa_training_tags and row.pa_need is PaNeed.NONE:
        book.fault("passengers", row.row, "pa_training_tags", "asks for a trained PA, but pa_need is none")


def _check_pseudonym(book: Book, row: PassengerRow) -> None:
    """Refuse ids that are a number the pupil or patient is known by."""
    text = row.passenger_id
    is_upn = len(text) == 13 and text[0].isalpha() and text[1:12].isdigit()
    if is_upn or (len(text) == 10 and text.isdigit() and _is_nhs_number(text)):
        kind = "a UPN" if is_upn else "an NHS number"
        book.hidden_fault("passengers", row.row, "passenger_id", f"looks like {kind}; must be a random pseudonym")


def _is_nhs_number(text: str) -> bool:
    check = 11 - sum(int(digit) * weight for digit, weight in zip(text[:9], range(10, 1, -1), strict=True)) % 11
    return check % 11 == int(text[9]) and check != 10


def _week(book: Book, places: Places, row: PassengerRow, day_rows: list[PassengerDayRow]) -> _Week | None:
    """Places and times of ten days, or None with a fault noted."""
    home = places.read("passengers", row)
    home_id = f"home:{row.passenger_id}"
    usual = set(days_of(row.weeks, row.days))
    week = _Week(
        place_ids={
            (leg, day): home_id if day in usual and row.legs in ("both", leg.value) else None
            for leg in LEGS for day in ALL_DAYS
        },
        times={(day, name): getattr(row, name) for day in ALL_DAYS for name in _TIMES},
    )  # fmt: skip
    spots: dict[object, str] = {} if home is None else {home.spot: home_id}
    points: dict[str, Point] = {} if home is None else {home_id: home}
    for day_row in day_rows:
        place_id = _other_place(places, row, day_row, spots, points)
        _take_day_row(book, day_row, place_id or home_id, week)
    if home is None:
        return None
    used = [place_id for place_id in week.place_ids.values() if place_id is not None]
    if not used:
        book.fault("passengers", row.row, "days", "the passenger travels on no day; take the row out")
        return None
    for place_id in dict.fromkeys(used):
        places.add(place_id, points.get(place_id))
    return week


def _other_place(
    places: Places,
    row: PassengerRow,
    day_row: PassengerDayRow,
    spots: dict[object, str],
    points: dict[str, Point],
) -> str | None:
    """Id of the place a day row gives; equal points share one."""
    point = places.read("passenger_days", day_row, required=False)
    if point is None:
        return None
    place_id = spots.setdefault(point.spot, f"home:{row.passenger_id}:{max(1, len(spots))}")
    points.setdefault(place_id, point)
    return place_id


def _take_day_row(book: Book, row: PassengerDayRow, place_id: str, week: _Week) -> None:
    if not row.travels:
        for name in ("postcode", "easting", "lat", "start_time", "finish_time"):
            if getattr(row, name) is not None:
                book.fault("passenger_days", row.row, name, "must be empty where travels is no")
    for day in days_of(row.week, row.weekday):
        for leg in LEGS:
            if row.leg not in ("both", leg.value):
                continue
            other = week.rows.setdefault((leg, day), row)
            if other is not row:
                book.fault("passenger_days", row.row, "weekday", f"a day of it is already given in row {other.row}")
                return
            week.place_ids[leg, day] = place_id if row.travels else None
        _take_times(book, row, day, week)


def _take_times(book: Book, row: PassengerDayRow, day: int, week: _Week) -> None:
    for name in _TIMES:
        value = getattr(row, name)
        if value is None:
            continue
        other = week.time_rows.setdefault((day, name), row)
        if getattr(other, name) != value:
            book.fault("passenger_days", row.row, name, f"differs from row {other.row}, which names the same day")
        week.times[day, name] = value


def _own_sessions(book: Book, row: PassengerRow, week: _Week, school: School) -> tuple[Session | None, ...] | None:
    """Ten own sessions, or None where the school's stand every day."""
    sessions: list[Session | None] = []
    for day in range(N_DAYS):
        start_s, finish_s = week.times[day, "start_time"], week.times[day, "finish_time"]
        bell = school.sessions[day]
        if bell is None or (start_s is None and finish_s is None):
            sessions.append(None)
            continue
        start_s = bell.start_s if start_s is None else start_s
        finish_s = bell.finish_s if finish_s is None else finish_s
        if finish_s <= start_s:
            _fault_session(book, row, week, day)
            return None
        sessions.append(Session(start_s=start_s, finish_s=finish_s))
    return tuple(sessions) if any(sessions) else None


def _check_shut(book: Book, day_rows: list[PassengerDayRow], school: School) -> None:
    """Own times for days on which the school is shut say nothing."""
    for row in day_rows:
        column = next((name for name in _TIMES if getattr(row, name) is not None), None)
        if column and not any(school.sessions[day] for day in days_of(row.week, row.weekday)):
            book.fault("passenger_days", row.row, column, f"school {school.school_id} is shut on all these days")


def _fault_session(book: Book, row: PassengerRow, week: _Week, day: int) -> None:
    timed = [week.time_rows[day, name] for name in reversed(_TIMES) if (day, name) in week.time_rows]
    table, at = ("passenger_days", timed[0].row) if timed else ("passengers", row.row)
    column = "finish_time" if book.text(table, at, "finish_time") else "start_time"
    book.fault(table, at, column, "the session would end before it starts, by these and the school's times")

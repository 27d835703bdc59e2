"""Settings, policy, calendar and schools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from transport.calendar import N_DAYS, Closure, OperatingCalendar, day_idx
from transport.files.cells import WEEKS, YesNoCell, decimal_of
from transport.files.columns import SCENARIO_SETTINGS
from transport.files.faults import did_you_mean
from transport.files.read_book import Book
from transport.files.read_places import Places
from transport.files.read_rows import read_rows
from transport.files.rows import CalendarRow, GateRow, SchoolRow, SchoolTimeRow, SettingRow
from transport.policy import Policy, SettingSpec, fault_of, setting_specs
from transport.schools import Gate, School, Session

_LONGEST_RANGE_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What scenario.csv says; `starts_on` is None where it is missing or faulty."""

    name: str
    starts_on: date | None
    invented: bool
    first_week: str


def read_settings(book: Book) -> Settings:
    """Read scenario.csv, every fault noted."""
    rows = {row.setting: row for row in read_rows(book, "scenario", SettingRow)}
    _check_names(book, "scenario", rows, tuple(SCENARIO_SETTINGS))
    values: dict[str, Any] = {}
    for name, cell in SCENARIO_SETTINGS.items():
        row = rows.get(name)
        values[name] = cell.blank
        if row is None and cell.required and book.can_read("scenario"):
            book.fault("scenario", None, "", f"{name} is missing; must be {cell.allowed}")
        if row is not None:
            try:
                values[name] = cell.read(row.value)
            except ValueError as error:
                book.fault("scenario", row.row, "value", f"{name} {error}")
    return Settings(**values)


def read_policy(book: Book) -> Policy:
    """Read policy.csv, every fault noted; settings not named stand at their defaults."""
    rows = {row.setting: row for row in read_rows(book, "policy", SettingRow)}
    specs = {spec.name: spec for spec in setting_specs()}
    _check_names(book, "policy", rows, tuple(specs))
    settings: dict[str, Any] = {}
    for name, row in rows.items():
        if name not in specs or row.value == "":
            continue
        try:
            settings[name] = setting_of(specs[name], row.value)
        except ValueError as error:
            book.fault("policy", row.row, "value", f"{name} {error}")
    policy = Policy(**settings)
    if policy.arrive_latest_before_s > policy.arrive_earliest_before_s:
        row = rows.get("arrive_latest_before_s") or rows["arrive_earliest_before_s"]
        book.fault(
            "policy", row.row, "value",
            f"arrive_latest_before_s ({policy.arrive_latest_before_s}) must not be above "
            f"arrive_earliest_before_s ({policy.arrive_earliest_before_s})",
        )  # fmt: skip
        return Policy()
    return policy


def setting_fault(name: str, text: str) -> str:
    """What is wrong with a setting as it would be written in policy.csv; empty where nothing is."""
    spec = next((spec for spec in setting_specs() if spec.name == name), None)
    if spec is None:
        return f"{name}: no such setting{did_you_mean(name, [spec.name for spec in setting_specs()])}"
    try:
        setting_of(spec, text)
    except ValueError as error:
        return f"{name}: {text}; {error}"
    return ""


def _check_names(book: Book, table: str, rows: Mapping[str, SettingRow], known: tuple[str, ...]) -> None:
    for name, row in rows.items():
        if name not in known:
            book.fault(table, row.row, "setting", f"no such setting{did_you_mean(name, known)}")


def setting_of(spec: SettingSpec, text: str) -> int | bool | str:
    """A setting as policy.csv writes it.

    Raises
    ------
    ValueError
        Saying what is allowed.
    """
    value: int | bool | str
    if spec.choices:
        value = text.casefold()
    elif isinstance(spec.default, bool):
        value = bool(YesNoCell(meaning="").read(text))
    else:
        number = decimal_of(text, spec.allowed)
        if number != number.to_integral_value():
            raise ValueError(f"must be {spec.allowed}")
        value = int(number)
    if fault_of(spec, value):
        raise ValueError(f"must be {spec.allowed}")
    return value


def read_calendar(book: Book, first_week: str) -> OperatingCalendar:
    """Read calendar.csv, every fault noted."""
    terms: list[tuple[date, date]] = []
    closures: list[Closure] = []
    for row in sorted(read_rows(book, "calendar", CalendarRow), key=lambda r: (r.first_day, r.row)):
        last_day = row.last_day or row.first_day
        problem = _range_problem(row, last_day, terms)
        if problem:
            book.fault("calendar", row.row, problem[0], problem[1])
        elif row.kind == "term":
            terms.append((row.first_day, last_day))
        else:
            closures += [
                Closure(on=row.first_day + timedelta(days=i), school_id=row.school_id, reason=row.reason)
                for i in range((last_day - row.first_day).days + 1)
            ]
    return OperatingCalendar(terms=tuple(terms), closures=tuple(closures), first_week=first_week)


def _range_problem(row: CalendarRow, last_day: date, terms: list[tuple[date, date]]) -> tuple[str, str] | None:
    """Column and sentence of what is wrong with a row's days."""
    if last_day < row.first_day:
        return "last_day", f"ends before it begins, {row.first_day.isoformat()}"
    if (last_day - row.first_day).days >= _LONGEST_RANGE_DAYS:
        return "last_day", f"is {_LONGEST_RANGE_DAYS} days or more after first_day; must be less"
    if row.kind != "term":
        return None
    if row.last_day is None:
        return "last_day", "must not be empty for a term"
    if row.school_id is not None:
        return "school_id", "must be empty for a term; closures only are one school's"
    if terms and row.first_day <= terms[-1][1]:
        return "first_day", f"overlaps the term that ends {terms[-1][1].isoformat()}"
    return None


def read_schools(book: Book, places: Places, policy: Policy) -> dict[str, School]:
    """Read schools.csv, gates.csv and school_times.csv; schools by id, every fault noted."""
    rows = read_rows(book, "schools", SchoolRow)
    gates = _gates(book, places)
    times = _times_by_day(book)
    schools = {}
    for row in rows:
        own_gates = gates.get(row.school_id) or _main_gate(row, places, book)
        sessions = _sessions(book, row, times)
        windows_s = _windows_s(book, row, policy)
        if own_gates and sessions and windows_s:
            schools[row.school_id] = School(
                school_id=row.school_id, name=row.name, gates=own_gates, sessions=sessions,
                arrive_earliest_before_s=windows_s[0], arrive_latest_before_s=windows_s[1],
                leave_latest_after_s=windows_s[2], urn="" if row.urn is None else str(row.urn),
            )  # fmt: skip
    return schools


def _gates(book: Book, places: Places) -> dict[str, tuple[Gate, ...]]:
    gates: dict[str, tuple[Gate, ...]] = {}
    for row in read_rows(book, "gates", GateRow):
        place_id = places.add(f"gate:{row.school_id}:{row.gate_id}", places.read("gates", row))
        if place_id is not None:
            gate = Gate(gate_id=row.gate_id, place_id=place_id, site=row.site)
            gates[row.school_id] = (*gates.get(row.school_id, ()), gate)
    return gates


def _main_gate(row: SchoolRow, places: Places, book: Book) -> tuple[Gate, ...]:
    if row.school_id in book.ids("gates", "school_id"):
        return ()  # It has gates, and what is wrong with them is said there.
    place_id = places.add(f"gate:{row.school_id}:main", places.read("schools", row))
    return (Gate(gate_id="main", place_id=place_id),) if place_id is not None else ()


def _times_by_day(book: Book) -> dict[tuple[str, int], SchoolTimeRow]:
    """Rows of school_times.csv by school and day."""
    times: dict[tuple[str, int], SchoolTimeRow] = {}
    for row in read_rows(book, "school_times", SchoolTimeRow):
        has_times = row.start_time is not None or row.finish_time is not None
        if row.shut and has_times:
            book.fault("school_times", row.row, "shut", "must be no where times are given")
        elif not row.shut and not has_times:
            book.fault("school_times", row.row, "start_time", "no time given, and shut is no: the row says nothing")
        for day in days_of(row.week, row.weekday):
            other = times.setdefault((row.school_id, day), row)
            if other is not row:
                book.fault("school_times", row.row, "weekday", f"a day of it is already given in row {other.row}")
                break
    return times


def days_of(weeks: tuple[int, ...], weekdays: tuple[int, ...]) -> tuple[int, ...]:
    """Day indices 0..9 of weeks (0 is A) and weekdays (0 is Monday)."""
    return tuple(day_idx(WEEKS[week], weekday) for week in weeks for weekday in weekdays)


def _sessions(book: Book, row: SchoolRow, times: Mapping[tuple[str, int], SchoolTimeRow]) -> tuple[Session | None, ...]:
    """Ten sessions, or an empty tuple with a fault noted."""
    if row.finish_time <= row.start_time:
        book.fault("schools", row.row, "finish_time", "must be after start_time")
        return ()
    sessions: list[Session | None] = []
    for day in range(N_DAYS):
        own = times.get((row.school_id, day))
        if own is not None and own.shut:
            sessions.append(None)
            continue
        start_s = row.start_time if own is None or own.start_time is None else own.start_time
        finish_s = row.finish_time if own is None or own.finish_time is None else own.finish_time
        if own is not None and finish_s <= start_s:
            column = "finish_time" if own.finish_time is not None else "start_time"
            book.fault("school_times", own.row, column, "the session would end before it starts")
            return ()
        sessions.append(Session(start_s=start_s, finish_s=finish_s))
    return tuple(sessions)


def _windows_s(book: Book, row: SchoolRow, policy: Policy) -> tuple[int, int, int] | None:
    """Earliest and latest arrival before the bell, latest leaving after it; None with a fault noted."""
    earliest_s = policy.arrive_earliest_before_s if row.arrive_earliest_min is None else row.arrive_earliest_min * 60
    latest_s = policy.arrive_latest_before_s if row.arrive_latest_min is None else row.arrive_latest_min * 60
    leave_s = policy.leave_latest_after_s if row.leave_latest_min is None else row.leave_latest_min * 60
    if latest_s > earliest_s:
        column = "arrive_latest_min" if row.arrive_latest_min is not None else "arrive_earliest_min"
        book.fault(
            "schools", row.row, column,
            f"latest arrival {latest_s // 60} min before the bell must not be earlier than "
            f"the earliest, {earliest_s // 60} min",
        )  # fmt: skip
        return None
    return earliest_s, latest_s, leave_s

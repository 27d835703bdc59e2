"""A checker of school bus schedules that shares nothing with the solver: it reads the files and drives the buses.

The reading of the problem is that of Bertsimas, Delarue and Martin (PNAS 2019) on the instances of Park, Tae and Kim
(2012): distances in feet along streets at right angles, 20 miles an hour, 66 students to a bus, 19 s and 2.6 s per
student at a stop, 154.4 s at a school, which end exactly when the school may first be reached (AMEARLY).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

FEET_PER_S = 20 * 5280 / 3600
SEATS = 66
STOP_S, STUDENT_S, SCHOOL_S = 19.0, 2.6, 154.4
TOLERANCE_S = 1e-5

Bus = Sequence[tuple[str, Sequence[str]]]
"""Trips in order: the school, and the stops in the order of pick-up."""
Point = tuple[float, float]


def faults_of(folder: Path, buses: Sequence[Bus], ride_limit_s: float) -> list[str]:
    """Everything that is wrong with a schedule; empty when nothing is."""
    schools, stops = _rows(folder / "Schools.txt"), _rows(folder / "Stops.txt")
    faults = _coverage_faults(stops, buses)
    for number, bus in enumerate(buses):
        free_at_s, at = float("-inf"), (0.0, 0.0)
        for school, order in bus:
            where = f"bus {number}, {school}"
            faults += [f"{where}: {stop} goes to {stops[stop][2]}" for stop in order if stops[stop][2] != school]
            if sum(int(stops[stop][3]) for stop in order) > SEATS:
                faults.append(f"{where}: more than {SEATS} students")
            faults += _time_faults(where, schools[school], [stops[stop] for stop in order], free_at_s, at, ride_limit_s)
            free_at_s, at = _seconds(schools[school][2]), _point(schools[school])
    return faults


def _time_faults(
    where: str, school: list[str], order: list[list[str]], free_at_s: float, at: Point, ride_limit_s: float
) -> list[str]:
    """Drive a trip backwards from the school: rides of all stops, then whether the bus is at the first in time."""
    if not order:
        return [f"{where}: a trip without a stop"]
    clock_s = drop_s = _seconds(school[2]) - SCHOOL_S
    place, faults = _point(school), []
    for stop in reversed(order):
        clock_s -= _drive_s(_point(stop), place)
        if drop_s - clock_s > ride_limit_s + TOLERANCE_S:
            faults.append(f"{where}: a ride of {drop_s - clock_s:.1f} s")
        clock_s -= STOP_S + STUDENT_S * int(stop[3])
        place = _point(stop)
    if free_at_s + _drive_s(at, place) > clock_s + TOLERANCE_S:
        faults.append(f"{where}: the bus is {free_at_s + _drive_s(at, place) - clock_s:.1f} s late at its first stop")
    return faults


def _coverage_faults(stops: dict[str, list[str]], buses: Sequence[Bus]) -> list[str]:
    served = Counter(stop for bus in buses for _, order in bus for stop in order)
    return [f"{stop} is served {served[stop]} times" for stop in stops if served[stop] != 1]


def _rows(path: Path) -> dict[str, list[str]]:
    """Fields after the id, by id."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return {fields[0]: fields[1:] for fields in lines if fields}


def _point(fields: list[str]) -> Point:
    return float(fields[0]), float(fields[1])


def _seconds(clock: str) -> float:
    """Seconds of a time such as 745, which is 7:45."""
    return float(int(clock[:-2] or 0) * 3600 + int(clock[-2:]) * 60)


def _drive_s(a: Point, b: Point) -> float:
    return (abs(a[0] - b[0]) + abs(a[1] - b[1])) / FEET_PER_S

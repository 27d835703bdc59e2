"""What a run takes up of its vehicle's leg: moments of the day, and stretches of the hours at the gates.

A fleet vehicle that goes out several times has one *outer* run a leg: AM its first, PM its last. All its others are
*inner*: AM they begin after one of its runs has ended, so after the earliest time at which any run may end, and have to
be at their gates in time themselves; PM they begin at their gates and are over, with the way to the next gate, before
the latest time at which any run may begin. So they lie in the hours at the gates, one after another: what they last
together is no longer than that.

Sequences know the least service at each gate. What a company's own service makes a run longer than its sequence's span
is counted apart, as `more_s`: it may end later for it (AM; PM begin earlier), and so hurts no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.bound.fields import Q_DRIVE, Q_EARLIEST, Q_EDGE, Q_LATEST, Q_SPAN
from routing.bound.local import END_STEP_S, N_END_STEPS, NEVER
from routing.numba_cache import njit

EVERY_S = 600
"""Between two moments of the day at which the vehicles that are out are counted, and the ends of two stretches."""
NEVER_S = -(10**6)
"""A time of day at which nothing is out."""
ALONE, OUTER, INNER = range(3)
"""Sorts of run: of a vehicle with one run a leg, or with runs that nothing here tells apart; and see above."""
CANNOT_BE = 2.0
"""More of a stretch than there is: an inner run that lasts too long."""


class Hours(NamedTuple):
    """Of one leg: T times of the day, and what each stands for.

    times : (T,) seconds, T alike for all legs. stretch_s : (T,) 0: a moment; else seconds of the stretch between
    `hour` and that time.
    hour : AM the earliest end of any run, PM the latest start; no inner run is before it (AM) or after it (PM).
    """

    times: NDArray[np.int64]
    stretch_s: NDArray[np.int64]
    hour: int


class TimePrices(NamedTuple):
    """What a run of one leg and kind pays by its time on the road.

    leg : 0 AM, 1 PM. sort : ALONE, OUTER or INNER. long_pence, long_after_s : surcharge a second beyond so many. hour,
    times, stretch_s : see `Hours`; moment_pence : (T,) what a vehicle costs at each.
    """

    leg: int
    sort: int
    long_pence: float
    long_after_s: int
    hour: int
    times: NDArray[np.int64]
    stretch_s: NDArray[np.int64]
    moment_pence: NDArray[np.float64]


def hours_of(
    legs: Sequence[tuple[int, NDArray[np.int64]]], *, with_moments: bool, with_stretches: bool
) -> tuple[Hours, ...]:
    """Of each leg, moments from an hour before the first gate opens until the last closes, and the stretches.

    Parameters
    ----------
    legs : 0 AM or 1 PM, and its sequences (Q, 11), columns Q_*; those of a leg without any are empty.
    """
    found = [_hours(leg, sequences, with_moments, with_stretches) for leg, sequences in legs]
    most = max((len(hours.times) for hours in found), default=0)
    return tuple(
        Hours(
            times=np.concatenate([hours.times, np.full(most - len(hours.times), NEVER_S)]),
            stretch_s=np.concatenate([hours.stretch_s, np.zeros(most - len(hours.times), np.int64)]), hour=hours.hour,
        )
        for hours in found
    )  # fmt: skip


def _hours(leg: int, sequences: NDArray[np.int64], with_moments: bool, with_stretches: bool) -> Hours:
    if len(sequences) == 0:
        return Hours(times=np.zeros(0, np.int64), stretch_s=np.zeros(0, np.int64), hour=0)
    first, last = int(sequences[:, Q_LATEST].min()), int(sequences[:, Q_EARLIEST].max())
    hour = int(sequences[:, Q_EARLIEST].min() if leg == 0 else sequences[:, Q_LATEST].max())
    longest = max((towards(leg) * (limit_of(leg, s) - hour) for s in sequences), default=0) if with_stretches else 0
    n_moments = max(1, (last - first + 2 * 3600) // EVERY_S) if with_moments else 0
    n_stretches = max(0, -(-longest // EVERY_S))
    moments = (first - 3600 if leg == 0 else first) + np.arange(n_moments, dtype=np.int64) * EVERY_S
    stretch_s = np.minimum(longest, (1 + np.arange(n_stretches, dtype=np.int64)) * EVERY_S)
    return Hours(
        times=np.concatenate([moments, hour + towards(leg) * stretch_s]),
        stretch_s=np.concatenate([np.zeros(n_moments, np.int64), stretch_s]), hour=hour,
    )  # fmt: skip


@njit
def towards(leg: int) -> int:
    """Where the hours at the gates lie from `Hours.hour`: 1, after it (AM); -1, before it (PM)."""
    return 1 if leg == 0 else -1


@njit
def limit_of(leg: int, sequence: Any) -> int:
    """When a run with no time to spare is over at the latest (AM), or begins at the earliest (PM)."""
    return int(sequence[Q_LATEST] + sequence[Q_SPAN] if leg == 0 else sequence[Q_EARLIEST] - sequence[Q_SPAN])


@njit
def is_too_long(leg: int, sequence: Any, seconds: int, sort: int, hour: int) -> bool:
    """Whether an inner run cannot be over in time, its seconds rounded down to whole steps."""
    return bool(sort == INNER and seconds // END_STEP_S * END_STEP_S > towards(leg) * (limit_of(leg, sequence) - hour))


@njit
def more_at_gates(sequence: Any, service_s: int) -> int:
    """Seconds by which so much service at its gates makes a run longer than its sequence's span, at least."""
    return max(0, int(sequence[Q_DRIVE] + service_s - sequence[Q_SPAN]))


@njit
def taken(
    leg: int, sequence: Any, seconds: int, more_s: int, sort: int, hour: int, time: int, stretch_s: int
) -> float:  # fmt: skip
    """What a run takes up of one vehicle at a moment, 0 or 1, or of a stretch: a share, on every clock.

    Parameters
    ----------
    seconds : that the run lasts by its sequence's span; of an inner one with the way between its outermost home and
        another run's gate. more_s : that it lasts besides.
    sort : ALONE (takes up nothing of a stretch), OUTER (until it ends, AM; from where it begins, PM) or INNER.
    """
    by_span = taken_by_span(leg, sequence, seconds, sort, hour, time, stretch_s)
    return float(by_span + taken_besides(leg, sequence, more_s, sort, hour, time, stretch_s))


@njit
def taken_by_span(leg: int, sequence: Any, seconds: int, sort: int, hour: int, time: int, stretch_s: int) -> float:
    """See `taken`: without more service at the gates than the span has."""
    if stretch_s == 0:
        homes_s = max(0, seconds - sequence[Q_SPAN])
        if leg == 0:
            is_out = sequence[Q_LATEST] - homes_s <= time < sequence[Q_EARLIEST]
        else:
            is_out = sequence[Q_LATEST] <= time < sequence[Q_EARLIEST] + homes_s
        return 1.0 if is_out else 0.0
    if sort == ALONE:
        return 0.0
    if sort == OUTER:
        return float(min(stretch_s, outer_s(leg, sequence, 0, hour)) / stretch_s)
    if is_too_long(leg, sequence, seconds, sort, hour):
        return CANNOT_BE
    beyond_s = max(0, towards(leg) * (limit_of(leg, sequence) - time))
    return float(max(0, seconds - beyond_s) / stretch_s)


@njit
def taken_besides(leg: int, sequence: Any, more_s: int, sort: int, hour: int, time: int, stretch_s: int) -> float:
    """See `taken`: by more service at the gates, however long the run is."""
    if stretch_s == 0 or more_s == 0 or sort == ALONE:
        return 0.0
    if sort == OUTER:
        later_s, by_span_s = outer_s(leg, sequence, more_s, hour), outer_s(leg, sequence, 0, hour)
        return float((min(stretch_s, later_s) - min(stretch_s, by_span_s)) / stretch_s)
    spare_s = max(0, towards(leg) * (time - limit_of(leg, sequence)))
    return float(min(more_s, spare_s) / stretch_s)


@njit
def outer_s(leg: int, sequence: Any, more_s: int, hour: int) -> int:
    """Least time between `Hours.hour` and the end of an outer run (AM), or its start (PM)."""
    own = sequence[Q_EARLIEST] if leg == 0 else sequence[Q_LATEST]
    least_s = max(0, towards(leg) * (own - hour))
    if more_s > 0:
        # All drives and all service lie between the edge and that time.
        least_s = max(least_s, int(towards(leg) * (sequence[Q_EDGE] - hour) + sequence[Q_SPAN] + more_s))
    return int(least_s)


@njit
def price_of_end(sequence: Any, seconds: int, more_s: int, by_time: Any) -> float:
    """Pence of a run that lasts so long: the surcharge, and what it takes up of its vehicle; -NEVER: it cannot.

    seconds, more_s : see `taken`. by_time : see `TimePrices`.
    """
    long = by_time.long_pence * max(0, seconds + more_s - by_time.long_after_s)
    return float(long + price_of_span(sequence, seconds, by_time) + price_besides(sequence, more_s, by_time))


@njit
def price_of_span(sequence: Any, seconds: int, by_time: Any) -> float:
    """See `price_of_end`: what is taken up without more service at the gates than the span has."""
    lasts_s = min(N_END_STEPS - 1, seconds // END_STEP_S) * END_STEP_S
    leg, sort, hour, pence = by_time.leg, by_time.sort, by_time.hour, 0.0
    if is_too_long(leg, sequence, lasts_s, sort, hour):
        return -NEVER
    for k in range(len(by_time.times)):
        moment = by_time.moment_pence[k]
        if moment > 0.0:
            pence += moment * taken_by_span(leg, sequence, lasts_s, sort, hour, by_time.times[k], by_time.stretch_s[k])
    return pence


@njit
def price_besides(sequence: Any, more_s: int, by_time: Any) -> float:
    """See `price_of_end`: what is taken up by more service at the gates."""
    pence = 0.0
    for k in range(len(by_time.times)):
        moment = by_time.moment_pence[k]
        if moment > 0.0:
            pence += moment * taken_besides(
                by_time.leg, sequence, more_s, by_time.sort, by_time.hour, by_time.times[k], by_time.stretch_s[k]
            )
    return pence

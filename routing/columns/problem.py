"""Trips to hubs by vehicles that may do several: the problem that column generation solves.

A trip picks up stops of one hub and ends there at the hub's own time. What follows a trip depends on that hub alone,
not on the trip: so vehicles = trips − trips fed by a vehicle that has become free at some hub.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_STOPS_PER_HUB = 64
"""Stops of a trip are bits of one machine word."""
MARGIN = 1e-6
"""A limit is kept with this much to spare, so that another order of additions cannot break it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hub:
    """One hub with its stops; indices below are local, 0 .. n − 1.

    Attributes
    ----------
    stops : (n,) stop indices of the problem.
    load : (n,) riders. service : (n,) time at the stop.
    drive : (n, n) from stop to stop. to_hub : (n,) from stop to the hub.
    feeders : (n, J) hubs whose vehicle can start a trip at this stop, least pressed first.
    latest : (n, J) longest ride that the trip may then have; never negative, -1 past the last feeder.
    """

    stops: NDArray[np.int64]
    load: NDArray[np.int64]
    service: NDArray[np.float64]
    drive: NDArray[np.float64]
    to_hub: NDArray[np.float64]
    feeders: NDArray[np.int64]
    latest: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TripProblem:
    """All hubs, and what every trip has to keep.

    Times are real numbers of one unit throughout.

    Attributes
    ----------
    hubs : by hub index. n_stops : over all hubs.
    capacity : riders of a vehicle. ride_limit : longest ride of a rider.
    hub_apart : (2, H, H) how far each hub is from each other's stops, and how far apart in time they are.
    """

    hubs: tuple[Hub, ...]
    n_stops: int
    capacity: int
    ride_limit: float
    hub_apart: NDArray[np.float64]


def make_trip_problem(
    *,
    hub_of_stop: NDArray[np.int64],
    load: NDArray[np.int64],
    service: NDArray[np.float64],
    stop_drive: NDArray[np.float64],
    hub_drive: NDArray[np.float64],
    drop_at: NDArray[np.float64],
    free_at: NDArray[np.float64],
    capacity: int,
    ride_limit: float,
) -> TripProblem:
    """Split a problem by hub and say who can feed what.

    Parameters
    ----------
    hub_of_stop, load, service
        (S,) hub, riders and service time of each stop.
    stop_drive
        (S, S) drive from stop to stop.
    hub_drive
        (H, S, 2) drive from hub to stop, and from stop to hub.
    drop_at, free_at
        (H,) when a trip must be at the hub, and when its vehicle is free to leave.
    capacity, ride_limit
        Riders of a vehicle; longest ride, from the end of the rider's own pick-up to `drop_at`.

    Raises
    ------
    ValueError
        A hub has more than 64 stops, or a stop cannot be served even alone.
    """
    _require_servable(hub_of_stop, load, hub_drive, capacity, ride_limit)
    hubs = []
    for h in range(len(drop_at)):
        stops = np.flatnonzero(hub_of_stop == h)
        latest = drop_at[h] - service[stops][:, None] - (free_at[:, None] + hub_drive[:, stops, 0]).T - MARGIN
        order = np.argsort(-latest, axis=1, kind="stable")
        sorted_latest = np.take_along_axis(latest, order, axis=1)
        fits = sorted_latest >= hub_drive[h, stops, 1][:, None]
        hubs.append(
            Hub(
                stops=stops,
                load=load[stops],
                service=service[stops],
                drive=np.ascontiguousarray(stop_drive[np.ix_(stops, stops)]),
                to_hub=hub_drive[h, stops, 1].copy(),
                feeders=np.where(fits, order, -1),
                latest=np.where(fits, sorted_latest, -1.0),
            )
        )
    to_stops = np.stack([hub_drive[:, hub.stops, 0].mean(axis=1) for hub in hubs], axis=1)
    place = (to_stops + to_stops.T) / 2
    return TripProblem(
        hubs=tuple(hubs),
        n_stops=len(load),
        capacity=capacity,
        ride_limit=ride_limit - MARGIN,
        hub_apart=np.stack([place, np.abs(drop_at[:, None] - drop_at[None, :])]),
    )


def _require_servable(
    hub_of_stop: NDArray[np.int64],
    load: NDArray[np.int64],
    hub_drive: NDArray[np.float64],
    capacity: int,
    ride_limit: float,
) -> None:
    counts = np.bincount(hub_of_stop)
    if counts.max() > MAX_STOPS_PER_HUB:
        h = int(counts.argmax())
        raise ValueError(f"hub {h} has {counts[h]} stops; must be at most {MAX_STOPS_PER_HUB}")
    ride = hub_drive[hub_of_stop, np.arange(len(load)), 1]
    lost = np.flatnonzero((load > capacity) | (ride > ride_limit - MARGIN))
    if len(lost):
        raise ValueError(f"stop {lost[0]}: {load[lost[0]]} riders, ride {ride[lost[0]]:.0f}; cannot be served alone")

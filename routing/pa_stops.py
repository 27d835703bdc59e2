"""PAs listed by id on a vehicle's runs: who is on which, and the stops at their homes.

The words of the plan for what `routing.teams` reckons: the first n of the vehicle's PAs are on a run that needs n; each
boards at home before their first run of a shift, stays between runs, and is brought home after their last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from routing.clock import layout_for
from transport.plan import Run, Stop
from transport.scenario import Scenario
from transport.travel import Travel
from transport.vehicles import VehicleClass


def take_pas_on(
    scenario: Scenario, travel: Travel, vehicle_class: VehicleClass, runs: Sequence[Run], pa_ids: Sequence[str]
) -> list[Run]:
    """The runs of one vehicle's shift on one day, in order of time, with its PAs on board.

    Parameters
    ----------
    pa_ids : the vehicle's PAs in order.
    """
    needed = [run.n_pas for run in runs]
    n_pas = list(needed)
    joining: list[list[str]] = [[] for _ in runs]
    leaving: list[list[str]] = [[] for _ in runs]
    for i, pa_id in enumerate(pa_ids):
        theirs = [j for j, n in enumerate(needed) if n > i]
        if theirs:
            joining[theirs[0]].append(pa_id)
            leaving[theirs[-1]].append(pa_id)
            for j in range(theirs[0], theirs[-1] + 1):
                n_pas[j] = max(n_pas[j], i + 1)
    return [
        _with_homes(scenario, travel, vehicle_class, _with_pas(scenario, vehicle_class, run, n), on, off)
        for run, n, on, off in zip(runs, n_pas, joining, leaving, strict=True)
    ]


def _with_pas(scenario: Scenario, vehicle_class: VehicleClass, run: Run, n_pas: int) -> Run:
    """A run with so many PAs, in a layout that holds them."""
    if n_pas == run.n_pas:
        return run
    people = [scenario.passenger_by_id[pid] for pid in run.passenger_ids]
    return replace(run, n_pas=n_pas, layout=layout_for(vehicle_class, people, n_pas))


def _with_homes(
    scenario: Scenario,
    travel: Travel,
    vehicle_class: VehicleClass,
    run: Run,
    joining: Sequence[str],
    leaving: Sequence[str],
) -> Run:
    """A run that fetches PAs at home before its first stop and brings PAs home after its last; they cost no time there.

    The last on the list is fetched last and brought home first.
    """
    profile = travel.profile_by_class_id[vehicle_class.class_id]
    stops = list(run.stops)
    for pa_id in reversed(joining):
        home, first = scenario.assistant_by_id[pa_id].home_place_id, stops[0]
        if home is not None and first.place_id == home and first.pas_boarding:
            stops[0] = replace(first, pas_boarding=(pa_id, *first.pas_boarding))
        elif home is not None:
            at_s = first.arrive_at_s - travel.seconds_between(run.leg, home, first.place_id, profile=profile)
            stops.insert(0, _stop_at(home, at_s, pas_boarding=(pa_id,)))
    for pa_id in reversed(leaving):
        home, last = scenario.assistant_by_id[pa_id].home_place_id, stops[-1]
        if home is not None and last.place_id == home and last.pas_alighting:
            stops[-1] = replace(last, pas_alighting=(*last.pas_alighting, pa_id))
        elif home is not None:
            at_s = last.depart_at_s + travel.seconds_between(run.leg, last.place_id, home, profile=profile)
            stops.append(_stop_at(home, at_s, pas_alighting=(pa_id,)))
    return replace(run, stops=tuple(stops))


def _stop_at(
    place_id: str, at_s: int, *, pas_boarding: tuple[str, ...] = (), pas_alighting: tuple[str, ...] = ()
) -> Stop:
    return Stop(
        place_id=place_id, arrive_at_s=at_s, start_at_s=at_s, depart_at_s=at_s,
        pas_boarding=pas_boarding, pas_alighting=pas_alighting,
    )  # fmt: skip

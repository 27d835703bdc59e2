"""Best places for one more passenger in a plan that stands, and what it saves to take one out.

The price is exact: the least change of the objective over one existing or new route that serves all legs and days of
the passenger, with every boarding and alighting position and every position of a new gate; the others keep their order;
clock, layout, PAs and vehicle of the changed route are chosen anew. Its vehicle may be any bought supply or idle fleet
vehicle that the limits leave, or the fleet vehicle that it shares with other routes today, all of them timed and priced
anew; a new route may also become one more run of a fleet vehicle in use. Other routes keep their vehicles.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from routing.insert_kernel import open_route, scan
from routing.insert_places import (
    A_EXTRA,
    A_GATE_AM,
    A_HOME_AM,
    A_ROUTE,
    A_ROW_AM,
    A_SUPPLY,
    A_VEHICLE,
    G_OTHERS,
    G_PAID,
    G_SUPPLY,
    G_VEHICLE,
    N_ANSWER,
)
from routing.instance import P_HUB, P_PERSON, P_UNIT
from routing.search.state import HUGE
from routing.standing import RouteChange, StandingPlan, change_of, with_route

NOBODY = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a passenger enters one leg.

    Attributes
    ----------
    home : position among the riders, 0 first. gate : position of the new gate among the gates; None: visited already.
    rider : row of the passenger that says where they board.
    """

    home: int
    gate: int | None
    rider: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """One way to carry a passenger.

    Attributes
    ----------
    riders : first row of the passenger on the AM and the PM leg, -1 on a leg not travelled.
    route : number of the route; None: a new one.
    supply : who then drives it. vehicle : fleet vehicle in use that drives it; None: bought, or an idle one.
    am, pm : None on a leg not travelled.
    extra_pence_per_fortnight : change of money that the horizon counts and soft prices; the price of leaving the
        passenger unserved, and that of families disturbed against a reference, are no part of it.
    """

    riders: tuple[int, int]
    route: int | None
    supply: int
    vehicle: int | None
    am: Place | None
    pm: Place | None
    extra_pence_per_fortnight: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Removal:
    """A plan without somebody, the vehicle of their route chosen anew, and what that saves."""

    standing: StandingPlan
    saved_pence_per_fortnight: int


def best_insertions(standing: StandingPlan, rider: int | tuple[int, int], n: int = 10) -> list[Insertion]:
    """The cheapest routes for a passenger who is not carried, best first; at most one way per route.

    Parameters
    ----------
    rider : first row of the passenger; (AM row, PM row) where the policy lets legs differ in route, -1 for a leg not
        travelled. For a choice of schools encode one passenger per candidate and use `best_over`.
    n : most routes to name.

    Returns
    -------
    Empty where no route, not even a new one, can take them. Who is kept together with, or pinned with, passengers who
    are carried may only join these.
    """
    riders = rider if isinstance(rider, tuple) else (rider, rider)
    company = _routes_of_company(standing, riders)
    if len(company) > 1:
        return []
    answers, row = np.zeros((n, N_ANSWER), np.int64), np.zeros(N_ANSWER, np.int64)
    only = next(iter(company), NOBODY)
    who = np.array(riders, np.int64)
    found = scan(standing.instance.data(), standing.arrays, standing.tray, who, only, answers, row)
    return [_insertion(riders, answer) for answer in answers[:found]]


def best_over(standing: StandingPlan, riders: Iterable[int | tuple[int, int]], n: int = 10) -> list[Insertion]:
    """The cheapest insertions over several rows, such as one passenger at each of several candidate schools."""
    found = [insertion for rider in riders for insertion in best_insertions(standing, rider, n)]
    return sorted(found, key=lambda i: i.extra_pence_per_fortnight)[:n]


def inserted(standing: StandingPlan, insertion: Insertion) -> StandingPlan:
    """The plan with an insertion made."""
    r, order, hubs = _route_with(standing, insertion)
    return with_route(standing, r, order, hubs, insertion.supply, insertion.vehicle)


def change_by(standing: StandingPlan, insertion: Insertion) -> RouteChange:
    """The route of an insertion once it is made, and who then shares whose vehicle."""
    r, order, hubs = _route_with(standing, insertion)
    return change_of(standing, r, order, hubs, insertion.supply, insertion.vehicle)


_Orders = tuple[list[int], list[int]]


def _route_with(standing: StandingPlan, insertion: Insertion) -> tuple[int, _Orders, _Orders]:
    """Number, riders and gates of the route of an insertion once it is made."""
    r = standing.n_routes if insertion.route is None else insertion.route
    empty: tuple[list[int], list[int]] = ([], [])
    order, hubs = (empty, ([], [])) if insertion.route is None else (standing.order(r), standing.hubs(r))
    for leg, place in enumerate((insertion.am, insertion.pm)):
        if place is not None:
            order[leg].insert(place.home, place.rider)
            if place.gate is not None:
                hubs[leg].insert(place.gate, int(standing.instance.riders[place.rider, P_HUB]))
    return r, order, hubs


def removed(standing: StandingPlan, riders: Iterable[int], *, same_vehicle: bool = False) -> Removal:
    """Take riders of one route out; the orders of the others stay, the route's vehicle is chosen anew.

    Parameters
    ----------
    same_vehicle : leave the vehicle as it is, even where another one would be cheaper.

    Raises
    ------
    ValueError
        When the riders are not all on one route, or when the vehicle's runs no longer fit without them.
    """
    person = standing.instance.riders[:, P_PERSON]
    gone = frozenset(int(person[i]) for i in riders)
    (r,) = {standing.route_of_person[i] for i in gone}
    order = _both([i for i in leg if person[i] not in gone] for leg in standing.order(r))
    hub = standing.instance.riders[:, P_HUB]
    used = [{int(hub[i]) for i in leg} for leg in order]
    hubs = _both([h for h in gates if h in used[leg]] for leg, gates in enumerate(standing.hubs(r)))
    paid, others = (int(standing.arrays.ledger[r, column]) for column in (G_PAID, G_OTHERS))
    vehicle = int(standing.arrays.ledger[r, G_VEHICLE])
    supply = int(standing.arrays.ledger[r, G_SUPPLY])
    rest = with_route(standing, r, order, hubs, supply, None if vehicle < 0 else vehicle)
    if not any(order):
        return Removal(standing=rest, saved_pence_per_fortnight=paid - others)
    if same_vehicle:
        return Removal(standing=rest, saved_pence_per_fortnight=standing.fortnight_pence - rest.fortnight_pence)
    answer = np.zeros(N_ANSWER, np.int64)
    open_route(rest.instance.data(), rest.arrays, rest.tray, r, np.array([NOBODY, NOBODY], np.int64), answer)
    if answer[A_EXTRA] >= HUGE:
        raise ValueError(f"route {r} finds no vehicle without riders {sorted(gone)}")
    new_vehicle = int(answer[A_VEHICLE])
    if (int(answer[A_SUPPLY]), new_vehicle) != (supply, vehicle):
        rest = with_route(rest, r, order, hubs, int(answer[A_SUPPLY]), None if new_vehicle < 0 else new_vehicle)
    return Removal(standing=rest, saved_pence_per_fortnight=paid - int(answer[A_EXTRA]))


def _both(legs: Iterable[list[int]]) -> tuple[list[int], list[int]]:
    am, pm = legs
    return am, pm


def _routes_of_company(standing: StandingPlan, riders: tuple[int, int]) -> set[int]:
    """Routes of those whom the passenger must ride with."""
    instance, routes = standing.instance, set()
    for rider in riders:
        if rider != NOBODY:
            unit = instance.riders[rider, P_UNIT]
            mates = instance.unit_riders[instance.unit_ptr[unit] : instance.unit_ptr[unit + 1]]
            routes |= {standing.route_of_person[int(i)] for i in mates if int(i) in standing.route_of_person}
    return routes


def _insertion(riders: tuple[int, int], answer: Any) -> Insertion:
    route, vehicle = int(answer[A_ROUTE]), int(answer[A_VEHICLE])
    am, pm = (_place(*(int(answer[a + leg]) for a in (A_HOME_AM, A_GATE_AM, A_ROW_AM))) for leg in range(2))
    return Insertion(
        riders=riders,
        route=None if route < 0 else route,
        supply=int(answer[A_SUPPLY]),
        vehicle=None if vehicle < 0 else vehicle,
        am=am,
        pm=pm,
        extra_pence_per_fortnight=int(answer[A_EXTRA]),
    )


def _place(home: int, gate: int, row: int) -> Place | None:
    return None if home < 0 else Place(home=home, gate=None if gate < 0 else gate, rider=row)

"""In-year change: people placed in a plan in force, taken out or moved, with no more families disturbed than agreed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from routing.desk import Desk, changed_routes, with_routes
from routing.held_places import held_route_with, with_held_route
from routing.insert import inserted, removed
from routing.quote import Option, OptionKind, each_option
from routing.standing import as_changed
from transport.calendar import LEGS
from transport.check.disturbed import disturbed_of
from transport.plan import Plan, Route
from transport.scenario import CurrentRoute

N_TRIED = 12
"""Options looked at before all of them are: one that disturbs too many is rarely followed by ten more."""
N_PASSES = 2
"""Times that everybody placed is taken out once more and put where it is then cheapest."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Change:
    """A plan after in-year changes.

    Attributes
    ----------
    desk : the plan as it then stands.
    placed : how each newcomer was placed, in the order asked for; prices are those at the moment of placing.
    not_placed : whom no option could take within the number of families.
    disturbed_ids : others who are told of more than the tolerance, against the plan before.
    """

    desk: Desk
    placed: Mapping[str, Option]
    not_placed: tuple[str, ...]
    disturbed_ids: frozenset[str]


def held_as_today(desk: Desk, routes: Iterable[Route]) -> tuple[CurrentRoute, ...]:
    """Routes under contract as they now run, in the form of today's routes."""
    today = desk.scenario.current_route_by_id
    return tuple(
        replace(
            today[route.route_id],
            am_passenger_ids=route.am.passenger_ids if route.am else (),
            pm_passenger_ids=route.pm.passenger_ids if route.pm else (),
        )
        for route in routes
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ledger:
    """Who is disturbed so far, against the plan that families know.

    Attributes
    ----------
    reference : that plan. route_ids_by_passenger : their routes in it. spared : who is not counted: they asked for it.
    """

    reference: Plan
    route_ids_by_passenger: Mapping[str, frozenset[str]]
    spared: frozenset[str]
    disturbed: frozenset[str] = frozenset()

    def after(self, desk: Desk, routes: Iterable[Route]) -> _Ledger:
        """The same once some routes are as given."""
        routes = tuple(routes)
        riding = {pid for route in routes for pid in route.passenger_ids}
        known = {rid for pid in riding for rid in self.route_ids_by_passenger.get(pid, ())}
        before = Plan(plan_id="known", routes=tuple(r for r in self.reference.routes if r.route_id in known))
        found = disturbed_of(Plan(plan_id="now", routes=routes), before, desk.scenario)
        now = {item.passenger_id for item in found} - self.spared
        return replace(self, disturbed=(self.disturbed - riding) | now)


def _ledger(reference: Plan, spared: Iterable[str]) -> _Ledger:
    routes: dict[str, set[str]] = {}
    for route in reference.routes:
        for pid in route.passenger_ids:
            routes.setdefault(pid, set()).add(route.route_id)
    return _Ledger(
        reference=reference,
        route_ids_by_passenger={pid: frozenset(ids) for pid, ids in routes.items()},
        spared=frozenset(spared),
    )


def taken(desk: Desk, option: Option) -> Desk:
    """The desk with an option accepted.

    Raises
    ------
    ValueError
        When the plan has changed since the option was made.
    """
    if any(route not in desk.plan.routes for route in option.before):
        raise ValueError(f"the plan has changed since passenger {option.passenger_id} was quoted; ask again")
    plan = with_routes(desk.plan, (r.route_id for r in option.before), option.after, desk.scenario)
    if option.kind is OptionKind.CONTRACT:
        own = next(route for route in option.after if route.route_id == option.route_id)
        return replace(desk, plan=plan, held=with_held_route(desk.held, own))
    assert option.insertion is not None  # every other option holds the routes by number
    new = (option.route_id,) if option.insertion.route is None else ()
    return replace(
        desk,
        plan=plan,
        standing=inserted(desk.standing, option.insertion),
        route_ids=(*desk.route_ids, *new),
        vehicle_ids=option.vehicle_ids,
    )


def taken_out(desk: Desk, passenger_id: str, *, same_vehicle: bool = True) -> Desk:
    """The desk without a passenger on any route; the others keep their order, clocks are made anew.

    Raises
    ------
    ValueError
        When they are on a kept route of the fleet, or the vehicle's other runs no longer fit.
    """
    for route_id in [r.route_id for r in desk.plan.routes if passenger_id in r.passenger_ids]:
        desk = _out_of(desk, desk.route(route_id), passenger_id, same_vehicle=same_vehicle)
    return desk


def _out_of(desk: Desk, route: Route, passenger_id: str, *, same_vehicle: bool) -> Desk:
    if route.kept:
        return _out_of_held(desk, route, passenger_id)
    riders = {i for leg in LEGS if (i := desk.index.rider_idx_by_leg.get((passenger_id, leg))) is not None}
    if route.route_id not in desk.route_ids:
        raise ValueError(
            f"passenger {passenger_id} is on route {route.route_id} of the fleet, whose PAs are listed by id"
        )
    r = desk.route_ids.index(route.route_id)
    own = [i for i in riders if desk.standing.route_of_person.get(i) == r]
    standing = removed(desk.standing, own, same_vehicle=same_vehicle).standing
    after, vehicle_ids = changed_routes(desk, as_changed(standing, r))
    gone = {route.route_id, *(x.route_id for x in after)}
    plan = with_routes(desk.plan, gone, after, desk.scenario)
    return replace(desk, plan=plan, standing=standing, vehicle_ids=vehicle_ids)


def _out_of_held(desk: Desk, route: Route, passenger_id: str) -> Desk:
    if desk.held.number_of(route.route_id) is None:
        why = desk.held.refused.get(route.route_id, "it is kept as it is")
        raise ValueError(f"passenger {passenger_id} cannot be taken off route {route.route_id}: {why}")
    am, pm = (
        tuple(pid for pid in (pattern.passenger_ids if pattern else ()) if pid != passenger_id)
        for pattern in (route.am, route.pm)
    )
    changed = held_route_with(desk.held, route.route_id, (am, pm))
    after = (changed,) if changed.runs else ()
    plan = with_routes(desk.plan, [route.route_id], after, desk.scenario)
    return replace(desk, plan=plan, held=with_held_route(desk.held, changed))


def place_all(
    desk: Desk,
    passenger_ids: Sequence[str],
    reference: Plan,
    *,
    max_disturbed: int | None = 0,
    targets: Mapping[str, str] | None = None,
    barred: Mapping[str, str] | None = None,
    spared: Iterable[str] = (),
    n_passes: int = N_PASSES,
    on_placed: Callable[[int, int], None] = lambda n_done, n_all: None,
) -> Change:
    """Place people who are on no route of the plan, and nobody else moved but as many families as agreed.

    One after the other, each at the cheapest option that keeps the number; then each is taken out once more and put
    where it is cheapest beside the others. Where every place disturbs too many, a new vehicle is what is left.

    Parameters
    ----------
    reference : the plan that families know. max_disturbed : most families disturbed against it; None: any number.
    targets : the route that somebody must go to, by passenger id. barred : the route that they must not go to.
    spared : passengers who asked for a change themselves and are not counted.
    """
    targets, barred = targets or {}, barred or {}
    begun = _ledger(reference, {*passenger_ids, *spared})
    ledger = begun.after(desk, desk.plan.routes)
    cap = None if max_disturbed is None else max(max_disturbed, len(ledger.disturbed))
    placed: dict[str, Option] = {}
    for n, pid in enumerate(passenger_ids):
        found = _first_within(desk, pid, ledger, cap, targets.get(pid), barred.get(pid))
        if found is not None:
            placed[pid], desk, ledger = found
        on_placed(n + 1, len(passenger_ids))
    for _ in range(n_passes):
        before = desk.fortnight_pence
        for pid in placed:
            if pid not in targets:
                desk, ledger = _placed_again(desk, pid, ledger, cap, barred.get(pid), placed)
        if desk.fortnight_pence == before:
            break
    return Change(
        desk=desk,
        placed=placed,
        not_placed=tuple(pid for pid in passenger_ids if pid not in placed),
        disturbed_ids=ledger.disturbed,
    )


def _first_within(
    desk: Desk, pid: str, ledger: _Ledger, cap: int | None, target: str | None, barred: str | None
) -> tuple[Option, Desk, _Ledger] | None:
    """The cheapest option within the number of families, and what then stands."""
    only = None if target is None else [target]
    without = [] if barred is None else [barred]
    for n in (N_TRIED, len(desk.plan.routes) + 1):
        for option in each_option(desk, pid, n=n, only=only, without=without):
            after = ledger.after(desk, option.after)
            if cap is None or len(after.disturbed) <= max(cap, len(ledger.disturbed)):
                return option, taken(desk, option), after
    return None


def _placed_again(
    desk: Desk, pid: str, ledger: _Ledger, cap: int | None, barred: str | None, placed: dict[str, Option]
) -> tuple[Desk, _Ledger]:
    """Somebody placed is taken out and put where it is cheapest now; as before where that saves nothing."""
    try:
        rest = taken_out(desk, pid, same_vehicle=False)
    except ValueError:  # The vehicle's other runs do not fit without them.
        return desk, ledger
    as_it_was = {id(route) for route in desk.plan.routes}
    less = ledger.after(rest, [route for route in rest.plan.routes if id(route) not in as_it_was])
    found = _first_within(rest, pid, less, cap, None, barred)
    if found is None or found[1].fortnight_pence >= desk.fortnight_pence:
        return desk, ledger
    if cap is not None and len(found[2].disturbed) > cap:
        return desk, ledger
    placed[pid] = found[0]
    return found[1], found[2]

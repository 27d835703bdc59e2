"""What the bound leaves out and what its prices mean, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from routing.bound.fields import MAX_GATES
from routing.bound.master import Prices, worth_of_one
from routing.bound.problem import BoundProblem
from routing.encode import Index
from routing.instance import P_VARIANTS
from transport.certificate import ShadowPrice
from transport.scenario import Scenario

N_DEAREST = 10
"""Passengers whose price is told."""


def relaxations_of(scenario: Scenario, problem: BoundProblem, *, by_runs: bool) -> tuple[str, ...]:
    """What is looser than the rules, so that the bound can only be lower than the best plan."""
    return tuple(_relaxations(scenario, problem, by_runs))


def _relaxations(scenario: Scenario, problem: BoundProblem, by_runs: bool) -> Iterator[str]:
    policy = scenario.policy
    if not by_runs:
        yield "Streets are not looked at: a home costs at least the way from its nearest neighbour."
        if policy.board_after_first_alight:
            yield "Places count once for every gate of a run, as passengers may board after others got off."
        elif problem.most_gates > MAX_GATES:
            yield f"Runs with more than {MAX_GATES} gates are possible; only places and vehicles are counted for them."
        elif problem.legs and problem.legs[0].out_s.shape[-1] == 0:
            yield "There are too many places for tables of all drives, so that drives cost nothing."
    if len(problem.legs) > 1:
        yield "AM and PM runs are shared out apart: the same vehicles and PAs, but not the same passengers, do both."
    if problem.n_days and len(problem.instance.group_weight) > 1:
        yield "All days count as one: a run may carry passengers who never travel on the same day."
    if by_runs:
        yield "Runs may be used in parts (the linear program behind the bound is not in whole runs)."
        yield "A run may come to a passenger twice if it has visited enough others in between."
        yield "Rides count in steps of up to five minutes, rounded down, and homes far off by the nearest of these."
        yield "Gates open as early and close as late as for any of their passengers, on the day that suits best."
        yield "Nobody waits for others to board at their stop, or to get off at a gate before their own."
        yield "At a gate everybody is as quick as the quickest who takes the same places in a vehicle."
    if scenario.never_together:
        yield "Passengers who may never share a run may share one here."
    if scenario.keep_together or any(p.pinned_route_id for p in scenario.passengers):
        yield "Passengers who must share a route, and pinned ones, may be apart here."
    if policy.passengers_per_shared_pa:
        yield "One PA looks after all passengers of shared need on a run."
    if scenario.assistants:
        yield "PAs cost nothing where the council lists its own, who may help on one vehicle after another."
    if scenario.operators:
        yield "An operator's vehicles are counted ten minutes apart, and only while a run must be out."
    if scenario.current_routes:
        yield "Routes of today that stay cost the least that their contract allows, and no fleet miles or long rides."
    if any(operator.n_pas is not None for operator in scenario.operators):
        yield "Operators' PAs are unlimited."
    if any(kind.is_tiered for kind in problem.kinds):
        yield (
            "A fleet vehicle with several runs pays no miles to, from or between them; these may overlap as long as at "
            "no moment, ten minutes apart, more are on the road than vehicles are paid for. All but the first of a "
            "morning and the last of an afternoon share out the time between the first and the last hour at the gates."
        )
    if any(kind.is_fleet for kind in problem.kinds):
        yield "Fleet vehicles need not be back by the end of a shift, and drivers are paid their least hours only."
    if any(o.rate_cards for o in scenario.operators):
        yield "The surcharge on long legs is counted for each leg at half, where a day has two."
    if policy.watches_families:
        yield "Disturbing families costs nothing and has no cap."
    if (problem.instance.riders[:, P_VARIANTS] > 1).any():
        yield "A passenger with several pick-up points may use another one on each run."
    yield "The bound is on money and soft prices together; money alone is not certified."


def shadow_prices(scenario: Scenario, index: Index, problem: BoundProblem, prices: Prices) -> tuple[ShadowPrice, ...]:
    """What the prices that prove the bound say of vehicles, PAs and passengers."""
    return (*_vehicles(problem, index, prices), *_pas(problem, index, prices), *_passengers(problem, index, prices))


def _vehicles(problem: BoundProblem, index: Index, prices: Prices) -> Iterator[ShadowPrice]:
    """One more vehicle of a kind of which all are in use: what it is worth beyond its own cost."""
    for k, kind in enumerate(problem.kinds):
        if not kind.is_fleet or kind.is_inner:
            continue
        over = worth_of_one(problem.kinds, k, prices.run, prices.moment) - min(offer.pence for offer in kind.offers)
        if over > 0.5:
            pence = round(over * problem.n_days / 2)
            class_id = index.supplies[kind.supply].class_id
            yield ShadowPrice(
                what="fleet_vehicle", of_id=class_id, pence=pence,
                sentence=f"One more {class_id} of the fleet would save at most about this much a week.",
            )  # fmt: skip


def _pas(problem: BoundProblem, index: Index, prices: Prices) -> Iterator[ShadowPrice]:
    """A PA's days, by the kind of vehicle on which a PA is worth most."""
    worth = [
        (worth_of_one(problem.kinds, k, prices.pa, prices.pa_moment), k)
        for k, kind in enumerate(problem.kinds)
        if not kind.is_inner
    ]
    pence, k = max(worth, default=(0.0, 0))
    if pence > 0.5:
        class_id = index.supplies[problem.kinds[k].supply].class_id
        yield ShadowPrice(
            what="pa", of_id=class_id, pence=round(pence * problem.n_days / 2),
            sentence=f"A week of one PA on a {class_id} counts for this much: what a run without the need would save.",
        )  # fmt: skip


def _passengers(problem: BoundProblem, index: Index, prices: Prices) -> Iterator[ShadowPrice]:
    """The dearest passengers: the bound without them is lower by no more than this."""
    worth = np.bincount(problem.person, weights=problem.weight * prices.demand, minlength=problem.instance.n_riders) / 2
    for person in np.argsort(-worth, kind="stable")[:N_DEAREST].tolist():
        if worth[person] > 0.5:
            yield ShadowPrice(
                what="passenger", of_id=index.riders[person].passenger.passenger_id, pence=round(float(worth[person])),
                sentence="This passenger accounts for this much of the bound; it falls by no more without them.",
            )  # fmt: skip

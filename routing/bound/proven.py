"""Prices made feasible: what any prices prove, once pricing has said how much runs are worth more than they cost.

Farley's bound (Operations Research 38(5), 1990), gate by gate: a run of a group costs at least `least` and is worth at
most `-bound` more than it costs, so the share `least / (least - bound)` of its demands' prices is within its cost.
Where each home is known the same holds home by home: a run is worth no more than the home of least excess lets it be,
whose share is the largest of its homes. Of a kind of which there are few vehicles the price of a run may be raised
instead, which costs what these are then worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.bound.families import Family, Hot, Known, hot_homes
from routing.bound.fields import C_RUN, V_DEMAND
from routing.bound.master import Master, Prices

RAISES = (0.1, 0.25, 0.5, 0.75, 1.0)
"""Shares of a kind's worst excess by which the price of its runs is tried higher."""
NOISE_PENCE = 1e-6
"""Of the price of a run that is put together anew."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proven:
    """Feasible prices, and pence a fortnight that they prove."""

    bound: float
    prices: Prices


def prove_prices(master: Master, families: Sequence[Family], prices: Prices, known: Sequence[Known]) -> Proven:
    """The best bound of these prices, their demands' scaled and runs' raised until no run is worth more than it costs.

    Parameters
    ----------
    known : of each family, see `families.known`.
    """
    told = [(family, of, hot_homes(family, of)) for family, of in zip(families, known, strict=True)]
    worst = _worst(master, families, known)
    raised = np.zeros(worst.shape)

    def raise_runs(tried: NDArray[np.float64], best: Proven) -> Proven:
        run = prices.run + tried
        now = (
            master.prices_of(prices.demand, run, prices.pa, prices.moment, prices.pa_moment) if tried.any() else prices
        )
        return max(best, _scaled(master, told, prices, now), key=lambda each: each.bound)

    best = raise_runs(raised, Proven(bound=-np.inf, prices=prices))
    # The same passengers are carried by several kinds: to raise one helps little where another is as much in doubt.
    for share in RAISES:
        better = raise_runs(share * worst, best)
        if better is not best:
            best, raised = better, share * worst
    for at in zip(*np.nonzero(worst), strict=True):
        for share in (0.0, *RAISES):
            tried = raised.copy()
            tried[at] = share * worst[at]
            better = raise_runs(tried, best)
            if better is not best:
                best, raised = better, tried
    return best


def _worst(master: Master, families: Sequence[Family], known: Sequence[Known]) -> NDArray[np.float64]:
    """(L, K) most by which a run is worth more than it costs; 0 where nothing is known or vehicles are not few."""
    worst = np.zeros((len(master.problem.legs), len(master.problem.kinds)))
    for family, of in zip(families, known, strict=True):
        if master.problem.kinds[family.kind].is_limited:
            at = family.leg, family.kind
            worst[at] = max(worst[at], -float(of.bound.min(initial=0.0)))
    return np.where(np.isfinite(worst), worst, 0.0)


def _scaled(master: Master, told: Sequence[tuple[Family, Known, Hot]], then: Prices, now: Prices) -> Proven:
    """Prices with demands scaled; they differ from those that `told` is of by higher prices of runs."""
    p = master.problem
    of_gate, of_demand = np.ones((2, len(p.instance.hubs))), np.ones(p.n_demands)
    for family, of, homes in told:
        table = p.legs[family.leg]
        raised = float(master.costs_of(now, *family.at)[C_RUN] - master.costs_of(then, *family.at)[C_RUN])
        paid, over = np.maximum(0.0, of.least + raised), np.minimum(0.0, of.bound + raised)
        # Where runs become cheaper it is not known of which homes they may be in doubt now.
        is_known = raised >= -NOISE_PENCE
        doubtful = (over < 0.0) & ~(homes.is_told & is_known)
        if doubtful.any():
            share = _share(paid[doubtful], over[doubtful])
            gate = np.where(family.gates[doubtful], share[:, None], 1.0).min(axis=0)
            of_gate[table.leg] = np.minimum(of_gate[table.leg], gate)
        over_home = homes.through + raised
        hot = (over_home < 0.0) & is_known
        share = _share(paid[homes.group[hot]], over_home[hot])
        np.minimum.at(of_demand, table.nodes[homes.node[hot], V_DEMAND], share)
    demand = now.demand * np.minimum(of_gate[p.leg_of, p.gate], of_demand)
    prices = replace(now, demand=demand)
    return Proven(bound=master.bound_of(prices), prices=prices)


def _share(paid: NDArray[np.float64], over: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of their price at which passengers are worth no more than a run costs. paid : at least; over : below 0."""
    return np.asarray(paid / (paid - over))

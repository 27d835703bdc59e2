"""Prices made feasible: what any prices prove, once pricing has said how much runs are worth more than they cost.

Farley's bound (Operations Research 38(5), 1990), gate by gate: a run of a group costs at least `least` and is worth at
most `-bound` more than it costs, so the share `least / (least - bound)` of its demands' prices is within its cost. Of a
kind of which there are few vehicles the price of a run may be raised instead, which costs what these are then worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.bound.families import Family, Known
from routing.bound.fields import C_RUN
from routing.bound.master import Master, Prices

RAISES = (0.25, 0.5, 0.75, 1.0)
"""Shares of a kind's worst excess by which the price of its runs is tried higher."""


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
    best = _scaled(master, families, prices, prices, known)
    for k, kind in enumerate(master.problem.kinds):
        if not kind.is_limited:
            continue
        for leg in range(len(master.problem.legs)):
            excess = max(
                (-float(b.min(initial=0.0)) for f, (b, _) in zip(families, known, strict=True) if f.at[:2] == (leg, k)),
                default=0.0,
            )
            base = best.prices
            if not 0.0 < excess < np.inf:
                continue
            for raised in RAISES:
                run = base.run.copy()
                run[leg, k] += raised * excess
                tried = master.prices_of(prices.demand, run, base.pa, base.moment, base.pa_moment)
                better = _scaled(master, families, prices, tried, known)
                if better.bound > best.bound:
                    best = better
    return best


def _scaled(master: Master, families: Sequence[Family], then: Prices, now: Prices, known: Sequence[Known]) -> Proven:
    """Prices `now`, which differ from those of `known` by higher prices of runs, with each gate's demands scaled."""
    p = master.problem
    share = np.ones((2, len(p.instance.hubs)))
    for family, (bound, least) in zip(families, known, strict=True):
        leg = p.legs[family.leg].leg
        raised = float(master.costs_of(now, *family.at)[C_RUN] - master.costs_of(then, *family.at)[C_RUN])
        over = np.minimum(0.0, bound + raised)
        doubtful = over < 0.0
        paid = np.maximum(0.0, least[doubtful] + raised)
        of_group = paid / (paid - over[doubtful])
        if doubtful.any():
            of_gate = np.where(family.gates[doubtful], of_group[:, None], 1.0).min(axis=0)
            share[leg] = np.minimum(share[leg], of_gate)
    demand = now.demand * share[p.leg_of, p.gate]
    return Proven(bound=float((p.weight * demand).sum() - now.limits), prices=replace(now, demand=demand))

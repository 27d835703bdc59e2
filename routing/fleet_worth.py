"""What an idle fleet vehicle is worth to the exact assignment, read back into the search as a price.

The search sees most fleet vehicles with one route; the assignment at the end may give one two or three short routes
that follow one another. A vehicle that the search spends on a route which gains little by it is missing there. So
before each round the assignment's linear program is solved for the plan as it stands: its dual prices say what one
vehicle more of each kind would save, sets of routes included. In the round a route pays that price, damped, beside
what the vehicle costs; it takes one only if it gains more than the sets of others would.

The prices shape a plan while it is still rough, in the first rounds. The later rounds go by real costs alone: a price
is that of the last vehicle, wrong for all others, and where bells were staggered a search that paid it to the end ended
dearer (docs/optimiser.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from routing.assign import relaxed
from routing.instance import D_ROW, FLEET, S_KIND, S_MAX_RUNS, Instance
from routing.part import Ints, as_solution
from routing.start import StartRoute

MOST_RIDERS = 3_000
"""Riders up to which the price is looked for: sets of routes are looked for among all pairs of routes."""
PRICED_UNTIL = 0.5
"""Share of a search after which no price is charged."""
SHARE = 0.8
"""Of the dual price that is charged: that of the last vehicle, and the program's fractions, overstate it."""
DAMPING = 0.5
"""Weight of the prices before, so that they do not swing."""


class FleetWorth:
    """Prices of fleet vehicles in a search.

    Attributes
    ----------
    day_pence : (K,) pence a day of use, beside each supply's own cost; 0 for all but fleet vehicles that may drive
        several runs a shift.
    """

    def __init__(self, instance: Instance, *, priced: bool = True) -> None:
        self._instance = instance
        several = (instance.supplies[:, S_KIND] == FLEET) & (instance.supplies[:, S_MAX_RUNS] > 1)
        small = len(instance.persons) <= MOST_RIDERS and instance.seconds.shape[-1] > 0
        self._priced = several if priced and small and not len(instance.pa_groups) else np.zeros_like(several)
        self.day_pence: Ints = np.zeros(len(several), np.int64)
        self._looked = False

    def look(self, routes: Sequence[StartRoute], share_done: float) -> None:
        """Settle the prices of the next round.

        Parameters
        ----------
        routes : the plan as it stands, of the whole instance. share_done : of the search, when the round begins.
        """
        if not self._priced.any() or not routes or share_done >= PRICED_UNTIL:
            self.day_pence, self._looked = np.zeros_like(self.day_pence), False
            return
        _, worth = relaxed(self._instance, as_solution(self._instance, routes))
        days = self._instance.group_weight.sum()
        fresh = np.where(self._priced, SHARE * worth / days, 0.0)
        mixed = DAMPING * self.day_pence + (1 - DAMPING) * fresh if self._looked else fresh
        self.day_pence, self._looked = np.rint(mixed).astype(np.int64), True

    def without(self, routes: Sequence[StartRoute]) -> list[StartRoute]:
        """Routes of a round as they were found, with what they cost but for the prices of that round."""
        first_by_rider = {rider: route for route in routes if route.mate < 0 for rider in route.riders()}
        plain = []
        for route in routes:
            n_days = self._n_days(route)
            if route.mate >= 0:
                first = first_by_rider[route.mate]
                n_days = self._n_days(route, first) - self._n_days(first)
            plain.append(replace(route, pence=route.pence - int(self.day_pence[route.supply]) * n_days))
        return plain

    def _n_days(self, *routes: StartRoute) -> int:
        """Days of the fortnight on which any of the routes runs."""
        if self.day_pence[routes[0].supply] == 0:
            return 0
        runs = np.zeros(len(self._instance.group_weight), np.bool_)
        for route in routes:
            for leg, order in enumerate(route.order):
                runs |= (self._instance.daily[leg][:, order, D_ROW] >= 0).any(axis=1)
        return int(self._instance.group_weight[runs].sum())

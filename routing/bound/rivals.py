"""Kinds of vehicle that do the runs of another kind for no more.

A run of few passengers in a large vehicle is also one of a smaller vehicle that can be had without limit, at no higher
price: what pricing proves of the smaller vehicle's runs holds for it. So of the larger vehicle only those runs are
priced that no *rival* can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from routing.bound.fields import C_METRE, C_OWN_PA, C_RUN, FROM_BASE, NO_EMPTY_MILES
from routing.bound.kinds import Kind
from routing.bound.master import Master, Prices
from routing.instance import S_CLASS, S_PROFILE, S_TAGS


class Rivals(NamedTuple):
    """R rivals of a kind.

    holds : (R, C + 1, seats + 1) what fits. tags : (R,). takes : (R, 2) filled for each group: whether a rival may have
    all its homes without a wheelchair, and all with one.
    """

    holds: Any
    tags: Any
    takes: Any


def rivals_of(master: Master, prices: Prices, leg: int, kind: int, pa: int) -> frozenset[int]:
    """Numbers of a kind's rivals at some prices; none of limited number, whose runs a proof may make dearer."""
    kinds = master.problem.kinds
    costs = [master.costs_of(prices, leg, k, pa)[[C_RUN, C_METRE, C_OWN_PA]] for k in range(len(kinds))]

    def does_it(k: int) -> bool:
        other = kinds[k]
        if other.is_fleet or other.counts_moments or not _pays_no_more_by_time_and_base(master, kinds[kind], other):
            return False
        # Of two alike the first is the rival of the other.
        return bool((costs[k] <= costs[kind]).all()) and (k < kind or bool((costs[k] < costs[kind]).any()))

    return frozenset(k for k in range(len(kinds)) if k != kind and does_it(k))


def _pays_no_more_by_time_and_base(master: Master, one: Kind, other: Kind) -> bool:
    """Whether the other drives as fast, and pays no more for a long run and for its empty miles."""
    profiles = {int(master.problem.instance.supplies[each.supply, S_PROFILE]) for each in (one, other)}
    by_time = other.long_pence <= one.long_pence and other.long_after_s >= one.long_after_s
    alike = one.empty != FROM_BASE or all(map(np.array_equal, one.base_m, other.base_m))
    empty = other.empty == NO_EMPTY_MILES or (other.empty == one.empty and alike)
    return len(profiles) == 1 and empty and (by_time or other.long_pence == 0.0)


def rivals(master: Master, kinds: Sequence[int]) -> Rivals:
    """Their figures for pricing."""
    instance = master.problem.instance
    supplies = instance.supplies[[master.problem.kinds[k].supply for k in kinds]]
    return Rivals(
        holds=np.ascontiguousarray(instance.fits[supplies[:, S_CLASS]].transpose(0, 2, 1)),
        tags=np.ascontiguousarray(supplies[:, S_TAGS]), takes=np.empty((len(kinds), 2), np.bool_),
    )  # fmt: skip

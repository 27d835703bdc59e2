"""What can drive a run in the looser problem, and at what least price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from routing.bound.fields import BACK_TO_FIRST, FROM_BASE, NO_EMPTY_MILES
from routing.bound.hours import ALONE, INNER, OUTER
from routing.evaluate import FAR
from routing.instance import (
    BOUGHT,
    DEAD_FROM_BASE,
    DEAD_NONE,
    NO_LIMIT,
    R_TURNROUND,
    S_BASE,
    S_CLASS,
    S_DEAD_RULE,
    S_DRIVER_MIN,
    S_DRIVER_RATE,
    S_FIXED,
    S_FREE_M,
    S_KIND,
    S_LIMIT,
    S_LONG_AFTER,
    S_LONG_PCT,
    S_MAX_RUNS,
    S_MILE_RATE,
    S_ONE_LEG_PCT,
    S_OPERATOR,
    S_PA_HOUR,
    S_PA_MIN,
    S_PA_RATE,
    S_PROFILE,
    S_ROW,
    S_TAGS,
    Instance,
)
from transport.money import MILE_MM

ROUNDED_PENCE = 1.5
"""Most that rounding takes off the three items of a route-day that may be no whole pence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Vehicles of one kind that can be had: pence a day of one, and how many on every day."""

    pence: float
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What there is besides the supplies of an instance.

    Attributes
    ----------
    paid : supplies that kept routes pay for already: fleet vehicles that may do more runs.
    n_kept : vehicles of each supply that kept routes have on some days only.
    n_kept_of_class : the same by vehicle class.
    """

    paid: frozenset[int] = frozenset()
    n_kept: Mapping[int, int] = field(default_factory=dict)
    n_kept_of_class: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """What drives a run.

    Attributes
    ----------
    supplies : their rows in the instance; alike but for the price of a vehicle, one offer each.
    of : number of the kind whose vehicles it has, which may be its own. sort : of its runs, see `routing.bound.hours`.
    offers : by price; none where the vehicles are another kind's. run_pence : of each run besides. metre_pence : of
        each metre.
    empty : which empty miles are paid, see `pricing.FROM_BASE`.
    base_m : of each leg (2, n) metres from each row outwards to the nearest base, and from it.
    pa_pence : a day of a PA.
    max_runs : of this kind that one vehicle may do on one leg. most_out : on the road at a moment; None: as many as
        there are.
    turn_s : of each leg (n,) seconds from each row to the nearest gate of another run, ready for it; 0 unless inner.
    long_pence, long_after_s : surcharge a second of a run beyond so many.
    """

    supplies: tuple[int, ...]
    of: int
    sort: int
    offers: tuple[Offer, ...]
    run_pence: float
    metre_pence: float
    empty: int
    base_m: tuple[NDArray[np.float64], ...]
    pa_pence: float
    max_runs: int
    most_out: int | None
    turn_s: tuple[NDArray[np.int64], ...]
    long_pence: float
    long_after_s: int
    is_fleet: bool

    @property
    def is_inner(self) -> bool:
        """Whether its vehicles are another kind's."""
        return self.sort == INNER

    @property
    def is_tiered(self) -> bool:
        """Whether its vehicles may do several runs a leg."""
        return self.sort != ALONE or self.max_runs > 1

    @property
    def counts_moments(self) -> bool:
        """Whether vehicles that are out are counted at moments of the day."""
        return self.is_tiered or self.most_out is not None

    @property
    def is_limited(self) -> bool:
        """Whether there are only so many of its vehicles, each paid for or not."""
        return self.is_fleet and all(offer.limit < NO_LIMIT for offer in self.offers)

    @property
    def supply(self) -> int:
        """The row that stands for all."""
        return self.supplies[0]


NOTHING = Today()


def kinds_of(
    instance: Instance, n_legs: int, today: Today, gate_rows: NDArray[np.int64], *, has_hours: bool
) -> tuple[Kind, ...]:
    """Supplies that may pay, alike ones together; then the inner runs of fleet vehicles that may do several.

    Parameters
    ----------
    gate_rows : rows of all gates. has_hours : whether the hours at the gates are known, so that inner runs can be told
        from outer ones.
    """
    supplies = instance.supplies
    bought = [k for k in range(len(supplies)) if supplies[k, S_KIND] == BOUGHT]
    free = [k for k in bought if supplies[k, S_LIMIT] >= NO_LIMIT]
    useful = [
        k for k in bought if not any(_is_worse(instance, supplies[k], supplies[m], k > m) for m in free if m != k)
    ]
    kinds = [_bought(instance, k, i, n_legs, today.n_kept.get(k, 0)) for i, k in enumerate(useful)]
    like: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for k in range(len(supplies)):
        if supplies[k, S_KIND] != BOUGHT:
            like[k in today.paid, *(int(supplies[k, c]) for c in _ALIKE)].append(k)
    for key, ks in like.items():
        kinds.append(_fleet(instance, ks, len(kinds), is_paid=bool(key[0])))
    # A vehicle that kept routes pay for has runs that nothing here knows of: its own may all be inner ones.
    apart = [k for k in kinds if has_hours and k.is_tiered and k.supply not in today.paid]
    outer = [replace(k, sort=OUTER, max_runs=1) if k in apart else k for k in kinds]
    return (*outer, *(_inner(instance, k, gate_rows) for k in apart))


_ALIKE = (S_PROFILE, S_CLASS, S_TAGS, S_MILE_RATE, S_MAX_RUNS, S_PA_HOUR, S_PA_MIN, S_OPERATOR)
_PRICES = (S_BASE, S_MILE_RATE, S_PA_RATE, S_ONE_LEG_PCT, S_LONG_PCT)


def _is_worse(instance: Instance, one: NDArray[np.int64], other: NDArray[np.int64], later: bool) -> bool:
    """Whether the other, of which there is no limit, does all that one does for no more."""
    same = all(one[c] == other[c] for c in (S_CLASS, S_PROFILE, S_TAGS, S_DEAD_RULE, S_FREE_M, S_LONG_AFTER))
    same &= bool(one[S_DEAD_RULE] != DEAD_FROM_BASE or one[S_ROW] == other[S_ROW])
    dearer = all(one[c] >= other[c] for c in _PRICES)
    limited = instance.class_limit[one[S_CLASS]] < NO_LIMIT
    equal = all(one[c] == other[c] for c in _PRICES) and one[S_LIMIT] >= NO_LIMIT
    return bool(same and dearer and not limited and (later or not equal))


def _bought(instance: Instance, k: int, of: int, n_legs: int, n_kept: int) -> Kind:
    s = instance.supplies[k]
    base, share = float(s[S_BASE]), s[S_ONE_LEG_PCT] / 100.0
    metre = s[S_MILE_RATE] * 1000.0 / MILE_MM
    free_pence = metre * s[S_FREE_M]
    # A day with both legs pays the base, a day with one leg a share of it; rounding takes half a penny off each item.
    if n_legs == 1:
        run, day = 0.0, share * base
    else:
        run, day = (1 - share) * base if share >= 0.5 else share * base, max(0.0, 2 * share - 1) * base
    if free_pence > day - ROUNDED_PENCE:
        metre, free_pence = 0.0, 0.0
    rows = [int(s[S_ROW])] if s[S_DEAD_RULE] == DEAD_FROM_BASE and s[S_ROW] >= 0 else []
    empty = FROM_BASE if rows else NO_EMPTY_MILES if s[S_DEAD_RULE] == DEAD_NONE else BACK_TO_FIRST
    offer = Offer(pence=max(0.0, day - ROUNDED_PENCE - free_pence), limit=NO_LIMIT)
    # An operator's vehicle may do one route after another: only those that are out together are counted.
    most_out = None if s[S_LIMIT] >= NO_LIMIT else int(s[S_LIMIT]) + n_kept
    return Kind(
        supplies=(k,), of=of, sort=ALONE, offers=(offer,), run_pence=run, metre_pence=metre,
        empty=empty, base_m=_base_metres(instance, int(s[S_PROFILE]), rows),
        pa_pence=_pa_pence(instance, float(s[S_PA_RATE])), max_runs=1, most_out=most_out, turn_s=_no_turn(instance),
        long_pence=s[S_LONG_PCT] * base / 100.0 / 3600.0 / n_legs, long_after_s=int(s[S_LONG_AFTER]), is_fleet=False,
    )  # fmt: skip


def _fleet(instance: Instance, alike: list[int], of: int, *, is_paid: bool) -> Kind:
    supplies = instance.supplies
    s = supplies[alike[0]]
    tiered = s[S_MAX_RUNS] > 1 or is_paid
    share = 0.0 if is_paid else 1.0
    homes = len(instance.pa_groups) > 0
    return Kind(
        supplies=tuple(alike), of=of, sort=ALONE,
        offers=tuple(
            Offer(
                pence=share * max(0.0, supplies[k, S_FIXED] + _driver_pence(supplies[k]) - ROUNDED_PENCE),
                limit=int(supplies[k, S_LIMIT]),
            )
            for k in alike
        ),
        run_pence=0.0, metre_pence=s[S_MILE_RATE] * 1000.0 / MILE_MM,
        # A vehicle's later runs begin where it stands, and a PA's home may lie on the way: the depot is left out then.
        empty=NO_EMPTY_MILES if tiered or homes else FROM_BASE,
        base_m=_base_metres(instance, int(s[S_PROFILE]), [int(supplies[k, S_ROW]) for k in alike]),
        pa_pence=share * _pa_pence(instance, max(0.0, s[S_PA_HOUR] * s[S_PA_MIN] / 3600.0 - 0.5)),
        max_runs=int(s[S_MAX_RUNS]), most_out=None, turn_s=_no_turn(instance), long_pence=0.0, long_after_s=0,
        is_fleet=True,
    )  # fmt: skip


def _inner(instance: Instance, outer: Kind, gate_rows: NDArray[np.int64]) -> Kind:
    """The inner runs of a kind's vehicles: between two runs a vehicle drives, and turns round."""
    max_runs = int(instance.supplies[outer.supply, S_MAX_RUNS]) - 1
    return replace(outer, sort=INNER, offers=(), max_runs=max_runs, turn_s=_turn_s(instance, outer, gate_rows))


def _turn_s(instance: Instance, kind: Kind, gate_rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Least between two runs, by the row of the inner one's outermost home."""
    if len(instance.pa_groups) or instance.seconds.shape[-1] == 0:
        # A PA who boards at home lies between: only what every turn takes is certain.
        return tuple(t + int(instance.rules[R_TURNROUND]) for t in _no_turn(instance))
    drive = instance.seconds[int(instance.supplies[kind.supply, S_PROFILE])].astype(np.int64)
    # AM from another run's gate to the first home, PM from the last home to another run's gate.
    nearest = drive[0][gate_rows].min(axis=0), drive[1][:, gate_rows].min(axis=1)
    return tuple(np.minimum(FAR, s + int(instance.rules[R_TURNROUND])) for s in nearest)


def _no_turn(instance: Instance) -> tuple[NDArray[np.int64], ...]:
    return (np.zeros(instance.seconds.shape[-1], np.int64),) * 2


def _pa_pence(instance: Instance, pence: float) -> float:
    """Nothing where the council lists PAs: one who is paid for the day may help on any vehicle, one after another."""
    return 0.0 if len(instance.pa_groups) else pence


def _driver_pence(s: NDArray[np.int64]) -> float:
    return float(s[S_DRIVER_RATE] * s[S_DRIVER_MIN] / 3600.0)


def _base_metres(instance: Instance, profile: int, rows: list[int]) -> tuple[NDArray[np.float64], ...]:
    n = instance.metres.shape[-1]
    if not rows or n == 0:
        return (np.zeros((2, n)), np.zeros((2, n)))
    to_base, from_base = (
        [instance.metres[profile, leg][:, rows].min(axis=1) for leg in range(2)],
        [instance.metres[profile, leg][rows].min(axis=0) for leg in range(2)],
    )
    # Outwards is against the drive in the AM.
    return np.stack([from_base[0], to_base[0]]).astype(np.float64), np.stack([to_base[1], from_base[1]]).astype(
        np.float64
    )

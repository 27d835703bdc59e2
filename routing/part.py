"""A part of an instance: some of its riders with their share of what is limited, as an instance of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from routing.instance import (
    A_COUNT,
    A_HOME,
    D_ROW,
    H_ROW,
    P_FOES_FROM,
    P_FOES_TO,
    P_HUB,
    P_PERSON,
    P_REF_AM,
    P_REF_PM,
    P_UNIT,
    P_WAS_SUPPLY,
    S_LIMIT,
    S_PA_HOME,
    S_ROW,
    UNKNOWN_SUPPLY,
    Instance,
    Solution,
)
from routing.start import StartRoute, persons_on
from transport.calendar import Leg

Ints = NDArray[np.int64]
IntArray = NDArray[np.int32]

BY_RIDER = ("daily", "riders", "same_as", "unit_ptr", "unit_riders", "foes", "near")
"""Fields of an instance that are cut down to the part's riders."""
BY_ROW = ("seconds", "metres", "daily", "riders", "hubs", "supplies", "pa_groups")
"""Fields that hold places' rows, or are indexed by them."""
LIMITED = ("supplies", "class_limit", "operator_pa_limit", "pa_groups")
"""Fields that hold limits, of which a part has its share."""
SHARED = ("group_weight", "fits", "cheapest_base", "rules")
"""Fields that every part has as they are."""


class Blocks(Protocol):
    """Travel between some rows and others."""

    def block(self, rows: Ints, to_rows: Ints) -> tuple[IntArray, IntArray]:
        """Seconds and metres, int32 (P, 2, rows, to_rows)."""
        ...

    def seconds_from(self, leg: Leg, rows: Ints) -> IntArray:
        """Seconds from some rows to all on profile 0, int32 (rows, n)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limits:
    """What may be taken of everything limited.

    Attributes
    ----------
    supply : (K,) routes. vehicle_class : (C,) bought routes. operator_pas : (O,) PAs. listed_pas : (A,) PAs by group.
    """

    supply: Ints
    vehicle_class: Ints
    operator_pas: Ints
    listed_pas: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """A part as an instance of its own, with the way back.

    Attributes
    ----------
    riders, supplies : (n,), (k,) the whole instance's number of each of the part's riders and supplies, ascending.
    """

    instance: Instance
    riders: Ints
    supplies: Ints

    def inward(self, routes: Sequence[StartRoute]) -> list[StartRoute]:
        """Routes of the whole instance in the part's numbers; all their riders are in the part."""
        local = {int(k): i for i, k in enumerate(self.supplies)}
        return [
            replace(
                r,
                order=_renumbered(r.order, np.searchsorted(self.riders, _flat(r.order))),
                mate=int(np.searchsorted(self.riders, r.mate)) if r.mate >= 0 else -1,
                supply=local.get(r.supply, -1),
            )
            for r in routes
        ]

    def outward(self, routes: Sequence[StartRoute]) -> list[StartRoute]:
        """Routes of the part in the whole instance's numbers."""
        return [
            replace(
                r,
                order=_renumbered(r.order, self.riders[_flat(r.order)]),
                supply=int(self.supplies[r.supply]),
                mate=int(self.riders[r.mate]) if r.mate >= 0 else -1,
            )
            for r in routes
        ]


def whole_of(instance: Instance) -> Part:
    """The whole as a part of itself."""
    return Part(instance=instance, riders=np.arange(instance.n_riders), supplies=np.arange(len(instance.supplies)))


def limits_of(instance: Instance) -> Limits:
    """All there is."""
    return Limits(
        supply=instance.supplies[:, S_LIMIT].copy(),
        vehicle_class=instance.class_limit.copy(),
        operator_pas=instance.operator_pa_limit.copy(),
        listed_pas=instance.pa_groups[:, A_COUNT].copy(),
    )


def part_of(instance: Instance, riders: Ints, limits: Limits, blocks: Blocks | None = None) -> Part:
    """The part of some riders, with the supplies it may take and the rows that they, their gates and those stand on.

    Parameters
    ----------
    riders : ascending; of a unit all or none.
    blocks : where travel comes from if the instance holds no matrices.
    """
    local = np.full(instance.n_riders + 1, -1, np.int64)  # the last stands for -1, "none"
    local[riders] = np.arange(len(riders))
    table = instance.riders[riders].copy()
    daily = instance.daily[:, :, riders].copy()
    own_supplies = np.flatnonzero(limits.supply > 0)
    hubs, supplies = instance.hubs.copy(), instance.supplies[own_supplies]
    table[:, P_PERSON] = local[table[:, P_PERSON]]
    was, here = table[:, P_WAS_SUPPLY], np.full(len(instance.supplies), UNKNOWN_SUPPLY, np.int64)
    here[own_supplies] = np.arange(len(own_supplies))
    table[:, P_WAS_SUPPLY] = np.where((was >= 0) & (was < len(here)), here[np.clip(was, 0, len(here) - 1)], was)
    supplies[:, S_LIMIT] = limits.supply[own_supplies]
    pa_groups = instance.pa_groups.copy()
    pa_groups[:, A_COUNT] = limits.listed_pas
    hubs[np.setdiff1d(np.arange(len(hubs)), table[:, P_HUB]), H_ROW] = -1  # nobody of the part goes there
    unit_ptr, unit_riders = _units(instance, riders, table, local)
    foes = _foes(instance, table, local)
    seconds, metres = _on_own_rows(instance, table, daily, hubs, supplies, pa_groups, blocks)
    part = replace(
        instance,
        seconds=seconds,
        metres=metres,
        daily=daily,
        riders=table,
        same_as=instance.same_as[riders],
        unit_ptr=unit_ptr,
        unit_riders=unit_riders,
        foes=foes,
        hubs=hubs,
        supplies=supplies,
        class_limit=limits.vehicle_class,
        operator_pa_limit=limits.operator_pas,
        pa_groups=pa_groups,
        near=_near(instance, riders, local),
    )
    return Part(instance=_laid_out(part), riders=riders, supplies=own_supplies)


def _laid_out(instance: Instance) -> Instance:
    """The same with every array in C order: the kernel is compiled for that, and would be again for another."""
    return Instance(**{f.name: np.ascontiguousarray(getattr(instance, f.name)) for f in fields(instance)})


def _units(instance: Instance, riders: Ints, table: Ints, local: Ints) -> tuple[IntArray, IntArray]:
    """Members of the part's units; fills P_UNIT."""
    units, table[:, P_UNIT] = np.unique(instance.riders[riders, P_UNIT], return_inverse=True)
    first, last = instance.unit_ptr[units], instance.unit_ptr[units + 1]
    members = local[instance.unit_riders[_ranges(first, last)]]
    if (members < 0).any():
        raise ValueError("a part must hold all members of a unit, or none")
    return np.concatenate([[0], np.cumsum(last - first)]).astype(np.int32), members.astype(np.int32)


def _foes(instance: Instance, table: Ints, local: Ints) -> IntArray:
    """Who of the part may not share a run with whom; fills P_FOES_FROM and P_FOES_TO."""
    first, last = table[:, P_FOES_FROM], table[:, P_FOES_TO]
    owner = np.repeat(np.arange(len(table)), last - first)
    foes = local[instance.foes[_ranges(first, last)]]
    n_foes = np.bincount(owner[foes >= 0], minlength=len(table))
    table[:, P_FOES_TO] = np.cumsum(n_foes)
    table[:, P_FOES_FROM] = table[:, P_FOES_TO] - n_foes
    return foes[foes >= 0].astype(np.int32)


def _near(instance: Instance, riders: Ints, local: Ints) -> IntArray:
    """Neighbours who are in the part, nearest first."""
    near = local[instance.near[:, riders]]
    order = np.argsort(near < 0, axis=-1, kind="stable")
    return np.take_along_axis(near, order, axis=-1).astype(np.int32)


def _on_own_rows(
    instance: Instance,
    riders: Ints,
    daily: IntArray,
    hubs: Ints,
    supplies: Ints,
    pa_groups: Ints,
    blocks: Blocks | None,
) -> tuple[IntArray, IntArray]:
    """Matrices of the rows in use; every row number in the tables is changed to its place in them."""
    tables = (
        daily[..., D_ROW], riders[:, P_REF_AM : P_REF_PM + 1], hubs[:, H_ROW], supplies[:, S_ROW],
        supplies[:, S_PA_HOME], pa_groups[:, A_HOME],
    )  # fmt: skip
    rows = np.unique(np.concatenate([np.ravel(values) for values in tables]))
    rows = rows[rows >= 0].astype(np.int64)
    for values in tables:
        values[...] = np.where(values >= 0, np.searchsorted(rows, values), -1)
    if blocks is not None:
        return blocks.block(rows, rows)
    return instance.seconds[:, :, rows[:, None], rows], instance.metres[:, :, rows[:, None], rows]


def _ranges(first: NDArray[np.integer], last: NDArray[np.integer]) -> Ints:
    """first[0], ..., last[0] - 1, first[1], ..."""
    n = (last - first).astype(np.int64)
    positions: Ints = np.arange(n.sum()) + np.repeat(first - np.concatenate([[0], np.cumsum(n)[:-1]]), n)
    return positions


def _flat(order: tuple[list[int], list[int]]) -> list[int]:
    return [*order[0], *order[1]]


def _renumbered(order: tuple[list[int], list[int]], numbers: NDArray[np.integer]) -> tuple[list[int], list[int]]:
    n_am = len(order[0])
    return numbers[:n_am].tolist(), numbers[n_am:].tolist()


def as_solution(instance: Instance, routes: Sequence[StartRoute]) -> Solution:
    """Routes as a solution; who is on none of them is not carried."""
    return Solution(
        orders=[route.order for route in routes],
        hubs=[route.hubs for route in routes],
        supply=[route.supply for route in routes],
        cost=[route.pence for route in routes],
        unserved=absent_from(instance, routes),
        mates=_mates(routes),
    )


def _mates(routes: Sequence[StartRoute]) -> list[int]:
    """Per route the other one of its vehicle, -1: none."""
    mates = [-1] * len(routes)
    route_of = {rider: r for r, route in enumerate(routes) for rider in _flat(route.order)}
    for r, route in enumerate(routes):
        if route.mate >= 0:
            mates[r], mates[route_of[route.mate]] = route_of[route.mate], r
    return mates


def absent_from(instance: Instance, routes: Sequence[StartRoute]) -> list[int]:
    """Persons on none of the routes, by their first row."""
    carried = {person for route in routes for person in persons_on(instance.riders, route)}
    return [person for person in instance.persons.tolist() if person not in carried]

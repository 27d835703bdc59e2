"""Cutting a plan into areas that are searched side by side, with what is limited shared out between them.

Cuts go along a direction drawn anew each round, so that no border stays: two routes that cannot exchange riders in one
round can in a later one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from routing.assign import Assignment, assign
from routing.instance import (
    BOUGHT,
    H_ROW,
    NO_LIMIT,
    P_HUB,
    P_REF_AM,
    P_REF_PM,
    P_UNIT,
    S_CLASS,
    S_KIND,
    S_OPERATOR,
    Instance,
)
from routing.part import Blocks, Ints, Limits, as_solution, limits_of, part_of
from routing.start import StartRoute
from routing.teams import Team
from transport.calendar import Leg

AREA_RIDERS = 250
"""Most riders of an area that is searched, about: small ones go faster, and are cut elsewhere in the next round."""
ASSIGNED_RIDERS = 1_500
"""Most riders of an area that is assigned by itself, about; each has but its share of the fleet."""
N_LANDMARKS = 4
"""Places from which drives are measured; a place's drives from all of them stand for its coordinates."""

FloatArray = NDArray[np.float64]


def drives_from_landmarks(instance: Instance, blocks: Blocks | None = None) -> tuple[FloatArray, FloatArray]:
    """Seconds from a few landmarks far apart to the riders' homes (N, D) and to the gates (H, D).

    They stand for coordinates, of which an instance has none: who lives close together is about as far from every
    landmark. Each landmark is the home farthest from those before it.
    """
    homes = np.where(instance.riders[:, P_REF_AM] >= 0, instance.riders[:, P_REF_AM], instance.riders[:, P_REF_PM])
    rows = np.concatenate([homes, instance.hubs[:, H_ROW]])
    away = _capped(_drives(instance, blocks, homes[:1], rows))
    found: list[FloatArray] = []
    for _ in range(N_LANDMARKS):
        landmark = homes[np.argmax(away[: len(homes)])]
        drives = _capped(_drives(instance, blocks, np.array([landmark]), rows))
        away = drives if not found else np.minimum(away, drives)
        found.append(drives)
    drives = np.stack(found, axis=1)
    return drives[: len(homes)], drives[len(homes) :]


def _drives(instance: Instance, blocks: Blocks | None, start: Ints, rows: Ints) -> FloatArray:
    seconds = instance.seconds[0, 0, start] if blocks is None else blocks.seconds_from(Leg.AM, start)
    return np.asarray(seconds[0, rows], np.float64)


def _capped(drives: FloatArray) -> FloatArray:
    """What no road reaches counts as the farthest of what roads reach."""
    reached = drives < 1e8
    return np.asarray(np.where(reached, drives, drives[reached].max(initial=0.0)))


def cut(
    instance: Instance,
    routes: Sequence[StartRoute],
    n_areas: int,
    drives: tuple[FloatArray, FloatArray],
    rng: np.random.Generator,
) -> tuple[list[Ints], list[list[StartRoute]]]:
    """Riders and routes of each area; a route is in one area whole, and so is an absent unit.

    Parameters
    ----------
    drives : of `drives_from_landmarks`.
    rng : draws the directions, and how much schools count beside homes.
    """
    area_by_unit = np.full(len(instance.unit_ptr) - 1, -1, np.int64)
    group_by_route, on_routes = _groups(routes)
    units_on_routes = instance.riders[[i for riders in on_routes for i in riders], P_UNIT]
    absent = np.setdiff1d(np.arange(len(area_by_unit)), units_on_routes)
    groups = [
        *on_routes,
        *(instance.unit_riders[instance.unit_ptr[u] : instance.unit_ptr[u + 1]].tolist() for u in absent),
    ]
    areas = split(_positions(instance, groups, drives, rng), np.array([len(g) for g in groups]), n_areas, rng)
    for group, area in zip(groups, areas, strict=True):
        area_by_unit[instance.riders[group, P_UNIT]] = area
    area_by_rider = area_by_unit[instance.riders[:, P_UNIT]]
    return (
        [np.flatnonzero(area_by_rider == a) for a in range(n_areas)],
        [[route for route, g in zip(routes, group_by_route, strict=True) if areas[g] == a] for a in range(n_areas)],
    )


def _groups(routes: Sequence[StartRoute]) -> tuple[list[int], list[list[int]]]:
    """Group of each route, and riders of each group: routes of one vehicle are together."""
    group_by_rider: dict[int, int] = {}
    riders: list[list[int]] = []
    for route in sorted(routes, key=lambda r: r.mate >= 0):
        group = group_by_rider.get(route.mate, len(riders))
        if group == len(riders):
            riders.append([])
        riders[group] += route.riders()
        group_by_rider |= dict.fromkeys(route.riders(), group)
    return [group_by_rider[route.riders()[0]] for route in routes], riders


def _positions(
    instance: Instance, groups: Sequence[Sequence[int]], drives: tuple[FloatArray, FloatArray], rng: np.random.Generator
) -> FloatArray:
    """(groups, D): the middle of a group's homes, drawn towards the middle of its gates by a random share."""
    homes, gates = drives
    owner = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    members = [i for group in groups for i in group]
    share = rng.uniform(0.0, 1.0)
    mixed = (1 - share) * homes[members] + share * gates[instance.riders[members, P_HUB]]
    sums = np.zeros((len(groups), homes.shape[1]))
    np.add.at(sums, owner, mixed)
    return sums / np.bincount(owner, minlength=len(groups))[:, None]


def split(positions: FloatArray, sizes: Ints, n_areas: int, rng: np.random.Generator) -> Ints:
    """Area of each group: halved again and again across a drawn direction, areas of about the same size.

    Parameters
    ----------
    positions : (groups, D). sizes : (groups,) riders in each.
    """
    areas = np.zeros(len(sizes), np.int64)
    if n_areas == 1 or len(sizes) == 0:
        return areas
    n_low = n_areas // 2
    order = np.argsort(positions @ rng.normal(size=positions.shape[1]), kind="stable")
    before = np.cumsum(sizes[order]) - sizes[order] / 2
    low = order[before <= sizes.sum() * n_low / n_areas]
    high = np.setdiff1d(np.arange(len(sizes)), low)
    areas[low] = split(positions[low], sizes[low], n_low, rng)
    areas[high] = n_low + split(positions[high], sizes[high], n_areas - n_low, rng)
    return areas


def share_out(
    instance: Instance, routes_by_area: Sequence[Sequence[StartRoute]], rng: np.random.Generator
) -> list[Limits]:
    """What each area may take of everything limited: what its routes hold, and its share of what nobody holds."""
    whole = limits_of(instance)
    held = [_held(instance, routes) for routes in routes_by_area]
    return [
        Limits(supply=supply, vehicle_class=vehicle_class, operator_pas=pas, listed_pas=listed)
        for supply, vehicle_class, pas, listed in zip(
            _dealt(whole.supply, [h.supply for h in held], rng),
            _dealt(whole.vehicle_class, [h.vehicle_class for h in held], rng),
            _dealt(whole.operator_pas, [h.operator_pas for h in held], rng),
            _dealt(whole.listed_pas, [h.listed_pas for h in held], rng),
            strict=True,
        )
    ]


def _held(instance: Instance, routes: Sequence[StartRoute]) -> Limits:
    held = limits_of(instance)
    for values in (held.supply, held.vehicle_class, held.operator_pas, held.listed_pas):
        values[:] = 0
    for route in routes:
        if route.supply < 0:
            continue
        supply = instance.supplies[route.supply]
        held.supply[route.supply] += route.mate < 0  # a vehicle's second route takes no other
        if supply[S_KIND] == BOUGHT:
            held.vehicle_class[supply[S_CLASS]] += 1
        if supply[S_OPERATOR] >= 0:
            held.operator_pas[supply[S_OPERATOR]] += route.pas
    return held


def _dealt(limit: Ints, held: Sequence[Ints], rng: np.random.Generator) -> list[Ints]:
    """Limits of each area: what it holds, and of the rest an even share, the odd ones by lot."""
    n_areas = len(held)
    left = np.maximum(0, limit - np.sum(held, axis=0))
    turn = rng.integers(0, n_areas, len(limit))
    return [
        np.where(limit >= NO_LIMIT, limit, held[a] + left // n_areas + ((a + turn) % n_areas < left % n_areas))
        for a in range(n_areas)
    ]


def n_areas_of(n_riders: int, most: int = AREA_RIDERS) -> int:
    """Two areas, or as many as keep each at about `most` riders; an even number, for two processes."""
    return 2 * max(1, -(-n_riders // (2 * most)))


def assign_by_area(instance: Instance, routes: Sequence[StartRoute], blocks: Blocks | None) -> Assignment:
    """The exact assignment of each area by itself, for an instance too large to be assigned at once."""
    rng = np.random.default_rng(0)
    n_areas = n_areas_of(instance.n_riders, ASSIGNED_RIDERS)
    riders, routes_by_area = cut(instance, routes, n_areas, drives_from_landmarks(instance, blocks), rng)
    number = {id(route): r for r, route in enumerate(routes)}
    supply, cost = [-1] * len(routes), 0
    vehicles: list[tuple[int, tuple[int, ...]]] = []
    teams: list[Team] = []
    limits = share_out(instance, routes_by_area, rng)
    for own_riders, own, own_limits in zip(riders, routes_by_area, limits, strict=True):
        part = part_of(instance, own_riders, own_limits, blocks)
        assigned = assign(part.instance, as_solution(part.instance, part.inward(own)))
        own_numbers = [number[id(route)] for route in own]
        for r, k in zip(own_numbers, assigned.supply, strict=True):
            supply[r] = int(part.supplies[k]) if k >= 0 else -1
        vehicles += [
            (int(part.supplies[k]), tuple(own_numbers[r] for r in members)) for k, members in assigned.vehicles
        ]
        teams += assigned.teams
        cost += assigned.cost
    return Assignment(supply=tuple(supply), vehicles=tuple(vehicles), cost=cost, teams=tuple(teams))

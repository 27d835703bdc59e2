"""What the bound is taken over: demands, nodes, gate sequences and offers, from the arrays of an instance.

Every rule is kept as it is or made looser, never tighter; `relaxations_of` names what was made looser. All days of the
fortnight are one: a *demand* is a person on one leg at one place, served as often as there are such days, and a run may
serve any company of demands, whether or not they ever travel on the same day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise, permutations

import numpy as np
from numpy.typing import NDArray

from routing.bound.pricing import (
    BACK_TO_FIRST,
    FROM_BASE,
    MAX_GATES,
    N_NODE_COLUMNS,
    N_SEQUENCE_COLUMNS,
    NO_EMPTY_MILES,
    Q_EARLIEST,
    Q_GATES,
    Q_LATEST,
    Q_OFFSETS,
    Q_SPAN,
    V_CAP,
    V_CHAIR,
    V_DEMAND,
    V_GATE,
    V_OWN,
    V_PLACE,
    V_ROW,
    V_SERVICE,
    V_SHARED,
    V_TAGS,
    V_TARGET,
)
from routing.evaluate import FAR
from routing.instance import (
    A_MIN,
    A_RATE,
    BOUGHT,
    D_CAP,
    D_CLOSE,
    D_OPEN,
    D_PLACE,
    D_ROW,
    D_TARGET,
    DEAD_FROM_BASE,
    DEAD_NONE,
    H_ROW,
    H_SCHOOL,
    NO_LIMIT,
    P_CHAIR,
    P_GATE_AM,
    P_HOME_AM,
    P_HUB,
    P_OWN,
    P_SHARED,
    P_SOLO,
    P_TAGS,
    P_UNSERVED,
    P_VARIANTS,
    R_MAX_SCHOOLS,
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
from transport.cost import MILE_MM

ROUNDED_PENCE = 1.5
"""Most that rounding takes off the three items of a route-day that may be no whole pence."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leg:
    """One leg of all days.

    Attributes
    ----------
    leg : 0 AM, 1 PM.
    nodes : (V, 11), columns V_*, sorted by gate: a demand at one of the places where it can be served.
    gate_from, gate_to : (H,) range of a gate's nodes that may ride in company; those who travel alone follow.
    solo : (V,) whether the passenger travels alone.
    rider : (V,) row of the instance.
    sequences : (Q, 9), columns Q_*: every order of gates that the windows allow.
    out_s, out_m : (P, n, n) seconds and metres of going outwards. least_in : (P, V) least metres into a node.
    """

    leg: int
    nodes: NDArray[np.int64]
    gate_from: NDArray[np.int64]
    gate_to: NDArray[np.int64]
    solo: NDArray[np.bool_]
    rider: NDArray[np.int64]
    sequences: NDArray[np.int64]
    out_s: NDArray[np.int64]
    out_m: NDArray[np.int64]
    least_in: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Vehicles of one kind that can be had: pence a day of one, and how many on every day."""

    pence: float
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What drives a run.

    Attributes
    ----------
    supplies : their rows in the instance; alike but for the price of a vehicle, one offer each.
    offers : by price. run_pence : of each run besides. metre_pence : of each metre.
    empty : which empty miles are paid, see `pricing.FROM_BASE`.
    base_m : of each leg (2, n) metres from each row outwards to the nearest base, and from it.
    pa_pence : a day of a PA.
    max_runs : of one vehicle on one leg.
    long_pence, long_after_s : surcharge a second of a run beyond so many.
    """

    supplies: tuple[int, ...]
    offers: tuple[Offer, ...]
    run_pence: float
    metre_pence: float
    empty: int
    base_m: tuple[NDArray[np.float64], ...]
    pa_pence: float
    max_runs: int
    long_pence: float
    long_after_s: int
    is_fleet: bool

    @property
    def supply(self) -> int:
        """The row that stands for all."""
        return self.supplies[0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoundProblem:
    """The looser problem.

    Attributes
    ----------
    weight : (D,) days a fortnight on which a demand is to be served. gate : (D,) the gate it needs.
    unserved_pence : (D,) of not serving it once. person : (D,) its person in the instance.
    n_days : days of the fortnight. class_limit : (C,) bought vehicles of a class a day.
    """

    instance: Instance
    legs: tuple[Leg, ...]
    kinds: tuple[Kind, ...]
    weight: NDArray[np.float64]
    gate: NDArray[np.int64]
    leg_of: NDArray[np.int64]
    person: NDArray[np.int64]
    unserved_pence: NDArray[np.float64]
    n_days: int

    @property
    def most_gates(self) -> int:
        """Most gates that a run can have: those of the schools that have most."""
        schools = np.bincount(self.instance.hubs[:, H_SCHOOL]) if len(self.instance.hubs) else np.zeros(0, np.int64)
        return int(np.sort(schools)[::-1][: int(self.instance.rules[R_MAX_SCHOOLS])].sum())

    @property
    def n_demands(self) -> int:
        """Number of demands."""
        return len(self.weight)


def bound_problem(instance: Instance, paid: Collection[int] = ()) -> BoundProblem:
    """The looser problem of an instance.

    Parameters
    ----------
    paid : supplies that kept routes pay for already: fleet vehicles that may do more runs.
    """
    demands, tables = _demands(instance)
    legs = tuple(_leg(instance, leg, tables[leg]) for leg in range(2) if tables[leg])
    n_legs = max(1, len(legs))
    days = np.zeros(len(instance.riders))
    for person, _, weight, _ in demands:
        days[person] += weight
    price = instance.riders[:, P_UNSERVED] / np.maximum(days, 1)
    return BoundProblem(
        instance=instance,
        legs=legs,
        kinds=_kinds(instance, n_legs, paid),
        weight=np.array([weight for _, _, weight, _ in demands], np.float64),
        gate=np.array([instance.riders[person, P_HUB] for person, _, _, _ in demands], np.int64),
        leg_of=np.array([leg for _, leg, _, _ in demands], np.int64),
        person=np.array([person for person, _, _, _ in demands], np.int64),
        unserved_pence=np.array([price[person] for person, _, _, _ in demands], np.float64),
        n_days=int(instance.group_weight.sum()),
    )


def _demands(instance: Instance) -> tuple[list[tuple[int, int, int, int]], list[list[list[int]]]]:
    """(person, leg, days, number) of each demand, and the node rows of each leg."""
    demands: list[tuple[int, int, int, int]] = []
    tables: list[list[list[int]]] = [[], []]
    riders, daily = instance.riders, instance.daily
    for person in instance.persons.tolist():
        rows = range(person, person + int(riders[person, P_VARIANTS]))
        for leg in range(2):
            alike: dict[tuple[tuple[int, ...], ...], int] = defaultdict(int)
            for g, weight in enumerate(instance.group_weight.tolist()):
                ways = tuple(tuple(daily[leg, g, r, [D_ROW, D_PLACE, D_CAP, D_TARGET]].tolist()) for r in rows)
                if ways[0][0] >= 0:
                    alike[ways] += weight
            for ways, weight in alike.items():
                number = len(demands)
                demands.append((person, leg, weight, number))
                for r, (row, place, cap, target) in zip(rows, dict.fromkeys(ways), strict=False):
                    tables[leg].append(_node(riders, r, leg, number, row, place, cap, target))
    return demands, tables


def _node(
    riders: NDArray[np.int64], r: int, leg: int, number: int, row: int, place: int, cap: int, target: int
) -> list[int]:
    node = [0] * (N_NODE_COLUMNS + 2)
    node[V_DEMAND], node[V_GATE], node[V_ROW], node[V_PLACE], node[V_CAP] = (
        number,
        int(riders[r, P_HUB]),
        row,
        place,
        cap,
    )
    node[V_TARGET], node[V_SERVICE], node[V_CHAIR] = target, int(riders[r, P_HOME_AM + leg]), int(riders[r, P_CHAIR])
    node[V_OWN], node[V_SHARED], node[V_TAGS] = int(riders[r, P_OWN]), int(riders[r, P_SHARED]), int(riders[r, P_TAGS])
    node[N_NODE_COLUMNS], node[N_NODE_COLUMNS + 1] = int(riders[r, P_SOLO]), r
    return node


def _leg(instance: Instance, leg: int, rows: list[list[int]]) -> Leg:
    table = np.array(sorted(rows, key=lambda node: (node[V_GATE], node[N_NODE_COLUMNS], node[V_DEMAND])), np.int64)
    nodes, solo = np.ascontiguousarray(table[:, :N_NODE_COLUMNS]), table[:, N_NODE_COLUMNS] > 0
    gates = np.arange(len(instance.hubs))
    gate_from, gate_to = (
        np.searchsorted(2 * nodes[:, V_GATE] + solo, 2 * gates + k).astype(np.int64) for k in range(2)
    )
    turned = (0, 2, 1) if leg == 0 else (0, 1, 2)
    out_s = np.ascontiguousarray(instance.seconds[:, leg].transpose(turned)).astype(np.int64)
    out_m = np.ascontiguousarray(instance.metres[:, leg].transpose(turned)).astype(np.int64)
    sequences = list(_sequences(instance, leg, nodes)) if len(out_s[0]) else []
    return Leg(
        leg=leg, nodes=nodes, gate_from=gate_from, gate_to=gate_to, solo=solo, rider=table[:, N_NODE_COLUMNS + 1],
        out_s=out_s, out_m=out_m, sequences=np.array(sequences, np.int64).reshape(-1, N_SEQUENCE_COLUMNS),
        least_in=_least_in(instance, nodes, out_m),
    )  # fmt: skip


def _least_in(instance: Instance, nodes: NDArray[np.int64], out_m: NDArray[np.int64]) -> NDArray[np.float64]:
    """Least metres from any other place or any gate; none between nodes at one place. (P, V)."""
    rows, places = nodes[:, V_ROW], nodes[:, V_PLACE]
    if out_m.shape[-1] == 0:
        return np.zeros((len(out_m), len(nodes)))
    least = out_m[:, rows[:, None], rows[None, :]].astype(np.float64)
    least[:, places[:, None] == places[None, :]] = 0.0
    own = np.eye(len(nodes), dtype=bool)
    least[:, own] = np.inf
    gates = out_m[:, instance.hubs[:, H_ROW][:, None], rows[None, :]]
    nearest: NDArray[np.float64] = np.minimum(least.min(axis=1, initial=np.inf), gates.min(axis=1))
    return nearest


def _sequences(instance: Instance, leg: int, nodes: NDArray[np.int64]) -> Iterator[list[int]]:
    """Every order of at most three gates that some day's windows allow, with its least offsets."""
    gates = np.unique(nodes[:, V_GATE]).tolist()
    drive = instance.seconds[:, leg].min(axis=0)
    windows = [_windows(instance, leg, g, gates) for g in range(len(instance.group_weight))]
    service = {gate: int(instance.riders[instance.riders[:, P_HUB] == gate, P_GATE_AM + leg].min()) for gate in gates}
    spare = {gate: int(nodes[nodes[:, V_GATE] == gate, V_CAP].max()) for gate in gates}
    alone = [(gate,) for gate in gates]
    pairs = [pair for pair in permutations(gates, 2) if _clocks(instance, leg, pair, windows, drive, service, spare)]
    follow = defaultdict(list)
    for a, b in pairs:
        follow[a].append(b)
    longer = [(a, b, c) for a, b in pairs for c in follow[b] if c != a]
    most = int(instance.rules[R_MAX_SCHOOLS])
    for order in (*alone, *pairs, *longer):
        if len({int(instance.hubs[gate, H_SCHOOL]) for gate in order}) > most:
            continue
        clock = _clocks(instance, leg, order, windows, drive, service, spare)
        if clock is not None:
            yield _sequence(leg, order, clock)


Windows = dict[int, tuple[int, int]]


def _windows(instance: Instance, leg: int, g: int, gates: list[int]) -> Windows:
    """The windows of all a gate's passengers of a day group, taken together."""
    found: Windows = {}
    daily, hub = instance.daily[leg, g], instance.riders[:, P_HUB]
    for gate in gates:
        there = daily[(hub == gate) & (daily[:, D_ROW] >= 0)]
        if len(there):
            found[gate] = int(there[:, D_OPEN].min()), int(there[:, D_CLOSE].max())
    return found


def _clocks(
    instance: Instance, leg: int, order: tuple[int, ...], windows: list[Windows], drive: NDArray[np.int32],
    service: dict[int, int], spare: dict[int, int],
) -> tuple[list[int], int, int, int] | None:  # fmt: skip
    """Offsets, span, latest and earliest over all day groups, each at its loosest; None where no day allows the order.

    order : as driven. Offsets come in that order.
    """
    rows = [int(instance.hubs[gate, H_ROW]) for gate in order]
    legs = [int(drive[a, b]) for a, b in pairwise(rows)]
    if any(s >= FAR for s in legs):
        return None
    best: tuple[list[int], int, int, int] | None = None
    for window in windows:
        if all(gate in window for gate in order):
            clock = _clock(leg, [window[gate] for gate in order], legs, [service[gate] for gate in order])
            if clock is not None and best is not None:
                offsets = [min(a, b) for a, b in zip(best[0], clock[0], strict=True)]
                best = offsets, min(best[1], clock[1]), max(best[2], clock[2]), min(best[3], clock[3])
            best = best or clock
    if best is None or any(offset > spare[gate] for offset, gate in zip(best[0], order, strict=True)):
        return None
    return best


def _clock(
    leg: int, windows: list[tuple[int, int]], drive: list[int], service: list[int]
) -> tuple[list[int], int, int, int] | None:
    """The clock of `routing.evaluate.gate_clock` with the least service at each gate."""
    n = len(windows)
    if leg == 0:
        latest = [windows[-1][1]]
        for j in range(n - 2, -1, -1):
            latest.insert(0, min(windows[j][1], latest[0] - drive[j] - service[j]))
        if any(s < opens for s, (opens, _) in zip(latest, windows, strict=True)):
            return None
        start, soonest = latest[:1], [windows[0][0]]
        for j in range(1, n):
            start.append(max(windows[j][0], start[-1] + service[j - 1] + drive[j - 1]))
            soonest.append(max(windows[j][0], soonest[-1] + service[j - 1] + drive[j - 1]))
        return [s - start[0] for s in start], start[-1] + service[-1] - start[0], latest[0], soonest[-1] + service[-1]
    soonest = [windows[0][0]]
    for j in range(1, n):
        soonest.append(max(windows[j][0], soonest[-1] + service[j - 1] + drive[j - 1]))
    if any(s + take > closes for s, take, (_, closes) in zip(soonest, service, windows, strict=True)):
        return None
    start, latest = soonest[-1:], [windows[-1][1] - service[-1]]
    for j in range(n - 2, -1, -1):
        start.insert(0, min(windows[j][1] - service[j], start[0] - drive[j] - service[j]))
        latest.insert(0, min(windows[j][1] - service[j], latest[0] - drive[j] - service[j]))
    end = start[-1] + service[-1]
    return (
        [end - s - take for s, take in zip(start, service, strict=True)],
        end - start[0],
        latest[0],
        soonest[-1] + service[-1],
    )


def _sequence(leg: int, order: tuple[int, ...], clock: tuple[list[int], int, int, int]) -> list[int]:
    offsets, span, latest, earliest = clock
    outwards = list(zip(order, offsets, strict=True))
    if leg == 1:
        outwards.reverse()
    fields = [-1] * N_SEQUENCE_COLUMNS
    for k in range(MAX_GATES):
        fields[Q_OFFSETS + k] = 0
    for k, (gate, offset) in enumerate(outwards):
        fields[Q_GATES + k], fields[Q_OFFSETS + k] = gate, offset
    fields[Q_SPAN], fields[Q_LATEST], fields[Q_EARLIEST] = span, latest, earliest
    return fields


def _kinds(instance: Instance, n_legs: int, paid: Collection[int]) -> tuple[Kind, ...]:
    """Supplies that may pay, alike ones together."""
    supplies = instance.supplies
    bought = [k for k in range(len(supplies)) if supplies[k, S_KIND] == BOUGHT]
    free = [k for k in bought if supplies[k, S_LIMIT] >= NO_LIMIT]
    useful = [
        k for k in bought if not any(_is_worse(instance, supplies[k], supplies[m], k > m) for m in free if m != k)
    ]
    kinds = [_bought(instance, k, n_legs) for k in useful]
    like: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for k in range(len(supplies)):
        if supplies[k, S_KIND] != BOUGHT:
            like[k in paid, *(int(supplies[k, c]) for c in _ALIKE)].append(k)
    return (*kinds, *(_fleet(instance, ks, is_paid=bool(key[0])) for key, ks in like.items()))


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


def _bought(instance: Instance, k: int, n_legs: int) -> Kind:
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
    offer = Offer(pence=max(0.0, day - ROUNDED_PENCE - free_pence), limit=int(s[S_LIMIT]))
    return Kind(
        supplies=(k,), offers=(offer,), run_pence=run, metre_pence=metre, empty=empty,
        base_m=_base_metres(instance, int(s[S_PROFILE]), rows), pa_pence=float(s[S_PA_RATE]), max_runs=1,
        long_pence=s[S_LONG_PCT] * base / 100.0 / 3600.0 / n_legs, long_after_s=int(s[S_LONG_AFTER]), is_fleet=False,
    )  # fmt: skip


def _fleet(instance: Instance, alike: list[int], *, is_paid: bool) -> Kind:
    supplies = instance.supplies
    s = supplies[alike[0]]
    tiered = s[S_MAX_RUNS] > 1 or is_paid
    share = 0.0 if is_paid else 1.0
    pas = [(int(a[A_RATE]), int(a[A_MIN])) for a in instance.pa_groups] or [(int(s[S_PA_HOUR]), int(s[S_PA_MIN]))]
    homes = len(instance.pa_groups) > 0
    return Kind(
        supplies=tuple(alike),
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
        pa_pence=share * max(0.0, min(rate * least for rate, least in pas) / 3600.0 - 0.5),
        max_runs=int(s[S_MAX_RUNS]), long_pence=0.0, long_after_s=0, is_fleet=True,
    )  # fmt: skip


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

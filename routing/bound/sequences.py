"""Every order of gates that a run can have, with the least time between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.bound.fields import (
    MAX_GATES,
    N_SEQUENCE_COLUMNS,
    Q_DRIVE,
    Q_EARLIEST,
    Q_EDGE,
    Q_GATES,
    Q_LATEST,
    Q_OFFSETS,
    Q_SPAN,
    V_CAP,
    V_GATE,
)
from routing.evaluate import FAR
from routing.instance import (
    D_CLOSE,
    D_OPEN,
    D_ROW,
    H_ROW,
    H_SCHOOL,
    P_GATE_AM,
    P_HUB,
    R_MAX_SCHOOLS,
    Instance,
)

Window = tuple[int, int]


class Gate(NamedTuple):
    """What all who use a gate have in common, each time at its loosest.

    windows : of each day group; None where nobody goes there. service_s : the least that anybody takes there.
    spare_s : the longest that anybody may ride.
    """

    row: int
    school: int
    windows: list[Window | None]
    service_s: int
    spare_s: int


def gate_sequences(instance: Instance, leg: int, nodes: NDArray[np.int64]) -> Iterator[list[int]]:
    """Every order of at most three gates that some day's windows allow, with its least offsets."""
    gates = {gate: _gate(instance, leg, gate, nodes) for gate in np.unique(nodes[:, V_GATE]).tolist()}
    drive = instance.seconds[:, leg].min(axis=0)
    drive_s = {a.row: {b.row: int(drive[a.row, b.row]) for b in gates.values()} for a in gates.values()}
    alone = [(gate,) for gate in gates]
    pairs = [(a, b) for a, b in permutations(gates, 2) if _clocks(leg, [gates[a], gates[b]], drive_s)]
    follow = defaultdict(list)
    for a, b in pairs:
        follow[a].append(b)
    longer = [(a, b, c) for a, b in pairs for c in follow[b] if c != a]
    most = int(instance.rules[R_MAX_SCHOOLS])
    for order in (*alone, *pairs, *longer):
        driven = [gates[gate] for gate in order]
        if len({gate.school for gate in driven}) > most:
            continue
        clock = _clocks(leg, driven, drive_s)
        if clock is not None:
            yield _sequence(leg, order, clock)


class Clock(NamedTuple):
    """Times of one order of gates with the least service at each; see the fields Q_* of a sequence.

    offsets : in the order as driven.
    """

    offsets: list[int]
    span: int
    drive: int
    latest: int
    earliest: int
    edge: int


def _gate(instance: Instance, leg: int, gate: int, nodes: NDArray[np.int64]) -> Gate:
    is_there = instance.riders[:, P_HUB] == gate
    by_group = [daily[daily[:, D_ROW] >= 0] for daily in instance.daily[leg][:, is_there]]
    return Gate(
        row=int(instance.hubs[gate, H_ROW]), school=int(instance.hubs[gate, H_SCHOOL]),
        windows=[(int(d[:, D_OPEN].min()), int(d[:, D_CLOSE].max())) if len(d) else None for d in by_group],
        service_s=int(instance.riders[is_there, P_GATE_AM + leg].min()),
        spare_s=int(nodes[nodes[:, V_GATE] == gate, V_CAP].max()),
    )  # fmt: skip


def _clocks(leg: int, gates: Sequence[Gate], drive_s: dict[int, dict[int, int]]) -> Clock | None:
    """The clock over all day groups, each time at its loosest; None where no day allows the order.

    gates : in the order as driven. drive_s : from row to row.
    """
    drive = [drive_s[a.row][b.row] for a, b in pairwise(gates)]
    if any(s >= FAR for s in drive):
        return None
    service = [gate.service_s for gate in gates]
    best: Clock | None = None
    # Most days are alike: the set has one of each.
    for windows in set(zip(*(gate.windows for gate in gates), strict=True)):
        if None not in windows:
            clock = _clock(leg, windows, drive, service)
            if clock is not None and best is not None:
                best = _looser(leg, best, clock)
            best = best or clock
    if best is None or any(offset > gate.spare_s for offset, gate in zip(best.offsets, gates, strict=True)):
        return None
    return best


def _looser(leg: int, one: Clock, other: Clock) -> Clock:
    return Clock(
        offsets=[min(a, b) for a, b in zip(one.offsets, other.offsets, strict=True)],
        span=min(one.span, other.span), drive=one.drive, latest=max(one.latest, other.latest),
        earliest=min(one.earliest, other.earliest), edge=(min, max)[leg](one.edge, other.edge),
    )  # fmt: skip


def _clock(leg: int, windows: Sequence[Window], drive: list[int], service: list[int]) -> Clock | None:
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
        return Clock(
            offsets=[s - start[0] for s in start], span=start[-1] + service[-1] - start[0], drive=sum(drive),
            latest=latest[0], earliest=soonest[-1] + service[-1], edge=windows[0][0],
        )  # fmt: skip
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
    return Clock(
        offsets=[end - s - take for s, take in zip(start, service, strict=True)], span=end - start[0],
        drive=sum(drive), latest=latest[0], earliest=end, edge=windows[-1][1],
    )  # fmt: skip


def _sequence(leg: int, order: tuple[int, ...], clock: Clock) -> list[int]:
    outwards = list(zip(order, clock.offsets, strict=True))
    if leg == 1:
        outwards.reverse()
    fields = [-1] * N_SEQUENCE_COLUMNS
    for k in range(MAX_GATES):
        fields[Q_OFFSETS + k] = 0
    for k, (gate, offset) in enumerate(outwards):
        fields[Q_GATES + k], fields[Q_OFFSETS + k] = gate, offset
    fields[Q_SPAN], fields[Q_DRIVE], fields[Q_EDGE] = clock.span, clock.drive, clock.edge
    fields[Q_LATEST], fields[Q_EARLIEST] = clock.latest, clock.earliest
    return fields

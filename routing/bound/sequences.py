"""Every order of gates that a run can have, with the least time between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
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


def gate_sequences(instance: Instance, leg: int, nodes: NDArray[np.int64]) -> Iterator[list[int]]:
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
) -> Clock | None:  # fmt: skip
    """The clock over all day groups, each time at its loosest; None where no day allows the order.

    order : as driven.
    """
    rows = [int(instance.hubs[gate, H_ROW]) for gate in order]
    legs = [int(drive[a, b]) for a, b in pairwise(rows)]
    if any(s >= FAR for s in legs):
        return None
    best: Clock | None = None
    for window in windows:
        if all(gate in window for gate in order):
            clock = _clock(leg, [window[gate] for gate in order], legs, [service[gate] for gate in order])
            if clock is not None and best is not None:
                best = _looser(leg, best, clock)
            best = best or clock
    if best is None or any(offset > spare[gate] for offset, gate in zip(best.offsets, order, strict=True)):
        return None
    return best


def _looser(leg: int, one: Clock, other: Clock) -> Clock:
    return Clock(
        offsets=[min(a, b) for a, b in zip(one.offsets, other.offsets, strict=True)],
        span=min(one.span, other.span), drive=one.drive, latest=max(one.latest, other.latest),
        earliest=min(one.earliest, other.earliest), edge=(min, max)[leg](one.edge, other.edge),
    )  # fmt: skip


def _clock(leg: int, windows: list[tuple[int, int]], drive: list[int], service: list[int]) -> Clock | None:
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

"""The chart of journey times against their targets: five-minute bars, one panel for each target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from transport.check import Ride
from transport.files.plan_words import minutes

BIN_S = 300
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 560, 220, 46, 40, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Journeys of one five-minute step, placed on the chart."""

    x: float
    y: float
    width: float
    height: float
    n: int
    from_min: int
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Journeys with one target.

    Attributes
    ----------
    target_x : where the target stands. ticks_x, ticks_y : (position, label).
    """

    target_min: int
    n_journeys: int
    n_over: int
    bars: tuple[Bar, ...]
    target_x: float
    ticks_x: tuple[tuple[float, str], ...]
    ticks_y: tuple[tuple[float, str], ...]


def make_panels(rides: Sequence[Ride]) -> tuple[Panel, ...]:
    """One panel for each target, shortest first; counts are journeys in a week of operation."""
    by_target: dict[int, list[Ride]] = defaultdict(list)
    for ride in rides:
        by_target[ride.target_s].append(ride)
    longest_s = max((max(ride.journey_s, ride.target_s) for ride in rides), default=0)
    n_bins = longest_s // BIN_S + 1
    return tuple(_panel(target_s, by_target[target_s], n_bins) for target_s in sorted(by_target))


def _panel(target_s: int, rides: Sequence[Ride], n_bins: int) -> Panel:
    counts: dict[tuple[int, bool], int] = defaultdict(int)
    for ride in rides:
        counts[ride.journey_s // BIN_S, ride.over_target_s > 0] += len(ride.days)
    most = max(counts[step, False] + counts[step, True] for step in range(n_bins)) or 1
    step_x, scale = (WIDTH - LEFT - 10) / n_bins, (HEIGHT - TOP - BOTTOM) / most
    bars = []
    for step in range(n_bins):
        below = 0
        for is_over in (False, True):
            n = counts[step, is_over]
            if n:
                bars.append(
                    Bar(
                        x=round(LEFT + step * step_x + 1, 1),
                        width=round(step_x - 2, 1),
                        height=round(n * scale, 1),
                        y=round(HEIGHT - BOTTOM - (below + n) * scale, 1),
                        n=(n + 1) // 2,
                        from_min=step * BIN_S // 60,
                        is_over=is_over,
                    )
                )
            below += n
    every = 3 if n_bins > 12 else 2
    labels = [(round(LEFT + i * step_x, 1), str(i * BIN_S // 60)) for i in range(0, n_bins + 1, every)]
    top = (most + 1) // 2
    return Panel(
        target_min=minutes(target_s),
        n_journeys=(sum(len(ride.days) for ride in rides) + 1) // 2,
        n_over=(sum(len(ride.days) for ride in rides if ride.over_target_s > 0) + 1) // 2,
        bars=tuple(bars),
        target_x=round(LEFT + target_s / BIN_S * step_x, 1),
        ticks_x=tuple(labels),
        ticks_y=((HEIGHT - BOTTOM, "0"), (TOP, f"{top:,}")),
    )

"""The picture of a certificate: the cost of the best plan so far and the bound, over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from transport.certificate import Certificate
from transport.files.plan_words import pounds

WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP = 560, 240, 70, 12, 44, 14
MINUTES_FROM_S = 300
"""Times longer than this are shown in minutes."""
Points = Sequence[tuple[float, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundChart:
    """Lines placed on the chart, as SVG paths.

    Attributes
    ----------
    cost, bound : steps. between : area from the bound up to the cost, from where both are known.
    end_of_bound : where its line ends, (x, y); None without a bound. ticks_x, ticks_y : (position, label).
    unit : of the time axis. words : the picture in a sentence, for who cannot see it.
    """

    cost: str
    bound: str
    between: str
    end_of_bound: tuple[float, float] | None
    ticks_x: tuple[tuple[float, str], ...]
    ticks_y: tuple[tuple[float, str], ...]
    unit: str
    words: str


def make_chart(certificate: Certificate) -> BoundChart:
    """The cost falls while the search runs and stays; the bound rises after it."""
    searched_s = certificate.cost_trace[-1][0] if certificate.cost_trace else 0.0
    end_s = max(searched_s + max(certificate.wall_s, *(at for at, _ in certificate.trace), 0.0), 0.1)
    cost = [*certificate.cost_trace, (end_s, certificate.objective_pence)]
    if not certificate.cost_trace:
        cost.insert(0, (0.0, certificate.objective_pence))
    bound = [(searched_s + at, pence) for at, pence in certificate.trace]
    bound.append((end_s, certificate.bound_pence))
    words = (
        f"Line chart over time: the cost of the best plan so far falls to {pounds(cost[-1][1])} a week, "
        f"the bound rises to {pounds(certificate.bound_pence)}. The table below holds the figures."
    )
    return chart_of(cost, bound, searched_s=searched_s, words=words)


def chart_of(cost: Points, bound: Points, *, searched_s: float, words: str) -> BoundChart:
    """Cost and bound over time, both up to the last point of the cost.

    Parameters
    ----------
    cost, bound : seconds and pence, in order of time; the bound may have no point yet.
    searched_s : end of the search, from which the gap between the two is shaded, or from the first bound after it.
    """
    end_s = cost[-1][0]
    ticks_y = _ticks([pence / 100 for _, pence in (*cost, *bound)])
    low, high = 100 * ticks_y[0], 100 * ticks_y[-1]

    def place(points: Points) -> list[tuple[float, float]]:
        x_of = (WIDTH - LEFT - RIGHT) / end_s
        y_of = (HEIGHT - TOP - BOTTOM) / (high - low)
        return [(round(LEFT + at * x_of, 1), round(HEIGHT - BOTTOM - (pence - low) * y_of, 1)) for at, pence in points]

    minutes = end_s > MINUTES_FROM_S
    per = 60 if minutes else 1
    at_bound = place(bound)
    return BoundChart(
        cost=_steps(place(cost)),
        bound=_steps(at_bound) if bound else "",
        between=_between(at_bound, place([(searched_s, cost[-1][1])])[0]) if bound else "",
        end_of_bound=at_bound[-1] if bound else None,
        ticks_x=tuple(
            (place([(t * per, int(low))])[0][0], f"{t:,g}") for t in _ticks([0, end_s / per]) if t * per <= end_s
        ),
        ticks_y=tuple((place([(0, round(100 * t))])[0][1], pounds(round(100 * t), pennies=t % 1 > 0)) for t in ticks_y),
        unit="minutes" if minutes else "seconds",
        words=words,
    )


def _steps(points: Sequence[tuple[float, float]]) -> str:
    """A path that keeps its height until the next point."""
    (x, y), rest = points[0], points[1:]
    return f"M{x} {y}" + "".join(f"H{to_x}V{to_y}" for to_x, to_y in rest)


def _between(bound: Sequence[tuple[float, float]], corner: tuple[float, float]) -> str:
    """The area above the steps of a bound; its other corner lies on the cost, where the search ends."""
    first, last = max(bound[0][0], corner[0]), bound[-1][0]
    return f"{_steps(bound)}L{last} {corner[1]}L{first} {corner[1]}Z"


def _ticks(values: Sequence[float]) -> list[float]:
    """Four to seven round numbers that hold all values."""
    low, high = min(values), max(values)
    rough = max((high - low) / 4, high / 1000, 0.01)
    power = 10.0 ** floor(log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first, last = floor(low / step), ceil(high / step)
    return [round(k * step, 6) for k in range(first, max(last, first + 1) + 1)]

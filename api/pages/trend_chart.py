"""The picture of one figure over the plans that held: a bar for each, the target as a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP = 560, 230, 10, 10, 30, 30
MOST_LABELS = 6
"""Bars with their value above them (ours): of more, values would stand on one another, and the table has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendBar:
    """One plan's bar: where it stands, its value in words above it where there is room, its number below it."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    label: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendChart:
    """Bars placed on the chart; `target_y` is the height of the target's line."""

    bars: tuple[TrendBar, ...]
    target_y: float
    base_y: float
    words: str


def make_trend(values: Sequence[float | None], labels: Sequence[str], target: float, words: str) -> TrendChart:
    """Place bars from nought, the oldest plan first.

    Parameters
    ----------
    values : one a plan, at least one plan; None: unknown. labels : the same in words.
    words : the picture in a sentence, for who cannot see it.
    """
    most = max([target, *(value for value in values if value is not None)]) or 1.0
    step = (WIDTH - LEFT - RIGHT) / len(values)
    width = min(step * 0.7, 90.0)

    def height_of(value: float) -> float:
        return round((HEIGHT - TOP - BOTTOM) * value / most, 1)

    bars = []
    for idx, (value, label) in enumerate(zip(values, labels, strict=True)):
        middle, height = round(LEFT + (idx + 0.5) * step, 1), height_of(value or 0.0)
        bars.append(
            TrendBar(
                x=round(middle - width / 2, 1), y=round(HEIGHT - BOTTOM - height, 1), width=round(width, 1),
                height=height, middle=middle, label=label if len(values) <= MOST_LABELS else "", number=idx + 1,
            )
        )  # fmt: skip
    base_y = HEIGHT - BOTTOM
    return TrendChart(bars=tuple(bars), target_y=round(base_y - height_of(target), 1), base_y=base_y, words=words)

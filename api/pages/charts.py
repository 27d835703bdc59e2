"""Pairs of bars, before and after, drawn by the server; the same figures stand beside them as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two bars: per cent of the longest of the chart, and their figures in words."""

    label: str
    before_pct: float
    after_pct: float
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """One chart."""

    title: str
    pairs: tuple[Pair, ...]


def bars_of(title: str, before: int, after: int, words: Callable[[int], str] = "{:,}".format) -> Bars:
    """One figure before and after."""
    return histogram_of(title, [""], [before], [after], words)


def histogram_of(
    title: str,
    labels: Sequence[str],
    before: Sequence[int],
    after: Sequence[int],
    words: Callable[[int], str] = "{:,}".format,
) -> Bars:
    """Several figures before and after on one scale.

    Parameters
    ----------
    labels, before, after : one for each pair; figures of 0 or more.
    """
    most = max((*before, *after, 1))
    pairs = tuple(
        Pair(
            label=label, before_pct=round(100 * a / most, 1), after_pct=round(100 * b / most, 1), before=words(a),
            after=words(b),
        )
        for label, a, b in zip(labels, before, after, strict=True)
    )  # fmt: skip
    return Bars(title=title, pairs=pairs)

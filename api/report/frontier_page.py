"""The report of a frontier: a picture, a table and figures for scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.report.changes import column
from api.report.plain_page import plain_page
from api.report.view import Row
from transport.check.words import duration_words
from transport.files.plan_tables import Table, Unit, write_csv
from transport.files.plan_words import plural, pounds
from transport.scenario import Scenario

if TYPE_CHECKING:
    from routing.frontier import Frontier

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 340, 78, 20, 16, 46
N_TICKS = 5
NOBODY_MOVES = 1_000_000
"""Pence a week for a family, from which on the search forbids every change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A plan in the picture."""

    x: float
    y: float
    is_best: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The picture, placed."""

    width: int
    height: int
    left: int
    axis: str
    line: str
    ticks_x: tuple[tuple[float, str], ...]
    ticks_y: tuple[tuple[float, str], ...]
    dots: tuple[Dot, ...]


FRONTIER_COLUMNS = (
    column("price_pence", "Price", "a week for each family, at which it was searched; empty: as it is", Unit.MONEY),
    column("n_disturbed", "Disturbed", "families disturbed", Unit.COUNT),
    column("n_routes", "Routes", "routes", Unit.COUNT),
    column("n_unserved", "Unserved", "passengers without a place", Unit.COUNT),
    column("week_pence", "A week", "cost of a week", Unit.MONEY),
    column("year_pence", "A year", "cost of a year", Unit.MONEY),
    column("soft_pence", "Wishes", "weight a week of wishes not met", Unit.MONEY),
    column("is_best", "Best", "no other plan is cheaper and disturbs no more", Unit.YES_NO),
)
_FIGURES = ("price_pence", "n_disturbed", "n_routes", "n_unserved", "week_pence", "year_pence", "soft_pence")


def write_frontier(frontier: Frontier, scenario: Scenario, folder: Path, *, approximate: bool) -> None:
    """Write `frontier.html`, `frontier.csv` and `frontier.json` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    best = {id(point) for point in frontier.best}
    rows = tuple((*(getattr(p, name) for name in _FIGURES), id(p) in best) for p in frontier.points)
    write_csv(Table(name="frontier", title="Frontier", columns=FRONTIER_COLUMNS, rows=rows), folder / "frontier.csv")
    figures = json.dumps(frontier_figures(frontier), indent=1)
    (folder / "frontier.json").write_text(figures, encoding="utf-8")
    page = plain_page(
        "frontier.html",
        title="cost against families disturbed",
        heading="Cost against families disturbed",
        personal=False,
        scenario=scenario,
        plan_id=frontier.plan_id,
        approximate=approximate,
        verdict=_verdict(frontier),
        chart=frontier_chart(frontier_figures(frontier)["points"]),
        rows=_rows(frontier),
        tolerance=duration_words(scenario.policy.disturbed_tolerance_s),
    )
    (folder / "frontier.html").write_text(page, encoding="utf-8")


def frontier_figures(frontier: Frontier) -> dict[str, Any]:
    """The frontier for scripts: money in pence."""
    best = {id(point) for point in frontier.best}
    points = [{name: getattr(p, name) for name in _FIGURES} | {"is_best": id(p) in best} for p in frontier.points]
    return {"plan_id": frontier.plan_id, "points": points}


def frontier_sentences(frontier: Frontier) -> list[str]:
    """The frontier for people: a line for each plan that no other beats, and what it comes to."""
    lines = [
        f"{p.n_disturbed:5,} families disturbed: {pounds(p.week_pence, pennies=False)} a week, "
        f"{pounds(p.year_pence, pennies=False)} a year ({price_words(p.price_pence)})"
        for p in frontier.best
    ]
    return [*lines, _verdict(frontier)]


def price_words(price_pence: int | None) -> str:
    """At which price of a family a plan was searched."""
    if price_pence is None:
        return "the plan in force"
    if price_pence == 0:
        return "free hand"
    if price_pence >= NOBODY_MOVES:
        return "no one moves"
    return f"{pounds(price_pence, pennies=False)} a family and week"


def _verdict(frontier: Frontier) -> str:
    first, last = frontier.best[0], frontier.best[-1]
    if last is first:
        return "No plan was found that is cheaper than the one that disturbs fewest."
    saving = pounds(first.year_pence - last.year_pence, pennies=False)
    more = plural(last.n_disturbed - first.n_disturbed, "more family", "more families")
    return f"Disturbing {more} saves at most {saving} a year, as far as this search found."


def _rows(frontier: Frontier) -> list[Row]:
    first = frontier.points[0]
    rows = []
    for point in frontier.points:
        saves, more = first.year_pence - point.year_pence, point.n_disturbed - first.n_disturbed
        each = pounds(saves // more, pennies=False) if more > 0 and saves > 0 else "–"
        cells = (
            f"{point.n_disturbed:,}", f"{point.n_routes:,}", f"{point.n_unserved:,}", pounds(point.week_pence),
            pounds(point.year_pence), pounds(saves, pennies=False), each,
        )  # fmt: skip
        rows.append(Row(head=price_words(point.price_pence), cells=cells))
    return rows


def frontier_chart(points: Sequence[Mapping[str, Any]]) -> Chart:
    """The picture of a frontier.

    Parameters
    ----------
    points : as `frontier_figures` gives them; at least one.
    """
    most: int = max(1, *(p["n_disturbed"] for p in points))
    low: int = min(p["year_pence"] for p in points)
    high: int = max(p["year_pence"] for p in points)
    step = 100 * _round_up(max(1, high - low) / 100 / (N_TICKS - 1))
    low = low // step * step
    high = max(low + step, -(-high // step) * step)

    def x_of(n: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * n / most, 1)

    def y_of(pence: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - pence) / (high - low), 1)

    def dot_of(p: Mapping[str, Any]) -> Dot:
        words = (
            f"{price_words(p['price_pence'])}: {p['n_disturbed']:,} families, "
            f"{pounds(p['year_pence'], pennies=False)} a year"
        )
        return Dot(x=x_of(p["n_disturbed"]), y=y_of(p["year_pence"]), is_best=p["is_best"], words=words)

    dots = tuple(map(dot_of, points))
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        axis=f"M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}",
        line="M" + "L".join(f"{dot.x} {dot.y}" for dot in dots if dot.is_best),
        ticks_x=tuple((x_of(n), f"{n:,}") for n in range(0, most + 1, _round_up(most / (N_TICKS - 1)))),
        ticks_y=tuple((y_of(pence), _thousands(pence)) for pence in range(low, high + 1, step)),
        dots=dots,
    )


def _round_up(value: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50 ... that is not below a value."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= value:
                return digit * power
        power *= 10


def _thousands(pence: int) -> str:
    if pence >= 100_000_000:
        return f"£{pence / 100_000_000:,.2f}m"
    return f"£{pence / 100_000:,.0f}k" if pence % 100_000 == 0 else f"£{pence / 100_000:,.2f}k"

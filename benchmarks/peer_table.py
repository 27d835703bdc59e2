"""The Markdown table of measured rows: medians over seeds, their spread, and ours against the best peer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any

Row = dict[str, Any]
HEADS = (
    "roads", "problem", "passengers", "CPU s", "method", "£ a week, median", "least to most", "against ours",
    "plans", "CPU s used", "vehicles", "ejected", "left out",
)  # fmt: skip


def table(rows: Sequence[Row]) -> str:
    """Two tables: every method, then ours against the best peer of each size."""
    by_case: dict[tuple[Any, ...], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by_case[row["area"], row["problem"], row["n"], row["budget_s"]][row["method"]].append(row)
    lines = [line for case, methods in by_case.items() for line in _method_lines(case, methods)]
    wins = [_win_line(case, methods) for case, methods in by_case.items() if "ours" in methods]
    win_heads = ("roads", "problem", "passengers", "best peer", "ours cheaper by, median", "by seed")
    versions = sorted({row["version"] for row in rows if row.get("version")})
    commits = sorted({row["commit"] for row in rows if row.get("commit")})
    return "\n\n".join(
        (
            _markdown(HEADS, lines),
            "Ours cheaper = 1 - ours/best peer, seed by seed; the best peer is the cheapest feasible plan of any:",
            _markdown(win_heads, wins),
            f"Commit {', '.join(commits)}; {', '.join(versions)}.",
        )
    )


def _method_lines(case: tuple[Any, ...], methods: dict[str, list[Row]]) -> list[tuple[str, ...]]:
    area, problem, n, budget_s = case
    ours = _median_of(methods.get("ours", []), "objective")
    lines = []
    for method, rows in methods.items():
        good = [row for row in rows if row["feasible"]]
        middle = _median_of(good, "objective")
        costs = [row["objective"] / 100 for row in good]
        lines.append(
            (
                area, problem, f"{n:,}", f"{budget_s:g}", method,
                "no plan" if middle is None else f"{middle / 100:,.0f}",
                f"{min(costs):,.0f} to {max(costs):,.0f}" if costs else "–",
                "–" if middle is None or not ours else f"{middle / ours:.3f}",
                f"{len(good)} of {len(rows)}",
                *(_number(_median_of(good, name)) for name in ("cpu_s", "n_vehicles", "n_ejected", "n_left_out")),
            )
        )  # fmt: skip
    return lines


def _win_line(case: tuple[Any, ...], methods: dict[str, list[Row]]) -> tuple[str, ...]:
    area, problem, n, _ = case
    ours = {row["seed"]: row["objective"] for row in methods["ours"] if row["feasible"]}
    wins, best_names = [], []
    for seed, own in sorted(ours.items()):
        peers = [
            (row["objective"], method)
            for method, rows in methods.items()
            if not method.startswith("ours")
            for row in rows
            if row["seed"] == seed and row["feasible"]
        ]
        if peers:
            cheapest, name = min(peers)
            wins.append(1 - own / cheapest)
            best_names.append(name)
    if not wins:
        return (area, problem, f"{n:,}", "–", "–", "–")
    names = ", ".join(dict.fromkeys(best_names))
    by_seed = ", ".join(f"{100 * win:.1f} %" for win in wins)
    return (area, problem, f"{n:,}", names, f"{100 * median(wins):.1f} %", by_seed)


def _median_of(rows: Sequence[Row], name: str) -> float | None:
    values = [row[name] for row in rows if row.get("feasible") and row.get(name) is not None]
    return median(values) if values else None


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

"""The two designs that Sandwell weighed in 2021, on an invented borough of its size and invented markets.

659 passengers; one contract for each route (there were 122) and 18 operators in the market, against four large
contracts, one for each quarter of the borough. Two kinds of market: most operators small, and two of the 18 with most
of the vehicles. Passengers, operators, costs and bids are invented; `procurement.market` states the assumptions. Nobody
bids for what its own vehicles cannot carry; consortia and subcontracting, which would help large contracts, are left
out.

    python -m benchmarks.sandwell_designs [--passengers 659] [--operators 18] [--markets 20] [--seconds 60] [--json]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

from api.cli_shared import default_cache_dir
from api.demo_borough import make_demo_scenario
from api.planning_job import PlanRequest, plan_term
from procurement.compare_lots import DesignResult, compare_designs, design_words, sites_of
from procurement.lot_design import Cut, design_lots
from procurement.market import MarketAssumptions
from routing.solve import Stop
from transport.tenders import AwardRules, TenderPack

MARKETS = {
    "most operators small": MarketAssumptions(),
    "two operators with most vehicles": MarketAssumptions(large_pct=12, large_times=24),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each market and design, or JSON lines."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sandwell_designs", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--passengers", type=int, default=659)
    parser.add_argument("--operators", type=int, default=18)
    parser.add_argument("--markets", type=int, default=20, help="seeds 1 to this")
    parser.add_argument("--seconds", type=float, default=60.0, help="seconds to plan")
    parser.add_argument("--seed", type=int, default=1, help="seed of borough and plan")
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    options = parser.parse_args(arguments)
    for market, results in designs(options).items():
        if not options.json:
            print(f"Market: {market}")
        for result in results:
            print(json.dumps(row_of(market, result)) if options.json else design_words(result), flush=True)


def designs(options: argparse.Namespace) -> dict[str, tuple[DesignResult, ...]]:
    """Plan the borough once, cut the plan both ways, and award each cut on every market."""
    with tempfile.TemporaryDirectory() as made:
        scenario_path = Path(made) / "scenario"
        scenario_path.mkdir()
        make_demo_scenario(scenario_path, n_passengers=options.passengers, seed=options.seed)
        request = PlanRequest(
            scenario_path=scenario_path, out=Path(made) / "plan", stop=Stop(seconds=options.seconds),
            seed=options.seed, cache_dir=default_cache_dir(),
        )  # fmt: skip
        outcome = plan_term(request)
    scenario, travel, plan = outcome.scenario, outcome.travel, outcome.plan
    books = {cut: design_lots(plan, scenario, travel, cut=cut, fleet_too=True) for cut in (Cut.ROUTE, Cut.QUARTER)}
    sites = {cut: sites_of(book, plan, scenario) for cut, book in books.items()}
    names = {f"{len(sites[Cut.ROUTE])} contracts": sites[Cut.ROUTE], "four contracts": sites[Cut.QUARTER]}
    frame = TenderPack(
        pack_id="sandwell", version=1, lots=books[Cut.ROUTE].lots, rules=AwardRules(tie_seed=1),
        deadline=datetime(2021, 5, 28, 14, 0, tzinfo=UTC), starts_on=scenario.starts_on, ends_on=scenario.starts_on,
    )  # fmt: skip
    return {
        name: compare_designs(
            names, sites[Cut.ROUTE], frame, n_operators=options.operators, seeds=range(1, options.markets + 1),
            assumptions=assumptions,
        )
        for name, assumptions in MARKETS.items()
    }  # fmt: skip


def row_of(market: str, result: DesignResult) -> dict[str, Any]:
    """One design on one kind of market, means over the seeds and every run."""
    low, high = result.price_range_pence
    return {
        "market": market, "design": result.name, "n_lots": result.n_lots, "estimate_pence": result.estimate_pence,
        "mean_price_pence": result.mean_price_pence, "low_pence": low, "high_pence": high,
        "administration_pence": result.administration_pence,
        "bids_per_lot": round(mean(run.n_bids_per_lot for run in result.runs), 2),
        "single_bid_pct": round(mean(run.single_bid_pct for run in result.runs), 1),
        "no_bid_pct": round(mean(run.no_bid_pct for run in result.runs), 1),
        "winners": round(mean(run.n_winners for run in result.runs), 1),
        "largest_pct": round(mean(run.largest_pct for run in result.runs), 1),
        "runs": [asdict(run) for run in result.runs],
    }  # fmt: skip


if __name__ == "__main__":
    main()

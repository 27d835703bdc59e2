"""Awards of growing size on an invented market: time to proof, or the gap when time is up.

Lots lie at random in a borough of 12 km by 12 km for each 150 of them; a fifth needs a minibus; operators and bids are
those of `procurement.market`. Rules: fallback at 150 % of the estimates, no operator over 20 % of them (`--no-share`:
without that). `--reasons S` works out the reasons too: winners and rules to the end, losing bids for S seconds.

    python -m benchmarks.awards --seconds 60 [--sizes 150x20 500x60 1500x150] [--seeds 1 2 3] [--reasons S] [--json]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from benchmarks.school_bus import cpu_seconds
from procurement.award import Settled, settle_ties
from procurement.award_check import check_award
from procurement.award_model import AwardModel, make_award_model
from procurement.award_reasons import reasons_of
from procurement.choice import ChoiceSearch
from procurement.market import LotSite, make_market, market_bids
from procurement.offers import bid_offers, left_offers
from transport.bids import Submission
from transport.calendar import ALL_DAYS, Leg
from transport.tenders import AwardRules, LotRun, TenderLot, TenderPack

SIDE_M = 12_000
HEADS = (
    "lots", "operators", "bids", "packages", "seed", "state", "gap_pct", "to_proof_s", "ties_s", "cpu_s", "checked",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row for each size and seed as it comes: a table, or one JSON object a line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.awards", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="seconds for each award")
    parser.add_argument("--sizes", nargs="+", default=["150x20", "500x60", "1500x150"], help="lots x operators")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], help="seeds of the market")
    parser.add_argument("--no-share", action="store_true", help="without the rule that no operator has over 20 %%")
    parser.add_argument("--reasons", type=float, help="work out the reasons, losing bids for so many seconds")
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    options = parser.parse_args(arguments)
    if not options.json:
        print("".join(f"{head:>12}" for head in HEADS))
    for size in options.sizes:
        n_lots, n_operators = map(int, size.split("x"))
        for seed in options.seeds:
            row = measure(n_lots, n_operators, seed, options.seconds, None if options.no_share else 20, options.reasons)
            print(json.dumps(row) if options.json else "".join(f"{row[head]!s:>12}" for head in HEADS), flush=True)


def measure(
    n_lots: int, n_operators: int, seed: int, seconds: float, share_pct: int | None = 20, reasons_s: float | None = None
) -> dict[str, Any]:  # fmt: skip
    """Make one tender, award it, check it; with `reasons_s`, explain it too."""
    sites = sites_of(n_lots, seed)
    operators = make_market(sites, n_operators, seed=seed)
    submissions = market_bids(sites, operators, seed=seed)
    pack = TenderPack(
        pack_id=f"{n_lots}x{n_operators}", version=1, lots=tuple(site.lot for site in sites),
        rules=AwardRules(tie_seed=seed, fallback_pct=150, max_value_share_pct=share_pct),
        deadline=datetime(2026, 7, 5, 14, 0, tzinfo=UTC), starts_on=date(2026, 9, 1), ends_on=date(2028, 8, 31),
    )  # fmt: skip
    begun_cpu, begun = cpu_seconds(), time.monotonic()
    offers = [*bid_offers(pack, submissions, {}), *left_offers(pack)]
    model = make_award_model(pack, offers, submissions)
    search = ChoiceSearch(model.choice)
    found = search.best(seconds=seconds, start=model.columns_of(left_offers(pack)))
    proof_s, ties_from = time.monotonic() - begun, time.monotonic()
    settled = settle_ties(model, found, seed, seconds)
    broken = check_award(pack, submissions, model.offers_of(settled.chosen.columns))
    explained = {} if reasons_s is None else explain(pack, submissions, model, search, settled, reasons_s)
    bids = [bid for submission in submissions for bid in submission.bids]
    return {
        "lots": n_lots,
        "operators": n_operators,
        "bids": len(bids),
        "packages": sum(bid.is_package for bid in bids),
        "share_pct": share_pct,
        "rows": len(model.choice.rows),
        "seed": seed,
        "state": found.state.value,
        "cost_pence": found.cost,
        "bound_pence": found.bound,
        "gap_pct": None if found.gap is None else round(100 * found.gap, 4),
        "to_proof_s": round(proof_s, 2) if found.state.value == "proven" else None,
        "ties_s": round(time.monotonic() - ties_from, 2),
        "cpu_s": round(cpu_seconds() - begun_cpu, 2),
        "checked": "OK" if not broken else broken[0],
        **explained,
    }


def explain(
    pack: TenderPack, submissions: Sequence[Submission], model: AwardModel, search: ChoiceSearch, settled: Settled,
    seconds: float,
) -> dict[str, Any]:  # fmt: skip
    """Work out every reason, and count what is proven of it."""
    begun_cpu, begun = cpu_seconds(), time.monotonic()
    found = reasons_of(
        pack, submissions, {}, model, search, settled.chosen, settled.second, time.monotonic() + seconds, always=True
    )
    return {
        "reasons_cpu_s": round(cpu_seconds() - begun_cpu, 1),
        "reasons_s": round(time.monotonic() - begun, 1),
        "winners": len(found.lots),
        "winners_proven": sum(reason.without_proven for reason in found.lots),
        "lost": len(found.lost),
        "lost_proven": sum(bid.proven for bid in found.lost),
        "lost_at_least": sum(bid.at_least_pence is not None for bid in found.lost),
    }


def sites_of(n_lots: int, seed: int) -> list[LotSite]:
    """Lots of one vehicle each: schools begin at half past eight to nine, runs take 20 to 60 minutes."""
    random = np.random.default_rng((seed, 3))
    side_m = round(SIDE_M * (n_lots / 150) ** 0.5)
    sites = []
    for n in range(n_lots):
        is_bus = random.random() < 0.2
        bell_s = 30_600 + 300 * int(random.integers(0, 7))
        ride_s = 60 * int(random.integers(20, 61))
        estimate_pence = 190 * int(random.integers(15_000, 25_000) if is_bus else random.integers(6_000, 12_000))
        runs = tuple(
            LotRun(leg=leg, days=ALL_DAYS, start_at_s=start_s, end_at_s=start_s + ride_s)
            for leg, start_s in ((Leg.AM, bell_s - ride_s), (Leg.PM, bell_s + 23_400))
        )
        lot = TenderLot(
            lot_id=f"L{n + 1:04d}", class_id="BUS" if is_bus else "CAR", runs=runs, n_vehicle_days_a_year=190,
            n_pa_days_a_year=0, estimate_pence=estimate_pence, low_pence=estimate_pence * 8 // 10,
            high_pence=estimate_pence * 12 // 10,
        )  # fmt: skip
        sites.append(LotSite(lot=lot, x_m=int(random.integers(side_m)), y_m=int(random.integers(side_m))))
    return sites


if __name__ == "__main__":
    main()

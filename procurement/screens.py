"""Patterns in bids that an auditor may want to look at. They explain and never decide: honest bids can show each.

References
----------
Cover bidding: Imhof, Karagoek and Rutz, "Screening for bid rigging: does it work?", Journal of Competition Law &
Economics 14 (2018): the lowest bid stands off from the others further than these differ among themselves.
Just under a threshold: 163 contracts of one council recorded at the same value, just below its publication threshold
(press, 2024; see docs/procurement.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import combinations, pairwise
from statistics import stdev

from transport.bids import Bid, Submission
from transport.files.plan_words import pounds
from transport.tenders import TenderPack


class Screen(StrEnum):
    """What was looked for."""

    IDENTICAL = "identical_prices"
    MIRRORED = "mirrored_prices"
    COVER = "cover_bids"
    ROTATION = "rotation"
    FAR = "far_from_should_cost"
    THRESHOLD = "just_under_a_threshold"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenLimits:
    """When a pattern is reported; all ours unless a source is named.

    Attributes
    ----------
    n_shared_lots : lots on which two operators must both have bid before their prices are compared with one another.
    cover_ratio : how many times further the lowest bid stands off than the others differ (Imhof and others: 1).
    threshold_pence : of a contract over its whole term. under_pct : how close below it is reported.
    """

    n_shared_lots: int = 4
    cover_ratio: int = 1
    threshold_pence: tuple[int, ...] = ()
    under_pct: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One pattern: who, which lots, in a sentence that says what an honest reason could be."""

    screen: Screen
    operator_ids: tuple[str, ...]
    lot_ids: tuple[str, ...]
    sentence: str


def screen_bids(
    pack: TenderPack, submissions: Sequence[Submission], limits: ScreenLimits | None = None
) -> tuple[Seen, ...]:
    """Every pattern found in the single bids, and values just under a threshold in all bids."""
    limits = limits or ScreenLimits()
    prices = _prices(submissions)
    pairs = list(_pairs(prices, limits.n_shared_lots))
    found = [
        *_identical(prices),
        *(seen for a, b, lots in pairs for seen in _mirrored(prices, a, b, lots)),
        *_cover(prices, limits.cover_ratio),
        *(seen for a, b, lots in pairs for seen in _rotation(prices, a, b, lots)),
        *_far(pack, prices),
        *_under_threshold(pack, submissions, limits),
    ]
    return tuple(sorted(found, key=lambda seen: (list(Screen).index(seen.screen), seen.lot_ids, seen.operator_ids)))


Prices = dict[str, dict[str, int]]
"""Lot id -> operator id -> lowest single price of a year, in pence."""


def _prices(submissions: Sequence[Submission]) -> Prices:
    found: Prices = {}
    for submission in submissions:
        for bid in submission.bids:
            if not bid.is_package:
                of_lot = found.setdefault(bid.lot_ids[0], {})
                of_lot[bid.operator_id] = min(bid.year_pence, of_lot.get(bid.operator_id, bid.year_pence))
    return dict(sorted(found.items()))


def _pairs(prices: Prices, least: int) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Two operators and the lots that both priced, where these are enough."""
    operators = sorted({operator_id for of_lot in prices.values() for operator_id in of_lot})
    for a, b in combinations(operators, 2):
        lots = tuple(lot_id for lot_id, of_lot in prices.items() if a in of_lot and b in of_lot)
        if len(lots) >= least:
            yield a, b, lots


def _identical(prices: Prices) -> Iterator[Seen]:
    for lot_id, of_lot in prices.items():
        by_price: dict[int, list[str]] = {}
        for operator_id, pence in sorted(of_lot.items()):
            by_price.setdefault(pence, []).append(operator_id)
        for pence, operators in by_price.items():
            if len(operators) > 1:
                sentence = (
                    f"Lot {lot_id}: {' and '.join(operators)} bid the same to the penny, {pounds(pence)} a year. "
                    "A round day rate or a published price can explain it"
                )
                yield _seen(Screen.IDENTICAL, operators, [lot_id], sentence)


def _mirrored(prices: Prices, a: str, b: str, lots: Sequence[str]) -> Iterator[Seen]:
    """One price is always the same multiple of the other, or always the same amount away."""
    ratios = {Fraction(prices[lot_id][b], prices[lot_id][a]) for lot_id in lots}
    steps = {prices[lot_id][b] - prices[lot_id][a] for lot_id in lots}
    near = float(max(ratios) - min(ratios)) < 0.001
    if steps == {0} or not (near or len(steps) == 1):
        return
    how = f"{float(min(ratios)):.3f} times" if near else f"{pounds(next(iter(steps)))} a year from"
    sentence = (
        f"{b} is {how} {a} on all {len(lots)} lots that both priced. The same cost model, or a common subcontractor, "
        "can explain it"
    )
    yield _seen(Screen.MIRRORED, [a, b], lots, sentence)


def _cover(prices: Prices, ratio: int) -> Iterator[Seen]:
    for lot_id, of_lot in prices.items():
        ordered = sorted(of_lot.items(), key=lambda item: (item[1], item[0]))
        losing = [pence for _, pence in ordered[1:]]
        if len(losing) < 3:
            continue
        spread, step = stdev(losing), losing[0] - ordered[0][1]
        # A step of under a twentieth of the price is no lead, however alike the others are.
        if step * 20 > ordered[0][1] and step > ratio * spread:
            sentence = (
                f"Lot {lot_id}: {ordered[0][0]} is {pounds(step)} a year below the next of {len(ordered)} bids, and "
                f"these differ by {pounds(round(spread))} (standard deviation). A depot next door can explain it"
            )
            yield _seen(Screen.COVER, [operator_id for operator_id, _ in ordered], [lot_id], sentence)


def _rotation(prices: Prices, a: str, b: str, lots: Sequence[str]) -> Iterator[Seen]:
    """Two operators take turns at being lowest of all, lot after lot."""
    lowest = [min(prices[lot_id], key=lambda o: (prices[lot_id][o], o)) for lot_id in lots]
    takes_turns = all(one != other for one, other in pairwise(lowest))
    if set(lowest) == {a, b} and takes_turns:
        sentence = (
            f"{a} and {b} are lowest in turn on the {len(lots)} lots that both priced, in the order of the pack. "
            "Depots on two sides of the area can explain it"
        )
        yield _seen(Screen.ROTATION, [a, b], lots, sentence)


def _far(pack: TenderPack, prices: Prices) -> Iterator[Seen]:
    for lot in pack.lots:
        for operator_id, pence in sorted(prices.get(lot.lot_id, {}).items()):
            if not lot.low_pence <= pence <= lot.high_pence:
                side = "below" if pence < lot.low_pence else "above"
                sentence = (
                    f"Lot {lot.lot_id}: {operator_id} at {pounds(pence)} a year is {side} the range of should-cost, "
                    f"{pounds(lot.low_pence)} to {pounds(lot.high_pence)}. Ask how the price is made up"
                )
                yield _seen(Screen.FAR, [operator_id], [lot.lot_id], sentence)


def _under_threshold(pack: TenderPack, submissions: Sequence[Submission], limits: ScreenLimits) -> Iterator[Seen]:
    n_days = (pack.ends_on - pack.starts_on).days + 1
    for submission in submissions:
        for bid in submission.bids:
            value_pence = _term_pence(bid, n_days)
            for threshold in limits.threshold_pence:
                if threshold * (100 - limits.under_pct) <= 100 * value_pence < 100 * threshold:
                    sentence = (
                        f"Bid {bid.bid_id} comes to {pounds(value_pence)} over the term, less than "
                        f"{limits.under_pct} % under the threshold of {pounds(threshold)}. "
                        "Chance can explain one, not many"
                    )
                    yield _seen(Screen.THRESHOLD, [bid.operator_id], bid.lot_ids, sentence)


def _term_pence(bid: Bid, n_days: int) -> int:
    """Value over the whole term: whole years as they are, parts by the day."""
    return bid.year_pence * n_days * 100 // 36_525


def _seen(screen: Screen, operators: Sequence[str], lots: Sequence[str], sentence: str) -> Seen:
    return Seen(screen=screen, operator_ids=tuple(operators), lot_ids=tuple(lots), sentence=sentence)

"""Why the plan is as it is, in words for the report: alternatives, what binds, what rules cost."""

from __future__ import annotations

from dataclasses import dataclass

from transport.explanation import Alternative, Bind, Explanation, PricedRule, RulePrice
from transport.files.plan_words import pounds

RULE_WORDS = {
    PricedRule.SOLO: "travels alone",
    PricedRule.NEVER_TOGETHER: "never together",
    PricedRule.OWN_PA: "PA of their own",
    PricedRule.OWN_RIDE_CAP: "own ride limit",
}
BIND_WORDS = {
    Bind.SOLO: "travels alone",
    Bind.FULL_LAYOUT: "no seat left",
    Bind.PA_SEATS: "seats of PAs",
    Bind.RIDE_CAP: "ride limit",
    Bind.WINDOW: "school windows",
    Bind.SCHOOLS_LIMIT: "number of schools",
    Bind.PRICE: "price only",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWay:
    """A passenger, what their place costs, and the two best other ways."""

    passenger_id: str
    route_id: str
    saved: str
    others: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A route and what binds it first."""

    route_id: str
    what: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A rule and what it costs a year."""

    rule: str
    passengers: str
    year: str
    near: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The section of the report.

    Attributes
    ----------
    n_ways : passengers in all; `ways` holds those whose places cost most.
    """

    ways: tuple[OtherWay, ...]
    n_ways: int
    bounds: tuple[Bound, ...]
    n_by_bind: tuple[tuple[str, int], ...]
    prices: tuple[Priced, ...]
    n_rules: int
    iterations: int
    method: str


def explained_of(explanation: Explanation | None, *, max_listed: int) -> Explained | None:
    """The words of an explanation; None where the plan has none."""
    if explanation is None:
        return None
    dearest = sorted(explanation.alternatives, key=lambda a: (-(a.saved_pence_per_week or 0), a.passenger_id))
    counts = {bind: sum(b.bind is bind for b in explanation.bindings) for bind in Bind}
    return Explained(
        ways=tuple(
            OtherWay(
                passenger_id=a.passenger_id,
                route_id=a.route_id,
                saved="" if a.saved_pence_per_week is None else pounds(a.saved_pence_per_week),
                others=_two([_way_words(x) for x in a.others], a.sentence),
            )
            for a in dearest[:max_listed]
        ),
        n_ways=len(dearest),
        bounds=tuple(
            Bound(route_id=b.route_id, what=BIND_WORDS[b.bind], sentence=b.sentence) for b in explanation.bindings
        ),
        n_by_bind=tuple((BIND_WORDS[bind], n) for bind, n in counts.items() if n),
        prices=tuple(
            Priced(
                rule=RULE_WORDS[r.rule],
                passengers=", ".join(r.passenger_ids),
                year="cannot be compared" if r.year_pence is None else pounds(r.year_pence, pennies=False),
                near=f"{r.n_routes:,} with {r.n_passengers:,} passengers",
            )
            for r in sorted(explanation.rule_prices, key=_dearest_first)
        ),
        n_rules=explanation.n_rules,
        iterations=explanation.iterations,
        method=explanation.method,
    )


def _dearest_first(price: RulePrice) -> tuple[int, tuple[str, ...]]:
    return -(price.year_pence or 0), price.passenger_ids


def _way_words(x: Alternative) -> str:
    where = f"{x.route_id}, {x.class_id}" if x.route_id is not None else f"a vehicle of their own, {x.class_id}"
    sign = "" if x.extra_pence_per_week < 0 else "+"
    return f"{where}: {sign}{pounds(x.extra_pence_per_week)}"


def _two(words: list[str], sentence: str) -> tuple[str, str]:
    """Two cells; the reason where a way is missing."""
    filled = [*words, sentence, ""]
    return filled[0], filled[1]

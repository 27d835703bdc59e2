"""Why a plan is as it is: where else each passenger could ride, what binds each route, what single rules cost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from transport.calendar import Leg


class Bind(StrEnum):
    """What keeps a route from taking one more passenger: the closed list."""

    SOLO = "solo"
    FULL_LAYOUT = "full_layout"
    PA_SEATS = "pa_seats"
    RIDE_CAP = "ride_cap"
    WINDOW = "window"
    SCHOOLS_LIMIT = "schools_limit"
    PRICE = "price"


class PricedRule(StrEnum):
    """Rules on single passengers whose price is worked out: the closed list."""

    SOLO = "solo"
    NEVER_TOGETHER = "never_together"
    OWN_PA = "own_pa"
    OWN_RIDE_CAP = "own_ride_cap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another way to carry a passenger.

    Attributes
    ----------
    route_id : None: a vehicle of their own. class_id : class that then drives them.
    extra_pence_per_week : objective with them there less objective of the plan; below 0 where the search missed it.
    """

    route_id: str | None
    class_id: str
    extra_pence_per_week: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternatives:
    """The best other ways for one passenger, cheapest first.

    Attributes
    ----------
    saved_pence_per_week : what their route would cost less without them, its vehicle chosen anew.
    sentence : why there are fewer than two, in plain words; may be empty.
    """

    passenger_id: str
    route_id: str
    saved_pence_per_week: int | None
    others: tuple[Alternative, ...]
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What binds a route first.

    Attributes
    ----------
    amount, unit : how much is left, or (`pa_seats`) how much is taken.
    passenger_id : whose rule it is, where it is one passenger's. leg : on which leg it is tightest.
    """

    route_id: str
    bind: Bind
    amount: int
    unit: str
    sentence: str
    passenger_id: str | None = None
    leg: Leg | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePrice:
    """What a rule on one passenger, or on a pair, costs a year by planning again near it: an estimate.

    Attributes
    ----------
    year_pence : never below 0; None where the two plans do not carry the same passengers.
    n_routes, n_passengers : how many were planned again.
    """

    rule: PricedRule
    passenger_ids: tuple[str, ...]
    year_pence: int | None
    n_routes: int
    n_passengers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything explained about a plan.

    Attributes
    ----------
    n_rules : rules on single passengers and pairs in the scenario; `rule_prices` holds the first few of them, those of
        the dearest passengers.
    iterations : of each search that prices a rule. method : how rules were priced, in plain words.
    """

    alternatives: tuple[Alternatives, ...]
    bindings: tuple[Binding, ...]
    rule_prices: tuple[RulePrice, ...]
    n_rules: int
    iterations: int
    method: str

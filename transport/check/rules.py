# The table of rules is read as a table, one row a line.
# ruff: noqa: E501
"""The closed list of rules, each with its source, and what a violation of one looks like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from transport.calendar import Leg
from transport.check.shifts import RoutedRun
from transport.check.words import run_words


class Rule(StrEnum):
    """Every cause that `check_plan` can name."""

    UNKNOWN_ID = "unknown_id"
    REPEATED_ID = "repeated_id"
    EMPTY_RUN = "empty_run"
    DAYS_OVERLAP = "days_overlap"
    PASSENGER_MISSING = "passenger_missing"
    CARRIED_TWICE = "carried_twice"
    LEG_NOT_SERVED = "leg_not_served"
    NOT_SET_DOWN = "not_set_down"
    CARRIED_WHEN_NOT_TRAVELLING = "carried_when_not_travelling"
    NOT_PLANNED_CARRIED = "not_planned_carried"
    WRONG_PLACE = "wrong_place"
    PICKUP_VARIES = "pickup_varies"
    WRONG_GATE = "wrong_gate"
    ORDER_DIFFERS = "order_differs"
    SAME_ROUTE_SPLIT = "same_route_split"
    BOARDS_AFTER_FIRST_ALIGHT = "boards_after_first_alight"
    TOO_MANY_SCHOOLS = "too_many_schools"
    ARRIVES_EARLY = "arrives_early"
    ARRIVES_LATE = "arrives_late"
    BOARDS_BEFORE_SESSION_ENDS = "boards_before_session_ends"
    LEAVES_LATE = "leaves_late"
    CLOCK = "clock"
    DRIVE_TOO_SHORT = "drive_too_short"
    ROAD_NOT_PERMITTED = "road_not_permitted"
    RIDE_OVER_CAP = "ride_over_cap"
    RIDE_OVER_TARGET = "ride_over_target"
    WALK_OVER_MAX = "walk_over_max"
    LAYOUT_NOT_OF_CLASS = "layout_not_of_class"
    OVER_CAPACITY = "over_capacity"
    VEHICLE_TAG_MISSING = "vehicle_tag_missing"
    SOLO_SHARED = "solo_shared"
    NEVER_TOGETHER = "never_together"
    KEEP_TOGETHER_SPLIT = "keep_together_split"
    TOO_FEW_PAS = "too_few_pas"
    PA_NOT_TRAINED = "pa_not_trained"
    PA_HOME = "pa_home"
    PA_DOUBLE_BOOKED = "pa_double_booked"
    COUNCIL_PAS_OVER = "council_pas_over"
    VEHICLE_CLASS_MISMATCH = "vehicle_class_mismatch"
    RUN_OVERLAP = "run_overlap"
    LAYOUT_CHANGE = "layout_change"
    OUTSIDE_SHIFT = "outside_shift"
    TOO_MANY_RUNS = "too_many_runs"
    SAME_VEHICLE_SPLIT = "same_vehicle_split"
    LOT_MISSING = "lot_missing"
    BOUGHT_SEVERAL_RUNS = "bought_several_runs"
    CLASS_LIMIT = "class_limit"
    NOT_BUYABLE = "not_buyable"
    OPERATOR_NOT_ADMITTED = "operator_not_admitted"
    OPERATOR_VEHICLES_OVER = "operator_vehicles_over"
    OPERATOR_PAS_OVER = "operator_pas_over"
    KEPT_ROUTE_CHANGED = "kept_route_changed"
    HELD_LOT_CHANGED = "held_lot_changed"
    CONTRACT_OVER = "contract_over"
    VARIATION_OVER = "variation_over"
    PIN_BROKEN = "pin_broken"
    TOO_MANY_DISTURBED = "too_many_disturbed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """What a rule says and where it comes from.

    Attributes
    ----------
    source : law, guidance, a policy setting or a column of the council's data; "ours" where there is none outside.
    hard : a plan that breaks it may not be used; soft ones are priced and reported.
    meaning : the rule in one line.
    unit : of `Violation.amount`.
    """

    source: str
    hard: bool
    meaning: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One broken rule.

    Attributes
    ----------
    amount, unit : by how much, exactly (seconds over, places over ...).
    sentence : the same for people.
    days : day indices 0..9 on which it is broken; empty where days play no part.
    """

    rule: Rule
    hard: bool
    amount: int
    unit: str
    sentence: str
    passenger_ids: tuple[str, ...] = ()
    route_id: str | None = None
    leg: Leg | None = None
    days: tuple[int, ...] = ()


def _hard(source: str, unit: str, meaning: str) -> RuleSpec:
    return RuleSpec(source=source, hard=True, unit=unit, meaning=meaning)


_SCHEMA = "the plan's own consistency"
_RECORD = "the passenger's record"
_ROADS = "the travel matrix"
_SCHOOL = "the school's windows (schools.csv, school_times.csv); where it gives none, policy arrive_*, leave_*; ours"
_LAYOUTS = "the vehicle class's layouts (vehicle_classes.csv)"
_PA = "the passenger's assessed need (passengers.csv)"
_OPERATOR = "the operator's admission and stated capacity"

RULE_SPECS: dict[Rule, RuleSpec] = {
    Rule.UNKNOWN_ID: _hard(_SCHEMA, "ids", "every id in the plan is in the scenario, every drive in the travel matrix"),
    Rule.REPEATED_ID: _hard(_SCHEMA, "repeats", "no two routes and no two lots share an id"),
    Rule.EMPTY_RUN: _hard(_SCHEMA, "runs", "a run has at least one day and one stop"),
    Rule.DAYS_OVERLAP: _hard(_SCHEMA, "days", "a fleet route has at most one run per leg and day"),
    Rule.PASSENGER_MISSING: _hard("duty to arrange travel for eligible children: Education Act 1996, section 508B", "passengers", "every planned passenger is carried or listed as unserved"),
    Rule.CARRIED_TWICE: _hard(_SCHEMA, "leg-days", "nobody is carried twice on one leg of a day, or carried and also listed as unserved"),
    Rule.LEG_NOT_SERVED: _hard(_RECORD, "leg-days", "whoever is carried is carried on every leg and day they travel"),
    Rule.NOT_SET_DOWN: _hard(_SCHEMA, "passengers", "whoever boards a run alights from it later, once"),
    Rule.CARRIED_WHEN_NOT_TRAVELLING: _hard(_RECORD, "days", "nobody is carried on a leg and day they do not travel"),
    Rule.NOT_PLANNED_CARRIED: _hard("risk assessment before transport starts, as Sandwell asks; eligibility decision", "leg-days", "nobody is carried who is awaiting a decision or not ready"),
    Rule.WRONG_PLACE: _hard(_RECORD, "days", "boards (AM) or alights (PM) at their own place of that leg and day, or at a pick-up point that may stand in for it"),
    Rule.PICKUP_VARIES: _hard("a child learns one place; ours", "places", "a passenger with pick-up points keeps to one place on all days of a leg"),
    Rule.WRONG_GATE: _hard(_RECORD, "days", "is brought to, and fetched from, their own school's gate"),
    Rule.ORDER_DIFFERS: _hard("policy: order is kept across days; ours", "passengers or gates", "a run follows its route's pattern, skipping who is absent"),
    Rule.SAME_ROUTE_SPLIT: _hard("policy same_route_both_legs; ours", "routes", "a passenger has one route on all days and both legs"),
    Rule.BOARDS_AFTER_FIRST_ALIGHT: _hard("policy board_after_first_alight; ours", "passengers", "everybody boards before the first alighting"),
    Rule.TOO_MANY_SCHOOLS: _hard("policy max_schools_per_run; ours", "schools", "a run serves no more schools than allowed"),
    Rule.ARRIVES_EARLY: _hard(_SCHOOL, "s", "AM: service at the gate starts no earlier than the window opens"),
    Rule.ARRIVES_LATE: _hard(_SCHOOL, "s", "AM: service at the gate starts no later than the window closes"),
    Rule.BOARDS_BEFORE_SESSION_ENDS: _hard(_SCHOOL, "s", "PM: nobody boards before their session ends"),
    Rule.LEAVES_LATE: _hard(_SCHOOL, "s", "PM: service at the gate ends no later than the window closes"),
    Rule.CLOCK: _hard("own boarding and alighting seconds; else policy board_*, alight_*; ours", "s", "service starts after arrival and lasts at least the sum of everybody's seconds"),
    Rule.DRIVE_TOO_SHORT: _hard(_ROADS, "s", "the time between two stops is at least the drive"),
    Rule.ROAD_NOT_PERMITTED: _hard("road limits and street rules, in the travel matrix", "drives", "the vehicle's class may drive from each stop to the next, and from and to its depot"),
    Rule.RIDE_OVER_CAP: _hard("the passenger's own cap, never relaxed; else policy ride_cap_*, relaxed by distance; ours", "s", "nobody rides longer than their cap"),
    Rule.RIDE_OVER_TARGET: RuleSpec(source="DfE statutory guidance on home-to-school travel: 45 min primary, 75 min secondary, as a general guide", hard=False, unit="s", meaning="ride and walk together stay within the guide; each excess has a reason and a price"),
    Rule.WALK_OVER_MAX: _hard("policy max_walk_m; ours", "m", "nobody walks farther to their place of boarding than allowed"),
    Rule.LAYOUT_NOT_OF_CLASS: _hard(_LAYOUTS, "layouts", "a run uses one of its class's layouts"),
    Rule.OVER_CAPACITY: _hard(_LAYOUTS, "places", "the layout holds the load, PAs included, at its fullest moment"),
    Rule.VEHICLE_TAG_MISSING: _hard(_RECORD, "tags", "the vehicle has every tag its passengers need"),
    Rule.SOLO_SHARED: _hard(_RECORD, "passengers", "nobody else is on board with a passenger who travels alone"),
    Rule.NEVER_TOGETHER: _hard("never_together.csv, with reason and owner", "passengers", "two passengers who must not meet are not on the same run"),
    Rule.KEEP_TOGETHER_SPLIT: _hard("keep_together.csv", "routes", "a group shares one route on both legs"),
    Rule.TOO_FEW_PAS: _hard(_PA, "PAs", "shared, one-to-one and two-to-one needs each have their PAs"),
    Rule.PA_NOT_TRAINED: _hard(_PA, "passengers", "council PAs have the training their passengers need"),
    Rule.PA_HOME: _hard("some PAs are fetched from home (assistants.csv)", "PAs", "a PA with a home boards first and leaves last, at home"),
    Rule.PA_DOUBLE_BOOKED: _hard("the council's list of PAs", "s", "a PA is on one vehicle at a time"),
    Rule.COUNCIL_PAS_OVER: _hard("the council's list of PAs", "PAs", "no more council PAs are out at once than the council lists, where it lists them"),
    Rule.VEHICLE_CLASS_MISMATCH: _hard("the fleet list", "routes", "a fleet route's class is its vehicle's"),
    Rule.RUN_OVERLAP: _hard("policy turnround_s (ours) and the drive", "s", "a fleet vehicle finishes one run before it is needed for the next"),
    Rule.LAYOUT_CHANGE: _hard("policy layout_change_s; ours", "s", "a layout is changed only where there is time for it"),
    Rule.OUTSIDE_SHIFT: _hard("the fleet list's shifts", "s", "a fleet vehicle leaves and returns to its depot within its shift"),
    Rule.TOO_MANY_RUNS: _hard("the fleet list's max_runs_per_shift", "runs", "a fleet vehicle does no more runs in a shift than allowed"),
    Rule.SAME_VEHICLE_SPLIT: _hard("policy same_vehicle_both_legs; ours", "vehicles", "a passenger's fleet vehicle is the same on both legs, also where the route may differ"),
    Rule.LOT_MISSING: _hard("every bought route belongs to a lot", "routes", "lot and route name each other, with the same class and operator"),
    Rule.BOUGHT_SEVERAL_RUNS: _hard("councils buy a vehicle's day, one AM and one PM run", "days", "a bought route has at most one run per leg and day"),
    Rule.CLASS_LIMIT: _hard("vehicle class max_routes", "routes", "no more bought routes of a class on a day than the council allows"),
    Rule.NOT_BUYABLE: _hard("rate cards and contracts", "routes", "a bought route has a price: a class card, an operator's card, a contract or today's rate"),
    Rule.OPERATOR_NOT_ADMITTED: _hard(_OPERATOR, "routes", "the operator is admitted for the class"),
    Rule.OPERATOR_VEHICLES_OVER: _hard(_OPERATOR, "vehicles", "an operator runs no more vehicles of a class at once than it has"),
    Rule.OPERATOR_PAS_OVER: _hard(_OPERATOR, "PAs", "an operator's PAs at once are no more than it has"),
    Rule.KEPT_ROUTE_CHANGED: _hard("current_routes.csv keep", "differences", "a kept route appears as it is today"),
    Rule.HELD_LOT_CHANGED: _hard("contracts.csv and current_routes.csv", "routes", "a contract's price covers today's routes of its lot, in their class, and no others"),
    Rule.CONTRACT_OVER: _hard("contracts.csv ends_on, extension_day_rate_pence", "days", "a held lot's contract runs when the plan begins, or goes on at its extension price"),
    Rule.VARIATION_OVER: _hard("contracts.csv variation_max_pct", "m", "a held lot's miles differ from those at award by no more than its variation clause prices"),
    Rule.PIN_BROKEN: _hard("passengers.csv pinned_route_id", "routes", "a pinned passenger stays on their route"),
    Rule.TOO_MANY_DISTURBED: _hard("policy max_disturbed; ours", "passengers", "no more passengers than allowed have another vehicle, PA or time than in the plan compared with"),
}  # fmt: skip
"""Source, kind, unit and meaning of every rule."""


def make_violation(
    rule: Rule,
    amount: int,
    sentence: str,
    *,
    passenger_ids: Iterable[str] = (),
    route_id: str | None = None,
    leg: Leg | None = None,
    days: Iterable[int] = (),
) -> Violation:
    """A violation with the kind and unit of its rule."""
    spec = RULE_SPECS[rule]
    return Violation(
        rule=rule, hard=spec.hard, amount=amount, unit=spec.unit, sentence=sentence,
        passenger_ids=tuple(passenger_ids), route_id=route_id, leg=leg, days=tuple(sorted(set(days))),
    )  # fmt: skip


def make_run_violation(
    rule: Rule,
    amount: int,
    what: str,
    routed: RoutedRun,
    *,
    passenger_ids: Iterable[str] = (),
    days: Iterable[int] | None = None,
) -> Violation:
    """A violation of one run; its sentence is `Route R12 AM on Mon: what`. `days` default to the run's."""
    broken = tuple(routed.run.days if days is None else days)
    return make_violation(
        rule, amount, f"{run_words(routed, broken)}: {what}",
        passenger_ids=passenger_ids, route_id=routed.route.route_id, leg=routed.run.leg, days=broken,
    )  # fmt: skip

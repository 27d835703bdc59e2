"""Money: what a plan costs, item by item. The only place where money is added.

Every item of a route-day is rounded once, half up, to a penny; totals are sums of rounded items.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from transport.calendar import LEGS
from transport.check.disturbed import disturbed_week_pence
from transport.check.rides import Ride, rides_of
from transport.check.shifts import (
    RoutedRun,
    VehicleDay,
    by_day,
    leave_at_s,
    listed_pas_of,
    n_operator_pas_of,
    n_unlisted_pas_of,
    pa_span_s,
    return_at_s,
    run_drive_s,
    run_metres,
    runs_of,
    span_s,
    vehicle_days_of,
)
from transport.lots import Lot, LotState
from transport.money import half_up, hour_pence, mile_pence
from transport.operators import Operator
from transport.plan import Plan, Route, RouteKind, Run
from transport.rate_cards import DeadRule, RateCard
from transport.scenario import CurrentRoute, Scenario
from transport.travel import AnyRoadTravel, Travel
from transport.variation import contract_pa_pence, variation_pence


class CostKind(StrEnum):
    """What an item pays for."""

    BASE = "base"
    MILES = "miles"
    LONG_LEG = "long_leg"
    OPERATOR_PA = "operator_pa"
    CONTRACT_DAY_RATE = "contract_day_rate"
    CONTRACT_PA = "contract_pa"
    CONTRACT_VARIATION = "contract_variation"
    FLEET_FIXED = "fleet_fixed"
    FLEET_MILES = "fleet_miles"
    DRIVER = "driver"
    COUNCIL_PA = "council_pa"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostItem:
    """One price on days that are alike.

    Attributes
    ----------
    owner_id : route, lot, fleet vehicle or (a council PA listed by id) PA that is paid for.
    route_ids, route_weights : routes it serves on these days, and their shares (driving seconds).
    days : day indices 0..9; `pence` is paid on each.
    committed : lease and depot that the term's plan cannot save; else avoidable.
    n_days_a_year : operating days of all `days` together.
    """

    owner_id: str
    route_ids: tuple[str, ...]
    route_weights: tuple[int, ...]
    days: tuple[int, ...]
    kind: CostKind
    pence: int
    committed: bool
    n_days_a_year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CostBreakdown:
    """Every item of a plan and their totals, in pence.

    A week is the sum over the ten days of the fortnight, halved once, half up; the committed part is what the
    avoidable part leaves of it.
    """

    items: tuple[CostItem, ...]
    route_ids: tuple[str, ...]

    def pence_of_day(self, day: int) -> int:
        """Cost of one day (0..9)."""
        return self.avoidable_pence_of_day(day) + self.committed_pence_of_day(day)

    def avoidable_pence_of_day(self, day: int) -> int:
        """Avoidable cost of one day (0..9)."""
        return sum(item.pence for item in self.items if day in item.days and not item.committed)

    def committed_pence_of_day(self, day: int) -> int:
        """Committed cost of one day (0..9)."""
        return sum(item.pence for item in self.items if day in item.days and item.committed)

    @property
    def week_pence(self) -> int:
        """Cost of a week."""
        return half_up(sum(item.pence * len(item.days) for item in self.items), 2)

    @property
    def avoidable_week_pence(self) -> int:
        """Avoidable cost of a week."""
        return half_up(sum(item.pence * len(item.days) for item in self.items if not item.committed), 2)

    @property
    def committed_week_pence(self) -> int:
        """Committed cost of a week."""
        return self.week_pence - self.avoidable_week_pence

    @property
    def year_pence(self) -> int:
        """Cost of a year: each day's cost times that day's operating days."""
        return self.avoidable_year_pence + self.committed_year_pence

    @property
    def avoidable_year_pence(self) -> int:
        """Avoidable cost of a year."""
        return sum(item.pence * item.n_days_a_year for item in self.items if not item.committed)

    @property
    def committed_year_pence(self) -> int:
        """Committed cost of a year."""
        return sum(item.pence * item.n_days_a_year for item in self.items if item.committed)

    @property
    def week_pence_by_kind(self) -> dict[CostKind, int]:
        """Cost of a week by kind, summing to `week_pence`."""
        parts = {kind: Fraction(0) for kind in CostKind}
        for item in self.items:
            parts[item.kind] += Fraction(item.pence * len(item.days), 2)
        return dict(zip(parts, _largest_remainder(list(parts.values()), self.week_pence), strict=True))

    @property
    def week_pence_by_route(self) -> dict[str, int]:
        """Cost of a week by route, summing to `week_pence`; shared items are split by driving time."""
        return self._by_route([Fraction(item.pence * len(item.days), 2) for item in self.items], self.week_pence)

    @property
    def year_pence_by_route(self) -> dict[str, int]:
        """Cost of a year by route, summing to `year_pence`; shared items are split by driving time."""
        return self._by_route([Fraction(item.pence * item.n_days_a_year) for item in self.items], self.year_pence)

    def _by_route(self, amounts: Sequence[Fraction], total: int) -> dict[str, int]:
        parts = dict.fromkeys(self.route_ids, Fraction(0))
        for item, amount in zip(self.items, amounts, strict=True):
            weights = item.route_weights if any(item.route_weights) else (1,) * len(item.route_ids)
            for route_id, weight in zip(item.route_ids, weights, strict=True):
                parts[route_id] += amount * weight / sum(weights)
        return dict(zip(parts, _largest_remainder(list(parts.values()), total), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What the search minimises, in pence a week: money, soft prices, and the price of the unserved."""

    money_pence: int
    soft_pence: int
    unserved_pence: int

    @property
    def total(self) -> int:
        """All three."""
        return self.money_pence + self.soft_pence + self.unserved_pence


def cost_of(plan: Plan, scenario: Scenario, travel: Travel) -> CostBreakdown:
    """Price a plan, item by item; a drive that its vehicle class may not make costs what it would on any road.

    Raises
    ------
    ValueError
        When a route has no price, or the plan names what the scenario or travel does not hold;
        `check_plan` says all that is wrong with it.
    """
    try:
        items = tuple(
            item
            for item in _Pricing(plan=plan, scenario=scenario, travel=AnyRoadTravel(travel=travel)).items()
            if item.pence
        )
    except KeyError as fault:
        raise ValueError(
            f"plan {plan.plan_id} cannot be priced: {fault} is not in the scenario or its travel"
        ) from fault
    return CostBreakdown(items=items, route_ids=tuple(dict.fromkeys(route.route_id for route in plan.routes)))


def objective_of(
    plan: Plan,
    scenario: Scenario,
    travel: Travel,
    breakdown: CostBreakdown | None = None,
    reference: Plan | None = None,
    rides: Sequence[Ride] | None = None,
) -> Objective:
    """Money by the policy's horizon, soft prices and the unserved, per week.

    Parameters
    ----------
    breakdown : the plan's cost where it is known already.
    reference : plan that families know already, for the price of those disturbed.
    rides : every ride of the plan where they are known already.
    """
    cost = breakdown if breakdown is not None else cost_of(plan, scenario, travel)
    term = scenario.policy.horizon == "term"
    return Objective(
        money_pence=cost.avoidable_week_pence if term else cost.week_pence,
        soft_pence=soft_week_pence(plan, scenario, travel, rides) + disturbed_week_pence(plan, reference, scenario),
        unserved_pence=unserved_week_pence(plan, scenario),
    )


def soft_week_pence(plan: Plan, scenario: Scenario, travel: Travel, rides: Sequence[Ride] | None = None) -> int:
    """Price a week of the journeys over their target: half up per passenger, leg and day.

    Parameters
    ----------
    rides : every ride of the plan where they are known already.
    """
    rate = scenario.policy.ride_over_target_pence_per_min
    rides = rides_of(plan, scenario, travel) if rides is None else rides
    return half_up(sum(half_up(rate * ride.over_target_s, 60) * len(ride.days) for ride in rides), 2)


def unserved_week_pence(plan: Plan, scenario: Scenario) -> int:
    """Price a week of the passengers left unserved, for each day they travel."""
    ids = {unserved.passenger_id for unserved in plan.unserved} & set(scenario.passenger_by_id)
    n_days = sum(len(scenario.days_of(scenario.passenger_by_id[pid])) for pid in ids)
    return half_up(scenario.policy.unserved_pence_per_day * n_days, 2)


def card_pence(card: RateCard, *, n_legs: int, billed_m: int, longest_leg_s: int, n_pas: int) -> dict[CostKind, int]:
    """Price one route-day at a rate card, by item.

    Parameters
    ----------
    n_legs : 1 on a day with one leg only, else 2.
    billed_m : loaded and billed empty metres of the day.
    n_pas : operator PAs, the larger of the two legs.
    """
    share_pct = card.one_leg_share_pct if n_legs == 1 else 100
    over_s = max(0, longest_leg_s - card.long_leg_after_s)
    return {
        CostKind.BASE: half_up(card.base_pence * share_pct, 100),
        CostKind.MILES: mile_pence(card.mile_rate_pence, max(0, billed_m - card.free_m)),
        CostKind.LONG_LEG: half_up(card.long_leg_pct * card.base_pence * over_s, 100 * 3600),
        CostKind.OPERATOR_PA: card.pa_day_rate_pence * n_pas,
    }


def billed_metres(run: Run, dead_rule: DeadRule, base_place_id: str | None, travel: Travel, *, profile: int) -> int:
    """Metres of a leg that are billed: first stop to last, and the empty miles of the rule.

    `from_base` without a base is billed as `return`.
    """
    loaded_m = run_metres(run, travel, profile=profile)
    first, last = run.stops[0].place_id, run.stops[-1].place_id
    if dead_rule is DeadRule.NONE:
        return loaded_m
    if dead_rule is DeadRule.FROM_BASE and base_place_id is not None:
        out_m = travel.metres_between(run.leg, base_place_id, first, profile=profile)
        return loaded_m + out_m + travel.metres_between(run.leg, last, base_place_id, profile=profile)
    return loaded_m + travel.metres_between(run.leg, last, first, profile=profile)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pricing:
    """One plan being priced."""

    plan: Plan
    scenario: Scenario
    travel: Travel
    _year_days: dict[frozenset[str], tuple[int, ...]] = field(default_factory=dict)
    _known_shares: dict[tuple[RoutedRun, ...], tuple[dict[str, int], tuple[int, ...]]] = field(default_factory=dict)

    def items(self) -> Iterator[CostItem]:
        """Every item, zero ones included."""
        lot_by_id = {lot.lot_id: lot for lot in self.plan.lots}
        contracted: dict[str, list[Route]] = {}
        for route in self.plan.routes:
            if route.kind is RouteKind.FLEET:
                continue
            lot = lot_by_id.get(route.lot_id or "")
            if lot is None:
                raise ValueError(f"route {route.route_id} is bought but its lot {route.lot_id} is not in the plan")
            if lot.state is not LotState.HELD:
                yield from self._card_items(route, lot)
            elif lot.lot_id in self.scenario.contract_by_lot_id:
                contracted.setdefault(lot.lot_id, []).append(route)
            else:
                yield from self._today_items(route, lot)
        for lot_id, routes in contracted.items():
            yield from self._contract_items(lot_id, routes)
        for day in vehicle_days_of(self.plan):
            yield from self._vehicle_items(day)
        yield from self._listed_pa_items()

    def _item(
        self, kind: CostKind, pence: int, owner_id: str, days: Iterable[int], runs: Sequence[RoutedRun],
        *, committed: bool = False,
    ) -> CostItem:  # fmt: skip
        """An item of the days on which these runs are out."""
        days = tuple(days)
        weights, year = self._shares(runs)
        return CostItem(
            owner_id=owner_id, route_ids=tuple(weights), route_weights=tuple(weights.values()), days=days,
            kind=kind, pence=pence, committed=committed, n_days_a_year=sum(year[day] for day in days),
        )  # fmt: skip

    def _shares(self, runs: Sequence[RoutedRun]) -> tuple[dict[str, int], tuple[int, ...]]:
        """Driving seconds by route, and operating days of each of the ten days; one answer for all items of a day."""
        key = tuple(runs)
        if key not in self._known_shares:
            weights: dict[str, int] = {}
            for routed in runs:
                drive_s = run_drive_s(routed.run, self.travel, profile=self._profile(routed.route.class_id))
                weights[routed.route.route_id] = weights.get(routed.route.route_id, 0) + drive_s
            self._known_shares[key] = weights, self._operating_days(runs)
        return self._known_shares[key]

    def _operating_days(self, runs: Sequence[RoutedRun]) -> tuple[int, ...]:
        """Operating days of each of the ten days for the schools that these runs serve."""
        people = self.scenario.passenger_by_id
        schools = frozenset(people[pid].school_id for routed in runs for pid in routed.run.passenger_ids)
        if schools not in self._year_days:
            self._year_days[schools] = self.scenario.calendar.n_operating_days(schools)
        return self._year_days[schools]

    def _profile(self, class_id: str) -> int:
        return self.travel.profile_by_class_id[class_id]

    def _card_items(self, route: Route, lot: Lot) -> Iterator[CostItem]:
        operator = self.scenario.operator_by_id[lot.operator_id] if lot.operator_id is not None else None
        card = self._card(route, operator if lot.state is LotState.CARD else None)
        base_place_id = operator.base_place_id if operator is not None else None
        profile = self._profile(route.class_id)
        for days, runs in _route_days(route):
            prices = card_pence(
                card,
                n_legs=len({routed.run.leg for routed in runs}),
                billed_m=sum(
                    billed_metres(routed.run, card.dead_rule, base_place_id, self.travel, profile=profile)
                    for routed in runs
                ),
                longest_leg_s=max(routed.run.leg_s for routed in runs),
                n_pas=max(n_unlisted_pas_of(routed) for routed in runs),
            )
            for kind, pence in prices.items():
                yield self._item(kind, pence, route.route_id, days, runs)

    def _card(self, route: Route, operator: Operator | None) -> RateCard:
        if operator is not None:
            card = operator.rate_cards.get(route.class_id)
            whose = f"operator {operator.operator_id}"
        else:
            card = self.scenario.class_by_id[route.class_id].rate_card
            whose = "the council"
        if card is None:
            raise ValueError(f"route {route.route_id}: {whose} has no rate card for class {route.class_id}")
        return card

    def _contract_items(self, lot_id: str, routes: Sequence[Route]) -> Iterator[CostItem]:
        contract = self.scenario.contract_by_lot_id[lot_id]
        day_rate_pence = contract.day_rate_pence_on(self.scenario.starts_on)
        for days, runs in by_day(RoutedRun(route=route, run=run) for route in routes for run in route.runs):
            pa_pence = contract_pa_pence(contract, n_operator_pas_of(runs))
            yield self._item(CostKind.CONTRACT_DAY_RATE, day_rate_pence, lot_id, days, runs)
            yield self._item(CostKind.CONTRACT_PA, pa_pence, lot_id, days, runs)
            metres = sum(run_metres(r.run, self.travel, profile=self._profile(r.route.class_id)) for r in runs)
            for day in days:
                pence = variation_pence(contract, day, metres, day_rate_pence=day_rate_pence)
                yield self._item(CostKind.CONTRACT_VARIATION, pence, lot_id, (day,), runs)

    def _today_items(self, route: Route, lot: Lot) -> Iterator[CostItem]:
        today: CurrentRoute | None = self.scenario.current_route_by_id.get(route.route_id)
        if today is None:
            raise ValueError(f"route {route.route_id}: lot {lot.lot_id} is held without a contract or a rate of today")
        for days, runs in _route_days(route):
            pa_pence = today.pa_day_rate_pence * n_operator_pas_of(runs)
            yield self._item(CostKind.CONTRACT_DAY_RATE, today.day_rate_pence, lot.lot_id, days, runs)
            yield self._item(CostKind.CONTRACT_PA, pa_pence, lot.lot_id, days, runs)

    def _vehicle_items(self, day: VehicleDay) -> Iterator[CostItem]:
        vehicle = self.scenario.vehicle_by_id[day.vehicle_id]
        metres, worked_s = self._shift_totals(day)
        paid_s = max(vehicle.driver_min_paid_s, worked_s)
        fixed = self._item(
            CostKind.FLEET_FIXED, vehicle.fixed_pence_per_day, day.vehicle_id, day.days, day.runs,
            committed=not vehicle.can_be_given_up,
        )  # fmt: skip
        yield fixed
        miles_pence = mile_pence(vehicle.mile_rate_pence, metres)
        yield self._item(CostKind.FLEET_MILES, miles_pence, day.vehicle_id, day.days, day.runs)
        driver_pence = hour_pence(vehicle.driver_pence_per_hour, paid_s)
        yield self._item(CostKind.DRIVER, driver_pence, day.vehicle_id, day.days, day.runs)
        pa_pence = self._unlisted_pa_pence(day)
        yield self._item(CostKind.COUNCIL_PA, pa_pence, day.vehicle_id, day.days, day.runs)

    def _shift_totals(self, day: VehicleDay) -> tuple[int, int]:
        """Metres from and to the depot, and seconds from leaving it to being back, over both shifts."""
        vehicle = self.scenario.vehicle_by_id[day.vehicle_id]
        depot = self.scenario.depot_by_id[vehicle.depot_id].place_id
        profile = self._profile(vehicle.class_id)
        metres = worked_s = 0
        for leg, runs in day.shifts:
            places = [depot, *(stop.place_id for routed in runs for stop in routed.run.stops), depot]
            metres += sum(
                self.travel.metres_between(leg, a, b, profile=profile) for a, b in pairwise(places)
            )  # fmt: skip
            worked_s += return_at_s(leg, runs, depot, self.travel, profile=profile)
            worked_s -= leave_at_s(leg, runs, depot, self.travel, profile=profile)
        return metres, worked_s

    def _unlisted_pa_pence(self, day: VehicleDay) -> int:
        """Pay of a vehicle-day's PAs not listed by id: on board first to last passenger of a shift."""
        policy = self.scenario.policy
        n_pas = max(n_unlisted_pas_of(routed) for routed in day.runs)
        on_board_s = sum(span_s(routed.run for routed in runs if n_unlisted_pas_of(routed)) for _, runs in day.shifts)
        return hour_pence(n_pas * policy.council_pa_pence_per_hour, max(policy.council_pa_min_paid_s, on_board_s))

    def _listed_pa_items(self) -> Iterator[CostItem]:
        """Pay of each PA listed by id: once a day, from boarding to leaving in the AM and in the PM."""
        by_pa: dict[str, list[RoutedRun]] = {}
        for routed in runs_of(self.plan):
            for pa_id in listed_pas_of(routed):
                by_pa.setdefault(pa_id, []).append(routed)
        for pa_id, theirs in by_pa.items():
            pa = self.scenario.assistant_by_id[pa_id]
            for days, runs in by_day(theirs):
                on_board_s = sum(
                    pa_span_s(pa_id, (routed.run for routed in runs if routed.run.leg is leg)) for leg in LEGS
                )
                pence = hour_pence(pa.pence_per_hour, max(pa.min_paid_s, on_board_s))
                yield self._item(CostKind.COUNCIL_PA, pence, pa_id, days, runs)


def _route_days(route: Route) -> list[tuple[tuple[int, ...], tuple[RoutedRun, ...]]]:
    return by_day(RoutedRun(route=route, run=run) for run in route.runs)


def _largest_remainder(parts: Sequence[Fraction], total: int) -> list[int]:
    """Whole pence near the parts that sum to a total: floors, then a penny each to the largest remainders."""
    floors = [part.numerator // part.denominator for part in parts]
    left = total - sum(floors)
    by_remainder = sorted(range(len(parts)), key=lambda idx: floors[idx] - parts[idx])
    for idx in by_remainder[:left]:
        floors[idx] += 1
    return floors

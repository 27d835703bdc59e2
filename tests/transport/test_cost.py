"""Money on the line world, worked out by hand: a minute of driving is a kilometre, a mile 1,609.344 m."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.builders import (
    at,
    hm,
    line_travel,
    make_assistant,
    make_card,
    make_class,
    make_lot,
    make_operator,
    make_passenger,
    make_plan,
    make_scenario,
    make_school,
    make_vehicle,
    route_of,
)
from tests.transport.planted import make_borough
from transport.calendar import Closure, Leg, OperatingCalendar
from transport.contracts import Contract, VariationBand, VariationClause
from transport.cost import CostBreakdown, CostKind, cost_of, objective_of
from transport.lots import Lot, LotState
from transport.money import half_up, hour_pence, mile_pence
from transport.plan import Plan, Route, RouteKind, Unserved
from transport.policy import Policy
from transport.rate_cards import DeadRule
from transport.scenario import CurrentRoute, Scenario

TRAVEL = line_travel()


def priced(scenario: Scenario, *routes: Route, lots: list[Lot] | None = None) -> CostBreakdown:
    return cost_of(make_plan(*routes, lots=lots), scenario, TRAVEL)


def on_day(cost: CostBreakdown, day: int) -> dict[CostKind, int]:
    """Pence by kind on one day."""
    parts: dict[CostKind, int] = {}
    for item in cost.items:
        if day in item.days:
            parts[item.kind] = parts.get(item.kind, 0) + item.pence
    return parts


def bought(card_changes: dict[str, Any], **passenger: Any) -> CostBreakdown:
    """P1 from x0 (or elsewhere) to school S1 at x30 in a bought car: 30 km a leg."""
    card = make_card(**card_changes)
    scenario = make_scenario([make_passenger(**passenger)], vehicle_classes=(make_class(rate_card=card),))
    legs = passenger.get("legs", (Leg.AM, Leg.PM))
    am, pm = (("P1",) if leg in legs else () for leg in (Leg.AM, Leg.PM))
    return priced(scenario, route_of(scenario, TRAVEL, "R1", am, pm))


class TestRounding:
    @pytest.mark.parametrize(
        ("numerator", "denominator", "expected"),
        [(5, 2, 3), (4, 2, 2), (7, 3, 2), (8, 3, 3), (0, 2, 0), (1, 2, 1)],
    )
    def test_halves_go_up(self, numerator: int, denominator: int, expected: int) -> None:
        """2.5 is 3, 2.33 is 2, 2.67 is 3."""
        assert half_up(numerator, denominator) == expected

    def test_a_mile_is_1609_344_metres(self) -> None:
        """1,609 m at £1 a mile are 99.98 p, so 100 p; 805 m at 1 p are 0.5002 p, so 1 p; 804 m are 0."""
        assert mile_pence(100, 1609) == 100
        assert mile_pence(1, 805) == 1
        assert mile_pence(1, 804) == 0

    def test_an_hour_is_3600_seconds(self) -> None:
        """90 s at £10 an hour are 25 p."""
        assert hour_pence(1000, 90) == 25


class TestRateCard:
    def test_base_and_miles_with_the_return_of_each_leg(self) -> None:
        """Two legs of 30 km and 30 km back: 120 km are 74.565 miles at £1."""
        cost = bought({})
        assert on_day(cost, 0) == {CostKind.BASE: 5000, CostKind.MILES: 7456}
        assert cost.pence_of_day(0) == 12_456

    def test_no_empty_miles(self) -> None:
        """60 km are 37.282 miles at £1."""
        assert on_day(bought({"dead_rule": DeadRule.NONE}), 0)[CostKind.MILES] == 3728

    def test_free_miles_are_of_the_whole_day(self) -> None:
        """120 km less 20 km are 62.137 miles at £1."""
        assert on_day(bought({"free_m": 20_000}), 0)[CostKind.MILES] == 6214

    def test_fewer_miles_than_are_free_cost_nothing(self) -> None:
        """There is no refund for miles not driven."""
        assert CostKind.MILES not in on_day(bought({"free_m": 120_001}), 0)

    def test_miles_from_base_need_an_operator_with_a_base(self) -> None:
        """From x40: 40 + 30 + 10 km each leg, 160 km are 99.419 miles; without a base it is the return."""
        card = make_card(dead_rule=DeadRule.FROM_BASE)
        for base, expected in ((at(40), 9942), (None, 7456)):
            operator = make_operator(rate_cards={"CAR": card}, base_place_id=base)
            scenario = make_scenario([make_passenger()], operators=(operator,))
            route = route_of(scenario, TRAVEL, "R1", ("P1",), ("P1",), operator_id="O1")
            assert on_day(priced(scenario, route), 0)[CostKind.MILES] == expected
        assert on_day(bought({"dead_rule": DeadRule.FROM_BASE}), 0)[CostKind.MILES] == 7456

    def test_an_operators_own_card_prices_its_routes(self) -> None:
        """£40 at the operator's card instead of £50 at the council's."""
        operator = make_operator(rate_cards={"CAR": make_card(4000)})
        scenario = make_scenario([make_passenger()], operators=(operator,))
        route = route_of(scenario, TRAVEL, "R1", ("P1",), ("P1",), operator_id="O1")
        assert on_day(priced(scenario, route), 0)[CostKind.BASE] == 4000

    def test_a_one_leg_day_pays_its_share_of_the_base(self) -> None:
        """60 % of £50, and 60 km."""
        cost = bought({"one_leg_share_pct": 60}, legs=[Leg.AM])
        assert on_day(cost, 0) == {CostKind.BASE: 3000, CostKind.MILES: 3728}

    def test_only_the_days_with_one_leg_pay_a_share(self) -> None:
        """No PM on Mon A: £30 that day, £50 on Tue A."""
        cost = bought({"one_leg_share_pct": 60}, pm_place_ids=(None, *(at(0),) * 9))
        assert (on_day(cost, 0)[CostKind.BASE], on_day(cost, 1)[CostKind.BASE]) == (3000, 5000)

    def test_a_long_leg_is_paid_by_the_minute_over_the_hour(self) -> None:
        """1 + 80 + 1 min from x110: 22 min over; 30 % of £50 for 22/60 h are £5.50."""
        assert on_day(bought({}, home=110), 0)[CostKind.LONG_LEG] == 550

    def test_a_long_leg_uses_the_full_base_on_a_one_leg_day(self) -> None:
        """Still £5.50 where only 60 % of the base is paid."""
        cost = bought({"one_leg_share_pct": 60}, home=110, legs=[Leg.AM])
        assert on_day(cost, 0)[CostKind.LONG_LEG] == 550

    def test_an_hour_is_not_long(self) -> None:
        """1 + 58 + 1 min from x88 are exactly an hour."""
        assert CostKind.LONG_LEG not in on_day(bought({}, home=88), 0)

    def test_operator_pas_are_the_larger_of_the_two_legs(self) -> None:
        """One in the AM and two in the PM: two at £60."""
        scenario = make_scenario([make_passenger()])
        route = route_of(scenario, TRAVEL, "R1", ("P1",), ("P1",), n_pas=1)
        am, pm = route.runs
        route = replace(route, runs=(am, replace(pm, n_pas=2)))
        assert on_day(priced(scenario, route), 0)[CostKind.OPERATOR_PA] == 12_000


def contract(**changes: Any) -> Contract:
    values: dict[str, Any] = {
        "lot_id": "L1", "operator_id": "O1", "day_rate_pence": 9000, "pa_day_rate_pence": 5000,
        "variation": VariationClause(mile_rate_pence=150), "starts_on": date(2025, 9, 1),
        "ends_on": date(2027, 7, 31),
    }  # fmt: skip
    return Contract(**values | changes)


class TestContract:
    def test_a_held_lot_costs_its_day_rate_on_each_day_any_of_its_routes_runs(self) -> None:
        """R1 on Mondays, R2 on Mondays and Tuesdays with a PA: four lot-days at £90, four PAs at £50."""
        people = [make_passenger("P1", days=(0, 5)), make_passenger("P2", 10, days=(0, 1, 5, 6))]
        scenario = make_scenario(people, operators=(make_operator(),), contracts=(contract(),))
        one = route_of(scenario, TRAVEL, "R1", ("P1",), ("P1",), operator_id="O1", lot_id="L1")
        two = route_of(scenario, TRAVEL, "R2", ("P2",), ("P2",), operator_id="O1", lot_id="L1", n_pas=1)
        lot = Lot(lot_id="L1", state=LotState.HELD, class_id="CAR", route_ids=("R1", "R2"), operator_id="O1")
        cost = priced(scenario, one, two, lots=[lot])
        for day in (0, 1, 5, 6):
            assert on_day(cost, day) == {CostKind.CONTRACT_DAY_RATE: 9000, CostKind.CONTRACT_PA: 5000}
        assert cost.week_pence == (4 * 9000 + 4 * 5000) // 2

    def test_after_its_term_the_extension_price_holds(self) -> None:
        """The contract ended in July; the plan starts in September."""
        held = contract(ends_on=date(2026, 7, 31), extension_day_rate_pence=9500)
        scenario = make_scenario([make_passenger()], operators=(make_operator(),), contracts=(held,))
        route = route_of(scenario, TRAVEL, "R1", ("P1",), ("P1",), operator_id="O1", lot_id="L1")
        lots = [make_lot(route, LotState.HELD)]
        assert on_day(priced(scenario, route, lots=lots), 0) == {CostKind.CONTRACT_DAY_RATE: 9500}

    @pytest.mark.parametrize(
        ("clause", "award_m", "pence"),
        [
            (VariationClause(mile_rate_pence=150), 8000, 0),
            (VariationClause(mile_rate_pence=150), 6000, 186),  # 2,000 m at 150 p a mile: 186.4 p
            (VariationClause(mile_rate_pence=150), 10_000, -186),
            (VariationClause(mile_rate_pence=150, free_band_m=500), 6000, 140),  # 1,500 m: 139.8 p
            (VariationClause(mile_rate_pence=150, free_band_m=2000), 6000, 0),
            # 500 m free, 700 m at 100 p (43.496 p), 800 m at 150 p (74.565 p): 118.06 p
            (
                VariationClause(
                    mile_rate_pence=150, free_band_m=500, bands=(VariationBand(up_to_m=1200, mile_rate_pence=100),)
                ),
                6000,
                118,
            ),
            # Half of 9000 p / 6,000 m for each of 2,000 m.
            (VariationClause(mile_rate_pence=150, day_share_pct=50), 6000, 1500),
            (VariationClause(mile_rate_pence=150), 0, 0),  # it did not run on such a day: the day rate pays it
        ],
    )
    def test_a_changed_route_is_priced_by_its_variation_clause(
        self, clause: VariationClause, award_m: int, pence: int
    ) -> None:
        """P1 from x26 to S1 at x30 and back is 8,000 m loaded a day; £90 a day at award."""
        held = contract(variation=clause, award_m=(award_m,) * 10)
        scenario = make_scenario([make_passenger("P1", 26)], operators=(make_operator(),), contracts=(held,))
        route = route_of(scenario, TRAVEL, "R1", ("P1",), ("P1",), operator_id="O1", lot_id="L1")
        cost = priced(scenario, route, lots=[make_lot(route, LotState.HELD)])
        extra = {CostKind.CONTRACT_VARIATION: pence} if pence else {}
        assert on_day(cost, 0) == {CostKind.CONTRACT_DAY_RATE: 9000, **extra}

    @pytest.mark.parametrize(
        ("n_pas", "absent_pct", "pence"), [(3, 40, 15_000), (2, 40, 10_000), (1, 40, 8000), (0, 100, 0)]
    )
    def test_pas_more_or_fewer_than_at_award(self, n_pas: int, absent_pct: int, pence: int) -> None:
        """Two at award at £50: a third is £50 more, one fewer takes off the share that the clause says."""
        held = contract(variation=VariationClause(mile_rate_pence=150, pa_absent_pct=absent_pct), award_n_pas=2)
        scenario = make_scenario([make_passenger()], operators=(make_operator(),), contracts=(held,))
        route = route_of(scenario, TRAVEL, "R1", ("P1",), ("P1",), operator_id="O1", lot_id="L1", n_pas=n_pas)
        cost = priced(scenario, route, lots=[make_lot(route, LotState.HELD)])
        assert on_day(cost, 0).get(CostKind.CONTRACT_PA, 0) == pence

    @pytest.mark.parametrize("bands", [((400, 1),), ((500, 1),), ((900, 1), (900, 2))])
    def test_bands_rise_above_the_free_band(self, bands: tuple[tuple[int, int], ...]) -> None:
        """500 m are free, so the first band ends beyond them, and each beyond the one before."""
        made = tuple(VariationBand(up_to_m=up_to_m, mile_rate_pence=rate) for up_to_m, rate in bands)
        with pytest.raises(ValueError, match="each must end above"):
            VariationClause(mile_rate_pence=150, free_band_m=500, bands=made)

    def test_without_a_contract_a_held_lot_costs_what_it_costs_today(self) -> None:
        """£70 a day and £30 for the PA."""
        today = CurrentRoute(
            route_id="R1", kind=RouteKind.BOUGHT, class_id="CAR", am_passenger_ids=("P1",),
            pm_passenger_ids=("P1",), operator_id="O1", day_rate_pence=7000, pa_day_rate_pence=3000,
        )  # fmt: skip
        scenario = make_scenario([make_passenger()], operators=(make_operator(),), current_routes=(today,))
        route = route_of(scenario, TRAVEL, "R1", ("P1",), ("P1",), operator_id="O1", n_pas=1)
        cost = priced(scenario, route, lots=[make_lot(route, LotState.HELD)])
        assert on_day(cost, 0) == {CostKind.CONTRACT_DAY_RATE: 7000, CostKind.CONTRACT_PA: 3000}
        assert {item.owner_id for item in cost.items} == {"L-R1"}

    def test_a_held_lot_without_any_price_is_refused(self) -> None:
        """No price is invented."""
        scenario = make_scenario([make_passenger()], operators=(make_operator(),))
        route = route_of(scenario, TRAVEL, "R1", ("P1",), ("P1",), operator_id="O1")
        with pytest.raises(ValueError, match="lot L-R1 is held without a contract or a rate of today"):
            priced(scenario, route, lots=[make_lot(route, LotState.HELD)])


def fleet_scenario(vehicle: dict[str, Any] | None = None, **changes: Any) -> Scenario:
    """P1 from x10 to S1 at x30, P5 from x25 to S3 at x20 (10:30 to 13:30), vehicle V1 at depot x0."""
    return make_scenario(
        [make_passenger("P1", 10), make_passenger("P5", 25, "S3")],
        schools=(make_school(), make_school("S3", 20, start_s=hm(10, 30), finish_s=hm(13, 30))),
        fleet_vehicles=(make_vehicle(**vehicle or {}),),
        **changes,
    )


def first(scenario: Scenario, **changes: Any) -> Route:
    return route_of(scenario, TRAVEL, "F1", ("P1",), ("P1",), vehicle_id="V1", **changes)


def second(scenario: Scenario, **changes: Any) -> Route:
    return route_of(scenario, TRAVEL, "F2", ("P5",), ("P5",), vehicle_id="V1", **changes)


class TestFleet:
    def test_miles_run_from_depot_to_depot_each_shift(self) -> None:
        """10 + 20 + 30 km, twice: 120 km at 50p a mile are 3,728.2 p."""
        scenario = fleet_scenario()
        assert on_day(priced(scenario, first(scenario)), 0)[CostKind.FLEET_MILES] == 3728

    def test_a_driver_is_paid_the_minimum_for_a_short_day(self) -> None:
        """08:24 to 09:26 and 14:30 to 15:32 are 124 min; four hours at £18 are paid."""
        scenario = fleet_scenario()
        assert on_day(priced(scenario, first(scenario)), 0)[CostKind.DRIVER] == 7200

    def test_a_driver_is_paid_from_leaving_to_returning(self) -> None:
        """124 min at £18 where the minimum is one hour."""
        scenario = fleet_scenario({"driver_min_paid_s": 3600})
        assert on_day(priced(scenario, first(scenario)), 0)[CostKind.DRIVER] == 3720

    def test_lease_and_depot_are_committed_unless_the_vehicle_can_be_given_up(self) -> None:
        """£95 a day either way."""
        for given_up in (False, True):
            scenario = fleet_scenario({"can_be_given_up": given_up})
            cost = priced(scenario, first(scenario))
            assert on_day(cost, 0)[CostKind.FLEET_FIXED] == 9500
            assert cost.committed_pence_of_day(0) == (0 if given_up else 9500)
            assert cost.avoidable_pence_of_day(0) == 3728 + 7200 + (9500 if given_up else 0)

    def test_a_vehicle_that_goes_out_again_stays_out_between_its_runs(self) -> None:
        """0-10-30-25-20-0 and back are 120 km; 08:24-10:46 and 13:10-15:32 are 284 min; one lease."""
        scenario = fleet_scenario()
        cost = priced(scenario, first(scenario), second(scenario))
        expected = {CostKind.FLEET_FIXED: 9500, CostKind.FLEET_MILES: 3728, CostKind.DRIVER: 8520}
        assert on_day(cost, 0) == expected

    def test_a_vehicles_cost_is_split_over_its_routes_by_driving_time(self) -> None:
        """40 min on F1 and 10 min on F2 of £217.48 a day."""
        scenario = fleet_scenario()
        cost = priced(scenario, first(scenario), second(scenario))
        assert cost.week_pence_by_route == {"F1": 86_992, "F2": 21_748}

    def test_a_day_without_a_run_costs_nothing(self) -> None:
        """P1 travels on Mon A only: half a day's cost a week."""
        scenario = fleet_scenario()
        people = (make_passenger("P1", 10, days=(0,)), scenario.passengers[1])
        scenario = replace(scenario, passengers=people)
        cost = priced(scenario, first(scenario))
        assert [cost.pence_of_day(day) for day in range(10)] == [20_428, *(0,) * 9]
        assert cost.week_pence == 10_214


class TestCouncilPa:
    def test_the_minimum_covers_am_and_pm_together(self) -> None:
        """22 min twice, four hours at £13.50."""
        scenario = fleet_scenario()
        assert on_day(priced(scenario, first(scenario, n_pas=1)), 0)[CostKind.COUNCIL_PA] == 5400

    def test_on_board_from_first_to_last_passenger_stop(self) -> None:
        """08:34 to 08:56 and 15:00 to 15:22: 44 min at £13.50."""
        scenario = fleet_scenario(policy=Policy(council_pa_min_paid_s=0))
        assert on_day(priced(scenario, first(scenario, n_pas=1)), 0)[CostKind.COUNCIL_PA] == 990

    def test_one_pa_who_stays_over_two_runs_is_paid_once(self) -> None:
        """08:34 to 10:26 and 13:30 to 15:22: 224 min at £13.50, one PA."""
        scenario = fleet_scenario(policy=Policy(council_pa_min_paid_s=0))
        routes = first(scenario, n_pas=1), second(scenario, n_pas=1)
        assert on_day(priced(scenario, *routes), 0)[CostKind.COUNCIL_PA] == 5040

    def test_a_run_without_a_pa_does_not_count(self) -> None:
        """The PA of F1 is not paid for F2's hour and a half."""
        scenario = fleet_scenario(policy=Policy(council_pa_min_paid_s=0))
        routes = first(scenario, n_pas=1), second(scenario)
        assert on_day(priced(scenario, *routes), 0)[CostKind.COUNCIL_PA] == 990

    def test_the_number_of_pas_is_the_largest_of_the_day(self) -> None:
        """Two on F1, one on F2: two are paid for the day."""
        scenario = fleet_scenario(policy=Policy(council_pa_min_paid_s=0))
        routes = first(scenario, n_pas=2), second(scenario, n_pas=1)
        assert on_day(priced(scenario, *routes), 0)[CostKind.COUNCIL_PA] == 10_080

    def test_a_listed_pa_is_paid_from_home_to_home_at_their_own_rate(self) -> None:
        """From x5: 08:29 to 09:21 and 14:35 to 15:27 are 104 min at £12."""
        scenario = fleet_scenario(assistants=(make_assistant("A1", 5, min_paid_s=0),))
        cost = priced(scenario, first(scenario, pa_ids=("A1",)))
        (item,) = (item for item in cost.items if item.kind is CostKind.COUNCIL_PA)
        assert (item.owner_id, item.route_ids, item.pence) == ("A1", ("F1",), 2080)

    def test_a_listed_pa_without_a_home_joins_with_the_passengers(self) -> None:
        """44 min at £12, and four hours where these are the minimum."""
        for min_paid_s, expected in ((0, 880), (14_400, 4800)):
            scenario = fleet_scenario(assistants=(make_assistant("A1", min_paid_s=min_paid_s),))
            cost = priced(scenario, first(scenario, pa_ids=("A1",)))
            assert on_day(cost, 0)[CostKind.COUNCIL_PA] == expected

    def test_a_listed_pa_on_a_bought_route_is_paid_by_the_council(self) -> None:
        """No operator PA is charged beside them."""
        scenario = make_scenario([make_passenger()], assistants=(make_assistant("A1"),))
        cost = priced(scenario, route_of(scenario, TRAVEL, "R1", ("P1",), ("P1",), pa_ids=("A1",)))
        assert on_day(cost, 0) == {CostKind.BASE: 5000, CostKind.MILES: 7456, CostKind.COUNCIL_PA: 4800}


class TestTotals:
    def test_a_week_is_the_fortnight_halved_once_half_up(self) -> None:
        """One day of £124.57 in the fortnight is £62.285 a week, so £62.29."""
        assert bought({"base_pence": 5001}, days=(0,)).week_pence == 6229

    def test_avoidable_and_committed_sum_to_the_week(self) -> None:
        """£95.01 committed and £109.29 avoidable on one day of the fortnight: neither half may be lost."""
        scenario = fleet_scenario({"fixed_pence_per_day": 9501, "driver_min_paid_s": 14_402})
        people = (make_passenger("P1", 10, days=(0,)), scenario.passengers[1])
        cost = priced(replace(scenario, passengers=people), first(replace(scenario, passengers=people)))
        assert cost.pence_of_day(0) == 9501 + 3728 + 7201
        assert (cost.week_pence, cost.avoidable_week_pence, cost.committed_week_pence) == (10_215, 5465, 4750)

    def test_a_year_without_a_calendar_is_190_days(self) -> None:
        """19 of each of the ten days."""
        assert bought({}).year_pence == 190 * 12_456

    def test_a_route_of_three_days_costs_three_days(self) -> None:
        """Mon to Wed in both weeks: 114 days a year."""
        assert bought({}, days=(0, 1, 2, 5, 6, 7)).year_pence == 114 * 12_456

    @pytest.mark.parametrize(
        ("days", "inset", "n_days"),
        [((0,), False, 1), ((5,), False, 1), ((0,), True, 0), ((1,), False, 2), ((6,), False, 1)],
    )
    def test_a_year_counts_week_a_and_week_b_apart(self, days: tuple[int, ...], inset: bool, n_days: int) -> None:
        """Three weeks A, B, A; the first Monday is a bank holiday, the third may be S1's INSET day."""
        closures = [Closure(on=date(2026, 9, 7))]
        if inset:
            closures.append(Closure(on=date(2026, 9, 21), school_id="S1"))
        calendar = OperatingCalendar(
            terms=((date(2026, 9, 7), date(2026, 9, 25)),), closures=tuple(closures)
        )  # fmt: skip
        scenario = make_scenario([make_passenger(days=days)], calendar=calendar)
        cost = priced(scenario, route_of(scenario, TRAVEL, "R1", ("P1",), ("P1",)))
        assert cost.year_pence == n_days * 12_456

    def test_a_vehicle_runs_while_one_of_its_schools_is_open(self) -> None:
        """S1's INSET on 21 September does not stop V1, which also serves S3."""
        closures = (Closure(on=date(2026, 9, 21), school_id="S1"),)
        calendar = OperatingCalendar(terms=((date(2026, 9, 21), date(2026, 9, 25)),), closures=closures)
        scenario = fleet_scenario(calendar=calendar)
        both = priced(scenario, first(scenario), second(scenario))
        alone = priced(scenario, first(scenario))
        assert both.year_pence == 5 * both.pence_of_day(0)
        assert alone.year_pence == 4 * alone.pence_of_day(0)

    def test_every_total_is_the_sum_of_its_parts(self) -> None:
        """In a borough with every kind of price: by kind, by route, by day, by year."""
        borough = make_borough()
        cost = cost_of(borough.plan, borough.scenario, borough.travel)
        assert {item.kind for item in cost.items} >= {
            CostKind.BASE, CostKind.MILES, CostKind.OPERATOR_PA, CostKind.CONTRACT_DAY_RATE,
            CostKind.FLEET_FIXED, CostKind.FLEET_MILES, CostKind.DRIVER, CostKind.COUNCIL_PA,
        }  # fmt: skip
        assert sum(cost.week_pence_by_route.values()) == cost.week_pence
        assert sum(cost.week_pence_by_kind.values()) == cost.week_pence
        assert sum(cost.year_pence_by_route.values()) == cost.year_pence
        assert half_up(sum(cost.pence_of_day(day) for day in range(10)), 2) == cost.week_pence
        assert set(cost.week_pence_by_route) == {route.route_id for route in borough.plan.routes}

    def test_a_plan_that_names_what_is_not_there_cannot_be_priced(self) -> None:
        """The error says what."""
        borough = make_borough().with_route("F3", vehicle_id="V9")
        with pytest.raises(ValueError, match="plan plan cannot be priced: 'V9' is not in the scenario"):
            cost_of(borough.plan, borough.scenario, borough.travel)


class TestObjective:
    def plan_and_scenario(self, **changes: Any) -> tuple[Plan, Scenario]:
        scenario = make_scenario([make_passenger(walk_s=90), make_passenger("P2", 5, days=(0, 1, 5))], **changes)
        plan = make_plan(route_of(scenario, TRAVEL, "R1", ("P1",), ("P1",)))
        return plan, scenario

    def test_a_journey_over_its_target_is_priced_by_the_minute(self) -> None:
        """30 min and 90 s of walk are 11.5 min over 20 min: 57.5 p, so 58 p, on 20 leg-days a fortnight."""
        plan, scenario = self.plan_and_scenario(policy=Policy(ride_target_primary_s=1200))
        assert objective_of(plan, scenario, TRAVEL).soft_pence == 580

    def test_a_journey_within_its_target_is_free(self) -> None:
        """31.5 min against 45."""
        plan, scenario = self.plan_and_scenario()
        assert objective_of(plan, scenario, TRAVEL).soft_pence == 0

    def test_an_unserved_passenger_is_priced_for_each_day_they_travel(self) -> None:
        """Three days a fortnight at 1,001 p: 1,501.5 p a week, so 1,502 p."""
        plan, scenario = self.plan_and_scenario(policy=Policy(unserved_pence_per_day=1001))
        plan = replace(plan, unserved=(Unserved(passenger_id="P2", cause="over_capacity", sentence=""),))
        assert objective_of(plan, scenario, TRAVEL).unserved_pence == 1502

    def test_the_horizon_chooses_the_money(self) -> None:
        """Term: avoidable only; budget: lease and depot too. Total is the sum of the three."""
        for horizon, money in (("term", 5 * (3728 + 7200)), ("budget", 5 * (3728 + 7200 + 9500))):
            scenario = fleet_scenario(policy=Policy(horizon=horizon))
            objective = objective_of(make_plan(first(scenario)), scenario, TRAVEL)
            assert objective.money_pence == objective.total == money

    def test_a_known_breakdown_is_used(self) -> None:
        """Priced once, the same objective."""
        plan, scenario = self.plan_and_scenario()
        cost = cost_of(plan, scenario, TRAVEL)
        assert objective_of(plan, scenario, TRAVEL, cost) == objective_of(plan, scenario, TRAVEL)

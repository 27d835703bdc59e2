"""Lots of a plan, what the fleet would cost on them, and deciding all at once against one after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from procurement.award import AwardRefused
from procurement.fleet_offers import FleetPrice, extension_offers, fleet_prices
from procurement.lot_design import Cut, LotBook, LotLimits, design_lots
from procurement.make_or_buy import make_or_buy
from procurement.market import vehicles_needed
from procurement.offers import Offer, OfferKind
from tests.builders import (
    hm,
    line_travel,
    make_class,
    make_operator,
    make_passenger,
    make_plan,
    make_scenario,
    make_school,
    make_vehicle,
    route_of,
)
from tests.tendering import make_pack, make_request, make_submission, make_tender_lot
from transport.contracts import Contract, VariationClause
from transport.lots import Lot, LotState
from transport.plan import Plan
from transport.scenario import Scenario
from transport.tenders import AwardRules

TRAVEL = line_travel()
DAY_PENCE = 5000 + 4971
"""Base, and 80 km at £1 a mile: 20 km to school and 20 km back empty, twice."""


def borough(n_passengers: int = 2, **changes: object) -> Scenario:
    """Passengers P1, P2 ... at x10 who go to schools S1 (nine), S2 (a quarter past ten), S3 (nine), all at x30."""
    schools = [
        make_school("S1"),
        make_school("S2", start_s=hm(10, 15), finish_s=hm(16, 15)),
        make_school("S3"),
    ]
    people = [make_passenger(f"P{n}", 10, f"S{n}") for n in range(1, n_passengers + 1)]
    return make_scenario(people, schools=schools, fleet_vehicles=[make_vehicle()], **changes)


def bought(scenario: Scenario) -> Plan:
    """Everybody on a route alone, to be tendered."""
    ids = [p.passenger_id for p in scenario.passengers]
    return make_plan(*(route_of(scenario, TRAVEL, f"R{i}", am=[i], pm=[i], layout=(4, 0)) for i in ids))


def lots_of(scenario: Scenario, **options: object) -> LotBook:
    return design_lots(bought(scenario), scenario, TRAVEL, **options)


def test_a_lot_holds_what_its_route_needs() -> None:
    """190 days, a run each way of 22 minutes, 40 loaded km, and £99.71 a day by the card: 79 % to 126 % of it."""
    book = lots_of(borough(1))
    (lot,) = book.lots
    assert (lot.lot_id, lot.class_id, lot.n_vehicle_days_a_year, lot.n_pa_days_a_year) == ("LOT1", "CAR", 190, 0)
    assert [run.end_at_s - run.start_at_s for run in lot.runs] == [1320, 1320]
    assert lot.metres_a_day == 40_000
    assert lot.estimate_pence == 190 * DAY_PENCE
    assert (lot.low_pence, lot.high_pence) == (1_496_647, 2_387_057)
    assert book.route_ids_by_lot_id == {"LOT1": ("RP1",)}


def test_pas_are_counted_in_days() -> None:
    """One PA on the morning run only is still paid the day."""
    scenario = borough(1)
    route = route_of(scenario, TRAVEL, "R", am=["P1"], pm=["P1"], layout=(4, 0))
    am, pm = route.runs
    plan = make_plan(replace(route, runs=(replace(am, n_pas=1), pm)))
    (lot,) = design_lots(plan, scenario, TRAVEL).lots
    assert lot.n_pa_days_a_year == 190
    assert lot.estimate_pence == 190 * (DAY_PENCE + 6000)


@pytest.mark.parametrize(
    ("cut", "limits", "sizes"),
    [
        (Cut.ROUTE, {}, [1, 1, 1]),
        (Cut.CLASS, {}, [3]),
        (Cut.SCHOOL, {}, [1, 1, 1]),
        (Cut.AREA, {}, [3]),
        (Cut.QUARTER, {}, [3]),
        (Cut.CLASS, {"max_routes": 2}, [2, 1]),
        (Cut.CLASS, {"max_metres_a_day": 79_999}, [1, 1, 1]),
        (Cut.CLASS, {"max_metres_a_day": 80_000}, [2, 1]),
        (Cut.CLASS, {"max_year_pence": 2 * 190 * DAY_PENCE}, [2, 1]),
        (Cut.CLASS, {"max_year_pence": 1}, [1, 1, 1]),
    ],
)
def test_routes_are_bundled_within_limits(cut: Cut, limits: dict[str, int], sizes: list[int]) -> None:
    """Three routes alike but for school and hour; a single route is a lot whatever the limits."""
    book = lots_of(borough(3), cut=cut, limits=LotLimits(**limits))
    assert sorted(map(len, book.route_ids_by_lot_id.values()), reverse=True) == sizes
    assert sorted(i for ids in book.route_ids_by_lot_id.values() for i in ids) == ["RP1", "RP2", "RP3"]
    assert sum(lot.estimate_pence for lot in book.lots) == 3 * 190 * DAY_PENCE


def test_a_large_lot_may_hold_several_classes() -> None:
    """Two cars and a bus in one quarter: the lot is called a car's, the bus's runs say so, and both are needed."""
    scenario = borough(3, vehicle_classes=[make_class(), make_class("BUS", [(16, 0)])])
    routes = bought(scenario).routes
    bus = route_of(scenario, TRAVEL, "RP2", am=["P2"], pm=["P2"], class_id="BUS", layout=(16, 0))
    (lot,) = design_lots(make_plan(routes[0], bus, routes[2]), scenario, TRAVEL, cut=Cut.QUARTER).lots
    assert (lot.class_id, lot.n_routes) == ("CAR", 3)
    assert [lot.class_of(run) for run in lot.runs] == ["CAR", "CAR", "CAR", "CAR", "BUS", "BUS"]
    assert vehicles_needed([lot]) == {"CAR": 2, "BUS": 1}


def test_fleet_routes_and_contracts_that_run_on_stay_out() -> None:
    """Nothing is left to tender where the fleet drives the one and a contract holds the other."""
    contract = held("R2", ends_on=date(2027, 8, 31))
    scenario = borough(2, operators=[make_operator()], contracts=[contract])
    plan = make_plan(
        route_of(scenario, TRAVEL, "R1", am=["P1"], pm=["P1"], layout=(4, 0), vehicle_id="V1"),
        route_of(scenario, TRAVEL, "R2", am=["P2"], pm=["P2"], layout=(4, 0), operator_id="O1"),
        lots=[held_lot("R2")],
    )
    with pytest.raises(ValueError, match="no route to tender"):
        design_lots(plan, scenario, TRAVEL)
    assert [lot.class_id for lot in design_lots(plan, scenario, TRAVEL, fleet_too=True).lots] == ["CAR"]


def held(route_id: str, **changes: object) -> Contract:
    values: dict[str, object] = {
        "lot_id": f"L-{route_id}",
        "operator_id": "O1",
        "day_rate_pence": 7000,
        "pa_day_rate_pence": 4000,
        "variation": VariationClause(mile_rate_pence=100),
        "starts_on": date(2023, 9, 1),
        "ends_on": date(2026, 8, 31),
        "extension_day_rate_pence": 8000,
    }
    return Contract(**(values | changes))  # type: ignore[arg-type]


def held_lot(route_id: str) -> Lot:
    return Lot(
        lot_id=f"L-{route_id}", state=LotState.HELD, class_id="CAR", route_ids=(route_id,), operator_id="O1"
    )  # fmt: skip


def test_a_contract_that_is_over_may_go_on_at_its_price() -> None:
    """£80 a day, 190 days; none where the operator offered nothing."""
    for rate, prices in ((8000, [190 * 8000]), (None, [])):
        scenario = borough(1, operators=[make_operator()], contracts=[held("R1", extension_day_rate_pence=rate)])
        route = route_of(scenario, TRAVEL, "R1", am=["P1"], pm=["P1"], layout=(4, 0), operator_id="O1")
        plan = make_plan(route, lots=[held_lot("R1")])
        book = design_lots(plan, scenario, TRAVEL)
        assert book.lots[0].held_by == "O1"
        assert [offer.price_pence for offer in extension_offers(book, plan, scenario, TRAVEL)] == prices


def test_a_vehicle_is_priced_by_the_day() -> None:
    """Four hours' driver at £18, 120 km at 50p a mile; £95 of lease more at full cost."""
    scenario = borough(1)
    (price,) = fleet_prices(bought(scenario), lots_of(scenario), scenario, TRAVEL)
    assert price.avoidable_pence == 190 * (7200 + 3728)
    assert price.full_pence == 190 * (7200 + 3728 + 9500)


def test_a_vehicle_takes_lots_one_after_the_other_and_not_at_once() -> None:
    """S2 begins 75 minutes after S1 and S3: with either of them, never all or those two."""
    scenario = borough(3)
    found = fleet_prices(bought(scenario), lots_of(scenario), scenario, TRAVEL)
    by_lots = {price.lot_ids: price.avoidable_pence for price in found}
    assert set(by_lots) == {("LOT1",), ("LOT2",), ("LOT3",), ("LOT1", "LOT2"), ("LOT2", "LOT3")}
    assert by_lots["LOT1", "LOT2"] < by_lots["LOT1",] + by_lots["LOT2",]


def test_a_vehicle_keeps_the_routes_that_are_not_tendered() -> None:
    """V1 drives P1 already: P3's lot is at the same hour, and P2's costs only what it adds."""
    scenario = borough(3)
    own = route_of(scenario, TRAVEL, "RP1", am=["P1"], pm=["P1"], layout=(4, 0), vehicle_id="V1")
    plan = make_plan(own, *(route for route in bought(scenario).routes if route.route_id != "RP1"))
    book = design_lots(plan, scenario, TRAVEL)
    (price,) = fleet_prices(plan, book, scenario, TRAVEL)
    assert book.route_ids_by_lot_id[price.lot_ids[0]] == ("RP2",)
    assert price.avoidable_pence == price.full_pence


def test_vehicles_that_are_the_same_are_offered_together() -> None:
    """Two of one kind, one that costs more."""
    scenario = borough(1)
    vehicles = [make_vehicle("V1"), make_vehicle("V2"), make_vehicle("V3", mile_rate_pence=60)]
    scenario = replace(scenario, fleet_vehicles=tuple(vehicles))
    found = fleet_prices(bought(scenario), lots_of(scenario), scenario, TRAVEL)
    assert [price.vehicle_ids for price in found] == [("V1", "V2"), ("V3",)]
    assert [price.offer(avoidable=True).n_alike for price in found] == [2, 1]


def test_a_vehicle_too_small_is_not_offered() -> None:
    """A car for four holds P1; a car for two wheelchairs has no seat."""
    chair = make_class("CHAIR", [(0, 2)])
    scenario = borough(1, vehicle_classes=[make_class(), chair])
    scenario = replace(scenario, fleet_vehicles=(make_vehicle("V1", "CHAIR"),))
    travel = line_travel({"CAR": 0, "BUS": 0, "CHAIR": 0})
    assert fleet_prices(bought(scenario), lots_of(scenario), scenario, travel) == ()


def own(lot_ids: str, pounds: int, vehicle_ids: tuple[str, ...] = ("V1",)) -> FleetPrice:
    return FleetPrice(
        vehicle_ids=vehicle_ids, lot_ids=tuple(lot_ids.split()), avoidable_pence=100 * pounds,
        full_pence=100 * (pounds + 2_000),
    )  # fmt: skip


FLEET = (own("L1", 6_000), own("L2", 7_000))
RESERVED = AwardRules(tie_seed=7, fleet_reserved=True, extensions_reserved=True)
BIDS = (
    make_submission("O1", {"L1": 6_500, "L2": 9_000}),
    make_submission("O2", {"L1 L2": 13_800}),
)


def test_all_at_once_is_cheaper_than_either_order() -> None:
    """One vehicle, lots estimated at £10,000.

    Fleet first sends it to L1 (saves £4,000 there, £3,000 on L2) and buys L2 at £9,000: £15,000. Bids first takes the
    package at £13,800, of which the vehicle cannot take half. At once: bid for L1, vehicle on L2, £13,500.
    """
    request = make_request(make_pack([make_tender_lot("L1"), make_tender_lot("L2")], RESERVED), *BIDS)
    found = make_or_buy(request, FLEET, (), avoidable=True)
    assert found.fleet_first.compared_pence == 1_500_000
    assert found.bids_first.compared_pence == 1_380_000
    assert found.joint.compared_pence == 1_350_000
    assert {offer.offer_id for offer in found.joint.winners} == {"O1:L1", "fleet:V1:L2"}
    assert (found.saved_pence, found.record.proven) == (30_000, True)


def test_at_full_cost_the_vehicle_stays_at_home() -> None:
    """£2,000 more for its lease: £15,500 with it, the package is cheaper; fleet first has £17,000."""
    request = make_request(make_pack([make_tender_lot("L1"), make_tender_lot("L2")], RESERVED), *BIDS)
    found = make_or_buy(request, FLEET, (), avoidable=False)
    assert found.fleet_first.compared_pence == 1_700_000
    assert (found.bids_first.compared_pence, found.joint.compared_pence, found.saved_pence) == (1_380_000, 1_380_000, 0)


def test_bids_first_lets_the_fleet_take_what_is_dearer() -> None:
    """Without the package L2 is bought at £9,000 first and then driven at £7,000."""
    request = make_request(make_pack([make_tender_lot("L1"), make_tender_lot("L2")], RESERVED), BIDS[0])
    assert make_or_buy(request, FLEET, (), avoidable=True).bids_first.compared_pence == 1_350_000


def test_two_vehicles_alike_take_a_lot_each() -> None:
    """Both lots at £6,000 and £7,000."""
    fleet = (own("L1", 6_000, ("V1", "V2")), own("L2", 7_000, ("V1", "V2")))
    request = make_request(make_pack([make_tender_lot("L1"), make_tender_lot("L2")], RESERVED), *BIDS)
    assert make_or_buy(request, fleet, (), avoidable=True).joint.compared_pence == 1_300_000


def test_an_extension_is_weighed_with_the_rest() -> None:
    """O3 goes on with L1 for £5,000; the vehicle takes L2."""
    extension = Offer(
        offer_id="extension:L1", kind=OfferKind.EXTENSION, supplier_id="O3", lot_ids=("L1",), price_pence=500_000,
        compared_pence=500_000,
    )  # fmt: skip
    request = make_request(make_pack([make_tender_lot("L1"), make_tender_lot("L2")], RESERVED), *BIDS)
    found = make_or_buy(request, FLEET, (extension,), avoidable=True)
    assert {offer.offer_id for offer in found.joint.winners} == {"extension:L1", "fleet:V1:L2"}


def test_the_fleet_stays_out_where_the_pack_reserved_nothing() -> None:
    """Fleet and extensions are not looked at; asked for outright they are refused."""
    plain = make_pack([make_tender_lot("L1"), make_tender_lot("L2")])
    found = make_or_buy(make_request(plain, *BIDS), FLEET, (), avoidable=True)
    assert {offer.kind for offer in found.joint.winners} == {OfferKind.BID}
    later = replace(make_request(plain, *BIDS), rules=RESERVED)
    with pytest.raises(AwardRefused, match="rule fleet_reserved is True"):
        make_or_buy(later, FLEET, (), avoidable=True)

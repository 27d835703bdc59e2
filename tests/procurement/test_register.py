"""Contracts for the register, the award notice, and what a plan costs once lots are awarded."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from procurement.award import AwardRecord, determine_awards
from procurement.lot_design import design_lots
from procurement.ocds import award_release, tender_release
from procurement.offers import Offer, OfferKind
from procurement.register import RegisterFrame, new_cost, register_entries
from tests.builders import line_travel, make_class, make_passenger, make_plan, make_scenario, route_of
from tests.tendering import make_bid, make_pack, make_request, make_submission, make_tender_lot
from transport.cost import cost_of
from transport.operators import Operator
from transport.tenders import AwardRules, TenderPack

AT = datetime(2026, 7, 20, 9, 0, tzinfo=UTC)
FRAME = RegisterFrame(
    title="School transport", department="Travel", procedure="pa_2023, fps", review_on=date(2028, 3, 1)
)  # fmt: skip
OPERATORS = [
    Operator(operator_id="O1", name="One Ltd", categories=frozenset(), n_vehicles_by_class={}, is_sme=True),
    Operator(operator_id="O2", name="Two plc", categories=frozenset(), n_vehicles_by_class={}),
]
SENT = (
    make_submission(
        "O1",
        bids=[make_bid("O1", "L1", 9_500, day_rate_pence=5_000, pa_day_rate_pence=0, mile_rate_pence=160)],
    ),
    make_submission("O2", {"L1": 9_900, "L2 L3": 17_000}),
)
PACK = make_pack([make_tender_lot(name) for name in ("L1", "L2", "L3", "L4")], AwardRules(tie_seed=7, fallback_pct=150))


def awarded() -> AwardRecord:
    """O1 has L1, O2 the package of L2 and L3; nobody bids for L4, which is left."""
    return determine_awards(make_request(PACK, *SENT))


def test_a_single_bid_and_a_package_are_one_contract_each() -> None:
    """£9,500 and £17,000 a year, twice that over two years; rates where there were some."""
    one, two = register_entries(PACK, awarded(), SENT, OPERATORS, FRAME)
    assert (one.contract_ref, one.supplier, one.is_sme, one.lot_ids) == ("T1-001", "One Ltd", True, ("L1",))
    assert (one.year_pence, one.term_pence, one.n_operators) == (950_000, 1_900_000, 2)
    assert (one.day_rate_pence, one.mile_rate_pence, one.n_vehicle_days) == (5_000, 160, 190)
    assert (two.supplier, two.is_sme, two.lot_ids, two.term_pence) == ("Two plc", False, ("L2", "L3"), 3_400_000)
    assert (two.day_rate_pence, two.n_vehicle_days, two.n_operators) == (None, 380, 1)
    assert two.description == "Home to school transport, 2 routes, vehicle class CAR"
    assert (one.procedure, one.review_on) == ("pa_2023, fps, competition", date(2028, 3, 1))
    assert one.pack_digest == PACK.digest
    assert one.award_digest == awarded().digest


def test_an_extension_is_a_contract_of_its_own_kind() -> None:
    """No rates of a bid, and the register says that there was no competition."""
    record = awarded()
    extended = Offer(
        offer_id="extension:L1", kind=OfferKind.EXTENSION, supplier_id="O1", lot_ids=("L1",), price_pence=900_000,
        compared_pence=900_000,
    )  # fmt: skip
    winners = tuple(extended if offer.offer_id == "O1:L1" else offer for offer in record.winners)
    (one, _) = register_entries(PACK, replace(record, winners=winners), SENT, OPERATORS, FRAME)
    assert one.procedure == "pa_2023, fps, extension of the contract before"
    assert (one.day_rate_pence, one.mile_rate_pence, one.year_pence) == (None, None, 900_000)


def test_a_withheld_lot_makes_no_contract() -> None:
    """The package falls with L2."""
    (one,) = register_entries(PACK, awarded(), SENT, OPERATORS, FRAME, ["L2"])
    assert one.lot_ids == ("L1",)


@pytest.mark.parametrize(
    ("ends_on", "term_pence"),
    [
        (date(2027, 8, 31), 36_500),
        (date(2028, 8, 31), 73_000),
        (date(2026, 9, 1), 100),
        (date(2027, 9, 10), 37_500),
    ],
)
def test_value_over_the_term(ends_on: date, term_pence: int) -> None:
    """£365 a year from 1 September 2026: whole years are whole, with a leap day too; further days are a pound each."""
    assert make_pack(ends_on=ends_on).term_pence(36_500) == term_pence


def test_a_term_from_a_leap_day() -> None:
    """29 February to 28 February is a year."""
    pack = make_pack(
        deadline=datetime(2027, 7, 5, 14, 0, tzinfo=UTC), starts_on=date(2028, 2, 29), ends_on=date(2029, 2, 28)
    )
    assert pack.term_pence(36_500) == 36_500


INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
STATUS = {"tender": {"active", "complete"}, "lot": {"active", "complete", "cancelled", "unsuccessful"}}


FIELDS = {
    "release": {"ocid", "id", "date", "tag", "initiationType", "language", "buyer", "parties", "tender", "awards"},
    "party": {"id", "name", "roles"},
    "reference": {"id", "name"},
    "tender": {"id", "title", "status", "mainProcurementCategory", "awardCriteria", "tenderPeriod", "contractPeriod",
               "lots"},
    "lot": {"id", "description", "status"},
    "award": {"id", "status", "date", "value", "suppliers", "contractPeriod", "relatedLots"},
    "value": {"amount", "currency"},
    "period": {"startDate", "endDate"},
}  # fmt: skip
"""Fields that we write, each of the release schema 1.1.5 or (`lots`, `relatedLots`) of its lots extension."""
CODES = {
    "mainProcurementCategory": {"goods", "works", "services"},
    "awardCriteria": {"priceOnly", "costOnly", "qualityOnly", "ratedCriteria"},
    "roles": {"buyer", "procuringEntity", "supplier", "tenderer"},
}


def unknown_fields(kind: str, part: dict[str, Any]) -> set[str]:
    """Names that the schema does not have, in this part of a release and below."""
    below = {
        "parties": "party", "buyer": "reference", "suppliers": "reference", "tender": "tender", "lots": "lot",
        "awards": "award", "value": "value", "tenderPeriod": "period", "contractPeriod": "period",
    }  # fmt: skip
    found = set(part) - FIELDS[kind]
    for name, value in part.items():
        for one in value if isinstance(value, list) else [value]:
            if name in below:
                found |= unknown_fields(below[name], one)
    return found


def unknown_codes(part: Any) -> set[str]:
    """Values of coded fields that are not in the schema's lists."""
    if isinstance(part, list):
        return {code for one in part for code in unknown_codes(one)}
    if not isinstance(part, dict):
        return set()
    own = [(name, code) for name, value in part.items() for code in (value if isinstance(value, list) else [value])]
    wrong = {str(code) for name, code in own if name in CODES and code not in CODES[name]}
    return wrong | {code for value in part.values() for code in unknown_codes(value)}


def require_release(release: dict[str, Any], tag: str) -> None:
    """What the release schema 1.1 and its lots extension ask of the parts that we write."""
    assert {"ocid", "id", "date", "tag", "initiationType"} <= set(release)
    assert (unknown_fields("release", release), unknown_codes(release)) == (set(), set())
    assert all(isinstance(one["id"], str) and one["id"] for one in [*release["parties"], release["tender"]])
    assert (release["tag"], release["initiationType"]) == ([tag], "tender")
    assert "#" not in release["id"]
    roles = {party["id"]: party["roles"] for party in release["parties"]}
    assert len(roles) == len(release["parties"])
    assert roles[release["buyer"]["id"]] == ["buyer"]
    tender = release["tender"]
    assert tender["status"] in STATUS["tender"]
    assert {lot["status"] for lot in tender["lots"]} <= STATUS["lot"]
    lot_ids = {lot["id"] for lot in tender["lots"]}
    for award in release.get("awards", []):
        assert award["status"] in {"pending", "active", "cancelled", "unsuccessful"}
        assert all("supplier" in roles[supplier["id"]] for supplier in award["suppliers"])
        assert all(supplier["name"] for supplier in award["suppliers"])
        assert set(award["relatedLots"]) <= lot_ids
        assert (award["value"]["currency"], award["value"]["amount"] > 0) == ("GBP", True)
    for instant in _instants(release):
        assert INSTANT.fullmatch(instant), instant


def _instants(part: Any) -> list[str]:
    """Every value of a field that the schema says is an instant."""
    if isinstance(part, list):
        return [found for item in part for found in _instants(item)]
    if not isinstance(part, dict):
        return []
    own = [v for k, v in part.items() if k in ("date", "startDate", "endDate")]
    return [*own, *(found for value in part.values() for found in _instants(value))]


def test_the_tender_is_a_release() -> None:
    """With every lot, its deadline and the contracts' period."""
    release = tender_release(PACK, ocid="ocds-abc123-1", buyer="Council", title="Transport", at=AT)
    require_release(release, "tender")
    assert [lot["id"] for lot in release["tender"]["lots"]] == ["L1", "L2", "L3", "L4"]
    assert release["tender"]["awardCriteria"] == "priceOnly"


def test_a_release_with_a_name_or_code_that_the_schema_lacks_is_found() -> None:
    """One of each, at the top and deep down."""
    release = tender_release(PACK, ocid="ocds-abc123-1", buyer="Council", title="Transport", at=AT)
    release["colour"] = "blue"
    release["tender"]["lots"][0]["price"] = 1
    release["tender"]["awardCriteria"] = "lowestCost"
    release["parties"][0]["roles"] = ["council"]
    assert unknown_fields("release", release) == {"colour", "price"}
    assert unknown_codes(release) == {"lowestCost", "council"}


def notice(pack: TenderPack, record: AwardRecord, withheld: tuple[str, ...] = ()) -> dict[str, Any]:
    names = {operator.operator_id: operator.name for operator in OPERATORS}
    return award_release(
        pack, record, ocid="ocds-abc123-1", buyer="Council", at=AT, name_by_operator_id=names,
        withheld_lot_ids=withheld,
    )  # fmt: skip


def test_the_award_is_a_release() -> None:
    """Two awards worth £19,000 and £34,000 over the term; L4 found no bid."""
    release = notice(PACK, awarded())
    require_release(release, "award")
    assert [(a["suppliers"][0]["name"], a["value"]["amount"], a["relatedLots"]) for a in release["awards"]] == [
        ("One Ltd", 19_000.0, ["L1"]), ("Two plc", 34_000.0, ["L2", "L3"]),
    ]  # fmt: skip
    assert {lot["id"]: lot["status"] for lot in release["tender"]["lots"]} == {
        "L1": "complete", "L2": "complete", "L3": "complete", "L4": "unsuccessful",
    }  # fmt: skip
    assert release["id"] != tender_release(PACK, ocid="ocds-abc123-1", buyer="C", title="T", at=AT)["id"]


def test_withheld_lots_are_cancelled_in_the_notice() -> None:
    """And with L2 the package that held L3."""
    release = notice(PACK, awarded(), ("L2",))
    require_release(release, "award")
    assert [award["relatedLots"] for award in release["awards"]] == [["L1"]]
    assert [lot["status"] for lot in release["tender"]["lots"]] == [
        "complete",
        "cancelled",
        "cancelled",
        "unsuccessful",
    ]


def test_the_plans_new_cost() -> None:
    """R1 is in no lot, R2 and R3 are: what R1 costs, and what was bid for the others."""
    travel = line_travel()
    people = [make_passenger(f"P{n}", 10 * n) for n in (1, 2, 3)]
    scenario = make_scenario(people, vehicle_classes=(make_class("CAR", [(4, 0)]),))
    routes = [
        route_of(scenario, travel, f"R{n}", am=[f"P{n}"], pm=[f"P{n}"], layout=(4, 0)) for n in (1, 2, 3)
    ]  # fmt: skip
    plan, of_first = make_plan(*routes), make_plan(routes[0])
    book = design_lots(make_plan(*routes[1:]), scenario, travel)
    pack = make_pack(book.lots, AwardRules(tie_seed=7, fallback_pct=150))
    record = determine_awards(make_request(pack, make_submission("O1", {"LOT1": 9_000})))
    cost = new_cost(plan, book, record, scenario, travel, avoidable=False)
    assert cost.before_pence == cost_of(plan, scenario, travel).year_pence
    assert cost.kept_pence == cost_of(of_first, scenario, travel).year_pence
    assert cost.kept_pence > 0
    assert (cost.awarded_pence, cost.open_lot_ids) == (900_000, ("LOT2",))
    assert cost.left_pence == (150 * book.lots[1].estimate_pence + 50) // 100
    assert cost.after_pence == cost.kept_pence + cost.awarded_pence + cost.left_pence
    held = new_cost(plan, book, record, scenario, travel, avoidable=False, withheld_lot_ids=["LOT1"])
    assert (held.awarded_pence, held.open_lot_ids) == (0, ("LOT1", "LOT2"))

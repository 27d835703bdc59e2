"""Tiny named tenders for tests: lots of one car out at eight and at three, estimated at £10,000 a year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from procurement.award import AwardRequest
from tests.builders import hm
from transport.bids import Bid, Submission
from transport.calendar import ALL_DAYS, Leg
from transport.tenders import AwardRules, LotRun, TenderLot, TenderPack

ESTIMATE_PENCE = 1_000_000


def make_tender_lot(lot_id: str = "L1", *, start_s: int = hm(8, 0), n_pas: int = 0, **changes: Any) -> TenderLot:
    """A lot of one car, out for half an hour from `start_s` and again seven hours later, on 190 days."""
    values: dict[str, Any] = {
        "class_id": "CAR",
        "runs": tuple(
            LotRun(leg=leg, days=ALL_DAYS, start_at_s=at_s, end_at_s=at_s + 1800, n_pas=n_pas)
            for leg, at_s in ((Leg.AM, start_s), (Leg.PM, start_s + 7 * 3600))
        ),
        "n_vehicle_days_a_year": 190,
        "n_pa_days_a_year": 190 * n_pas,
        "estimate_pence": ESTIMATE_PENCE,
        "low_pence": ESTIMATE_PENCE * 8 // 10,
        "high_pence": ESTIMATE_PENCE * 12 // 10,
    }
    return TenderLot(lot_id=lot_id, **values | changes)


def make_pack(lots: Iterable[TenderLot] = (), rules: AwardRules | None = None, **changes: Any) -> TenderPack:
    """A pack of lot L1, least price, ties by seed 7, bids until 3 pm on 5 July, contracts from 1 September."""
    values: dict[str, Any] = {
        "pack_id": "T1",
        "version": 1,
        "deadline": datetime(2026, 7, 5, 14, 0, tzinfo=UTC),
        "starts_on": date(2026, 9, 1),
        "ends_on": date(2028, 8, 31),
    }
    return TenderPack(
        lots=tuple(lots) or (make_tender_lot(),), rules=rules or AwardRules(tie_seed=7), **values | changes
    )


def make_bid(operator_id: str, lot_ids: str, pounds: int, **changes: Any) -> Bid:
    """A bid in pounds a year; lots in one text, `L1 L2`. Its id is `O1:L1+L2`."""
    ids = tuple(lot_ids.split())
    values: dict[str, Any] = {"bid_id": f"{operator_id}:{'+'.join(ids)}", "year_pence": 100 * pounds}
    return Bid(operator_id=operator_id, lot_ids=ids, **values | changes)


def make_submission(
    operator_id: str, prices: Mapping[str, int] | None = None, *, bids: Iterable[Bid] = (), **changes: Any
) -> Submission:
    """Bids in pounds a year by lots (`{"L1": 9000, "L1 L2": 17000}`), of an operator with nine cars."""
    made = [make_bid(operator_id, lot_ids, pounds) for lot_ids, pounds in (prices or {}).items()]
    values: dict[str, Any] = {"n_vehicles_by_class": {"CAR": 9}}
    return Submission(operator_id=operator_id, bids=(*made, *bids), **values | changes)


def make_request(pack: TenderPack, *submissions: Submission, **changes: Any) -> AwardRequest:
    """An award on the pack as issued."""
    values: dict[str, Any] = {
        "pack_digest": pack.digest,
        "lots": pack.lots,
        "rules": pack.rules,
        "submissions": submissions,
    }
    return AwardRequest(pack=pack, **values | changes)

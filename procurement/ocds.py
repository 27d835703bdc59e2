"""Releases in the Open Contracting Data Standard 1.1: tender and award, without anything about passengers.

References
----------
Open Contracting Data Standard 1.1, release schema (standard.open-contracting.org).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from procurement.award import AwardRecord
from procurement.offers import Offer, OfferKind
from transport.tenders import TenderLot, TenderPack

Release = dict[str, Any]


def tender_release(pack: TenderPack, *, ocid: str, buyer: str, title: str, at: datetime) -> Release:
    """The tender with its lots as one release.

    Parameters
    ----------
    ocid : open contracting id: registered prefix and the council's own number. at : instant of the release.
    """
    return {
        **_head(pack, ocid, buyer, at, "tender"),
        "tender": {
            "id": pack.pack_id,
            "title": title,
            "status": "active",
            "mainProcurementCategory": "services",
            "awardCriteria": "priceOnly" if pack.rules.price_weight_pct == 100 else "ratedCriteria",
            "tenderPeriod": {"endDate": pack.deadline.isoformat()},
            "contractPeriod": {"startDate": _midnight(pack.starts_on), "endDate": _midnight(pack.ends_on)},
            "lots": [{"id": lot.lot_id, "description": _lot_words(lot), "status": "active"} for lot in pack.lots],
        },
    }  # fmt: skip


def _lot_words(lot: TenderLot) -> str:
    routes = "1 route" if lot.n_routes == 1 else f"{lot.n_routes} routes"
    return f"Home to school transport, {routes}, vehicle class {lot.class_id}"


def award_release(
    pack: TenderPack,
    record: AwardRecord,
    *,
    ocid: str,
    buyer: str,
    at: datetime,
    name_by_operator_id: Mapping[str, str],
) -> Release:
    """Every bid that won, with its supplier and price of a year."""
    won = [offer for offer in record.winners if offer.kind in (OfferKind.BID, OfferKind.EXTENSION)]
    parties = [
        {"id": operator_id, "name": name_by_operator_id.get(operator_id, operator_id), "roles": ["supplier"]}
        for operator_id in dict.fromkeys(offer.supplier_id for offer in won)
    ]
    head = _head(pack, ocid, buyer, at, "award")
    return {
        **head,
        "parties": [*head["parties"], *parties],
        "awards": [_award(offer, at, name_by_operator_id) for offer in won],
    }


def _award(offer: Offer, at: datetime, name_by_operator_id: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": offer.offer_id,
        "status": "pending",
        "date": at.isoformat(),
        "value": {"amount": offer.price_pence / 100, "currency": "GBP"},
        "suppliers": [{"id": offer.supplier_id, "name": name_by_operator_id.get(offer.supplier_id, offer.supplier_id)}],
        "relatedLots": list(offer.lot_ids),
    }


def _head(pack: TenderPack, ocid: str, buyer: str, at: datetime, tag: str) -> Release:
    return {
        "ocid": ocid,
        "id": f"{ocid}-{tag}-{pack.version}",
        "date": at.isoformat(),
        "tag": [tag],
        "initiationType": "tender",
        "language": "en",
        "buyer": {"id": "buyer", "name": buyer},
        "parties": [{"id": "buyer", "name": buyer, "roles": ["buyer"]}],
    }


def _midnight(on: date) -> str:
    return f"{on.isoformat()}T00:00:00Z"

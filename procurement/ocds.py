"""Releases in the Open Contracting Data Standard 1.1: tender and award, without anything about passengers.

References
----------
Open Contracting Data Standard 1.1, release schema (standard.open-contracting.org).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from procurement.award import AwardRecord
from procurement.offers import Offer, OfferKind
from procurement.summaries import awarded
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
    withheld_lot_ids: Collection[str] = (),
) -> Release:
    """Every contract awarded, with its supplier and value over the term, and what became of every lot.

    Parameters
    ----------
    withheld_lot_ids : not awarded, whatever the record says.
    """
    won = [offer for offer in awarded(record, withheld_lot_ids) if offer.is_operators]
    parties = [
        {"id": operator_id, "name": name_by_operator_id.get(operator_id, operator_id), "roles": ["supplier"]}
        for operator_id in dict.fromkeys(offer.supplier_id for offer in won)
    ]
    head = _head(pack, ocid, buyer, at, "award")
    status = _lot_status(record, withheld_lot_ids)
    return {
        **head,
        "parties": [*head["parties"], *parties],
        "tender": {
            "id": pack.pack_id,
            "status": "complete",
            "lots": [{"id": lot.lot_id, "status": status[lot.lot_id]} for lot in pack.lots],
        },
        "awards": [_award(pack, offer, at, name_by_operator_id) for offer in won],
    }


def _lot_status(record: AwardRecord, withheld_lot_ids: Collection[str]) -> dict[str, str]:
    """Code of each lot: bought, driven by the council or withheld, or left for want of an acceptable bid."""
    code = {OfferKind.FLEET: "cancelled", OfferKind.LEFT: "unsuccessful"}
    stands = {offer.offer_id for offer in awarded(record, withheld_lot_ids)}
    return {
        lot_id: code.get(offer.kind, "complete") if offer.offer_id in stands else "cancelled"
        for offer in record.winners
        for lot_id in offer.lot_ids
    }


def _award(pack: TenderPack, offer: Offer, at: datetime, name_by_operator_id: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": offer.offer_id,
        "status": "pending",
        "date": at.isoformat(),
        "value": {"amount": pack.term_pence(offer.price_pence) / 100, "currency": "GBP"},
        "suppliers": [{"id": offer.supplier_id, "name": name_by_operator_id.get(offer.supplier_id, offer.supplier_id)}],
        "contractPeriod": {"startDate": _midnight(pack.starts_on), "endDate": _midnight(pack.ends_on)},
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

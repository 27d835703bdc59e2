"""A tender's folder, first half: lots from a plan, and the pack that goes to all operators."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from api.plan_folder import PlanFolder
from procurement.compare_lots import DesignResult, compare_designs, sites_of
from procurement.lot_design import Cut, LotBook, LotLimits, design_lots
from procurement.ocds import tender_release
from procurement.pack import LEAST_ALIKE, NOT_SHOWN, LotSheet, lot_sheets, require_safe
from procurement.regime import Regime, deadline_words, timetable
from transport.files.bid_schedule import lot_facts, schedule_rows, write_schedule, write_schedule_json
from transport.files.records import read_record, write_record
from transport.files.tables import cell_text, csv_text, write_csv_text
from transport.scenario import Scenario
from transport.tenders import AwardRules, TenderPack
from transport.travel import Travel

BOOK_FILE = "lot_book.json"
PACK_FOLDER = "pack"
PACK_FILE = "pack.json"
BOOK_NOTE = "The council's own: which routes each lot holds. Never part of a pack."


def make_lots(given: PlanFolder, travel: Travel, out: Path, *, cut: Cut, limits: LotLimits, fleet_too: bool) -> LotBook:
    """Cut a plan into lots and write the council's own page of them.

    Parameters
    ----------
    travel : the plan's own; for fleet routes too, the roads it was made on, since the price of empty miles needs more.
    """
    book = design_lots(given.plan, given.scenario, travel, cut=cut, limits=limits, fleet_too=fleet_too)
    out.mkdir(parents=True, exist_ok=True)
    write_record("lot_book", book, out / BOOK_FILE, note=BOOK_NOTE)
    return book


def compare_cuts(
    given: PlanFolder, travel: Travel, limits: LotLimits, *, fleet_too: bool, n_markets: int
) -> tuple[DesignResult, ...]:
    """Every cut of the plan on the same invented markets, with as many operators as the lists have (at least eight)."""
    books = {
        cut.value: design_lots(given.plan, given.scenario, travel, cut=cut, limits=limits, fleet_too=fleet_too)
        for cut in Cut
    }
    sites = {name: sites_of(book, given.plan, given.scenario) for name, book in books.items()}
    starts_on = given.scenario.starts_on
    frame = TenderPack(
        pack_id="comparison", version=1, lots=books[Cut.ROUTE].lots, rules=AwardRules(tie_seed=0),
        deadline=datetime(starts_on.year - 1, 1, 1, tzinfo=UTC), starts_on=starts_on, ends_on=starts_on,
    )  # fmt: skip
    return compare_designs(
        sites, sites[Cut.ROUTE], frame, n_operators=max(8, len(given.scenario.operators)), seeds=range(1, n_markets + 1)
    )


def read_scores(path: Path | None) -> dict[str, int]:
    """Quality scores by operator id from a JSON object.

    Raises
    ------
    ValueError
        Naming scores that are not whole numbers between 0 and 100.
    """
    given: Any = {} if path is None else json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(given, dict):
        raise ValueError(f"{path}: must be an object of scores by operator id")
    wrong = [f"{i}: {v}" for i, v in given.items() if type(v) is not int or not 0 <= v <= 100]
    if wrong:
        raise ValueError(f"quality scores: {', '.join(wrong)}; must be whole numbers between 0 and 100")
    return given


def read_regime(path: Path | None) -> Regime:
    """Settings of the law and the steps from a JSON object; without a file, the defaults.

    Raises
    ------
    ValueError
        Naming what is not allowed.
    """
    if path is None:
        return Regime()
    given = json.loads(path.read_text(encoding="utf-8"))
    known = {f.name for f in fields(Regime)}
    if not isinstance(given, dict) or set(given) - known:
        raise ValueError(f"{path.name}: must be an object with some of {', '.join(sorted(known))}")
    return TypeAdapter(Regime).validate_python(given)


def read_rules(path: Path | None, tie_seed: int) -> AwardRules:
    """Rules from a JSON object of the settings of `AwardRules`; without a file, least price.

    Raises
    ------
    ValueError
        Naming unknown settings and values that are not allowed.
    """
    given: Any = {} if path is None else json.loads(path.read_text(encoding="utf-8"))
    known = {f.name for f in fields(AwardRules)}
    if not isinstance(given, dict) or set(given) - known:
        wrong = sorted(set(given) - known) if isinstance(given, dict) else ["no object"]
        raise ValueError(f"rules: {', '.join(wrong)}; must be some of {', '.join(sorted(known))}")
    return TypeAdapter(AwardRules).validate_python({"tie_seed": tie_seed, **given})


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRequest:
    """What goes out, when, and under which rules.

    Attributes
    ----------
    deadline : local time of the regime's zone, without a zone of its own.
    ocid : open contracting id. area_by_place_id : areas of homes.
    """

    pack_id: str
    version: int
    title: str
    buyer: str
    rules: AwardRules
    regime: Regime
    deadline: datetime
    starts_on: date
    ends_on: date
    ocid: str
    least_alike: int = LEAST_ALIKE


def make_pack(given: PlanFolder, tender: Path, request: PackRequest, *, now: datetime | None = None) -> TenderPack:
    """Write the pack: price schedule, lots and passengers, PDF, release, and the record whose digest binds the council.

    Raises
    ------
    DisclosureRefused
        When it could identify a child; nothing is written then.
    """
    book = read_record("lot_book", LotBook, tender / BOOK_FILE)
    pack = TenderPack(
        pack_id=request.pack_id, version=request.version, lots=book.lots, rules=request.rules,
        deadline=request.deadline.replace(tzinfo=ZoneInfo(request.regime.time_zone)).astimezone(UTC),
        starts_on=request.starts_on, ends_on=request.ends_on,
    )  # fmt: skip
    areas = areas_of(given.scenario)
    sheets = lot_sheets(
        book, given.plan, given.scenario, areas, pack_id=pack.pack_id, least_alike=request.least_alike
    )  # fmt: skip
    release = tender_release(
        pack, ocid=request.ocid, buyer=request.buyer, title=request.title, at=now or datetime.now(UTC)
    )  # fmt: skip
    texts = {
        "lots.csv": lots_csv(pack, sheets),
        "passengers.csv": passengers_csv(sheets),
        "release.json": json.dumps(release, indent=1) + "\n",
    }
    require_safe(sheets, texts, given.scenario, least_alike=request.least_alike)
    out = tender / PACK_FOLDER
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        if name.endswith(".csv"):
            write_csv_text(out / name, text)
        else:
            (out / name).write_text(text, encoding="utf-8")
    write_schedule(schedule_rows(pack), out / "price_schedule.xlsx", title=f"{request.title}: price schedule")
    write_schedule_json(schedule_rows(pack), out / "price_schedule.json")
    write_record("tender_pack", pack, out / PACK_FILE)
    _write_pdf(out / "pack.pdf", pack, sheets, request)
    return pack


def areas_of(scenario: Scenario) -> dict[str, str]:
    """Postcode sector of every place: that of the nearest postcode."""
    import numpy as np

    from transport.files.postcodes import postcode_points_within

    margin = 0.02
    lats, lons = ([getattr(place, name) for place in scenario.places] for name in ("lat", "lon"))
    found = postcode_points_within(min(lats) - margin, min(lons) - margin, max(lats) + margin, max(lons) + margin)
    if not found:
        return {place.place_id: "no postcode near" for place in scenario.places}
    at = np.array([(lat, lon) for _, lat, lon in found])
    areas = {}
    for place in scenario.places:
        # A degree of longitude is about 0.61 of one of latitude in England.
        nearest = int((((at - (place.lat, place.lon)) * (1.0, 0.61)) ** 2).sum(axis=1).argmin())
        areas[place.place_id] = found[nearest][0][:-2].strip()
    return areas


def lots_csv(pack: TenderPack, sheets: Sequence[LotSheet]) -> str:
    """The lots as operators see them."""
    sheet_by_lot = {sheet.lot_id: sheet for sheet in sheets}
    return _csv(
        [{"lot_id": lot.lot_id, **lot_facts(lot), **_sheet_facts(sheet_by_lot[lot.lot_id])} for lot in pack.lots]
    )


def _sheet_facts(sheet: LotSheet) -> dict[str, object]:
    return {
        "passengers": len(sheet.passengers), "places": "; ".join(sheet.layouts), "schools": "; ".join(sheet.schools)
    }  # fmt: skip


def passengers_csv(sheets: Sequence[LotSheet]) -> str:
    """One row for each passenger, with as much detail as numbers allow."""
    names = ("ref", "lot_id", "area", "age_band", "needs", "days")
    return _csv([{name: getattr(row, name) for name in names} for sheet in sheets for row in sheet.passengers])


def _csv(rows: Iterable[Mapping[str, object]]) -> str:
    rows = list(rows)
    return csv_text(list(rows[0]) if rows else [], ([cell_text(value) for value in row.values()] for row in rows))


def rule_words(rules: AwardRules) -> list[str]:
    """The declared rules in sentences, as the pack prints them."""
    words = [
        _criterion_words(rules),
        "Several lots may be offered at one price, all or nothing." if rules.packages else "Bids are for single lots.",
        "Nobody wins more than they say they can carry at once, nor more than the limits they set themselves.",
        "Every lot will be awarded."
        if rules.fallback_pct is None
        else f"A lot may be left unawarded where bids exceed {rules.fallback_pct} % of the council's estimate.",
        "Among awards of equal total, the one wins whose bids have the lowest sum of drawn numbers. A bid's number is "
        f"the first 16 hexadecimal digits of SHA-256 of '{rules.tie_seed}:' and the bid's id, modulo a million.",
    ]
    return words + [sentence.format(v) for name, sentence in _RULE_WORDS.items() if (v := getattr(rules, name))]


def _criterion_words(rules: AwardRules) -> str:
    price, quality = rules.price_weight_pct, 100 - rules.price_weight_pct
    if quality == 0:
        return "The award is the set of bids of least total price a year that supplies every lot once."
    return (
        f"Price counts {price} %, quality {quality} %: to each price is added (100 - quality score) % of the council's "
        f"estimate x {quality}/{price}, and the set of bids of least total that supplies every lot once wins."
    )


_RULE_WORDS = {
    "max_lots_share_pct": "No operator wins more than {} % of the lots.",
    "max_value_share_pct": "No operator wins more than {} % of the sum of the council's estimates.",
    "min_operators": "At least {} operators win something.",
    "fleet_reserved": "The council reserves the right to drive lots itself where that costs less.",
    "extensions_reserved": "The council reserves the right to extend contracts where that costs less.",
    "incumbent_discount_pct": "{} % is taken off the price when comparing a bid of today's operator.",
    "keep_crew_discount_pct": "{} % is taken off the price when comparing a bid that keeps today's crew.",
    "sme_discount_pct": "{} % is taken off the price when comparing a bid of a small or medium enterprise.",
}


def _write_pdf(path: Path, pack: TenderPack, sheets: Sequence[LotSheet], request: PackRequest) -> None:
    from api.documents.pdf import tender_pack_pdf

    sheet_by_lot = {sheet.lot_id: sheet for sheet in sheets}
    data = {
        "title": request.title,
        "since": f"contracts from {pack.starts_on.isoformat()}",
        "face": f"Version {pack.version} of tender {pack.pack_id}",
        "facts": [
            ["Buyer", request.buyer],
            ["Tender", f"{pack.pack_id}, version {pack.version}"],
            ["Bids close", deadline_words(pack.deadline, request.regime.time_zone)],
            ["Contracts", f"{pack.starts_on.isoformat()} to {pack.ends_on.isoformat()}"],
            ["Digest of this pack", pack.digest],
        ],
        "rules": rule_words(pack.rules),
        "timetable": [[step.on.isoformat(), step.what] for step in timetable(request.regime, pack.starts_on)],
        "lots": [
            {
                "title": f"Lot {lot.lot_id}",
                "facts": _named({**lot_facts(lot), **_sheet_facts(sheet_by_lot[lot.lot_id])}),
                "rows": _counted(sheet_by_lot[lot.lot_id]),
            }
            for lot in pack.lots
        ],
    }  # fmt: skip
    path.write_bytes(tender_pack_pdf(data))


def _named(facts: Mapping[str, object]) -> list[list[str]]:
    return [[name.replace("_", " ").capitalize(), cell_text(value)] for name, value in facts.items()]


def _counted(sheet: LotSheet) -> list[list[str]]:
    """Passengers alike in one row, the largest groups first; none where nothing can be told of anybody."""
    groups = Counter(row.shown for row in sheet.passengers)
    if set(groups) == {(NOT_SHOWN,) * 4}:
        return []
    return [[str(n), *shown] for shown, n in groups.most_common()]

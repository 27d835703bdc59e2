"""A tender's folder, first half: lots from a plan, and the pack that goes to all operators."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from api.documents.tender_map import map_geojson, map_key, map_svg
from api.plan_folder import PlanFolder
from api.tender_files import (
    BOOK_FILE,
    ISSUED_FOLDER,
    PACK_FILE,
    PACK_FOLDER,
    TERMS_FILE,
    Terms,
    read_pack,
    write_questions,
)
from api.tender_log import Signed, append_log, digests_of, read_log
from procurement.compare_lots import DesignResult, compare_designs, sites_of
from procurement.integrity import (
    changes_between,
    extended_lots,
    last_issued,
    require_next_version,
    require_reason_for_lots,
)
from procurement.lot_design import Cut, LotBook, LotLimits, design_lots
from procurement.ocds import tender_release
from procurement.pack import (
    LEAST_ALIKE,
    NOT_SHOWN,
    TWO_AREAS,
    LotSheet,
    layout_words,
    lot_sheets,
    require_safe,
    wider_area,
)
from procurement.pack_map import MapPoint, map_points, require_far_from_homes
from procurement.record import LotsDesigned, PackIssued
from procurement.regime import Regime, day_words, deadline_words, timetable
from transport.digest import digest_of
from transport.files.bid_schedule import lot_facts, schedule_rows, write_schedule, write_schedule_json
from transport.files.plan_words import pounds
from transport.files.records import read_record, write_record
from transport.files.tables import cell_text, csv_text, write_csv_text
from transport.scenario import Scenario
from transport.tenders import AwardRules, TenderLot, TenderPack
from transport.travel import Travel

BOOK_NOTE = "The council's own: which routes each lot holds. Never part of a pack."


def make_lots(
    given: PlanFolder, travel: Travel, out: Path, signed: Signed, *, cut: Cut, limits: LotLimits, fleet_too: bool,
    compared: Sequence[str] = (),
) -> LotBook:  # fmt: skip
    """Cut a plan into lots, write the council's own page of them, and record why.

    Parameters
    ----------
    travel : the plan's own; for fleet routes too, the roads it was made on, since the price of empty miles needs more.
    compared : what other cuts would have come to, in sentences.

    Raises
    ------
    RecordRefused
        Without a reason, or once bids have been opened.
    """
    lines = read_log(out)
    require_reason_for_lots(lines, signed.why)
    book = design_lots(
        given.plan, given.scenario, travel, cut=cut, limits=limits, fleet_too=fleet_too,
        extended_lot_ids=extended_lots(lines),
    )  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    write_record("lot_book", book, out / BOOK_FILE, note=BOOK_NOTE)
    made = LotsDesigned(
        cut=cut.value, limits=limit_words(limits), fleet_too=fleet_too, n_lots=len(book.lots),
        estimate_pence=sum(lot.estimate_pence for lot in book.lots), lots_digest=digest_of(book.lots),
        compared=tuple(compared),
    )  # fmt: skip
    append_log(out, made, signed)
    return book


def limit_words(limits: LotLimits) -> str:
    """Limits of lots as they were asked for."""
    given = {f.name: getattr(limits, f.name) for f in fields(limits) if getattr(limits, f.name) is not None}
    return ", ".join(f"{name} {value}" for name, value in given.items())


def compare_cuts(
    given: PlanFolder, travel: Travel, tender: Path, limits: LotLimits, *, fleet_too: bool, n_markets: int,
    tell: Callable[[str, int, int], None] = lambda cut, n, of: None,
) -> tuple[DesignResult, ...]:  # fmt: skip
    """Every cut of the plan on the same invented markets, with as many operators as the lists have (at least eight).

    Parameters
    ----------
    tell : as in `compare_designs`.
    """
    extended = extended_lots(read_log(tender))
    books = {
        cut.value: design_lots(
            given.plan, given.scenario, travel, cut=cut, limits=limits, fleet_too=fleet_too, extended_lot_ids=extended
        )
        for cut in Cut
    }
    sites = {name: sites_of(book, given.plan, given.scenario) for name, book in books.items()}
    starts_on = given.scenario.starts_on
    frame = TenderPack(
        pack_id="comparison", version=1, lots=books[Cut.ROUTE].lots, rules=AwardRules(tie_seed=0),
        deadline=datetime(starts_on.year - 1, 1, 1, tzinfo=UTC), starts_on=starts_on, ends_on=starts_on,
    )  # fmt: skip
    return compare_designs(
        sites, sites[Cut.ROUTE], frame, n_operators=max(8, len(given.scenario.operators)),
        seeds=range(1, n_markets + 1), tell=tell,
    )  # fmt: skip


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
    """Settings of the law and the steps from a JSON file; without one, the defaults.

    Raises
    ------
    ValueError
        Naming what is not allowed.
    """
    return Regime() if path is None else regime_of(json.loads(path.read_text(encoding="utf-8")), path.name)


def regime_of(given: Any, what: str = "regime") -> Regime:
    """Settings of the law and the steps from a JSON object.

    Raises
    ------
    ValueError
        Naming what is not allowed.
    """
    known = {f.name for f in fields(Regime)}
    if not isinstance(given, dict) or set(given) - known:
        raise ValueError(f"{what}: must be an object with some of {', '.join(sorted(known))}")
    return TypeAdapter(Regime).validate_python(given)


def read_rules(path: Path | None, tie_seed: int) -> AwardRules:
    """Rules from a JSON file; without one, least price.

    Raises
    ------
    ValueError
        Naming unknown settings and values that are not allowed.
    """
    return rules_of({} if path is None else json.loads(path.read_text(encoding="utf-8")), tie_seed)


def rules_of(given: Any, tie_seed: int) -> AwardRules:
    """Rules from a JSON object of the settings of `AwardRules`.

    Raises
    ------
    ValueError
        Naming unknown settings and values that are not allowed.
    """
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


def make_pack(given: PlanFolder, tender: Path, request: PackRequest, signed: Signed) -> TenderPack:
    """Write the pack: price schedule, lots and passengers, PDF, release, and the record whose digest binds the council.

    An earlier version is kept in the folder `issued`; what has changed goes out in `changes.txt`.

    Raises
    ------
    DisclosureRefused
        When it could identify a child; nothing is written then.
    RecordRefused
        When it is not the next version, or bids have been opened.
    """
    lines = read_log(tender)
    require_next_version(lines, request.pack_id, request.version, signed.why)
    before = read_pack(tender) if last_issued(lines) else None
    book = read_record("lot_book", LotBook, tender / BOOK_FILE)
    pack = TenderPack(
        pack_id=request.pack_id, version=request.version, lots=book.lots, rules=request.rules,
        deadline=request.deadline.replace(tzinfo=ZoneInfo(request.regime.time_zone)).astimezone(UTC),
        starts_on=request.starts_on, ends_on=request.ends_on,
    )  # fmt: skip
    areas = areas_of(given.scenario)
    sheets = lot_sheets(
        book, given.plan, given.scenario, areas.area_by_place_id, pack_id=pack.pack_id,
        least_alike=request.least_alike,
    )  # fmt: skip
    points = map_points(sheets, given.scenario, areas.centre_by_area, secret=secrets.token_hex(32))
    release = tender_release(
        pack, ocid=request.ocid, buyer=request.buyer, title=request.title, at=signed.at
    )  # fmt: skip
    texts = {
        "lots.csv": lots_csv(pack, sheets),
        "passengers.csv": passengers_csv(sheets),
        "release.json": json.dumps(release, indent=1) + "\n",
        "map.geojson": json.dumps(map_geojson(points), ensure_ascii=False, indent=1) + "\n",
    }
    changes = changes_between(before, pack) if before is not None else ()
    if changes:
        texts["changes.txt"] = "\n".join([f"Version {pack.version}: {signed.why}", *changes]) + "\n"
    require_safe(sheets, texts, given.scenario, least_alike=request.least_alike)
    require_far_from_homes(points, given.scenario)
    out = tender / PACK_FOLDER
    _keep_issued(tender, before)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        if name.endswith(".csv"):
            write_csv_text(out / name, text)
        else:
            (out / name).write_text(text, encoding="utf-8")
    rows = schedule_rows(pack, {sheet.lot_id: _sheet_facts(sheet) for sheet in sheets})
    about = schedule_words(pack, request, given.scenario)
    write_schedule(rows, out / "price_schedule.xlsx", title=f"{request.title}: price schedule", about=about)
    write_schedule_json(rows, out / "price_schedule.json")
    write_record("tender_pack", pack, out / PACK_FILE)
    terms = Terms(title=request.title, buyer=request.buyer, ocid=request.ocid, regime=request.regime)
    write_record("tender_terms", terms, tender / TERMS_FILE)
    _write_pdf(out / "pack.pdf", pack, sheets, points, request, class_words(pack, given.scenario))
    write_questions(tender, lines)
    issued = PackIssued(
        pack_id=pack.pack_id, version=pack.version, pack_digest=pack.digest, lots_digest=pack.lots_digest,
        deadline=pack.deadline, file_digests=digests_of(out.iterdir()), changes=changes,
    )  # fmt: skip
    append_log(tender, issued, signed)
    return pack


def _keep_issued(tender: Path, before: TenderPack | None) -> None:
    """Put the files of the version before aside, so that what its digests name is still there."""
    if before is not None:
        (tender / ISSUED_FOLDER).mkdir(exist_ok=True)
        (tender / PACK_FOLDER).rename(tender / ISSUED_FOLDER / f"version_{before.version}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """Postcode sector of every place, and the middle of every sector and district around."""

    area_by_place_id: Mapping[str, str]
    centre_by_area: Mapping[str, tuple[float, float]]


def areas_of(scenario: Scenario) -> Areas:
    """Areas of all places: the sector of the nearest postcode. Middles are those of postcodes, not of homes."""
    import numpy as np

    from transport.files.postcodes import postcode_points_within

    margin = 0.02
    lats, lons = ([getattr(place, name) for place in scenario.places] for name in ("lat", "lon"))
    found = postcode_points_within(min(lats) - margin, min(lons) - margin, max(lats) + margin, max(lons) + margin)
    if not found:
        areas = {place.place_id: "no postcode near" for place in scenario.places}
        return Areas(area_by_place_id=areas, centre_by_area={})
    at = np.array([(lat, lon) for _, lat, lon in found])
    areas = {}
    for place in scenario.places:
        # A degree of longitude is about 0.61 of one of latitude in England.
        nearest = int((((at - (place.lat, place.lon)) * (1.0, 0.61)) ** 2).sum(axis=1).argmin())
        areas[place.place_id] = found[nearest][0][:-2].strip()
    points: dict[str, list[tuple[float, float]]] = {}
    for postcode, lat, lon in found:
        sector = postcode[:-2].strip()
        for area in (sector, wider_area(sector)):
            points.setdefault(area, []).append((lat, lon))
    centres = {area: (float(lat), float(lon)) for area, p in points.items() for lat, lon in [np.mean(p, axis=0)]}
    return Areas(area_by_place_id=areas, centre_by_area=centres)


def lots_csv(pack: TenderPack, sheets: Sequence[LotSheet]) -> str:
    """The lots as operators see them."""
    sheet_by_lot = {sheet.lot_id: sheet for sheet in sheets}
    return _csv(
        [{"lot_id": lot.lot_id, **lot_facts(lot), **_sheet_facts(sheet_by_lot[lot.lot_id])} for lot in pack.lots]
    )


def _sheet_facts(sheet: LotSheet) -> dict[str, object]:
    areas = sorted({row.area for row in sheet.passengers} - {NOT_SHOWN, TWO_AREAS})
    return {
        "passengers": len(sheet.passengers), "places": "; ".join(sheet.layouts), "schools": "; ".join(sheet.schools),
        "areas": ", ".join(areas) or NOT_SHOWN,
    }  # fmt: skip


def schedule_words(pack: TenderPack, request: PackRequest, scenario: Scenario) -> list[str]:
    """What the first sheet of the schedule says of this tender: term, deadline, papers, vehicle classes."""
    ends_on = day_words(pack.ends_on)
    return [
        f"Tender {pack.pack_id}, version {pack.version}, of {request.buyer}. Contracts from "
        f"{day_words(pack.starts_on)} to {ends_on}.",
        f"Bids close at {deadline_words(pack.deadline, request.regime.time_zone)}.",
        f"Licence, insurance and clearances must last to {ends_on}; with an earlier date all your bids are set aside. "
        "For a paper that is renewed every year, give the day until which you undertake to keep it renewed.",
        *class_words(pack, scenario),
    ]


def _tag_words(tags: Collection[str]) -> str:
    return f" with {', '.join(sorted(tags))}" if tags else ""


def class_words(pack: TenderPack, scenario: Scenario) -> list[str]:
    """What each vehicle class that is asked for holds, and which licence it needs, in sentences."""
    return [
        f"{c.class_id}{_tag_words(c.tags)}: {' or '.join(layout_words(x.seats, x.wheelchairs) for x in c.layouts)}; "
        f"licence {c.licence_class.lower()}."
        for c in scenario.vehicle_classes
        if c.class_id in pack.class_ids
    ]


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


def _write_pdf(
    path: Path, pack: TenderPack, sheets: Sequence[LotSheet], points: Sequence[MapPoint], request: PackRequest,
    classes: Sequence[str],
) -> None:  # fmt: skip
    from api.documents.pdf import tender_pack_pdf

    sheet_by_lot = {sheet.lot_id: sheet for sheet in sheets}
    data = {
        "title": request.title,
        "since": f"contracts from {day_words(pack.starts_on)}",
        "face": f"Version {pack.version} of tender {pack.pack_id}",
        "facts": [
            ["Buyer", request.buyer],
            ["Tender", f"{pack.pack_id}, version {pack.version}"],
            ["Bids close", deadline_words(pack.deadline, request.regime.time_zone)],
            ["Contracts", f"{day_words(pack.starts_on)} to {day_words(pack.ends_on)}"],
            ["How to bid", "fill in price_schedule.xlsx, whose first sheet says how, and send it through the portal"],
            ["Questions", "through the portal; every answer goes to all"],
            ["Digest of this pack", pack.digest],
        ],
        "map": map_svg(points),
        "map_key": map_key(points),
        "rules": rule_words(pack.rules),
        "classes": classes,
        "timetable": _dates(pack, request.regime),
        "lots": [
            {
                "title": f"Lot {lot.lot_id}",
                "facts": _named(lot, sheet_by_lot[lot.lot_id]),
                "rows": _counted(sheet_by_lot[lot.lot_id]),
            }
            for lot in pack.lots
        ],
    }  # fmt: skip
    path.write_bytes(tender_pack_pdf(data))


_FACT_NAMES = {"class_id": "Vehicle class", "estimate_a_year": "The council's estimate"}


def _dates(pack: TenderPack, regime: Regime) -> list[list[str]]:
    """The timetable as operators need it: when bids close, as it was set, and the latest days of what follows."""
    _, _, *after = timetable(regime, pack.starts_on)
    return [
        ["Bids close", deadline_words(pack.deadline, regime.time_zone)],
        *([step.what, day_words(step.on)] for step in after),
    ]


def _named(lot: TenderLot, sheet: LotSheet) -> list[list[str]]:
    """Facts of a lot with names for people; the estimate as money, assistants as they are on board."""
    told = {name: cell_text(value) for name, value in {**lot_facts(lot), **_sheet_facts(sheet)}.items()}
    told["estimate_a_year"] = f"{pounds(lot.estimate_pence)} a year"
    n_pas = max((run.n_pas for run in lot.runs), default=0)
    told["assistant_days_a_year"] += f", at most {n_pas} on board" if n_pas else ""
    return [[_FACT_NAMES.get(name, name.replace("_", " ").capitalize()), text] for name, text in told.items()]


def _counted(sheet: LotSheet) -> list[list[str]]:
    """Passengers alike in one row, the largest groups first; none where nothing can be told of anybody."""
    groups = Counter(row.shown for row in sheet.passengers)
    if set(groups) == {(NOT_SHOWN,) * 4}:
        return []
    return [[str(n), *shown] for shown, n in groups.most_common()]

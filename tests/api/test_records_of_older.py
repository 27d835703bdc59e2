"""Records that an older schoolrun wrote: read after their types were given fields, with the digest they were given."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from api.tender_files import AwardInputs, Opening, Terms
from api.tender_log import RecordDamaged, lines_of
from procurement.award import AwardRecord
from procurement.award_reasons import LostBid, LotReason, RulePrice, SecondBest
from procurement.bids import SetAside
from procurement.lot_design import LotBook
from procurement.offers import Offer
from procurement.record import (
    FIRST_HASH,
    AwardMade,
    BidsOpened,
    ContractsDecided,
    ContractsRegistered,
    InterestDeclared,
    Line,
    LotsDesigned,
    OperatorsTold,
    Overridden,
    PackIssued,
    QuestionAnswered,
    QuestionAsked,
    ScreensSeen,
)
from procurement.regime import Regime
from procurement.screens import Seen
from transport.bids import Bid, Clearances, Submission
from transport.digest import SINCE, digest_of, later
from transport.files.records import RecordFileError, read_record, write_record
from transport.tenders import AwardRules, LotRun, TenderLot, TenderPack


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """As it was."""

    a: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """As it is now."""

    a: int
    b: int | None = later(None, since="0.2.0")


def test_a_record_of_an_older_type_keeps_its_digest(tmp_path: Path) -> None:
    """With what it lacks at its default; and the older reader refuses what it does not know."""
    path = tmp_path / "thing.json"
    digest = write_record("thing", Then(a=1), path)
    read = read_record("thing", Now, path)
    assert (read, digest_of(read)) == (Now(a=1), digest)
    assert digest_of(Now(a=1, b=2)) != digest
    write_record("thing", Now(a=1, b=2), path)
    assert read_record("thing", Now, path) == Now(a=1, b=2)
    with pytest.raises(RecordFileError, match="a newer one wrote it"):
        read_record("thing", Then, path)


WRITTEN = (
    '{"hash": "HASH1", "line": {"seq": 1, "at": "2026-04-02T09:00:00+00:00", "by": ["A. Nother"], "why": "", '
    '"decision": {"award_digest": "aa", "told_on": "2026-04-02", "standstill_ends_on": "2026-04-15", '
    '"file_digests": {"award_O1.pdf": "bb"}, "step": "operators_told"}, "previous_hash": "PREVIOUS"}}'
)
"""A line as it was written before lines had a version and letters named their templates."""


def written() -> str:
    """The line with its hash."""
    text = WRITTEN.replace("PREVIOUS", FIRST_HASH)
    return text.replace("HASH1", digest_of(json.loads(text)["line"]))


def test_a_line_of_before_is_read_with_its_hash() -> None:
    """Its templates are schoolrun's; changed by a letter it is refused."""
    (line,) = lines_of(written())
    assert isinstance(line.decision, OperatorsTold)
    assert line.decision.template_digests is None
    assert f'"{line.hash}"' in written()
    with pytest.raises(RecordDamaged, match="was changed since it was written"):
        lines_of(written().replace("A. Nother", "An Other"))
    with pytest.raises(RecordDamaged, match="line 1: a newer schoolrun wrote it"):
        lines_of('{"version": 2, ' + written()[1:])


FIRST = {
    AwardInputs: "pack pack_digest submissions quality_pct_by_operator_id other_offers start_ids seconds "
    "explain_seconds avoidable always_explained",
    AwardMade: "award_digest pack_digest bids_digest n_winners price_pence proven step",
    AwardRecord: "pack_id pack_version pack_digest bids_digest winners price_pence compared_pence bound_pence proven "
    "tied reasons second_best rule_prices lost unexplained",
    AwardRules: "tie_seed price_weight_pct fallback_pct packages max_lots_share_pct max_value_share_pct min_operators "
    "fleet_reserved extensions_reserved incumbent_discount_pct keep_crew_discount_pct sme_discount_pct",
    Bid: "bid_id operator_id lot_ids year_pence day_rate_pence pa_day_rate_pence mile_rate_pence class_id keeps_crew",
    BidsOpened: "pack_digest opening_digest file_digests operator_ids n_bids set_aside n_patterns step",
    Clearances: "licence_classes licence_ends_on insurance_ends_on clearances_end_on",
    ContractsDecided: "extended_lot_ids refused_lot_ids advice step",
    ContractsRegistered: "award_digest n_contracts year_pence file_digests step",
    InterestDeclared: "person operator_ids statement step",
    Line: "seq at by why decision previous_hash",
    LostBid: "offer_id operator_id short_pence proven sentence",
    LotBook: "lots route_ids_by_lot_id",
    LotReason: "offer_id lot_ids n_rivals without_pence without_proven sentence",
    LotRun: "leg days start_at_s end_at_s n_pas class_id",
    LotsDesigned: "cut limits fleet_too n_lots estimate_pence lots_digest compared step",
    Offer: "offer_id kind supplier_id lot_ids price_pence compared_pence class_id n_alike",
    Opening: "pack_digest opened_by opened_at file_digests submissions set_aside screens",
    OperatorsTold: "award_digest told_on standstill_ends_on file_digests step",
    Overridden: "kind about step",
    PackIssued: "pack_id version pack_digest lots_digest deadline file_digests changes step",
    QuestionAnswered: "question_id text step",
    QuestionAsked: "question_id text step",
    Regime: "law system light_touch standstill standstill_days standstill_unit bidding_days evaluation_days "
    "vetting_days notice_days bank_holidays time_zone",
    RulePrice: "rule price_pence proven sentence",
    ScreensSeen: "opening_digest n_patterns step",
    SecondBest: "dearer_pence gained_ids dropped_ids proven",
    Seen: "screen operator_ids lot_ids sentence",
    SetAside: "operator_id bid_id fault sentence",
    Submission: "operator_id bids n_vehicles_by_class n_pas max_lots max_year_pence is_sme clearances received_at "
    "digest",
    TenderLot: "lot_id class_id runs n_vehicle_days_a_year n_pa_days_a_year estimate_pence low_pence high_pence "
    "n_routes metres_a_day held_by",
    TenderPack: "pack_id version lots rules deadline starts_on ends_on",
    Terms: "title buyer ocid regime",
}
"""Fields of recorded types as the first records had them."""


@pytest.mark.parametrize("kind", FIRST, ids=lambda kind: kind.__name__)
def test_fields_that_came_later_are_marked(kind: type) -> None:
    """One that is not marked, or taken away, would make every record before it unreadable."""
    assert [f.name for f in fields(kind) if SINCE not in f.metadata] == FIRST[kind].split()

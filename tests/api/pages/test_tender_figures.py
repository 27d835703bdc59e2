"""Bids per lot, lots with one bidder, small operators: from the tender whose operators were told, on the dashboard."""

from __future__ import annotations

from datetime import date

from api.auth.permissions import Role
from api.settings import Settings
from api.store.models import Publication
from api.store.store import Store
from api.tender_figures import SME_WORDS, TenderFigures, latest_tender, lot_figures
from procurement.award import determine_awards
from tests.api.job_runs import run_asked
from tests.api.lists import OFFICER
from tests.api.page_visits import visitor, words_of
from tests.api.pages import test_tender_pages as tender_pages
from tests.api.pages.test_tender_pages import Officer, opened
from tests.tendering import make_pack, make_request, make_submission, make_tender_lot

# Fixtures of the pages of a tender: its plan, and two officers.
plan_id, ann, bob = tender_pages.plan_id, tender_pages.ann, tender_pages.bob
ALONE = TenderFigures(tender_id="T1", title="Autumn", told_on=date(2026, 4, 2), lots=())


def test_bidders_and_winners_of_each_lot() -> None:
    """A small operator wins L1, which it priced twice and alone; a large one is cheaper on L2; nobody priced L3."""
    lots = [make_tender_lot(lot_id) for lot_id in ("L1", "L2")]
    small = make_submission("O1", {"L1": 9000, "L1 L2": 40_000, "L2": 9500}, is_sme=True)
    large = make_submission("O2", {"L2": 9000})
    award = determine_awards(make_request(make_pack(lots), small, large))
    found = lot_figures(("L1", "L2", "L3"), (small, large), award)
    assert [(lot.n_bidders, lot.winner, lot.is_sme) for lot in found] == [
        (1, SME_WORDS, True), (2, "a larger operator", False), (0, "nobody", None),
    ]  # fmt: skip
    figures = TenderFigures(tender_id="T1", title="Autumn", told_on=date(2026, 4, 2), lots=found)
    assert (figures.bids_per_lot, figures.single_bid_pct, figures.sme_pct) == (1.0, 50.0, 50.0)


def test_without_lots_nothing_is_known() -> None:
    """No share of nothing."""
    assert (ALONE.bids_per_lot, ALONE.single_bid_pct, ALONE.sme_pct) == (None, None, None)


def test_the_dashboard_knows_a_tender_once_operators_were_told(
    ann: Officer, bob: Officer, plan_id: str, store: Store, settings: Settings
) -> None:
    """Bids stay a secret until then: opened and awarded, the dashboard still says that nothing is known."""
    with store.change(OFFICER) as work:
        row = Publication(
            plan_id=plan_id, school_ids=["S01", "S02"], starts_on=date(2026, 9, 1), published_at=work.now,
            published_by=work.caller.name, publication_id=1, is_roll_back=False, override_reason=None,
        )  # fmt: skip
        work.session.add(row)
    who = visitor(ann.visitor.client.app, Role.TRANSPORT_OFFICER)
    opened(ann, bob)
    bob.does("/patterns", {"reason": "two depots"}, on="/bids")
    digest = ann.visitor.client.get(f"{ann.address}/files/pack/pack.json").json()["digest"]
    ann.does("/award", {"pack_digest": digest})
    run_asked(store, settings)
    unknown = "Bids per lot Unknown target at least 3.0 No tender of this service has told its operators yet"
    assert unknown in words_of(who.see("/dashboard"))
    ann.does("/letters", {"told_on": "2026-04-02", "contact": "Questions to procurement."})
    page = words_of(who.see("/dashboard"))
    assert "Bids per lot 2.0 Red target at least 3.0 2 lots of Autumn, told on 2 April 2026" in page
    assert "Lots with a single bid 0.0%" in page
    parts = words_of(who.see("/dashboard/sme"))
    assert "LOT1 2 A" in parts
    assert who.client.get("/dashboard/bids?form=xlsx").content[:2] == b"PK"
    assert "First" not in words_of(who.see("/dashboard/over-time?figure=bids"))
    with store.read() as session:
        assert latest_tender(session, store.cipher, date(2026, 4, 1)) is None

"""A tender on pages, by two procurement officers at a browser without JavaScript, from lots to the register."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from python_calamine import CalamineWorkbook

from api.auth.permissions import Role
from api.pages.tender_bidding import thin_lots
from api.settings import Settings
from api.store.models import Plan
from api.store.store import Store
from tests.api.clients import signed_in
from tests.api.endpoints.test_plans_api import upload
from tests.api.job_runs import run_asked
from tests.api.lists import OFFICER
from tests.api.page_visits import Visitor, hidden, visitor, words_of
from tests.api.plan_folders import add_bidders, fill_lists, write_plan_folder, zipped
from tests.api.portal import broken_zip, portal_zip
from tests.api.test_audit import lines_of
from tests.tendering import make_pack, make_submission, make_tender_lot

PACK = {
    "title": "School transport", "buyer": "The council", "deadline": "2026-03-20T15:00", "starts_on": "2026-09-01",
    "ends_on": "2028-08-31", "tie_seed": "7", "fallback_pct": "150", "price_weight_pct": "100", "rights": "packages",
    "law": "pa_2023", "standstill": "mandatory", "standstill_days": "8", "standstill_unit": "working",
    "bank_holidays": "2026-04-03, 2026-04-06", "light_touch": "1", "evaluation_days": "15",
}  # fmt: skip
TABLES = {
    "": ["Record of the tender"], "/lots": ["Lots", "What stands on the map"], "/interests": ["Who has declared what"],
    "/bids": ["Prices by lot and operator", "Patterns in the bids", "What was made of them"],
    "/award": ["Winners", "Why the others lost"], "/register": ["Contracts"],
}  # fmt: skip
"""Part of a tender, and its tables."""
NEW = {"cut": "route", "title": "Autumn", "reason": "small lots for small operators"}


@dataclass
class Officer:
    """A procurement officer at one tender: every form goes with what its page sends back."""

    visitor: Visitor
    address: str = "/tenders"

    def see(self, part: str = "") -> str:
        return words_of(self.visitor.see(f"{self.address}{part}"))

    def sent(self, part: str, fields: dict[str, Any], status: int = 303, *, on: str = "", **more: Any) -> str:
        """The page that answers, or where it goes."""
        page = self.visitor.see(f"{self.address}{on or part}")
        kept = {name: hidden(page, name) for name in ("version", "once")}
        fields = {**kept, **fields}
        address = f"{self.address}{part}"
        answer = self.visitor.send(address, fields, status, of=f"{self.address}{on or part}", **more)
        return str(answer.headers["location"] if status == 303 else answer.text)

    def does(self, part: str, fields: dict[str, Any], status: int = 303, *, on: str = "", **more: Any) -> str:
        return words_of(self.sent(part, fields, status, on=on, **more))


@pytest.fixture
def plan_id(store: Store, app: FastAPI, tmp_path: Path) -> str:
    """A published plan of two bought routes, and two operators with two cars each."""
    fill_lists(store)
    add_bidders(store)
    data = zipped(write_plan_folder(store, tmp_path / "plan"))
    stored = str(upload(signed_in(app, Role.TRANSPORT_OFFICER), data).json()["plan_id"])
    with store.change(OFFICER) as work:
        work.session.get_one(Plan, stored).status = "published"
    return stored


@pytest.fixture
def ann(app: FastAPI, plan_id: str) -> Officer:
    """Ann, with a tender of one lot a route."""
    found = visitor(app, Role.PROCUREMENT_OFFICER)
    made = found.send("/tenders", {**NEW, "plan_id": plan_id}, of="/tenders/new").headers["location"]
    return Officer(found, made.partition("?")[0])


@pytest.fixture
def bob(app: FastAPI, ann: Officer) -> Officer:
    return Officer(visitor(app, Role.PROCUREMENT_OFFICER), ann.address)


def bids_of(officer: Officer) -> bytes:
    """What the portal took in."""
    return portal_zip(officer.visitor.client.get(f"{officer.address}/files/pack/price_schedule.json").json())


def opened(ann: Officer, bob: Officer, pack: dict[str, str] = PACK) -> None:
    """Pack issued, both declared, bids handed in by Ann and opened by Bob."""
    ann.does("/pack", pack)
    for officer in (ann, bob):
        officer.does("/interests", {"statement": "no interest in any operator"})
    ann.does("/bids", {}, files={"bids": ("bids.zip", bids_of(ann), "application/zip")})
    bob.does("/opening", {}, on="/bids")


def book_of(officer: Officer, part: str) -> CalamineWorkbook:
    """The tables of a page as a workbook."""
    answer = officer.visitor.client.get(f"{officer.address}{part}?form=xlsx")
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.content))


def states(page: str) -> list[str]:
    """Words of the tags of the task list, in order."""
    return re.findall(r"govuk-tag [^>]*>(Done|Next|Later)<", page)


def test_a_whole_round_on_pages(ann: Officer, bob: Officer, store: Store, settings: Settings) -> None:
    """Each wins the lot that it is cheap on; every page says what was decided, and nobody's words are in the log."""
    assert states(ann.visitor.see(ann.address)) == ["Done", "Next", *["Later"] * 7]
    assert "The map comes with the pack" in ann.see("/lots")
    ann.does("/pack", PACK)
    pack = ann.see("/pack")
    assert "A lot may be left unawarded where bids exceed 150 % of the council's estimate." in pack
    assert "Contracts start 1 September 2026" in pack
    assert "Bids close 20 March 2026, 3:00pm" in pack
    assert "Bids close 25 June 2026" in pack
    assert "Bids close after" not in pack
    terms = json.loads(ann.visitor.client.get(f"{ann.address}/files/terms.json").text)["content"]["regime"]
    assert (terms["light_touch"], terms["evaluation_days"]) == (True, 15)
    ann.does("/questions", {"question": "Are tolls paid?"})
    assert "1 question, 1 without an answer" in ann.see()
    bob.does("/questions", {"question_id": "Q1", "answer": "There are none."})
    assert "Q1: Are tolls paid? There are none." in bob.see("/questions")
    for officer in (ann, bob):
        officer.does("/interests", {"statement": "no interest in any operator"})
    ann.does("/bids", {}, files={"bids": ("bids.zip", bids_of(ann), "application/zip")})
    assert "You have handed in the bids. Somebody else now opens them with you" in ann.see("/bids")
    bob.does("/opening", {}, on="/bids")
    bids = bob.see("/bids")
    # 190 days at £100, £110, £400 and £105; the plan's own price of a route is £19,224 a year.
    assert "LOT1 £15,187 to £24,222 £19,000, lower part £20,900, upper part" in bids
    assert "LOT2 £15,187 to £24,222 £76,000, above the range £19,950, upper part" in bids
    assert "Nothing was set aside." in bids
    bob.does("/patterns", {"reason": "two depots"}, on="/bids")
    digest = json.loads(ann.visitor.client.get(f"{ann.address}/files/pack/pack.json").text)["digest"]
    ann.does("/award", {"pack_digest": digest, "minutes": "1"})
    assert "Waiting for its turn" in bob.see("/award")
    run_asked(store, settings)
    award = bob.see("/award")
    assert "No award costs less" in award
    assert "It is dearer by £" in award
    assert award.count("would have had to be") >= 2
    ann.does("/letters", {"told_on": "2026-04-02", "contact": "Questions to procurement."})
    letters = ann.see("/letters")
    assert "Operators are told on 2 April 2026." in letters
    assert "The standstill ends at midnight at the end of 15 April 2026" in letters
    assert ann.visitor.client.get(f"{ann.address}/files/letters/award_O1.pdf").content.startswith(b"%PDF")
    ann.does("/register", {"department": "Travel assistance"})
    register = ann.see("/register")
    assert all(words in register for words in ("Operator O1", "£100.00", "Operator O2", "£105.00"))
    assert states(ann.visitor.see(ann.address)) == ["Done"] * 9
    for part, sheets in TABLES.items():
        assert 'href="?form=xlsx"' in bob.visitor.see(f"{ann.address}{part}")
        assert book_of(ann, part).sheet_names[1:] == sheets, part
    prices = book_of(ann, "/bids").get_sheet_by_name("Prices by lot and operator").to_python()
    assert prices[1] == ["LOT1", "£15,187 to £24,222", "£19,000, lower part", "£20,900, upper part"]
    assert "Nothing: it is complete" in Officer(ann.visitor).see()
    whole = json.dumps(lines_of(store))
    for said in ("Are tolls paid?", "no interest in any operator", "two depots", NEW["reason"]):
        assert said not in whole


def test_lots_of_thin_competition_are_named() -> None:
    """Two operators offer L1, one of them L2 with it, nobody L3."""
    pack = make_pack([make_tender_lot(lot_id) for lot_id in ("L1", "L2", "L3")])
    sent = (make_submission("O1", {"L1": 9000, "L1 L2": 17000}), make_submission("O2", {"L1": 8000}))
    assert list(thin_lots(pack, sent)) == [("Nobody offers", "L3"), ("One operator alone offers", "L2")]


def test_scores_of_quality_have_their_reasons_in_the_letters(
    ann: Officer, bob: Officer, store: Store, settings: Settings
) -> None:  # fmt: skip
    """In the letter to that operator alone; what is too long is refused, not cut; anew, the words stand there."""
    opened(ann, bob, {**PACK, "price_weight_pct": "60"})
    bob.does("/patterns", {"reason": "two depots"}, on="/bids")
    digest = json.loads(ann.visitor.client.get(f"{ann.address}/files/pack/pack.json").text)["digest"]
    scored = {"pack_digest": digest, "quality-O1": "90", "quality-O2": "70"}
    assert 'href="#quality-O1"' in ann.sent("/award", {**scored, "quality-O1": "170"}, 422)
    ann.does("/award", scored)
    run_asked(store, settings)
    words = {"told_on": "2026-04-02", "law_reference": "regulation 76", "quality_reasons-O2": "No spare vehicle."}
    refused = ann.sent("/letters", {**words, "law_reference": "r" * 201, "quality_reasons-O1": "q" * 2001}, 422)
    assert "Use at most 200 characters" in refused
    assert 'href="#quality_reasons-O1"' in refused
    assert "r" * 201 in refused
    ann.does("/letters", words)
    fetch = ann.visitor.client.get
    letters = {name: fetch(f"{ann.address}/files/letters/award_{name}.txt").text for name in ("O1", "O2")}
    assert "Why your quality was scored so: No spare vehicle." in letters["O2"]
    assert "scored so" not in letters["O1"]
    assert "under regulation 76." in letters["O2"]
    again = ann.visitor.see(f"{ann.address}/letters")
    assert "No spare vehicle.</textarea>" in again
    assert 'value="regulation 76"' in again


def test_every_cut_is_compared_and_the_lots_say_so(
    ann: Officer, plan_id: str, store: Store, settings: Settings
) -> None:  # fmt: skip
    """Five cuts of two routes: two lots or one; what was typed is kept; the lots' page has the comparison."""
    fields = {"plan_id": plan_id, "cut": "class", "max_miles": "200"}
    address = ann.visitor.send("/tenders/compare", fields, of="/tenders/new").headers["location"]
    assert "The comparison waits for its turn" in words_of(ann.visitor.see(address))
    run_asked(store, settings)
    page = ann.visitor.see(address)
    assert 'value="200"' in page
    words = words_of(page)
    made = {**NEW, **fields, "comparison_id": hidden(page, "comparison_id")}
    tender = ann.visitor.send("/tenders", made, of=address).headers["location"].partition("?")[0]
    assert "Route: 2 lots, £" in words_of(ann.visitor.see(f"{tender}/lots"))
    other = ann.visitor.send("/tenders", {**made, "max_miles": "300"}, of=address).headers["location"]
    assert "Route: 2 lots, £" not in words_of(ann.visitor.see(f"{other.partition('?')[0]}/lots"))
    rows = re.findall(r"(Route|School|Area|Vehicle class|Quarter) (\d+) £[\d,]+ £", words)
    assert len(rows) == 5
    assert rows[0] == ("Route", "2")


def test_lots_are_cut_anew_and_contracts_decided(ann: Officer) -> None:
    """One lot of both routes; the plan has no contract, and no pack has been issued."""
    assert "The plan has no contract." in ann.see("/contracts")
    assert "Fill this in" in ann.does("/lots", {"cut": "class"}, 422)
    ann.does("/lots", {"cut": "class", "reason": "one operator, one telephone number"})
    assert "1 lot: routes of the same vehicle class" in ann.see()


def test_templates_are_worded_on_the_page(ann: Officer) -> None:
    """Schoolrun's stand there to begin with; a fault is told by file, and what was typed stays."""
    page = ann.visitor.see(f"{ann.address}/letters")
    assert "By the templates that come with schoolrun" in page
    assert "is sorry to tell you" in page
    own = {"award": "# Well done {{ name }}", "regret": "", "summary": "", "reason": "our words"}
    refused = ann.does("/templates", own, 422, on="/letters")
    assert "award.txt" in refused
    assert "# Well done {{ name }}" in refused
    ann.does("/templates", {**own, "award": "# Well done {{ operator }}"}, on="/letters")
    assert "By version 1 of this tender’s own templates." in ann.see("/letters")


def test_what_is_wrong_is_said_at_its_field(ann: Officer, bob: Officer, plan_id: str) -> None:
    """All at once, with what was typed still there; and nothing is taken."""
    wrong = ann.visitor.send("/tenders", {"plan_id": plan_id, "cut": "route", "max_miles": "far"}, 422, of="/tenders")
    assert all(f'href="#{name}"' in wrong.text for name in ("max_miles", "title", "reason"))
    refused = ann.does("/pack", {**PACK, "price_weight_pct": "200", "deadline": ""}, 422)
    assert "Fill this in" in refused
    refused = ann.does("/pack", {**PACK, "price_weight_pct": "200"}, 422)
    assert "Award rules: price_weight_pct: 200; must be between 1 and 100" in refused
    assert "validation error" not in refused
    ann.does("/pack", PACK)
    assert "An amendment goes to all with its reason" in ann.does("/pack", PACK, 422)
    assert "could identify a child" in ann.does("/questions", {"question": "When does P1 get up?"}, 422)
    assert "Choose a ZIP file" in ann.does("/bids", {}, 422)
    assert "Fill this in" in bob.does("/interests", {}, 422)
    assert "1 question" not in ann.see()


def test_faults_of_schedules_are_shown_row_by_row(ann: Officer, bob: Officer) -> None:
    """Nothing is imported then."""
    ann.does("/pack", PACK)
    for officer in (ann, bob):
        officer.does("/interests", {"statement": "none"})
    ann.does("/bids", {}, files={"bids": ("bids.zip", broken_zip(), "application/zip")})
    words = bob.does("/opening", {}, 422, on="/bids")
    assert "Nothing was taken in: see the faults of the files below" in words
    assert "O1.json" in words


def test_a_form_sent_twice_is_taken_once(ann: Officer) -> None:
    """The second time it goes where the first went; from an old page something else is refused."""
    ann.does("/pack", PACK)
    page = ann.visitor.see(f"{ann.address}/questions")
    fields = {"version": hidden(page, "version"), "once": hidden(page, "once"), "question": "Why?"}
    for _ in range(2):
        ann.visitor.send(f"{ann.address}/questions", fields, of=ann.address)
    assert "1 question, 1 without" in ann.see()
    other = {"version": fields["version"], "once": "", "question": "When?"}
    stale = ann.visitor.send(f"{ann.address}/questions", other, 409, of=ann.address)
    assert "Somebody else was first" in stale.text


def test_a_declared_interest_is_set_aside_by_a_colleague(ann: Officer, bob: Officer) -> None:
    """Refused with the person's own name, not by her herself; then the bids can be opened."""
    ann.does("/pack", PACK)
    ann.does("/interests", {"statement": "a cousin drives for it", "operator_ids": "O1"})
    bob.does("/interests", {"statement": "none"})
    ann.does("/bids", {}, files={"bids": ("bids.zip", bids_of(ann), "application/zip")})
    refused = bob.does("/opening", {}, 422, on="/bids")
    found = re.search(r"(\S+) has an interest in O1, which bids: somebody else must, or override", refused)
    assert found, refused
    assert "ccount/" not in found.group(1)
    fields = {"kind": "conflict", "about": f"{found.group(1)}:O1", "override_reason": "she only hands them in"}
    assert "cannot override their own conflict" in ann.does("/overrides", fields, 422, on="/bids")
    assert "Fill this in" in bob.does("/overrides", {**fields, "override_reason": ""}, 422, on="/bids")
    bob.does("/overrides", fields, on="/bids")
    bob.does("/opening", {}, on="/bids")
    assert "Autumn: patterns in the bids" in words_of(bob.visitor.see("/"))


def test_bids_as_they_came_are_nobodys_to_fetch(ann: Officer, bob: Officer) -> None:
    """Neither listed nor found."""
    opened(ann, bob)
    assert "bids/" not in ann.see()
    ann.visitor.see(f"{ann.address}/files/bids/O1.json", 404)


def test_who_may_see_and_who_may_decide(app: FastAPI, ann: Officer, plan_id: str) -> None:
    """A viewer sees no tender; a transport officer reads them, finds no form and is refused in words."""
    viewer = visitor(app, Role.VIEWER)
    fields = {"plan_id": plan_id, "cut": "route"}
    asked = ann.visitor.send("/tenders/compare", fields, of="/tenders/new").headers["location"]
    viewer.see(f"/jobs/{re.findall('J[0-9A-F]{16}', asked)[0]}", 404)
    assert "Your role does not include this" in viewer.see(ann.address, 403)
    assert 'href="/tenders"' not in viewer.see("/")
    transport = visitor(app, Role.TRANSPORT_OFFICER)
    for part in (
        "",
        "/lots",
        "/pack",
        "/questions",
        "/interests",
        "/bids",
        "/award",
        "/letters",
        "/register",
        "/contracts",
    ):
        assert f'action="{ann.address}' not in transport.see(f"{ann.address}{part}")
    assert "Your role does not include this" in transport.see("/tenders/new", 403)
    refused = transport.send(f"{ann.address}/interests", {"statement": "none", "version": "1"}, 403)
    assert "Your role does not include this" in refused.text

"""Documents on pages: asked for with just what they need, seen, agreed to above a number, fetched as PDF, ZIP, XLSX."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from api.app import create_app
from api.auth.permissions import Permission, Role
from api.documents.letter_text import DEFAULT_TEXT, filled, text_faults
from api.page_tables import COMPARING
from api.settings import Settings
from api.store.details import set_details
from api.store.plans import add_plan, seal_plan
from api.store.rotation import seal_anew
from api.store.store import Store
from tests.api.clients import problem_of, with_key
from tests.api.databases import sqlite_settings
from tests.api.lists import OFFICER, add_passenger
from tests.api.page_visits import Visitor, visitor, words_of
from tests.api.pages.test_plan_pages import JUDGED, officer_with_plan, publish, stored
from tests.api.plan_folders import fill_lists, write_plan_folder
from tests.api.test_audit import lines_of
from transport.files.plan_json import read_plan
from transport.files.plan_tables import PASSENGER_COLUMNS, passengers_table, write_csv
from transport.files.read import read_scenario

FOR = {"recipient": "The Meadows, office", "purpose": "September"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """More than three children need a second person."""
    return sqlite_settings(tmp_path).model_copy(update={"export_second_person_above": 3})


@pytest.fixture
def plan_id(store: Store, tmp_path: Path) -> str:
    """P1 to P4 on two routes; P1 is called Robin Example."""
    fill_lists(store)
    details = {"given_name": "Robin", "family_name": "Example", "address": "1 Example Street, Anyborough"}
    with store.change(OFFICER) as work:
        set_details(work, "P1", 1, {**details, "medical_notes": "inhaler in bag"})
    return stored(store, tmp_path / "plan", "Autumn")


@pytest.fixture
def who(app: FastAPI) -> Visitor:
    return visitor(app, Role.TRANSPORT_OFFICER)


def ask(who: Visitor, plan_id: str, **fields: object) -> str:
    """Ask for something; gives the address of its page."""
    page = f"/plans/{plan_id}/documents"
    return str(who.send(page, {**FOR, **fields}, of=f"{page}?what=letters").headers["location"])


def fetched(who: Visitor, export: str, form: str) -> bytes:
    answer = who.client.get(f"{export}/file?form={form}")
    assert answer.status_code == 200, answer.text
    return answer.content


def texts_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def test_a_run_sheet_of_one_route_has_what_was_ticked_and_no_more(who: Visitor, plan_id: str) -> None:
    """R1's two passengers with names: no address, no notes, nobody of R2; for whom stands on the page."""
    export = ask(who, plan_id, what="run_sheets", scope="route:R1", columns=["needs", "name"])
    seen = words_of(who.see(export))
    assert "Children 2" in seen
    assert "R1 P1 Robin Example" in seen or "R1 P1 none noted Robin Example" in seen
    pdf = fetched(who, export, "pdf")
    (text,) = texts_of(pdf)
    assert "Robin Example (P1)" in text
    assert "made for The Meadows, office: September" in text
    assert not any(word in text for word in ("Example Street", "inhaler", "P3"))
    catalog = PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert str(catalog["/Lang"]).lower() == "en-gb"
    assert lines_of(who.client.app.state.store)[-1]["action"] == "export"


def test_letters_come_one_a_family_in_a_zip(who: Visitor, plan_id: str) -> None:
    """Two of S01, each with the council's text, an address where one is known, and nobody else's."""
    export = ask(who, plan_id, what="letters", scope="school:S01", columns=["name", "address"])
    archive = zipfile.ZipFile(io.BytesIO(fetched(who, export, "zip")))
    assert archive.namelist() == ["letters_0001_P1.pdf", "letters_0002_P2.pdf"]
    robin, other = (" ".join(texts_of(archive.read(name))[0].split()) for name in archive.namelist())
    assert "To the parents and carers of Robin Example 1 Example Street Anyborough" in robin
    assert "Robin Example travels to The Meadows on route R1" in robin
    assert "Robin" not in other
    assert "P2 travels to The Meadows" in other
    both = texts_of(fetched(who, export, "pdf"))
    assert len(both) == 2


def test_a_school_list_is_that_schools_alone(who: Visitor, plan_id: str) -> None:
    """The Brook: P3 and P4; without a column for the gate where none was ticked."""
    export = ask(who, plan_id, what="school_lists", scope="school:S02")
    (text,) = texts_of(fetched(who, export, "pdf"))
    assert "The Brook" in text
    assert "P3" in text
    assert "P1" not in text
    assert "At the gate" not in text


def test_above_the_number_somebody_else_agrees(app: FastAPI, who: Visitor, plan_id: str) -> None:
    """Four children: the officer waits, home tells the colleague, who agrees; then it can be fetched."""
    export = ask(who, plan_id, what="letters", columns=["name"])
    assert "a second person must agree" in words_of(who.see(f"{export}/file?form=pdf", 409))
    assert "somebody else" in words_of(who.send(f"{export}/approve", {}, 409, of="/exports").text)
    assert "waiting for a second person" not in who.see("/")
    colleague = visitor(app, Role.TRANSPORT_OFFICER)
    assert "1 export waiting for a second person" in colleague.see("/")
    colleague.send(f"{export}/approve", {}, of=export)
    assert len(texts_of(fetched(who, export, "pdf"))) == 4
    assert "Agreed to by a second person" in who.see("/exports")


def test_what_was_agreed_to_is_what_leaves(who: Visitor, plan_id: str) -> None:
    """A text that is changed afterwards is in the next letters, not in these; keys are turned without loss."""
    export = ask(who, plan_id, what="letters", scope="route:R1")
    page = "/letter-text"
    who.send(page, {"text": "Hello {child}.\n\nYours, {council}", "version": "0"}, of=page)
    assert "Somebody else saved" in who.send(page, {"text": "Late", "version": "0"}, 422, of=page).text
    store = who.client.app.state.store  # type: ignore[attr-defined]
    with store.change(OFFICER) as work:
        seal_anew(work)
    assert "Hello" not in texts_of(fetched(who, export, "pdf"))[0]
    assert "Hello P1." in texts_of(fetched(who, ask(who, plan_id, what="letters", scope="route:R1"), "pdf"))[0]
    assert "Hello" not in str(lines_of(store))


def test_a_text_with_an_unknown_mark_is_refused() -> None:
    """And an empty one; a name that looks like a mark stays as it is."""
    assert next(fault.message for fault in text_faults("Dear {parent}")).startswith("{parent} cannot be filled in")
    assert [fault.message for fault in text_faults("  ")] == ["must not be empty"]
    assert text_faults(DEFAULT_TEXT) == []
    assert filled("Hello\n{child},\n\n\nBye", {"child": "{school}"}) == ["Hello {school},", "Bye"]


def test_a_table_comes_as_a_workbook_without_formulas(store: Store, who: Visitor, tmp_path: Path) -> None:
    """Passengers of S01 with two columns and the mark; what looks like a formula is text."""
    fill_lists(store)
    folder = write_plan_folder(store, tmp_path / "plan")
    plan, scenario = read_plan(folder / "plan.json"), read_scenario(folder / "scenario")
    write_csv(passengers_table(plan, scenario, (), str), folder / "passengers.csv")
    with store.change(OFFICER) as work:
        plan_id = add_plan(work, seal_plan(work.cipher, folder), "Autumn").plan_id
    export = ask(who, plan_id, what="passengers", scope="school:S01", columns=["passenger_id", "route_ids"],
                 recipient="=1+1")  # fmt: skip
    book = CalamineWorkbook.from_filelike(io.BytesIO(fetched(who, export, "xlsx")))
    rows = book.get_sheet_by_name("Passengers").to_python()
    assert rows[0] == ["passenger_id", "route_ids", "export_id", "made_for", "purpose"]
    assert [row[:2] for row in rows[1:]] == [["P1", "R1"], ["P2", "R1"]]
    assert {row[3] for row in rows[1:]} == {"=1+1"}
    with zipfile.ZipFile(io.BytesIO(fetched(who, export, "xlsx"))) as book_file:
        assert not any(b"<f>" in book_file.read(name) for name in book_file.namelist() if "sheet" in name)
    assert b"'=1+1" in fetched(who, export, "csv")


def test_every_fault_of_the_form_is_said_at_once(who: Visitor, plan_id: str) -> None:
    """For whom, what for, which columns; a route or school of another plan."""
    page = f"/plans/{plan_id}/documents"
    shown = who.send(page, {"what": "routes"}, 422, of=f"{page}?what=routes").text
    assert all(f'id="{name}-error"' in shown for name in ("recipient", "purpose", "columns"))
    for scope in ("route:R9", "school:S9"):
        shown = who.send(page, {**FOR, "what": "letters", "scope": scope}, 422, of=f"{page}?what=letters").text
        assert 'id="scope-error"' in shown
    assert [column.name for column in PASSENGER_COLUMNS if f'value="{column.name}"' not in
            who.see(f"{page}?what=passengers")] == []  # fmt: skip


def test_a_key_without_details_gets_no_names(app: FastAPI, who: Visitor, plan_id: str) -> None:
    """An export with names that a person asked for is refused to a key which may not see them."""
    named = ask(who, plan_id, what="run_sheets", scope="route:R1", columns=["name"])
    bare = ask(who, plan_id, what="run_sheets", scope="route:R1", columns=["needs"])
    key = with_key(app, Permission.EXPORTS_ASK)
    problem_of(key.get(f"/api/v1{named}/file"), 403, "not-allowed")
    assert key.get(f"/api/v1{bare}/file").headers["content-type"] == "application/pdf"
    assert "Robin" not in key.get(named).text
    assert key.get(named).status_code == 403
    assert key.get(f"/api/v1{bare}/file?form=csv").status_code == 422


def test_the_number_does_not_hold_back_fewer(store: Store, settings: Settings, plan_id: str) -> None:
    """With 25, four children leave with one person."""
    who = visitor(create_app(settings.model_copy(update={"export_second_person_above": 25}), store),
                  Role.TRANSPORT_OFFICER)  # fmt: skip
    assert "May be fetched" in who.see(ask(who, plan_id, what="letters"))


PAGE_ROWS = {
    "rides": ("/plans/{after}/routes/R1", [["Robin =Example", "P1"], ["", "P4"]]),
    "not_carried": ("/plans/{after}", [["", "P2"]]),
    "changed": ("/dashboard/changed", [["", "P4"]]),
    "people": ("/passengers?school=S01", [["Robin =Example", "P1"], ["", "P2"]]),
    "without_place": ("/passengers?without=1", [["", "P2"]]),
}
"""Table, where it stands, and names with ids of those in it: P2 has no place in the second plan, P4 another route."""


def test_tables_that_name_children_leave_as_exports_from_their_own_page(app: FastAPI, tmp_path: Path) -> None:
    """Each link leads to a form that has chosen table, scope and columns; names only where they are ticked too."""
    who, store = officer_with_plan(app, tmp_path), app.state.store
    after = stored(store, tmp_path / "two", "Second", (("R1", "P1", "P4"), ("R2", "P3")))
    with store.change(OFFICER) as work:
        set_details(work, "P1", 1, {"given_name": "Robin", "family_name": "=Example"})
    page = f"/plans/{after}/publish"
    who.send(f"/plans/{after}/evidence", {"kind": "interim_arrangement", "about": ["P2"], **JUDGED}, of=page)
    publish(who, store, after, groups=("R1",))
    for what, (page, expected) in PAGE_ROWS.items():
        (link,) = set(re.findall(rf'href="(/plans/[^"]+what={what}(?:&[^"]*)?)"', who.see(page.format(after=after))))
        form = who.see(unescape(link))
        columns = re.findall(r'name="columns" type="checkbox" value="([^"]+)" checked', form)
        assert "name" not in columns
        fields = {
            "scope": (re.findall(r'<option value="([^"]*)" selected', form) or [""])[0],
            "before": (re.findall(r'name="before" value="([^"]*)"', form) or [""])[0],
        }  # fmt: skip
        bare = fetched(who, ask(who, after, what=what, columns=columns, **fields), "csv").decode("utf-8-sig")
        assert "Robin" not in bare
        assert bare.splitlines()[1].endswith(f'{FOR["recipient"]}",{FOR["purpose"]}')
        export = ask(who, after, what=what, columns=["name", "passenger_id"], **fields)
        book = CalamineWorkbook.from_filelike(io.BytesIO(fetched(who, export, "xlsx")))
        rows = book.get_sheet_by_index(len(book.sheet_names) - 1).to_python()
        assert sorted({tuple(row[:2]) for row in rows[1:]}) == sorted(map(tuple, expected)), what


def test_children_in_sentences_count_too(app: FastAPI, tmp_path: Path) -> None:
    """Routes that differ name P2 and P4 in words: two children, for whom two routes change."""
    who, store = officer_with_plan(app, tmp_path), app.state.store
    after = stored(store, tmp_path / "two", "Second", (("R1", "P1", "P4"), ("R2", "P3")))
    (before,) = set(re.findall(r'href="/plans/([^"]+)"', who.see("/plans"))) - {after}
    link = f"/plans/{after}/documents?what=routes_changed&amp;before={before}"
    assert link in who.see(f"/compare?before={before}&after={after}")
    export = ask(who, after, what="routes_changed", columns=["route_id", "what"], before=before)
    assert "Children 2" in words_of(who.see(export))
    told = fetched(who, export, "csv").decode("utf-8-sig")
    assert "R1,Takes P4; no longer carries P2," in told


def test_names_stand_beside_ids_for_those_who_may_see_them(who: Visitor, plan_id: str) -> None:
    """On a route and where it is changed; who has no name keeps the id, and the log says whose names were read."""
    for page in (f"/plans/{plan_id}/routes/R1", f"/plans/{plan_id}/routes/R1/edit"):
        shown = who.see(page)
        assert "Robin Example (P1)" in shown
        assert "(P2)" not in shown
        assert "P2" in shown
    lines = [line for line in lines_of(who.client.app.state.store) if line["kind"] == "passenger"]  # type: ignore[attr-defined]
    assert [line["content"]["ids"] for line in lines[-2:]] == [["P1"], ["P1"]]


def test_a_list_is_of_the_children_it_was_asked_for_and_of_no_others(who: Visitor, plan_id: str, store: Store) -> None:
    """Somebody new at the school: the export of before is refused, whoever agreed to it, and is asked for anew."""
    wanted = {"what": "people", "columns": ["passenger_id"], "scope": "school:S01"}
    export = ask(who, plan_id, **wanted)
    assert b"P2" in fetched(who, export, "csv")
    add_passenger(store, row={"school_id": "S01", "phase": "primary", "lat": "52.501", "lon": "-1.98"})
    assert "ask for it anew" in words_of(who.see(f"{export}/file?form=csv", 409))
    assert "Children 3" in words_of(who.see(ask(who, plan_id, **wanted)))


def test_tables_of_pages_stand_under_the_same_guards(app: FastAPI, who: Visitor, plan_id: str) -> None:
    """Four children wait for a colleague, one alone does not; a key that may not see names gets none."""
    export = ask(who, plan_id, what="rides", columns=["passenger_id", "reason"])
    assert "a second person must agree" in words_of(who.see(f"{export}/file?form=xlsx", 409))
    one = ask(who, plan_id, what="rides", columns=["name", "passenger_id"], scope="passenger:P1")
    assert "Passenger: P1" in words_of(who.see(one))
    assert fetched(who, one, "csv").decode("utf-8-sig").splitlines()[1].startswith("Robin Example,P1,")
    key = with_key(app, Permission.EXPORTS_ASK)
    assert key.get(f"/api/v1{one}/file").status_code == 403
    refused = key.post(f"/api/v1{export}/job", headers={"Idempotency-Key": "once-only"})
    assert refused.status_code in (403, 409, 422), refused.text
    page = f"/plans/{plan_id}/documents"
    for fields in ({"scope": "route:R9"}, {"scope": "passenger:P9"}):
        asked = {**FOR, "what": "rides", "columns": ["passenger_id"], **fields}
        assert 'id="scope-error"' in who.send(page, asked, 422, of=f"{page}?what=rides").text
    for what in COMPARING:
        assert f"documents?what={what}" not in who.see(page)
    who.send(page, {**FOR, "what": "changed", "columns": ["passenger_id"]}, 404, of=f"{page}?what=rides")

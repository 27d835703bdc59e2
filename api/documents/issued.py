"""Documents for one recipient: run sheets, school lists and letters with just what their purpose needs.

Names, addresses and contacts come in here, from the store, and go nowhere but into the PDF.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.documents.letter_text import filled
from api.documents.letters import letters_table
from api.documents.pdf import file_name, letters_pdf, run_sheets_pdf, school_lists_pdf
from api.documents.sheets import run_sheet_of, school_lists_of
from transport.files.plan_trips import school_ids_of
from transport.plan import Plan
from transport.scenario import Scenario

PARTS: Mapping[str, Mapping[str, str]] = {
    "run_sheets": {
        "name": "Names",
        "needs": "What each passenger needs on the vehicle",
        "address": "Home addresses",
        "contacts": "Parents, carers, telephone",
        "medical_notes": "Medical notes",
    },
    "school_lists": {"name": "Names", "needs": "Wheelchair and passenger assistant, for staff at the gate"},
    "letters": {"name": "Names", "address": "Home addresses"},
}
"""Documents, and what each may hold beyond routes, times and our ids."""

DETAILS: Mapping[str, tuple[str, ...]] = {
    "name": ("given_name", "family_name"),
    "address": ("address",),
    "contacts": ("contacts",),
    "medical_notes": ("medical_notes",),
}
"""Personal details that a part of a document is made of."""
TITLES: Mapping[str, str] = {
    "run_sheets": "Run sheets for drivers and passenger assistants",
    "school_lists": "Lists for schools",
    "letters": "Letters to families",
}
_HEADS = {
    "name": "Name", "address": "Home", "contacts": "Contacts", "medical_notes": "Medical", "needs": "Need to know",
}  # fmt: skip

Known = Mapping[str, Mapping[str, str]]
"""Personal details by passenger and field."""
Typeset = Callable[[Sequence[dict[str, Any]], Scenario, Sequence[str]], bytes]
_TYPESET: Mapping[str, Typeset] = {
    "run_sheets": run_sheets_pdf, "school_lists": school_lists_pdf, "letters": letters_pdf,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What a document is to hold.

    Attributes
    ----------
    table : one of `PARTS`. parts : names of its parts.
    route_ids, school_ids : of which routes and schools; empty: of all. text : of letters.
    """

    table: str
    parts: tuple[str, ...]
    route_ids: tuple[str, ...] = ()
    school_ids: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Document:
    """A document ready to be typeset.

    Attributes
    ----------
    sheets : plain data, one for each route, school or family. passenger_ids : everybody in it, each once.
    heads, rows : the same as a table, to be looked at before it leaves.
    """

    table: str
    scenario: Scenario
    sheets: tuple[dict[str, Any], ...]
    passenger_ids: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def pdf(self, notes: Sequence[str]) -> bytes:
        """One accessible PDF (PDF/UA-1); `notes` stand on every page."""
        return _TYPESET[self.table](self.sheets, self.scenario, notes)

    def archive(self, notes: Sequence[str]) -> bytes:
        """One ZIP with a PDF for each route, school or family, so that nobody is handed another's."""
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
            for number, sheet in enumerate(self.sheets, start=1):
                name = f"{self.table}_{number:04d}_{file_name(sheet['file'])}.pdf"
                archive.writestr(name, _TYPESET[self.table]([sheet], self.scenario, notes))
        return made.getvalue()


def document_of(issue: Issue, plan: Plan, scenario: Scenario, known: Known) -> Document:
    """A document of a plan.

    Parameters
    ----------
    known : details of the passengers; only those that `parts` name are used.
    """
    make = {"run_sheets": _run_sheets, "school_lists": _school_lists, "letters": _letters}[issue.table]
    sheets, passenger_ids, heads, rows = make(issue, plan, scenario, known)
    return Document(
        table=issue.table, scenario=scenario, sheets=tuple(sheets), heads=tuple(heads), rows=tuple(map(tuple, rows)),
        passenger_ids=tuple(dict.fromkeys(passenger_ids)),
    )  # fmt: skip


_Made = tuple[list[dict[str, Any]], list[str], list[str], list[list[str]]]


def _run_sheets(issue: Issue, plan: Plan, scenario: Scenario, known: Known) -> _Made:
    routes = [route for route in plan.routes if _is_wanted(issue, route.route_id, school_ids_of(route))]
    heads = ["Passenger", *(_HEADS[part] for part in issue.parts)]
    sheets: list[dict[str, Any]] = []
    rows: list[list[str]] = []
    for route in routes:
        sheet = run_sheet_of(route, scenario)
        people = [[pid, *(_cell(part, pid, words, known) for part in issue.parts)] for pid, words in sheet["needs"]]
        named = {pid: _label(issue, pid, known) for pid in route.passenger_ids}
        for run in sheet["runs"]:
            for stop in run["stops"]:
                stop["on"], stop["off"] = ([named.get(one, one) for one in stop[key]] for key in ("on", "off"))
        sheets.append({**sheet, "heads": heads, "needs": people, "file": route.route_id})
        rows += [[route.route_id, *row] for row in people]
    ids = [pid for route in routes for pid in route.passenger_ids]
    return sheets, ids, ["Route", *heads], rows


def _school_lists(issue: Issue, plan: Plan, scenario: Scenario, known: Known) -> _Made:
    heads = ["Route", "Driven by", "Passenger", "Arrives", "Leaves"]
    heads += ["At the gate"] if "needs" in issue.parts else []
    names = {scenario.school_by_id[sid].name for sid in issue.school_ids}
    sheets, ids, rows = [], [], []
    for one in school_lists_of(plan, scenario):
        own = [row for row in one["rows"] if _is_of_routes(issue, row[0].split(", "))]
        if (names and one["title"] not in names) or not own:
            continue
        ids += [row[2] for row in own]
        shown = [[*row[:2], _label(issue, row[2], known), *row[3 : len(heads)]] for row in own]
        facts = [["Passengers", str(len(own))], *one["facts"][1:]]
        sheets.append({**one, "facts": facts, "heads": heads, "rows": shown, "file": one["title"]})
        rows += [[one["title"], *row] for row in shown]
    return sheets, ids, ["School", *heads], rows


def _letters(issue: Issue, plan: Plan, scenario: Scenario, known: Known) -> _Made:
    table = letters_table(plan, scenario)
    names = [column.name for column in table.columns]
    sheets, ids, rows = [], [], []
    for line in table.rows:
        row = {name: str(cell) for name, cell in zip(names, line, strict=True)}
        pid = row["passenger_id"]
        if not _is_wanted_letter(issue, row, scenario):
            continue
        ids.append(pid)
        sheets.append(_letter(issue, row, scenario, known))
        rows.append([_label(issue, pid, known), row["school_name"], row["route_id"], row["am_times"], row["pm_times"]])
    return sheets, ids, ["Passenger", "School", "Route", "Morning", "Afternoon"], rows


def _letter(issue: Issue, row: Mapping[str, str], scenario: Scenario, known: Known) -> dict[str, Any]:
    pid = row["passenger_id"]
    child = (_cell("name", pid, "", known) if "name" in issue.parts else "") or pid
    day = f"{scenario.starts_on.day} {scenario.starts_on:%B %Y}"
    driver = "an operator still to be found" if row["driven_by"] == "To be tendered" else row["driven_by"]
    values = {
        "child": child, "school": row["school_name"], "starts_on": day, "route": row["route_id"], "driven_by": driver,
        "assistant": f"There {'is' if row['pa'][:2] in ('1 ', 'no') else 'are'} {row['pa']}", "council": scenario.name,
    }  # fmt: skip
    address = _cell("address", pid, "", known) if "address" in issue.parts else ""
    legs = (("Morning", "am"), ("Afternoon", "pm"))
    paragraphs = filled(issue.text, values)
    # The last paragraph is who writes; it stands below the times.
    return {
        "to": [f"To the parents and carers of {child}", *_lines(address)],
        "title": f"School transport from {day}", "paragraphs": paragraphs[:-1], "closing": paragraphs[-1:],
        "rows": [[words, row[f"{leg}_place"], row[f"{leg}_times"]] for words, leg in legs if row[f"{leg}_times"]],
        "file": pid,
    }  # fmt: skip


def _lines(address: str) -> Iterator[str]:
    yield from (part.strip() for part in address.replace("\n", ",").split(",") if part.strip())


def _is_wanted(issue: Issue, route_id: str, school_ids: Sequence[str]) -> bool:
    is_of_schools = not issue.school_ids or bool(set(issue.school_ids) & set(school_ids))
    return _is_of_routes(issue, [route_id]) and is_of_schools


def _is_of_routes(issue: Issue, route_ids: Sequence[str]) -> bool:
    return not issue.route_ids or bool(set(issue.route_ids) & set(route_ids))


def _is_wanted_letter(issue: Issue, row: Mapping[str, str], scenario: Scenario) -> bool:
    school_id = scenario.passenger_by_id[row["passenger_id"]].school_id
    is_of_school = not issue.school_ids or school_id in issue.school_ids
    return is_of_school and _is_of_routes(issue, row["route_id"].split(", "))


def _label(issue: Issue, passenger_id: str, known: Known) -> str:
    """Name and id where names were asked for, else the id."""
    name = _cell("name", passenger_id, "", known) if "name" in issue.parts else ""
    return f"{name} ({passenger_id})" if name else passenger_id


def _cell(part: str, passenger_id: str, needs: str, known: Known) -> str:
    if part == "needs":
        return needs
    own = known.get(passenger_id, {})
    return " ".join(text for name in DETAILS[part] if (text := own.get(name, "")))

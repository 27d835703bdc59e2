"""Run sheets and school lists as tagged PDF (PDF/UA-1), typeset in one go from plain data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from api.documents.sheets import run_sheet_of, school_lists_of
from transport.plan import Plan
from transport.scenario import Scenario


def write_run_sheets(plan: Plan, scenario: Scenario, path: Path, *, notes: Sequence[str] = ()) -> None:
    """Write the run sheets of all routes as one PDF.

    Parameters
    ----------
    notes : sentences that stand on every page (`Invented data ...`).

    Raises
    ------
    OSError
        When the disk refuses.
    """
    sheets = [run_sheet_of(route, scenario) for route in plan.routes]
    path.write_bytes(run_sheets_pdf(sheets, scenario, notes))


def write_run_sheets_each(plan: Plan, scenario: Scenario, folder: Path, *, notes: Sequence[str] = ()) -> list[Path]:
    """Write one PDF for each route, to be handed to its driver alone.

    Returns
    -------
    Paths in the order of the routes: `run_sheet_<route id>.pdf`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"run_sheet_{file_name(route.route_id)}.pdf" for route in plan.routes]
    for route, path in zip(plan.routes, paths, strict=True):
        path.write_bytes(run_sheets_pdf([run_sheet_of(route, scenario)], scenario, notes))
    return paths


def write_school_lists(plan: Plan, scenario: Scenario, path: Path, *, notes: Sequence[str] = ()) -> None:
    """Write the lists of all schools as one PDF.

    Raises
    ------
    OSError
        When the disk refuses.
    """
    path.write_bytes(school_lists_pdf(school_lists_of(plan, scenario), scenario, notes))


def write_school_lists_each(plan: Plan, scenario: Scenario, folder: Path, *, notes: Sequence[str] = ()) -> list[Path]:
    """Write one PDF for each school, to be handed to that school alone.

    Returns
    -------
    Paths in the order of the schools' names: `school_list_<name>.pdf`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lists = school_lists_of(plan, scenario)
    paths = [folder / f"school_list_{n:03d}_{file_name(one['title'])}.pdf" for n, one in enumerate(lists, start=1)]
    for one, path in zip(lists, paths, strict=True):
        path.write_bytes(school_lists_pdf([one], scenario, notes))
    return paths


def run_sheets_pdf(sheets: Sequence[dict[str, Any]], scenario: Scenario, notes: Sequence[str] = ()) -> bytes:
    """Run sheets as PDF bytes."""
    return _typeset("run_sheets.typ", _data("Run sheets", scenario, notes, sheets=sheets))


def school_lists_pdf(lists: Sequence[dict[str, Any]], scenario: Scenario, notes: Sequence[str] = ()) -> bytes:
    """School lists as PDF bytes."""
    return _typeset("school_lists.typ", _data("School lists", scenario, notes, lists=lists))


def letters_pdf(letters: Sequence[dict[str, Any]], scenario: Scenario, notes: Sequence[str] = ()) -> bytes:
    """Letters to families as PDF bytes, each on a page of its own."""
    face = {"face": "Personal: for this family only", "paged": False}
    return _typeset("letters.typ", {**_data("Letters", scenario, notes, letters=letters), **face})


def tender_pack_pdf(data: dict[str, Any]) -> bytes:
    """A tender pack as PDF bytes.

    Parameters
    ----------
    data : title, facts, rules, timetable and lots, as plain data.
    """
    frame = {"kind": "Tender pack", "scenario": data["title"], "from": data["since"], "notes": [], "face": data["face"]}
    return _typeset("tender_pack.typ", {**frame, **data})


def letter_pdf(blocks: Sequence[dict[str, Any]], *, title: str, since: str, to: str) -> bytes:
    """A letter to an operator as PDF bytes.

    Parameters
    ----------
    blocks : its parts, as `api.tender_letters.blocks_of` gives them. to : the operator it is for.
    """
    frame = {"kind": "Letter", "scenario": title, "from": since, "notes": [], "face": f"For {to} alone"}
    return _typeset("letter.typ", {**frame, "blocks": list(blocks)})


def _data(kind: str, scenario: Scenario, notes: Sequence[str], **parts: Any) -> dict[str, Any]:
    from_words = f"from {scenario.starts_on.day} {scenario.starts_on:%B %Y}"
    return {"kind": kind, "scenario": scenario.name, "from": from_words, "notes": list(notes), **parts}


def _typeset(template: str, data: dict[str, Any]) -> bytes:
    import typst

    folder = files("api.documents")
    style = folder.joinpath("style.typ").read_text(encoding="utf-8")
    body = folder.joinpath(template).read_text(encoding="utf-8")
    # The data goes in as JSON only: nothing of it can become markup. One time stamp for all, so that the
    # same plan gives the same bytes.
    compiler = typst.Compiler((style + body).encode(), sys_inputs={"data": json.dumps(data, ensure_ascii=False)})
    made = compiler.compile(format="pdf", pdf_standards="ua-1", timestamp=0)
    if not isinstance(made, bytes):
        raise TypeError(f"{template} gave no single PDF")
    return made


def file_name(text: str) -> str:
    """Part of a file's name that every system takes."""
    return "".join(sign if sign.isalnum() else "_" for sign in text)[:60]

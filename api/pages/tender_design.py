"""What a tender rests on, on pages: contracts that run out, the lots cut anew, templates of letters."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.endpoints.quotes import Plans
from api.endpoints.shapes import RecordIdPath
from api.endpoints.tender_design import (
    ContractsShape,
    TemplatesShape,
    contracts_of,
    post_contracts,
    post_lots,
    post_templates,
)
from api.endpoints.tenders import CutShape
from api.pages.spreadsheets import Listed
from api.pages.tender_forms import (
    CUT_NAMES,
    NOTHING,
    Refused,
    asking_of,
    cut_fields,
    take,
    tender_page,
    wanted_of,
)
from api.pages.tender_outcome import letters_page
from api.pages.tender_reading import CUT_WORDS, open_tender
from api.pages.visit import Opens, Visit
from api.tender_letters import TEMPLATE_NAMES, builtin_template
from procurement.integrity import last_contracts, last_issued
from transport.files.faults import Fault
from transport.files.plan_words import pounds

S = TypeVar("S", ContractsShape, CutShape, TemplatesShape)
router = APIRouter(include_in_schema=False)

Reader = Annotated[Visit, Depends(Opens(permission=Permission.TENDERS_READ))]
Writer = Annotated[Visit, Depends(Opens(permission=Permission.TENDERS_WRITE))]

_ADVICE_WORDS = {"runs_on": "Runs on", "extend": "Extend", "weigh": "Weigh", "tender": "Tender"}
_DECIDED_WORDS = {"extended": "Extended", "refused": "Joins the tender", "": "–"}
_LOT_HEADS = (
    "Lot", "Vehicle class", "Routes", "Vehicle days a year", "Assistant days a year", "Loaded miles a day",
    "Should cost a year", "Range", "Today’s operator",
)  # fmt: skip
_KEY_HEADS = ("Sign", "School or area", "Lots")
_CONTRACT_HEADS = ("Contract", "Operator", "To go on, a year", "Should cost", "Range", "Advice", "Why", "Decided")


@router.get("/tenders/{tender_id}/contracts")
def show_contracts(tender_id: RecordIdPath, visit: Reader) -> Response:
    """Contracts with what they would cost to go on, what they should cost, and advice; the form to decide on them."""
    return _contracts(visit, tender_id)


@router.post("/tenders/{tender_id}/contracts")
def decide_contracts(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Extend those that are named; the others join the tender."""

    def wanted() -> ContractsShape:
        return _reasoned(ContractsShape, {"extended_ids": visit.texts("extended_ids")}, visit)

    return take(visit, plans, tender_id, post_contracts, wanted, "contracts", _contracts)


@router.get("/tenders/{tender_id}/lots")
def show_lots(tender_id: RecordIdPath, visit: Reader) -> Response:
    """Lots in a table, and where their schools and areas lie, once the pack is made; the form to cut them anew."""
    return _lots(visit, tender_id)


@router.post("/tenders/{tender_id}/lots")
def cut_anew(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Cut the plan anew."""
    return take(visit, plans, tender_id, post_lots, lambda: _cut_wanted(visit), "lots", _lots)


@router.post("/tenders/{tender_id}/templates")
def take_templates(tender_id: RecordIdPath, visit: Writer, plans: Plans) -> Response:
    """Take the council's own templates for the letters, all of them or none."""

    def wanted() -> TemplatesShape:
        names = [name.removesuffix(".txt") for name in TEMPLATE_NAMES]
        # A browser sends lines that end in CR LF; one that was emptied, or is as schoolrun's, is schoolrun's.
        texts = {name: str(visit.form.get(name, "")).replace("\r\n", "\n") for name in names}
        own = {n: text for n, text in texts.items() if text.strip() not in ("", builtin_template(f"{n}.txt").strip())}
        return _reasoned(TemplatesShape, own, visit)

    return take(visit, plans, tender_id, post_templates, wanted, "letters", letters_page)


def _reasoned(kind: type[S], fields: dict[str, Any], visit: Visit, faults: list[Fault] | None = None) -> S:
    """A body with a reason, which the form has as `reason`."""
    return wanted_of(kind, {**fields, "why": visit.text("reason")}, faults or [], CUT_NAMES)


def _cut_wanted(visit: Visit) -> CutShape:
    """The form as the endpoint takes it; every fault at once.

    Raises
    ------
    InputFaults
        With the names of the form's fields.
    """
    faults: list[Fault] = []
    fields = cut_fields(visit, faults)
    return _reasoned(CutShape, fields, visit, faults)


def _contracts(visit: Visit, tender_id: str, refused: Refused = NOTHING) -> Response:
    opened = open_tender(visit, tender_id, "contracts")
    found = contracts_of(asking_of(visit), tender_id)
    rows = [
        (
            one["contract_id"], opened.operator(one["operator_id"]), _money(one["extension_pence"]),
            _money(one["should_cost_pence"]), f"{_money(one['low_pence'])} to {_money(one['high_pence'])}"
            if one["low_pence"] is not None else "–", _ADVICE_WORDS[one["advice"]], one["sentence"],
            _DECIDED_WORDS[one["decided"]],
        )
        for one in found
    ]  # fmt: skip
    can = [one for one in found if one["extension_pence"] is not None and one["advice"] != "runs_on"]
    is_open = last_issued(opened.stored.lines) is None
    return tender_page(
        visit, "tender_contracts.html", opened, refused, is_issued=not is_open,
        tables={"contracts": Listed(title="Contracts", heads=_CONTRACT_HEADS, rows=rows, numeric=(2, 3))},
        choices=[(one["contract_id"], f"{one['contract_id']}, {opened.operator(one['operator_id'])}: "
                  f"{_money(one['extension_pence'])} a year") for one in can],
        chosen=visit.texts("extended_ids") or [one["contract_id"] for one in can if one["decided"] == "extended"],
        can_decide=is_open and any(one["advice"] != "runs_on" for one in found) and visit.may("tenders.write"),
    )  # fmt: skip


def _money(pence: int | None) -> str:
    return "–" if pence is None else pounds(pence, pennies=False)


def _lots(visit: Visit, tender_id: str, refused: Refused = NOTHING) -> Response:
    from markupsafe import Markup

    from api.documents.tender_map import map_key, map_svg
    from transport.files.plan_words import miles

    opened = open_tender(visit, tender_id, "lots")
    rows = [
        (
            lot.lot_id, lot.class_id, lot.n_routes, f"{lot.n_vehicle_days_a_year:,}", f"{lot.n_pa_days_a_year:,}",
            miles(lot.metres_a_day), pounds(lot.estimate_pence, pennies=False),
            f"{pounds(lot.low_pence, pennies=False)} to {pounds(lot.high_pence, pennies=False)}",
            opened.operator(lot.held_by) if lot.held_by else "–",
        )
        for lot in opened.lots
    ]  # fmt: skip
    # Every word in the picture is escaped where it is drawn.
    picture = Markup(map_svg(opened.points)) if opened.points else ""
    decided = last_contracts(opened.stored.lines)
    return tender_page(
        visit, "tender_lots.html", opened, refused, picture=picture,
        tables={
            "lots": Listed(title="Lots", heads=_LOT_HEADS, rows=rows, numeric=(2, 3, 4, 5, 6)),
            "key": Listed(title="What stands on the map", heads=_KEY_HEADS, rows=map_key(opened.points)),
        },
        design=opened.design, cuts=list(CUT_WORDS.items()), decided=decided,
        can_cut=opened.opening is None and visit.may("tenders.write"),
    )  # fmt: skip

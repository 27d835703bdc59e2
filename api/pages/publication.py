"""Before a plan holds: its checks, what people judged, publishing it, and rolling it back."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.endpoints.shapes import RecordIdPath
from api.pages.passengers import date_of, school_names
from api.pages.plan_reading import open_for, plans_of
from api.pages.rendering import errors_by_field, go_to, page
from api.pages.visit import Opens, Visit
from api.pages.words import day_words
from api.publishing import Check, Request, beside_standing, publish, publish_checks, roll_back
from api.store.faults import NotAllowedYetError
from api.store.plans import (
    EVIDENCE_KINDS,
    Evidence,
    evidence_of,
    record_evidence,
    standing_plans,
)
from transport.files.faults import Fault, InputFaults

router = APIRouter(include_in_schema=False)

Writer = Annotated[Visit, Depends(Opens(permission=Permission.PLANS_WRITE))]
Publisher = Annotated[Visit, Depends(Opens(permission=Permission.PLANS_PUBLISH))]

_KIND_WORDS = {
    "interim_arrangement": "Interim arrangement for somebody not carried",
    "co_travel": "Those who share a route may travel together",
    "trial_run": "A driver has tried the route",
    "street_sign_off": "The streets of the route are signed off",
}
_MOST_CHARACTERS = {"judged_by": 200, "ground": 2000, "override_reason": 200}


@router.get("/plans/{plan_id}/publish")
def show_publication(plan_id: RecordIdPath, visit: Writer) -> Response:
    """Every check with what is missing, what has been recorded, and the forms to publish or roll back."""
    return _shown(visit, plan_id, {})


@router.post("/plans/{plan_id}/evidence")
def record(plan_id: RecordIdPath, visit: Writer) -> Response:
    """Record one judgement about as many routes or passengers as were ticked."""
    try:
        said = _judgement(visit)
        abouts = visit.texts("about")
        if not abouts:
            raise _faults(("about", "tick at least one"))
        with visit.store.change(visit.caller) as work:
            for about in abouts:
                record_evidence(
                    work, plan_id,
                    Evidence(kind=said.kind, about=about[:64], judged_by=said.judged_by, judged_on=said.judged_on,
                             ground=said.ground),
                )  # fmt: skip
    except InputFaults as found:
        return _shown(
            visit, plan_id, {f"{visit.text('kind')}-{k}": w for k, w in errors_by_field(found.faults).items()}
        )
    return go_to(f"/plans/{plan_id}/publish?done=recorded")


@router.post("/plans/{plan_id}/publish")
def publish_plan(plan_id: RecordIdPath, visit: Publisher) -> Response:
    """Let the plan hold from a day on, for the schools that were ticked."""
    try:
        wanted = Request(
            school_ids=tuple(visit.texts("school_ids")), starts_on=date_of(visit, "starts_on"),
            override_reason=_short(visit, "override_reason") or None,
        )  # fmt: skip
        if not wanted.school_ids:
            raise _faults(("school_ids", "tick at least one school"))
        with visit.store.change(visit.caller) as work:
            publish(work, visit.settings, plan_id, wanted, expected_version=visit.version())
    except InputFaults as found:
        return _shown(visit, plan_id, errors_by_field(found.faults))
    except NotAllowedYetError as error:
        return _shown(visit, plan_id, {"checks": f"Not published. {_first_line(error)}"})
    return go_to(f"/plans/{plan_id}/publish?done=published")


@router.post("/plans/{plan_id}/roll-back")
def roll_back_plan(plan_id: RecordIdPath, visit: Publisher) -> Response:
    """Let the plan that held before hold again."""
    try:
        with visit.store.change(visit.caller) as work:
            roll_back(work, plan_id, date_of(visit, "back_on"), expected_version=visit.version())
    except InputFaults as found:
        return _shown(visit, plan_id, errors_by_field(found.faults))
    except NotAllowedYetError as error:
        return _shown(visit, plan_id, {"back_on": _first_line(error)})
    return go_to(f"/plans/{plan_id}/publish?done=rolled-back")


def _shown(visit: Visit, plan_id: str, errors: dict[str, str]) -> Response:
    stored, opened = open_for(visit, plan_id, "publication")
    with visit.store.read() as session:
        standing = standing_plans(session)
        # Publishing looks at the files anew; a page may rest on what was found when the plan was opened.
        beside = plans_of(visit).remembered(
            ("publication", plan_id, *(f"{school_id} {holder}" for school_id, holder in sorted(standing.items()))),
            lambda: beside_standing(session, visit.store.cipher, opened.found, frozenset(stored.school_ids)),
        )
        checks = publish_checks(session, visit.store.cipher, visit.settings, plan_id, beside=beside)
        recorded = evidence_of(session, visit.store.cipher, plan_id)
        names = school_names(visit, session)
    schools = [(school_id, names.get(school_id, school_id)) for school_id in stored.school_ids]
    to_judge = [(check, _KIND_WORDS[check.name]) for check in checks if check.name in EVIDENCE_KINDS and check.missing]
    rows = [(_KIND_WORDS[e.kind], e.about, e.judged_by, day_words(e.judged_on), e.ground) for e in recorded]
    return page(
        visit, "publication.html", status=422 if errors else 200, stored=stored, checks=checks, recorded=rows,
        schools=sorted(schools, key=lambda school: school[1]), to_judge=to_judge, errors=errors,
        is_ready=all(check.passed or check.can_override for check in checks), over=_over(checks),
        holds=[school_id for school_id, holder in standing.items() if holder == plan_id],
        today=date.today().isoformat(),
    )  # fmt: skip


def _over(checks: list[Check]) -> bool:
    """Whether a reason is asked for, because more families are disturbed than allowed."""
    return any(check.can_override and not check.passed for check in checks)


def _judgement(visit: Visit) -> Evidence:
    """What was judged, apart from about whom; every fault at once."""
    found = {name: _short(visit, name) for name in ("judged_by", "ground")}
    faults = [(name, "must be filled in") for name, text in found.items() if not text]
    judged_on = date.today()
    try:
        judged_on = date_of(visit, "judged_on")
    except InputFaults:
        faults.append(("judged_on", "enter a date, such as 2027-07-20"))
    if faults:
        raise _faults(*faults)
    return Evidence(
        kind=visit.text("kind"), about="", judged_by=found["judged_by"], judged_on=judged_on, ground=found["ground"]
    )


def _short(visit: Visit, name: str) -> str:
    return " ".join(visit.text(name).split())[: _MOST_CHARACTERS[name]]


def _faults(*faults: tuple[str, str]) -> InputFaults:
    return InputFaults([Fault(file="form", row=None, column=c, value="", message=m) for c, m in faults])


def _first_line(error: Exception) -> str:
    text = str(error).splitlines()[0].rpartition(": ")[2]
    return text[:1].upper() + text[1:]

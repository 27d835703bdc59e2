"""Two plans beside each other: figures, and for whom something changes and how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.endpoints.shapes import After
from api.pages.plan_reading import OpenedPlan, open_for
from api.pages.rendering import page
from api.pages.visit import Opens, Visit
from api.report.kpis import Kpis
from api.report.view import comparison_rows
from transport.check.disturbed import disturbed_of
from transport.plan import Plan
from transport.stability import seatings_of

router = APIRouter(include_in_schema=False)

FileReader = Annotated[Visit, Depends(Opens(permission=Permission.PLAN_FILES_READ))]

_REASON_WORDS = {"vehicle": "another vehicle", "PA": "other passenger assistants", "time": "other times"}


@router.get("/compare")
def show_comparison(visit: FileReader, before: After = "", after: After = "") -> Response:
    """Figures of both plans, who changes, and which routes are new, gone or different."""
    old, opened_old = open_for(visit, before, "compare")
    new, opened_new = open_for(visit, after, "compare")
    disturbed = disturbed_of(opened_new.outcome.plan, opened_old.outcome.plan, opened_new.outcome.scenario)
    people = [
        (d.passenger_id, ", ".join(_REASON_WORDS[str(why)] for why in d.reasons), d.sentence.partition(": ")[2])
        for d in disturbed
    ]
    plans = (opened_old.outcome.plan, opened_new.outcome.plan)
    return page(
        visit, "compare.html", old=old, new=new, figures=_figures(opened_old.kpis, opened_new.kpis), people=people,
        came=sorted(_carried(plans[1]) - _carried(plans[0])), went=sorted(_carried(plans[0]) - _carried(plans[1])),
        routes=list(_route_changes(opened_old, opened_new)),
    )  # fmt: skip


def _figures(before: Kpis, now: Kpis) -> list[tuple[str, ...]]:
    return [(row.head, *row.cells) for row in comparison_rows(before, now)]


def _carried(plan: Plan) -> frozenset[str]:
    return frozenset(seatings_of(plan))


def _route_changes(before: OpenedPlan, now: OpenedPlan) -> Iterator[tuple[str, str, str]]:
    """Routes that differ: which, what became of it, and its cost a week before and after."""
    plans = (before.outcome.plan, now.outcome.plan)
    old, new = ({route.route_id: route for route in plan.routes} for plan in plans)
    for route_id in sorted(old.keys() | new.keys()):
        if old.get(route_id) == new.get(route_id):
            continue
        views = (before.route_named(route_id), now.route_named(route_id))
        if views[0] is None or views[1] is None:
            what = "New" if views[0] is None else "Carries nobody any more"
        else:
            came = set(new[route_id].passenger_ids) - set(old[route_id].passenger_ids)
            went = set(old[route_id].passenger_ids) - set(new[route_id].passenger_ids)
            words = [f"takes {', '.join(sorted(came))}"] if came else []
            words += [f"no longer carries {', '.join(sorted(went))}"] if went else []
            what = "; ".join(words) or "The same passengers in another order, at other times or with another vehicle"
        costs = " → ".join(view.week if view else "–" for view in views)
        yield route_id, what[:1].upper() + what[1:], costs

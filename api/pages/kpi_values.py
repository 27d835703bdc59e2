"""The figures of plans that targets are set for: of the plan that holds, of the plans before it, of each school."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.kpi_targets import KPIS
from api.pages.plan_reading import OpenedPlan, plans_of
from api.pages.visit import Visit
from api.pages.words import UK
from api.report.kpis import occupancy_pct_of, ride_figures_of, solo_ids_of
from api.store.faults import NotInStoreError
from api.store.models import Plan, Publication
from api.tender_figures import TenderFigures, figures_of_tender, latest_tender
from transport.calendar import OperatingCalendar
from transport.check.disturbed import Disturbed, disturbed_of
from transport.files.plan_trips import school_ids_of
from transport.money import half_up
from transport.notice import is_working_day
from transport.passengers import PaNeed

Values = Mapping[str, float | None]
"""By name of the KPI, in its unit; None: unknown."""
MOST_PLANS = 12
"""Plans that are looked back at (ours): each is opened once, which takes a second or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """A plan from the day on which it began to hold for some schools.

    Attributes
    ----------
    plan_id_before : the plan that held before for the first of these schools; empty: none.
    """

    plan_id: str
    title: str
    starts_on: date
    published_at: datetime
    school_ids: tuple[str, ...]
    plan_id_before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolFigures:
    """A plan's figures of one school.

    Attributes
    ----------
    n_routes : a route of several schools counts at each.
    year_pence : of its routes, each shared among its schools by passengers.
    """

    name: str
    n_passengers: int
    n_routes: int
    year_pence: int
    solo_pct: float
    over_45_pct: float
    longest_s: int

    @property
    def per_passenger_year_pence(self) -> int:
        """A year's cost for each of its passengers."""
        return half_up(self.year_pence, self.n_passengers) if self.n_passengers else 0


def plans_in_force(session: Session) -> list[InForce]:
    """Every time that a plan began to hold, the oldest first."""
    titles = {row.plan_id: row.title for row in session.execute(select(Plan.plan_id, Plan.title))}
    standing: dict[str, str] = {}
    found = []
    for row in session.scalars(select(Publication).order_by(Publication.publication_id)):
        before = next((standing[sid] for sid in row.school_ids if standing.get(sid, row.plan_id) != row.plan_id), "")
        standing.update(dict.fromkeys(row.school_ids, row.plan_id))
        found.append(
            InForce(
                plan_id=row.plan_id, title=titles[row.plan_id], starts_on=row.starts_on,
                published_at=row.published_at, school_ids=tuple(row.school_ids), plan_id_before=before,
            )
        )  # fmt: skip
    return found


def values_of(visit: Visit, session: Session, one: InForce) -> Values:
    """The figures of a plan, from memory where they have been worked out before; all unknown once its files went."""
    state = visit.request.app.state
    if not hasattr(state, "kpi_values"):
        state.kpi_values = {}
    key = (one.plan_id, one.plan_id_before, one.starts_on, one.published_at)
    if key not in state.kpi_values:
        try:
            opened = plans_of(visit).opened(session, visit.store.cipher, one.plan_id)
        except NotInStoreError:
            return {kpi.name: None for kpi in KPIS}
        changed = changed_since(visit, session, opened, one)
        state.kpi_values[key] = _values(opened, one, changed)
    found: Values = state.kpi_values[key]
    return found


def tender_values(tender: TenderFigures | None) -> Values:
    """The figures of a tender; all unknown without one."""
    if tender is None:
        return {"bids": None, "single-bid": None, "sme": None}
    return {"bids": tender.bids_per_lot, "single-bid": tender.single_bid_pct, "sme": tender.sme_pct}


def tender_then(visit: Visit, session: Session, on: date) -> TenderFigures | None:
    """The tender whose operators were told last by a day, from memory where it was read before."""
    stored = latest_tender(session, visit.store.cipher, on)
    if stored is None:
        return None
    key = ("tender", stored.tender_id, str(stored.version))
    return plans_of(visit).remembered(key, lambda: figures_of_tender(session, visit.store.cipher, stored))


def changed_since(visit: Visit, session: Session, opened: OpenedPlan, one: InForce) -> tuple[Disturbed, ...] | None:
    """Families for whom something is not as it was in the plan before; None where none held, or its files went."""
    if not one.plan_id_before:
        return None
    try:
        before = plans_of(visit).opened(session, visit.store.cipher, one.plan_id_before)
    except NotInStoreError:
        return None
    return disturbed_of(opened.outcome.plan, before.outcome.plan, opened.outcome.scenario)


def n_needing_pa(opened: OpenedPlan) -> int:
    """Passengers carried who need an assistant, of their own or shared."""
    people = opened.outcome.scenario.passenger_by_id
    carried = {pid for route in opened.outcome.plan.routes for pid in route.passenger_ids}
    return sum(people[pid].pa_need is not PaNeed.NONE for pid in carried)


def notice_days(published_at: datetime, starts_on: date, calendar: OperatingCalendar) -> int:
    """Whole working days between the day of publication and the first day, neither of them counted."""
    told_on = published_at.astimezone(UK).date()
    days = (told_on + timedelta(days=n) for n in range(1, (starts_on - told_on).days))
    return sum(is_working_day(on, calendar) for on in days)


def school_figures_of(opened: OpenedPlan) -> list[SchoolFigures]:
    """Figures of every school that a plan carries somebody to, the largest first."""
    outcome = opened.outcome
    people, alone = outcome.scenario.passenger_by_id, solo_ids_of(outcome.plan)
    money = outcome.breakdown
    # Worked out anew whenever it is asked for, which takes milliseconds.
    week_pence = money.week_pence_by_route
    carried: dict[str, list[str]] = defaultdict(list)
    n_routes: dict[str, int] = defaultdict(int)
    pence: dict[str, int] = defaultdict(int)
    for route in outcome.plan.routes:
        own = Counter(people[pid].school_id for pid in route.passenger_ids)
        for pid in route.passenger_ids:
            carried[people[pid].school_id].append(pid)
        for school_id, n in own.items():
            pence[school_id] += half_up(week_pence.get(route.route_id, 0) * n, own.total())
        for school_id in school_ids_of(route):
            n_routes[school_id] += 1
    rows = []
    for school_id, ids in carried.items():
        rides = ride_figures_of([ride for ride in outcome.rides if people[ride.passenger_id].school_id == school_id])
        rows.append(
            SchoolFigures(
                name=outcome.scenario.school_by_id[school_id].name, n_passengers=len(ids),
                n_routes=n_routes[school_id],
                year_pence=half_up(pence[school_id] * money.year_pence, money.week_pence or 1),
                solo_pct=100 * len(alone.intersection(ids)) / len(ids), over_45_pct=rides.over_45_pct,
                longest_s=rides.longest_s,
            )
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-row.n_passengers, row.name))


def occupancy_of_route_pct(opened: OpenedPlan, route_id: str) -> float:
    """Passengers by places of one route's layouts, per cent."""
    own = tuple(route for route in opened.outcome.plan.routes if route.route_id == route_id)
    return occupancy_pct_of(replace(opened.outcome.plan, routes=own))


def _values(opened: OpenedPlan, one: InForce, changed: tuple[Disturbed, ...] | None) -> Values:
    k = opened.kpis
    return {
        "per-passenger": k.per_passenger_year_pence if k.n_carried else None,
        "per-route-day": k.per_route_day_pence if k.n_routes else None,
        "occupancy": k.occupancy_pct if k.n_routes else None,
        "solo": k.solo_pct if k.n_carried else None,
        "fleet": 100 * k.n_fleet_used / k.n_fleet if k.n_fleet else None,
        "pas": n_needing_pa(opened) / k.n_pas if k.n_pas else None,
        "over-45": k.rides.over_45_pct if k.n_carried else None,
        "over-75": k.rides.over_75_pct if k.n_carried else None,
        "changed": None if changed is None or not k.n_carried else 100 * len(changed) / k.n_carried,
        "notice": notice_days(one.published_at, one.starts_on, opened.outcome.scenario.calendar),
    }  # fmt: skip

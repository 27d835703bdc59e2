"""Before a plan holds: named checks, each with what is missing; then publishing, school by school, and rolling back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.checking import Recheck, recheck
from api.settings import Settings
from api.store.cipher import Cipher
from api.store.faults import NotAllowedYetError
from api.store.models import Plan, Publication
from api.store.plans import (
    StoredPlan,
    evidence_of,
    hold,
    next_publication_id,
    read_routes,
    read_stored_plan,
    schools_of,
    standing_plans,
    write_folder,
)
from api.store.store import Work
from transport.check.disturbed import disturbed_of
from transport.files.faults import Fault, InputFaults
from transport.plan import Plan as RoutePlan
from transport.plan import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must be in order before a plan is published.

    Attributes
    ----------
    missing : ids of what is not in order, or sentences; none: passed.
    can_override : whether a reason given by an officer stands in for it.
    """

    name: str
    meaning: str
    missing: tuple[str, ...]
    can_override: bool = False

    @property
    def passed(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be published, for whom and from when.

    Attributes
    ----------
    school_ids : None: every school of the plan.
    override_reason : why the change cap may be passed; None: it may not.
    """

    school_ids: tuple[str, ...] | None
    starts_on: date
    override_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Beside:
    """A plan that is to be published, beside what holds now for some schools.

    Attributes
    ----------
    torn_ids : routes that serve other schools too. changed_ids : routes that are new or differ. group_ids : routes
        whose passengers do not share one already. n_changed : families disturbed at these schools.
    """

    found: Recheck
    torn_ids: tuple[str, ...]
    changed_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    n_changed: int


def publish_checks(
    session: Session,
    cipher: Cipher,
    settings: Settings,
    plan_id: str,
    school_ids: Iterable[str] | None = None,
    *,
    beside: Beside | None = None,
) -> list[Check]:
    """Every check of a plan that is to hold for some schools, passed or not.

    Parameters
    ----------
    school_ids : None: every school of the plan.
    beside : what a look at the plan's files and at what holds found before; None: they are looked at now.

    Raises
    ------
    NotInStoreError
        When there is no such plan, or its files have been removed.
    InputFaults
        When the plan does not serve one of the schools.
    """
    stored = read_stored_plan(session, plan_id)
    schools = _schools(stored, school_ids)
    if beside is None:
        beside = beside_standing(session, cipher, _rechecked(session, cipher, plan_id), schools)
    recorded = frozenset((one.kind, one.about) for one in evidence_of(session, cipher, plan_id))
    found, changed, n_changed = beside.found, beside.changed_ids, beside.n_changed
    unserved = [one.passenger_id for one in found.plan.unserved]
    cap = settings.change_cap
    over = (f"{n_changed} families disturbed; at most {cap}",) if cap is not None and n_changed > cap else ()
    return [
        Check(
            name="no_hard_violation", meaning="The checker finds no broken hard rule",
            missing=(*(v.sentence for v in found.violations if v.hard), *found.changed),
        ),
        Check(
            name="schools_together", meaning="Schools that share a route are published together",
            missing=beside.torn_ids,
        ),
        Check(
            name="interim_arrangement", meaning="Everybody unserved has a recorded interim arrangement",
            missing=_without(recorded, "interim_arrangement", unserved),
        ),
        Check(
            name="co_travel", meaning="Somebody judged sharing suitable for each new or changed group",
            missing=_without(recorded, "co_travel", beside.group_ids),
        ),
        Check(
            name="trial_run", meaning="A driver has tried each new or changed route, where the council asks for it",
            missing=_without(recorded, "trial_run", changed if settings.trial_run_required else ()),
        ),
        Check(
            name="street_sign_off", meaning="Streets of each new or changed route are signed off, where asked for",
            missing=_without(recorded, "street_sign_off", changed if settings.street_sign_off_required else ()),
        ),
        Check(
            name="change_cap", meaning="No more families are disturbed than the council allows", missing=over,
            can_override=True,
        ),
    ]  # fmt: skip


def publish(work: Work, settings: Settings, plan_id: str, request: Request, *, expected_version: int) -> StoredPlan:
    """Let a plan hold for some schools; the plans that held for them and hold for no other are superseded.

    Raises
    ------
    NotAllowedYetError
        When a check is not passed; the message names each with what is missing.
    NotInStoreError, StaleWriteError, InputFaults
        As `publish_checks` and `plans.hold`.
    """
    plan = hold(work.session, plan_id, expected_version)
    checks = publish_checks(work.session, work.cipher, settings, plan_id, request.school_ids)
    overridden = bool(request.override_reason)
    failed = [check for check in checks if not check.passed and not (check.can_override and overridden)]
    if plan.status not in ("proposed", "published"):
        raise NotAllowedYetError(f"plan {plan_id}: is {plan.status}; must be proposed first")
    if failed:
        lines = [f"{check.name}: {check.meaning}; missing: {', '.join(check.missing[:20])}" for check in failed]
        raise NotAllowedYetError("\n".join([f"plan {plan_id} cannot be published", *lines]))
    schools = _schools(read_stored_plan(work.session, plan_id), request.school_ids)
    return _let_hold(work, plan, schools, request, is_roll_back=False)


def roll_back(work: Work, plan_id: str, starts_on: date, *, expected_version: int) -> StoredPlan:
    """Let the plan that held before hold again, for every school for which this one holds.

    Raises
    ------
    NotAllowedYetError
        When this plan holds for no school, or none held before it.
    NotInStoreError, StaleWriteError
        As `plans.hold`.
    """
    hold(work.session, plan_id, expected_version)
    standing = standing_plans(work.session)
    schools = sorted(school_id for school_id, holder in standing.items() if holder == plan_id)
    before = _plans_before(work.session, plan_id, schools)
    if not schools or set(before) != set(schools):
        without = sorted(set(schools) - set(before)) or ["any school"]
        raise NotAllowedYetError(f"plan {plan_id}: no plan held before it for {', '.join(without)}")
    for older_id in sorted(set(before.values())):
        older = work.session.get_one(Plan, older_id, with_for_update=True)
        own = frozenset(school_id for school_id in schools if before[school_id] == older_id)
        request = Request(school_ids=tuple(sorted(own)), starts_on=starts_on)
        _let_hold(work, older, own, request, is_roll_back=True)
    return read_stored_plan(work.session, plan_id)


def _let_hold(work: Work, plan: Plan, schools: frozenset[str], request: Request, *, is_roll_back: bool) -> StoredPlan:
    before = plan.version
    work.session.add(
        Publication(
            publication_id=next_publication_id(work.session), plan_id=plan.plan_id, school_ids=sorted(schools),
            starts_on=request.starts_on, is_roll_back=is_roll_back, override_reason=request.override_reason,
            published_at=work.now, published_by=work.caller.name,
        )
    )  # fmt: skip
    plan.status, plan.version, plan.superseded_at = "published", plan.version + 1, None
    work.session.flush()
    work.log(
        "roll_back" if is_roll_back else "publish", "plan", plan.plan_id, version_before=before,
        version_after=plan.version, school_ids=sorted(schools), starts_on=request.starts_on.isoformat(),
        override_reason=request.override_reason,
    )  # fmt: skip
    _supersede(work)
    return read_stored_plan(work.session, plan.plan_id)


def _supersede(work: Work) -> None:
    holding = set(standing_plans(work.session).values())
    for plan in work.session.scalars(select(Plan).where(Plan.status == "published").with_for_update()):
        if plan.plan_id not in holding:
            plan.status, plan.version, plan.superseded_at = "superseded", plan.version + 1, work.now
            work.log("supersede", "plan", plan.plan_id, version_before=plan.version - 1, version_after=plan.version)
    work.session.flush()


def _plans_before(session: Session, plan_id: str, schools: Iterable[str]) -> dict[str, str]:
    """Plan that held for each school before this one did."""
    before: dict[str, str] = {}
    wanted = set(schools)
    for row in session.scalars(select(Publication).order_by(Publication.publication_id)):
        if row.plan_id != plan_id:
            before.update({school_id: row.plan_id for school_id in row.school_ids if school_id in wanted})
    return before


def _schools(stored: StoredPlan, school_ids: Iterable[str] | None) -> frozenset[str]:
    wanted = frozenset(stored.school_ids if school_ids is None else school_ids)
    unknown = sorted(wanted - set(stored.school_ids))
    if unknown or not wanted:
        message = f"must be schools that the plan serves: {', '.join(stored.school_ids)}"
        raise InputFaults(
            [Fault(file="publish", row=None, column="school_ids", value=", ".join(unknown), message=message)]
        )
    return wanted


def _rechecked(session: Session, cipher: Cipher, plan_id: str) -> Recheck:
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        write_folder(session, cipher, plan_id, Path(name))
        return recheck(Path(name))


def beside_standing(session: Session, cipher: Cipher, found: Recheck, schools: frozenset[str]) -> Beside:
    """A plan beside what holds for some schools now.

    Raises
    ------
    NotInStoreError
        When the files of a plan that holds have been removed.
    """
    before = _plan_before(session, cipher, schools)
    routes = [route for route in found.plan.routes if schools_of(route) & schools]
    pupils = {p.passenger_id for p in found.scenario.passengers if p.school_id in schools}
    known = () if before is None else before.routes
    places, groups = {_places(route) for route in known}, {frozenset(route.passenger_ids) for route in known}
    disturbed = disturbed_of(found.plan, before, found.scenario) if before else ()
    return Beside(
        found=found,
        torn_ids=tuple(route.route_id for route in routes if schools_of(route) - schools),
        changed_ids=tuple(route.route_id for route in routes if _places(route) not in places),
        # Nobody shares with themselves alone.
        group_ids=tuple(
            r.route_id for r in routes if len(r.passenger_ids) > 1 and frozenset(r.passenger_ids) not in groups
        ),
        n_changed=sum(one.passenger_id in pupils for one in disturbed),
    )


def _plan_before(session: Session, cipher: Cipher, schools: frozenset[str]) -> RoutePlan | None:
    """Routes that hold for these schools now, of however many plans."""
    standing = {school_id: plan_id for school_id, plan_id in standing_plans(session).items() if school_id in schools}
    routes: list[Route] = []
    for plan_id in sorted(set(standing.values())):
        own = {school_id for school_id, holder in standing.items() if holder == plan_id}
        routes += [r for r in read_routes(session, cipher, plan_id).routes if schools_of(r) & own]
    return RoutePlan(plan_id="standing", routes=tuple(routes)) if routes else None


def _places(route: Route) -> tuple[object, ...]:
    """What makes a route another one: its class, and the order of its places."""
    runs = tuple((run.leg, run.days, tuple(stop.place_id for stop in run.stops)) for run in route.runs)
    return (route.class_id, runs)


def _without(recorded: frozenset[tuple[str, str]], kind: str, ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(one for one in ids if (kind, one) not in recorded)

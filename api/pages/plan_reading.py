"""A stored plan opened for the pages: checked and priced anew from its own files, and kept in memory for a while.

A plan's files never change under its id, so what was read once holds; only its head (status, version) is read each
time.
"""

from __future__ import annotations

import gc
import json
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from api.checking import Recheck, recheck
from api.opened_once import OpenedOnce
from api.pages.visit import Visit
from api.report.kpis import Kpis, kpis_of
from api.report.outcome import Outcome
from api.report.route_view import RouteView, route_views_of
from api.store.cipher import Cipher
from api.store.plans import StoredPlan, read_stored_plan, standing_plans, write_folder
from api.store.store import Store
from transport.check import rides_of
from transport.files.plan_geojson import plan_features

_LARGE = 200
"""Passengers (ours)."""
_MOST_KEPT = 4
"""Opened plans in memory: the one in force, two that are compared, one more (ours)."""


_MOST_REMEMBERED = 12
"""Comparisons and the like in memory (ours)."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenedPlan:
    """Everything that pages show of a plan.

    Attributes
    ----------
    found : what the checker and the prices said; outcome : the same for the report's tables.
    routes : in the order of the plan. map : GeoJSON of its lines, stops and depots.
    told : who is told what, from `changes.json`; None where the plan is no in-year change.
    """

    found: Recheck
    outcome: Outcome
    kpis: Kpis
    routes: tuple[RouteView, ...]
    map: Mapping[str, Any]
    told: Mapping[str, Any] | None

    def route_named(self, route_id: str) -> RouteView | None:
        """A route by its id."""
        return next((route for route in self.routes if route.route_id == route_id), None)


class OpenedPlans:
    """The plans opened last, by id; one for each application, and safe for its threads."""

    def __init__(self) -> None:
        self._kept = OpenedOnce[OpenedPlan](_MOST_KEPT)
        self._remembered: OrderedDict[tuple[str, ...], Any] = OrderedDict()
        self._lock = threading.Lock()

    def opened(self, session: Session, cipher: Cipher, plan_id: str) -> OpenedPlan:
        """A plan, from memory where it is there.

        Raises
        ------
        NotInStoreError
            When there is no such plan, or its files have been removed.
        """
        is_there = bool(read_stored_plan(session, plan_id).files)
        return self._opened(plan_id, is_there, lambda folder: write_folder(session, cipher, plan_id, folder))

    def opened_from(self, store: Store, plan_id: str) -> OpenedPlan:
        """A plan as `opened`, without a transaction that stands open while the plan is read, which takes seconds.

        Raises
        ------
        NotInStoreError
            As `opened`.
        """

        def write(folder: Path) -> None:
            with store.read() as session:
                write_folder(session, store.cipher, plan_id, folder)

        with store.read() as session:
            is_there = bool(read_stored_plan(session, plan_id).files)
        return self._opened(plan_id, is_there, write)

    def _opened(self, plan_id: str, is_there: bool, write: Callable[[Path], None]) -> OpenedPlan:
        if not is_there:
            self._kept.drop(plan_id)
        return self._kept.got(plan_id, lambda: _set_apart(_read(write)))

    def remembered(self, key: tuple[str, ...], make: Callable[[], T]) -> T:
        """What was worked out of plans before, or now: plans never change under their ids.

        Parameters
        ----------
        key : what it is, and the ids of everything that it was made of.
        """
        with self._lock:
            if key in self._remembered:
                self._remembered.move_to_end(key)
                kept: T = self._remembered[key]
                return kept
        made = make()
        with self._lock:
            self._remembered[key] = made
            while len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return made


def _set_apart(opened: OpenedPlan) -> OpenedPlan:
    """The plan, kept out of later collections of garbage if it is a large one.

    It is some hundred thousand objects that stay: else a page that only happens to come next waits, a fifth of a second
    of processor time, while all of them are looked at. Plans hold no cycles, so they go when they are let go.
    """
    if len(opened.outcome.scenario.passengers) >= _LARGE:
        gc.collect()
        gc.freeze()
    return opened


def open_for(visit: Visit, plan_id: str, part: str) -> tuple[StoredPlan, OpenedPlan]:
    """Head and contents of a plan, for a page; that its personal data were read goes into the log.

    Parameters
    ----------
    part : what of it is looked at.

    Raises
    ------
    NotInStoreError
        When there is no such plan, or its files have been removed.
    """
    # Read first and note it then: nobody else may write while a change is open, and opening a plan takes a second.
    with visit.store.read() as session:
        stored = read_stored_plan(session, plan_id)
    opened = plans_of(visit).opened_from(visit.store, plan_id)
    with visit.store.change(visit.caller) as work:
        work.log("read", "plan", plan_id, page=part)
    return stored, opened


def plans_of(visit: Visit) -> OpenedPlans:
    """The opened plans of this application."""
    found: OpenedPlans = visit.request.app.state.opened_plans
    return found


def standing_ids(session: Session) -> list[str]:
    """Plans that hold for some school, the one with most schools first."""
    holders = list(standing_plans(session).values())
    return sorted(set(holders), key=lambda plan_id: (-holders.count(plan_id), plan_id))


def _read(write: Callable[[Path], None]) -> OpenedPlan:
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        folder = Path(name)
        write(folder)
        found = recheck(folder)
        return opened_of(found, _json(folder / "plan.geojson"), _json(folder / "changes.json"))


def opened_of(found: Recheck, lines: Mapping[str, Any] | None, told: Mapping[str, Any] | None) -> OpenedPlan:
    """A checked plan as pages show it.

    Parameters
    ----------
    lines : GeoJSON that was written with it; None: straight lines.
    """
    outcome = _outcome(found)
    return OpenedPlan(
        found=found, outcome=outcome, kpis=kpis_of(outcome), routes=route_views_of(outcome, share=False),
        map=_straight_map(outcome) if lines is None else lines, told=told,
    )  # fmt: skip


def _outcome(found: Recheck) -> Outcome:
    return Outcome(
        scenario=found.scenario, travel=found.travel, plan=found.plan, breakdown=found.breakdown,
        objective=found.objective, violations=found.violations, approximate=found.travel.approximate,
        rides=tuple(rides_of(found.plan, found.scenario, found.travel)),
    )  # fmt: skip


def _straight_map(outcome: Outcome) -> Mapping[str, Any]:
    features = plan_features(outcome.plan, outcome.scenario, _straight(outcome), outcome.breakdown.week_pence_by_route)
    return {"type": "FeatureCollection", "approximate": True, "features": features}


def _straight(outcome: Outcome) -> dict[Any, Any]:
    from api.report.route_map import straight_lines
    from transport.calendar import LEGS

    return {
        (route.route_id, leg): straight_lines(outcome.scenario, outcome.plan, idx, leg)
        for idx, route in enumerate(outcome.plan.routes)
        for leg in LEGS
    }


def _json(path: Path) -> Mapping[str, Any] | None:
    if not path.exists():
        return None
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found

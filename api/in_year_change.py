"""In-year change at the desk: people into a plan, out of it, or onto another route; checked before it is written."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from api.in_year_told import ChangeReport, make_change_report
from api.plan_folder import FOLDERS_KEPT, PlanFolder, open_plan_folder, roads_for
from api.planning_job import (
    SCENARIO_COPY,
    Roads,
    Watcher,
    make_baseline,
    scenario_files,
    versions,
    write_network_points,
)
from api.run_lines import map_streets, run_paths
from transport.check import Violation, check_plan, rides_of
from transport.check.disturbed import disturbed_of
from transport.contracts import Contract
from transport.cost import cost_of, objective_of
from transport.digest import digest_of, file_digest
from transport.files.edit_lists import (
    Lists,
    lists_of,
    with_held_routes,
    with_passengers,
    without_passengers,
    write_lists,
)
from transport.files.read import read_scenario
from transport.files.read_new import NewPassenger, NewPassengers, read_new_passengers
from transport.plan import Plan
from transport.scenario import CurrentRoute, Scenario
from transport.travel import TravelByRow

if TYPE_CHECKING:
    from api.report.outcome import Outcome
    from routing.change import Change
    from routing.desk import Desk
    from routing.network.graph import RoadNetwork
    from routing.quote import Option


N_NEW = 40
"""Options beyond one for each route that are looked through for a new vehicle (ours)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a quote, by everything that tells it from the others; at another price it is another option."""

    kind: str
    school_id: str
    route_id: str
    class_id: str
    operator_id: str | None
    vehicle_id: str | None
    extra_pence_per_fortnight: int

    def is_of(self, option: Option) -> bool:
        """Whether an option is this one."""
        names = (f.name for f in fields(self))
        return all(getattr(self, name) == getattr(option, name) for name in names)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChangeRequest:
    """Who comes, goes and moves.

    Attributes
    ----------
    plan_path : folder of the plan in force. out : folder for the new one.
    new_path : list of new passengers, and of those whose home, school or needs change.
    remove_ids : leavers. move_to : route by id of a passenger who is to change, None: any other.
    max_changed : most other families that may be disturbed; None: any number.
    told_on : the day on which everybody is told.
    compare_seconds : of a free re-plan to compare with; 0: none.
    choice : the option to take, where the list holds one passenger; None: the cheapest.
    network : the plan's roads, where they are loaded already.
    on_new_route : the one who is moved goes onto a vehicle that no route has yet.
    desk : the plan stood up as it is, where it is already; nobody else uses it meanwhile.
    """

    plan_path: Path
    out: Path
    told_on: date
    new_path: Path | None = None
    remove_ids: tuple[str, ...] = ()
    move_to: Mapping[str, str | None] = field(default_factory=dict)
    max_changed: int | None = 0
    compare_seconds: float = 0.0
    processes: int = 1
    roads_path: Path | None = None
    travel_path: Path | None = None
    cache_dir: Path | None = None
    choice: Choice | None = None
    network: RoadNetwork | None = None
    on_new_route: bool = False
    desk: Desk | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Changed:
    """A change that was made and written: the new plan, and who is told what."""

    outcome: Outcome
    report: ChangeReport


class OptionGoneError(ValueError):
    """The option that was chosen is none of those that there are now."""


class NotAPlanError(ValueError):
    """The plan after the change would break hard rules that it does not break now; nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Making:
    """A change that can be judged and written.

    Attributes
    ----------
    change : the plan after it. lists : the lists as they then are.
    """

    request: ChangeRequest
    folder: PlanFolder
    new: NewPassengers
    change: Change
    lists: Lists
    roads: Roads


def change_in_year(request: ChangeRequest, watcher: Watcher | None = None) -> Changed:
    """Change a plan during the year and write the new one, complete, into another folder.

    Raises
    ------
    InputFaults, PlacesOffStreetError, FileNotFoundError, ValueError
        What was given cannot be used, or the change cannot be made; nothing has been written.
    """
    watcher = watcher or Watcher()
    with watcher.phase("read"):
        folder = open_plan_folder(request.plan_path)
    return write_change(make_change(request, folder, watcher), watcher)


def make_change(request: ChangeRequest, folder: PlanFolder, watcher: Watcher) -> Making:
    """Change a plan that is open; nothing is written.

    Raises
    ------
    InputFaults, PlacesOffStreetError, FileNotFoundError, ValueError
        As `change_in_year`.
    """
    with watcher.phase("read"):
        _refuse_out(request, folder)
        new = _read_new(request, folder)
        _check_request(request, folder, new)
    placeable = [person for person in new.people if person.is_decided]
    without, held_lists = _people_out(request, folder, placeable, watcher)
    lists = _lists_with(request, folder, placeable, held_lists)
    scenario = _scenario_of(lists, folder)
    roads = _roads(request, folder, scenario, watcher)
    with watcher.phase("place"):
        desk = without if without is not None and scenario is folder.scenario else None
        change = _placed(request, folder, desk or _desk_at(folder, without, scenario, roads.travel), placeable)
    lists = with_held_routes(lists, *_held_changes(change.desk, folder.plan))
    return Making(request=request, folder=folder, new=new, change=change, lists=lists, roads=roads)


def _refuse_out(request: ChangeRequest, folder: PlanFolder) -> None:
    if request.out.resolve() == folder.path.resolve():
        raise ValueError(f"{request.out}: is the plan in force; give another folder for the new one")
    if request.out.exists() and not request.out.is_dir():
        raise NotADirectoryError(f"{request.out}: is a file; the plan needs a folder")


def _read_new(request: ChangeRequest, folder: PlanFolder) -> NewPassengers:
    if request.new_path is None:
        return NewPassengers(people=(), places=())
    return read_new_passengers(request.new_path, folder.book, folder.scenario, known_may_change=True)


def _check_request(request: ChangeRequest, folder: PlanFolder, new: NewPassengers) -> None:
    """Every fault of what is asked, at once."""
    faults = []
    known, route_ids = folder.scenario.passenger_by_id, {r.route_id for r in folder.plan.routes}
    listed = {person.passenger.passenger_id for person in new.people}
    for pid in (*request.remove_ids, *request.move_to):
        if pid not in known:
            faults.append(f"{pid}: no such passenger in {folder.path}")
        if pid in listed:
            faults.append(f"{pid}: is in the list of new passengers too; give them once")
    faults += [f"{pid}: is both removed and moved" for pid in request.move_to if pid in request.remove_ids]
    faults += [
        f"{rid}: no such route in {folder.path}" for rid in request.move_to.values() if rid and rid not in route_ids
    ]
    faults += [
        f"{person.passenger.passenger_id}: names several schools; quote them, then add with the one decided on"
        for person in new.people
        if person.elsewhere
    ]
    if not (request.remove_ids or request.move_to or new.people):
        faults.append("nothing to change: give a list of new passengers, or somebody to remove or move")
    if faults:
        raise ValueError("; ".join(faults))


def _people_out(
    request: ChangeRequest, folder: PlanFolder, placeable: Sequence[NewPassenger], watcher: Watcher
) -> tuple[Desk | None, Lists]:
    """The plan stood up without leavers and those who are to be placed anew, and the lists with contracted routes so.

    None where nobody is taken out.
    """
    from routing.change import taken_out
    from routing.desk import open_desk

    again = [p.passenger.passenger_id for p in placeable if p.passenger.passenger_id in folder.scenario.passenger_by_id]
    out = [*request.remove_ids, *request.move_to, *again]
    if not out:
        return None, lists_of(folder.book)
    roads = _roads(request, folder, folder.scenario, watcher)
    desk = request.desk or open_desk(folder.plan, folder.scenario, roads.travel)
    for pid in out:
        desk = taken_out(desk, pid)
    moved = {d.passenger_id for d in disturbed_of(desk.plan, folder.plan, folder.scenario)} - set(out)
    if request.max_changed is not None and len(moved) > request.max_changed:
        raise ValueError(
            f"taking {len(out)} off their routes moves {len(moved)} other families by more than the tolerance; allow "
            f"that with --max-changed {len(moved)}"
        )
    return desk, with_held_routes(lists_of(folder.book), *_held_changes(desk, folder.plan))


def _desk_at(folder: PlanFolder, without: Desk | None, scenario: Scenario, travel: TravelByRow) -> Desk:
    """What is left of the plan, stood up among those who may be placed."""
    from routing.desk import open_desk

    return open_desk(folder.plan if without is None else without.plan, scenario, travel)


def _held_changes(desk: Desk, before: Plan) -> tuple[tuple[CurrentRoute, ...], list[Contract]]:
    """Contracted routes that are not as before, and their contracts with the metres at award."""
    from routing.change import held_as_today

    was = {id(route) for route in before.routes}
    routes = [route for route in desk.held.routes if id(route) not in was]
    lot_ids = {route.lot_id for route in routes}
    return held_as_today(desk, routes), [c for lot_id, c in desk.held.contracts.items() if lot_id in lot_ids]


def _lists_with(
    request: ChangeRequest, folder: PlanFolder, placeable: Sequence[NewPassenger], held_lists: Lists
) -> Lists:
    """The lists after the change of people; a risk assessment is done before the day on which somebody starts."""
    again = [p.passenger.passenger_id for p in placeable if p.passenger.passenger_id in folder.scenario.passenger_by_id]
    lists = without_passengers(held_lists, request.remove_ids)
    lists = without_passengers(lists, again, only_their_days=True)
    return with_passengers(lists, ({**person.texts, "ready_from": ""} for person in placeable))


def _roads(request: ChangeRequest, folder: PlanFolder, scenario: Scenario, watcher: Watcher) -> Roads:
    return roads_for(
        folder, scenario, watcher,
        roads_path=request.roads_path, travel_path=request.travel_path, cache_dir=request.cache_dir,
        network=request.network,
    )  # fmt: skip


def _placed(request: ChangeRequest, folder: PlanFolder, desk: Desk, placeable: Sequence[NewPassenger]) -> Change:
    from routing.change import place_all

    if request.on_new_route:
        (passenger_id,) = request.move_to
        return _on_new_route(desk, folder.plan, passenger_id)
    if request.choice is not None:
        return _chosen(desk, folder.plan, placeable[0].passenger.passenger_id, request.choice)
    planned = {p.passenger_id for p in desk.scenario.planned_passengers()}
    ids = [person.passenger.passenger_id for person in placeable] + list(request.move_to)
    barred = {
        pid: next((r.route_id for r in folder.plan.routes if pid in r.passenger_ids), "")
        for pid, target in request.move_to.items()
        if target is None
    }
    return place_all(
        desk,
        [pid for pid in ids if pid in planned],
        folder.plan,
        max_disturbed=request.max_changed,
        targets={pid: target for pid, target in request.move_to.items() if target is not None},
        barred=barred,
    )


def _on_new_route(desk: Desk, before: Plan, passenger_id: str) -> Change:
    """Onto the cheapest vehicle that no route has yet; not placed where none may carry them."""
    from routing.change import Change
    from routing.quote import OptionKind, options_for

    options = options_for(desk, passenger_id, n=len(desk.plan.routes) + N_NEW)
    new = [option for option in options if option.kind in (OptionKind.NEW_BOUGHT, OptionKind.NEW_FLEET)]
    if not new:
        return Change(desk=desk, placed={}, not_placed=(passenger_id,), disturbed_ids=frozenset())
    return _taken(desk, before, passenger_id, new[0])


def _chosen(desk: Desk, before: Plan, passenger_id: str, choice: Choice) -> Change:
    from routing.quote import options_for

    options = options_for(desk, passenger_id, n=len(desk.plan.routes) + 1)
    option = next((one for one in options if choice.is_of(one)), None)
    if option is None:
        raise OptionGoneError(f"route {choice.route_id}: is not offered to passenger {passenger_id} any more")
    return _taken(desk, before, passenger_id, option)


def _taken(desk: Desk, before: Plan, passenger_id: str, option: Option) -> Change:
    from routing.change import Change, taken

    after = taken(desk, option)
    disturbed = {d.passenger_id for d in disturbed_of(after.plan, before, desk.scenario)}
    return Change(
        desk=after, placed={passenger_id: option}, not_placed=(), disturbed_ids=frozenset(disturbed - {passenger_id})
    )


def judge_change(making: Making) -> Outcome:
    """Check and price the plan after a change; nothing is written, no lines for maps, nothing of today's routes."""
    from routing.explain import explain_unserved

    scenario, plan, travel = _scenario_of(making.lists, making.folder), making.change.desk.plan, making.roads.travel
    unserved = explain_unserved(scenario, travel, (u.passenger_id for u in plan.unserved))
    plan = replace(plan, unserved=unserved, not_planned=scenario.not_planned())
    return _outcome(making, plan, scenario, with_lines=False)


def _scenario_of(lists: Lists, folder: PlanFolder) -> Scenario:
    """What lists say, read anew where they are not those of the plan."""
    if lists == lists_of(folder.book):
        return folder.scenario
    with tempfile.TemporaryDirectory() as place:
        write_lists(lists, Path(place))
        return read_scenario(Path(place))


def _judged(making: Making, copy: Path) -> Outcome:
    write_lists(making.lists, copy)
    scenario = read_scenario(copy)
    return _outcome(making, _plan_after(making, scenario, copy), scenario, with_lines=True)


def write_change(making: Making, watcher: Watcher) -> Changed:
    """Check, price and write the plan with everything beside it: all of it, or nothing.

    Raises
    ------
    NotAPlanError
        When the plan would break hard rules that it does not break now.
    """
    from api.report.change_page import write_change_report
    from api.report.outputs import write_outputs

    request, folder, roads = making.request, making.folder, making.roads
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        with watcher.phase("check"):
            outcome = _judged(making, copy)
            _refuse_new_faults(outcome, folder)
        with watcher.phase("compare"):
            report = make_change_report(
                folder, outcome, making.change, making.new,
                told_on=request.told_on, left_ids=request.remove_ids, moved_ids=tuple(request.move_to),
                free_week_pence=_free_week_pence(request, outcome.plan, outcome.scenario, roads),
            )  # fmt: skip
        with watcher.phase("write"):
            write_outputs(outcome, request.out)
            write_change_report(report, outcome, request.out)
            _copy_lists(copy, request.out / SCENARIO_COPY)
            write_network_points(folder.network_points if roads.travel.approximate else None, request.out)
    return Changed(outcome=outcome, report=report)


def _plan_after(making: Making, scenario: Scenario, copy: Path) -> Plan:
    from routing.explain import explain_unserved

    request, folder, roads, plan = making.request, making.folder, making.roads, making.change.desk.plan
    digests = {
        "scenario": digest_of(scenario), "travel": roads.travel.digest, **roads.digests,
        "reference": digest_of(folder.plan),
        **{f"file:{path.name}": file_digest(path) for path in scenario_files(copy)},
    }  # fmt: skip
    what = [digests["scenario"], digests["travel"], folder.plan.plan_id, plan.routes]
    return replace(
        plan,
        plan_id=f"plan-{digest_of(what)[:12]}",
        unserved=explain_unserved(scenario, roads.travel, (u.passenger_id for u in plan.unserved)),
        not_planned=scenario.not_planned(),
        digests=digests,
        made_with={"changed_from": folder.plan.plan_id, "told_on": request.told_on.isoformat(), **versions()},
    )


def _outcome(making: Making, plan: Plan, scenario: Scenario, *, with_lines: bool) -> Outcome:
    from api.report.outcome import Known, Outcome

    roads, travel, reference = making.roads, making.roads.travel, making.folder.plan
    breakdown, rides = cost_of(plan, scenario, travel), tuple(rides_of(plan, scenario, travel))
    return Outcome(
        scenario=scenario,
        travel=travel,
        plan=plan,
        breakdown=breakdown,
        objective=objective_of(plan, scenario, travel, breakdown, reference, rides),
        violations=check_plan(plan, scenario, travel, reference),
        rides=rides,
        baseline=make_baseline(scenario, travel) if with_lines else None,
        known=Known(
            plan=reference, words=f"plan {reference.plan_id}", is_watched=True,
            disturbed=disturbed_of(plan, reference, scenario),
        ),
        run_paths=run_paths(scenario, plan, roads, making.request.cache_dir) if with_lines else {},
        streets=map_streets(roads.network) if with_lines else (),
        approximate=travel.approximate,
        data_notes=travel.notes,
    )  # fmt: skip


def new_faults(outcome: Outcome, folder: PlanFolder) -> tuple[Violation, ...]:
    """Broken hard rules that the plan in force does not break: what it breaks already is not this change's doing."""
    known = _known_faults(folder)
    return tuple(v for v in outcome.hard_violations if _fault(v) not in known)


@lru_cache(maxsize=FOLDERS_KEPT)
def _known_faults(folder: PlanFolder) -> frozenset[tuple[object, ...]]:
    return frozenset(_fault(v) for v in check_plan(folder.plan, folder.scenario, folder.pairs))


def _refuse_new_faults(outcome: Outcome, folder: PlanFolder) -> None:
    new = new_faults(outcome, folder)
    if new:
        raise NotAPlanError(
            "the plan would break rules that it does not break now, so nothing was written: "
            + "; ".join(v.sentence for v in new)
        )


def _fault(violation: Violation) -> tuple[object, ...]:
    return violation.rule, violation.route_id, violation.leg, violation.sentence


def _free_week_pence(request: ChangeRequest, plan: Plan, scenario: Scenario, roads: Roads) -> int | None:
    """A week's cost of the best plan found from here with a free hand; None where nobody asked."""
    if not request.compare_seconds:
        return None
    from routing.rounds import Rounds
    from routing.solve import Stop

    rounds = Rounds(
        scenario=scenario, travel=roads.travel, stop=Stop(seconds=request.compare_seconds), start=plan,
        processes=request.processes,
    )  # fmt: skip
    found = rounds.search_once(scenario, 1.0, start=plan)
    return cost_of(found.plan, scenario, roads.travel).week_pence


def _copy_lists(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for old in target.glob("*.csv"):
        old.unlink()
    for path in scenario_files(source):
        shutil.copy2(path, target / path.name)

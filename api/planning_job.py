"""READ FIRST: the main job, from a scenario to a checked and priced plan.

`plan_term` is the spine: `prepare` (read scenario, roads, travel matrix, encode), `search` (solve, decode), `finish`
(check, cost, baseline, bound, write).
Command line, tests and benchmarks call this one function.
"""

from __future__ import annotations

import json
import platform
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from api.run_lines import map_streets, run_paths
from transport.calendar import ALL_DAYS, LEGS
from transport.check import check_plan, rides_of
from transport.cost import cost_of, objective_of
from transport.digest import digest_of, file_digest
from transport.files.read import read_scenario_and_remarks
from transport.plan import Plan
from transport.scenario import Scenario
from transport.travel import TravelByRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.report.outcome import Baseline, Known, Outcome
    from routing.encode import Index
    from routing.instance import Instance
    from routing.network.graph import RoadNetwork
    from routing.network.speeds import SpeedModel
    from routing.rounds import Found
    from routing.solve import Elsewhere, Progress, Result, Stop
    from routing.whole_search import Searched

POSTCODE_MARGIN_DEG = 0.02
"""How far around the places postcodes join the approximate network: about 2 km."""
SCENARIO_COPY = "scenario"
NETWORK_POINTS_FILE = "network_points.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What to plan, on which roads, for how long.

    Attributes
    ----------
    scenario_path : folder of CSV files, or one workbook.
    roads_path : OpenStreetMap extract or GraphML; travel_path : the council's own matrices; neither: approximate.
    processes : 1 or 2, with the same plan where the stop counts iterations.
    out : output folder. share : write the version that may be passed on.
    cache_dir : where built roads and matrices are kept.
    reference_path : folder of the plan that families know; None: today's routes.
    disturbed_pence_per_week, max_disturbed : in place of the policy's.
    network_points : (latitude, longitude) of the places that an approximate network is made of; None: the scenario's.
    explain_rules : explain the plan, with the price of at most so many rules; None: do not.
    bound_seconds : prove a bound for so long; None: do not.
    """

    scenario_path: Path
    out: Path
    stop: Stop
    roads_path: Path | None = None
    travel_path: Path | None = None
    seed: int = 1
    processes: int = 1
    share: bool = False
    cache_dir: Path | None = None
    explain_rules: int | None = None
    bound_seconds: float | None = None
    reference_path: Path | None = None
    disturbed_pence_per_week: int | None = None
    max_disturbed: int | None = None
    network_points: tuple[tuple[float, float], ...] | None = None

    def own_settings(self) -> dict[str, int]:
        """Settings that stand in place of the policy's."""
        given = {"disturbed_pence_per_week": self.disturbed_pence_per_week, "max_disturbed": self.max_disturbed}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(slots=True, kw_only=True)
class Watcher:
    """Who is told how a job goes; every call may be ignored.

    Attributes
    ----------
    on_phase : a phase begins. on_progress : where the search stands. should_stop : asked during search and proof.
    on_bound : seconds of the proof, bound and objective in pence a week, whenever the bound has risen.
    seconds_by_phase : filled with wall seconds.
    """

    on_phase: Callable[[str], None] = lambda phase: None
    on_progress: Callable[[Progress], None] = lambda progress: None
    should_stop: Callable[[], bool] = lambda: False
    on_bound: Callable[[float, int, int], None] = lambda seconds, bound_pence, objective_pence: None
    seconds_by_phase: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Announce and time one phase."""
        self.on_phase(name)
        began = time.monotonic()
        yield
        self.seconds_by_phase[name] = time.monotonic() - began


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Roads:
    """Travel between all places, and where it came from.

    Attributes
    ----------
    network : None where the council's own matrices are used; maps then draw straight lines.
    """

    travel: TravelByRow
    network: RoadNetwork | None
    speeds: SpeedModel | None
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """A job that can be searched.

    Attributes
    ----------
    given : the plan that families know, where one was given; reference : that, or today's routes.
    """

    scenario: Scenario
    remarks: tuple[str, ...]
    roads: Roads
    baseline: Baseline | None
    given: Plan | None
    reference: Plan | None
    encoded: tuple[Instance, Index]


def plan_term(request: PlanRequest, watcher: Watcher | None = None) -> Outcome:
    """Plan a term and write it down.

    Raises
    ------
    InputFaults, PlacesOffStreetError, StreetRulesError, FileNotFoundError, ValueError
        What was given cannot be planned; nothing has been written.
    """
    watcher = watcher or Watcher()
    _refuse_folder(request)
    prepared = prepare(request, watcher)
    return finish(request, prepared, search(prepared, request, prepared.given, watcher), watcher)


def prepare(request: PlanRequest, watcher: Watcher) -> Prepared:
    """Read the lists, prepare the roads and encode.

    Raises
    ------
    InputFaults, PlacesOffStreetError, StreetRulesError, FileNotFoundError, ValueError
        What was given cannot be planned.
    """
    from routing.encode import encode

    with watcher.phase("read"):
        scenario, remarks = read_scenario_and_remarks(request.scenario_path)
        scenario = with_settings(scenario, request.own_settings())
        given = _given_reference(scenario, request)
    with watcher.phase("roads"):
        roads = load_roads(scenario, request, watcher.phase)
    with watcher.phase("encode"):
        baseline = make_baseline(scenario, roads.travel)
        reference = given or (baseline.plan if baseline is not None else None)
        encoded = encode(scenario, roads.travel, reference)
    return Prepared(
        scenario=scenario, remarks=tuple(remarks), roads=roads, baseline=baseline, given=given, reference=reference,
        encoded=encoded,
    )  # fmt: skip


def finish(request: PlanRequest, prepared: Prepared, searched: Searched, watcher: Watcher) -> Outcome:
    """Check, price, explain and write what a search found."""
    from api.report.outcome import Outcome
    from api.report.outputs import write_outputs

    scenario, roads, reference = prepared.scenario, prepared.roads, prepared.reference
    with watcher.phase("check"):
        plan = make_plan(scenario, roads, searched.found, request, reference)
        violations = check_plan(plan, scenario, roads.travel, reference)
        breakdown = cost_of(plan, scenario, roads.travel)
        objective = objective_of(plan, scenario, roads.travel, breakdown, reference)
    plan = explained(plan, searched.found, roads.travel, request, watcher)
    if request.bound_seconds is not None:
        plan = certified(plan, scenario, roads.travel, searched.found, objective.total, reference, request, watcher)
    with watcher.phase("write"):
        outcome = Outcome(
            scenario=scenario,
            travel=roads.travel,
            plan=plan,
            breakdown=breakdown,
            objective=objective,
            violations=violations,
            rides=tuple(rides_of(plan, scenario, roads.travel)),
            baseline=prepared.baseline,
            known=_known(scenario, plan, reference, prepared.given),
            lots=searched.lots,
            run_paths=run_paths(scenario, plan, roads, request.cache_dir),
            streets=map_streets(roads.network),
            approximate=roads.travel.approximate,
            data_notes=(
                *prepared.remarks,
                *searched.notes,
                *roads.travel.notes,
                *_bias_notes(scenario, prepared.baseline),
                *_snag_notes(scenario, roads),
                *_explain_notes(plan, request),
            ),
            search=_search_figures(searched.found.result, request),
        )
        write_outputs(outcome, request.out, share=request.share)
        if not request.share:
            _copy_scenario(request)
            write_network_points(request.network_points, request.out)
    return outcome


def _refuse_folder(request: PlanRequest) -> None:
    """Say before an hour of searching, not after it, that the plan cannot be written where it should go."""
    from api.report.outputs import PLAN_FILE

    out, copy = request.out, request.out / SCENARIO_COPY
    if out.exists() and not out.is_dir():
        raise NotADirectoryError(f"{out}: is a file; the plan needs a folder")
    holds_plan = (out / PLAN_FILE).exists()
    if request.share and holds_plan:
        raise FileExistsError(f"{out} holds the full plan; the shared version needs a folder of its own")
    is_own = copy.resolve() == request.scenario_path.resolve()
    if not request.share and not holds_plan and not is_own and any(copy.glob("*.csv")):
        raise FileExistsError(f"{copy} holds lists that no plan put there; give another folder for the plan")


def load_roads(scenario: Scenario, request: PlanRequest, phase: Callable[[str], AbstractContextManager[None]]) -> Roads:
    """Travel matrices from the council's own files, an extract, or the approximate network."""
    place_ids = [place.place_id for place in scenario.places]
    class_ids = [c.class_id for c in scenario.vehicle_classes]
    if request.travel_path is not None:
        from transport.files.travel_files import read_travel

        if not request.travel_path.exists():
            raise FileNotFoundError(f"{request.travel_path}: there is no such file of travel times")
        given = read_travel(request.travel_path, place_ids, class_ids)
        return Roads(travel=given, network=None, speeds=None, digests={"travel_file": given.digest})
    from routing.network.speeds import read_speeds

    speeds = read_speeds(authority_factor_pct=scenario.policy.travel_time_factor_pct)
    network = _network(scenario, request, speeds)
    with phase("matrices"):
        return roads_on(network, scenario, request.cache_dir)


def roads_on(network: RoadNetwork, scenario: Scenario, cache_dir: Path | None) -> Roads:
    """Travel between a scenario's places on a network that is loaded already."""
    from routing.network.road_travel import travel_of
    from routing.network.speeds import read_speeds

    speeds = read_speeds(authority_factor_pct=scenario.policy.travel_time_factor_pct)
    travel = travel_of(
        network,
        scenario.places,
        scenario.vehicle_classes,
        scenario.street_rules,
        speeds,
        max_snap_gap_m=scenario.policy.max_snap_gap_m,
        cache_dir=cache_dir,
    )
    return Roads(travel=travel, network=network, speeds=speeds, digests={"roads": network.digest})


def _network(scenario: Scenario, request: PlanRequest, speeds: SpeedModel) -> RoadNetwork:
    if request.roads_path is not None:
        from routing.network.load import load_network

        return load_network(request.roads_path, cache_dir=request.cache_dir)
    import numpy as np

    from routing.network.approximate import approximate_network
    from transport.files.postcodes import postcode_points_within

    own = request.network_points or network_points_of(scenario)
    lats, lons = [lat for lat, _ in own], [lon for _, lon in own]
    margin = POSTCODE_MARGIN_DEG
    around = postcode_points_within(min(lats) - margin, min(lons) - margin, max(lats) + margin, max(lons) + margin)
    points = [*own, *((lat, lon) for _, lat, lon in around)]
    return approximate_network(np.array(points), circuity=speeds.approximate.circuity)


def network_points_of(scenario: Scenario) -> tuple[tuple[float, float], ...]:
    """Points of a scenario's places: with the postcodes around them, an approximate network is made of these."""
    return tuple((place.lat, place.lon) for place in scenario.places)


def with_settings(scenario: Scenario, settings: Mapping[str, int]) -> Scenario:
    """The scenario with its policy's price or cap for disturbed families replaced."""
    policy = scenario.policy
    return replace(
        scenario,
        policy=replace(
            policy,
            disturbed_pence_per_week=settings.get("disturbed_pence_per_week", policy.disturbed_pence_per_week),
            max_disturbed=settings.get("max_disturbed", policy.max_disturbed),
        ),
    )


def _given_reference(scenario: Scenario, request: PlanRequest) -> Plan | None:
    """The plan that families know where one is given; where their peace has a price, there must be some."""
    if request.reference_path is None:
        if scenario.policy.watches_families and not scenario.current_routes:
            raise ValueError(
                "disturbed_pence_per_week or max_disturbed is set, but there is no plan to compare with: give "
                "current_routes, or the folder of a plan as --reference"
            )
        return None
    from api.report.outputs import PLAN_FILE
    from transport.files.plan_json import read_plan

    path = request.reference_path / PLAN_FILE
    if not path.exists():
        raise FileNotFoundError(f"{request.reference_path}: lacks {PLAN_FILE}; must be a folder of `schoolrun plan`")
    return read_plan(path)


def _known(scenario: Scenario, plan: Plan, reference: Plan | None, given: Plan | None) -> Known | None:
    from api.report.outcome import Known
    from transport.check.disturbed import disturbed_of

    if reference is None:
        return None
    return Known(
        plan=reference,
        words="today’s routes" if given is None else f"plan {given.plan_id}",
        is_watched=given is not None or scenario.policy.watches_families,
        disturbed=disturbed_of(plan, reference, scenario),
    )


def search(
    prepared: Prepared, request: PlanRequest, start: Plan | None, watcher: Watcher, elsewhere: Elsewhere | None = None
) -> Searched:
    """Run the optimiser from today's routes, or from the plan given as start; here, or on workers elsewhere."""
    from routing.numba_cache import is_compiled
    from routing.rounds import Rounds
    from routing.solve import compile_kernel
    from routing.whole_search import search_all

    scenario, travel = prepared.scenario, prepared.roads.travel
    with watcher.phase("kernel" if is_compiled() else "compile"):
        compile_kernel(prepared.encoded[0], travel)
    with watcher.phase("search"):
        searched = search_all(
            Rounds(
                scenario=scenario,
                travel=travel,
                stop=request.stop,
                reference=prepared.reference,
                start=start,
                encoded=prepared.encoded,
                seed=request.seed,
                processes=request.processes,
                elsewhere=elsewhere,
                on_progress=watcher.on_progress,
                should_stop=watcher.should_stop,
            )
        )
    return searched if start is None else no_worse_than(start, searched, scenario, travel, prepared.reference)


def no_worse_than(
    start: Plan, searched: Searched, scenario: Scenario, travel: TravelByRow, reference: Plan | None
) -> Searched:
    """The plan that a search began with, where it keeps every rule and what was found is no better."""

    def worth(plan: Plan) -> tuple[bool, int]:
        broken = any(v.hard for v in check_plan(plan, scenario, travel, reference))
        return broken, objective_of(plan, scenario, travel, reference=reference).total

    found = searched.found
    before = replace(start, not_planned=scenario.not_planned(), explanation=None, certificate=None)
    try:
        kept = worth(before) <= worth(found.plan) and not worth(before)[0]
    except ValueError:  # It names what these lists do not hold any more, so it has no price.
        kept = False
    if not kept:
        return searched
    note = f"No better plan was found than {start.plan_id}, with which the search began: its routes stay"
    return replace(searched, found=replace(found, plan=before), notes=(*searched.notes, note))


def make_plan(
    scenario: Scenario, roads: Roads, found: Found, request: PlanRequest, reference: Plan | None = None
) -> Plan:
    """The plan of a search result with its origin, and the unserved explained."""
    from routing.explain import explain_unserved

    digests = {"scenario": digest_of(scenario), "travel": roads.travel.digest, **roads.digests}
    if reference is not None and (request.reference_path is not None or scenario.policy.watches_families):
        digests["reference"] = digest_of(reference)
    digests |= {f"file:{path.name}": file_digest(path) for path in scenario_files(request.scenario_path)}
    result = found.result
    made_with: dict[str, str | int | float] = {
        "seed": request.seed, "iterations": result.iterations, "seconds": round(result.seconds, 1),
        **request.own_settings(), **versions(),
    }  # fmt: skip
    what = [digests["scenario"], digests["travel"], request.seed, result.iterations, found.plan.routes]
    return replace(
        found.plan,
        plan_id=f"plan-{digest_of(what)[:12]}",
        unserved=explain_unserved(scenario, roads.travel, (u.passenger_id for u in found.plan.unserved)),
        digests=digests,
        made_with=made_with,
    )


def explained(plan: Plan, found: Found, travel: TravelByRow, request: PlanRequest, watcher: Watcher) -> Plan:
    """The plan with its explanation, where one was asked for and the search can follow every route."""
    if request.explain_rules is None:
        return plan
    from routing.explain_plan import explain_plan
    from routing.solve import has_matrices

    if not has_matrices(found.instance):
        return plan

    with watcher.phase("explain"):
        explanation = explain_plan(
            plan, found.scenario, travel, found.instance, found.index,
            n_rules=request.explain_rules, seed=request.seed, should_stop=watcher.should_stop,
        )  # fmt: skip
    return replace(plan, explanation=explanation)


def _explain_notes(plan: Plan, request: PlanRequest) -> list[str]:
    missing = request.explain_rules is not None and plan.explanation is None
    return (
        [
            "The plan is not explained: a route breaks a rule of the search, the council lists its PAs by id, or there "
            "are more places than one travel matrix holds"
        ]
        if missing
        else []
    )


def certified(
    plan: Plan, scenario: Scenario, travel: TravelByRow, found: Found, objective_pence: int, reference: Plan | None,
    request: PlanRequest, watcher: Watcher,
) -> Plan:  # fmt: skip
    """The plan with its certificate; what is proven is kept beside the plan, for a later proof to go on from."""
    from api.certify import STATE_FILE, certificate_of, cost_trace_of

    assert request.bound_seconds is not None
    request.out.mkdir(parents=True, exist_ok=True)
    certificate = certificate_of(
        plan, scenario, travel, seconds=request.bound_seconds, objective_pence=objective_pence, watcher=watcher,
        reference=reference, state_path=None if request.share else request.out / STATE_FILE,
        cost_trace=cost_trace_of(found),
    )  # fmt: skip
    return replace(plan, certificate=certificate)


def make_baseline(scenario: Scenario, travel: TravelByRow) -> Baseline | None:
    """Today's routes, checked and priced by the same rules; None where none are given."""
    from api.report.outcome import Baseline
    from routing.baseline import baseline_plan

    plan = baseline_plan(scenario, travel)
    if plan is None:
        return None
    breakdown = cost_of(plan, scenario, travel)
    return Baseline(
        plan=plan,
        breakdown=breakdown,
        objective=objective_of(plan, scenario, travel, breakdown),
        violations=check_plan(plan, scenario, travel),
        rides=tuple(rides_of(plan, scenario, travel)),
    )


def versions() -> dict[str, str]:
    """Versions of what decides a result."""
    found = {"python": platform.python_version()}
    for name in ("schoolrun", "numpy", "numba", "scipy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def scenario_files(path: Path) -> list[Path]:
    """The files of a scenario: a workbook, or the CSV files of a folder."""
    return sorted(path.glob("*.csv")) if path.is_dir() else [path]


def write_network_points(points: tuple[tuple[float, float], ...] | None, folder: Path) -> None:
    """Keep the points of an approximate network that was made for an older plan, so that drives stay as they are."""
    path = folder / NETWORK_POINTS_FILE
    if points is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(json.dumps(points), encoding="utf-8")


def _copy_scenario(request: PlanRequest) -> None:
    """Keep what was planned beside the plan, so that it can be checked, changed and planned again."""
    if request.scenario_path.is_dir():
        target = request.out / SCENARIO_COPY
        if target.resolve() == request.scenario_path.resolve():
            return
        target.mkdir(exist_ok=True)
        for old in target.glob("*.csv"):
            old.unlink()
        for path in scenario_files(request.scenario_path):
            shutil.copy2(path, target / path.name)
    else:
        shutil.copy2(request.scenario_path, request.out / f"{SCENARIO_COPY}.xlsx")


def _bias_notes(scenario: Scenario, baseline: Baseline | None) -> list[str]:
    from routing.baseline import travel_time_bias_pct

    pct = travel_time_bias_pct(scenario, baseline.plan) if baseline is not None else None
    if pct is None:
        return []
    return [
        f"Known run times of today's routes are {pct} % of the modelled ones (median). To scale all drives by "
        f"one factor, set travel_time_factor_pct in policy.csv (now {scenario.policy.travel_time_factor_pct})"
    ]


def _snag_notes(scenario: Scenario, roads: Roads) -> list[str]:
    """Homes and pick-up points that no permitted vehicle can reach, said before anybody asks who is unserved."""
    from routing.network.matrix import unreachable_places

    gates = [gate.place_id for school in scenario.schools for gate in school.gates]
    homes = {
        place_id
        for p in scenario.planned_passengers()
        for leg in LEGS
        for day in ALL_DAYS
        for place_id in p.stop_ids_on(leg, day)
    }
    return [
        f"No permitted vehicle can reach {place_id}"
        for place_id in unreachable_places(roads.travel, sorted(homes), gates)
    ]


def _search_figures(result: Result, request: PlanRequest) -> dict[str, str | int | float]:
    return {
        "seed": request.seed,
        "iterations": result.iterations,
        "seconds": round(result.seconds, 1),
        "compile_s": round(result.compile_seconds, 1),
        "first_plan_s": round(result.first_plan_seconds, 2),
        "first_objective": result.trace[0][1],
        "last_objective": (result.assignment.cost + 1) // 2,
    }

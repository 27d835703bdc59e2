"""The comparison with other people's solvers: what they are told, how they are mended, what a row says."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from api.demo_borough import make_demo_scenario
from benchmarks import peers
from benchmarks.cpu_clock import Budget, cpu_s
from benchmarks.peer_methods import METHODS, PACKAGE_OF, answer_of, left_out
from benchmarks.peer_model import ROOM, Job
from benchmarks.peer_pairing import matched, with_other_leg
from benchmarks.peer_problem import AM_ONLY, FULL, Problem, am_only, judge, problem_of, read_problem
from benchmarks.peer_repair import finish, mend, pence_of, riders_of, to_start_routes
from benchmarks.peer_route import PeerRoute
from benchmarks.peer_table import table
from benchmarks.peer_telling import leg_model
from transport.calendar import ALL_DAYS, Leg
from transport.scenario import Scenario

N_TINY = 25


@pytest.fixture(scope="module")
def whole_demo(tmp_path_factory: pytest.TempPathFactory) -> Problem:
    """The smallest demo borough, both legs."""
    folder = tmp_path_factory.mktemp("peers")
    make_demo_scenario(folder / "lists", n_passengers=50, seed=101)
    return read_problem(folder / "lists", problem=FULL, roads_path=None, cache_dir=folder / "cache")


@pytest.fixture(scope="module")
def full(whole_demo: Problem) -> Problem:
    """Its first 25 passengers."""
    return problem_of(first_passengers(whole_demo.scenario), whole_demo.travel, name=FULL)


@pytest.fixture(scope="module")
def tiny(full: Problem) -> Problem:
    """The peer problem of these."""
    return problem_of(am_only(full.scenario), full.travel, name=AM_ONLY)


def first_passengers(scenario: Scenario) -> Scenario:
    """A scenario with its first passengers only, and nothing that names others."""
    passengers = scenario.passengers[:N_TINY]
    ids = {p.passenger_id for p in passengers}
    return replace(
        scenario,
        passengers=tuple(replace(p, pinned_route_id=None) for p in passengers),
        never_together=tuple(x for x in scenario.never_together if ids.issuperset(x.passenger_ids)),
        keep_together=tuple(x for x in scenario.keep_together if ids.issuperset(x.passenger_ids)),
        current_routes=(),
    )


def everybody_on_one_run(problem: Problem) -> list[PeerRoute]:
    """A peer's answer that breaks every rule there is: all on one vehicle, school after school."""
    jobs = leg_model(problem.scenario, problem.travel, Leg.AM).jobs
    return [PeerRoute(jobs=jobs, gate_rows=tuple(dict.fromkeys(job.gate_row for job in jobs)))]


def skip_unless_installed(method: str) -> None:
    package = PACKAGE_OF.get(method)
    if package is not None and find_spec(package) is None:
        pytest.skip(f"needs {package}: make peers")


@pytest.mark.parametrize("method", METHODS)
def test_every_methods_plan_keeps_every_rule(tiny: Problem, method: str) -> None:
    """In the peer problem each method ends with a plan that the checker accepts, everybody carried.

    How many a peer's own answer lacks within half a CPU second is the machine's matter; the plan lacks nobody.
    """
    skip_unless_installed(method)
    answer = answer_of(tiny, method, 0.5, 1)
    judged = judge(tiny, answer.result.solution, answer.result.assignment)
    assert [v.sentence for v in judged.broken] == []
    assert judged.feasible
    assert answer.cpu_s > 0
    assert not answer.result.solution.unserved
    assert 0 <= answer.n_left_out <= tiny.instance.n_riders


@pytest.mark.parametrize("method", ["ours", "ortools", "pyvrp-grouped", "vroom"])
def test_the_full_problem_is_paired_into_a_plan_that_keeps_every_rule(full: Problem, method: str) -> None:
    """AM and PM solved apart become routes that carry everybody on both legs and all days."""
    skip_unless_installed(method)
    answer = answer_of(full, method, 0.5, 1)
    judged = judge(full, answer.result.solution, answer.result.assignment)
    assert [v.sentence for v in judged.broken] == []
    assert judged.feasible


def test_the_peer_problem_is_the_am_leg_of_everybody_every_day(full: Problem, tiny: Problem) -> None:
    """Nobody is lost, nobody rides home, all ten days are alike and no fleet vehicle goes out twice."""
    scenario = tiny.scenario
    assert [p.passenger_id for p in scenario.passengers] == [p.passenger_id for p in full.scenario.passengers]
    for p in scenario.passengers:
        assert all(scenario.travels(p, Leg.AM, day) and not scenario.travels(p, Leg.PM, day) for day in ALL_DAYS)
    assert len(tiny.instance.group_weight) == 1
    assert {v.max_runs_per_shift for v in scenario.fleet_vehicles} <= {1}
    assert not scenario.operators


def test_a_broken_answer_is_mended(tiny: Problem) -> None:
    """Everybody on one run to many schools: most leave it, all are carried in the end, and the checker agrees."""
    routes = to_start_routes(tiny, Leg.AM, everybody_on_one_run(tiny))
    assert [pence_of(tiny, route) for route in routes] == [None]
    mended = mend(tiny, routes)
    assert 0 < mended.n_ejected < tiny.instance.n_riders
    assert all(pence_of(tiny, route) is not None for route in mended.routes)
    result = finish(tiny, list(mended.routes), seed=1)
    assert judge(tiny, result.solution, result.assignment).feasible


def test_whom_a_peer_left_out_is_counted_and_put_in(tiny: Problem) -> None:
    """An answer without any run lacks everybody and says so; it is mended too: our insertion carries everybody."""
    assert left_out(tiny, {Leg.AM: []}) == tiny.instance.n_riders
    result = finish(tiny, [], seed=1)
    assert judge(tiny, result.solution, result.assignment).feasible


def test_a_sound_run_is_left_as_it_is(tiny: Problem) -> None:
    """Nobody is taken off a run that keeps every rule, and its order stays."""
    jobs = leg_model(tiny.scenario, tiny.travel, Leg.AM).jobs
    routes = to_start_routes(tiny, Leg.AM, [PeerRoute(jobs=(job,), gate_rows=(job.gate_row,)) for job in jobs])
    mended = mend(tiny, routes)
    assert mended.n_ejected == 0
    assert [route.order for route in mended.routes] == [route.order for route in routes]


def test_one_who_spoils_a_run_is_the_one_who_leaves(tiny: Problem) -> None:
    """Somebody solo put on another's run: one of the two leaves, and the run holds again."""
    jobs = leg_model(tiny.scenario, tiny.travel, Leg.AM).jobs
    solo_ids = {p.passenger_id for p in tiny.scenario.passengers if p.solo}
    alone = next((job for job in jobs if solo_ids & set(job.passenger_ids)), None)
    if alone is None:
        alone = jobs[0]
        people = [replace(p, solo=p.passenger_id in alone.passenger_ids) for p in tiny.scenario.passengers]
        tiny = problem_of(replace(tiny.scenario, passengers=tuple(people)), tiny.travel, name=AM_ONLY)
    mate = next(job for job in jobs if job is not alone)
    gates = tuple(dict.fromkeys((alone.gate_row, mate.gate_row)))
    routes = to_start_routes(tiny, Leg.AM, [PeerRoute(jobs=(alone, mate), gate_rows=gates)])
    mended = mend(tiny, routes)
    assert mended.n_ejected == 1
    assert [len(riders_of(route)) for route in mended.routes] == [1]


def test_loads_say_what_layouts_hold(tiny: Problem) -> None:
    """Linear loads and a list of layouts agree on every load, for every bought class without a PA."""
    model = leg_model(tiny.scenario, tiny.travel, Leg.AM)
    slopes = [int(name[len("seats+") : -len("chairs")]) for name in model.load_names if name.startswith("seats+")]
    offers = {offer.name: offer for offer in model.offers}
    for vehicle_class in tiny.scenario.vehicle_classes:
        capacity = offers[vehicle_class.class_id].capacity
        for seats in range(18):
            for chairs in range(6):
                told = all(seats + w * chairs <= capacity[c] for c, w in enumerate(slopes))
                told &= chairs <= capacity[len(slopes)]
                real = any(x.holds(n_seats=seats, n_wheelchairs=chairs) for x in vehicle_class.layouts)
                assert told == real, (vehicle_class.class_id, seats, chairs)


def test_solo_leaves_no_room(tiny: Problem) -> None:
    """A passenger who rides alone fills the load that everybody counts in."""
    model = leg_model(tiny.scenario, tiny.travel, Leg.AM)
    at = model.load_names.index("solo")
    solo = {p.passenger_id for p in tiny.scenario.passengers if p.solo}
    assert {offer.capacity[at] for offer in model.offers} == {ROOM}
    for job in model.jobs:
        assert (job.loads[at] >= ROOM) == bool(solo & set(job.passenger_ids))


def test_parts_hold_everybody_and_the_whole_fleet(tiny: Problem) -> None:
    """Per school or in groups, every job is in one part, and the fleet's shares add up to the fleet."""
    model = leg_model(tiny.scenario, tiny.travel, Leg.AM)
    n_fleet = sum(offer.n_available or 0 for offer in model.offers)
    for parts in (model.per_gate(), model.per_group(8), model.per_group()):
        assert sorted(job.passenger_ids for part in parts for job in part.jobs) == sorted(
            job.passenger_ids for job in model.jobs
        )
        assert sum(offer.n_available or 0 for part in parts for offer in part.offers) == n_fleet
    assert all(part.has_one_gate for part in model.per_gate())


def test_the_pm_leg_is_told_backwards_and_read_forwards(full: Problem) -> None:
    """A mirrored run that gathers a, b for the gate is one that leaves the gate for b, then a."""
    jobs = leg_model(full.scenario, full.travel, Leg.PM, money_pct=50).jobs
    by_gate: dict[int, list[Job]] = {}
    for job in jobs:
        by_gate.setdefault(job.gate_row, []).append(job)
    gate_row, (a, b, *_) = max(by_gate.items(), key=lambda item: len(item[1]))
    (route,) = to_start_routes(full, Leg.PM, [PeerRoute(jobs=(a, b), gate_rows=(gate_row,))])
    ids = [full.index.riders[i].passenger.passenger_id for i in route.order[1]]
    assert ids == [*reversed(b.passenger_ids), *reversed(a.passenger_ids)]
    assert route.order[0] == []
    assert a.open_s < a.close_s


def test_the_missing_leg_carries_the_same_people(full: Problem) -> None:
    """AM leads: whoever also rides home is on the PM leg; matched runs keep only who is on both."""
    jobs = leg_model(full.scenario, full.travel, Leg.AM).jobs
    routes = to_start_routes(full, Leg.AM, [PeerRoute(jobs=(job,), gate_rows=(job.gate_row,)) for job in jobs])
    for route in routes:
        both = with_other_leg(full, route, Leg.AM)
        assert both.order[0] == route.order[0]
        assert set(both.order[1]) == {i for i in route.order[0] if Leg.PM in full.index.riders[i].legs}
    pm_jobs = leg_model(full.scenario, full.travel, Leg.PM).jobs
    pm = to_start_routes(full, Leg.PM, [PeerRoute(jobs=(job,), gate_rows=(job.gate_row,)) for job in pm_jobs])
    for route in matched(full, routes, pm):
        two_legs = [{i for i in order if len(full.index.riders[i].legs) == 2} for order in route.order]
        assert two_legs[0] == two_legs[1]


def test_cpu_seconds_count_children_while_they_run_and_after() -> None:
    """A child that has burnt a fifth of a second is on the bill before it ends, and still when it has ended."""
    burn = "import time\nwhile time.process_time() < 0.2: pass\nprint('burnt', flush=True)\ninput()\n"
    before = cpu_s()
    with subprocess.Popen(
        [sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "burnt\n"
        if Path("/proc/self/stat").exists():
            assert cpu_s() - before >= 0.18
        child.communicate("\n")
    assert cpu_s() - before >= 0.19


def test_a_budget_does_not_charge_what_it_is_told_not_to() -> None:
    """Telling a library its model is free; a used-up budget says so."""
    budget = Budget(0.05)
    with budget.uncharged():
        began = cpu_s()
        while cpu_s() - began < 0.1:
            pass
    assert not budget.is_spent()
    while not budget.is_spent():
        pass
    assert budget.left_s == 0


def row(method: str, seed: int, objective: int | None, **more: object) -> peers.Row:
    """A measured row in short."""
    return {
        "area": "demo", "problem": "am", "n": 300, "seed": seed, "method": method, "budget_s": 20.0,
        "objective": objective, "feasible": objective is not None, "cpu_s": 20.1, "commit": "abc", "version": method,
        **more,
    }  # fmt: skip


def test_the_table_shows_medians_and_the_best_peer_of_each_seed() -> None:
    """Ours 90, 80, 95 beside 100: 10 %, 20 %, 5 % cheaper, 10 % in the middle; a row without a plan wins nothing."""
    rows = [row("ours", 1, 9000), row("ours", 2, 8000), row("ours", 3, 9500)]
    rows += [row("pyvrp", seed, 10_000) for seed in (1, 2, 3)]
    rows += [row("vroom", 1, 12_000), row("vroom", 2, None), row("vroom", 3, 12_000)]
    text = table(rows)
    assert "| demo | am | 300 | pyvrp | 10.0 % | 10.0 %, 20.0 %, 5.0 % |" in text
    assert "| demo | am | 300 | 20 | ours | 90 | 80 to 95 | 1.000 | 3 of 3 |" in text
    assert "| vroom | 120 | 120 to 120 | 1.333 | 2 of 3 |" in text


def test_rows_that_are_there_are_not_measured_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A command given again prints what it has, without solving anything."""
    kept = tmp_path / "rows.json"
    kept.write_text(json.dumps(row("ours", 1, 9000)) + "\n", encoding="utf-8")
    peers.main(["--n", "300", "--seconds", "20", "--seeds", "1", "--methods", "ours", "--json", "--out", str(kept)])
    assert json.loads(capsys.readouterr().out) == row("ours", 1, 9000)


def test_one_number_of_seconds_or_one_for_each_size() -> None:
    """Two sizes and three numbers of seconds do not fit together."""
    with pytest.raises(SystemExit, match="3 values for 2"):
        peers.main(["--n", "120", "300", "--seconds", "1", "2", "3"])


@pytest.mark.slow
def test_a_row_has_its_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One instance from the command line, in a process of its own."""
    out = tmp_path / "rows.json"
    command = ["--n", "50", "--seconds", "1", "--seeds", "1", "--methods", "ours", "--json", "--out", str(out)]
    peers.main(command)
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert {"n", "seed", "method", "objective", "feasible", "cpu_s", "area", "problem", "wall_s"} <= set(found)
    assert found["feasible"]
    assert peers.read_rows(out) == [found]

"""The main job on real streets, from the lists to a folder that can be checked alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from api.checking import recheck
from api.planning_job import PlanRequest, plan_term
from api.report.outcome import Outcome
from routing.solve import Stop
from tests.areas import N_PASSENGERS, Area, make_area_scenario

pytestmark = pytest.mark.slow

N_ITERATIONS = {
    Area.WEST_BROMWICH_SMETHWICK: 1500,
    Area.CAMBRIDGE: 1500,
    Area.RUTLAND: 1500,
    Area.RHINE_NECKAR: 1500,
}
"""Enough to mix every kind of move, few enough for a minute on one core."""

OUTPUTS = {
    "disturbed.csv",
    "held_lots.csv",
    "letters.csv",
    "lots.csv",
    "passengers.csv",
    "plan.geojson",
    "plan.json",
    "plan.xlsx",
    "report.html",
    "routes.csv",
    "run_sheets.pdf",
    "scenario",
    "school_lists.pdf",
    "stops.csv",
    "travel_pairs.json",
}
MOST_REPORT_BYTES = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan of an area and the folder it was written to."""

    outcome: Outcome
    folder: Path


@pytest.fixture(scope="module", params=list(Area), ids=lambda area: area.name.lower())
def planned(request: pytest.FixtureRequest, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """An area planned once; the tests look at it from several sides."""
    area: Area = request.param
    folder = tmp_path_factory.mktemp(area.name.lower())
    make_area_scenario(folder / "lists", area=area, n_passengers=N_PASSENGERS[area], seed=1, shared=shared_data)
    job = PlanRequest(
        scenario_path=folder / "lists",
        out=folder / "plan",
        stop=Stop(iterations=N_ITERATIONS[area]),
        roads_path=area.roads(shared_data),
        cache_dir=folder / "cache",
    )
    return Planned(outcome=plan_term(job), folder=folder / "plan")


def test_the_checker_finds_no_broken_rule(planned: Planned) -> None:
    """Every hard rule holds on real one-way streets, bans and real distances."""
    assert [v.sentence for v in planned.outcome.hard_violations] == []


def test_everybody_is_on_a_route_or_listed_with_a_cause(planned: Planned) -> None:
    """Nobody is lost, nobody is on a route and a list at once, and who is not carried can be told why."""
    plan, scenario = planned.outcome.plan, planned.outcome.scenario
    carried = [pid for route in plan.routes for pid in route.passenger_ids]
    listed = [u.passenger_id for u in plan.unserved]
    assert sorted(carried + listed) == sorted(p.passenger_id for p in scenario.planned_passengers())
    assert all(u.sentence and u.relaxation for u in plan.unserved)
    assert {p.passenger_id for p in plan.not_planned}.isdisjoint(carried)


def test_everything_is_written(planned: Planned) -> None:
    """The folder holds what an officer hands on, and a report small enough for a mail."""
    assert {path.name for path in planned.folder.iterdir()} == OUTPUTS
    assert all(path.stat().st_size > 0 for path in planned.folder.rglob("*") if path.is_file())
    report = (planned.folder / "report.html").read_bytes()
    assert b"<svg" in report
    assert len(report) < MOST_REPORT_BYTES


def test_a_second_look_from_the_files_alone_agrees_to_the_penny(planned: Planned) -> None:
    """`schoolrun check` needs no roads, finds nothing and arrives at the same money and the same wishes not met."""
    outcome, again = planned.outcome, recheck(planned.folder)
    assert again.changed == ()
    assert again.n_hard == 0
    assert again.violations == outcome.violations
    assert again.breakdown == outcome.breakdown
    assert again.objective == outcome.objective


def test_todays_routes_are_judged_on_the_same_passengers(planned: Planned) -> None:
    """The baseline is priced and checked beside the plan, and the search does not end above its start."""
    outcome = planned.outcome
    assert outcome.baseline is not None
    before = {pid for route in outcome.baseline.plan.routes for pid in route.passenger_ids}
    assert before <= {p.passenger_id for p in outcome.scenario.passengers}
    assert outcome.baseline.breakdown.week_pence > 0
    report = (planned.folder / "report.html").read_text(encoding="utf-8")
    assert "Today’s routes" in report or "Today's routes" in report
    assert outcome.objective.total <= outcome.search["first_objective"]


def test_the_streets_are_real(planned: Planned) -> None:
    """Times come from the extract, lines follow its streets, and nothing is called approximate."""
    outcome = planned.outcome
    assert not outcome.approximate
    assert "OpenStreetMap" in outcome.travel.source
    assert outcome.streets
    longest = max(len(line) for lines in outcome.run_paths.values() for line in lines)
    assert longest > 10

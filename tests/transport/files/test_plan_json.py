"""plan.json: exact both ways, and every fault named with its place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import line_travel, make_passenger, make_plan, make_scenario, route_of
from transport.calendar import Leg
from transport.certificate import Certificate, ShadowPrice
from transport.files.plan_json import (
    PERSONAL_DATA,
    PlanFileError,
    plan_json_of,
    plan_of_json,
    read_plan,
    write_plan,
)
from transport.lots import Lot, LotState
from transport.plan import NotPlanned, Pattern, Plan, Route, RouteKind, Run, Stop, Unserved
from transport.vehicles import Layout

IDS = st.text(min_size=1, max_size=6)
ID_TUPLES = st.lists(IDS, max_size=3).map(tuple)
SECONDS = st.integers(0, 86_400)
FACTS = st.dictionaries(
    IDS, st.one_of(IDS, st.integers(), st.floats(allow_nan=False, allow_infinity=False)), max_size=3
)

STOPS = st.builds(
    Stop, place_id=IDS, arrive_at_s=SECONDS, start_at_s=SECONDS, depart_at_s=SECONDS, boarding=ID_TUPLES,
    alighting=ID_TUPLES, pas_boarding=ID_TUPLES, pas_alighting=ID_TUPLES, school_id=st.none() | IDS,
)  # fmt: skip
RUNS = st.builds(
    Run, leg=st.sampled_from(Leg), days=st.sets(st.integers(0, 9)).map(lambda days: tuple(sorted(days))),
    stops=st.lists(STOPS, max_size=3).map(tuple), n_pas=st.integers(0, 4),
    layout=st.builds(Layout, seats=st.integers(1, 60), wheelchairs=st.integers(0, 6)),
)  # fmt: skip
PATTERNS = st.builds(
    Pattern, passenger_ids=ID_TUPLES, gates=st.lists(st.tuples(IDS, IDS), max_size=2).map(tuple)
)  # fmt: skip


@st.composite
def routes(draw: st.DrawFn) -> Route:
    kind = draw(st.sampled_from(RouteKind))
    return Route(
        route_id=draw(IDS),
        kind=kind,
        class_id=draw(IDS),
        am=draw(st.none() | PATTERNS),
        pm=draw(st.none() | PATTERNS),
        runs=tuple(draw(st.lists(RUNS, max_size=2))),
        vehicle_id=draw(IDS) if kind is RouteKind.FLEET else None,
        lot_id=draw(st.none() | IDS),
        operator_id=draw(st.none() | IDS),
        pa_ids=draw(ID_TUPLES),
        kept=draw(st.booleans()),
    )


@st.composite
def lots(draw: st.DrawFn) -> Lot:
    state = draw(st.sampled_from(LotState))
    operator_id = None if state is LotState.TENDER else draw(IDS)
    return Lot(lot_id=draw(IDS), state=state, class_id=draw(IDS), route_ids=draw(ID_TUPLES), operator_id=operator_id)


TRACES = st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 10**9)), max_size=3).map(tuple)
CERTIFICATES = st.builds(
    Certificate, objective_pence=st.integers(0, 10**9), bound_pence=st.integers(0, 10**9), method=IDS,
    relaxations=ID_TUPLES, trace=TRACES, cost_trace=TRACES, cpu_s=st.floats(0, 1e6), wall_s=st.floats(0, 1e6),
    prices=st.lists(
        st.builds(ShadowPrice, what=IDS, of_id=IDS, pence=st.integers(), sentence=IDS), max_size=2
    ).map(tuple),
    is_over=st.booleans(),
)  # fmt: skip
PLANS = st.builds(
    Plan,
    plan_id=IDS,
    routes=st.lists(routes(), max_size=3).map(tuple),
    lots=st.lists(lots(), max_size=2).map(tuple),
    unserved=st.lists(
        st.builds(
            Unserved,
            passenger_id=IDS,
            cause=IDS,
            sentence=IDS,
            relaxation=IDS,
            taxi_pence_per_day=st.none() | st.integers(),
        ),
        max_size=2,
    ).map(tuple),
    not_planned=st.lists(st.builds(NotPlanned, passenger_id=IDS, reason=IDS), max_size=2).map(tuple),
    digests=st.dictionaries(IDS, IDS, max_size=2),
    made_with=FACTS,
    certificate=st.none() | CERTIFICATES,
)


def small_plan() -> Plan:
    """P1 and P2 at x10 and x20 ride to S1 at x30 in one bought car."""
    scenario = make_scenario([make_passenger("P1", 10), make_passenger("P2", 20)])
    return make_plan(route_of(scenario, line_travel(), "R1", ["P1", "P2"], ["P2", "P1"]))


@given(PLANS)
def test_any_plan_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> None:
    """Whatever a plan holds, strange letters included, writing and reading it changes nothing."""
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    write_plan(plan, path)
    again = read_plan(path)
    assert again == plan
    assert [type(value) for value in again.made_with.values()] == [type(value) for value in plan.made_with.values()]
    first = path.read_bytes()
    write_plan(again, path)
    assert path.read_bytes() == first


def test_the_file_says_on_its_face_that_it_is_personal_data(tmp_path: Path) -> None:
    """The note is the first key and names ids, home points and needs."""
    write_plan(small_plan(), tmp_path / "plan.json")
    given_keys = list(json.loads((tmp_path / "plan.json").read_text(encoding="utf-8")))
    assert given_keys[:2] == ["personal_data", "schema_version"]
    assert PERSONAL_DATA.startswith("personal data: pseudonymous ids, home points and needs")


def test_no_certificate_reads_no_bound_computed() -> None:
    """A plan without a proven bound says so, and holds no number in its place."""
    given_plan = plan_json_of(small_plan())
    assert given_plan["certificate"] is None
    assert given_plan["certificate_words"] == "no bound computed"


def test_a_certificate_is_told_in_words_beside_its_figures() -> None:
    """£310.00 against £312.15: 0.7 % more at most, rounded up."""
    certificate = Certificate(
        objective_pence=31_215, bound_pence=31_000, method="packing", relaxations=(), trace=(), cpu_s=0.1, wall_s=0.1
    )
    given_plan = plan_json_of(replace(small_plan(), certificate=certificate))
    assert given_plan["certificate"]["bound_pence"] == 31_000
    assert given_plan["certificate_words"] == (
        "no plan under these rules and prices costs less than £310.00 a week; this one costs at most 0.7 % more"
    )


def broken(**changes: Any) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(json.dumps(plan_json_of(small_plan())))
    route = plan["routes"][0]
    for name, value in changes.items():
        {"plan": plan, "route": route, "run": route["runs"][0], "stop": route["runs"][0]["stops"][0]}[name].update(
            value
        )
    return plan


@pytest.mark.parametrize(
    ("given_plan", "fault"),
    [
        (broken(route={"colour": "red"}), "routes.0.colour: no such key in this format"),
        (broken(run={"n_pas": "2"}), "routes.0.runs.0.n_pas: '2'; must be written as 2"),
        (broken(run={"leg": "NOON"}), "routes.0.runs.0.leg: 'NOON'; input should be 'AM' or 'PM'"),
        (
            broken(stop={"arrive_at_s": 1.5}),
            "routes.0.runs.0.stops.0.arrive_at_s: 1.5; input should be a valid integer",
        ),
        (broken(route={"kind": "fleet"}), "routes.0: value error, route R1: kind fleet with vehicle None"),
        (broken(plan={"schema_version": 9}), "schema_version: 9; must be 1"),
        (broken(plan={"plan_id": None}), "plan_id: None; input should be a valid string"),
        ([], "list; must be an object"),
    ],
)
def test_a_broken_plan_is_refused_with_its_fault(given_plan: Any, fault: str) -> None:
    """Each fault is named with the place it stands at."""
    with pytest.raises(PlanFileError) as refused:
        plan_of_json(given_plan)
    assert fault in str(refused.value)
    assert str(refused.value).startswith("plan.json")


def test_all_faults_come_at_once() -> None:
    """Two faults in different places are both told."""
    with pytest.raises(PlanFileError) as refused:
        plan_of_json(broken(run={"n_pas": "two"}, stop={"place_id": None}))
    assert len(str(refused.value).splitlines()) == 2


def test_a_file_that_is_not_json_is_refused_by_name(tmp_path: Path) -> None:
    """The message names the file and what it must be."""
    (tmp_path / "plan.json").write_text("plan_id,routes", encoding="utf-8")
    with pytest.raises(PlanFileError, match=r"plan\.json: .*must be JSON in UTF-8"):
        read_plan(tmp_path / "plan.json")


def test_a_figure_that_json_cannot_hold_is_refused(tmp_path: Path) -> None:
    """Infinity would be written as a word that other programs cannot read."""
    plan = make_plan(made_with={"seconds": float("inf")})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_plan(plan, tmp_path / "plan.json")

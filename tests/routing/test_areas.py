"""Areas: they hold everybody once, take no more than there is, and what they find is one plan that holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
import pytest

from routing.areas import ASSIGNED_RIDERS, assign_by_area, cut, drives_from_landmarks, n_areas_of, share_out, split
from routing.assign import assign
from routing.baseline import start_routes
from routing.encode import Index, encode
from routing.instance import NO_LIMIT, P_FOES_FROM, P_FOES_TO, P_PINNED, P_UNIT, Instance
from routing.part import BY_RIDER, BY_ROW, LIMITED, SHARED, Limits, Part, as_solution, limits_of, part_of
from routing.search.state import N_TOTAL, new_state
from routing.solve import Result, solve
from routing.start import StartRoute, begin_from, routes_now
from routing.streams import Stop, pence_of
from routing.task import Found, Task, run_task
from tests.routing.planning import planned_from
from tests.routing.worlds import FEATURES, make_world
from transport.scenario import Scenario
from transport.travel import TravelByRow

ALL_BUT_LIMITS = tuple(f for f in FEATURES if f not in {"free_legs", "tight_caps", "own_caps"})
WORLDS = {
    "every rule": (ALL_BUT_LIMITS, 40, 1),
    "free legs": ((*ALL_BUT_LIMITS, "free_legs"), 30, 2),
    "fleet and operators": (("fleet", "tiers", "operators", "class_limit", "pas", "schools"), 40, 3),
    "part weeks": (("part_week", "two_homes", "shared_homes", "own_sessions", "keep_together"), 40, 4),
    "people apart": (("never_together", "solo", "wheelchairs", "tags", "keep_together"), 40, 5),
    "streets": (("two_profiles", "blocked", "one_way", "tight_caps", "walks"), 40, 6),
}

Planned = tuple[Scenario, TravelByRow, Instance, Index, Found]


@pytest.fixture(scope="module", params=WORLDS)
def planned(request: pytest.FixtureRequest) -> Planned:
    """A borough with a plan of a short search."""
    scenario, travel = make_world(*WORLDS[request.param])
    instance, index = encode(scenario, travel)
    task = Task(
        riders=None,
        limits=None,
        routes=start_routes(scenario, index),
        seed=1,
        n_iterations=60,
        first=0,
        done=(0.0, 1.0),
    )
    return scenario, travel, instance, index, run_task(instance, task, lambda standing: False)


def areas_of(planned: Planned, n_areas: int, seed: int) -> list[tuple[Part, list[StartRoute], Limits]]:
    _, _, instance, _, found = planned
    rng = np.random.default_rng(seed)
    riders, routes = cut(instance, found.now, n_areas, drives_from_landmarks(instance), rng)
    limits = share_out(instance, routes, rng)
    return [(part_of(instance, r, own), s, own) for r, s, own in zip(riders, routes, limits, strict=True)]


def unpriced(routes: Sequence[StartRoute]) -> list[StartRoute]:
    """Without costs: two routes of one vehicle may share its cost in another way."""
    return sorted((replace(route, pence=0) for route in routes), key=repr)


def loaded_pence(part: Part, routes: list[StartRoute]) -> int:
    data, state = part.instance.data(), new_state(part.instance, 1)
    begin_from(data, state, part.inward(routes))
    assert unpriced(part.outward(routes_now(state))) == unpriced(routes)
    return int(state.num[N_TOTAL])


@pytest.mark.parametrize("n_areas", [1, 2, 3, 5])
def test_everybody_is_in_one_area_with_their_route_and_their_unit(planned: Planned, n_areas: int) -> None:
    """Riders, routes and units are shared out whole; pinned riders of one route go together."""
    _, _, instance, _, found = planned
    areas = areas_of(planned, n_areas, 7)
    area_of = {int(rider): a for a, (part, _, _) in enumerate(areas) for rider in part.riders}
    assert sorted(area_of) == list(range(instance.n_riders))
    assert sum(len(part.riders) for part, _, _ in areas) == instance.n_riders
    assert sorted(map(repr, found.now)) == sorted(repr(route) for _, routes, _ in areas for route in routes)
    for a, (_, routes, _) in enumerate(areas):
        assert {area_of[i] for route in routes for i in route.riders()} <= {a}
    for column in (P_UNIT, P_PINNED):
        for value in set(instance.riders[:, column].tolist()) - ({0} if column == P_PINNED else set()):
            assert len({area_of[int(i)] for i in np.flatnonzero(instance.riders[:, column] == value)}) == 1


@pytest.mark.parametrize("n_areas", [2, 3, 5])
def test_areas_together_may_take_no_more_than_there_is(planned: Planned, n_areas: int) -> None:
    """Each has at least what its routes hold; together they have all of it; what is unlimited stays so."""
    _, _, instance, _, _ = planned
    areas, whole = areas_of(planned, n_areas, 8), limits_of(instance)
    for name in ("supply", "vehicle_class", "operator_pas", "listed_pas"):
        limit, shares = getattr(whole, name), np.array([getattr(own, name) for _, _, own in areas])
        bound = limit < NO_LIMIT
        assert (shares[:, ~bound] == NO_LIMIT).all() or not (~bound).any()
        np.testing.assert_array_equal(shares[:, bound].sum(axis=0), limit[bound])
    for _, routes, own in areas:
        in_use = np.bincount([r.supply for r in routes if r.mate < 0], minlength=len(own.supply))
        assert (in_use <= own.supply).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_routes_cost_in_their_area_what_they_cost_in_the_whole(planned: Planned, seed: int) -> None:
    """Every rule and price of a part is the whole's: its numbers stand for the same riders, places and supplies."""
    _, _, instance, _, found = planned
    areas = areas_of(planned, 3, seed)
    assert sum(loaded_pence(part, routes) for part, routes, _ in areas) == found.now_pence
    assert found.now_pence == pence_of(instance, range(instance.n_riders), found.now)


def test_who_may_not_share_a_run_is_the_same_in_a_part(planned: Planned) -> None:
    """Pairs within an area are kept apart as before."""

    def pairs(instance: Instance) -> set[tuple[int, int]]:
        bounds = instance.riders[:, [P_FOES_FROM, P_FOES_TO]].tolist()
        return {(i, int(j)) for i, (a, b) in enumerate(bounds) for j in instance.foes[a:b]}

    whole = pairs(planned[2])
    for part, _, _ in areas_of(planned, 2, 3):
        own = set(part.riders.tolist())
        within = {(int(part.riders[i]), int(part.riders[j])) for i, j in pairs(part.instance)}
        assert within == {(i, j) for i, j in whole if i in own and j in own}


def test_what_areas_find_is_one_plan_that_keeps_every_rule(planned: Planned) -> None:
    """Searched apart and put together, assigned whole or by area: the checker finds no hard violation."""
    scenario, travel, instance, index, _ = planned
    routes: list[StartRoute] = []
    for k, (part, own, limits) in enumerate(areas_of(planned, 3, 4)):
        task = Task(riders=part.riders, limits=limits, routes=own, seed=k, n_iterations=40, first=0, done=(0.0, 1.0))
        routes += run_task(instance, task, lambda standing: False).best
    solution = as_solution(instance, routes)
    for assignment in (assign(instance, solution), assign_by_area(instance, routes, None)):
        assert -1 not in assignment.supply
        result = Result(
            solution=solution, assignment=assignment, iterations=0, seconds=0.0, first_plan_seconds=0.0,
            compile_seconds=0.0, trace=(),
        )  # fmt: skip
        assert planned_from(scenario, travel, instance, index, result).hard == []


def test_a_part_without_matrices_asks_for_its_own(planned: Planned) -> None:
    """Of an instance without matrices the parts get the same tables, and the same prices, from travel by row."""
    _, travel, instance, _, _ = planned
    bare = replace(instance, seconds=instance.seconds[:, :, :0, :0], metres=instance.metres[:, :, :0, :0])
    for whole, by_row in zip(areas_of(planned, 2, 5), areas_of(planned, 2, 5), strict=True):
        part = part_of(bare, by_row[0].riders, by_row[2], travel)
        np.testing.assert_array_equal(part.instance.seconds, whole[0].instance.seconds)
        assert loaded_pence(part, by_row[1]) == loaded_pence(whole[0], whole[1])


def test_a_search_without_matrices_keeps_every_rule(planned: Planned) -> None:
    """From the first plan to the assignment by area, travel is asked for; who can be carried is, and no rule breaks."""
    scenario, travel, instance, index, found = planned
    bare = replace(instance, seconds=instance.seconds[:, :, :0, :0], metres=instance.metres[:, :, :0, :0])
    result = solve(bare, Stop(iterations=80), start=start_routes(scenario, index), blocks=travel)
    assert planned_from(scenario, travel, instance, index, result).hard == []
    carried = {i for route in found.best for i in route.riders()}
    assert len(result.solution.unserved) <= instance.n_riders - len(carried) + 1


def test_a_part_is_laid_out_as_the_kernel_wants_it(planned: Planned) -> None:
    """Types, dimensions and order in memory are the whole's, so that nothing is compiled again."""

    def layout(instance: Instance) -> list[object]:
        arrays = [getattr(instance, field.name) for field in fields(instance)]
        return [(a.dtype, a.ndim, a.flags.c_contiguous, a.flags.aligned, a.flags.writeable) for a in arrays]

    for part, _, _ in areas_of(planned, 2, 1):
        assert layout(part.instance) == layout(planned[2])


def test_a_unit_cannot_be_cut() -> None:
    """Half of two who are kept together is refused."""
    instance, _ = encode(*make_world(("keep_together",), 12, 1))
    unit = next(u for u in range(len(instance.unit_ptr) - 1) if instance.unit_ptr[u + 1] - instance.unit_ptr[u] > 1)
    member = instance.unit_riders[instance.unit_ptr[unit]]
    with pytest.raises(ValueError, match="all members of a unit"):
        part_of(instance, np.array([member]), limits_of(instance))


def test_every_field_of_an_instance_has_its_way_into_a_part() -> None:
    """A new field must be cut down, renumbered, shared out or shared: named in one of the lists."""
    assert {field.name for field in fields(Instance)} == {*BY_RIDER, *BY_ROW, *LIMITED, *SHARED}


@pytest.mark.parametrize("n_areas", [2, 3, 8])
def test_areas_are_of_about_the_same_size(n_areas: int) -> None:
    """A thousand groups of one to nine: no area is a tenth larger or smaller than the others."""
    rng = np.random.default_rng(1)
    sizes = rng.integers(1, 10, 1000)
    areas = split(rng.normal(size=(1000, 4)), sizes, n_areas, rng)
    riders = np.bincount(areas, weights=sizes, minlength=n_areas)
    assert riders.max() < 1.1 * riders.min()


def test_borders_move_from_round_to_round(planned: Planned) -> None:
    """Ten cuts are not all alike, few as the routes are."""
    _, _, instance, _, found = planned
    drives = drives_from_landmarks(instance)
    cuts = {tuple(cut(instance, found.now, 2, drives, np.random.default_rng([1, k]))[0][0].tolist()) for k in range(10)}
    assert len(cuts) > 2


@pytest.mark.parametrize(("n_riders", "n_areas"), [(0, 2), (500, 2), (501, 4), (1_000, 4), (20_000, 80)])
def test_the_number_of_areas(n_riders: int, n_areas: int) -> None:
    """Two until an area would pass 250 riders; always even."""
    assert n_areas_of(n_riders) == n_areas


def test_areas_that_are_assigned_are_larger() -> None:
    """Two until one would pass 1,500 riders."""
    assert [n_areas_of(n, ASSIGNED_RIDERS) for n in (3_000, 3_001, 20_000)] == [2, 4, 14]

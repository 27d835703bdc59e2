"""Kinds that do the runs of another kind for no more: which those are, and that only other runs are looked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from routing.bound.fields import C_CLASS, C_TAGS, FROM_BASE, NO_EMPTY_MILES, V_CHAIR, V_OWN, V_TAGS
from routing.bound.kinds import Offer
from routing.bound.master import Master
from routing.bound.problem import BoundProblem, bound_problem
from routing.bound.rivals import rivals_of
from routing.bound.rounds import TABLES, Rounds
from routing.encode import encode
from routing.instance import NO_LIMIT, S_PROFILE
from tests.routing.bound_rounds import rounds_of
from tests.routing.worlds import make_world

FINE = replace(TABLES, n_stages=3)


def problem_of(features: tuple[str, ...], n: int) -> BoundProblem:
    return bound_problem(encode(*make_world(features, n, 4), with_busy=True)[0])


def two_kinds(**of_small: Any) -> Master:
    """A small kind for £50 a day and 8p a metre, and a large one for £90 and 10p."""
    problem = problem_of((), 2)
    large = replace(problem.kinds[2], of=1, offers=(Offer(pence=9_000.0, limit=NO_LIMIT),), metre_pence=0.10)
    small = replace(large, supplies=problem.kinds[0].supplies, of=0, offers=(Offer(pence=5_000.0, limit=NO_LIMIT),))
    return Master(replace(problem, kinds=(replace(small, metre_pence=0.08, **of_small), large)))


def rivals_at_cost(master: Master, kind: int) -> frozenset[int]:
    """At prices at which no vehicle pays."""
    free = master.no_prices()
    prices = master.prices_of(free.demand, free.run, free.pa, free.moment, free.pa_moment)
    return rivals_of(master, prices, 0, kind, 0)


def test_a_vehicle_is_priced_at_what_it_costs_though_the_program_asks_for_less() -> None:
    """Both legs alike where nothing is asked for; in proportion where something is. The bound pays nothing for it."""
    master = two_kinds()
    free = master.no_prices()
    prices = master.prices_of(free.demand, free.run, free.pa, free.moment, free.pa_moment)
    assert prices.run.tolist() == [[2_500.0, 4_500.0], [2_500.0, 4_500.0]]
    assert prices.limits == 0.0
    asked = np.array([[1_000.0, 3_000.0], [0.0, 1_500.0]])
    prices = master.prices_of(free.demand, asked, free.pa, free.moment, free.pa_moment)
    assert prices.run == pytest.approx(np.array([[5_000.0, 6_000.0], [0.0, 3_000.0]]))


def test_the_cheaper_kind_is_the_rival_of_the_dearer() -> None:
    master = two_kinds()
    assert rivals_at_cost(master, 1) == {0}
    assert rivals_at_cost(master, 0) == set()


@pytest.mark.parametrize(
    "of_small",
    [
        {"metre_pence": 0.11}, {"run_pence": 2_001.0}, {"pa_pence": 10_000.0}, {"long_pence": 9.9}, {"long_after_s": 0},
        {"most_out": 3}, {"is_fleet": True}, {"empty": FROM_BASE},
    ],
    ids=lambda of_small: next(iter(of_small)),
)  # fmt: skip
def test_a_kind_that_is_dearer_in_something_or_scarce_is_no_rival(of_small: dict[str, Any]) -> None:
    """Of a large one that pays for long runs after an hour, and nothing for empty miles."""
    problem = two_kinds().problem
    small, large = (
        replace(kind, long_pence=1.0, long_after_s=3600, empty=NO_EMPTY_MILES) for kind in problem.kinds
    )  # fmt: skip
    assert rivals_at_cost(Master(replace(problem, kinds=(small, large))), 1) == {0}
    assert rivals_at_cost(Master(replace(problem, kinds=(replace(small, **of_small), large))), 1) == set()


def test_a_kind_on_other_roads_is_no_rival() -> None:
    problem = two_kinds().problem
    supplies = problem.instance.supplies.copy()
    supplies[problem.kinds[0].supply, S_PROFILE] += 1
    apart = replace(problem, instance=replace(problem.instance, supplies=supplies))
    assert rivals_at_cost(Master(apart), 1) == set()


def test_of_two_alike_the_first_is_the_rival() -> None:
    problem = two_kinds().problem
    alike = Master(replace(problem, kinds=(problem.kinds[0], replace(problem.kinds[0], of=1))))
    assert [rivals_at_cost(alike, kind) for kind in (0, 1)] == [set(), {0}]


def test_no_run_is_told_of_that_a_rival_may_do() -> None:
    """Passengers with and without wheelchairs, some of whom ask for a ramp or a lift: what is new fits no rival."""
    problem = problem_of(("schools", "wheelchairs", "tags", "pas"), 14)
    n_new = 0
    with ThreadPoolExecutor(1) as threads:
        rounds = rounds_of(problem, threads)
        master = rounds.master
        for _ in range(5):
            known = {run for columns in master.runs() for run in columns.run_keys()}
            rounds.price(master.solve(), FINE)
            rivals = {family.at: family.rivals[-1] for family in rounds.families}
            for run in {run for columns in master.runs() for run in columns.run_keys()} - known:
                n_new += bool(rivals[run[:3]])
                assert not any(may_do(master, k, run) for k in rivals[run[:3]]), run
    assert n_new > 0


def may_do(master: Master, kind: int, run: tuple[int, ...]) -> bool:
    """Whether a kind of vehicle has room, and what the passengers of a run ask for."""
    leg, pa = master.problem.legs[run[0]], run[2]
    nodes = leg.nodes[list(run[4:])]
    c = master.costs_of(master.no_prices(), run[0], kind, pa)
    fits = master.problem.instance.fits[int(c[C_CLASS])]
    seats, chairs = pa + int((1 - nodes[:, V_CHAIR] + nodes[:, V_OWN]).sum()), int(nodes[:, V_CHAIR].sum())
    has_room = seats < fits.shape[0] and chairs < fits.shape[1] and bool(fits[seats, chairs])
    # A group counts as one: a rival is known to be one only if it may have all homes of the group.
    everybody = leg.nodes[leg.nodes[:, V_CHAIR] <= int(chairs > 0)]
    return has_room and not (everybody[:, V_TAGS] & ~int(c[C_TAGS])).any()


def test_nothing_is_known_of_runs_that_were_left_to_a_rival_which_is_none_any_more() -> None:
    master = two_kinds()
    free = master.no_prices()
    with ThreadPoolExecutor(1) as threads:
        rounds = Rounds(problem=master.problem, master=master, threads=threads, is_time_up=lambda: False)
        cheap = master.prices_of(free.demand, free.run, free.pa, free.moment, free.pa_moment)
        rounds.price(cheap, FINE)
        (family,) = [f for f in rounds.families if f.at == (0, 1, 0)]
        assert np.isfinite(rounds.known(family, cheap).bound).all()
        # All of the small vehicle's day is asked for in the morning: £50, and £45 for the large one.
        asked = np.array([[5_000.0, 4_500.0], [0.0, 4_500.0]])
        dear = master.prices_of(free.demand, asked, free.pa, free.moment, free.pa_moment)
        assert np.isneginf(rounds.known(family, dear).bound).all()

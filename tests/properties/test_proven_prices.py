"""Proven prices: no run of the looser problem is worth more than it costs; and what they say of a change."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.demo_borough import make_demo_scenario
from benchmarks.peer_problem import FULL, read_problem
from routing.bound.families import BY_FINEST, BY_LABELS, BY_TABLES, Family
from routing.bound.fields import (
    C_CLASS,
    C_OWN_PA,
    C_RUN,
    C_TAGS,
    MAX_GATES,
    Q_GATES,
    V_CHAIR,
    V_DEMAND,
    V_GATE,
    V_OWN,
    V_SHARED,
    V_TAGS,
)
from routing.bound.from_plan import as_driven, price_of_run
from routing.bound.hours import taken
from routing.bound.ladder import LAST
from routing.bound.links import Broken
from routing.bound.local import END_STEP_S
from routing.bound.master import Columns, Master, Prices
from routing.bound.problem import BoundProblem, bound_problem
from routing.bound.prove import prove
from routing.bound.rounds import CLOSER, TABLES, Rounds
from routing.encode import encode
from tests.routing.bound_rounds import rounds_of
from tests.routing.planning import plan_for
from tests.routing.worlds import FEATURES, make_world

EFFORTS = {
    "coarse": TABLES,
    "fine": replace(TABLES, n_stages=3),
    "few labels": replace(CLOSER, max_labels=20),
    "labels": CLOSER,
}
MOST_TRIED = 1_500
NOISE_PENCE = 0.01


@pytest.mark.slow  # nine seconds
@settings(max_examples=40)
@given(
    st.sets(st.sampled_from(FEATURES), max_size=8), st.sampled_from(sorted(EFFORTS)), st.integers(3, 8),
    st.integers(0, 100_000),
)  # fmt: skip
def test_no_run_is_worth_more_than_it_costs(features: set[str], effort: str, n: int, seed: int) -> None:
    """Any prices, five ways to look: after each of three rounds the proven prices hold for every run of up to three.

    So do those that are proven near lowered ones.
    """
    rng = Random(seed)
    problem = bound_problem(encode(*make_world(sorted(features | {"schools"}), n, seed), with_busy=True)[0])
    if not problem.legs or problem.most_gates > MAX_GATES:
        return
    with ThreadPoolExecutor(1) as threads:
        rounds = rounds_of(problem, threads)
        for _ in range(3):
            some_links(rounds, rng)
            prices = some_prices(rounds.master, rng)
            some_fines(rounds.master, rng)
            if rng.random() < 0.5:
                rounds.look_closer(rng.choice([most for most, _ in LAST]), 0.002)
            else:
                some_means(rounds, rng)
            rounds.price(prices, EFFORTS[effort])
            assert_feasible(rounds, rounds.proven(prices).prices, rng)
            if rng.random() < 0.5:
                for proven in rounds.prove(prices, EFFORTS[effort]):
                    assert_feasible(rounds, proven.prices, rng)


def some_links(rounds: Rounds, rng: Random) -> None:
    """For two groups of sequences, whether a solution breaks them or not."""
    for family in rng.sample(rounds.families, min(2, len(rounds.families))):
        group, table = rng.choice(family.groups), rounds.problem.legs[family.leg]
        gates = {int(g) for g in table.sequences[group][:, Q_GATES : Q_GATES + MAX_GATES].ravel() if g >= 0}
        nodes = [v for v, node in enumerate(table.nodes) if int(node[V_GATE]) in gates and not table.solo[v]]
        if nodes:
            chosen = rng.sample(nodes, rng.randint(1, len(nodes)))
            rounds.master.add_links([Broken(at=family.at, group=group, nodes=chosen)])


def some_means(rounds: Rounds, rng: Random) -> None:
    """Finest tables and labels for any groups of sequences."""
    for family in rounds.families:
        family.means[:] = [rng.choice((BY_TABLES, BY_FINEST, BY_LABELS, BY_LABELS)) for _ in family.groups]


def some_fines(master: Master, rng: Random) -> None:
    """The program's own, or any."""
    for bundles in master.links.bundles.values():
        for bundle in bundles:
            if rng.random() < 0.5:
                for link in bundle.links:
                    link.asked = 3000 * rng.random()


def some_prices(master: Master, rng: Random) -> Prices:
    """The program's own, or these with each demand's and run's moved about."""
    prices = master.solve()
    if rng.random() < 0.5:
        return prices
    demand = np.array([rng.choice([0.0, 0.5, 1.0, 1.5]) * 4000 * rng.random() for _ in prices.demand])
    run = prices.run + 3000 * rng.random()
    return master.prices_of(demand, run, prices.pa, prices.moment + 200 * rng.random(), prices.pa_moment)


def assert_feasible(rounds: Rounds, prices: Prices, rng: Random) -> None:
    runs = [(family, run) for family in rounds.families for run in runs_of(rounds.problem, family)]
    for family, run in rng.sample(runs, min(len(runs), MOST_TRIED)):
        columns = as_driven(rounds.problem, one_column(rounds.problem, family, *run))
        if len(columns.nodes):
            assert reduced_pence(rounds.master, prices, columns) >= -NOISE_PENCE, (family.at, run)


def runs_of(problem: BoundProblem, family: Family) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Every order of up to three homes that this kind of vehicle may carry, through each order of their gates."""
    table, instance = problem.legs[family.leg], problem.instance
    master = Master(problem)
    c = master.costs_of(master.no_prices(), *family.at)
    fits, tags = instance.fits[int(c[C_CLASS])], int(c[C_TAGS])
    may = [
        v for v, node in enumerate(table.nodes)
        if not table.solo[v] and not node[V_TAGS] & ~tags and not (node[V_SHARED] and not family.pa)
    ]  # fmt: skip
    orders = [order for size in (1, 2, 3) for order in permutations(may, size)]
    for order in orders:
        at = table.nodes[list(order)]
        seats, chairs = family.pa + int((1 - at[:, V_CHAIR] + at[:, V_OWN]).sum()), int(at[:, V_CHAIR].sum())
        has_room = seats < fits.shape[0] and chairs < fits.shape[1] and bool(fits[seats, chairs])
        if has_room and len(set(at[:, V_DEMAND].tolist())) == len(order):
            gates = set(at[:, V_GATE].tolist())
            for q, s in enumerate(table.sequences):
                if gates == {g for g in s[Q_GATES : Q_GATES + MAX_GATES].tolist() if g >= 0}:
                    yield q, order


def one_column(problem: BoundProblem, family: Family, sequence: int, order: tuple[int, ...]) -> Columns:
    seconds, more_s, pence = price_of_run(problem, family.leg, family.kind, sequence, list(order))
    own = int(problem.legs[family.leg].nodes[list(order), V_OWN].sum())
    return Columns(
        leg=family.leg, kind=family.kind, pa=family.pa, sequence=np.array([sequence]), nodes=np.array([order]),
        pence=np.array([pence]), own=np.array([own]), seconds=np.array([seconds]), more_s=np.array([more_s]),
    )  # fmt: skip


def reduced_pence(master: Master, prices: Prices, run: Columns) -> float:
    """What one run costs more than it is worth."""
    p, kind, at = master.problem, master.problem.kinds[run.kind], (run.leg, run.kind, run.pa)
    table, c = p.legs[run.leg], master.costs_of(prices, *at)
    seconds, more_s, s = int(run.seconds[0]), int(run.more_s[0]), table.sequences[int(run.sequence[0])]
    pence = float(run.pence[0]) + c[C_RUN] + c[C_OWN_PA] * int(run.own[0])
    pence += kind.long_pence * max(0, seconds + more_s - kind.long_after_s)
    hours = p.hours[run.leg]
    lasts = seconds // END_STEP_S * END_STEP_S
    for time, stretch_s, price in zip(hours.times, hours.stretch_s, master.moment_prices(prices, *at), strict=True):
        pence += float(price) * taken(table.leg, s, lasts, more_s, kind.sort, hours.hour, int(time), int(stretch_s))
    return float(pence - prices.demand[table.nodes[run.nodes[0], V_DEMAND]].sum())


@pytest.mark.parametrize("effort", sorted(EFFORTS))
def test_splitting_keeps_every_sequence_once(effort: str) -> None:
    """Whatever is split, the groups of a family have each of the leg's sequences, each of one inner gate."""
    problem = bound_problem(encode(*make_world(("schools", "fleet"), 12, 4), with_busy=True)[0])
    with ThreadPoolExecutor(1) as threads:
        rounds = rounds_of(problem, threads)
        for _ in range(4):
            rounds.price(rounds.master.solve(), EFFORTS[effort])
        for family in rounds.families:
            table = problem.legs[family.leg]
            assert sorted(np.concatenate(family.groups).tolist()) == list(range(len(table.sequences)))
            for group, gates in zip(family.groups, family.gates, strict=True):
                of_group = table.sequences[group, Q_GATES : Q_GATES + MAX_GATES]
                assert len(set(of_group[:, 0].tolist())) == 1
                assert set(of_group[of_group >= 0].tolist()) == set(np.flatnonzero(gates).tolist())


@pytest.mark.slow  # twenty seconds
def test_a_run_that_is_told_of_is_worth_more_than_it_costs(tmp_path: Path) -> None:
    """Through whatever group it was found: its rides, miles and time on the road are those of its own sequence."""
    make_demo_scenario(tmp_path / "lists", n_passengers=50)
    full = read_problem(tmp_path / "lists", problem=FULL, roads_path=None, cache_dir=tmp_path)
    problem = bound_problem(encode(full.scenario, full.travel, with_busy=True)[0])
    n_of_many = 0
    with ThreadPoolExecutor(1) as threads:
        rounds = rounds_of(problem, threads)
        for _ in range(8):
            prices = rounds.master.solve()
            before = {run for columns in rounds.master.runs() for run in columns.run_keys()}
            of_many = {
                (*family.at, int(q)) for family in rounds.families for group in family.groups for q in group
                if len(group) > 1
            }  # fmt: skip
            rounds.price(prices, TABLES)
            for columns in rounds.master.runs():
                for m, run in enumerate(columns.run_keys()):
                    if run not in before and run[:4] in of_many:
                        one = columns.only(np.arange(len(columns.nodes)) == m)
                        assert reduced_pence(rounds.master, prices, one) < 0.0, run
                        n_of_many += 1
    assert n_of_many > 100


def test_what_is_proven_rises_with_effort_and_stays_below_the_program() -> None:
    """At the prices of the program's solution: never above its value, and finer tables prove no less."""
    problem = bound_problem(encode(*make_world(("schools", "fleet"), 12, 4), with_busy=True)[0])
    with ThreadPoolExecutor(1) as threads:
        rounds = rounds_of(problem, threads)
        for _ in range(6):
            rounds.price(rounds.master.solve(), replace(TABLES, n_stages=3))
        prices, proven = rounds.master.solve(), []
        for effort in (replace(TABLES, n_stages=1), replace(TABLES, n_stages=3)):
            for family in rounds.families:
                family.seen[:] = -1
            rounds.price(prices, effort)
            proven.append(rounds.proven(prices).bound)
        assert 0 < proven[0] <= proven[1] + NOISE_PENCE
        assert proven[1] <= rounds.master.value + NOISE_PENCE


# ---- what prices say of a change ----


def test_without_a_passenger_the_bound_falls_by_no_more_than_their_price() -> None:
    """Both bounds are climbed to the end: the price is the most that the bound can fall by."""
    scenario, travel = make_world(("schools",), 5, 5)
    whole = prove(scenario, travel, plan_for(scenario, travel, iterations=20).plan, seconds=600)
    worth = {price.of_id: price.pence for price in whole.prices if price.what == "passenger"}
    assert whole.is_over
    assert worth
    for passenger in scenario.passengers[:2]:
        left = replace(scenario, passengers=tuple(p for p in scenario.passengers if p is not passenger))
        without = prove(left, travel, plan_for(left, travel, iterations=20).plan, seconds=600)
        assert without.is_over
        assert without.bound_pence >= whole.bound_pence - worth[passenger.passenger_id] - SETTLED * whole.bound_pence


def test_what_a_longer_ride_limit_is_worth_is_what_proving_anew_says() -> None:
    """Every limit ten minutes longer, told beside the bound, and proven again from lists that say so."""
    scenario, travel = make_world(("schools",), 6, 2)
    plan = plan_for(scenario, travel, iterations=20).plan
    whole = prove(scenario, travel, plan, seconds=600, rule_seconds=600)
    (price,) = [price for price in whole.prices if price.what == "ride_cap"]
    assert whole.is_over
    assert "hint" not in price.sentence
    assert price.pence > 0.03 * whole.bound_pence
    policy = replace(scenario.policy, **{
        name: getattr(scenario.policy, name) + 600
        for name in ("ride_cap_primary_s", "ride_cap_secondary_s", "ride_cap_post16_s", "ride_cap_direct_plus_s")
    })  # fmt: skip
    own = tuple(replace(p, ride_cap_s=p.ride_cap_s + 600) if p.ride_cap_s else p for p in scenario.passengers)
    longer = prove(replace(scenario, policy=policy, passengers=own), travel, plan, seconds=600)
    assert longer.is_over
    assert abs(whole.bound_pence - price.pence - longer.bound_pence) <= SETTLED * whole.bound_pence


@pytest.mark.slow  # twenty seconds; what a longer ride limit is worth is asked always
def test_what_ten_minutes_at_a_gate_are_worth_is_what_proving_anew_says() -> None:
    """For each school asked about, its windows wider in the lists: earlier in the morning, later in the afternoon."""
    scenario, travel = make_world(("schools",), 8, 6)
    plan = plan_for(scenario, travel, iterations=20).plan
    whole = prove(scenario, travel, plan, seconds=600, rule_seconds=600)
    worth = {price.of_id: price.pence for price in whole.prices if price.what == "gate_minutes"}
    assert max(worth.values()) > 0.01 * whole.bound_pence
    for school_id in worth:
        wider = tuple(
            replace(
                school, arrive_earliest_before_s=school.arrive_earliest_before_s + 600,
                leave_latest_after_s=school.leave_latest_after_s + 600,
            ) if school.school_id == school_id else school for school in scenario.schools
        )  # fmt: skip
        after = prove(replace(scenario, schools=wider), travel, plan, seconds=600)
        assert after.is_over
        assert abs(whole.bound_pence - worth[school_id] - after.bound_pence) <= SETTLED * whole.bound_pence


SETTLED = 0.003
"""What a climb leaves at its end: finds below 0.2 % of a run's price are not looked for."""


def test_one_more_vehicle_lowers_the_bound_by_no_more_than_its_price() -> None:
    """A fleet of which all are in use: another one like it, climbed anew."""
    scenario, travel = make_world(("schools", "fleet"), 6, 3)
    whole = prove(scenario, travel, plan_for(scenario, travel, iterations=20).plan, seconds=600)
    worth = {price.of_id: price.pence for price in whole.prices if price.what == "fleet_vehicle"}
    assert whole.is_over
    for vehicle in scenario.fleet_vehicles[:1]:
        more = replace(scenario, fleet_vehicles=(*scenario.fleet_vehicles, replace(vehicle, vehicle_id="one-more")))
        after = prove(more, travel, plan_for(more, travel, iterations=20).plan, seconds=600)
        assert after.is_over
        assert after.bound_pence <= whole.bound_pence + SETTLED * whole.bound_pence
        saved = worth.get(vehicle.class_id, 0)
        assert after.bound_pence >= whole.bound_pence - saved - SETTLED * whole.bound_pence


def test_a_program_that_forgets_runs_proves_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of no use are dropped above 40 (79 come up): the climb ends at the same bound."""
    scenario, travel = make_world(("schools",), 5, 5)
    plan = plan_for(scenario, travel, iterations=20).plan
    whole = prove(scenario, travel, plan, seconds=600)
    monkeypatch.setattr("routing.bound.ladder.MOST_RUNS", 40)
    monkeypatch.setattr("routing.bound.ladder.FAR_PENCE", 1.0)
    purged = prove(scenario, travel, plan, seconds=600)
    assert whole.is_over
    assert purged.is_over
    assert purged.bound_pence == pytest.approx(whole.bound_pence, rel=SETTLED)

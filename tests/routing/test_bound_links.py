"""Links of the bound's program: a home is served no more often than the runs of a group are driven."""

from __future__ import annotations

import numpy as np
import pytest

from routing.bound.families import families_of
from routing.bound.fields import C_RUN, V_DEMAND
from routing.bound.links import LEAST_FINE, Link, broken_links
from routing.bound.master import Master
from routing.bound.problem import BoundProblem
from tests.routing.bound_programs import problem_of_two, program_of


@pytest.fixture
def problem() -> BoundProblem:
    return problem_of_two()


@pytest.fixture
def master(problem: BoundProblem) -> Master:
    """Both passengers by a run that comes to each twice, and by one that comes once; 500 pence of miles each."""
    return program_of(problem, [(0, 1, 0, 1), (0, 1)])


def links_of(master: Master) -> list[Link]:
    return [link for bundles in master.links.bundles.values() for bundle in bundles for link in bundle.links]


def morning_pence(master: Master) -> float:
    """What the program pays for the two passengers' mornings: all of it less the afternoons, that nobody serves."""
    problem = master.problem
    unserved = (problem.weight * problem.unserved_pence)[problem.leg_of != 0].sum()
    return master.value - float(unserved)


def test_half_a_run_serves_a_home_until_a_link_forbids_it(problem: BoundProblem, master: Master) -> None:
    """Ten days: five runs that come twice would do; with links it takes ten that come once, at twice the money."""
    master.solve()
    twice = [(run, often) for run, often in master.driven() if len(run) == 4 + 4]
    assert [often for _, often in twice] == [5.0]
    before = morning_pence(master)
    broken = broken_links(families_of(problem, master), master.driven(), problem.n_days)
    assert sorted(node for links in broken for node in links.nodes) == [0, 1]
    master.add_links(broken)
    master.solve()
    assert [(len(run) - 4, often) for run, often in master.driven()] == [(2, 10.0)]
    assert morning_pence(master) == pytest.approx(2 * before)
    assert not broken_links(families_of(problem, master), master.driven(), problem.n_days)


def test_a_link_is_one_row_that_counts_the_visits_less_one(problem: BoundProblem, master: Master) -> None:
    """The run that comes twice to each counts one in both rows, the one that comes once nothing; one of a home, -1."""
    master.solve()
    n_rows = master._lp.getNumRow()
    master.add_links(broken_links(families_of(problem, master), master.driven(), problem.n_days))
    links = links_of(master)
    assert [link.row for link in links] == [n_rows, n_rows + 1]
    assert master._lp.getNumRow() == n_rows + 2
    by_node = {link.node: link.row for link in links}
    at = (0, 0, 0, 0)
    assert master.links.entry((*at, 0, 1, 0, 1)) == dict.fromkeys(by_node.values(), 1.0)
    assert master.links.entry((*at, 0, 1)) == {}
    assert master.links.entry((*at, 0)) == {by_node[1]: -1.0}


def test_fines_are_the_prices_of_the_links(problem: BoundProblem, master: Master) -> None:
    """The run that comes once is worth what it costs; what a second visit to both would earn besides is fined away."""
    master.solve()
    master.add_links(broken_links(families_of(problem, master), master.driven(), problem.n_days))
    prices = master.solve()
    family = next(f for f in families_of(problem, master) if f.at == (0, 0, 0))
    (group,) = [g for g, members in enumerate(family.groups) if 0 in members]
    fines = master.links.fines_of(family, np.array([group]), len(problem.legs[0].nodes))[0]
    cost = 500.0 + float(master.costs_of(prices, *family.at)[C_RUN])
    worth = float(prices.demand[problem.legs[0].nodes[:2, V_DEMAND]].sum())
    assert cost == pytest.approx(worth)
    assert fines.sum() >= worth - 1e-6


def test_fines_come_nearer_to_the_last_solution_step_by_step(problem: BoundProblem, master: Master) -> None:
    """Nothing is held at first: 0.4 of a fine is asked for. Where that proves more it is held; 0.64 comes next."""
    master.solve()
    master.add_links(broken_links(families_of(problem, master), master.driven(), problem.n_days))
    master.solve()
    links = links_of(master)
    assert [link.asked for link in links] == [link.fine for link in links]
    assert max(link.fine for link in links) > 0.0
    for share in (0.4, 0.64):
        master.links.ask(0.6)
        assert [link.asked for link in links] == pytest.approx([share * link.fine for link in links])
        master.links.hold()


def test_fines_of_next_to_nothing_are_not_asked_for(problem: BoundProblem, master: Master) -> None:
    """A fine that the program has no more is asked for by a share of it until that is below a few pence, then held."""
    master.solve()
    master.add_links(broken_links(families_of(problem, master), master.driven(), problem.n_days))
    master.solve()
    link = links_of(master)[0]
    link.fine, link.held = 0.0, 2.5 * LEAST_FINE
    asked = []
    for _ in range(3):
        master.links.ask(0.6)
        master.links.hold()
        asked.append(link.held)
    assert asked == pytest.approx([1.5 * LEAST_FINE, 0.0, 0.0])


def test_links_that_are_held_stay(problem: BoundProblem, master: Master, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that costs nothing now is not taken out where it was asked for when most was proven."""
    monkeypatch.setattr("routing.bound.links.MOST_SLACK", 0)
    master.solve()
    master.add_links(broken_links(families_of(problem, master), master.driven(), problem.n_days))
    master.solve()
    links = links_of(master)
    for link in links:
        link.fine, link.held = 0.0, 1.0
    master.links.drop_slack()
    links[0].held = 0.0
    assert links_of(master) == links
    master.links.drop_slack()
    assert links_of(master) == links[1:]


def test_links_that_cost_nothing_can_go(problem: BoundProblem, master: Master, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that hold the solution stay, and rows still mean what they meant."""
    monkeypatch.setattr("routing.bound.links.MOST_SLACK", 0)
    master.solve()
    master.add_links(broken_links(families_of(problem, master), master.driven(), problem.n_days))
    master.solve()
    linked = master.value
    master.links.drop_slack()
    master.solve()
    assert master.value == pytest.approx(linked)
    assert 1 <= len(links_of(master)) <= 2

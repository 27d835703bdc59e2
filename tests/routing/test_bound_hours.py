"""Several runs of one fleet vehicle in the bound: all but one of a leg share out the hours at the gates.

On the line: S1 takes passengers from 08:45 to 08:55, S2 from 09:05 to 09:15, both at x30; a minute to board, a minute
at the gate. A first run ends at 08:46 at the earliest; an inner one of S2, with the way to its first home, may end at
09:16: half an hour. One vehicle with one seat is the council's; any other costs £900 a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from routing.bound.fields import N_SEQUENCE_COLUMNS, Q_DRIVE, Q_EARLIEST, Q_EDGE, Q_LATEST, Q_SPAN
from routing.bound.hours import ALONE, INNER, OUTER, hours_of, more_at_gates, taken
from routing.bound.packing import packing_bound
from routing.bound.problem import bound_problem
from routing.bound.prove import prove
from routing.encode import encode
from tests.builders import (
    hm,
    line_travel,
    make_card,
    make_class,
    make_depot,
    make_passenger,
    make_scenario,
    make_school,
    make_vehicle,
)
from tests.routing.planning import plan_for
from transport.calendar import Leg
from transport.certificate import Certificate
from transport.passengers import PaNeed, Passenger
from transport.policy import Policy
from transport.scenario import Scenario

TRAVEL = line_travel()
DEAR_PENCE = 90_000
S1 = make_school("S1", 30)
S2 = make_school("S2", 30, start_s=hm(9, 20), finish_s=hm(15, 20))


def borough(people: Iterable[Passenger], *, max_runs: int = 2, seats: int = 1) -> Scenario:
    car = make_class(layouts=((seats, 0),), rate_card=make_card(DEAR_PENCE, 0))
    return make_scenario(
        people, schools=(S1, S2), vehicle_classes=(car,), depots=(make_depot(place=30),),
        fleet_vehicles=(make_vehicle(max_runs_per_shift=max_runs, can_be_given_up=True),),
        policy=replace(Policy(), turnround_s=0),
    )  # fmt: skip


def proven(scenario: Scenario) -> Certificate:
    """A certificate for the best plan that a short search finds; these proofs end by themselves, in a moment."""
    planned = plan_for(scenario, TRAVEL, iterations=100)
    assert planned.hard == []
    certificate = prove(scenario, TRAVEL, planned.plan, seconds=600.0)
    assert certificate.bound_pence <= certificate.objective_pence
    return certificate


@pytest.mark.parametrize(("leg", "first", "second"), [(Leg.AM, 20, 44), (Leg.PM, 12, 44)])
def test_a_vehicle_does_two_runs_for_which_there_is_time(leg: Leg, first: int, second: int) -> None:
    """AM 14 + 1 + 14 + 1 minutes between 08:46 and 09:16; PM 1 + 18 + 1 + 18 between 15:00 and 15:39."""
    people = [make_passenger("P1", first, "S1", legs=[leg]), make_passenger("P2", second, "S2", legs=[leg])]
    certificate = proven(borough(people))
    assert certificate.objective_pence < 5 * DEAR_PENCE


@pytest.mark.parametrize(("leg", "first", "second"), [(Leg.AM, 20, 45), (Leg.PM, 11, 44)])
def test_no_vehicle_does_two_runs_for_which_there_is_none(leg: Leg, first: int, second: int) -> None:
    """One minute further off, and each way counts: somebody goes by the other car, in the bound as in the plan."""
    people = [make_passenger("P1", first, "S1", legs=[leg]), make_passenger("P2", second, "S2", legs=[leg])]
    certificate = proven(borough(people))
    assert certificate.bound_pence > 5 * DEAR_PENCE
    assert certificate.gap < 0.02


def test_runs_between_share_out_the_time() -> None:
    """Two of 7 + 1 + 7 + 1 minutes do not fit into 30: an eighth of one, £112.50 a day, goes by the other car."""
    people = [make_passenger("P1", 20, "S1", legs=[Leg.AM])]
    people += [make_passenger(f"P{k}", 37, "S2", legs=[Leg.AM]) for k in (2, 3)]
    certificate = proven(borough(people, max_runs=3))
    assert certificate.bound_pence > 5 * DEAR_PENCE // 8


def test_packing_counts_the_least_time_too() -> None:
    """Two of S2, each at least 13 minutes from anybody: 2 x (13 + 1) of the 30 minutes, and the two ways there."""
    people = [make_passenger("P1", 20, "S1", legs=[Leg.AM])]
    people += [make_passenger(f"P{k}", home, "S2", legs=[Leg.AM]) for k, home in ((2, 43), (3, 7))]
    one, more = (
        packing_bound(bound_problem(encode(borough(people, max_runs=n), TRAVEL, with_busy=True)[0])) for n in (1, 3)
    )
    assert 10 * DEAR_PENCE / 2 < more < one


def test_a_passengers_own_pa_is_paid_on_a_vehicle_with_several_runs() -> None:
    """The policy's least hours at its rate, five times a week."""
    bounds = [
        proven(borough([make_passenger("P1", 20, "S1", pa_need=need)], seats=2)).bound_pence
        for need in (PaNeed.NONE, PaNeed.ONE_TO_ONE)
    ]
    policy = Policy()
    pa_pence = policy.council_pa_pence_per_hour * policy.council_pa_min_paid_s / 3600
    assert bounds[1] - bounds[0] == pytest.approx(5 * pa_pence, abs=5)


def sequence(**fields: int) -> np.ndarray:
    row = np.zeros(N_SEQUENCE_COLUMNS, np.int64)
    for name, value in fields.items():
        row[COLUMNS[name]] = value
    return row


COLUMNS = {"span": Q_SPAN, "drive": Q_DRIVE, "latest": Q_LATEST, "earliest": Q_EARLIEST, "edge": Q_EDGE}


def test_what_a_run_takes_up_of_a_stretch() -> None:
    """From 08:46 to 09:06, twenty minutes: an outer run until it ends, an inner one what cannot lie after 09:06."""
    early = sequence(span=60, latest=hm(8, 55), earliest=hm(8, 46), edge=hm(8, 45))
    late = sequence(span=60, latest=hm(9, 15), earliest=hm(9, 6), edge=hm(9, 5))
    (hours,) = hours_of([(0, np.stack([early, late]))], with_moments=False, with_stretches=True)
    assert hours.hour == hm(8, 46)
    assert hours.stretch_s.tolist() == [600, 1200, 1800]
    assert hours.times.tolist() == [hm(8, 56), hm(9, 6), hm(9, 16)]

    def share(row: np.ndarray, minutes: int, sort: int, more: int = 0) -> float:
        return taken(0, row, 60 * minutes, 60 * more, sort, hours.hour, hm(9, 6), 1200)

    assert (share(early, 30, OUTER), share(late, 30, OUTER), share(late, 30, ALONE)) == (0.0, 1.0, 0.0)
    assert (share(early, 10, INNER), share(late, 10, INNER), share(late, 30, INNER)) == (0.5, 0.0, 1.0)
    assert share(early, 11, INNER) > 1.0
    # Two minutes more at the gate: an outer run of S1 is not over before 08:48, an inner one lasts so much longer; what
    # an inner one of S2 lasts longer may all be after 09:06.
    assert (share(early, 30, OUTER, 2), share(early, 10, INNER, 2), share(late, 20, INNER, 2)) == (0.1, 0.6, 0.5)


def test_service_fills_the_waits_of_a_span_first() -> None:
    """Nine minutes and a half that hold eight of driving: a minute and a half of service lies within it."""
    row = sequence(span=570, drive=480)
    assert [more_at_gates(row, service_s) for service_s in (30, 90, 120)] == [0, 0, 30]


def test_a_first_run_ends_later_for_all_who_get_off() -> None:
    """With two for S1 it ends at 08:47, a tenth of the ten minutes of which P2's run needs all: 11/10 of a vehicle."""
    p2 = make_passenger("P2", 44, "S2", legs=[Leg.AM])
    first = [make_passenger(f"P{k}", 20, "S1", legs=[Leg.AM]) for k in (1, 3)]
    one, two = (proven(borough([*people, p2], seats=2)).bound_pence for people in (first[:1], first))
    assert two - one == pytest.approx(5 * DEAR_PENCE / 11, rel=0.01)

"""Council PAs in the search's terms: groups of PAs who are alike, and the kinds of training that are asked for.

A kind of training is a set of tags that some passenger's PA must have. It is a tag of the vehicle to the search: bought
vehicles have it (an operator's PAs are bought with them), fleet vehicles where the council lists a PA who has it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.clock import n_pas_needed
from routing.instance import (
    A_COUNT,
    A_HOME,
    A_MIN,
    A_RATE,
    A_TAGS,
    N_PA_COLUMNS,
    NO_LIMIT,
    S_DRIVER_RATE,
    S_MILE_RATE,
    S_PA_HOME,
    S_PA_HOUR,
    S_PA_MIN,
    S_PROFILE,
    S_ROW,
)
from transport.assistants import PassengerAssistant
from transport.calendar import LEGS
from transport.passengers import PaNeed, Passenger
from transport.plan import RouteKind
from transport.scenario import CurrentRoute, Scenario
from transport.travel import TravelByRow

Training = frozenset[str]
TYPICAL_PAID_S = 2 * 3600
"""Time on board in a day by which the PA who stands for all is chosen: an hour each way (ours)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaGroup:
    """PAs with the same home, pay and training, by id."""

    pa_ids: tuple[str, ...]
    home_place_id: str | None
    pence_per_hour: int
    min_paid_s: int
    training: Training


def pa_groups_of(scenario: Scenario) -> tuple[PaGroup, ...]:
    """The council's PAs in groups of like ones, in the order given; training that nobody asks for does not count."""
    asked = frozenset(tag for p in scenario.passengers for tag in p.pa_training_tags)
    like: dict[object, list[PassengerAssistant]] = defaultdict(list)
    for pa in scenario.assistants:
        like[pa.home_place_id, pa.pence_per_hour, pa.min_paid_s, pa.training_tags & asked].append(pa)
    return tuple(
        PaGroup(
            pa_ids=tuple(sorted(pa.pa_id for pa in pas)),
            home_place_id=pas[0].home_place_id,
            pence_per_hour=pas[0].pence_per_hour,
            min_paid_s=pas[0].min_paid_s,
            training=pas[0].training_tags & asked,
        )
        for pas in like.values()
    )


def training_of(p: Passenger) -> Training | None:
    """The kind of training that a passenger's PA must have; None: no PA, or any."""
    return p.pa_training_tags if p.pa_need is not PaNeed.NONE and p.pa_training_tags else None


def pa_table(
    groups: tuple[PaGroup, ...], travel: TravelByRow, tag_bits: dict[str | Training, int]
) -> NDArray[np.int64]:
    """`Instance.pa_groups`."""
    kinds = {tag: bit for tag, bit in tag_bits.items() if isinstance(tag, frozenset)}
    table = np.zeros((len(groups), N_PA_COLUMNS), np.int64)
    for row, group in zip(table, groups, strict=True):
        row[A_HOME] = -1 if group.home_place_id is None else travel.row_by_place_id[group.home_place_id]
        row[A_RATE], row[A_MIN], row[A_COUNT] = group.pence_per_hour, group.min_paid_s, len(group.pa_ids)
        row[A_TAGS] = sum(1 << bit for kind, bit in kinds.items() if kind <= group.training)
    return table


def fill_typical_pa(row: NDArray[np.int64], scenario: Scenario, travel: TravelByRow, table: NDArray[np.int64]) -> None:
    """PA columns of a fleet supply: the policy's PA, or the listed one who costs least with a trip home and back.

    Parameters
    ----------
    row : the supply's, with profile, depot, mile rate and driver's pay filled.
    """
    policy = scenario.policy
    row[S_PA_HOME] = -1
    row[S_PA_HOUR], row[S_PA_MIN] = policy.council_pa_pence_per_hour, policy.council_pa_min_paid_s
    if len(table):
        typical = table[int(np.argmin([_typical_pence(row, travel, pa) for pa in table]))]
        row[S_PA_HOME], row[S_PA_HOUR], row[S_PA_MIN] = typical[A_HOME], typical[A_RATE], typical[A_MIN]


def _typical_pence(row: NDArray[np.int64], travel: TravelByRow, pa: NDArray[np.int64]) -> int:
    """About a day's pay, and the drive between depot and home, there and back in the AM and in the PM."""
    pay_pence = int(pa[A_RATE] * max(pa[A_MIN], TYPICAL_PAID_S)) // 3600
    if pa[A_HOME] < 0:
        return pay_pence
    ends = np.array([row[S_ROW], pa[A_HOME]])
    # There and back: both corners of the block between depot and home; the others are 0.
    drive_s, drive_m = (int(values[row[S_PROFILE]].sum()) for values in travel.block(ends, ends))
    return pay_pence + int(row[S_MILE_RATE]) * drive_m // 1609 + int(row[S_DRIVER_RATE]) * drive_s // 3600


def pa_limits(scenario: Scenario) -> NDArray[np.int64]:
    """`Instance.operator_pa_limit`: PAs that kept routes leave of each operator, and of the council that lists them."""
    by_operator: dict[str | None, int] = defaultdict(int)
    n_fleet = 0
    for route in scenario.current_routes:
        if route.kept and route.kind is RouteKind.FLEET:
            n_fleet += _n_pas_of_kept(scenario, route)
        elif route.kept:
            by_operator[route.operator_id] += _n_pas_of_kept(scenario, route)
    limits = [NO_LIMIT if o.n_pas is None else max(0, o.n_pas - by_operator[o.operator_id]) for o in scenario.operators]
    if scenario.assistants:
        limits.append(max(0, len(scenario.assistants) - n_fleet))
    return np.array(limits, np.int64)


def _n_pas_of_kept(scenario: Scenario, route: CurrentRoute) -> int:
    """PAs of a kept route: what its passengers need, whatever today's list says, and no fewer than the list says."""
    legs = ([scenario.passenger_by_id[pid] for pid in route.passenger_ids(leg)] for leg in LEGS)
    per = scenario.policy.passengers_per_shared_pa
    return max(route.n_pas, *(n_pas_needed(people, passengers_per_shared_pa=per) for people in legs))

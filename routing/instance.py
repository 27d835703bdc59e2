"""The problem as arrays and integers only: what the kernel sees.

A *person* is a passenger, or one leg of a passenger where the policy lets the two legs differ in route. A *rider* is a
person under one choice of where they board: one row for everybody without pick-up points, else a row for the own place
and for each point, one after the other; the first stands for the person. Orders hold riders, everything else (units,
who is absent, neighbours) holds persons by their first row. A *unit* is a set of persons who must share a route. A
*hub* is a gate. A *day group* is a set of days of the fortnight on which every rider's place and window is the same. A
*supply* is something that can drive a route: a bought class, an operator's rate card, or a group of like fleet
vehicles. Money in the kernel is pence per fortnight.

The arrays are few and wide because numba hands every array of a tuple to every function it calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_HUBS = 8
"""Most gates on one leg of a route over the whole week; the policy's limit on schools binds per run."""

BOUGHT, FLEET = 0, 1
DEAD_NONE, DEAD_RETURN, DEAD_FROM_BASE = 0, 1, 2
NO_LIMIT = 1_000_000

# Columns of `Instance.daily`: row and number of the home-side place (-1: does not travel), hard ride cap in seconds,
# the window at the gate: AM (earliest, latest) start of service, PM (earliest start, latest end); and the ride wished
# for, walk taken off.
D_ROW, D_PLACE, D_CAP, D_OPEN, D_CLOSE, D_TARGET = range(6)
N_DAILY_COLUMNS = 6

# Columns of `Instance.riders`; those with AM and PM side by side are read at [column + leg].
(
    P_HUB, P_REF_AM, P_REF_PM, P_HOME_AM, P_HOME_PM, P_GATE_AM, P_GATE_PM,
    P_CHAIR, P_SHARED, P_OWN, P_SOLO, P_TAGS, P_PLAIN, P_PINNED, P_UNSERVED, P_DIFFICULTY, P_UNIT,
    P_FOES_FROM, P_FOES_TO, P_PERSON, P_VARIANTS, P_WAS_ROUTE, P_WAS_SUPPLY, P_WAS_OPERATOR, P_DISTURBED,
    P_WAS_ALL,
) = range(26)  # fmt: skip
N_RIDER_COLUMNS = 26
# Where disturbing a family has a price or a cap, four more columns a day group follow: for AM, then for PM, the
# earliest and the latest time of the reference on its days, -1 where it has none.

UNKNOWN_SUPPLY = 1 << 30
"""Number of a vehicle or operator that no supply has."""

H_ROW, H_SCHOOL = 0, 1

# Columns of `Instance.supplies`.
(
    S_KIND, S_PROFILE, S_CLASS, S_TAGS, S_LIMIT, S_OPERATOR, S_ROW,
    S_BASE, S_MILE_RATE, S_FREE_M, S_PA_RATE, S_DEAD_RULE, S_ONE_LEG_PCT, S_LONG_PCT, S_LONG_AFTER,
    S_FIXED, S_DRIVER_RATE, S_DRIVER_MIN, S_PA_HOUR, S_PA_MIN,
    S_AM_START, S_AM_END, S_PM_START, S_PM_END, S_MAX_RUNS, S_PA_HOME,
) = range(26)  # fmt: skip
N_SUPPLY_COLUMNS = 26

# Columns of `Instance.pa_groups`: row of the home (-1: none), pence per hour, least seconds paid, how many they are,
# and the kinds of training that they have, as bits of `P_TAGS`.
A_HOME, A_RATE, A_MIN, A_COUNT, A_TAGS = range(5)
N_PA_COLUMNS = 5

# Positions in `Instance.rules`.
(
    R_MAX_SCHOOLS, R_PER_SHARED_PA, R_OVER_TARGET, R_TURNROUND, R_LAYOUT_CHANGE, R_TRAINING, R_DISTURBED, R_TOLERANCE,
) = range(8)  # fmt: skip


class Data(NamedTuple):
    """The arrays of an `Instance`, in the form that numba takes."""

    seconds: Any
    metres: Any
    daily: Any
    riders: Any
    same_as: Any
    group_weight: Any
    unit_ptr: Any
    unit_riders: Any
    foes: Any
    hubs: Any
    supplies: Any
    fits: Any
    cheapest_base: Any
    class_limit: Any
    operator_pa_limit: Any
    near: Any
    rules: Any


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instance:
    """One planning problem as read-only arrays.

    Shapes: P access profiles, n rows, N riders, G day groups, H hubs, K supplies, C vehicle classes, U units; an axis
    of length 2 is AM, PM.

    Attributes
    ----------
    seconds, metres : int32 (P, 2, n, n), from row i to row j; n = 0 where there are too many places for matrices: then
        only parts of the instance are searched, each with its own.
    daily : int32 (2, G, N, 6), columns D_*. A gate is visited once on a run, in the part of the windows that all who
        use it share; riders in a row at one place share a stop.
    riders : int64 (N, 26; 26 + 4 G with a reference), columns P_*: hub; row of the home side on the first day travelled
        (-1: never on that leg); service seconds at home and gate; wheelchair, shared PA, own PAs, solo (0 or more); bit
        mask of tags and of the training asked of their PA; 1 where all day groups are alike; number of the route they
        are pinned to (0: none); pence a fortnight if not carried (0 but on a person's first row); a key for the order
        of insertion; unit; range in `foes`; first row of the person; number of the person's rows; number of their route
        in the reference (0: they are not in it, -1: no new route can continue it), what drives it (a fleet supply, or
        -1 - class), its operator (0: any, else 1 + operator), pence a fortnight if they are disturbed, the same of all
        riders of that route together; then the reference's times. All rows of a person are alike but for place, cap and
        ride wished for.
    same_as : int8 (N, G), first day group with the same places, windows and caps.
    group_weight : int64 (G,), days of the fortnight in each group; sums to at most 10.
    unit_ptr, unit_riders : members of unit u, first rows of persons, are unit_riders[unit_ptr[u]:unit_ptr[u + 1]].
    foes : int32, riders who may not share a run with rider i: foes[riders[i, P_FOES_FROM]:riders[i, P_FOES_TO]].
    hubs : int64 (H, 2), row and school number.
    supplies : int64 (K, 26), columns S_*. A fleet supply's PA columns are those of one PA who stands for all;
        where the council lists its PAs, the supply's operator is the last of `operator_pa_limit`, the council itself.
    fits : bool (C + 1, seats + 1, wheelchairs + 1), whether some layout of a class holds it; last: of any class.
    cheapest_base : int64 (seats + 1, wheelchairs + 1), least base of a bought class that holds it; a guess, no rule.
    class_limit : int64 (C,), most bought routes. operator_pa_limit : int64 (O,).
    near : int32 (2, N, k), nearest persons by drive from a rider's place to their first row's: all, and of the same
        school; -1: no more.
    rules : int64, positions R_*; R_TRAINING: the bits of `P_TAGS` that are kinds of training; R_DISTURBED: 1
        where disturbing a family has a price, else 0.
    pa_groups : int64 (A, 5), columns A_*: alike PAs whom the council lists by id; none: it lists none.
    """

    seconds: NDArray[np.int32]
    metres: NDArray[np.int32]
    daily: NDArray[np.int32]
    riders: NDArray[np.int64]
    same_as: NDArray[np.int8]
    group_weight: NDArray[np.int64]
    unit_ptr: NDArray[np.int32]
    unit_riders: NDArray[np.int32]
    foes: NDArray[np.int32]
    hubs: NDArray[np.int64]
    supplies: NDArray[np.int64]
    fits: NDArray[np.bool_]
    cheapest_base: NDArray[np.int64]
    class_limit: NDArray[np.int64]
    operator_pa_limit: NDArray[np.int64]
    near: NDArray[np.int32]
    rules: NDArray[np.int64]
    pa_groups: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, N_PA_COLUMNS), np.int64))

    def __post_init__(self) -> None:
        """Check shapes and index ranges once; freeze the arrays."""
        n, n_groups = len(self.riders), len(self.group_weight)
        n_columns = N_RIDER_COLUMNS + (4 * n_groups if self.has_reference else 0)
        expected: dict[str, tuple[int, ...]] = {
            "daily": (2, n_groups, n, N_DAILY_COLUMNS), "riders": (n, n_columns), "same_as": (n, n_groups),
            "supplies": (len(self.supplies), N_SUPPLY_COLUMNS), "metres": self.seconds.shape,
            "hubs": (len(self.hubs), 2), "near": (2, n, self.near.shape[-1]),
        }  # fmt: skip
        wrong = [f"{k}: {getattr(self, k).shape}, not {v}" for k, v in expected.items() if getattr(self, k).shape != v]
        if not wrong and n:
            if 0 < self.seconds.shape[-1] <= self.daily[..., D_ROW].max():
                wrong.append("daily points at a row that the matrices do not hold")
            if self.riders[:, P_HUB].max() >= len(self.hubs):
                wrong.append("riders point at a hub that is not there")
            if self.riders[:, P_VARIANTS].min() < 1:
                wrong.append("riders have no number of rows of their person")
        if wrong:
            raise ValueError("instance: " + "; ".join(wrong))
        for f in fields(self):
            getattr(self, f.name).setflags(write=False)

    @property
    def has_reference(self) -> bool:
        """Whether riders carry the times of a plan that families know already."""
        return bool(self.riders.shape[1] > N_RIDER_COLUMNS)

    @property
    def n_riders(self) -> int:
        """Number of riders."""
        return len(self.riders)

    @property
    def persons(self) -> NDArray[np.int64]:
        """First row of each person."""
        return np.flatnonzero(self.riders[:, P_PERSON] == np.arange(len(self.riders)))

    def data(self) -> Data:
        """The arrays for the kernel."""
        return Data(*(getattr(self, name) for name in Data._fields))


class Solution(NamedTuple):
    """Routes by index.

    Attributes
    ----------
    orders : per route (AM riders in order, PM riders in order). hubs : per route (AM hubs, PM hubs).
    supply : per route. cost : pence a fortnight, money that the horizon counts and soft prices, per route.
    mates : per route the other route of its fleet vehicle, -1: none; their costs sum to the vehicle's. Empty: no pairs.
    unserved : persons not carried, by their first row.
    """

    orders: list[tuple[list[int], list[int]]]
    hubs: list[tuple[list[int], list[int]]]
    supply: list[int]
    cost: list[int]
    unserved: list[int]
    mates: Sequence[int] = ()

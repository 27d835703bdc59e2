"""What the search asks of a problem: a handful of functions, chosen while compiling by the type of the data.

The loop (ruin, order of insertion, acceptance, journal, best plan, chunks) knows routes, riders, units and costs. What
a route costs and where a unit fits differs from problem to problem. Each problem has its own NamedTuple of data, and
brings its own bodies for the functions below; numba sees the type and compiles the loop around those bodies, so the
choice costs nothing at run time (a pointer to a function costs four times as much as a call, a run-time flag half as
much again).

What the loop itself reads of the data: `riders` (columns P_UNIT, P_PERSON, P_PINNED, P_UNSERVED, P_DIFFICULTY,
P_REF_AM, P_REF_PM, P_HUB), `unit_ptr`, `unit_riders`, `near`, and of `supplies` S_LIMIT, S_KIND, S_CLASS and
S_OPERATOR; of the state everything but the scratch of evaluation and scan. slots[L_LANES] is 0 where a route has
changed since what is cached of it was made.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, cast

from numba.extending import overload

from routing.numba_cache import FOR_KERNELS

Function = Callable[..., Any]


class Chosen(Protocol):
    """A function whose body is chosen by the type of the data."""

    def __call__(self, *args: Any) -> Any:
        """Run the body for the type of the first argument."""

    def for_data(self, data_type: type) -> Callable[[Function], Function]:
        """Make the function below it the body for this type of data."""


def by_data(contract: Function) -> Chosen:
    """Make a function whose body is chosen by the type of its first argument, the data.

    `@name.for_data(SomeData)` above a compiled function makes it the body for that type. Called from Python it looks
    the body up; called from compiled code the body is compiled in.
    """
    bodies: dict[type, Function] = {}

    @functools.wraps(contract)
    def call(*args: Any) -> Any:
        data_type = type(args[0])
        if data_type not in bodies:
            raise TypeError(f"{contract.__name__}: no body for data of type {data_type.__name__}")
        return bodies[data_type](*args)

    @functools.wraps(contract)
    def body_of(*args: Any) -> Function | None:
        body = bodies.get(getattr(args[0], "instance_class", object))
        return getattr(body, "py_func", body)

    def for_data(data_type: type) -> Callable[[Function], Function]:
        def register(body: Function) -> Function:
            bodies[data_type] = body
            return body

        return register

    overload(call, strict=False, jit_options=FOR_KERNELS)(body_of)
    vars(call)["for_data"] = for_data
    return cast(Chosen, call)


class RuinMix(NamedTuple):
    """How much an iteration takes out.

    Attributes
    ----------
    strings : most routes that lose a string of their order. longest : most halts in a string.
    whole : share of strings that are a whole route. second : share of ruins around neighbours of the second list.
    scattered : share of ruins that take single units wherever they are. most_units : most of them.
    """

    strings: int
    longest: int
    whole: float
    second: float
    scattered: float
    most_units: int


@by_data
def ruin_mix(d: Any) -> RuinMix:
    """The mix of ruins for this kind of problem; constants, so that what is never done is not compiled."""


@by_data
def price_trial(d: Any, s: Any, own: int, own_pas: int) -> bool:
    """Judge the trial route and write its supply and cost into its meta; False where nothing can drive it.

    own, own_pas : supply and PAs that the route holds already (-1, 0: none), which count as free.
    """


@by_data
def price_on_supply(d: Any, s: Any, k: int) -> bool:
    """Judge the trial route on supply k, which is there for it, and write its cost; False where k cannot drive it."""


@by_data
def share_vehicle(d: Any, s: Any) -> None:
    """Now and then, where supplies are limited: let a vehicle drive a second route, if that is cheaper."""


@by_data
def only_adds(d: Any) -> bool:
    """Whether putting a unit in never makes a plan cheaper: what it costs unfinished is then the least it will."""


@by_data
def best_insertion(d: Any, s: Any, unit: int, blink: float, room: float) -> bool:
    """Put a unit where it costs least (`put_route`), on a route of its own if need be; False where nothing fits.

    blink : share of routes overlooked at random. room : what it must cost less than.
    """


@by_data
def mark_hopeless(d: Any, s: Any) -> None:
    """Before the first plan: mark riders that nothing can drive even alone, in people[Q_HOPELESS]."""

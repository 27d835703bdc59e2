"""Tasks and what they came to as JSON, so that one may run in another process or on another machine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from routing.part import Ints, Limits
from routing.start import StartRoute
from routing.task import Found, Task

_LIMITS = tuple(field.name for field in fields(Limits))


def task_text(task: Task) -> str:
    """A task as JSON, without the moment at which it ends: another machine has another clock."""
    limits = None if task.limits is None else {name: _array(getattr(task.limits, name)) for name in _LIMITS}
    return _text(
        riders=None if task.riders is None else _array(task.riders), limits=limits, routes=_routes(task.routes),
        seed=task.seed, n_iterations=task.n_iterations, first=task.first, done=task.done,
        day_pence=None if task.day_pence is None else _array(task.day_pence),
    )  # fmt: skip


def task_of_text(text: str, until: float | None) -> Task:
    """The task again.

    Parameters
    ----------
    until : seconds of the clock here after which no chunk begins; None: none.
    """
    given = json.loads(text)
    limits = given.pop("limits")
    return Task(
        riders=None if given["riders"] is None else _array_of(given["riders"]),
        limits=None if limits is None else Limits(**{name: _array_of(limits[name]) for name in _LIMITS}),
        routes=_routes_of(given["routes"]), seed=given["seed"], n_iterations=given["n_iterations"],
        first=given["first"], done=(given["done"][0], given["done"][1]), until=until,
        day_pence=None if given["day_pence"] is None else _array_of(given["day_pence"]),
    )  # fmt: skip


def found_text(found: Found) -> str:
    """What a task came to, as JSON."""
    return _text(
        now=_routes(found.now), best=_routes(found.best), now_pence=found.now_pence, best_pence=found.best_pence,
        iterations=found.iterations, seconds=found.seconds,
    )  # fmt: skip


def found_of_text(text: str) -> Found:
    """What a task came to, again."""
    given = json.loads(text)
    return Found(**{**given, "now": _routes_of(given["now"]), "best": _routes_of(given["best"])})


def _text(**given: Any) -> str:
    # Numbers of numpy become plain ones.
    return json.dumps(given, separators=(",", ":"), default=int)


def _array(values: Ints) -> dict[str, Any]:
    return {"dtype": str(values.dtype), "values": values.tolist()}


def _array_of(given: Mapping[str, Any]) -> Ints:
    return np.array(given["values"], dtype=given["dtype"])


def _routes(routes: Sequence[StartRoute]) -> list[dict[str, Any]]:
    return [asdict(route) for route in routes]


def _routes_of(given: Sequence[Mapping[str, Any]]) -> list[StartRoute]:
    return [
        StartRoute(**{**one, "order": (one["order"][0], one["order"][1]), "hubs": (one["hubs"][0], one["hubs"][1])})
        for one in given
    ]

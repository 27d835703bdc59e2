"""Everything that is proven and found, kept on disk after every round so that a later run goes on from there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.bound.master import Columns
from routing.bound.problem import BoundProblem
from routing.bound.rounds import Rounds

_FIELDS = ("sequence", "nodes", "pence", "own", "seconds", "more_s")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Saved:
    """What an earlier run left.

    Attributes
    ----------
    bound : pence a fortnight. runs : columns; ng : per leg, see `pricing.price_groups`.
    """

    bound: float
    runs: list[Columns]
    ng: list[NDArray[np.bool_]]


def digest_of(problem: BoundProblem) -> str:
    """Of all that the bound depends on."""
    digest = sha256()
    for array in (*problem.instance.data(), problem.instance.pa_groups, *(leg.sequences for leg in problem.legs)):
        digest.update(np.ascontiguousarray(array).tobytes())
    digest.update(repr([(kind.supplies, kind.of, kind.is_inner) for kind in problem.kinds]).encode())
    return digest.hexdigest()


def save(path: Path, digest: str, rounds: Rounds, bound: float) -> None:
    """Write the state whole, or leave the old one."""
    arrays: dict[str, NDArray[Any]] = {"digest": np.array(digest), "bound": np.array(bound)}
    for leg, ng in enumerate(rounds.ng):
        arrays[f"ng_{leg}"] = np.packbits(ng)
    runs = rounds.master.runs()
    arrays["n_runs"] = np.array(len(runs))
    for i, c in enumerate(runs):
        arrays[f"of_{i}"] = np.array([c.leg, c.kind, c.pa])
        for name in _FIELDS:
            arrays[f"{name}_{i}"] = getattr(c, name)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as handle:
        np.savez_compressed(handle, **arrays)  # type: ignore[arg-type]
    os.replace(part, path)


def load(path: Path, digest: str, problem: BoundProblem) -> Saved | None:
    """The state of the same problem; None where there is none, or another problem's."""
    if not path.exists():
        return None
    with np.load(path) as arrays:
        if str(arrays["digest"]) != digest:
            return None
        ng = []
        for leg, table in enumerate(problem.legs):
            n = len(table.nodes)
            ng.append(np.unpackbits(arrays[f"ng_{leg}"], count=n * n).reshape(n, n).astype(np.bool_))
        runs = []
        for i in range(int(arrays["n_runs"])):
            leg, kind, pa = (int(x) for x in arrays[f"of_{i}"])
            fields = {name: arrays[f"{name}_{i}"] for name in _FIELDS}
            runs.append(Columns(leg=leg, kind=kind, pa=pa, **fields))
        return Saved(bound=float(arrays["bound"]), runs=runs, ng=ng)

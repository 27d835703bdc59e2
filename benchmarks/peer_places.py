"""Places of a model with several gates, numbered: nowhere, depots, gates, homes; and the drives between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peer_model import LegModel, Offer, depot_rows_of, stay_s

NOWHERE = 0
"""Bought runs start and end here, at no time from anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Rows of the travel matrix in the order of the numbers; `depot_rows` come right after nowhere."""

    model: LegModel
    depot_rows: tuple[int, ...]
    gate_rows: tuple[int, ...]

    @property
    def rows(self) -> list[int]:
        """Rows of every place but nowhere."""
        return [*self.depot_rows, *self.gate_rows, *(job.row for job in self.model.jobs)]

    def start_of(self, offer: Offer) -> int:
        """The depot of a fleet vehicle, nowhere for a bought one."""
        return NOWHERE if offer.depot_row is None else 1 + self.depot_rows.index(offer.depot_row)

    def gate_of(self, i: int) -> int:
        """The gate of job i."""
        return 1 + len(self.depot_rows) + self.gate_rows.index(self.model.jobs[i].gate_row)

    def home_of(self, i: int) -> int:
        """The home of job i."""
        return 1 + len(self.depot_rows) + len(self.gate_rows) + i

    def drives(self, offer: Offer) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pence and seconds of every drive.

        From nowhere to a home costs the empty drive back from that home's own gate, which is what is billed where the
        run ends at that gate.
        """
        n = len(self.rows) + 1
        pence, seconds = np.zeros((n, n)), np.zeros((n, n))
        pence[1:, 1:] = offer.drive_pence(self.rows, self.rows)
        seconds[1:, 1:] = offer.drive_s(self.rows, self.rows)
        for at, row in enumerate(self.gate_rows, start=1 + len(self.depot_rows)):
            seconds[at, 1:] += stay_s(self.model, row)
        if offer.pays_return:
            for i in range(len(self.model.jobs)):
                pence[NOWHERE, self.home_of(i)] = pence[self.gate_of(i), self.home_of(i)]
        return pence, seconds


def places_of(model: LegModel) -> Places:
    """The places of a model."""
    gate_rows = dict.fromkeys(job.gate_row for job in model.jobs)
    return Places(model=model, depot_rows=tuple(depot_rows_of(model.offers)), gate_rows=tuple(gate_rows))


def whole(values: NDArray[Any], most: int) -> NDArray[np.int64]:
    """Rounded, nothing above `most`, nothing for staying where one is."""
    rounded = np.minimum(np.rint(values), most).astype(np.int64)
    np.fill_diagonal(rounded, 0)
    return rounded

"""What every peer is told about one leg: jobs, vehicles on offer, and the road, without a word of any library."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transport.calendar import Leg
from transport.travel import UNREACHABLE

DAY_S = 86_400
METRES_PER_MILE = 1609.344
FAR = 10_000_000
"""Pence and seconds of a drive that no road allows: too dear and too long to be chosen."""
GROUP = 40
"""Most jobs of small schools told to a peer as one model; all of them are weak in larger ones."""
ROOM = 100
"""A load that fills a vehicle for a passenger who rides alone; more than any vehicle holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Somebody to gather, or siblings of one home who go to one gate at one time.

    Attributes
    ----------
    row, gate_row : rows of the travel matrix.
    earliest_s, wished_s : start of boarding before which the ride cap, or the target, would not hold.
    open_s, close_s : window for the start of service at the gate.
    home_s, gate_s : seconds of service. loads : by `LegModel.load_names`.
    """

    passenger_ids: tuple[str, ...]
    row: int
    gate_row: int
    earliest_s: int
    wished_s: int
    open_s: int
    close_s: int
    home_s: int
    gate_s: int
    loads: tuple[int, ...]

    @property
    def gate(self) -> tuple[int, int, int]:
        """What jobs of one per-school model share: the gate and its window."""
        return self.gate_row, self.open_s, self.close_s


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Offer:
    """A kind of vehicle at a price a day.

    Attributes
    ----------
    capacity : by `LegModel.load_names`. n_available : None: as many as wanted.
    depot_row : where a fleet vehicle starts and ends; None: bought.
    pays_return : the empty drive from the last gate back to the first home is billed.
    starts_s, ends_s : the shift. over_pence_per_hour : of the run beyond `over_after_s`.
    seconds, metres : (n, n) of its access profile.
    """

    name: str
    capacity: tuple[int, ...]
    n_available: int | None
    fixed_pence: int
    mile_rate_pence: int
    depot_row: int | None
    pays_return: bool
    starts_s: int
    ends_s: int
    over_pence_per_hour: int
    over_after_s: int
    profile: int
    seconds: NDArray[np.int32]
    metres: NDArray[np.int32]

    @property
    def road(self) -> tuple[int, int]:
        """Offers with the same road share their matrices of seconds and pence."""
        return self.profile, self.mile_rate_pence

    def drive_pence(self, from_rows: Sequence[int], to_rows: Sequence[int]) -> NDArray[np.float64]:
        """Price of every drive, (from, to)."""
        metres = self.metres[np.ix_(from_rows, to_rows)].astype(float)
        return np.where(metres >= UNREACHABLE, FAR, metres * self.mile_rate_pence / METRES_PER_MILE)

    def drive_s(self, from_rows: Sequence[int], to_rows: Sequence[int]) -> NDArray[np.int64]:
        """Seconds of every drive, (from, to)."""
        return np.minimum(self.seconds[np.ix_(from_rows, to_rows)].astype(np.int64), FAR)

    def could_carry(self, job: Job) -> bool:
        """Whether a vehicle of this kind has room for a job at all."""
        return all(load <= room for load, room in zip(job.loads, self.capacity, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LegModel:
    """One leg as peers see it.

    Attributes
    ----------
    load_names : what each entry of loads and capacities counts.
    late_pence_per_min : soft price of a ride over its target.
    """

    leg: Leg
    late_pence_per_min: int
    jobs: tuple[Job, ...]
    offers: tuple[Offer, ...]
    load_names: tuple[str, ...]

    def per_gate(self) -> list[LegModel]:
        """A model for each gate and window, smallest first."""
        return self._parts(list(self._jobs_by_gate().values()))

    def per_group(self, most_jobs: int = GROUP) -> list[LegModel]:
        """Schools of over half so many jobs alone, the others with their nearest neighbours; smallest group first."""
        jobs_by_gate = self._jobs_by_gate()
        small = {gate: jobs for gate, jobs in jobs_by_gate.items() if 2 * len(jobs) <= most_jobs}
        groups = [jobs for gate, jobs in jobs_by_gate.items() if gate not in small]
        while small:
            first = max(small, key=lambda gate: (len(small[gate]), gate))
            away_s = {gate: int(self.offers[0].seconds[first[0], gate[0]]) for gate in small}
            group: list[Job] = []
            for gate in sorted(small, key=lambda gate: (away_s[gate], gate)):
                if len(group) + len(small[gate]) <= most_jobs:
                    group += small.pop(gate)
            groups.append(group)
        return self._parts(groups)

    @property
    def has_one_gate(self) -> bool:
        """Whether everybody goes to one gate in one window."""
        return len({job.gate for job in self.jobs}) == 1

    def _jobs_by_gate(self) -> dict[tuple[int, int, int], list[Job]]:
        jobs_by_gate: dict[tuple[int, int, int], list[Job]] = defaultdict(list)
        for job in self.jobs:
            jobs_by_gate[job.gate].append(job)
        return jobs_by_gate

    def _parts(self, groups: Sequence[Sequence[Job]]) -> list[LegModel]:
        """A model for each group of jobs, smallest first, the fleet split between them by number of jobs."""
        groups = sorted(groups, key=lambda jobs: (len(jobs), jobs[0].gate))
        sizes = [len(jobs) for jobs in groups]
        shares = [_split(offer.n_available, sizes) for offer in self.offers]
        return [
            replace(
                self,
                jobs=tuple(jobs),
                offers=tuple(
                    replace(offer, n_available=share[g])
                    for offer, share in zip(self.offers, shares, strict=True)
                    if share[g] != 0
                ),
            )
            for g, jobs in enumerate(groups)
        ]


def stay_s(model: LegModel, gate_row: int) -> int:
    """Seconds that a whole-borough model adds to every drive away from a gate: two passengers' service there.

    All who alight at a gate share one stop that starts inside the window. Service of their own would put it off for
    the second of them, so deliveries take no time and leaving does.
    """
    own = [job.gate_s // len(job.passenger_ids) for job in model.jobs if job.gate_row == gate_row]
    return 2 * sum(own) // len(own)


def n_copies(model: LegModel, offer: Offer) -> int:
    """How many vehicles of a bought kind a peer is given that must have them one by one.

    Twice what its room calls for, two more, and one for each who rides alone.
    """
    able = [job for job in model.jobs if offer.could_carry(job)]
    alone = sum(job.loads[model.load_names.index("solo")] >= ROOM for job in able)
    seats = sum(job.loads[0] for job in able)
    return min(len(able), alone + 2 + 2 * -(-seats // max(1, offer.capacity[0])))


def way_back(job: Job, offer: Offer) -> tuple[int, int]:
    """Of a run that ends at the gate: pence of a fleet vehicle's drive home, and until when it may be there."""
    if offer.depot_row is None:
        return 0, job.close_s
    pence = round(float(offer.drive_pence([job.gate_row], [offer.depot_row])[0, 0]))
    drive_s = int(offer.drive_s([job.gate_row], [offer.depot_row])[0, 0])
    return pence, min(job.close_s, offer.ends_s - drive_s)


def depot_rows_of(offers: Sequence[Offer]) -> list[int]:
    """Rows of the depots that these vehicles start from."""
    return list(dict.fromkeys(offer.depot_row for offer in offers if offer.depot_row is not None))


def _split(n: int | None, sizes: Sequence[int]) -> list[int | None]:
    """Whole shares of n in proportion to sizes, by largest remainder; None for each where n is None."""
    if n is None:
        return [None] * len(sizes)
    exact = [n * size / sum(sizes) for size in sizes]
    shares = [int(x) for x in exact]
    by_remainder = sorted(range(len(sizes)), key=lambda i: (shares[i] - exact[i], -sizes[i], i))
    for i in by_remainder[: n - sum(shares)]:
        shares[i] += 1
    return list(shares)

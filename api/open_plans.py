"""Plans kept open between requests: lists, roads, travel and the desk with everybody who waits for a place.

Opening a plan takes seconds, a quote at an open desk a twentieth of one. What is kept here is in memory alone.
"""

from __future__ import annotations

import csv
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from api.in_year_quotes import quoted, with_candidates
from api.opened_once import OpenedOnce
from api.plan_folder import PlanFolder, open_plan_folder, roads_for
from api.planning_job import Watcher, roads_on
from api.settings import Settings
from api.store.plans import write_folder
from api.store.store import Store
from transport.files.faults import InputFaults
from transport.files.read_new import NewPassenger, NewPassengers, read_new_passengers
from transport.notice import after_working_days
from transport.scenario import Scenario
from transport.travel import Travel, TravelByRow

if TYPE_CHECKING:
    from routing.desk import Desk
    from routing.network.graph import RoadNetwork
    from routing.quote import Quote

MOST_PLANS = 3
"""Plans kept open at once: the one in force, and one or two being looked at."""
MOST_WAITING = 300
"""Most passengers at a desk besides the one who is asked for."""
MOST_CANDIDATES = 500
"""Most pairs of passenger and school at a desk; beyond, everybody but the one asked for waits for their own alone."""
_AT_ONCE = 2
"""Quotes worked out at the same moment: more would only take processor time from other requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A passenger of the lists who may be placed.

    Attributes
    ----------
    version : of their record. cells : their row of passengers.csv, and `starts_on`.
    school_ids : every school they are to be quoted for.
    """

    passenger_id: str
    version: int
    cells: Mapping[str, str]
    school_ids: frozenset[str]

    def covers(self, other: Newcomer) -> bool:
        """Whether a desk with this one can answer for the other."""
        return self.version == other.version and self.school_ids >= other.school_ids


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Manned:
    """A desk and who waits at it; its kernel has one set of scratch arrays, so one thread at a time may use it."""

    desk: Desk
    in_use: threading.Lock
    newcomers: Mapping[str, Newcomer]
    people: Mapping[str, NewPassenger]


@dataclass(slots=True, kw_only=True, eq=False)
class OpenPlan:
    """A plan in memory.

    Attributes
    ----------
    folder : what its files hold. network : the roads it was made on.
    expected : who is being asked for just now, by id: whoever opens a desk opens it for all of them.
    """

    folder: PlanFolder
    network: RoadNetwork
    manned: _Manned | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    expected: dict[str, Newcomer] = field(default_factory=dict)

    @contextmanager
    def expecting(self, wanted: Newcomer) -> Iterator[None]:
        """While somebody waits for an answer; twenty who ask about new schools at once need two desks, not twenty."""
        self.expected[wanted.passenger_id] = wanted
        try:
            yield
        finally:
            self.expected.pop(wanted.passenger_id, None)

    def quote(
        self,
        wanted: Newcomer,
        waiting: Callable[[], Iterable[Newcomer]],
        *,
        n: int,
        asked_on: date,
        with_reasons: bool,
    ) -> tuple[Quote, bool]:
        """The best options for a newcomer at each of their schools, and whether their eligibility is decided.

        Parameters
        ----------
        waiting : everybody else who may be asked for next; called only where the desk must be opened anew.
        with_reasons : as `in_year_quotes.quoted`.

        Raises
        ------
        InputFaults
            When their record does not fit into the plan's lists.
        """
        manned = self.manned
        if manned is None or not _covers(manned, wanted):
            with self.lock:
                manned = self.manned
                if manned is None or not _covers(manned, wanted):
                    self.manned = manned = self._manned_for(wanted, waiting())
        person = manned.people[wanted.passenger_id]
        valid_until = after_working_days(
            asked_on, self.folder.scenario.policy.quote_valid_working_days, self.folder.scenario.calendar
        )
        with manned.in_use:
            found = quoted(manned.desk, person, n, valid_until, school_ids=wanted.school_ids, with_reasons=with_reasons)
        return found, person.is_decided

    def man(self, waiting: Callable[[], Iterable[Newcomer]]) -> None:
        """Open the desk ahead of the first question, for everybody who may be asked for."""
        with self.lock:
            self.manned = manned = self._manned_for(None, waiting())
        with manned.in_use:
            for person in islice(manned.people.values(), 1):
                # The answer is of no use to anybody; the kernel is loaded with it.
                quoted(manned.desk, person, 1, date.max, with_reasons=False)

    def travel(self) -> Travel:
        """Travel between all places of the plan."""
        return roads_on(self.network, self.folder.scenario, None).travel

    def _manned_for(self, wanted: Newcomer | None, waiting: Iterable[Newcomer]) -> _Manned:
        from routing.desk import open_desk

        known, must = self.folder.scenario.passenger_by_id, None if wanted is None else wanted.passenger_id
        others = [w for w in waiting if w.passenger_id not in known and w.passenger_id != must]
        asked = self._asked(others[:MOST_WAITING], [] if wanted is None else [wanted])
        new = read_newcomers(self.folder, asked, must=must)
        scenario = with_candidates(self.folder.scenario, new.people, new.places)
        people = {person.passenger.passenger_id: person for person in new.people}
        return _Manned(
            desk=open_desk(self.folder.plan, scenario, self._travel(scenario)),
            in_use=threading.Lock(),
            newcomers={w.passenger_id: w for w in asked if w.passenger_id in people},
            people=people,
        )

    def _asked(self, others: Sequence[Newcomer], wanted: Sequence[Newcomer]) -> list[Newcomer]:
        """Everybody with the schools that were asked for before as well: these need no desk of their own."""
        old, now = self.manned.newcomers if self.manned else {}, dict(self.expected)
        asked = [
            _with_schools(_with_schools(w, old.get(w.passenger_id)), now.get(w.passenger_id))
            for w in (*others, *wanted)
        ]
        return asked if sum(len(w.school_ids) for w in asked) <= MOST_CANDIDATES else [*others, *wanted]

    def _travel(self, scenario: Scenario) -> TravelByRow:
        """Travel between everybody's places; as it is where only schools have been added."""
        manned = self.manned
        if manned is not None and manned.desk.scenario.place_by_id == scenario.place_by_id:
            return manned.desk.travel
        return roads_on(self.network, scenario, None).travel


class OpenPlans:
    """The plans that are open, the ones asked for last; safe to use from several threads."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self._plans = OpenedOnce[OpenPlan](MOST_PLANS)
        self._networks: OrderedDict[tuple[tuple[float, float], ...], RoadNetwork] = OrderedDict()
        self._lock = threading.Lock()
        self.at_once = threading.BoundedSemaphore(_AT_ONCE)

    def opened(self, plan_id: str) -> OpenPlan:
        """A plan, opened if need be.

        Raises
        ------
        NotInStoreError
            When there is no such plan, or its files have been removed.
        ValueError
            When its roads are not those of the service.
        """
        return self._plans.got(plan_id, lambda: self._open(plan_id))

    def _open(self, plan_id: str) -> OpenPlan:
        with tempfile.TemporaryDirectory(prefix="schoolrun-") as place:
            with self._store.read() as session:
                write_folder(session, self._store.cipher, plan_id, Path(place))
            folder = open_plan_folder(Path(place))
        # Approximate roads are made of a plan's own places; an extract is the same for all.
        made_of = () if self._settings.roads_file else folder.network_points
        known = self._networks.get(made_of)
        roads = roads_for(
            folder, folder.scenario, Watcher(), roads_path=self._settings.roads_file, travel_path=None,
            cache_dir=self._settings.cache_folder, network=known,
        )  # fmt: skip
        assert roads.network is not None  # only a council's own matrices have none
        with self._lock:
            self._networks[made_of] = roads.network
            while len(self._networks) > MOST_PLANS:
                self._networks.popitem(last=False)
        return OpenPlan(folder=folder, network=roads.network)


def read_newcomers(folder: PlanFolder, newcomers: Sequence[Newcomer], *, must: str | None = None) -> NewPassengers:
    """Newcomers as the planner reads them; those whose records do not fit are left out, but for the one asked for.

    Raises
    ------
    InputFaults
        When the record of `must` does not fit into the plan's lists.
    """
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as place:
        path = write_newcomers(newcomers, Path(place) / "new_passengers.csv")
        try:
            return read_new_passengers(path, folder.book, folder.scenario, known_may_change=False)
        except InputFaults as found:
            wrong = {fault.row for fault in found.faults}
            # Row 1 holds the headings.
            right = [w for row, w in enumerate(newcomers, start=2) if row not in wrong]
            own = [f for f in found.faults if f.row is None or newcomers[f.row - 2].passenger_id == must]
            if own or len(right) == len(newcomers):
                raise InputFaults([replace(fault, row=None) for fault in own or found.faults]) from None
    return read_newcomers(folder, right, must=must)


def write_newcomers(newcomers: Sequence[Newcomer], path: Path) -> Path:
    """Write newcomers as the list that `schoolrun quote` reads."""
    rows = [
        {**w.cells, "passenger_id": w.passenger_id, "candidate_school_ids": "; ".join(sorted(w.school_ids))}
        for w in newcomers
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _covers(manned: _Manned, wanted: Newcomer) -> bool:
    known = manned.newcomers.get(wanted.passenger_id)
    return known is not None and known.covers(wanted)


def _with_schools(newcomer: Newcomer, known: Newcomer | None) -> Newcomer:
    if known is None or known.version != newcomer.version:
        return newcomer
    return replace(newcomer, school_ids=newcomer.school_ids | known.school_ids)

"""Plans in force opened ahead of the first who asks: after the start, and whenever another plan or passenger came.

It happens beside the requests and none waits for it, unless for the very plan that is being opened. What is kept is
bounded by `OpenPlans` and `OpenedPlans`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import func, select

from api.open_plans import MOST_PLANS, OpenPlans
from api.pages.plan_reading import OpenedPlans, standing_ids
from api.quoting import man
from api.store.faults import StoreError
from api.store.models import Record
from api.store.passengers import PASSENGER
from api.store.plans import newest_plan_id
from api.store.quotes import newest_of
from api.store.store import Store

LOOK_S = 2.0
QUIET_S = 10.0
"""How long the lists of passengers must have been at rest before the desks are manned anew."""
MOST_AHEAD = MOST_PLANS - 1
"""Plans opened ahead: one place is left for a plan that somebody looks at."""
_LOG = logging.getLogger("schoolrun.warm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What should be open.

    Attributes
    ----------
    desks : plans that newcomers are quoted in. pages : plans that pages show.
    passengers : how many there are, and the sum of their versions: another one when somebody came or was changed.
    """

    desks: tuple[str, ...]
    pages: tuple[str, ...]
    passengers: tuple[int, int]


@dataclass(slots=True, kw_only=True, eq=False)
class Warmth:
    """Opens ahead what will be asked for.

    Attributes
    ----------
    is_ready : whether every plan in force has been opened, or there is none.
    """

    store: Store
    desks: OpenPlans
    pages: OpenedPlans
    is_ready: bool = False
    _done: Wanted = field(default_factory=lambda: Wanted(desks=(), pages=(), passengers=(-1, 0)))
    _seen: tuple[int, int] = (-1, 0)
    _seen_at: float = 0.0

    def look(self) -> None:
        """Open what is wanted and has not been opened ahead yet.

        Each plan once, so that what was pushed out by plans that people look at does not push these out in turn; a desk
        again when somebody came, once the lists are at rest.
        """
        wanted, done = self._wanted(), self._done
        if wanted.passengers != self._seen:
            self._seen, self._seen_at = wanted.passengers, time.monotonic()
        is_quiet = time.monotonic() - self._seen_at >= QUIET_S
        came = wanted.passengers != done.passengers
        desks = [plan_id for plan_id in wanted.desks if plan_id not in done.desks or (came and is_quiet)]
        pages = [plan_id for plan_id in wanted.pages if plan_id not in done.pages]
        self.is_ready = self.is_ready and set(wanted.desks) <= set(done.desks)
        for plan_id in desks:
            self._open(plan_id, lambda plan_id: man(self.store, self.desks, plan_id, date.today()))
        self.is_ready = True
        for plan_id in pages:
            self._open(plan_id, lambda plan_id: self.pages.opened_from(self.store, plan_id))
        passengers = wanted.passengers if set(desks) == set(wanted.desks) else done.passengers
        self._done = replace(wanted, passengers=passengers)

    def _wanted(self) -> Wanted:
        is_passenger = Record.kind == PASSENGER.name
        with self.store.read() as session:
            standing = standing_ids(session)[:MOST_AHEAD]
            newest = newest_plan_id(session)
            desks = tuple(dict.fromkeys(newest_of(session, plan_id) for plan_id in standing))
            pages = tuple(dict.fromkeys((*standing, *([] if newest is None else [newest]))))
            n, versions = session.execute(select(func.count(), func.sum(Record.version)).where(is_passenger)).one()
        return Wanted(desks=desks, pages=pages, passengers=(n, int(versions or 0)))

    def _open(self, plan_id: str, how: Callable[[str], object]) -> None:
        """One plan; where it cannot be opened, whoever asks for it is told why."""
        began = time.monotonic()
        try:
            how(plan_id)
        except Exception as error:
            _LOG.warning("plan %s: not opened ahead (%s)", plan_id, type(error).__name__)
        else:
            _LOG.info("plan %s: opened ahead in %.1f s", plan_id, time.monotonic() - began)


@contextmanager
def kept_warm(warmth: Warmth) -> Iterator[None]:
    """Look again and again in a thread of its own, until the block is left."""
    leaving = threading.Event()

    def keep() -> None:
        while not leaving.wait(LOOK_S):
            try:
                warmth.look()
            except StoreError:  # The database is away: requests say so; look again later.
                continue

    # Daemon: a plan that is being opened does not keep the service from ending.
    threading.Thread(target=keep, name="warmth", daemon=True).start()
    try:
        yield
    finally:
        leaving.set()

"""Short changes that wait at the same moment share one transaction, and so one flush to the disk.

A database with every write safe on disk takes some milliseconds for each transaction and does one at a time. Where
twenty people ask at once, each would wait for nineteen flushes; so whoever comes first writes for all who wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.audit import Caller
from api.store.faults import StoreUnavailableError


@dataclass(slots=True, kw_only=True, eq=False)
class Waiting:
    """A change that somebody waits for.

    Attributes
    ----------
    do : takes a `Work`. result, error : of it, once it is done.
    """

    caller: Caller
    do: Callable[[Any], Any]
    result: Any = None
    error: Exception | None = None
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Together:
    """Those who wait; safe to use from several threads."""

    _waiting: list[Waiting] = field(default_factory=list)
    _list: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def done(self, own: Waiting, change_all: Callable[[Sequence[Waiting]], Sequence[Any]]) -> Any:
        """What a change gives, once it is safe on disk; whatever it raises goes on to whoever asked for it.

        Parameters
        ----------
        change_all : does some in one transaction and gives their results.
        """
        with self._list:
            self._waiting.append(own)
        with self._writing:
            # Somebody may have done it while this one waited for their turn.
            if not own.is_done:
                with self._list:
                    # Not among them where the thread that took it was ended on the way.
                    taken = [*self._waiting, *([] if own in self._waiting else [own])]
                    self._waiting.clear()
                _do_all(taken, change_all)
        if own.error is not None:
            raise own.error
        return own.result


def _do_all(taken: Sequence[Waiting], change_all: Callable[[Sequence[Waiting]], Sequence[Any]]) -> None:
    """All in one transaction; where one of them fails each in its own, so that nobody fails for another one's sake."""
    try:
        results = change_all(taken)
    except Exception as error:
        # Where the database is gone each would find it so, and may have been written already.
        if len(taken) > 1 and not isinstance(error, StoreUnavailableError):
            for one in taken:
                _do_all([one], change_all)
            return
        for one in taken:
            one.error, one.is_done = error if len(taken) == 1 else StoreUnavailableError(str(error)), True
        return
    for one, result in zip(taken, results, strict=True):
        one.result, one.is_done = result, True

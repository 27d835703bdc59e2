"""What takes seconds to open, kept for whoever asks next: each is opened once, and nobody waits for another one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class OpenedOnce(Generic[T]):
    """The ones asked for last, by id; safe to use from several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()
        self._opening: dict[str, threading.Lock] = {}

    def got(self, key: str, make: Callable[[], T]) -> T:
        """What is kept under a key, opened if need be; whatever `make` raises goes on to whoever asked."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            opening = self._opening.setdefault(key, threading.Lock())
        with opening:
            # Somebody else may have opened it while this one waited.
            found = self._kept.get(key)
            if found is None:
                found = make()
            with self._lock:
                self._kept[key] = found
                self._opening.pop(key, None)
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            return found

    def __contains__(self, key: str) -> bool:
        """Whether it is kept."""
        return key in self._kept

    def drop(self, key: str) -> None:
        """Keep it no longer."""
        with self._lock:
            self._kept.pop(key, None)

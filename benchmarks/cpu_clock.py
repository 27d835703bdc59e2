"""CPU seconds of this process and of every process it started, ended or still running."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s() -> float:
    """CPU seconds so far, all threads, children included.

    The kernel books a child's time with its parent only when it has ended; what runs still is read from `/proc`, where
    there is one.
    """
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    booked = own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
    return booked + sum(map(_process_s, _descendants(os.getpid())))


def _descendants(pid: int) -> Iterator[int]:
    """Children of a process, and theirs."""
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(word) for word in listing.read_text().split()]
        except OSError:
            continue
        for child in children:
            yield child
            yield from _descendants(child)


def _process_s(pid: int) -> float:
    """CPU seconds of one running process and of its ended children; 0 where it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    # The name, in brackets, may hold spaces; the fields after it are utime, stime, cutime, cstime at 11 to 14.
    fields = stat.rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / _TICKS_PER_S


class Budget:
    """CPU seconds that may still be spent; every method is stopped by it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._began = cpu_s()
        self._free_s = 0.0

    @property
    def spent_s(self) -> float:
        """Spent since this budget was made."""
        return cpu_s() - self._began - self._free_s

    @property
    def left_s(self) -> float:
        """Left; 0 when it is used up."""
        return max(0.0, self.seconds - self.spent_s)

    def is_spent(self) -> bool:
        """Whether nothing is left."""
        return self.left_s <= 0.0

    @contextmanager
    def uncharged(self) -> Iterator[None]:
        """What is done inside counts for nobody: telling a library its model, reading its answer."""
        began = cpu_s()
        yield
        self._free_s += cpu_s() - began

    def forgive(self, part: Budget) -> None:
        """Do not charge what a budget for a part of the work has not charged."""
        self._free_s += part._free_s

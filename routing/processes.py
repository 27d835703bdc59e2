"""Where tasks run: all in this process, or every other one in a second process.

The second process is started afresh (spawned), finds the compiled kernel in the cache and maps the instance's arrays
from files. It ends with the first.
"""

from __future__ import annotations

import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from routing.instance import Instance
from routing.part import Blocks
from routing.task import Found, Standing, Task, run_task

_TELL_EVERY_S = 0.2

Watch = Callable[[Sequence[Standing]], bool]
"""Told before every chunk how the tasks of a round stand; True: stop. Not asked again in a round once it said so."""


class StreamError(RuntimeError):
    """The second process of a search has failed."""


class Workers(Protocol):
    """Runs tasks."""

    @property
    def processes(self) -> int:
        """On how many processes at this moment."""
        ...

    def run(self, tasks: Sequence[Task], watch: Watch) -> list[Found]:
        """What each task found, in their order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Elsewhere:
    """Workers of somebody else's, in place of those below; the plan is the same.

    Attributes
    ----------
    workers : of an instance, and where its travel comes from if it holds no matrices.
    clock : by which searches end.
    """

    workers: Callable[[Instance, Blocks | None], AbstractContextManager[Workers]]
    clock: Callable[[], float]


@contextmanager
def workers(
    instance: Instance,
    processes: int,
    blocks: Blocks | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Workers]:
    """Workers on one or two processes; the second ends when the block is left.

    clock : by which tasks end; another than the default on one process only.
    """
    if processes == 1:
        yield _Here(instance, blocks, clock)
        return
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as folder:
        _write(instance, Path(folder))
        second = _Second(Path(folder), blocks)
        try:
            yield _Both(_Here(instance, blocks), second)
        finally:
            second.close()


class _Round:
    """How the tasks of a round stand, and whether they were told to stop."""

    def __init__(self, n_tasks: int, watch: Watch) -> None:
        self.standings = [Standing()] * n_tasks
        self.stopped = False
        self._watch = watch

    def tell(self, i: int, standing: Standing) -> bool:
        """Note how task i stands; True: stop."""
        self.standings[i] = standing
        return self.ask()

    def ask(self) -> bool:
        """Whether to stop."""
        self.stopped = self.stopped or self._watch(self.standings)
        return self.stopped


class _Here:
    """Runs tasks in this process, one after the other."""

    def __init__(self, instance: Instance, blocks: Blocks | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._instance, self._blocks, self._clock = instance, blocks, clock

    @property
    def processes(self) -> int:
        """See `Workers`."""
        return 1

    def run(self, tasks: Sequence[Task], watch: Watch) -> list[Found]:
        """See `Workers`."""
        together = _Round(len(tasks), watch)
        return [self.run_one(task, partial(together.tell, i)) for i, task in enumerate(tasks)]

    def run_one(self, task: Task, tell: Callable[[Standing], bool]) -> Found:
        """One task."""
        return run_task(self._instance, task, tell, self._blocks, self._clock)


class _Both:
    """Runs every other task in the second process, once that is ready; until then, all of them here."""

    def __init__(self, here: _Here, second: _Second) -> None:
        self._here, self._second = here, second

    @property
    def processes(self) -> int:
        """See `Workers`."""
        return 2 if self._second.is_ready(0.0) else 1

    def wait(self, seconds: float) -> bool:
        """Wait at most so long until the second process is ready; whether it is."""
        return self._second.is_ready(seconds)

    def run(self, tasks: Sequence[Task], watch: Watch) -> list[Found]:
        """See `Workers`."""
        if len(tasks) < 2 or not self._second.is_ready(0.0):
            return self._here.run(tasks, watch)
        together = _Round(len(tasks), watch)
        mine, others = range(0, len(tasks), 2), range(1, len(tasks), 2)
        found: dict[int, Found] = {}
        self._second.send([tasks[i] for i in others])

        def tell(i: int, standing: Standing) -> bool:
            self._hear(together, found, 0.0)
            if together.tell(i, standing):
                self._second.stop()
            return together.stopped

        for i in mine:
            found[i] = self._here.run_one(tasks[i], partial(tell, i))
        while len(found) < len(tasks):
            self._hear(together, found, _TELL_EVERY_S)
            if not together.stopped and together.ask():
                self._second.stop()
        return [found[i] for i in range(len(tasks))]

    def _hear(self, together: _Round, found: dict[int, Found], wait_seconds: float) -> None:
        for i, told in self._second.hear(wait_seconds):
            if isinstance(told, Found):
                found[2 * i + 1] = told
            else:
                together.standings[2 * i + 1] = told


class _Second:
    """The second process, from the first one's side."""

    def __init__(self, folder: Path, blocks: Blocks | None) -> None:
        context = get_context("spawn")
        self._line, line = context.Pipe()
        self._stop = context.Event()
        self._process = context.Process(target=_serve, args=(folder, blocks, line, self._stop), daemon=True)
        self._process.start()
        self._ready = False
        line.close()

    def is_ready(self, wait_seconds: float) -> bool:
        """Whether it has started and waits for tasks, waiting at most so long for it."""
        try:
            if not self._ready and self._line.poll(wait_seconds):
                self._hear_one()
                self._ready = True
        except (EOFError, OSError) as error:
            raise self._fault("") from error
        return self._ready

    def send(self, tasks: Sequence[Task]) -> None:
        """Give it tasks."""
        self._stop.clear()
        try:
            self._line.send(list(tasks))
        except OSError as error:
            raise self._fault("") from error

    def hear(self, wait_seconds: float) -> Iterator[tuple[int, Standing | Found]]:
        """What it has said since, waiting at most so long for the first word."""
        try:
            while self._line.poll(wait_seconds):
                wait_seconds = 0.0
                yield self._hear_one()
        except (EOFError, OSError) as error:
            raise self._fault("") from error

    def _hear_one(self) -> tuple[int, Any]:
        i, told = self._line.recv()
        if isinstance(told, str):
            raise self._fault(told)
        return i, told

    def stop(self) -> None:
        """Have it end its tasks before the next chunk."""
        self._stop.set()

    def close(self) -> None:
        """End it."""
        self._line.close()
        self._process.join(0.5)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()

    def _fault(self, told: str) -> StreamError:
        self._process.join(1.0)
        return StreamError(
            f"the second process of the search has ended (exit code {self._process.exitcode}); one process finds the "
            f"same plan: --processes 1, or processes=1\n{told}".rstrip()
        )


def _serve(folder: Path, blocks: Blocks | None, line: Any, stop: Any) -> None:
    """The second process: run lists of tasks as they come, until the line is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The first process hears Ctrl-C and says when to stop.
    try:
        here = _Here(_read(folder), blocks)
        line.send((0, None))
        while True:
            for i, task in enumerate(line.recv()):
                line.send((i, here.run_one(task, _Teller(line, stop, i))))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception:
        line.send((0, traceback.format_exc()))
        raise


class _Teller:
    """Tells the first process about five times a second how a task stands."""

    def __init__(self, line: Any, stop: Any, i: int) -> None:
        self._line, self._stop, self._i = line, stop, i
        self._told_at = time.monotonic()

    def __call__(self, standing: Standing) -> bool:
        """See `Tell`."""
        if time.monotonic() - self._told_at > _TELL_EVERY_S:
            self._told_at = time.monotonic()
            self._line.send((self._i, standing))
        return bool(self._stop.is_set())


def _write(instance: Instance, folder: Path) -> None:
    for field in fields(instance):
        np.save(folder / f"{field.name}.npy", getattr(instance, field.name), allow_pickle=False)


def _read(folder: Path) -> Instance:
    """The instance with its arrays mapped, as plain arrays: the kernel is compiled for those."""
    return Instance(**{f.name: np.asarray(np.load(folder / f"{f.name}.npy", mmap_mode="r")) for f in fields(Instance)})

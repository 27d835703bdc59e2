"""Changes that wait at the same moment share one transaction; each is there once, with its own line in the log."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from api.store.faults import NotInStoreError, StoreUnavailableError
from api.store.passengers import read_passenger
from api.store.store import Store, Work
from api.store.together import Together, Waiting
from tests.api.lists import OFFICER, add_passenger, add_school
from tests.api.test_audit import faults_of, lines_of

N = 12


def test_those_who_wait_are_done_in_one_transaction() -> None:
    """One at work, eleven wait: two transactions, not twelve; everybody gets their own result."""
    together, groups, begun = Together(), [], threading.Event()

    def change_all(wanted: Sequence[Waiting]) -> list[Any]:
        groups.append(len(wanted))
        if len(groups) == 1:
            begun.set()
            until = time.monotonic() + 30
            while len(together._waiting) < N - 1 and time.monotonic() < until:
                time.sleep(0.001)
        return [one.do(None) for one in wanted]

    with ThreadPoolExecutor(N) as pool:
        first = pool.submit(together.done, Waiting(caller=OFFICER, do=lambda _: 0), change_all)
        begun.wait(30)
        rest = [
            pool.submit(together.done, Waiting(caller=OFFICER, do=lambda _, n=n: n), change_all) for n in range(1, N)
        ]
    assert [future.result() for future in (first, *rest)] == list(range(N))
    assert groups == [1, N - 1]


def test_nobody_fails_for_another_ones_sake() -> None:
    """Of three in one transaction the second cannot be done: it alone is told so. With the database gone all are."""
    together, tried = Together(), []
    fails = Waiting(caller=OFFICER, do=lambda _: 1 // 0)
    good = [Waiting(caller=OFFICER, do=lambda _, n=n: n) for n in (1, 3)]

    def change_all(wanted: Sequence[Waiting]) -> list[Any]:
        tried.append(len(wanted))
        return [one.do(None) for one in wanted]

    together._waiting.extend([good[0], fails])
    assert together.done(good[1], change_all) == 3
    assert tried == [3, 1, 1, 1]
    assert (good[0].result, type(fails.error)) == (1, ZeroDivisionError)

    def gone(wanted: Sequence[Waiting]) -> list[Any]:
        raise StoreUnavailableError(f"gone for {len(wanted)}")

    other = Waiting(caller=OFFICER, do=lambda _: 1)
    together._waiting.append(other)
    with pytest.raises(StoreUnavailableError, match="gone for 2"):
        together.done(Waiting(caller=OFFICER, do=lambda _: 2), gone)
    assert isinstance(other.error, StoreUnavailableError)


def test_each_reading_has_its_line_and_the_chain_holds(store: Store) -> None:
    """Twelve callers at once, one of whom asks for nobody: eleven lines, each by who read, and a chain that holds."""
    add_school(store)
    passenger_id = add_passenger(store).record_id

    def read(n: int) -> str:
        def do(work: Work) -> str:
            work.log("read", "passenger", passenger_id)
            return read_passenger(work.session, work.cipher, "P0" if n == 5 else passenger_id).record_id

        return store.change_together(replace(OFFICER, name=f"account/{n}"), do)

    with ThreadPoolExecutor(N) as pool:
        futures = [pool.submit(read, n) for n in range(N)]
    assert [isinstance(future.exception(), NotInStoreError) for future in futures] == [n == 5 for n in range(N)]
    readers = [line["actor"] for line in lines_of(store) if line["action"] == "read"]
    assert sorted(readers) == sorted(f"account/{n}" for n in range(N) if n != 5)
    assert faults_of(store) == []

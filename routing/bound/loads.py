"""The loads of a vehicle in a row, each with what it becomes when one more home is taken in.

Where each wheelchair takes the room of so many seats, one number says how full a vehicle is; else, and in finer tables,
seats and wheelchairs are told apart. A number that lets in loads that do not fit was tried: the program at 120
passengers fell by 2.6 %. In coarse tables alone: at 955 passengers a dozen times as many groups of some kinds were left
to the third.
"""

from __future__ import annotations

from typing import Any

from routing.bound.fields import V_TAGS
from routing.bound.local import MOST_PLACES
from routing.numba_cache import njit_inner

MOST_SEATS_A_CHAIR = 8
NO_ROOM = -2
"""Critical homes of a group: no more of them."""


@njit_inner
def most_seats(vehicle_holds: Any, pa: int, chairs: int) -> int:
    """Most seats besides a PA's with at least so many wheelchairs; vehicle_holds (wheelchairs + 1, seats + 1)."""
    most = -1
    for c in range(chairs, vehicle_holds.shape[0]):
        for q in range(vehicle_holds.shape[1]):
            if vehicle_holds[c, q]:
                most = max(most, q - pa)
    return most


@njit_inner
def places_by(vehicle_holds: Any, pa: int, chairs: int, seats_a_chair: int) -> int:
    """Most places of any load of at most so many wheelchairs, where each of these counts as so many seats."""
    most = -1
    for c in range(chairs + 1):
        seats = most_seats(vehicle_holds, pa, c)
        if seats >= 0:
            most = max(most, seats + seats_a_chair * c)
    return most


@njit_inner
def best_exchange(vehicle_holds: Any, pa: int, chairs: int, seats: int) -> tuple[int, int]:
    """Seats that a wheelchair counts for so that fewest loads are let in that do not fit; how many those are."""
    best, least, room = 1, -1, places_by(vehicle_holds, pa, chairs, 1)
    for seats_a_chair in range(1, MOST_SEATS_A_CHAIR + 1):
        places, more = places_by(vehicle_holds, pa, chairs, seats_a_chair), 0
        if places > room:
            # More people than there are places of any kind.
            continue
        for c in range(chairs + 1):
            let_in = min(seats, places - seats_a_chair * c)
            fit = min(seats, most_seats(vehicle_holds, pa, c))
            more += max(-1, let_in) - max(-1, fit)
        if least < 0 or more < least:
            best, least = seats_a_chair, more
    return best, least


@njit_inner
def fill_takes(n: int, x: Any, nodes: Any, rivals: Any) -> None:
    """Which rivals may have all homes of x without a wheelchair, and all with one, into rivals.takes."""
    for r in range(len(rivals.tags)):
        rivals.takes[r, :] = True
        for i in range(n):
            if nodes[x.who[i], V_TAGS] & ~rivals.tags[r]:
                rivals.takes[r, x.chairs[i]] = False


@njit_inner
def has_rival(seats: int, chairs: int, pa: int, rivals: Any) -> bool:
    """Whether a run of so many may be one of another kind, for no more."""
    for r in range(len(rivals.tags)):
        takes = (rivals.takes[r, 0] or seats == 0) and (rivals.takes[r, 1] or chairs == 0)
        if takes and chairs < rivals.holds.shape[1] and most_seats(rivals.holds[r], pa, chairs) >= seats:
            return True
    return False


@njit_inner
def fill_loads(n: int, x: Any, pa: int, vehicle_holds: Any, apart: bool, n_forms: int, rivals: Any, tab: Any) -> int:
    """Loads that some homes can make, each coming once, into tab.after; how many there are.

    Whether a run may end with each, as no rival can do it for no more, into tab.may_end.

    apart : tell seats and wheelchairs apart wherever there are both, for what they take at gates.

    The first is an empty vehicle, and every load comes after those that it can grow from.

    tab.after : (L, F) filled with the load that each becomes with a home of each form, -1: it does not fit.
    """
    chairs, seats = x.chairs[:n].sum(), x.seats[:n].sum()
    seats_a_chair, n_let_in = best_exchange(vehicle_holds, pa, chairs, seats)
    if n_let_in == 0 and (chairs == 0 or not apart):
        places = min(places_by(vehicle_holds, pa, chairs, seats_a_chair), seats + seats_a_chair * chairs)
        for load in range(places + 1):
            for form in range(n_forms):
                to = load + form // 2 + seats_a_chair * (form % 2)
                tab.after[load, form] = to if to <= places else -1
            tab.may_end[load] = False
            for c in range(min(chairs, load // seats_a_chair) + 1):
                q = load - seats_a_chair * c
                fits = q <= min(seats, most_seats(vehicle_holds, pa, c))
                tab.may_end[load] |= fits and not has_rival(q, c, pa, rivals)
        return int(places + 1)
    first = 0
    for c in range(chairs + 1):
        here = min(seats, most_seats(vehicle_holds, pa, c))
        more = min(seats, most_seats(vehicle_holds, pa, c + 1)) if c < chairs else -1
        for q in range(here + 1):
            tab.may_end[first + q] = not has_rival(q, c, pa, rivals)
            for form in range(n_forms):
                to = q + form // 2
                if form % 2 == 0:
                    tab.after[first + q, form] = first + to if to <= here else -1
                else:
                    tab.after[first + q, form] = first + here + 1 + to if to <= more else -1
        first += max(0, here + 1)
    return int(first)


@njit_inner
def fill_states(
    n: int, x: Any, pa: int, vehicle_holds: Any, apart: bool, critical: Any, at: Any, n_forms: int, rivals: Any,
    tab: Any,
) -> int:  # fmt: skip
    """Loads, each with every set of the critical homes that may be on board, into tab.after; how many there are.

    apart : see `fill_loads`. critical : nodes, -1: no more; those for whom there is no room become NO_ROOM. at : (V,)
        place of each node in x, -1: not there. n_forms : of homes that are not critical; each that is has a form of
        its own.
    """
    for i in range(n):
        x.form[i] = form_of(x.seats[i], x.chairs[i])
    n_loads = fill_loads(n, x, pa, vehicle_holds, apart, n_forms, rivals, tab)
    bits = 0
    for b in range(len(critical)):
        i = at[critical[b]] if critical[b] >= 0 else -1
        if i >= 0 and (n_loads << (bits + 1)) * n > MOST_PLACES:
            critical[b:] = NO_ROOM
            break
        if i >= 0:
            form = x.form[i]
            x.form[i] = n_forms + bits
            # Until the sets are told apart a critical home is like any other of its places.
            for load in range(n_loads):
                tab.after[load, x.form[i]] = tab.after[load, form]
            bits += 1
    for load in range(n_loads - 1, -1, -1):
        for mask in range((1 << bits) - 1, -1, -1):
            tab.may_end[(load << bits) + mask] = tab.may_end[load]
            for form in range(n_forms + bits):
                to, is_on_board = tab.after[load, form], False
                more = 0
                if form >= n_forms:
                    more = 1 << (form - n_forms)
                    is_on_board = mask & more > 0
                tab.after[(load << bits) + mask, form] = -1 if to < 0 or is_on_board else (to << bits) + (mask | more)
    return int(n_loads << bits)


@njit_inner
def form_of(seats: int, chairs: int) -> int:
    """Number of a home by the places that it takes: one wheelchair at most."""
    return 2 * seats + chairs

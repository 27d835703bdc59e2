"""Which trip follows which, exactly: as many trips as can be are given the vehicle of an earlier one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NO_TRIP = -1


def chain_trips(hub: NDArray[np.int64], can_feed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Trip that each trip's vehicle did just before, -1 for a vehicle's first trip.

    Fewest vehicles for these trips: each trip takes at most one earlier one and hands on to at most one later one, so a
    largest matching between trips and the trips before them is best (Hopcroft and Karp 1973).

    Parameters
    ----------
    hub
        (m,) hub at which each trip ends and its vehicle becomes free.
    can_feed
        (m, H) whether a vehicle free at a hub is in time for the trip. A trip that a hub can feed ends after that hub's
        trips do, so that nothing follows itself.

    Returns
    -------
    (m,) index of the trip before, or -1.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    if len(hub) == 0:
        return np.zeros(0, np.int64)
    edges = csr_array(can_feed[:, hub])
    return np.asarray(maximum_bipartite_matching(edges, perm_type="column"), np.int64)


def n_vehicles(before: NDArray[np.int64]) -> int:
    """Vehicles of a chaining: trips that follow none."""
    return int((before == NO_TRIP).sum())

"""Prices lowered just enough that no run at hand is worth more than it costs.

A round of pricing finds runs that are worth more than they cost. To scale the prices of everybody on board down by what
the worst of them gains loses most of what the round could prove. Which passengers are to be worth less, and by how
much, so that least is lost, is a small linear program of its own, over these runs alone: everybody else may keep their
price, as nothing costs less. Runs of a kind of which there are few vehicles may be made dearer instead.
"""

from __future__ import annotations

import numpy as np

from routing.bound.master import Master, Prices


def lowered(master: Master, prices: Prices) -> Prices:
    """The best prices at or below those given, those of few vehicles at or above, that the runs at hand allow.

    The fines are those that the last round asked for. What the limits take off is that of the new prices.
    """
    import highspy

    p = master.problem
    counts, excess = master.in_excess(prices)
    if len(excess) == 0:
        return prices
    few = [(leg, k) for leg in range(len(p.legs)) for k, kind in enumerate(p.kinds) if kind.is_limited]
    # Of a vehicle of which there are so many, the price of all its runs counts against the bound.
    dearer = [
        p.kinds[k].max_runs * p.n_days * sum(offer.limit for offer in p.kinds[p.kinds[k].of].offers) for _, k in few
    ]
    columns = counts[:, [*range(p.n_demands), *(master.run_row(*at) for at in few)]].tocsc()
    # A run that would be too cheap even if nobody on board were worth anything, by the refunds of links, stays so.
    excess = np.minimum(excess, counts[:, : p.n_demands] @ prices.demand)
    lp = highspy.Highs()
    lp.setOptionValue("output_flag", False)
    lp.setOptionValue("threads", 1)
    n_rows, n_columns = columns.shape
    no_entries = 0, np.zeros(n_rows, np.int32), np.zeros(0, np.int32), np.zeros(0)
    lp.addRows(n_rows, excess, np.full(n_rows, highspy.kHighsInf), *no_entries)
    lp.addCols(
        n_columns, np.r_[p.weight, dearer].astype(np.float64), np.zeros(n_columns),
        np.r_[prices.demand, np.full(len(few), highspy.kHighsInf)], columns.nnz, columns.indptr[:-1].astype(np.int32),
        columns.indices.astype(np.int32), columns.data,
    )  # fmt: skip
    lp.run()
    less = np.array(lp.getSolution().col_value)
    run = prices.run.copy()
    for at, more in zip(few, less[p.n_demands :], strict=True):
        run[at] += more
    demand = np.maximum(0.0, prices.demand - less[: p.n_demands])
    return master.prices_of(demand, run, prices.pa, prices.moment, prices.pa_moment)

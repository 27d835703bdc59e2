"""What a route costs in the working plan: on its cheapest free supply, or as one of two routes of a fleet vehicle."""

from __future__ import annotations

from typing import Any

from routing.disturbance import disturbed_pence, mark_moved
from routing.evaluate import (
    F_CHAIRS,
    F_PAS,
    F_SEATS,
    day_weights,
    days_run,
    figures_on_profile,
    most_of,
    n_solo,
    route_tags,
    soft_pence,
    supply_pence,
)
from routing.fleet_sets import set_pence_in
from routing.instance import (
    BOUGHT,
    R_DISTURBED,
    S_BASE,
    S_KIND,
    S_ONE_LEG_PCT,
    S_OPERATOR,
    S_PROFILE,
    S_TAGS,
    Data,
)
from routing.numba_cache import njit_inline, njit_inner
from routing.search import dispatch
from routing.search.state import (
    B_OPERATOR,
    HUGE,
    M_CHAIRS,
    M_COST,
    M_HUBS_PM,
    M_MATE,
    M_N_AM,
    M_N_PM,
    M_PAS,
    M_PLAIN,
    M_SEATS,
    M_SECOND,
    M_SOLO,
    M_SUPPLY,
    N_TOTAL,
    changed,
    clear_route,
    copy_route,
    give_back,
    is_available,
    take_supply,
    touch,
    trial_slot,
)


@njit_inline
def trial_figures(d: Any, s: Any, p: int) -> bool:
    """Figures of the trial route on an access profile, by the weights in the state; False if a rule breaks."""
    t = trial_slot(s)
    counts = s.now.meta[t, M_N_AM : M_HUBS_PM + 1]
    return figures_on_profile(d, p, s.now.order[t], s.now.hubs[t], counts, s.weights, s.w, s.figures)


@njit_inline
def weigh_trial(d: Any, s: Any) -> None:
    """Day weights of the trial route."""
    t = trial_slot(s)
    n_am, n_pm = s.now.meta[t, M_N_AM], s.now.meta[t, M_N_AM + 1]
    day_weights(d.riders, d.same_as, d.group_weight, s.now.order[t], n_am, n_pm, s.weights)


@njit_inline
def figures_of(d: Any, s: Any, p: int, r: int, figures: Any) -> bool:
    """Figures (2, G, N_FIGURES) of a route on an access profile for all day groups; False if a rule breaks."""
    counts = s.now.meta[r, M_N_AM : M_HUBS_PM + 1]
    return figures_on_profile(d, p, s.now.order[r], s.now.hubs[r], counts, d.group_weight, s.w, figures)


@njit_inline
def soft_of(d: Any, s: Any, k: int, r: int, figures: Any) -> int:
    """Soft prices of a route on supply k, by its figures for all day groups: long rides, families disturbed."""
    soft = soft_pence(d.group_weight, figures)
    if d.rules[R_DISTURBED] > 0:
        order, counts = s.now.order[r], s.now.meta[r, M_N_AM : M_HUBS_PM + 1]
        mark_moved(d, d.supplies[k, S_PROFILE], order, counts, d.group_weight, s.w, figures)
        soft += disturbed_pence(d.riders, d.supplies[k], k, order, counts, s.w)
    return soft


@njit_inner
def price_with_mate(d: Any, s: Any, mate: int, fresh: bool) -> bool:
    """Price the trial as another route of the fleet vehicle that drives `mate`; False where it cannot be one.

    fresh: the mate's figures are not those in the state yet.
    """
    t = trial_slot(s)
    meta, k = s.now.meta[t], s.now.meta[mate, M_SUPPLY]
    supply = d.supplies[k]
    p, operator = supply[S_PROFILE], supply[S_OPERATOR]
    if route_tags(d.riders, s.now.order[t], meta[M_N_AM], meta[M_N_AM + 1]) & ~supply[S_TAGS]:
        return False
    if fresh:
        figures_of(d, s, p, mate, s.pair_figures[0])
    if not figures_of(d, s, p, t, s.pair_figures[1]):
        return False
    pence = set_pence_in(
        d, k, s.pair_members, 2, s.pair_figures, s.no_team, s.runs_in_set, s.shift, s.no_when, s.nobody_worked
    )
    if pence < 0:
        return False
    mine = s.pair_figures[1]
    soft = soft_of(d, s, k, t, mine) + soft_of(d, s, k, mate, s.pair_figures[0])
    pas = most_of(d.group_weight, mine, F_PAS)
    if operator >= 0 and s.books[B_OPERATOR, operator] + pas > d.operator_pa_limit[operator]:
        return False
    meta[M_PAS], meta[M_SUPPLY], meta[M_COST] = pas, k, pence + soft - s.now.meta[mate, M_COST]
    meta[M_SEATS], meta[M_CHAIRS] = most_of(d.group_weight, mine, F_SEATS), most_of(d.group_weight, mine, F_CHAIRS)
    meta[M_SOLO] = n_solo(d.riders, s.now.order[t], meta[M_N_AM], meta[M_N_AM + 1])
    meta[M_PLAIN] = s.weights[0] == d.group_weight.sum()
    return True


@dispatch.price_on_supply.for_data(Data)
@njit_inline
def price_on_supply(d: Any, s: Any, k: int) -> bool:
    """Price the trial on one supply, which is there for it; False where it cannot drive it."""
    meta, figures = s.now.meta[trial_slot(s)], s.pair_figures[1]
    if not figures_of(d, s, d.supplies[k, S_PROFILE], trial_slot(s), figures):
        return False
    tags = route_tags(d.riders, s.now.order[trial_slot(s)], meta[M_N_AM], meta[M_N_AM + 1])
    pence = supply_pence(d.seconds, d.metres, d.supplies[k], d.fits, d.rules, tags, d.group_weight, figures)
    meta[M_COST] = pence + soft_of(d, s, k, trial_slot(s), figures)
    return pence >= 0


@njit_inner
def drop_route(d: Any, s: Any, r: int) -> bool:
    """Empty route r of the working plan and give its slot back; its riders are the caller's to book.

    The other route of its vehicle keeps that alone. False, with nothing changed, where it cannot.
    """
    touch(s, r)
    mate = s.now.meta[r, M_MATE] - 1
    if mate >= 0:
        t = trial_slot(s)
        copy_route(s.now, mate, s.now, t)
        s.now.meta[t, M_MATE] = s.now.meta[t, M_SECOND] = 0
        if not dispatch.price_on_supply(d, s, s.now.meta[mate, M_SUPPLY]):
            return False
        touch(s, mate)
        take_supply(d.supplies, s.books, s.now.meta, mate, -1)
        s.num[N_TOTAL] += s.now.meta[t, M_COST] - s.now.meta[mate, M_COST]
        copy_route(s.now, t, s.now, mate)
        changed(s, mate)
    take_supply(d.supplies, s.books, s.now.meta, r, -1)
    s.num[N_TOTAL] -= s.now.meta[r, M_COST]
    clear_route(s.now, r)
    changed(s, r)
    give_back(s, r)
    if mate >= 0:
        take_supply(d.supplies, s.books, s.now.meta, mate, 1)
    return True


@dispatch.price_trial.for_data(Data)
@njit_inner
def price_trial(d: Any, s: Any, own: int, own_pas: int) -> bool:
    """Give the trial route its cheapest available supply and cost; False where no supply can drive it.

    own, own_pas: supply and PAs that the route holds already. A route that shares its vehicle keeps it.
    """
    t = trial_slot(s)
    meta = s.now.meta[t]
    weigh_trial(d, s)
    if meta[M_MATE] > 0:
        return price_with_mate(d, s, meta[M_MATE] - 1, True)
    tags = route_tags(d.riders, s.now.order[t], meta[M_N_AM], meta[M_N_PM])
    best, best_k = HUGE, -1
    for p in range(d.seconds.shape[0]):
        if not trial_figures(d, s, p):
            continue
        soft = soft_pence(s.weights, s.figures)
        pas = most_of(s.weights, s.figures, F_PAS)
        days = days_run(s.weights, s.figures)
        counts = meta[M_N_AM : M_HUBS_PM + 1]
        if d.rules[R_DISTURBED] > 0:
            mark_moved(d, p, s.now.order[t], counts, s.weights, s.w, s.figures)
        for k in range(len(d.supplies)):
            if d.supplies[k, S_PROFILE] != p or not is_available(
                d.supplies, d.class_limit, d.operator_pa_limit, s.books, k, own, own_pas, pas
            ):
                continue
            supply = d.supplies[k]
            if supply[S_KIND] == BOUGHT and supply[S_BASE] * supply[S_ONE_LEG_PCT] // 100 * days + soft >= best:
                continue
            pence = supply_pence(d.seconds, d.metres, d.supplies[k], d.fits, d.rules, tags, s.weights, s.figures)
            if pence >= 0 and d.rules[R_DISTURBED] > 0:
                pence += disturbed_pence(d.riders, supply, k, s.now.order[t], counts, s.w)
            if pence >= 0 and pence + soft < best:
                best, best_k = pence + soft, k
                meta[M_PAS] = pas
                meta[M_SEATS] = most_of(s.weights, s.figures, F_SEATS)
                meta[M_CHAIRS] = most_of(s.weights, s.figures, F_CHAIRS)
    meta[M_SOLO] = n_solo(d.riders, s.now.order[t], meta[M_N_AM], meta[M_N_PM])
    meta[M_PLAIN] = s.weights[0] == d.group_weight.sum()
    meta[M_SUPPLY] = best_k
    meta[M_COST] = best
    return best_k >= 0

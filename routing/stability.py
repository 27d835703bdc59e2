"""Plans within the cap on how many families may be disturbed: the price of one rises until the number holds.

No more than a rule of thumb is needed to choose prices: the plan that is taken in the end is judged by the council's
own price, and the number of families is counted by the checker's own function.
"""

from __future__ import annotations

from dataclasses import dataclass

from routing.rounds import Found, Rounds

FIRST_PENCE = 500
"""First price a week of a disturbed family where the council has none or a lower one: £5."""
STEP = 4
"""The price rises to four times the last one."""
LAST_PENCE = 2_000_000
"""£20,000 a week: more than any route costs, so nobody is disturbed but by force."""
N_NARROWING = 2
"""Rounds spent between the last price that is too low and the first that holds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Capped:
    """What the search within a cap came to.

    Attributes
    ----------
    found : the cheapest plan that holds the cap; without one the plan that disturbs fewest.
    note : how the number was held, or that it could not be, in plain words; empty where the first plan held it.
    """

    found: Found
    note: str


def within_cap(rounds: Rounds, first: Found, share: float) -> Capped:
    """The cheapest plan found that disturbs no more families than the policy allows.

    Each round starts from the reference: nobody is disturbed there.

    Parameters
    ----------
    first : plan found at the council's own price. share : of the stop for all rounds together.
    """
    cap = rounds.scenario.policy.max_disturbed
    if first.n_disturbed <= cap or rounds.reference is None:
        return Capped(found=_polished(rounds, first, share), note="")
    prices = _prices(rounds.scenario.policy.disturbed_pence_per_week)
    part, left = share / (len(prices) + N_NARROWING), share
    tried: list[tuple[int, Found]] = []
    for price in prices:
        tried.append((price, _round(rounds, first, part, price)))
        left -= part
        if tried[-1][1].n_disturbed <= cap:
            break
    low = tried[-2][0] if len(tried) > 1 else rounds.scenario.policy.disturbed_pence_per_week
    high = tried[-1][0]
    if tried[-1][1].n_disturbed > cap:
        fewest = min((first, *(found for _, found in tried)), key=lambda found: found.n_disturbed)
        return Capped(found=fewest, note=_failure(fewest.n_disturbed, cap, high))
    for _ in range(N_NARROWING):
        price = round((max(low, 1) * high) ** 0.5)
        found = _round(rounds, first, left / N_NARROWING, price)
        tried.append((price, found))
        low, high = (low, price) if found.n_disturbed <= cap else (price, high)
    within = [found for _, found in tried if found.n_disturbed <= cap]
    best = min(within, key=lambda found: (found.objective_pence, found.n_disturbed))
    return Capped(found=best, note=_success(best.n_disturbed, first.n_disturbed, high))


def _polished(rounds: Rounds, first: Found, share: float) -> Found:
    """The time that the cap does not need goes into the search."""
    more = rounds.search_once(first.scenario, share, start=first.plan, encoded=(first.instance, first.index))
    within = [found for found in (first, more) if found.n_disturbed <= rounds.scenario.policy.max_disturbed]
    return min(within, key=lambda found: found.objective_pence)


def _round(rounds: Rounds, first: Found, share: float, price: int) -> Found:
    return rounds.search_once(
        first.scenario, share, start=rounds.reference, encoded=(first.instance, first.index), price_pence=price
    )


def _prices(own_pence: int) -> list[int]:
    prices = [max(FIRST_PENCE, STEP * own_pence)]
    while prices[-1] < LAST_PENCE:
        prices.append(STEP * prices[-1])
    return prices


def _failure(n: int, cap: int, price: int) -> str:
    return (
        f"No plan was found that disturbs at most {cap} families: the fewest are {n}, at a price of "
        f"£{price // 100:,} a week for each. Raise max_disturbed, or search longer"
    )


def _success(n: int, n_first: int, price: int) -> str:
    return (
        f"{n} families are disturbed; without the cap it would have been {n_first}. It holds from a price of about "
        f"£{price / 100:,.2f} a week for each"
    )

"""Prices under a contract's variation clause: miles and PAs more or fewer than at award."""

from __future__ import annotations

from transport.contracts import Contract
from transport.money import MILE_MM, half_up


def variation_pence(contract: Contract, day: int, metres: int, *, day_rate_pence: int) -> int:
    """Price of a day's change in metres, once, half up; below 0 where the lot drives less than at award.

    Parameters
    ----------
    day : index 0..9. metres : of all runs of the lot on that day, first stop to last.
    day_rate_pence : rate of the day, for a clause that prices a mile by its share.

    Returns
    -------
    0 where the metres at award are not known, and on a day on which the lot did not run at award: the day rate pays it.
    """
    award_m = contract.award_m[day] if contract.award_m is not None else 0
    change_m = metres - award_m
    if award_m == 0:
        return 0
    clause, priced_m = contract.variation, max(0, abs(change_m) - contract.variation.free_band_m)
    if clause.day_share_pct is not None:
        pence = half_up(clause.day_share_pct * day_rate_pence * priced_m, 100 * award_m)
    else:
        pence = half_up(1000 * _pence_metres(contract, abs(change_m)), MILE_MM)
    return pence if change_m > 0 else -pence


def _pence_metres(contract: Contract, change_m: int) -> int:
    """Rate x metres over the bands and beyond."""
    clause = contract.variation
    done_m, total = clause.free_band_m, 0
    for band in clause.bands:
        total += band.mile_rate_pence * max(0, min(change_m, band.up_to_m) - done_m)
        done_m = band.up_to_m
    return total + clause.mile_rate_pence * max(0, change_m - done_m)


def contract_pa_pence(contract: Contract, n_pas: int) -> int:
    """Price of a day's PAs: each on board, and what is still paid for those of the award who are absent."""
    absent = max(0, (contract.award_n_pas or 0) - n_pas)
    return contract.pa_day_rate_pence * n_pas + half_up(
        contract.pa_day_rate_pence * absent * (100 - contract.variation.pa_absent_pct), 100
    )


def over_the_clause_m(contract: Contract, day: int, metres: int) -> int:
    """Metres by which a day's change is larger than the clause prices; 0 where it does."""
    most = contract.variation.max_change_pct
    award_m = contract.award_m[day] if contract.award_m is not None else 0
    if most is None or award_m == 0:
        return 0
    return max(0, abs(metres - award_m) - most * award_m // 100)

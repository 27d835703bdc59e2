"""Policy: every limit and price a council may set, with unit, whether it is hard or soft, and its source.

"ours" marks a default without an outside source; pages show it as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from transport.passengers import Phase


class Kind(StrEnum):
    """What a setting is to the plan."""

    HARD = "hard"
    SOFT = "soft"
    PRICE = "price"
    DEFAULT = "default"
    """Fills a value that a row leaves empty."""
    METHOD = "method"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingSpec:
    """What may be written for one setting."""

    name: str
    unit: str
    kind: Kind
    default: int | bool | str
    source: str
    meaning: str
    lowest: int = 0
    highest: int = 0
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """Allowed values in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if isinstance(self.default, bool):
            return "yes or no"
        return f"a whole number from {self.lowest} to {self.highest}"


def _number(default: int, unit: str, kind: Kind, source: str, meaning: str, *, lowest: int = 0, highest: int) -> Any:
    return field(
        default=default,
        metadata={
            "unit": unit, "kind": kind, "source": source, "meaning": meaning,
            "lowest": lowest, "highest": highest,
        },
    )  # fmt: skip


def _choice(default: bool | str, kind: Kind, source: str, meaning: str, choices: tuple[str, ...] = ()) -> Any:
    return field(
        default=default,
        metadata={"unit": "", "kind": kind, "source": source, "meaning": meaning, "choices": choices},
    )


_GUIDE = "DfE statutory guidance on home-to-school travel: 45 min primary, 75 min secondary, as a general guide"
_BELL = "ours; schools' usual practice"
_BOARDING = "ours; no published UK figures found"
_PRICES = "ours; chosen so that plans fit published route prices and the DfE's average costs"
_DAY_S = 86_400

NO_CAP = 1_000_000
"""`max_disturbed` that allows any number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules and prices of one council. Field names are the names in `policy.csv`."""

    ride_target_primary_s: int = _number(
        2700, "s", Kind.SOFT, _GUIDE, "total journey wished for, primary", highest=14_400
    )
    ride_target_secondary_s: int = _number(
        4500, "s", Kind.SOFT, _GUIDE, "total journey wished for, secondary", highest=14_400
    )
    ride_target_post16_s: int = _number(
        4500, "s", Kind.SOFT, "as secondary; ours", "total journey wished for, post-16", highest=14_400
    )
    ride_over_target_pence_per_min: int = _number(
        5, "pence/passenger-minute", Kind.SOFT, "ours", "price of a minute over the wish", highest=10_000
    )
    ride_cap_primary_s: int = _number(3600, "s", Kind.HARD, "ours", "longest ride, primary", lowest=60, highest=14_400)
    ride_cap_secondary_s: int = _number(
        5400, "s", Kind.HARD, "ours", "longest ride, secondary", lowest=60, highest=14_400
    )
    ride_cap_post16_s: int = _number(5400, "s", Kind.HARD, "ours", "longest ride, post-16", lowest=60, highest=14_400)
    ride_cap_direct_pct: int = _number(
        130,
        "% of the direct drive",
        Kind.HARD,
        "ours; the DfE guidance leaves room where distance forces longer journeys",
        "where distance forces it the cap is max(cap, this x direct + plus)",
        lowest=100,
        highest=1000,
    )
    ride_cap_direct_plus_s: int = _number(600, "s", Kind.HARD, "ours", "added to the relaxed cap", highest=7200)
    max_walk_m: int = _number(
        1609, "m", Kind.HARD, "ours; one mile", "longest walk to a place of boarding", highest=8047
    )
    walk_m_per_min: int = _number(
        70,
        "m/min",
        Kind.DEFAULT,
        "ours; 4.2 km/h, a child who is accompanied",
        "walking speed to a pick-up point whose walk_s is not given",
        lowest=20,
        highest=120,
    )
    max_schools_per_run: int = _number(3, "schools", Kind.HARD, "ours", "schools on one run", lowest=1, highest=6)
    board_after_first_alight: bool = _choice(
        False, Kind.HARD, "ours", "whether anybody may board after the first alighting"
    )
    same_route_both_legs: bool = _choice(True, Kind.HARD, "ours", "a passenger has one route on all days and both legs")
    same_vehicle_both_legs: bool = _choice(True, Kind.HARD, "ours", "both legs of a fleet route use the same vehicle")
    unserved_pence_per_day: int = _number(
        1_000_000,
        "pence/passenger-day",
        Kind.PRICE,
        "ours; so high that it never pays",
        "price of leaving somebody unserved",
        lowest=1,
        highest=100_000_000,
    )
    disturbed_pence_per_week: int = _number(
        0,
        "pence/family-week",
        Kind.SOFT,
        "ours; 0 = no price",
        "price of a passenger whose vehicle, PA or time is not as before",
        highest=10_000_000,
    )
    disturbed_tolerance_s: int = _number(
        600, "s", Kind.SOFT, "ours", "move of pick-up or drop-off that disturbs nobody", highest=14_400
    )
    max_disturbed: int = _number(
        NO_CAP,
        "passengers",
        Kind.HARD,
        "ours; 1,000,000 = no cap",
        "most passengers who may be disturbed",
        highest=NO_CAP,
    )
    notice_working_days: int = _number(
        5,
        "working days",
        Kind.METHOD,
        "ours; ask your own policy what families are promised",
        "working days between telling a family, operator or school of a change during the year and the change",
        highest=60,
    )
    quote_valid_working_days: int = _number(
        10, "working days", Kind.METHOD, "ours", "working days for which a quote may be accepted", highest=60
    )
    horizon: str = _choice(
        "term",
        Kind.METHOD,
        "ours",
        "which money the optimiser minimises: term = avoidable, budget = avoidable and committed",
        ("term", "budget"),
    )
    passengers_per_shared_pa: int = _number(
        0, "passengers", Kind.HARD, "ours; 0 = one PA serves all", "shared-need passengers one PA may serve", highest=16
    )
    council_pa_pence_per_hour: int = _number(
        1350,
        "pence/h",
        Kind.PRICE,
        "ours; no published UK figure found",
        "council PA on fleet vehicles",
        highest=10_000,
    )
    council_pa_min_paid_s: int = _number(
        14_400, "s", Kind.PRICE, "ours", "least paid time a day of a council PA", highest=_DAY_S
    )
    one_leg_share_pct: int = _number(
        100,
        "% of base",
        Kind.PRICE,
        "ours; council contracts are priced by the day, not by the journey",
        "share of the base paid on a one-leg day",
        highest=100,
    )
    long_leg_pct: int = _number(
        30, "% of base per hour", Kind.PRICE, _PRICES, "surcharge on legs over the threshold", highest=500
    )
    long_leg_after_s: int = _number(3600, "s", Kind.PRICE, _PRICES, "threshold of the surcharge", highest=14_400)
    dead_rule: str = _choice(
        "return",
        Kind.PRICE,
        "ours; contracts differ",
        "empty miles billed where a rate card names no rule",
        ("none", "return", "from_base"),
    )
    fleet_fixed_pence_per_day: int = _number(
        9500,
        "pence/day",
        Kind.DEFAULT,
        _PRICES,
        "lease, depot, insurance of a fleet vehicle",
        highest=100_000,
    )
    fleet_mile_rate_pence: int = _number(
        50, "pence/mile", Kind.DEFAULT, _PRICES, "running cost of a fleet vehicle", highest=1000
    )
    driver_pence_per_hour: int = _number(1700, "pence/h", Kind.DEFAULT, "ours", "fleet driver pay", highest=10_000)
    driver_min_paid_s: int = _number(
        14_400,
        "s",
        Kind.DEFAULT,
        "ours",
        "least paid time a day of a fleet driver, both shifts together",
        highest=_DAY_S,
    )
    layout_change_s: int = _number(
        600, "s", Kind.HARD, "ours", "time between two runs of a vehicle to change its layout", highest=_DAY_S
    )
    turnround_s: int = _number(
        120, "s", Kind.HARD, "ours", "least time between two runs of a vehicle besides the drive", highest=7200
    )
    arrive_earliest_before_s: int = _number(
        900, "s", Kind.DEFAULT, _BELL, "earliest arrival before the bell", highest=7200
    )
    arrive_latest_before_s: int = _number(300, "s", Kind.DEFAULT, _BELL, "latest arrival before the bell", highest=7200)
    leave_latest_after_s: int = _number(
        1200,
        "s",
        Kind.DEFAULT,
        _BELL,
        "latest leaving after the bell",
        highest=7200,
    )
    board_walk_s: int = _number(120, "s", Kind.DEFAULT, _BOARDING, "boarding at home, on foot", highest=3600)
    board_wheelchair_s: int = _number(
        300,
        "s",
        Kind.DEFAULT,
        "ours; reports of lift boarding say 3 to 5 min",
        "boarding at home, in a wheelchair",
        highest=3600,
    )
    alight_walk_s: int = _number(60, "s", Kind.DEFAULT, _BOARDING, "alighting at home, on foot", highest=3600)
    alight_wheelchair_s: int = _number(
        180, "s", Kind.DEFAULT, _BOARDING, "alighting at home, in a wheelchair", highest=3600
    )
    school_board_walk_s: int = _number(30, "s", Kind.DEFAULT, _BOARDING, "boarding at a gate, on foot", highest=3600)
    school_board_wheelchair_s: int = _number(
        180, "s", Kind.DEFAULT, _BOARDING, "boarding at a gate, in a wheelchair", highest=3600
    )
    school_alight_walk_s: int = _number(30, "s", Kind.DEFAULT, _BOARDING, "alighting at a gate, on foot", highest=3600)
    school_alight_wheelchair_s: int = _number(
        180, "s", Kind.DEFAULT, _BOARDING, "alighting at a gate, in a wheelchair", highest=3600
    )
    plan_provisional: bool = _choice(True, Kind.METHOD, "ours", "whether provisional passengers are planned")
    max_snap_gap_m: int = _number(
        200, "m", Kind.HARD, "ours", "farthest a place may lie from a street", lowest=1, highest=5000
    )
    travel_time_factor_pct: int = _number(
        100,
        "% of modelled time",
        Kind.METHOD,
        "ours; measure it against known run times of today's routes",
        "one authority factor on all driving times",
        lowest=50,
        highest=300,
    )

    def __post_init__(self) -> None:
        """Refuse any value outside its allowed range, all at once."""
        faults = [fault for spec in setting_specs() if (fault := fault_of(spec, getattr(self, spec.name)))]
        if faults:
            raise ValueError("; ".join(faults))

    @property
    def watches_families(self) -> bool:
        """Whether disturbing a family has a price or a cap."""
        return self.disturbed_pence_per_week > 0 or self.max_disturbed < NO_CAP

    def ride_target_s(self, phase: Phase) -> int:
        """Soft target on the total journey."""
        return {
            Phase.PRIMARY: self.ride_target_primary_s,
            Phase.SECONDARY: self.ride_target_secondary_s,
            Phase.POST16: self.ride_target_post16_s,
        }[phase]

    def ride_cap_of(self, phase: Phase, *, direct_s: int, own_cap_s: int | None) -> int:
        """Hard cap on the ride: max(cap, pct x direct + plus); a passenger's own cap stands instead, never relaxed.

        Parameters
        ----------
        direct_s : direct drive between home-side place and gate for this leg, seconds.
        """
        if own_cap_s is not None:
            return own_cap_s
        policy_cap_s = {
            Phase.PRIMARY: self.ride_cap_primary_s,
            Phase.SECONDARY: self.ride_cap_secondary_s,
            Phase.POST16: self.ride_cap_post16_s,
        }[phase]
        return max(policy_cap_s, self.ride_cap_direct_pct * direct_s // 100 + self.ride_cap_direct_plus_s)


def setting_specs() -> tuple[SettingSpec, ...]:
    """Every setting in the order of `Policy`."""
    return tuple(SettingSpec(name=f.name, default=f.default, **f.metadata) for f in fields(Policy))  # type: ignore[arg-type]


def fault_of(spec: SettingSpec, value: object) -> str:
    """What is wrong with a value, in a sentence, or an empty string."""
    if spec.choices:
        ok = value in spec.choices
    elif isinstance(spec.default, bool):
        ok = isinstance(value, bool)
    else:
        ok = isinstance(value, int) and not isinstance(value, bool) and spec.lowest <= value <= spec.highest
    return "" if ok else f"{spec.name}: {value}; must be {spec.allowed}"


def policy_of(settings: Mapping[str, int | bool | str]) -> Policy:
    """A policy from named settings, the rest at their defaults.

    Raises
    ------
    ValueError
        With every unknown name and every value out of range.
    """
    known = {spec.name for spec in setting_specs()}
    unknown = sorted(set(settings) - known)
    faults = [f"{name}: no such setting" for name in unknown]
    faults += [
        fault for spec in setting_specs() if spec.name in settings and (fault := fault_of(spec, settings[spec.name]))
    ]  # fmt: skip
    if faults:
        raise ValueError("; ".join(faults))
    return Policy(**settings)  # type: ignore[arg-type]

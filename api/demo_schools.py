"""Settings of an invented scenario: real special schools as facts, the rest invented and named so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from api.demo_places import Spot, Spots, demo_facts, largest_remainder, seconds_of

_REAL_HOME_M = 6000
_LEAST_LARGE = 3
_LEAST_OTHERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSchool:
    """A setting and what the demo assumes about it.

    Attributes
    ----------
    weight : share of the passengers, relative to the other settings of its group.
    phase_weights : primary, secondary, post-16.
    wheelchair_weight, pa_weight : likelihood of the need, relative to the average.
    home_m : metres at which the draw of homes falls to a third.
    friday_finish_s : earlier finish on Fridays; None: as on other days.
    """

    school_id: str
    name: str
    spot: Spot
    weight: float
    phase_weights: tuple[float, ...]
    start_s: int
    finish_s: int
    urn: str = ""
    large: bool = False
    wheelchair_weight: float = 1.0
    pa_weight: float = 1.0
    home_m: float = _REAL_HOME_M
    friday_finish_s: int | None = None


def real_demo_schools(
    spot_of: Mapping[str, Spot], homes: Spots, position: Mapping[str, tuple[float, float]]
) -> list[DemoSchool]:
    """The borough's special schools as facts, with assumed bell times and sizes.

    Parameters
    ----------
    spot_of : the point of each postcode.
    position : flat metres of a school whose postcode is not known, by id.
    """
    schools = []
    for fact in demo_facts("schools")["school"]:
        place = fact.get("postcode")
        spot = spot_of[place] if place else homes.nearest(*position[fact["school_id"]])
        assumed = fact["assumed"]
        friday = assumed.get("friday_finish")
        schools.append(
            DemoSchool(
                school_id=fact["school_id"],
                name=fact["name"],
                urn=fact["urn"],
                spot=spot,
                weight=float(assumed["weight"]),
                phase_weights=tuple(assumed["phases"]),
                start_s=seconds_of(assumed["start"]),
                finish_s=seconds_of(assumed["finish"]),
                large=assumed["large"],
                wheelchair_weight=assumed["wheelchair"],
                pa_weight=assumed["pa"],
                friday_finish_s=None if friday is None else seconds_of(friday),
            )
        )
    return schools


def invented_schools(
    rng: np.random.Generator, *, n: int, homes: Spots, outside: Spots | None = None
) -> list[DemoSchool]:
    """Invented settings of every kind, the first of each kind first: "Demo primary base 1" and on.

    Parameters
    ----------
    outside : points out of the borough for the kinds that may lie there; None: all lie inside.
    """
    kinds = demo_facts("schools")["kind"]
    schools: list[DemoSchool] = []
    for kind, n_of_kind in zip(kinds, largest_remainder(n, [k["share"] for k in kinds]), strict=True):
        for number in range(1, n_of_kind + 1):
            out = outside is not None and rng.random() * 100 < kind["out_of_borough"]
            pool = outside if out and outside is not None else homes
            schools.append(_invented(rng, kind, number, pool.at(int(rng.integers(len(pool.cells))))))
    return schools


def invented_large_schools(rng: np.random.Generator, *, n: int, homes: Spots) -> list[DemoSchool]:
    """Large invented special schools, for scenarios with more passengers than the real ones take."""
    special = next(k for k in demo_facts("schools")["kind"] if k["name"] == "Demo special school")
    kind = {**special, "name": "Demo large special school"}
    schools = []
    for number in range(1, n + 1):
        school = _invented(rng, kind, number, homes.at(int(rng.integers(len(homes.cells)))))
        schools.append(as_large(school, weight=float(rng.uniform(40, 160))))
    return schools


def as_large(school: DemoSchool, *, weight: float) -> DemoSchool:
    """The same setting as one of the few that hold most passengers."""
    return replace(school, large=True, weight=weight)


def assumed_school(
    rng: np.random.Generator,
    *,
    school_id: str,
    name: str,
    urn: str,
    spot: Spot,
    phase_weights: tuple[float, ...],
    home_m: float,
    large: bool,
) -> DemoSchool:
    """A real school whose bell times, size and needs are assumed."""
    start_s, finish_s, friday_finish_s = _session(rng)
    return DemoSchool(
        school_id=school_id,
        name=name,
        urn=urn,
        spot=spot,
        weight=float(rng.lognormal(0.0, 0.6)),
        phase_weights=phase_weights,
        start_s=start_s,
        finish_s=finish_s,
        large=large,
        home_m=home_m,
        friday_finish_s=friday_finish_s,
    )


def passengers_by_school(schools: Sequence[DemoSchool], n: int) -> list[int]:
    """How many passengers attend each setting: most at the large ones, somebody at (nearly) every other."""
    share = demo_facts("borough")["size"]["share_at_large_pct"]
    large = [i for i, school in enumerate(schools) if school.large]
    small = [i for i, school in enumerate(schools) if not school.large]
    n_large = n if not small else 0 if not large else round(n * share / 100)
    counts = [0] * len(schools)
    for group, total in ((large, n_large), (small, n - n_large)):
        # One each first where there are enough, so that a setting without passengers is rare.
        one_each = 1 if total >= len(group) else 0
        more = largest_remainder(total - one_each * len(group), [schools[i].weight for i in group])
        for i, count in zip(group, more, strict=True):
            counts[i] = count + one_each
    return counts


def n_settings_of(n_passengers: int) -> tuple[int, int]:
    """How many settings a borough of this many passengers has: (all, large)."""
    size = demo_facts("borough")["size"]
    ratio = n_passengers / size["n_passengers"]
    n_large = max(_LEAST_LARGE, round(size["n_large"] * ratio ** size["n_large_power"]))
    n_all = max(n_large + _LEAST_OTHERS, round(size["n_settings"] * ratio ** size["n_settings_power"]))
    return n_all, n_large


def _invented(rng: np.random.Generator, kind: Mapping[str, Any], number: int, spot: Spot) -> DemoSchool:
    start_s, finish_s, friday_finish_s = _session(rng)
    return DemoSchool(
        school_id="".join(word[0] for word in kind["name"].split()).upper() + f"{number:02d}",
        name=f"{kind['name']} {number}",
        spot=spot,
        weight=float(rng.lognormal(0.0, 0.7)),
        phase_weights=tuple(kind["phases"]),
        start_s=start_s,
        finish_s=finish_s,
        wheelchair_weight=kind["wheelchair"],
        pa_weight=kind["pa"],
        home_m=kind["home_m"],
        friday_finish_s=friday_finish_s,
    )


def _session(rng: np.random.Generator) -> tuple[int, int, int | None]:
    knobs = demo_facts("borough")["session"]
    start = knobs["starts"][int(rng.integers(len(knobs["starts"])))]
    finish = knobs["finishes"][int(rng.integers(len(knobs["finishes"])))]
    friday = knobs["friday_finishes"][int(rng.integers(len(knobs["friday_finishes"])))]
    short = rng.random() * 100 < knobs["friday_share_pct"]
    return seconds_of(start), seconds_of(finish), seconds_of(friday) if short else None

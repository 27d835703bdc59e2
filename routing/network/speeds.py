"""From streets to driving time: free speeds, factors by period, delay at signals."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import transport
from routing.network.graph import STREET_CLASSES, FloatArray, IdArray, RoadNetwork
from routing.network.osm_tags import KPH_PER_MPH
from transport.calendar import LEGS, Leg

DECISECONDS_PER_S = 10
DECIMETRES_PER_M = 10
_MPS_PER_MPH = KPH_PER_MPH / 3.6


class Period(StrEnum):
    """Times of day with their own traffic."""

    AM = "AM"
    PM = "PM"
    OFF_PEAK = "OFF_PEAK"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSpeed:
    """One street class: its group of factors and its speeds in miles per hour."""

    group: str
    built_up_mph: float
    rural_mph: float
    cap_mph: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSpeed:
    """One period: factor on free-flow time by group, and seconds lost at a signal."""

    factor_by_group: Mapping[str, float]
    seconds_per_signal: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproximateSpeed:
    """Times on a network without streets.

    Attributes
    ----------
    circuity : metres driven per metre of link.
    exponent, seconds_per_first_km : a trip of d km takes `seconds_per_first_km[leg] * d ** exponent`; an
        exponent below 1 makes longer trips faster per mile.
    """

    circuity: float
    exponent: float
    seconds_per_first_km: Mapping[Leg, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedModel:
    """All settings that turn streets into seconds.

    Attributes
    ----------
    authority_factor_pct : one factor on every driving time, from known run times; 100: none.
    """

    class_by_name: Mapping[str, ClassSpeed]
    period_by_name: Mapping[Period, PeriodSpeed]
    approximate: ApproximateSpeed
    authority_factor_pct: float = 100.0

    def __post_init__(self) -> None:
        """Refuse settings that would give no time or a negative one."""
        faults = [
            *_class_faults(self.class_by_name),
            *_period_faults(self.class_by_name, self.period_by_name),
        ]
        if not 0 < self.authority_factor_pct <= 1_000:
            faults.append(f"authority_factor_pct {self.authority_factor_pct}; must be above 0, at most 1000")
        faults += _approximate_faults(self.approximate)
        if faults:
            raise ValueError("speeds: " + "; ".join(faults))

    def digest(self) -> str:
        """sha256 over every setting."""
        return hashlib.sha256(repr(self).encode()).hexdigest()

    def free_speed_mps(self, network: RoadNetwork) -> FloatArray:
        """(n_edges,) metres per second without traffic."""
        return self._mph(network) * _MPS_PER_MPH

    def _mph(self, network: RoadNetwork) -> FloatArray:
        table = np.array([self._speeds(name) for name in STREET_CLASSES])
        row = table[network.edge_class]
        default = np.where(network.segment_is_built_up[network.edge_segment], row[:, 0], row[:, 1])
        tagged = network.edge_limit_kph / KPH_PER_MPH
        return np.asarray(np.minimum(np.where(tagged > 0, tagged, default), row[:, 2]), np.float64)

    def _speeds(self, name: str) -> tuple[float, float, float]:
        speed = self.class_by_name.get(name, self.class_by_name["service"])
        return speed.built_up_mph, speed.rural_mph, speed.cap_mph

    def edge_deciseconds(self, network: RoadNetwork, period: Period) -> tuple[IdArray, IdArray]:
        """(n_edges,) deciseconds to drive along each edge, and to wait at its signals; rounded half up."""
        setting = self.period_by_name[period]
        by_class = np.array([setting.factor_by_group[self._group(name)] for name in STREET_CLASSES])
        authority = self.authority_factor_pct / 100
        moving = network.edge_length_m / self.free_speed_mps(network) * by_class[network.edge_class] * authority
        waiting = network.edge_n_signals * (setting.seconds_per_signal * authority)
        return _half_up(moving * DECISECONDS_PER_S), _half_up(waiting * DECISECONDS_PER_S)

    def _group(self, name: str) -> str:
        return self.class_by_name.get(name, self.class_by_name["service"]).group

    def trip_seconds(self, metres: FloatArray, leg: Leg) -> FloatArray:
        """Seconds of trips of so many metres on an approximate network; longer trips are faster per metre."""
        near = self.approximate
        first_km = near.seconds_per_first_km[leg] * self.authority_factor_pct / 100
        return np.asarray(first_km * (metres / 1_000) ** near.exponent, np.float64)


def edge_decimetres(network: RoadNetwork) -> IdArray:
    """(n_edges,) length in whole decimetres, rounded half up."""
    return _half_up(network.edge_length_m * DECIMETRES_PER_M)


def period_of(leg: Leg) -> Period:
    """The period in which a leg is driven."""
    return Period.AM if leg is Leg.AM else Period.PM


def _half_up(values: NDArray[np.floating]) -> IdArray:
    return np.asarray(np.floor(values + 0.5), np.int64)


def _class_faults(classes: Mapping[str, ClassSpeed]) -> list[str]:
    faults = [f"class {name} is not a street class" for name in classes if name not in STREET_CLASSES]
    if "service" not in classes:
        faults.append("class service is missing (it stands for all that are not listed)")
    for name, speed in classes.items():
        if min(speed.built_up_mph, speed.rural_mph, speed.cap_mph) <= 0:
            faults.append(f"class {name}: every speed must be above 0 mph")
    return faults


def _period_faults(classes: Mapping[str, ClassSpeed], periods: Mapping[Period, PeriodSpeed]) -> list[str]:
    faults = [f"period {period} is missing" for period in Period if period not in periods]
    groups = {speed.group for speed in classes.values()}
    for period, setting in periods.items():
        faults += [f"period {period}: group {g} has no factor" for g in sorted(groups - set(setting.factor_by_group))]
        if min(setting.factor_by_group.values(), default=1.0) <= 0 or setting.seconds_per_signal < 0:
            faults.append(f"period {period}: factors must be above 0, seconds_per_signal 0 or more")
    return faults


def _approximate_faults(near: ApproximateSpeed) -> list[str]:
    faults = [
        f"approximate: seconds_per_first_km for {leg} is missing"
        for leg in LEGS
        if leg not in near.seconds_per_first_km
    ]
    if near.circuity <= 0 or min(near.seconds_per_first_km.values(), default=1.0) <= 0:
        faults.append("approximate: circuity and seconds_per_first_km must be above 0")
    if not 0 < near.exponent <= 1:
        faults.append("approximate: exponent must be above 0, at most 1")
    return faults


def default_speeds_path() -> Path:
    """Where `speeds.toml` lies, in a checkout and in an installed copy."""
    package = Path(str(transport.__file__)).parent
    shipped = package / "_data" / "reference" / "speeds.toml"
    return shipped if shipped.exists() else package.parent / "data" / "reference" / "speeds.toml"


def read_speeds(path: Path | None = None, *, authority_factor_pct: float | None = None) -> SpeedModel:
    """Read the speed settings.

    Parameters
    ----------
    path : a TOML file in the shape of `data/reference/speeds.toml`; a council may give its own. None: the
        default.
    authority_factor_pct : overrides the file's.

    Raises
    ------
    ValueError : a setting is missing or cannot be; all faults at once.
    """
    path = default_speeds_path() if path is None else path
    with path.open("rb") as handle:
        content: dict[str, Any] = tomllib.load(handle)
    try:
        near = content["approximate"]
        return SpeedModel(
            class_by_name={name: ClassSpeed(**entry) for name, entry in content["classes"].items()},
            period_by_name={
                Period(name): PeriodSpeed(
                    factor_by_group=dict(entry["factor"]), seconds_per_signal=entry["seconds_per_signal"]
                )
                for name, entry in content["periods"].items()
            },
            approximate=ApproximateSpeed(
                circuity=near["circuity"],
                exponent=near["exponent"],
                seconds_per_first_km={Leg(name): value for name, value in near["seconds_per_first_km"].items()},
            ),
            authority_factor_pct=authority_factor_pct or content.get("authority_factor_pct", 100.0),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error

"""CO2e of a plan: miles by vehicle class, times a factor that is published or that the council enters."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

import transport
from transport.files.faults import Fault, InputFaults
from transport.vehicles import VehicleClass

OWN = "own"
NO_FACTOR = "none"
_KM_PER_MILE = Decimal("1.609344")
_METRES_PER_MILE = Decimal("1609.344")
_DECIMALS = Decimal("0.00001")
_MOST_KG_PER_MILE = 10
_MOST_KG = 3_500
_MOST_TEXT = 120
_YEARS = (1990, 2100)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonFactor:
    """What a mile of a vehicle class gives off.

    Attributes
    ----------
    code : of a published factor, or `own`. words : which vehicle, in words; of an own factor empty.
    is_assumed : taken from the class's size, for the council has chosen none.
    """

    code: str
    words: str
    kg_per_mile: Decimal
    source: str
    year: int
    is_assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCarbon:
    """One vehicle class of a plan in a week of operation; grams and factor None where none is known."""

    class_id: str
    week_m: int
    factor: CarbonFactor | None

    @property
    def week_g(self) -> int | None:
        """Grams, half up."""
        if self.factor is None:
            return None
        grams = self.factor.kg_per_mile * 1000 * self.week_m / _METRES_PER_MILE
        return int(grams.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Carbon:
    """A plan's CO2e in a week of operation, by class."""

    classes: tuple[ClassCarbon, ...]

    @property
    def without_factor(self) -> tuple[str, ...]:
        """Classes that are driven and have no factor."""
        return tuple(row.class_id for row in self.classes if row.factor is None and row.week_m)

    @property
    def week_g(self) -> int | None:
        """Grams a week; None while a class that is driven has no factor: part of a sum would look like less."""
        if self.without_factor:
            return None
        return sum(row.week_g or 0 for row in self.classes)


@cache
def published_factors() -> Mapping[str, CarbonFactor]:
    """Factors that come with schoolrun, by code, in the order of their file."""
    told = _file()
    return {
        code: CarbonFactor(
            code=code, words=row["words"], kg_per_mile=_kg_per_mile(row), source=told["source"], year=told["year"]
        )
        for code, row in told["factors"].items()
    }  # fmt: skip


def publication_words() -> str:
    """Where the published factors stand, and what they count."""
    told = _file()
    return f"{told['publication']}. {told['covers']}"


@cache
def _file() -> Mapping[str, Any]:
    package = Path(transport.__file__).parent
    shipped = package / "_data" / "reference" / "carbon.toml"
    path = shipped if shipped.exists() else package.parent / "data" / "reference" / "carbon.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def assumed_code(vehicle_class: VehicleClass) -> str:
    """Which published vehicle a class is most like by its size; empty where none is (ours).

    Up to four seats a car; up to eight a people carrier; with a place for a wheelchair a van; more seats, or more than
    3.5 tonnes, none: nothing is published for minibuses.
    """
    seats = max(layout.seats + layout.wheelchairs for layout in vehicle_class.layouts)
    if seats > 8 or (vehicle_class.size.weight_kg or 0) > _MOST_KG:
        return ""
    if any(layout.wheelchairs for layout in vehicle_class.layouts):
        return "van-diesel"
    return "car" if seats <= 4 else "mpv"


def factor_of(vehicle_class: VehicleClass, body: Mapping[str, Any]) -> CarbonFactor | None:
    """The council's factor of a class, else the one assumed from its size; None where there is neither.

    Parameters
    ----------
    body : the council's record, as `factors_body` makes it; empty: nothing was chosen.
    """
    own = body.get("factors", {}).get(vehicle_class.class_id)
    if own is None:
        code = assumed_code(vehicle_class)
        found = published_factors().get(code)
        return None if found is None else replace(found, is_assumed=True)
    if own["code"] == OWN:
        kg = Decimal(own["kg_per_mile"])
        return CarbonFactor(code=OWN, words="", kg_per_mile=kg, source=own["source"], year=int(own["year"]))
    return published_factors().get(own["code"])


def carbon_of(week_m_by_class: Mapping[str, int], classes: Sequence[VehicleClass], body: Mapping[str, Any]) -> Carbon:
    """CO2e of a plan, the class with most miles first."""
    factor_by_id = {one.class_id: factor_of(one, body) for one in classes}
    rows = sorted(week_m_by_class.items(), key=lambda row: (-row[1], row[0]))
    return Carbon(
        classes=tuple(ClassCarbon(class_id=cid, week_m=m, factor=factor_by_id.get(cid)) for cid, m in rows)
    )  # fmt: skip


def choice_of(given: Mapping[str, str]) -> dict[str, str] | None:
    """What a form says of one class, as it is kept; None: back to what is assumed.

    Parameters
    ----------
    given : `code`, and with the code `own`: `kg_per_mile`, `source`, `year`.

    Raises
    ------
    InputFaults
        With every field that cannot be taken.
    """
    code = given.get("code", "")
    if code in published_factors() or code == NO_FACTOR:
        return {"code": code}
    if code != OWN:
        return None
    kg, year, source = _kg(given.get("kg_per_mile", "")), given.get("year", ""), given.get("source", "")
    faults = []
    if kg is None:
        faults.append(_fault("kg_per_mile", f"must be a number from 0 to {_MOST_KG_PER_MILE}, kilograms a mile"))
    if not source or len(source) > _MOST_TEXT:
        faults.append(_fault("source", f"must say where the figure is from, in at most {_MOST_TEXT} signs"))
    if not (year.isascii() and year.isdecimal() and _YEARS[0] <= int(year[:9]) <= _YEARS[1]):
        faults.append(_fault("year", f"must be a year from {_YEARS[0]} to {_YEARS[1]}"))
    if faults:
        raise InputFaults(faults)
    return {"code": OWN, "kg_per_mile": f"{kg:f}", "source": source, "year": year}


def with_choice(body: Mapping[str, Any], class_id: str, choice: Mapping[str, str] | None) -> dict[str, Any]:
    """The council's record with the factor of one class changed."""
    kept = {cid: own for cid, own in body.get("factors", {}).items() if cid != class_id}
    return {"factors": kept if choice is None else {**kept, class_id: dict(choice)}}


def choice_words(choice: Mapping[str, str] | None) -> str:
    """What was chosen, for the history."""
    if choice is None:
        return "assumed from its size"
    if choice["code"] == OWN:
        return f"{choice['kg_per_mile']} kg a mile ({choice['source']}, {choice['year']})"
    found = published_factors().get(choice["code"])
    return "no factor" if found is None else f"{found.words}, {found.kg_per_mile} kg a mile"


def tonnes_words(week_g: int | None) -> str:
    """A week's CO2e as people say it: kilograms, from ten tonnes on tonnes."""
    if week_g is None:
        return "Enter a factor"
    return f"{week_g / 1e6:,.1f} t" if week_g >= 10_000_000 else f"{round(week_g / 1000):,} kg"


def _kg_per_mile(row: Mapping[str, str]) -> Decimal:
    if "kg_per_mile" in row:
        return Decimal(row["kg_per_mile"])
    return (Decimal(row["kg_per_km"]) * _KM_PER_MILE).quantize(_DECIMALS, rounding=ROUND_HALF_UP)


def _kg(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 <= value <= _MOST_KG_PER_MILE else None


def _fault(column: str, message: str) -> Fault:
    return Fault(file="carbon", row=None, column=column, value="", message=message)

"""What operators are told of a lot's passengers: enough to price it, too little to know a child by.

Rows carry new ids, an area in place of a point, an age band in place of an age, codes of needs, and days. A detail is
left out as long as fewer passengers of the same school than `least_alike` share what is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from procurement.lot_design import LotBook
from transport.calendar import ALL_DAYS, LEGS, days_words
from transport.check.words import count_words
from transport.passengers import Mobility, PaNeed, Passenger, Phase
from transport.plan import Plan, Route
from transport.scenario import Scenario

LEAST_ALIKE = 5
"""Ours: counts below five are suppressed in most published statistics on children."""
AGE_BANDS = {Phase.PRIMARY: "up to 11", Phase.SECONDARY: "11 to 16", Phase.POST16: "16 and over"}
NOT_SHOWN = "not shown"
TWO_AREAS = "two areas"
"""Of a passenger who lives in two homes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackPassenger:
    """One passenger as operators see them.

    Attributes
    ----------
    ref : new id, of this pack and lot alone.
    area, age_band, needs, days : `NOT_SHOWN` where too few are alike; days are those of both legs in words.
    """

    ref: str
    lot_id: str
    area: str
    age_band: str
    needs: str
    days: str

    @property
    def shown(self) -> Shown:
        """All that is told of them."""
        return self.area, self.age_band, self.needs, self.days


@dataclass(frozen=True, slots=True, kw_only=True)
class LotSheet:
    """What is published of a lot besides its price: schools by name, which are public, and passengers.

    Attributes
    ----------
    layouts : seats and wheelchair places that its runs use, in words.
    """

    lot_id: str
    schools: tuple[str, ...]
    layouts: tuple[str, ...]
    passengers: tuple[PackPassenger, ...]


class DisclosureRefused(ValueError):
    """The pack could tell who a child is; the message says by what."""


Shown = tuple[str, str, str, str]
_DETAIL = (
    ((0, 1, 2, 3), False), ((0, 1, 3), False), ((0, 3), False), ((0, 1, 3), True), ((0, 3), True), ((3,), False),
    ((), False),
)  # fmt: skip
"""Ever less of (area, age band, needs, days), and whether the area is the wider one: needs go first, they are health
data and the class tells most of them."""


def lot_sheets(
    book: LotBook, plan: Plan, scenario: Scenario, area_by_place_id: Mapping[str, str], *, pack_id: str,
    least_alike: int = LEAST_ALIKE,
) -> tuple[LotSheet, ...]:  # fmt: skip
    """The sheets of all lots, with as much detail as the numbers allow.

    Parameters
    ----------
    area_by_place_id : postcode sector, or another area, of every home.
    """
    route_by_id = {route.route_id: route for route in plan.routes}
    ids_by_lot = {
        lot_id: [passenger_id for route_id in route_ids for passenger_id in route_by_id[route_id].passenger_ids]
        for lot_id, route_ids in book.route_ids_by_lot_id.items()
    }
    people = {i: scenario.passenger_by_id[i] for ids in ids_by_lot.values() for i in ids}
    shown = _shown_of(people, area_by_place_id, least_alike, scenario)
    return tuple(
        LotSheet(
            lot_id=lot_id,
            schools=tuple(sorted({scenario.school_by_id[people[i].school_id].name for i in ids})),
            layouts=_layouts([route_by_id[route_id] for route_id in book.route_ids_by_lot_id[lot_id]]),
            passengers=tuple(
                _row(f"{lot_id}-{n:02d}", lot_id, shown[i])
                # An order that says nothing: neither stops nor ids.
                for n, i in enumerate(sorted(ids, key=lambda i: sha256(f"{pack_id}:{i}".encode()).digest()), start=1)
            ),
        )
        for lot_id, ids in ids_by_lot.items()
    )


def _layouts(routes: Sequence[Route]) -> tuple[str, ...]:
    found = {(run.layout.seats, run.layout.wheelchairs) for route in routes for run in route.runs}
    return tuple(layout_words(seats, wheelchairs) for seats, wheelchairs in sorted(found))


def layout_words(seats: int, wheelchairs: int) -> str:
    """A layout in words: `6 seats, 4 wheelchair places`."""
    return f"{count_words(seats, 'seat')}, {count_words(wheelchairs, 'wheelchair place')}"


def _shown_of(
    people: Mapping[str, Passenger], area_by_place_id: Mapping[str, str], least: int, scenario: Scenario
) -> dict[str, Shown]:
    """The most detail for each passenger that enough of their school share, counting only who shows as much."""
    full = {
        i: (_area(p, area_by_place_id), AGE_BANDS[p.phase], need_codes(p), _days(p, scenario))
        for i, p in people.items()
    }  # fmt: skip
    found: dict[str, Shown] = {}
    for kept, is_wider in _DETAIL[:-1]:
        shown = {i: _less(full[i], kept, is_wider=is_wider) for i in people if i not in found}
        alike = Counter((people[i].school_id, what) for i, what in shown.items())
        found |= {i: what for i, what in shown.items() if alike[people[i].school_id, what] >= least}
    return {i: found.get(i, _less(full[i], ())) for i in people}


def _less(full: Shown, kept: Sequence[int], *, is_wider: bool = False) -> Shown:
    area, age_band, needs, days = (value if n in kept else NOT_SHOWN for n, value in enumerate(full))
    return wider_area(area) if is_wider else area, age_band, needs, days


def wider_area(area: str) -> str:
    """The postcode district of a sector, `B70` of `B70 1`; of anything else, itself."""
    district, _, sector = area.partition(" ")
    return district if sector.isdecimal() else area


def _area(passenger: Passenger, area_by_place_id: Mapping[str, str]) -> str:
    places = [place for place in (*passenger.am_place_ids, *passenger.pm_place_ids) if place is not None]
    return area_by_place_id[places[0]] if len(set(places)) == 1 else TWO_AREAS


def need_codes(passenger: Passenger) -> str:
    """Codes of what the vehicle must offer: W wheelchair, T transfers, P1 and P2 own PAs, PS shared PA, S alone."""
    codes = {
        "W": passenger.mobility is Mobility.IN_WHEELCHAIR,
        "T": passenger.mobility is Mobility.TRANSFERS,
        "PS": passenger.pa_need is PaNeed.SHARED,
        "P1": passenger.pa_need is PaNeed.ONE_TO_ONE,
        "P2": passenger.pa_need is PaNeed.TWO_TO_ONE,
        "S": passenger.solo,
    }
    return " ".join(code for code, holds in codes.items() if holds) or "none"


def _days(passenger: Passenger, scenario: Scenario) -> str:
    by_leg = [days_words(day for day in ALL_DAYS if scenario.travels(passenger, leg, day)) for leg in LEGS]
    return by_leg[0] if len(set(by_leg)) == 1 else f"AM {by_leg[0]}, PM {by_leg[1]}"


def _row(ref: str, lot_id: str, shown: Shown) -> PackPassenger:
    area, age_band, needs, days = shown
    return PackPassenger(ref=ref, lot_id=lot_id, area=area, age_band=age_band, needs=needs, days=days)


def require_safe(
    sheets: Sequence[LotSheet], texts: Mapping[str, str], scenario: Scenario, *, least_alike: int = LEAST_ALIKE
) -> None:
    """Refuse a pack that could identify a child, judged from what is published alone.

    Parameters
    ----------
    texts : everything else that goes out, by file name.

    Raises
    ------
    DisclosureRefused
        Naming each ground.
    """
    grounds = [*_too_few(sheets, least_alike), *leaks(texts, scenario)]
    if grounds:
        raise DisclosureRefused("this pack could identify a child: " + "; ".join(grounds))


def _too_few(sheets: Sequence[LotSheet], least: int) -> Iterator[str]:
    """Rows whose shown details, with the schools of their lot, fit fewer rows than allowed."""
    rows = [(sheet, row) for sheet in sheets for row in sheet.passengers]
    for sheet, row in rows:
        shown = row.shown
        if shown == (NOT_SHOWN,) * 4:
            continue
        n = sum(set(other.schools) & set(sheet.schools) != set() and r.shown == shown for other, r in rows)
        if n < least:
            yield f"row {row.ref} ({', '.join(shown)}) fits {n} passengers; at least {least} must be alike"


def leaks(texts: Mapping[str, str], scenario: Scenario) -> Iterator[str]:
    """Whatever in texts that go out comes from the council's own lists, in sentences."""
    for name, text in texts.items():
        words = set("".join(char if char.isalnum() or char in "_-./" else " " for char in text).split())
        ids = sorted(words & set(scenario.passenger_by_id))
        if ids:
            yield f"{name} holds {len(ids)} ids of the council's own lists"
        homes = {f"{place.lat:.5f}" for place in scenario.places} & words
        if homes:
            yield f"{name} holds {len(homes)} coordinates of places"

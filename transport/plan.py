"""The plan: stops, runs, routes, the unserved with reasons. Ids and clock seconds only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from transport.calendar import Leg
from transport.certificate import Certificate
from transport.explanation import Explanation
from transport.lots import Lot
from transport.vehicles import Layout

SCHEMA_VERSION = 1


class RouteKind(StrEnum):
    """Who drives a route."""

    FLEET = "fleet"
    BOUGHT = "bought"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One halt of a run.

    Attributes
    ----------
    arrive_at_s, start_at_s, depart_at_s : arrival, start of service, end of service; seconds after midnight.
    boarding, alighting : passenger ids. pas_boarding, pas_alighting : ids of PAs with a home.
    school_id : set where the stop is a gate.
    """

    place_id: str
    arrive_at_s: int
    start_at_s: int
    depart_at_s: int
    boarding: tuple[str, ...] = ()
    alighting: tuple[str, ...] = ()
    pas_boarding: tuple[str, ...] = ()
    pas_alighting: tuple[str, ...] = ()
    school_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One vehicle's ordered stops for one leg on the days of one day type.

    Attributes
    ----------
    days : day indices 0..9 with equal attendance, places and school times.
    layout : the one in use; n_pas : PAs on board.
    """

    leg: Leg
    days: tuple[int, ...]
    stops: tuple[Stop, ...]
    layout: Layout
    n_pas: int

    @property
    def passenger_ids(self) -> tuple[str, ...]:
        """Everybody carried, in order of boarding."""
        return tuple(passenger_id for stop in self.stops for passenger_id in stop.boarding)

    @property
    def start_at_s(self) -> int:
        """First boarding: start of service at the first stop."""
        return self.stops[0].start_at_s

    @property
    def end_at_s(self) -> int:
        """Last alighting: end of service at the last stop."""
        return self.stops[-1].depart_at_s

    @property
    def leg_s(self) -> int:
        """First boarding to last alighting."""
        return self.end_at_s - self.start_at_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """The order that holds on all days of a leg; who is absent is skipped.

    Attributes
    ----------
    passenger_ids : AM: order of boarding; PM: order of alighting.
    gates : (school id, gate place id) in the order visited.
    """

    passenger_ids: tuple[str, ...]
    gates: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The AM runs and PM runs that a contract or fleet vehicle covers.

    Attributes
    ----------
    vehicle_id : fleet vehicle (kind fleet). lot_id : lot (kind bought). operator_id : None until tendered.
    pa_ids : council PAs by id, where the council lists them.
    kept : taken over as it is from today's routes; the search may not touch it.
    """

    route_id: str
    kind: RouteKind
    class_id: str
    am: Pattern | None
    pm: Pattern | None
    runs: tuple[Run, ...]
    vehicle_id: str | None = None
    lot_id: str | None = None
    operator_id: str | None = None
    pa_ids: tuple[str, ...] = ()
    kept: bool = False

    def __post_init__(self) -> None:
        """A fleet route names its vehicle, a bought route does not."""
        if (self.kind is RouteKind.FLEET) != (self.vehicle_id is not None):
            raise ValueError(f"route {self.route_id}: kind {self.kind.value} with vehicle {self.vehicle_id}")

    @property
    def passenger_ids(self) -> tuple[str, ...]:
        """Everybody on the route, AM order first."""
        ids = list(self.am.passenger_ids) if self.am else []
        ids += [p for p in (self.pm.passenger_ids if self.pm else ()) if p not in set(ids)]
        return tuple(ids)

    def run_on(self, leg: Leg, day: int) -> Run | None:
        """The run of a leg on a day, if the route has one."""
        return next((run for run in self.runs if run.leg is leg and day in run.days), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """A passenger whom the plan does not carry: always a failure.

    Attributes
    ----------
    cause : a name of the closed list in `transport.check`. sentence : the cause in plain words.
    relaxation : the smallest change of a rule that would serve them, in plain words.
    taxi_pence_per_day : price of a taxi alone as fallback; None where even that breaks a rule.
    """

    passenger_id: str
    cause: str
    sentence: str
    relaxation: str = ""
    taxi_pence_per_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPlanned:
    """A passenger outside this plan by a rule, not a failure: awaiting a decision, or not ready yet."""

    passenger_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A term's routes with the origin of every figure.

    Attributes
    ----------
    digests : sha256 of every input by name (`scenario`, `travel`, ...).
    made_with : seed, iterations, seconds, versions: what is needed to make it again.
    certificate : proven bound; None reads "no bound computed".
    explanation : why it is as it is, where that was asked for.
    """

    plan_id: str
    routes: tuple[Route, ...]
    lots: tuple[Lot, ...] = ()
    unserved: tuple[Unserved, ...] = ()
    not_planned: tuple[NotPlanned, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    made_with: Mapping[str, str | int | float] = field(default_factory=dict)
    certificate: Certificate | None = None
    explanation: Explanation | None = None
    schema_version: int = SCHEMA_VERSION

    @property
    def certificate_words(self) -> str:
        """The certificate in words."""
        return "no bound computed" if self.certificate is None else self.certificate.words

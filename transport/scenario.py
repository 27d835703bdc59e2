"""Everything one planning run needs, cross-checked: the only input of the optimiser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from transport.assistants import PassengerAssistant
from transport.calendar import ALL_DAYS, LEGS, Leg, OperatingCalendar
from transport.contracts import Contract
from transport.operators import Operator
from transport.passengers import KeepTogether, NeverTogether, Passenger, Status
from transport.places import Place
from transport.plan import NotPlanned, RouteKind
from transport.policy import Policy
from transport.schools import Gate, School, Session
from transport.vehicles import Depot, FleetVehicle, StreetRule, VehicleClass


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentRoute:
    """One of today's routes, as the council runs it now.

    Attributes
    ----------
    day_rate_pence, pa_day_rate_pence : what is paid a day; used where the lot has no contract.
    am_passenger_ids, pm_passenger_ids : order of boarding (AM) and alighting (PM).
    known_am_s, known_pm_s : known length of a run, first boarding to last alighting; None: not known.
    kept : True: taken over as it is; False: released to the search.
    extendable : not kept, but its lot's contract, which is over, may be extended: whatever is cheaper.
    """

    route_id: str
    kind: RouteKind
    class_id: str
    am_passenger_ids: tuple[str, ...]
    pm_passenger_ids: tuple[str, ...]
    n_pas: int = 0
    vehicle_id: str | None = None
    operator_id: str | None = None
    lot_id: str | None = None
    day_rate_pence: int = 0
    pa_day_rate_pence: int = 0
    known_am_s: int | None = None
    known_pm_s: int | None = None
    kept: bool = False
    extendable: bool = False

    def passenger_ids(self, leg: Leg) -> tuple[str, ...]:
        """Order of a leg."""
        return self.am_passenger_ids if leg is Leg.AM else self.pm_passenger_ids


Attendance = tuple[tuple[str, tuple[int, int]] | None, ...]
"""Home-side place and window at the gate on each of the ten days; None: not carried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One council's inputs for one term.

    Attributes
    ----------
    starts_on : first day of the plan.
    invented : the passengers are invented (demo); pages say so.
    """

    name: str
    starts_on: date
    places: tuple[Place, ...]
    schools: tuple[School, ...]
    passengers: tuple[Passenger, ...]
    vehicle_classes: tuple[VehicleClass, ...]
    depots: tuple[Depot, ...] = ()
    fleet_vehicles: tuple[FleetVehicle, ...] = ()
    operators: tuple[Operator, ...] = ()
    assistants: tuple[PassengerAssistant, ...] = ()
    contracts: tuple[Contract, ...] = ()
    current_routes: tuple[CurrentRoute, ...] = ()
    never_together: tuple[NeverTogether, ...] = ()
    keep_together: tuple[KeepTogether, ...] = ()
    street_rules: tuple[StreetRule, ...] = ()
    policy: Policy = field(default_factory=Policy)
    calendar: OperatingCalendar = field(default_factory=OperatingCalendar)
    invented: bool = False

    place_by_id: Mapping[str, Place] = field(init=False, repr=False, compare=False)
    school_by_id: Mapping[str, School] = field(init=False, repr=False, compare=False)
    passenger_by_id: Mapping[str, Passenger] = field(init=False, repr=False, compare=False)
    class_by_id: Mapping[str, VehicleClass] = field(init=False, repr=False, compare=False)
    depot_by_id: Mapping[str, Depot] = field(init=False, repr=False, compare=False)
    vehicle_by_id: Mapping[str, FleetVehicle] = field(init=False, repr=False, compare=False)
    operator_by_id: Mapping[str, Operator] = field(init=False, repr=False, compare=False)
    assistant_by_id: Mapping[str, PassengerAssistant] = field(init=False, repr=False, compare=False)
    contract_by_lot_id: Mapping[str, Contract] = field(init=False, repr=False, compare=False)
    current_route_by_id: Mapping[str, CurrentRoute] = field(init=False, repr=False, compare=False)
    _passenger_idx_by_id: Mapping[str, int] = field(init=False, repr=False, compare=False)
    _attendance: dict[tuple[str, Leg], Attendance] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Index by id, then refuse repeated ids and references that lead nowhere, all at once."""
        indexes = {
            "place_by_id": {x.place_id: x for x in self.places},
            "school_by_id": {x.school_id: x for x in self.schools},
            "passenger_by_id": {x.passenger_id: x for x in self.passengers},
            "class_by_id": {x.class_id: x for x in self.vehicle_classes},
            "depot_by_id": {x.depot_id: x for x in self.depots},
            "vehicle_by_id": {x.vehicle_id: x for x in self.fleet_vehicles},
            "operator_by_id": {x.operator_id: x for x in self.operators},
            "assistant_by_id": {x.pa_id: x for x in self.assistants},
            "contract_by_lot_id": {x.lot_id: x for x in self.contracts},
            "current_route_by_id": {x.route_id: x for x in self.current_routes},
            "_passenger_idx_by_id": {x.passenger_id: idx for idx, x in enumerate(self.passengers)},
        }
        for name, index in indexes.items():
            object.__setattr__(self, name, index)
        faults = _cross_faults(self)
        if faults:
            raise ValueError("scenario " + self.name + ": " + "; ".join(faults))

    def session_of(self, passenger: Passenger, day: int) -> Session | None:
        """Bell times that bind a passenger on a day; None where the school is shut."""
        own = passenger.own_sessions[day] if passenger.own_sessions else None
        return own or self.school_by_id[passenger.school_id].sessions[day]

    def gate_of(self, passenger: Passenger) -> Gate:
        """The gate a passenger uses."""
        return self.school_by_id[passenger.school_id].gate_of(passenger.gate_id)

    def travels(self, passenger: Passenger, leg: Leg, day: int) -> bool:
        """Whether a passenger is to be carried on a leg of a day: has a place that day and the school is open."""
        return passenger.place_id_on(leg, day) is not None and self.session_of(passenger, day) is not None

    def in_order(self, passenger_ids: Iterable[str]) -> list[Passenger]:
        """Passengers in the order given, whatever the order of their ids; ids that are not there are left out."""
        found = (self._passenger_idx_by_id.get(pid) for pid in passenger_ids)
        return [self.passengers[idx] for idx in sorted(idx for idx in found if idx is not None)]

    def attendance_of(self, passenger_id: str, leg: Leg) -> Attendance:
        """Where and in which window a passenger is carried on a leg, day by day."""
        # Worked out once: clocks are made for the same passengers on one route after another.
        known = self._attendance.get((passenger_id, leg))
        if known is None:
            known = self._attendance[passenger_id, leg] = tuple(
                self._call(self.passenger_by_id[passenger_id], leg, day) for day in ALL_DAYS
            )
        return known

    def _call(self, passenger: Passenger, leg: Leg, day: int) -> tuple[str, tuple[int, int]] | None:
        place_id = passenger.place_id_on(leg, day)
        if place_id is None or not self.travels(passenger, leg, day):
            return None
        return place_id, self.window_of(passenger, leg, day)

    def days_of(self, passenger: Passenger) -> tuple[int, ...]:
        """Days on which a passenger travels on at least one leg."""
        return tuple(d for d in ALL_DAYS if any(self.travels(passenger, leg, d) for leg in LEGS))

    def window_of(self, passenger: Passenger, leg: Leg, day: int) -> tuple[int, int]:
        """AM (earliest, latest) start of service at the gate; PM (earliest start, latest end) of service."""
        session = self.session_of(passenger, day)
        if session is None:
            raise ValueError(f"school {passenger.school_id} is shut on day {day}")
        return self.school_by_id[passenger.school_id].window_of(leg, session)

    def extendable_lot_ids(self) -> tuple[str, ...]:
        """Lots whose contract is over and may be extended or not, in the order of today's routes."""
        return tuple(dict.fromkeys(r.lot_id for r in self.current_routes if r.extendable and r.lot_id is not None))

    def not_planned(self) -> tuple[NotPlanned, ...]:
        """Passengers outside the plan by a rule: awaiting a decision, provisional where not planned, not ready."""
        reasons = ((p.passenger_id, self._why_not_planned(p)) for p in self.passengers)
        return tuple(NotPlanned(passenger_id=pid, reason=reason) for pid, reason in reasons if reason)

    def planned_passengers(self) -> tuple[Passenger, ...]:
        """Passengers whom a plan must carry or list as unserved, in the order given."""
        return tuple(p for p in self.passengers if self.is_planned(p))

    def is_planned(self, passenger: Passenger) -> bool:
        """Whether a plan must carry a passenger or list them as unserved."""
        return not self._why_not_planned(passenger)

    def _why_not_planned(self, passenger: Passenger) -> str:
        if passenger.status is Status.AWAITING_DECISION:
            return "eligibility decision awaited"
        if passenger.status is Status.PROVISIONAL and not self.policy.plan_provisional:
            return "provisional, and the policy plans confirmed passengers only"
        if passenger.ready_from is not None and passenger.ready_from > self.starts_on:
            return f"risk assessment not done before {passenger.ready_from.isoformat()}"
        travels = any(self.travels(passenger, leg, day) for day in ALL_DAYS for leg in LEGS)
        return "" if travels else "no day on which both they travel and their school is open"


def _repeated(kind: str, ids: Iterable[str]) -> list[str]:
    return [f"{kind} {name} is given {n} times" for name, n in Counter(ids).items() if n > 1]


def _cross_faults(s: Scenario) -> list[str]:
    faults = [
        *_repeated("place", (x.place_id for x in s.places)),
        *_repeated("school", (x.school_id for x in s.schools)),
        *_repeated("passenger", (x.passenger_id for x in s.passengers)),
        *_repeated("vehicle class", (x.class_id for x in s.vehicle_classes)),
        *_repeated("depot", (x.depot_id for x in s.depots)),
        *_repeated("fleet vehicle", (x.vehicle_id for x in s.fleet_vehicles)),
        *_repeated("operator", (x.operator_id for x in s.operators)),
        *_repeated("PA", (x.pa_id for x in s.assistants)),
        *_repeated("lot", (x.lot_id for x in s.contracts)),
        *_repeated("current route", (x.route_id for x in s.current_routes)),
    ]
    for kind, owner, target, known in _references(s):
        if target is not None and target not in known:
            faults.append(f"{owner} names {kind} {target}, which is not given")
    return faults


def _references(s: Scenario) -> Iterable[tuple[str, str, str | None, Mapping[str, object]]]:
    """Every reference as (kind, owner, target id, what is known)."""
    for school in s.schools:
        for gate in school.gates:
            yield "place", f"school {school.school_id}", gate.place_id, s.place_by_id
    for p in s.passengers:
        yield "school", f"passenger {p.passenger_id}", p.school_id, s.school_by_id
        if p.gate_id is not None and p.school_id in s.school_by_id:
            gates = {gate.gate_id: gate for gate in s.school_by_id[p.school_id].gates}
            yield "gate", f"passenger {p.passenger_id}", p.gate_id, gates
        for place_id in {*p.am_place_ids, *p.pm_place_ids}:
            yield "place", f"passenger {p.passenger_id}", place_id, s.place_by_id
        for point in p.pickup_points:
            yield "place", f"passenger {p.passenger_id}", point.place_id, s.place_by_id
        yield "current route", f"passenger {p.passenger_id}", p.pinned_route_id, s.current_route_by_id
    for depot in s.depots:
        yield "place", f"depot {depot.depot_id}", depot.place_id, s.place_by_id
    for vehicle in s.fleet_vehicles:
        yield "vehicle class", f"fleet vehicle {vehicle.vehicle_id}", vehicle.class_id, s.class_by_id
        yield "depot", f"fleet vehicle {vehicle.vehicle_id}", vehicle.depot_id, s.depot_by_id
    for operator in s.operators:
        yield "place", f"operator {operator.operator_id}", operator.base_place_id, s.place_by_id
        for class_id in {*operator.categories, *operator.n_vehicles_by_class, *operator.rate_cards}:
            yield "vehicle class", f"operator {operator.operator_id}", class_id, s.class_by_id
    for pa in s.assistants:
        yield "place", f"PA {pa.pa_id}", pa.home_place_id, s.place_by_id
    for contract in s.contracts:
        yield "operator", f"contract {contract.lot_id}", contract.operator_id, s.operator_by_id
    for route in s.current_routes:
        yield "vehicle class", f"current route {route.route_id}", route.class_id, s.class_by_id
        yield "fleet vehicle", f"current route {route.route_id}", route.vehicle_id, s.vehicle_by_id
        yield "operator", f"current route {route.route_id}", route.operator_id, s.operator_by_id
        for passenger_id in {*route.am_passenger_ids, *route.pm_passenger_ids}:
            yield "passenger", f"current route {route.route_id}", passenger_id, s.passenger_by_id
    for pair in s.never_together:
        for passenger_id in pair.passenger_ids:
            yield "passenger", "never_together", passenger_id, s.passenger_by_id
    for group in s.keep_together:
        for passenger_id in group.passenger_ids:
            yield "passenger", f"keep_together {group.group_id}", passenger_id, s.passenger_by_id
    for rule in s.street_rules:
        yield "place", f"street rule {rule.rule_id}", rule.meeting_place_id, s.place_by_id
        for class_id in rule.class_ids:
            yield "vehicle class", f"street rule {rule.rule_id}", class_id, s.class_by_id

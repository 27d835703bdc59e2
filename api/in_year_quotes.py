"""Quotes at the desk: what it would cost to carry new passengers in the plan of a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.plan_folder import open_plan_folder, roads_for
from api.planning_job import Watcher
from transport.calendar import Leg, days_words
from transport.check.words import list_words
from transport.files.plan_words import clock, minutes, plural, pounds
from transport.files.read_new import NewPassenger, read_new_passengers
from transport.notice import after_working_days
from transport.passengers import Passenger, Status
from transport.scenario import Scenario

if TYPE_CHECKING:
    from routing.desk import Desk
    from routing.quote import Option, Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRequest:
    """What to quote.

    Attributes
    ----------
    plan_path : folder of the plan in force. new_path : list of new passengers.
    n : most options for each. asked_on : day from which a quote's validity counts.
    """

    plan_path: Path
    new_path: Path
    asked_on: date
    n: int = 10
    roads_path: Path | None = None
    travel_path: Path | None = None
    cache_dir: Path | None = None


def quote_new(request: QuoteRequest, watcher: Watcher | None = None) -> tuple[Quote, ...]:
    """One quote for each new passenger, in the order of the list.

    Raises
    ------
    InputFaults, PlacesOffStreetError, FileNotFoundError, ValueError
        What was given cannot be used.
    """
    from routing.desk import open_desk

    watcher = watcher or Watcher()
    with watcher.phase("read"):
        folder = open_plan_folder(request.plan_path)
        new = read_new_passengers(request.new_path, folder.book, folder.scenario, known_may_change=False)
        scenario = with_candidates(folder.scenario, new.people, new.places)
    roads = roads_for(
        folder, scenario, watcher,
        roads_path=request.roads_path, travel_path=request.travel_path, cache_dir=request.cache_dir,
    )  # fmt: skip
    with watcher.phase("quote"):
        desk = open_desk(folder.plan, scenario, roads.travel)
        calendar, n_days = scenario.calendar, scenario.policy.quote_valid_working_days
        valid_until = after_working_days(request.asked_on, n_days, calendar)
        return tuple(quoted(desk, person, request.n, valid_until) for person in new.people)


def with_candidates(scenario: Scenario, people: Sequence[NewPassenger], places: Sequence[Any]) -> Scenario:
    """The scenario with everybody at each of their schools, as if they were decided on and ready."""
    candidates = (as_if_decided(p) for person in people for p in person.at_all_schools)
    return replace(scenario, passengers=(*scenario.passengers, *candidates), places=(*scenario.places, *places))


def as_if_decided(p: Passenger) -> Passenger:
    """A passenger whom nothing but the rules of travel keeps out of a plan."""
    return replace(p, status=Status.CONFIRMED, ready_from=None)


def quoted(
    desk: Desk,
    person: NewPassenger,
    n: int,
    valid_until: date,
    *,
    school_ids: Collection[str] | None = None,
    with_reasons: bool = True,
) -> Quote:
    """One person's quote, from a desk that holds them at each of their schools.

    Parameters
    ----------
    school_ids : those asked for; None: all of theirs.
    with_reasons : say why routes to the same school cannot take them, which takes four times as long as the options.
    """
    from routing.quote import N_REFUSED, Quote, quote

    asked = [p for p in person.at_all_schools if school_ids is None or p.school_id in school_ids]
    known = [desk.scenario.passenger_by_id[p.passenger_id] for p in asked]
    ids = [p.passenger_id for p in known if desk.scenario.is_planned(p)]
    if not ids:
        return Quote(
            passenger_id=person.passenger.passenger_id, plan_id=desk.plan.plan_id, valid_until=valid_until,
            options=(), refused=("There is no day on which both they travel and their school is open",),
            assumptions=(),
        )  # fmt: skip
    return quote(
        desk, ids, person_id=person.passenger.passenger_id, n=n, valid_until=valid_until, is_decided=person.is_decided,
        n_refused=N_REFUSED if with_reasons else 0,
    )  # fmt: skip


def quote_figures(quote: Quote) -> dict[str, Any]:
    """A quote for scripts."""
    return {
        "passenger_id": quote.passenger_id,
        "plan_id": quote.plan_id,
        "valid_until": None if quote.valid_until is None else quote.valid_until.isoformat(),
        "options": [option_figures(option) for option in quote.options],
        "refused": list(quote.refused),
        "assumptions": list(quote.assumptions),
    }


def option_figures(option: Option) -> dict[str, Any]:
    """An option for scripts: money in pence, times in seconds."""
    return {
        "kind": option.kind.value,
        "school_id": option.school_id,
        "route_id": option.route_id,
        "class_id": option.class_id,
        "operator_id": option.operator_id,
        "vehicle_id": option.vehicle_id,
        "priced_by": option.priced_by,
        "extra_pence_per_day": option.extra_pence_per_day,
        "extra_pence_per_week": option.extra_pence_per_week,
        "extra_pence_per_year": option.extra_pence_per_year,
        "objective_pence_per_fortnight": option.extra_pence_per_fortnight,
        "rides": [{"leg": r.leg.value, "days": list(r.days), "ride_s": r.ride_s, "at_s": r.at_s} for r in option.rides],
        "moved": [
            {"passenger_id": m.passenger_id, "leg": m.leg.value, "days": list(m.days), "by_s": m.by_s}
            for m in option.moved
        ],
        "disturbed": [{"passenger_id": d.passenger_id, "sentence": d.sentence} for d in option.disturbed],
        "n_pas_before": option.n_pas_before,
        "n_pas": option.n_pas,
    }


KIND_WORDS = {
    "contract": "route under contract",
    "bought": "bought route",
    "fleet": "fleet vehicle on the road",
    "new_bought": "new vehicle, bought",
    "new_fleet": "fleet vehicle, a run more",
}


def quote_sentences(quote: Quote) -> list[str]:
    """A quote for people."""
    until = f", valid until {quote.valid_until.isoformat()}" if quote.valid_until else ""
    lines = [f"{quote.passenger_id} (plan {quote.plan_id}{until})"]
    if not quote.options:
        lines.append("  No option within the rules")
    for n, option in enumerate(quote.options, 1):
        lines.append(
            f"  {n:2}. {KIND_WORDS[option.kind.value]} {option.route_id} ({option.class_id}) to {option.school_id}: "
            f"{signed(option.extra_pence_per_day)} a day, {signed(option.extra_pence_per_year, pennies=False)} a year, "
            f"by the {option.priced_by}"
        )
        lines.append(f"      {_ride_words(option)}; {pa_words(option)}; {moved_words(option)}")
    lines += [f"  Not possible: {sentence}" for sentence in quote.refused]
    return [*lines, *(f"  Note: {note}" for note in quote.assumptions)]


def signed(pence: int, *, pennies: bool = True) -> str:
    """`+£12.30`, `−£4.00`."""
    return ("+" if pence >= 0 else "") + pounds(pence, pennies=pennies)


def _ride_words(option: Option) -> str:
    n_runs = Counter(ride.leg for ride in option.rides)
    return ", ".join(
        f"{'fetched' if ride.leg is Leg.AM else 'home'} {clock(ride.at_s)} ({minutes(ride.ride_s)} min on board"
        + (f", {days_words(ride.days)})" if n_runs[ride.leg] > 1 else ")")
        for ride in option.rides
    )


def pa_words(option: Option) -> str:
    """What the option means for PAs."""
    more = option.n_pas - option.n_pas_before
    if more == 0:
        return f"{plural(option.n_pas, 'PA')} as before" if option.n_pas else "no PA"
    return f"{abs(more)} PA {'more' if more > 0 else 'fewer'}"


def moved_words(option: Option) -> str:
    """Whose pick-up or drop-off moves, and by how much at most."""
    if not option.moved:
        return "nobody else moves"
    ids = list(dict.fromkeys(m.passenger_id for m in option.moved))
    most_s = max(abs(m.by_s) for m in option.moved)
    told = f"; {plural(len(option.disturbed), 'family', 'families')} disturbed" if option.disturbed else ""
    few = list_words(ids) if len(ids) <= 4 else f"{len(ids)} others"
    return f"moves {few} by at most {minutes(most_s)} min{told}"

"""A passenger's needs in the words a driver, PA or school must know, and no more."""

from __future__ import annotations

from transport.passengers import Mobility, PaNeed, Passenger

_MOBILITY = {
    Mobility.WALKS_ON: "",
    Mobility.TRANSFERS: "moves from wheelchair to seat; stow the chair",
    Mobility.IN_WHEELCHAIR: "travels in wheelchair",
}
_PA = {
    PaNeed.NONE: "",
    PaNeed.SHARED: "PA on board",
    PaNeed.ONE_TO_ONE: "own PA",
    PaNeed.TWO_TO_ONE: "two PAs of their own",
}


def need_words(passenger: Passenger) -> str:
    """Needs on the vehicle, e.g. `travels in wheelchair; own PA; restraint: harness`."""
    parts = [
        _MOBILITY[passenger.mobility],
        _PA[passenger.pa_need],
        f"restraint: {passenger.restraint_type.replace('_', ' ')}" if passenger.restraint_type else "",
        "travels alone" if passenger.solo else "",
        f"vehicle: {_listed(passenger.vehicle_tags)}" if passenger.vehicle_tags else "",
        f"PA trained in: {_listed(passenger.pa_training_tags)}" if passenger.pa_training_tags else "",
    ]
    return "; ".join(part for part in parts if part)


def gate_need_words(passenger: Passenger) -> str:
    """What staff at the gate must know: a wheelchair, or a PA who hands over."""
    parts = [_MOBILITY[passenger.mobility].partition(";")[0], _PA[passenger.pa_need]]
    return "; ".join(part for part in parts if part)


def _listed(tags: frozenset[str]) -> str:
    return ", ".join(sorted(tag.replace("_", " ") for tag in tags))

"""What OpenStreetMap tags mean for a school vehicle or a walker. Pure functions of one object's tags.

References
----------
OpenStreetMap wiki, "Key:access" (the most specific key wins), "Key:oneway", "Key:maxspeed", "Key:barrier",
"Relation:restriction"; Highway Code rule 124 (national speed limits).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum

from routing.network.graph import STREET_CLASSES

Tags = Mapping[str, str]

KPH_PER_MPH = 1.609344
CLASS_CODE_BY_NAME = {name: code for code, name in enumerate(STREET_CLASSES)}

DRIVE_CLASSES = frozenset(STREET_CLASSES[: STREET_CLASSES.index("service") + 1]) | {"road"}
DRIVE_IF_ALLOWED_CLASSES = frozenset({"track", "pedestrian"})
"""Open to vehicles only where a tag says so."""
WALK_CLASSES = frozenset(STREET_CLASSES[2:-1])

_DRIVE_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
_WALK_KEYS = ("foot", "access")
_OPEN = frozenset({"yes", "permissive", "designated", "public", "official", "unknown"})
_PRIVATE = frozenset({"private", "customers", "delivery", "residents", "permit", "employees", "permit_holders"})
_DESTINATION = frozenset({"destination"})
_BLOCKING = frozenset({
    "bollard", "block", "jersey_barrier", "log", "debris", "chain", "cycle_barrier", "motorcycle_barrier",
    "stile", "kissing_gate", "turnstile", "full-height_turnstile", "horse_stile", "bus_trap", "sump_buster",
    "planter", "rope",
})  # fmt: skip
_BLOCKING_ON_FOOT = frozenset({"fence", "wall", "hedge"})


class Access(IntEnum):
    """Who may use a street."""

    OPEN = 0
    DESTINATION = 1
    """No through traffic."""
    PRIVATE = 2
    """By permission; a home there is reached, nobody drives through."""
    CLOSED = 3


def access_of(tags: Tags, keys: tuple[str, ...]) -> Access | None:
    """Access by the most specific of `keys` that is tagged; None: nothing tagged that says."""
    for key in keys:
        value = tags.get(key)
        if value is None:
            continue
        values = {part.strip() for part in value.split(";")}
        if values & _OPEN:
            return Access.OPEN
        if values & _DESTINATION:
            return Access.DESTINATION
        if values & _PRIVATE:
            return Access.PRIVATE
        return Access.CLOSED
    return None


def drive_access(tags: Tags) -> Access:
    """Whether a school vehicle may use a way."""
    street_class = tags.get("highway", "")
    if tags.get("area") == "yes" or tags.get("service") == "emergency_access" or tags.get("oneway") == "reversible":
        return Access.CLOSED
    said = access_of(tags, _DRIVE_KEYS)
    if street_class in DRIVE_CLASSES:
        return Access.OPEN if said is None else said
    if street_class in DRIVE_IF_ALLOWED_CLASSES and (said is not None or tags.get("tracktype") == "grade1"):
        return Access.PRIVATE if said is None else said
    return Access.CLOSED


def walk_access(tags: Tags) -> Access:
    """Whether a child, accompanied as necessary, may walk along a way. Private ways are out."""
    street_class = tags.get("highway", "")
    if street_class not in WALK_CLASSES or tags.get("motorroad") == "yes":
        return Access.CLOSED
    said = access_of(tags, _WALK_KEYS)
    return Access.OPEN if said is None or said in (Access.OPEN, Access.DESTINATION) else Access.CLOSED


def directions_of(tags: Tags) -> tuple[bool, bool]:
    """Whether vehicles may go along the way, and against it."""
    value = next(
        (tags[key] for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway") if key in tags),
        None,
    )
    if value is None:
        implied = tags.get("highway") == "motorway" or tags.get("junction") in ("roundabout", "circular")
        return True, not implied
    if value in ("yes", "true", "1"):
        return True, False
    if value in ("-1", "reverse"):
        return False, True
    return True, True


def barrier_access(tags: Tags, *, on_foot: bool) -> Access:
    """Who may pass a barrier on a node. A gate of which nothing is said is taken to open."""
    barrier = tags.get("barrier")
    if barrier is None:
        return Access.OPEN
    said = access_of(tags, _WALK_KEYS if on_foot else _DRIVE_KEYS)
    if on_foot:
        foot = access_of(tags, ("foot",))
        closed = barrier in _BLOCKING_ON_FOOT if said is None else said is Access.CLOSED
        # A gate with access=private on a public path stops cars; only foot=no and access=no stop walkers.
        return Access.CLOSED if closed and foot is not Access.OPEN else Access.OPEN
    if said is not None:
        return said
    return Access.CLOSED if barrier in _BLOCKING else Access.OPEN


_SPEED = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph)?\s*$")
_NAMED_KPH = {
    "walk": 8.0,
    "GB:nsl_single": 60 * KPH_PER_MPH,
    "GB:nsl_dual": 70 * KPH_PER_MPH,
    "GB:nsl_restricted": 30 * KPH_PER_MPH,
    "GB:motorway": 70 * KPH_PER_MPH,
    "GB:zone20": 20 * KPH_PER_MPH,
    "DE:urban": 50.0,
    "DE:rural": 100.0,
    "DE:living_street": 8.0,
    "none": 70 * KPH_PER_MPH,
}
_LIMIT_KEYS = ("maxspeed", "maxspeed:type", "source:maxspeed", "zone:maxspeed")


def _speed_kph(value: str) -> float:
    """Kilometres per hour; 0 where the text does not say."""
    if value in _NAMED_KPH:
        return _NAMED_KPH[value]
    match = _SPEED.match(value.split(";")[0])
    if match is None:
        return 0.0
    return float(match[1]) * (KPH_PER_MPH if match[2] == "mph" else 1.0)


def limits_kph(tags: Tags) -> tuple[float, float]:
    """Tagged speed limit along and against the way; 0: none tagged.

    A bare number is km/h, as OpenStreetMap defines it; "national" is 60 mph, or 70 on a dual
    carriageway or motorway.
    """
    national = 70 if tags.get("highway", "").startswith("motorway") or tags.get("dual_carriageway") == "yes" else 60
    both = 0.0
    for key in _LIMIT_KEYS:
        value = tags.get(key)
        if value is not None:
            both = national * KPH_PER_MPH if value in ("national", "GB:national", "nsl") else _speed_kph(value)
        if both:
            break
    along = _speed_kph(tags.get("maxspeed:forward", "")) or both
    against = _speed_kph(tags.get("maxspeed:backward", "")) or both
    return along, against


_FEET = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(?:'|ft|feet)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|''|in)?)?\s*$")
_METRES = re.compile(r"^\s*(\d+(?:[.,]\d+)?)\s*(?:m|metres|meters)?\s*$")
_TONNES = re.compile(r"^\s*(\d+(?:[.,]\d+)?)\s*(t|tonnes|tonne|kg)?\s*$")
CM_PER_FOOT = 30.48


def length_cm(value: str) -> int:
    """Centimetres of a size limit ("2.1", "2.1 m", "6 ft 6 in"), rounded down; 0: none that can be read."""
    match = _METRES.match(value)
    if match is not None:
        return int(float(match[1].replace(",", ".")) * 100 + 1e-6)
    match = _FEET.match(value)
    if match is not None:
        return int((float(match[1]) + float(match[2] or 0) / 12) * CM_PER_FOOT)
    return 0


def weight_kg(value: str) -> int:
    """Kilograms of a weight limit ("7.5", "7.5 t", "3500 kg"); 0: no limit that can be read."""
    match = _TONNES.match(value)
    if match is None:
        return 0
    return int(float(match[1].replace(",", ".")) * (1 if match[2] == "kg" else 1000) + 1e-6)


def size_limits(tags: Tags) -> tuple[int, int, int, int]:
    """Greatest height, width and length in cm, weight in kg; 0: none. The least of several tags binds."""

    def least(keys: tuple[str, ...], weight: bool = False) -> int:
        read = (weight_kg(tags[k]) if weight else length_cm(tags[k]) for k in keys if k in tags)
        return min((value for value in read if value > 0), default=0)

    return (
        least(("maxheight", "maxheight:physical")),
        least(("maxwidth", "maxwidth:physical")),
        least(("maxlength",)),
        least(("maxweight", "maxweightrating"), weight=True),
    )


def restriction_of(tags: Tags) -> str | None:
    """Kind of a turn restriction ("no_left_turn") that binds a minibus or taxi; None: it binds neither."""
    if {"motorcar", "motor_vehicle"} & {part.strip() for part in tags.get("except", "").split(";")}:
        return None
    for key in ("restriction:motorcar", "restriction:motor_vehicle", "restriction"):
        if key in tags:
            return tags[key]
    return None

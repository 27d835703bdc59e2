"""Which vehicle classes may use which streets, and where a place on a street is served: access profiles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from routing.network.graph import FlagArray, FloatArray, IndexArray, RoadNetwork
from routing.network.snap import Snapped, nearest_segments
from transport.vehicles import StreetRule, StreetRuleKind, VehicleClass, VehicleSize


class StreetRulesError(ValueError):
    """Street rules that cannot be held on this network, one a line. Who keeps the rules must act.

    Attributes
    ----------
    faults : one sentence per rule.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AccessProfile:
    """What one kind of vehicle may do.

    Attributes
    ----------
    edge_is_barred : (n_edges,).
    may_serve : (n_rows, 2) whether a row is served along its segment, and against it.
    served_at : (n_rows,) row at whose point the row is served: its own, or that of a meeting place.
    """

    edge_is_barred: FlagArray
    may_serve: FlagArray
    served_at: IndexArray

    def key(self) -> bytes:
        """Equal for equal profiles."""
        return self.edge_is_barred.tobytes() + self.may_serve.tobytes() + self.served_at.tobytes()


def make_profiles(
    network: RoadNetwork,
    snapped: Snapped,
    classes: Sequence[VehicleClass],
    rules: Sequence[StreetRule],
    *,
    no_private_class_ids: Collection[str] = (),
) -> tuple[list[AccessProfile], dict[str, int]]:
    """Distinct profiles of the classes, and the profile of each class.

    Profile 0 is the least restricted: no size limit binds it, only the rules that bind every class.

    Parameters
    ----------
    no_private_class_ids : classes that may not use private streets.

    Raises
    ------
    StreetRulesError : rules name streets, classes or meeting places that are not there; all of them at once.
    """
    class_ids = frozenset(vehicle_class.class_id for vehicle_class in classes)
    streets = _streets_of_rules(network, snapped, rules, class_ids | frozenset(no_private_class_ids))
    for_all = [rule for rule in rules if not rule.class_ids or (class_ids and rule.class_ids >= class_ids)]
    profiles = [_profile(network, snapped, VehicleSize(), for_all, streets, no_private=False)]
    index_by_key = {profiles[0].key(): 0}
    profile_by_class_id: dict[str, int] = {}
    for vehicle_class in classes:
        binding = [rule for rule in rules if not rule.class_ids or vehicle_class.class_id in rule.class_ids]
        no_private = vehicle_class.class_id in no_private_class_ids
        profile = _profile(network, snapped, vehicle_class.size, binding, streets, no_private=no_private)
        index = index_by_key.setdefault(profile.key(), len(profiles))
        if index == len(profiles):
            profiles.append(profile)
        profile_by_class_id[vehicle_class.class_id] = index
    return profiles, profile_by_class_id


def too_big_for_edges(network: RoadNetwork, size: VehicleSize) -> FlagArray:
    """(n_edges,) whether a vehicle of this size breaks a limit of the street; an unknown size breaks none."""
    too_big = np.zeros(network.n_segments, bool)
    for has, limit in (
        (size.height_cm, network.segment_max_height_cm),
        (size.width_cm, network.segment_max_width_cm),
        (size.length_cm, network.segment_max_length_cm),
        (size.weight_kg, network.segment_max_weight_kg),
    ):
        if has is not None:
            too_big |= (limit > 0) & (limit < has)
    return too_big[network.edge_segment]


def rule_notes(network: RoadNetwork, snapped: Snapped, rules: Sequence[StreetRule]) -> list[str]:
    """What the rules do, for people: places served elsewhere, and rules that bind nothing here."""
    streets = _streets_of_rules(network, snapped, rules, frozenset().union(*(rule.class_ids for rule in rules)))
    notes: list[str] = []
    for rule in rules:
        on_street = streets[rule.rule_id]
        if rule.kind is StreetRuleKind.NO_REVERSING and not (on_street & network.segment_is_dead_end).any():
            notes.append(f"Street rule {rule.rule_id}: the street has no dead end, so no_reversing bars nothing.")
        if rule.kind is StreetRuleKind.MEETING_PLACE:
            here = [place for place, row in snapped.row_by_place_id.items() if on_street[snapped.segment[row]]]
            here = sorted(set(here) - {str(rule.meeting_place_id)})
            if here:
                whom = f" (by {', '.join(sorted(rule.class_ids))})" if rule.class_ids else ""
                notes.append(
                    f"Street rule {rule.rule_id}: {', '.join(here)} served{whom} at the meeting place"
                    f" {rule.meeting_place_id}."
                )
    return notes


def _streets_of_rules(
    network: RoadNetwork, snapped: Snapped, rules: Sequence[StreetRule], class_ids: frozenset[str]
) -> dict[str, FlagArray]:
    """(n_segments,) flags of each rule's street."""
    faults: list[str] = []
    streets: dict[str, FlagArray] = {}
    for rule in rules:
        if network.approximate:
            faults.append(f"street rule {rule.rule_id} needs a road extract: an approximate network has no streets")
            continue
        street = _street_of(network, rule)
        if street is None or not street.any():
            where = f"way {rule.way_id} is not in the extract" if rule.way_id is not None else "no way_id and no point"
            faults.append(f"street rule {rule.rule_id}: {where}; must name a street of {network.source}")
            continue
        streets[rule.rule_id] = street
        unknown = sorted(rule.class_ids - class_ids)
        if unknown:
            faults.append(f"street rule {rule.rule_id}: unknown vehicle classes {', '.join(unknown)}")
        meets = rule.kind is StreetRuleKind.MEETING_PLACE
        if meets and rule.meeting_place_id not in snapped.row_by_place_id:
            faults.append(f"street rule {rule.rule_id}: meeting place {rule.meeting_place_id} is not a known place")
    if faults:
        raise StreetRulesError(faults)
    return streets


def _street_of(network: RoadNetwork, rule: StreetRule) -> FlagArray | None:
    if rule.way_id is not None:
        return np.asarray(network.segment_way_id == rule.way_id)
    if rule.lat is None or rule.lon is None:
        return None
    nearest = int(nearest_segments(network, np.array([rule.lat]), np.array([rule.lon]))[0])
    way_id = int(network.segment_way_id[nearest])
    same = network.segment_way_id == way_id if way_id else np.arange(network.n_segments) == nearest
    return np.asarray(same)


def _profile(
    network: RoadNetwork,
    snapped: Snapped,
    size: VehicleSize,
    rules: Sequence[StreetRule],
    streets: dict[str, FlagArray],
    *,
    no_private: bool,
) -> AccessProfile:
    barred = network.segment_is_private.copy() if no_private else np.zeros(network.n_segments, bool)
    may_serve = np.ones((snapped.n_rows, 2), bool)
    served_at = np.arange(snapped.n_rows, dtype=np.int32)
    for rule in rules:
        on_street = streets[rule.rule_id]
        rows = on_street[snapped.segment]
        if rule.kind is StreetRuleKind.NO_ENTRY:
            barred |= on_street
        elif rule.kind is StreetRuleKind.NO_REVERSING:
            barred |= on_street & network.segment_is_dead_end
        elif rule.kind is StreetRuleKind.KERB_SIDE:
            may_serve[rows] &= np.column_stack((snapped.is_left, ~snapped.is_left))[rows]
        elif rule.meeting_place_id is not None:
            served_at[rows] = snapped.row_by_place_id[rule.meeting_place_id]
    edge_is_barred = barred[network.edge_segment] | too_big_for_edges(network, size)
    # A place served elsewhere follows the kerb rule of where it is served.
    return AccessProfile(edge_is_barred=edge_is_barred, may_serve=may_serve[served_at], served_at=served_at)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServicePoints:
    """Where each row is served under one profile.

    Attributes
    ----------
    segment, fraction : (n_rows,).
    edges : (n_rows, 2) edge along the segment and against it.
    """

    segment: IndexArray
    fraction: FloatArray
    edges: IndexArray

    def share_to_end(self) -> FloatArray:
        """(n_rows, 2) share of the edge that lies ahead of the point."""
        return np.column_stack((1 - self.fraction, self.fraction))


def service_points(network: RoadNetwork, snapped: Snapped, profile: AccessProfile) -> ServicePoints:
    """Points and permitted edges of every row."""
    segment, fraction = snapped.segment[profile.served_at], snapped.fraction[profile.served_at]
    edges = network.edges_by_segment[segment]
    usable = (edges >= 0) & profile.may_serve & ~profile.edge_is_barred[edges]
    return ServicePoints(segment=segment, fraction=fraction, edges=np.where(usable, edges, -1).astype(np.int32))

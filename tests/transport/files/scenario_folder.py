"""The folder of Little Council: two schools, three passengers, a bought route and a fleet route."""

from __future__ import annotations

import copy
from pathlib import Path

from transport.files.tables import write_table

Tables = dict[str, list[dict[str, object]]]

_LITTLE_COUNCIL: Tables = {
    "scenario": [
        {"setting": "name", "value": "Little Council"},
        {"setting": "starts_on", "value": "2026-09-02"},
        {"setting": "invented", "value": "no"},
        {"setting": "first_week", "value": "B"},
    ],
    "policy": [
        {"setting": "ride_cap_primary_s", "value": "3000"},
        {"setting": "board_after_first_alight", "value": "yes"},
        {"setting": "horizon", "value": "budget"},
    ],
    "calendar": [
        {"kind": "term", "first_day": "2026-09-02", "last_day": "2026-10-23"},
        {"kind": "term", "first_day": "02/11/2026", "last_day": "18/12/2026"},
        {"kind": "closure", "first_day": "2026-09-04", "school_id": "S1", "reason": "INSET"},
    ],
    "schools": [
        {
            "school_id": "S1", "name": "Hill School", "urn": "104030", "lat": "52.5100", "lon": "-1.9900",
            "start_time": "08:50", "finish_time": "15:15", "arrive_earliest_min": "20",
        },
        {
            "school_id": "S2", "name": "Dale School", "postcode": "b160na",
            "start_time": "9:00", "finish_time": "15:30", "leave_latest_min": "10",
        },
    ],
    "gates": [
        {"school_id": "S2", "gate_id": "north", "site": "Upper", "easting": "403000", "northing": "288000"},
        {"school_id": "S2", "gate_id": "south", "site": "Lower", "easting": "403000", "northing": "287900"},
    ],
    "school_times": [{"school_id": "S1", "weekday": "fri", "finish_time": "13:30"}],
    "passengers": [
        {"passenger_id": "P1", "school_id": "S1", "phase": "primary", "lat": "52.50", "lon": "-1.98"},
        {
            "passenger_id": "P2", "school_id": "S1", "birth_date": "2014-08-31", "postcode": "B16 0NA",
            "legs": "PM", "days": "mon fri", "weeks": "A",
        },
        {
            "passenger_id": "P3", "school_id": "S2", "gate_id": "south", "phase": "post16",
            "easting": "402000", "northing": "289000", "mobility": "in_wheelchair", "pa_need": "one_to_one",
            "vehicle_tags": "tail_lift", "ride_cap_min": "40",
        },
    ],
    "passenger_days": [
        {
            "passenger_id": "P1", "leg": "PM", "weekday": "thu fri", "lat": "52.49", "lon": "-1.97",
            "kind": "second home",
        },
        {"passenger_id": "P1", "leg": "AM", "week": "B", "weekday": "mon", "travels": "no"},
        {"passenger_id": "P3", "weekday": "wed", "start_time": "10:00"},
    ],
    "pickup_points": [
        {"passenger_id": "P1", "place_id": "stop-1", "lat": "52.503", "lon": "-1.982", "walk_m": "310"},
        {"passenger_id": "P1", "place_id": "stop-2", "postcode": "B16 0NA", "walk_m": "900", "walk_s": "800"},
        {"passenger_id": "P2", "place_id": "stop-1", "walk_m": "200", "walk_s": "171"},
    ],
    "never_together": [
        {"passenger_id_1": "P1", "passenger_id_2": "P3", "reason": "agreed", "review_on": "2027-01-04"}
    ],
    "keep_together": [
        {"group_id": "G1", "passenger_id": "P1", "reason": "siblings"},
        {"group_id": "G1", "passenger_id": "P2"},
    ],
    "vehicle_classes": [
        {
            "class_id": "taxi", "layouts": "4+0", "base_pence": "4000", "mile_rate_pence": "200",
            "pa_day_rate_pence": "5000",
        },
        {
            "class_id": "minibus", "layouts": "16+0; 12 + 2", "base_pence": "9000", "mile_rate_pence": "150",
            "pa_day_rate_pence": "5500", "free_miles": "10", "dead_rule": "none", "tags": "Tail_Lift",
            "licence_class": "PSV", "height_m": "2.95", "weight_t": "3.5", "max_routes": "9",
        },
    ],
    "depots": [{"depot_id": "D1", "lat": "52.505", "lon": "-1.985"}],
    "fleet_vehicles": [
        {
            "vehicle_id": "V1", "class_id": "minibus", "depot_id": "D1", "am_from": "06:30", "am_to": "10:00",
            "pm_from": "13:30", "pm_to": "17:30", "driver_min_paid_hours": "4.5", "can_be_given_up": "yes",
        }
    ],
    "operators": [{"operator_id": "O1", "name": "Anyborough Cars", "sme": "yes", "n_pas": "3"}],
    "operator_vehicles": [
        {
            "operator_id": "O1", "class_id": "taxi", "n_vehicles": "5", "base_pence": "3900",
            "mile_rate_pence": "190", "pa_day_rate_pence": "4900",
        }
    ],
    "contracts": [
        {
            "lot_id": "L1", "operator_id": "O1", "day_rate_pence": "8000", "pa_day_rate_pence": "5000",
            "variation_mile_rate_pence": "150", "variation_free_miles": "2", "starts_on": "2025-09-01",
            "ends_on": "2027-07-31",
        }
    ],
    "current_routes": [
        {
            "route_id": "R1", "kind": "bought", "class_id": "taxi", "operator_id": "O1", "lot_id": "L1",
            "n_pas": "1", "keep": "yes", "known_pm_min": "25.5", "passenger_id": "P1", "am_order": "1",
            "pm_order": "2",
        },
        {"route_id": "R1", "passenger_id": "P2", "pm_order": "1"},
        {
            "route_id": "R2", "kind": "fleet", "vehicle_id": "V1", "passenger_id": "P3", "am_order": "1",
            "pm_order": "1",
        },
    ],
    "street_rules": [
        {"rule_id": "SR1", "kind": "no_entry", "way_id": "12345",
        "class_ids": "minibus", "owner": "Highways"},
        {
            "rule_id": "SR2", "kind": "meeting_place", "lat": "52.501", "lon": "-1.981",
            "meeting_lat": "52.502", "meeting_lon": "-1.982",
        },
    ],
}  # fmt: skip


def little_council() -> Tables:
    """A fresh copy of its tables; row 2 of a file is entry 0 of its list."""
    return copy.deepcopy(_LITTLE_COUNCIL)


def write_folder(folder: Path, tables: Tables) -> Path:
    """Write tables as a scenario folder."""
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        write_table(folder, name, rows)
    return folder

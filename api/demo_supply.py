"""Vehicles, depots, operators and contracts of an invented council."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from api.demo_places import Spot, Spots, demo_facts, largest_remainder
from api.demo_routes import DemoRoute, holds, load_of

Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFleet:
    """The council's vehicles (id, class, depot index, may be given up) and its depots."""

    vehicles: tuple[tuple[str, str, int, bool], ...]
    depots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOperator:
    """An invented company: vehicles by class and the factor on its own card (none: capacity only)."""

    operator_id: str
    sme: bool
    base: Spot
    n_vehicles: Mapping[str, int]
    card_factor: Mapping[str, float]


def make_fleet(rng: np.random.Generator, homes: Spots, n_passengers: int) -> DemoFleet:
    """The fleet in proportion to the passengers, at depots on either side of the area's middle."""
    facts = demo_facts("supply")
    size = demo_facts("borough")["size"]
    n = max(2, round(size["n_fleet_vehicles"] * n_passengers / size["n_passengers"]))
    counts = largest_remainder(n, [kind["share_pct"] for kind in facts["fleet"]])
    kinds = [kind["class_id"] for kind in facts["fleet"]]
    class_ids = [class_id for class_id, count in zip(kinds, counts, strict=True) for _ in range(count)]
    terms = facts["fleet_terms"]
    n_depots = terms["n_depots"]
    given_up = rng.random(n) * 100 < terms["given_up_pct"]
    return DemoFleet(
        vehicles=tuple(
            (f"V{idx + 1:02d}", class_id, idx % n_depots, bool(given_up[idx])) for idx, class_id in enumerate(class_ids)
        ),
        depots=tuple(_depot(homes, k, n_depots) for k in range(n_depots)),
    )


def _depot(homes: Spots, k: int, n: int) -> Spot:
    turn = math.tau * k / n
    x_m = float(homes.x_m.mean() + 0.8 * homes.x_m.std() * math.cos(turn))
    y_m = float(homes.y_m.mean() + 0.8 * homes.y_m.std() * math.sin(turn))
    return homes.nearest(x_m, y_m)


def give_to_fleet(routes: Sequence[DemoRoute], fleet: DemoFleet, classes: Sequence[Mapping[str, Any]]) -> None:
    """One route per council vehicle: the fullest that its class holds."""
    class_of = {c["class_id"]: c for c in classes}
    by_size = sorted(routes, key=lambda r: (-len(r.members), r.route_id))
    for vehicle_id, class_id, _, _ in fleet.vehicles:
        for route in by_size:
            if not route.vehicle_id and holds(class_of[class_id], load_of(route.members)):
                route.vehicle_id, route.class_id = vehicle_id, class_id
                break


def make_operators(
    rng: np.random.Generator,
    homes: Spots,
    routes: Sequence[DemoRoute],
    classes: Sequence[Mapping[str, Any]],
    n_passengers: int,
) -> list[DemoOperator]:
    """Companies with vehicles for today's bought routes and some to spare."""
    facts, size = demo_facts("supply"), demo_facts("borough")["size"]
    ratio = n_passengers / size["n_passengers"]
    n = max(3, round(size["n_operators"] * ratio ** size["n_operators_power"]))
    scale = rng.lognormal(0.0, 0.7, size=n)
    vehicles: list[dict[str, int]] = [{} for _ in range(n)]
    for c in classes:
        needed = sum(r.class_id == c["class_id"] and not r.vehicle_id for r in routes)
        total = math.ceil(needed * (1 + facts["spare_capacity_pct"] / 100)) + 2
        n_admitted = max(2, round(n * c["operators_pct"] / 100))
        admitted = sorted(int(i) for i in rng.choice(n, size=n_admitted, replace=False))
        for i, count in zip(admitted, largest_remainder(total, [scale[i] for i in admitted]), strict=True):
            if count:
                vehicles[i][c["class_id"]] = count
    for mine in vehicles:
        # Whoever was drawn for no class is a driver with one car.
        if not mine:
            mine[classes[0]["class_id"]] = 1
    return [
        DemoOperator(
            operator_id=f"OP{i + 1:02d}",
            sme=bool(rng.random() * 100 < facts["sme_pct"]),
            base=homes.at(int(rng.integers(len(homes.cells)))),
            n_vehicles=vehicles[i],
            card_factor=_card_factors(rng, vehicles[i]),
        )
        for i in range(n)
    ]


def _card_factors(rng: np.random.Generator, n_vehicles: Mapping[str, int]) -> dict[str, float]:
    """Own cards: the company's level x lognormal around the default, for some of its classes."""
    facts = demo_facts("supply")
    level = float(rng.lognormal(0.0, facts["operator_sigma"]))
    return {class_id: level for class_id in n_vehicles if rng.random() * 100 < facts["own_card_pct"]}


def give_to_operators(rng: np.random.Generator, routes: Sequence[DemoRoute], operators: Sequence[DemoOperator]) -> None:
    """Each bought route becomes a lot held by an operator that has a vehicle of the class left."""
    left = {(o.operator_id, class_id): n for o in operators for class_id, n in o.n_vehicles.items()}
    for route in routes:
        if route.vehicle_id:
            continue
        able = [o.operator_id for o in operators if left.get((o.operator_id, route.class_id), 0) > 0]
        weights = np.array([left[operator_id, route.class_id] for operator_id in able], dtype=np.float64)
        route.operator_id = able[int(rng.choice(len(able), p=weights / weights.sum()))]
        route.lot_id = f"L{route.route_id[1:]}"
        left[route.operator_id, route.class_id] -= 1


def contract_rows(rng: np.random.Generator, routes: Sequence[DemoRoute], starts_on: date) -> list[Row]:
    """A contract for every lot: half end with the school year, most can be extended."""
    rows: list[Row] = []
    for route in routes:
        if not route.lot_id:
            continue
        ends_on = date(starts_on.year + int(rng.choice([1, 1, 2, 3])), 7, 31)
        dearer = 50 * round(route.day_rate_pence * float(rng.uniform(1.0, 1.12)) / 50)
        rows.append(
            {
                "lot_id": route.lot_id,
                "operator_id": route.operator_id,
                "day_rate_pence": route.day_rate_pence,
                "pa_day_rate_pence": route.pa_day_rate_pence,
                "variation_mile_rate_pence": int(rng.integers(90, 220)),
                "variation_free_miles": int(rng.integers(0, 6)),
                "starts_on": date(ends_on.year - 3, 9, 1),
                "ends_on": ends_on,
                "extension_day_rate_pence": None if rng.random() < 0.2 else dearer,
            }
        )
    return rows


def class_rows(classes: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Rows of `vehicle_classes.csv`."""
    rates = ("base_pence", "mile_rate_pence", "pa_day_rate_pence")
    copied = ("class_id", "layouts", *rates, "tags", "licence_class")
    sizes = ("height_m", "width_m", "length_m", "weight_t")
    return [{name: c[name] for name in copied} | dict(zip(sizes, c["size"], strict=True)) for c in classes]


def fleet_rows(fleet: DemoFleet) -> tuple[list[Row], list[Row]]:
    """Rows of `depots.csv` and of `fleet_vehicles.csv`; prices stay blank: the policy's."""
    terms = demo_facts("supply")["fleet_terms"]
    depots: list[Row] = [{"depot_id": f"D{k + 1}", **spot.cells} for k, spot in enumerate(fleet.depots)]
    vehicles: list[Row] = [
        {
            "vehicle_id": vehicle_id,
            "class_id": class_id,
            "depot_id": f"D{depot + 1}",
            "am_from": terms["am"][0],
            "am_to": terms["am"][1],
            "pm_from": terms["pm"][0],
            "pm_to": terms["pm"][1],
            "can_be_given_up": given_up,
            "max_runs_per_shift": terms["max_runs_per_shift"],
        }
        for vehicle_id, class_id, depot, given_up in fleet.vehicles
    ]
    return depots, vehicles


def operator_rows(
    operators: Sequence[DemoOperator], classes: Sequence[Mapping[str, Any]]
) -> tuple[list[Row], list[Row]]:
    """Rows of `operators.csv` and of `operator_vehicles.csv`."""
    card_of = {c["class_id"]: c for c in classes}
    rows: list[Row] = [
        {
            "operator_id": o.operator_id,
            "name": f"Demo operator {o.operator_id[2:]}",
            "sme": o.sme,
            **o.base.cells,
        }
        for o in operators
    ]
    vehicles: list[Row] = []
    for o in operators:
        for class_id, n_vehicles in o.n_vehicles.items():
            row: Row = {"operator_id": o.operator_id, "class_id": class_id, "n_vehicles": n_vehicles}
            factor = o.card_factor.get(class_id)
            if factor is not None:
                for name in ("base_pence", "mile_rate_pence", "pa_day_rate_pence"):
                    row[name] = round(card_of[class_id][name] * factor)
            vehicles.append(row)
    return rows, vehicles

"""Plan folders made by hand from the lists in a store: two schools, two passengers each, a car for each pair.

Everything is five minutes and two kilometres from everything, so no ride is long and no seat is short.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from api.store.kinds import KIND_BY_NAME, body_of
from api.store.records import Draft, save
from api.store.scenario import write_stored_scenario
from api.store.store import Store
from tests.api.lists import OFFICER, add
from tests.builders import make_plan, route_of
from transport.check import check_plan
from transport.cost import cost_of, objective_of
from transport.digest import digest_of
from transport.files.plan_json import write_plan
from transport.files.read import read_scenario
from transport.files.travel_pairs import write_travel_pairs
from transport.plan import Unserved
from transport.travel import RecordingTravel, TravelMatrix

PAIRS = (("R1", "P1", "P2"), ("R2", "P3", "P4"))
STARTS_ON = date(2026, 9, 1)


def fill_lists(store: Store) -> None:
    """P1 and P2 go to S01, P3 and P4 to S02; a saloon carries four."""
    times = {"start_time": "08:50", "finish_time": "15:15"}
    for number, name in enumerate(("The Meadows", "The Brook"), start=1):
        add(store, "school", f"S0{number}", {"name": name, "lat": 52.5, "lon": -2 + number / 100, **times})
    prices = {"base_pence": 9000, "mile_rate_pence": 150, "pa_day_rate_pence": 6000}
    add(store, "vehicle_class", "car", {"layouts": "4+0", **prices})
    for number in range(1, 5):
        row = {"school_id": "S01" if number < 3 else "S02", "phase": "primary", "lat": 52.51, "lon": -2 + number / 100}
        add(store, "passenger", f"P{number}", row)
    council = KIND_BY_NAME["council"]
    settings = [{"setting": "name", "value": "Test"}, {"setting": "starts_on", "value": STARTS_ON.isoformat()}]
    with store.change(OFFICER) as work:
        body = body_of(council, "council", {"scenario": settings})
        save(work, council, "council", Draft(body=body), expected_version=0)


def add_bidders(store: Store) -> None:
    """Two operators with two cars each."""
    for name in ("O1", "O2"):
        add(
            store, "operator", name, {"name": f"Operator {name}"},
            operator_vehicles=[{"class_id": "car", "n_vehicles": "2"}],
        )  # fmt: skip


def write_plan_folder(
    store: Store, folder: Path, routes: Sequence[tuple[str, ...]] = PAIRS, *, later_s: int = 0
) -> Path:
    """A folder as `schoolrun plan` writes one, as far as checking needs it; who is on no route is unserved."""
    with store.read() as session:
        write_stored_scenario(session, store.cipher, STARTS_ON, folder / "scenario")
    scenario = read_scenario(folder / "scenario")
    n = len(scenario.places)
    apart = 1 - np.eye(n, dtype=np.int32)
    travel = TravelMatrix(
        row_by_place_id={place.place_id: i for i, place in enumerate(scenario.places)},
        profile_by_class_id={"car": 0}, seconds=np.array([[apart * 300, apart * 300]], dtype=np.int32),
        metres=np.array([[apart * 2000, apart * 2000]], dtype=np.int32), approximate=True, source="by hand",
        digest="by hand",
    )  # fmt: skip
    made = [
        route_of(scenario, travel, route_id, people, people, class_id="car", later_s=later_s)
        for route_id, *people in routes
    ]
    carried = {passenger_id for _, *people in routes for passenger_id in people}
    plan = make_plan(
        *made,
        unserved=tuple(
            Unserved(passenger_id=p.passenger_id, cause="by_hand", sentence="Nobody drives")
            for p in scenario.passengers
            if p.passenger_id not in carried
        ),
        digests={"scenario": digest_of(scenario), "travel": travel.digest},
    )
    recording = RecordingTravel(travel=travel)
    check_plan(plan, scenario, recording)
    objective_of(plan, scenario, recording, cost_of(plan, scenario, recording))
    write_plan(plan, folder / "plan.json")
    write_travel_pairs(recording.pairs(), folder / "travel_pairs.json")
    return folder


def zipped(folder: Path) -> bytes:
    """A folder as a ZIP file."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return data.getvalue()

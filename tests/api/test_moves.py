"""Moving somebody on the plan that stands open gives what it gives on one that was stood up for it alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.editing import _answer
from api.in_year_change import ChangeRequest, judge_change, make_change
from api.plan_edits import CannotEditError, Edit, EditKind, make_edit
from api.plan_folder import PlanFolder, open_plan_folder, roads_for
from api.planning_job import Watcher
from tests.api.planned import plan_folder

TOLD = date(2026, 9, 1)


@pytest.fixture(scope="module")
def folder() -> PlanFolder:
    """P1 and P2 on R1 under contract, P3 on a minibus."""
    return open_plan_folder(plan_folder())


def network_of(folder: PlanFolder) -> Any:
    watcher = Watcher()
    return roads_for(folder, folder.scenario, watcher, roads_path=None, travel_path=None, cache_dir=None).network


def test_a_kept_desk_changes_no_answer(folder: PlanFolder) -> None:
    """Everybody, to every other route, to any other and to a vehicle of their own; twice, so that nothing wears off."""
    network = network_of(folder)
    routes = [route.route_id for route in folder.plan.routes]
    n_answers = 0
    for passenger_id in sorted(pid for route in folder.plan.routes for pid in route.passenger_ids):
        for target in (*routes, None, "new") * 2:
            route_id, is_new = (None, True) if target == "new" else (target, False)
            edit = Edit(kind=EditKind.MOVE_PASSENGER, passenger_id=passenger_id, route_id=route_id, on_new_route=is_new)
            request = ChangeRequest(
                plan_path=folder.path, out=Path("preview"), told_on=TOLD, network=network, max_changed=None,
                move_to={passenger_id: route_id}, on_new_route=is_new,
            )  # fmt: skip
            alone = make_change(request, folder, Watcher())
            try:
                kept = make_edit(folder, network, edit, Path("preview"), TOLD)
            except CannotEditError:
                assert alone.change.not_placed == (passenger_id,)
                continue
            n_answers += 1
            told = [_answer(folder, judge_change(making)) for making in (kept, alone)]
            assert told[0].figures() == told[1].figures()
            assert told[0].violations == told[1].violations
            assert kept.change.desk.plan == alone.change.desk.plan
    assert n_answers >= 6

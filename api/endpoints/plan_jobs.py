"""What a planning job is asked for: over HTTP and on the pages, with the same rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import Field

from api.endpoints.shapes import Line, RecordIdPath, Shape
from api.store.jobs import ask_job
from api.store.plans import read_stored_plan
from api.store.store import Work
from transport.files.faults import Fault, InputFaults
from transport.files.read_schools import setting_fault


class PlanJobShape(Shape):
    """What is to be planned, and for how long."""

    title: Line = Field(examples=["Autumn 2026"])
    on: date | None = Field(default=None, description="Plan the lists of this day", examples=["2026-09-01"])
    from_plan_id: RecordIdPath | None = Field(
        default=None, description="Instead: plan this plan's lists again, near it or with a free hand"
    )
    near_plan_id: RecordIdPath | None = Field(
        default=None, description="With `on`: the plan that families know; empty: today's routes of the lists"
    )
    school_ids: list[RecordIdPath] = Field(
        default=[], max_length=500, description="With `on`: plan these schools' passengers alone; empty: everybody"
    )
    policy: dict[Annotated[str, Field(max_length=60)], Annotated[str, Field(max_length=40)]] = Field(
        default={}, max_length=100, description="With `on`: settings of policy.csv for this plan alone",
        examples=[{"ride_target_primary_s": "3000"}],
    )  # fmt: skip
    without_vehicle_ids: list[RecordIdPath] = Field(
        default=[], max_length=500, description="With `on`: the council's vehicles that this plan may not use"
    )
    max_disturbed: int | None = Field(
        default=None, ge=0, le=100_000, description="Most families disturbed, against the plan before"
    )
    disturbed_pence_per_week: int | None = Field(
        default=None, ge=0, le=1_000_000, description="Price of each family disturbed"
    )
    seconds: int = Field(default=120, ge=1, le=36_000, description="Of search")
    iterations: int | None = Field(default=None, ge=1, le=100_000_000, description="Of search, instead of seconds")
    n_rounds: int = Field(default=10, ge=1, le=100, description="The best plan is kept after each")
    seed: int = Field(default=1, ge=0, le=1_000_000)
    bound_seconds: int | None = Field(
        default=None, ge=1, le=36_000, description="Then prove for so long how good the plan is; empty: do not"
    )


def start_plan(work: Work, wanted: PlanJobShape) -> str:
    """Ask for a plan; gives the job's id.

    Raises
    ------
    InputFaults
        When parts of what is wanted do not go together, or a setting is none.
    NotInStoreError
        When a plan that is named is not there.
    """
    faults = list(_faults_of(wanted))
    if faults:
        raise InputFaults(faults)
    for plan_id in filter(None, (wanted.from_plan_id, wanted.near_plan_id)):
        read_stored_plan(work.session, plan_id)
    asked = wanted.model_dump(mode="json", exclude={"from_plan_id"})
    kind = "plan" if wanted.from_plan_id is None else "replan"
    return ask_job(work, kind, {**asked, "plan_id": wanted.from_plan_id})


def start_frontier(work: Work, plan_id: str, seconds: int, seed: int = 1) -> str:
    """Ask what a plan could cost for each number of families disturbed; gives the job's id.

    Raises
    ------
    NotInStoreError
        When the plan is not there.
    """
    title = read_stored_plan(work.session, plan_id).title
    wanted = {"title": title, "plan_id": plan_id, "seconds": seconds, "iterations": None, "n_rounds": 1, "seed": seed}
    return ask_job(work, "frontier", wanted)


def _faults_of(wanted: PlanJobShape) -> Iterator[Fault]:
    if (wanted.on is None) == (wanted.from_plan_id is None):
        yield _fault("on", "give on, or from_plan_id")
    for name in ("near_plan_id", "school_ids", "policy", "without_vehicle_ids"):
        if wanted.from_plan_id is not None and getattr(wanted, name):
            yield _fault(name, "goes with on alone: another plan's lists are planned as they are")
    for name, value in wanted.policy.items():
        if message := setting_fault(name, value):
            yield _fault(name, message, value)


def _fault(column: str, message: str, value: str = "") -> Fault:
    return Fault(file="plan", row=None, column=column, value=value, message=message)

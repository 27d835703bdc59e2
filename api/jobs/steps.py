"""Which module has the steps of a kind of job: `begin` and `complete`, and `improve` for what has several rounds."""

from __future__ import annotations

from types import ModuleType

from api.jobs import bounding, planning, tendering
from api.store.jobs import BOUND, TENDER_KINDS


def steps_of(kind: str) -> ModuleType:
    """The module with the steps of jobs of a kind."""
    if kind in TENDER_KINDS:
        return tendering
    return bounding if kind == BOUND else planning

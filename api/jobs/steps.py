"""Which module has the steps of a kind of job: `begin` and `complete`, and `improve` for what has several rounds."""

from __future__ import annotations

from types import ModuleType

from api.export_files import EXPORT
from api.jobs import bounding, export_job, planning, tendering
from api.store.jobs import BOUND, TENDER_KINDS


def steps_of(kind: str) -> ModuleType:
    """The module with the steps of jobs of a kind."""
    others = {BOUND: bounding, EXPORT: export_job, **dict.fromkeys(TENDER_KINDS, tendering)}
    return others.get(kind, planning)

"""How a step of a tender is taken over HTTP: on its folder, written out for the moment, then stored with its lines."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import Response

from api.auth.faults import NotAllowedError
from api.endpoints.asking import Asking
from api.endpoints.shapes import moment_text
from api.idempotency import Answer, Once, do_once_prepared
from api.open_plans import OpenPlans
from api.plan_folder import PlanFolder, open_plan_folder
from api.store.faults import NotAllowedYetError, StaleWriteError
from api.store.plans import write_folder
from api.store.store import Store
from api.store.tenders import (
    StoredTender,
    add_tender,
    folder_files,
    folder_of,
    keep_step,
    read_tender,
)
from api.tender_log import Signed
from procurement.award import AwardImpossible, AwardRefused
from procurement.integrity import RecordRefused
from procurement.pack import DisclosureRefused
from procurement.record import Line
from transport.digest import plain_of
from transport.files.faults import Fault, InputFaults
from transport.travel import Travel

_NOT_YET = (RecordRefused, AwardRefused, AwardImpossible, DisclosureRefused)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Desk:
    """What a step works on.

    Attributes
    ----------
    folder : of the tender. given : the plan. travel : between all its places, worked out when asked for.
    """

    folder: Path
    given: PlanFolder
    travel: Callable[[], Travel]


Step = Callable[[Desk], None]


def take_step(
    who: Asking, one: Once, plans: OpenPlans, tender_id: str, version: int, step: Step
) -> Response:  # fmt: skip
    """Take a step and answer with the tender as it stands then.

    Raises
    ------
    NotAllowedYetError
        When the record, the rules of the pack or the disclosure check refuse it.
    InputFaults
        When what was sent cannot be taken.
    StaleWriteError
        When another version stands.
    """

    def prepare() -> dict[str, bytes]:
        tender = require_version(who, tender_id, version)
        with folder_of(who.store, tender_id) as folder:
            return files_after(who.store, plans, tender.plan_id, folder, step)

    return do_once_prepared(
        who, one, prepare,
        lambda work, files: answer(keep_step(work, tender_id, files, expected_version=version)),
    )  # fmt: skip


def require_version(who: Asking, tender_id: str, version: int) -> StoredTender:
    """A tender as somebody saw it last.

    Raises
    ------
    StaleWriteError
        When another version stands.
    """
    with who.store.read() as session:
        tender = read_tender(session, who.store.cipher, tender_id)
    if tender.version != version:
        raise StaleWriteError(f"tender {tender_id}", given_version=version, current_version=tender.version)
    return tender


def begin(who: Asking, one: Once, plans: OpenPlans, plan_id: str, title: str, step: Step) -> Response:
    """Make a tender of a plan by its first step.

    Raises
    ------
    NotAllowedYetError, InputFaults
        As `take_step`.
    """

    def prepare() -> dict[str, bytes]:
        with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
            return files_after(who.store, plans, plan_id, Path(name), step)

    return do_once_prepared(
        who, one, prepare, lambda work, files: answer(add_tender(work, plan_id, title, files), status=201)
    )


def files_after(store: Store, plans: OpenPlans, plan_id: str, folder: Path, step: Step) -> dict[str, bytes]:
    """Files of a tender's folder once a step has been taken in it.

    Raises
    ------
    NotAllowedYetError, InputFaults
        As `take_step`.
    """
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as place:
        with store.read() as session:
            write_folder(session, store.cipher, plan_id, Path(place))
        with told(folder):
            given = open_plan_folder(Path(place))
            step(Desk(folder=folder, given=given, travel=lambda: plans.opened(plan_id).travel()))
    return folder_files(folder)


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Say faults as the API says them, without where the folder lay for the moment."""
    try:
        yield
    except InputFaults:
        raise
    except FileNotFoundError as error:
        raise NotAllowedYetError(f"there is no {Path(error.filename).name} yet: another step makes it first") from error
    except _NOT_YET as error:
        raise NotAllowedYetError(str(error).replace(f"{folder}/", "")) from error
    except ValueError as error:
        message = str(error).replace(f"{folder}/", "")
        raise InputFaults([Fault(file="tender", row=None, column="", value="", message=message)]) from error


def signed(who: Asking, why: str = "") -> Signed:
    """The caller as who signs."""
    return Signed(by=(who.caller.name,), why=why)


def require_person(who: Asking) -> None:
    """Refuse another system where a person must decide.

    Raises
    ------
    NotAllowedError
        When a key asks.
    """
    if who.principal.role is None:
        raise NotAllowedError("only a person may do this")


def answer(tender: StoredTender, *, status: int = 200) -> Answer:
    """A tender as the answer to a step."""
    return Answer(status=status, body=tender_json(tender), etag=tender.version)


def tender_json(tender: StoredTender) -> dict[str, Any]:
    """A tender as the API tells it."""
    return {
        "tender_id": tender.tender_id, "version": tender.version, "plan_id": tender.plan_id, "title": tender.title,
        "made_at": moment_text(tender.made_at), "made_by": tender.made_by,
        "steps": [line.decision.step for line in tender.lines], "files": dict(tender.files),
    }  # fmt: skip


def line_json(line: Line) -> dict[str, Any]:
    """A line of the record as the API tells it."""
    said = plain_of(line.decision)
    step = said.pop("step")
    return {
        "line": line.seq, "at": moment_text(line.at), "by": list(line.by), "why": line.why, "step": step,
        "said": said, "hash": line.hash,
    }  # fmt: skip

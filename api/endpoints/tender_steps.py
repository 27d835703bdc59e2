"""How a step of a tender is taken over HTTP: on its folder, written out for the moment, then stored with its lines."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Response

from api.auth.faults import NotAllowedError
from api.endpoints.asking import Asking
from api.endpoints.shapes import moment_text
from api.idempotency import Answer, Once, do_once_prepared
from api.open_plans import OpenPlans
from api.plan_folder import PlanFolder, open_plan_folder
from api.store.faults import NotAllowedYetError, StaleWriteError
from api.store.plans import write_folder
from api.store.tenders import (
    StoredTender,
    add_tender,
    folder_files,
    keep_step,
    read_tender,
    write_tender_folder,
)
from api.tender_log import Signed
from procurement.award import AwardImpossible, AwardRefused
from procurement.integrity import RecordRefused
from procurement.lot_design import LotLimits
from procurement.pack import DisclosureRefused
from procurement.record import Line
from transport.digest import plain_of
from transport.files.faults import Fault, InputFaults
from transport.travel import Travel

if TYPE_CHECKING:
    from procurement.compare_lots import DesignResult

_NOT_YET = (RecordRefused, AwardRefused, AwardImpossible, DisclosureRefused, FileNotFoundError)


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
        with who.store.read() as session:
            tender = read_tender(session, who.store.cipher, tender_id)
        if tender.version != version:
            raise StaleWriteError(f"tender {tender_id}", given_version=version, current_version=tender.version)
        with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
            folder = Path(name)
            with who.store.read() as session:
                write_tender_folder(session, who.store.cipher, tender_id, folder)
            return files_after(who, plans, tender.plan_id, folder, step)

    return do_once_prepared(
        who, one, prepare,
        lambda work, files: answer(keep_step(work, tender_id, files, expected_version=version)),
    )  # fmt: skip


def begin(who: Asking, one: Once, plans: OpenPlans, plan_id: str, title: str, step: Step) -> Response:
    """Make a tender of a plan by its first step.

    Raises
    ------
    NotAllowedYetError, InputFaults
        As `take_step`.
    """

    def prepare() -> dict[str, bytes]:
        with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
            return files_after(who, plans, plan_id, Path(name), step)

    return do_once_prepared(
        who, one, prepare, lambda work, files: answer(add_tender(work, plan_id, title, files), status=201)
    )


def files_after(who: Asking, plans: OpenPlans, plan_id: str, folder: Path, step: Step) -> dict[str, bytes]:
    """Files of a tender's folder once a step has been taken in it."""
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as place:
        with who.store.read() as session:
            write_folder(session, who.store.cipher, plan_id, Path(place))
        with _told(folder):
            given = open_plan_folder(Path(place))
            step(Desk(folder=folder, given=given, travel=lambda: plans.opened(plan_id).travel()))
    return folder_files(folder)


def compared_cuts(who: Asking, plan_id: str, limits: LotLimits, *, n_markets: int) -> tuple[DesignResult, ...]:
    """What every cut of a stored plan would come to on invented markets; nothing is stored.

    Raises
    ------
    NotAllowedYetError, InputFaults
        As `take_step`.
    """
    from api.tender_pack import compare_cuts

    with tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        folder, place = Path(name) / "tender", Path(name) / "plan"
        with who.store.read() as session:
            write_folder(session, who.store.cipher, plan_id, place)
        with _told(folder):
            given = open_plan_folder(place)
            return compare_cuts(given, given.pairs, folder, limits, fleet_too=False, n_markets=n_markets)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Say faults as the API says them, without where the folder lay for the moment."""
    try:
        yield
    except InputFaults:
        raise
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

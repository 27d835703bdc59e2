"""Edits of stored plans: answered at once with what they break, move and cost; kept, they make the next plan."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from api.in_year_change import Making, NotAPlanError, judge_change, new_faults, write_change
from api.open_plans import OpenPlan, OpenPlans
from api.plan_compare import Comparison, Side, compare, figures_of
from api.plan_edits import CannotEditError, Edit, make_edit
from api.plan_folder import FOLDERS_KEPT, PlanFolder, open_plan_folder
from api.planning_job import Watcher
from api.quoting import opened
from api.store.faults import NotAllowedYetError
from api.store.plans import SealedPlan, StoredPlan, read_stored_plan, seal_plan, write_folder
from api.store.quotes import newest_of, step_before, step_to
from api.store.store import Store, Work
from transport.check import Violation
from transport.files.faults import InputFaults

if TYPE_CHECKING:
    from api.report.outcome import Outcome


UNDOABLE = ("edit", "undo")
"""Steps from plan to plan that can be taken back by making the plan before once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an edit does.

    Attributes
    ----------
    violations : every broken rule of the plan after it. new_hard : those hard ones that it adds.
    """

    violations: tuple[Violation, ...]
    new_hard: tuple[Violation, ...]
    comparison: Comparison

    def figures(self) -> dict[str, Any]:
        """The same for scripts."""
        return {
            "can_be_kept": not self.new_hard,
            "violations": [
                {"rule": v.rule.value, "hard": v.hard, "sentence": v.sentence, "is_new": v in self.new_hard}
                for v in self.violations
            ],
            **self.comparison.figures(),
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """An edit that is to be kept, checked and sealed."""

    plan_id: str
    sealed: SealedPlan
    answer: Answer


def answer_of(plans: OpenPlans, plan_id: str, edit: Edit, today: date) -> Answer:
    """What an edit would do; nothing is stored.

    Raises
    ------
    NotInStoreError, InputFaults
        When plan, route or passenger are not there, or the edit lacks something.
    NotAllowedYetError
        Saying why it has no answer.
    """
    plan = opened(plans, plan_id)
    return _answer(plan.folder, judge_change(_making(plan, plan_id, edit, Path("preview"), today)))


def make_kept(store: Store, plans: OpenPlans, plan_id: str, edit: Edit, today: date) -> Kept:
    """The plan after an edit, complete and sealed.

    Raises
    ------
    NotInStoreError, InputFaults
        As `answer_of`.
    NotAllowedYetError
        As `answer_of`; also when the plan would break hard rules that it does not break now.
    """
    plan = opened(plans, plan_id)
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as place:
        out = Path(place) / "out"
        try:
            outcome = write_change(_making(plan, plan_id, edit, out, today), Watcher()).outcome
        except NotAPlanError as error:
            raise NotAllowedYetError(f"plan {plan_id}: {error}") from error
        return Kept(plan_id=plan_id, sealed=seal_plan(store.cipher, out), answer=_answer(plan.folder, outcome))


def keep(work: Work, kept: Kept) -> StoredPlan:
    """Store the plan after an edit, proposed.

    Raises
    ------
    PlanChangedError
        When another plan grew out of the edited one meanwhile.
    """
    title = read_stored_plan(work.session, kept.plan_id).title
    return step_to(work, kept.plan_id, kept.sealed, title, "edit")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Undone:
    """The plan before an edit once more, sealed, to stand behind the edited one."""

    plan_id: str
    sealed: SealedPlan


def before_edit(session: Session, plan_id: str) -> str | None:
    """The plan that an undone edit would lead back to; None: no edit made this one, or another plan grew out of it."""
    step = step_before(session, plan_id)
    is_last = newest_of(session, plan_id) == plan_id
    return step.plan_id_before if step is not None and step.kind in UNDOABLE and is_last else None


def make_undone(store: Store, plan_id: str) -> Undone:
    """Make the plan before an edit once more.

    Raises
    ------
    NotAllowedYetError
        When the plan did not grow out of another by an edit.
    NotInStoreError
        When the plan before is not there, or its files have been removed.
    """
    with store.read() as session:
        before_id = before_edit(session, plan_id)
    if before_id is None:
        raise NotAllowedYetError(f"plan {plan_id}: has no edit that could be undone")
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as place:
        with store.read() as session:
            write_folder(session, store.cipher, before_id, Path(place))
        return Undone(plan_id=plan_id, sealed=seal_plan(store.cipher, Path(place)))


def undo(work: Work, undone: Undone) -> StoredPlan:
    """Store the plan before an edit as the next one, proposed: what was quoted for the edited plan holds no more.

    Raises
    ------
    PlanChangedError
        When another plan grew out of the edited one meanwhile.
    """
    title = read_stored_plan(work.session, undone.plan_id).title
    return step_to(work, undone.plan_id, undone.sealed, title, "undo")


def compare_stored(store: Store, plan_id: str, other_id: str) -> Comparison:
    """A stored plan against another one, the plan before.

    Raises
    ------
    NotInStoreError
        When one is not there, or its files have been removed.
    """
    return compare(_side(store, other_id), _side(store, plan_id))


def _side(store: Store, plan_id: str) -> Side:
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as place:
        with store.read() as session:
            write_folder(session, store.cipher, plan_id, Path(place))
        return _side_of(open_plan_folder(Path(place)))


def _side_of(folder: PlanFolder) -> Side:
    return Side(plan=folder.plan, scenario=folder.scenario, travel=folder.pairs)


@lru_cache(maxsize=FOLDERS_KEPT)
def _known_side_of(folder: PlanFolder) -> Side:
    """Of a plan that stays open, with its figures worked out once."""
    side = _side_of(folder)
    return replace(side, figures=figures_of(side))


def _making(plan: OpenPlan, plan_id: str, edit: Edit, out: Path, today: date) -> Making:
    try:
        return make_edit(plan.folder, plan.network, edit, out, today)
    except InputFaults:
        raise
    except (CannotEditError, ValueError) as error:
        raise NotAllowedYetError(f"plan {plan_id}: {error}") from error


def _answer(folder: PlanFolder, outcome: Outcome) -> Answer:
    # The outcome was judged against this very plan: who is disturbed was worked out there.
    known = outcome.known.disturbed if outcome.known is not None and outcome.known.plan is folder.plan else None
    after = Side(
        plan=outcome.plan, scenario=outcome.scenario, travel=outcome.travel, cost=outcome.breakdown,
        rides=outcome.rides, disturbed=known,
    )  # fmt: skip
    return Answer(
        violations=outcome.violations,
        new_hard=new_faults(outcome, folder),
        comparison=compare(_known_side_of(folder), after),
    )

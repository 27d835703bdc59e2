"""Quotes for passengers of the lists, against the plan in force or a named one; accepted, they make the next plan."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from api.audit import Caller
from api.in_year_change import ChangeRequest, Choice, OptionGoneError, make_change, write_change
from api.in_year_quotes import quote_figures
from api.open_plans import Newcomer, OpenPlan, OpenPlans, write_newcomers
from api.planning_job import Watcher
from api.store.faults import NotAllowedYetError, PlanChangedError, StaleWriteError
from api.store.kinds import rows_of
from api.store.models import Placement
from api.store.passengers import PASSENGER, read_passenger
from api.store.plans import SealedPlan, StoredPlan, read_stored_plan, seal_plan, standing_plans
from api.store.quotes import (
    Asked,
    StoredQuote,
    newest_of,
    placement_of_quote,
    read_placement,
    read_quote,
    save_placement,
    save_quote,
    step_to,
)
from api.store.records import Filter, Stored, list_records, require_version
from api.store.store import Store, Work
from transport.files.faults import Fault, InputFaults


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Who is to be quoted.

    Attributes
    ----------
    school_ids : candidate schools; none: the passenger's own.
    plan_id : None: the newest plan that grew out of the one in force for the passenger's school.
    with_reasons : also say why routes to the same school cannot take them.
    """

    passenger_id: str
    school_ids: tuple[str, ...] = ()
    plan_id: str | None = None
    n_options: int = 10
    with_reasons: bool = False


def ask(store: Store, plans: OpenPlans, caller: Caller, question: Question, asked_on: date) -> StoredQuote:
    """Work a quote out and keep it.

    Raises
    ------
    NotInStoreError
        When passenger or plan are not there.
    NotAllowedYetError
        When no plan is in force for the passenger's school, or the passenger is in the plan already.
    InputFaults
        When the passenger's record does not fit into the plan's lists.
    """
    with store.read() as session:
        stored = read_passenger(session, store.cipher, question.passenger_id)
        newcomer = newcomer_of(stored, question.school_ids)
        plan_id = question.plan_id or plan_for(session, newcomer.cells["school_id"])
        if question.plan_id is not None:
            read_stored_plan(session, plan_id)
    asked, content = answer(
        store, plans, newcomer, plan_id, asked_on, n_options=question.n_options, with_reasons=question.with_reasons
    )
    return store.change_together(caller, lambda work: save_quote(work, asked, content))


def answer(
    store: Store,
    plans: OpenPlans,
    newcomer: Newcomer,
    plan_id: str,
    asked_on: date,
    *,
    n_options: int,
    with_reasons: bool = False,
) -> tuple[Asked, dict[str, Any]]:
    """Work a quote out for somebody, also for one who is in no list yet; nothing is kept.

    Parameters
    ----------
    newcomer : with the version of their record, or 1 where it is still to be saved.

    Raises
    ------
    NotInStoreError, NotAllowedYetError, InputFaults
        As `ask`.
    """
    plan = opened(plans, plan_id)
    _require_new(plan, newcomer.passenger_id, plan_id)
    with plan.expecting(newcomer), plans.at_once:
        found, is_decided = plan.quote(
            newcomer, lambda: _waiting(store, asked_on), n=n_options, asked_on=asked_on, with_reasons=with_reasons
        )
    assert found.valid_until is not None  # an open plan always says until when
    asked = Asked(
        passenger_id=newcomer.passenger_id, passenger_version=newcomer.version, plan_id=plan_id,
        school_ids=tuple(sorted(newcomer.school_ids)), is_decided=is_decided, valid_until=found.valid_until,
    )  # fmt: skip
    return asked, quote_figures(found)


def man(store: Store, plans: OpenPlans, plan_id: str, today: date) -> None:
    """Open a plan and its desk with everybody who waits for a place, ahead of the first question.

    Raises
    ------
    NotInStoreError, NotAllowedYetError, ValueError
        When it cannot be opened here, or not be changed.
    """
    opened(plans, plan_id).man(lambda: _waiting(store, today))


def newcomer_of(stored: Stored, school_ids: tuple[str, ...] = ()) -> Newcomer:
    """A passenger of the lists as a newcomer to a plan.

    Raises
    ------
    NotAllowedYetError
        When their personal data has been removed.
    InputFaults
        When they have what the list of new passengers cannot say.
    """
    if stored.body is None:
        raise NotAllowedYetError(f"passenger {stored.record_id}: has left, and their personal data has been removed")
    rows = list(rows_of(PASSENGER, stored.record_id, stored.body))
    besides = sorted({table for table, _ in rows if table != "passengers"})
    if besides:
        message = "cannot be quoted yet: put them into the lists of a plan and re-plan"
        raise InputFaults([Fault(file=name, row=None, column="", value="", message=message) for name in besides])
    ((_, cells),) = rows
    starts_on = {} if stored.starts_on is None else {"starts_on": stored.starts_on.isoformat()}
    return Newcomer(
        passenger_id=stored.record_id, version=stored.version, cells={**cells, **starts_on},
        school_ids=frozenset(school_ids or (cells["school_id"],)),
    )  # fmt: skip


def plan_for(session: Session, school_id: str) -> str:
    """The newest plan that grew out of the one in force for a school.

    Raises
    ------
    NotAllowedYetError
        When none is in force.
    """
    standing = standing_plans(session).get(school_id)
    if standing is None:
        raise NotAllowedYetError(f"school {school_id}: no plan is in force for it; publish one, or name a plan")
    return newest_of(session, standing)


def _waiting(store: Store, today: date) -> Iterator[Newcomer]:
    """Everybody in the lists who has not left; who cannot be quoted is left out."""
    with store.read() as session:
        for stored in list_records(session, store.cipher, PASSENGER, Filter()):
            if stored.body is not None and (stored.ends_on is None or stored.ends_on >= today):
                try:
                    yield newcomer_of(stored)
                except InputFaults:
                    continue


def opened(plans: OpenPlans, plan_id: str) -> OpenPlan:
    """A plan that is kept open.

    Raises
    ------
    NotInStoreError
        When it is not there.
    NotAllowedYetError
        When its roads are not those of the service.
    """
    try:
        return plans.opened(plan_id)
    except InputFaults:
        raise
    except ValueError as error:
        raise NotAllowedYetError(f"plan {plan_id}: cannot be opened here; {error}") from error


def _require_new(plan: OpenPlan, passenger_id: str, plan_id: str) -> None:
    if passenger_id in plan.folder.scenario.passenger_by_id:
        raise NotAllowedYetError(f"passenger {passenger_id}: is in plan {plan_id} already")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Made:
    """A plan with one more passenger, or one fewer, checked and sealed but not stored yet."""

    quote: StoredQuote
    sealed: SealedPlan
    route_id: str


def make_accepted(store: Store, plans: OpenPlans, quote_id: str, option_number: int, today: date) -> Made:
    """Make the plan that an option of a quote leads to.

    Parameters
    ----------
    option_number : counted from 1, as the quote lists them.

    Raises
    ------
    NotInStoreError
        When there is no such quote.
    PlanChangedError
        When plan or passenger have changed since, or the quote has expired.
    NotAllowedYetError
        When the passenger may be quoted only, the option is for a school that is not theirs, or a rule would break.
    InputFaults
        When the quote has no such option.
    """
    with store.read() as session:
        quote = read_quote(session, store.cipher, quote_id)
        stored = read_passenger(session, store.cipher, quote.passenger_id)
        _require_holds(session, quote, stored, today)
    newcomer = newcomer_of(stored)
    choice = _choice_of(quote, option_number)
    if choice.school_id != newcomer.cells["school_id"]:
        raise NotAllowedYetError(
            f"passenger {quote.passenger_id}: goes to {newcomer.cells['school_id']}, the option to {choice.school_id}; "
            "change their school first, and ask again"
        )
    try:
        sealed = _changed(store, plans, quote.plan_id, today, newcomer=newcomer, choice=choice)
    except OptionGoneError as error:
        raise PlanChangedError(str(error)) from error
    return Made(quote=quote, sealed=sealed, route_id=choice.route_id)


def accept(work: Work, made: Made, option_number: int) -> tuple[Placement, StoredPlan]:
    """Store the plan that an accepted quote makes; at most one plan grows out of each.

    Raises
    ------
    PlanChangedError
        When plan or passenger have changed since the plan was made.
    """
    quote = made.quote
    try:
        require_version(work.session, PASSENGER, quote.passenger_id, quote.passenger_version)
    except StaleWriteError as error:
        raise PlanChangedError(f"passenger {quote.passenger_id}: has changed since the quote") from error
    title = read_stored_plan(work.session, quote.plan_id).title
    plan = step_to(work, quote.plan_id, made.sealed, title, "placement")
    return save_placement(work, quote, option_number, made.route_id, plan.plan_id), plan


def fresh_quote(store: Store, plans: OpenPlans, caller: Caller, quote_id: str, asked_on: date) -> StoredQuote:
    """The question of a quote asked again, of the newest plan that grew out of its own.

    Raises
    ------
    NotInStoreError, NotAllowedYetError, InputFaults
        As `ask`.
    """
    with store.read() as session:
        old = read_quote(session, store.cipher, quote_id)
        plan_id = newest_of(session, old.plan_id)
    question = Question(passenger_id=old.passenger_id, school_ids=old.school_ids, plan_id=plan_id)
    return ask(store, plans, caller, question, asked_on)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MadeWithout:
    """The newest plan without the passenger of a placement, not stored yet."""

    placement_id: str
    plan_id: str
    sealed: SealedPlan


def make_reversed(store: Store, plans: OpenPlans, placement_id: str, today: date) -> MadeWithout:
    """Make the newest plan without the passenger whom a placement brought.

    Raises
    ------
    NotInStoreError
        When there is no such placement.
    NotAllowedYetError
        When it has been reversed already, the passenger is in the plan no more, or a rule would break.
    """
    with store.read() as session:
        placement = read_placement(session, placement_id)
        _require_standing(placement)
        plan_id = newest_of(session, placement.plan_id)
    if placement.passenger_id not in opened(plans, plan_id).folder.scenario.passenger_by_id:
        raise NotAllowedYetError(f"passenger {placement.passenger_id}: is in plan {plan_id} no more")
    sealed = _changed(store, plans, plan_id, today, remove_id=placement.passenger_id)
    return MadeWithout(placement_id=placement_id, plan_id=plan_id, sealed=sealed)


def reverse(work: Work, made: MadeWithout) -> tuple[Placement, StoredPlan]:
    """Store the plan without the passenger.

    Raises
    ------
    PlanChangedError
        When another plan grew meanwhile.
    NotAllowedYetError
        When the placement has been reversed meanwhile.
    """
    placement = read_placement(work.session, made.placement_id, for_update=True)
    _require_standing(placement)
    title = read_stored_plan(work.session, made.plan_id).title
    plan = step_to(work, made.plan_id, made.sealed, title, "reversal")
    placement.reversed_at, placement.reversed_by = work.now, work.caller.name
    placement.plan_id_reversed = plan.plan_id
    work.log("reverse", "passenger", placement.passenger_id, placement_id=placement.placement_id, plan_id=plan.plan_id)
    work.session.flush()
    return placement, plan


def _require_standing(placement: Placement) -> None:
    if placement.reversed_at is not None:
        raise NotAllowedYetError(f"placement {placement.placement_id}: has been reversed already")


def _require_holds(session: Session, quote: StoredQuote, stored: Stored, today: date) -> None:
    """Refuse a quote that is no longer what it was when it was given."""
    if not quote.is_decided:
        raise NotAllowedYetError(f"passenger {quote.passenger_id}: awaits a decision; may be quoted, not placed")
    if quote.content is None:
        raise NotAllowedYetError(f"quote {quote.quote_id}: the passenger's personal data has been removed")
    if placement_of_quote(session, quote.quote_id) is not None:
        raise PlanChangedError(f"quote {quote.quote_id}: has been accepted already")
    newest = newest_of(session, quote.plan_id)
    if newest != quote.plan_id:
        raise PlanChangedError(f"plan {quote.plan_id}: has changed since the quote; plan {newest} stands now")
    if stored.version != quote.passenger_version:
        raise PlanChangedError(f"passenger {quote.passenger_id}: has changed since the quote")
    if today > quote.valid_until:
        raise PlanChangedError(f"quote {quote.quote_id}: was valid until {quote.valid_until.isoformat()}")


def _choice_of(quote: StoredQuote, option_number: int) -> Choice:
    options = (quote.content or {})["options"]
    if not 1 <= option_number <= len(options):
        message = f"must be an option of the quote, 1 to {len(options)}" if options else "the quote has no option"
        raise InputFaults(
            [Fault(file="placement", row=None, column="option", value=str(option_number), message=message)]
        )
    option = options[option_number - 1]
    return Choice(
        kind=option["kind"], school_id=option["school_id"], route_id=option["route_id"], class_id=option["class_id"],
        operator_id=option["operator_id"], vehicle_id=option["vehicle_id"],
        extra_pence_per_fortnight=option["objective_pence_per_fortnight"],
    )  # fmt: skip


def _changed(
    store: Store,
    plans: OpenPlans,
    plan_id: str,
    today: date,
    *,
    newcomer: Newcomer | None = None,
    choice: Choice | None = None,
    remove_id: str | None = None,
) -> SealedPlan:
    """The plan after one change, checked and sealed; nothing of it stays on the disk."""
    plan = opened(plans, plan_id)
    with tempfile.TemporaryDirectory(prefix="schoolrun-") as place:
        out = Path(place) / "out"
        new_path = None if newcomer is None else write_newcomers([newcomer], Path(place) / "new_passengers.csv")
        request = ChangeRequest(
            plan_path=plan.folder.path, out=out, told_on=today, new_path=new_path, choice=choice, network=plan.network,
            remove_ids=() if remove_id is None else (remove_id,), max_changed=None,
        )  # fmt: skip
        try:
            write_change(make_change(request, plan.folder, Watcher()), Watcher())
        except (InputFaults, OptionGoneError):
            raise
        except ValueError as error:
            raise NotAllowedYetError(f"plan {plan_id}: {error}") from error
        return seal_plan(store.cipher, out)

"""A stored tender opened for the pages: its record step by step, and what its files hold."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from api.endpoints.tenders import SENT_FILE
from api.pages.log import actor_names
from api.pages.visit import Visit
from api.pages.words import day_words, moment_words
from api.store.kinds import KIND_BY_NAME
from api.store.records import Filter, list_records
from api.store.tenders import StoredTender, read_tender, read_tender_file
from api.tender_files import (
    AWARD_FILE,
    BOOK_FILE,
    OPENING_FILE,
    PACK_FILE,
    PACK_FOLDER,
    REGISTER_FOLDER,
    TERMS_FILE,
    Opening,
    Terms,
    read_pack,
    read_terms,
)
from procurement.award import AwardRecord
from procurement.integrity import last_issued, last_opening, questions_of
from procurement.lot_design import LotBook
from procurement.pack_map import MapPoint
from procurement.record import (
    AwardMade,
    ContractsRegistered,
    Decision,
    InterestDeclared,
    Line,
    LotsDesigned,
    OperatorsTold,
    ScreensSeen,
)
from transport.files.plan_words import plural, pounds
from transport.files.records import read_record
from transport.tenders import TenderLot, TenderPack

_PACK_PATH = f"{PACK_FOLDER}/{PACK_FILE}"
_MAP_PATH = f"{PACK_FOLDER}/map.geojson"
_REGISTER_PATH = f"{REGISTER_FOLDER}/contracts.json"
_READ = (BOOK_FILE, _PACK_PATH, _MAP_PATH, TERMS_FILE, OPENING_FILE, AWARD_FILE, _REGISTER_PATH, SENT_FILE)
CUT_WORDS = {
    "route": "Each route alone",
    "school": "Routes to the same school",
    "area": "Routes to schools in the same area",
    "class": "Routes of the same vehicle class",
    "quarter": "Four large lots, one for each quarter of the area",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenedTender:
    """What pages show of a tender; None, or nothing, where it has not come so far.

    Attributes
    ----------
    award : on the bids as they were opened last. contracts : of the register. sent_by : who handed the bids in.
    name_by_operator_id : names of today's lists. people : who is meant by what the record calls them.
    """

    stored: StoredTender
    book: LotBook
    pack: TenderPack | None
    terms: Terms | None
    points: tuple[MapPoint, ...]
    opening: Opening | None
    award: AwardRecord | None
    contracts: tuple[Mapping[str, Any], ...]
    sent_by: str
    name_by_operator_id: Mapping[str, str]
    people: Mapping[str, str]

    @property
    def design(self) -> LotsDesigned:
        """How the plan was cut last."""
        return [line.decision for line in self.stored.lines if isinstance(line.decision, LotsDesigned)][-1]

    @property
    def lots(self) -> tuple[TenderLot, ...]:
        """As issued; before that as they were cut."""
        return self.pack.lots if self.pack else self.book.lots

    def operator(self, operator_id: str) -> str:
        """An operator's name, or its id where today's lists do not have it."""
        return self.name_by_operator_id.get(operator_id, operator_id)

    def people_words(self, names: tuple[str, ...]) -> str:
        """People by the names that they sign in with."""
        return people_words(names, self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step of the task list: `state` is done, next or later; `said` is what became of it."""

    words: str
    part: str
    said: str
    state: str


def open_tender(visit: Visit, tender_id: str, part: str) -> OpenedTender:
    """A tender for a page; that it was read goes into the log.

    Parameters
    ----------
    part : what of it is looked at.

    Raises
    ------
    NotInStoreError
        When there is no such tender.
    """
    with visit.store.read() as session, tempfile.TemporaryDirectory(prefix="schoolrun-") as name:
        stored, folder = read_tender(session, visit.store.cipher, tender_id), Path(name)
        for file in (file for file in _READ if file in stored.files):
            path = folder / file
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(read_tender_file(session, visit.store.cipher, tender_id, file))
        opened = _opened(stored, folder, operator_names(visit, session), actor_names(session))
    with visit.store.change(visit.caller) as work:
        work.log("read", "tender", tender_id, page=part)
    return opened


def operator_names(visit: Visit, session: Session) -> dict[str, str]:
    """Name of every operator of the lists, by id."""
    found = list_records(session, visit.store.cipher, KIND_BY_NAME["operator"], Filter())
    return {one.record_id: (one.body or {}).get("row", {}).get("name", one.record_id) for one in found}


def _opened(
    stored: StoredTender, folder: Path, names: Mapping[str, str], people: Mapping[str, str]
) -> OpenedTender:  # fmt: skip
    sent, contracts = _json(folder / SENT_FILE), _json(folder / _REGISTER_PATH)
    is_awarded = last_of(stored.lines, AwardMade) is not None
    is_registered = last_of(stored.lines, ContractsRegistered) is not None
    return OpenedTender(
        stored=stored, book=read_record("lot_book", LotBook, folder / BOOK_FILE),
        pack=read_pack(folder) if _PACK_PATH in stored.files else None,
        terms=read_terms(folder) if TERMS_FILE in stored.files else None,
        points=tuple(_points(_json(folder / _MAP_PATH))),
        opening=read_record("opening", Opening, folder / OPENING_FILE) if OPENING_FILE in stored.files else None,
        award=read_record("award", AwardRecord, folder / AWARD_FILE) if is_awarded else None,
        contracts=tuple(contracts or ()) if is_registered else (), sent_by=(sent or {}).get("by", ""),
        name_by_operator_id=names, people=people,
    )  # fmt: skip


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _points(collection: Any) -> Iterator[MapPoint]:
    for feature in (collection or {}).get("features", ()):
        facts, (lon, lat) = feature["properties"], feature["geometry"]["coordinates"]
        yield MapPoint(
            kind=facts["kind"], label=facts["label"], lot_ids=tuple(facts["lots"]), lat=lat, lon=lon,
            n_passengers=facts["passengers"],
        )  # fmt: skip


def last_of(lines: tuple[Line, ...], kind: type[Decision]) -> Line | None:
    """The last line of a kind; of what rests on bids, only since these were opened last."""
    opened_at = max((n for n, line in enumerate(lines) if line.decision is last_opening(lines)), default=-1)
    since = opened_at if kind in (AwardMade, OperatorsTold, ContractsRegistered) else -1
    return next((line for line in reversed(lines[since + 1 :]) if isinstance(line.decision, kind)), None)


def steps_of(stored: StoredTender, people: Mapping[str, str]) -> tuple[StepView, ...]:
    """Every step with what became of it: those done, the one that is next, and those that wait for it."""
    found: list[StepView] = []
    is_open = True
    for words, part, is_done, said in _steps(stored, people):
        state = "done" if is_done else "next" if is_open else "later"
        is_open = is_open and is_done
        found.append(StepView(words=words, part=part, said=said, state=state))
    return tuple(found)


def next_step(stored: StoredTender) -> str:
    """What is to be done next, in words; empty where everything is done."""
    return next((step.words for step in steps_of(stored, {}) if step.state == "next"), "")


def _steps(stored: StoredTender, people: Mapping[str, str]) -> Iterator[tuple[str, str, bool, str]]:
    lines = stored.lines
    yield ("Lots", "lots", True, _lots_words(last_of(lines, LotsDesigned)))
    issued = last_issued(lines)
    close = f"Version {issued.version}; bids close {moment_words(issued.deadline)}" if issued else "Rules, dates, terms"
    yield ("Pack for operators", "pack", issued is not None, close)
    questions = questions_of(lines)
    n_waiting = sum(not question.answer for question in questions)
    said = f"{plural(len(questions), 'question')}, {n_waiting} without an answer" if questions else "None was asked"
    yield ("Questions and answers", "questions", issued is not None and not n_waiting, said)
    declared = declared_by(lines)
    said = f"Declared by {people_words(declared, people)}" if declared else "Before bids are opened or evaluated"
    yield ("Declarations of interest", "interests", len(declared) > 1, said)
    opening = last_opening(lines)
    said = "Handed in and opened by two people"
    if opening is not None:
        signers = next(line.by for line in lines if line.decision is opening)
        said = f"{plural(opening.n_bids, 'bid')} of {plural(len(opening.operator_ids), 'operator')}, opened by "
        said += f"{people_words(signers, people)}; {len(opening.set_aside)} set aside"
    yield ("Bids", "bids", opening is not None, said)
    yield ("Patterns in the bids", "bids", *_patterns(lines, people))
    yield from _outcome_steps(lines, people)


def _patterns(lines: tuple[Line, ...], people: Mapping[str, str]) -> tuple[bool, str]:
    opening = last_opening(lines)
    if opening is None:
        return False, "Looked at before anything is awarded"
    seen = [line for line in lines if isinstance(line.decision, ScreensSeen)]
    by = [line for line in seen if line.decision.opening_digest == opening.opening_digest]  # type: ignore[union-attr]
    n = plural(opening.n_patterns, "pattern")
    return bool(by) or not opening.n_patterns, f"{n}, seen by {people_words(by[-1].by, people)}" if by else n


def _outcome_steps(lines: tuple[Line, ...], people: Mapping[str, str]) -> Iterator[tuple[str, str, bool, str]]:
    made, told, entered = (last_of(lines, kind) for kind in (AwardMade, OperatorsTold, ContractsRegistered))
    said = "With reasons for everybody"
    if made is not None and isinstance(made.decision, AwardMade):
        proof = "proven the best" if made.decision.proven else "not proven the best"
        said = f"{pounds(made.decision.price_pence, pennies=False)} a year, {proof}; {people_words(made.by, people)}"
    yield ("Award", "award", made is not None, said)
    said = "To winners and losers, with the assessment summary"
    if told is not None and isinstance(told.decision, OperatorsTold):
        ends = told.decision.standstill_ends_on
        said = f"Told on {day_words(told.decision.told_on)}" + (f"; standstill to {day_words(ends)}" if ends else "")
    yield ("Letters", "letters", told is not None, said)
    said = "Contracts and the award notice"
    if entered is not None and isinstance(entered.decision, ContractsRegistered):
        said = plural(entered.decision.n_contracts, "contract")
    yield ("Contract register", "register", entered is not None, said)


def _lots_words(line: Line | None) -> str:
    if line is None or not isinstance(line.decision, LotsDesigned):
        return ""
    made = line.decision
    cut = CUT_WORDS.get(made.cut, made.cut).casefold()
    return f"{plural(made.n_lots, 'lot')}: {cut}; should cost {pounds(made.estimate_pence, pennies=False)} a year"


def declared_by(lines: tuple[Line, ...]) -> tuple[str, ...]:
    """Who has declared for themselves."""
    said = [(line.by, line.decision) for line in lines if isinstance(line.decision, InterestDeclared)]
    return tuple(dict.fromkeys(declared.person for by, declared in said if declared.person in by))


def people_words(names: tuple[str, ...], people: Mapping[str, str]) -> str:
    """Who is meant by what the record calls them, joined as people do."""
    plain = [people.get(name, name) for name in names]
    return " and ".join([", ".join(plain[:-1]), plain[-1]] if len(plain) > 1 else plain)


def band_words(year_pence: int, lots: tuple[TenderLot, ...]) -> str:
    """Where a price lies in the should-cost range of its lots together."""
    low, middle, high = (
        sum(getattr(lot, name) for lot in lots) for name in ("low_pence", "estimate_pence", "high_pence")
    )
    if year_pence < low:
        return "below the range"
    if year_pence > high:
        return "above the range"
    return "lower part" if year_pence <= middle else "upper part"

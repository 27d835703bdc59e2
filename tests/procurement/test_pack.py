"""What a pack tells of passengers, the timetable of a regime, and records that cannot be changed unseen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from procurement.lot_design import LotBook, design_lots
from procurement.pack import NOT_SHOWN, DisclosureRefused, LotSheet, lot_sheets, need_codes, require_safe
from procurement.regime import (
    DayUnit,
    Law,
    Regime,
    Standstill,
    days_before,
    deadline_words,
    late_words,
    timetable,
)
from tests.builders import line_travel, make_class, make_passenger, make_plan, make_scenario, route_of
from tests.tendering import make_pack
from transport.digest import digest_of
from transport.files.records import RecordFileError, read_record, write_record
from transport.passengers import Mobility, PaNeed, Phase
from transport.plan import Plan
from transport.scenario import Scenario
from transport.tenders import TenderPack

TRAVEL = line_travel()
BIG = make_class("CAR", [(9, 9)])


def case(n_alike: int, **odd: object) -> tuple[LotBook, Plan, Scenario]:
    """One route of passengers who are alike, and one, P0, who differs."""
    people = [make_passenger("P0", 10, **odd), *(make_passenger(f"P{n}", 10) for n in range(1, n_alike + 1))]
    scenario = make_scenario(people, vehicle_classes=(BIG,))
    ids = [p.passenger_id for p in people]
    plan = make_plan(route_of(scenario, TRAVEL, "R1", am=ids, pm=ids, layout=(9, 9)))
    return design_lots(plan, scenario, TRAVEL), plan, scenario


def sheets(n_alike: int, **odd: object) -> tuple[LotSheet, ...]:
    book, plan, scenario = case(n_alike, **odd)
    areas = {place.place_id: "B70 1" if place.place_id == "x10" else "B71 2" for place in scenario.places}
    return lot_sheets(book, plan, scenario, areas, pack_id="T1")


def shown(n_alike: int, **odd: object) -> list[tuple[str, ...]]:
    (sheet,) = sheets(n_alike, **odd)
    return sorted(row.shown for row in sheet.passengers)


FULL = ("B70 1", "up to 11", "none", "Mon–Fri")
NOTHING = (NOT_SHOWN,) * 4


def test_five_alike_are_shown_and_four_are_not() -> None:
    """P0 is one of them."""
    assert shown(4) == [FULL] * 5
    assert shown(3) == [NOTHING] * 4


def test_somebody_unlike_all_others_is_not_shown() -> None:
    """Five alike are shown in full; the one in a wheelchair, left over, is not."""
    assert shown(5, mobility=Mobility.IN_WHEELCHAIR) == [FULL] * 5 + [NOTHING]


def test_needs_are_left_out_first() -> None:
    """Three of each need: without needs six are alike."""
    people = [make_passenger(f"P{n}", 10, pa_need=PaNeed.SHARED if n < 3 else PaNeed.NONE) for n in range(6)]
    scenario = make_scenario(people, vehicle_classes=(BIG,))
    ids = [p.passenger_id for p in people]
    plan = make_plan(route_of(scenario, TRAVEL, "R1", am=ids, pm=ids, layout=(9, 9), n_pas=1))
    book = design_lots(plan, scenario, TRAVEL)
    (sheet,) = lot_sheets(book, plan, scenario, dict.fromkeys(scenario.place_by_id, "B70 1"), pack_id="T1")
    assert {row.shown for row in sheet.passengers} == {("B70 1", "up to 11", NOT_SHOWN, "Mon–Fri")}


def test_refs_are_new_and_say_no_order() -> None:
    """No id of the council's, and not the order of stops."""
    (sheet,) = sheets(5)
    assert [row.ref for row in sheet.passengers] == [f"LOT1-0{n}" for n in range(1, 7)]
    assert sheet.schools == ("School S1",)
    assert sheet.layouts == ("9 seats, 9 wheelchair places",)


def test_need_codes() -> None:
    """Codes of what a vehicle must offer."""
    p = make_passenger(mobility=Mobility.IN_WHEELCHAIR, pa_need=PaNeed.TWO_TO_ONE, solo=True)
    assert need_codes(p) == "W P2 S"
    assert need_codes(make_passenger(mobility=Mobility.TRANSFERS, pa_need=PaNeed.ONE_TO_ONE)) == "T P1"
    assert need_codes(make_passenger(phase=Phase.POST16)) == "none"


def test_a_pack_that_is_safe_passes() -> None:
    """What `lot_sheets` makes is accepted by the check that knows only what is published."""
    for n in (3, 4, 5, 8):
        require_safe(sheets(n, mobility=Mobility.IN_WHEELCHAIR), {}, case(n)[2])


def test_a_pack_that_could_name_a_child_is_refused() -> None:
    """One detailed row too many, an id of the council's lists, and a home's coordinate."""
    (sheet,) = sheets(5)
    rows = (replace(sheet.passengers[0], needs="W"), *sheet.passengers[1:5])
    scenario = case(5)[2]
    with pytest.raises(DisclosureRefused) as refusal:
        require_safe(
            [replace(sheet, passengers=rows)], {"notes.txt": "ask for P3, lat 52.50000"}, scenario
        )  # fmt: skip
    text = str(refusal.value)
    assert "row LOT1-01 (B70 1, up to 11, W, Mon–Fri) fits 1 passengers; at least 5 must be alike" in text
    assert "row LOT1-02 (B70 1, up to 11, none, Mon–Fri) fits 4 passengers" in text
    assert "notes.txt holds 1 ids of the council's own lists" in text
    assert "notes.txt holds 1 coordinates of places" in text


@pytest.mark.parametrize(
    ("n", "unit", "holidays", "day"),
    [
        (10, DayUnit.CALENDAR, (), date(2026, 8, 22)),
        (8, DayUnit.WORKING, (), date(2026, 8, 20)),
        (8, DayUnit.WORKING, (date(2026, 8, 31),), date(2026, 8, 19)),
        (0, DayUnit.WORKING, (), date(2026, 9, 1)),
    ],
)
def test_days_are_counted_back(n: int, unit: DayUnit, holidays: tuple[date, ...], day: date) -> None:
    """From Tuesday, 1 September 2026; the last Monday of August is a bank holiday."""
    assert days_before(date(2026, 9, 1), n, unit, holidays) == day


def test_no_working_days_from_a_sunday_is_the_friday() -> None:
    """Something that must be done by a Sunday is done on the Friday."""
    assert days_before(date(2026, 9, 6), 0, DayUnit.WORKING) == date(2026, 9, 4)


def test_the_timetable_is_worked_back_from_the_start() -> None:
    """Tuesday 1 September less 10, 15, 8, 10 and 20 working days, with the August bank holiday."""
    regime = Regime(bank_holidays=frozenset({date(2026, 8, 31)}))
    assert [(step.on.isoformat(), step.what) for step in timetable(regime, date(2026, 9, 1))] == [
        ("2026-06-03", "Pack issued to all"),
        ("2026-07-01", "Bids close"),
        ("2026-07-15", "Award decided, operators told, standstill begins"),
        ("2026-07-27", "Contracts signed, vetting begins"),
        ("2026-08-17", "Families told"),
        ("2026-09-01", "Contracts start"),
    ]


def test_no_standstill_no_pause() -> None:
    """Decided and signed on one day; under the law of 2015 signed on the day after the tenth has ended."""
    none = timetable(Regime(standstill=Standstill.NONE), date(2026, 9, 1))
    assert none[2].on == none[3].on
    old = timetable(Regime(law=Law.PCR_2015, standstill_days=10, standstill_unit=DayUnit.CALENDAR), date(2026, 9, 1))
    assert (old[3].on - old[2].on).days == 11


def test_a_regime_with_impossible_days_is_refused() -> None:
    """All at once."""
    with pytest.raises(ValueError, match="vetting_days: -1; standstill is voluntary but has no days"):
        Regime(vetting_days=-1, standstill_days=0)


def test_a_deadline_can_be_read_one_way_only() -> None:
    """Summer and winter, noon and midnight."""
    assert deadline_words(datetime(2024, 7, 5, 14, 0, tzinfo=UTC), "Europe/London") == (
        "3:00 pm on Friday 5 July 2024, London time (BST, UTC+01:00)"
    )
    assert deadline_words(datetime(2026, 12, 1, 0, 5, tzinfo=UTC), "Europe/London") == (
        "12:05 am on Tuesday 1 December 2026, London time (GMT, UTC+00:00)"
    )


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    """With the digest that the notice names."""
    path = tmp_path / "pack.json"
    assert write_record("tender_pack", make_pack(), path) == make_pack().digest
    assert read_record("tender_pack", TenderPack, path) == make_pack()


def digested(record: dict[str, Any], **changes: Any) -> None:
    """Change a record as another schoolrun would have written it, with its digest."""
    record["content"].update(changes)
    record["digest"] = digest_of(record["content"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r["content"].update(version=2), "was changed since it was written"),
        (lambda r: r.update(kind="award"), "is award, format 1; must be tender_pack, format 1"),
        (lambda r: r.pop("digest"), "must be an object with kind, format_version, digest, content"),
        (lambda r: digested(r, lots="none"), "lots: "),
        (lambda r: digested(r, colour="blue"), "holds what this schoolrun does not know; a newer one wrote it"),
    ],
)
def test_a_record_that_was_changed_is_refused(change: object, words: str, tmp_path: Path) -> None:
    """A version, a kind, a missing digest, nonsense."""
    path = tmp_path / "pack.json"
    write_record("tender_pack", make_pack(), path)
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)  # type: ignore[operator]
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(RecordFileError, match=words):
        read_record("tender_pack", TenderPack, path)


def test_a_deadline_that_leaves_too_little_time_is_told() -> None:
    """Bids may close until Thursday 2 July, at its very end in London; an hour past that there is a warning."""
    regime, starts_on = Regime(), date(2026, 9, 1)
    assert late_words(regime, starts_on, datetime(2026, 7, 2, 22, 59, tzinfo=UTC)) == ""
    late = late_words(regime, starts_on, datetime(2026, 7, 2, 23, 59, tzinfo=UTC))
    assert late.startswith("Bids close after Thursday 2 July 2026, the latest day that leaves time for evaluation")

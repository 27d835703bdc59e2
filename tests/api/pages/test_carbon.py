"""CO2e: published factors, the council's own, what a plan gives off, and where it is shown."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.auth.permissions import Role
from api.carbon import assumed_code, carbon_of, choice_of, factor_of, published_factors, tonnes_words, with_choice
from api.report.kpis import kpis_of
from api.report.miles import metres_by_class_of
from tests.api.outcome_builder import invented_outcome
from tests.api.page_visits import visitor, words_of
from tests.api.pages.test_plan_pages import publish, stored
from tests.api.plan_folders import fill_lists
from transport.files.faults import InputFaults
from transport.vehicles import Layout, VehicleClass, VehicleSize

PAGE = "/administration/carbon"
OWN = {"code": "own", "kg_per_mile": "0.5", "source": "Fuel cards", "year": "2026"}


def a_class(class_id: str, layout: str = "4+0", weight_kg: int | None = None) -> VehicleClass:
    seats, wheelchairs = (int(n) for n in layout.split("+"))
    places = (Layout(seats=seats, wheelchairs=wheelchairs),)
    return VehicleClass(class_id=class_id, layouts=places, size=VehicleSize(weight_kg=weight_kg))


@pytest.mark.parametrize(
    ("layout", "weight_kg", "code"),
    [
        ("4+0", None, "car"), ("8+0", 3100, "mpv"), ("3+1", 3200, "van-diesel"), ("16+0", 3500, ""), ("8+0", 5000, ""),
        ("7+2", None, ""),
    ],
)  # fmt: skip
def test_what_a_class_is_counted_as_until_the_council_says(layout: str, weight_kg: int | None, code: str) -> None:
    """By seats and weight; nothing is published for minibuses, so nothing is assumed for them."""
    assert assumed_code(a_class("x", layout, weight_kg)) == code


def test_published_factors_are_those_of_2025() -> None:
    """By the mile as published, or by the kilometre times 1.609344: 0.27878 kg is 0.44865 kg a mile."""
    found = published_factors()
    assert {factor.year for factor in found.values()} == {2025}
    assert found["car-diesel"].kg_per_mile == Decimal("0.27849")
    assert found["van-diesel"].kg_per_mile == Decimal("0.44865")
    assert all(0 < factor.kg_per_mile < 1 for factor in found.values())


def test_a_thousand_miles_by_hand() -> None:
    """1,609,344 m of cars at 0.26915 kg a mile and 160,934.4 m of an own half kilogram: 269.15 kg and 50 kg."""
    classes = (a_class("car"), a_class("bus", "16+0"))
    body = with_choice({}, "bus", choice_of(OWN))
    found = carbon_of({"car": 1_609_344, "bus": 160_934}, classes, body)
    assert [(row.class_id, row.week_g) for row in found.classes] == [("car", 269_150), ("bus", 50_000)]
    assert found.week_g == 319_150
    assert tonnes_words(found.week_g) == "319 kg"
    assert tonnes_words(12_345_678) == "12.3 t"


def test_a_sum_that_lacks_a_part_is_no_sum() -> None:
    """A driven class without a factor makes it unknown; one that stands still does not."""
    classes = (a_class("car"), a_class("bus", "16+0"))
    found = carbon_of({"car": 1000, "bus": 1}, classes, {})
    assert (found.without_factor, found.week_g, tonnes_words(found.week_g)) == (("bus",), None, "Enter a factor")
    assert carbon_of({"car": 1000, "bus": 0}, classes, {}).week_g == 167
    none = with_choice({}, "car", choice_of({"code": "none"}))
    assert carbon_of({"car": 1000}, classes, none).without_factor == ("car",)


def test_choices_are_kept_and_taken_back() -> None:
    """One class at a time; going back leaves the others; an own figure needs number, source and year, all at once."""
    body = with_choice(with_choice({}, "bus", choice_of(OWN)), "car", choice_of({"code": "car-electric"}))
    electric = factor_of(a_class("car"), body)
    assert electric
    assert (electric.kg_per_mile, electric.is_assumed) == (Decimal("0.06512"), False)
    assert with_choice(body, "car", choice_of({"code": ""})) == {"factors": {"bus": OWN}}
    with pytest.raises(InputFaults) as found:
        choice_of({"code": "own", "kg_per_mile": "-1", "source": "", "year": "soon"})
    assert [fault.column for fault in found.value.faults] == ["kg_per_mile", "source", "year"]


def test_metres_by_class_are_all_metres() -> None:
    """Loaded and dead of every class together are those of the plan."""
    outcome = invented_outcome()
    kpis = kpis_of(outcome)
    metres = metres_by_class_of(outcome.plan, outcome.scenario, outcome.travel)
    assert sum(metres.values()) == kpis.loaded_m + kpis.dead_m > 0


def test_the_council_enters_a_factor_and_the_dashboard_shows_it(app: FastAPI, tmp_path: Path) -> None:
    """Assumed first, then none, then its own: page, history, dashboard, its parts, and two plans compared."""
    fill_lists(app.state.store)
    officer = visitor(app, Role.TRANSPORT_OFFICER)
    plan_id = stored(app.state.store, tmp_path / "one", "First")
    publish(officer, app.state.store, plan_id)
    assert "Car of average size, fuel not known 0.26915" in words_of(officer.see(PAGE))
    of = f"{PAGE}/car"
    officer.send(of, {"code": "none", "version": "0"}, of=of)
    assert "Enter a factor None is known for car" in words_of(officer.see("/dashboard"))
    compared = f"/compare?before={plan_id}&after={plan_id}"
    assert "CO2e a week of operation Enter a factor Enter a factor –" in words_of(officer.see(compared))
    assert 'id="year-error"' in officer.send(of, {**OWN, "year": "", "version": "1"}, 422, of=of).text
    officer.send(of, {**OWN, "version": "1"}, of=of)
    assert "Somebody else" in officer.send(of, {**OWN, "version": "1"}, 422, of=of).text
    history = words_of(officer.see(of))
    assert "no factor → 0.5 kg a mile (Fuel cards, 2026)" in history
    assert "assumed from its size → no factor" in history
    parts = words_of(officer.see("/dashboard/carbon"))
    assert "0.5 Fuel cards, 2026" in parts
    assert "kg a passenger" in words_of(officer.see("/dashboard"))
    assert "CO2e a week of operation Enter" not in words_of(officer.see(compared))
    visitor(app, Role.VIEWER).send(of, {**OWN, "version": "2"}, 403, of=of)
    officer.see(f"{PAGE}/nothing", 404)

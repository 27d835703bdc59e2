"""The certificate at the edges: in planning, on a saved folder, in the report and its picture."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.certify import cost_trace_of
from api.report.bound_chart import HEIGHT, WIDTH, make_chart
from api.report.outcome import Outcome
from api.report.page import report_html
from api.report.shared import shared_outcome
from tests.api.outcome_builder import invented_outcome
from tests.api.test_cli import lists, plan, run, write_times
from transport.certificate import Certificate, ShadowPrice
from transport.files.plan_json import read_plan

KEYS = {"bound", "objective", "gap", "method", "relaxations", "prices", "is_over", "cpu_s", "wall_s"}


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Little Council planned with a bound; tests that change the folder take a copy."""
    folder = tmp_path_factory.mktemp("bounded")
    result = plan(lists(folder / "lists"), folder / "plan", "--bound-seconds", "1", "--json")
    assert result.exit_code == 0, result.output
    assert set(json.loads(result.stdout)["certificate"]) == KEYS
    return folder / "plan"


@pytest.fixture
def copy(bounded: Path, tmp_path: Path) -> Path:
    return shutil.copytree(bounded, tmp_path / "copy")


def bound(folder: Path, *more: str) -> tuple[int, dict[str, object], str]:
    result = run("bound", folder, "--seconds", "1", "--json", "--cache-dir", folder.parent / "cache", *more)
    return result.exit_code, json.loads(result.stdout or "{}"), result.stderr


def test_a_plan_with_a_bound_holds_its_certificate(bounded: Path) -> None:
    """In plan.json with the search's trace, and in words at three places of the report."""
    certificate = read_plan(bounded / "plan.json").certificate
    assert certificate is not None
    assert 0 < certificate.bound_pence <= certificate.objective_pence
    assert certificate.cost_trace[-1][1] == certificate.objective_pence
    html = (bounded / "report.html").read_text(encoding="utf-8")
    assert html.count(f'<span class="bound-words">{certificate.words}</span>') == 2
    assert certificate.words[1:] in html.split('id="bound-h"')[1]
    assert run("check", bounded).stdout.count(f"Certificate: {certificate.words}") == 1


def test_a_bound_is_proven_for_a_saved_plan(copy: Path) -> None:
    """`schoolrun bound` writes into plan.json and the report what it prints, and the check still passes."""
    content = json.loads((copy / "plan.json").read_text(encoding="utf-8"))
    words = content["certificate_words"]
    content["certificate"] = None
    (copy / "plan.json").write_text(json.dumps(content), encoding="utf-8")
    report = copy / "report.html"
    report.write_text(re.sub(re.escape(words), "no bound computed", report.read_text("utf-8")), encoding="utf-8")
    code, figures, _ = bound(copy)
    assert code == 0
    assert set(figures) == KEYS | {"n_unserved", "n_hard_violations"}
    certificate = read_plan(copy / "plan.json").certificate
    assert certificate is not None
    assert (certificate.bound_pence, certificate.objective_pence) == (figures["bound"], figures["objective"])
    html = report.read_text(encoding="utf-8")
    assert "no bound computed" not in html
    assert html.count(certificate.words[1:]) == 3
    assert html.count('<section id="bound"') == html.count("<!-- bound: end -->") == 1
    assert run("check", copy).exit_code == 0
    assert not list(copy.glob(".*.new"))


def test_a_later_bound_keeps_the_picture_of_the_search(copy: Path) -> None:
    """The search's trace is in the certificate that was there."""
    before = read_plan(copy / "plan.json").certificate
    bound(copy)
    after = read_plan(copy / "plan.json").certificate
    assert before is not None
    assert after is not None
    assert after.cost_trace == before.cost_trace != ()


def test_changed_lists_are_refused(copy: Path) -> None:
    """A bound for other inputs says nothing about this plan; nothing is written."""
    policy = copy / "scenario" / "policy.csv"
    with policy.open("a", encoding="utf-8") as file:
        file.write("unserved_pence_per_day,77777\n")
    before = (copy / "plan.json").read_bytes()
    code, _, stderr = bound(copy)
    assert code == 2
    assert "not the lists that plan" in stderr
    assert (copy / "plan.json").read_bytes() == before


def test_other_roads_are_refused(copy: Path, tmp_path: Path) -> None:
    """The plan was made on approximate roads; a bound on other times would be another problem's."""
    times = write_times(copy / "scenario", tmp_path / "times.csv")
    code, _, stderr = bound(copy, "--travel", str(times))
    assert code == 2
    assert "give the roads that the plan was made with, as --roads or --travel" in stderr
    assert bound(copy, "--travel", str(times), "--roads", "a.osm")[0] == 2


def test_another_known_plan_is_refused(bounded: Path, tmp_path: Path) -> None:
    """A plan set against one that families know is proven with that one, and refused with another beside it."""
    near = tmp_path / "near"
    result = plan(bounded / "scenario", near, "--reference", bounded, "--price-per-family", "20")
    assert result.exit_code == 0, result.output
    assert bound(near)[0] == 0
    known = near / "reference.json"
    content = json.loads(known.read_text(encoding="utf-8"))
    known.write_text(json.dumps(content | {"plan_id": "another"}), encoding="utf-8")
    code, _, stderr = bound(near)
    assert code == 2
    assert "reference.json: not the plan that plan plan-" in stderr


def test_a_folder_without_a_plan_is_refused(tmp_path: Path) -> None:
    """It says what is missing."""
    code, _, stderr = bound(tmp_path)
    assert code == 2
    assert "lacks plan.json" in stderr


def test_without_a_bound_nothing_is_written_of_one(tmp_path: Path) -> None:
    """No certificate, no state; the section says how to have one."""
    result = plan(lists(tmp_path / "lists"), tmp_path / "plan", "--json")
    assert json.loads(result.stdout)["certificate"] is None
    assert read_plan(tmp_path / "plan" / "plan.json").certificate is None
    assert not (tmp_path / "plan" / "bound_state.npz").exists()
    assert "schoolrun bound FOLDER" in (tmp_path / "plan" / "report.html").read_text(encoding="utf-8")


def test_the_cost_of_a_search_in_rounds_falls_to_that_of_its_plan() -> None:
    """Two rounds, each with its own clock; kept routes cost £2 beside, and a round at other prices shows no less."""
    result = SimpleNamespace(
        trace=((1.0, 900), (5.0, 700), (0.5, 800), (2.0, 600), (3.0, 100)),
        assignment=SimpleNamespace(cost=1100), seconds=9.0,
    )  # fmt: skip
    found: Any = SimpleNamespace(result=result, objective_pence=750)
    assert cost_trace_of(found) == ((1.0, 1100), (5.0, 900), (7.0, 800), (8.0, 750), (9.0, 750))


# ---- the report ----


@cache
def town() -> Outcome:
    return invented_outcome(60)


def with_certificate(outcome: Outcome, **changes: object) -> Outcome:
    """A made-up certificate at nine tenths of the objective."""
    total = outcome.objective.total
    certificate = Certificate(
        objective_pence=total, bound_pence=total * 9 // 10, method="runs", relaxations=("Pairs may meet.",),
        trace=((1.0, total // 2), (200.0, total * 9 // 10)), cpu_s=500.0, wall_s=300.0,
        prices=(ShadowPrice(what="passenger", of_id="P0001", pence=4321, sentence="Only near this plan."),),
        cost_trace=((0.5, 2 * total), (60.0, total)),
    )  # fmt: skip
    certificate = replace(certificate, **changes)  # type: ignore[arg-type]
    return replace(outcome, plan=replace(outcome.plan, certificate=certificate))


def section(html: str) -> str:
    return html.split('<section id="bound"')[1].split("</section>")[0]


def test_the_section_tells_bound_gap_relaxations_and_prices() -> None:
    """What an officer needs to read the figure, and its limits."""
    words = section(report_html(with_certificate(town())))
    assert "No plan under these rules and prices costs less than £" in words
    assert "at most 11.2 % more" in words
    assert words.count("11.2 %") == 2
    assert "What the bound leaves out (1)" in words
    assert "<li>Pairs may meet.</li>" in words
    assert "P0001" in words
    assert "£43.21" in words
    assert "no saving to be had" in words
    assert "money alone is not certified" in words
    assert words.count("<svg") == 3


def test_a_plan_that_breaks_rules_or_leaves_somebody_says_what_the_figure_means() -> None:
    """The town's plan does both; a plan that does neither says nothing of it."""
    outcome = with_certificate(town())
    assert outcome.hard_violations
    assert outcome.plan.unserved
    words = section(report_html(outcome))
    assert "the gap says nothing about this one until its rules hold" in words
    assert "1 passenger is left unserved" in words
    sound = replace(outcome, violations=(), plan=replace(outcome.plan, unserved=()))
    words = section(report_html(sound))
    assert "until its rules hold" not in words
    assert "is left unserved" not in words


def test_the_shared_version_has_the_bound_without_prices_of_single_passengers() -> None:
    """The bound is money of the whole council; prices name passengers and classes."""
    shared = shared_outcome(with_certificate(town()))
    assert shared.plan.certificate is not None
    assert shared.plan.certificate.prices == ()
    words = section(report_html(with_certificate(town()), share=True))
    assert "No plan under these rules and prices costs less than £" in words
    assert "P0001" not in words


def test_the_lines_of_the_picture_are_where_the_figures_say() -> None:
    """Cost 300 to 100, bound 50 to 90, pounds; the search takes 60 s of 120: half of the axis."""
    certificate = Certificate(
        objective_pence=10_000, bound_pence=9000, method="runs", relaxations=(), trace=((0.0, 5000), (30.0, 9000)),
        cpu_s=1.0, wall_s=60.0, cost_trace=((0.0, 30_000), (60.0, 10_000)),
    )  # fmt: skip
    chart = make_chart(certificate)
    y_of = {label: y for y, label in chart.ticks_y}
    assert [label for _, label in chart.ticks_y] == ["£0", "£100", "£200", "£300"]
    assert chart.unit == "seconds"
    assert chart.cost.startswith(f"M70.0 {y_of['£300']}")
    assert f"V{y_of['£100']}" in chart.cost
    middle = 70 + (WIDTH - 70 - 12) / 2
    x, y = map(float, re.findall(r"[\d.]+", chart.bound)[:2])
    assert (x, y) == (middle, pytest.approx((y_of["£0"] + y_of["£100"]) / 2, abs=0.1))
    numbers = [float(number) for number in re.findall(r"[\d.]+", chart.cost + chart.bound + chart.between)]
    assert all(0 <= number <= WIDTH for number in numbers)
    assert all(0 <= at <= HEIGHT for at in y_of.values())


def test_nothing_is_shaded_before_the_first_bound() -> None:
    """The search takes 60 s and the only bound stands 15 s after it, 5 s before the end: shaded are these 5 s of 80."""
    certificate = Certificate(
        objective_pence=10_000, bound_pence=9000, method="packing", relaxations=(), trace=((15.0, 9000),),
        cpu_s=1.0, wall_s=20.0, cost_trace=((0.0, 30_000), (60.0, 10_000)),
    )  # fmt: skip
    chart = make_chart(certificate)
    y_of = {label: y for y, label in chart.ticks_y}
    first, last, at_bound = round(70 + 75 / 80 * (WIDTH - 70 - 12), 1), WIDTH - 12.0, y_of["£0"] - 182 * 90 / 300
    assert chart.bound == f"M{first} {at_bound:.1f}H{last}V{at_bound:.1f}"
    assert chart.between == f"{chart.bound}L{last} {y_of['£100']}L{first} {y_of['£100']}Z"
    assert chart.end_of_bound == (last, pytest.approx(at_bound, abs=0.1))


@pytest.mark.parametrize("pence", [0, 1, 123_456_789])
def test_a_picture_of_one_height_can_be_drawn(pence: int) -> None:
    """Bound and cost alike, at nothing, a penny and a million pounds; no trace at all."""
    certificate = Certificate(
        objective_pence=pence, bound_pence=pence, method="packing", relaxations=(), trace=(), cpu_s=0.0, wall_s=0.0
    )
    chart = make_chart(certificate)
    assert len(chart.ticks_y) >= 2
    assert "nan" not in chart.cost + chart.bound + chart.between

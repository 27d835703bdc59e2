"""The report and the folder of outputs: self-contained, accessible, equal to the plan, all or nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from api.cli_told import figures_of
from api.report import outputs
from api.report.kpis import baseline_kpis_of, kpis_of
from api.report.outcome import Outcome
from api.report.outputs import write_outputs
from api.report.page import report_html
from api.report.route_map import make_map, path_data
from api.report.view import make_page
from tests.api.outcome_builder import invented_outcome
from tests.builders import line_travel, make_passenger, make_plan, make_scenario, make_vehicle, route_of
from transport.calendar import Leg
from transport.check import check_plan, rides_of
from transport.cost import cost_of, objective_of
from transport.explanation import Alternative, Alternatives, Bind, Binding, Explanation, PricedRule, RulePrice
from transport.files.plan_json import read_plan
from transport.files.travel_pairs import read_travel_pairs
from transport.passengers import PickupPoint
from transport.plan import Plan
from transport.scenario import Scenario

FULL = [
    "letters.csv",
    "lots.csv",
    "passengers.csv",
    "plan.geojson",
    "plan.json",
    "plan.xlsx",
    "report.html",
    "routes.csv",
    "run_sheets.pdf",
    "school_lists.pdf",
    "stops.csv",
    "travel_pairs.json",
]
SHARED = ["lots.csv", "passengers.csv", "plan.geojson", "plan.xlsx", "report.html", "routes.csv"]


@cache
def town() -> Outcome:
    """70 invented passengers, one unserved, some not planned, a baseline."""
    return invented_outcome(70)


@cache
def page() -> str:
    return report_html(town())


def line_outcome(scenario: Scenario, plan: Plan) -> Outcome:
    travel = line_travel()
    breakdown = cost_of(plan, scenario, travel)
    return Outcome(
        scenario=scenario,
        travel=travel,
        plan=plan,
        breakdown=breakdown,
        objective=objective_of(plan, scenario, travel, breakdown),
        violations=check_plan(plan, scenario, travel),
        rides=tuple(rides_of(plan, scenario, travel)),
    )


def test_a_walk_stands_beside_the_ride_at_the_pick_up_points_stop() -> None:
    """P1, of x10, walks 6 min to x20 and rides 10; P2 lives there."""
    point = PickupPoint(place_id="x20", home_place_id="x10", walk_m=450, walk_s=360)
    at_point = make_scenario([make_passenger("P1", 20), make_passenger("P2", 20)])
    plan = make_plan(route_of(at_point, line_travel(), "R1", ["P1", "P2"], ["P1", "P2"]))
    walks = make_passenger("P1", 10, pickup_points=(point,))
    outcome = line_outcome(replace(at_point, passengers=(walks, at_point.passengers[1])), plan)
    assert outcome.violations == ()
    (stop, _) = make_page(outcome).routes[0].runs[0].stops
    assert stop.what == "Pick-up point x20"
    assert [(r.passenger_id, r.ride_min, r.walk_min, r.target_min) for r in stop.riders] == [
        ("P1", 10, 6, 45), ("P2", 10, 0, 45),
    ]  # fmt: skip
    html = report_html(outcome)
    assert "10 + 6 on foot of 45" in html
    assert "<span>10 of 45</span>" in html


def line_of_three() -> Outcome:
    """P1 and P2 share a bought car, P3 rides alone on fleet vehicle V1; school at x30, depot at x0."""
    scenario = make_scenario(
        [make_passenger("P1", 10), make_passenger("P2", 20), make_passenger("P3", 25)],
        fleet_vehicles=(make_vehicle(),),
    )
    travel = line_travel()
    shared = route_of(scenario, travel, "R1", ["P1", "P2"], ["P2", "P1"], n_pas=1)
    return line_outcome(scenario, make_plan(shared, route_of(scenario, travel, "R2", ["P3"], ["P3"], vehicle_id="V1")))


def test_the_main_figures_by_hand() -> None:
    """3 people, 2 vehicles of 4 places; a day 2 x (20 + 5) km loaded, 2 x 20 + 2 x (25 + 30) km dead."""
    kpis = kpis_of(line_of_three())
    assert (kpis.n_planned, kpis.n_carried, kpis.n_unserved, kpis.n_vehicles) == (3, 3, 0, 2)
    assert (kpis.n_fleet_routes, kpis.n_bought_routes, kpis.n_pas) == (1, 1, 1)
    assert kpis.passengers_per_vehicle == 1.5
    assert kpis.occupancy_pct == pytest.approx(100 * 3 / 8)
    assert (kpis.n_solo, round(kpis.solo_pct, 1)) == (1, 33.3)
    assert (kpis.loaded_m, kpis.dead_m) == (5 * 50_000, 5 * 150_000)
    assert kpis.rides.n_journeys == 30
    assert kpis.rides.longest_s == 21 * 60
    assert kpis.week_pence == kpis.avoidable_week_pence + kpis.committed_week_pence
    assert kpis.per_passenger_year_pence == round(kpis.year_pence / 3)
    assert kpis.per_route_day_pence == round(kpis.week_pence / 10)
    assert kpis.per_mile_pence == round(kpis.week_pence / (5 * 200 / 1.609344))
    assert (kpis.n_fleet_used, kpis.n_fleet) == (1, 1)
    assert (kpis.rides.over_45_pct, kpis.rides.within_target_pct) == (0, 100)


def test_scripts_get_the_names_they_are_promised() -> None:
    """`--json` holds these names, as plain numbers."""
    figures = figures_of(line_of_three())
    names = ("cost_pence_per_week", "objective", "n_routes", "n_unserved", "n_hard_violations")
    assert [figures[name] for name in names[2:]] == [2, 0, 0]
    assert all(isinstance(figures[name], int) for name in names)
    assert json.loads(json.dumps(figures))["kpis"]["n_routes"] == 2


def test_figures_of_today_come_from_todays_routes() -> None:
    """The baseline's vehicles are counted, not the plan's; without a baseline there are none."""
    before = baseline_kpis_of(town())
    baseline = town().baseline
    assert before is not None
    assert baseline is not None
    assert before.n_routes == len(baseline.plan.routes)
    assert before.n_routes != kpis_of(town()).n_routes
    assert baseline_kpis_of(line_of_three()) is None


class Outline(HTMLParser):
    """What a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    return parser


@pytest.mark.parametrize("share", [False, True])
def test_the_page_loads_nothing_from_anywhere(share: bool) -> None:
    """No address of another place, no style attribute, and a policy that would stop both."""
    html = report_html(town(), share=share)
    parts = outline(html)
    assert not re.search(r"https?://|//[a-z]+\.[a-z]", re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL))
    assert not parts.of("link", "img", "iframe", "object", "form")
    assert not [attrs for _, attrs in parts.tags if "style" in attrs or "src" in attrs]
    assert not [name for _, attrs in parts.tags for name in attrs if name.startswith("on")]
    policy = next(attrs["content"] for attrs in parts.of("meta") if attrs.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_ids_are_unique_and_every_link_on_the_page_leads_somewhere() -> None:
    """Anchors of the contents, of the table of routes and of the skip link exist once."""
    parts = outline(page())
    ids = [attrs["id"] for _, attrs in parts.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = {str(attrs["href"])[1:] for attrs in parts.of("a")}
    assert targets <= set(ids)
    assert {str(attrs["for"]) for attrs in parts.of("label")} <= set(ids)


def test_headings_step_down_one_at_a_time() -> None:
    """One h1; no level is skipped; every table has a caption; the language is told."""
    parts = outline(page())
    levels = [int(tag[1]) for tag, _ in parts.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert len(parts.of("table")) == len(parts.of("caption"))
    assert parts.of("html") == [{"lang": "en-GB"}]


def test_the_map_never_stands_alone() -> None:
    """As many routes in the table as on the map, both legs, and words for who cannot see it."""
    parts, n_routes = outline(page()), len(town().plan.routes)
    drawn = [str(attrs["data-r"]) for attrs in parts.of("g") if "data-r" in attrs]
    assert len(drawn) == 2 * n_routes
    assert len(set(drawn)) == n_routes
    table = page().split('aria-label="Table of routes"')[1].split("</table>")[0]
    assert table.count("<tr>") == n_routes + 1
    assert page().count('<details class="route"') == n_routes
    map_words = next(attrs["aria-label"] for attrs in parts.of("svg") if str(attrs.get("class")).startswith("map"))
    assert map_words == f"Map of {n_routes} routes to {len(town().scenario.schools)} school gates"


def test_the_face_tells_invented_personal_and_approximate() -> None:
    """All three stand before the first figure, and `approximate` also on the map."""
    face = page().split('<dl class="tiles">')[0]
    for word in ("Invented data", "Personal data", "Approximate"):
        assert f"<b>{word}</b>" in face
    assert '<p class="stamp">approximate</p>' in page()
    real = report_html(replace(line_of_three(), approximate=False))
    assert "Invented data" not in real
    assert "stamp" not in real.split("<body>")[1]


def test_no_certificate_reads_no_bound_computed() -> None:
    """The page says so at the head and where it tells how the plan was made."""
    assert page().count("no bound computed") == 2


def test_the_unserved_have_cause_relaxation_and_taxi() -> None:
    """The one passenger left behind, in words and pounds."""
    section = page().split('id="unserved-h"')[1].split("</section>")[0]
    assert "Even the direct drive of 62 minutes" in section
    assert "Raise their own limit from 45 to 62 minutes." in section
    assert "£94.50" in section
    assert all(n.passenger_id in section for n in town().plan.not_planned)


def test_every_setting_is_shown_and_ours_is_marked() -> None:
    """The page lists each policy setting; one without an outside source is marked."""
    settings = {setting.name: setting for setting in make_page(town()).settings}
    assert settings["ride_cap_primary_s"].is_ours
    assert settings["ride_cap_primary_s"].value == "60 min"
    assert not settings["ride_target_primary_s"].is_ours
    assert settings["ride_over_target_pence_per_min"].value == "5p per passenger-minute"
    assert all(f"<code>{name}</code>" in page() for name in settings)


def test_nothing_of_the_data_becomes_markup() -> None:
    """A name with a tag in it is shown, not run."""
    scenario = make_scenario([make_passenger("<b>x</b>", 10)], name="<script>alert(1)</script>")
    plan = make_plan(route_of(scenario, line_travel(), "R1", ["<b>x</b>"]))
    html = report_html(line_outcome(scenario, plan))
    assert "<script>alert" not in html
    assert "<b>x</b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_leaving_more_people_behind_is_no_saving() -> None:
    """A plan that carries fewer than today states no saving, whatever it costs."""
    outcome, baseline = town(), town().baseline
    assert baseline is not None
    clean = replace(outcome, violations=())
    assert "than today’s routes" in make_page(clean).saving
    fewer = replace(clean, plan=replace(outcome.plan, routes=outcome.plan.routes[:3]))
    assert make_page(fewer).saving.startswith("No saving is stated: this plan leaves more passengers unserved")
    assert make_page(outcome).saving == "No saving is stated while this plan breaks hard rules."


def test_a_plan_with_nobody_in_it_still_has_a_page() -> None:
    """No route, no ride, no division by nothing."""
    scenario = make_scenario([])
    html = report_html(line_outcome(scenario, make_plan()))
    assert "Nobody is left unserved" in html
    assert "No journey is over its target" in html


def test_the_same_plan_gives_the_same_page() -> None:
    """Nothing of the day or the machine is in it."""
    assert report_html(town()) == page()


def test_a_line_is_drawn_in_whole_steps() -> None:
    """Absolute start, relative steps, nothing for a step of nothing; a single point draws nothing."""
    import numpy as np

    assert path_data(np.array([[1.2, 2.0], [3.9, 2.2], [4.1, 2.4], [4.0, -1.0]])) == "M1 2l3 0 0-3"
    assert path_data(np.array([[1.0, 1.0], [1.2, 1.2]])) == ""


def test_a_route_without_street_lines_is_drawn_straight() -> None:
    """Both routes of the line are on the map in both legs although no lines were given."""
    outcome = line_of_three()
    drawn = make_map(outcome.scenario, outcome.plan, {})
    assert [len(shapes) for shapes in drawn.shapes.values()] == [2, 2]
    assert drawn.bar_label.endswith(("mile", "miles"))


def test_the_folder_holds_all_files_and_can_be_checked_alone(tmp_path: Path) -> None:
    """Plan and times read back give the same violations and the same price."""
    outcome = town()
    paths = write_outputs(outcome, tmp_path / "out")
    assert sorted(path.name for path in paths) == FULL
    assert paths[0].name == "report.html"
    plan, travel = (
        read_plan(tmp_path / "out" / "plan.json"),
        read_travel_pairs(tmp_path / "out" / "travel_pairs.json"),
    )
    assert check_plan(plan, outcome.scenario, travel) == outcome.violations
    assert cost_of(plan, outcome.scenario, travel) == outcome.breakdown
    again = replace(outcome, plan=plan, travel=travel)
    assert kpis_of(again) == kpis_of(outcome)


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """Every file but the workbook, which holds the hour it was made."""
    write_outputs(line_of_three(), tmp_path / "a")
    write_outputs(line_of_three(), tmp_path / "b")
    for name in FULL:
        if name != "plan.xlsx":
            assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_a_failure_leaves_the_folder_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page fails last: no new file is there, the old one is whole, and nothing lies beside the folder."""

    def fail(outcome: Outcome, *, share: bool = False) -> str:
        raise RuntimeError("no page")

    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "plan.json").write_text("old", encoding="utf-8")
    monkeypatch.setattr(outputs, "report_html", fail)
    with pytest.raises(RuntimeError, match="no page"):
        write_outputs(line_of_three(), folder)
    assert [path.name for path in folder.iterdir()] == ["plan.json"]
    assert (folder / "plan.json").read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_other_files_of_the_folder_are_left_alone(tmp_path: Path) -> None:
    """The copy of the scenario stays where it is."""
    (tmp_path / "scenario").mkdir()
    (tmp_path / "scenario" / "passengers.csv").write_text("x", encoding="utf-8")
    write_outputs(line_of_three(), tmp_path)
    assert (tmp_path / "scenario" / "passengers.csv").read_text(encoding="utf-8") == "x"


def test_the_shared_folder_names_nobody(tmp_path: Path) -> None:
    """No old id, no exact home, no pick-up time, no cause: in no file, the workbook included."""
    import zipfile

    outcome = town()
    paths = write_outputs(outcome, tmp_path / "share", share=True)
    assert sorted(path.name for path in paths) == SHARED
    texts = {path.name: path.read_text(encoding="utf-8") for path in paths if path.suffix != ".xlsx"}
    with zipfile.ZipFile(tmp_path / "share" / "plan.xlsx") as book:
        texts["plan.xlsx"] = "".join(book.read(name).decode("utf-8") for name in book.namelist())
    home = outcome.scenario.place_by_id["home:P0001"]
    for name, text in texts.items():
        assert not re.search(r"\bP\d{4}\b", text), name
        assert f"{home.lat:.4f}" not in text, name
        assert "direct drive of 62" not in text, name
        assert "wheelchair place" not in text, name
    for name in ("routes.csv", "passengers.csv", "plan.geojson"):
        assert not re.search(r"\d\d:\d\d", texts[name]), name
    assert "<b>Shared version</b>" in texts["report.html"]
    assert '<details class="route"' not in texts["report.html"]
    assert json.loads(texts["plan.geojson"])["note"].startswith("shared version")


def test_a_shared_version_never_joins_a_full_one(tmp_path: Path) -> None:
    """A folder to be passed on may not hold the full plan."""
    write_outputs(line_of_three(), tmp_path)
    with pytest.raises(FileExistsError, match="needs a folder of its own"):
        write_outputs(line_of_three(), tmp_path, share=True)


def test_a_road_that_is_not_permitted_adds_no_miles() -> None:
    """Nobody drives a billion metres: the missing road is the checker's to tell."""
    outcome = line_of_three()
    kpis = kpis_of(replace(outcome, travel=line_travel(blocked=[(0, "x20", "x30")])))
    assert kpis.loaded_m == 5 * 40_000


def test_a_borough_of_955_is_a_small_page() -> None:
    """Below 2.5 MB with every timeline in it."""
    assert len(report_html(invented_outcome(955, baseline=False)).encode()) < 2_500_000


def explained_outcome() -> Outcome:
    """The line of three with an explanation written by hand."""
    outcome = line_of_three()
    explanation = Explanation(
        alternatives=(
            Alternatives(
                passenger_id="P1",
                route_id="R1",
                saved_pence_per_week=12_345,
                others=(
                    Alternative(route_id="R2", class_id="CAR", extra_pence_per_week=-500),
                    Alternative(route_id=None, class_id="CAR", extra_pence_per_week=9_900),
                ),
            ),
        ),
        bindings=(
            Binding(
                route_id="R1", bind=Bind.RIDE_CAP, amount=60, unit="s", sentence="AM: the ride cap of P1 leaves 60 s",
                passenger_id="P1", leg=Leg.AM,
            ),
        ),
        rule_prices=(
            RulePrice(rule=PricedRule.SOLO, passenger_ids=("P3",), year_pence=950_000, n_routes=2, n_passengers=3),
        ),
        n_rules=4,
        iterations=1500,
        method="Planned again",
    )  # fmt: skip
    return replace(outcome, plan=replace(outcome.plan, explanation=explanation))


def test_the_explanation_is_on_the_page_and_in_the_plan(tmp_path: Path) -> None:
    """Other ways with their price, what binds, what a rule costs and how many of the rules were priced."""
    outcome = explained_outcome()
    html = report_html(outcome)
    for words in (
        "£123.45", "R2, CAR: −£5.00", "a vehicle of their own, CAR: +£99.00", "the ride cap of P1 leaves 60 s",
        "travels alone", "£9,500", "Priced: 1 of 4 such rules",
    ):  # fmt: skip
        assert words in html
    write_outputs(outcome, tmp_path)
    assert read_plan(tmp_path / "plan.json") == outcome.plan
    assert "Why it is so" not in report_html(line_of_three())


def test_the_shared_version_explains_nothing() -> None:
    """Whom a route could take, and whose limit binds it, tells of needs."""
    assert "Why it is so" not in report_html(explained_outcome(), share=True)

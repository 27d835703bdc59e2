"""In-year change as an officer meets it: quote, add, replan and frontier on Little Council, from files to files."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.transport.files.scenario_folder import Tables, little_council, write_folder
from transport.files.plan_json import read_plan
from transport.files.read import read_scenario

NEAR_P1 = {"lat": "52.501", "lon": "-1.98"}


def run(*arguments: str | Path) -> Result:
    """A command, in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def lists() -> Tables:
    """Little Council without street rules, and without the siblings' bond, so that each may move alone.

    Six working days of notice, and quotes for four.
    """
    tables = little_council()
    tables["policy"].append({"setting": "notice_working_days", "value": "6"})
    tables["policy"].append({"setting": "quote_valid_working_days", "value": "4"})
    del tables["street_rules"], tables["keep_together"], tables["pickup_points"]
    return tables


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """Little Council's plan: P1 and P2 on R1 under contract L1, P3 on the council's minibus."""
    folder = tmp_path_factory.mktemp("council")
    write_folder(folder / "lists", lists())
    result = run("plan", folder / "lists", "--out", folder / "plan", "--iterations", "20", "--cache-dir", cache)
    assert result.exit_code == 0, result.output
    return folder / "plan"


def new_list(folder: Path, *rows: dict[str, str]) -> Path:
    """A list of new passengers."""
    path = folder / "new.csv"
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def newcomer(passenger_id: str = "N1", **changes: str) -> dict[str, str]:
    """Somebody near P1, to S1 on all days."""
    return {"passenger_id": passenger_id, "school_id": "S1", "phase": "primary", **NEAR_P1, **changes}


def quoted(plan: Path, new: Path, cache: Path, exit_code: int = 0) -> list[Any]:
    result = run("quote", plan, new, "--json", "--told-on", "2026-09-14", "--cache-dir", cache)
    assert result.exit_code == exit_code, result.output
    found: list[Any] = json.loads(result.stdout)
    return found


def test_a_quote_names_plan_expiry_and_options(plan: Path, tmp_path: Path, cache: Path) -> None:
    """The contract with its clause, the fleet, a new vehicle; four working days after Monday the 14th is the 18th."""
    (quote,) = quoted(plan, new_list(tmp_path, newcomer()), cache)
    assert quote["plan_id"] == read_plan(plan / "plan.json").plan_id
    assert quote["valid_until"] == "2026-09-18"
    kinds = {option["kind"]: option for option in quote["options"]}
    assert kinds["contract"]["priced_by"] == "variation clause of contract L1"
    assert "new_bought" in kinds
    week = [option["objective_pence_per_fortnight"] for option in quote["options"]]
    assert week == sorted(week)


def test_several_schools_are_quoted_side_by_side(plan: Path, tmp_path: Path, cache: Path) -> None:
    """S1, and S2 as a candidate; the schools of the options say which is which."""
    (quote,) = quoted(plan, new_list(tmp_path, newcomer(candidate_school_ids="S2")), cache)
    assert quote["passenger_id"] == "N1"
    assert {option["school_id"] for option in quote["options"]} == {"S1", "S2"}


def test_who_awaits_a_decision_is_quoted_but_not_placed(plan: Path, tmp_path: Path, cache: Path) -> None:
    """The quote says so; `add` leaves them out, says why, and ends with exit code 3."""
    new = new_list(tmp_path, newcomer(status="awaiting_decision"))
    (quote,) = quoted(plan, new, cache)
    assert quote["options"]
    assert any("decision on eligibility is still open" in note for note in quote["assumptions"])
    out = tmp_path / "out"
    result = run("add", plan, new, "--out", out, "--told-on", "2026-09-14", "--json", "--cache-dir", cache)
    assert result.exit_code == 3, result.output
    report = json.loads(result.stdout)
    assert report["placed_ids"] == []
    assert report["not_placed"] == [["N1", "the decision on eligibility is awaited: quoted, not placed"]]
    assert "N1" not in read_scenario(out / "scenario").passenger_by_id


def test_what_cannot_be_done_is_quoted_with_the_reason(plan: Path, tmp_path: Path, cache: Path) -> None:
    """A ride of one minute at most is too short for any vehicle: exit code 3 and the checker's sentence."""
    (quote,) = quoted(plan, new_list(tmp_path, newcomer(ride_cap_min="1")), cache, exit_code=3)
    assert quote["options"] == []
    assert any("over their own cap of 1 min" in sentence for sentence in quote["refused"])


def test_words_for_people(plan: Path, tmp_path: Path, cache: Path) -> None:
    """Without `--json`: pounds, clock times, PAs and who moves."""
    result = run("quote", plan, new_list(tmp_path, newcomer()), "--cache-dir", cache)
    assert re.search(r"1\. .* to S1: \+£[\d,.]+ a day, \+£[\d,]+ a year, by the ", result.stdout), result.stdout
    assert "fetched 0" in result.stdout
    assert "moves" in result.stdout


@pytest.fixture(scope="module")
def added(plan: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """N1 wants to start on 1 October, N2 as soon as may be."""
    folder = tmp_path_factory.mktemp("added")
    new = new_list(folder, newcomer(starts_on="2026-10-01"), newcomer("N2", school_id="S2", gate_id="north"))
    result = run(
        "add", plan, new, "--out", folder / "plan", "--told-on", "2026-09-14", "--compare-seconds", "0.2", "--json",
        "--cache-dir", cache,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report, folder / "plan"


def test_an_added_plan_is_complete_and_checks(added: tuple[dict[str, Any], Path], plan: Path) -> None:
    """Everything that `plan` writes, the change report, and `check` agrees from the files alone."""
    report, folder = added
    for path in plan.iterdir():
        if path.name not in ("held_lots.csv",):
            assert (folder / path.name).exists(), path.name
    for name in ("changes.html", "changes.json", "told.csv", "reference.json"):
        assert (folder / name).stat().st_size > 0, name
    result = run("check", folder, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["cost_pence_per_week"] == report["week_pence"]
    people = read_scenario(folder / "scenario").passenger_by_id
    assert set(people) == {"P1", "P2", "P3", "N1", "N2"}
    carried = {pid for route in read_plan(folder / "plan.json").routes for pid in route.passenger_ids}
    assert carried == set(people)


def test_the_change_report_says_what_it_costs_and_who_is_told(added: tuple[dict[str, Any], Path], plan: Path) -> None:
    """Six working days from Monday 14 September end on the 22nd: N2 starts on the 23rd, N1 when they want to."""
    report, folder = added
    before = json.loads(run("check", plan, "--json").stdout)
    assert report["week_pence_before"] == before["cost_pence_per_week"]
    assert report["extra_year_pence"] == report["year_pence"] - report["year_pence_before"]
    assert 0 < report["extra_year_pence"] <= report["taxi_year_pence"]
    assert report["n_disturbed"] == 0
    assert report["free_week_pence"] <= report["week_pence"]
    starts = {t["who_id"]: t["from_on"] for t in report["told"] if t["who"] == "family of somebody placed"}
    assert starts == {"N1": "2026-10-01", "N2": "2026-09-23"}
    assert {t["who_id"] for t in report["told"] if t["who"] == "school"} == {"S1", "S2"}
    page = (folder / "changes.html").read_text(encoding="utf-8")
    assert "Who is told what, and from when" in page
    assert "Personal data" in page
    assert (folder / "told.csv").read_text(encoding="utf-8-sig").startswith("who,who_id,route_id,from_on")


def test_an_added_plan_can_be_changed_again(added: tuple[dict[str, Any], Path], tmp_path: Path, cache: Path) -> None:
    """N1 leaves again: the plan costs what it would without them, and nobody else is missed."""
    _, folder = added
    out = tmp_path / "out"
    result = run(
        "add", folder, "--remove", "N1", "--out", out, "--told-on", "2026-10-05", "--json", "--cache-dir", cache
    )
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["left_ids"] == ["N1"]
    assert report["extra_year_pence"] <= 0
    assert any("N1 no longer comes" in t["sentence"] for t in report["told"])
    assert set(read_scenario(out / "scenario").passenger_by_id) == {"P1", "P2", "P3", "N2"}
    assert run("check", out).exit_code == 0


def test_a_contracted_route_keeps_its_metres_at_award(plan: Path, tmp_path: Path, cache: Path) -> None:
    """N1 is moved onto R1: contracts.csv then says what L1 drove at award, and current_routes.csv has N1 on it."""
    new = new_list(tmp_path, newcomer())
    first, second = tmp_path / "first", tmp_path / "second"
    assert run("add", plan, new, "--out", first, "--told-on", "2026-09-14", "--cache-dir", cache).exit_code == 0
    result = run(
        "add",
        first,
        "--move",
        "N1=R1",
        "--out",
        second,
        "--told-on",
        "2026-09-14",
        "--max-changed",
        "2",
        "--cache-dir",
        cache,
    )
    assert result.exit_code == 0, result.output
    scenario = read_scenario(second / "scenario")
    (contract,) = scenario.contracts
    assert contract.award_m is not None
    assert max(contract.award_m) > 0
    assert "N1" in scenario.current_route_by_id["R1"].am_passenger_ids
    (route,) = [r for r in read_plan(second / "plan.json").routes if "N1" in r.passenger_ids]
    assert route.route_id == "R1"
    assert run("check", second).exit_code == 0


def test_a_home_that_changes_is_a_row_of_the_list(plan: Path, tmp_path: Path, cache: Path) -> None:
    """P3 moves house: their row stands in the list again, with the new place; on the same route at other times."""
    row = {
        "passenger_id": "P3", "school_id": "S2", "gate_id": "south", "phase": "post16", "easting": "402500",
        "northing": "288900", "mobility": "in_wheelchair", "pa_need": "one_to_one", "vehicle_tags": "tail_lift",
    }  # fmt: skip
    out = tmp_path / "out"
    result = run(
        "add", plan, new_list(tmp_path, row), "--out", out, "--told-on", "2026-09-14", "--json", "--cache-dir", cache
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["placed_ids"] == ["P3"]
    old, new = (read_scenario(folder / "scenario") for folder in (plan, out))
    assert old.place_by_id["home:P3"] != new.place_by_id["home:P3"]
    assert run("check", out).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("quote", "nowhere", "new.csv"), "nowhere: lacks plan.json, travel_pairs.json"),
        (("quote", "plan", "no.csv"), "no.csv: there is no such file"),
        (("quote", "plan", "new.csv", "--travel", "no.csv"), "no such file of travel times"),
        (("add", "plan", "--out", "out"), "nothing to change"),
        (("add", "plan", "new.csv", "--out", "plan"), "is the plan in force"),
        (("add", "plan", "--remove", "P9", "--move", "P1=R9", "--out", "out"), "passenger in plan; R9: no such route"),
        (("add", "plan", "two.csv", "--out", "out"), "N1: names several schools"),
        (("quote", "plan", "known.csv"), "column passenger_id: P1; is in the plan already"),
        (("quote", "plan", "bad.csv"), "bad.csv row 2, column school_id: S9; S9 is not in schools"),
        (("quote", "plan", "bad.csv"), "bad.csv row 2, column ride_cap_min: x"),
        (("quote", "plan", "named.csv"), "looks like personal data"),
        (("replan", "plan", "--out", "out"), "say how near to stay"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_in_a_sentence(
    arguments: tuple[str, ...], words: str, plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, the fault named, nothing written."""
    shutil.copytree(plan, tmp_path / "plan")
    for name, row in {
        "two": newcomer(candidate_school_ids="S2"), "known": newcomer("P1"), "named": newcomer(surname="Smith"),
        "bad": newcomer(school_id="S9", ride_cap_min="x"), "new": newcomer(),
    }.items():  # fmt: skip
        new_list(tmp_path, row).rename(tmp_path / f"{name}.csv")
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_other_roads_are_refused(plan: Path, tmp_path: Path, cache: Path) -> None:
    """Drives of another network are not those that the plan was made on: the first one that differs is named."""
    shutil.copytree(plan, tmp_path / "plan")
    places = [(place.lat, place.lon) for place in read_scenario(plan / "scenario").places]
    between = [(52.505 + k / 4000, -1.985) for k in range(-9, 9)]
    (tmp_path / "plan" / "network_points.json").write_text(json.dumps([*places, *between]), encoding="utf-8")
    result = run("quote", tmp_path / "plan", new_list(tmp_path, newcomer()), "--cache-dir", cache)
    assert result.exit_code == 2
    assert "give the roads that the plan was made with" in result.stderr


def test_replan_keeps_to_its_cap(plan: Path, tmp_path: Path, cache: Path) -> None:
    """With nobody to be disturbed, nobody is; the plan that it began with is kept beside it."""
    out = tmp_path / "out"
    result = run(
        "replan", plan, "--max-changed", "0", "--iterations", "60", "--out", out, "--json", "--cache-dir", cache
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["disturbed"] == []
    assert read_plan(out / "reference.json") == read_plan(plan / "plan.json")
    assert run("check", out).exit_code == 0


def test_a_replan_is_never_worse_than_the_plan_in_force(plan: Path, tmp_path: Path, cache: Path) -> None:
    """With no time to search, the plan in force stays, and the report says so."""
    out = tmp_path / "out"
    result = run("replan", plan, "--price-per-family", "0", "--iterations", "0", "--out", out, "--cache-dir", cache)
    assert result.exit_code == 0, result.output
    before, after = (read_plan(folder / "plan.json") for folder in (plan, out))
    assert {r.route_id: r.passenger_ids for r in after.routes} == {r.route_id: r.passenger_ids for r in before.routes}
    assert f"No better plan was found than {before.plan_id}" in (out / "report.html").read_text(encoding="utf-8")


def test_the_frontier_is_a_table_a_picture_and_figures(plan: Path, tmp_path: Path, cache: Path) -> None:
    """From the plan in force to the free hand; the best points fall in cost as families rise."""
    out = tmp_path / "out"
    result = run("frontier", plan, "--iterations", "80", "--out", out, "--json", "--cache-dir", cache)
    assert result.exit_code == 0, result.output
    points = json.loads(result.stdout)["points"]
    assert points[0]["price_pence"] is None
    best = [p for p in points if p["is_best"]]
    assert best[0]["n_disturbed"] == 0
    assert [p["n_disturbed"] for p in best] == sorted(p["n_disturbed"] for p in best)
    assert len((out / "frontier.csv").read_text(encoding="utf-8-sig").splitlines()) == len(points) + 1
    page = (out / "frontier.html").read_text(encoding="utf-8")
    assert page.count("<circle") == len(points)
    assert "Families disturbed" in page

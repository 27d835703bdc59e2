"""The command line as a newcomer meets it: what it writes, what it prints where, and its exit codes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.routing.network.square_world import CORNERS, SIDES, STREET, write_osm
from tests.transport.files.scenario_folder import Tables, little_council, write_folder
from transport.files.read import read_scenario

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ("cost_pence_per_week", "objective", "n_routes", "n_unserved", "n_hard_violations")


def run(*arguments: str | Path) -> Result:
    """A command, in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def lists(folder: Path, change: Callable[[Tables], None] = lambda tables: None) -> Path:
    """Little Council without its street rules, which need a road extract."""
    tables = little_council()
    del tables["street_rules"]
    change(tables)
    return write_folder(folder, tables)


def plan(scenario: Path, out: Path, *more: str | Path, iterations: int = 20) -> Result:
    return run(
        "plan", scenario, "--out", out, "--iterations", str(iterations), "--cache-dir", out.parent / "cache", *more
    )


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """Little Council planned once; tests that change the folder take a copy."""
    folder = tmp_path_factory.mktemp("little")
    result = plan(lists(folder / "lists"), folder / "plan", "--json")
    return result, folder / "plan"


@pytest.fixture
def copy(planned: tuple[Result, Path], tmp_path: Path) -> Path:
    """A copy of the planned folder to tamper with."""
    return shutil.copytree(planned[1], tmp_path / "copy")


def change_json(path: Path, change: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def rules_broken(folder: Path) -> set[str]:
    result = run("check", folder, "--json")
    assert result.exit_code == 1, result.output
    return {v["rule"] for v in json.loads(result.stdout)["violations"] if v["hard"]}


def test_help_lists_the_commands() -> None:
    """Who types `schoolrun --help` sees what there is."""
    result = run("--help")
    assert result.exit_code == 0
    for command in ("plan", "demo", "check", "template", "roads"):
        assert command in result.stdout
    for command in ("build", "download"):
        assert command in run("roads", "--help").stdout


def test_a_plan_is_written_and_its_figures_printed(planned: tuple[Result, Path]) -> None:
    """Exit code 0, every file, and on standard output nothing but JSON."""
    result, folder = planned
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert [type(figures[name]) for name in FIGURES] == [int] * 5
    assert figures["n_unserved"] == figures["n_hard_violations"] == 0
    assert figures["cost_pence_per_week"] > 0
    for name in ("plan.json", "routes.csv", "stops.csv", "passengers.csv", "lots.csv", "plan.xlsx", "plan.geojson"):
        assert (folder / name).stat().st_size > 0, name
    for name in ("report.html", "run_sheets.pdf", "school_lists.pdf", "letters.csv", "travel_pairs.json"):
        assert (folder / name).stat().st_size > 0, name
    assert read_scenario(folder / "scenario").name == "Little Council"


def test_progress_goes_to_standard_error(planned: tuple[Result, Path]) -> None:
    """A line a phase, so that a log shows where a long job stands."""
    result, _ = planned
    phases = [
        "Reading the scenario",
        "Preparing the roads",
        "Working out travel times",
        "Searching",
        "Writing the plan",
    ]
    at = [result.stderr.index(phase) for phase in phases]
    assert at == sorted(at)


def test_the_words_for_people_say_cost_and_place(planned: tuple[Result, Path], tmp_path: Path) -> None:
    """Without `--json`: who is carried, what it costs, that it is approximate, where the report is."""
    result = plan(planned[1] / "scenario", tmp_path / "again")
    assert "3 of 3 passengers on" in result.stdout
    assert "Approximate" in result.stdout
    assert "Certificate: no bound computed" in result.stdout
    assert str(tmp_path / "again" / "report.html") in result.stdout


def test_same_seed_and_iterations_give_the_same_files(planned: tuple[Result, Path], tmp_path: Path) -> None:
    """All but the wall seconds that the search took; the plan's id is the same too."""
    first, again = planned[1], tmp_path / "again"
    plan(first / "scenario", again)
    one, other = (json.loads((folder / "plan.json").read_text(encoding="utf-8")) for folder in (first, again))
    assert one["made_with"].pop("seconds") >= 0
    other["made_with"].pop("seconds")
    assert one == other
    for name in ("routes.csv", "stops.csv", "passengers.csv", "lots.csv", "letters.csv", "travel_pairs.json"):
        assert (first / name).read_bytes() == (again / name).read_bytes(), name


def test_another_seed_gives_another_plan_id(planned: tuple[Result, Path], tmp_path: Path) -> None:
    """The id stands for inputs, seed, iterations and routes."""
    plan(planned[1] / "scenario", tmp_path / "again", "--seed", "2")
    ids = {
        json.loads((folder / "plan.json").read_text("utf-8"))["plan_id"] for folder in (planned[1], tmp_path / "again")
    }
    assert len(ids) == 2


def _free_lists(tables: Tables) -> None:
    """P3 rides alone on the council's minibus, P1 and P2 may be planned anew: their contract is over, and dear."""
    tables["contracts"][0] |= {"ends_on": "2026-08-31", "extension_day_rate_pence": "99000"}
    tables["current_routes"][0]["keep"] = ""


def test_families_disturbed_are_told_against_todays_routes(tmp_path: Path) -> None:
    """In the words for people, the JSON, the report and a table of their own; lots have theirs."""
    out = tmp_path / "plan"
    result = plan(lists(tmp_path / "lists", _free_lists), out)
    assert result.exit_code == 0, result.output
    assert "Families disturbed, against today’s routes: " in result.stdout
    assert "Families disturbed" in (out / "report.html").read_text(encoding="utf-8")
    assert (out / "disturbed.csv").read_text(encoding="utf-8-sig").startswith("passenger_id,reasons,moved_s,sentence")
    assert "L1,released," in (out / "held_lots.csv").read_text(encoding="utf-8")
    assert not (out / "reference.json").exists()


def test_a_plan_may_be_held_to_an_older_one(tmp_path: Path) -> None:
    """`--reference`, `--price-per-family` and `--max-changed`: kept with the plan, and checked again from its files."""
    first, second = tmp_path / "first", tmp_path / "second"
    scenario = lists(tmp_path / "lists", _free_lists)
    plan(scenario, first)
    result = plan(scenario, second, "--reference", first, "--price-per-family", "12.34", "--max-changed", "0", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["disturbed"] == []
    made_with = json.loads((second / "plan.json").read_text(encoding="utf-8"))["made_with"]
    assert (made_with["disturbed_pence_per_week"], made_with["max_disturbed"]) == (1234, 0)
    assert run("check", second).exit_code == 0
    change_json(second / "reference.json", lambda known: known["routes"][0].update(route_id="R77"))
    assert rules_broken(second) == {"too_many_disturbed"}


def test_a_cap_without_anything_to_compare_with_is_refused(tmp_path: Path) -> None:
    """No today's routes, no older plan: a cap would mean nothing."""

    def no_routes(tables: Tables) -> None:
        del tables["current_routes"], tables["contracts"]

    result = plan(lists(tmp_path / "lists", no_routes), tmp_path / "plan", "--max-changed", "3")
    assert result.exit_code == 2
    assert "no plan to compare with" in result.stderr


def _break_two_files(tables: Tables) -> None:
    tables["passengers"][0]["ride_cap_min"] = "-5"
    tables["schools"][0]["start_time"] = "ten"


def test_bad_input_is_refused_with_every_fault(tmp_path: Path) -> None:
    """Exit code 2, each fault with file, row and column on standard error, and nothing written."""
    out = tmp_path / "plan"
    result = plan(lists(tmp_path / "lists", _break_two_files), out)
    assert result.exit_code == 2
    assert "passengers.csv row 2, column ride_cap_min" in result.stderr
    assert "schools.csv row 2, column start_time" in result.stderr
    assert result.stdout == ""
    assert not out.exists()


def test_bad_input_leaves_an_older_plan_alone(copy: Path, tmp_path: Path) -> None:
    """The folder of last week's plan stays as it was."""
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert plan(lists(tmp_path / "lists", _break_two_files), copy).exit_code == 2
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before


def test_street_rules_without_streets_are_refused(tmp_path: Path) -> None:
    """A rule that cannot be held is named, never ignored."""
    result = plan(write_folder(tmp_path / "lists", little_council()), tmp_path / "plan")
    assert result.exit_code == 2
    assert "SR1" in result.stderr
    assert "SR2" in result.stderr
    assert not (tmp_path / "plan").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plan", "nowhere", "--out", "plan"), "nowhere: does not exist"),
        (("plan", "lists", "--out", "plan", "--roads", "a.osm", "--travel", "b.csv"), "--roads or --travel, not both"),
        (("plan", "lists", "--out", "plan", "--roads", "no.osm.pbf"), "no.osm.pbf: there is no such road file"),
        (("plan", "lists", "--out", "plan", "--roads", "lists/passengers.csv"), "unknown kind of road file"),
        (("plan", "lists", "--out", "plan", "--travel", "no.csv"), "no.csv: there is no such file of travel times"),
        (("plan", "lists", "--out", "lists/passengers.csv"), "is a file; the plan needs a folder"),
        (("demo", "--passengers", "50", "--out", "lists/passengers.csv"), "passengers.csv"),
        (("plan", "lists", "--out", "plan", "--reference", "lists"), "lists: lacks plan.json"),
        (("check", "nowhere"), "nowhere: lacks plan.json, travel_pairs.json"),
        (("template", "lists.csv"), "must end in .xlsx"),
        (("roads", "build", "no.osm.pbf"), "no.osm.pbf: there is no such road file"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2 and one plain sentence, no traceback."""
    lists(tmp_path / "lists")
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "plan").exists()


def test_somebody_elses_lists_are_not_overwritten(tmp_path: Path) -> None:
    """A folder `scenario` that no plan wrote is not taken for a copy of ours."""
    mine = lists(tmp_path / "scenario")
    result = plan(lists(tmp_path / "lists"), tmp_path)
    assert result.exit_code == 2
    assert "no plan put there" in result.stderr
    assert len(list(mine.iterdir())) == len(list((tmp_path / "lists").iterdir()))


def test_a_plan_may_be_written_around_its_own_lists(copy: Path) -> None:
    """Change the copy beside a plan, and plan into the same folder again."""
    assert plan(copy / "scenario", copy).exit_code == 0
    assert run("check", copy).exit_code == 0


def test_the_unserved_have_their_own_exit_code(tmp_path: Path) -> None:
    """Exit code 3; the cause is printed and stands in the report, and the plan can be checked."""

    def shorten(tables: Tables) -> None:
        tables["passengers"][2]["ride_cap_min"] = "1"

    out = tmp_path / "plan"
    result = plan(lists(tmp_path / "lists", shorten), out)
    assert result.exit_code == 3, result.output
    assert "2 of 3 passengers" in result.stdout
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("Not carried: ")]
    (listed,) = json.loads((out / "plan.json").read_text(encoding="utf-8"))["unserved"]
    assert listed["passenger_id"] == "P3"
    assert listed["sentence"] in line
    assert listed["sentence"] in (out / "report.html").read_text(encoding="utf-8")
    assert run("check", out).exit_code == 0


def test_check_agrees_with_the_plan(planned: tuple[Result, Path]) -> None:
    """From the files alone: exit code 0 and the same figures."""
    result = run("check", planned[1], "--json")
    assert result.exit_code == 0, result.output
    again, before = json.loads(result.stdout), json.loads(planned[0].stdout)
    assert {name: again[name] for name in FIGURES} == {name: before[name] for name in FIGURES}
    assert "0 hard violations" in run("check", planned[1]).stdout


def test_check_finds_a_moved_stop(copy: Path) -> None:
    """A stop reached ten minutes before its own drive allows."""

    def hurry(content: Any) -> None:
        stop = content["routes"][0]["runs"][0]["stops"][1]
        for name in ("arrive_at_s", "start_at_s", "depart_at_s"):
            stop[name] -= 600

    change_json(copy / "plan.json", hurry)
    assert "drive_too_short" in rules_broken(copy)
    assert "Broken rule drive_too_short: " in run("check", copy).stdout


def test_check_finds_a_lost_passenger(copy: Path) -> None:
    """Somebody taken off every stop and list is missed."""

    def lose(content: Any) -> None:
        route = next(r for r in content["routes"] if "P3" in r["am"]["passenger_ids"])
        content["routes"].remove(route)

    change_json(copy / "plan.json", lose)
    assert "passenger_missing" in rules_broken(copy)


def test_check_finds_changed_lists(copy: Path) -> None:
    """A plan belongs to the lists it was made from."""
    table = copy / "scenario" / "passengers.csv"
    table.write_text(table.read_text(encoding="utf-8-sig").replace("one_to_one", "none"), encoding="utf-8")
    result = run("check", copy)
    assert result.exit_code == 1
    assert "The scenario beside this plan is not the one it was made from" in result.stdout


def test_check_finds_changed_times(copy: Path) -> None:
    """One drive a second longer: the plan would be judged on times it was not made on."""

    def slow(content: Any) -> None:
        content["pairs"][-1][4] += 1

    change_json(copy / "travel_pairs.json", slow)
    result = run("check", copy)
    assert result.exit_code == 2
    assert "the file was changed after it was written" in result.stderr


@pytest.mark.parametrize("name", ["plan.json", "travel_pairs.json", "scenario"])
def test_check_needs_its_files(name: str, copy: Path) -> None:
    """What is missing is named."""
    path = copy / name
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    result = run("check", copy)
    assert result.exit_code == 2
    assert f"lacks {name}" in result.stderr


def test_a_template_is_written_once(tmp_path: Path) -> None:
    """The workbook appears, with folders it needs; a second call does not wipe what was filled in."""
    path = tmp_path / "new" / "lists.xlsx"
    assert run("template", path).exit_code == 0
    before = path.read_bytes()
    assert run("template", path).exit_code == 2
    assert path.read_bytes() == before
    empty = plan(path, tmp_path / "plan")
    assert empty.exit_code == 2
    assert "sheet passengers" in empty.stderr


def test_roads_are_built_and_described(tmp_path: Path) -> None:
    """How many streets, and what is to be known about them."""
    path = write_osm(tmp_path / "square.osm", CORNERS, {way: (side, STREET) for side, way in SIDES.items()})
    result = run("roads", "build", path, "--cache-dir", tmp_path / "cache")
    assert result.exit_code == 0, result.output
    assert "square.osm" in result.stdout
    assert "no speed limit tagged" in result.stdout
    assert len(list((tmp_path / "cache").glob("roads-*.npz"))) == 1


def test_roads_cannot_be_downloaded_without_the_internet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence that says what to do instead."""
    import osmnx

    def unreachable(*_: object, **__: object) -> None:
        raise ConnectionError("no route to host")

    monkeypatch.setattr(osmnx, "graph_from_place", unreachable)
    result = run("roads", "download", "Sandwell, England", "--out", tmp_path / "roads.graphml")
    assert result.exit_code == 2
    (sentence,) = result.stderr.strip().splitlines()
    assert "could not be fetched" in sentence
    assert "schoolrun roads build" in sentence
    assert not (tmp_path / "roads.graphml").exists()


def write_times(scenario: Path, path: Path) -> Path:
    """Own travel times: 600 seconds and 5 km between any two places of a scenario."""
    ids = [place.place_id for place in read_scenario(scenario).places]
    rows = [f"{a},{b},600,5000,600,5000" for a, b in permutations(ids, 2)]
    header = "from_place_id,to_place_id,am_seconds,am_metres,pm_seconds,pm_metres"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_councils_own_times_are_used(tmp_path: Path) -> None:
    """With `--travel` nothing is approximate and every drive takes the 600 seconds that the file says."""
    scenario, out = lists(tmp_path / "lists"), tmp_path / "plan"
    result = plan(scenario, out, "--travel", write_times(scenario, tmp_path / "times.csv"), "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["approximate"] is False
    pairs = json.loads((out / "travel_pairs.json").read_text(encoding="utf-8"))["pairs"]
    assert {(row[4], row[5]) for row in pairs if row[1] != row[2]} == {(600, 5000)}
    assert run("check", out).exit_code == 0


def test_the_shared_version_holds_no_id_and_no_time(planned: tuple[Result, Path], tmp_path: Path) -> None:
    """`--share` leaves out the plan itself, the stops, the letters and the documents, and makes ids anew."""
    out = tmp_path / "shared"
    assert plan(planned[1] / "scenario", out, "--share").exit_code == 0
    names = {path.name for path in out.iterdir()}
    assert names == {"report.html", "routes.csv", "passengers.csv", "lots.csv", "plan.xlsx", "plan.geojson"}
    ids = {row.split(",")[0] for row in (out / "passengers.csv").read_text(encoding="utf-8-sig").splitlines()[1:]}
    assert len(ids) == 3
    assert ids.isdisjoint({"P1", "P2", "P3"})


def test_the_shared_version_needs_a_folder_of_its_own(copy: Path) -> None:
    """Beside a full plan it would be taken for what it is not."""
    before = sorted(path.name for path in copy.iterdir())
    result = plan(copy / "scenario", copy, "--share")
    assert result.exit_code == 2
    assert "needs a folder of its own" in result.stderr
    assert sorted(path.name for path in copy.iterdir()) == before


def test_an_interrupted_search_writes_the_best_plan_so_far(planned: tuple[Result, Path], tmp_path: Path) -> None:
    """Ctrl-C ends the search, not the job."""
    command = [sys.executable, "-m", "api.cli", "plan", planned[1] / "scenario", "--out", tmp_path / "plan"]
    job = subprocess.Popen(
        [*map(str, command), "--seconds", "900", "--json"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert job.stderr is not None
    try:
        for line in job.stderr:
            if line.startswith("Searching"):
                break
        job.send_signal(signal.SIGINT)
        stdout, stderr = job.communicate(timeout=300)
    finally:
        job.kill()
    assert job.returncode == 0, stderr
    assert "what was found so far will be written" in stderr
    assert json.loads(stdout)["n_unserved"] == 0
    assert run("check", tmp_path / "plan").exit_code == 0

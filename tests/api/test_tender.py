"""The whole round trip of a tender on the command line, and what it refuses."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from api.plan_folder import open_plan_folder
from api.tender_award import open_bids
from api.tender_pack import read_regime, read_rules, read_scores, rule_words
from tests.api.test_cli import lists, plan
from tests.transport.files.scenario_folder import Tables
from transport.digest import digest_of
from transport.files.travel_pairs import read_travel_pairs, write_travel_pairs
from transport.tenders import AwardRules

DATES = ("--deadline", "2024-07-05T15:00", "--starts-on", "2024-09-02", "--ends-on", "2026-08-31", "--tie-seed", "7")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["tender", *(str(argument) for argument in arguments)])


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Little Council planned once, with three more operators that have the minibus it needs."""

    def more_operators(tables: Tables) -> None:
        for name in ("O2", "O3", "O4"):
            tables["operators"].append({"operator_id": name, "name": f"Operator {name}", "sme": "yes"})
            tables["operator_vehicles"].append({"operator_id": name, "class_id": "minibus", "n_vehicles": "2"})

    folder = tmp_path_factory.mktemp("little")
    assert plan(lists(folder / "lists", more_operators), folder / "plan", "--json").exit_code == 0
    return folder / "plan"


@pytest.fixture(scope="module")
def tendered(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Lots, pack and bids of its tender, with the digest that was printed."""
    tender = tmp_path_factory.mktemp("tender")
    rules = tender / "rules.json"
    rules.write_text(json.dumps({"fallback_pct": 150}), encoding="utf-8")
    made = run("lots", planned, "--out", tender)
    assert made.exit_code == 0, made.output
    packed = run("pack", planned, tender, "--tender-id", "T1", *DATES, "--rules", rules)
    assert packed.exit_code == 0, packed.output
    assert run("simulate", planned, tender).exit_code == 0
    return tender, packed.stdout.split("Publish its digest: ")[1].strip()


@pytest.fixture
def copy(tendered: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    return shutil.copytree(tendered[0], tmp_path / "tender"), tendered[1]


def open_both(planned: Path, tender: Path) -> Result:
    return run("bids", planned, tender, "--opened-by", "first person", "--opened-by", "second person")


def test_the_round_trip(planned: Path, copy: tuple[Path, str]) -> None:
    """Bids opened, awarded with proof, everybody told why, and the same award from the evidence."""
    tender, digest = copy
    opened = open_both(planned, tender)
    assert opened.exit_code == 0, opened.output
    assert "may be compared" in opened.stdout
    awarded = run("award", planned, tender, "--pack-digest", digest, "--json")
    assert awarded.exit_code == 0, awarded.output
    figures = json.loads(awarded.stdout)
    assert figures["proven"]
    assert figures["bound_pence"] == figures["compared_pence"]
    with (tender / "awards.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    lots = {lot_id for row in rows for lot_id in row["lots"].split()}
    pack = json.loads((tender / "pack" / "pack.json").read_text(encoding="utf-8"))["content"]
    assert lots == {lot["lot_id"] for lot in pack["lots"]}
    verified = run("verify", tender / "evidence.zip")
    assert (verified.exit_code, verified.stdout.strip()) == (0, f"The same award, digest {figures['digest']}")


def test_lots_of_fleet_routes_rest_on_the_plans_roads(planned: Path, tmp_path: Path) -> None:
    """Roads as planned serve; a drive of the plan that is not what it was, and two kinds of roads, are refused."""
    options = ("--out", tmp_path / "tender", "--fleet-too", "--cache-dir", tmp_path / "cache")
    assert run("lots", planned, *options).exit_code == 0
    book = json.loads((tmp_path / "tender" / "lot_book.json").read_text(encoding="utf-8"))["content"]
    assert book["route_ids_by_lot_id"] == {"LOT1": ["R001"]}, "R1 is under a contract that runs on"
    other = shutil.copytree(planned, tmp_path / "other")
    pairs = read_travel_pairs(other / "travel_pairs.json")
    slower = {pair: (seconds + 1, metres) for pair, (seconds, metres) in pairs.values.items()}
    write_travel_pairs(replace(pairs, values=slower), other / "travel_pairs.json")
    assert "are not what they were" in run("lots", other, *options).stderr
    both = run("lots", planned, *options, "--roads", "a.osm", "--travel", "b.npz")
    assert (both.exit_code, both.stderr) == (2, "give --roads or --travel, not both\n")


def test_lists_that_were_changed_after_the_plan_are_refused(planned: Path, tmp_path: Path) -> None:
    """Nobody buys what was not planned."""
    other = shutil.copytree(planned, tmp_path / "other")
    operators = other / "scenario" / "operators.csv"
    operators.write_text(operators.read_text(encoding="utf-8").replace("O4", "O9"), encoding="utf-8")
    vehicles = other / "scenario" / "operator_vehicles.csv"
    vehicles.write_text(vehicles.read_text(encoding="utf-8").replace("O4", "O9"), encoding="utf-8")
    refused = run("lots", other, "--out", tmp_path / "tender")
    assert (refused.exit_code, "not the lists that plan" in refused.stderr) == (2, True)
    assert not (tmp_path / "tender").exists()


def test_the_pack_names_nobody(planned: Path, tendered: tuple[Path, str]) -> None:
    """No id of the lists in any file that goes out."""
    ids = set(open_plan_folder(planned).scenario.passenger_by_id)
    for path in (tendered[0] / "pack").iterdir():
        if path.suffix in (".json", ".csv"):
            words = set(path.read_text(encoding="utf-8").replace('"', " ").replace(",", " ").split())
            assert not words & ids, path.name
    assert (tendered[0] / "pack" / "pack.pdf").read_bytes().startswith(b"%PDF")


def test_another_digest_than_the_published_one(planned: Path, copy: tuple[Path, str]) -> None:
    """Exit code 2, and nothing awarded."""
    assert open_both(planned, copy[0]).exit_code == 0
    refused = run("award", planned, copy[0], "--pack-digest", "0" * 64)
    assert refused.exit_code == 2
    assert "published was 000000000000" in refused.stderr
    assert not (copy[0] / "award.json").exists()


def test_an_award_that_was_changed_does_not_verify(planned: Path, copy: tuple[Path, str]) -> None:
    """The winners' file changed by hand, with a digest made to fit: the recomputed award differs."""
    tender, digest = copy
    open_both(planned, tender)
    assert run("award", planned, tender, "--pack-digest", digest).exit_code == 0
    forged = tender / "forged.zip"
    with zipfile.ZipFile(tender / "evidence.zip") as true, zipfile.ZipFile(forged, "w") as false:
        for name in true.namelist():
            data = true.read(name)
            if name == "award.json":
                record = json.loads(data)
                record["content"]["price_pence"] += 1
                record["digest"] = digest_of(record["content"])
                data = json.dumps(record).encode()
            false.writestr(name, data)
    found = run("verify", forged)
    assert found.exit_code == 1
    assert "Differs: price_pence: the record says" in found.stdout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda bids: (bids / "late.xlsx").write_bytes(b""), "late.xlsx is there but not listed"),
        (lambda bids: next(bids.glob("*.xlsx")).unlink(), "is listed but not there"),
        (lambda bids: (bids / "received.csv").unlink(), "received.csv: is missing"),
        (lambda bids: (bids / "received.csv").write_text("file,received_at\nA.xlsx,noon\n"), "row 2: must be a file"),
        (lambda bids: next(bids.glob("*.xlsx")).write_bytes(b"x"), "cannot be opened as an .xlsx workbook"),
    ],
)
def test_bids_that_do_not_fit_the_portals_list(
    change: object, words: str, planned: Path, copy: tuple[Path, str]
) -> None:
    """Nothing is imported then."""
    change(copy[0] / "bids")  # type: ignore[operator]
    refused = open_both(planned, copy[0])
    assert (refused.exit_code, words in refused.stderr) == (2, True), refused.stderr
    assert not (copy[0] / "opening.json").exists()


def test_two_people_open_the_bids_and_not_before_the_deadline(planned: Path, copy: tuple[Path, str]) -> None:
    """One person twice is one person."""
    refused = run("bids", planned, copy[0], "--opened-by", "one", "--opened-by", "one")
    assert "bids are opened by two people: name both" in refused.stderr
    with pytest.raises(ValueError, match=r"bids close at 2024-07-05T14:00:00\+00:00; they are not opened before"):
        open_bids(
            open_plan_folder(planned), copy[0], opened_by=("a", "b"), now=datetime(2024, 7, 5, 13, 59, tzinfo=UTC)
        )  # fmt: skip


def test_unknown_rules_and_cuts_are_named(planned: Path, tendered: tuple[Path, str], tmp_path: Path) -> None:
    """With what is allowed."""
    assert "must be one of route, school, area, class, quarter" in run(
        "lots", planned, "--out", tmp_path, "--cut", "size"
    ).stderr  # fmt: skip
    rules = tmp_path / "rules.json"
    rules.write_text('{"favourite": "O1"}', encoding="utf-8")
    refused = run("pack", planned, tendered[0], "--tender-id", "T1", *DATES, "--rules", rules)
    assert refused.exit_code == 2
    assert "rules: favourite; must be some of" in refused.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"O2": 101, "O3": "good"}', "quality scores: O2: 101, O3: good; must be whole numbers between 0 and 100"),
        ("[1]", "must be an object of scores by operator id"),
    ],
)
def test_scores_must_be_whole_numbers(text: str, words: str, tmp_path: Path) -> None:
    """All wrong ones at once."""
    (tmp_path / "scores.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        read_scores(tmp_path / "scores.json")


def test_settings_of_the_wrong_kind_are_named(tmp_path: Path) -> None:
    """A share in words, a law that does not exist, a setting nobody knows."""
    path = tmp_path / "settings.json"
    for text, read, words in (
        ('{"max_lots_share_pct": "half"}', lambda p: read_rules(p, 7), "max_lots_share_pct"),
        ('{"law": "magna carta"}', read_regime, "law"),
        ('{"moon": "full"}', read_regime, "must be an object with some of bank_holidays"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=words):
            read(path)
    path.write_text('{"standstill": "none", "bank_holidays": ["2026-12-25"]}', encoding="utf-8")
    assert read_regime(path).bank_holidays == {date(2026, 12, 25)}


def test_a_damaged_bundle_is_refused(tmp_path: Path) -> None:
    """No zip at all, and one without the record."""
    path = tmp_path / "evidence.zip"
    path.write_bytes(b"no zip")
    assert "evidence.zip: File is not a zip file; must be the evidence.zip of an award" in run("verify", path).stderr
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("README.txt", "nothing")
    refused = run("verify", path)
    assert (refused.exit_code, "must be the evidence.zip" in refused.stderr) == (2, True)


def test_every_declared_rule_has_a_sentence() -> None:
    """Whatever a pack declares, it prints."""
    rules = AwardRules(
        tie_seed=7, price_weight_pct=60, fallback_pct=150, packages=False, max_lots_share_pct=31,
        max_value_share_pct=32,
        min_operators=33, fleet_reserved=True, extensions_reserved=True, incumbent_discount_pct=11,
        keep_crew_discount_pct=12, sme_discount_pct=13,
    )  # fmt: skip
    words = "\n".join(rule_words(rules))
    for part in ("60 %", "40/60", "150 %", "single lots", "31 %", "32 %", "33 operators", "drive", "extend", "11 %",
                 "12 %", "13 %", "'7:'"):  # fmt: skip
        assert part in words

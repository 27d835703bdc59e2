"""The record of a tender on the command line: who said what, what goes to all, and what is refused without it."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.api.tender_folders import DATES, EVALUATED, PEOPLE, WHY, open_both, plan_little, run, tender_little
from transport.digest import file_digest


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plan_little(tmp_path_factory.mktemp("little"))


@pytest.fixture(scope="module")
def tendered(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    return tender_little(planned, tmp_path_factory.mktemp("tender"))


@pytest.fixture
def copy(tendered: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    return shutil.copytree(tendered[0], tmp_path / "tender"), tendered[1]


def steps(tender: Path) -> list[str]:
    return [json.loads(line)["line"]["decision"]["step"] for line in (tender / "log.jsonl").read_text().splitlines()]


def test_questions_and_answers_go_to_all(planned: Path, copy: tuple[Path, str]) -> None:
    """Beside the pack, without who asked; the second answer counts."""
    tender = copy[0]
    assert run("question", planned, tender, "--text", "Are tolls paid?", "--by", "Ann").stdout.startswith("Q1;")
    for text in ("No.", "Yes, at cost."):
        assert run("answer", planned, tender, "Q1", "--text", text, "--by", "Ann").exit_code == 0
    with (tender / "pack" / "questions.csv").open(encoding="utf-8-sig") as file:
        assert list(csv.DictReader(file)) == [{"question": "Q1", "asked": "Are tolls paid?", "answer": "Yes, at cost."}]
    assert steps(tender)[-3:] == ["question_asked", "question_answered", "question_answered"]


def test_a_question_that_names_a_child_goes_to_nobody(planned: Path, copy: tuple[Path, str]) -> None:
    """An id of the council's lists; and an empty text."""
    refused = run("question", planned, copy[0], "--text", "Is P1 ready at eight?")
    assert (refused.exit_code, "the text holds 1 ids of the council's own lists" in refused.stderr) == (2, True)
    assert "a text of 0 characters" in run("question", planned, copy[0], "--text", " ").stderr
    assert not (copy[0] / "pack" / "questions.csv").exists()


def test_an_amendment_keeps_the_version_before(planned: Path, copy: tuple[Path, str]) -> None:
    """Version 1 as its digests name it in `issued`; version 2 says to all what has changed, and why."""
    tender, digest = copy
    assert run("question", planned, tender, "--text", "Are tolls paid?").exit_code == 0
    again = run("pack", planned, tender, "--tender-id", "T1", *DATES)
    assert "an amendment is T1 version 2; an amendment goes to all with its reason" in again.stderr
    amended = run("pack", planned, tender, "--tender-id", "T1", *DATES, "--version", "2", "--why", "no fallback")
    assert amended.exit_code == 0, amended.output
    assert (tender / "pack" / "changes.txt").read_text() == (
        "Version 2: no fallback\nRule fallback_pct is None, not 150.\n"
    )
    lines = [json.loads(line)["line"]["decision"] for line in (tender / "log.jsonl").read_text().splitlines()]
    first, second = [line for line in lines if line["step"] == "pack_issued"]
    assert (first["pack_digest"], first["changes"]) == (digest, [])
    assert second["changes"] == ["Rule fallback_pct is None, not 150."]
    assert "Are tolls paid?" in (tender / "pack" / "questions.csv").read_text(encoding="utf-8-sig")
    before = tender / "issued" / "version_1"
    (before / "questions.csv").unlink()
    assert {path.name: file_digest(path) for path in before.iterdir()} == first["file_digests"]


def test_nobody_opens_or_evaluates_without_a_declaration(planned: Path, copy: tuple[Path, str]) -> None:
    """Nothing is imported, nothing is awarded."""
    tender, digest = copy
    refused = run("bids", planned, tender, "--opened-by", PEOPLE[0], "--opened-by", "a stranger")
    assert (refused.exit_code, "a stranger has made no declaration of interest" in refused.stderr) == (2, True)
    assert not (tender / "opening.json").exists()
    assert open_both(planned, tender).exit_code == 0
    refused = run("award", planned, tender, "--pack-digest", digest, "--evaluated-by", "a stranger")
    assert (refused.exit_code, "a stranger has made no declaration of interest" in refused.stderr) == (2, True)
    assert not (tender / "award.json").exists()


def test_an_evaluator_with_an_undeclared_interest_is_refused(planned: Path, copy: tuple[Path, str]) -> None:
    """Reported by somebody else: refused; then declared: refused; then overridden by the other: awarded."""
    tender, digest = copy
    assert open_both(planned, tender).exit_code == 0
    about = ("interest", planned, tender, "--person", PEOPLE[0], "--operator", "O2")
    assert run(*about, "--statement", "their sister owns it", "--by", PEOPLE[1]).exit_code == 0
    ask = ("award", planned, tender, "--pack-digest", digest, *EVALUATED)
    assert "is reported to have an interest in O2, which bids, and has not declared it" in run(*ask).stderr
    assert run(*about, "--statement", "my sister owns it").exit_code == 0
    assert "has an interest in O2, which bids: somebody else must" in run(*ask).stderr
    waive = ("override", tender, "--kind", "conflict", "--about", f"{PEOPLE[0]}:O2", "--why", "price alone decides")
    assert "cannot override their own conflict" in run(*waive, "--by", PEOPLE[0]).stderr
    assert run(*waive, "--by", PEOPLE[1]).exit_code == 0
    assert run(*ask).exit_code == 0


def test_an_unknown_operator_kind_and_lot_are_named(planned: Path, copy: tuple[Path, str]) -> None:
    """Nothing of it is recorded."""
    tender, before = copy[0], steps(copy[0])
    interest = ("interest", planned, tender, "--person", "Ann", "--statement")
    assert "operator O77 is not in the council's register" in run(*interest, "shares", "--operator", "O77").stderr
    assert "says what the interest is, or that there is none" in run(*interest, " ").stderr
    override = ("override", tender, "--why", "x", "--kind")
    assert "must be one of conflict, set_aside, withheld" in run(*override, "mood", "--about", "O1").stderr
    assert "override of withheld L77: must be a lot of the pack" in run(*override, "withheld", "--about", "L77").stderr
    assert "no bids have been opened" in run("screens", tender, "--why", "x").stderr
    assert steps(tender) == before


def test_lots_without_a_reason_are_refused(planned: Path, tmp_path: Path) -> None:
    """A blank is none."""
    refused = run("lots", planned, "--out", tmp_path / "tender", "--why", " ")
    assert (refused.exit_code, refused.stderr.strip()) == (2, "lots: say why the plan is cut in this way")
    assert not (tmp_path / "tender").exists()


def test_the_whole_record_of_a_round(planned: Path, copy: tuple[Path, str]) -> None:
    """Every step in order; `log` tells it and its last hash."""
    tender, digest = copy
    open_both(planned, tender)
    assert run("award", planned, tender, "--pack-digest", digest, *EVALUATED).exit_code == 0
    assert steps(tender) == [
        "lots_designed", "pack_issued", "interest_declared", "interest_declared", "bids_opened", "screens_seen",
        "award_made",
    ]  # fmt: skip
    told = run("log", tender).stdout.splitlines()
    assert "lots designed" in told[0]
    assert told[0].endswith(WHY[1])
    assert "bids opened, first person and second person" in told[4]
    assert told[-1].startswith("The chain of 7 lines holds; its last hash, to be kept elsewhere: ")


def test_a_record_that_was_changed_is_neither_read_nor_added_to(planned: Path, copy: tuple[Path, str]) -> None:
    """A reason edited afterwards, a line taken out, and no JSON."""
    path = copy[0] / "log.jsonl"
    text = path.read_text()
    lines = text.splitlines()
    for changed, words in (
        (text.replace(WHY[1], "none"), "log.jsonl line 1: was changed since it was written"),
        ("\n".join(lines[1:]), "log.jsonl: line 1 of the record has the number 2"),
        (text + "{", "log.jsonl line 5: cannot be read"),
    ):
        path.write_text(changed)
        refused = run("log", copy[0])
        assert (refused.exit_code, words in refused.stderr) == (2, True), refused.stderr
        assert run("question", planned, copy[0], "--text", "Why?").exit_code == 2
        assert path.read_text() == changed


def test_evidence_whose_record_speaks_of_other_files_differs(planned: Path, copy: tuple[Path, str]) -> None:
    """The award's line cut off at the end: the chain holds, and verifying says what is missing."""
    tender, digest = copy
    open_both(planned, tender)
    assert run("award", planned, tender, "--pack-digest", digest, *EVALUATED).exit_code == 0
    forged = tender / "forged.zip"
    with zipfile.ZipFile(tender / "evidence.zip") as true, zipfile.ZipFile(forged, "w") as false:
        for name in true.namelist():
            data = true.read(name)
            false.writestr(name, b"\n".join(data.splitlines()[:-1]) if name == "log.jsonl" else data)
    found = run("verify", forged)
    assert found.exit_code == 1
    assert "Differs: award: log.jsonl names none; the bundle holds " in found.stdout


def test_contracts_are_advised_on_and_decided_before_the_pack(planned: Path, tmp_path: Path) -> None:
    """Little Council's one contract runs on: nothing can be extended, and a decision needs its reason."""
    tender = tmp_path / "tender"
    advised = run("contracts", planned, tender)
    assert (advised.exit_code, advised.stdout.strip()) == (0, "1 of 1 contracts run on")
    assert "runs_on" in (tender / "contract_advice.csv").read_text(encoding="utf-8-sig")
    assert "--extend records a decision: add --decide" in run("contracts", planned, tender, "--extend", "L1").stderr
    asked = ("contracts", planned, tender, "--decide", "--why", "cheaper")
    assert "L1 cannot be extended; must be of none" in run(*asked, "--extend", "L1").stderr
    assert "say why these contracts are extended" in run("contracts", planned, tender, "--decide").stderr
    assert "none extended; none to be tendered" in run(*asked).stdout
    assert steps(tender) == ["contracts_decided"]


def test_contracts_stay_as_decided_once_a_pack_is_out(planned: Path, copy: tuple[Path, str]) -> None:
    """Its lots rest on them."""
    refused = run("contracts", planned, copy[0], "--decide", "--why", "second thoughts")
    assert (refused.exit_code, "a pack has been issued" in refused.stderr) == (2, True)

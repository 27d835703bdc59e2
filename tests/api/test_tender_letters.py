"""What follows from an award: letters from templates that a council edits, and the contract register."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from api.tender_letters import TEMPLATE_NAMES, TemplateFault, blocks_of
from procurement.lot_design import LotBook
from tests.api.tender_folders import EVALUATED, open_both, plan_little, run, tender_little
from transport.files.records import read_record, write_record

TOLD = ("--told-on", "2024-07-15", "--contact", "Ask the procurement team.")


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plan_little(tmp_path_factory.mktemp("little"))


@pytest.fixture(scope="module")
def awarded(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tender, digest = tender_little(planned, tmp_path_factory.mktemp("tender"))
    open_both(planned, tender)
    assert run("award", planned, tender, "--pack-digest", digest, *EVALUATED).exit_code == 0
    return tender


@pytest.fixture
def copy(awarded: Path, tmp_path: Path) -> Path:
    return shutil.copytree(awarded, tmp_path / "tender")


def pdf_text(path: Path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def test_every_operator_that_sent_something_gets_one_letter(planned: Path, copy: Path) -> None:
    """Award or regret, as text and PDF, with the same sentences; the record says when the standstill ends."""
    written = run("letters", planned, copy, *TOLD)
    assert written.exit_code == 0, written.output
    pdfs = sorted((copy / "letters").glob("*.pdf"))
    opening = json.loads((copy / "opening.json").read_text(encoding="utf-8"))["content"]
    assert {path.stem.partition("_")[2] for path in pdfs} == set(opening["file_digests"])
    assert {path.stem.partition("_")[0] for path in pdfs} == {"award", "regret"}
    award = json.loads((copy / "award.json").read_text(encoding="utf-8"))["content"]
    for lost in award["lost"]:
        (path,) = [path for path in pdfs if path.stem.endswith(f"_{lost['operator_id']}")]
        assert " ".join(lost["sentence"].split()) in pdf_text(path)
    for path in pdfs:
        assert "ends at midnight at the end of Wednesday 24 July 2024" in pdf_text(path)
        assert "section 50 of the Procurement Act 2023" in pdf_text(path)
    line = json.loads((copy / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1])["line"]["decision"]
    assert (line["step"], line["told_on"], line["standstill_ends_on"]) == ("operators_told", "2024-07-15", "2024-07-24")
    assert sorted(line["file_digests"]) == [path.name for path in pdfs]


def test_a_council_edits_a_template(planned: Path, copy: Path, tmp_path: Path) -> None:
    """The regret letter is the council's own, the others stay; nothing is copied over an edited one."""
    own = tmp_path / "own"
    assert run("templates", "--out", own).exit_code == 0
    assert sorted(path.name for path in own.iterdir()) == sorted(TEMPLATE_NAMES)
    assert "has award.txt, regret.txt, summary.txt already" in run("templates", "--out", own).stderr
    (own / "regret.txt").write_text("# Sorry\n\nDear {{ operator }}, | no.\n", encoding="utf-8")
    (own / "award.txt").unlink()
    assert run("letters", planned, copy, *TOLD, "--templates", own).exit_code == 0
    (text, *_) = [path.read_text(encoding="utf-8") for path in (copy / "letters").glob("regret_*.txt")]
    assert text.startswith("# Sorry\n\nDear Operator O")
    assert any("intends to award you" in path.read_text() for path in (copy / "letters").glob("award_*.txt"))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("award.txt", "# A {{ colour }}", "award.txt: 'colour' is undefined; what may stand in braces: buyer, contact"),
        ("award.txt", "# A\n{% for %}", "award.txt line 2: "),
        ("award.txt", "no title", "a letter needs a title, a line that begins with '# '"),
        ("award.txt", "# A\n| a | b |\n| c |", "table a | b: rows must have as many cells as its head"),
        ("award.txt", "# A {{ ''.__class__.__mro__ }}", "award.txt: access to attribute '__class__'"),
        ("awards.txt", "# A", "awards.txt; must be some of award.txt, regret.txt, summary.txt"),
    ],
)
def test_a_template_that_cannot_be_used_is_named(
    name: str, text: str, words: str, planned: Path, copy: Path, tmp_path: Path
) -> None:
    """With line and what is wrong; no letter is written then."""
    own = tmp_path / "own"
    own.mkdir()
    (own / name).write_text(text, encoding="utf-8")
    refused = run("letters", planned, copy, *TOLD, "--templates", own)
    assert (refused.exit_code, words in refused.stderr) == (2, True), refused.stderr
    assert not (copy / "letters").exists()


def test_a_letters_parts() -> None:
    """Title, paragraph over two lines, list, table with widths."""
    blocks = blocks_of("# T\n\none\ntwo\n\n- a\n- b\n\n| h | i |\n| j | k |\n")
    assert blocks == [
        {"kind": "title", "text": "T"},
        {"kind": "paragraph", "text": "one two"},
        {"kind": "list", "items": ["a", "b"]},
        {"kind": "table", "rows": [["h", "i"], ["j", "k"]], "widths": [8, 8]},
    ]
    with pytest.raises(TemplateFault, match="rows must have as many cells"):
        blocks_of("| a |\n| b | c |")


def test_what_is_put_in_cannot_become_markup(planned: Path, copy: Path, tmp_path: Path) -> None:
    """A contact with a bar and a line break stays one line without cells."""
    told = ("--told-on", "2024-07-15", "--contact", "a | b\n# c")
    assert run("letters", planned, copy, *told).exit_code == 0
    text = next((copy / "letters").glob("*.txt")).read_text(encoding="utf-8")
    assert "\na / b # c\n" in text


def test_contracts_and_notice_follow_the_letters(planned: Path, copy: Path) -> None:
    """Refused before operators are told; then both are in the evidence, the record and the folder alike."""
    ask = ("register", planned, copy, "--department", "Travel assistance")
    assert "operators have not been told of this award: write the letters first" in run(*ask).stderr
    assert run("letters", planned, copy, *TOLD).exit_code == 0
    entered = run(*ask, "--review-on", "2026-01-31")
    assert entered.exit_code == 0, entered.output
    assert "The plan's year, avoidable cost: £" in entered.stdout
    with (copy / "register" / "contracts.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    award = json.loads((copy / "award.json").read_text(encoding="utf-8"))
    bought = [offer for offer in award["content"]["winners"] if offer["kind"] == "bid"]
    assert [row["lot_ids"].split() for row in rows] == [offer["lot_ids"] for offer in bought]
    assert {(row["review_on"], row["department"]) for row in rows} == {("2026-01-31", "Travel assistance")}
    assert {row["award_digest"] for row in rows} == {award["digest"]}
    assert [row["year_pounds"].replace(".", "") for row in rows] == [str(offer["price_pence"]) for offer in bought]
    with zipfile.ZipFile(copy / "evidence.zip") as bundle:
        held = {name: bundle.read(name) for name in bundle.namelist() if name.startswith("register/")}
    assert held == {f"register/{p.name}": p.read_bytes() for p in (copy / "register").iterdir()}
    assert sorted(held) == [
        "register/award_notice.json", "register/contracts.csv", "register/contracts.json", "register/new_cost.json",
    ]  # fmt: skip
    cost = json.loads(held["register/new_cost.json"])
    assert cost["after_pence"] == cost["kept_pence"] + cost["awarded_pence"] + cost["left_pence"]
    assert run("verify", copy / "evidence.zip").exit_code == 0


def test_lots_cut_anew_after_the_pack_are_not_those_awarded(planned: Path, copy: Path) -> None:
    """The council's page of lots no longer fits the pack: no cost is told of it."""
    assert run("letters", planned, copy, *TOLD).exit_code == 0
    book = read_record("lot_book", LotBook, copy / "lot_book.json")
    other = replace(book, lots=(replace(book.lots[0], n_routes=2), *book.lots[1:]))
    write_record("lot_book", other, copy / "lot_book.json")
    refused = run("register", planned, copy, "--department", "Travel assistance")
    assert (refused.exit_code, "the lots were cut anew after the pack" in refused.stderr) == (2, True)
    assert not (copy / "register").exists()

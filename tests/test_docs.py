"""The documents say what the program does: every command, option, setting and exit code, and no dead link."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer

import api.errors
from api.auth.permissions import permissions_markdown
from api.cli import app
from api.report.assumptions import policy_markdown
from api.settings import settings_markdown
from api.store.models import Base
from transport.check import RULE_SPECS
from transport.files.columns import data_format_markdown
from transport.policy import Kind, SettingSpec, setting_specs

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "data" / "README.md"])
GUIDES = [
    ROOT / "README.md",
    *(DOCS / f"{name}.md" for name in ("officer-guide", "running", "roads", "in-year", "procurement", "service")),
]
PICTURE = DOCS / "images" / "report.png"
MAX_PICTURE_BYTES = 400_000


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def commands_of(group: Any, name: str = "schoolrun") -> dict[str, Any]:
    """Every command by the words that call it."""
    found: dict[str, Any] = {}
    for word, command in group.commands.items():
        words = f"{name} {word}"
        found |= commands_of(command, words) if hasattr(command, "commands") else {words: command}
    return found


COMMANDS = commands_of(typer.main.get_command(app))


def options_of(words: str) -> list[str]:
    params = COMMANDS[words].params
    return [o for p in params if p.param_type_name == "option" for o in p.opts if o.startswith("--") and o != "--help"]


def anchors_of(path: Path) -> set[str]:
    """Anchors that a page's headings make, in GitHub's way."""
    heads = re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower().strip()).replace(" ", "-") for head in heads}


def links_of(path: Path) -> list[str]:
    """Targets of a page's links and pictures, outside of code."""
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", text_of(path), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", prose)


def test_the_command_line_is_seen() -> None:
    """The tests below look at all of it, sub-commands included."""
    assert {"schoolrun plan", "schoolrun roads download"} <= set(COMMANDS)
    assert "--seconds" in options_of("schoolrun plan")


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_and_option_is_in_a_guide(words: str) -> None:
    """Whoever reads the guides has met every command, and every option of it."""
    guides = "\n".join(map(text_of, GUIDES))
    assert words in guides
    missing = [o for o in options_of(words) if not re.search(rf"{o}\b", guides)]
    assert missing == []


def test_guides_name_no_option_that_is_not_there() -> None:
    """Every option after `schoolrun` in a guide is an option of that command."""
    wrong = []
    for page in PAGES:
        for line in re.findall(r"schoolrun [^`\n]*--[^`\n]*", text_of(page)):
            for words in COMMANDS:
                if line.startswith(words + " "):
                    named = set(re.findall(r"--[a-z][a-z-]+", line))
                    wrong += [(page.name, words, option) for option in named - set(options_of(words))]
    assert wrong == []


def test_the_page_of_settings_is_up_to_date() -> None:
    """docs/policy.md is what the settings say."""
    assert text_of(DOCS / "policy.md") == policy_markdown()


@pytest.mark.parametrize("spec", setting_specs(), ids=lambda spec: spec.name)
def test_every_setting_has_unit_kind_default_and_source(spec: SettingSpec) -> None:
    """One row each; numbers have a unit, and prices and sources are never left out."""
    (row,) = [line for line in text_of(DOCS / "policy.md").splitlines() if line.startswith(f"| `{spec.name}` |")]
    name, meaning, kind, unit, default, allowed, source = (cell.strip() for cell in row.strip("|").split(" | "))
    assert (name, meaning, source) == (f"`{spec.name}`", spec.meaning, spec.source)
    assert kind in set(Kind)
    assert (unit == "–") == (spec.unit == "") == (not isinstance(spec.default, int) or isinstance(spec.default, bool))
    assert default.startswith("`")
    assert allowed
    assert source


def test_sources_mean_something_to_the_public() -> None:
    """A source is a law, guidance, a table of the council's own, or plainly "ours"; never a note of ours."""
    sources = [spec.source for spec in setting_specs()] + [spec.source for spec in RULE_SPECS.values()]
    note = re.compile(r"domain|semantics|design page|roads page|§|\[[A-Z]\d+\]")
    assert [source for source in sources if note.search(source) or not source.strip()] == []
    assert note.search("domain rule 9")


def test_the_data_format_page_is_up_to_date() -> None:
    """docs/data-format.md is what the columns say."""
    assert text_of(DOCS / "data-format.md") == data_format_markdown()


def test_the_page_of_the_service_has_every_setting_and_permission() -> None:
    """Both tables in docs/service.md are what the code says."""
    page = text_of(DOCS / "service.md")
    assert settings_markdown() in page
    assert permissions_markdown() in page


def test_every_table_of_the_store_is_on_the_page_of_data_protection() -> None:
    """What holds something about people is said; the others are named here, for a decision when one is added."""
    without_people = {"audit_head", "publication", "api_key", "sign_in_session"}
    page = text_of(DOCS / "data-protection.md")
    assert [name for name in Base.metadata.tables if f"`{name}`" not in page and name not in without_people] == []


def test_every_exit_code_is_explained() -> None:
    """docs/running.md has one row for each code that the command line can end with, and no other."""
    codes = {value for name, value in vars(api.errors).items() if name.startswith("EXIT_")}
    section = text_of(DOCS / "running.md").split("## Exit codes")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| \S", section, re.MULTILINE)
    assert sorted(map(int, rows)) == sorted(codes)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_is_dead(page: Path) -> None:
    """Every link to a file of ours leads to one, and every anchor to a heading."""
    dead = []
    for link in links_of(page):
        if link.startswith(("https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            dead.append(link)
    assert dead == []


def test_every_page_is_in_the_index() -> None:
    """docs/index.md leads to each page; decisions are listed by their folder."""
    listed = {(DOCS / link.partition("#")[0]).resolve() for link in links_of(DOCS / "index.md")}
    missing = [page.name for page in PAGES if page.parent.name != "decisions" and page.resolve() not in listed]
    assert missing == ["index.md"]


def test_the_readme_has_the_two_commands_and_the_picture() -> None:
    """What a newcomer needs: `make demo`, `make test`, the Pythons, how without make, and what the page looks like."""
    readme = text_of(ROOT / "README.md")
    for words in (
        "`make demo`",
        "`make test`",
        "3.11",
        "3.13",
        "docs/running.md",
        "docs/images/report.png",
        "invented",
    ):
        assert words in readme
    makefile = text_of(ROOT / "Makefile")
    assert all(f"\n{target}:" in makefile for target in re.findall(r"`make (\w+)`", readme))


def test_the_readme_gives_credit_for_data() -> None:
    """The licences of Code-Point Open and OpenStreetMap ask for it."""
    readme = text_of(ROOT / "README.md")
    for words in ("Contains OS data © Crown copyright", "Royal Mail data ©", "© OpenStreetMap contributors", "ODbL"):
        assert words in readme


def test_the_picture_is_small() -> None:
    """A PNG that a README can load everywhere."""
    data = PICTURE.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) < MAX_PICTURE_BYTES


def test_the_bounds_that_are_told_are_the_raw_rows() -> None:
    """Row by row; and each code that was measured is a decision."""
    raw = json.loads(text_of(DOCS / "bound.json"))
    table = [
        line.strip("| ").split(" | ") for line in text_of(DOCS / "bound.md").splitlines() if "](decisions/" in line
    ]
    told = [cells for cells in table if cells[0] in ("am", "full")]
    assert len(told) == len(raw)
    for cells, row in zip(told, raw, strict=True):
        assert cells[:3] == [row["problem"], str(row["n"]), row["method"]]
        figures = [float(cell.replace(",", "").rstrip(" %")) for cell in cells[3:9]]
        in_pounds = [row["bound"] / 100.0, row["objective"] / 100.0]
        should = [*in_pounds, 100.0 * row["gap"], row["wall_s"], row["cpu_s"], row["search_s"]]
        assert figures == pytest.approx(should, rel=0.0, abs=1.0)
        assert figures[2] == pytest.approx(100.0 * row["gap"], rel=0.0, abs=0.1)
        assert list(DOCS.glob(f"decisions/{row['code']}-*.md"))
        assert cells[9].startswith(f"[{row['code']}]")
        assert row["machine"] == cells[10]

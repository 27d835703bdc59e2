"""`docs/rules.md` says of every rule what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transport.planted import PLANTED
from transport.check import CHECKS, RULE_SPECS, Rule

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def rows() -> dict[str, list[str]]:
    """Cells of each row of the table by rule."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_the_page_lists_every_rule_once_in_order() -> None:
    """Neither more nor fewer than the closed list."""
    assert list(rows()) == [rule.value for rule in Rule]


@pytest.mark.parametrize("rule", Rule)
def test_each_row_says_what_the_code_says(rule: Rule) -> None:
    """Meaning, kind, unit, source, function, and the sentence of the planted violation."""
    spec, check = RULE_SPECS[rule], CHECKS[rule]
    example = next(planted.found[0][1] for planted in PLANTED if planted.rule is rule)
    function = f"`{check.__module__}.{check.__name__}`"
    kind = "hard" if spec.hard else "soft"
    assert rows()[rule.value] == [spec.meaning, kind, spec.unit, spec.source, function, example]


@pytest.mark.parametrize("rule", Rule)
def test_every_rule_has_a_source_and_a_meaning(rule: Rule) -> None:
    """A rule without a source is not a rule."""
    spec = RULE_SPECS[rule]
    assert spec.source.strip()
    assert spec.meaning.strip()
    assert spec.unit.strip()

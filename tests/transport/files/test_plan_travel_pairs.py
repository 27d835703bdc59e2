"""travel_pairs.json: enough to check and price a plan from its folder alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import line_travel, make_passenger, make_plan, make_scenario, route_of
from transport.calendar import Leg
from transport.check import check_plan
from transport.cost import cost_of
from transport.files.travel_pairs import TravelFileError, read_travel_pairs, write_travel_pairs
from transport.travel import RecordingTravel, TravelPairs


def test_pairs_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Legs, profiles and strange place ids come back, and so do source and digest."""
    pairs = TravelPairs(
        values={(Leg.AM, "home:é", "gate", 0): (60, 1000), (Leg.PM, "gate", "home:é", 2): (75, 1000)},
        profile_by_class_id={"CAR": 0, "BUS": 2},
        approximate=True,
        source="postcode points",
        digest="d" * 64,
    )
    write_travel_pairs(pairs, tmp_path / "t.json")
    again = read_travel_pairs(tmp_path / "t.json")
    assert again.values == pairs.values
    assert again.profile_by_class_id == pairs.profile_by_class_id
    assert (again.approximate, again.source, again.digest) == (True, "postcode points", "d" * 64)


def test_the_pairs_of_a_plan_price_and_check_it_again(tmp_path: Path) -> None:
    """What check and cost asked for is enough for both, and gives the same answers."""
    scenario = make_scenario([make_passenger("P1", 10), make_passenger("P2", 20)])
    plan = make_plan(route_of(scenario, line_travel(), "R1", ["P1", "P2"], ["P2", "P1"]))
    recording = RecordingTravel(travel=line_travel())
    violations, cost = check_plan(plan, scenario, recording), cost_of(plan, scenario, recording)
    write_travel_pairs(recording.pairs(), tmp_path / "t.json")
    again = read_travel_pairs(tmp_path / "t.json")
    assert check_plan(plan, scenario, again) == violations
    assert cost_of(plan, scenario, again) == cost
    assert len(again.values) < 30


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('["AM",0,1,0,60,1000]', '["AM",0,1,0,61,1000]'),
        (',\n["PM",1,0,0,75,1000]', ""),
        ('"CAR": 0', '"CAR": 1'),
        ('"gate"', '"gait"'),
        ('"approximate": true', '"approximate": false'),
        ('"digest": "dd', '"digest": "ee'),
    ],
)
def test_a_changed_file_is_refused(tmp_path: Path, old: str, new: str) -> None:
    """A second, a pair, a profile, a place, a label: whatever was changed, the plan does not rest on it."""
    pairs = TravelPairs(
        values={(Leg.AM, "gate", "home", 0): (60, 1000), (Leg.PM, "home", "gate", 0): (75, 1000)},
        profile_by_class_id={"CAR": 0},
        approximate=True,
        source="postcode points",
        digest="d" * 64,
    )
    write_travel_pairs(pairs, tmp_path / "t.json")
    text = (tmp_path / "t.json").read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / "t.json").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(TravelFileError, match=r"t\.json content_digest: .*the file was changed"):
        read_travel_pairs(tmp_path / "t.json")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[]", "format_version: must be 1"),
        ("no", "must be JSON in UTF-8"),
        ('{"format_version": 1}', "pairs: must be a list"),
        (
            '{"format_version": 1, "approximate": true, "source": "", "digest": "", "content_digest": "", '
            '"profile_by_class_id": {}, "place_ids": ["a"], "pairs": [["AM", 0, 1, 0, 5, 5]]}',
            "pair 1: ['AM', 0, 1, 0, 5, 5]",
        ),
    ],
)
def test_a_broken_file_is_refused_with_its_fault(tmp_path: Path, text: str, fault: str) -> None:
    """The message says what is wrong and where; a pair may only name places of the list."""
    (tmp_path / "t.json").write_text(text, encoding="utf-8")
    with pytest.raises(TravelFileError) as refused:
        read_travel_pairs(tmp_path / "t.json")
    assert fault in str(refused.value)

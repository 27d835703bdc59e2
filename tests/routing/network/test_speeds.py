"""Speed settings: the shipped file, a council's own, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from routing.network.speeds import Period, default_speeds_path, read_speeds
from tests.routing.network.square_world import STREET, even_speeds, square
from transport.calendar import Leg


def test_the_shipped_settings_are_read() -> None:
    """AM is slower than PM, PM than off-peak, in every group."""
    speeds = read_speeds()
    am, pm, off = (speeds.period_by_name[period] for period in Period)
    assert set(am.factor_by_group) == {"fast", "main", "other"}
    for group in am.factor_by_group:
        assert am.factor_by_group[group] > pm.factor_by_group[group] > off.factor_by_group[group]
    assert am.seconds_per_signal > pm.seconds_per_signal > off.seconds_per_signal
    assert speeds.authority_factor_pct == 100


def test_the_authority_factor_can_be_given(tmp_path: Path) -> None:
    """It stretches every time and changes the digest."""
    network = square(tmp_path)
    usual, slower = read_speeds(), read_speeds(authority_factor_pct=120)
    before, after = (s.edge_deciseconds(network, Period.AM)[0] for s in (usual, slower))
    assert after.tolist() == pytest.approx((before * 1.2).tolist(), abs=1)
    assert usual.digest() != slower.digest()
    assert read_speeds().digest() == usual.digest()


def test_tagged_limits_are_capped_by_class(tmp_path: Path) -> None:
    """60 mph tagged on a residential lane is driven at the cap of its class."""
    network = square(tmp_path, sides={"AB": {"maxspeed": "60 mph"}, "BC": {"maxspeed": "20 mph"}})
    speeds = read_speeds()
    speed = {
        int(network.segment_way_id[s]): float(v) / 0.44704
        for s, v in zip(network.edge_segment, speeds.free_speed_mps(network), strict=True)
    }
    assert speed[1] == pytest.approx(speeds.class_by_name["residential"].cap_mph)
    assert speed[2] == pytest.approx(20)


def test_untagged_streets_are_slower_where_houses_are(tmp_path: Path) -> None:
    """A main road among residential streets has the built-up default, outside it has the rural one."""
    houses = {10 + k: (f"{chr(300 + k)}{chr(400 + k)}B", STREET) for k in range(4)}
    ends = {chr(300 + k): (900.0 - 50 * k, -300.0) for k in range(4)}
    ends |= {chr(400 + k): (1000.0 - 50 * k, -100.0) for k in range(4)}
    main = {"highway": "secondary"}
    network = square(tmp_path, sides={"BC": main, "CD": main, "DA": main}, more_nodes=ends, more_ways=houses)
    by_way = dict(zip(network.segment_way_id.tolist(), network.segment_is_built_up.tolist(), strict=True))
    assert by_way[2]
    assert not by_way[4]
    speeds = read_speeds()
    ways = network.segment_way_id[network.edge_segment].tolist()
    mph = dict(zip(ways, (speeds.free_speed_mps(network) / 0.44704).tolist(), strict=True))
    assert mph[2] == pytest.approx(speeds.class_by_name["secondary"].built_up_mph)
    assert mph[4] == pytest.approx(speeds.class_by_name["secondary"].rural_mph)


def test_a_council_can_bring_its_own_file(tmp_path: Path) -> None:
    """A changed factor is read; a file that lacks a period or has a negative speed names both faults."""
    text = default_speeds_path().read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text.replace("main = 1.40", "main = 1.60"), encoding="utf-8")
    assert read_speeds(own).period_by_name[Period.AM].factor_by_group["main"] == 1.6
    broken = text.replace("cap_mph = 62", "cap_mph = -1").replace("[periods.OFF_PEAK]", "[old]")
    own.write_text(broken, encoding="utf-8")
    with pytest.raises(ValueError, match=r"own.toml") as caught:
        read_speeds(own)
    assert "class motorway: every speed must be above 0 mph" in str(caught.value)
    assert "period OFF_PEAK is missing" in str(caught.value)


def test_impossible_factors_are_refused() -> None:
    """An authority factor of nothing; an exponent that makes two short trips faster than one long."""
    with pytest.raises(ValueError, match="authority_factor_pct 0"):
        even_speeds(authority_factor_pct=0)
    speeds = even_speeds()
    with pytest.raises(ValueError, match="exponent must be above 0, at most 1"):
        replace(speeds, approximate=replace(speeds.approximate, exponent=1.2))
    with pytest.raises(ValueError, match="seconds_per_first_km for PM is missing"):
        replace(speeds, approximate=replace(speeds.approximate, seconds_per_first_km={Leg.AM: 1.0}))

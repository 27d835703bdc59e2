"""Postcodes and grid points, offline."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from transport.files.postcodes import (
    lat_lon_of_grid,
    normalise_postcode,
    point_of_postcode,
    postcode_points_within,
)

SANDWELL = Path(__file__).parents[3] / ".." / "shared" / "data" / "sandwell" / "postcodes_sandwell.csv"


@pytest.mark.parametrize(
    ("text", "postcode"),
    [
        ("B16 0NA", "B16 0NA"), ("b160na", "B16 0NA"), (" b16  0na ", "B16 0NA"), ("B16\u00a00NA", "B16 0NA"),
        ("sw1a1aa", "SW1A 1AA"), ("m11ae", "M1 1AE"), ("E1W1AA", "E1W 1AA"),
    ],
)  # fmt: skip
def test_one_written_form(text: str, postcode: str) -> None:
    """Capitals, spaces and their absence do not matter."""
    assert normalise_postcode(text) == postcode


@pytest.mark.parametrize("text", ["", "B16", "B16 0N", "B16 0NAA", "16 0NA", "BB16A 0NA", "Smethwick", "B16-0NA"])
def test_what_is_no_postcode(text: str) -> None:
    """It is refused without being repeated, and has no point."""
    with pytest.raises(ValueError, match=r"not a UK postcode; must look like B16 0NA") as caught:
        normalise_postcode(text)
    assert str(caught.value) == "not a UK postcode; must look like B16 0NA"
    assert point_of_postcode(text) is None


def test_point_of_a_postcode() -> None:
    """Plain floats, however it is written."""
    assert point_of_postcode("b160na") == (52.48753, -1.949032)
    assert all(type(number) is float for number in point_of_postcode("B16 0NA") or ())


@pytest.mark.parametrize("postcode", ["W1A 1AA", "E1W 1AA", "EC1A 1BB", "N1C 4AG"])
def test_london_districts_that_end_in_a_letter(postcode: str) -> None:
    """Their letters are not taken for the area's: W1A is in W, not in Warrington."""
    lat, lon = point_of_postcode(postcode) or (0.0, 0.0)
    assert 51.4 < lat < 51.6
    assert -0.3 < lon < 0.1


@pytest.mark.parametrize("postcode", ["ZZ1 1AA", "BT1 1AA", "B16 9ZZ", "AB43 1AG"])
def test_postcodes_without_a_point(postcode: str) -> None:
    """Unknown areas, Northern Ireland, unknown codes, and codes whose point is not known (given as 0, 0)."""
    assert point_of_postcode(postcode) is None


def test_grid_points_become_degrees() -> None:
    """Caister water tower, the worked example of Ordnance Survey's guide, to some 5 m."""
    lat, lon = lat_lon_of_grid([651_409.903], [313_177.270])
    assert lat[0] == pytest.approx(52.657977, abs=5e-5)
    assert lon[0] == pytest.approx(1.716052, abs=7e-5)
    assert lat.shape == (1,)


def test_points_within_a_box() -> None:
    """Exactly the postcodes inside, in order, the edges included."""
    lat, lon = 52.48753, -1.949032
    found = postcode_points_within(lat - 0.01, lon - 0.01, lat + 0.01, lon + 0.01)
    assert ("B16 0NA", lat, lon) in found
    assert found == sorted(found)
    assert all(abs(p[1] - lat) <= 0.01 and abs(p[2] - lon) <= 0.01 for p in found)
    assert postcode_points_within(lat, lon, lat, lon) == [("B16 0NA", lat, lon)]
    assert postcode_points_within(0.0, 0.0, 1.0, 1.0) == []


def test_box_over_several_areas() -> None:
    """A borough lies in several postcode areas, and all are looked into."""
    found = postcode_points_within(52.46, -2.1, 52.57, -1.92)
    assert {re.split("[0-9]", postcode)[0] for postcode, _, _ in found} == {"B", "DY", "WS", "WV"}


@pytest.mark.skipif(not SANDWELL.exists(), reason="the shared list of Sandwell's postcodes is not here")
def test_coordinates_equal_the_list_of_sandwell() -> None:
    """Every postcode of the borough is known and lies within a metre of the list's coordinates."""
    with SANDWELL.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    points = np.array([point_of_postcode(row["postcode"]) for row in rows], dtype=np.float64)
    listed = np.array([(float(row["lat"]), float(row["lon"])) for row in rows])
    assert len(rows) > 6000
    assert np.abs(points - listed).max() * 111_200 < 1.0
    within = {p[0] for p in postcode_points_within(*listed.min(axis=0), *listed.max(axis=0))}
    assert {row["postcode"] for row in rows} <= within

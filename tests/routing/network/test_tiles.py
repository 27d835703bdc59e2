"""Vector tiles of the streets: what is on which level, names, and what is not there."""

from __future__ import annotations

import math
import zlib
from pathlib import Path
from typing import Any

import pyogrio
import pytest

from routing.network.graph import RoadNetwork
from routing.network.load import load_network
from routing.network.street_names import street_names
from routing.network.tiles import MAX_ZOOM, read_tile, tiles_file, write_tiles
from tests.routing.network.square_world import CORNERS, STREET, lat_lon, write_osm

LAT, LON = lat_lon(500.0, 500.0)
MAIN = {"highway": "primary", "name": "High Street"}
WAYS = {1: ("AB", MAIN), 2: ("BC", STREET), 3: ("CD", {**STREET, "name": "Mill Lane"}), 4: ("DA", STREET)}


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    """A square: one side is a primary road with a name."""
    return write_osm(tmp_path / "square.osm", CORNERS, WAYS)


@pytest.fixture
def network(extract: Path) -> RoadNetwork:
    return load_network(extract)


def tile_of(lat: float, lon: float, zoom: int) -> tuple[int, int]:
    """Column and row of the tile in which a point lies (web Mercator)."""
    turned = math.asinh(math.tan(math.radians(lat)))
    return int((lon + 180) / 360 * 2**zoom), int((1 - turned / math.pi) / 2 * 2**zoom)


def streets_of(tile: bytes, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Class and name of each street by layer, as another reader of the format sees them."""
    path = folder / "tile.pbf"
    # As a browser does it: the first stream, and nothing may follow it.
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    path.write_bytes(reader.decompress(tile))
    assert reader.eof
    assert reader.unused_data == b""
    layers = [str(name) for name, _ in pyogrio.list_layers(path)]
    return {name: pyogrio.read_dataframe(path, layer=name)[["class", "name"]].to_dict("records") for name in layers}


def test_large_streets_are_seen_from_farther_away(network: RoadNetwork, extract: Path, tmp_path: Path) -> None:
    """Level 8 has the primary road alone; level 14 has it and the residential ones, each with its name."""
    path = tiles_file(tmp_path / "new" / "cache", network.digest)
    assert write_tiles(network, path, street_names(extract)) >= 7
    far = read_tile(path, 8, *tile_of(LAT, LON, 8))
    assert far is not None
    assert streets_of(far, tmp_path) == {"large": [{"class": "primary", "name": "High Street"}]}
    near: dict[str, set[tuple[str, str]]] = {"large": set(), "small": set()}
    column, row = tile_of(LAT, LON, MAX_ZOOM)
    for right in (-1, 0, 1):
        for down in (-1, 0, 1):
            tile = read_tile(path, MAX_ZOOM, column + right, row + down)
            for layer, streets in (streets_of(tile, tmp_path) if tile else {}).items():
                near[layer] |= {(street["class"], street["name"]) for street in streets}
    assert near == {"large": {("primary", "High Street")}, "small": {("residential", ""), ("residential", "Mill Lane")}}


def test_where_nothing_is_there_is_no_tile(network: RoadNetwork, tmp_path: Path) -> None:
    """The other side of the world, and a level that is not in the file."""
    path = tiles_file(tmp_path, network.digest)
    write_tiles(network, path, {})
    assert read_tile(path, 8, 0, 0) is None
    assert read_tile(path, 15, *tile_of(LAT, LON, 15)) is None
    assert list(tmp_path.glob(".tiles*")) == []


def test_names_come_from_either_kind_of_extract(extract: Path, tmp_path: Path) -> None:
    """Of osmnx's lists the first counts, as for way and class; a built network has none."""
    assert street_names(extract) == {1: "High Street", 3: "Mill Lane"}
    graph = tmp_path / "x.graphml"
    graph.write_text(
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><key id="d0" for="edge" attr.name="osmid"/>'
        '<key id="d1" for="edge" attr.name="name"/><key id="d0n" for="node" attr.name="osmid"/><graph>'
        '<edge source="1" target="2"><data key="d0">[7, 8]</data>'
        "<data key=\"d1\">['Long Row', 'Short Row']</data></edge>"
        '<edge source="2" target="3"><data key="d0">9</data></edge></graph></graphml>',
        encoding="utf-8",
    )
    assert street_names(graph) == {7: "Long Row"}
    assert street_names(tmp_path / "roads.npz") == {}
    graph.write_text("<graphml>", encoding="utf-8")
    with pytest.raises(ValueError, match="not a GraphML file"):
        street_names(graph)


def test_a_missing_or_broken_file_is_said_to_be(tmp_path: Path) -> None:
    """With the command that builds it again."""
    with pytest.raises(FileNotFoundError, match=r"nowhere\.mbtiles"):
        read_tile(tmp_path / "nowhere.mbtiles", 8, 0, 0)
    broken = tmp_path / "broken.mbtiles"
    broken.write_bytes(b"no tiles, but more than a few bytes of something else")
    with pytest.raises(ValueError, match="schoolrun roads build"):
        read_tile(broken, 8, 0, 0)

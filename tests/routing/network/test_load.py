"""One way to a road network: kinds of files, the cache, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from routing.network.from_osmnx import download_place
from routing.network.graph import write_network
from routing.network.load import load_network, network_digest
from tests.routing.network.square_world import CORNERS, STREET, square, write_osm

WAYS = {1: ("AB", STREET), 2: ("BC", STREET), 3: ("CD", STREET), 4: ("DA", STREET)}


def test_a_network_comes_back_from_the_cache_whole(tmp_path: Path) -> None:
    """Every array and text of it; a broken cache file is built again."""
    path, cache = write_osm(tmp_path / "x.osm", CORNERS, WAYS), tmp_path / "cache"
    built = load_network(path, cache_dir=cache)
    (stored,) = cache.glob("roads-*.npz")
    cached = load_network(path, cache_dir=cache)
    for name, array in built.arrays().items():
        np.testing.assert_array_equal(cached.arrays()[name], array, err_msg=name)
        assert not cached.arrays()[name].flags.writeable
    assert (cached.notes, cached.source, cached.digest) == (built.notes, built.source, built.digest)
    stored.write_bytes(b"broken")
    assert load_network(path, cache_dir=cache).n_nodes == 4


def test_the_digest_follows_the_file_and_the_mode(tmp_path: Path) -> None:
    """Another tag or another mode is another network."""
    path = write_osm(tmp_path / "x.osm", CORNERS, WAYS)
    before = network_digest(path, "drive")
    assert network_digest(path, "walk") != before
    write_osm(path, CORNERS, {**WAYS, 1: ("AB", {**STREET, "oneway": "yes"})})
    assert network_digest(path, "drive") != before


def test_a_built_network_can_be_given_as_npz(tmp_path: Path) -> None:
    """What `roads build` wrote, for the mode it was built for."""
    network = square(tmp_path)
    path = tmp_path / "roads.npz"
    with path.open("wb") as handle:
        write_network(network, handle)
    assert load_network(path).digest == network.digest
    with pytest.raises(ValueError, match="built for mode drive; mode walk was asked for"):
        load_network(path, mode="walk")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("roads.shp", b"x", "unknown kind of road file; must end in .osm.pbf"),
        ("roads.osm.pbf", b"not a pbf", "cannot be read as OpenStreetMap data"),
        ("roads.osm", b"<osm version='0.6'>", "cannot be read as OpenStreetMap data"),
        ("roads.osm", b"<osm version='0.6'></osm>", "no street to drive on"),
        ("roads.npz", b"not an npz", "not a built road network"),
        ("roads.graphml", b"<graphml>", "not a GraphML file of osmnx"),
    ],
)
def test_files_that_cannot_be_used_say_why(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """The file's name and what is allowed."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        load_network(path)
    assert name in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Before anything is read."""
    with pytest.raises(FileNotFoundError, match="there is no such road file"):
        load_network(tmp_path / "nowhere.osm.pbf")


def test_walking_needs_an_extract(tmp_path: Path) -> None:
    """A drive graph has no footways."""
    path = tmp_path / "x.graphml"
    path.write_text("<graphml/>")
    with pytest.raises(ValueError, match="walking needs an OpenStreetMap extract"):
        load_network(path, mode="walk")


def test_without_internet_the_download_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence that names the way by hand."""
    import osmnx

    def offline(*_: object, **__: object) -> None:
        raise ConnectionError("no route to host")

    monkeypatch.setattr(osmnx, "graph_from_place", offline)
    with pytest.raises(ConnectionError, match=r"by hand and give it to `schoolrun roads build FILE`"):
        download_place("Sandwell, England", tmp_path / "x.graphml")

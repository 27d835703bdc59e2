"""Vector tiles of the streets for maps: one SQLite file, made once from a built network, read tile by tile.

The file is an MBTiles (Mapbox, version 1.3) of Mapbox vector tiles (version 2.1). Tiles have up to three layers, the
larger streets from farther away, so that a whole county is a few small tiles.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from routing.network.graph import STREET_CLASSES, RoadNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

TILES_VERSION = 1
"""Raised whenever the same network gives other tiles; part of the file's name."""
MAX_ZOOM = 14
"""Deepest level in the file (ours): a tile is about a mile and a half wide here; closer, the map enlarges it."""
LAYERS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "large": (8, ("motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link")),
    "middle": (10, ("secondary", "secondary_link", "tertiary", "tertiary_link")),
    "small": (12, ("unclassified", "residential", "living_street", "service", "track", "road", "pedestrian")),
}
"""Farthest level at which a layer is there (ours), and its classes of street."""
MIN_ZOOM = min(zoom for zoom, _ in LAYERS.values())


def tiles_file(cache_dir: Path, digest: str) -> Path:
    """Where the tiles of a network are kept: beside the network itself."""
    return cache_dir / f"tiles-{digest[:32]}-{TILES_VERSION}.mbtiles"


def write_tiles(network: RoadNetwork, path: Path, names: Mapping[int, str]) -> int:
    """Write the tiles of a network, whole or not at all.

    Parameters
    ----------
    names : of streets by OpenStreetMap way; a street without one has none on the map.

    Returns
    -------
    n_tiles : tiles in the file.

    Raises
    ------
    ValueError : the network holds no street of a class that is drawn.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".tiles.") as folder:
        whole = Path(folder) / "whole"
        with closing(sqlite3.connect(whole)) as target:
            _prepare(target)
            for layer, (zoom, classes) in LAYERS.items():
                part = Path(folder) / f"{layer}.mbtiles"
                if _write_layer(network, names, part, layer, zoom, classes):
                    _add(target, part)
            n_tiles = int(target.execute("SELECT count(*) FROM tiles").fetchone()[0])
            if not n_tiles:
                raise ValueError(f"{network.source}: no street to draw was found")
            target.commit()
        os.replace(whole, path)
    return n_tiles


def read_tile(path: Path, zoom: int, column: int, row: int) -> bytes | None:
    """One tile as gzip; None where nothing is drawn.

    Parameters
    ----------
    column, row : counted from the west and from the north.

    Raises
    ------
    FileNotFoundError, ValueError : the file is missing, or holds no tiles.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file of tiles")
    place = (zoom, column, 2**zoom - 1 - row)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as tiles:
            found = tiles.execute(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?", place
            ).fetchone()
    except sqlite3.Error as error:
        raise ValueError(f"{path} holds no tiles ({error}); build them again: schoolrun roads build") from error
    return bytes(found[0]) if found else None


def _prepare(target: sqlite3.Connection) -> None:
    target.execute(
        "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB,"
        " PRIMARY KEY (zoom_level, tile_column, tile_row)) WITHOUT ROWID"
    )
    target.execute("CREATE TABLE metadata (name TEXT PRIMARY KEY, value TEXT)")
    facts = {"name": "streets", "format": "pbf", "minzoom": MIN_ZOOM, "maxzoom": MAX_ZOOM, "scheme": "tms"}
    target.executemany("INSERT INTO metadata VALUES (?, ?)", [(name, str(value)) for name, value in facts.items()])


def _add(target: sqlite3.Connection, part: Path) -> None:
    """Put a layer's tiles into those of the others.

    Two vector tiles one after the other are one tile with the layers of both: so says the format. Of gzip the same is
    true, but browsers read the first stream alone.
    """
    target.execute("ATTACH ? AS part", (str(part),))
    target.create_function("joined", 2, _joined, deterministic=True)
    target.execute(
        "INSERT INTO tiles SELECT zoom_level, tile_column, tile_row, tile_data FROM part.tiles WHERE true"
        " ON CONFLICT DO UPDATE SET tile_data = joined(tile_data, excluded.tile_data)"
    )
    target.commit()
    target.execute("DETACH part")


def _joined(one: bytes, other: bytes) -> bytes:
    return gzip.compress(gzip.decompress(one) + gzip.decompress(other), mtime=0)


def _write_layer(
    network: RoadNetwork, names: Mapping[int, str], part: Path, layer: str, zoom: int, classes: tuple[str, ...]
) -> bool:
    """Write one layer's streets; whether there are any."""
    import pyogrio.raw
    import shapely

    codes = [STREET_CLASSES.index(name) for name in classes]
    segments = np.flatnonzero(np.isin(network.segment_class, codes))
    if not len(segments):
        return False
    lines, ways, kinds = _streets(network, segments)
    named = np.array([names.get(way, "") for way in ways.tolist()], dtype=object)
    pyogrio.raw.write(
        str(part), shapely.to_wkb(lines), [np.array(STREET_CLASSES, dtype=object)[kinds], named], ["class", "name"],
        driver="MVT", layer=layer, geometry_type="MultiLineString", crs="EPSG:4326",
        dataset_options={"FORMAT": "MBTILES", "MINZOOM": str(zoom), "MAXZOOM": str(MAX_ZOOM)},
    )  # fmt: skip
    return True


def _streets(network: RoadNetwork, segments: NDArray[np.intp]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Line, way and class of every street: the pieces of one way are one line, so that its name has room."""
    import shapely

    owner = np.repeat(np.arange(network.n_segments), np.diff(network.geometry_offset))
    points = np.column_stack((network.geometry_lon, network.geometry_lat))
    pieces = shapely.linestrings(points, indices=owner)[segments]
    keys = np.column_stack((network.segment_way_id[segments], network.segment_class[segments]))
    streets, of_piece = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(of_piece, kind="stable")
    lines = shapely.line_merge(shapely.multilinestrings(pieces[order], indices=of_piece[order]))
    return lines, streets[:, 0], streets[:, 1]

"""The one way to a road network: by the kind of file, and from the cache where it was built before."""

from __future__ import annotations

import hashlib
from pathlib import Path

from routing.network.atomic_file import write_atomically
from routing.network.graph import BUILDER_VERSION, Mode, RoadNetwork, read_network, write_network

FILE_KINDS = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2", ".graphml", ".npz")


def load_network(path: Path, *, mode: Mode = "drive", cache_dir: Path | None = None) -> RoadNetwork:
    """Load streets from an OpenStreetMap extract, a GraphML file of osmnx, or a network built before.

    Parameters
    ----------
    path : `.osm.pbf`, `.osm` (also gzip or bzip2), `.graphml` or our own `.npz`.
    mode : "drive" or "walk". GraphML of osmnx serves "drive" only.
    cache_dir : where built networks are kept, under the sha256 of the file, the builder's version and the
        mode.

    Raises
    ------
    FileNotFoundError : there is no such file.
    ValueError : the file is of another kind, cannot be read, or holds no street of this mode.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such road file")
    if path.suffix == ".npz":
        return _built_before(path, mode)
    kind = next((kind for kind in FILE_KINDS if path.name.lower().endswith(kind)), None)
    if kind is None:
        raise ValueError(f"{path}: unknown kind of road file; must end in {', '.join(FILE_KINDS)}")
    if kind == ".graphml" and mode == "walk":
        raise ValueError(f"{path}: a GraphML file serves driving only; walking needs an OpenStreetMap extract")
    digest = network_digest(path, mode)
    stored = None if cache_dir is None else cache_dir / f"roads-{digest[:32]}.npz"
    if stored is not None and stored.exists():
        try:
            return read_network(stored)
        except ValueError:
            stored.unlink()
    network = _read(path, kind, mode, digest)
    if stored is not None:
        stored.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(stored, lambda handle: write_network(network, handle))
    return network


def network_digest(path: Path, mode: Mode) -> str:
    """sha256 over the file's bytes, the builder's version and the mode."""
    digest = hashlib.sha256(f"{BUILDER_VERSION} {mode} ".encode())
    with path.open("rb") as handle:
        while chunk := handle.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _built_before(path: Path, mode: Mode) -> RoadNetwork:
    network = read_network(path)
    if network.mode != mode:
        raise ValueError(f"{path} was built for mode {network.mode}; mode {mode} was asked for")
    return network


def _read(path: Path, kind: str, mode: Mode, digest: str) -> RoadNetwork:
    if kind == ".graphml":
        from routing.network.from_osmnx import from_osmnx

        return from_osmnx(path, digest=digest)
    from routing.network.read_osm import read_osm

    return read_osm(path, mode, digest=digest)

"""The road extract that a service plans on: which file, how old, and which places lie on its streets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from api.settings import Settings
from transport.places import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadFile:
    """A road file as it lies on the disk; `written_at` is None where it cannot be found."""

    name: str
    n_bytes: int
    written_at: datetime | None

    def age_days(self, now: datetime) -> int:
        """Whole days since it was written; 0 where it cannot be found."""
        return 0 if self.written_at is None else (now - self.written_at).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many places lie on the streets of the file.

    Attributes
    ----------
    n_far : places farther than `limit_m` from every street; farthest_m : the farthest of these, 0 without any.
    source : what the file says of itself.
    """

    n_places: int
    n_far: int
    farthest_m: int
    limit_m: int
    source: str


def road_file_of(settings: Settings) -> RoadFile | None:
    """The file that the settings name; None where roads are approximate."""
    path = settings.roads_file
    if path is None:
        return None
    if not path.is_file():
        return RoadFile(name=path.name, n_bytes=0, written_at=None)
    stat = path.stat()
    written_at = datetime.fromtimestamp(stat.st_mtime, UTC)
    return RoadFile(name=path.name, n_bytes=stat.st_size, written_at=written_at)


def coverage_of(path: Path, cache_folder: Path | None, places: tuple[Place, ...], limit_m: int) -> Coverage:
    """Look for every place on the streets of a road file.

    Parameters
    ----------
    limit_m : farthest that a place may be from a street, the policy's `max_snap_gap_m`.

    Raises
    ------
    FileNotFoundError, ValueError
        When the file is missing or cannot be read.
    """
    from routing.network.load import load_network
    from routing.network.snap import PlacesOffStreetError, snap_places

    network = load_network(path, cache_dir=cache_folder)
    far: tuple[int, ...] = ()
    try:
        snap_places(network, places, max_snap_gap_m=limit_m)
    except PlacesOffStreetError as found:
        far = tuple(place.gap_m for place in found.places)
    return Coverage(
        n_places=len(places), n_far=len(far), farthest_m=max(far, default=0), limit_m=limit_m, source=network.source
    )

"""Vector tiles of the service's own road extract, under the maps of its pages: read from one file, no other host."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Path as InAddress
from fastapi.responses import Response

from api.auth.permissions import Permission
from api.pages.visit import Opens, Visit
from api.settings import Settings

router = APIRouter(include_in_schema=False)

FileReader = Annotated[Visit, Depends(Opens(permission=Permission.PLAN_FILES_READ))]
_Zoom = Annotated[int, InAddress(ge=0, le=24)]
_Place = Annotated[int, InAddress(ge=0, lt=1 << 24)]
_DAY = "private, max-age=86400"
_TYPE = "application/vnd.mapbox-vector-tile"


@router.get("/tiles/{zoom}/{column}/{row}")
def get_tile(zoom: _Zoom, column: _Place, row: _Place, visit: FileReader) -> Response:
    """Streets of one tile, counted from the north-west; nothing where there are none or no tiles were built."""
    from routing.network.tiles import read_tile

    path = tiles_of(visit.settings)
    data = read_tile(path, zoom, column, row) if path is not None else None
    headers = {"Cache-Control": _DAY}
    if data is None:
        return Response(status_code=204, headers=headers)
    return Response(data, media_type=_TYPE, headers={**headers, "Content-Encoding": "gzip"})


def tiles_of(settings: Settings) -> Path | None:
    """The file of tiles that `schoolrun roads build` made of the service's road extract; None where there is none."""
    roads, cache = settings.roads_file, settings.cache_folder
    if roads is None or cache is None or not roads.is_file():
        return None
    from routing.network.tiles import tiles_file

    path = tiles_file(cache, _digest(roads, roads.stat().st_mtime_ns))
    return path if path.is_file() else None


def tiles_address(settings: Settings) -> str:
    """Where a map finds its tiles, as a pattern; empty where there are none. Other tiles have another address."""
    path = tiles_of(settings)
    return "" if path is None else f"/tiles/{{z}}/{{x}}/{{y}}?v={path.stem.split('-')[1][:8]}"


@lru_cache(maxsize=4)
def _digest(roads: Path, changed_ns: int) -> str:
    from routing.network.load import network_digest

    return network_digest(roads, "drive")

"""Names of streets by OpenStreetMap way: for maps alone, no time or distance rests on them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"


def street_names(path: Path) -> Mapping[int, str]:
    """Name of every street that has one, by way, from the extract that a network was built from.

    Parameters
    ----------
    path : `.osm.pbf`, `.osm` (also gzip or bzip2) or `.graphml`; a network built before (`.npz`) holds no names.

    Raises
    ------
    ValueError : the file cannot be read.
    """
    if path.name.lower().endswith(".npz"):
        return {}
    return _of_graphml(path) if path.name.lower().endswith(".graphml") else _of_osm(path)


def _of_osm(path: Path) -> dict[int, str]:
    import osmium

    try:
        streets: Any = osmium.FileProcessor(str(path), osmium.osm.WAY)
        for key in ("highway", "name"):
            streets = streets.with_filter(osmium.filter.KeyFilter(key))
        return {way.id: str(way.tags["name"]) for way in streets}
    except (RuntimeError, OSError) as error:
        raise ValueError(f"{path} cannot be read as OpenStreetMap data: {error}") from error


def _of_graphml(path: Path) -> dict[int, str]:
    from xml.etree import ElementTree

    key_of: dict[str, str] = {}
    found: dict[int, str] = {}
    try:
        for _, element in ElementTree.iterparse(path):
            if element.tag == f"{_GRAPHML}key" and element.get("for") == "edge":
                key_of[str(element.get("id"))] = str(element.get("attr.name"))
            elif element.tag == f"{_GRAPHML}edge":
                data = {key_of.get(str(part.get("key")), ""): part.text or "" for part in element}
                if data.get("name") and data.get("osmid"):
                    found[int(_first(data["osmid"]))] = _first(data["name"])
                element.clear()
    except (ElementTree.ParseError, ValueError, SyntaxError) as error:
        raise ValueError(f"{path} is not a GraphML file of osmnx: {error}") from error
    return found


def _first(text: str) -> str:
    """Where osmnx has merged ways, several values stand as a list: the first stands for them, as for way and class."""
    return str(ast.literal_eval(text)[0]) if text.startswith("[") else text

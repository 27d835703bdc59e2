"""Take over a drive graph that osmnx saved as GraphML, and fetch one by a place's name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from routing.network.build import build_network
from routing.network.graph import RoadNetwork
from routing.network.osm_tags import CLASS_CODE_BY_NAME, Access, drive_access, limits_kph, size_limits
from routing.network.streets import Streets


def from_osmnx(path: Path, *, digest: str) -> RoadNetwork:
    """Read a GraphML file of osmnx (drive network, simplified or not, in degrees).

    osmnx merges ways, so an edge may carry several values of a tag: the slowest limit and the least size
    bind, the first way and class stand for it. osmnx keeps no turn restrictions.

    Raises
    ------
    ValueError : the file is not such a graph.
    """
    graph = _load(path)
    edges = [(u, v, data) for u, v, data in graph.edges(data=True) if drive_access(_tags(data)) is not Access.CLOSED]
    if not edges:
        raise ValueError(f"{path}: no street to drive on was found")
    streets = _streets_of(graph, edges)
    return build_network(streets, mode="drive", source=f"{path.name} (© OpenStreetMap contributors)", digest=digest)


def download_place(name: str, out_path: Path) -> Path:
    """Fetch the drive network of a place through osmnx and save it as GraphML.

    Raises
    ------
    ConnectionError : the map service cannot be reached.
    ValueError : the map service knows no such place.
    """
    import osmnx

    try:
        graph = osmnx.graph_from_place(name, network_type="drive_service")
    except OSError as error:
        raise ConnectionError(
            f"The streets of {name!r} could not be fetched: the map service cannot be reached from here;"
            " get an OpenStreetMap extract (.osm.pbf) of the area by hand and give it to"
            " `schoolrun roads build FILE`."
        ) from error
    except (ValueError, TypeError) as error:
        raise ValueError(f"The map service gave no streets for {name!r}: {error}") from error
    osmnx.save_graphml(graph, filepath=out_path)
    return out_path


def _load(path: Path) -> Any:
    import osmnx

    try:
        graph = osmnx.load_graphml(filepath=path)
    except Exception as error:  # the XML, type and graph errors of three libraries
        raise ValueError(f"{path} is not a GraphML file of osmnx: {error}") from error
    if str(graph.graph.get("crs", "")).lower() not in ("epsg:4326", "wgs84"):
        raise ValueError(f"{path}: projection {graph.graph.get('crs')}; must be epsg:4326 (degrees)")
    return graph


def _tags(data: dict[str, Any]) -> dict[str, str]:
    """OpenStreetMap tags of an edge; of several values the most binding, or the first."""
    tags: dict[str, str] = {}
    for key, value in data.items():
        values = [str(v) for v in value] if isinstance(value, list) else [str(value)]
        tags[key] = values[0]
        if key == "maxspeed" and len(values) > 1:
            tags[key] = min(values, key=lambda v: limits_kph({"maxspeed": v})[0] or np.inf)
    tags.pop("oneway", None)  # osmnx has made directions of it
    return tags


def _streets_of(graph: Any, edges: list[tuple[Any, Any, dict[str, Any]]]) -> Streets:
    """Segments of the directed edges; the two directions of a street share one."""
    node_ids = list(graph.nodes)
    index = {node: idx for idx, node in enumerate(node_ids)}
    tail = np.array([index[u] for u, _, _ in edges], np.int32)
    head = np.array([index[v] for _, v, _ in edges], np.int32)
    tags = [_tags(data) for _, _, data in edges]
    access = np.array([int(drive_access(t)) for t in tags])
    points = [_points(graph, u, v, data) for u, v, data in edges]
    signal = np.array([graph.nodes[node].get("highway") == "traffic_signals" for node in node_ids], bool)
    length = np.array([float(data["length"]) for _, _, data in edges])
    segment, forward, keeper = _pair_up(tail, head, length, points)
    first = np.flatnonzero(forward)
    flat = np.concatenate([points[e] for e in first])
    limit = np.array([limits_kph(t)[0] for t in tags])
    return Streets(
        node_lat=np.array([graph.nodes[node]["y"] for node in node_ids], np.float64),
        node_lon=np.array([graph.nodes[node]["x"] for node in node_ids], np.float64),
        segment_tail=tail[first],
        segment_head=head[first],
        segment_way_id=np.array([_first_way(edges[e][2]) for e in first], np.int64),
        segment_class=np.array([CLASS_CODE_BY_NAME[tags[e]["highway"]] for e in first], np.uint8),
        segment_length_m=length[first],
        segment_limits=np.array([size_limits(tags[e]) for e in first], np.int32).reshape(-1, 4),
        segment_is_private=access[first] == int(Access.PRIVATE),
        segment_is_access_only=access[first] != int(Access.OPEN),
        geometry_offset=np.concatenate(([0], np.cumsum([len(points[e]) for e in first]))).astype(np.int64),
        geometry_lat=flat[:, 0].copy(),
        geometry_lon=flat[:, 1].copy(),
        edge_segment=segment[keeper],
        edge_forward=forward[keeper],
        edge_limit_kph=limit[keeper],
        edge_n_signals=signal[head][keeper].astype(np.int32),
        forbidden_turns=np.empty((0, 2), np.int64),
        notes=("The graph comes from osmnx, which keeps no turn restrictions and no barriers.",),
    )


def _points(graph: Any, u: Any, v: Any, data: dict[str, Any]) -> Any:
    """(k, 2) lat, lon."""
    if "geometry" in data:
        return np.asarray(data["geometry"].coords)[:, ::-1]
    return np.array([[graph.nodes[n]["y"], graph.nodes[n]["x"]] for n in (u, v)])


def _first_way(data: dict[str, Any]) -> int:
    osmid = data.get("osmid", 0)
    return int(osmid[0] if isinstance(osmid, list) else osmid)


def _pair_up(tail: Any, head: Any, length: Any, points: list[Any]) -> tuple[Any, Any, Any]:
    """Segment of every edge, and whether it runs along it; an edge and its exact way back share one.

    Returns
    -------
    segment (n_edges,), forward (n_edges,), keeper (n_edges,) indices.
    """
    waiting: dict[tuple[int, int, bytes], list[int]] = {}
    segment, forward = np.zeros(len(tail), np.int32), np.ones(len(tail), bool)
    n_segments = 0
    for edge, (u, v, line) in enumerate(zip(tail.tolist(), head.tolist(), points, strict=True)):
        back = waiting.get((v, u, np.ascontiguousarray(line[::-1]).tobytes()))
        if back:
            segment[edge], forward[edge] = segment[back.pop()], False
            continue
        segment[edge] = n_segments
        n_segments += 1
        waiting.setdefault((u, v, np.ascontiguousarray(line).tobytes()), []).append(edge)
    return segment, forward, np.arange(len(tail))

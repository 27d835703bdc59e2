"""Real streets: our matrices against networkx on graphs built another way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from math import floor
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from routing.network import read_osm
from routing.network.graph import RoadNetwork
from routing.network.load import load_network
from routing.network.matrix import travel_matrix_of
from routing.network.osm_tags import Access, directions_of, drive_access, limits_kph
from routing.network.projection import distance_m
from routing.network.snap import snap_places
from routing.network.speeds import Period, SpeedModel, read_speeds
from tests.routing.network.square_world import even_speeds
from transport.calendar import Leg
from transport.places import Place
from transport.travel import UNREACHABLE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def roads(shared_data: Path) -> Path:
    return shared_data / "roads"


def sample_nodes(network: RoadNetwork, n: int, seed: int) -> list[Place]:
    chosen = np.random.default_rng(seed).choice(network.n_nodes, n, replace=False)
    return [
        Place(place_id=f"p{k}", lat=float(network.node_lat[v]), lon=float(network.node_lon[v]))
        for k, v in enumerate(chosen)
    ]


def test_cambridge_equals_networkx(roads: Path) -> None:
    """500 pairs in the middle of streets: same seconds and metres as Dijkstra on osmnx's own graph.

    networkx cannot be told of access-only streets, so they are taken out of its graph, and out of the sample.
    Part-edges are rounded after a projection of its own: one second and one metre may differ.
    """
    import osmnx

    path = roads / "cambridge_drive.graphml"
    graph = osmnx.load_graphml(path)
    shipped = read_speeds()
    everywhere = {n: replace(c, rural_mph=c.built_up_mph) for n, c in shipped.class_by_name.items()}
    speeds = replace(shipped, class_by_name=everywhere)
    network = load_network(path)
    public = nx.MultiDiGraph()
    public.add_nodes_from(graph.nodes(data=True))
    for u, v, data in graph.edges(data=True):
        if str(data.get("access", "yes")) in ("yes", "permissive"):
            public.add_edge(u, v, data=data)
    main = public.subgraph(max(nx.strongly_connected_components(public), key=len))
    edges = [(u, v, entry["data"]) for u, v, entry in main.edges(data=True)]
    bent = [e for e in edges if "geometry" in e[2] and len(e[2]["geometry"].coords) > 2 and e[0] != e[1]]
    rng = np.random.default_rng(3)
    chosen = [bent[k] for k in rng.choice(len(bent), 60, replace=False)]
    places = []
    for k, (_, _, data) in enumerate(chosen):
        lon, lat = data["geometry"].coords[len(data["geometry"].coords) // 2]
        places.append(Place(place_id=f"p{k}", lat=lat, lon=lon))
    travel = travel_matrix_of(network, places, [], [], speeds)
    weights = nx.DiGraph()
    parts: dict[Any, list[tuple[Any, Any, float, float, float]]] = {}
    for u, v, data in edges:
        moving, waiting, metres = osmnx_weights(graph, v, data, speeds)
        least = weights.get_edge_data(u, v, {"w": 1 << 62})["w"]
        weights.add_edge(u, v, w=min(least, ((moving + waiting) << 27) + metres))
        line = [(lat, lon) for lon, lat in data["geometry"].coords] if "geometry" in data else []
        for place in places:
            if (place.lat, place.lon) in line:
                share = share_before(line, line.index((place.lat, place.lon)))
                parts.setdefault(place.place_id, []).append((u, v, share, moving, metres))
                weights.add_edge(("from", place.place_id), v, w=packed(moving, metres, 1 - share, waiting))
                weights.add_edge(u, ("to", place.place_id), w=packed(moving, metres, share, 0))
    n_compared = 0
    for a in places:
        reached = nx.single_source_dijkstra_path_length(weights, ("from", a.place_id), weight="w")
        for b in places:
            if a is b or shares_an_edge(parts[a.place_id], parts[b.place_id]):
                continue
            weight = reached[("to", b.place_id)]
            seconds, metres = (weight >> 27) / 10, (weight & ((1 << 27) - 1)) / 10
            ours = travel.seconds_between(Leg.AM, a.place_id, b.place_id)
            assert ours == pytest.approx(seconds, abs=1.01), (a, b)
            assert travel.metres_between(Leg.AM, a.place_id, b.place_id) == pytest.approx(metres, abs=1.01), (
                a,
                b,
            )
            n_compared += 1
    assert n_compared >= 500


def osmnx_weights(graph: Any, head: Any, data: dict[str, Any], speeds: SpeedModel) -> tuple[int, int, int]:
    """Deciseconds moving, deciseconds at signals, decimetres: the formula of docs/roads.md, edge by edge."""
    first = data["highway"][0] if isinstance(data["highway"], list) else data["highway"]
    limits = data.get("maxspeed", "")
    limits = limits if isinstance(limits, list) else [limits]
    setting = speeds.class_by_name[first]
    tagged = [float(limit.split()[0]) for limit in limits if limit]
    mph = min(min(tagged) if tagged else setting.built_up_mph, setting.cap_mph)
    period = speeds.period_by_name[Period.AM]
    moving = data["length"] / (mph * 0.44704) * period.factor_by_group[setting.group] * 10
    signal = graph.nodes[head].get("highway") == "traffic_signals"
    return (
        floor(moving + 0.5),
        floor(signal * period.seconds_per_signal * 10 + 0.5),
        floor(data["length"] * 10 + 0.5),
    )


def share_before(line: list[tuple[float, float]], index: int) -> float:
    step = [float(distance_m(*(np.array([c]) for c in (a[0], a[1], b[0], b[1])))[0]) for a, b in pairwise(line)]
    return sum(step[:index]) / sum(step)


def packed(moving: int, metres: int, share: float, waiting: int) -> int:
    return ((floor(moving * share + 0.5) + waiting) << 27) + floor(metres * share + 0.5)


def shares_an_edge(a: list[Any], b: list[Any]) -> bool:
    return bool({part[:2] for part in a} & {part[:2] for part in b})


def test_rutland_equals_dijkstra_over_every_point(roads: Path) -> None:
    """100 places in open streets of the county: a graph of all OpenStreetMap points gives the same times.

    That graph knows no segments, components or rounding; it takes open ways only, as through traffic does.
    Speeds are even where no limit is tagged.
    """
    path = roads / "rutland_201803.osm.pbf"
    network, speeds = load_network(path), even_speeds()
    graph: nx.DiGraph = nx.DiGraph()
    places: dict[int, Place] = {}
    rng = np.random.default_rng(5)
    for refs, points, tags in open_ways(path):
        along, against = directions_of(tags)
        kph = [limit or 36.0 for limit in limits_kph(tags)]
        for k in range(len(refs) - 1):
            (lat_a, lon_a), (lat_b, lon_b) = points[k], points[k + 1]
            metres = float(distance_m(*(np.array([c]) for c in (lat_a, lon_a, lat_b, lon_b)))[0])
            for a, b, allowed, speed in ((k, k + 1, along, kph[0]), (k + 1, k, against, kph[1])):
                if allowed:
                    graph.add_edge(refs[a], refs[b], s=metres / speed * 3.6, m=metres)
        if len(refs) > 4 and rng.uniform() < 0.12:
            middle = len(refs) // 2
            places[refs[middle]] = Place(place_id=str(refs[middle]), lat=points[middle][0], lon=points[middle][1])
    main = max(nx.strongly_connected_components(graph), key=len)
    kept = [p for ref, p in places.items() if ref in main and graph.in_degree(ref) <= 2]
    chosen = [kept[k] for k in rng.choice(len(kept), 100, replace=False)]
    travel = travel_matrix_of(network, chosen, [], [], speeds)
    n_metres_equal = n_pairs = 0
    for a in chosen[:20]:
        reached, paths = nx.single_source_dijkstra(graph, int(a.place_id), weight="s")
        for b in chosen:
            if a is b:
                continue
            ref = int(b.place_id)
            ours = travel.seconds_between(Leg.AM, a.place_id, b.place_id)
            assert ours == pytest.approx(reached[ref], abs=2.5), (a, b)
            metres = nx.path_weight(graph, paths[ref], "m")
            n_metres_equal += abs(travel.metres_between(Leg.AM, a.place_id, b.place_id) - metres) <= 5
            n_pairs += 1
    # Paths within a decisecond or so of each other may be told apart differently.
    assert n_metres_equal >= 0.98 * n_pairs


def open_ways(path: Path) -> Iterator[tuple[list[int], list[tuple[float, float]], dict[str, str]]]:
    """Ways open to all vehicles, cut where a gate or bollard stands."""
    import osmium

    barriers: set[int] = set()
    for item in (
        osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway", "barrier"))
    ):
        if item.is_node() and "barrier" in item.tags:
            access = {item.tags.get(k, "") for k in ("motor_vehicle", "vehicle", "access")}
            if access & {"no", "private"} or item.tags["barrier"] in (
                "bollard",
                "stile",
                "kissing_gate",
                "block",
            ):
                barriers.add(item.id)
        if item.is_way() and drive_access(dict(item.tags)) is Access.OPEN:
            nodes = [(n.ref, (n.lat, n.lon)) for n in item.nodes if n.location.valid()]
            if len(nodes) == len(item.nodes) and not any(ref in barriers for ref, _ in nodes):
                yield [ref for ref, _ in nodes], [point for _, point in nodes], dict(item.tags)


def test_turn_restrictions_lengthen_trips_in_central_london(roads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of the 77 restrictions are applied; they make many pairs slower, and none faster."""
    path, speeds = roads / "central_london.osm.pbf", even_speeds()
    bound = load_network(path)
    (note,) = [note for note in bound.notes if "turn restrictions" in note]
    assert int(note.split()[0]) >= 44
    assert "3 via a way" in note
    monkeypatch.setattr(read_osm, "forbidden_turns_of", lambda *_: (np.empty((0, 2), np.int64), {"applied": 0}))
    free = load_network(path)
    rng = np.random.default_rng(8)
    ends = bound.geometry_offset
    middle = rng.choice(bound.n_segments, 150, replace=False)
    at = (ends[middle] + ends[middle + 1]) // 2
    places = [
        Place(place_id=f"p{k}", lat=float(bound.geometry_lat[i]), lon=float(bound.geometry_lon[i]))
        for k, i in enumerate(at)
    ]
    on_bound, on_free = snap_places(bound, places), snap_places(free, places)
    same = bound.segment_way_id[on_bound.segment] == free.segment_way_id[on_free.segment]
    with_turns = travel_matrix_of(bound, places, [], [], speeds).seconds[0, 0][np.ix_(same, same)]
    without = travel_matrix_of(free, places, [], [], speeds).seconds[0, 0][np.ix_(same, same)]
    assert with_turns.max() < UNREACHABLE
    assert (with_turns >= without).all()
    assert (with_turns > without + 1).mean() > 0.05


@pytest.mark.parametrize(
    ("name", "n_nodes"),
    [("west_bromwich_smethwick.osm.pbf", 13_269), ("rhine_neckar.osm.pbf", 41_000)],
)
def test_both_engines_agree_on_real_streets(roads: Path, name: str, n_nodes: int) -> None:
    """80 places anywhere: every second and metre, and all of them reached."""
    pytest.importorskip("pyroutingkit")
    network = load_network(roads / name)
    assert network.n_nodes >= n_nodes
    places = sample_nodes(network, 80, seed=2)
    first, second = (
        travel_matrix_of(network, places, [], [], read_speeds(), max_snap_gap_m=5_000, engine=engine)
        for engine in ("cch", "scipy")
    )
    np.testing.assert_array_equal(first.seconds, second.seconds)
    np.testing.assert_array_equal(first.metres, second.metres)
    assert first.seconds.max() < UNREACHABLE


def test_routingkit_gives_the_same_deciseconds(roads: Path) -> None:
    """The library's own matrix, under plain 32-bit deciseconds, against our sweep."""
    pyroutingkit = pytest.importorskip("pyroutingkit")
    from routing.network.distances import make_engine, pack, unpack

    network = load_network(roads / "central_london.osm.pbf")
    rng = np.random.default_rng(4)
    time = rng.integers(1, 500, network.n_arcs)
    nodes = np.unique(network.arc_tail)[:300].astype(np.int32)
    topology = pyroutingkit.CCHTopology()
    topology.build(
        network.arc_tail.astype(np.uint32), network.arc_head.astype(np.uint32),
        network.node_lat.astype(np.float32), network.node_lon.astype(np.float32), network.n_nodes,
    )  # fmt: skip
    metric = pyroutingkit.CCHMetric(topology)
    metric.customize(time.astype(np.uint32))
    theirs = metric.distances_many_to_many(nodes.astype(np.uint32), nodes.astype(np.uint32)).astype(np.int64)
    distances = make_engine(network, "cch").distances(pack(time, np.zeros_like(time)), nodes)
    ours = distances.from_starts(nodes[:, None], np.zeros((len(nodes), 1), np.int64))
    found = theirs < pyroutingkit.INF_WEIGHT
    np.testing.assert_array_equal(unpack(ours)[0][found], theirs[found])
    assert (ours[~found] >= 1 << 60).all()


def test_walking_in_rutland_is_never_longer_than_driving(roads: Path) -> None:
    """Footways and both directions: no way on foot is longer than the shortest drive between two streets."""
    from routing.network.walking import walking_distances_m

    drive, walk = (load_network(roads / "rutland_201803.osm.pbf", mode=mode) for mode in ("drive", "walk"))
    places = sample_nodes(drive, 40, seed=6)
    on_both = [p for p in places if min(snap_places(n, [p], max_snap_gap_m=9_999).gap_m[0] < 1 for n in (drive, walk))]
    travel = travel_matrix_of(drive, on_both, [], [], even_speeds())
    metres = walking_distances_m(walk, on_both, on_both)
    rows = [travel.row_by_place_id[p.place_id] for p in on_both]
    driven = travel.metres[0, 0][np.ix_(rows, rows)]
    assert len(on_both) >= 20
    assert (metres <= driven + 2).mean() > 0.95

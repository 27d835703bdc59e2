"""Each test that asks for `engine` runs on both: the contraction hierarchy and plain Dijkstra."""

import importlib.util

import pytest

from routing.network.distances import Engine


@pytest.fixture(params=["cch", "scipy"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "cch" and importlib.util.find_spec("pyroutingkit") is None:
        pytest.skip("pyroutingkit is not installed")
    chosen: Engine = request.param
    return chosen

"""The fixtures of these tests, beside those that all network tests share.

The rotation tests need nine minutes, so their cluster is started before the
first test and watched while the others run; they themselves come last.
"""
import os
import sys

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from testnet.fixtures import (  # noqa: E402, F401
    client, clients, make_cluster, make_shared_cluster, name_of, network,
    pytest_configure, pytest_runtest_makereport, run_cluster,
    small_quarantine)
from testnet.strike import Strike  # noqa: E402
from testnet.traffic import Visitors  # noqa: E402

# Fixtures of clusters that wait for the beginning of time periods.
_ROTATING = ("rotating", "struck")


def pytest_collection_modifyitems(items):
    """Put what has to wait for rotations at the end."""
    items.sort(key=_waits_for_rotations)


@pytest.fixture(scope="session")
def crowd(network):
    """Five more clients, for five requests a second: Traffic(pause=0.2)."""
    crowd = [network.add_client("crowd%d" % number) for number in range(1, 6)]
    for client in crowd:
        client.wait_ready()
    return crowd


@pytest.fixture(scope="module")
def trio(network, request):
    """Three nodes that a whole test file shares."""
    yield from run_cluster(network, name_of(request.module), 3)


@pytest.fixture
def cluster(make_cluster, client):
    """Three nodes that have settled, and can be killed or stopped."""
    cluster = make_cluster(3)
    cluster.wait_settled(client)
    return cluster


@pytest.fixture(scope="session")
def rotating(network):
    """Three nodes and the visitors they have since the first test began."""
    yield from _visited(network, "rotating")


@pytest.fixture(scope="session")
def struck(network):
    """Three more, which lose their publisher when the first period begins.

    `strike` is who does it.
    """
    for cluster in _visited(network, "struck"):
        with Strike(cluster) as cluster.strike:
            yield cluster


@pytest.fixture(scope="session", autouse=True)
def _start_rotating(request):
    """Start what waits for rotations before the first test, if needed."""
    for name in _ROTATING:
        if any(name in item.fixturenames for item in request.session.items):
            request.getfixturevalue(name)


def _visited(network, name):
    """Yield a started cluster with two clients that are its `visitors`."""
    clients = [network.add_client("%s-visitor%d" % (name, number))
               for number in (1, 2)]
    for cluster in run_cluster(network, name, 3):
        with Visitors(clients, cluster.hostname) as visitors:
            cluster.visitors = visitors
            yield cluster


def _waits_for_rotations(item):
    """Return True iff a test uses a cluster that has to rotate."""
    return any(name in item.fixturenames for name in _ROTATING)

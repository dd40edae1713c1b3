"""One private Tor network for all tests of this directory.

Relays and nodes run the build under test, clients an unmodified tor. The
rotation tests need nine minutes, so their cluster is started before the first
test and watched while the others run; they themselves come last.
"""
import itertools
import os
import signal
import sys

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from testnet import leaks  # noqa: E402
from testnet.cluster import Cluster  # noqa: E402
from testnet.network import Network  # noqa: E402
from testnet.strike import Strike  # noqa: E402
from testnet.traffic import Visitors  # noqa: E402

# The shortest time periods tor allows: four minutes.
_INTERVAL = 10
# Fixtures of clusters that wait for the beginning of time periods.
_ROTATING = ("rotating", "struck")
_FAILED = pytest.StashKey()
_clusters = []
_numbers = itertools.count(1)


def pytest_configure():
    """Clean up after SIGTERM as after Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Put what has to wait for rotations at the end."""
    items.sort(key=_waits_for_rotations)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Add the state of all nodes to a failure's report."""
    report = (yield).get_result()
    if report.failed:
        item.session.stash[_FAILED] = True
        for cluster in _clusters:
            report.sections.append(
                ("cluster " + cluster.name, cluster.explain()))


@pytest.fixture(scope="session")
def network(request):
    """A running network; its logs are kept if any test fails."""
    network = Network(interval=_INTERVAL)
    try:
        network.boot()
        yield network
    finally:
        if request.session.stash.get(_FAILED, False):
            network.stop()
            request.config.pluginmanager.get_plugin(
                "terminalreporter").write_line("\nlogs: " + network.directory)
        else:
            network.remove()


@pytest.fixture(scope="session")
def clients(network):
    """Two unmodified clients."""
    clients = [network.add_client("client%d" % number) for number in (1, 2)]
    for client in clients:
        client.wait_ready()
    return clients


@pytest.fixture(scope="session")
def crowd(network):
    """Five more of them, for five requests a second: Traffic(pause=0.2)."""
    crowd = [network.add_client("crowd%d" % number) for number in range(1, 6)]
    for client in crowd:
        client.wait_ready()
    return crowd


@pytest.fixture(scope="session")
def client(network):
    """An unmodified client that fetches descriptors for the tests.

    It sends no requests while others do: a client that fetches a descriptor
    which lacks the introduction point that it is about to use drops the
    request without a word, and its stream waits for a minute. If the circuit
    to that point was young, the client blames its guard; after a few of those
    it has no guard left, and whatever it asks for stays without an answer.
    """
    client = network.add_client("observer")
    client.wait_ready()
    return client


@pytest.fixture(scope="module")
def trio(network, request):
    """Three nodes that a whole test file shares."""
    yield from _cluster(network, _name_of(request.module), 3)


def _maker(network, request):
    """Yield a function that makes clusters; then end them.

    It takes the number of nodes to start and what Cluster takes besides.
    """
    made = []

    def make(count, options=(), fast=True):
        made.append(_cluster(network, _name_of(request.module), count,
                             options, fast))
        return next(made[-1])
    yield make
    for cluster in made:
        next(cluster, None)


@pytest.fixture
def make_cluster(network, request):
    """A function that makes clusters which end with the test."""
    yield from _maker(network, request)


@pytest.fixture(scope="module")
def make_shared_cluster(network, request):
    """A function that makes clusters which a whole test file shares."""
    yield from _maker(network, request)


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
    for cluster in _cluster(network, name, 3):
        with Visitors(clients, cluster.hostname) as visitors:
            cluster.visitors = visitors
            yield cluster


def _cluster(network, name, count, options=(), fast=True):
    """Yield a started cluster, and stop it afterwards.

    Its logs stay as long as the network's. They must have no secret.
    """
    cluster = Cluster(network, "%s%d-" % (name, next(_numbers)), options,
                      fast)
    _clusters.append(cluster)
    try:
        yield cluster.start(count)
    finally:
        _clusters.remove(cluster)
        cluster.stop()
        secrets = leaks.of_cluster(cluster)
        for node in cluster.nodes:
            assert not leaks.find(node.log(), secrets), node.name


def _name_of(module):
    """Return a short name for the clusters of a test file.

    Node ids have at most 32 characters.
    """
    return module.__name__.replace("test_", "").replace("_", "")[:16]


def _waits_for_rotations(item):
    """Return True iff a test uses a cluster that has to rotate."""
    return any(name in item.fixturenames for name in _ROTATING)

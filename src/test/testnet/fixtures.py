"""What all network tests share: one private network, clients and clusters.

Relays and nodes run the build under test, clients an unmodified tor. A
conftest.py imports what its tests need.
"""
import contextlib
import itertools
import os
import signal

import pytest

from . import leaks
from .cluster import Cluster
from .network import Network

# The shortest time periods tor allows: four minutes.
_INTERVAL = 10
_FAILED = pytest.StashKey()
_clusters = []
_numbers = itertools.count(1)


def pytest_configure():
    """Clean up after SIGTERM as after Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


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
    """The running network of all tests."""
    yield from run_network(request, Network(interval=_INTERVAL))


@pytest.fixture(scope="session")
def clients(network):
    """Two unmodified clients."""
    clients = [network.add_client("client%d" % number) for number in (1, 2)]
    for client in clients:
        client.wait_ready()
    return clients


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


@pytest.fixture
def make_cluster(network, request):
    """A function that makes clusters which end with the test."""
    yield from _maker(network, request)


@pytest.fixture(scope="module")
def make_shared_cluster(network, request):
    """A function that makes clusters which a whole test file shares."""
    yield from _maker(network, request)


@pytest.fixture(scope="module")
def small_quarantine():
    """With AddressSanitizer, memory that is freed comes back soon, so that
    what a node has can be bounded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASAN_OPTIONS", "quarantine_size_mb=4:"
                     + os.environ.get("ASAN_OPTIONS", ""))
        yield


def run_network(request, network):
    """Yield `network`, booted; its logs are kept if any test has failed."""
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


def run_cluster(network, name, count, options=(), fast=True):
    """Yield a started cluster, and stop it afterwards.

    See watch_cluster().
    """
    cluster = Cluster(network, "%s%d-" % (name, next(_numbers)), options,
                      fast)
    with watch_cluster(cluster):
        yield cluster.start(count)


@contextlib.contextmanager
def watch_cluster(cluster):
    """Show the state of `cluster` where a test fails, and stop it at the end.

    Its logs stay as long as the network's. They must have no secret.
    """
    _clusters.append(cluster)
    try:
        yield
    finally:
        _clusters.remove(cluster)
        cluster.stop()
        secrets = leaks.of_cluster(cluster)
        for node in cluster.nodes:
            assert not leaks.find(node.log(), secrets), node.name


def name_of(module):
    """Return a short name for the clusters of a test file.

    Node ids have at most 32 characters.
    """
    return module.__name__.replace("test_", "").replace("_", "")[:16]


def _maker(network, request):
    """Yield a function that makes clusters; then end them.

    It takes the number of nodes to start and what Cluster takes besides.
    """
    made = []

    def make(count, options=(), fast=True):
        made.append(run_cluster(network, name_of(request.module), count,
                                options, fast))
        return next(made[-1])
    yield make
    for cluster in made:
        next(cluster, None)

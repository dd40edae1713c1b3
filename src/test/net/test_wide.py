"""Nodes with so many points that they need a wider network: no two points of
a descriptor are at the same relay."""
import pytest

from testnet.fixtures import run_network
from testnet.network import Network

# With 45 relays, 42 points are at fewer than 20 in no run that one would see.
_RELAYS = 42
# Nothing here waits for a time period, and so many relays would be busy with a
# consensus every few seconds.
_INTERVAL = 1800
_SECONDS = 120
_NODES, _POINTS = 6, 7
_CAP, _LEAST = 20, 3


@pytest.fixture(scope="module")
def network(request):
    """A network of its own."""
    yield from run_network(request, Network(interval=_INTERVAL,
                                            relays=_RELAYS))


@pytest.fixture(scope="module")
def client(network):
    """A client in it."""
    client = network.add_client("observer")
    client.wait_ready()
    return client


def test_six_nodes_with_seven_points(make_cluster, client):
    """Each has three or four of the twenty in both descriptors."""
    cluster = make_cluster(_NODES, [
        "HiddenServiceNumIntroductionPoints %d" % _POINTS])
    names = {node.name for node in cluster.nodes}

    def is_shared(_, descriptor):
        counts = cluster.counted(descriptor)
        return (len(descriptor.points) == _CAP and set(counts) == names
                and set(counts.values()) == {_LEAST, _LEAST + 1})
    cluster.wait_both(is_shared, _SECONDS)
    cluster.wait_stored(client)
    assert client.request(cluster.hostname).ok

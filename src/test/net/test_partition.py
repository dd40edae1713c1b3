"""Nodes that run and serve, but can't reach each other, or nobody at all."""
import time

import pytest

from testnet import keys, wait
from testnet.gate import Gate
from testnet.steady import assert_steady
from testnet.traffic import Traffic, burst, failed

_CUT_SECONDS = 60
_REQUESTS = 10


def split(cluster):
    """Cut all channels between nodes; whoever dials reaches nobody.

    Clients reach all nodes as before.
    """
    addresses = [node.key.hostname for node in cluster.nodes]
    for node in cluster.nodes:
        for address in addresses:
            node.control.command("MAPADDRESS %s=%s" % (
                address, keys.OnionKey().hostname))
    cluster.close_channels()


def heal(cluster):
    """Let the nodes dial each other again."""
    for node in cluster.nodes:
        for other in cluster.nodes:
            node.control.command("MAPADDRESS %s=%s" % (
                other.key.hostname, other.key.hostname))


def is_alone(node, since):
    """Return True iff a node has published its own points alone."""
    return len({event.fields["DESC"] for event in node.balance_events(
        "MERGE", since, NODES=1, POINTS=3)}) == 2


def wait_successor(cluster, victim, since):
    """Wait until a node but `victim` publishes without its points."""
    def found():
        return [node for node in cluster.nodes if node is not victim
                and len({event.fields["DESC"] for event in node.balance_events(
                    "MERGE", since, NODES=2, POINTS=6)}) == 2]
    return wait.until(found, _CUT_SECONDS, "a successor", cluster.explain)[0]


def assert_healed(cluster, client, clients):
    """Assert that there is one publisher, and stays, and all points."""
    publisher = assert_steady(cluster, clients, client)
    for node in cluster.nodes:
        assert node.status()["PUBLISHER"] == publisher.name


def test_nodes_that_lose_each_other(cluster, clients, client):
    """Each goes on alone, clients get any descriptor, and all are right."""
    with Traffic(clients, cluster.hostname) as traffic:
        begun = time.monotonic()
        split(cluster)
        for node in cluster.nodes:
            wait.until(lambda: is_alone(node, begun), _CUT_SECONDS,
                       node.name + " publishes alone", cluster.explain)
        assert cluster.publishers() == cluster.nodes
        heal(cluster)
        cluster.wait_settled(client)
        traffic.wait_sent(_REQUESTS)
    assert len(traffic.replies) > _REQUESTS
    assert not failed(traffic.replies), failed(traffic.replies)
    assert_healed(cluster, client, clients)


def test_publisher_without_network(cluster, clients, client):
    """Its relays see it go, so another one takes over at once."""
    victim = cluster.wait_publisher()
    with Traffic(clients, cluster.hostname) as traffic:
        begun = time.monotonic()
        victim.control.command("SETCONF DisableNetwork=1")
        gone = time.monotonic()
        wait_successor(cluster, victim, begun)
        traffic.wait_sent(_REQUESTS)
        victim.control.command("SETCONF DisableNetwork=0")
        cluster.wait_settled(client)
        traffic.wait_sent(_REQUESTS)
    begun = traffic.begun_after(gone)
    assert len(begun) > _REQUESTS and not failed(begun), failed(begun)
    assert_healed(cluster, client, clients)


@pytest.fixture
def gated(make_cluster, client):
    """Three nodes; the first one goes through `cluster.gate`."""
    cluster = make_cluster(0)
    cluster.gate = Gate()
    nodes = [cluster.new_node() for _ in range(3)]
    nodes[0].lines += cluster.gate.lines
    cluster.connect(nodes)
    cluster.wait_settled(client)
    yield cluster
    cluster.gate.remove()


def test_publisher_in_a_hole(gated, clients, client):
    """Nobody sees it go: silence alone tells, on both sides."""
    victim = gated.wait_publisher()
    begun = time.monotonic()
    gated.gate.shut()
    heir = wait_successor(gated, victim, begun)
    others = [node for node in gated.nodes if node is not victim]
    gated.wait_points(client, {node.name: 3 for node in others})
    assert not failed(burst(clients, gated.hostname, 10))
    assert heir in gated.publishers()
    gated.gate.open()
    assert_healed(gated, client, clients)

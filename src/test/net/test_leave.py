"""Nodes leave: drained, excluded, shut down in order."""
import time

import pytest

from testnet import wait
from testnet.cluster import Cluster
from testnet.control import ControlError
from testnet.traffic import Traffic, failed

_SECONDS = 30
_HANDOVER_SECONDS = 15
# Seconds that a node goes on serving after SIGTERM.
_LINGER = 8
_REQUESTS = 10


def command(node, words):
    """Give one node the command HSBALANCE."""
    return node.control.command("HSBALANCE %s %s" % (node.address, words))


def other_publisher(cluster, node):
    """Wait until a node other than `node` is publisher; return it."""
    def found():
        publishers = cluster.publishers()
        return publishers and node not in publishers and publishers[0]
    return wait.until(found, _HANDOVER_SECONDS, "another publisher",
                      cluster.explain)


def test_drained_publisher_hands_over(cluster, clients, client):
    """Another node publishes without it, until it drains no more."""
    publisher = cluster.wait_publisher()
    with Traffic(clients, cluster.hostname) as traffic:
        command(publisher, "DRAIN")
        heir = other_publisher(cluster, publisher)
        cluster.wait_points(client, {
            node.name: 3 for node in cluster.running if node != publisher})
        assert publisher.status()["DRAINING"] == "1"
        command(publisher, "UNDRAIN")
        cluster.wait_settled(client)
        traffic.wait_sent(_REQUESTS)
    assert cluster.publishers() == [heir]
    assert not failed(traffic.replies), failed(traffic.replies)


def test_excluded_node_is_left_out_by_all(cluster, client):
    """One node says so, and all remember it, until another says otherwise."""
    publisher = cluster.wait_publisher()
    first, second = cluster.standbys()
    command(first, "EXCLUDE " + second.name)
    cluster.wait_points(client, {publisher.name: 3, first.name: 3})
    for node in cluster.nodes:
        node.wait_event("REPAIR", _SECONDS, ACTION="EXCLUDE",
                        NODE=second.name)
    assert second.status()["EXCLUDED"] == "1"
    command(second, "INCLUDE " + second.key.hostname)
    cluster.wait_settled(client)


def test_publisher_steps_down(cluster):
    """The next candidate takes over."""
    publisher = cluster.wait_publisher()
    command(publisher, "STEPDOWN")
    heir = other_publisher(cluster, publisher)
    command(heir, "PUBLISH")
    publisher.wait_event("REPAIR", _SECONDS, ACTION="STEP_DOWN")


@pytest.mark.parametrize("words, code", [
    ("%s SLEEP", 512), ("%s EXCLUDE", 512), ("%s DRAIN now", 512),
    ("%s EXCLUDE nobody", 552), ("x%s DRAIN", 552), ("%s.onion DRAIN", 250),
    ("%s EXCLUDE SELF", 551), ("%s STEPDOWN", 551), ("%s undrain", 250),
])
def test_wrong_commands_are_refused(lonely, words, code):
    """Each with the code that fits it; a lone node can't go."""
    line = "HSBALANCE " + words.replace("SELF", lonely.name) % lonely.address
    if code == 250:
        lonely.control.command(line)
        return
    with pytest.raises(ControlError) as refusal:
        lonely.control.command(line)
    assert refusal.value.code == code


@pytest.fixture(scope="module")
def lonely(network):
    """A node without peers."""
    cluster = Cluster(network, "lonely-")
    cluster.start(1)
    node = cluster.wait_publisher()
    yield node
    cluster.stop()


def test_rolling_restart(make_cluster, crowd, client):
    """Each node in turn is shut down and started again: nothing fails."""
    cluster = make_cluster(3)
    cluster.wait_settled(client)
    with Traffic(crowd, cluster.hostname, pause=0.2) as traffic:
        for node in list(cluster.nodes):
            node.set_options(ShutdownWaitLength=_LINGER)
            node.reload()
            wait.until(node.reloads, _SECONDS, "a reload", node.explain)
            since = time.monotonic()
            assert node.stop(seconds=_SECONDS) == 0
            assert time.monotonic() - since >= _LINGER - 1
            node.start()
            cluster.wait_settled(client)
    assert len(traffic.replies) > 100
    assert not failed(traffic.replies), failed(traffic.replies)

"""A lone node is a stock service; others make it a cluster and leave again."""
import time

from testnet.traffic import answered_by, burst, failed

_SECONDS = 60


def mode(node):
    """Return the mode in which a node says it is."""
    return node.status()["MODE"]


def test_single_multi_single(make_cluster, clients, client):
    """One node alone, a second one joins, and dies."""
    cluster = make_cluster(1)
    first = cluster.nodes[0]
    cluster.wait_settled(client)
    assert mode(first) == "SINGLE"
    assert cluster.publishers() == [first]
    assert answered_by(burst(clients, cluster.hostname, 5)) == {first.name: 5}

    joined = time.monotonic()
    second = cluster.add_node()
    for node in (first, second):
        node.wait_event("MODE", _SECONDS, since=joined, MODE="MULTI")
    cluster.wait_settled(client)
    assert mode(first) == mode(second) == "MULTI"
    assert cluster.publishers() == [first]
    for one in clients:
        # It has the descriptor of the lone node still.
        one.renew(cluster.address)
    assert set(answered_by(burst(clients, cluster.hostname, 20))) == {
        first.name, second.name}

    killed = time.monotonic()
    second.kill()
    first.wait_event("MODE", _SECONDS, since=killed, MODE="SINGLE")
    cluster.wait_settled(client)
    assert mode(first) == "SINGLE"
    assert not failed(burst(clients, cluster.hostname, 10))

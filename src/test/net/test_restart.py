"""Nodes remember each other over a restart."""
import os

from testnet import wait
from testnet.traffic import burst, failed

_SECONDS = 30


def state_file(node):
    """Return the path of the file in which a node remembers the others."""
    return node.path("hs", "rbalance", "state")


def remembers_all(node):
    """Return True iff the state file of a node has all its peers."""
    names = [row["NODE"] for row in node.peers()]
    with open(state_file(node)) as file:
        return file.read().count("=") >= len(names) - 1


def test_all_restart_at_once(make_cluster, clients, client):
    """Nodes that were never told of each other find each other again."""
    cluster = make_cluster(1)
    cluster.wait_settled(client)
    for _ in range(2):
        cluster.join_node()
        cluster.wait_settled(client)
    for node in cluster.nodes:
        wait.until(lambda: os.path.exists(state_file(node))
                   and remembers_all(node), _SECONDS, "a state file",
                   node.explain)
    for node in cluster.nodes:
        node.kill()
    cluster.forget_points()
    with open(state_file(cluster.nodes[2]), "w") as file:
        file.write("{damaged")
    for node in cluster.nodes:
        node.set_options(HiddenServiceBalanceJoin=0)
        node.start()
    cluster.wait_settled(client)
    assert cluster.wait_publisher()
    assert os.path.exists(state_file(cluster.nodes[2]) + ".damaged")
    for one in clients:
        # It has the descriptor of before still.
        one.renew(cluster.address)
    assert not failed(burst(clients, cluster.hostname, 20))


def test_sandbox(make_cluster, client):
    """In tor's sandbox a node can use all its files."""
    cluster = make_cluster(0)
    first, second = cluster.new_node(), cluster.new_node(
        options=["HiddenServiceBalanceJoin 1"])
    for node in (first, second):
        node.lines.insert(0, "Sandbox 1")
        node.start()
        cluster.wait_publisher()
    cluster.wait_settled(client)
    for node in (first, second):
        wait.until(lambda: os.path.exists(state_file(node))
                   and remembers_all(node), _SECONDS, "a state file",
                   node.explain)
        assert "Can't write" not in node.log()

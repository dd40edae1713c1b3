"""The cluster token is replaced while everything goes on."""
import time

from testnet import keys, wait
from testnet.traffic import Traffic, failed

_SECONDS = 60
_REQUESTS = 10


def give_tokens(cluster, *tokens):
    """Write these tokens on every node, and wait until all have read them."""
    before = [node.reloads() for node in cluster.nodes]
    for node in cluster.nodes:
        keys.write_token(node.path("hs", "rbalance"), *tokens)
        node.reload()
    for node, count in zip(cluster.nodes, before):
        wait.until(lambda: node.reloads() > count, _SECONDS, "a reload",
                   node.explain)


def has_mesh(cluster):
    """Return True iff each node has a channel to each other."""
    return all(row["CHANNEL"] != "NONE" for node in cluster.nodes
               for row in node.peers())


def assert_undisturbed(cluster, since):
    """Assert that no node changed in the eyes of any."""
    for node in cluster.nodes:
        for action in ("ROLE", "MODE", "PEER"):
            assert not node.balance_events(action, since), node.explain()


def test_token_is_rotated(cluster, clients, client):
    """Second line, first line, only line; then a node joins that has it."""
    old, new = cluster.token, keys.new_token()
    wait.until(lambda: has_mesh(cluster), _SECONDS, "a mesh",
               cluster.explain)
    begun = time.monotonic()
    with Traffic(clients, cluster.hostname) as traffic:
        for tokens in ((old, new), (new, old), (new,)):
            give_tokens(cluster, *tokens)
            # Whatever comes of that, comes now.
            traffic.wait_sent(_REQUESTS)
        assert_undisturbed(cluster, begun)
        # Channels that were opened with the old token open with the new one.
        cluster.close_channels()
        traffic.wait_sent(_REQUESTS)
        wait.until(lambda: has_mesh(cluster), _SECONDS, "a mesh again",
                   cluster.explain)
        cluster.wait_settled(client)
    assert not failed(traffic.replies), failed(traffic.replies)
    for node in cluster.nodes:
        assert not node.balance_events("ROLE", begun), node.explain()
        for fields in ({"STATE": "DEAD"}, {"REASON": "REFUSED"}):
            assert not node.balance_events(
                "PEER", begun, **fields), node.explain()
    intruder = cluster.new_node(token=old, key=cluster.key,
                                options=["HiddenServiceBalanceJoin 1"])
    intruder.start()
    cluster.token = new
    cluster.join_node()
    cluster.wait_settled(client)
    assert not intruder.balance_events("PEER")
    for node in cluster.nodes:
        assert intruder.name not in [row["NODE"] for row in node.peers()]
    intruder.retire()

"""Nodes that know no other find the cluster through the service's address."""
import time

import pytest

from testnet import keys, wait
from testnet.traffic import burst, failed

_SECONDS = 60
_ATTEMPTS_SECONDS = 80


def knows_all(cluster):
    """Return True iff each running node has a channel to each other."""
    names = {node.name for node in cluster.running}
    return all({row["NODE"] for row in node.peers()
                if row["CHANNEL"] != "NONE"} == names
               for node in cluster.running)


@pytest.fixture
def joined(make_cluster, client):
    """A node, and a second one that joined it."""
    cluster = make_cluster(1)
    cluster.wait_settled(client)
    cluster.join_node()
    cluster.wait_settled(client)
    return cluster


def test_chain_of_joins_ends_in_a_mesh(joined, clients, client):
    """B joined A; C joins both, A goes, D joins: all who live are served."""
    first, second = joined.nodes
    accepted = second.balance_events("JOIN", RESULT="ACCEPTED")
    assert [event.fields["NODE"] for event in accepted] == [second.name]
    assert first.balance_events("JOIN", NODE=second.name)
    assert not joined.uploads(second)
    third = joined.join_node()
    joined.wait_settled(client)
    wait.until(lambda: knows_all(joined), _SECONDS, "a mesh", joined.explain)
    first.kill()
    joined.wait_settled(client)
    fourth = joined.join_node()
    joined.wait_settled(client)
    wait.until(lambda: knows_all(joined), _SECONDS, "a mesh", joined.explain)
    assert {second, third, fourth} == set(joined.running)
    assert not failed(burst(clients, joined.hostname, 20))


def test_another_token_is_not_answered(joined, client):
    """The joiner publishes nothing as long as it asks; nobody met it."""
    begun = time.monotonic()
    intruder = joined.new_node(token=keys.new_token(), key=joined.key,
                               options=["HiddenServiceBalanceJoin 1"])
    intruder.start()
    intruder.wait_event("JOIN", _ATTEMPTS_SECONDS + _SECONDS,
                        RESULT="REJECTED")
    refused = time.monotonic()
    assert refused - begun > _ATTEMPTS_SECONDS - 20
    assert not [event for event in joined.uploads(intruder)
                if event.at < refused]
    for node in joined.nodes:
        assert not node.balance_events("JOIN", since=begun)
        assert len(node.peers()) == 2
    intruder.retire()

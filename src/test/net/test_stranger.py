"""Strangers: without the cluster's secret nobody learns or changes anything."""
import time

import pytest

from testnet import keys, wait
from testnet.cluster import add_peers
from testnet.descriptor import Descriptor

_SECONDS = 60
_REFUSAL_SECONDS = 30
_TRIES = 3
# The port on which a balanced service takes joining nodes, and one on which
# nobody listens.
_JOIN_PORT, _UNKNOWN_PORT = 51821, 51822


def assert_never_met(cluster, intruder, since):
    """Assert that the cluster never took the intruder for a peer."""
    for node in cluster.nodes:
        assert not node.balance_events("PEER", since=since,
                                       NODE=intruder.name), node.explain()
        assert intruder.name not in [row["NODE"] for row in node.peers()]
    assert not intruder.balance_events("PEER", STATE="HEALTHY")
    assert intruder.status()["MODE"] == "SINGLE"


def refusals(cluster):
    """Return how many handshakes each node of the cluster has refused."""
    return [int(node.status()["DROPPED_HANDSHAKE"]) for node in cluster.nodes]


@pytest.fixture(scope="module")
def settled(trio, client):
    """Three nodes that have settled."""
    trio.wait_settled(client)
    return trio


def test_node_address_is_closed(settled, client):
    """Nobody can read a node's introduction points, let alone connect."""
    directories = [relay.fingerprint for relay in settled.network.relays]
    for node in settled.nodes:
        texts = wait.until(
            lambda: client.fetch_texts(node.key.address, directories),
            _SECONDS, "a descriptor of " + node.key.hostname, node.explain)
        for text in texts.values():
            with pytest.raises(ValueError):
                Descriptor(text, node.key.address)
        for port in (80, _JOIN_PORT):
            reply = client.request(node.key.hostname, port=port,
                                   seconds=_REFUSAL_SECONDS)
            assert reply.exit_code != 0, reply


def test_reserved_port_looks_unused(settled, client):
    """The service answers on its join port as on any unknown port.

    Circuits and a busy machine only add to the time of an answer, so the
    quickest of some tells how long the service took.
    """
    replies = {_UNKNOWN_PORT: [], _JOIN_PORT: []}
    for _ in range(_TRIES):
        for port, answers in replies.items():
            answers.append(client.request(settled.hostname, port=port,
                                          seconds=_REFUSAL_SECONDS))
    unknown, reserved = [min(answers, key=lambda reply: reply.seconds)
                         for answers in replies.values()]
    assert reserved.exit_code == unknown.exit_code != 0, replies
    assert abs(reserved.seconds - unknown.seconds) < 5, replies
    assert client.request(settled.hostname).ok


def test_node_of_another_service_is_refused(settled, client):
    """The token alone does not help: every node refuses, and counts it."""
    before = refusals(settled)
    begun = time.monotonic()
    intruder = settled.new_node(token=settled.token, key=keys.OnionKey())
    add_peers(intruder, settled.nodes)
    intruder.start()
    wait.until(
        lambda: all(now > then for now, then
                    in zip(refusals(settled), before)), _SECONDS,
        "refused handshakes", lambda: "%s\n%s\n%s" % (
            refusals(settled), intruder.explain(), settled.explain()))
    assert_never_met(settled, intruder, begun)
    intruder.retire()
    settled.wait_settled(client)


def test_node_with_another_token_is_shut_out(settled):
    """The service's key alone does not help: no peer can even be found."""
    before = refusals(settled)
    begun = time.monotonic()
    intruder = settled.new_node(token=keys.new_token(), key=settled.key)
    add_peers(intruder, settled.nodes)
    intruder.start()
    wait.until(lambda: {event.words[2] for event in intruder.events(
        "HS_DESC", "RECEIVED")} >= {node.key.address for node
                                    in settled.nodes},
               _SECONDS, "descriptors of all nodes", intruder.explain)
    intruder.wait_event("MERGE", _SECONDS, NODES=1)
    assert_never_met(settled, intruder, begun)
    assert refusals(settled) == before
    intruder.retire()

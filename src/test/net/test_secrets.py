"""No secret reaches a log, however much is logged."""
import base64
import os
import time

from testnet import leaks, wait

_SECONDS = 60
# Everything in which a cluster has a part; what is left out fills disks.
_LOG = "Log [rend,config,control,general,crypto,fs]debug [~rend]notice file "
_MOST_BYTES = 50000000


def test_search_finds_what_it_looks_for():
    """A secret is found in every form, at every place, in any case."""
    secret = os.urandom(32)
    for before in range(5):
        piece = os.urandom(before) + secret + os.urandom(7)
        for text in (piece.hex(), piece.hex().upper(),
                     base64.b64encode(piece).decode(),
                     base64.b32encode(piece).decode(),
                     base64.b32encode(piece).decode().lower()):
            assert leaks.find("[debug] %s!" % text, {"it": secret}) == ["it"]
    assert not leaks.find(os.urandom(32).hex(), {"it": secret})


def test_debug_logs(make_cluster, network, client):
    """Join, handshakes, reload and takeover leave no secret in any log."""
    cluster = make_cluster(0)
    nodes = [cluster.new_node() for _ in range(2)]
    nodes.append(cluster.new_node(options=["HiddenServiceBalanceJoin 1"]))
    for node in nodes:
        node.log_line = _LOG
    cluster.nodes.remove(nodes[2])
    cluster.connect(nodes[:2])
    cluster.wait_settled(client)
    cluster.nodes.append(nodes[2])
    nodes[2].start()
    cluster.wait_settled(client)
    secrets = leaks.of_cluster(cluster)
    secrets.update(cookies(cluster, network, client, secrets["clamped"]))
    nodes[1].reload()
    begun = time.monotonic()
    cluster.wait_publisher().kill()
    cluster.wait_settled(client)
    assert [node for node in cluster.running
            if node.balance_events("ROLE", begun, ROLE="PUBLISHER")]
    for node in nodes:
        text = node.log()
        assert "[debug]" in text and len(text) < _MOST_BYTES, len(text)
        assert not leaks.find(text, secrets), node.name


def cookies(cluster, network, client, secret):
    """Return the descriptor cookie of each node service, by a name."""
    relays = [relay.fingerprint for relay in network.relays]
    texts = {node: wait.until(
        lambda: client.fetch_texts(node.key.address, relays), _SECONDS,
        "a descriptor of " + node.key.hostname, node.explain)
        for node in cluster.nodes}
    return {"%s's cookie of %s" % (node.name, one[:8]):
            leaks.descriptor_cookie(text, node.key.address, secret)
            for node, held in texts.items() for one, text in held.items()}

"""Targets: nodes forward the streams of clients, inside tor."""
import hashlib
import os
import threading
import time

import pytest

from testnet import keys, wait
from testnet.backend import Backend
from testnet.ports import free_port
from testnet.stream import Echo, SocksError, open_stream, receive
from testnet.target import Target

_SECONDS = 60
_CIRCUITS = 3
_TIMEOUT_SECONDS = 5
_BANNER = b"SSH-2.0-target\r\n"
# More than a stream may have on its way: it stalls if XON is forgotten.
_MANY_BYTES = 12 * 1024 * 1024
# What ports of the service lead to.
_HTTP, _BANNERED, _ECHO, _CLOSED, _DIRECT, _NOWHERE = 8080, 22, 7, 9, 81, 82
# How the streams to targets end in a list of streams; peer channels have
# another port.
_TARGET_PORTS = (".onion:80", ".onion:22", ".onion:7", ".onion:9")
# A reply of RFC 1928.
_SOCKS_TTL_EXPIRED = 6


@pytest.fixture(scope="module")
def target(network):
    """The target of all clusters here: an onion service with a few ports."""
    servers = http, bannered, echo = Backend("target"), Echo(_BANNER), Echo()
    service = Target(network, "target", {80: http.port, 22: bannered.port,
                                         7: echo.port, 9: free_port()})
    yield service
    service.stop()
    for server in servers:
        server.stop()


@pytest.fixture
def forwarding(make_cluster, target, client):
    """Two nodes that forward to the target, and are published."""
    nobody = keys.OnionKey().hostname
    own = Backend("direct")
    to = "HiddenServiceBalanceTarget %d tcp://%s:%d"
    cluster = make_cluster(2, [
        to % (_HTTP, target.hostname, 80),
        to % (_BANNERED, target.hostname, 22),
        to % (_ECHO, target.hostname, 7),
        to % (_CLOSED, target.hostname, 9),
        to % (_DIRECT, "127.0.0.1", own.port),
        to % (_NOWHERE, nobody, 80),
        # Streams are counted here, and those of probes would be among them.
        "HiddenServiceBalanceProbeInterval 0",
        "HiddenServiceBalanceTargetCircuits %d" % _CIRCUITS,
        "HiddenServiceBalanceTargetTimeout %d seconds" % _TIMEOUT_SECONDS])
    cluster.wait_settled(client)
    yield cluster
    own.stop()


def streams(node):
    """Return the lines of a node's streams to targets, by GETINFO."""
    return [line for line in node.control.info("stream-status").splitlines()
            if line.endswith(_TARGET_PORTS)]


def idle(cluster):
    """Return True iff no node has a stream to a target."""
    return not any(streams(node) for node in cluster.running)


def wait_idle(cluster):
    """Wait until no stream to a target is left."""
    wait.until(lambda: idle(cluster), _SECONDS, "no stream to a target",
               lambda: [streams(node) for node in cluster.running])


def circuits_to(node, target):
    """Return the ids of the circuits that a node has to a target."""
    return {line.split()[0]
            for line in node.control.info("circuit-status").splitlines()
            if "PURPOSE=HS_CLIENT_REND" in line
            and target.key.address in line}


def ready_circuits(node, target):
    """Return how many of them a node says are ready for streams."""
    for row in node.targets():
        if row["TARGET"] == "tcp://%s:80" % target.hostname:
            return int(row["CIRCUITS"])
    return None


def wait_ready(cluster, target):
    """Wait until each node has all its circuits to the target, and idles."""
    wait.until(lambda: all(ready_circuits(node, target) == _CIRCUITS
                           and len(circuits_to(node, target)) == _CIRCUITS
                           for node in cluster.running),
               _SECONDS, "circuits to the target", cluster.explain)
    wait_idle(cluster)


def test_circuits_are_there_before_streams(forwarding, client, target):
    """A stream finds a circuit; one that breaks is replaced unasked."""
    wait_ready(forwarding, target)
    before = {node: circuits_to(node, target) for node in forwarding.running}
    for _ in range(6):
        assert client.request(forwarding.hostname, port=_HTTP).ok
    assert before == {node: circuits_to(node, target)
                      for node in forwarding.running}
    for node, ids in before.items():
        broken = min(ids)
        node.control.command("CLOSECIRCUIT " + broken)
        wait.until(lambda: broken not in circuits_to(node, target),
                   _SECONDS, "end of a circuit", forwarding.explain)
    wait_ready(forwarding, target)
    for node, ids in before.items():
        assert len(circuits_to(node, target) & ids) == _CIRCUITS - 1


def test_clients_reach_the_target(forwarding, client):
    """HTTP through the service comes from the target, or from an address."""
    for _ in range(6):
        reply = client.request(forwarding.hostname, port=_HTTP)
        assert reply.ok and reply.text == "target", forwarding.explain()
    reply = client.request(forwarding.hostname, port=_DIRECT)
    assert reply.ok and reply.text == "direct"
    # Its own port is still there.
    assert client.request(forwarding.hostname).text in [
        node.name for node in forwarding.nodes]
    wait_idle(forwarding)


def test_server_speaks_first(forwarding, client):
    """A client that waits for the server's greeting gets it."""
    with open_stream(client, forwarding.hostname, _BANNERED) as sock:
        assert receive(sock, len(_BANNER)) == _BANNER
        sock.sendall(b"hello")
        assert receive(sock, 5) == b"hello"
    wait_idle(forwarding)


def test_many_bytes_both_ways(forwarding, client):
    """What comes back is what was sent, all of it, both ways at once."""
    sent = os.urandom(1024 * 1024)
    expected = hashlib.sha256()
    with open_stream(client, forwarding.hostname, _ECHO) as sock:
        def send():
            for _ in range(_MANY_BYTES // len(sent)):
                sock.sendall(sent)
        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        got = hashlib.sha256(receive(sock, _MANY_BYTES))
        sender.join(_SECONDS)
    for _ in range(_MANY_BYTES // len(sent)):
        expected.update(sent)
    assert got.digest() == expected.digest()
    wait_idle(forwarding)


def test_long_answer_to_a_client_that_hung_up(forwarding, client):
    """All bytes of an answer arrive though the server closes behind them."""
    reply = client.request(forwarding.hostname,
                           "/bytes/%d" % _MANY_BYTES, _HTTP)
    assert reply.ok and len(reply.body) == _MANY_BYTES
    # A client that leaves in the middle leaves nothing behind.
    with open_stream(client, forwarding.hostname, _HTTP) as sock:
        sock.sendall(b"GET /bytes/%d HTTP/1.0\r\n\r\n" % _MANY_BYTES)
        receive(sock, 1000)
    wait_idle(forwarding)


def test_failure_is_the_targets(forwarding, client, target):
    """A stream is open only when the target's is; else it says why."""
    with pytest.raises(SocksError) as own:
        open_stream(client, target.hostname, 9)
    with pytest.raises(SocksError) as forwarded:
        open_stream(client, forwarding.hostname, _CLOSED)
    assert forwarded.value.code == own.value.code
    begun = time.monotonic()
    with pytest.raises(SocksError):
        open_stream(client, forwarding.hostname, _NOWHERE)
    assert time.monotonic() - begun < _TIMEOUT_SECONDS + _SECONDS
    # The service itself is not the worse for it.
    assert client.request(forwarding.hostname, port=_HTTP).ok
    wait_idle(forwarding)


def test_target_that_hangs(forwarding, client, target):
    """A target that does not answer in time fails the stream."""
    assert client.request(forwarding.hostname, port=_HTTP).ok
    wait_idle(forwarding)
    target.tor.pause()
    try:
        begun = time.monotonic()
        with pytest.raises(SocksError) as late:
            open_stream(client, forwarding.hostname, _HTTP)
        assert late.value.code == _SOCKS_TTL_EXPIRED
        assert time.monotonic() - begun < 4 * _TIMEOUT_SECONDS
        # A client that does not wait so long leaves nothing behind.
        with pytest.raises(OSError):
            open_stream(client, forwarding.hostname, _HTTP, 1)
        wait_idle(forwarding)
    finally:
        target.tor.resume()
    wait.until(lambda: client.request(forwarding.hostname, port=_HTTP).ok,
               _SECONDS, "an answer of the target", forwarding.explain)


def test_streams_are_spread_over_circuits(forwarding, client, target):
    """Each node has as many circuits to the target as it may."""
    socks = []
    wait_ready(forwarding, target)
    try:
        for _ in range(8 * _CIRCUITS):
            socks.append(open_stream(client, forwarding.hostname, _ECHO))
        used = {node: [line.split()[2] for line in streams(node)
                       if target.hostname in line]
                for node in forwarding.running}
        assert sum(map(len, used.values())) == len(socks)
        for node, ids in used.items():
            assert len(circuits_to(node, target)) == _CIRCUITS
            counts = [ids.count(one) for one in circuits_to(node, target)]
            assert max(counts) - min(counts) <= 1, counts
        for sock in socks:
            sock.sendall(b"x")
            assert receive(sock, 1) == b"x"
    finally:
        for sock in socks:
            sock.close()
    wait_idle(forwarding)

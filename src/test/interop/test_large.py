"""Much in one piece, up and down: every byte arrives, and no node keeps more
than a little of it."""
import hashlib
import time

import pytest

from testnet.front import Front
from testnet.memory import Growth
from testnet.webanswers import pseudo_random
from testnet.webserver import WebServer

_MIB = 1024 * 1024
_MAY_GROW_BY = 64 * _MIB
_WARM_UP = 20
_SERVERS = ("http", "https")


@pytest.fixture(scope="module")
def webs():
    """A plain server and one with TLS."""
    webs = {"http": WebServer("plain"),
            "https": WebServer("secure", ["localhost"])}
    yield webs
    for web in webs.values():
        web.stop()


@pytest.fixture(scope="module")
def front(network, client, make_shared_cluster, webs):
    """Two nodes in front of both."""
    front = Front(network, client, make_shared_cluster, "large", {
        name: (name, web.port) for name, web in webs.items()})
    for name, web in webs.items():
        web.origin = front.origin(name)
    yield front
    front.stop()


@pytest.fixture
def growth(front, client):
    """What the nodes' memory may be compared with: they have worked before."""
    for number in range(_WARM_UP):
        server = _SERVERS[number % len(_SERVERS)]
        with front.connect(client, server) as connection:
            assert connection.ask("/bytes/%d" % _MIB).status == 200
    growth = Growth(front.cluster.running)
    yield growth
    assert growth.most() < _MAY_GROW_BY, growth


@pytest.fixture(scope="module")
def expected(sizes):
    """The number of bytes, and their digest."""
    return sizes.mib * _MIB, _digest(pseudo_random(sizes.mib * _MIB, "1"))


def _digest(pieces, look=None):
    """Return the digest of bytes; call `look` after each piece."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        if look:
            look()
    return digest.hexdigest()


def _connections(front, client, server):
    """Yield the way to a server itself, and that through the nodes."""
    yield "directly", front.connect_direct(server)
    yield "through nodes", front.connect(client, server)


def _tell(what, server, way, count, begun):
    """Print how fast that was."""
    print("%s, %s, %s: %.1f MB/s" % (
        what, server, way, count / 1e6 / (time.monotonic() - begun)))


@pytest.mark.parametrize("server, path", (
    ("http", "bytes"), ("https", "chunked")))
def test_download(front, client, growth, expected, server, path):
    """What is loaded through nodes is what the server sends."""
    count, digest = expected
    for way, connection in _connections(front, client, server):
        with connection:
            begun = time.monotonic()
            connection.send("/%s/%d?seed=1" % (path, count))
            answer = connection.receive_head()
            assert answer.status == 200, answer
            assert _digest(connection.pieces(answer), growth.look) == digest
            assert front.secret.encode() not in answer.wire
            _tell(path, server, way, count, begun)
            # The connection goes on behind it.
            assert connection.ask("/health").body == b"ok\n"


@pytest.mark.parametrize("server, is_chunked", (
    ("http", True), ("https", False)))
def test_upload(front, client, growth, expected, server, is_chunked):
    """What the server gets through nodes is what was sent."""
    count, digest = expected
    for way, connection in _connections(front, client, server):
        with connection:
            begun = time.monotonic()
            connection.send_head("/upload", "PUT", [
                ("Transfer-Encoding", "chunked") if is_chunked
                else ("Content-Length", str(count))])
            for piece in pseudo_random(count, "1"):
                if is_chunked:
                    piece = b"%x\r\n%s\r\n" % (len(piece), piece)
                connection.sock.sendall(piece)
                growth.look()
            if is_chunked:
                connection.sock.sendall(b"0\r\n\r\n")
            answer = connection.receive("PUT")
            assert (answer.status, answer.body) == (
                200, digest.encode() + b"\n")
            _tell("upload", server, way, count, begun)
            assert connection.ask("/health").body == b"ok\n"

"""HTTP and TLS targets: what clients get through the proxy inside tor."""
import hashlib
import http.client
import json
import os
import re
import threading

import pytest

from testnet import memory, webanswers, websocket
from testnet.ports import free_port
from testnet.stream import (Echo, SocksError, open_stream, receive,
                            receive_all)
from testnet.target import Target
from testnet.webserver import WebServer

_SECONDS = 60
_MANY_BYTES = 3 * 1024 * 1024
# More than the node may keep for a client that does not read.
_TOO_MANY_BYTES = 48 * 1024 * 1024
_NODE_MAY_GROW_BY = 16 * 1024 * 1024
_HEAD_SECONDS, _IDLE_SECONDS = 3, 10
# What ports of the service lead to.
_HTTP, _HTTPS, _DIRECT, _TLS, _SEVERAL, _CLOSED = (
    8080, 8443, 8081, 6697, 8082, 8083)
_PROXIED = (_HTTP, _HTTPS, _DIRECT)


class Webs:
    """The web servers, and the onion service in front of two of them."""

    def __init__(self, network):
        self.plain = WebServer("plain")
        self.direct = WebServer("direct")
        self.secure = WebServer("secure", ["another.example"])
        self.echo = Echo()
        self.target = Target(network, "web", {
            80: self.plain.port, 443: self.secure.port, 7: self.echo.port,
            9: free_port()})
        self.plain.origin = "http://" + self.target.hostname
        self.secure.origin = "https://" + self.target.hostname

    def stop(self):
        """End all of them."""
        self.target.stop()
        for web in (self.plain, self.direct, self.secure, self.echo):
            web.stop()


@pytest.fixture(scope="module")
def webs(network):
    """The targets of all clusters here."""
    servers = Webs(network)
    yield servers
    servers.stop()


@pytest.fixture(scope="module")
def proxying(make_shared_cluster, webs, client):
    """Two nodes that proxy to the targets, and are published."""
    to = "HiddenServiceBalanceTarget %d %s://%s:%d"
    onion = webs.target.hostname
    cluster = make_shared_cluster(2, [
        to % (_HTTP, "http", onion, 80),
        to % (_HTTPS, "https", onion, 443),
        to % (_DIRECT, "http", "127.0.0.1", webs.direct.port),
        to % (_TLS, "tls", onion, 443),
        to % (_SEVERAL, "tcp", onion, 80),
        to % (_SEVERAL, "tcp", onion, 9),
        to % (_CLOSED, "http", onion, 9),
        "HiddenServiceBalanceTargetHeadTimeout %d seconds" % _HEAD_SECONDS,
        "HiddenServiceBalanceTargetIdleTimeout %d seconds" % _IDLE_SECONDS,
        "HiddenServiceBalanceExportClientCircuit 1"])
    cluster.wait_settled(client)
    return cluster


def connect(client, cluster, port):
    """Return an HTTP connection to a port of the service."""
    connection = http.client.HTTPConnection(cluster.hostname, port)
    connection.sock = open_stream(client, cluster.hostname, port)
    return connection


def ask(connection, path, method="GET", body=None, headers=None):
    """Send a request; return the answer, with its body as `content`."""
    connection.request(method, path, body, headers or {}, encode_chunked=True)
    answer = connection.getresponse()
    answer.content = answer.read()
    return answer


def talk(client, cluster, port, request):
    """Send bytes, and return all that comes until the other end hangs up."""
    with open_stream(client, cluster.hostname, port) as sock:
        sock.sendall(request)
        return receive_all(sock)


def get(cluster, path):
    """Return the bytes of a plain request that ends its connection."""
    return ("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
            % (path, cluster.hostname)).encode()


def sha256(pieces):
    """Return the digest of some bytes."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


@pytest.mark.parametrize("port", _PROXIED)
def test_request_is_the_targets(proxying, client, webs, port):
    """The target is asked by its own name, and by what a client may say."""
    web = {_HTTP: webs.plain, _HTTPS: webs.secure, _DIRECT: webs.direct}[port]
    connection = connect(client, proxying, port)
    service = "http://%s:%d" % (proxying.hostname, port)
    answer = ask(connection, "/echo?x=1", headers={
        "Origin": service, "Referer": service + "/page",
        "X-Onion-Circuit": "forged", "X-Own": "kept"})
    assert answer.status == 200
    seen = json.loads(answer.content)
    headers = {name.lower(): value for name, value in seen["headers"]}
    expected = web.origin.split("//")[1]
    assert seen["target"] == "/echo?x=1"
    assert headers["host"] == expected
    assert headers["origin"] == web.origin
    assert headers["referer"] == web.origin + "/page"
    assert headers["x-own"] == "kept"
    assert re.fullmatch("[0-9A-F]{16}", headers["x-onion-circuit"])
    assert not any(name.startswith(("x-forwarded", "via", "forwarded"))
                   for name in headers)
    # Both ends keep the connection.
    before = web.connections
    for _ in range(5):
        assert ask(connection, "/").content.decode().strip() == web.name
    assert web.connections == before
    connection.close()


@pytest.mark.parametrize("port", _PROXIED)
def test_bodies_are_whole(proxying, client, port):
    """Whatever frames a body, all of it arrives, in both directions."""
    connection = connect(client, proxying, port)
    expected = sha256(webanswers.pseudo_random(_MANY_BYTES, "7"))
    for path in ("/bytes/%d?seed=7", "/chunked/%d?seed=7"):
        answer = ask(connection, path % _MANY_BYTES)
        assert sha256([answer.content]) == expected
    body = os.urandom(_MANY_BYTES)
    answer = ask(connection, "/upload", "PUT", body)
    assert sha256([body]) in answer.content.decode()
    answer = ask(connection, "/upload", "PUT", iter([body[:5], body[5:]]),
                 {"Transfer-Encoding": "chunked"})
    assert sha256([body]) in answer.content.decode()
    for method, path, status in (
            ("HEAD", "/bytes/100000", 200), ("GET", "/status/204", 204),
            ("GET", "/status/304", 304), ("GET", "/status/404", 404)):
        answer = ask(connection, path, method)
        assert answer.status == status
        assert not answer.content or status == 404
    assert ask(connection, "/").status == 200
    connection.close()


@pytest.mark.parametrize("port", (_HTTP, _HTTPS))
def test_target_stays_unnamed(proxying, client, webs, port):
    """No byte of a client's names the target; links lead to the service."""
    name = webs.target.key.address.encode()
    for path in ("/leaks", "/hints", "/cookies", "/redirect?to=http%3A//"
                 + webs.target.hostname + "/here"):
        seen = talk(client, proxying, port, get(proxying, path))
        assert seen.startswith(b"HTTP/1.1 "), seen[:100]
        assert name not in seen.lower(), seen
    redirect = ask(connect(client, proxying, port),
                   "/redirect?to=%s/there" % webs.plain.origin)
    assert redirect.status == 302
    if port == _HTTP:
        assert redirect.getheader("Location") == "/there"
    for path in ("/garbage", "/reset", "/cut?at=3"):
        seen = talk(client, proxying, port, get(proxying, path))
        assert name not in seen.lower(), seen


@pytest.mark.parametrize("port", _PROXIED)
def test_websocket(proxying, client, port):
    """After an upgrade bytes go both ways as they are."""
    with open_stream(client, proxying.hostname, port) as sock:
        file, _ = websocket.connect(sock, proxying.hostname)
        for payload in (b"hello", os.urandom(100000)):
            websocket.write_frame(file, 2, payload, masked=True)
            file.flush()
            assert websocket.read_frame(file)[1] == payload
        file.close()


@pytest.mark.parametrize("request_bytes, status", (
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70000 + b"\r\n\r\n", 431),
    (b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: a\r\n", 408)))
def test_bad_requests(proxying, client, request_bytes, status):
    """What is ambiguous, too long or too slow gets a page, and no more."""
    seen = talk(client, proxying, _HTTP, request_bytes)
    assert seen.startswith(b"HTTP/1.1 %d " % status), seen[:200]
    assert client.request(proxying.hostname, port=_HTTP).ok


@pytest.mark.parametrize("path, status", (
    ("/garbage", 502), ("/reset", 502), ("/cut?at=3", 502), ("/hang", 504)))
def test_bad_answers(proxying, client, path, status):
    """A target that breaks off, or talks nonsense, has a page for that."""
    seen = talk(client, proxying, _HTTP, get(proxying, path))
    assert seen.startswith(b"HTTP/1.1 %d " % status), seen[:200]


def test_no_target(proxying, client):
    """A request to a target that is not there gets a page; of several, one
    that is there is taken."""
    seen = talk(client, proxying, _CLOSED, get(proxying, "/"))
    assert seen.startswith(b"HTTP/1.1 502 "), seen[:200]
    for _ in range(6):
        assert client.request(proxying.hostname, port=_SEVERAL).ok


def test_tls(proxying, client, webs):
    """TLS goes to the target and not to the client; sessions are resumed."""
    with open_stream(client, proxying.hostname, _TLS) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert receive(sock, 15) == b"HTTP/1.1 200 OK"
    before = webs.secure.resumed
    for _ in range(6):
        assert client.request(proxying.hostname, port=_HTTPS).ok
    assert webs.secure.resumed > before
    assert set(webs.secure.names) == {webs.target.hostname}


def test_slow_client_costs_no_memory(proxying, client):
    """What a client does not read stays with the target."""
    before = {node.name: memory.resident(node) for node in proxying.running}
    with open_stream(client, proxying.hostname, _HTTP) as sock:
        sock.sendall(get(proxying, "/bytes/%d" % _TOO_MANY_BYTES))
        receive(sock, 1000)
        # Others are served in the meantime.
        for _ in range(10):
            assert client.request(proxying.hostname, port=_HTTP).ok
        grown = {node.name: memory.resident(node) - before[node.name]
                 for node in proxying.running}
        assert max(grown.values()) < _NODE_MAY_GROW_BY, grown


def test_many_streams_at_once(proxying, client):
    """Downloads side by side do not get in each other's way."""
    expected = sha256(webanswers.pseudo_random(_MANY_BYTES, "3"))
    digests = []

    def load():
        connection = connect(client, proxying, _HTTPS)
        answer = ask(connection, "/bytes/%d?seed=3" % _MANY_BYTES)
        digests.append(sha256([answer.content]))
        connection.close()

    threads = [threading.Thread(target=load, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_SECONDS)
    assert digests == [expected] * len(threads)


def test_tls_target_without_tls(client, webs, make_cluster):
    """A stream to a TLS target that speaks none does not open."""
    cluster = make_cluster(1, [
        "HiddenServiceBalanceTarget %d %s://%s:7"
        % (port, scheme, webs.target.hostname)
        for port, scheme in ((_TLS, "tls"), (_HTTPS, "https"))])
    cluster.wait_settled(client)
    with pytest.raises(SocksError):
        open_stream(client, cluster.hostname, _TLS)
    seen = talk(client, cluster, _HTTPS, get(cluster, "/"))
    assert seen.startswith(b"HTTP/1.1 502 "), seen[:200]

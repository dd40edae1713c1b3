"""HTTP and TLS targets: what clients get through the proxy in tor."""
import pytest

from testnet.backend import Backend
from testnet.ports import free_port
from testnet.target import Target

_HTTP, _DIRECT, _SEVERAL = 8080, 8081, 8082


@pytest.fixture(scope="module")
def target(network):
    """The target of all clusters here."""
    http = Backend("target")
    service = Target(network, "proxied", {80: http.port, 9: free_port()})
    yield service
    service.stop()
    http.stop()


@pytest.fixture
def proxying(make_cluster, target, client):
    """Two nodes that proxy to the target."""
    own = Backend("direct")
    to = "HiddenServiceBalanceTarget %d %s://%s:%d"
    cluster = make_cluster(2, [
        to % (_HTTP, "http", target.hostname, 80),
        to % (_DIRECT, "http", "127.0.0.1", own.port),
        to % (_SEVERAL, "tcp", target.hostname, 80),
        to % (_SEVERAL, "tcp", target.hostname, 9)])
    cluster.wait_settled(client)
    yield cluster
    own.stop()


def test_http(proxying, client):
    """Requests are answered by the target, with its name nowhere."""
    for _ in range(4):
        reply = client.request(proxying.hostname, port=_HTTP)
        assert reply.ok and reply.text == "target", proxying.explain()
        reply = client.request(proxying.hostname, port=_DIRECT)
        assert reply.ok and reply.text == "direct"
        reply = client.request(proxying.hostname, port=_SEVERAL)
        assert reply.ok and reply.text == "target"
    reply = client.request(proxying.hostname, "/bytes/12000000", _HTTP)
    assert reply.ok and len(reply.body) == 12000000

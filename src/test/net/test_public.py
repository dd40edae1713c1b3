"""Targets with public names: exits resolve them, certificates are checked."""
import pytest

from testnet import wait
from testnet.fixtures import run_network
from testnet.nameserver import NameServer
from testnet.network import Network
from testnet.stream import Echo, open_stream, receive
from testnet.webserver import WebServer

# As many relays as a descriptor has copies, and a few.
_RELAYS = 8
# Nothing here waits for a time period.
_INTERVAL = 1800
_SECONDS = 60
_PROXY_LINE = b"PROXY TCP6 fc00:dead:beef:4dad:"
# What ports of the service lead to.
_HTTP, _HTTPS, _MISNAMED, _UNKNOWN, _ECHO = 8080, 8443, 8444, 8445, 7


class Webs:
    """The servers, and the file with the roots that a node trusts."""

    def __init__(self, directory):
        self.plain = WebServer("plain")
        self.secure = WebServer("secure", ["secure.example"])
        self.misnamed = WebServer("misnamed", ["another.example"])
        self.unknown = WebServer("unknown", ["unknown.example"])
        self.echo = Echo()
        self.roots = str(directory / "roots.pem")
        with open(self.roots, "w") as roots:
            for web in (self.secure, self.misnamed):
                with open(web.certificate) as file:
                    roots.write(file.read())
        self.all = (self.plain, self.secure, self.misnamed, self.unknown,
                    self.echo)


@pytest.fixture(scope="module")
def nameserver():
    """Who knows the names."""
    server = NameServer(name + ".example" for name in (
        "plain", "secure", "misnamed", "unknown", "echo"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def network(request, nameserver):
    """A network of its own, with an exit."""
    yield from run_network(request, Network(
        interval=_INTERVAL, relays=_RELAYS, nameserver=nameserver))


@pytest.fixture(scope="module")
def client(network):
    """A client in it."""
    client = network.add_client("observer")
    client.wait_ready()
    return client


@pytest.fixture(scope="module")
def webs(tmp_path_factory):
    """The targets of all nodes here."""
    servers = Webs(tmp_path_factory.mktemp("roots"))
    yield servers
    for server in servers.all:
        server.stop()


def start(cluster, webs, client, *lines):
    """Start the only node of a cluster, with these lines of torrc."""
    node = cluster.new_node()
    node.lines[:0] = lines
    node.start(["env", "SSL_CERT_FILE=" + webs.roots,
                "SSL_CERT_DIR=/nonexistent"])
    cluster.wait_settled(client)
    return node


@pytest.fixture(scope="module", params=(0, 1), ids="Sandbox {}".format)
def public(request, make_shared_cluster, webs, client):
    """A node with all targets, in tor's sandbox and without."""
    to = "HiddenServiceBalanceTarget %d %s://%s.example:%d"
    cluster = make_shared_cluster(0, [
        to % (_HTTP, "http", "plain", webs.plain.port),
        to % (_HTTPS, "https", "secure", webs.secure.port),
        to % (_MISNAMED, "https", "misnamed", webs.misnamed.port),
        to % (_UNKNOWN, "https", "unknown", webs.unknown.port)])
    start(cluster, webs, client, "Sandbox %d" % request.param)
    return cluster


def status(client, cluster, port):
    """Return the status that a client gets, and what it reads."""
    reply = client.request(cluster.hostname, port=port)
    return reply.status, reply.text


def test_names_are_resolved_by_the_exit(public, client, nameserver):
    """A target with a name is reached through the exit, which resolves it."""
    for _ in range(3):
        assert status(client, public, _HTTP) == (200, "plain")
    assert "plain.example" in nameserver.asked


def test_certificates_are_checked(public, client, webs):
    """One for the name, by a root, is good; any other is no target."""
    for _ in range(3):
        assert status(client, public, _HTTPS) == (200, "secure")
    assert set(webs.secure.names) == {"secure.example"}
    for port, web in ((_MISNAMED, webs.misnamed), (_UNKNOWN, webs.unknown)):
        assert status(client, public, port)[0] == 502
        assert web.names and not web.served


# In the sandbox no tor with an onion service outlasts a reload.
@pytest.mark.parametrize("public", (0,), indirect=True)
def test_roots_are_there_after_a_reload(public, client):
    """After a reload certificates are checked as before."""
    node, = public.running
    before = node.reloads()
    node.reload()
    wait.until(lambda: node.reloads() > before, _SECONDS, "a reload",
               node.explain)
    assert status(client, public, _HTTPS) == (200, "secure")
    assert status(client, public, _UNKNOWN)[0] == 502
    assert "can't be used" not in node.log()


def test_target_learns_the_circuit(make_cluster, webs, client):
    """What HiddenServiceExportCircuitID sends arrives at a tcp target."""
    cluster = make_cluster(0, [
        "HiddenServiceBalanceTarget %d tcp://echo.example:%d"
        % (_ECHO, webs.echo.port), "HiddenServiceExportCircuitID haproxy"])
    start(cluster, webs, client)
    with open_stream(client, cluster.hostname, _ECHO) as sock:
        sock.sendall(b"hello")
        line = b""
        while not line.endswith(b"\r\n"):
            line += receive(sock, 1)
        assert line.startswith(_PROXY_LINE)
        assert line.split()[-1] == b"%d" % _ECHO
        assert receive(sock, 5) == b"hello"

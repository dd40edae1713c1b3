"""Protocols that go on for long: WebSockets, and SSH, whose server speaks
first."""
import asyncio
import os

import pytest
import websockets

from testnet import pythonserver
from testnet.front import Front
from testnet.sshd import SshServer
from testnet.webanswers import pseudo_random
from testnet.wiretap import Wiretap

_SECONDS = 60
_BIG = 3 * 1024 * 1024
_MESSAGES = (
    "", "hello", "h\u00e9llo \u2603", b"", bytes(range(256)), b"x" * 126,
    b"".join(pseudo_random(65536, "one")),
    b"".join(pseudo_random(_BIG, "two")))
# In as many frames as it has pieces.
_PIECES = [b"".join(pseudo_random(50000, seed)) for seed in range(5)]


@pytest.fixture(scope="module")
def ssh(directory):
    """OpenSSH's server."""
    server = SshServer(os.path.join(directory, "ssh"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def front(network, client, make_shared_cluster, directory, ssh):
    """Two nodes in front of an echo and of SSH."""
    echo = pythonserver.websocket_echo(os.path.join(directory, "echo"))
    front = Front(network, client, make_shared_cluster, "streams", {
        "websocket": ("http", echo.port), "ssh": ("tcp", ssh.port)},
                  # The echo has no page that says how it is.
                  options=["HiddenServiceBalanceProbeInterval 0"])
    yield front
    front.stop()
    echo.stop()


async def _talk(sock, host):
    """Send all messages on a new WebSocket; return what comes back, and the
    extensions that both ends agreed on."""
    sock.setblocking(False)
    async with websockets.connect(
            "ws://%s/some/where?x=1" % host, sock=sock, max_size=None,
            ping_interval=None, open_timeout=_SECONDS) as connection:
        received = []
        for message in (*_MESSAGES, _PIECES):
            await connection.send(message)
            received.append(await asyncio.wait_for(connection.recv(),
                                                   _SECONDS))
        await asyncio.wait_for(await connection.ping(), _SECONDS)
        return received, [one.name for one in connection.extensions]


def test_websocket(front, client):
    """Messages come back through nodes as they do directly, compressed."""
    direct = asyncio.run(_talk(front.open_direct("websocket"),
                               front.target_host("websocket")))
    assert direct == ([*_MESSAGES, b"".join(_PIECES)],
                      ["permessage-deflate"])
    for _ in range(3):
        assert direct == asyncio.run(_talk(
            front.open(client, "websocket"), "%s:%d" % (
                front.hostname, front.port("websocket"))))


def test_answer_to_what_is_no_websocket(front, client):
    """An ordinary request to such a server gets its ordinary answer."""
    with front.connect_direct("websocket") as connection:
        direct = connection.ask("/")
    with front.connect(client, "websocket") as connection:
        proxied = connection.ask("/")
    assert (direct.status, direct.body) == (proxied.status, proxied.body)
    assert direct.status == 426 and not proxied.names(front.secret)


def _banner(sock):
    """Return the line with which a server begins."""
    with sock, sock.makefile("rb") as file:
        return file.readline()


def test_ssh_banner(front, client):
    """The server speaks first."""
    banner = _banner(front.open_direct("ssh"))
    assert banner.startswith(b"SSH-2.0-OpenSSH")
    for _ in range(5):
        assert _banner(front.open(client, "ssh")) == banner


def test_ssh_client(front, client, ssh, tmp_path):
    """ssh finds the server's key, and is asked for its own in vain."""
    with Wiretap(client.socks_port) as tap:
        said = ssh.log_in(str(tmp_path), front.hostname, front.port("ssh"),
                          tap.port)
        assert front.secret.encode() not in tap.received
    assert "Server host key: ssh-ed25519" in said, said
    assert "Permission denied (publickey" in said, said

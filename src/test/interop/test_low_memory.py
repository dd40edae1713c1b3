"""A node whose memory runs out: what waited longest gives way, no more.

MaxMemInQueues counts what the node holds for clients and targets, and tor's
out-of-memory handler ends the streams and circuits whose data is oldest.
"""
import contextlib
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from testnet import usage, wait
from testnet.bystander import Bystander
from testnet.metrics import count_streams
from testnet.puppet import Puppet
from testnet.stream import SocksError, open_stream
from testnet.target import Target
from testnet.webserver import WebServer

_SECONDS = 60
_MIB = 1024 * 1024
_LIMIT = 8 * _MIB
# What the node has besides, and what the allocator does not give back.
_NODE_MAY_GROW_BY = 3 * _LIMIT
_WEB, _POURED = 8080, 8081
# Each makes a node hold some hundred KiB.
_UNREAD = 60
_AT_ONCE = 8
_REMOVED = re.compile(r"Removed (\d+) bytes by killing (\d+) circuits")


def pour(sock):
    """Send without an end."""
    while True:
        sock.sendall(b"x" * 65536)


@pytest.fixture
def servers(network):
    """A web server, and the onion service of one that pours."""
    web, puppet = WebServer("web"), Puppet()
    puppet.act = pour
    target = Target(network, "pouring", {80: puppet.port})
    yield web, target
    target.stop()
    puppet.stop()
    web.stop()


@pytest.fixture
def cluster(make_cluster, servers, client, small_quarantine):
    """A node that may hold little, and forwards to both."""
    web, target = servers
    cluster = make_cluster(1, [
        "HiddenServiceBalanceTarget %d http://127.0.0.1:%d" % (_WEB, web.port),
        "HiddenServiceBalanceTarget %d tcp://%s:80" % (
            _POURED, target.hostname),
        "MaxMemInQueues %d MB" % (_LIMIT // _MIB)])
    cluster.nodes[0].show_metrics(_SECONDS)
    cluster.wait_settled(client)
    return cluster


def test_unread_streams_give_way(cluster, clients):
    """Clients that take nothing lose their streams; others notice nothing."""
    node = cluster.nodes[0]
    with Bystander(clients[0], cluster.hostname, _WEB) as bystander:
        bystander.wait_reply()
        begun, before = time.monotonic(), usage.memory([node.pid])
        with contextlib.ExitStack() as stack, usage.Peak([node.pid]) as peak:
            def open_unread(number):
                with contextlib.suppress(OSError, EOFError, SocksError):
                    stack.enter_context(open_stream(
                        clients[1], cluster.hostname, _POURED,
                        user="unread%d" % (number % _AT_ONCE)))
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(open_unread, range(_UNREAD)))
            wait.until(lambda: _REMOVED.search(node.log()), _SECONDS,
                       "the out-of-memory handler", node.explain)
            bystander.wait_reply()
        assert peak.bytes - before < _NODE_MAY_GROW_BY, (before, peak.bytes)
        wait.until(lambda: not count_streams(node), _SECONDS,
                   "the end of all streams", node.explain)
        bystander.wait_reply()
        assert not bystander.failures(begun), bystander.failures(begun)

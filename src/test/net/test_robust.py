"""Clients and targets that misbehave: the proxy in tor bears them.

Beside every test somebody gets right answers, the node's memory stays
bounded, and in the end nothing is left of the test's streams.
"""
import contextlib
import hashlib
import http.client
import os
import select
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from testnet import puppet, usage, wait
from testnet.bystander import Bystander
from testnet.flood import Flood
from testnet.metrics import count_streams
from testnet.puppet import Puppet
from testnet.stream import (SocksError, open_stream, receive, receive_all,
                            reset)
from testnet.target import Target
from testnet.webserver import WebServer

_SECONDS = 60
_HEAD_SECONDS, _IDLE_SECONDS = 3, 10
# Sweeps, and a machine that is busy, come on top of a timeout.
_LATE_SECONDS = 30
_MIB = 1024 * 1024
# An upload of which the node must keep but a little.
_UPLOAD_BYTES = 48 * _MIB
_NODE_MAY_GROW_BY = 16 * _MIB
# What allocators and caches may keep after some hundred streams.
_NODE_MAY_KEEP = 4 * _MIB
# Connections to relays come and go by themselves.
_MORE_DESCRIPTORS = 5
# What ports of the service lead to: a web server; and one that does what a
# test says, directly and as an onion service.
_WEB, _PUPPET, _ONION = 8080, 8081, 8082
_TO_PUPPET = (_PUPPET, _ONION)
_AT_ONCE = 8
_DRIPPING = 100
_BUSY_SHARE = 0.5
_CHUNKS = 100000
_HUGE = 10**9
_PENDING = 32
_MAX_STREAMS = 3
_IN_A_ROW = 200
_BUSY_FACTOR = 3
# Below this the clock that counts CPU time is too coarse for a ratio.
_LEAST_CPU_SECONDS = 0.2

_GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
_BODY = b"all that there is to say, and no more: " + bytes(range(64)) * 2
# A recorded request and answer; the request has a place for a number.
_REQUEST = (
    b"POST /%03d HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n"
    b"Cookie: session=1234567890; theme=dark\r\n"
    b"Content-Type: application/octet-stream\r\n"
    b"Content-Length: " + b"%d" % len(_BODY) + b"\r\n\r\n")
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nDate: Fri, 27 Nov 2026 12:00:00 GMT\r\n"
    b"Set-Cookie: session=1234567890; Path=/\r\n"
    b"Content-Type: application/octet-stream\r\n"
    b"Content-Length: " + b"%d" % len(_BODY) + b"\r\n\r\n")


class Servers:
    """A web server, and two that do what they are told; all but the web
    server can be reached through Tor, too."""

    def __init__(self, network):
        self.web = WebServer("web")
        self.puppet = Puppet(small_buffers=True)
        self.target = Target(network, "puppet", {80: self.puppet.port})

    def stop(self):
        """End all of them."""
        self.target.stop()
        self.puppet.stop()
        self.web.stop()


@pytest.fixture(scope="module")
def servers(network):
    """The targets of all clusters here."""
    servers = Servers(network)
    yield servers
    servers.stop()


def options(servers):
    """Return the options of a service that proxies to them."""
    to = "HiddenServiceBalanceTarget %d http://%s:%d"
    return [
        to % (_WEB, "127.0.0.1", servers.web.port),
        to % (_PUPPET, "127.0.0.1", servers.puppet.port),
        to % (_ONION, servers.target.hostname, 80),
        # A probe would be one more connection to the puppet.
        "HiddenServiceBalanceProbeInterval 0",
        "HiddenServiceBalanceTargetHeadTimeout %d seconds" % _HEAD_SECONDS,
        "HiddenServiceBalanceTargetIdleTimeout %d seconds" % _IDLE_SECONDS]


@pytest.fixture(scope="module")
def cluster(make_shared_cluster, servers, client, small_quarantine):
    """A node that proxies to the servers, and is published."""
    cluster = make_shared_cluster(1, options(servers))
    cluster.nodes[0].show_metrics(_SECONDS)
    cluster.wait_settled(client)
    return cluster


@pytest.fixture(scope="module")
def bystander(cluster, clients):
    """A client of the service that is not the one which makes trouble."""
    with Bystander(clients[0], cluster.hostname, _WEB) as bystander:
        yield bystander


@pytest.fixture
def node(cluster, bystander, servers):
    """The node; a test that has it must leave it as it was, and others
    unharmed."""
    node = cluster.nodes[0]
    bystander.wait_reply()
    begun, before = time.monotonic(), usage.memory([node.pid])
    descriptors = count_descriptors(node)
    with usage.Peak([node.pid]) as peak:
        yield node
        bystander.wait_reply()
    servers.puppet.hang_up()
    servers.puppet.act = puppet.ignore
    assert not bystander.failures(begun)
    assert peak.bytes - before < _NODE_MAY_GROW_BY, (before, peak.bytes)
    # The bystander has a stream only now and then.
    wait.until(lambda: not count_streams(node) and count_descriptors(node)
               <= descriptors + _MORE_DESCRIPTORS, _SECONDS,
               "the end of all streams", lambda: "%d streams, %d of %d "
               "descriptors\n%s" % (count_streams(node),
                                    count_descriptors(node), descriptors,
                                    node.explain()))


@pytest.fixture
def connect(cluster, clients):
    """A function that opens a stream to a port; those of one user share a
    circuit."""
    with contextlib.ExitStack() as stack:
        def connect(port, user):
            return stack.enter_context(open_stream(
                clients[1], cluster.hostname, port, user=user))
        yield connect


def count_descriptors(node):
    """Return how many files and sockets the node has open."""
    return len(os.listdir("/proc/%d/fd" % node.pid))


def is_page(seen, status):
    """Return True iff that is a page of the node with this status, and
    nothing besides."""
    head, separator, body = seen.partition(b"\r\n\r\n")
    return (head.startswith(b"HTTP/1.1 %d " % status) and bool(separator)
            and b"\r\nContent-Length: %d\r\n" % len(body) in head
            and b"\r\nConnection: close" in head
            and b"<h1>" in body)


def in_turn(function, count):
    """Return function(number, user) of so many numbers, some at a time: each
    of those has a user."""
    def share(which):
        return [function(number, "%s%d" % (function.__name__, which))
                for number in range(which, count, _AT_ONCE)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [one for part in pool.map(share, range(_AT_ONCE))
                for one in part]


def is_quiet(sock):
    """Return True iff nothing has come, not even an end."""
    return not select.select([sock], [], [], 0)[0]


def drip(socks):
    """Send on each socket a byte of a head each second, as long as there is
    no answer; return the answers."""
    dripping = list(socks)
    deadline = time.monotonic() + _HEAD_SECONDS + _LATE_SECONDS
    for byte in b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 1000:
        dripping = [sock for sock in dripping if is_quiet(sock)]
        if not dripping or time.monotonic() > deadline:
            break
        for sock in dripping:
            # One that ends just now has its answer nevertheless.
            with contextlib.suppress(ConnectionError):
                sock.sendall(bytes([byte]))
        time.sleep(1)
    return [receive_all(sock) for sock in socks if sock not in dripping]


def test_slowloris(node, connect):
    """Whoever lets a head drip is told so after the time for a head, however
    many they are; that costs the node next to nothing."""
    socks = in_turn(lambda _, user: connect(_WEB, user), _DRIPPING)
    begun, before = time.monotonic(), usage.cpu_seconds([node.pid])
    answers = drip(socks)
    seconds = time.monotonic() - begun
    busy = usage.cpu_seconds([node.pid]) - before
    assert len(answers) == _DRIPPING
    assert [one for one in answers if not is_page(one, 408)] == []
    assert seconds > _HEAD_SECONDS
    assert busy < _BUSY_SHARE * seconds, (busy, seconds)


@pytest.mark.parametrize("begin, piece, status", (
    (b"GET / HTTP/1.1\r\nHost: a\r\n", b"X-More: and more\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"x" * 1000, 431),
    (b"GET /", b"x" * 1000, 414),
    (b"", b"\r\n", 400),
    (b"POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
     b"\r\n0\r\n", b"X-More: and more\r\n", 431),
    (b"POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
     b"\r\n1;", b"x" * 1000, 400)),
    ids=("fields", "field", "line", "nothing", "trailer", "extension"))
def test_endless_head(node, connect, begin, piece, status):
    """What has no end is refused, and the stream closed, though the client
    goes on."""
    sock = connect(_WEB, "endless")
    sock.sendall(begin)
    with Flood(sock, piece) as flood:
        seen = receive_all(sock)
        assert is_page(seen, status), seen[:200]
        assert flood.is_refused(_SECONDS), flood.sent


@pytest.mark.parametrize("port", _TO_PUPPET)
def test_endless_head_of_an_answer(node, connect, servers, port):
    """Neither is the head of an answer taken that has no end."""
    refused = []

    def act(sock):
        puppet.take_head(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\n")
        with Flood(sock, b"X-More: and more\r\n") as flood:
            refused.append(flood.is_refused(_SECONDS))
    servers.puppet.act = act
    sock = connect(port, "endless")
    sock.sendall(_GET)
    assert is_page(receive_all(sock), 502)
    wait.until(lambda: refused, _SECONDS, "the end of the answer")
    assert refused == [True]


@pytest.mark.parametrize("port", _TO_PUPPET)
def test_short_body(node, connect, servers, port):
    """A body that ends far before its announced end is cut as it was."""
    seen = []

    def take(sock):
        seen.append(receive_all(sock))
    servers.puppet.act = take
    with connect(port, "short") as sock:
        sock.sendall(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
                     % _HUGE + _BODY)
    wait.until(lambda: seen, _SECONDS, "the end of the request")
    assert b"Content-Length: %d\r\n" % _HUGE in seen[0]
    assert seen[0].endswith(b"\r\n\r\n" + _BODY)

    def give(sock):
        puppet.take_head(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % _HUGE
                     + _BODY)
    servers.puppet.act = give
    sock = connect(port, "short")
    sock.sendall(_GET)
    answer = receive_all(sock)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer
    assert b"Content-Length: %d\r\n" % _HUGE in answer
    assert answer.endswith(b"\r\n\r\n" + _BODY)


def test_tiny_chunks(node, cluster, connect, servers):
    """A body in a hundred thousand chunks is the same behind the proxy, in
    both directions."""
    body = os.urandom(_CHUNKS)
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    chunked = {"Transfer-Encoding": "chunked"}
    connection = http.client.HTTPConnection(cluster.hostname)
    connection.sock = connect(_WEB, "chunks")
    connection.request("PUT", "/upload", [chunks], chunked)
    answer = connection.getresponse().read().decode()
    assert answer.strip() == hashlib.sha256(body).hexdigest()
    connection.request("GET", "/")
    assert connection.getresponse().read().strip() == b"web"

    def act(sock):
        while puppet.take_head(sock):
            sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                         b"\r\n" + chunks)
    servers.puppet.act = act
    connection.sock = connect(_PUPPET, "chunks")
    for _ in range(2):
        connection.request("GET", "/")
        assert connection.getresponse().read() == body


def exchange(connect, port, user, request, answer, servers):
    """Return the request, as the server has it, and the answer, as the client
    has it, of an exchange in which nobody hangs up."""
    seen = []

    def act(sock):
        head = puppet.take_head(sock)
        missing = len(_BODY) - len(head.partition(b"\r\n\r\n")[2])
        seen.append(head + receive(sock, missing))
        sock.sendall(answer)
    servers.puppet.act = act
    sock = connect(port, user)
    sock.sendall(request)
    return receive_all(sock), seen[0]


@pytest.mark.parametrize("port", _TO_PUPPET)
def test_target_closes_at_every_byte(node, connect, servers, port):
    """Before the head of its answer is whole, there is a page; then, as much
    of the answer as there was."""
    before = usage.memory([node.pid])
    head, answer = len(_ANSWER), _ANSWER + _BODY
    whole, _ = exchange(connect, port, "whole", _REQUEST % 0 + _BODY, answer,
                        servers)
    assert whole.endswith(b"\r\n\r\n" + _BODY)

    def act(sock):
        count = int(puppet.take_head(sock)[5:8])
        sock.sendall(answer[:count])
    servers.puppet.act = act

    def ask(count, user):
        with connect(port, user) as sock:
            sock.sendall(b"GET /%03d HTTP/1.1\r\nHost: a\r\n\r\n" % count)
            return count, receive_all(sock)
    wrong = []
    for count, seen in in_turn(ask, len(answer) + 1):
        if count < head:
            if not is_page(seen, 502):
                wrong.append((count, seen))
        elif seen != whole[:len(whole) - len(answer) + count]:
            wrong.append((count, seen))
    assert wrong == []
    assert usage.memory([node.pid]) - before < _NODE_MAY_KEEP


@pytest.mark.parametrize("port", _TO_PUPPET)
def test_client_closes_at_every_byte(node, connect, servers, port):
    """Before the head of a request is whole, the target sees nothing of it;
    then, what there was."""
    before = usage.memory([node.pid])
    head, request = len(_REQUEST % 0), _REQUEST % 0 + _BODY
    _, whole = exchange(connect, port, "whole", request, _ANSWER + _BODY,
                        servers)
    assert whole.endswith(b"\r\n\r\n" + _BODY)
    seen = []
    servers.puppet.act = lambda sock: seen.append(receive_all(sock))

    def ask(count, user):
        with connect(port, user) as sock:
            sock.sendall((_REQUEST % count + _BODY)[:count])
    in_turn(ask, len(request) + 1)
    wait.until(lambda: not servers.puppet.connections, _SECONDS,
               "the end of all requests")
    for one in filter(None, seen):
        count = int(one[6:9])
        expected = whole.replace(b"/000 ", one[5:10])
        assert count >= head, one
        assert one == expected[:len(whole) - len(request) + count]
    assert usage.memory([node.pid]) - before < _NODE_MAY_KEEP


def answer_nothing(sock):
    """Be a target that takes a request, and that is all."""
    puppet.ignore(sock)


def answer_garbage(sock):
    """Be one that speaks something else."""
    puppet.take_head(sock)
    sock.sendall(b"\x00\xffthis is no HTTP\r\n" * 100)


def close_without_answer(sock):
    """Be one that has none."""
    puppet.take_head(sock)


def reset_without_answer(sock):
    """Be one that breaks before it has one."""
    puppet.take_head(sock)
    reset(sock)


def reset_in_the_head(sock):
    """Be one that breaks in the middle of the answer's head."""
    puppet.take_head(sock)
    sock.sendall(_ANSWER[:50])
    time.sleep(0.1)
    reset(sock)


@pytest.mark.parametrize("port", _TO_PUPPET)
@pytest.mark.parametrize("act, status", (
    (answer_nothing, 504), (answer_garbage, 502),
    (close_without_answer, 502), (reset_without_answer, 502),
    (reset_in_the_head, 502)))
def test_bad_target(node, connect, servers, port, act, status):
    """Each way to fail has its page."""
    servers.puppet.act = act
    sock = connect(port, act.__name__)
    sock.sendall(_GET)
    seen = receive_all(sock)
    assert is_page(seen, status), seen


@pytest.mark.parametrize("port", _TO_PUPPET)
def test_reset_in_the_body(node, connect, servers, port):
    """A body that breaks off ends the stream: what came is the answer's."""
    def act(sock):
        puppet.take_head(sock)
        sock.sendall(_ANSWER + _BODY[:50])
        time.sleep(0.1)
        reset(sock)
    servers.puppet.act = act
    sock = connect(port, "body")
    sock.sendall(_GET)
    head, _, body = receive_all(sock).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert _BODY[:50].startswith(body)


@pytest.mark.parametrize("port", _TO_PUPPET)
def test_stalled_upload(node, connect, servers, port):
    """An upload to a target that does not read stalls, and then ends."""
    over = []

    def act(sock):
        wait.until(lambda: over, 2 * _SECONDS, "the end of the upload")
        sock.close()
    servers.puppet.act = act
    sock = connect(port, "upload")
    sock.sendall(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
                 % _UPLOAD_BYTES)
    try:
        with Flood(sock, bytes(65536)) as flood:
            seen = receive_all(sock)
            assert not seen or is_page(seen, 408) or is_page(seen, 504), seen
            assert flood.is_refused(_SECONDS), flood.sent
    finally:
        over.append(True)


def opens(client, cluster, user):
    """Open a stream of `user` and return it, or None if that fails."""
    try:
        return open_stream(client, cluster.hostname, _PUPPET, user=user)
    except SocksError:
        return None


@pytest.mark.parametrize("closes", (False, True))
def test_streams_of_a_circuit(make_cluster, servers, client, closes):
    """One stream more than a circuit may have is refused, or ends them all;
    those of other circuits stay."""
    cluster = make_cluster(1, options(servers) + [
        "HiddenServiceMaxStreams %d" % _MAX_STREAMS,
        "HiddenServiceMaxStreamsCloseCircuit %d" % closes])
    cluster.wait_settled(client)
    servers.puppet.act = puppet.ignore
    other = opens(client, cluster, "other")
    socks = [opens(client, cluster, "many") for _ in range(_MAX_STREAMS)]
    assert all([other, *socks])
    assert not opens(client, cluster, "many")
    if closes:
        wait.until(lambda: not any(map(is_quiet, socks)), _SECONDS,
                   "the end of the circuit's streams", cluster.explain)
    else:
        assert all(map(is_quiet, socks))
        # There is room again for each that ends.
        socks.pop().close()
        wait.until(lambda: opens(client, cluster, "many"), _SECONDS,
                   "a stream in the place of another", cluster.explain)
    assert is_quiet(other)
    for sock in [other, *socks]:
        sock.close()


def test_closed_targets_keep_nobody_busy(node, connect, servers):
    """While clients say nothing on streams whose targets have closed, there
    is nothing to do."""
    servers.puppet.act = lambda sock: None
    for _ in range(20):
        connect(_PUPPET, "idle")
    begun, before = time.monotonic(), usage.cpu_seconds([node.pid])
    time.sleep(_HEAD_SECONDS)
    seconds = time.monotonic() - begun
    busy = usage.cpu_seconds([node.pid]) - before
    assert busy < _BUSY_SHARE * seconds, (busy, seconds)


def cpu_seconds_of_streams(node, connect, user, end):
    """Return what it costs the node that end() ends many streams in a row,
    on each of which there is a request."""
    before = usage.cpu_seconds([node.pid])
    for _ in range(_IN_A_ROW):
        with connect(_PUPPET, user) as sock:
            sock.sendall(_GET)
            end(sock)
    return usage.cpu_seconds([node.pid]) - before


def test_closing_targets_cost_no_time(node, connect, servers):
    """Streams that targets close cost the node about as much as those that
    clients close."""
    servers.puppet.act = puppet.ignore
    ended_by_client = cpu_seconds_of_streams(node, connect, "client",
                                             lambda sock: None)
    servers.puppet.act = lambda sock: None
    ended_by_target = cpu_seconds_of_streams(node, connect, "target",
                                             receive_all)
    print("%d streams, CPU seconds of the node: %.2f if the client closes, "
          "%.2f if the target does" % (_IN_A_ROW, ended_by_client,
                                       ended_by_target))
    assert ended_by_target < _BUSY_FACTOR * max(ended_by_client,
                                                _LEAST_CPU_SECONDS)


@pytest.mark.parametrize("act", (lambda sock: None, reset),
                         ids=("close", "reset"))
@pytest.mark.parametrize("port", _TO_PUPPET)
def test_target_gone_before_the_request(node, connect, servers, port, act):
    """A target that closes before it was asked anything has a page for the
    request that comes then."""
    servers.puppet.act = act
    sock = connect(port, "gone")
    time.sleep(1)
    sock.sendall(_GET)
    seen = receive_all(sock)
    assert is_page(seen, 502), seen


def test_pipelining_costs_no_memory(node, connect):
    """Requests without end, whose answers nobody reads, wait with the
    client."""
    sock = connect(_WEB, "pipelining")
    sock.sendall(b"GET /bytes/1000000 HTTP/1.1\r\nHost: a\r\n\r\n" * _PENDING)
    with Flood(sock, b"GET /flood HTTP/1.1\r\nHost: a\r\n\r\n"
               * 1000) as flood:
        # The client's tor keeps its end for what we do not read.
        assert flood.is_refused(2 * _SECONDS), flood.sent


@pytest.mark.parametrize("port", _TO_PUPPET)
def test_flood_behind_an_upgrade_costs_no_memory(node, connect, port):
    """What follows a request for another protocol waits for the answer."""
    sock = connect(port, "upgrade")
    sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                 b"Upgrade: websocket\r\n\r\n")
    with Flood(sock, bytes(65536)) as flood:
        seen = receive_all(sock)
        assert not seen or is_page(seen, 504), seen[:200]
        assert flood.is_refused(_SECONDS), flood.sent

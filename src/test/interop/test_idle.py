"""A thousand streams that idle, and one client that reads slowly: the node
keeps neither."""
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from testnet.front import Front
from testnet.memory import Growth
from testnet.webanswers import pseudo_random
from testnet.webserver import WebServer

_MAY_GROW_BY = 64 * 1024 * 1024
_WARM_UP = 50
# The circuits of the streams that idle; and how many of these open at once.
_CIRCUITS = 20
_AT_ONCE = 8
_BYTES_PER_SECOND = 50000
_PAUSE_SECONDS = 0.2
# While one is slow, others are asked so often, and answered this fast.
_ASK_EVERY_SECONDS = 5
_ANSWER_SECONDS = 20
_CHUNK = 65536


@pytest.fixture(scope="module")
def web():
    """Who sends so much."""
    with WebServer("sender") as web:
        yield web


@pytest.fixture(scope="module")
def front(network, client, make_shared_cluster, nginx, web):
    """One node, which has all streams, in front of both."""
    front = Front(network, client, make_shared_cluster, "idle", {
        "nginx": ("http", nginx.plain), "sender": ("http", web.port)},
                  nodes=1, options=[
                      "HiddenServiceBalanceTargetIdleTimeout 60 minutes"])
    yield front
    front.stop()


@pytest.fixture(scope="module")
def small(nginx):
    """What /small has."""
    with open(nginx.files + "/small", "rb") as file:
        return file.read()


class Idlers:
    """Connections that were asked once, and then idle."""

    def __init__(self, front, client, small):
        self._front = front
        self._client = client
        self._small = small
        self.connections = []

    def open(self, count):
        """Open so many."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            self.connections += pool.map(self._open, range(count))

    def ask(self, connections):
        """Check that they answer, some at a time."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._ask, connections))

    def close(self):
        """Hang up."""
        for connection in self.connections:
            connection.close()

    def _open(self, number):
        connection = self._front.connect(
            self._client, "nginx", "idler%d" % (number % _CIRCUITS))
        self._ask(connection)
        return connection

    def _ask(self, connection):
        answer = connection.ask("/small")
        assert answer.body == self._small, answer


@pytest.fixture
def idlers(front, client, small):
    """None at first."""
    idlers = Idlers(front, client, small)
    yield idlers
    idlers.close()


class SlowReader:
    """A client that reads a long answer, byte for byte as it should be, at no
    more than so many bytes a second."""

    def __init__(self, connection, count):
        connection.send("/bytes/%d?seed=slow" % count)
        self._connection = connection
        self._pieces = connection.pieces(connection.receive_head())
        self._expected = pseudo_random(count, "slow")
        self._begun = time.monotonic()
        self.count = 0

    def read(self):
        """Read what is due, in pieces of a fixed size."""
        due = _BYTES_PER_SECOND * (time.monotonic() - self._begun)
        while self.count + _CHUNK <= due:
            assert next(self._pieces) == next(self._expected)
            self.count += _CHUNK


def _use_others(front, client, idlers, number):
    """Open another stream, and ask there and where one idled; return how
    long the answers took."""
    with front.connect(client, "nginx", "other%d" % number) as connection:
        begun = time.monotonic()
        idlers.ask([idlers.connections[number % len(idlers.connections)]])
        assert connection.ask("/big").status == 200
        return time.monotonic() - begun


def _read_slowly(front, client, idlers, growth, sizes):
    """Read for as long as told; return the bytes that were read, and how
    long others waited at most."""
    waited = [0]
    with front.connect(client, "sender", "slow") as connection, (
            ThreadPoolExecutor(1)) as pool:
        slow = SlowReader(connection, sizes.mib << 20)
        begun = time.monotonic()
        asked = [pool.submit(_use_others, front, client, idlers, 0)]
        while time.monotonic() - begun < sizes.read_seconds:
            slow.read()
            growth.look()
            if asked[-1].done() and (time.monotonic() - begun
                                     > len(asked) * _ASK_EVERY_SECONDS):
                asked.append(pool.submit(_use_others, front, client, idlers,
                                         len(asked)))
            time.sleep(_PAUSE_SECONDS)
        waited += [one.result() for one in asked]
    return slow.count, max(waited)


def test_idle_streams_and_a_slow_client(front, client, idlers, sizes):
    """Memory is what the streams themselves need, and all of them live."""
    idlers.open(_WARM_UP)
    growth = Growth(front.cluster.running)
    begun = time.monotonic()
    idlers.open(sizes.streams)
    print("%d streams opened in %.1f s: %r" % (
        sizes.streams, time.monotonic() - begun, growth))
    assert growth.most() < _MAY_GROW_BY, growth
    count, waited = _read_slowly(front, client, idlers, growth, sizes)
    print("%d bytes read, others waited for %.1f s at most: %r" % (
        count, waited, growth))
    assert growth.most() < _MAY_GROW_BY, growth
    assert waited < _ANSWER_SECONDS
    # The reader's speed was its own.
    assert count > _BYTES_PER_SECOND * sizes.read_seconds / 2
    idlers.ask(idlers.connections)
    assert growth.most() < _MAY_GROW_BY, growth

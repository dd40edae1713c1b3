"""Many connections that are busy at the same time, as a load generator has
them, but here each answer is checked."""
import hashlib
import random
import threading
import time

import pytest

from testnet.front import Front
from testnet.stream import SocksError
from testnet.webserver import WebServer

_SERVERS = ("nginx", "nginx-tls", "apache", "apache-tls", "own")
_PATHS = ("/small", "/empty", "/page.html", "/big")
# How often each path is asked for.
_WEIGHTS = (80, 10, 8, 2)
_CIRCUITS = 12
_MOST_BYTES = 100000
_JOIN_SECONDS = 120


@pytest.fixture(scope="module")
def front(network, client, make_shared_cluster, nginx, apache):
    """Two nodes in front of servers of all kinds."""
    with WebServer("own") as web:
        front = Front(network, client, make_shared_cluster, "load", dict(zip(
            _SERVERS, (("http", nginx.plain), ("https", nginx.secure),
                       ("http", apache.plain), ("https", apache.secure),
                       ("http", web.port)))))
        yield front
        front.stop()


@pytest.fixture(scope="module")
def contents(nginx):
    """What all but our own server have."""
    found = {}
    for path in _PATHS:
        with open(nginx.files + path, "rb") as file:
            found[path] = file.read()
    return found


class Visitor(threading.Thread):
    """A client with one connection, on which it asks until it is told to
    stop."""

    def __init__(self, number, front, client, contents, over):
        super().__init__(daemon=True)
        self.server = _SERVERS[number % len(_SERVERS)]
        self.answers = 0
        self.error = None
        self._user = "busy%d" % (number % _CIRCUITS)
        self._random = random.Random(number)
        self._front = front
        self._client = client
        self._contents = contents
        self._over = over

    def run(self):
        """Keep asking; note the first error."""
        try:
            with self._front.connect(self._client, self.server,
                                     self._user) as connection:
                ask = (self._upload if self.server == "own"
                       else self._download)
                while not self._over.is_set():
                    ask(connection)
                    self.answers += 1
        except (SocksError, OSError, EOFError, ValueError,
                AssertionError) as error:
            self.error = error

    def _download(self, connection):
        """Ask for a file."""
        path = self._random.choices(_PATHS, _WEIGHTS)[0]
        answer = connection.ask(path)
        assert answer.status == 200 and (
            answer.body == self._contents[path]), (path, answer)

    def _upload(self, connection):
        """Send something that nobody else sends."""
        body = self._random.randbytes(self._random.randrange(_MOST_BYTES))
        answer = connection.ask("/upload", "PUT", body=body)
        assert answer.body.decode().strip() == (
            hashlib.sha256(body).hexdigest()), answer


def test_many_busy_connections(front, client, contents, sizes):
    """None gets another one's answer, and none is left without."""
    over = threading.Event()
    visitors = [Visitor(number, front, client, contents, over)
                for number in range(sizes.connections)]
    begun = time.monotonic()
    for visitor in visitors:
        visitor.start()
    time.sleep(sizes.load_seconds)
    over.set()
    for visitor in visitors:
        visitor.join(_JOIN_SECONDS)
    seconds = time.monotonic() - begun
    wrong = ["%s after %d answers: %r" % (
        visitor.server, visitor.answers, visitor.error)
             for visitor in visitors
             if visitor.error or visitor.is_alive() or not visitor.answers]
    print("%.1f answers a second on %d connections" % (
        sum(visitor.answers for visitor in visitors) / seconds,
        len(visitors)))
    assert not wrong, "\n".join(wrong)
    # Nothing is left behind that would spoil what comes then.
    with front.connect(client, "nginx") as connection:
        assert connection.ask("/small").body == contents["/small"]

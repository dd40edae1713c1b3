"""What a client does with a web server behind an onion service, and how long
that takes.

Who names the same SOCKS user again gets the same circuits. `way` is where the
client finds the server: a hostname and a port.
"""
import os
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from . import wait
from .stream import dial

_SECONDS = 300
_WARM_SECONDS = 120
_CHUNK = 65536
_BYTES_PER_MB = 1e6


def warm(client, way, users, path):
    """See to it that each of `users` has circuits that work."""
    def answered(user):
        wait.until(lambda: client.request(way.hostname, path, way.port,
                                          user=user).ok,
                   _WARM_SECONDS, "an answer by way of " + way.name,
                   way.explain)
    _together(answered, users)


def download(client, way, users, path, size):
    """Load `path` of `size` bytes once for each user, all at the same time.

    Return the megabytes per second of all together.
    """
    begun = time.monotonic()
    curls = [_curl(client, way, user, path) for user in users]
    loaded = [curl.communicate()[0].decode() for curl in curls]
    seconds = time.monotonic() - begun
    if loaded != ["200 %d" % size] * len(users):
        raise RuntimeError("%s of %s, %d bytes: curl says %s\n%s" % (
            path, way.name, size, loaded, way.explain()))
    return len(users) * size / _BYTES_PER_MB / seconds


def latencies(client, way, user, path, count):
    """Make `count` requests on one stream, one after the other.

    Return the seconds that each took.
    """
    seconds = []
    with open_page(client, way, user, path) as sock:
        for _ in range(count):
            begun = time.monotonic()
            ask(sock, way, path)
            seconds.append(time.monotonic() - begun)
    return seconds


def connect(client, way, users, path, count):
    """Open `count` streams, each for one request, and all users at once.

    Return how many that are in a second.
    """
    def visit(user):
        for _ in range(count // len(users)):
            open_page(client, way, user, path).close()
    begun = time.monotonic()
    _together(visit, users)
    return count / (time.monotonic() - begun)


def hold(client, way, users, path, count):
    """Open `count` streams that idle after one request; return them."""
    return _together(lambda number: open_page(
        client, way, users[number % len(users)], path), range(count),
                     len(users))


def open_page(client, way, user, path):
    """Return a new stream on which one request was answered."""
    sock = dial(client.socks_port, way.hostname, way.port, user)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ask(sock, way, path)
    except BaseException:
        sock.close()
        raise
    return sock


def ask(sock, way, path):
    """Make a request on an open stream and read all of the answer."""
    sock.sendall(("GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (
        path, way.hostname)).encode())
    head, _, body = _receive_until(sock, b"\r\n\r\n").partition(b"\r\n\r\n")
    first, *fields = head.decode("latin-1").split("\r\n")
    if first.split()[1] != "200":
        raise RuntimeError("%s of %s: %s" % (path, way.name, first))
    left = -len(body) + next(
        int(value) for name, value in (field.split(":", 1)
                                       for field in fields)
        if name.lower() == "content-length")
    while left > 0:
        left -= len(_receive_some(sock))


def _receive_until(sock, end):
    """Return what comes, with `end` and what is behind it already."""
    data = b""
    while end not in data:
        data += _receive_some(sock)
    return data


def _receive_some(sock):
    """Return what comes next."""
    data = sock.recv(_CHUNK)
    if not data:
        raise EOFError("the answer ended too early")
    return data


def _together(function, values, at_once=8):
    """Call `function` with each value, some at a time; return the results."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(function, values))


def _curl(client, way, user, path):
    """Start a download; it prints the status and the number of bytes."""
    return subprocess.Popen(
        ["curl", "--silent", "--max-time", str(_SECONDS),
         "--socks5-hostname", "127.0.0.1:%d" % client.socks_port,
         "--proxy-user", user + ":x", "--output", os.devnull,
         "--write-out", "%{http_code} %{size_download}",
         "http://%s:%d%s" % (way.hostname, way.port, path)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

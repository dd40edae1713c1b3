"""A raw stream through a client's SOCKS port, and servers for the other end."""
import itertools
import socket
import struct
import threading
from socketserver import BaseRequestHandler, ThreadingTCPServer

from .ports import free_port

_CHUNK = 65536
_users = itertools.count(1)


class SocksError(Exception):
    """The client's tor says with `code` why there is no stream (RFC 1928)."""

    def __init__(self, code):
        super().__init__("SOCKS reply %d" % code)
        self.code = code


def open_stream(client, hostname, port, seconds=60, user=None):
    """Return a socket that is a new stream on circuits of its own, or on
    those that `user` has.

    One that fails while the client moves to the next time period is opened
    again: Client.request() says why.
    """
    user = user or "stream%d" % next(_users)
    while True:
        period = client.period()
        try:
            return dial(client.socks_port, hostname, port, user, seconds)
        except (SocksError, OSError):
            if client.period() == period:
                raise


def dial(socks_port, hostname, port, user, seconds=60):
    """Return a socket that is a new stream of the SOCKS user `user`."""
    sock = socket.create_connection(("127.0.0.1", socks_port), seconds)
    try:
        name = user.encode()
        sock.sendall(b"\x05\x01\x02")
        _expect(sock, b"\x05\x02")
        sock.sendall(b"\x01" + bytes([len(name)]) + name + b"\x01x")
        _expect(sock, b"\x01\x00")
        name = hostname.encode()
        sock.sendall(b"\x05\x01\x00\x03" + bytes([len(name)]) + name
                     + struct.pack(">H", port))
        code = receive(sock, 10)[1]
        if code:
            raise SocksError(code)
    except BaseException:
        sock.close()
        raise
    return sock


def receive(sock, count):
    """Return the next `count` bytes."""
    parts = []
    while count:
        part = sock.recv(min(count, _CHUNK))
        if not part:
            raise EOFError("%d bytes are missing" % count)
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive_some(sock):
    """Return what comes next, nothing if the other end has hung up."""
    try:
        return sock.recv(_CHUNK)
    except ConnectionError:
        return b""


def receive_all(sock):
    """Return all that comes until the other end hangs up."""
    parts = []
    while part := receive_some(sock):
        parts.append(part)
    return b"".join(parts)


def reset(sock):
    """Close `sock` so that the other end gets an error."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    sock.close()


def _expect(sock, expected):
    """Read what must be `expected`."""
    got = receive(sock, len(expected))
    if got != expected:
        raise OSError("SOCKS: %r instead of %r" % (got, expected))


class Echo:
    """A server that sends back what it gets, after a banner."""

    def __init__(self, banner=b""):
        self.port = free_port()

        class Handler(BaseRequestHandler):
            """Answers one connection."""

            def handle(self):
                self.request.sendall(banner)
                try:
                    while chunk := self.request.recv(_CHUNK):
                        self.request.sendall(chunk)
                except ConnectionError:
                    pass
        self._server = ThreadingTCPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever,
                         daemon=True).start()

    def stop(self):
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

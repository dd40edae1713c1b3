"""A way through which one tor reaches the network, and that can be shut.

It is a SOCKS5 proxy. While it is shut nothing passes and nothing is closed, as
when packets get lost: each end waits for the other.
"""
import socket
import socketserver
import struct
import threading

from .pump import pump


class Gate:
    """A proxy on its own port, open at first; `lines` are for torrc."""

    def __init__(self):
        self._open = threading.Event()
        self._open.set()
        self._server = _Server(("127.0.0.1", 0), _handler(self._open))
        self.lines = [
            "Socks5Proxy 127.0.0.1:%d" % self._server.server_address[1]]
        threading.Thread(target=self._server.serve_forever,
                         daemon=True).start()

    def shut(self):
        """Let nothing through any more."""
        self._open.clear()

    def open(self):
        """Let everything through, and first what has waited."""
        self._open.set()

    def remove(self):
        """Stop the proxy; connections through it end with their ends."""
        self.open()
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    """A thread for each connection."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_):
        """Say nothing of connections that end."""


def _handler(opened):
    """Return the handler class of a gate that passes while `opened` is set."""
    return type("Handler", (_Handler,), {"opened": opened})


class _Handler(socketserver.BaseRequestHandler):
    """One connection of the tor, and ours to where it wants to go."""

    opened = None

    def handle(self):
        """Take the request of RFC 1928 for an IPv4 address, and pass bytes."""
        methods = self._read(2)[1]
        self._read(methods)
        self.request.sendall(b"\5\0")
        host, port = struct.unpack("!4x4sH", self._read(10))
        self.opened.wait()
        with socket.create_connection((socket.inet_ntoa(host), port)) as there:
            self.request.sendall(b"\5\0\0\1" + bytes(6))
            back = threading.Thread(
                target=pump, args=(there, self.request, self._wait),
                daemon=True)
            back.start()
            pump(self.request, there, self._wait)
            back.join()

    def _read(self, count):
        """Return the next `count` bytes of the tor."""
        data = b""
        while len(data) < count:
            more = self.request.recv(count - len(data))
            if not more:
                raise ConnectionError
            data += more
        return data

    def _wait(self, _):
        """Let bytes pass when the gate is open."""
        self.opened.wait()

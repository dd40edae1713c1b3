"""A port in front of another one, which keeps what clients get from it."""
import socket
import threading
from socketserver import BaseRequestHandler, ThreadingTCPServer

from .pump import pump


class Wiretap:
    """Connections to its `port` lead to `to`, a port of this machine."""

    def __init__(self, to):
        self._to = to
        self._lock = threading.Lock()
        self._received = []
        self._server = _Server(("127.0.0.1", 0), type(
            "Handler", (_Handler,), {"tap": self}))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever,
                         daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    @property
    def received(self):
        """All that clients got, one connection after the other."""
        with self._lock:
            return b"\n".join(b"".join(parts) for parts in self._received)

    def connect(self):
        """Return a connection to what is behind, and a list for what comes
        from there."""
        parts = []
        with self._lock:
            self._received.append(parts)
        return socket.create_connection(("127.0.0.1", self._to)), parts


class _Server(ThreadingTCPServer):
    """A thread for each connection, none of which delays our exit."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


class _Handler(BaseRequestHandler):
    """One connection; `tap` is set by subclassing."""

    tap = None

    def handle(self):
        behind, parts = self.tap.connect()
        with behind:
            forth = threading.Thread(
                target=pump, args=(self.request, behind, lambda _: None),
                daemon=True)
            forth.start()
            pump(behind, self.request, parts.append)
            forth.join()

"""The HTTP server behind a node: it answers with the node's name.

  /         the name
  /health   "ok", or an error if its `health` is one
  /bytes/N  N bytes, for downloads
"""
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

from .ports import free_port

_CHUNK = b"x" * 65536


class Backend:
    """A server on its own port; `served` counts the requests it answered.

    `health` is the status that /health has.
    """

    def __init__(self, name):
        self.name = name
        self.port = free_port()
        self.served = 0
        self.health = 200
        self._count = threading.Lock()
        self._server = None
        self._hung = []
        self.start()

    def start(self):
        """Answer again, on the same port."""
        self.stop()
        self._server = _Server(("127.0.0.1", self.port), self._handler())
        threading.Thread(target=self._server.serve_forever,
                         daemon=True).start()

    def stop(self):
        """Stop answering; connections are refused."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for sock in self._hung:
            sock.close()
        self._hung.clear()

    def hang(self):
        """Let connections wait for ever: the queue of new ones is full."""
        self.stop()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(0)
        self._hung.append(listener)
        for _ in range(2):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", self.port))
            self._hung.append(sock)

    def count(self):
        """Count one answered request."""
        with self._count:
            self.served += 1

    def _handler(self):
        """Return the handler class for this backend."""
        return type("Handler", (_Handler,), {"backend": self})


class _Server(ThreadingTCPServer):
    """A thread for each connection, none of which delays our exit."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, *where):
        """Say nothing of a client or node that went away."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(*where)


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection; `backend` is set by subclassing."""

    protocol_version = "HTTP/1.1"
    backend = None

    def do_GET(self):
        """Answer one request."""
        self.backend.count()
        if self.path.startswith("/bytes/"):
            self._send_bytes(int(self.path[len("/bytes/"):]))
        elif self.path in ("/", "/health"):
            text = self.backend.name if self.path == "/" else "ok"
            self._head(200 if self.path == "/" else self.backend.health,
                       len(text) + 1)
            self.wfile.write(text.encode() + b"\n")
        else:
            self._head(404, 0)

    def log_message(self, *_):
        """Keep the terminal quiet."""

    def _head(self, status, length):
        """Send the head of an answer."""
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _send_bytes(self, count):
        """Send `count` bytes."""
        self._head(200, count)
        while count > 0:
            chunk = _CHUNK[:count]
            self.wfile.write(chunk)
            count -= len(chunk)

"""A server that does with each connection what a test tells it."""
import socket
import sys
import threading
from socketserver import BaseRequestHandler, ThreadingTCPServer

from .ports import free_port
from .stream import receive_some

_END_OF_HEAD = b"\r\n\r\n"
# What a server that does not read takes nevertheless: the least there is.
_BUFFER_BYTES = 4096


class Puppet:
    """A server on its own port of 127.0.0.1.

    `act` is called with the socket of each connection, in a thread of its
    own; when it returns the connection is closed. `connections` counts those
    that are open. With `small_buffers` the system takes little of what `act`
    does not read.
    """

    def __init__(self, small_buffers=False):
        self.port = free_port()
        self.act = ignore
        self._lock = threading.Lock()
        self._open = set()
        self._server = _Server(("127.0.0.1", self.port),
                               type("Handler", (_Handler,), {"puppet": self}),
                               bind_and_activate=False)
        if small_buffers:
            # Connections have it from the socket that listens.
            self._server.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._server.server_bind()
        self._server.server_activate()
        threading.Thread(target=self._server.serve_forever,
                         daemon=True).start()

    @property
    def connections(self):
        """How many connections are open."""
        with self._lock:
            return len(self._open)

    def begin(self, sock):
        """Note that a connection is open."""
        with self._lock:
            self._open.add(sock)

    def end(self, sock):
        """Note that it is not any more."""
        with self._lock:
            self._open.discard(sock)

    def hang_up(self):
        """End all connections."""
        with self._lock:
            for sock in self._open:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def stop(self):
        """Hang up, and take no more connections."""
        self._server.shutdown()
        self._server.server_close()
        self.hang_up()


def ignore(sock):
    """Read, and answer nothing, until the other end hangs up."""
    while receive_some(sock):
        pass


def take_head(sock):
    """Return what is sent up to the end of the first head, or of all, and
    perhaps more."""
    seen = b""
    while _END_OF_HEAD not in seen:
        part = receive_some(sock)
        if not part:
            break
        seen += part
    return seen


class _Server(ThreadingTCPServer):
    """A thread for each connection, none of which delays our exit."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, *where):
        """Say nothing of a client that went away."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(*where)


class _Handler(BaseRequestHandler):
    """Plays one connection; `puppet` is set by subclassing."""

    puppet = None

    def handle(self):
        self.puppet.begin(self.request)
        try:
            self.puppet.act(self.request)
        finally:
            self.puppet.end(self.request)

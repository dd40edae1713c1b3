"""A web server to put behind a proxy: plain or TLS, polite or not.

What it answers to which path is in webanswers.py.
"""
import socket
import ssl
import sys
import tempfile
import threading
from http import HTTPStatus
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

from . import certificate, stream, webanswers, webrequest
from .ports import free_port

_JOIN_SECONDS = 10
_GOODBYE_SECONDS = 0.5
# How long stop() waits at most for the thread that listens.
_POLL_SECONDS = 0.05


class WebServer:
    """A server on its own port of 127.0.0.1.

    `origin` is what it takes for its own address in links and headers;
    `health` is the status with which it answers /health. `connections` and
    `served` count, as does `resumed` the TLS sessions that were resumed.
    `names` are the hosts that clients asked for with TLS.
    """

    def __init__(self, name, tls_names=()):
        """Make one for TLS if there are names for its certificate."""
        self.name = name
        self.port = free_port()
        self.health = 200
        self.connections = self.served = self.resumed = 0
        self.names = []
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._open = {}
        self._directory = tempfile.TemporaryDirectory(prefix="webserver-")
        self.certificate = None
        self._tls = self._make_tls(tls_names) if tls_names else None
        self.origin = "%s://127.0.0.1:%d" % (
            "https" if tls_names else "http", self.port)
        self._server = _Server(("127.0.0.1", self.port),
                               type("Handler", (_Handler,), {"web": self}))
        threading.Thread(target=self._server.serve_forever,
                         args=(_POLL_SECONDS,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def host(self):
        """The host in `origin`."""
        return urlsplit(self.origin).hostname

    def stop(self):
        """Hang up, stop listening, and wait until all threads have ended."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            threads = list(self._open)
            for sock in self._open.values():
                _hang_up(sock)
        for thread in threads:
            thread.join(_JOIN_SECONDS)
            assert not thread.is_alive(), "a connection that does not end"
        self._directory.cleanup()

    def count(self, what):
        """Count one more of `what`."""
        with self._lock:
            setattr(self, what, getattr(self, what) + 1)

    def begin(self, sock):
        """Return what to use for a new connection, which ends with stop()."""
        self.count("connections")
        # Head and body go in two pieces.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls:
            sock = self._tls.wrap_socket(sock, server_side=True,
                                         do_handshake_on_connect=False)
        with self._lock:
            self._open[threading.current_thread()] = sock
            if self.stopping.is_set():
                _hang_up(sock)
        if self._tls:
            sock.do_handshake()
            if sock.session_reused:
                self.count("resumed")
        return sock

    def end(self):
        """Forget the connection of this thread."""
        with self._lock:
            self._open.pop(threading.current_thread(), None)

    def _make_tls(self, names):
        """Return what TLS connections have in common."""
        self.certificate = certificate.write_self_signed(
            self._directory.name, names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        context.set_alpn_protocols(["http/1.1"])

        def note_name(_sock, name, _context):
            with self._lock:
                self.names.append(name)
        context.sni_callback = note_name
        return context


class Exchange:
    """A connection with one request on it, and how to answer."""

    def __init__(self, web, sock, file):
        self.web = web
        self.sock = sock
        self.file = file
        self.request = None
        self.is_over = False

    def next(self):
        """Answer the next request. Return False if there is no other."""
        self.request = webrequest.read_request(self.file)
        if not self.request:
            return False
        self.web.count("served")
        self.is_over = self.request.is_last()
        if self.request.get("Expect").lower() == "100-continue":
            if webanswers.takes_body(self.request):
                self.send_head(100)
            else:
                self.is_over = True
        webanswers.answer(self)
        if self.request.unread and not self.is_over:
            for _ in self.request.body():
                pass
        return not self.is_over

    def send(self, data):
        """Send bytes."""
        self.sock.sendall(data)

    def send_head(self, status, headers=()):
        """Send the head of an answer."""
        lines = ["HTTP/1.1 %d %s" % (status, _phrase(status))]
        lines += ["%s: %s" % field for field in headers]
        if self.is_over and status >= 200:
            lines.append("Connection: close")
        self.send("\r\n".join(lines + ["", ""]).encode("latin-1"))

    def send_answer(self, status, body=b"", headers=(), kind="text/plain"):
        """Send an answer; to a HEAD without the body."""
        self.send_head(status, [("Content-Type", kind),
                                ("Content-Length", str(len(body))), *headers])
        if self.has_body:
            self.send(body)

    @property
    def has_body(self):
        """True iff an answer may have a body."""
        return self.request.method != "HEAD"

    def reset(self):
        """Break the connection, so that the other end gets an error."""
        stream.reset(self.sock)
        self.cut()

    def cut(self):
        """Close the connection; TLS says nothing of it."""
        self.is_over = True
        self.file.close()
        self.sock.close()

    def say_goodbye(self):
        """Tell the other end, in TLS, that nothing more will come."""
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.fileno() >= 0:
            self.sock.settimeout(_GOODBYE_SECONDS)
            self.sock.unwrap()


class _Server(ThreadingTCPServer):
    """A thread for each connection, none of which delays our exit."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, *where):
        """Say nothing of a client that went away, or of what it sent."""
        if not isinstance(sys.exc_info()[1], (OSError, EOFError, ValueError)):
            super().handle_error(*where)


class _Handler(BaseRequestHandler):
    """Answers one connection; `web` is set by subclassing."""

    web = None

    def handle(self):
        try:
            sock = self.web.begin(self.request)
            with sock, sock.makefile("rb") as file:
                exchange = Exchange(self.web, sock, file)
                try:
                    while exchange.next():
                        pass
                    exchange.say_goodbye()
                except webrequest.BadRequest:
                    exchange.is_over = True
                    exchange.send_head(400, [("Content-Length", "0")])
        finally:
            self.web.end()


def _hang_up(sock):
    """Wake the thread that waits for `sock`."""
    try:
        # SSLSocket's own would take TLS from under that thread.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        pass


def _phrase(status):
    """Return the words that go with a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Whatever"

"""A name server that knows a few names, all of which are this machine."""
import socket
import struct
import threading
from socketserver import BaseRequestHandler, ThreadingUDPServer

# Types and the class of RFC 1035, and its answers.
_A, _INTERNET = 1, 1
_RESPONSE, _AUTHORITATIVE, _NAME_ERROR = 0x8000, 0x0400, 3
_HEADER = struct.Struct(">6H")
# The name of the question, and how long its answer is good.
_SAME_NAME, _TTL_SECONDS = 0xc00c, 60
_POLL_SECONDS = 0.05


class NameServer:
    """Answers on its own `port` of 127.0.0.1. `asked` are the names that it
    was asked for, in lower case."""

    def __init__(self, names):
        self.names = frozenset(names)
        self.asked = []
        self._server = _Server(("127.0.0.1", 0),
                               type("Handler", (_Handler,), {"dns": self}))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever,
                         args=(_POLL_SECONDS,), daemon=True).start()

    def stop(self):
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, query):
        """Return the answer to one query."""
        number = _HEADER.unpack_from(query)[0]
        name, end = _read_name(query)
        kind = struct.unpack_from(">H", query, end)[0]
        self.asked.append(name)
        records = b""
        if name in self.names and kind == _A:
            records = struct.pack(
                ">3HIH4s", _SAME_NAME, _A, _INTERNET, _TTL_SECONDS, 4,
                socket.inet_aton("127.0.0.1"))
        flags = _RESPONSE | _AUTHORITATIVE | (
            0 if name in self.names else _NAME_ERROR)
        return _HEADER.pack(number, flags, 1, bool(records), 0, 0) + (
            query[_HEADER.size:end + 4] + records)


class _Server(ThreadingUDPServer):
    daemon_threads = True


class _Handler(BaseRequestHandler):
    """Answers one query; `dns` is set by subclassing."""

    dns = None

    def handle(self):
        query, sock = self.request
        sock.sendto(self.dns.answer(query), self.client_address)


def _read_name(query):
    """Return the name in the question, and where it ends."""
    labels, at = [], _HEADER.size
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]])
        at += 1 + query[at]
    return b".".join(labels).decode("ascii").lower(), at + 1

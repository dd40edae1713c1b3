"""Requests to a web server on any socket, and its answers byte for byte."""
from .webrequest import pieces

_CHUNK = 65536
_BODILESS = (204, 304)


class Answer:
    """An answer: `fields` are names, in lower case, and values.

    `wire` are the bytes of all heads that belong to it and of its trailer;
    `body` is there as soon as it was read.
    """

    def __init__(self, method, wire, head):
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        self.method = method
        self.wire = wire + head
        self.version, self.status, self.reason = (first + "  ").split(" ", 2)
        self.status = int(self.status)
        self.reason = self.reason.strip()
        self.fields = [_field(line) for line in lines]
        self.body = None

    def get(self, name, default=""):
        """Return the first value of a field."""
        return next((value for key, value in self.fields if key == name),
                    default)

    def names(self, address):
        """Return True iff an onion address stands anywhere in it."""
        return address.encode() in (self.wire + b"\n" + self.body).lower()

    def __repr__(self):
        return "%d %s with %s bytes, %s" % (
            self.status, self.reason,
            "?" if self.body is None else len(self.body), self.fields)


class Connection:
    """A connection on which a server `host` is asked."""

    def __init__(self, sock, host):
        self.sock = sock
        self.host = host
        self._file = sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Hang up."""
        self._file.close()
        self.sock.close()

    def ask(self, path, method="GET", headers=(), body=b""):
        """Make a request; return the whole answer."""
        self.send(path, method, headers, body)
        return self.receive(method)

    def send(self, path, method="GET", headers=(), body=b""):
        """Make a request; one with a body says how long that is."""
        headers = list(headers)
        if body or method in ("POST", "PUT"):
            headers.append(("Content-Length", str(len(body))))
        self.send_head(path, method, headers)
        if body:
            self.sock.sendall(body)

    def send_head(self, path, method="GET", headers=()):
        """Make a request, the body of which is sent by the caller."""
        lines = ["%s %s HTTP/1.1" % (method, path), "Host: " + self.host]
        lines += ["%s: %s" % field for field in headers]
        self.sock.sendall("\r\n".join(lines + ["", ""]).encode("latin-1"))

    def receive(self, method="GET"):
        """Return the whole answer to a request of this method."""
        answer = self.receive_head(method)
        answer.body = b"".join(self.pieces(answer))
        return answer

    def receive_head(self, method="GET"):
        """Return an answer of which the body is not read yet."""
        wire = b""
        while True:
            answer = Answer(method, wire, self._head())
            if answer.status >= 200 or answer.status == 101:
                return answer
            wire = answer.wire

    def pieces(self, answer):
        """Yield the body of an answer in pieces; after that its `wire` has
        the trailer."""
        if answer.method == "HEAD" or answer.status in _BODILESS:
            return
        if "chunked" in answer.get("transfer-encoding").lower():
            while size := int(self._line().split(b";")[0], 16):
                yield from pieces(self._file, size)
                self._line()
            answer.wire += self._head()
        elif answer.get("content-length"):
            yield from pieces(self._file,
                              int(answer.get("content-length")))
        else:
            while piece := self._file.read1(_CHUNK):
                yield piece

    def _head(self):
        """Return lines up to an empty one, with that."""
        lines = [self._line()]
        while lines[-1] != b"\r\n":
            lines.append(self._line())
        return b"".join(lines)

    def _line(self):
        """Return the next line."""
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError("a line is cut: %r" % line)
        return line


def _field(line):
    """Return name, in lower case, and value of a field."""
    name, _, value = line.partition(":")
    return name.lower(), value.strip()

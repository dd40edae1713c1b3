"""What a web server gets: requests of HTTP/1.1, as they were sent."""
import hashlib

_CHUNK = 65536
_MAX_LINE = 1 << 20


class BadRequest(Exception):
    """What was sent is no request."""


class Request:
    """A request whose head was read from `file`; its body is read from there.

    `head` is the head as it was sent; `headers` are its names and values, in
    that order.
    """

    def __init__(self, file, first_line):
        self._file = file
        lines = [first_line]
        while lines[-1] not in (b"\r\n", b"\n"):
            lines.append(_line(file))
        self.head = b"".join(lines).decode("latin-1")
        try:
            self.method, self.target, self.version = (
                first_line.decode("latin-1").split())
        except ValueError as error:
            raise BadRequest(first_line) from error
        self.path, _, self.query = self.target.partition("?")
        self.headers = [_field(line) for line in lines[1:-1]]
        self.trailers = []
        self.unread = self.has_body()

    def get(self, name, default=""):
        """Return the values of a header, with commas between them."""
        values = [value for key, value in self.headers
                  if key.lower() == name.lower()]
        return ", ".join(values) if values else default

    def has_body(self):
        """Return True iff a body follows the head."""
        return self._is_chunked() or self._length() > 0

    def is_last(self):
        """Return True iff the client wants no other answer."""
        options = self.get("Connection").lower()
        return "close" in options or (
            self.version == "HTTP/1.0" and "keep-alive" not in options)

    def body(self):
        """Yield the body in pieces; after that, `trailers` are complete."""
        self.unread = False
        if self._is_chunked():
            while size := self._chunk_size():
                yield from pieces(self._file, size)
                _line(self._file)
            while (line := _line(self._file)) not in (b"\r\n", b"\n"):
                self.trailers.append(_field(line))
        else:
            yield from pieces(self._file, self._length())

    def digest(self):
        """Read the body; return its length and SHA-256 in hexadecimal."""
        length, digest = 0, hashlib.sha256()
        for piece in self.body():
            length += len(piece)
            digest.update(piece)
        return length, digest.hexdigest()

    def _is_chunked(self):
        return "chunked" in self.get("Transfer-Encoding").lower()

    def _length(self):
        try:
            return int(self.get("Content-Length", "0"))
        except ValueError as error:
            raise BadRequest(self.head) from error

    def _chunk_size(self):
        line = _line(self._file)
        try:
            return int(line.split(b";")[0], 16)
        except ValueError as error:
            raise BadRequest(line) from error


def pieces(file, count):
    """Yield the next `count` bytes in pieces."""
    while count:
        piece = file.read(min(count, _CHUNK))
        if not piece:
            raise EOFError("%d bytes of a body are missing" % count)
        count -= len(piece)
        yield piece


def read_request(file):
    """Return the next request in `file`, or None if there is none."""
    line = file.readline(_MAX_LINE)
    return Request(file, line) if line else None


def _line(file):
    """Return the next line."""
    line = file.readline(_MAX_LINE)
    if not line.endswith(b"\n"):
        raise EOFError("a line is cut: %r" % line)
    return line


def _field(line):
    """Return name and value of a header."""
    name, colon, value = line.decode("latin-1").partition(":")
    if not colon:
        raise BadRequest(line)
    return name, value.strip()

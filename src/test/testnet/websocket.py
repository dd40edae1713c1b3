"""Both ends of a WebSocket (RFC 6455), without extensions."""
import base64
import hashlib
import os
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_FINAL, _MASKED = 0x80, 0x80
_MAX_LENGTH = 1 << 24


def accept_key(key):
    """Return what the server answers to the client's Sec-WebSocket-Key."""
    return base64.b64encode(
        hashlib.sha1(key.encode() + _MAGIC).digest()).decode()


def write_frame(file, opcode, payload=b"", masked=False, final=True):
    """Write one frame to `file`; a client's must be masked."""
    length = len(payload)
    mask_bit = _MASKED if masked else 0
    head = bytes([opcode | (_FINAL if final else 0)])
    if length < 126:
        head += bytes([mask_bit | length])
    elif length < 1 << 16:
        head += bytes([mask_bit | 126]) + struct.pack(">H", length)
    else:
        head += bytes([mask_bit | 127]) + struct.pack(">Q", length)
    if masked:
        mask = os.urandom(4)
        head, payload = head + mask, _mask(payload, mask)
    file.write(head + payload)
    file.flush()


def read_frame(file):
    """Return opcode, payload and whether it is the last of its message."""
    first, second = _read(file, 2)
    length = second & ~_MASKED
    if length == 126:
        length = struct.unpack(">H", _read(file, 2))[0]
    elif length == 127:
        length = struct.unpack(">Q", _read(file, 8))[0]
    if length > _MAX_LENGTH:
        raise OSError("a frame of %d bytes" % length)
    mask = _read(file, 4) if second & _MASKED else None
    payload = _read(file, length)
    return (first & 0x0f, _mask(payload, mask) if mask else payload,
            bool(first & _FINAL))


def serve_echo(source, sink):
    """Send to `sink` each frame of the client in `source`, until it closes."""
    while True:
        opcode, payload, final = read_frame(source)
        if opcode == PING:
            opcode = PONG
        write_frame(sink, opcode, payload, final=final)
        if opcode == CLOSE:
            return


def connect(sock, host, path="/ws"):
    """Make a client's WebSocket of `sock`.

    Return the file to read frames from and write them to, and the head of the
    server's answer.
    """
    key = base64.b64encode(os.urandom(16)).decode()
    file = sock.makefile("rwb")
    file.write(("GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: %s\r\n\r\n" % (path, host, key)).encode())
    file.flush()
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += _read(file, 1)
    head = head.decode("latin-1")
    if " 101 " not in head.split("\r\n", 1)[0] or accept_key(key) not in head:
        raise OSError("no WebSocket: %r" % head)
    return file, head


def _mask(payload, mask):
    """Return `payload` masked, or unmasked, with four bytes."""
    whole = mask * (len(payload) // 4 + 1)
    return (int.from_bytes(payload, "big")
            ^ int.from_bytes(whole[:len(payload)], "big")).to_bytes(
                len(payload), "big")


def _read(file, count):
    """Return the next `count` bytes."""
    got = file.read(count)
    if len(got) < count:
        raise EOFError("%d bytes are missing" % (count - len(got)))
    return got

"""Bytes that go from one connection to another."""
import socket

_CHUNK = 65536


def pump(source, sink, seen):
    """Move bytes until one of the two sockets ends; then end both.

    Before they go on call `seen` with them, at the end with none.
    """
    try:
        while True:
            data = source.recv(_CHUNK)
            seen(data)
            if not data:
                break
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

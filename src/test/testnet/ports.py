"""Free TCP ports on 127.0.0.1.

Below the kernel's ephemeral range, so that no outgoing connection can take a
port between our look and the server's bind.
"""
import random
import socket

_RANGE_FILE = "/proc/sys/net/ipv4/ip_local_port_range"
_LOWEST = 10000
_TRIES = 1000
_given = set()


def _ceiling():
    """Return the first port that the kernel may use by itself."""
    with open(_RANGE_FILE) as file:
        return int(file.read().split()[0])


def free_port():
    """Return a port nobody listens on and that was not returned before."""
    top = max(_ceiling(), _LOWEST + 2 * _TRIES)
    for _ in range(_TRIES):
        port = random.randrange(_LOWEST, top)
        if port not in _given and _can_bind(port):
            _given.add(port)
            return port
    raise RuntimeError("no free TCP port between %d and %d" % (_LOWEST, top))


def are_served(*ports):
    """Return True iff somebody takes connections on all of them."""
    for port in ports:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)):
                return False
    return True


def _can_bind(port):
    """Return True iff a server could listen on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

"""python3 -m testnet.socks PROXY HOST PORT: standard input and output become
a stream to HOST:PORT through the SOCKS port PROXY, as ssh wants it."""
import os
import sys
import threading
from types import SimpleNamespace

from .stream import open_stream

_CHUNK = 65536


def main():
    """Move bytes until the other end has no more."""
    proxy, host, port = sys.argv[1:]
    client = SimpleNamespace(socks_port=int(proxy.rpartition(":")[2]))
    with open_stream(client, host, int(port),
                     user="socks%d" % os.getpid()) as sock:
        sock.settimeout(None)

        def send():
            while piece := os.read(0, _CHUNK):
                sock.sendall(piece)
        threading.Thread(target=send, daemon=True).start()
        while piece := sock.recv(_CHUNK):
            view = memoryview(piece)
            while view:
                view = view[os.write(1, view):]


if __name__ == "__main__":
    sys.exit(main())

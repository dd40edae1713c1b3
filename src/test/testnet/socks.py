"""python3 -m testnet.socks PROXY HOST PORT: standard input and output become
a stream to HOST:PORT through the SOCKS port PROXY, as ssh wants it."""
import os
import sys
import threading

from .stream import dial

_CHUNK = 65536


def main():
    """Move bytes until the other end has no more."""
    proxy, host, port = sys.argv[1:]
    with dial(int(proxy.rpartition(":")[2]), host, int(port),
              "socks%d" % os.getpid()) as sock:
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

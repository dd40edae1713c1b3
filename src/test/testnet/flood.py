"""The same bytes again and again, as many as the other end takes."""
import socket
import threading


class Flood:
    """Send `piece` on `sock` again and again, in the background, in a with
    statement, unless the other end hangs up.

    `sent` counts the bytes; some of them may be with the system still. After
    the with statement the socket is of no use.
    """

    def __init__(self, sock, piece):
        self.sent = 0
        self._sock = sock
        self._piece = piece
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join()

    def is_refused(self, seconds):
        """Return True iff the other end hangs up within this time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self):
        """Send until that is over."""
        view, at = memoryview(self._piece), 0
        while True:
            try:
                count = self._sock.send(view[at:])
            except TimeoutError:
                # A stall is no failure: nobody waits for us.
                continue
            except OSError:
                return
            self.sent += count
            at = (at + count) % len(view)

"""A client that wants nothing special while others cause trouble."""
import hashlib
import itertools
import threading
import time

from . import wait, webanswers

_PAUSE_SECONDS = 0.3
_BYTES = 20000
_SEED = "bystander"
# Longer than any answer should take, also beside a flood.
_REQUEST_SECONDS = 40
_users = itertools.count(1)


class Bystander:
    """A client that asks a WebServer behind `port` of a service again and
    again, on a circuit of its own, in a with statement.

    `replies` are all answers so far.
    """

    def __init__(self, client, hostname, port):
        self.replies = []
        self._client = client
        self._hostname = hostname
        self._port = port
        self._user = "bystander%d" % next(_users)
        self._expected = hashlib.sha256(
            b"".join(webanswers.pseudo_random(_BYTES, _SEED))).digest()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def wait_reply(self):
        """Wait for the answer to a request that is made from now on."""
        now = time.monotonic()
        wait.until(lambda: self.replies and self.replies[-1].begun > now,
                   2 * _REQUEST_SECONDS, "an answer for the bystander")

    def failures(self, since):
        """Return the wrong answers to requests that ended after `since`."""
        return [reply for reply in self.replies
                if reply.ended >= since and not self._is_right(reply)]

    def _is_right(self, reply):
        """Return True iff an answer is what the server has sent."""
        return (reply.ok and
                hashlib.sha256(reply.body).digest() == self._expected)

    def _run(self):
        """Ask until told to stop."""
        while not self._over.wait(_PAUSE_SECONDS):
            self.replies.append(self._client.request(
                self._hostname, "/bytes/%d?seed=%s" % (_BYTES, _SEED),
                self._port, _REQUEST_SECONDS, self._user))

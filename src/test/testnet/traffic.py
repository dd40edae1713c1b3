"""Many requests, and where they ended up."""
import collections
import threading
import time
from concurrent.futures import ThreadPoolExecutor

# The least and the most of all requests that one of three nodes may answer.
SHARE = (0.15, 0.55)
_WORKERS = 6
_MOST_WORKERS = 400
# Seconds after a node's end from which on no request may fail. Until the
# relays have the DESTROY cells of its introduction circuits, they acknowledge
# introductions to it, and the client waits in vain for the rendezvous: that
# is so for every onion service. The cells take some milliseconds, and longer
# where the processors are busy.
NOTICED_SECONDS = 2


def burst(clients, hostname, count):
    """Send `count` isolated requests, some at a time; return the replies.

    They are spread evenly over `clients`.
    """
    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(
            lambda number: clients[number % len(clients)].request(hostname),
            range(count)))


def fair_burst(clients, hostname, names, count=90):
    """Send `count` isolated requests, or three times as many if need be.

    With equal chances for three nodes, one of 90 requests' shares is beyond
    SHARE in every 4000th burst, and of 270 never; one node that gets all or
    none stays so. Return the replies.
    """
    replies = burst(clients, hostname, count)
    if not is_fair(replies, names):
        replies += burst(clients, hostname, 2 * count)
    return replies


def is_fair(replies, names):
    """Return True iff each of `names` answered its SHARE."""
    counts = answered_by(replies)
    low, high = (share * sum(counts.values()) for share in SHARE)
    return all(low <= counts[name] <= high for name in names)


def answered_by(replies):
    """Return how many requests each node answered."""
    return collections.Counter(reply.text for reply in replies if reply.ok)


def failed(replies):
    """Return the replies that are failures."""
    return [reply for reply in replies if not reply.ok]


def unharmed(replies, begun, ended):
    """Return the replies that the end of a node can't have spoiled.

    It was being ended from `begun` on, and gone when it had `ended`: not those
    to requests that were under way then or begun less than NOTICED_SECONDS
    after it.
    """
    return [reply for reply in replies if reply.ended < begun
            or reply.begun >= ended + NOTICED_SECONDS]


class Traffic:
    """Isolated requests in the background, one each `pause` seconds.

    They take turns over `clients`, and each is sent on time, whether or not
    the one before it has been answered; pause=0.2 needs five clients or more.
    Use it in a with statement; `replies` is complete after it.
    """

    def __init__(self, clients, hostname, pause=0.5):
        self.replies = []
        self._clients = clients
        self._hostname = hostname
        self._pause = pause
        self._over = threading.Event()
        self._sent = []
        self._pool = ThreadPoolExecutor(_MOST_WORKERS)
        self._clock = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._clock.start()
        return self

    def __exit__(self, kind, *_):
        self._over.set()
        self._clock.join()
        self._pool.shutdown()
        if kind is None:
            for sent in self._sent:
                sent.result()

    def wait_sent(self, count):
        """Wait until `count` further requests have been sent."""
        time.sleep(self._pause * (count + 1))

    def begun_after(self, ended):
        """Return the finished replies to requests that must not fail.

        `ended` is when a node was gone: they were begun NOTICED_SECONDS after
        that, or later.
        """
        return [reply for reply in self.replies
                if reply.begun >= ended + NOTICED_SECONDS]

    def begun_within(self, ended):
        """Return the finished replies to those begun between the two."""
        return [reply for reply in self.replies
                if 0 <= reply.begun - ended < NOTICED_SECONDS]

    def _run(self):
        """Hand out requests until told to stop."""
        due = time.monotonic() + self._pause
        while not self._over.wait(max(0, due - time.monotonic())):
            client = self._clients[len(self._sent) % len(self._clients)]
            self._sent.append(self._pool.submit(self._send, client))
            due += self._pause

    def _send(self, client):
        """Send one request and keep its reply."""
        self.replies.append(client.request(self._hostname))


class Visitors:
    """Clients that come again and again as if for the first time.

    Each asks once in `pause` seconds and forgets everything before it asks.
    Use it in a with statement; `replies` is complete after it.
    """

    def __init__(self, clients, hostname, pause=10.5):
        self.replies = []
        self._hostname = hostname
        self._pause = pause
        self._over = threading.Event()
        self._clients = clients
        self._visits = []
        self._pool = ThreadPoolExecutor(len(clients))

    def __enter__(self):
        self._visits = [
            self._pool.submit(self._visit, client,
                              number * self._pause / len(self._clients))
            for number, client in enumerate(self._clients)]
        return self

    def __exit__(self, kind, *_):
        self._over.set()
        self._pool.shutdown()
        if kind is None:
            for visit in self._visits:
                visit.result()

    def first_success(self):
        """Return when the first request that succeeded was answered.

        From then on a directory has the descriptor.
        """
        return min(reply.ended for reply in self.replies if reply.ok)

    def _visit(self, client, delay):
        """Be one client until told to stop."""
        client.wait_ready()
        while not self._over.wait(delay):
            client.forget()
            reply = client.request(self._hostname)
            self.replies.append(reply)
            delay = max(0, self._pause - reply.seconds)

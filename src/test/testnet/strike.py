"""Someone who kills the publisher in the moment when a time period begins."""
import threading
import time
from concurrent.futures import ThreadPoolExecutor

_LOOK_SECONDS = 0.2
_POINTS = 3


class Strike:
    """Waits for the first rotation after a cluster has settled, and kills.

    Then `victim` is who was publisher, `begun` when it was about to be killed,
    and `killed` when it was gone. Use it in a with statement.
    """

    def __init__(self, cluster):
        self.victim = None
        self.begun = None
        self.killed = None
        self._cluster = cluster
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._run = None

    def __enter__(self):
        self._run = self._pool.submit(self._wait_and_kill)
        return self

    def __exit__(self, *_):
        self._over.set()
        self._pool.shutdown()

    def wait(self, seconds):
        """Wait until it has happened."""
        self._run.result(seconds)

    def _wait_and_kill(self):
        """Be the one."""
        self._wait_for(self._is_settled)
        known = self._periods()
        self._wait_for(lambda: not self._periods() <= known)
        publishers = self._cluster.publishers()
        if publishers:
            self.victim = publishers[0]
            self.begun = time.monotonic()
            self.victim.kill()
            self.killed = time.monotonic()

    def _wait_for(self, condition):
        """Wait until condition() is true, or all is over."""
        while not condition() and not self._over.wait(_LOOK_SECONDS):
            pass

    def _periods(self):
        """Return the time periods for which any node has points."""
        return {period for node in self._cluster.running
                for period in node.own_points()}

    def _is_settled(self):
        """Return True iff there is one publisher and all points."""
        expected = str(_POINTS * len(self._cluster.nodes))
        return len(self._cluster.publishers()) == 1 and all(
            node.status()[key] == expected for node in self._cluster.nodes
            for key in ("POINTS_CURRENT", "POINTS_NEXT"))

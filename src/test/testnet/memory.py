"""How much memory nodes take, and how much more after a while."""
import os
import time

_PAUSE_SECONDS = 0.5


def resident(node):
    """Return the bytes of memory that a node has."""
    with open("/proc/%d/statm" % node.pid) as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Growth:
    """The most that nodes ever had above what they have now."""

    def __init__(self, nodes):
        self._before = {node: resident(node) for node in nodes}
        self._most = dict(self._before)
        self._next = 0.0

    def look(self):
        """Look how much they have, unless that was just done."""
        if time.monotonic() < self._next:
            return
        for node in self._before:
            self._most[node] = max(self._most[node], resident(node))
        self._next = time.monotonic() + _PAUSE_SECONDS

    def most(self):
        """Return the most of any node, in bytes."""
        self._next = 0.0
        self.look()
        return max(self._most[node] - before
                   for node, before in self._before.items())

    def __repr__(self):
        return ", ".join("%s grew from %.1f by at most %.1f MiB" % (
            node.name, before / 2**20, (self._most[node] - before) / 2**20)
            for node, before in self._before.items())

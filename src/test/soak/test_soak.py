"""One mishap after the other, and clients who come and go meanwhile."""
import collections
import random
import statistics
import time

from testnet import wait
from testnet.fixtures import watch_cluster
from testnet.mishap import GENTLE, ROUGH, Scene
from testnet.traffic import NOTICED_SECONDS, Traffic, Visitors, failed

_POINTS = 3
_SETTLE_SECONDS = 120
# How long a mishap lasts, and how long nothing happens after it.
_LASTING = (0, 1, 3, 8, 15, 30)
_PEACE_SECONDS = 6


class Episode:
    """A mishap, from when it began until the cluster had settled again."""

    def __init__(self, mishap):
        self.name = mishap.__name__
        self.is_rough = mishap in ROUGH
        self.begun = time.monotonic()
        self.over = self.settled = None

    def overlaps(self, reply):
        """Return True iff the request was under way meanwhile."""
        return (reply.begun < self.settled + NOTICED_SECONDS
                and reply.ended > self.begun)


class Soak:
    """Lets things happen to the nodes of a Scene, and remembers them."""

    def __init__(self, scene, observer):
        self.episodes = []
        self._scene = scene
        self._cluster = scene.cluster
        self._observer = observer

    def run(self, minutes):
        """Go on for so long."""
        chance = self._scene.chance
        until = time.monotonic() + 60 * minutes
        while time.monotonic() < until:
            self._befall(chance.choice(GENTLE + ROUGH), self._scene.pick(),
                         chance.choice(_LASTING))
            time.sleep(chance.uniform(0, _PEACE_SECONDS))

    def wait_settled(self):
        """Wait until there is one publisher, and a client gets a descriptor
        with the points that all nodes have now."""
        expected = {node.name: _POINTS for node in self._cluster.nodes}
        seen = []

        def is_settled():
            one = (len(self._cluster.publishers()) == 1
                   and self._observer.fetch(self._cluster.address))
            seen[:] = [one and dict(self._cluster.counted(one))]
            return seen == [expected]
        self._cluster.forget_points()
        wait.until(is_settled, _SETTLE_SECONDS, "a settled cluster",
                   lambda: "%s\n%s" % (seen, self._cluster.explain()))

    def print_table(self, replies):
        """Print how long it took after each mishap, and who noticed."""
        print("%-15s %5s %14s %12s %8s %6s" % (
            "mishap", "times", "settled after", "at most, s", "requests",
            "failed"))
        during = collections.defaultdict(list)
        for reply in replies:
            for episode in reversed(self.episodes):
                if episode.overlaps(reply):
                    during[episode.name].append(reply)
                    break
        for name in sorted({one.name for one in self.episodes}):
            seconds = [one.settled - one.over for one in self.episodes
                       if one.name == name]
            print("%-15s %5d %14.1f %12.1f %8d %6d" % (
                name, len(seconds), statistics.median(seconds), max(seconds),
                len(during[name]), len(failed(during[name]))))

    def unharmed(self, replies):
        """Return the replies that no rough mishap may have spoiled."""
        return [reply for reply in replies if not any(
            one.is_rough and one.overlaps(reply) for one in self.episodes)]

    def _befall(self, mishap, node, seconds):
        """Let it happen to `node`, and wait until that is over."""
        episode = Episode(mishap)
        print("%s of %s for %d s" % (episode.name, node.name, seconds))
        mishap(self._scene, node, seconds)
        episode.over = time.monotonic()
        self.wait_settled()
        episode.settled = time.monotonic()
        self.episodes.append(episode)


def test_soak(network, clients, visitors, client, minutes, seed, nodes):
    """After each mishap all nodes serve again, and nobody helps; no request
    fails but those that a rough one may have spoiled."""
    scene = Scene(network, "soak", nodes, random.Random(seed))
    cluster = scene.cluster
    soak = Soak(scene, client)
    with watch_cluster(cluster), scene:
        soak.wait_settled()
        with Traffic(clients, cluster.hostname) as traffic, \
                Visitors(visitors, cluster.hostname) as visits:
            soak.run(minutes)
        for node in cluster.nodes:
            assert node.running, node.explain()
            assert not cluster.uploads_as_standby(node)
    replies = traffic.replies + visits.replies
    soak.print_table(replies)
    unharmed = soak.unharmed(replies)
    print("%d requests, %d of them unharmed" % (len(replies), len(unharmed)))
    assert unharmed and not failed(unharmed), failed(unharmed)

"""Several nodes with one service key, and questions about all of them."""
import itertools
from collections import Counter

from . import binaries, keys, wait
from .descriptor import Descriptor
from .node import Node

# Seconds of silence until a publisher is suspect, and from then on until its
# role is vacant.
HEARTBEAT_TIMEOUT, TAKEOVER_GRACE = 6, 2
# As quick as a network on one machine can bear.
FAST = [
    "HiddenServiceBalanceHeartbeatInterval 2 seconds",
    "HiddenServiceBalancePingInterval 1 seconds",
    "HiddenServiceBalanceHeartbeatTimeout %d seconds" % HEARTBEAT_TIMEOUT,
    "HiddenServiceBalanceLeaseDuration 8 seconds",
    "HiddenServiceBalanceTakeoverGrace %d seconds" % TAKEOVER_GRACE,
    "HiddenServiceBalanceBackoffJitter 1 seconds",
]
# Measured: 5 to 9 seconds from the start of three nodes, wherever between two
# rotations that is; 17 with a dozen busy loops beside all on one processor. A
# look at the directories that one of them leaves unanswered costs ten more.
_SETTLE_SECONDS = 120
# Between two looks at the directories: one look is a circuit to each relay,
# which is a burden. Before a node says that a descriptor is as it should be,
# only every so many looks are taken.
_LOOK_SECONDS = 0.3
_VAIN_LOOKS = 10
# Relays that store one descriptor: two replicas, four relays each.
COPIES = 8


class Cluster:
    """Nodes that serve one onion service on `network`.

    The name prefixes the nodes' names. `options` are per service torrc lines
    of every node. Unless `fast`, the times are those that users have, and
    what follows a node's end takes minutes.
    """

    def __init__(self, network, name, options=(), fast=True):
        self.network = network
        self.name = name
        self.options = (FAST if fast else []) + list(options)
        self.key = keys.OnionKey()
        self.token = keys.new_token()
        self.nodes = []
        self._made = 0
        self._owners = {}

    @property
    def address(self):
        """The service's address without ".onion"."""
        return self.key.address

    @property
    def hostname(self):
        """The service's address."""
        return self.key.hostname

    @property
    def running(self):
        """The nodes that run now and do not hang."""
        return [node for node in self.nodes
                if node.running and not node.paused]

    def start(self, count):
        """Start `count` nodes that all know each other."""
        self.connect([self.new_node() for _ in range(count)])
        return self

    def connect(self, nodes, clocks=None):
        """Start new `nodes` that all know each other.

        `clocks` maps a node to the seconds that its clock is ahead.
        """
        for node in nodes:
            add_peers(node, nodes)
            node.start(clock=(clocks or {}).get(node, 0))

    def new_node(self, token=None, key=None, options=(), keyless=False):
        """Return a further node, not started, that knows no peer.

        Its priority follows the order of creation: the first node is the
        first candidate. `token` and `key` are the cluster's own where not
        given; a node with others is no member and not in `nodes`.
        """
        self._made += 1
        directory, lines = self.network.common(
            "%s%d" % (self.name, self._made))
        priority = "HiddenServiceBalancePriority %d" % (10 * self._made)
        node = Node(directory, binaries.balanced_tor(), lines,
                    key or self.key, token or self.token,
                    self.options + [priority] + list(options), keyless)
        self.network.add(node)
        if token is None and key is None:
            self.nodes.append(node)
        return node

    def add_node(self, options=(), keyless=False):
        """Start a further node that knows the running ones; return it."""
        known = self.running
        node = self.new_node(options=options, keyless=keyless)
        add_peers(node, known)
        node.start()
        return node

    def join_node(self, options=()):
        """Start a further node that asks the service's address; return it."""
        node = self.new_node(options=["HiddenServiceBalanceJoin 1", *options])
        node.start()
        return node

    def close_channels(self):
        """Close the circuits of all channels between running nodes."""
        addresses = {node.key.address for node in self.nodes}
        for node in self.running:
            node.close_circuits("HS_CLIENT_", addresses)
            node.close_circuits("HS_SERVICE_REND", addresses)

    def publishers(self):
        """Return the running nodes that hold the publisher's role."""
        return [node for node in self.running
                if node.status().get("ROLE") == "PUBLISHER"]

    def standbys(self):
        """Return the running nodes that do not."""
        publishers = self.publishers()
        return [node for node in self.running if node not in publishers]

    def wait_publisher(self, seconds=_SETTLE_SECONDS):
        """Return the publisher as soon as there is exactly one."""
        def only():
            publishers = self.publishers()
            return publishers[0] if len(publishers) == 1 else None
        return wait.until(only, seconds, "one publisher", self.explain)

    def owners(self):
        """Return {authentication key: node name} of every point ever seen."""
        for node in self.running:
            for points in node.own_points().values():
                self._owners.update((key, node.name) for key in points)
        return self._owners

    def forget_points(self):
        """From now on count no points of nodes' earlier lives."""
        self._owners.clear()

    def counted(self, descriptor):
        """Return how many points of `descriptor` each node owns."""
        return descriptor.by_owner(self.owners())

    def held_by_directories(self, client):
        """Return the Descriptor of every directory that has one.

        They are those of the period in which `client` lives.
        """
        texts = client.fetch_texts(self.address, [
            relay.fingerprint for relay in self.network.relays]).values()
        read = {text: Descriptor(text, self.address) for text in set(texts)}
        return [read[text] for text in texts]

    def wait_points(self, client, expected, seconds=_SETTLE_SECONDS):
        """Wait until every directory has a descriptor with these points.

        `expected` maps node names to numbers of points.
        """
        seen = []
        turns = itertools.cycle(range(_VAIN_LOOKS))

        def all_have_them():
            if not self._is_claimed(client.period(), expected) and next(turns):
                return False
            seen[:] = [dict(self.counted(descriptor))
                       for descriptor in self.held_by_directories(client)]
            return seen == [expected] * COPIES
        wait.until(
            all_have_them, seconds, "points %s" % expected,
            lambda: "in period %s the directories have: %s\n%s" % (
                client.period(), seen, self.explain()), _LOOK_SECONDS)

    def _is_claimed(self, period, expected):
        """Return True iff a node says that a descriptor has these points."""
        return any(expected == Counter(row["NODE"] for row in
                                       node.intro_points()
                                       if int(row["PERIOD"]) == period)
                   for node in self.running)

    def wait_settled(self, client, points=3, seconds=_SETTLE_SECONDS):
        """Wait until each running node has `points` in every descriptor."""
        return self.wait_points(
            client, {node.name: points for node in self.running}, seconds)

    def periods(self):
        """Return {"CURRENT": period, "NEXT": period} of the publisher."""
        return {row["DESC"]: int(row["PERIOD"])
                for row in self.wait_publisher().intro_points()}

    def fetch_both(self):
        """Return {"CURRENT": (period, Descriptor), "NEXT": ...}.

        Each is fetched by a client that lives in the descriptor's period;
        None instead of a Descriptor where it gets none, or where the client
        has moved on to another period meanwhile.
        """
        source = self.wait_publisher()
        both = {}
        for which, period in self.periods().items():
            client = self.network.client_of(period, which == "CURRENT",
                                            source)
            descriptor = client.fetch(self.address)
            if client.period() != period:
                descriptor = None
            both[which] = period, descriptor
        return both

    def wait_both(self, is_right, seconds=_SETTLE_SECONDS):
        """Return fetch_both() as soon as all is_right(period, Descriptor).

        Both are of the present then: no rotation came in between.
        """
        seen = {}

        def both_are_right():
            seen.clear()
            seen.update(self.fetch_both())
            return len(seen) == 2 and all(
                one and is_right(period, one) for period, one
                in seen.values()) and self.periods() == {
                    which: period for which, (period, _) in seen.items()}
        wait.until(both_are_right, seconds, "both descriptors as expected",
                   lambda: "%s\n%s" % (
                       {which: (period, one and dict(self.counted(one)))
                        for which, (period, one) in seen.items()},
                       self.explain()), _LOOK_SECONDS)
        return seen

    def wait_both_complete(self, points=3, seconds=_SETTLE_SECONDS):
        """Wait until each running node has `points` in both descriptors.

        Return what fetch_both() returns.
        """
        expected = {node.name: points for node in self.running}
        return self.wait_both(
            lambda _, one: self.counted(one) == expected, seconds)

    def wait_stored(self, client, seconds=_SETTLE_SECONDS):
        """Wait until all directories have the same descriptor."""
        def same():
            revisions = [descriptor.revision for descriptor
                         in self.held_by_directories(client)]
            return len(revisions) == COPIES and len(set(revisions)) == 1
        wait.until(same, seconds, "one descriptor at %d relays" % COPIES,
                   self.explain, _LOOK_SECONDS)

    def uploads(self, node, since=0.0):
        """Return the uploads of the service's descriptor that tor reports."""
        return node.events("HS_DESC", "UPLOAD", self.address, since=since)

    def uploads_as_standby(self, node):
        """Return the uploads that `node` began without being publisher.

        It may have been publisher before: where the processors are busy, the
        first candidate waits in vain to hear of the others at first.
        """
        is_publisher, wrong = False, []
        for event in node.events():
            if event.is_a("HS_BALANCE", "ROLE", self.address):
                is_publisher = event.fields["ROLE"] == "PUBLISHER"
            elif not is_publisher and (
                    event.is_a("HS_DESC", "UPLOAD", self.address)
                    or event.is_a("HS_BALANCE", "UPLOAD", self.address,
                                  RESULT="SENT")):
                wrong.append(event)
        return wrong

    def explain(self):
        """Return the state of all nodes for a failure message."""
        return "\n".join(node.explain() for node in self.nodes)

    def stop(self):
        """End all nodes and their backends."""
        for node in self.nodes:
            node.retire()


def add_peers(node, peers):
    """Write the other `peers` into the configuration of `node`."""
    node.lines += ["HiddenServiceBalancePeer " + peer.key.hostname
                   for peer in peers if peer is not node]

"""python3 -m testnet.bench_failover: how fast a cluster reacts, with the
product's default options.

Every time ends when directories have accepted both descriptors, as tor
reports for each of them. Beside it, on the same network, what of this
Onionbalance does.
"""
import argparse
import json
import os
import statistics
import sys
import time

from . import onionbalance, plot, process, wait
from .cluster import COPIES, Cluster
from .network import Network
from .traffic import Visitors, failed

_LIMIT = 120
# Heartbeat timeout and takeover grace are 120 seconds together.
_SILENCE_LIMIT = 240
# Onionbalance's testing mode insists on this many seconds.
_INTERVAL = 20
_REST = 3
# So long after a node hangs, so many clients ask that never did before.
_HANG_SECONDS = 60
_FRESH_CLIENTS = 6


class Measured:
    """Seconds of each trial, by the name of what was measured."""

    def __init__(self):
        self.seconds = {}

    def add(self, name, seconds):
        """Add one trial."""
        self.seconds.setdefault(name, []).append(round(seconds, 2))
        print("%-52s %6.2f s" % (name, seconds), file=sys.stderr, flush=True)

    def rows(self):
        """Return (name, number, median, worst) of all."""
        return [(name, len(all_), statistics.median(all_), max(all_))
                for name, all_ in self.seconds.items()]


def periods(node):
    """Return the time periods of the two descriptors of a node."""
    return {row["PERIOD"] for row in node.intro_points()}


def accepted(cluster, since, nodes, limit=_LIMIT):
    """Wait until directories accepted both descriptors with `nodes` nodes.

    Return when that was: the time of the last answer. Where a time period
    begins meanwhile, only the descriptor counts that was there before and
    still is: the one for the new period waits until all nodes have begun it.
    """
    before = {node.name: periods(node) for node in cluster.running}

    def find():
        for node in cluster.running:
            now = periods(node)
            # A node that only just started has no points at first.
            awaited = before[node.name] & now or now
            merged = node.balance_events("MERGE", since, NODES=nodes,
                                         POINTS=3 * nodes)
            if len(now) < 2 or not awaited <= {
                    event.fields["PERIOD"] for event in merged}:
                continue
            answers = node.events("HS_DESC", "UPLOADED", cluster.address,
                                  since=merged[0].at)
            needed = COPIES * len(awaited)
            if len(answers) >= needed:
                return answers[needed - 1].at
        return None
    return wait.until(find, limit, "uploads of %d nodes" % nodes,
                      cluster.explain)


def has_own_points(node):
    """Return True iff a node has its three points for both descriptors."""
    points = node.own_points()
    return len(points) == 2 and all(len(keys) == 3 for keys in
                                    points.values())


def restart(cluster, node, measured):
    """Start a node again and measure until its points are accepted."""
    begun = time.monotonic()
    node.start()
    wait.until(lambda: has_own_points(node), _LIMIT, "own points",
               cluster.explain)
    ready = time.monotonic()
    done = accepted(cluster, begun, 3)
    measured.add("start of a node: its points accepted", done - begun)
    measured.add("own circuits ready: its points accepted",
                 max(0.0, done - ready))


def trial(cluster, measured, client):
    """Kill the publisher, kill a standby, let one hang; bring each back."""
    publisher = cluster.wait_publisher()
    killed = time.monotonic()
    publisher.kill()
    measured.add("SIGKILL of the publisher: successor's descriptor accepted",
                 accepted(cluster, killed, 2) - killed)
    time.sleep(_REST)
    restart(cluster, publisher, measured)
    cluster.wait_settled(client)
    victim = cluster.standbys()[0]
    killed = time.monotonic()
    victim.kill()
    measured.add("SIGKILL of a standby: descriptor without it accepted",
                 accepted(cluster, killed, 2) - killed)
    time.sleep(_REST)
    restart(cluster, victim, measured)
    cluster.wait_settled(client)
    victim = cluster.standbys()[0]
    stopped = time.monotonic()
    victim.pause()
    measured.add("SIGSTOP of a standby: descriptor without it accepted",
                 accepted(cluster, stopped, 2) - stopped)
    resumed = time.monotonic()
    victim.resume()
    measured.add("SIGCONT of a standby: its points accepted",
                 accepted(cluster, resumed, 3) - resumed)
    cluster.wait_settled(client)


def silence(cluster, measured, client):
    """Let the publisher hang: only its heartbeats are missing."""
    victim = cluster.wait_publisher()
    stopped = time.monotonic()
    victim.pause()
    measured.add(
        "SIGSTOP of the publisher: successor's descriptor accepted",
        accepted(cluster, stopped, 2, _SILENCE_LIMIT) - stopped)
    victim.resume()
    cluster.wait_settled(client)


def hang(cluster, clients, client):
    """Let a standby hang; return what came of requests by fresh clients.

    They are those begun within a minute after that; the requests themselves
    may take longer.
    """
    victim = cluster.standbys()[0]
    with Visitors(clients, cluster.hostname) as visitors:
        wait.until(lambda: len(visitors.replies) >= len(clients), _LIMIT,
                   "a visit of each client", cluster.explain)
        stopped = time.monotonic()
        victim.pause()
        time.sleep(_HANG_SECONDS)
    victim.resume()
    cluster.wait_settled(client)
    begun = [reply for reply in visitors.replies
             if 0 <= reply.begun - stopped < _HANG_SECONDS]
    return {"requests": len(begun), "failed": len(failed(begun))}


def print_table(rows):
    """Print a row of numbers for each name."""
    print("%-56s %6s %8s %8s" % ("seconds", "trials", "median", "worst"))
    for name, count, median, worst in rows:
        print("%-56s %6d %8.2f %8.2f" % (name, count, median, worst))


def main():
    """Run the trials and print what came of them."""
    parser = argparse.ArgumentParser(
        prog="bench-failover", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--no-onionbalance", action="store_true")
    parser.add_argument("--output", default="build/bench")
    options = parser.parse_args()
    process.exit_on_sigterm()
    os.makedirs(options.output, exist_ok=True)
    measured = Measured()
    network = Network(interval=_INTERVAL)
    try:
        network.boot()
        client = network.add_client("client")
        client.wait_ready()
        cluster = Cluster(network, "bench", fast=False).start(3)
        cluster.wait_settled(client)
        for _ in range(options.trials):
            trial(cluster, measured, client)
        silence(cluster, measured, client)
        fresh = [network.add_client("fresh%d" % number)
                 for number in range(_FRESH_CLIENTS)]
        hung = hang(cluster, fresh, client)
        cluster.stop()
        if not options.no_onionbalance:
            onionbalance.measure(network, measured, client)
    finally:
        network.remove()
    rows = measured.rows()
    with open(os.path.join(options.output, "failover.json"), "w") as file:
        json.dump({"seconds": measured.seconds, "hang": hung}, file, indent=1)
    plot.strips(measured.seconds, "seconds",
                os.path.join(options.output, "failover.svg"))
    print(json.dumps({"seconds": {
        name: {"trials": count, "median": median, "worst": worst}
        for name, count, median, worst in rows}, "hang": hung}))
    print_table(rows)
    print("%(failed)d of %(requests)d requests failed that fresh clients "
          "began in the minute after a standby hung" % hung)
    return 0


if __name__ == "__main__":
    sys.exit(main())

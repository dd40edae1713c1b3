"""The demonstration: one onion service on three machines, one of which dies.

Everything runs on this computer, in a Tor network of its own. Exit status 0
means that every statement printed is true.
"""
import argparse
import os
import signal
import sys
import time

from . import binaries, process, wait
from .cluster import COPIES, Cluster
from .network import Network
from .report import Report
from .traffic import (
    NOTICED_SECONDS, SHARE, Traffic, answered_by, failed, fair_burst, is_fair)

_NODES = 3
_POINTS = 3
_REQUESTS = 60
_REQUESTS_AFTER = 10
# Eight minute time periods: none of them begins twice within a demonstration.
_INTERVAL = 20
_GONE_SECONDS = 60


class Demo:
    """One run of the demonstration."""

    def __init__(self):
        self.report = Report()
        self.network = None
        self.cluster = None
        self.client = None
        self.observer = None

    def run(self):
        """Show everything; return True iff all of it was true."""
        self.start()
        self.show_descriptors()
        self.show_distribution()
        self.show_failover()
        self.report.table()
        return not self.report.failures

    def start(self):
        """Start the network, the nodes and a client."""
        report = self.report
        report.step("Starting a Tor network on this machine")
        self.network = Network(interval=_INTERVAL,
                               client_binary=binaries.balanced_tor())
        self.network.boot()
        report.step("The network runs: %d relays, %d of them authorities" % (
            len(self.network.relays), len(self.network.authorities)))
        self.cluster = Cluster(self.network, "node").start(_NODES)
        self.client = self.network.add_client("client")
        # Who asks for descriptors, so that no request loses the one it uses.
        self.observer = self.network.add_client("observer")
        report.step("Started %d nodes that share one onion service key"
                    % _NODES)
        self.client.wait_ready()
        self.observer.wait_ready()
        publisher = self.cluster.wait_publisher()
        report.step("They agreed: %s publishes the descriptor"
                    % publisher.name)
        report.detail("http://%s/" % self.cluster.hostname)

    def show_descriptors(self):
        """Show that both descriptors hold every node's points."""
        cluster, report = self.cluster, self.report
        cluster.wait_settled(self.observer, _POINTS)
        report.step("A client fetched the descriptor from all %d relays that "
                    "keep it, of %d" % (COPIES, len(self.network.relays)))
        expected = {node.name: _POINTS for node in cluster.nodes}
        complete = cluster.wait_both_complete(_POINTS)
        for which, (period, descriptor) in complete.items():
            counts = dict(cluster.counted(descriptor))
            report.check(counts == expected, "%s, time period %d: %s" % (
                which.lower(), period, _points(counts)))
        report.row("points before the kill", _points(expected))

    def show_distribution(self):
        """Show that every node answers its share of requests."""
        report = self.report
        report.step("Sending %d requests, each through circuits of its own"
                    % _REQUESTS)
        names = [node.name for node in self.cluster.nodes]
        replies = fair_burst([self.client], self.cluster.hostname, names,
                             _REQUESTS)
        counts = answered_by(replies)
        report.bars(counts, names)
        report.check(not failed(replies), "all requests were answered")
        report.check(is_fair(replies, names),
                     "each node answered between %d %% and %d %% of %d"
                     % (*(100 * share for share in SHARE), len(replies)))
        report.row("requests before the kill", _numbers(counts, names))

    def show_failover(self):
        """Kill the publisher, and show that nobody notices."""
        cluster, report = self.cluster, self.report
        victim = cluster.wait_publisher()
        with Traffic([self.client], cluster.hostname) as traffic:
            report.step("Killing %s, the publisher, while requests go on"
                        % victim.name)
            begun = time.monotonic()
            victim.kill()
            killed = time.monotonic()
            self._show_takeover(victim, begun, killed)
            self._show_removal(victim, killed)
            traffic.wait_sent(_REQUESTS_AFTER)
        self._show_traffic(traffic, killed, victim)

    def _show_takeover(self, victim, begun, killed):
        """Wait for the new publisher; the kill lasted from begun to killed."""
        def event():
            return [found for node in self.cluster.running
                    for found in node.balance_events(
                        "ROLE", since=begun, ROLE="PUBLISHER")]
        took = wait.until(event, _GONE_SECONDS, "a takeover",
                          self.cluster.explain)[0]
        heir = self.cluster.wait_publisher()
        seconds = took.at - killed
        self.report.step("%s took over, %.1f s after the kill" % (
            heir.name, seconds))
        self.report.check(heir is not victim, "there is one publisher again")
        self.report.row("takeover after", "%.1f s (%s)" % (
            seconds, took.fields.get("REASON", "no reason given")))

    def _show_removal(self, victim, killed):
        """Wait until no relay hands out the dead node's points."""
        counts = {node.name: _POINTS for node in self.cluster.running}
        self.cluster.wait_points(self.observer, counts, _GONE_SECONDS)
        seconds = time.monotonic() - killed
        self.report.step("The dead node's introduction points are gone")
        self.report.check(victim.name not in counts,
                          "a client that fetches now gets " + _points(counts))
        self.report.row("points after the kill", _points(counts))
        self.report.row("dead points gone after", "%.1f s" % seconds)

    def _show_traffic(self, traffic, killed, victim):
        """Show what became of the requests sent meanwhile."""
        early = traffic.begun_within(killed)
        begun = traffic.begun_after(killed)
        lost = failed(begun)
        counts = answered_by(begun)
        names = [node.name for node in self.cluster.running]
        self.report.step("%d requests were begun %d s after the kill or later"
                         % (len(begun), NOTICED_SECONDS))
        self.report.detail("%d were begun before, while the relays noticed; "
                           "%d of these failed" % (
                               len(early), len(failed(early))))
        self.report.bars(counts, names)
        self.report.check(begun and not lost, "none of them failed")
        self.report.check(not counts[victim.name],
                          "none of them reached the dead node")
        self.report.row("requests after the kill", _numbers(counts, names))
        self.report.row("of these failed", len(lost))

    def keep(self):
        """Leave everything running until Ctrl-C."""
        print("Still running. Try, in another terminal:\n\n  curl "
              "--socks5-hostname 127.0.0.1:%d http://%s/\n\nCtrl-C ends it."
              % (self.client.socks_port, self.cluster.hostname), flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print()

    def explain(self, text):
        """Say what was not reached in time; the details go to a file."""
        summary, _, details = text.partition("\n")
        path = os.path.join(self.network.directory, "details")
        with open(path, "w") as file:
            file.write(details)
        self.report.check(False, "%s (details: %s)" % (summary, path))

    def clean(self, success):
        """Stop everything; keep the logs of a failure."""
        if self.network is None:
            return
        if success:
            self.network.remove()
        else:
            self.network.stop()
            print("Logs: " + self.network.directory, flush=True)


def _points(counts):
    """Return "9 introduction points (node1 3, ...)"."""
    return "%d introduction points (%s)" % (
        sum(counts.values()), _numbers(counts, sorted(counts)))


def _numbers(counts, names):
    """Return "node1 20, node2 21, node3 19"."""
    return ", ".join("%s %d" % (name, counts[name]) for name in names)


def main():
    """Run the demonstration; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--keep", action="store_true",
                        help="leave it running until Ctrl-C")
    options = parser.parse_args()
    process.exit_on_sigterm()
    demo = Demo()
    success = False
    try:
        success = demo.run()
        if options.keep:
            demo.keep()
    except KeyboardInterrupt:
        print("\nInterrupted.")
    except TimeoutError as error:
        demo.explain(str(error))
    finally:
        demo.clean(success)
    print("All of this was true." if success else "Something was not true.")
    return 0 if success else 1


if __name__ == "__main__":
    sys.exit(main())

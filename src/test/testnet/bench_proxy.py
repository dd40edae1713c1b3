"""python3 -m testnet.bench_proxy: what it costs to forward an onion service.

Five ways to the same web server, on one network and with one client: the stock
onion service itself; stock tor in front of it, with socat and SOCKS; and our
node in front of it, in each of its modes. What is measured is measured for all
ways one after the other, and then again, so that whatever else the machine
does befalls all of them.
"""
import argparse
import json
import math
import os
import resource
import statistics
import sys
import time

from . import load, plot, process, usage
from .comparison import (BUSY, CONNECTIONS, CPU, FOUR, IDLE, ONE, P50, P95,
                         PROCESSORS, SIXTEEN, SPEED, Comparison)
from .network import Network
from .ways import Ways

# No new consensus and no new time period while we measure, as a rule; relays
# must keep the one that there is.
_INTERVAL = 1800
_KEEP = {"MaxConsensusAgeForDiffs": "%d seconds" % (3 * _INTERVAL)}
# Beside the authorities, which are in no circuit. From a client to a service
# there are six relays; with fewer than these, each circuit would meet one of
# them twice. The more there are, the more of the processors they take, and the
# less it matters what is in front of the service.
_RELAYS = 9
_BYTES_PER_MB = 1000000
_SMALL, _SMALL_BYTES = "/small", 1000
_LARGE, _QUARTER = "/large", "/quarter"
# Small requests on each of so many circuits, with so many sets of guards.
_REQUESTS, _CIRCUITS, _DRAWS = 25, 4, 4
_CONNECTIONS, _VISITORS = 200, 8
_PARALLEL = {ONE: 1, FOUR: 4, SIXTEEN: 16}
# Streams that idle: the first fill what memory is left over in a process.
_IDLE_BEFORE, _IDLE = 150, 350
_IDLE_USERS = 4
_REST = 2


class Bench:
    """All ways, the client that compares them, and what it found."""

    def __init__(self, network, client, megabytes):
        self.client = client
        self.size = megabytes * _BYTES_PER_MB
        self.comparison = Comparison()
        self.ways = Ways(network, client, {
            _SMALL[1:]: _SMALL_BYTES, _LARGE[1:]: self.size,
            _QUARTER[1:]: self.size // 4})

    def memory(self, way):
        """Measure streams that idle, and while they do others that don't."""
        users = ["idle%d" % number for number in range(_IDLE_USERS)]
        busy = ["busy%d" % number for number in range(_PARALLEL[SIXTEEN])]
        load.warm(self.client, way, users + busy, _SMALL)
        held = []
        try:
            levels = []
            for count in (_IDLE_BEFORE, _IDLE):
                held += load.hold(self.client, way, users, _SMALL, count)
                time.sleep(_REST)
                levels.append(usage.memory(way.pids))
            with usage.Peak(way.pids) as peak:
                load.download(self.client, way, busy, _QUARTER,
                              self.size // 4)
        finally:
            for sock in held:
                sock.close()
        self.comparison.add(IDLE, way.name,
                            (levels[1] - levels[0]) / _IDLE / 1024)
        self.comparison.add(BUSY, way.name,
                            (peak.bytes - levels[1]) / len(busy) / 1024)

    def round(self, number):
        """Measure all else once for each way, on new circuits."""
        self._small("small%d" % number)
        users = ["round%d-%d" % (number, index)
                 for index in range(_PARALLEL[SIXTEEN])]
        for way in self.ways:
            load.warm(self.client, way, users, _SMALL)
        for what in (ONE, None, FOUR, SIXTEEN):
            for way in self.ways:
                if what:
                    self._download(way, what, users)
                else:
                    self.comparison.add(CONNECTIONS, way.name, load.connect(
                        self.client, way, users[:_VISITORS], _SMALL,
                        _CONNECTIONS))

    def _download(self, way, what, users):
        """Measure one download, or several at the same time."""
        users = users[:_PARALLEL[what]]
        path, size = ((_QUARTER, self.size // 4) if what == SIXTEEN else
                      (_LARGE, self.size))
        before = usage.cpu_seconds(way.pids)
        busy, idle = usage.processor_seconds()
        speed = load.download(self.client, way, users, path, size)
        used = usage.cpu_seconds(way.pids) - before
        busy, idle = (after - earlier for after, earlier in zip(
            usage.processor_seconds(), (busy, idle)))
        self.comparison.add(SPEED[what], way.name, speed)
        self.comparison.add(
            CPU[what], way.name,
            1000 * used / (len(users) * size / _BYTES_PER_MB))
        self.comparison.add(PROCESSORS[what], way.name,
                            100 * busy / (busy + idle))

    def _small(self, prefix):
        """Measure small requests, one after the other on a stream, of users
        whose names begin with `prefix`.

        A relay sends at most once in some milliseconds, so the same request
        takes a multiple of these, which depends on how often the circuits
        meet the same relay, and on whose guards are whose. Hence the mean over
        several circuits with each of several sets of guards.
        """
        streams = {way.name: [] for way in self.ways}
        for draw in range(_DRAWS):
            users = ["%s-%d-%d" % (prefix, draw, index)
                     for index in range(_CIRCUITS)]
            self.client.drop_guards()
            self.ways.renew()
            for way in self.ways:
                load.warm(self.client, way, users, _SMALL)
            for way in self.ways:
                streams[way.name] += [sorted(load.latencies(
                    self.client, way, user, _SMALL, _REQUESTS))
                                      for user in users]
        for what, share in (P50, 0.5), (P95, 0.95):
            place = math.ceil(share * _REQUESTS) - 1
            for name, times in streams.items():
                self.comparison.add(what, name, 1000 * statistics.mean(
                    seconds[place] for seconds in times))


def write(comparison, rounds, megabytes, output):
    """Write all numbers and draw them; print those in the middle."""
    found = {"rounds": rounds, "megabytes": megabytes,
             "medians": comparison.medians(), "ratios": comparison.ratios()}
    with open(os.path.join(output, "proxy.json"), "w") as file:
        json.dump({**found, "values": comparison.values}, file, indent=1)
    plot.panels(comparison.values, os.path.join(output, "proxy.svg"))
    print(json.dumps(found))
    comparison.print_tables()


def main():
    """Run the rounds and print what came of them."""
    parser = argparse.ArgumentParser(
        prog="bench-proxy", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=20, metavar="MB")
    parser.add_argument("--output", default="build/bench")
    options = parser.parse_args()
    process.exit_on_sigterm()
    os.makedirs(options.output, exist_ok=True)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    network = Network(interval=_INTERVAL, relays=_RELAYS)
    bench = None
    try:
        for relay in network.relays:
            relay.set_options(**_KEEP)
        network.boot()
        client = network.add_client("client")
        client.wait_ready()
        bench = Bench(network, client, options.size)
        for number in range(options.rounds):
            bench.round(number)
        # Last: many streams at a time leave relays with memory in pieces,
        # which makes them slower for the rest of their lives.
        for way in bench.ways:
            bench.memory(way)
    finally:
        if bench:
            bench.ways.stop()
        network.remove()
    write(bench.comparison, options.rounds, options.size, options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())

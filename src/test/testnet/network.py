"""Authorities and relays: a whole private Tor network.

Two tricks make it start within seconds and every time, however busy the
machine is:

* The authorities do not vote before all of them know every relay; then their
  schedule is moved so that they vote at once. With a fixed schedule the first
  vote may miss relays, and the next one is far away.
* Once there is a consensus, every relay is told to reload, which resets its
  download delays, until all know the whole network. A client that asks a relay
  which knows nothing yet would wait ten seconds before asking again.
"""
import os
import re
import shutil
import tempfile
import time

from . import binaries, consensus, torrc, wait
from .client import Client
from .period import Schedule
from .ports import free_port
from .relay import Relay, authority_line, make_authority_keys

# The bandwidth of every relay, in kilobytes per second.
_BANDWIDTH = 1000
# Seconds until the first vote, for the authorities to hear of it.
_VOTE_IN = 1
_MEET_SECONDS = 60
_CONSENSUS_SECONDS = 60
_KICK_SECONDS = 60
_KICK_EVERY = 1.0
_CONSENSUS = "dir/status-vote/current/consensus-microdesc"


class Network:
    """A network of `authorities` + `relays`, all of them HSDirs.

    `interval` is the time between consensuses in seconds and decides the
    length of an onion service's time period: see period.py. Clients run
    `client_binary`, an unmodified tor where not told otherwise. There is no
    exit; with a `nameserver` there is one, which resolves names there.
    """

    def __init__(self, directory=None, authorities=3, relays=24, interval=10,
                 client_binary=None, nameserver=None):
        self.directory = directory or tempfile.mkdtemp(prefix="testnet-")
        os.makedirs(self.directory, 0o700, exist_ok=True)
        self.schedule = Schedule(interval)
        self.client_binary = client_binary or binaries.stock_tor()
        self.relays = []
        self.others = []
        self._authority_lines = []
        self._bandwidths = os.path.join(self.directory, "bandwidths")
        self._geoip = os.path.join(self.directory, "empty")
        with open(self._geoip, "w"):
            pass
        self._make_authorities(authorities)
        self._make_relays(relays)
        if nameserver:
            self._make_exit(nameserver)

    def boot(self):
        """Start everything; return when a client could start at once."""
        for relay in self.relays:
            relay.start()
        for authority in self.authorities:
            wait.until(lambda: self._is_met(authority.control), _MEET_SECONDS,
                       "all relays at " + authority.name, authority.log_tail)
        self._write_bandwidths()
        self._vote()
        authority = self.relays[0]
        wait.until(lambda: self._is_complete(authority.control),
                   _CONSENSUS_SECONDS, "a consensus that lists all relays",
                   authority.log_tail)
        self._kick()

    def stop(self):
        """End every process of the network."""
        for tor in self.others + self.relays:
            if tor.running:
                tor.kill()

    def remove(self):
        """Stop, and delete everything on disk."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def common(self, name):
        """Make a directory for a tor `name`; return it and torrc lines."""
        directory = os.path.join(self.directory, name)
        os.makedirs(directory, 0o700, exist_ok=True)
        return directory, torrc.common(directory, self._geoip,
                                       self._authority_lines)

    def add(self, tor):
        """Take `tor` in, so that stop() ends it too; return it."""
        self.others.append(tor)
        return tor

    def add_client(self, name, at=None, source=None):
        """Start a client that lives now, or in the time `at`.

        In the latter case it gets the consensus that the tor `source` has,
        with another date.
        """
        directory, lines = self.common(name)
        client = self.add(Client(directory, self.client_binary, lines,
                                 free_port(), self.schedule))
        if at is not None:
            self._write_consensus(directory, source, at)
        client.start()
        return client

    def client_of(self, period, first, source):
        """Return a client that fetches descriptors of `period`.

        `first` tells whether that is the first of the two descriptors that
        the service holds now. `source` is a tor whose view of the network is
        right, such as the service's own. The client lives on: as soon as it
        gets a later consensus, it is in another period.
        """
        name = "period%d-%d" % (period, 1 if first else 2)
        for client in self.others:
            if client.name == name and client.running:
                if client.period() == period:
                    return client
                client.kill()
        schedule = self.schedule
        at = schedule.as_first(period) if first else schedule.as_second(period)
        client = self.add_client(name, at, source)
        client.wait_ready()
        return client

    def ports(self):
        """Return the ports by which a tor reaches the relays."""
        words = [line.split() for relay in self.relays
                 for line in relay.lines]
        return sorted(int(word[1].rsplit(":", 1)[1]) for word in words
                      if word[0] in ("ORPort", "DirPort"))

    @property
    def authorities(self):
        """The relays that are authorities."""
        return self.relays[:len(self._authority_lines)]

    def _write_consensus(self, directory, source, at):
        """Give a client that starts in `directory` a consensus of `at`."""
        keys = [authority.path("keys") for authority in self.authorities]
        text = consensus.moved(source.control.info(_CONSENSUS), at,
                               self.schedule.interval, keys)
        with open(directory + "/cached-microdesc-consensus", "w") as file:
            file.write(text)
        with open(directory + "/cached-certs", "w") as certificates:
            for authority in keys:
                with open(authority + "/authority_certificate") as file:
                    certificates.write(file.read())

    def _make_authorities(self, count):
        """Create keys and configuration of the authorities."""
        directories = [os.path.join(self.directory, "auth%d" % index)
                       for index in range(count)]
        ports = [(free_port(), free_port()) for _ in directories]
        make_authority_keys({directory: dir_port for directory, (_, dir_port)
                             in zip(directories, ports)})
        self._authority_lines += [
            authority_line(directory, or_port, dir_port)
            for directory, (or_port, dir_port) in zip(directories, ports)]
        for directory, (or_port, dir_port) in zip(directories, ports):
            self._add_relay(os.path.basename(directory), or_port,
                            torrc.authority(dir_port, self._bandwidths,
                                            time.time()))

    def _make_relays(self, count):
        """Create the configuration of the relays."""
        for index in range(count):
            self._add_relay("relay%d" % index, free_port())

    def _make_exit(self, nameserver):
        """Create the configuration of a relay that is an exit."""
        resolv_conf = os.path.join(self.directory, "resolv.conf")
        with open(resolv_conf, "w") as file:
            file.write("nameserver 127.0.0.1:%d\n" % nameserver.port)
        self._add_relay("exit", free_port(), resolv_conf=resolv_conf)

    def _add_relay(self, name, or_port, more=(), resolv_conf=None):
        """Create one relay."""
        directory, lines = self.common(name)
        self.relays.append(Relay(directory, lines, or_port, more,
                                 resolv_conf))

    def _write_bandwidths(self):
        """Tell the authorities that all relays are equally fast.

        By their own word most have no bandwidth at all, and if just one has
        some, everybody picks it for every place in a circuit.
        """
        lines = ["%d" % time.time()]
        lines += ["node_id=$%s bw=%d" % (relay.fingerprint, _BANDWIDTH)
                  for relay in self.relays]
        with open(self._bandwidths, "w") as file:
            file.write("\n".join(lines) + "\n")

    def _is_met(self, control):
        """Return True iff an authority has every relay's descriptor."""
        known = re.findall(r"(?m)^router ", control.info("desc/all-recent"))
        return len(known) == len(self.relays)

    def _vote(self):
        """Have the authorities vote now."""
        options = torrc.vote_at(time.time() + _VOTE_IN,
                                self.schedule.interval)
        for authority in self.authorities:
            authority.set_options(**options)
            authority.reload()

    def _is_complete(self, control):
        """Return True iff a consensus has every relay, as an HSDir."""
        flags = re.findall(r"(?m)^s (.*)$", control.info("ns/all"))
        return len([line for line in flags
                    if "HSDir" in line and "Running" in line]
                   ) == len(self.relays)

    def _is_ready(self, control):
        """Return True iff a tor can use every relay."""
        return (control.info("status/enough-dir-info") == "1"
                and self._is_complete(control))

    def _kick(self):
        """Make every relay learn the whole network now."""
        pending = list(self.relays)
        last = 0.0

        def settled():
            nonlocal last
            if time.monotonic() - last > _KICK_EVERY:
                last = time.monotonic()
                for relay in pending:
                    relay.control.command("SIGNAL RELOAD")
            pending[:] = [relay for relay in pending
                          if not self._is_ready(relay.control)]
            return not pending
        wait.until(settled, _KICK_SECONDS, "relays that know the network",
                   lambda: pending[0].log_tail())

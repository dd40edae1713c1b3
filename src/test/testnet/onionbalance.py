"""Onionbalance on the same network, for comparison.

Debian's package; its testing mode has shorter timers than its normal one.
"""
import os
import signal
import time

from . import keys, process, torrc, wait
from .backend import Backend
from .tor import Tor

_PROGRAM = "/usr/sbin/onionbalance"
_LISTED_SECONDS = 300
_GONE_SECONDS = 900
_POLL_SECONDS = 6
_BACKENDS = 3


class Instance(Tor):
    """A backend: an ordinary onion service that knows its frontend."""

    def __init__(self, network, name, master):
        directory, lines = network.common(name)
        own = os.path.join(directory, "hs")
        self.key = keys.OnionKey()
        self.backend = Backend(name)
        super().__init__(directory, network.client_binary,
                         lines + torrc.service(own, self.backend.port, [
                             "HiddenServiceOnionBalanceInstance 1"]))
        self.key.write(own)
        with open(os.path.join(own, "ob_config"), "w") as file:
            file.write("MasterOnionAddress %s\n" % master.hostname)
        network.add(self)


class Onionbalance:
    """The program with its frontend tor and its configuration."""

    def __init__(self, network, client):
        self.network = network
        self.client = client
        self.master = keys.OnionKey()
        self.directory = os.path.join(network.directory, "onionbalance")
        self.master.write(self.directory)
        self.frontend = network.add_client("frontend")
        self.instances = []
        self._owners = {}
        self._child = None

    def add(self):
        """Start a further backend, wait for its descriptor, return it."""
        instance = Instance(self.network, "ob%d" % len(self.instances),
                            self.master)
        instance.start()
        self.instances.append(instance)
        wait.until(lambda: self._learn(instance), _LISTED_SECONDS,
                   "descriptor of " + instance.name, instance.log_tail)
        return instance

    def configure(self):
        """Write the configuration with all backends."""
        lines = ["services:", "- instances:"]
        for one in self.instances:
            lines += ["  - address: " + one.key.hostname,
                      "    name: " + one.name]
        lines.append("  key: hs_ed25519_secret_key")
        with open(os.path.join(self.directory, "config.yaml"), "w") as file:
            file.write("\n".join(lines) + "\n")

    def start(self):
        """Run it."""
        self._child = process.Child(
            [_PROGRAM, "--hs-version", "v3", "--is-testnet", "-v", "info",
             "-s", self.frontend.path("control"),
             "-c", os.path.join(self.directory, "config.yaml")],
            os.path.join(self.directory, "output"))

    def reload(self):
        """Have it read its configuration again."""
        self._child.send(signal.SIGHUP)

    def listed(self):
        """Return the names of the backends in the published descriptor."""
        time.sleep(_POLL_SECONDS)
        descriptor = self.client.fetch(self.master.address)
        if descriptor is None:
            return None
        for instance in self.instances:
            if instance.running:
                self._learn(instance)
        return set(descriptor.by_owner(self._owners))

    def stop(self):
        """End it and all its tors."""
        self._child.kill()
        for tor in self.instances + [self.frontend]:
            if tor.running:
                tor.kill()
        for instance in self.instances:
            instance.backend.stop()

    def _learn(self, instance):
        """Note which points a backend has; return True if it has any."""
        descriptor = self.client.fetch(instance.key.address)
        if descriptor is not None:
            self._owners.update((key, instance.name)
                                for key in descriptor.points)
        return descriptor is not None


def measure(network, measured, client):
    """Measure once what Onionbalance does of what a cluster does."""
    balance = Onionbalance(network, client)
    for _ in range(_BACKENDS):
        balance.add()
    balance.configure()
    balance.start()
    try:
        names = {one.name for one in balance.instances}
        wait.until(lambda: balance.listed() == names, _LISTED_SECONDS,
                   "all backends listed")
        victim = balance.instances[0]
        killed = time.monotonic()
        victim.kill()
        balance.add()
        added = time.monotonic()
        balance.configure()
        balance.reload()
        name = balance.instances[-1].name
        wait.until(lambda: name in (balance.listed() or ()),
                   _LISTED_SECONDS, "the new backend listed")
        measured.add("Onionbalance: new backend listed",
                     time.monotonic() - added)
        wait.until(lambda: victim.name not in (balance.listed() or
                                               {victim.name}),
                   _GONE_SECONDS, "the dead backend gone")
        measured.add("Onionbalance: dead backend gone",
                     time.monotonic() - killed)
    finally:
        balance.stop()

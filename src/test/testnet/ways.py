"""Ways to the pages of one web server, for comparison: its onion service
itself, and other services in front of that."""
import os
import signal

from . import process
from .cluster import Cluster
from .nginx import Nginx
from .ports import free_port
from .target import Target

# Nodes forward another port than the one that leads to their own backend.
_FORWARDED = 8080
_MODES = {"tcp": 80, "http": 80, "https": 443}
# Large pieces, at once, and room for many clients at a time: the defaults are
# slower.
_SOCAT = ["socat", "-b", "65536"]
_LISTEN = "TCP-LISTEN:%d,bind=127.0.0.1,reuseaddr,fork,nodelay,backlog=128"
_CONNECT = "SOCKS4A:127.0.0.1:%s:80,socksport=%d,nodelay"


class Way:
    """Where a client finds the pages: `hostname` and `port` of what `tor`
    serves. `pids` are the processes that are there for this way alone."""

    def __init__(self, name, tor, hostname, port=80, pids=()):
        self.name = name
        self.tor = tor
        self.hostname = hostname
        self.port = port
        self.pids = [tor.pid, *pids]

    def explain(self):
        """Return the end of tor's log."""
        return self.tor.log_tail()


class Ways:
    """All of them on `network`; iterate over them in the order of
    comparison: "stock", "socat", and the modes of our targets."""

    def __init__(self, network, client, files):
        """Start everything; `files` is what the web server has."""
        self._stops = []
        self._ways = []
        try:
            web = Nginx(os.path.join(network.directory, "nginx"), files)
            self._stops.append(web.stop)
            self._target = Target(network, "stock",
                                  {80: web.plain, 443: web.secure})
            self._stops.append(self._target.stop)
            self._ways.append(Way("stock", self._target.tor,
                                  self._target.hostname))
            self._add_socat(network)
            for mode in _MODES:
                self._add_node(network, client, mode)
        except BaseException:
            self.stop()
            raise

    def __iter__(self):
        return iter(self._ways)

    def renew(self):
        """Have all reach the web server's service on new circuits, by way of
        new guards."""
        for way in self._ways:
            way.tor.drop_guards()
            way.tor.close_circuits("HS_CLIENT_REND",
                                   [self._target.key.address])

    def stop(self):
        """End everything."""
        while self._stops:
            self._stops.pop()()

    def _add_socat(self, network):
        """Start an onion service whose backend is socat, which goes on
        through the SOCKS port of the same tor."""
        port, socks_port = free_port(), free_port()
        front = Target(network, "socat", {80: port}, socks_port)
        self._stops.append(front.stop)
        child = process.Child(
            _SOCAT + [_LISTEN % port,
                      _CONNECT % (self._target.hostname, socks_port)],
            front.tor.path("socat"))
        # Its children are in its group.
        self._stops.append(lambda: os.killpg(child.pid, signal.SIGKILL))
        self._ways.append(Way("socat", front.tor, front.hostname,
                              pids=[child.pid]))

    def _add_node(self, network, client, mode):
        """Start a node with a target of this mode."""
        cluster = Cluster(network, mode, [
            "HiddenServiceBalanceTarget %d %s://%s:%d" % (
                _FORWARDED, mode, self._target.hostname, _MODES[mode])],
                          fast=False)
        self._stops.append(cluster.stop)
        cluster.start(1)
        cluster.wait_settled(client)
        self._ways.append(Way(mode, cluster.nodes[0], cluster.hostname,
                              _FORWARDED))

"""What nodes forward to: an unmodified onion service."""
import os

from . import keys, torrc, wait
from .tor import Tor

_SECONDS = 60


class Target:
    """An onion service whose virtual ports lead to ports of this machine;
    `ports` says which, and its first is the one that each service has. With
    a `socks_port` its tor is a client, too."""

    def __init__(self, network, name, ports, socks_port=0):
        self.key = keys.OnionKey()
        directory, lines = network.common(name)
        own = os.path.join(directory, "hs")
        (first, at), *others = ports.items()
        assert first == 80, "the harness gives every service port 80"
        self.tor = network.add(Tor(
            directory, network.client_binary, lines + torrc.service(
                own, at, ["HiddenServicePort %d 127.0.0.1:%d" % other
                          for other in others])))
        if socks_port:
            self.tor.set_options(SocksPort="127.0.0.1:%d" % socks_port)
        self.key.write(own)
        self.tor.start()
        self.tor.control.subscribe("HS_DESC")
        wait.until(lambda: self.tor.control.since(
            0, lambda event: event.is_a("HS_DESC", "UPLOADED")), _SECONDS,
                   "the target's descriptor", self.tor.log_tail)

    @property
    def hostname(self):
        """Its address, with .onion."""
        return self.key.hostname

    def stop(self):
        """End it."""
        if self.tor.running:
            self.tor.kill()

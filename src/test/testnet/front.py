"""Nodes in front of an onion service, with a port for each of its servers."""
import socket
import ssl

from .stream import open_stream
from .target import Target
from .webclient import Connection

_SECONDS = 60
_USUAL = {"http": 80, "https": 443}
# Browsers connect to these ports, and nothing else of ours has them.
_FIRST_PORT = 8001


class Front:
    """A cluster and its target.

    `servers` maps names to pairs: the scheme by which the target is named,
    and the port of this machine where the server is. `make_cluster` is the
    fixture; the cluster has so many `nodes` and these further `options`.
    """

    def __init__(self, network, client, make_cluster, name, servers,
                 nodes=2, options=()):
        self._servers = dict(servers)
        self._ports = {server: _FIRST_PORT + number
                       for number, server in enumerate(self._servers)}
        self._virtual = self._virtual_ports()
        self.target = Target(network, name, {
            self._virtual[server]: port
            for server, (_, port) in self._servers.items()})
        try:
            self.cluster = make_cluster(nodes, [
                "HiddenServiceBalanceTarget %d %s://%s:%d" % (
                    self._ports[server], scheme, self.target.hostname,
                    self._virtual[server])
                for server, (scheme, _) in self._servers.items()]
                + list(options))
            self.cluster.wait_settled(client)
        except BaseException:
            self.target.stop()
            raise

    @property
    def hostname(self):
        """The address of the service."""
        return self.cluster.hostname

    @property
    def secret(self):
        """What no client may see: the target's address without .onion."""
        return self.target.key.address

    def port(self, server):
        """Return the port of the service that leads to a server."""
        return self._ports[server]

    def target_host(self, server):
        """Return by which Host the target is asked."""
        port = self._virtual[server]
        if port == _USUAL.get(self._servers[server][0]):
            return self.target.hostname
        return "%s:%d" % (self.target.hostname, port)

    def origin(self, server):
        """Return what a server is to take for its own address."""
        return "%s://%s" % (self._servers[server][0],
                            self.target_host(server))

    def open(self, client, server, user=None):
        """Return a stream of a client to a server."""
        return open_stream(client, self.hostname, self.port(server),
                           user=user)

    def open_direct(self, server):
        """Return a connection to the server itself, as the target has it."""
        scheme, port = self._servers[server]
        sock = socket.create_connection(("127.0.0.1", port), _SECONDS)
        if scheme != "https":
            return sock
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context.wrap_socket(sock,
                                   server_hostname=self.target.hostname)

    def connect(self, client, server, user=None):
        """Return a connection for a client's requests."""
        return Connection(self.open(client, server, user), "%s:%d" % (
            self.hostname, self.port(server)))

    def connect_direct(self, server):
        """Return a connection for requests to the server itself."""
        return Connection(self.open_direct(server), self.target_host(server))

    def stop(self):
        """End the target; the cluster ends with its fixture."""
        self.target.stop()

    def _virtual_ports(self):
        """Return the port of the target for each server: the usual one of the
        scheme for the first that has it."""
        # Every service of the test network has a port 80.
        first, *others = self._servers
        ports, left = {first: 80}, {"https": 443}
        for server in others:
            ports[server] = left.pop(self._servers[server][0],
                                     self._ports[server])
        return ports

"""The port on which nodes join looks like any unknown port of stock tor."""
import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from testnet import keys, torrc, wait
from testnet.backend import Backend
from testnet.traffic import failed
from testnet.tor import Tor

# The reserved port, and one that nobody knows.
_PORTS = (51821, 51822)
_SECONDS = 60
_ANSWER_SECONDS = 20
# Tor reports the cells of a circuit once a second.
_REPORTED_SECONDS = 2.2
# Where the service closes the circuit, the END of the stream and the DESTROY
# of the circuit race each other, so answers differ by chance.
_ROUNDS = 8
_users = itertools.count(1)


@pytest.fixture(scope="module")
def watcher(network):
    """A client that tells all about its circuits, and sends no padding."""
    client = network.add_client("watcher")
    client.wait_ready()
    client.control.command("SETCONF CircuitPadding=0")
    client.control.subscribe("STREAM", "CIRC", "CIRC_BW")
    yield client
    client.kill()


@pytest.fixture
def stock(network):
    """Two services of an unmodified tor, by HiddenServiceAllowUnknownPorts."""
    backend = Backend("stock")
    directory, lines = network.common("stock")
    own = [keys.OnionKey(), keys.OnionKey()]
    for allow, key in enumerate(own):
        key.write(directory + "/hs%d" % allow)
        lines += torrc.service(directory + "/hs%d" % allow, backend.port, [
            "HiddenServiceAllowUnknownPorts %d" % allow])
    tor = network.add(Tor(directory, network.client_binary, lines))
    tor.start()
    yield [key.hostname for key in own]
    tor.kill()
    backend.stop()


@pytest.fixture
def ours(make_cluster):
    """The same with a balanced service each."""
    return [make_cluster(1, ["HiddenServiceAllowUnknownPorts %d" % allow])
            .hostname for allow in (0, 1)]


def answer(client, hostname, port):
    """Ask for a port on a circuit on which port 80 was answered.

    Return all that the client learns: how curl, stream and circuit ended,
    how many cells there were, and of how many bytes. It learns that in one
    time period: when that ends, it drops what it has begun, and asks again.
    """
    while True:
        period = client.period()
        user = "watcher%d" % next(_users)
        reply = client.request(hostname, user=user)
        assert reply.ok, reply
        time.sleep(_REPORTED_SECONDS)
        begun = time.monotonic()
        refused = client.request(hostname, port=port, user=user,
                                 seconds=_ANSWER_SECONDS)
        time.sleep(_REPORTED_SECONDS)
        if client.period() == period:
            events = client.control.since(begun, lambda event: True)
            return refused.exit_code, *told(
                events, user, "%s:%d" % (hostname, port))


def told(events, user, target):
    """Return what `events` tell of the only circuit to `target`."""
    stream = [event for event in events
              if event.is_a("STREAM") and event.words[4] == target
              and '"%s"' % user in event.text]
    circuit = {event.words[3] for event in stream} - {"0"}
    assert len(circuit) == 1, stream
    circuit = circuit.pop()
    return (tuple((event.words[2], event.fields.get("REASON"),
                   event.fields.get("REMOTE_REASON")) for event in stream),
            tuple((event.words[2], event.fields.get("PURPOSE"),
                   event.fields.get("REASON"),
                   event.fields.get("REMOTE_REASON"))
                  for event in events if event.is_a("CIRC", circuit)),
            tuple(sum(int(event.fields.get(key, 0)) for event in events
                      if event.is_a("CIRC_BW", ID=circuit))
                  for key in ("READ", "WRITTEN", "DELIVERED_READ",
                              "DELIVERED_WRITTEN")))


def test_no_client_can_tell(watcher, stock, ours):
    """Whether unknown ports are allowed or not: four answers are the same."""
    for hostname in stock + ours:
        wait.until(lambda: not failed([watcher.request(hostname)]), _SECONDS,
                   "service at " + hostname)
    asked = [(allow, hostname, port) for allow in (0, 1)
             for hostname in (stock[allow], ours[allow]) for port in _PORTS]
    seen = {one: set() for one in asked}
    common = {}
    for _ in range(_ROUNDS):
        with ThreadPoolExecutor(len(asked)) as pool:
            for one, result in zip(asked, pool.map(
                    lambda one: answer(watcher, *one[1:]), asked)):
                seen[one].add(result)
        common = {allow: set.intersection(*[
            results for one, results in seen.items() if one[0] == allow])
            for allow in (0, 1)}
        if all(common.values()):
            break
    assert all(common.values()), "\n".join(
        "%s: %s" % item for item in seen.items())
    # The two settings differ, so the answers do say something.
    assert not common[0] & common[1]

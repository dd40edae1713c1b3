"""Backends and targets fail: their node leaves the descriptor meanwhile."""
import time

import pytest

from testnet import tool, wait
from testnet.backend import Backend
from testnet.target import Target
from testnet.traffic import burst, failed

_SECONDS = 60
_INTERVAL, _TIMEOUT = 2, 1
# A node is down after three probes: the time for that, and for the merge.
_GONE_SECONDS = 40
# A probe of an onion service may need a new circuit.
_ONION_TIMEOUT = 5
_REQUESTS = 10
_TARGET_PORT = 8080
_OPTIONS = ["HiddenServiceBalanceProbeInterval %d seconds" % _INTERVAL,
            "HiddenServiceBalanceProbeTimeout %d seconds" % _TIMEOUT]


@pytest.fixture
def probed(make_cluster, client):
    """Three nodes that have settled, and look after their backends."""
    cluster = make_cluster(3, _OPTIONS)
    cluster.wait_settled(client)
    return cluster


def url_of(node):
    """Return what a node calls its backend."""
    return "tcp://127.0.0.1:%d" % node.backend.port


def wait_state(node, url, state, seconds=_GONE_SECONDS, **fields):
    """Wait until a node finds a target in this state."""
    expected = {"TARGET": url, "STATE": state, **fields}
    wait.until(lambda: any(row.items() >= expected.items()
                           for row in node.targets()), seconds,
               "%s" % expected, node.explain)


def all_but(cluster, *nodes):
    """Return the points that the descriptors have without `nodes`."""
    return {node.name: 3 for node in cluster.running if node not in nodes}


@pytest.mark.parametrize("break_it, reason", [
    (Backend.stop, "REFUSED"), (Backend.hang, "TIMEOUT")])
def test_standby_without_backend(probed, clients, client, break_it, reason):
    """Its points leave, clients don't notice, and it comes back."""
    publisher = probed.wait_publisher()
    victim = probed.standbys()[0]
    begun = time.monotonic()
    wait_state(victim, url_of(victim), "UP")
    break_it(victim.backend)
    victim.wait_event("TARGET", _GONE_SECONDS, since=begun,
                      TARGET=url_of(victim), STATE="DOWN", REASON=reason)
    probed.wait_points(client, all_but(probed, victim))
    wait_state(victim, url_of(victim), "DOWN", REASON=reason)
    for node in probed.nodes:
        rows = {row["NODE"]: row["BACKENDS_DOWN"] for row in node.peers()}
        assert rows == {other.name: "%d" % (other is victim)
                        for other in probed.nodes}
    replies = burst(clients, probed.hostname, _REQUESTS)
    assert not failed(replies), failed(replies)
    shown = tool.run("status", "--control", victim.path("control"), status=1)
    assert "without a backend" in shown
    assert "no backend of node %s answers" % victim.name in shown

    begun = time.monotonic()
    victim.backend.start()
    victim.wait_event("TARGET", _GONE_SECONDS, since=begun,
                      TARGET=url_of(victim), STATE="UP")
    probed.wait_settled(client)
    replies = burst(clients, probed.hostname, _REQUESTS)
    assert not failed(replies), failed(replies)
    assert probed.publishers() == [publisher]


def test_publisher_without_backend(probed, clients, client):
    """It stays publisher, of others' points; without any backend all stay."""
    publisher = probed.wait_publisher()
    others = probed.standbys()
    begun = time.monotonic()
    publisher.backend.stop()
    probed.wait_points(client, all_but(probed, publisher))
    replies = burst(clients, probed.hostname, _REQUESTS)
    assert not failed(replies), failed(replies)

    others[0].backend.stop()
    probed.wait_points(client, {others[1].name: 3})
    others[1].backend.stop()
    wait_state(others[1], url_of(others[1]), "DOWN")
    probed.wait_settled(client)
    others[0].backend.start()
    probed.wait_points(client, {others[0].name: 3})
    for node in (publisher, others[1]):
        node.backend.start()
    probed.wait_settled(client)
    assert not any(node.balance_events("ROLE", since=begun)
                   for node in probed.nodes)


def test_restart_with_a_dead_backend(probed, client):
    """After a start a node has the benefit of the doubt, until it knows."""
    victim = probed.standbys()[0]
    victim.backend.stop()
    probed.wait_points(client, all_but(probed, victim))
    victim.kill()
    victim.start()
    begun = time.monotonic()
    victim.wait_event("TARGET", _SECONDS, since=begun, STATE="DOWN")
    probed.wait_points(client, all_but(probed, victim))


def test_lone_node_stays(make_cluster, client):
    """A node without peers is a stock service, whatever its backend does."""
    cluster = make_cluster(1, _OPTIONS)
    cluster.wait_settled(client)
    node = cluster.nodes[0]
    node.backend.stop()
    wait.until(lambda: node.status()["BACKENDS_DOWN"] == "1", _GONE_SECONDS,
               "BACKENDS_DOWN", node.explain)
    cluster.wait_settled(client)
    node.backend.start()
    wait_state(node, url_of(node), "UP")


def test_nothing_is_probed(make_cluster, client):
    """With the interval 0 nobody looks."""
    cluster = make_cluster(2, ["HiddenServiceBalanceProbeInterval 0"])
    cluster.wait_settled(client)
    node = cluster.standbys()[0]
    node.backend.hang()
    time.sleep(6 * _INTERVAL)
    assert [row["STATE"] for row in node.targets()] == ["UNKNOWN"]
    cluster.wait_settled(client)


@pytest.fixture
def site(network):
    """A web server behind an onion service, which is its `target`."""
    site = Backend("site")
    site.target = Target(network, "probed-site", {80: site.port})
    yield site
    site.target.stop()
    site.stop()


@pytest.mark.parametrize("scheme", ["tcp", "http"])
def test_onion_target(make_cluster, site, client, scheme):
    """A node is out when neither its target nor its backend answers."""
    url = "%s://%s:80" % (scheme, site.target.hostname)
    cluster = make_cluster(1, [
        "HiddenServiceBalanceProbeInterval %d seconds" % _ONION_TIMEOUT,
        "HiddenServiceBalanceProbeTimeout %d seconds" % _ONION_TIMEOUT])
    front = cluster.add_node(["HiddenServiceBalanceTarget %d %s" % (
        _TARGET_PORT, url)])
    cluster.wait_settled(client)
    wait_state(front, url, "UP", _SECONDS)
    front.backend.stop()
    wait_state(front, url_of(front), "DOWN")
    cluster.wait_settled(client)

    begun = time.monotonic()
    if scheme == "http":
        site.health = 503
        expected = {"REASON": "HTTP", "STATUS": "503"}
    else:
        site.stop()
        expected = {"REASON": "REFUSED"}
    front.wait_event("TARGET", _SECONDS, since=begun, STATE="DOWN",
                     TARGET=url, **expected)
    cluster.wait_points(client, all_but(cluster, front))
    site.health = 200
    site.start()
    front.wait_event("TARGET", _SECONDS, since=begun, STATE="UP",
                     TARGET=url)
    cluster.wait_settled(client)

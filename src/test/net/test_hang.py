"""A node hangs: its circuits stay open, so only its peers can tell."""
import time

from testnet import wait
from testnet.cluster import HEARTBEAT_TIMEOUT, TAKEOVER_GRACE
from testnet.steady import assert_steady
from testnet.traffic import burst, failed

_GONE_SECONDS = 40


def test_hung_standby_leaves_and_returns(cluster, clients, client):
    """Its points leave while it hangs and return with it."""
    publisher = cluster.wait_publisher()
    begun = time.monotonic()
    victim = cluster.standbys()[0]
    victim.pause()
    publisher.wait_event("MERGE", _GONE_SECONDS, since=begun, POINTS=6)
    cluster.wait_settled(client, seconds=_GONE_SECONDS)
    assert not failed(burst(clients, cluster.hostname, 10))
    victim.resume()
    cluster.wait_settled(client)
    assert cluster.publishers() == [publisher]
    assert not publisher.balance_events("ROLE", since=begun)


def test_hung_publisher_is_replaced(cluster, clients, client):
    """Another node publishes meanwhile; afterwards there is one publisher."""
    victim = cluster.wait_publisher()
    begun = time.monotonic()
    victim.pause()
    taken = wait.until(
        lambda: [event.at for node in cluster.running
                 for event in node.balance_events(
                     "ROLE", since=begun, ROLE="PUBLISHER")],
        _GONE_SECONDS, "a takeover", cluster.explain)
    assert min(taken) - begun < HEARTBEAT_TIMEOUT + TAKEOVER_GRACE + 5
    cluster.wait_settled(client, seconds=_GONE_SECONDS)
    assert not failed(burst(clients, cluster.hostname, 10))
    victim.resume()
    assert_steady(cluster, clients, client)

"""The publisher dies: who takes over, and what clients notice."""
import time

from testnet import wait
from testnet.traffic import Traffic, burst, failed

_TAKEOVER_SECONDS = 20
_GONE_SECONDS = 40
_REQUESTS = 20


def wait_heir(cluster, since):
    """Return the node that first becomes the publisher after `since`."""
    def heir():
        taken = [(event.at, node.name, node) for node in cluster.running
                 for event in node.balance_events(
                     "ROLE", since=since, ROLE="PUBLISHER")]
        return min(taken)[2] if taken else None
    return wait.until(heir, _TAKEOVER_SECONDS, "a takeover", cluster.explain)


def test_killed_publisher_is_replaced(cluster, crowd, clients, client):
    """Another node takes over, the dead points go, no request fails."""
    victim = cluster.wait_publisher()
    with Traffic(crowd, cluster.hostname, pause=0.2) as traffic:
        since = time.monotonic()
        victim.kill()
        killed = time.monotonic()
        heir = wait_heir(cluster, since)
        cluster.wait_settled(client, seconds=_GONE_SECONDS)
        gone = time.monotonic()
        traffic.wait_sent(_REQUESTS)
    assert cluster.publishers() == [heir]
    begun = traffic.begun_after(killed)
    assert len(begun) >= _REQUESTS and not failed(begun), failed(begun)
    assert gone - killed < _GONE_SECONDS
    assert not failed(burst(clients, cluster.hostname, 20))


def test_returning_node_does_not_take_the_role_back(cluster, clients, client):
    """Rule 9: the better candidate comes back and stays a standby."""
    victim = cluster.wait_publisher()
    killed = time.monotonic()
    victim.kill()
    heir = wait_heir(cluster, killed)
    cluster.wait_settled(client)
    returned = time.monotonic()
    with Traffic(clients, cluster.hostname) as traffic:
        victim.start()
        cluster.wait_settled(client)
    assert cluster.publishers() == [heir]
    for node in cluster.nodes:
        assert not node.balance_events("ROLE", since=returned,
                                       ROLE="PUBLISHER")
    assert not cluster.uploads(victim, since=returned)
    assert not failed(traffic.replies), failed(traffic.replies)


def test_last_node_goes_on_alone(cluster, crowd, clients, client):
    """Two of three die at once; the third one serves all by itself."""
    survivor, *others = reversed(cluster.nodes)
    with Traffic(crowd, cluster.hostname, pause=0.2) as traffic:
        since = time.monotonic()
        for node in others:
            node.kill()
        killed = time.monotonic()
        survivor.wait_event("MODE", _GONE_SECONDS, since=since, MODE="SINGLE")
        cluster.wait_settled(client, seconds=_GONE_SECONDS)
        traffic.wait_sent(_REQUESTS)
    assert cluster.publishers() == [survivor]
    begun = traffic.begun_after(killed)
    assert len(begun) >= _REQUESTS and not failed(begun), failed(begun)
    assert not failed(burst(clients, cluster.hostname, 10))

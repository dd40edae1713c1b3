"""Standbys: they serve, never upload, and may die unnoticed."""
import time

from testnet.traffic import Traffic, failed

_GONE_SECONDS = 40
_REQUESTS = 20


def test_only_the_publisher_uploads(make_cluster, client):
    """From the first start on, no standby uploads any descriptor."""
    cluster = make_cluster(3)
    cluster.wait_settled(client)
    publisher = cluster.wait_publisher()
    assert cluster.uploads(publisher)
    assert publisher.balance_events("UPLOAD")
    for node in cluster.nodes:
        assert not cluster.uploads_as_standby(node), node.explain()
    assert [node for node in cluster.nodes if cluster.uploads(node)] == [
        node for node in cluster.nodes if node.balance_events("UPLOAD")]


def test_killed_standby_leaves_the_descriptor(make_cluster, crowd, client):
    """Its points go, the publisher stays, no request fails."""
    cluster = make_cluster(3)
    cluster.wait_settled(client)
    publisher = cluster.wait_publisher()
    victim = cluster.standbys()[0]
    with Traffic(crowd, cluster.hostname, pause=0.2) as traffic:
        since = time.monotonic()
        victim.kill()
        killed = time.monotonic()
        event = publisher.wait_event("MERGE", _GONE_SECONDS, since=since,
                                     NODES=2, POINTS=6)
        cluster.wait_settled(client, seconds=_GONE_SECONDS)
        traffic.wait_sent(_REQUESTS)
    assert event.at - killed < _GONE_SECONDS
    assert cluster.publishers() == [publisher]
    assert not publisher.balance_events("ROLE", since=since)
    told = [event.fields["NODE"] for node in cluster.running
            for event in node.balance_events("REPAIR", since=since,
                                             ACTION="EXCLUDE")]
    assert told == [victim.name]
    begun = traffic.begun_after(killed)
    assert len(begun) >= _REQUESTS and not failed(begun), failed(begun)

"""Is a cluster at rest after what happened to it?"""
import time

from .traffic import burst, failed

_REQUESTS = 10


def assert_steady(cluster, clients, client):
    """Wait until all points are back; assert that one publisher stays.

    Return that node.
    """
    cluster.wait_settled(client)
    publisher = cluster.wait_publisher()
    settled = time.monotonic()
    assert not failed(burst(clients, cluster.hostname, _REQUESTS))
    assert cluster.publishers() == [publisher]
    for node in cluster.nodes:
        assert not node.balance_events("ROLE", since=settled), node.explain()
    return publisher

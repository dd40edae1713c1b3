"""Clocks that are wrong: others see it, and the service does not mind."""
import time

from testnet import wait
from testnet.traffic import Traffic, failed, unharmed

_SECONDS = 60
_STEP = 30
# What an answer may take on a busy machine; half of it shows as skew.
_SLACK_MSEC = 5000
_REQUESTS = 8


def skews(cluster, node):
    """Return how far ahead the others see the clock of `node`, in seconds."""
    return [int(row["SKEW_MS"]) for other in cluster.running
            if other is not node for row in other.peers()
            if row["NODE"] == node.name]


def step_clock(cluster, node, seconds):
    """Change the clock of `node`; wait until all others say so."""
    node.set_clock(seconds)
    wait.until(lambda: all(abs(skew - 1000 * seconds) < _SLACK_MSEC
                           for skew in skews(cluster, node)),
               _SECONDS, "a skew of %d s" % seconds,
               lambda: "%s\n%s" % (skews(cluster, node), cluster.explain()))


def publish(node):
    """Have `node` upload both descriptors; return when it did."""
    begun = time.monotonic()
    node.control.command("HSBALANCE %s PUBLISH" % node.address)
    for which in ("CURRENT", "NEXT"):
        node.wait_event("UPLOAD", _SECONDS, begun, DESC=which, RESULT="OK")


def replace_publisher(cluster, client, heir):
    """Kill the publisher; return when that began and when it was gone.

    All directories must take what `heir` publishes, at the first attempt.
    """
    publisher = cluster.wait_publisher()
    begun = time.monotonic()
    publisher.kill()
    killed = time.monotonic()
    cluster.wait_settled(client)
    assert cluster.publishers() == [heir]
    assert heir.balance_events("UPLOAD", begun, RESULT="OK")
    assert not heir.balance_events("UPLOAD", begun,
                                   REASON="REJECTED"), heir.explain()
    return begun, killed


def test_steps_of_one_clock(make_cluster, clients, client):
    """Twice the clock of a new publisher is behind the one before.

    Its revision counters are higher nevertheless.
    """
    cluster = make_cluster(0)
    first, second, third = nodes = [cluster.new_node() for _ in range(3)]
    cluster.connect(nodes, {second: 1})
    cluster.wait_settled(client)
    assert cluster.wait_publisher() is first
    with Traffic(clients, cluster.hostname) as traffic:
        step_clock(cluster, second, -_STEP)
        killed = [replace_publisher(cluster, client, second)]
        step_clock(cluster, second, _STEP)
        publish(second)
        # The other node hears of the new revision counters meanwhile.
        traffic.wait_sent(_REQUESTS)
        killed.append(replace_publisher(cluster, client, third))
        traffic.wait_sent(_REQUESTS)
    replies = traffic.replies
    for begun, ended in killed:
        replies = unharmed(replies, begun, ended)
    assert len(replies) > 2 * _REQUESTS and not failed(replies), (
        failed(replies))

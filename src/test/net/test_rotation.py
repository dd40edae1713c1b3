"""Time periods rotate under a cluster that has visitors all the time."""
from testnet import wait
from testnet.traffic import (
    answered_by, failed, fair_burst, is_fair, unharmed)

# Two rotations come within two periods of four minutes; they lag behind their
# boundaries until the nodes have the next consensus.
_ROTATIONS = 2
_ROTATED_SECONDS = 600
_SETTLE_SECONDS = 60
# Enough for shares to mean something.
_VISITS = 90
_VISITS_AFTER = 6
_VISITS_SECONDS = 600


def rotations(cluster):
    """Return how often the publisher has begun a new time period so far.

    It began with two of them.
    """
    return len({event.fields["PERIOD"] for node in cluster.nodes
                for event in node.balance_events("MERGE")}) - 2


def test_two_rotations(rotating, clients, network):
    """No visitor is lost, and afterwards all nodes get their share."""
    wait.until(lambda: rotations(rotating) >= _ROTATIONS, _ROTATED_SECONDS,
               "%d rotations" % _ROTATIONS, rotating.explain)
    both = rotating.wait_both_complete(seconds=_SETTLE_SECONDS)
    for which, (period, one) in both.items():
        assert one.blinded_key == network.schedule.blinded_key(
            rotating.key.public, period)
        held = {point for node in rotating.nodes
                for point in node.own_points()[period]}
        assert set(one.points) <= held, which
    names = [node.name for node in rotating.nodes]
    replies = fair_burst(clients, rotating.hostname, names)
    assert not failed(replies), failed(replies)
    assert is_fair(replies, names), answered_by(replies)


def test_visitors_never_failed(rotating):
    """Requests of clients with no memory worked across all rotations."""
    first = rotating.visitors.first_success()
    replies = [reply for reply in rotating.visitors.replies
               if reply.begun > first]
    assert len(replies) > 30
    assert not failed(replies), failed(replies)


def test_visitors_met_every_node(rotating):
    """Rotations favour no node for long."""
    replies = rotating.visitors.replies
    wait.until(lambda: len(replies) >= _VISITS, _VISITS_SECONDS,
               "%d visits" % _VISITS)
    assert is_fair(list(replies), [node.name for node in rotating.nodes]), (
        answered_by(replies))


def test_one_publisher_all_the_time(rotating):
    """A rotation changes no roles, and no standby uploads anything."""
    publisher = rotating.wait_publisher()
    first = rotating.visitors.first_success()
    for node in rotating.nodes:
        assert not node.balance_events("ROLE", since=first), node.explain()
        assert not rotating.uploads_as_standby(node), node.explain()
        assert bool(rotating.uploads(node, since=first)) == (
            node is publisher), node.explain()


def test_publisher_dies_in_a_rotation(struck):
    """Another one finishes what it began, and no visitor is lost."""
    struck.strike.wait(_ROTATED_SECONDS)
    strike = struck.strike
    assert strike.victim and strike.victim not in struck.running
    both = struck.wait_both_complete(seconds=_SETTLE_SECONDS)
    assert list(both) == ["CURRENT", "NEXT"]
    replies = struck.visitors.replies
    wait.until(lambda: len([reply for reply in replies
                            if reply.begun > strike.killed]) >= _VISITS_AFTER,
               _VISITS_SECONDS, "%d visits" % _VISITS_AFTER)
    first = struck.visitors.first_success()
    counted = [reply for reply in unharmed(replies, strike.begun,
                                           strike.killed)
               if reply.begun > first]
    assert len(counted) >= _VISITS_AFTER and not failed(counted), (
        failed(counted))

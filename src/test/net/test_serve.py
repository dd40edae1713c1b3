"""Three nodes serve one service: what is published, and who answers."""
import pytest

from testnet import wait
from testnet.cluster import COPIES
from testnet.control import ControlError
from testnet.period import public_of
from testnet.traffic import answered_by, failed, fair_burst, is_fair

_SECONDS = 60


@pytest.fixture
def settled(trio, client):
    """The cluster, once every directory has nine points."""
    trio.wait_settled(client)
    return trio


def test_ring_is_larger_than_its_directories(settled, network, client):
    """Small rings hide mistakes: every directory would have everything."""
    assert len(network.relays) > COPIES
    settled.wait_stored(client)


def test_both_descriptors_have_every_point(settled):
    """Clients of both time periods get three points of each node."""
    assert list(settled.wait_both_complete()) == ["CURRENT", "NEXT"]


def test_points_are_published_under_their_own_period(settled, network):
    """A point appears only under the key that its owner holds it for."""
    public = public_of(settled.address)

    def is_right(period, descriptor):
        held = {point: of for node in settled.nodes
                for of, points in node.own_points().items()
                for point in points}
        periods = {held.get(point, period) for point in descriptor.points}
        assert periods == {period}, settled.explain()
        assert descriptor.blinded_key == network.schedule.blinded_key(
            public, period)
        assert len(set(descriptor.points)) == len(descriptor.points)
        return held.keys() >= set(descriptor.points)
    settled.wait_both(is_right)


def test_clients_of_both_periods_are_served(settled, network):
    """The points of either descriptor lead to the service."""
    source = settled.wait_publisher()
    periods = replies = {}
    while settled.periods() != periods:
        periods = settled.periods()
        replies = {
            which: network.client_of(period, which == "CURRENT", source)
            .request(settled.hostname) for which, period in periods.items()}
    assert len(replies) == 2 and not failed(replies.values()), replies


def test_every_node_answers_its_share(settled, client):
    """Of 90 isolated requests each node gets between 15 % and 55 %."""
    names = [node.name for node in settled.nodes]
    replies = fair_burst([client], settled.hostname, names)
    assert not failed(replies), failed(replies)
    assert is_fair(replies, names), answered_by(replies)


def test_download(settled, client):
    """A body arrives whole."""
    reply = client.request(settled.hostname, "/bytes/2000000")
    assert reply.ok and len(reply.body) == 2000000, reply


def test_one_publisher_and_two_standbys(settled):
    """All nodes agree on who publishes, and say so."""
    publisher = settled.wait_publisher()
    expected = {node.name: "PUBLISHER" if node is publisher else "STANDBY"
                for node in settled.nodes}

    def says_so(node):
        status, peers = node.status(), node.peers()
        return (peers[0]["NODE"] == node.name
                and {row["NODE"]: row["ROLE"] for row in peers} == expected
                and status["PUBLISHER"] == publisher.name
                and status["MODE"] == "MULTI")
    wait.until(lambda: all(map(says_so, settled.nodes)), _SECONDS,
               "agreement on %s" % publisher.name, settled.explain)


def test_control_port_lists_the_service(settled):
    """GETINFO knows the service, and refuses one that it does not know."""
    for node in settled.nodes:
        services = node.control.info("hs/balance/services").split()
        assert services == [settled.address]
        for key in ("status", "peers", "intro-points"):
            with pytest.raises(ControlError) as refusal:
                node.control.info("hs/balance/%s/%s" % (
                    key, node.key.address))
            assert refusal.value.code == 552


def test_events_tell_what_happened(settled):
    """Peers, merges and uploads are announced as they happen."""
    publisher = settled.wait_publisher()
    for which in ("CURRENT", "NEXT"):
        publisher.wait_event("MERGE", _SECONDS, DESC=which, NODES=3, POINTS=9)
        publisher.wait_event("UPLOAD", _SECONDS, DESC=which, RESULT="SENT")
    for node in settled.nodes:
        node.wait_event("MODE", _SECONDS, MODE="MULTI")
        for other in settled.nodes:
            if other is not node:
                node.wait_event("PEER", _SECONDS, NODE=other.name,
                                STATE="HEALTHY")

"""SIGHUP at any time, and an orderly end without a leak."""
import os
import shutil
import time

import pytest

from testnet import keys, torrc, wait
from testnet.traffic import Traffic, answered_by, burst, failed

_SECONDS = 60
# So many reloads of each node, and the seconds between two.
_STORM, _STORM_PAUSE = 20, 0.1
_VALGRIND_SECONDS = 240
_VALGRIND_ERROR = 99
_SUPPRESSIONS = os.path.join(os.path.dirname(__file__), "valgrind.supp")


def reloaded(node, since):
    """Wait until a node has read its configuration again."""
    wait.until(lambda: node.reloads() > since, _SECONDS,
               "reload of " + node.name, node.explain)


def test_reload_keeps_serving(make_cluster, clients, client):
    """Every node reloads several times; no request or role is lost."""
    cluster = make_cluster(3)
    for node in cluster.nodes:
        node.reload()
    cluster.wait_settled(client)
    publisher = cluster.wait_publisher()
    begun = time.monotonic()
    with Traffic(clients, cluster.hostname, pause=0.3) as traffic:
        for node in cluster.nodes * 3:
            count = node.reloads()
            node.reload()
            reloaded(node, count)
        cluster.wait_settled(client)
    assert cluster.publishers() == [publisher]
    for node in cluster.nodes:
        assert not node.balance_events("ROLE", since=begun), node.explain()
        assert not node.balance_events("MODE", since=begun), node.explain()
    assert traffic.replies and not failed(traffic.replies)


def test_reload_takes_new_options(make_cluster, client):
    """A changed limit takes effect without a restart."""
    cluster = make_cluster(2)
    cluster.wait_settled(client)
    for node in cluster.nodes:
        node.set_options(HiddenServiceBalanceMaxIntroPoints=4)
        node.reload()
    cluster.wait_settled(client, points=2)
    for node in cluster.nodes:
        node.set_options(HiddenServiceBalanceMaxIntroPoints=20)
        node.reload()
    cluster.wait_settled(client)


@pytest.fixture(scope="module")
def settled(trio, client):
    """Three nodes that have settled."""
    trio.wait_settled(client)
    return trio


def assert_same_roles(cluster, since):
    """Assert that nobody became publisher or standby."""
    for node in cluster.nodes:
        assert not node.balance_events("ROLE", since), node.explain()


def test_storm_of_reloads(settled, clients, client):
    """All nodes reload again and again before they are done."""
    begun = time.monotonic()
    before = [node.reloads() for node in settled.nodes]
    with Traffic(clients, settled.hostname, pause=0.3) as traffic:
        for _ in range(_STORM):
            for node in settled.nodes:
                node.reload()
            time.sleep(_STORM_PAUSE)
        settled.wait_settled(client)
    for node, count in zip(settled.nodes, before):
        assert node.reloads() >= count + _STORM // 2
    assert_same_roles(settled, begun)
    assert traffic.replies and not failed(traffic.replies)


def test_service_goes_and_comes(settled, clients, client):
    """The publisher's torrc loses the service, and has it again."""
    publisher = settled.wait_publisher()
    lines = list(publisher.lines)
    settled.nodes.remove(publisher)
    with Traffic(clients, settled.hostname, pause=0.3) as traffic:
        publisher.lines = [line for line in lines
                           if not line.startswith("HiddenService")]
        publisher.reload()
        wait.until(lambda: not services(publisher), _SECONDS,
                   "the service's end", publisher.log_tail)
        gone = time.monotonic()
        settled.wait_settled(client)
        heir = settled.wait_publisher()
        publisher.lines = lines
        publisher.reload()
        wait.until(lambda: services(publisher), _SECONDS,
                   "the service's return", publisher.log_tail)
        settled.nodes.append(publisher)
        settled.wait_settled(client)
    assert settled.publishers() == [heir] != [publisher]
    replies = traffic.begun_after(gone)
    assert replies and not failed(replies), failed(replies)


def test_balancing_is_switched_off_and_on(settled, clients, client):
    """A node alone serves its address beside the others, and comes back."""
    publisher = settled.wait_publisher()
    node = settled.standbys()[0]
    lines = list(node.lines)
    begun = time.monotonic()
    with Traffic(clients, settled.hostname, pause=0.3) as traffic:
        node.lines = [line.replace("HiddenServiceBalance 1",
                                   "HiddenServiceBalance 0")
                      for line in lines]
        node.reload()
        wait.until(lambda: not services(node), _SECONDS,
                   "the end of balancing", node.log_tail)
        publisher.wait_event("MERGE", _SECONDS, begun, NODES=2, POINTS=6)
        node.lines = lines
        node.reload()
        wait.until(lambda: services(node), _SECONDS, "balancing",
                   node.log_tail)
        settled.wait_settled(client)
    assert settled.publishers() == [publisher]
    assert not publisher.balance_events("ROLE", begun), publisher.explain()
    assert traffic.replies and not failed(traffic.replies)


def test_second_service(settled, clients, client):
    """Two nodes balance a further address for a while, and nothing mixes."""
    nodes = settled.nodes[:2]
    other, token = keys.OnionKey(), keys.new_token()
    own = [keys.OnionKey() for _ in nodes]
    lines = [list(node.lines) for node in nodes]
    begun = time.monotonic()
    with Traffic(clients, settled.hostname, pause=0.3) as traffic:
        for node, key in zip(nodes, own):
            directory = node.path("second")
            other.write(directory)
            key.write(os.path.join(directory, "rbalance"))
            keys.write_token(os.path.join(directory, "rbalance"), token)
            node.lines += further_service(node, directory, settled.options + [
                "HiddenServiceBalancePeer " + peer.hostname
                for peer in own if peer is not key])
            node.reload()
        descriptor = wait.until(
            lambda: has_points(client.fetch(other.address), 6), _SECONDS,
            "six points of the second service", settled.explain)
        names = {node.name for node in nodes}
        for one in clients:
            one.renew(other.address)
        replies = burst(clients, other.hostname, 20)
        assert not failed(replies) and set(answered_by(replies)) == names
        for node, before in zip(nodes, lines):
            assert set(services(node)) == {settled.address, other.address}
            assert not set(descriptor.points) & set(settled.owners())
            node.lines = before
            node.reload()
            wait.until(lambda: services(node) == [settled.address], _SECONDS,
                       "the end of the second service", node.log_tail)
        settled.wait_settled(client)
    assert_same_roles(settled, begun)
    assert traffic.replies and not failed(traffic.replies)


def services(node):
    """Return the addresses that a node balances."""
    return node.control.info("hs/balance/services").split()


def has_points(descriptor, count):
    """Return `descriptor` if it has so many points, else None."""
    return (descriptor if descriptor and len(descriptor.points) == count
            else None)


def further_service(node, directory, options):
    """Return the lines of a further balanced service of `node`."""
    lines = torrc.service(directory, node.backend.port,
                          ["HiddenServiceBalance 1", *options])
    return lines[lines.index("HiddenServiceDir " + directory):]


def test_shutdown_leaves_no_memory_behind(make_cluster, client):
    """One node runs under valgrind, serves, reloads, and ends in order."""
    valgrind = shutil.which("valgrind")
    assert valgrind, "install the package valgrind"
    cluster = make_cluster(1)
    cluster.wait_settled(client)
    node = cluster.new_node()
    node.lines += ["HiddenServiceBalancePeer "
                   + cluster.nodes[0].key.hostname]
    node.start([valgrind, "--quiet", "--leak-check=full",
                "--errors-for-leak-kinds=definite",
                "--show-leak-kinds=definite",
                "--suppressions=" + _SUPPRESSIONS,
                "--error-exitcode=%d" % _VALGRIND_ERROR])
    cluster.wait_settled(client, seconds=_VALGRIND_SECONDS)
    node.reload()
    reloaded(node, 0)
    cluster.wait_settled(client)
    status = node.stop(seconds=_VALGRIND_SECONDS)
    assert status == 0, node.output()
    cluster.wait_settled(client)

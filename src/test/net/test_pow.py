"""Proof-of-work defenses on a balanced service."""
from testnet.traffic import burst, failed

_OPTIONS = ["HiddenServicePoWDefensesEnabled 1"]


def seeds(cluster, client):
    """Return the seeds that directories tell clients."""
    return {one.pow_seed for one in cluster.held_by_directories(client)}


def test_puzzle_survives_the_publisher(make_cluster, clients, client):
    """Whoever publishes, clients solve the same puzzle."""
    cluster = make_cluster(2, _OPTIONS)
    cluster.wait_settled(client)
    before = seeds(cluster, client)
    assert len(before) == 1 and None not in before
    assert not failed(burst(clients, cluster.hostname, 10))
    cluster.wait_publisher().kill()
    cluster.wait_settled(client)
    assert seeds(cluster, client) == before
    # What a client has begun with the old descriptor it drops when it gets
    # the new one; see consider_sending_introduce1().
    for one in clients:
        one.renew(cluster.address)
    assert not failed(burst(clients, cluster.hostname, 10))

"""Nodes that serve without the secret key of the service."""
import os
import time

import pytest

from testnet import wait
from testnet.control import ControlError
from testnet.traffic import (answered_by, burst, failed, fair_burst, is_fair)

_SECONDS = 60


@pytest.fixture
def mixed(make_cluster, client):
    """A node with the key, and two without; the latter would come first."""
    cluster = make_cluster(0)
    workers = [cluster.new_node(keyless=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    cluster.add_node()
    cluster.wait_settled(client)
    return cluster


def test_workers_serve_and_never_publish(mixed, clients, client):
    """All three answer, and only who has the key uploads, in any mode."""
    *workers, keyed = mixed.nodes
    assert mixed.wait_publisher() is keyed
    names = [node.name for node in mixed.nodes]
    replies = fair_burst(clients, mixed.hostname, names)
    assert not failed(replies), failed(replies)
    assert is_fair(replies, names), answered_by(replies)
    for worker in workers:
        status = worker.status()
        assert (status["KEYLESS"], status["CANDIDATE"]) == ("1", "0")
        assert not os.path.exists(worker.path("hs", "hs_ed25519_secret_key"))
        with pytest.raises(ControlError):
            worker.control.info("hs/service/desc/id/" + worker.address)
    killed = time.monotonic()
    keyed.kill()
    workers[0].wait_event("PEER", _SECONDS, since=killed, NODE=keyed.name,
                          STATE="DEAD")
    # The descriptor lives on, and so does the service.
    assert not failed(burst(clients, mixed.hostname, 10))
    assert not mixed.publishers()
    keyed.start()
    wait.until(lambda: mixed.publishers() == [keyed], _SECONDS,
               "the publisher again", mixed.explain)
    mixed.wait_settled(client)
    for worker in workers:
        assert not mixed.uploads(worker), worker.explain()
        assert not worker.balance_events("ROLE"), worker.explain()
        worker.reload()
        wait.until(worker.reloads, _SECONDS, "a reload", worker.explain)
    mixed.wait_settled(client)
    assert not failed(burst(clients, mixed.hostname, 10))

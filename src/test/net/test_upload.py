"""Uploads: each directory's answer counts, and what is lost comes back."""
import os
import time

import pytest

from testnet import torrc, wait
from testnet.clock import Clock
from testnet.cluster import COPIES
from testnet.ports import free_port
from testnet.tor import Tor

_ANSWER_SECONDS = 30
_FAILED_SECONDS = 90
_RETRY_SECONDS = 60
_AUDIT_SECONDS = 90
_AHEAD_SECONDS = 90
_WHOLE = "%d/%d" % (COPIES, COPIES)
# Nothing but a repair may bring a descriptor back in these tests.
_OPTIONS = ["HiddenServiceBalanceRefreshInterval 0"]


def wait_whole(publisher):
    """Wait until every directory has taken both descriptors."""
    def is_whole():
        status = publisher.status()
        return status["OK_CURRENT"] == status["OK_NEXT"] == _WHOLE
    wait.until(is_whole, _ANSWER_SECONDS, "all directories' answers",
               publisher.explain)


def directories(publisher, since=0.0, **fields):
    """Return the directories of the uploads with these fields."""
    return {event.fields["HSDIR"] for event in publisher.balance_events(
        "UPLOAD", since=since, **fields)}


def holders(cluster, publisher, which):
    """Return the relays that took the descriptor `which`, last one first.

    Authorities are left out: the network needs them.
    """
    taken = [event.fields["HSDIR"] for event
             in publisher.balance_events("UPLOAD", RESULT="OK", DESC=which)]
    relays = {relay.fingerprint: relay for relay in cluster.network.relays
              if relay not in cluster.network.authorities}
    return [relays[name] for name in reversed(taken) if name in relays]


def test_every_directory_answers(make_cluster, client):
    """Each upload that was sent gets its own result."""
    cluster = make_cluster(2)
    cluster.wait_settled(client)
    publisher = cluster.wait_publisher()
    wait_whole(publisher)
    assert int(publisher.status()["LAST_UPLOAD_OK"]) > time.time() - 300

    def is_answered(which):
        last = publisher.balance_events(
            "UPLOAD", RESULT="SENT", DESC=which)[-1].fields["REV"]
        sent = directories(publisher, RESULT="SENT", REV=last)
        return len(sent) == COPIES and sent == directories(
            publisher, RESULT="OK", REV=last)
    wait.until(lambda: is_answered("CURRENT") and is_answered("NEXT"),
               _ANSWER_SECONDS, "an answer to each upload",
               publisher.explain)


def test_dead_directory_is_tried_again(make_cluster, client):
    """One fails while the others take it; when it is back it gets it."""
    cluster = make_cluster(2, _OPTIONS)
    cluster.wait_settled(client)
    publisher = cluster.wait_publisher()
    wait_whole(publisher)
    relay = holders(cluster, publisher, "NEXT")[0]
    begun = time.monotonic()
    relay.kill()
    try:
        cluster.standbys()[0].kill()
        failed = publisher.wait_event("UPLOAD", _FAILED_SECONDS, since=begun,
                                      RESULT="FAILED",
                                      HSDIR=relay.fingerprint)
    finally:
        relay.start()
    # The answers come in any order.
    others = wait.until(
        lambda: directories(publisher, since=begun, RESULT="OK",
                            REV=failed.fields["REV"]),
        _ANSWER_SECONDS, "another directory's answer", publisher.explain)
    assert relay.fingerprint not in others or publisher.balance_events(
        "UPLOAD", since=failed.at, RESULT="OK", HSDIR=relay.fingerprint)
    publisher.wait_event("UPLOAD", _RETRY_SECONDS, since=failed.at,
                         RESULT="OK", HSDIR=relay.fingerprint)


@pytest.fixture
def outsider(network):
    """A function that has an unmodified tor publish with a cluster's key.

    Its clock is far ahead, so directories take its descriptor over any other
    and refuse others. It is gone when the function returns.
    """
    made = []

    def publish(cluster):
        directory, lines = network.common("outsider")
        own = os.path.join(directory, "hs")
        cluster.key.write(own)
        tor = network.add(Tor(directory, network.client_binary, lines
                              + torrc.service(own, free_port())))
        made.append(tor)
        tor.start(Clock(tor.path("clock"), _AHEAD_SECONDS).wrapper)
        tor.control.subscribe("HS_DESC")
        wait.until(lambda: len(tor.control.since(0, lambda event: event.is_a(
            "HS_DESC", "UPLOADED", cluster.address))) >= 2 * COPIES,
                   _FAILED_SECONDS, "the outsider's uploads", tor.log_tail)
        tor.kill()
    yield publish
    for tor in made:
        if tor.running:
            tor.kill()


def test_rejected_descriptor_is_renewed(make_cluster, client, outsider):
    """Directories have a higher revision: they get a still higher one.

    The publisher learns which from one that refuses, long before its own
    clock would get there.
    """
    cluster = make_cluster(0, _OPTIONS)
    outsider(cluster)
    publisher = cluster.new_node()
    cluster.connect([publisher])
    begun = time.monotonic()
    refused = publisher.wait_event("UPLOAD", _FAILED_SECONDS, begun,
                                   RESULT="FAILED", REASON="REJECTED")
    repair = publisher.wait_event("REPAIR", _ANSWER_SECONDS, begun,
                                  ACTION="FORCE_REPUBLISH", REASON="REJECTED")
    taken = publisher.wait_event("UPLOAD", _ANSWER_SECONDS, repair.at,
                                 DESC=refused.fields["DESC"], RESULT="OK")
    assert int(taken.fields["REV"]) > int(refused.fields["REV"]) + 1
    wait_whole(publisher)
    cluster.wait_settled(client)


def test_foreign_descriptor_is_replaced(make_cluster, client, outsider):
    """Somebody uploads over a cluster's descriptors, and is gone.

    The publisher sees it when it asks a directory, and all get its own again.
    """
    cluster = make_cluster(1, _OPTIONS)
    cluster.wait_settled(client)
    publisher = cluster.wait_publisher()
    wait_whole(publisher)
    begun = time.monotonic()
    outsider(cluster)
    publisher.wait_event("REPAIR", _AUDIT_SECONDS, begun,
                         ACTION="FORCE_REPUBLISH", REASON="NEWER")
    cluster.wait_settled(client, seconds=_AUDIT_SECONDS)
    wait_whole(publisher)
    assert int(publisher.status()["NEWER_FOUND"]) > 0


def lose_descriptor(publisher, relay):
    """Restart a relay; return the event of the repair that follows.

    Return None if the publisher uploads to it before it has noticed, because
    its descriptors change.
    """
    begun = time.monotonic()
    relay.kill()
    relay.start()
    where = {"since": begun, "HSDIR": relay.fingerprint}

    def repaired_or_uploaded():
        return (publisher.balance_events("REPAIR", REASON="MISSING", **where)
                or publisher.balance_events("UPLOAD", RESULT="SENT", **where))
    first = wait.until(repaired_or_uploaded, _AUDIT_SECONDS,
                       "a repair at " + relay.fingerprint,
                       publisher.explain)[0]
    return first if first.is_a("HS_BALANCE", "REPAIR") else None


def test_lost_descriptor_is_noticed(make_cluster, client):
    """A restarted relay has no descriptor; the publisher sees that."""
    cluster = make_cluster(1, _OPTIONS)
    cluster.wait_settled(client)
    publisher = cluster.wait_publisher()
    repair = None
    while repair is None:
        wait_whole(publisher)
        relay = holders(cluster, publisher, "NEXT")[0]
        repair = lose_descriptor(publisher, relay)
    assert repair.fields["ACTION"] == "FORCE_REPUBLISH"
    taken = publisher.wait_event("UPLOAD", _RETRY_SECONDS, since=repair.at,
                                 RESULT="OK", HSDIR=relay.fingerprint)
    # Only this directory was sent anything.
    sent = directories(publisher, since=repair.at, RESULT="SENT",
                       REV=taken.fields["REV"])
    assert sent == {relay.fingerprint}, publisher.explain()

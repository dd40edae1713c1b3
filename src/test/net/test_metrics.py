"""What three nodes show Prometheus."""
import os
import subprocess

import pytest

from testnet import wait
from testnet.metrics import Metrics

_SECONDS = 30
_PROMTOOL = os.path.join(os.path.dirname(__file__),
                         "..", "..", "..", "scripts", "promtool")
# Samples of one service on a node with two peers.
_MAX_SAMPLES = 60


@pytest.fixture(scope="module")
def watched(trio, client):
    """The cluster, and {node: port} of its MetricsPorts."""
    for node in trio.nodes:
        node.show_metrics(_SECONDS)
    trio.wait_settled(client)
    return trio


def look(node):
    """Return what a node shows now."""
    return Metrics(node.metrics_port)


def wait_shown(node, name, least, **labels):
    """Wait until a node shows a value that is at least `least`."""
    wait.until(lambda: look(node).get(name, **labels) >= least, _SECONDS,
               "%s%s >= %s" % (name, labels, least),
               lambda: look(node).text + node.explain())


def wait_points(node):
    """Wait until a node shows the points of both descriptors.

    Where a time period has just ended, one of them is new.
    """
    expected = {(desc, owner): count for desc in ("current", "next")
                for owner, count in (("own", 3), ("peer", 6))}

    def all_shown():
        shown = look(node)
        return expected == {at: shown.get("points", desc=at[0], owner=at[1])
                            for at in expected}
    wait.until(all_shown, _SECONDS, "points %s" % expected,
               lambda: look(node).text + node.explain())


def test_promtool_finds_no_fault(watched):
    """Names, types, units and descriptions are as Prometheus wants them."""
    for node in watched.nodes:
        text = look(node).text
        assert text.count("# TYPE ") == text.count("# HELP ") >= 12
        check = subprocess.run([_PROMTOOL, "check", "metrics"], input=text,
                               text=True, capture_output=True, check=False)
        assert (check.returncode, check.stdout) == (0, ""), check


def test_labels_are_bounded(watched):
    """Nothing is named but the service, its nodes and words of ours."""
    names = {node.name for node in watched.nodes}
    for node in watched.nodes:
        samples = look(node).samples
        assert len(samples) <= _MAX_SAMPLES
        assert len({(name, tuple(labels.items()))
                    for name, labels, _ in samples}) == len(samples)
        backend = "tcp://127.0.0.1:%d" % node.backend.port
        for _, labels, _ in samples:
            assert labels.pop("onion") == watched.address
            assert labels.pop("node", node.name) in names
            assert labels.pop("target", backend) == backend
            assert all(value.replace("_", "").isalpha()
                       for value in labels.values()), labels


def test_metrics_tell_the_state(watched):
    """They agree with what the control port says."""
    publisher = watched.wait_publisher()
    for node in watched.nodes:
        wait_shown(node, "streams", 2, kind="peer")
        shown = look(node)
        assert shown.get("publisher") == (node is publisher)
        assert shown.get("peers", state="healthy") == 2
        assert shown.get("peers", state="dead") == 0
        wait_points(node)
        others = {other.name for other in watched.nodes} - {node.name}
        for name in ("peer_rtt_seconds", "clock_skew_seconds"):
            assert {labels["node"] for labels, _ in shown.all(name)} == others
        assert all(0 < value < 20 for _, value
                   in shown.all("peer_rtt_seconds"))
        assert all(abs(value) < 10 for _, value
                   in shown.all("clock_skew_seconds"))


def test_age_is_the_publishers(watched):
    """Standbys have no descriptor that could be old."""
    publisher = watched.wait_publisher()
    assert 0 <= look(publisher).get("descriptor_age_seconds") < 600
    for node in watched.standbys():
        assert look(node).all("descriptor_age_seconds") == []


def test_counters_count(watched):
    """What happens is counted, once, where it happens."""
    publisher = watched.wait_publisher()
    before = {node: look(node) for node in watched.nodes}
    assert before[publisher].get("takeovers_total") >= 1
    assert before[publisher].get("publish_total", result="ok") >= 16
    publisher.control.command("HSBALANCE %s STEPDOWN" % watched.address)
    wait_shown(publisher, "repairs_total",
               before[publisher].get("repairs_total", action="step_down") + 1,
               action="step_down")
    wait.until(lambda: watched.publishers() not in ([], [publisher]),
               _SECONDS, "another publisher", watched.explain)
    heir, = watched.publishers()
    wait_shown(heir, "takeovers_total",
               before[heir].get("takeovers_total") + 1)
    for result in ("sent", "ok"):
        wait_shown(heir, "publish_total", before[heir].get(
            "publish_total", result=result) + 16, result=result)
    for node, was in before.items():
        for direction in ("sent", "received"):
            wait_shown(node, "heartbeats_total", was.get(
                "heartbeats_total", direction=direction) + 4,
                direction=direction)
        assert look(node).get("takeovers_total") == was.get(
            "takeovers_total") + (node is heir)

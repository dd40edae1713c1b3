"""What torrc may say: tor --verify-config accepts or refuses it, with reason.

Every documented bound is tried on both sides.
"""
import subprocess

import pytest

from testnet import binaries, keys
from testnet.manual import Manual

_PEER = keys.OnionKey().hostname

# Option, value below, lowest, highest, value above; None where the type or
# another option sets the limit.
_BOUNDS = [
    ("Priority", "-1", "0", "65535", "65536"),
    ("MaxIntroPoints", "2", "3", "20", "21"),
    ("MaxPeers", "0", "1", "1024", "1025"),
    ("DeadThreshold", "0", "1", None, None),
    ("TargetCircuits", "0", "1", "64", "65"),
    ("TargetStreams", "0", "1", "1000000", "1000001"),
    ("TakeoverGrace", "29 seconds", "30 seconds", None, None),
    ("RefreshInterval", "59 seconds", "60 seconds", None, None),
    ("DescriptorMaxAge", "59 seconds", "60 seconds", None, None),
    ("TargetTimeout", "0 seconds", "1 seconds", None, None),
    ("TargetHeadTimeout", "0 seconds", "1 seconds", None, None),
    ("TargetIdleTimeout", "0 seconds", "1 seconds", None, None),
    ("ProbeTimeout", "0 seconds", "1 seconds", "60 seconds", "61 seconds"),
    ("ProbeInterval", "4 seconds", "5 seconds", "86400 seconds",
     "86401 seconds"),
    ("PingInterval", "0 seconds", "1 seconds", "86400 seconds",
     "86401 seconds"),
]

# Options that are refused for another reason than their own range, and what
# the message must contain.
_REFUSED = [
    (["HiddenServiceBalanceNodeId with.dot"], ["NodeId", "with.dot"]),
    (["HiddenServiceBalanceNodeId " + "x" * 33], ["NodeId", "x" * 33, "32"]),
    (["HiddenServiceBalancePeer example.com"], ["Peer", "example.com"]),
    (["HiddenServiceBalancePeer " + _PEER[:-10] + ".onion"],
     ["Peer", _PEER[:-10]]),
    (["HiddenServiceBalancePeer " + _PEER, "HiddenServiceBalancePeer "
      + keys.OnionKey().hostname, "HiddenServiceBalanceMaxPeers 1"],
     ["Peer", "MaxPeers", "1"]),
    (["HiddenServiceBalanceHeartbeatInterval 30 seconds"],
     ["HeartbeatTimeout", "30", "HeartbeatInterval"]),
    (["HiddenServiceBalanceHeartbeatTimeout 10 seconds"],
     ["HeartbeatTimeout", "10", "HeartbeatInterval"]),
    (["HiddenServiceBalanceLeaseDuration 10 seconds"],
     ["LeaseDuration", "10", "HeartbeatInterval"]),
    (["HiddenServiceBalanceProbePath health"], ["ProbePath", "health"]),
    (["HiddenServiceBalanceProbePath /a b"], ["ProbePath", "/a b"]),
    (["HiddenServiceBalanceProbePath /" + 1024 * "x"], ["ProbePath", "1024"]),
    (["HiddenServiceBalanceTarget " + _PEER], ["Target", _PEER, "VIRTPORT"]),
    (["HiddenServiceBalanceTarget 80 ftp://" + _PEER],
     ["Target", "ftp://" + _PEER, "tcp://", "https://"]),
    (["HiddenServiceBalanceTarget 80 http://%s/path" % _PEER],
     ["Target", "http://" + _PEER, "a name"]),
    (["HiddenServiceBalanceTarget 80 tcp://" + _PEER],
     ["Target", _PEER, "port of the target"]),
    (["HiddenServiceBalanceTarget 80 tcp://%s:80" % ("a" * 56 + ".onion")],
     ["Target", "a" * 56, "valid"]),
    (["HiddenServiceBalanceTarget 80 tcp://0.0.0.0:80"],
     ["Target", "0.0.0.0", "no address of a machine"]),
    (["HiddenServiceBalanceTarget 80 https://localhost"],
     ["Target", "localhost", "127.0.0.1"]),
    (["HiddenServiceBalanceTarget 80 tls://example.com"],
     ["Target", "example.com", "port of the target"]),
    (["HiddenServiceBalanceTarget 0 tcp://127.0.0.1:80"],
     ["Target", "0 tcp", "virtual port"]),
    (["HiddenServiceBalanceTarget 80 tcp://127.0.0.1:0"],
     ["Target", "127.0.0.1:0", "port of the target"]),
    (["HiddenServiceBalanceTarget 80 tcp://127.0.0.1:65536"],
     ["Target", "127.0.0.1:65536", "port of the target"]),
    (["HiddenServiceBalanceTarget 80 tcp://127.0.0.1:80/path"],
     ["Target", "127.0.0.1:80/path", "port of the target"]),
    (["HiddenServiceBalancePeer " + _PEER,
      "HiddenServiceBalanceTarget 80 http://" + _PEER],
     ["Target", "http://" + _PEER, "HiddenServiceBalancePeer"]),
    (["HiddenServiceExportCircuitID haproxy",
      "HiddenServiceBalanceTarget 80 http://127.0.0.1:80"],
     ["Target", "http://127.0.0.1:80", "HiddenServiceExportCircuitID"]),
    (["HiddenServiceExportCircuitID haproxy",
      "HiddenServiceBalanceTarget 80 https://example.com"],
     ["Target", "https://example.com", "HiddenServiceExportCircuitID"]),
    (["HiddenServiceExportCircuitID haproxy",
      "HiddenServiceBalanceTarget 80 tls://127.0.0.1:80"],
     ["Target", "tls://127.0.0.1:80", "HiddenServiceExportCircuitID"]),
]

# Options, values that are no number, time or switch, and what the message
# must say of it.
_WRONG_KIND = [
    ("", "2", "0 and 1"),
    ("Join", "yes", "0 and 1"),
    ("Keyless", "-1", "0 and 1"),
    ("FastTakeover", "2", "0 and 1"),
    ("Priority", "high", "Integer"),
    ("MaxIntroPoints", "many", "Integer"),
    ("MaxPeers", "1.5", "Integer"),
    ("DeadThreshold", "three", "Integer"),
    ("TargetCircuits", "0x4", "Integer"),
    ("HeartbeatInterval", "soon", "number"),
    ("PingInterval", "often", "number"),
    ("HeartbeatTimeout", "10 lightyears", "unit"),
    ("LeaseDuration", "1 lease", "unit"),
    ("TakeoverGrace", "?", "number"),
    ("BackoffJitter", "some", "number"),
    ("ClockSkew", "5 s5", "unit"),
    ("RefreshInterval", "hourly", "number"),
    ("DescriptorMaxAge", "old", "number"),
    ("TargetTimeout", "-1", "Overflow"),
    ("ProbeInterval", "often", "number"),
    ("ProbeTimeout", "5 beats", "unit"),
]

_ACCEPTED = [
    [],
    ["HiddenServiceBalanceNodeId A-z_09"],
    ["HiddenServiceBalanceNodeId " + "x" * 32],
    ["HiddenServiceBalancePeer " + _PEER,
     "HiddenServiceBalancePeer " + keys.OnionKey().hostname],
    ["HiddenServiceBalanceRefreshInterval 0"],
    ["HiddenServiceBalanceBackoffJitter 0"],
    ["HiddenServiceBalanceProbeInterval 0"],
    ["HiddenServiceBalanceProbePath /is/it?well=%20"],
    ["HiddenServiceBalanceHeartbeatInterval 29 seconds"],
    ["HiddenServiceBalanceLeaseDuration 11 seconds"],
    ["HiddenServiceNumIntroductionPoints 20"],
    ["HiddenServiceBalanceTarget 80 tcp://127.0.0.1:80"],
    ["HiddenServiceBalanceTarget 80 http://" + _PEER],
    ["HiddenServiceBalanceTarget 80 https://example.com",
     "HiddenServiceBalanceTarget 80 tls://192.0.2.1:443"],
    ["HiddenServiceExportCircuitID haproxy",
     "HiddenServiceBalanceTarget 80 tcp://%s:80" % _PEER],
]


def verify(directory, service, options=(),
           ports=("HiddenServicePort 80 127.0.0.1:8080",)):
    """Return whether tor accepts the per service lines, and what it says."""
    path = directory / "torrc"
    path.write_text("\n".join([
        "DataDirectory %s" % directory, "SocksPort 0", *options,
        "HiddenServiceDir %s/hs" % directory,
        *ports, *service]) + "\n")
    tor = subprocess.run(
        [binaries.balanced_tor(), "--verify-config", "--defaults-torrc",
         "/dev/null", "-f", str(path)], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    return tor.returncode == 0, tor.stdout


def refused(directory, lines, parts, options=()):
    """Assert that tor refuses, in one line that has all `parts`."""
    accepted, output = verify(
        directory, ["HiddenServiceBalance 1", *lines], options)
    assert not accepted, output
    assert any(all(part in line for part in parts)
               for line in output.splitlines()), output


@pytest.mark.parametrize("option, below, low, high, above", _BOUNDS)
def test_bounds(tmp_path, option, below, low, high, above):
    """Both ends of a range are accepted, one step beyond is refused."""
    line = "HiddenServiceBalance%s %s"
    for value in (low, high):
        if value is not None:
            accepted, output = verify(tmp_path, [
                "HiddenServiceBalance 1", line % (option, value)])
            assert accepted, output
    for value, bound in ((below, low), (above, high)):
        if value is not None:
            refused(tmp_path, [line % (option, value)],
                    [option, value.split()[0], bound.split()[0]])


@pytest.mark.parametrize("lines, parts", _REFUSED,
                         ids=lambda value: value[0].split()[-1][:20])
def test_refused(tmp_path, lines, parts):
    """Combinations that make no sense are refused, with the reason."""
    refused(tmp_path, lines, parts)


@pytest.mark.parametrize("lines", _ACCEPTED, ids=str)
def test_accepted(tmp_path, lines):
    """What makes sense is accepted."""
    accepted, output = verify(tmp_path, ["HiddenServiceBalance 1", *lines])
    assert accepted, output


def test_lines_in_the_manual_are_accepted(tmp_path):
    """Every line for torrc in operator.md is good, with ADDRESS filled in;
    those that are no service's go before the service."""
    lines = [line.replace("ADDRESS.onion", _PEER)
             for line in Manual("operator.md").torrc]
    service = [line for line in lines if line.startswith("HiddenService")]
    assert service
    accepted, output = verify(
        tmp_path, ["HiddenServiceBalance 1", *service],
        [line for line in lines if line not in service], ports=())
    assert accepted, output


def test_lines_in_the_readme_are_accepted(tmp_path):
    """The two machines in ten lines are, but for where the service is."""
    directory, *lines = Manual("../README.md").torrc
    assert directory.startswith("HiddenServiceDir "), directory
    accepted, output = verify(tmp_path, lines, ports=())
    assert accepted, output


def test_onionbalance_instance_is_refused(tmp_path):
    """A service has one balancer: Onionbalance's backend cannot be ours."""
    (tmp_path / "hs").mkdir(0o700)
    (tmp_path / "hs" / "ob_config").write_text(
        "MasterOnionAddress %s\n" % keys.OnionKey().hostname)
    refused(tmp_path, ["HiddenServiceOnionBalanceInstance 1"],
            ["HiddenServiceOnionBalanceInstance", "HiddenServiceBalance "])


@pytest.mark.parametrize("owner, said", (
    ("hs", "this onion service itself"),
    ("hs/rbalance", "the address of this node")))
def test_target_that_leads_back_is_refused(tmp_path, owner, said):
    """Neither the service nor its node is a target of the service."""
    key = keys.OnionKey()
    target = "HiddenServiceBalanceTarget 80 https://" + key.hostname
    accepted, output = verify(tmp_path, ["HiddenServiceBalance 1", target])
    assert accepted, output
    (tmp_path / "hs").mkdir(0o700)
    key.write(str(tmp_path / owner))
    refused(tmp_path, [target], ["Target", key.hostname, said])


def test_proof_of_work_is_accepted(tmp_path):
    """The nodes share their puzzles."""
    accepted, output = verify(tmp_path, [
        "HiddenServiceBalance 1", "HiddenServicePoWDefensesEnabled 1"])
    assert accepted, output


def test_single_hop_service_is_refused(tmp_path):
    """A service without anonymity cannot be balanced."""
    refused(tmp_path, [], ["HiddenServiceBalance"],
            ["HiddenServiceSingleHopMode 1",
             "HiddenServiceNonAnonymousMode 1"])


@pytest.mark.parametrize("option, value, said", _WRONG_KIND)
def test_values_of_the_wrong_kind_are_refused(tmp_path, option, value, said):
    """What is no number, time or switch is refused by name, with a reason."""
    accepted, output = verify(tmp_path, [
        "HiddenServiceBalance%s %s" % (option, value)])
    assert not accepted, output
    assert any("HiddenServiceBalance%s:" % option in line and said in line
               and value.split()[0] in line
               for line in output.splitlines()), output


def test_unknown_options_are_refused(tmp_path):
    """A word that is misspelt says so."""
    refused(tmp_path, ["HiddenServiceBalanceMaxPoints 5"],
            ["Unknown option", "HiddenServiceBalanceMaxPoints"])


def test_short_intervals_need_a_testing_network(tmp_path):
    """With TestingTorNetwork the lower bounds fall to one second."""
    testing = ["TestingTorNetwork 1", "DirAuthority a orport=1 no-v2 v3ident="
               + "A" * 40 + " 127.0.0.1:1 " + "B" * 40]
    short = ["HiddenServiceBalance 1"] + [
        "HiddenServiceBalance%s 1 seconds" % option
        for option in ("TakeoverGrace", "RefreshInterval", "PingInterval",
                       "HeartbeatInterval")]
    accepted, output = verify(tmp_path, short, testing)
    assert accepted, output
    refused(tmp_path, ["HiddenServiceBalanceTakeoverGrace 0"],
            ["TakeoverGrace", "1"], testing)


def test_options_without_the_switch_change_nothing(tmp_path):
    """A service that is not balanced may keep its settings in torrc."""
    accepted, output = verify(
        tmp_path, ["HiddenServiceBalanceMaxIntroPoints 5"])
    assert accepted, output


def test_target_is_enough_of_a_port(tmp_path):
    """A service needs a port, or a target."""
    lines = ["HiddenServiceBalance 1"]
    accepted, said = verify(tmp_path, lines, ports=())
    assert not accepted and "no ports" in said
    lines.append("HiddenServiceBalanceTarget 80 tcp://%s:80" % _PEER)
    accepted, said = verify(tmp_path, lines, ports=())
    assert accepted, said

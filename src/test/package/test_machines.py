"""From the package to a balanced service, as doc/operator.md says.

Two machines that were never used, two torrc files, and nothing else. The
machines can't reach each other but through Tor.
"""
import json
import re
import time

from testnet import wait
from testnet.manual import Manual
from testnet.traffic import answered_by, burst, failed

_SECONDS = 120
# Each of two nodes is missed by as many requests once in 500 million times.
_REQUESTS = 30
_NODES = 2
_POINTS = 6
# What every file of the service must be, as find -printf shows it. Debian's
# /var/lib/tor hands its group on.
_DIRECTORY, _FILE = "d 2700 debian-tor", "f 600 debian-tor"


def start(reload, machine, printed):
    """Do what the tool says: put its lines into torrc, and reload."""
    lines = re.findall("(?m)^ *(HiddenService.*)", printed)
    assert lines, printed
    machine.configure(*lines)
    machine.type(reload)


def found(what, printed):
    """Return the first group of the pattern `what` in `printed`."""
    match = re.search(what, printed)
    assert match, printed
    return match.group(1)


def is_settled(machine, status):
    """Return True iff that node finds both well, and all their points."""
    shown = json.loads(machine.type(
        "%s --json 2>/dev/null || true" % status) or "{}")
    return ([node["state"] for node in shown.get("nodes", ())]
            == ["HEALTHY"] * _NODES
            and shown["points_current"] == shown["points_next"] == _POINTS)


def test_from_package_to_service(network, machines, clients, install):
    """Install, init, join; all answer, and one goes on alone."""
    alpha, beta = machines
    for machine in machines:
        install(machine)
        machine.enter_network(network)
    manual = Manual("operator.md")
    reload = manual.take("systemctl reload")

    printed = alpha.type(manual.take("tor-rbalance init --dir"))
    start(reload, alpha, printed)
    ticket = found(r"tor-rbalance join (\S+)", printed)
    password = found(r"the\s+service's\s+key:\s+(\S+)", printed)
    begun = time.monotonic()
    join = manual.take("tor-rbalance join TICKET --dir")
    start(reload, beta, beta.answer(join.replace("TICKET", ticket), password))

    status = manual.take("tor-rbalance status")
    for machine in machines:
        wait.until(lambda: is_settled(machine, status), _SECONDS,
                   "two nodes that are well", machine.explain, pause=1)
        # With no fault to report.
        machine.type(status)
    print("balanced %.1f s after the ticket was used" % (
        time.monotonic() - begun))

    for machine in machines:
        modes = set(machine.type(
            "find /var/lib/tor/shop -printf '%y %m %u\\n'").splitlines())
        assert modes == {_DIRECTORY, _FILE}
        # Our hardening of the unit is in force.
        assert machine.show("RestrictNamespaces") == "yes"

    hostname = alpha.type("cat /var/lib/tor/shop/hostname").strip()
    assert beta.type("cat /var/lib/tor/shop/hostname").strip() == hostname

    def all_answer():
        for client in clients:
            client.renew(hostname[:-6])
        replies = burst(clients, hostname, _REQUESTS)
        assert not failed(replies), failed(replies)
        return set(answered_by(replies)) == {"alpha", "beta"}
    # A directory may still be without the descriptor that has both.
    wait.until(all_answer, _SECONDS, "answers of both", alpha.explain)

    alpha.type(manual.take("systemctl stop"))
    # It begins to drain, and clients do not notice.
    assert not failed(burst(clients, hostname, _REQUESTS))
    alpha.wait_tor("inactive")
    replies = burst(clients, hostname, _REQUESTS)
    assert not failed(replies) and set(answered_by(replies)) == {"beta"}

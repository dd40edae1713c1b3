"""Our package over Debian's tor, and back, as doc/operator.md says.

No command has anything to read: a question of apt or dpkg would end it.
"""
import re

from testnet import wait
from testnet.manual import Manual
from testnet.traffic import burst, failed

_SECONDS = 120
_REQUESTS = 10
_SERVICE = "/var/lib/tor/shop"
# What is the operator's; tor writes the rest of what it has at will.
_KEPT = "sha256sum /etc/tor/torrc %s/h*" % _SERVICE
# How to build the package, which scripts/check does.
_BUILD = ("./autogen.sh && ./configure", "make deb", "make check-deb")


def version(machine):
    """Return the version of tor that is installed, and that is what runs."""
    machine.wait_tor("active")
    # Of a file that is not there any more it says so.
    assert machine.type("readlink /proc/%s/exe" % machine.show(
        "MainPID")) == "/usr/bin/tor\n"
    return machine.type("dpkg-query -W -f '${Version}' tor")


def check_answers(machine, clients, hostname):
    """Wait until clients that have its newest descriptor get answers."""
    def all_answer():
        for client in clients:
            client.renew(hostname[:-6])
        return not failed(burst(clients, hostname, _REQUESTS))
    wait.until(all_answer, _SECONDS, "answers", machine.explain)


def check_kept(machine, kept):
    """Check that these files are still there, as they were."""
    machine.type("sha256sum --check --quiet", text=kept)


def test_over_debian(network, machine, clients):
    """A service of Debian's tor is balanced by ours, and then is not."""
    manual = Manual("operator.md")
    installing = Manual("operator.md", section="Installing it")
    machine.type("apt-get install -y tor")
    machine.configure("HiddenServiceDir " + _SERVICE,
                      "HiddenServicePort 80 127.0.0.1:8080")
    machine.enter_network(network)
    stock = version(machine)
    assert "rbalance" not in stock
    hostname = machine.type("cat %s/hostname" % _SERVICE).strip()
    check_answers(machine, clients, hostname)
    kept = machine.type(_KEPT)

    for command in _BUILD:
        installing.take(command)
    machine.type(installing.take("apt-get install -y ./tor"))
    machine.type(installing.take("apt-mark hold"))
    assert version(machine).startswith(stock + "+rbalance")
    check_kept(machine, kept)
    check_answers(machine, clients, hostname)

    printed = machine.type(manual.take("tor-rbalance init --dir"))
    assert hostname in printed
    machine.configure(*re.findall("(?m)^HiddenServiceBalance.*", printed))
    machine.type(manual.take("systemctl reload"))
    status = manual.take("tor-rbalance status")
    wait.until(lambda: machine.succeeds(status), _SECONDS,
               "a balanced service", machine.explain, pause=1)
    check_answers(machine, clients, hostname)

    # Held, it stays.
    assert "\nInst tor " not in machine.type("apt-get -s dist-upgrade")
    machine.type("sed -i '/^HiddenServiceBalance/d' /etc/tor/torrc")
    machine.type(installing.take("apt-mark unhold"))
    machine.type(installing.take("apt-get install -y --allow-downgrades"))
    assert version(machine) == stock
    check_kept(machine, kept)
    check_answers(machine, clients, hostname)
    assert machine.show("WatchdogUSec") == "0"
    assert installing.left == []

"""Every shell command of doc/operator.md, typed as it stands there.

A machine has its own /var/lib/tor and /run/tor, by a mount namespace in which
tor and the commands run; where that can't be made the test is left out. Of a
command only the placeholders in capitals and the backend's port are replaced.
There is no systemd in the namespace: a stand-in sends the signals that the
unit of Debian's package has tor sent. How to install that package is left to
the tests in src/test/package.
"""
import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess

import pytest

from testnet import binaries, keys, terminal, tool, wait
from testnet.backend import Backend
from testnet.manual import Manual
from testnet.ports import free_port
from testnet.tor import Tor
from testnet.traffic import answered_by, burst, failed

_SECONDS = 120
_REQUESTS = 30
_TICKET = r"tor-rbalance join (\S+)"
_ENTER = """
set -e
mount -t tmpfs none /run
mount -t tmpfs none /var/lib
mkdir /run/tor /var/lib/tor
mount --bind "$0/run" /run/tor
mount --bind "$0/lib" /var/lib/tor
exec "$@"
"""
_SYSTEMCTL = """#!/bin/sh
case "$1 $2" in
"reload tor") kill -HUP "$(cat "%(directory)s/pid")" ;;
"stop tor") kill -INT "$(cat "%(directory)s/pid")" ;;
*) exit 1 ;;
esac
"""


def namespace(directory):
    """Return what to put before a program for it to see that machine."""
    return ["unshare", "--mount",
            *([] if os.geteuid() == 0 else ["--map-root-user"]),
            "sh", "-c", _ENTER, directory]


class Machine:
    """A machine with a backend, on which an operator types."""

    def __init__(self, network, name):
        self.name = name
        self.directory, self.lines = network.common("operator-" + name)
        for part in ("run", "lib", "bin"):
            os.mkdir(self.path(part), 0o700)
        os.symlink(os.path.abspath(tool.path()), self.path("bin/tor-rbalance"))
        with open(self.path("bin/systemctl"), "w") as file:
            file.write(_SYSTEMCTL % {"directory": self.directory})
        os.chmod(self.path("bin/systemctl"), 0o700)
        self.backend = Backend(name)
        self.tor = network.add(Tor(
            self.directory, binaries.balanced_tor(), self.lines + [
                "ControlSocket /run/tor/control", "SocksPort auto",
                "PidFile " + self.path("pid")]))

    def path(self, *names):
        """Return the path of a file, seen from outside."""
        return os.path.join(self.directory, *names)

    def shell(self, command, words):
        """Return how to run `command` in a shell of the machine, as the
        arguments of a program and options of a subprocess.Popen."""
        words = {"8080": str(self.backend.port), **words}
        for placeholder, word in words.items():
            command = command.replace(placeholder, word)
        search = self.path("bin") + ":" + os.environ["PATH"]
        return ([*namespace(self.directory), "sh", "-c", command],
                {"env": {**os.environ, "PATH": search}})

    def type(self, command, **words):
        """Run `command`, return what it prints; `words` replace words."""
        argv, options = self.shell(command, words)
        return terminal.type_in(argv, **options)

    def answer(self, command, password, **words):
        """Run `command`, which asks for a password at a terminal."""
        argv, options = self.shell(command, words)
        return terminal.answer(argv, password, **options)

    def start(self):
        """Start its tor, which has no service yet."""
        self.tor.start(namespace(self.directory))
        self.tor.wait_ready()

    def configure(self, printed, reload):
        """Put the torrc lines that were printed into torrc, and reload."""
        lines = re.findall("(?m)^ *(HiddenService.*)", printed)
        assert lines, printed
        self.tor.lines += lines
        self.tor.write()
        self.type(reload)

    def tokens(self):
        """Return the lines of the token file."""
        with open(self.path("lib/shop/rbalance/cluster_token")) as file:
            return file.read().splitlines()

    def stop(self):
        """End what runs."""
        if self.tor.running:
            self.tor.kill()
        self.backend.stop()


@pytest.fixture
def machines(network, tmp_path):
    """Alpha, beta, gamma and delta; the last is for another service."""
    for part in ("run", "lib"):
        (tmp_path / part).mkdir()
    if not shutil.which("unshare") or subprocess.run(
            [*namespace(str(tmp_path)), "true"], check=False).returncode:
        pytest.skip("no mount namespace can be made here")
    machines = [Machine(network, name)
                for name in ("alpha", "beta", "gamma", "delta")]
    yield machines
    for machine in machines:
        machine.stop()


def settled(machines, command, count):
    """Wait until `command` finds no fault at any, and `count` nodes."""
    def good():
        for machine in machines:
            try:
                printed = machine.type(command)
            except AssertionError:
                return False
            if printed.count("HEALTHY") < count:
                return False
        return True
    wait.until(good, _SECONDS, "%d nodes that are well" % count,
               machines[0].tor.log_tail)


@contextlib.contextmanager
def watched(machine, command):
    """Run a command that shows what happens in the meantime, at least a line.
    """
    argv, options = machine.shell(command, {})
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, text=True,
                             stdout=subprocess.PIPE, start_new_session=True,
                             **options)
    try:
        yield
        readable, _, _ = select.select([child.stdout], [], [], _SECONDS)
        assert readable and child.stdout.readline()
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait()
        child.stdout.close()


def found(what, printed):
    """Return the first group of the pattern `what` in `printed`."""
    match = re.search(what, printed)
    assert match, printed
    return match.group(1)


def draining(machine):
    """Return True iff the tool says that the node drains."""
    return json.loads(machine.type(
        "tor-rbalance status --json || true"))["draining"]


def take_out(manual, machine, other, status):
    """Take that machine out and back, and then the other, which is beta."""
    machine.type(manual.take("tor-rbalance backend drain"))
    assert draining(machine)
    machine.type(manual.take("tor-rbalance backend undrain"))
    assert not draining(machine)
    machine.type(manual.take("tor-rbalance backend exclude"))
    wait.until(lambda: "excluded" in other.type(status + " || true"),
               _SECONDS, "a node that is out", other.tor.log_tail)
    machine.type(manual.take("tor-rbalance backend include"))


def rotate(manual, machines):
    """Give all machines a new token in front of the old, then that alone."""
    old = machines[0].tokens()
    new = machines[0].type(manual.take("openssl rand")).strip()
    for command in ("sed -i \"1i", "sed -i 2d"):
        command = manual.take(command)
        reload = manual.take("systemctl reload")
        for machine in machines:
            machine.type(command, TOKEN=new)
            machine.type(reload)
        expected = [new] + old if "TOKEN" in command else [new]
        assert [one.tokens() for one in machines] == [expected] * len(machines)


def monitor(manual, machine, reload):
    """Read the metrics."""
    port = str(free_port())
    machine.tor.lines += [line.replace("9035", port) for line in manual.torrc
                          if line.startswith("MetricsPort")]
    machine.tor.write()
    machine.type(reload)
    read = manual.take("curl") + " || true"
    wait.until(lambda: "tor_hs_balance_" in machine.type(
        read, **{"9035": port}), _SECONDS, "metrics", machine.tor.log_tail)


def back_up(manual, machine, other, init):
    """Copy the service of a machine to another, which has none, and away."""
    words = {"shop.tar": machine.path("shop.tar")}
    machine.type(manual.take("tar -C /var/lib/tor -cf"), **words)
    other.type(manual.take("tar -C /var/lib/tor -xf"), **words)
    shop = other.path("lib/shop")
    assert not os.path.exists(os.path.join(shop, "rbalance"))
    other.type(init)
    assert read_hostname(other) == read_hostname(machine)
    shutil.rmtree(shop)


def read_hostname(machine):
    """Return the address of the service that the machine has."""
    with open(machine.path("lib/shop/hostname")) as file:
        return file.read().strip()


def import_key(manual, machine):
    """Take over the service of an Onionbalance."""
    key = keys.OnionKey()
    with open(machine.path("frontend.key"), "wb") as file:
        file.write(key.pem)
    machine.type("; ".join((
        "set -e", manual.take("openssl pkey"),
        "test $(stat -c %a /run/seed) = 600",
        manual.take("tor-rbalance init --key"), manual.take("rm /run/seed"),
        "test ! -e /run/seed")),
                 KEYFILE=machine.path("frontend.key"), ADDRESS=key.address)
    assert read_hostname(machine) == key.hostname


def test_all_commands(machines, clients):
    """Three machines, set up, watched, drained, renewed and stopped."""
    manual = Manual("operator.md", without="Installing it")
    alpha, beta, gamma, delta = machines
    trio = (alpha, beta, gamma)
    for machine in trio:
        machine.start()

    reload = manual.take("systemctl reload")
    init = manual.take("tor-rbalance init --dir")
    printed = alpha.type(init)
    ticket = found(_TICKET, printed)
    password = found(r"the\s+service's\s+key:\s+(\S+)", printed)
    alpha.configure(printed, reload)
    hostname = read_hostname(alpha)
    beta.configure(beta.answer(
        manual.take("tor-rbalance join TICKET --dir"), password,
        TICKET=ticket), reload)
    status = manual.take("tor-rbalance status")
    settled((alpha, beta), status, 2)

    ticket = found(_TICKET, beta.type(manual.take("tor-rbalance ticket")))
    gamma.configure(gamma.type(
        manual.take("tor-rbalance join TICKET --keyless"), TICKET=ticket),
                    reload)
    assert not os.path.exists(gamma.path("lib/shop/hs_ed25519_secret_key"))
    settled(trio, status, 3)

    printed = gamma.type(manual.take("tor-rbalance peers"))
    assert all(one.name in printed for one in trio)
    with watched(alpha, manual.take("tor-rbalance watch")):
        take_out(manual, alpha, beta, status)
    settled(trio, status, 3)

    monitor(manual, alpha, reload)
    back_up(manual, alpha, delta, init)
    rotate(manual, trio)
    settled(trio, status, 3)

    assert "100" in alpha.type(manual.take("tor-rbalance debug tor"))
    wait.until(lambda: not failed(burst(clients, hostname, 1)), _SECONDS,
               "an answer", alpha.tor.log_tail)
    assert "RECEIVED" in alpha.type(manual.take("tor-rbalance debug fetch"),
                                    ADDRESS=hostname)
    assert hostname in alpha.type(manual.take("tor-rbalance debug connect"),
                                  ADDRESS=hostname)

    alpha.type(manual.take("systemctl stop"))
    wait.until(lambda: not alpha.tor.running, _SECONDS, "an end of alpha",
               alpha.tor.log_tail)
    replies = burst(clients, hostname, _REQUESTS)
    assert not failed(replies) and "alpha" not in answered_by(replies)

    import_key(manual, delta)
    assert manual.left == []

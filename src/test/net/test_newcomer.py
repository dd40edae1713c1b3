"""From nothing to a balanced service, with tor-rbalance and two torrc files.

Every machine is a directory here; what goes from one to the other is what a
person would carry: a ticket and its password.
"""
import os
import pwd
import shutil
import stat
import subprocess
import time

import pytest

from testnet import binaries, keys, tool, wait
from testnet.backend import Backend
from testnet.tor import Tor
from testnet.traffic import answered_by, burst, failed

_SECONDS = 120
# Each of three nodes is missed by as many requests once in 190,000 times.
_REQUESTS = 30


class Machine:
    """A directory, a backend, and options for tor-rbalance."""

    def __init__(self, network, name):
        self.network = network
        self.name = name
        self.directory, self.lines = network.common("newcomer-" + name)
        self.backend = Backend(name)
        self.hs = os.path.join(self.directory, "hs")
        self.torrc = os.path.join(self.directory, "service")
        self.options = [
            "--dir", self.hs, "--node-id", name, "--torrc", self.torrc,
            "--port", "80 127.0.0.1:%d" % self.backend.port]
        self.tor = None

    def start(self):
        """Start tor with the lines that the tool wrote."""
        with open(self.torrc) as file:
            lines = file.read().splitlines()
        self.tor = self.network.add(Tor(
            self.directory, binaries.balanced_tor(),
            self.lines + ["SocksPort 0"] + lines))
        self.tor.start()

    def status(self, status=0):
        """Return what the tool says of the node."""
        return tool.run_json("status", "--control", self.tor.path("control"),
                             status=status)

    def wait_nodes(self, count):
        """Wait until it knows `count` nodes, all healthy."""
        def good():
            try:
                shown = self.status()
            except AssertionError:
                return False
            return [one["state"] for one in shown["nodes"]] == [
                "HEALTHY"] * count and shown["points_current"] == 3 * count
        wait.until(good, _SECONDS, "%d nodes" % count, self.tor.log_tail)

    def stop(self):
        """End tor and the backend."""
        if self.tor and self.tor.running:
            self.tor.kill()
        self.backend.stop()


@pytest.fixture
def machines(network):
    """Three machines."""
    machines = [Machine(network, name) for name in ("one", "two", "three")]
    yield machines
    for machine in machines:
        machine.stop()


def modes(directory):
    """Return {permissions} of all directories, and of all files below."""
    found = {True: set(), False: set()}
    for path, _, names in os.walk(directory):
        found[True].add(stat.S_IMODE(os.stat(path).st_mode))
        for name in names:
            found[False].add(stat.S_IMODE(
                os.stat(os.path.join(path, name)).st_mode))
    return found[True], found[False]


def test_newcomer(machines, clients):
    """init, join, join, three torrc files, three tors: all answer."""
    one, two, three = machines
    made = tool.run_json("init", *one.options)
    assert modes(one.hs) == ({0o700}, {0o600})
    one.start()
    one.wait_nodes(1)

    joined = tool.run_json("join", made["ticket"], *two.options,
                           "--password-file", "-", text=made["password"])
    assert joined["hostname"] == made["hostname"]
    assert modes(two.hs) == ({0o700}, {0o600})
    two.start()
    for machine in (one, two):
        machine.wait_nodes(2)

    # This one never has the key.
    ticket = tool.run_json("ticket", "--dir", two.hs)["ticket"]
    tool.run_json("join", "-", "--keyless", *three.options, text=ticket)
    assert modes(three.hs) == ({0o700}, {0o600})
    assert not os.path.exists(os.path.join(three.hs, "hs_ed25519_secret_key"))
    three.start()
    for machine in machines:
        machine.wait_nodes(3)
    assert three.status()["keyless"] is True

    def all_answer():
        for client in clients:
            client.renew(made["hostname"][:-6])
        replies = burst(clients, made["hostname"], _REQUESTS)
        assert not failed(replies), failed(replies)
        return set(answered_by(replies)) == {"one", "two", "three"}
    wait.until(all_answer, _SECONDS, "answers of all", one.tor.log_tail)


def test_another_ticket_and_a_file(tmp_path):
    """A ticket without the key needs it from elsewhere; files do, too."""
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    made = tool.run_json("init", "--dir", first)
    ticket = tool.run_json("ticket", "--dir", first)
    assert ticket["password"] is None and "torrc" not in ticket
    (tmp_path / "ticket").write_text(ticket["ticket"] + "\n")
    said = tool.run("join", str(tmp_path / "ticket"), "--dir", second,
                    status=1)
    assert "--key " in said and "--with-key" in said and "--keyless" in said
    key = os.path.join(first, "hs_ed25519_secret_key")
    joined = tool.run_json("join", "-", "--dir", second, "--key", key,
                           text=ticket["ticket"])
    assert joined["hostname"] == made["hostname"]
    assert "HiddenServiceBalanceJoin 1\n" in joined["torrc"]
    for name in ("hs_ed25519_secret_key", "hs_ed25519_public_key", "hostname",
                 "rbalance/cluster_token"):
        with open(os.path.join(first, name), "rb") as file, open(
                os.path.join(second, name), "rb") as copy:
            assert file.read() == copy.read(), name
    keys.OnionKey().write(str(tmp_path / "third"))
    assert "secret key" in tool.run(
        "join", "-", "--keyless", "--dir", str(tmp_path / "third"), status=1,
        text=ticket["ticket"])
    assert "already" in tool.run("init", "--dir", first, status=1)
    assert "already" in tool.run("join", "-", "--dir", second, status=1,
                                 text=ticket["ticket"])


@pytest.mark.parametrize("target", [
    "80 tcp://ONION:80", "443 tls://ONION:443", "80 http://ONION",
    "80 https://example.com:8443", "80 http://[fd00::1]:8080"])
def test_target(tmp_path, target):
    """Tor takes the torrc of a node that forwards; no port is made up."""
    where, torrc = str(tmp_path / "first"), str(tmp_path / "torrc")
    target = target.replace("ONION", keys.OnionKey().hostname)
    made = tool.run_json("init", "--dir", where, "--torrc", torrc, "--target",
                         target)
    assert "HiddenServiceBalanceTarget %s\n" % target in made["torrc"]
    assert "HiddenServicePort" not in made["torrc"]
    subprocess.run([binaries.balanced_tor(), "--verify-config", "-f", torrc,
                    "--DataDirectory", str(tmp_path / "data"), "--hush"],
                   check=True)


def test_target_of_another_scheme(tmp_path):
    """It is refused with the schemes that there are, and nothing made."""
    said = tool.run("init", "--dir", str(tmp_path / "new"), "--target",
                    "80 ftp://example.com", status=1)
    assert all(scheme in said for scheme in (
        "tcp://", "tls://", "http://", "https://"))
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(tmp_path):
    """And nothing made where the torrc could not be written."""
    (tmp_path / "torrc").write_text("mine")
    said = tool.run("init", "--dir", str(tmp_path / "new"), "--torrc",
                    str(tmp_path / "torrc"), status=1)
    assert "overwritten" in said and not (tmp_path / "new").exists()
    assert (tmp_path / "torrc").read_text() == "mine"


def test_owner(tmp_path):
    """What is made belongs to who it is said to, or says how to change it."""
    me = pwd.getpwuid(os.geteuid()).pw_name
    made = tool.run_json("init", "--dir", str(tmp_path / "own"))
    assert made["owner"] == me
    said = tool.run("init", "--dir", str(tmp_path / "other"), "--torrc",
                    str(tmp_path / "torrc"))
    assert ("chown -R " in said) == (me == "root")
    if me == "root":
        assert str(tmp_path / "torrc") in said.split("chown -R ")[1]
        made = tool.run_json("init", "--dir", str(tmp_path / "given"),
                             "--user", "nobody")
        assert made["owner"] == "nobody"
        uid = pwd.getpwnam("nobody").pw_uid
        assert all(os.stat(os.path.join(path, name)).st_uid == uid
                   for path, *names in os.walk(str(tmp_path / "given"))
                   for name in [".", *sum(names, [])])
        (tmp_path / "mine").mkdir()
        said = tool.run("init", "--dir", str(tmp_path / "mine"), "--user",
                        "nobody", status=1)
        assert "chown -R nobody: " in said
    else:
        said = tool.run("init", "--dir", str(tmp_path / "given"), "--user",
                        "root", status=1)
        assert "only root" in said and "--user" in said
    assert "no user" in tool.run("init", "--dir", str(tmp_path / "new"),
                                 "--user", "no body", status=1)
    assert not (tmp_path / "new").exists()


def test_ticket_for_another_key(tmp_path):
    """The key must be the one of the ticket's address."""
    first, other = str(tmp_path / "first"), str(tmp_path / "other")
    tool.run_json("init", "--dir", first)
    tool.run_json("init", "--dir", other)
    ticket = tool.run_json("ticket", "--dir", first)["ticket"]
    said = tool.run("join", ticket, "--dir", str(tmp_path / "new"), "--key",
                    os.path.join(other, "hs_ed25519_secret_key"), status=1)
    assert "gives the address" in said
    assert not os.path.exists(str(tmp_path / "new" / "hostname"))


def test_wrong_tickets(tmp_path):
    """Each is refused with what to do."""
    made = tool.run_json("init", "--dir", str(tmp_path / "first"))
    new = ["--dir", str(tmp_path / "new")]
    assert "password" in tool.run("join", made["ticket"], *new,
                                  "--password-file", "-", text="wrong",
                                  status=1)
    assert "--password-file" in tool.run("join", made["ticket"], *new,
                                         status=1)
    assert "whole" in tool.run("join", made["ticket"][:100], *new, status=1,
                               text=made["password"])
    assert "neither" in tool.run("join", "nothing", *new, status=1)
    assert not os.path.exists(new[1])


def test_ticket_expires(tmp_path):
    """After its hours a machine refuses it."""
    made = tool.run_json("init", "--dir", str(tmp_path / "first"),
                         "--hours", "2", "--without-key")
    assert 7100 < made["expires"] - time.time() <= 7200
    late = subprocess.run(
        ["faketime", "+121 minutes", tool.path(), "join", made["ticket"],
         "--dir", str(tmp_path / "new")], text=True, capture_output=True)
    assert late.returncode == 1 and "expired" in late.stderr, late
    assert not os.path.exists(str(tmp_path / "new"))


def test_existing_services_are_taken_over(tmp_path):
    """A key in each of its forms gives the address that it always had."""
    key = keys.OnionKey()
    key.write(str(tmp_path / "old"))
    made = tool.run_json("init", "--dir", str(tmp_path / "old"))
    assert made["hostname"] == key.hostname
    path = str(tmp_path / "old" / "hs_ed25519_secret_key")
    assert tool.run("debug", "show-onion", "--key", path) == (
        key.hostname + "\n")
    assert tool.run_json("debug", "show-onion", "--key", path) == {
        "hostname": key.hostname}
    with open(path, "rb") as file:
        expanded = file.read()[32:]
    (tmp_path / "key").write_bytes(expanded)
    assert ".pub" in tool.run("debug", "show-onion", "--key",
                              str(tmp_path / "key"), status=1)
    shutil.copy(tmp_path / "old" / "hs_ed25519_public_key",
                tmp_path / "key.pub")
    made = tool.run_json("init", "--dir", str(tmp_path / "new"), "--key",
                         str(tmp_path / "key"), "--address", key.hostname)
    assert made["hostname"] == key.hostname
    assert "gives the address" in tool.run(
        "debug", "show-onion", "--key", str(tmp_path / "key"), "--address",
        keys.OnionKey().hostname, status=1)


def test_show_onion_of_a_directory(tmp_path):
    """Without --key: of the directory, also where there is no secret key."""
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    made = tool.run_json("init", "--dir", first)
    ticket = tool.run_json("ticket", "--dir", first)["ticket"]
    tool.run_json("join", "-", "--keyless", "--dir", second, text=ticket)
    for where in (first, second):
        assert tool.run("debug", "show-onion", "--dir", where) == (
            made["hostname"] + "\n")
    assert "gives the address" in tool.run(
        "debug", "show-onion", "--dir", second, "--address",
        keys.OnionKey().hostname, status=1)
    (tmp_path / "empty").mkdir()
    said = tool.run("debug", "show-onion", "--dir", str(tmp_path / "empty"),
                    status=1)
    assert "--dir" in said and "--key" in said and "init" in said
    assert "not both" in tool.run(
        "debug", "show-onion", "--dir", first, "--key",
        os.path.join(first, "hs_ed25519_secret_key"), status=2)


def test_run_becomes_tor(tmp_path):
    """The tor that is installed beside the tool gets the torrc."""
    shutil.copy(tool.path(), tmp_path / "tor-rbalance")
    (tmp_path / "tor").symlink_to(os.path.abspath(binaries.balanced_tor()))
    (tmp_path / "torrc").write_text("NoOptionOfTor 1\n")
    done = subprocess.run(
        [tmp_path / "tor-rbalance", "run", "-f", tmp_path / "torrc"],
        text=True, capture_output=True, timeout=_SECONDS)
    assert done.returncode == 1 and "NoOptionOfTor" in done.stdout, done

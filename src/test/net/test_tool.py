"""What tor-rbalance says of three nodes, and does to them."""
import fcntl
import os
import pty
import re
import socket
import struct
import subprocess
import termios
import threading
import time

import pytest

from testnet import binaries, keys, ports, terminal, tool, wait
from testnet.tor import Tor

_SECONDS = 60
_CLEAR = b"\x1b[H\x1b[2J"
# Bytes in and out, more than none of both.
_SPEED = rb"[1-9][\d.]* (?:[KM]i)?B/s"
_TRAFFIC = rb"traffic +this tor: %s in, %s out\r\n" % (_SPEED, _SPEED)


@pytest.fixture(scope="module")
def settled(trio, client):
    """The cluster, once every directory has nine points."""
    trio.wait_settled(client)
    return trio


def at(node):
    """Return the options that mean one node."""
    return ["--control", node.path("control")]


def wait_good(node):
    """Wait until `status` finds no fault at one node."""
    wait.until(
        lambda: subprocess.run([tool.path(), "status", *at(node)],
                               capture_output=True).returncode == 0,
        _SECONDS, "a good status of " + node.name, node.explain)


def urls(node):
    """Return what the node's targets and local backends are called."""
    found = [one["TARGET"] for one in node.targets()]
    assert found
    return found


def test_status(settled):
    """It names the nodes, the publisher, the points, and finds no fault."""
    publisher = settled.wait_publisher()
    names = {node.name for node in settled.nodes}
    for node in settled.nodes:
        wait_good(node)
        text = tool.run("status", *at(node))
        assert settled.hostname in text and all(name in text
                                                for name in names)
        assert "points     9 current, 9 next" in text
        shown = tool.run_json("status", *at(node))
        assert shown["service"] == settled.address
        assert shown["node"] == node.name
        assert shown["publisher"] == publisher.name
        assert shown["role"] == (
            "PUBLISHER" if node is publisher else "STANDBY")
        assert (shown["peers"], shown["healthy"]) == (2, 2)
        assert (shown["draining"], shown["candidate"]) == (False, True)
        assert shown["faults"] == []
        assert {one["node"] for one in shown["nodes"]} == names
        assert [one["target"] for one in shown["targets"]] == urls(node)
        assert all(re.search("^(UNKNOWN|UP) .* %s$" % re.escape(url), text,
                             re.MULTILINE) for url in urls(node))


def test_peers(settled):
    """One row for each node, the one asked first."""
    for node in settled.nodes:
        rows = tool.run("peers", *at(node)).splitlines()
        assert rows[0].split()[:3] == ["NODE", "STATE", "ROLE"]
        assert len(rows) == 4 and rows[1].split()[0] == node.name
        shown = tool.run_json("backend", "list", *at(node))
        assert set(shown) == {"service", "nodes", "faults"}
        assert [one["state"] for one in shown["nodes"]] == ["HEALTHY"] * 3
        assert set(tool.run_json("peers", *at(node))) == set(shown)
        assert {one["address"] + ".onion" for one in shown["nodes"]} == {
            other.key.hostname for other in settled.nodes}


def test_debug_descriptor(settled):
    """Nine points in each of the two descriptors.

    A descriptor that has just become the next one has them a moment later.
    """
    node = settled.wait_publisher()

    def points():
        return [one["desc"] for one in tool.run_json(
            "debug", "descriptor", *at(node))["points"]]

    def lines():
        return tool.run("debug", "descriptor", *at(node)).splitlines()
    wait.until(lambda: points() == ["CURRENT"] * 9 + ["NEXT"] * 9,
               _SECONDS, "nine points in both", settled.explain)
    wait.until(lambda: len(lines()) == 19, _SECONDS,
               "a heading and a line for each point", settled.explain)


def test_fetch(settled):
    """Directories have the service, and none has one that does not exist."""
    node = settled.wait_publisher()
    answers = tool.run_json("debug", "fetch", settled.hostname,
                            *at(node))["answers"]
    assert answers[-1]["result"] == "RECEIVED"
    assert "RECEIVED" in tool.run("debug", "fetch", settled.address,
                                  *at(node))
    said = tool.run("debug", "fetch", keys.OnionKey().hostname, *at(node),
                    status=1)
    assert "FAILED" in said and "no directory" in said
    assert "tor-rbalance status" in said


def test_connect(settled, client):
    """As a client does: through a tor with a SOCKS port."""
    shown = tool.run_json("debug", "connect", settled.hostname, *at(client))
    assert shown["port"] == 80 and shown["msec"] > 0
    assert settled.hostname in tool.run(
        "debug", "connect", settled.address, "80", *at(client))
    said = tool.run("debug", "connect", settled.hostname, "81", *at(client),
                    status=1)
    assert "port 81" in said and "debug fetch" in said
    assert "SocksPort" in tool.run("debug", "connect", settled.hostname,
                                   *at(settled.nodes[0]), status=1)


def test_tor_is_well(settled):
    """What tor says of itself."""
    node = settled.nodes[0]
    shown = tool.run_json("debug", "tor", *at(node))
    assert shown["circuits"] == "1" and "PROGRESS=100" in shown["bootstrap"]
    assert shown["version"] in tool.run("debug", "tor", *at(node))


def test_backend(settled, client):
    """Nodes are taken out and back, said to any, by name or address."""
    first, second, third = settled.nodes
    tool.run("backend", "exclude", third.name, *at(first))
    settled.wait_points(client, {first.name: 3, second.name: 3})
    tool.run("backend", "include", third.key.hostname, *at(second))
    settled.wait_settled(client)
    tool.run("backend", "drain", *at(second))
    settled.wait_points(client, {first.name: 3, third.name: 3})
    assert tool.run_json("status", *at(second))["draining"] is True
    tool.run("backend", "undrain", *at(second))
    settled.wait_settled(client)


def test_watch_prints_events(settled):
    """Without a terminal, a line each."""
    node = settled.wait_publisher()
    watch = tool.popen("watch", *at(node))
    try:
        lines = []
        reader = threading.Thread(
            target=lambda: lines.extend(watch.stdout), daemon=True)
        reader.start()

        def published():
            node.control.command("HSBALANCE %s PUBLISH" % node.address)
            return any(" UPLOAD " in line for line in list(lines))
        wait.until(published, _SECONDS, "an event", lambda: str(lines), 1)
    finally:
        watch.terminate()
        status = watch.wait()
    reader.join()
    assert status == 0
    assert all(re.match(r"\d\d:\d\d:\d\d [A-Z]+ %s " % node.address, line)
               for line in lines), lines


@pytest.mark.parametrize("terminal, is_screen", [
    ("xterm", True), ("vt100", True), ("dumb", False)])
def test_watch_draws_on_a_terminal(settled, terminal, is_screen):
    """The screen is cleared and drawn again and again, where it can be."""
    node = settled.wait_publisher()
    ours, theirs = pty.openpty()
    watch = subprocess.Popen(
        [tool.path(), "watch", *at(node)], stdin=theirs, stdout=theirs,
        stderr=theirs, env={**os.environ, "TERM": terminal})
    os.close(theirs)
    os.set_blocking(ours, False)
    drawn = bytearray()

    def drawn_thrice():
        node.control.command("HSBALANCE %s PUBLISH" % node.address)
        try:
            drawn.extend(os.read(ours, 65536))
        except BlockingIOError:
            pass
        if not is_screen:
            return drawn.count(b" UPLOAD ") > 3
        return (drawn.count(_CLEAR) > 3 and b" UPLOAD " in drawn
                and re.search(_TRAFFIC, drawn))
    try:
        wait.until(drawn_thrice, _SECONDS, "a screen", lambda: repr(drawn),
                   0.5)
    finally:
        watch.terminate()
        watch.wait()
        os.close(ours)
    assert (_CLEAR in drawn) == is_screen
    if is_screen:
        screens = drawn.decode().split(_CLEAR.decode())
        assert "traffic    this tor: not measured yet\r\n" in screens[1]
        assert settled.hostname in screens[2]
        assert all(one.name in screens[2] for one in settled.nodes)
        assert all(re.search("^(UNKNOWN|UP) .* %s\r$" % re.escape(url),
                             screens[2], re.MULTILINE) for url in urls(node))
        assert "\x1b" not in screens[2]


@pytest.mark.parametrize("columns, rows, notes", [
    (200, 60, 0), (80, 60, 0), (80, 24, None), (60, 16, 1), (20, 10, 1)])
def test_watch_stays_within_the_terminal(settled, columns, rows, notes):
    """No line is too long, none too many; Ctrl-C ends it with 0."""
    node = settled.nodes[0]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                struct.pack("HHHH", rows, columns, 0, 0))
    watch = subprocess.Popen(
        [tool.path(), "watch", *at(node)], stdin=theirs, stdout=theirs,
        stderr=theirs, env={**os.environ, "TERM": "xterm"},
        start_new_session=True, preexec_fn=terminal.control)
    os.close(theirs)
    drawn = bytearray()
    try:
        while drawn.count(_CLEAR) < 4:
            drawn.extend(os.read(ours, 65536))
        os.write(ours, b"\x03")
        assert watch.wait(_SECONDS) == 0
    finally:
        watch.kill()
        watch.wait()
        os.close(ours)
    screens = drawn.decode().split(_CLEAR.decode())[1:4]
    for screen in screens[:-1]:
        lines = screen.split("\r\n")
        assert len(lines) <= rows, screen
        assert max(map(len, lines)) <= columns, screen
        assert node.name in screen
        if notes is not None:
            said = screen.count(" more not shown)")
            assert said >= notes if notes else said == 0, screen


def test_watch_ends_with_tor(offline):
    """That is an error, which says where to look."""
    port = ports.free_port()
    tor = offline("ControlPort 127.0.0.1:%d" % port)
    where = ["--control", "127.0.0.1:%d" % port]
    ask_status(tor, *where)
    watch = subprocess.Popen([tool.path(), "watch", *where], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1)
    tor.kill()
    _, said = watch.communicate(timeout=_SECONDS)
    assert watch.returncode == 1 and "log" in said, said


@pytest.mark.parametrize("words, status, said, to_do", [
    ([], 2, "usage", "--help|VERB"),
    (["sing"], 2, "verb", "--help"),
    (["--tune"], 2, "no option", "--help"),
    (["status", "--json", "--service", "a", "--service", "b"], 2, "twice",
     "once"),
    (["status", "now"], 2, "too many", "quotes"),
    (["status", "--port", "80"], 2, "--port", "--help"),
    (["backend"], 2, "list", "exclude NODE"),
    (["backend", "sing"], 2, "does not know", "exclude NODE"),
    (["backend", "exclude"], 2, "needs the name", "backend list"),
    (["backend", "exclude", "a b"], 2, "name", "backend list"),
    (["backend", "drain", "beta"], 2, "no name", "--control"),
    (["backend", "drain", "--json"], 2, "no --json", "leave it out"),
    (["backend", "exclude", "nobody"], 1, "No such node",
     "tor-rbalance peers"),
    (["status", "--service", "x"], 1, "no onion address", "hostname"),
    (["status", "--service", "a" * 56], 1, "no such balanced",
     "Without --service"),
    (["status", "--control", "/nowhere/control"], 1, "can't reach",
     "ControlPort"),
    (["status", "--control", "x"], 1, "neither a path", "127.0.0.1:9051"),
    (["debug", "more"], 2, "does not know", "descriptor"),
    (["debug", "show-onion", "--dir", "/nowhere/at/all"], 1,
     "no directory", "--dir"),
    (["debug", "show-onion", "--dir", "/", "--key", "/x"], 2, "not both",
     "leave one out"),
    (["debug", "show-onion", "--key", "/nowhere/key"], 1,
     "can't read the key file", "Check the path"),
    (["debug", "fetch"], 2, "address", "hostname"),
    (["debug", "fetch", "a" * 56], 2, "address", "hostname"),
    (["debug", "connect", "example.com"], 2, "address", "hostname"),
    (["debug", "connect", "x", "0"], 2, "a port", "hostname"),
])
def test_errors_say_what_is_wrong_and_what_to_do(settled, words, status,
                                                 said, to_do):
    """And the exit status tells a wrong command from a bad service."""
    where = at(settled.nodes[0]) if words and "--control" not in words else []
    text = tool.run(*words, *where, status=status)
    assert re.search(said, text), text
    assert re.search(to_do, text), text


@pytest.mark.parametrize("words, said, to_do", [
    (["init", "--dir", "x", "--key"], "needs a value", "--help"),
    (["init", "--address", "x"], "no --key", "leave --address out"),
    (["init", "--priority", "x"], "--priority", "0 to 65535"),
    (["init", "--node-id", "a b"], "--node-id", "A-Z"),
    (["init", "--port", "x"], "--port", "80 127.0.0.1:8080"),
    (["init", "--hours", "0"], "--hours", "from 1"),
    (["init", "--dir", "/nowhere/at/all"], "no directory", "another --dir"),
    (["init", "--dir", "x#"], "characters", "another"),
    (["init", "--user", "no body"], "no user", "that tor runs as"),
    (["init", "--key", "/nowhere/key"], "can't read the key",
     "Check the path"),
    (["init", "--password-file", "/nowhere/word"], "can't read the password",
     "Check the path"),
    (["ticket"], "no key", "tor-rbalance init"),
    (["join"], "needs a ticket", "tor-rbalance init"),
    (["join", "/nowhere/ticket"], "neither a ticket", "Copy"),
    (["join", "x", "--keyless", "--key", "x"], "no --key", "leave one"),
])
def test_errors_without_tor(tmp_path, words, said, to_do):
    """The same for verbs that make a node."""
    where = [] if "--dir" in words else ["--dir", str(tmp_path)]
    done = subprocess.run([tool.path(), *words, *where], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode in (1, 2), done
    assert re.search(said, done.stderr), done.stderr
    assert re.search(to_do, done.stderr), done.stderr


def test_a_token_that_is_missing(tmp_path):
    """The directory of an ordinary onion service is no node's."""
    keys.OnionKey().write(str(tmp_path / "hs"))
    said = tool.run("ticket", "--dir", str(tmp_path / "hs"), status=1)
    assert "can't read the cluster token" in said and "--dir" in said


def test_faults_are_found(make_cluster, client):
    """A dead node makes `status` bad, and is named."""
    cluster = make_cluster(2)
    cluster.wait_settled(client)
    first, second = cluster.nodes
    wait_good(first)
    second.kill()
    wait.until(lambda: first.peers()[1]["STATE"] in ("UNHEALTHY", "DEAD"),
               _SECONDS, "a dead node", cluster.explain)
    assert re.search("! node %s is (UNHEALTHY|DEAD)" % second.name,
                     tool.run("status", *at(first), status=1))
    # There may be others for a moment, when the time period ends.
    wait.until(lambda: len(tool.run_json(
        "status", *at(first), status=1)["faults"]) == 1,
               _SECONDS, "one fault", cluster.explain)


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """A function that starts a tor without a network, with more lines."""
    started = []

    def start(*lines):
        directory = tmp_path_factory.mktemp("offline")
        setup = tool.run_json("init", "--dir", str(directory / "hs"),
                              "--node-id", "lonely")
        tor = Tor(str(directory), binaries.balanced_tor(), [
            "DataDirectory %s" % directory, "DisableNetwork 1", "SocksPort 0",
            *lines, *setup["torrc"].splitlines()])
        tor.start()
        started.append(tor)
        tor.hostname = setup["hostname"]
        return tor
    yield start
    for tor in started:
        tor.kill()


def ask_status(tor, *words, text=""):
    """Wait until tor's port is there; return its status, which is bad."""
    def answer():
        done = subprocess.run(
            [tool.path(), "status", "--json", *words], input=text, text=True,
            capture_output=True)
        return '"service"' in done.stdout and done
    done = wait.until(answer, _SECONDS, "an answer", tor.log_tail)
    assert tor.hostname[:-6] in done.stdout and done.returncode == 1


def test_authentication_by_cookie(offline, tmp_path):
    """Over TCP, with what is in tor's cookie file."""
    port = ports.free_port()
    tor = offline("ControlPort 127.0.0.1:%d" % port,
                  "CookieAuthentication 1",
                  "CookieAuthFile %s" % (tmp_path / "cookie"))
    where = ["--control", "127.0.0.1:%d" % port]
    ask_status(tor, *where)
    (tmp_path / "cookie").write_bytes(b"x" * 32)
    assert "does not know" in tool.run("status", *where, status=1)
    (tmp_path / "cookie").unlink()
    assert "cookie" in tool.run("status", *where, status=1)


def test_authentication_by_password(offline, tmp_path):
    """From a file or standard input."""
    port = ports.free_port()
    made = subprocess.run(
        [binaries.balanced_tor(), "--quiet", "--hash-password", "open \"it"],
        text=True, capture_output=True, check=True)
    tor = offline("ControlPort 127.0.0.1:%d" % port,
                  "HashedControlPassword " + made.stdout.split()[-1])
    where = ["--control", "127.0.0.1:%d" % port, "--password-file"]
    ask_status(tor, *where, "-", text="open \"it\n")
    (tmp_path / "password").write_text("open \"it")
    ask_status(tor, *where, str(tmp_path / "password"))
    assert "refuses" in tool.run("status", *where, "-", text="wrong",
                                 status=1)
    assert "--password-file" in tool.run("status", *where[:2], status=1)


_NO_PASSWORD = b"250-AUTH METHODS=NULL\r\n250 OK\r\n250 OK\r\n"
_HOSTILE = {
    "silence": b"",
    "half a line": b"250 OK",
    "half a reply": b"250-PROTOCOLINFO 1\r\n",
    "binary": b"\x00\xff" * 5000,
    "web server": b"HTTP/1.0 200 OK\r\n\r\n",
    "endless data": b"250+x=\r\n" + b"y\r\n" * 100000,
    "endless line": b"x" * 1000000,
    "endless events": b"650 HS_BALANCE x\r\n" * 100000,
    "thief of files":
        b"250-AUTH METHODS=SAFECOOKIE COOKIEFILE=\"/etc/hostname\"\r\n"
        b"250 OK\r\n250 AUTHCHALLENGE SERVERHASH=00 SERVERNONCE=00\r\n",
    "escape sequence":
        _NO_PASSWORD + b"250-hs/balance/services=\x1b[2J\r\n250 OK\r\n",
    "nonsense":
        _NO_PASSWORD + b"250-hs/balance/services=" + b"a" * 56
        + b"\r\n250 OK\r\n250+hs/balance/status/" + b"a" * 56
        + b"=\r\nnonsense\r\n.\r\n250 OK\r\n",
}


@pytest.mark.parametrize("said", _HOSTILE.values(), ids=_HOSTILE.keys())
def test_hostile_control_port(said):
    """Whatever is at the other end: an error, soon, and nothing else."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def talk():
            peer, _ = server.accept()
            with peer:
                try:
                    peer.sendall(said)
                    peer.shutdown(socket.SHUT_WR)
                    while peer.recv(4096):
                        pass
                except OSError:
                    pass
        talker = threading.Thread(target=talk, daemon=True)
        talker.start()
        text = tool.run("status", "--control", "127.0.0.1:%d"
                        % server.getsockname()[1], status=1)
        talker.join(_SECONDS)
    assert text.startswith("tor-rbalance: ") and text.count("\n") == 1

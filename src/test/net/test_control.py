"""A controller made with stem reads all that doc/control-rbalance.md has."""
import threading

import pytest
import stem
import stem.control
import stem.socket

from testnet import wait
from testnet.cluster import Cluster
from testnet.grammar import Grammar

_SECONDS = 60


class Listener(stem.control.BaseController):
    """A controller that keeps the HS_BALANCE events it gets.

    Stem has no class for them, so it hands them on as they are.
    """

    def __init__(self, path):
        self._lock = threading.Lock()
        self._lines = []
        super().__init__(stem.socket.ControlSocketFile(path))
        for command in ("AUTHENTICATE", "SETEVENTS HS_BALANCE"):
            assert self.msg(command).content()[-1][0] == "250", command

    def _handle_event(self, event_message):
        """Keep one event."""
        with self._lock:
            self._lines += event_message.content()

    def events(self):
        """Return the words of each event after HS_BALANCE."""
        with self._lock:
            lines = list(self._lines)
        assert all(code == "650" and separator == " "
                   for code, separator, _ in lines)
        assert all(text.startswith("HS_BALANCE ") for _, _, text in lines)
        return [text.split(" ")[1:] for _, _, text in lines]


@pytest.fixture(scope="module")
def grammar():
    """What is documented."""
    return Grammar()


@pytest.fixture(scope="module")
def pair(network):
    """Two nodes: the second joined the first, which a Listener watched."""
    cluster = Cluster(network, "control-", [
        "HiddenServiceBalanceProbeInterval 2 seconds",
        "HiddenServiceBalanceProbeTimeout 2 seconds"])
    try:
        cluster.start(1)
        cluster.wait_publisher()
        first = cluster.nodes[0]
        first.listener = Listener(first.path("control"))
        second = cluster.join_node()
        cluster.first, cluster.second = first, second
        first.wait_event("PEER", _SECONDS, NODE=second.name, STATE="HEALTHY")
        yield cluster
        first.listener.close()
    finally:
        cluster.stop()


def say(node, words):
    """Give a command through stem; return the code of its reply."""
    reply = node.listener.msg("HSBALANCE %s %s" % (node.address, words))
    code, separator, _ = reply.content()[-1]
    assert separator == " "
    return int(code)


def test_every_verb_is_taken(pair, grammar):
    """Those that need a node get one; each is answered 250."""
    first, second = pair.first, pair.second
    assert len(grammar.verbs) >= 6
    for verb in grammar.verbs:
        node = " " + second.name if verb in ("EXCLUDE", "INCLUDE") else ""
        assert say(first, verb + node) == 250, verb
        if verb == "STEPDOWN":
            second.wait_event("ROLE", _SECONDS, ROLE="PUBLISHER")
            wait.until(lambda: first.status()["ROLE"] == "STANDBY",
                       _SECONDS, "a standby", pair.explain)
    assert say(first, "SLEEP") == 512
    assert say(first, "EXCLUDE nobody") == 552


def test_every_event_is_sent(pair, grammar):
    """Each has the arguments that are documented, and no others."""
    assert len(grammar.events) >= 7
    first = pair.first

    def all_came():
        return {words[0] for words in first.listener.events()} == set(
            grammar.events)
    wait.until(all_came, _SECONDS, "each of %s" % sorted(grammar.events),
               lambda: "%s\n%s" % (first.listener.events(), pair.explain()))
    for words in first.listener.events():
        grammar.check_event(words, pair.address)


def test_every_key_is_answered(pair, grammar):
    """Answers have the documented fields, in that order."""
    assert {"status", "peers", "intro-points"} <= set(grammar.keys)
    with stem.control.Controller.from_socket_file(
            pair.first.path("control")) as controller:
        controller.authenticate()
        assert controller.get_info("hs/balance/services") == pair.address
        for key in grammar.keys:
            answer = controller.get_info("hs/balance/%s/%s" % (
                key, pair.address))
            if key == "status":
                check_status(answer, grammar)
                continue
            assert answer
            for line in answer.split("\n"):
                fields = [grammar.check_pair(word)
                          for word in line.split(" ")]
                documented = grammar.fields_of(key)
                if key == "targets":
                    # Its last fields are there when they say something.
                    assert len(fields) >= 3
                    documented = documented[:len(fields)]
                assert fields == documented, line
        with pytest.raises(stem.InvalidArguments):
            controller.get_info("hs/balance/nothing/" + pair.address)


def check_status(answer, grammar):
    """Fail unless `answer` has each documented key once, and no other."""
    fields = [grammar.check_pair(line) for line in answer.split("\n")]
    dropped = [field for field in fields if field.startswith("DROPPED_")]
    assert all(map(grammar.mentions,
                   (field[len("DROPPED_"):] for field in dropped)))
    assert len(dropped) == 10
    documented = [field for field in grammar.fields_of("status")
                  if not field.startswith("DROPPED_")]
    assert sorted(fields) == sorted(documented + dropped)

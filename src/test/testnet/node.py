"""One tor that serves the balanced service beside its peers."""
import os

from . import keys, torrc, wait
from .backend import Backend
from .clock import Clock
from .control import ControlError
from .descriptor import decode_key
from .ports import free_port
from .tor import Tor

_EVENTS = ("HS_BALANCE", "HS_DESC")


class Node(Tor):
    """A tor with the service's key, a node key and a cluster token.

    `service` and the key made here are keys.OnionKey. The backend answers
    with the node's name. `options` are further per service torrc lines. A
    `keyless` one has only the public key of the service.
    """

    log_line = "Log [rend]info [~rend]notice file "

    def __init__(self, directory, binary, lines, service, token, options,
                 keyless=False):
        self.service = service
        self.address = service.address
        self.key = keys.OnionKey()
        self.backend = Backend(os.path.basename(directory))
        self._past_events = []
        self._clock = None
        self.metrics_port = None
        own = os.path.join(directory, "hs")
        super().__init__(directory, binary, lines + torrc.service(
            own, self.backend.port,
            ["HiddenServiceBalance 1",
             "HiddenServiceBalanceNodeId " + self.backend.name,
             "HiddenServiceBalanceKeyless %d" % keyless, *options]))
        if keyless:
            service.write_public(own)
        else:
            service.write(own)
        self.key.write(os.path.join(own, "rbalance"))
        keys.write_token(os.path.join(own, "rbalance"), token)

    def start(self, wrapper=(), clock=0):
        """Start it and record its events from the beginning.

        Its clock is ahead by `clock` seconds, or behind where that is less
        than 0; once it was, set_clock() changes that while it runs.
        """
        if clock:
            self._clock = Clock(self.path("clock"), clock)
            wrapper = [*self._clock.wrapper, *wrapper]
        super().start(wrapper)
        self.control.subscribe(*_EVENTS)

    def set_clock(self, seconds):
        """Set the clock of a node that was started with a wrong one."""
        self._clock.set(seconds)

    def show_metrics(self, seconds):
        """Have a MetricsPort from now on, `metrics_port`."""
        self.metrics_port = free_port()
        self.lines += ["MetricsPort 127.0.0.1:%d" % self.metrics_port,
                       "MetricsPortPolicy accept 127.0.0.1"]
        self.reload()
        wait.until(self.reloads, seconds, "a reload", self.explain)

    def retire(self):
        """End it and its backend for good."""
        if self.running:
            self.kill()
        self.backend.stop()

    def events(self, *words, since=0.0, **fields):
        """Return the recorded events like these, of all its lives."""
        recorded = list(self._past_events)
        if self._control is not None:
            recorded += self._control.events
        return [event for event in recorded
                if event.at >= since and event.is_a(*words, **fields)]

    def balance_events(self, action, since=0.0, **fields):
        """Return the HS_BALANCE events of one action for the service."""
        return self.events("HS_BALANCE", action, self.address, since=since,
                           **fields)

    def wait_event(self, action, seconds, since=0.0, **fields):
        """Return the first such HS_BALANCE event; fail after `seconds`."""
        def recorded():
            found = self.balance_events(action, since, **fields)
            return found and found[0]
        return wait.until(recorded, seconds, "event %s %s of %s" % (
            action, fields, self.name), self.explain)

    def status(self):
        """Return GETINFO hs/balance/status as a dictionary."""
        text = self.control.info("hs/balance/status/" + self.address)
        return dict(line.split("=", 1) for line in text.splitlines()
                    if "=" in line)

    def peers(self):
        """Return GETINFO hs/balance/peers, a dictionary for each node."""
        return self._rows("hs/balance/peers/")

    def intro_points(self):
        """Return GETINFO hs/balance/intro-points, a dictionary for each."""
        return self._rows("hs/balance/intro-points/")

    def targets(self):
        """Return GETINFO hs/balance/targets, a dictionary for each."""
        return self._rows("hs/balance/targets/")

    def own_points(self):
        """Return {period: [authentication keys]} of its own points."""
        points = {}
        for row in self.intro_points():
            if row["NODE"] == self.name:
                points.setdefault(int(row["PERIOD"]), []).append(
                    decode_key(row["AUTH"]))
        return points

    def explain(self):
        """Return all that helps to see why something did not happen."""
        lines = ["=== %s, node %s%s" % (self.name, self.key.hostname,
                                        ", hangs" if self.paused else "")]
        questions = (self.status, self.peers, self.targets,
                     self.intro_points)
        for ask in () if self.paused else questions:
            try:
                lines.append("%s: %s" % (ask.__name__, ask()))
            except (ControlError, EOFError, OSError, RuntimeError) as error:
                lines.append("%s: %r" % (ask.__name__, error))
        lines += [repr(event) for event in
                  self.events("HS_BALANCE")[-25:]] + [self.log_tail()]
        return "\n".join(lines)

    def _rows(self, key):
        """Return a GETINFO answer of KEY=value words, a line a row."""
        text = self.control.info(key + self.address)
        return [dict(word.split("=", 1) for word in line.split()
                     if "=" in word) for line in text.splitlines()]

    def _end(self, end):
        """End it, and keep the events of this life."""
        control = self._control
        status = super()._end(end)
        if control is not None:
            self._past_events += control.events
        return status

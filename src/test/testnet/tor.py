"""One tor process: its directory, configuration, life and log."""
import os
import signal

from . import process, wait
from .control import Control, ControlError, Event

_START_SECONDS = 20
_STOP_SECONDS = 15
_READY_SECONDS = 30


class Tor:
    """A tor that keeps all it has in `directory`.

    `lines` is its configuration but for the log; change it and call write()
    and reload() to reconfigure.
    """

    log_line = "Log notice file "

    def __init__(self, directory, binary, lines):
        self.directory = directory
        self.name = os.path.basename(directory)
        self.binary = binary
        self.lines = list(lines)
        self.paused = False
        self._child = None
        self._control = None

    def path(self, *names):
        """Return a path inside the directory."""
        return os.path.join(self.directory, *names)

    def write(self):
        """Write the configuration file."""
        with open(self.path("torrc"), "w") as file:
            file.write("\n".join(
                self.lines + [self.log_line + self.path("log")]) + "\n")

    def start(self, wrapper=()):
        """Start it; `wrapper` is a program to run it under."""
        self.write()
        self._child = process.Child(
            [*wrapper, self.binary, "--defaults-torrc", os.devnull,
             "-f", self.path("torrc"), "--hush"], self.path("output"))

    @property
    def pid(self):
        """The process id."""
        return self._child.pid

    @property
    def running(self):
        """True iff it was started and has not ended."""
        return self._child is not None and self._child.running

    @property
    def control(self):
        """A control connection, made at first use after each start."""
        if self._control is None or self._control.closed:
            self._control = self.connect()
        return self._control

    def connect(self, seconds=_START_SECONDS):
        """Return a new control connection; wait for tor to offer it."""
        def attempt():
            if not self.running:
                raise RuntimeError(
                    "%s ended\n%s" % (self.name, self.log_tail()))
            try:
                return Control(self.path("control"))
            except (FileNotFoundError, ConnectionRefusedError):
                return None
        return wait.until(attempt, seconds, "control port of " + self.name,
                          self.log_tail)

    def set_options(self, **options):
        """Change lines of the configuration that reload() will read."""
        self.lines = [line for line in self.lines
                      if line.split()[0] not in options] + [
            "%s %s" % option for option in options.items()]

    def wait_ready(self, seconds=_READY_SECONDS):
        """Wait until it knows enough of the network to build circuits."""
        wait.until(
            lambda: self.control.info("status/enough-dir-info") == "1",
            seconds, self.name + " knows the network", self.log_tail)

    def reload(self):
        """Have it read its configuration again."""
        self.write()
        self._child.send(signal.SIGHUP)

    def drop_guards(self):
        """Have its new circuits begin at new guards."""
        self.control.command("DROPGUARDS")

    def close_circuits(self, purpose, addresses):
        """Close its circuits that have to do with one of these services.

        That is those whose purpose begins with `purpose`.
        """
        for line in self.control.info("circuit-status").splitlines():
            circuit = Event("CIRC " + line)
            if (circuit.fields.get("PURPOSE", "").startswith(purpose)
                    and circuit.fields.get("REND_QUERY") in addresses):
                try:
                    self.control.command("CLOSECIRCUIT " + circuit.words[1])
                except ControlError:
                    # It was closed in the meantime.
                    pass

    def pause(self):
        """Make it hang: it keeps its connections, and does nothing."""
        self._child.send(signal.SIGSTOP)
        self.paused = True

    def resume(self):
        """Let it go on."""
        self._child.send(signal.SIGCONT)
        self.paused = False

    def stop(self, seconds=_STOP_SECONDS):
        """Shut it down in order and return its exit status."""
        return self._end(lambda: self._child.stop(signal.SIGTERM, seconds))

    def kill(self):
        """End it as a power failure would."""
        return self._end(self._child.kill)

    def log(self):
        """Return the whole log, and after it what went to its output."""
        return _read(self.path("log")) + self.output()

    def output(self):
        """Return what it and its wrapper printed."""
        return _read(self.path("output"))

    def reloads(self):
        """Return how often it has read its configuration again."""
        return self.log().count("Received reload signal (hup)")

    def log_tail(self, count=25):
        """Return the last lines of the log under a heading."""
        lines = self.log().splitlines()[-count:]
        return "\n".join(["--- log of %s:" % self.name] + lines)

    def _end(self, end):
        """Hang up the control connection and call end()."""
        if self.paused:
            self.resume()
        status = end()
        if self._control is not None:
            self._control.close()
            self._control = None
        return status


def _read(path):
    """Return the text of a file, or nothing where there is none."""
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""

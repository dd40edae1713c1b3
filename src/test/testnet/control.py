"""One control connection: commands, their replies, and events as they come.

A thread reads; events are kept with the time of their arrival, so a test can
ask later what happened when. Written here because stem refuses to subscribe
to an event it does not know, and HS_BALANCE is one.
"""
import queue
import socket
import threading
import time

_REPLY_SECONDS = 30


class ControlError(Exception):
    """Tor refused a command; `code` is its three digit answer."""

    def __init__(self, command, lines):
        code, text = lines[-1]
        super().__init__("%s -> %s %s" % (command, code, text))
        self.code = int(code)


class Event:
    """One asynchronous line: `at` is time.monotonic() of its arrival."""

    def __init__(self, text):
        self.at = time.monotonic()
        self.wall = time.time()
        self.text = text
        self.words = text.split("\n", 1)[0].split()
        self.fields = dict(word.split("=", 1) for word in self.words
                           if "=" in word)

    def is_a(self, *words, **fields):
        """Return True iff the line begins with `words` and has `fields`."""
        return (tuple(self.words[:len(words)]) == words
                and all(self.fields.get(key) == str(value)
                        for key, value in fields.items()))

    def __repr__(self):
        clock = time.strftime("%H:%M:%S", time.localtime(self.wall))
        return "%s %s" % (clock, self.text)


class Control:
    """A connection to the control socket at `path`."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._replies = queue.Queue()
        self._one_command = threading.Lock()
        self._changed = threading.Condition()
        self._subscribed = set()
        self.closed = False
        self.events = []
        threading.Thread(target=self._read, daemon=True).start()
        self.command("AUTHENTICATE")

    def command(self, line):
        """Send one command line; return its reply as [(code, text)].

        Raise ControlError where tor refuses, EOFError where it is gone.
        """
        with self._one_command:
            self._socket.sendall(line.encode() + b"\r\n")
            reply = self._reply_to(line)
        if not reply[-1][0].startswith("2"):
            raise ControlError(line, reply)
        return reply

    def _reply_to(self, line):
        """Wait for the reply to the command just sent, and return it."""
        try:
            reply = self._replies.get(timeout=_REPLY_SECONDS)
        except queue.Empty:
            raise TimeoutError("tor does not answer: " + line) from None
        if reply is None:
            self._replies.put(None)
            raise EOFError("tor closed its control connection: " + line)
        return reply

    def info(self, key):
        """Return the value of one GETINFO key."""
        text = self.command("GETINFO " + key)[0][1]
        return text.split("=", 1)[1].lstrip("\n")

    def subscribe(self, *names):
        """Receive these events too, from now on."""
        if self._subscribed.issuperset(names):
            return
        self._subscribed.update(names)
        self.command("SETEVENTS " + " ".join(sorted(self._subscribed)))

    def since(self, at, match):
        """Return the events from the time `at` on that `match` accepts."""
        with self._changed:
            return [event for event in self.events[self._first(at):]
                    if match(event)]

    def wait(self, match, seconds, since=0.0):
        """Return the first event from `since` on that `match` accepts.

        Return None when none comes within `seconds` or tor goes away.
        """
        deadline = time.monotonic() + seconds
        with self._changed:
            seen = self._first(since)
            while True:
                for event in self.events[seen:]:
                    if match(event):
                        return event
                seen = len(self.events)
                left = deadline - time.monotonic()
                if left <= 0 or self.closed:
                    return None
                self._changed.wait(left)

    def _first(self, since):
        """Return the index of the first event from the time `since` on."""
        index = len(self.events)
        while index and self.events[index - 1].at >= since:
            index -= 1
        return index

    def close(self):
        """Hang up."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()

    def _read(self):
        """Sort what tor says into replies and events until it hangs up."""
        try:
            with self._socket.makefile("rb") as stream:
                while True:
                    self._sort(_read_lines(stream))
        except (EOFError, OSError, ValueError):
            pass
        with self._changed:
            self.closed = True
            self._changed.notify_all()
        self._replies.put(None)

    def _sort(self, lines):
        """File one complete answer: event or reply."""
        if lines[0][0].startswith("6"):
            with self._changed:
                self.events.append(Event("\n".join(text for _, text in lines)))
                self._changed.notify_all()
        else:
            self._replies.put(lines)


def _read_lines(stream):
    """Read one complete answer from tor: a list of (code, text)."""
    lines = []
    while True:
        line = _read_line(stream)
        code, separator, text = line[:3], line[3:4], line[4:]
        if separator == "+":
            text += "\n" + _read_data(stream)
        lines.append((code, text))
        if separator == " ":
            return lines


def _read_data(stream):
    """Read a data block up to its closing dot."""
    data = []
    while True:
        line = _read_line(stream)
        if line == ".":
            return "\n".join(data)
        data.append(line[1:] if line.startswith("..") else line)


def _read_line(stream):
    """Read one line without its end; raise EOFError at the end."""
    line = stream.readline()
    if not line:
        raise EOFError
    return line.decode("utf-8", "replace").rstrip("\r\n")

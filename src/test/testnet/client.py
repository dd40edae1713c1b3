"""One client tor: requests through it, and descriptors it fetches.

A request with a SOCKS user of its own gets circuits of its own: a new
rendezvous and a new choice among the introduction points, but the descriptor
that the client holds already. fetch() brings the present descriptor, as a
client that never heard of the service would get it.
"""
import itertools
import subprocess
import time

from . import consensus, torrc, wait
from .descriptor import Descriptor
from .tor import Tor

# Within this a directory answers, or never will: tor reports no failure of a
# circuit or stream on which it asked.
_FETCH_SECONDS = 10
# Tor asks a directory of its own choice only once in 5 seconds, and says
# nothing when it asks none.
_REQUERY_SECONDS = 6
_ASK_SECONDS = 1
_RENEW_SECONDS = 60
_REQUEST_SECONDS = 60
_WRITE_OUT = "\\n%{http_code} %{time_total}"


class Reply:
    """How one request went; times are time.monotonic()."""

    def __init__(self, begun, exit_code, output):
        self.begun = begun
        self.ended = time.monotonic()
        self.exit_code = exit_code
        body, _, numbers = output.rpartition(b"\n")
        self.body = body
        self.status = int((numbers.split() or [b"0"])[0])
        self.ok = exit_code == 0 and self.status == 200

    @property
    def text(self):
        """The body as text."""
        return self.body.decode("utf-8", "replace").strip()

    @property
    def seconds(self):
        """How long it took."""
        return self.ended - self.begun

    def __repr__(self):
        return "%s (curl exit %d, HTTP %d) after %.1f s" % (
            "answered" if self.ok else "failed", self.exit_code, self.status,
            self.seconds)


class Client(Tor):
    """A tor with a SOCKS port. `schedule` is the network's time periods."""

    def __init__(self, directory, binary, lines, socks_port, schedule):
        super().__init__(directory, binary, lines + torrc.client(socks_port))
        self.socks_port = socks_port
        self._schedule = schedule
        self._users = itertools.count(1)

    def period(self):
        """Return the time period in which it lives."""
        return self._schedule.period(consensus.parse_date(
            self.control.info("consensus/valid-after")))

    def request(self, hostname, path="/", port=80, seconds=_REQUEST_SECONDS,
                user=None):
        """Ask for http://hostname:port/path with curl; return a Reply.

        Every request has a SOCKS user and so circuits of its own, or those
        that `user` has from an earlier one. One that
        fails while the client moves to the next time period is sent again:
        an unmodified client drops what it has just begun, whatever service
        it is for (consider_sending_introduce1() looks for the point of the
        old descriptor in the new one).
        """
        while True:
            period = self.period()
            reply = self._ask(
                "http://%s:%d%s" % (hostname, port, path), seconds,
                user or "request%d" % next(self._users))
            if reply.ok or self.period() == period:
                return reply

    def _ask(self, url, seconds, user):
        """Ask for `url` once, as this SOCKS user; return a Reply."""
        begun = time.monotonic()
        curl = subprocess.run(
            ["curl", "--silent", "--max-time", str(seconds),
             "--socks5-hostname", "127.0.0.1:%d" % self.socks_port,
             "--proxy-user", user + ":x",
             "--write-out", _WRITE_OUT, url],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        return Reply(begun, curl.returncode, curl.stdout)

    def fetch(self, address):
        """Fetch the descriptor now, whatever is in the cache, and decrypt it.

        Tor picks the directory. Return None where that has none, or does not
        answer.
        """
        begun = self._begin_fetch(address)
        asked_until = begun + _REQUERY_SECONDS
        while not self._is_asking(address, begun):
            if time.monotonic() > asked_until:
                return None
            self._begin_fetch(address)
        text = self._fetched_text(address, "", begun, _FETCH_SECONDS)
        return Descriptor(text, address) if text else None

    def renew(self, address):
        """Replace the descriptor in the cache by what a directory has."""
        wait.until(lambda: self.fetch(address), _RENEW_SECONDS,
                   "a descriptor of " + address, self.log_tail)

    def fetch_texts(self, address, directories):
        """Fetch the descriptor from each of these directories at once.

        Return {fingerprint: text} of those that have it, and answer before
        _FETCH_SECONDS are over for all of them together.
        """
        begun = {one: self._begin_fetch(address, " SERVER=" + one)
                 for one in directories}
        deadline = time.monotonic() + _FETCH_SECONDS
        texts = {one: self._fetched_text(address, one, at,
                                         deadline - time.monotonic())
                 for one, at in begun.items()}
        return {one: text for one, text in texts.items() if text}

    def held(self, address):
        """Return the Descriptor in the cache, from which requests are made."""
        return Descriptor(
            self.control.info("hs/client/desc/id/" + address), address)

    def forget(self):
        """Drop descriptors, failures and circuits (at most every 10 s)."""
        self.control.command("SIGNAL NEWNYM")

    def _begin_fetch(self, address, server=""):
        """Ask tor to fetch a descriptor; return when that was."""
        self.control.subscribe("HS_DESC", "HS_DESC_CONTENT")
        begun = time.monotonic()
        self.control.command("HSFETCH " + address + server)
        return begun

    def _is_asking(self, address, begun):
        """Return True iff tor has asked a directory since `begun`."""
        return self.control.wait(
            lambda event: event.is_a("HS_DESC", "REQUESTED", address),
            _ASK_SECONDS, since=begun) is not None

    def _fetched_text(self, address, directory, begun, seconds):
        """Return what arrives from `directory`, None if that is nothing."""
        event = self.control.wait(
            lambda event: event.is_a("HS_DESC_CONTENT", address)
            and directory in event.words[3], seconds, since=begun)
        if event is None:
            return None
        return event.text.split("\n", 1)[1].rpartition("\n")[0] or None

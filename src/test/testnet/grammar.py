"""The grammar of doc/control-rbalance.md, read from that file.

What is documented there and what a tor says are compared with its help, so
neither can change alone.
"""
import os
import re

_FILE = os.path.join(os.path.dirname(__file__),
                     "..", "..", "..", "doc", "control-rbalance.md")
_NODE = r"[A-Za-z0-9_-]{1,32}"
_DIRECTORY = r"[0-9A-F]{40}"
_NUMBER = r"\d+"
_WORD = r"[A-Z_]+"
_FLAG = r"[01]"
# What values look like, by keyword.
_VALUES = {
    "NODE": _NODE, "PUBLISHER": _NODE + "|-", "ADDRESS": r"[a-z2-7]{56}",
    "HSDIR": _DIRECTORY, "RELAY": _DIRECTORY, "AUTH": r"[A-Za-z0-9+/]{43}=?",
    "REV": _NUMBER, "PERIOD": _NUMBER, "POINTS": _NUMBER, "NODES": _NUMBER,
    "PEERS": _NUMBER, "PRIORITY": _NUMBER, "HEALTHY": _NUMBER,
    "LEASE_LEFT": _NUMBER, "LAST_PUBLISH": _NUMBER, "RTT_MS": _NUMBER,
    "LAST_HEARTBEAT": _NUMBER, "POINTS_CURRENT": _NUMBER,
    "POINTS_NEXT": _NUMBER, "LAST_UPLOAD_OK": _NUMBER,
    "NEWER_FOUND": _NUMBER, "SKEW_MS": r"-?\d+", "DRAINING": _FLAG,
    "EXCLUDED": _FLAG, "KEYLESS": _FLAG, "CANDIDATE": _FLAG,
    "BACKENDS_DOWN": _FLAG, "TARGET": r"(tcp|tls|http|https|unix):\S+",
    "STATUS": r"\d{3}", "FAILURES": _NUMBER, "LAST_PROBE": _NUMBER,
    "CIRCUITS": _NUMBER,
    "OK_CURRENT": r"\d+/\d+",
    "OK_NEXT": r"\d+/\d+", "DESC": "CURRENT|NEXT", "MODE": "SINGLE|MULTI",
    "ROLE": "PUBLISHER|STANDBY", "CHANNEL": "OUT|IN|NONE|SELF",
    "RESULT": "SENT|OK|FAILED|ACCEPTED|REJECTED", "STATE": _WORD,
    "PREV": _WORD, "REASON": _WORD, "ACTION": _WORD,
}


class Grammar:
    """Events, verbs and keys that are documented."""

    def __init__(self):
        with open(_FILE, encoding="utf-8") as file:
            self.text = file.read()
        self.events = {row[0]: row[1].split()
                       for row in self._table("| action | arguments |")}
        self.verbs = [verb for row in self._table("| verb | effect |")
                      for verb in row[0].split(", ")]
        self.keys = re.findall(r"^\*\*hs/balance/([a-z-]+)/\*\*Address",
                               self.text, re.MULTILINE)

    def fields_of(self, key):
        """Return the keywords in an answer to GETINFO hs/balance/`key`."""
        if key == "status":
            return re.findall(r"([A-Z_]+)=", " ".join(
                row[0] for row in self._table("| key | value |")))
        section = self.text.split("**hs/balance/%s/**" % key)[1]
        return re.findall(r"([A-Z_]+)=", section.split("```")[1])

    def check_event(self, words, address):
        """Fail unless `words` after HS_BALANCE are a documented event."""
        action, said, *arguments = words
        assert said == address, words
        allowed = self.events[action]
        given = [self.check_pair(pair) for pair in arguments]
        known = [argument.strip("[]=") for argument in allowed]
        needed = [argument.rstrip("=") for argument in allowed
                  if not argument.startswith("[")]
        assert set(needed) <= set(given) <= set(known), words
        assert len(set(given)) == len(given), words

    def check_pair(self, pair):
        """Return the keyword of KEYWORD=value; fail if it is none."""
        keyword, value = pair.split("=", 1)
        form = _NUMBER if keyword.startswith("DROPPED_") else _VALUES[keyword]
        assert re.fullmatch(form, value), pair
        if form == _WORD:
            assert self.mentions(value), pair
        return keyword

    def mentions(self, word):
        """Return True iff the document has this word."""
        return re.search(r"\b%s\b" % word, self.text) is not None

    def _table(self, head):
        """Return the rows of the table with this head, a list of cells."""
        lines = self.text[self.text.index(head):].split("\n\n")[0].split("\n")
        return [[cell.strip(" `") for cell in line.strip("|").split("|")]
                for line in lines[2:]]

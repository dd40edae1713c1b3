"""What a tor shows on its MetricsPort."""
import re
import urllib.request

_SECONDS = 10
_SAMPLE = re.compile(r'(\w+)\{(.*)\} (-?[0-9.]+)')
_LABEL = re.compile(r'(\w+)="([^"]*)"')


class Metrics:
    """One look at the MetricsPort `port` of 127.0.0.1.

    Of all that is there, `text` has the lines of metrics called `prefix`...
    """

    def __init__(self, port, prefix="tor_hs_balance_"):
        url = "http://127.0.0.1:%d/metrics" % port
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:
            lines = answer.read().decode().splitlines()
        wanted = re.compile(r"(# (HELP|TYPE) )?" + prefix)
        self.text = "".join(line + "\n" for line in lines
                            if wanted.match(line))
        self._prefix = prefix
        self.samples = [_read(line) for line in self.text.splitlines()
                        if not line.startswith("#")]

    def all(self, name, **labels):
        """Return [(labels, value)] of a metric that has these `labels`."""
        return [(has, value) for found, has, value in self.samples
                if found == self._prefix + name
                and has.items() >= labels.items()]

    def get(self, name, **labels):
        """Return the value of the one sample like that."""
        found = self.all(name, **labels)
        if len(found) != 1:
            raise AssertionError("%s%s: %s in\n%s" % (
                name, labels, found, self.text))
        return found[0][1]


def count_streams(node):
    """Return how many streams of clients to targets the node has."""
    return Metrics(node.metrics_port).get("streams", kind="proxy")


def _read(line):
    """Return name, labels and value of one line."""
    match = _SAMPLE.fullmatch(line)
    if not match:
        raise ValueError(line)
    name, labels, value = match.groups()
    return name, dict(_LABEL.findall(labels)), float(value)

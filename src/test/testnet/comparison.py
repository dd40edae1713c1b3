"""What several ways to do the same cost, in medians, and as ratios beside the
targets that the proxy inside tor has."""
import operator
import statistics
import sys

STOCK, SOCAT = "stock", "socat"
OURS = ("tcp", "http", "https")
ONE, FOUR, SIXTEEN = "one download", "4 parallel", "16 parallel"
# What is measured, with its unit.
SPEED = {what: what + ", MB/s" for what in (ONE, FOUR, SIXTEEN)}
CPU = {what: "CPU of the node, %s, ms/MB" % what
       for what in (ONE, FOUR, SIXTEEN)}
PROCESSORS = {what: "processors busy, %s, %%" % what
              for what in (ONE, FOUR, SIXTEEN)}
P50, P95 = "1 KB keep-alive, p50, ms", "1 KB keep-alive, p95, ms"
CONNECTIONS = "new connections, 1/s"
IDLE, BUSY = "memory of an idle stream, KiB", "memory of a busy stream, KiB"
_ALL = (*SPEED.values(), P50, P95, CONNECTIONS, *CPU.values(),
        *PROCESSORS.values(), IDLE, BUSY)
_COMPARE = {">=": operator.ge, "<=": operator.le}


def _over(what, base):
    """Return what divides a way's median by that of the way `base`."""
    return lambda medians, way: medians[what][way] / medians[what][base]


def _added(medians, way):
    """Return how much longer a request takes than straight to the stock
    service, measured by how much longer it takes with socat."""
    stock = medians[P50][STOCK]
    return (medians[P50][way] - stock) / (medians[P50][SOCAT] - stock)


def _same(target):
    """Return a target that all our ways have."""
    return dict.fromkeys(OURS, target)


_CPU_TARGETS = {"tcp": ("<=", 0.75), "http": ("<=", 0.85)}
# Name, how it is computed, and the targets.
_RATIOS = (
    ("one download: ours / stock service", _over(SPEED[ONE], STOCK),
     {"tcp": (">=", 1.0), "http": (">=", 0.95)}),
    ("4 parallel: ours / socat", _over(SPEED[FOUR], SOCAT),
     _same((">=", 1.4))),
    ("16 parallel: ours / socat", _over(SPEED[SIXTEEN], SOCAT), {}),
    ("CPU, one download: node / tor + socat", _over(CPU[ONE], SOCAT),
     _CPU_TARGETS),
    ("CPU, 4 parallel: node / tor + socat", _over(CPU[FOUR], SOCAT),
     _CPU_TARGETS),
    ("CPU, 16 parallel: node / tor + socat", _over(CPU[SIXTEEN], SOCAT),
     _CPU_TARGETS),
    ("1 KB keep-alive, p50 added: ours / socat", _added,
     _same(("<=", 0.6))),
    ("new connections: ours / socat", _over(CONNECTIONS, SOCAT), {}),
    ("memory of an idle stream, KiB",
     lambda medians, way: medians[IDLE][way], _same(("<=", 8))),
)


class Comparison:
    """All numbers: `values` maps what was measured to {way: [numbers]}."""

    def __init__(self):
        self.values = {what: {} for what in _ALL}

    def add(self, what, way, number):
        """Add what was measured once."""
        self.values[what].setdefault(way, []).append(round(number, 4))
        print("%-36s %-6s %8.2f" % (what, way, number), file=sys.stderr,
              flush=True)

    def medians(self):
        """Return {what: {way: median}}."""
        return {what: {way: statistics.median(numbers)
                       for way, numbers in ways.items()}
                for what, ways in self.values.items()}

    def ratios(self):
        """Return {name: {way: ratio}} of our ways, medians by medians."""
        medians = self.medians()
        return {name: {way: round(compute(medians, way), 3) for way in OURS}
                for name, compute, _ in _RATIOS}

    def print_tables(self):
        """Print the medians, and the ratios with their targets."""
        ways = (STOCK, SOCAT) + OURS
        print("%-42s" % "medians" + "".join("%10s" % way for way in ways))
        for what, medians in self.medians().items():
            print("%-42s" % what + "".join(
                "%10.2f" % medians[way] for way in ways))
        print("\n%-42s" % "ratios, and targets" + "".join(
            "%16s" % way for way in OURS))
        ratios = self.ratios()
        for name, _, targets in _RATIOS:
            print("%-42s" % name + "".join(
                "%16s" % _beside(ratios[name][way], targets.get(way))
                for way in OURS))


def _beside(ratio, target):
    """Return a ratio with its target, and a mark where it misses that."""
    if not target:
        return "%.2f         " % ratio
    sign, bound = target
    return "%.2f%s %s %-4s" % (
        ratio, " " if _COMPARE[sign](ratio, bound) else "!", sign,
        "%.4g" % bound)

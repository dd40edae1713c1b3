"""What the demonstration prints: steps with their time, bars, a table."""
import sys
import time

_BAR_WIDTH = 40
_GREEN, _RED, _BOLD, _PLAIN = "32", "31", "1", "0"


class Report:
    """Prints to the terminal and remembers whether all was as it should."""

    def __init__(self):
        self._begun = time.monotonic()
        self._colour = sys.stdout.isatty()
        self._rows = []
        self.failures = []

    def step(self, text):
        """Print what happens now, with the seconds since the start."""
        print("%s %s" % (self._paint(
            "[%5.1f s]" % (time.monotonic() - self._begun), _BOLD), text),
            flush=True)

    def detail(self, text):
        """Print a line that belongs to the last step."""
        print("          " + text, flush=True)

    def check(self, true, text):
        """Print a statement and whether it is true; return `true`."""
        mark = self._paint("ok", _GREEN) if true else self._paint("NO", _RED)
        print("     %s   %s" % (mark, text), flush=True)
        if not true:
            self.failures.append(text)
        return true

    def bars(self, counts, names):
        """Draw how many requests each of `names` answered."""
        total = max(1, sum(counts.values()))
        for name in names:
            share = counts[name] / total
            self.detail("%-8s %-*s %3d  %3.0f %%" % (
                name, _BAR_WIDTH, "#" * round(share * _BAR_WIDTH),
                counts[name], 100 * share))

    def row(self, name, value):
        """Add a line to the closing table."""
        self._rows.append((name, str(value)))

    def table(self):
        """Print the closing table."""
        width = max(len(name) for name, _ in self._rows)
        print("\n" + self._paint("In short", _BOLD))
        for name, value in self._rows:
            print("  %-*s  %s" % (width, name, value))
        print(flush=True)

    def _paint(self, text, colour):
        """Return `text` in a colour, where there is a terminal to show it."""
        if not self._colour:
            return text
        return "\033[%sm%s\033[%sm" % (colour, text, _PLAIN)

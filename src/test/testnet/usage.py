"""What processes use of the machine, as /proc tells.

Where a function takes process ids, the children that these processes have, or
had, count with them.
"""
import os
import re
import threading

_TICKS = os.sysconf("SC_CLK_TCK")
_SAMPLE_SECONDS = 0.1


def cpu_seconds(pids):
    """Return the CPU time that they have used so far."""
    ticks = 0
    for pid in pids:
        for child in _children(pid):
            ticks += sum(_times(child))
        ticks += sum(_times(pid))
    return ticks / _TICKS


def processor_seconds():
    """Return how long all processors together were busy, and how long they
    had nothing to do, since the machine was started."""
    with open("/proc/stat") as file:
        ticks = [int(field) for field in file.readline().split()[1:9]]
    # The fourth and fifth: idle, and waiting for a disk.
    idle = sum(ticks[3:5])
    return (sum(ticks) - idle) / _TICKS, idle / _TICKS


def memory(pids):
    """Return the bytes of memory that hold what they allocated.

    What a process and its children share counts once; the pages of files,
    such as programs, do not count.
    """
    every = [one for pid in pids for one in [pid, *_children(pid)]]
    return 1024 * sum(
        int(found) for one in every for found in re.findall(
            r"(?m)^Pss_Anon: *(\d+) kB", _read(one, "smaps_rollup")))


class Peak:
    """The most memory that processes have at any time of a with statement:
    `bytes`."""

    def __init__(self, pids):
        self.bytes = 0
        self._pids = pids
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _sample(self):
        """Look again and again until told to stop."""
        while not self._over.wait(_SAMPLE_SECONDS):
            self.bytes = max(self.bytes, memory(self._pids))


def _children(pid):
    """Return the process ids of the children that run."""
    return [int(one) for one in
            _read(pid, "task/%d/children" % pid).split()]


def _times(pid):
    """Return the ticks in user and system mode: its own, and those of
    children that ended. A process that has ended has none."""
    fields = _read(pid, "stat").rpartition(")")[2].split()
    return [int(field) for field in fields[11:15]]


def _read(pid, name):
    """Return what /proc has of a process, nothing if that has ended."""
    try:
        with open("/proc/%d/%s" % (pid, name)) as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""

"""Child processes that die with us.

Three nets catch a child, whatever ends this process: stop() in the normal
case, atexit for an exception, Ctrl-C or SIGTERM, and the kernel's parent death
signal for SIGKILL.
"""
import atexit
import ctypes
import os
import signal
import subprocess
import sys
import threading

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_children = set()


class Child:
    """One running program; its output goes to the file `log`."""

    def __init__(self, argv, log, env=None):
        # The parent death signal is sent when the *thread* that forked ends.
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start processes from the main thread only")
        with open(log, "ab") as output:
            self._popen = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=env, start_new_session=True,
                preexec_fn=_die_with(os.getpid()))
        self.pid = self._popen.pid
        _children.add(self)

    @property
    def running(self):
        """True iff the program has not ended."""
        return self._popen.poll() is None

    def send(self, number):
        """Send a signal; a program that has ended already is no error."""
        if self.running:
            self._popen.send_signal(number)

    def stop(self, number=signal.SIGTERM, seconds=10):
        """End the program and return its exit status.

        Send `number`, and SIGKILL to one that is not gone after `seconds`.
        """
        self.send(number)
        try:
            status = self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            status = self._popen.wait()
        _children.discard(self)
        return status

    def kill(self):
        """End the program as a power failure would."""
        return self.stop(signal.SIGKILL)


def _die_with(parent):
    """Return what a new child runs before exec: follow `parent` into death."""
    def set_death_signal():
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
    return set_death_signal


def exit_on_sigterm():
    """Turn SIGTERM into SystemExit, so that cleanup runs as for Ctrl-C."""
    def leave(number, _frame):
        sys.exit(128 + number)
    signal.signal(signal.SIGTERM, leave)


@atexit.register
def stop_all():
    """Kill every child that is still there."""
    for child in list(_children):
        child.kill()

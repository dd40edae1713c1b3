"""A clock that is wrong, for one process: Debian's package faketime.

The library is loaded by hand, because the program faketime would stay as a
parent between the process and our signals. The monotonic clock stays right.
"""
import glob
import os

_LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"


class Clock:
    """A clock that is wrong by what the file `path` says."""

    def __init__(self, path, seconds=0):
        found = glob.glob(_LIBRARY)
        if not found:
            raise FileNotFoundError("install the package faketime")
        self.path = path
        self.set(seconds)
        # Under a sanitizer a library that is loaded before it is an error.
        checks = os.environ.get("ASAN_OPTIONS", "")
        self.wrapper = [
            "/usr/bin/env", "LD_PRELOAD=" + found[0],
            "FAKETIME_TIMESTAMP_FILE=" + path, "FAKETIME_CACHE_DURATION=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            # With its cure for that clock, threads wait for ever at random.
            "FAKETIME_FORCE_MONOTONIC_FIX=0",
            "ASAN_OPTIONS=verify_asan_link_order=0:" + checks]

    def set(self, seconds):
        """Have it ahead by `seconds`, or behind; takes effect in a second."""
        with open(self.path + ".new", "w") as file:
            file.write("%+d\n" % seconds)
        os.rename(self.path + ".new", self.path)

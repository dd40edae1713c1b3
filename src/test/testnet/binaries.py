"""Which tor to run.

  TOR_RBALANCE  the build under test (nodes, the demo's client)
  TOR_RELAY     the build for relays, which leave the module unused; by
                default the same
  TOR_STOCK     an unmodified tor (the tests' clients)
  TOR_GENCERT   tor-gencert, where it is not beside one of these
"""
import os
import shutil

_ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
_BUILT = os.path.join(_ROOT, "build/tor/src/app/tor")


def balanced_tor():
    """Return the path of the build under test."""
    return _existing(os.environ.get("TOR_RBALANCE", _BUILT),
                     "build it with make, or set TOR_RBALANCE")


def relay_tor():
    """Return the path of the build for relays.

    With sanitizers in the build under test, relays are better built without:
    two processors do not carry a network of such relays.
    """
    relay = os.environ.get("TOR_RELAY")
    return _existing(relay, "mend TOR_RELAY") if relay else balanced_tor()


def stock_tor():
    """Return the path of an unmodified tor."""
    found = shutil.which("tor", path=_search_path()) or "tor"
    return _existing(os.environ.get("TOR_STOCK", found),
                     "install the package tor, or set TOR_STOCK")


def gencert():
    """Return the path of tor-gencert."""
    beside = os.path.join(os.path.dirname(balanced_tor()),
                          "../tools/tor-gencert")
    found = shutil.which("tor-gencert", path=_search_path())
    for path in (os.environ.get("TOR_GENCERT"), beside, found):
        if path and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError("no tor-gencert: set TOR_GENCERT")


def _search_path():
    """Return $PATH with the system directories a plain user may lack."""
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def _existing(path, advice):
    """Return `path` if it can be run; else raise with the advice."""
    if os.access(path, os.X_OK):
        return path
    raise FileNotFoundError("cannot run %s: %s" % (path, advice))

"""Headless Chromium, through the SOCKS port of a tor."""
import os
import signal
import tempfile

from . import process, wait

_SECONDS = 180
_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu",
    "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions",
    # Ask as we say: not with TLS first, and without a warning in between.
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedMode,"
    "HttpsFirstBalancedModeAutoEnable",
    # Whatever it resolves by itself would be a mistake.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")


def dump(url, socks_port):
    """Return what a page has become when all of it is loaded, as HTML, with
    what Chromium has to say besides.

    A budget of virtual time would not do instead: it can be spent before a
    WebSocket has opened.
    """
    with tempfile.TemporaryDirectory(
            prefix="chromium-", ignore_cleanup_errors=True) as directory:
        log = os.path.join(directory, "output")
        child = process.Child(
            ["chromium", *_OPTIONS, "--user-data-dir=" + directory,
             "--proxy-server=socks5://127.0.0.1:%d" % socks_port,
             "--dump-dom", url], log, dict(os.environ, HOME=directory))
        try:
            wait.until(lambda: not child.running, _SECONDS,
                       "the end of Chromium", lambda: _read(log))
        finally:
            _end(child)
        return _read(log)


def _end(child):
    """End it with all its processes, which are in its group."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.stop()


def _read(path):
    """Return the text of a file."""
    with open(path, errors="replace") as file:
        return file.read()

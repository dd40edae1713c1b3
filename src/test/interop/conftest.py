"""Targets with software that others wrote, and large tests, on the network of
the other tests.

  --mib N           how much is loaded up and down
  --streams N       how many streams idle while one client reads slowly
  --read-seconds N  how long it reads
  --connections N   how many connections are busy at the same time
  --load-seconds N  how long they are
"""
import os
import resource
import sys
import tempfile
from types import SimpleNamespace

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from testnet import fixtures  # noqa: E402
from testnet.apache import Apache  # noqa: E402
from testnet.fixtures import (  # noqa: E402, F401
    client, clients, make_cluster, make_shared_cluster, network,
    pytest_runtest_makereport, small_quarantine)
from testnet.nginx import Nginx  # noqa: E402

_SIZES = {"mib": 1024, "streams": 1000, "read-seconds": 120,
          "connections": 64, "load-seconds": 60}
# A page that is long enough to be compressed and sent in pieces.
_PARAGRAPH = "<p>The quick brown fox jumps over the lazy dog %d times.</p>\n"
_PARAGRAPHS = 2000
# Seconds since 1970, so that no file is as young as the answer with it.
_OLD = 1700000000


def pytest_addoption(parser):
    """Take the sizes from the command line."""
    for name, default in _SIZES.items():
        parser.addoption("--" + name, type=int, default=default)


def pytest_configure():
    """Also have a socket for each stream, here and in the servers."""
    fixtures.pytest_configure()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@pytest.fixture(scope="session")
def sizes(request):
    """How much of everything, by the names of the options."""
    return SimpleNamespace(**{
        name.replace("-", "_"): request.config.getoption("--" + name)
        for name in _SIZES})


@pytest.fixture(scope="module")
def directory():
    """A directory for servers that anybody can enter."""
    with tempfile.TemporaryDirectory(prefix="interop-") as path:
        os.chmod(path, 0o755)
        yield path


@pytest.fixture(scope="module")
def nginx(directory):
    """nginx; `files` is the directory with what it has."""
    own = os.path.join(directory, "nginx")
    server = Nginx(own, {"empty": 0, "small": 1000, "big": (1 << 20) + 1,
                         "with space": 10, "health": 3})
    server.files = os.path.join(own, "files")
    _add_pages(server.files)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def apache(directory, nginx):
    """Apache with the same files."""
    server = Apache(os.path.join(directory, "apache"), nginx.files)
    yield server
    server.stop()


def _add_pages(files):
    """Add pages, and let everybody read all."""
    page = "<!DOCTYPE html>\n" + "".join(
        _PARAGRAPH % number for number in range(_PARAGRAPHS))
    os.mkdir(os.path.join(files, "directory"))
    for name in ("page.html", "directory/index.html"):
        with open(os.path.join(files, name), "w") as file:
            file.write(page)
    os.chmod(os.path.dirname(files), 0o755)
    for path, _, names in os.walk(files):
        os.chmod(path, 0o755)
        for name in names:
            os.chmod(os.path.join(path, name), 0o644)
            os.utime(os.path.join(path, name), (_OLD, _OLD))

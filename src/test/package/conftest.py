"""Machines without anything, on the network of the other tests.

RBALANCE_IMAGE names the directory of a Debian for them, which has our package
in /root and those that it needs in apt's cache, and also Debian's tor.
"""
import os
import shutil
import sys
import tempfile

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from testnet.backend import Backend  # noqa: E402
from testnet.fixtures import (  # noqa: E402, F401
    clients, network, pytest_configure, pytest_runtest_makereport)
from testnet.machine import Machine  # noqa: E402
from testnet.manual import Manual  # noqa: E402

_PORT_OF_MANUAL = 8080


@pytest.fixture
def machines(network):
    """Two; each has a web server where the manual says that one is."""
    yield from _run(network, "alpha", "beta")


@pytest.fixture
def machine(network):
    """One such machine."""
    for machines in _run(network, "alpha"):
        yield machines[0]


@pytest.fixture
def install():
    """A function that installs the package on a machine."""
    def do(machine):
        manual = Manual("operator.md", section="Installing it")
        for beginning in ("apt-get install -y ./tor", "apt-mark hold"):
            machine.type(manual.take(beginning))
    return do


def _run(network, *names):
    """Yield machines with these names, and switch them off."""
    directory = tempfile.mkdtemp(prefix="machines-")
    backends = [Backend(name) for name in names]
    machines = []
    try:
        for backend in backends:
            ports = {port: port for port in network.ports()}
            ports[_PORT_OF_MANUAL] = backend.port
            machines.append(Machine(
                os.path.join(directory, backend.name), backend.name,
                os.environ["RBALANCE_IMAGE"], ports))
        yield machines
    finally:
        for one in machines + backends:
            one.stop()
        shutil.rmtree(directory)

"""A test that goes on for as long as one likes.

  --minutes N  so long
  --seed N     what happens; a number of its own where not told
  --nodes N    to how many nodes
"""
import os
import random
import sys

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from testnet.fixtures import (  # noqa: E402, F401
    client, clients, network, pytest_configure, pytest_runtest_makereport)

_VISITORS = 3


def pytest_addoption(parser):
    """Take what it depends on from the command line."""
    parser.addoption("--minutes", type=float, default=30)
    parser.addoption("--seed", type=int, default=random.randrange(1 << 32))
    parser.addoption("--nodes", type=int, default=4)


@pytest.fixture
def minutes(request):
    """How long it goes on."""
    return request.config.getoption("--minutes")


@pytest.fixture
def seed(request):
    """What happens."""
    number = request.config.getoption("--seed")
    print("seed", number)
    return number


@pytest.fixture
def nodes(request):
    """To how many nodes."""
    return request.config.getoption("--nodes")


@pytest.fixture
def visitors(network):
    """Clients that come as if for the first time."""
    visitors = [network.add_client("visitor%d" % number)
                for number in range(1, _VISITORS + 1)]
    for visitor in visitors:
        visitor.wait_ready()
    return visitors

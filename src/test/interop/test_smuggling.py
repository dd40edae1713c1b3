"""Requests that two programs may read in two ways: what gets through to nginx
is what nginx itself would have read.

They are those of the unit test http_smuggling.
"""
import ast
import os
import re
import subprocess
import time

import pytest

from testnet.front import Front
from testnet.nginx import Nginx

_ATTACKS = os.path.join(os.path.dirname(__file__), "..",
                        "rbalance_test_attacks.inc")
_LITERAL = r'"(?:[^"\\]|\\.)*"'
_ATTACK = re.compile(r"ATTACK\(((?:\s*%s)+),\s*([-\w]+)\)" % _LITERAL)
_WORDS = {"REFUSED": 0, "CUT": -1}
# As long as a real address: some attacks count on it.
_PLACEHOLDER = 56 * "a" + ".onion"
# Seconds without an answer until there is none.
_SILENCE = 1
# What nginx says of bytes that it does not read as a request: bad ones, such
# that were cut off, and a version that it does not speak.
_NOT_READ = (400, 408, 499, 505)


def _attacks():
    """Return (bytes, number of requests, as the unit test has it), numbered
    as there."""
    expanded = subprocess.run(
        ["gcc", "-E", "-P", "-x", "c", '-DRBT_SERVICE="%s"' % _PLACEHOLDER,
         _ATTACKS], check=True, capture_output=True, text=True).stdout
    found = [(b"".join(ast.literal_eval("b" + literal) for literal in
                       re.findall(_LITERAL, match.group(1))),
              int(_WORDS.get(match.group(2), match.group(2))))
             for match in _ATTACK.finditer(expanded)]
    assert len(found) == expanded.count("ATTACK(") >= 60
    return [pytest.param(*attack, id="attack%d" % number)
            for number, attack in enumerate(found)]


@pytest.fixture(scope="module")
def nginx(directory):
    """nginx with a page, that remembers requests."""
    server = Nginx(os.path.join(directory, "smuggling"), {"index.html": 100},
                   logs=True)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def front(network, client, make_shared_cluster, nginx):
    """A node in front of it."""
    front = Front(network, client, make_shared_cluster, "smuggling",
                  {"nginx": ("http", nginx.plain)}, nodes=1,
                  options=["HiddenServiceBalanceProbeInterval 0"])
    yield front
    front.stop()


def _read(nginx, sock, request):
    """Send bytes; return which requests nginx has read there."""
    before = len(nginx.requests())
    with sock:
        sock.settimeout(_SILENCE)
        sock.sendall(request)
        try:
            while sock.recv(65536):
                pass
        except OSError:
            pass
    # It notes what was cut off when it sees that.
    time.sleep(0.2)
    return [(method, path) for status, method, path in
            nginx.requests()[before:] if status not in _NOT_READ]


@pytest.mark.parametrize("request_bytes, count", _attacks())
def test_read_as_nginx_does(front, client, nginx, request_bytes, count):
    """Nothing gets through that nginx would not have found, and all that is
    not refused. A request that is cut off in its body may have begun."""
    request_bytes = request_bytes.replace(_PLACEHOLDER.encode(),
                                          front.hostname.encode())
    direct = _read(nginx, front.open_direct("nginx"), request_bytes)
    proxied = _read(nginx, front.open(client, "nginx"), request_bytes)
    if count == _WORDS["REFUSED"]:
        assert proxied == []
    elif count == _WORDS["CUT"]:
        assert proxied in ([], direct[:1])
    else:
        assert proxied == direct

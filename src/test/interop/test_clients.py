"""Clients that others wrote: curl and headless Chromium. All that they get is
kept, and no byte of it names the target."""
import html
import json
import os
import re
import subprocess

import pytest

from testnet import browser, webvisit
from testnet.front import Front
from testnet.webserver import WebServer
from testnet.wiretap import Wiretap

_CURL_SECONDS = 120
_SERVERS = ("http", "https")


@pytest.fixture(scope="module")
def front(network, client, make_shared_cluster, nginx, apache):
    """Two nodes in front of servers of our own and of Apache."""
    webs = {"http": WebServer("plain"),
            "https": WebServer("secure", ["localhost"])}
    servers = {name: (name, web.port) for name, web in webs.items()}
    servers["apache"] = ("http", apache.plain)
    servers["nginx"] = ("https", nginx.secure)
    front = Front(network, client, make_shared_cluster, "clients", servers)
    for name, web in webs.items():
        web.origin = front.origin(name)
    yield front
    front.stop()
    for web in webs.values():
        web.stop()


@pytest.fixture
def tap(front, client):
    """A SOCKS port behind which nothing may name the target."""
    with Wiretap(client.socks_port) as tap:
        yield tap
        received = tap.received.lower()
    assert received
    assert front.secret.encode() not in received


def curl(front, tap, server, path, *options, status=200):
    """Ask with curl; return what it prints."""
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time",
         str(_CURL_SECONDS), "--socks5-hostname", "127.0.0.1:%d" % tap.port,
         "--write-out", "%{stderr}%{http_code} %{url_effective}", *options,
         _url(front, server, path)],
        stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 0, done
    told = done.stderr.decode()
    assert told.startswith("%d http://%s:%d/" % (
        status, front.hostname, front.port(server))), told
    return done.stdout


def _url(front, server, path):
    """Return where clients find something."""
    return "http://%s:%d%s" % (front.hostname, front.port(server), path)


@pytest.mark.parametrize("server", ("apache", "nginx"))
def test_curl_loads(front, tap, nginx, server):
    """curl gets files, whole, in ranges and compressed."""
    for name in ("empty", "small", "big", "page.html"):
        with open(os.path.join(nginx.files, name), "rb") as file:
            content = file.read()
        assert curl(front, tap, server, "/" + name) == content
        assert curl(front, tap, server, "/" + name,
                    "--compressed") == content
        assert curl(front, tap, server, "/" + name, "--http1.0") == content
    assert curl(front, tap, server, "/page.html", "--range", "100-199",
                status=206) == content[100:200]
    assert not curl(front, tap, server, "/missing", "--output", os.devnull,
                    status=404)


def test_curl_resumes(front, tap, nginx, tmp_path):
    """A part of a file is completed."""
    with open(os.path.join(nginx.files, "big"), "rb") as file:
        content = file.read()
    part = tmp_path / "part"
    part.write_bytes(content[:300000])
    curl(front, tap, "nginx", "/big", "--continue-at", "-", "--output",
         str(part), status=206)
    assert part.read_bytes() == content


@pytest.mark.parametrize("server", _SERVERS)
def test_curl_follows_with_cookies(front, tap, server, tmp_path):
    """A redirect leads to the service, and its cookie is sent there."""
    jar = str(tmp_path / "jar")
    page = curl(front, tap, server, "/visit", "--location", "--cookie-jar",
                jar)
    assert b'<pre id="result">' in page
    with open(jar) as file:
        cookies = file.read()
    assert front.hostname in cookies and "visit\t1" in cookies
    assert curl(front, tap, server, "/visit/cookie", "--cookie",
                jar) == b"visit=1"


def test_curl_uploads(front, tap, nginx):
    """Files and forms go up, also where curl waits for the server's leave."""
    path = os.path.join(nginx.files, "big")
    told = [curl(front, tap, "http", "/upload", "--upload-file", path,
                 "--header", expect) for expect in (
                     "Expect: 100-continue", "Expect:",
                     "Transfer-Encoding: chunked")]
    digest = subprocess.run(["sha256sum", path], check=True,
                            capture_output=True).stdout.split()[0]
    assert told == 3 * [digest + b"\n"]
    assert curl(front, tap, "apache", "/script", "--data-binary",
                "@" + path).startswith(digest)


@pytest.mark.parametrize("server", _SERVERS)
def test_chromium(front, tap, server):
    """A page's redirects, cookie, policy and WebSocket work in a browser."""
    dom = browser.dump(_url(front, server, "/visit"), tap.port)
    found = re.search('<pre id="result">(.*?)</pre>', dom, re.DOTALL)
    assert found and found.group(1), dom
    assert json.loads(html.unescape(found.group(1))) == webvisit.RESULT
    assert "<title>A visit</title>" in dom
    assert front.secret not in dom.lower()


def test_chromium_shows_pages(front, tap):
    """A compressed page of Apache's is shown, and one of the node where the
    target talks nonsense."""
    dom = browser.dump(_url(front, "apache", "/directory/"), tap.port)
    assert "quick brown fox jumps over the lazy dog 0 times" in dom
    dom = browser.dump(_url(front, "http", "/garbage"), tap.port)
    assert "<h1>Bad Gateway</h1>" in dom

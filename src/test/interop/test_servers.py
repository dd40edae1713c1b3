"""Web servers that others wrote, through nodes and asked directly: status,
fields and bodies are the same, and nothing names the target."""
import os
import re
from operator import itemgetter

import pytest

from testnet import pythonserver
from testnet.front import Front

_SERVERS = ("nginx", "nginx-tls", "apache", "apache-tls", "python-1.0",
            "python-1.1")
_APACHES = ("apache", "apache-tls")
# Those that keep connections, and find requests behind each other there.
_LASTING = ("nginx", "nginx-tls", "apache", "apache-tls", "python-1.1")
# Whose circuits are used: by chance they lead to all nodes.
_USERS = ("one", "two", "three")
# Fields that concern one connection, that tell the time, or that are withheld.
_IGNORED = ("connection", "keep-alive", "transfer-encoding", "date",
            "alt-svc", "strict-transport-security")
_GZIP = ("Accept-Encoding", "gzip")
_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_BODY = b"name=value&other=%20"
_LONG_QUERY = "/small?" + 3000 * "q"
# The name of each exchange, the method, the path, fields and the body; {etag}
# and {modified} are what the server says of /small.
_CASES = (
    ("empty", "GET", "/empty", (), b""),
    ("small", "GET", "/small", (), b""),
    ("big", "GET", "/big", (), b""),
    ("page", "GET", "/page.html", (), b""),
    ("gzip", "GET", "/page.html", (_GZIP,), b""),
    ("index", "GET", "/directory/", (), b""),
    ("redirect", "GET", "/directory", (), b""),
    ("query", "GET", _LONG_QUERY, (), b""),
    ("encoded", "GET", "/with%20space?x=%2F%26", (), b""),
    ("missing", "GET", "/missing", (), b""),
    ("head", "HEAD", "/big", (), b""),
    ("head-missing", "HEAD", "/missing", (), b""),
    ("range", "GET", "/small", (("Range", "bytes=10-19"),), b""),
    ("range-last", "GET", "/small", (("Range", "bytes=-7"),), b""),
    ("range-open", "GET", "/big", (("Range", "bytes=1000000-"),), b""),
    ("range-two", "GET", "/small", (("Range", "bytes=0-9,20-29"),), b""),
    ("range-beyond", "GET", "/small", (("Range", "bytes=5000-"),), b""),
    ("range-if", "GET", "/small", (("Range", "bytes=0-9"),
                                   ("If-Range", "{etag}")), b""),
    ("range-if-not", "GET", "/small", (("Range", "bytes=0-9"),
                                       ("If-Range", '"other"')), b""),
    ("none-match", "GET", "/small", (("If-None-Match", "{etag}"),), b""),
    ("match", "GET", "/small", (("If-Match", '"other"'),), b""),
    ("unmodified", "GET", "/small", (("If-Modified-Since", "{modified}"),),
     b""),
    ("modified", "GET", "/small", (
        ("If-Modified-Since", "Sat, 01 Jan 2000 00:00:00 GMT"),), b""),
    ("options", "OPTIONS", "/small", (), b""),
    ("delete", "DELETE", "/small", (), b""),
    ("post-nothing", "POST", "/small", (), b""),
)
# A server that does not read a body may end the connection before it has
# come, so these are for the others.
_BODY_CASES = (
    ("post", "POST", "/small", (_FORM,), _BODY),
    ("put", "PUT", "/small", (), _BODY),
)
_SCRIPT_CASES = (
    ("script", "GET", "/script?x=1", (), b""),
    ("script-post", "POST", "/script", (_FORM,), _BODY),
    ("script-long", "POST", "/script", (), 50000 * _BODY),
)


@pytest.fixture(scope="module")
def servers(directory, nginx, apache):
    """Pairs of scheme and port by the names of servers."""
    python = [pythonserver.file_server(
        nginx.files, protocol, os.path.join(directory, protocol[-3:]))
              for protocol in ("HTTP/1.0", "HTTP/1.1")]
    yield dict(zip(_SERVERS, (
        ("http", nginx.plain), ("https", nginx.secure),
        ("http", apache.plain), ("https", apache.secure),
        ("http", python[0].port), ("http", python[1].port))))
    for server in python:
        server.stop()


@pytest.fixture(scope="module")
def front(network, client, make_shared_cluster, servers):
    """Two nodes in front of all of them."""
    front = Front(network, client, make_shared_cluster, "servers", servers)
    yield front
    front.stop()


@pytest.fixture(scope="module")
def validators(front):
    """What each server says of /small, for conditions."""
    found = {}
    for server in _SERVERS:
        with front.connect_direct(server) as connection:
            answer = connection.ask("/small", "HEAD")
        found[server] = {"etag": answer.get("etag", '"none"'),
                         "modified": answer.get("last-modified")}
    return found


def _mapped(front, server, name, value):
    """Return what a client is to get of a field of the target's."""
    if name == "location" and value.startswith(front.origin(server) + "/"):
        return value[len(front.origin(server)):]
    if name == "set-cookie":
        return "; ".join(part for part in value.split("; ")
                         if not part.lower().startswith("domain="))
    return value.replace(front.target.hostname, front.hostname)


def _fields(answer):
    """Return the fields that count, in the order of their names."""
    return sorted((field for field in answer.fields
                   if field[0] not in _IGNORED), key=itemgetter(0))


def _without_boundary(answer):
    """Put something fixed in the place of what separates several ranges: each
    answer has its own."""
    found = re.match('multipart/byteranges; *boundary="?([^";]+)',
                     answer.get("content-type"))
    if found:
        boundary = found.group(1)
        answer.fields = [(name, value.replace(boundary, "BOUNDARY"))
                         for name, value in answer.fields]
        answer.body = answer.body.replace(boundary.encode(), b"BOUNDARY")


def assert_same(front, server, direct, proxied):
    """Check that a client got what the server itself says."""
    for answer in (direct, proxied):
        _without_boundary(answer)
    assert (proxied.status, proxied.reason) == (direct.status, direct.reason)
    assert _fields(proxied) == [
        (name, _mapped(front, server, name, value))
        for name, value in _fields(direct)]
    assert proxied.body == direct.body


def _filled(headers, validators):
    """Return the fields of a case for one server."""
    return [(name, value.format(**validators)) for name, value in headers]


def _exchange(front, client, server, case, validators):
    """Make the exchanges of a case; check and return the direct answer."""
    name, method, path, headers, body = case
    headers = _filled(headers, validators[server])
    with front.connect_direct(server) as connection:
        direct = connection.ask(path, method, headers, body)
    for user in _USERS:
        with front.connect(client, server, user) as connection:
            proxied = connection.ask(path, method, headers, body)
        names = proxied.names(front.secret)
        assert_same(front, server, direct, proxied)
        # Pages are passed on as they are, and this one names its server.
        assert names == (server in _APACHES and name == "redirect"), proxied
    return direct


def _named(cases):
    """Return cases as parameters of a test."""
    return [pytest.param(case, id=case[0]) for case in cases]


@pytest.mark.parametrize("case", _named(_CASES))
@pytest.mark.parametrize("server", _SERVERS)
def test_same_answers(front, client, validators, server, case):
    """Whatever a server answers, clients get it."""
    _exchange(front, client, server, case, validators)


@pytest.mark.parametrize("case", _named(_BODY_CASES))
@pytest.mark.parametrize("server", _SERVERS[:4])
def test_same_answers_to_bodies(front, client, validators, server, case):
    """The same goes for requests with something in them."""
    _exchange(front, client, server, case, validators)


@pytest.mark.parametrize("case", _named(_SCRIPT_CASES))
@pytest.mark.parametrize("server", _APACHES)
def test_same_answers_of_a_script(front, client, validators, server, case):
    """A program answers in chunks, and sets a cookie."""
    answer = _exchange(front, client, server, case, validators)
    assert answer.status == 200 and answer.get("set-cookie")
    assert "chunked" in answer.get("transfer-encoding")


def test_cases_are_what_they_seem(front, validators):
    """The servers do answer in so many ways."""
    expected = {"range": 206, "range-two": 206, "range-beyond": 416,
                "none-match": 304, "match": 412, "unmodified": 304,
                "redirect": 301, "missing": 404, "modified": 200}
    for name, method, path, headers, _ in _CASES:
        if name in expected:
            for server in ("nginx", "apache"):
                with front.connect_direct(server) as connection:
                    answer = connection.ask(
                        path, method, _filled(headers, validators[server]))
                assert answer.status == expected[name], (server, name)
    with front.connect_direct("apache") as connection:
        answer = connection.ask("/page.html", headers=[_GZIP])
    assert answer.get("content-encoding") == "gzip"


@pytest.mark.parametrize("server", _LASTING)
def test_connection_is_kept(front, client, validators, server):
    """One connection carries exchanges of all kinds, one after the other."""
    kept = [case for case in _CASES
            if case[0] in ("empty", "small", "big", "page", "gzip", "index",
                           "head", "unmodified", "query")]
    with front.connect_direct(server) as straight, front.connect(
            client, server) as connection:
        for _, method, path, headers, _ in 3 * kept:
            headers = _filled(headers, validators[server])
            assert_same(front, server,
                        straight.ask(path, method, headers),
                        connection.ask(path, method, headers))


@pytest.mark.parametrize("server", _LASTING)
def test_requests_at_once(front, client, server):
    """Requests that do not wait for answers are answered in their order."""
    paths = 5 * ["/small", "/empty", "/page.html"]
    with front.connect_direct(server) as straight, front.connect(
            client, server) as connection:
        for one in (straight, connection):
            for path in paths:
                one.send(path)
        for _ in paths:
            assert_same(front, server, straight.receive(),
                        connection.receive())

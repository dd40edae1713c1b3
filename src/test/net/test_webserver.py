"""The web server of the other tests does what it says; no tor is needed."""
import hashlib
import http.client
import json
import socket
import ssl
import threading
import time

import pytest

from testnet import webanswers, webpage, websocket
from testnet.webserver import WebServer

_SECONDS = 20
_MANY_BYTES = 3 * 1024 * 1024 + 1


@pytest.fixture(params=["http", "https"])
def web(request):
    """A server, plain or with TLS."""
    names = ["a.example", "127.0.0.1"] if request.param == "https" else ()
    with WebServer("tester", names) as web:
        yield web


def context(web):
    """Return what a TLS client needs to trust a server, and to see a cut."""
    made = ssl.create_default_context(cafile=web.certificate)
    made.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    return made


def connect(web):
    """Return a connection for requests."""
    if web.certificate:
        return http.client.HTTPSConnection(
            "127.0.0.1", web.port, timeout=_SECONDS, context=context(web))
    return http.client.HTTPConnection("127.0.0.1", web.port, timeout=_SECONDS)


def open_socket(web):
    """Return a socket to send anything."""
    sock = socket.create_connection(("127.0.0.1", web.port), _SECONDS)
    if web.certificate:
        sock = context(web).wrap_socket(sock, server_hostname="a.example",
                                        suppress_ragged_eofs=False)
    return sock


def get(web, path, method="GET", **arguments):
    """Return an answer, which has been read, and its body."""
    connection = connect(web)
    try:
        connection.request(method, path, **arguments)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def receive_all(sock):
    """Return what is sent until the end, or an error."""
    parts = []
    try:
        while part := sock.recv(65536):
            parts.append(part)
    except OSError as error:
        return b"".join(parts), error
    return b"".join(parts), None


def test_name_and_health(web):
    """It says its name, and how it is."""
    assert get(web, "/")[1] == b"tester\n"
    assert get(web, "/health")[0].status == 200
    web.health = 503
    assert get(web, "/health")[0].status == 503
    assert get(web, "/nowhere")[0].status == 404
    assert web.served == web.connections == 4


def test_echo(web):
    """A request comes back as it was sent, with the digest of its body."""
    body = bytes(range(256)) * 1000
    headers = {"X-One": "a, b", "x-two": "c"}
    echoed = json.loads(get(web, "/echo?x=%20y", "PATCH", body=body,
                            headers=headers)[1])
    assert echoed["method"] == "PATCH" and echoed["target"] == "/echo?x=%20y"
    assert ["X-One", "a, b"] in echoed["headers"]
    assert ["x-two", "c"] in echoed["headers"]
    assert echoed["head"].startswith("PATCH /echo?x=%20y HTTP/1.1\r\n")
    assert echoed["body_length"] == len(body)
    assert echoed["body_sha256"] == hashlib.sha256(body).hexdigest()


def test_chunked_request(web):
    """Chunks are one body, with trailers."""
    with open_socket(web) as sock:
        sock.sendall(b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                     b"Connection: close\r\n\r\n"
                     b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n")
        head, _, body = receive_all(sock)[0].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    echoed = json.loads(body)
    assert echoed["trailers"] == [["T", "u"]]
    assert echoed["body_sha256"] == hashlib.sha256(b"abcde").hexdigest()


def test_connection_is_kept(web):
    """Requests can follow each other at once, also behind an unread body."""
    with open_socket(web) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n"
                     b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
                     b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n")
        got, error = receive_all(sock)
    assert not error
    assert got.count(b"HTTP/1.1 200 OK\r\n") == 3 and got.endswith(b"ok\n")
    assert web.served == 3 and web.connections == 1


def test_downloads(web):
    """Bytes are those of their seed, in chunks as well."""
    expected = b"".join(webanswers.pseudo_random(_MANY_BYTES, "7"))
    assert len(expected) == _MANY_BYTES
    for path in ("/bytes/%d?seed=7", "/chunked/%d?seed=7"):
        assert get(web, path % _MANY_BYTES)[1] == expected
    assert get(web, "/bytes/%d?seed=8" % _MANY_BYTES)[1] != expected
    assert get(web, "/bytes/100?seed=7")[1] == expected[:100]
    with open_socket(web) as sock:
        sock.sendall(b"GET /chunked/1?seed=7 HTTP/1.1\r\n"
                     b"Connection: close\r\n\r\n")
        assert receive_all(sock)[0].endswith(
            b"\r\n0\r\nX-Sha256: %s\r\n\r\n"
            % hashlib.sha256(expected[:1]).hexdigest().encode())


def test_upload(web):
    """An upload is answered with its digest; who asks is invited to it."""
    body = b"".join(webanswers.pseudo_random(_MANY_BYTES, "up"))
    digest = hashlib.sha256(body).hexdigest().encode() + b"\n"
    assert get(web, "/upload", "PUT", body=body)[1] == digest
    chunks = (body[at:at + 100000] for at in range(0, len(body), 100000))
    assert get(web, "/upload", "PUT", body=chunks,
               encode_chunked=True)[1] == digest
    ask = (b" HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"
           b"Connection: close\r\n\r\n")
    with open_socket(web) as sock:
        sock.sendall(b"PUT /upload" + ask)
        assert sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"abc")
        assert receive_all(sock)[0].endswith(
            hashlib.sha256(b"abc").hexdigest().encode() + b"\n")
    with open_socket(web) as sock:
        sock.sendall(b"PUT /status/417" + ask)
        assert receive_all(sock)[0].startswith(b"HTTP/1.1 417 ")


def test_statuses(web):
    """Every status can be had; those without a body have none."""
    connection = connect(web)
    for status in range(200, 600):
        connection.request("GET", "/status/%d" % status)
        answer = connection.getresponse()
        assert answer.status == status
        assert bool(answer.read()) == (status not in (204, 205, 304))
        if status == 304:
            assert answer.getheader("Content-Length") == "100000"
    connection.close()
    assert web.connections == 1


def test_head(web):
    """HEAD gets the head of GET, and nothing else."""
    for path in ("/", "/bytes/1000", "/chunked/1000", "/leaks", "/page"):
        with open_socket(web) as sock:
            sock.sendall(b"HEAD %s HTTP/1.1\r\nConnection: close\r\n\r\n"
                         % path.encode())
            head = receive_all(sock)[0]
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert head.index(b"\r\n\r\n") == len(head) - 4


def test_redirect(web):
    """A redirect leads to where it is asked to."""
    answer, _ = get(web, "/redirect?to=http%3A%2F%2Fx.example%2F%3Fa&status=307")
    assert answer.status == 307
    assert answer.getheader("Location") == "http://x.example/?a"


def test_leaks(web):
    """Each header of /leaks and the cookies name the server, no body does."""
    web.origin = "http://server.onion:81"
    answer, body = get(web, "/leaks")
    named = {name for name, value in answer.getheaders()
             if "server.onion" in value.lower()}
    assert named == {name for name, _ in webanswers.leaky_headers("", "")}
    assert b"onion" not in body
    assert [value for name, value in get(web, "/cookies")[0].getheaders()
            if name == "Set-Cookie"][1] == (
                "domain=2; Domain=server.onion; Path=/")
    assert "http://server.onion:81" in get(web, "/page")[0].getheader(
        "Content-Security-Policy")


def test_page(web):
    """The page and its script are there, and name the server's address."""
    web.origin = "https://server.onion"
    answer, body = get(web, "/page")
    assert body.decode() == webpage.PAGE
    assert "wss://server.onion" in answer.getheader("Content-Security-Policy")
    assert answer.getheader("Set-Cookie").startswith("page=1; Domain=server.")
    assert b"https%3A%2F%2Fserver.onion%2Fhealth" in get(web, "/page.js")[1]


def test_early_hints(web):
    """An answer of 103 comes before the other."""
    with open_socket(web) as sock:
        sock.sendall(b"GET /hints HTTP/1.1\r\nConnection: close\r\n\r\n")
        first, second, body = receive_all(sock)[0].split(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: <http")
    assert second.startswith(b"HTTP/1.1 200 OK\r\n") and body == b"hinted\n"


def test_slow_and_hanging(web):
    """It can be slow, or not answer until it is stopped."""
    begun = time.monotonic()
    assert get(web, "/slow?seconds=0.5")[1] == b"slow\n"
    assert time.monotonic() - begun >= 0.5
    with open_socket(web) as sock:
        sock.sendall(b"GET /hang HTTP/1.1\r\n\r\n")
        sock.settimeout(0.5)
        with pytest.raises(socket.timeout):
            sock.recv(1)


def test_broken_answers(web):
    """It can break the connection, talk nonsense, or stop at some byte."""
    def send(path):
        with open_socket(web) as sock:
            sock.sendall(b"GET %s HTTP/1.1\r\n\r\n" % path.encode())
            return receive_all(sock)
    got, error = send("/reset")
    assert not got and isinstance(
        error, (ConnectionResetError, ssl.SSLEOFError))
    assert send("/garbage")[0].startswith(b"\x00\xff")
    for count in (0, 10, 300):
        got, error = send("/cut?at=%d" % count)
        # Only TLS tells a cut from an end.
        assert len(got) == count and bool(error) == bool(web.certificate)
    with open_socket(web) as sock:
        sock.sendall(b"no request\r\n\r\n")
        assert receive_all(sock)[0].startswith(b"HTTP/1.1 400 ")


def test_web_socket(web):
    """A WebSocket sends everything back, however long it is."""
    with open_socket(web) as sock:
        file, head = websocket.connect(sock, "x.example")
        assert head.startswith("HTTP/1.1 101 ")
        with file:
            for length in (0, 1, 125, 126, 65535, 65536, 1000000):
                payload = b"".join(webanswers.pseudo_random(length, length))
                websocket.write_frame(file, websocket.BINARY, payload, True)
                assert websocket.read_frame(file) == (
                    websocket.BINARY, payload, True)
            websocket.write_frame(file, websocket.PING, b"x", True)
            assert websocket.read_frame(file) == (websocket.PONG, b"x", True)
            websocket.write_frame(file, websocket.TEXT, b"y", True, False)
            assert websocket.read_frame(file) == (websocket.TEXT, b"y", False)
            websocket.write_frame(file, websocket.CLOSE, b"\3\xe8", True)
            assert websocket.read_frame(file)[0] == websocket.CLOSE
    assert get(web, "/ws")[0].status == 400


def test_accept_key():
    """The example of RFC 6455, section 1.3."""
    assert websocket.accept_key("dGhlIHNhbXBsZSBub25jZQ==") == (
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")


def test_tls():
    """TLS says which name was asked for and whether a session is resumed."""
    with WebServer("tester", ["a.example"]) as web:
        ours = context(web)
        ours.set_alpn_protocols(["h2", "http/1.1"])
        session = None
        for _ in range(2):
            sock = socket.create_connection(("127.0.0.1", web.port), _SECONDS)
            with ours.wrap_socket(sock, server_hostname="a.example",
                                  session=session) as sock:
                assert sock.selected_alpn_protocol() == "http/1.1"
                sock.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
                assert receive_all(sock)[0].endswith(b"tester\n")
                session = sock.session
        assert web.names == ["a.example"] * 2 and web.resumed == 1


def test_stop_ends_all(web):
    """It stops with connections open, and leaves no thread behind."""
    before = threading.active_count()
    socks = [open_socket(web) for _ in range(3)]
    socks[0].sendall(b"GET /hang HTTP/1.1\r\n\r\n")
    socks[1].sendall(b"GET /slow?seconds=60 HTTP/1.1\r\n\r\n")
    # One that does not even begin with TLS.
    socks.append(socket.create_connection(("127.0.0.1", web.port), _SECONDS))
    deadline = time.monotonic() + _SECONDS
    while threading.active_count() < before + 4 or web.served < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    begun = time.monotonic()
    web.stop()
    assert time.monotonic() - begun < _SECONDS / 2
    assert threading.active_count() <= before - 1
    for sock in socks:
        sock.close()
    with pytest.raises(OSError):
        open_socket(web)

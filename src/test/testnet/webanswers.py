"""What a web server answers, by the first part of the path.

  /                  its name
  /health            as `health` of the server says
  /echo              the request, as JSON: head and digest of the body
  /bytes/N           N bytes that follow from ?seed=
  /chunked/N         the same in chunks, with a trailer that has their digest
  /upload            the digest of the request's body
  /status/N          status N; 304 has the Content-Length of what it spares
  /redirect          ?to= another address, with ?status=302
  /cookies           cookies, some with a Domain
  /leaks             the server's own address in each header that may have it
  /hints             an answer with 103 Early Hints before it
  /slow              an answer after ?seconds=
  /hang              no answer
  /reset, /garbage   a broken connection, bytes that are no HTTP
  /cut               an answer of which only ?at= bytes are sent
  /ws                a WebSocket that sends everything back
  /page              a page whose script tries the above; see webpage.py
  /visit             another one, for real browsers; see webvisit.py
"""
import hashlib
import json
import random
from urllib.parse import parse_qs

from . import webpage, websocket, webvisit

_BLOCK = 65536
_LONG = 100000
_NO_BODY = (204, 304)
_JSON = "application/json"


def takes_body(request):
    """Return True iff the body of a request is wanted."""
    return not request.path.startswith("/status/")


def pseudo_random(count, seed):
    """Yield `count` bytes in pieces, the same for the same seed."""
    source = random.Random(seed)
    while count:
        piece = source.randbytes(_BLOCK)[:count]
        yield piece
        count -= len(piece)


def leaky_headers(origin, host):
    """Return headers that name a server where a client may read it."""
    return [
        ("Location", origin + "/elsewhere"),
        ("Content-Location", origin + "/leaks"),
        ("Set-Cookie", "one=1; Domain=%s; Path=/; HttpOnly" % host),
        ("Set-Cookie", "two=2; Path=/; domain=.%s; SameSite=Lax" % host),
        ("Content-Security-Policy",
         "default-src 'self' %s; connect-src ws://%s wss://%s; report-uri"
         " %s/report" % (origin, host, host, origin)),
        ("Content-Security-Policy-Report-Only", "img-src %s" % host),
        ("Alt-Svc", 'h2="%s:443"; ma=86400' % host),
        ("Onion-Location", origin + "/leaks"),
        ("Access-Control-Allow-Origin", origin),
        ("Timing-Allow-Origin", origin),
        ("Refresh", "600; url=%s/next" % origin),
        ("Link", "<%s/style.css>; rel=preload; as=style" % origin),
        ("SourceMap", origin + "/map"),
        ("Report-To", json.dumps({
            "group": "all", "max_age": 1,
            "endpoints": [{"url": origin + "/report"}]})),
        ("Reporting-Endpoints", 'all="%s/report"' % origin),
        ("Server", "%s/1.0" % host),
        ("Via", "1.1 %s" % host),
        ("X-Anything", "by %s" % host),
        ("X-Capitals", origin.upper()),
    ]


def answer(exchange):
    """Answer the request of an exchange."""
    first = exchange.request.path.split("/")[1] if (
        "/" in exchange.request.path) else ""
    _ANSWERS.get(first, _unknown)(exchange)


def _parameter(exchange, name, default):
    """Return a parameter of the query."""
    return parse_qs(exchange.request.query).get(name, [default])[0]


def _number(exchange):
    """Return the number that is the second part of the path."""
    return int(exchange.request.path.split("/")[2])


def _name(exchange):
    exchange.send_answer(200, exchange.web.name.encode() + b"\n")


def _health(exchange):
    status = exchange.web.health
    exchange.send_answer(status, b"ok\n" if status == 200 else b"ill\n")


def _unknown(exchange):
    exchange.send_answer(404, b"nothing here\n")


def _echo(exchange):
    request = exchange.request
    length, digest = request.digest()
    exchange.send_answer(200, json.dumps({
        "method": request.method, "target": request.target,
        "version": request.version, "head": request.head,
        "headers": request.headers, "trailers": request.trailers,
        "body_length": length, "body_sha256": digest}).encode(), kind=_JSON)


def _bytes(exchange):
    count = _number(exchange)
    exchange.send_head(200, [("Content-Type", "application/octet-stream"),
                             ("Content-Length", str(count))])
    if exchange.has_body:
        for piece in pseudo_random(count, _parameter(exchange, "seed", "0")):
            exchange.send(piece)


def _chunked(exchange):
    digest = hashlib.sha256()
    exchange.send_head(200, [("Content-Type", "application/octet-stream"),
                             ("Transfer-Encoding", "chunked"),
                             ("Trailer", "X-Sha256")])
    if not exchange.has_body:
        return
    for piece in pseudo_random(_number(exchange),
                               _parameter(exchange, "seed", "0")):
        digest.update(piece)
        exchange.send(b"%x\r\n%s\r\n" % (len(piece), piece))
    exchange.send(b"0\r\nX-Sha256: %s\r\n\r\n" % digest.hexdigest().encode())


def _upload(exchange):
    exchange.send_answer(200, exchange.request.digest()[1].encode() + b"\n")


def _status(exchange):
    status = _number(exchange)
    if status not in _NO_BODY:
        exchange.send_answer(
            status, b"" if status == 205 else b"status %d\n" % status)
        return
    exchange.send_head(status, [("ETag", '"x"')] + (
        [("Content-Length", str(_LONG))] if status == 304 else []))


def _redirect(exchange):
    exchange.send_answer(
        int(_parameter(exchange, "status", "302")), b"elsewhere\n",
        [("Location", _parameter(exchange, "to", "/"))])


def _cookies(exchange):
    host = exchange.web.host
    exchange.send_answer(200, b"cookies\n", [
        ("Set-Cookie", "plain=1"),
        ("Set-Cookie", "domain=2; Domain=%s; Path=/" % host),
        ("Set-Cookie", "dotted=3; Path=/; DOMAIN=.%s; Secure" % host),
        ("Set-Cookie", "foreign=4; Domain=foreign.example"),
        ("Set-Cookie", "dated=5; Expires=Fri, 01 Jan 2100 00:00:00 GMT")])


def _leaks(exchange):
    exchange.send_answer(200, b"leaks\n", leaky_headers(
        exchange.web.origin, exchange.web.host))


def _hints(exchange):
    exchange.send_head(103, [("Link", "<%s/style.css>; rel=preload; as=style"
                              % exchange.web.origin)])
    exchange.send_answer(200, b"hinted\n")


def _slow(exchange):
    exchange.web.stopping.wait(float(_parameter(exchange, "seconds", "1")))
    exchange.send_answer(200, b"slow\n")


def _hang(exchange):
    exchange.is_over = True
    # Until the client hangs up, or the server is stopped.
    while exchange.file.read(1):
        pass


def _reset(exchange):
    exchange.reset()


def _garbage(exchange):
    exchange.is_over = True
    exchange.send(b"\x00\xffthis is no HTTP\r\n" * 100)


def _cut(exchange):
    whole = (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
             b"Content-Length: %d\r\n\r\n" % _LONG) + b"x" * _LONG
    exchange.send(whole[:int(_parameter(exchange, "at", "0"))])
    exchange.cut()


def _ws(exchange):
    key = exchange.request.get("Sec-WebSocket-Key")
    if exchange.request.get("Upgrade").lower() != "websocket" or not key:
        exchange.send_answer(400, b"no WebSocket\n")
        return
    exchange.send_head(101, [
        ("Upgrade", "websocket"), ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", websocket.accept_key(key))])
    exchange.is_over = True
    with exchange.sock.makefile("wb") as output:
        websocket.serve_echo(exchange.file, output)


def _page(exchange):
    exchange.send_answer(200, webpage.PAGE.encode(), [
        ("Set-Cookie", "page=1; Domain=%s; Path=/" % exchange.web.host),
        ("Content-Security-Policy", webpage.policy(exchange.web.origin)),
        ("Cache-Control", "no-store")], "text/html; charset=utf-8")


def _page_script(exchange):
    exchange.send_answer(200, webpage.script(exchange.web.origin).encode(),
                         [("Cache-Control", "no-store")], "text/javascript")


_ANSWERS = {
    "": _name, "health": _health, "echo": _echo, "bytes": _bytes,
    "chunked": _chunked, "upload": _upload, "status": _status,
    "redirect": _redirect, "cookies": _cookies, "leaks": _leaks,
    "hints": _hints, "slow": _slow, "hang": _hang, "reset": _reset,
    "garbage": _garbage, "cut": _cut, "ws": _ws, "page": _page,
    "page.js": _page_script, "visit": webvisit.answer,
}

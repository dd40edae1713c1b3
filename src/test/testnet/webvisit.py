"""A site for browsers that names itself in its heads only.

  /visit           a redirect to the page, by the server's own address, and a
                   cookie with the server's Domain
  /visit/page      the page; its policy names the server
  /visit/page.js   its script
  /visit/away      another redirect, to /visit/text
  /visit/text      a text
  /visit/cookie    the cookies that came with the request

The script writes into the element `result` what it got, as JSON: RESULT if all
is well. Until then the page is not complete, for it waits for a picture.
"""
from urllib.parse import urlsplit

RESULT = {"moved": "welcome", "cookie": "visit=1", "socket": "hello there",
          "policy": "blocked"}
_LIMIT_SECONDS = 100
_PAGE = """<!DOCTYPE html>
<html>
<head><title>A visit</title><script src="/visit/page.js" defer></script></head>
<body>
<pre id="result"></pre>
<img id="picture" src="/slow?seconds=%d" alt="">
</body>
</html>
""" % _LIMIT_SECONDS
_SCRIPT = """"use strict";
async function moved() {
  const answer = await fetch("/visit/away");
  if (new URL(answer.url).host !== location.host) {
    throw new Error("led to " + answer.url);
  }
  return (await answer.text()).trim();
}

async function cookie() {
  return document.cookie;
}

function socket() {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket("ws://" + location.host + "/ws");
    ws.onopen = () => ws.send("hello there");
    ws.onmessage = event => { ws.close(); resolve(event.data); };
    ws.onerror = () => reject(new Error("no WebSocket"));
  });
}

function policy() {
  return new Promise((resolve, reject) => {
    document.addEventListener("securitypolicyviolation", event => resolve(
      event.originalPolicy.includes("script-src http://" + location.host + ";")
      ? "blocked" : event.originalPolicy));
    fetch("http://elsewhere.example/").then(
      () => reject(new Error("was not blocked")), () => {});
  });
}

async function run() {
  const result = {};
  for (const test of [moved, cookie, socket, policy]) {
    try {
      result[test.name] = await test();
    } catch (error) {
      result[test.name] = String(error);
    }
  }
  document.getElementById("result").textContent = JSON.stringify(result);
  document.getElementById("picture").src =
    "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=";
}
run();
"""


def answer(exchange):
    """Answer a request for something of this site."""
    web = exchange.web
    path = exchange.request.path
    if path == "/visit":
        exchange.send_answer(302, b"", [
            ("Location", web.origin + "/visit/page"),
            ("Set-Cookie", "visit=1; Domain=%s; Path=/" % web.host)])
    elif path == "/visit/away":
        exchange.send_answer(302, b"", [
            ("Location", web.origin + "/visit/text")])
    elif path == "/visit/text":
        exchange.send_answer(200, b"welcome\n")
    elif path == "/visit/cookie":
        exchange.send_answer(200, exchange.request.get("Cookie").encode())
    elif path == "/visit/page":
        exchange.send_answer(200, _PAGE.encode(), [
            ("Content-Security-Policy", _policy(web.origin))],
            "text/html; charset=utf-8")
    elif path == "/visit/page.js":
        exchange.send_answer(200, _SCRIPT.encode(), kind="text/javascript")
    else:
        exchange.send_answer(404, b"nothing here\n")


def _policy(origin):
    """Return a policy by which the script can do all but one thing."""
    parts = urlsplit(origin)
    socket = "%s://%s" % ("wss" if parts.scheme == "https" else "ws",
                          parts.netloc)
    return ("default-src 'none'; script-src %s; connect-src %s %s;"
            " img-src %s data:" % (origin, origin, socket, origin))

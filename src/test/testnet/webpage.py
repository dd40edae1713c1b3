"""A page for browsers, which finds out what works from where it was loaded.

Its script follows a redirect to the server's own address, looks for a cookie
with the server's Domain, and talks to a WebSocket. Then the title is "done",
and the element `result` has what came of it, as JSON: all must be "ok".
"""
from urllib.parse import quote, urlsplit

PAGE = """<!DOCTYPE html>
<html>
<head><title>working</title><script src="/page.js" defer></script></head>
<body><pre id="result"></pre></body>
</html>
"""

_SCRIPT = """"use strict";
async function redirect() {
  const answer = await fetch("/redirect?to=%s");
  const text = await answer.text();
  if (new URL(answer.url).host !== location.host) {
    throw new Error("led to " + answer.url);
  }
  return text === "ok\\n";
}

async function cookie() {
  return document.cookie.split("; ").includes("page=1");
}

function socket() {
  return new Promise((resolve, reject) => {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const ws = new WebSocket(scheme + "//" + location.host + "/ws");
    ws.onopen = () => ws.send("hello");
    ws.onmessage = event => { ws.close(); resolve(event.data === "hello"); };
    ws.onerror = () => reject(new Error("no WebSocket"));
  });
}

async function run() {
  const result = {};
  for (const test of [redirect, cookie, socket]) {
    try {
      result[test.name] = await test() ? "ok" : "wrong";
    } catch (error) {
      result[test.name] = String(error);
    }
  }
  document.getElementById("result").textContent = JSON.stringify(result);
  document.title = "done";
}
run();
"""


def policy(origin):
    """Return a Content-Security-Policy that lets all of it through."""
    parts = urlsplit(origin)
    socket = "%s://%s" % ("wss" if parts.scheme == "https" else "ws",
                          parts.netloc)
    return "default-src 'none'; script-src %s; connect-src %s %s" % (
        origin, origin, socket)


def script(origin):
    """Return the page's script for a server at `origin`."""
    return _SCRIPT % quote(origin + "/health", safe="")

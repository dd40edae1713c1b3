"""python3 -m http.server, and an echo by python3-websockets."""
import sys

from . import process, wait
from .ports import are_served, free_port

_SECONDS = 10
_ECHO = """
import asyncio, sys, websockets

async def echo(connection, *_):
    async for message in connection:
        await connection.send(message)

async def serve():
    async with websockets.serve(echo, "127.0.0.1", int(sys.argv[1]),
                                max_size=None, ping_interval=None):
        await asyncio.Future()

asyncio.run(serve())
"""


class PythonServer:
    """A server that is a Python program of its own on a port of its own, with
    its output in the file `log`."""

    def __init__(self, arguments, log):
        self.port = free_port()
        self._child = process.Child(
            [sys.executable, *arguments, str(self.port)], log)
        wait.until(lambda: are_served(self.port), _SECONDS,
                   "a server in Python", lambda: open(log).read())

    def stop(self):
        """End it."""
        self._child.stop()


def file_server(files, protocol, log):
    """Start the web server of Python's library, with the files of a
    directory, which says that it speaks this version of HTTP."""
    return PythonServer(
        ["-m", "http.server", "--bind", "127.0.0.1", "--directory", files,
         "--protocol", protocol], log)


def websocket_echo(log):
    """Start a WebSocket server that sends every message back."""
    return PythonServer(["-c", _ECHO], log)

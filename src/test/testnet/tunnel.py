"""Ports of another network namespace that lead to ports of this machine."""
import asyncio
import contextlib
import ctypes
import os
import socket
import threading

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_PIECE = 65536


class Tunnel:
    """Forward connections to 127.0.0.1 in the namespace of process `pid`.

    `ports` maps each port there to the one that it leads to here. We must be
    root.
    """

    def __init__(self, pid, ports):
        self._loop = asyncio.new_event_loop()
        listeners = _listen(pid, ports)
        self._thread = threading.Thread(
            target=self._run, args=(listeners, list(ports.values())),
            daemon=True)
        self._thread.start()

    def stop(self):
        """Take no more connections, and end those that there are."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, listeners, ports):
        """Serve until the loop is stopped."""
        asyncio.set_event_loop(self._loop)
        for listener, port in zip(listeners, ports):
            self._loop.run_until_complete(asyncio.start_server(
                _connection_to(port), sock=listener))
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        # Each of them closes its sockets when it is cancelled.
        self._loop.run_until_complete(asyncio.sleep(0))
        for listener in listeners:
            listener.close()


def _listen(pid, ports):
    """Return a listening socket of that namespace for each of `ports`.

    A socket stays where it was made, and only the thread that calls setns()
    moves.
    """
    sockets, errors = [], []

    def make():
        try:
            with open("/proc/%d/ns/net" % pid) as namespace:
                if _LIBC.setns(namespace.fileno(), _CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), os.strerror(
                        ctypes.get_errno()))
            for port in ports:
                sockets.append(socket.create_server(("127.0.0.1", port),
                                                    backlog=128))
        except OSError as error:
            errors.append(error)
    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    for error in errors:
        raise error
    return sockets


def _connection_to(port):
    """Return what serves one connection by another to `port`."""
    async def serve(reader, writer):
        with contextlib.suppress(OSError, asyncio.CancelledError):
            try:
                there, back = await asyncio.open_connection("127.0.0.1", port)
                try:
                    await asyncio.gather(_copy(reader, back),
                                         _copy(there, writer))
                finally:
                    back.close()
            finally:
                writer.close()
    return serve


async def _copy(reader, writer):
    """Move bytes until there are no more."""
    while piece := await reader.read(_PIECE):
        writer.write(piece)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()

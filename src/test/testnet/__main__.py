"""python3 -m testnet up|down: a private Tor network to play with.

`up` runs in the foreground until Ctrl-C or `down`.
"""
import argparse
import os
import shutil
import signal
import sys
import tempfile
import time

from . import process, wait
from .cluster import Cluster
from .network import Network

_DEFAULT = os.path.join(tempfile.gettempdir(), "testnet-up")
_DOWN_SECONDS = 30


def up(options):
    """Start a network, with nodes if asked for, and wait for the end."""
    shutil.rmtree(options.directory, ignore_errors=True)
    network = Network(options.directory, relays=options.relays,
                      interval=options.interval)
    with open(_pid_file(options), "w") as file:
        file.write("%d\n" % os.getpid())
    try:
        begun = time.monotonic()
        network.boot()
        client = network.add_client("client")
        client.wait_ready()
        print("network up after %.1f s in %s\nSOCKS port 127.0.0.1:%d" % (
            time.monotonic() - begun, network.directory, client.socks_port))
        if options.nodes:
            cluster = Cluster(network, "node").start(options.nodes)
            print("http://%s/" % cluster.hostname)
        sys.stdout.flush()
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        network.remove()
    return 0


def down(options):
    """End the network that `up` started in the same directory."""
    with open(_pid_file(options)) as file:
        pid = int(file.read())
    with open("/proc/%d/cmdline" % pid, "rb") as file:
        if b"testnet" not in file.read():
            raise SystemExit("process %d is no testnet" % pid)
    os.kill(pid, signal.SIGTERM)
    wait.until(lambda: not os.path.exists("/proc/%d" % pid), _DOWN_SECONDS,
               "the end of process %d" % pid)
    return 0


def _pid_file(options):
    """Return the path of the file with the process id."""
    return os.path.join(options.directory, "pid")


def main():
    """Do what the command line says."""
    parser = argparse.ArgumentParser(
        prog="testnet", description=__doc__.split("\n", 1)[0])
    parser.add_argument("action", choices=["up", "down"])
    parser.add_argument("--directory", default=_DEFAULT)
    parser.add_argument("--relays", type=int, default=24)
    parser.add_argument("--nodes", type=int, default=0)
    parser.add_argument("--interval", type=int, default=10,
                        help="seconds between consensuses")
    options = parser.parse_args()
    process.exit_on_sigterm()
    return up(options) if options.action == "up" else down(options)


if __name__ == "__main__":
    sys.exit(main())

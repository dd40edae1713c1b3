"""systemd ends a tor that hangs, and starts it again."""
import time

from testnet import wait
from testnet.manual import Manual

_SECONDS = 120
# As contrib/debian/watchdog.conf has it, and what a new start may take more.
_WATCHDOG_SECONDS = 60
_START_SECONDS = 30


def test_hanging_tor(network, machine, install):
    """One that runs is left alone; stopped, it is back soon.

    It has Sandbox 1, which must let it talk to systemd.
    """
    manual = Manual("operator.md")
    status = manual.take("tor-rbalance status")
    install(machine)
    printed = machine.type(manual.take("tor-rbalance init --dir"))
    machine.configure("Sandbox 1", *(
        line for line in printed.splitlines()
        if line.startswith("HiddenService")))
    machine.enter_network(network)
    wait.until(lambda: machine.succeeds(status), _SECONDS, "a node",
               machine.explain, pause=1)
    assert machine.show("WatchdogUSec") == "1min"

    # It tells that it lives, for longer than it could without.
    pid = machine.show("MainPID")
    time.sleep(_WATCHDOG_SECONDS + 5)
    assert machine.show("MainPID") == pid
    assert machine.show("NRestarts") == "0"

    machine.type("kill -STOP " + pid)
    wait.until(lambda: machine.show("NRestarts") == "1",
               _WATCHDOG_SECONDS + _START_SECONDS, "another start",
               machine.explain, pause=1)
    machine.wait_tor("active")
    assert machine.show("MainPID") not in (pid, "0")
    wait.until(lambda: machine.succeeds(status), _SECONDS,
               "the node again", machine.explain, pause=1)

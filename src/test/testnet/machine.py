"""A machine with nothing on it but Debian, whose only network is Tor's.

It is a systemd with its own processes, files, network and control groups; what
is written there is in memory and ends with it. Its loopback interface is all it
has. The ports of the relays lead to the private network, so nothing reaches
another machine but through Tor. We must be root.
"""
import os
import re
import subprocess

from . import process, terminal, wait
from .tunnel import Tunnel

_BOOT_SECONDS = 60
_TOR_SECONDS = 120
# What tells tor of a private network instead of the public one. The rest of
# what torrc.common() has, such as where the data are, is as Debian has it.
_NETWORK = ("TestingTorNetwork", "DirAuthority", "AddressDisableIPv6",
            "PathsNeededToBuildCircuits", "LearnCircuitBuildTimeout",
            "CircuitBuildTimeout")
_NAMESPACES = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
_DEVICES = "null zero full random urandom tty"
# $0 is a Debian that is not changed, $1 a directory to use.
_BOOT = """
mount --make-rprivate /
ip link set lo up
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=$0,upperdir=$1/upper,workdir=$1/work" \
    none "$1/root"
cd "$1/root"
mount -t proc none proc
mount -t sysfs -o ro none sys
mount -t cgroup2 none sys/fs/cgroup
for place in dev run tmp; do mount -t tmpfs none $place; done
for device in %s; do
    : >dev/$device
    mount --bind /dev/$device dev/$device
done
mkdir dev/pts dev/shm outside
mount -t devpts -o newinstance,ptmxmode=0666 none dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
pivot_root . outside
exec env -i container=test sh -c \
    'umount -l /outside && exec /lib/systemd/systemd --log-target=console'
""" % _DEVICES

_EXPLAIN = """
journalctl --no-pager -u 'tor@*' | grep -v 'New control conn' | tail -n 40
tor-rbalance status
"""


class Machine:
    """One that runs; `image` is the directory of a Debian for its files.

    `ports` maps ports of its loopback interface to ports of ours.
    """

    def __init__(self, directory, name, image, ports):
        self.name = name
        self._output = os.path.join(directory, "output")
        os.makedirs(os.path.join(directory, "files"))
        self._tunnel = None
        self._child = process.Child(
            ["unshare", *_NAMESPACES, "--fork", "--kill-child",
             "sh", "-euc", _BOOT, image,
             os.path.join(directory, "files")], self._output)
        try:
            wait.until(self._is_up, _BOOT_SECONDS, "systemd on " + name,
                       self.explain)
            self._tunnel = Tunnel(self._pid, ports)
        except BaseException:
            self.stop()
            raise

    def type(self, command, text=""):
        """Run a shell command as root, and return what it prints."""
        return terminal.type_in(self._enter(command), text)

    def succeeds(self, command):
        """Run a shell command as root; return True iff it succeeds."""
        return self.type("if %s >/dev/null 2>&1; then echo yes; fi"
                         % command) == "yes\n"

    def answer(self, command, word):
        """Run a shell command that asks for a secret."""
        return terminal.answer(self._enter(command), word)

    def configure(self, *lines):
        """Put lines at the end of torrc."""
        self.type("cat >>/etc/tor/torrc", text="\n".join(lines) + "\n")

    def enter_network(self, network):
        """Start tor again in that network, not in the public one."""
        _, lines = network.common("unused")
        self.configure(*(line for line in lines
                         if line.split()[0] in _NETWORK))
        self.type("systemctl restart tor")
        self.wait_tor("active")

    def wait_tor(self, state):
        """Wait until systemd has done with tor what it was told."""
        wait.until(lambda: self.type(
            "systemctl is-active tor@default || true") == state + "\n",
                   _TOR_SECONDS, "tor that is " + state, self.explain)

    def show(self, name):
        """Return what systemd knows of tor by that name."""
        return self.type(
            "systemctl show tor@default --value -p " + name).strip()

    def explain(self):
        """Return what systemd and tor had to say."""
        log = ""
        if self._tunnel:
            log = subprocess.run(
                self._enter(_EXPLAIN), stdout=subprocess.PIPE, text=True,
                stderr=subprocess.STDOUT, check=False).stdout
        with open(self._output, errors="replace") as file:
            return "--- %s:\n%s\n%s" % (self.name, file.read()[-3000:], log)

    def stop(self):
        """Switch it off."""
        if self._tunnel:
            self._tunnel.stop()
        self._child.kill()

    @property
    def _pid(self):
        """The process that is the first one there."""
        path = "/proc/%d/task/%d/children" % ((self._child.pid,) * 2)
        with open(path) as file:
            return int(file.read().split()[0])

    def _enter(self, command):
        """Return how to run a shell command there."""
        return ["nsenter", "--target", str(self._pid), *_NAMESPACES, "--root",
                "--wd", "env", "-i", "HOME=/root", "TERM=dumb",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c",
                "cd && " + command]

    def _is_up(self):
        """Return True iff systemd has started what it should."""
        assert self._child.running, self.explain()
        try:
            argv = self._enter("systemctl is-system-running")
        except (FileNotFoundError, IndexError):
            return False
        done = subprocess.run(argv, capture_output=True, text=True,
                              check=False)
        return re.search("running|degraded", done.stdout)

"""OpenSSH: a server that lets nobody in, and a client that tries."""
import os
import subprocess
import sys

from . import nobody, process, wait
from .ports import are_served, free_port

_SECONDS = 10
_LOGIN_SECONDS = 120
_ALIAS = "tested"
_USER = "nobody"
_CONFIGURATION = """\
Port %d
ListenAddress 127.0.0.1
HostKey %s
PidFile none
UsePAM no
PasswordAuthentication no
PubkeyAuthentication yes
UseDNS no
"""
# What ssh runs to get to the server.
_PIPE = "%s -m testnet.socks 127.0.0.1:%d %s %d"


class SshServer:
    """A server; all it has is in `directory`, and others must be able to get
    there: as root it would need a directory of the system."""

    def __init__(self, directory):
        self.port = free_port()
        os.mkdir(directory)
        key = os.path.join(directory, "key")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "",
                        "-f", key], check=True)
        path = os.path.join(directory, "sshd_config")
        with open(path, "w") as file:
            file.write(_CONFIGURATION % (self.port, key))
        with open(key + ".pub") as file:
            self.public_key = " ".join(file.read().split()[:2])
        nobody.give(directory)
        output = os.path.join(directory, "output")
        self._child = process.Child(
            [*nobody.wrapper(), "/usr/sbin/sshd", "-D", "-e", "-f", path],
            output)
        wait.until(lambda: are_served(self.port), _SECONDS, "sshd",
                   lambda: open(output).read())

    def stop(self):
        """End it."""
        self._child.stop()

    def log_in(self, directory, hostname, port, socks_port):
        """Try to log in by way of a SOCKS port; return what ssh says.

        It trusts this server only. `directory` is for its files.
        """
        known = os.path.join(directory, "known_hosts")
        with open(known, "w") as file:
            file.write("%s %s\n" % (_ALIAS, self.public_key))
        options = {
            "BatchMode": "yes", "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": known, "GlobalKnownHostsFile": os.devnull,
            "HostKeyAlias": _ALIAS, "IdentitiesOnly": "yes",
            "IdentityFile": "none",
            "ProxyCommand": _PIPE % (sys.executable, socks_port, hostname,
                                     port)}
        tests = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        return subprocess.run(
            ["ssh", "-v", "-F", "none",
             *(word for option in options.items()
               for word in ("-o", "%s=%s" % option)), _USER + "@" + _ALIAS],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=_LOGIN_SECONDS, text=True,
            env=dict(os.environ, PYTHONPATH=tests,
                     PYTHONDONTWRITEBYTECODE="1")).stdout

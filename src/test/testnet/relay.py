"""Relays and authorities: their keys and what others know them by."""
import os
import re
import subprocess

from . import binaries, torrc
from .tor import Tor


class Relay(Tor):
    """One relay; `more` makes it an authority, a `resolv_conf` an exit."""

    def __init__(self, directory, lines, or_port, more=(), resolv_conf=None):
        own = torrc.relay(os.path.basename(directory), or_port, resolv_conf)
        super().__init__(directory, binaries.relay_tor(),
                         lines + own + list(more))

    @property
    def fingerprint(self):
        """The fingerprint of its RSA identity."""
        return read_fingerprint(self.directory)


def read_fingerprint(directory):
    """Return the fingerprint of the relay that lives in `directory`."""
    with open(os.path.join(directory, "fingerprint")) as file:
        return file.read().split()[1]


def make_authority_keys(dir_ports):
    """Create an authority's keys in each directory; all at the same time.

    `dir_ports` maps a directory to the authority's directory port.
    """
    gencerts = [_start_gencert(directory, dir_port)
                for directory, dir_port in dir_ports.items()]
    for gencert in gencerts:
        output, _ = gencert.communicate(b"unused\n")
        if gencert.returncode:
            raise RuntimeError("tor-gencert: " + output.decode())
    for directory in dir_ports:
        _make_relay_keys(directory)


def authority_line(directory, or_port, dir_port):
    """Return the DirAuthority line by which the others know this one."""
    with open(directory + "/keys/authority_certificate") as file:
        identity = re.search(r"(?m)^fingerprint (\S+)", file.read()).group(1)
    return "DirAuthority %s orport=%d no-v2 v3ident=%s 127.0.0.1:%d %s" % (
        os.path.basename(directory), or_port, identity, dir_port,
        read_fingerprint(directory))


def _start_gencert(directory, dir_port):
    """Start the creation of the keys that sign the consensus."""
    os.makedirs(directory, 0o700, exist_ok=True)
    keys = os.path.join(directory, "keys")
    os.makedirs(keys, 0o700)
    return subprocess.Popen(
        [binaries.gencert(), "--create-identity-key",
         "--passphrase-fd", "0", "-m", "12",
         "-i", keys + "/authority_identity_key",
         "-s", keys + "/authority_signing_key",
         "-c", keys + "/authority_certificate",
         "-a", "127.0.0.1:%d" % dir_port],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)


def _make_relay_keys(directory):
    """Have tor create a relay's keys and write down their fingerprint.

    The authority in the command line is a dummy: without one, tor refuses to
    act as an authority, and the real ones are not known yet.
    """
    subprocess.run(
        [binaries.relay_tor(), "--quiet", "-f", os.devnull,
         "--ignore-missing-torrc", "--list-fingerprint", "--orport", "1",
         "--dirauthority", "dummy 127.0.0.1:1 " + "f" * 40,
         "--datadirectory", directory],
        check=True, stdout=subprocess.DEVNULL)

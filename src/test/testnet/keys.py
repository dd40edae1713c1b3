"""Onion service keys and addresses, in tor's own file formats."""
import base64
import hashlib
import os
import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey)
from cryptography.hazmat.primitives.serialization import (
    Encoding, NoEncryption, PrivateFormat, PublicFormat)

_SECRET_HEADER = b"== ed25519v1-secret: type0 ==\0\0\0"
_PUBLIC_HEADER = b"== ed25519v1-public: type0 ==\0\0\0"
_VERSION = b"\3"


class OnionKey:
    """The identity of an onion service."""

    def __init__(self):
        seed = secrets.token_bytes(32)
        self.secret = _expand(seed)
        private = Ed25519PrivateKey.from_private_bytes(seed)
        self.pem = private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.public = private.public_key().public_bytes(
            Encoding.Raw, PublicFormat.Raw)
        self.address = _address(self.public)
        self.hostname = self.address + ".onion"

    def write(self, directory):
        """Put the three files into `directory`, as tor itself names them."""
        self.write_public(directory)
        _write(directory, "hs_ed25519_secret_key", _SECRET_HEADER + self.secret)
        _write(directory, "hostname", self.hostname.encode() + b"\n")

    def write_public(self, directory):
        """Put only the public key into `directory`."""
        os.makedirs(directory, 0o700, exist_ok=True)
        _write(directory, "hs_ed25519_public_key", _PUBLIC_HEADER + self.public)


def new_token():
    """Return a cluster secret: 32 random bytes in hexadecimal."""
    return secrets.token_hex(32)


def write_token(directory, *tokens):
    """Put cluster tokens, one a line, into `directory`."""
    os.makedirs(directory, 0o700, exist_ok=True)
    _write(directory, "cluster_token", "\n".join(tokens).encode() + b"\n")


def _expand(seed):
    """Return the 64 byte secret that tor keeps instead of the seed."""
    digest = bytearray(hashlib.sha512(seed).digest())
    digest[0] &= 248
    digest[31] &= 63
    digest[31] |= 64
    return bytes(digest)


def _address(public):
    """Return the onion address of a public key, without ".onion"."""
    checksum = hashlib.sha3_256(
        b".onion checksum" + public + _VERSION).digest()[:2]
    return base64.b32encode(public + checksum + _VERSION).decode().lower()


def _write(directory, name, content):
    """Write one file that only its owner may read."""
    path = os.path.join(directory, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
              "wb") as file:
        file.write(content)

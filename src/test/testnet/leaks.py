"""Secrets that must not stand in a log, and a search for them.

A secret is looked for as text in hexadecimal, base64 and base32, wherever in
a longer encoded piece it may be.
"""
import base64

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey, X25519PublicKey)
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from stem.descriptor.hidden_service import (
    HiddenServiceDescriptorV3, OuterLayer)

from .period import public_of

_SALT = b"Tor rbalance cluster token v1"
_KEY_BYTES = 32


def find(text, secrets):
    """Return the names of the `secrets`, bytes by name, that are in `text`."""
    lower = text.lower()
    return [name for name, secret in secrets.items()
            if secret.hex() in lower
            or secret.decode("latin-1") in text
            or any(form in text for form in _encoded(
                secret, 6, 3, base64.b64encode))
            or any(form.lower() in lower for form in _encoded(
                secret, 5, 5, base64.b32encode))]


def of_cluster(cluster):
    """Return the secrets of a cluster and all its nodes."""
    return {**_of_key("service", cluster.key), **of_token(cluster.token),
            **{name: secret for node in cluster.nodes
               for name, secret in _of_key(node.name, node.key).items()}}


def of_token(token):
    """Return the secrets that a cluster token is and makes."""
    keys = {label: HKDF(hashes.SHA256(), _KEY_BYTES, _SALT,
                        label.encode()).derive(token.encode())
            for label in ("handshake", "join", "discovery")}
    clamped = bytearray(keys["discovery"])
    clamped[0] &= 248
    clamped[31] &= 127
    clamped[31] |= 64
    return {"token": bytes.fromhex(token), "token as text": token.encode(),
            "clamped": bytes(clamped), **keys}


def descriptor_cookie(text, address, secret):
    """Return the cookie that a descriptor has for the client key `secret`.

    It is what opens the inner layer of a service with restricted discovery
    (rend-spec-v3, section 2.5.1.2).
    """
    parsed = HiddenServiceDescriptorV3.from_str(
        text.strip("\n") + "\n", validate=True)
    blinded = parsed.signing_cert.signing_key()
    credential = HiddenServiceDescriptorV3._subcredential(
        public_of(address), blinded)
    outer = OuterLayer._decrypt(parsed.superencrypted,
                                parsed.revision_counter, credential, blinded)
    shared = X25519PrivateKey.from_private_bytes(secret).exchange(
        X25519PublicKey.from_public_bytes(
            base64.b64decode(outer.ephemeral_key + "==")))
    digest = hashes.Hash(hashes.SHAKE256(8 + _KEY_BYTES))
    digest.update(credential + shared)
    derived = digest.finalize()
    own = base64.b64encode(derived[:8]).decode().rstrip("=")
    client = outer.clients[own]
    cipher = Cipher(algorithms.AES(derived[8:]), modes.CTR(
        base64.b64decode(client.iv + "=="))).decryptor()
    return cipher.update(base64.b64decode(client.cookie + "=="))


def _of_key(name, key):
    """Return the secrets in an onion service's key."""
    return {name + "'s secret key": key.secret[:_KEY_BYTES],
            name + "'s other half": key.secret[_KEY_BYTES:]}


def _encoded(secret, bits, cycle, encode):
    """Return what of the text that encode() makes is all of `secret`.

    Once for each place that it can have in a longer piece, which repeats
    after `cycle` bytes; a character stands for so many `bits`.
    """
    forms = []
    for before in range(cycle):
        first = -(-8 * before // bits)
        end = 8 * (before + len(secret)) // bits
        forms.append(encode(bytes(before) + secret).decode()[first:end])
    return forms

"""A consensus of the private network, signed again for another time.

A client takes the time period from its consensus, not from its clock, and a
consensus up to a day away from the clock will do. So an unmodified client that
is given the network's own consensus with other dates fetches the descriptor of
another period, which is how a test sees both of a service's descriptors.
"""
import calendar
import hashlib
import re
import textwrap
import time
from base64 import b64encode

from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key)

_DATES = "%Y-%m-%d %H:%M:%S"
# The client must not look for a newer consensus while the test lasts.
_VALID_SECONDS = 20 * 3600
_SIGNATURE = "directory-signature "


def parse_date(text):
    """Return the time that a date in a consensus stands for."""
    return calendar.timegm(time.strptime(text, _DATES))


def moved(text, start, interval, authorities):
    """Return the consensus with the time `start`, signed by `authorities`.

    `authorities` are their key directories, `interval` the seconds between
    two consensuses.
    """
    for word, date in (("valid-after", start),
                       ("fresh-until", start + interval),
                       ("valid-until", start + _VALID_SECONDS)):
        text = re.sub(r"(?m)^%s .*$" % word, "%s %s" % (
            word, time.strftime(_DATES, time.gmtime(date))), text)
    signed = text[:text.index("\n" + _SIGNATURE) + 1 + len(_SIGNATURE)]
    digest = hashlib.sha256(signed.encode()).digest()
    body = signed[:-len(_SIGNATURE)]
    for keys in authorities:
        body += _signature(text, keys, digest)
    return body


def _signature(text, keys, digest):
    """Return one authority's signature section.

    It is empty where the authority was too late to sign the consensus: that
    has enough signatures without.
    """
    with open(keys + "/authority_certificate") as file:
        identity = re.search(r"(?m)^fingerprint (\S+)", file.read()).group(1)
    header = re.search(
        r"(?m)^directory-signature (sha256 %s \S+)$" % identity, text)
    if header is None:
        return ""
    with open(keys + "/authority_signing_key", "rb") as file:
        key = load_pem_private_key(file.read(), None)
    encoded = textwrap.fill(b64encode(_sign(key, digest)).decode(), 64)
    return ("%s%s\n-----BEGIN SIGNATURE-----\n%s\n-----END SIGNATURE-----\n"
            % (_SIGNATURE, header.group(1), encoded))


def _sign(key, digest):
    """Return tor's old kind of signature: PKCS#1 padding, no digest type."""
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    size = (modulus.bit_length() + 7) // 8
    padded = (b"\0\1" + b"\xff" * (size - len(digest) - 3) + b"\0" + digest)
    return pow(int.from_bytes(padded, "big"), numbers.d,
               modulus).to_bytes(size, "big")

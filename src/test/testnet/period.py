"""Time periods of onion services, as a tor with TestingTorNetwork has them.

A shared random run of 24 rounds decides the length of a period; periods begin
half a period after the runs. A service always holds two descriptors, and
changes them when a run begins:

    run      |-------- R --------|------- R+1 -------|
    period   --- P-1 --|-------- P --------|-- P+1 ---
    service  |    P-1 and P      |    P and P+1      |
    client   --- P-1 --|         P         |   P+1 ---

The two are stored at different directories. In the second half of its period
a descriptor is a service's first one, in the first half its second one.
"""
import base64
import hashlib
import struct

import stem.util.ed25519 as curve

_ROUNDS = 24
_BASE_POINT = (
    b"(15112221349535400772501151409588531511"
    b"454012693041857206046113283949847762202, "
    b"463168356949264781694283940034751631413"
    b"07993866256225615783033603165251855960)")


class Schedule:
    """Periods in a network with a consensus each `interval` seconds."""

    def __init__(self, interval):
        self.interval = interval
        self.length = _ROUNDS * interval // 60 * 60
        self._offset = _ROUNDS // 2 * interval // 60 * 60

    def period(self, valid_after):
        """Return the period of a consensus that is valid from then on."""
        return (int(valid_after) - self._offset) // self.length

    def start(self, period):
        """Return the time at which a period begins."""
        return period * self.length + self._offset

    def as_first(self, period):
        """Return a time when a service's first descriptor is `period`'s."""
        return self.start(period) + self.length * 3 // 4

    def as_second(self, period):
        """Return a time when a service's second descriptor is `period`'s."""
        return self.start(period) + self.length // 4

    def blinded_key(self, public, period):
        """Return the key under which a service publishes in `period`."""
        digest = hashlib.sha3_256(
            b"Derive temporary signing key\0" + public + _BASE_POINT
            + b"key-blind" + struct.pack(">QQ", period, self.length // 60)
        ).digest()
        factor = 2 ** 254 + sum(2 ** bit * curve.bit(digest, bit)
                                for bit in range(3, 254))
        return curve.encodepoint(curve.scalarmult(
            curve.decodepoint(public), factor))


def public_of(address):
    """Return the public key inside an onion address."""
    return base64.b32decode(address.split(".")[0].upper())[:32]

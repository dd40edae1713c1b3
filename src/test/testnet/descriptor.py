"""An onion service descriptor, decrypted as any client can decrypt it."""
import base64
import collections

from stem.descriptor.hidden_service import HiddenServiceDescriptorV3


class Descriptor:
    """What a client reads in the descriptor `text` of `address`.

    Raise ValueError where the text cannot be decoded or decrypted.
    """

    def __init__(self, text, address):
        self.size = len(text)
        parsed = HiddenServiceDescriptorV3.from_str(
            text.strip("\n") + "\n", validate=True)
        inner = parsed.decrypt(address)
        self.revision = parsed.revision_counter
        self.blinded_key = bytes(parsed.signing_cert.signing_key())
        self.pow_seed = _field(str(inner), "pow-params v1")
        self.points = [bytes(point.auth_key_cert.key)
                       for point in inner.introduction_points]

    def by_owner(self, owners):
        """Return how many points each node has, "?" for points of no one.

        `owners` maps the authentication key of a point to its node.
        """
        return collections.Counter(
            owners.get(key, "?") for key in self.points)


def _field(text, keyword):
    """Return the word after `keyword`, None where it is missing."""
    for line in text.splitlines():
        if line.startswith(keyword + " "):
            return line[len(keyword):].split()[0]
    return None


def decode_key(text):
    """Return the 32 bytes of a key in base64, with or without padding."""
    return base64.b64decode(text.rstrip("=") + "=")

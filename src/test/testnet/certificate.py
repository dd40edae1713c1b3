"""Certificates of TLS servers."""
import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding, NoEncryption, PrivateFormat)

_DAY = datetime.timedelta(days=1)


def write_self_signed(directory, names):
    """Put a new certificate for `names` and its key into `directory`.

    Return the path of the file that has both. Who shall trust it can use that
    file as SSL_CERT_FILE.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(
        x509.NameOID.COMMON_NAME, "test server")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder(
        issuer_name=subject, subject_name=subject,
        public_key=key.public_key(), serial_number=x509.random_serial_number(),
        not_valid_before=now - _DAY, not_valid_after=now + _DAY,
    ).add_extension(x509.SubjectAlternativeName(
        [_general_name(name) for name in names]), critical=False,
    ).sign(key, hashes.SHA256())
    path = os.path.join(directory, "certificate.pem")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
              "wb") as file:
        file.write(made.public_bytes(Encoding.PEM))
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8,
                                     NoEncryption()))
    return path


def _general_name(name):
    """Return what stands for a host name or an IP address."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)

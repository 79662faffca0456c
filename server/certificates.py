"""The office's own certificate authority, and the certificates that it gives its server. Rule: a phone trusts
this authority and no other, so an office without a domain has real TLS.

The authority is made once, by `init`, and its key lies beside the key file. The server's certificate is made
anew at each start and again before it ends; its key is kept nowhere. Phones ignore validity dates, as their
clocks are wrong; browsers do not. P-256 with SHA-256, X.509 version 3 (RFC 5280).
"""

import ipaddress
import os
import re
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from schemas.base import UNREADABLE, Data
from server.disk import write_once

AUTHORITY_YEARS = 30
LEAF_DAYS = 90
LEAF_MS = LEAF_DAYS * 86_400_000
RENEW_BEFORE_MS = 30 * 86_400_000
EARLIER = timedelta(days=1)
"""A certificate is good from the day before it was made: browsers' clocks are a little off."""
MOST_NAME_LETTERS = 64
MOST_HOST_LETTERS = 253
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


class AuthorityError(Exception):
    """The authority's file is missing, unreadable, or none."""


class Authority(Data, frozen=True, kw_only=True):
    """The certificate (DER) that phones pin, and the key (PEM) that signs for it."""

    certificate: bytes
    private_key: bytes

    def fingerprint(self) -> bytes:
        """Return the SHA-256 of the certificate."""
        return sha256(self.certificate).digest()


class Leaf(Data, frozen=True, kw_only=True):
    """A server's certificate with its key, both PEM, and until when it is good (UTC ms)."""

    certificate: bytes
    private_key: bytes
    until_ms: int


def make_authority(office: str, now_ms: int) -> Authority:
    """Make a new authority under the office's name."""
    key = generate_private_key(SECP256R1())
    name = _name(office)
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key, now_ms, timedelta(days=AUTHORITY_YEARS * 365))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    return Authority(certificate=certificate.public_bytes(Encoding.DER), private_key=_pem(key))


def issue(authority: Authority, names: tuple[str, ...], now_ms: int) -> Leaf:
    """Make a certificate for a server that is reached under these names and addresses.

    Raises ValueError without any name, or for one that cannot be.
    """
    if not names:
        raise ValueError("a server needs a name")
    signer = load_pem_private_key(authority.private_key, None)
    above = x509.load_der_x509_certificate(authority.certificate)
    if not isinstance(signer, EllipticCurvePrivateKey):
        raise AuthorityError("no key of an authority")
    key = generate_private_key(SECP256R1())
    lasts = timedelta(days=LEAF_DAYS)
    certificate = (
        _builder(_name(names[0]), above.subject, key, now_ms, lasts)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, SHA256())
    )
    until = certificate.not_valid_after_utc
    return Leaf(
        certificate=certificate.public_bytes(Encoding.PEM),
        private_key=_pem(key),
        until_ms=int(until.timestamp() * 1000),
    )


def is_server_name(name: str) -> bool:
    """Whether a certificate can be made for this name: an IP address, or a host's name (RFC 1123)."""
    return is_address(name) or (len(name) <= MOST_HOST_LETTERS and HOST.fullmatch(name) is not None)


def is_address(name: str) -> bool:
    """Whether this is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Certificates:
    """The TLS of one running server: a context whose certificate is renewed in place."""

    def __init__(self, authority: Authority, names: tuple[str, ...], now_ms: int) -> None:
        self._authority, self._names = authority, names
        self._until_ms = 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.renew(now_ms)

    def renew(self, now_ms: int) -> bool:
        """Take a new certificate if the present one ends within 30 days; open connections keep theirs.

        So too if it was made while the clock was ahead: to browsers it is not valid yet.
        """
        if RENEW_BEFORE_MS < self._until_ms - now_ms <= LEAF_MS:
            return False
        leaf = issue(self._authority, self._names, now_ms)
        load(self.context, leaf)
        self._until_ms = leaf.until_ms
        return True


def load(context: ssl.SSLContext, leaf: Leaf) -> None:
    """Give a context its certificate. The ssl module reads files only: one is there for that moment, and in
    memory where the system has such files, so that no disk ever had the key.
    """
    data = leaf.private_key + leaf.certificate
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("leaf"), "wb") as file:
            file.write(data)
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
        return
    with tempfile.TemporaryDirectory(prefix="sambang-") as folder:
        path = Path(folder) / "leaf.pem"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        context.load_cert_chain(path)


def authority_path(key: Path) -> Path:
    """Return where the authority of an office with this key file lies."""
    return key.with_name(f"{key.name}.ca")


def write_authority(path: Path, authority: Authority) -> None:
    """Store an authority, readable by its owner only. Raises FileExistsError: one is never overwritten."""
    write_once(path, msgspec.json.encode(authority))


def read_authority(path: Path) -> Authority:
    """Read an authority back, and see that key and certificate belong together. Raises AuthorityError."""
    try:
        authority = msgspec.json.decode(path.read_bytes(), type=Authority)
        public = x509.load_der_x509_certificate(authority.certificate).public_key()
        key = load_pem_private_key(authority.private_key, None)
    except OSError as error:
        raise AuthorityError(error.strerror or "unreadable") from None
    except (*UNREADABLE, ValueError, TypeError):
        raise AuthorityError("no authority") from None
    if not isinstance(key, EllipticCurvePrivateKey) or key.public_key() != public:
        raise AuthorityError("key and certificate do not belong together")
    return authority


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, now_ms: int, lasts: timedelta
) -> x509.CertificateBuilder:
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + lasts)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:MOST_NAME_LETTERS] or "Sambang")])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

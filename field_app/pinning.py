"""TLS to one office. Rule: its own authority is trusted, and nothing else; dates are not looked at.

A phone's clock may stand at 1970 or years ahead, and a worker in the field cannot mend a certificate that
has ended. So chain and name must fit, and the days need not: a server's key is kept nowhere and is new at
each start, so an old one has hardly ever been there to steal. Source: docs/architecture.md, "Trust".
"""

import ssl
from hashlib import sha256

NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL 1.1 and later; the ssl module has no name for it."""


def pinned(authority: bytes) -> ssl.SSLContext:
    """Return a context that trusts this certificate (DER) alone. Raises ssl.SSLError for what is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=authority)
    context.verify_flags = ssl.VerifyFlags(context.verify_flags | NO_CHECK_TIME)
    return context


def fingerprint(authority: bytes) -> bytes:
    """Return the SHA-256 of a certificate, as an enrolment's code carries the beginning of it."""
    return sha256(authority).digest()

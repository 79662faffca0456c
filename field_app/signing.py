"""Whether somebody signed something. Rule: what cannot be checked is not signed.

The office's twin is `server.office.verifier`.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def is_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether this is the Ed25519 signature of a message by the owner of a key (32 bytes)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True

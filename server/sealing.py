"""The cryptography of hand-over files at the office. Rule: a key opens only under the info of its seal.

HPKE (RFC 9180, base mode) with X25519, HKDF-SHA256 and AES-256-GCM seals the content key of a file; the
content itself is AES-256-GCM. The phone's twin is field_app/sealing.py.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class Gcm:
    """See sync.sealed_file.Cipher. `key` has 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def encrypt(self, nonce: bytes, data: bytes, about: bytes) -> bytes:
        """Return the ciphertext with its tag."""
        return self._cipher.encrypt(nonce, data, about)

    def decrypt(self, nonce: bytes, data: bytes, about: bytes) -> bytes | None:
        """Return the plaintext, None if it is not what was encrypted."""
        try:
            return self._cipher.decrypt(nonce, data, about)
        except InvalidTag:
            return None


def seal_key(key: bytes, public_key: bytes, info: bytes) -> bytes:
    """Seal a content key to a public key (32 bytes). Raises ValueError for a key that is none."""
    return SUITE.encrypt(key, X25519PublicKey.from_public_bytes(public_key), info)


def open_key(sealed: bytes, private: X25519PrivateKey, info: bytes) -> bytes | None:
    """Return the content key, None if it was not sealed to this key under this info."""
    try:
        return SUITE.decrypt(sealed, private, info)
    except (InvalidTag, ValueError):
        return None

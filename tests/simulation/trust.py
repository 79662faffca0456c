"""Signatures as a port: a keyed hash where a world must be fast, Ed25519 where it must be real."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.chain import Verifier


@dataclass(frozen=True)
class Key:
    """One device's key: what signs, and what checks; `public` are the 32 bytes others know it by."""

    sign: Callable[[bytes], bytes]
    verify: Verifier
    public: bytes


MakeKey = Callable[[bytes], Key]
"""Makes a key from a seed of any length."""


def fast_key(seed: bytes) -> Key:
    """Return a key whose signature is a hash that only this key's holder can make, as far as a test goes."""
    secret = blake2b(seed, digest_size=32).digest()

    def sign(message: bytes) -> bytes:
        return blake2b(message, key=secret).digest()

    def verify(signature: bytes, message: bytes) -> bool:
        return signature == sign(message)

    return Key(sign=sign, verify=verify, public=blake2b(secret, digest_size=32).digest())


def real_key(seed: bytes) -> Key:
    """Return an Ed25519 key."""
    private = Ed25519PrivateKey.from_private_bytes(blake2b(seed, digest_size=32).digest())
    public = private.public_key()

    def verify(signature: bytes, message: bytes) -> bool:
        try:
            public.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return Key(sign=private.sign, verify=verify, public=public.public_bytes_raw())

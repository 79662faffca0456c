"""The end-of-sync check: one XOR of row hashes for each part. Rule: content counts, order never."""

from hashlib import sha256

from schemas.ids import Part, RecordId

DIGEST_BYTES = 16
EMPTY = bytes(DIGEST_BYTES)


def row_hash(part: Part, record: RecordId, seq: int, body: bytes) -> int:
    """Return the hash of one row as an integer of 128 bits, ready to be XORed."""
    head = f"{part}\0{record}\0{seq}\0".encode()
    return int.from_bytes(sha256(head + body).digest()[:DIGEST_BYTES], "big")


def fold(digest: bytes, hashes: int) -> bytes:
    """Return `digest` (16 bytes) with row hashes XORed in, or out again: both are the same step."""
    return (int.from_bytes(digest, "big") ^ hashes).to_bytes(DIGEST_BYTES, "big")


def combine(digests: list[bytes]) -> bytes:
    """Return the digest over several parts."""
    total = EMPTY
    for digest in digests:
        total = fold(total, int.from_bytes(digest, "big"))
    return total

"""Identifiers. Rule: an id is made where its thing is made, from randomness handed in, and never reused."""

from typing import NewType

Regency = NewType("Regency", str)
"""Kemendagri code of the regency, `33.14`: the tenant."""
DeviceId = NewType("DeviceId", str)
"""32 hexadecimal digits; one vault, one key, one chain."""
PersonId = NewType("PersonId", str)
"""A worker or officer: 32 hexadecimal digits."""
RecordId = NewType("RecordId", str)
"""Any mutable thing (warga, ewarong, kasus, tugas) and each visit: a UUIDv7 as 32 hexadecimal digits."""
ChangeId = NewType("ChangeId", bytes)
"""SHA-256 of a change's content bytes: 32 bytes."""
LinkHash = NewType("LinkHash", bytes)
"""SHA-256 of a link's bytes: 32 bytes."""
BlobId = NewType("BlobId", str)
"""SHA-256 of a blob's bytes: 64 hexadecimal digits."""
Part = NewType("Part", str)
"""A slice of the data that a device may hold: `desa/33.14.01.2001/bpnt`, `mine/<person>` or `ref`."""

NO_LINK = LinkHash(bytes(32))
"""What the first link of a chain names as its previous one."""
UUID_MS_BYTES = 6
LATEST_MS = 256**UUID_MS_BYTES - 1


def uuid7(now_ms: int, randomness: bytes) -> RecordId:
    """Make a UUIDv7 (RFC 9562 §5.7) from UTC milliseconds and 10 random bytes, as 32 hexadecimal digits.

    A clock beyond what it can say (before 1970, after 10889) counts as the nearest that it can.
    """
    if len(randomness) != 10:
        raise ValueError("uuid7 needs 10 random bytes")
    told_ms = min(max(now_ms, 0), LATEST_MS)
    raw = bytearray(told_ms.to_bytes(UUID_MS_BYTES, "big") + randomness)
    raw[6] = 0x70 | (raw[6] & 0x0F)
    raw[8] = 0x80 | (raw[8] & 0x3F)
    return RecordId(raw.hex())

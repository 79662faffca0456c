"""The manifest of a copy. Rule: sealed under a key of the office, for one medium; nobody else can."""

from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.base import Data
from schemas.ids import BlobId, DeviceId, LinkHash, Regency
from server.backup_store import Copy
from server.backups.medium import Medium
from server.disk import replace_durably
from server.keys import Keys, derive

FORMAT = 1
NONCE_BYTES = 12


class DamagedManifestError(Exception):
    """A manifest is missing, was changed, or is of another office or medium."""


class Manifest(Data, frozen=True, kw_only=True):
    """What one copy holds. Times are UTC ms; `verified_ms` is 0 until it was read back and found whole.

    `last_seq` and `tag` name the newest commit in it, `head` the newest link of the office's chain. `absent`
    lists blobs that the database knows of and that were missing or damaged at the office itself. `links` and
    `senders` say how far this history had come, see server/feed_store.py. `generation` is that of the keys
    which the database is under.
    """

    format: int
    number: int
    medium: str
    office: DeviceId
    regency: Regency
    name: str
    begun_ms: int
    verified_ms: int
    size_bytes: int
    sha256: str
    last_seq: int
    tag: bytes
    head: LinkHash
    links: int
    senders: int
    counts: dict[str, int]
    blob_bytes: int
    absent: list[BlobId]
    generation: int = 1


def copy_at(path: Path, manifest: Manifest, disk: str, data_disk: str) -> Copy:
    """Return what the office keeps of a copy that was verified: on which disk it is, and the data are."""
    return Copy(
        medium=manifest.medium,
        path=str(path),
        disk=disk,
        beside_data=disk == data_disk,
        number=manifest.number,
        begun_ms=manifest.begun_ms,
        verified_ms=manifest.verified_ms,
        last_seq=manifest.last_seq,
        tag=manifest.tag,
        links=manifest.links,
        senders=manifest.senders,
        size_bytes=manifest.size_bytes + manifest.blob_bytes,
        blobs=manifest.counts["blobs"],
    )


def write_manifest(medium: Medium, keys: Keys, manifest: Manifest, nonce: bytes) -> None:
    """Store a manifest durably, over the one of the same copy. Raises OSError."""
    sealed = AESGCM(_key(keys, medium)).encrypt(nonce, msgspec.json.encode(manifest), _about(manifest.number))
    replace_durably(medium.manifest(manifest.number), nonce + sealed)


def read_manifest(medium: Medium, keys: Keys, number: int) -> Manifest:
    """Read the manifest of a copy back. Raises DamagedManifestError."""
    return open_manifest(medium.manifest(number), medium, keys, number)


def open_manifest(path: Path, medium: Medium, keys: Keys, number: int) -> Manifest:
    """Open a manifest's file, under whichever generation of the keys. Raises DamagedManifestError."""
    try:
        data = path.read_bytes()
        opened = _opened(data[:NONCE_BYTES], data[NONCE_BYTES:], medium, keys, number)
        return msgspec.json.decode(opened, type=Manifest)
    except (OSError, InvalidTag, ValueError, msgspec.DecodeError) as error:
        raise DamagedManifestError(type(error).__name__) from error


def keys_of(keys: Keys, manifest: Manifest) -> Keys:
    """Return the keys under which a copy's database lies. Raises DamagedManifestError where they are gone."""
    found = keys.at(manifest.generation)
    if found is None:
        raise DamagedManifestError("no such generation")
    return found


def _opened(nonce: bytes, sealed: bytes, medium: Medium, keys: Keys, number: int) -> bytes:
    for each in keys.each():
        try:
            return AESGCM(_key(each, medium)).decrypt(nonce, sealed, _about(number))
        except InvalidTag:
            continue
    raise InvalidTag


def _key(keys: Keys, medium: Medium) -> bytes:
    return derive(keys.database, "backup manifest", medium.id)


def _about(number: int) -> bytes:
    return number.to_bytes(8, "big")

"""Rows of devices, enrolment codes, nonces and tokens. Rule: one function a query; secrets only as hashes."""

from collections.abc import Iterable

from schemas.base import Data
from schemas.ids import DeviceId, PersonId
from server.engine import Reader, SqlRow, Writer, one


class Device(Data, frozen=True, kw_only=True):
    """A phone that joined. Times are UTC ms; `public_key` is Ed25519 (32 bytes).

    `handover_key` is X25519 (32 bytes), empty as long as the phone has not said it.
    """

    id: DeviceId
    person: PersonId
    public_key: bytes
    model: str
    enrolled_ms: int
    revoked_ms: int | None
    handover_key: bytes = b""


class NewNonce(Data, frozen=True, kw_only=True):
    """A nonce to keep until it is over (UTC ms); `network` is the hash of where it was asked for."""

    nonce: bytes
    device: DeviceId
    network: bytes
    expires_ms: int


class Code(Data, frozen=True, kw_only=True):
    """An enrolment code, known by its hash, and the phone that joins with it once there is one.

    Keys, `commitment`, `challenge` and `opening` are 32 bytes each, and empty until they are known;
    `authority` too where the phone pins none. Times are UTC ms.
    """

    hash: bytes
    person: PersonId
    expires_ms: int
    device: DeviceId | None
    joined_ms: int | None
    refused_ms: int | None
    model: str
    public_key: bytes
    handover_key: bytes
    authority: bytes
    commitment: bytes
    challenge: bytes
    opening: bytes


_CODE = (
    "SELECT code_hash, person, expires_ms, device, joined_ms, refused_ms, model, public_key, handover_key,"
    " authority, commitment, challenge, opening FROM enrolments WHERE kabupaten = :kabupaten"
)
_DEVICE = "SELECT device, person, public_key, model, enrolled_ms, revoked_ms, handover_key FROM devices"


def device(reader: Reader, name: DeviceId) -> Device | None:
    """Return one device."""
    row = one(reader.query(_DEVICE + " WHERE kabupaten = :kabupaten AND device = :device", {"device": name}))
    return _device(row) if row else None


def devices_named(reader: Reader, names: Iterable[DeviceId]) -> list[Device]:
    """Return some devices, in no order."""
    found = reader.query(
        _DEVICE + " WHERE kabupaten = :kabupaten AND device IN :names", {"names": list(names)}
    )
    return [_device(row) for row in found]


def devices(reader: Reader) -> list[Device]:
    """Return all devices, newest first."""
    found = reader.query(_DEVICE + " WHERE kabupaten = :kabupaten ORDER BY enrolled_ms DESC, device")
    return [_device(row) for row in found]


def add_device(writer: Writer, new: Device) -> None:
    """Store a device that joined."""
    writer.many(
        "INSERT INTO devices (kabupaten, device, person, public_key, model, enrolled_ms, revoked_ms,"
        " handover_key) VALUES (:kabupaten, :device, :person, :public_key, :model, :enrolled_ms,"
        " :revoked_ms, :handover_key)",
        [
            (
                writer.regency,
                new.id,
                new.person,
                new.public_key,
                new.model,
                new.enrolled_ms,
                new.revoked_ms,
                new.handover_key or None,
            )
        ],
    )


def put_handover_key(writer: Writer, name: DeviceId, key: bytes) -> None:
    """Keep the key to which answers for this device are sealed."""
    writer.execute(
        "UPDATE devices SET handover_key = :key WHERE kabupaten = :kabupaten AND device = :device",
        {"device": name, "key": key},
    )


def revoke(writer: Writer, name: DeviceId, now_ms: int) -> bool:
    """Take a device's rights and tokens; return whether it had any."""
    about = {"device": name, "now_ms": now_ms}
    writer.execute("DELETE FROM tokens WHERE kabupaten = :kabupaten AND device = :device", about)
    touched = writer.execute(
        "UPDATE devices SET revoked_ms = :now_ms"
        " WHERE kabupaten = :kabupaten AND device = :device AND revoked_ms IS NULL",
        about,
    )
    return touched > 0


def add_code(writer: Writer, code_hash: bytes, person: PersonId, now_ms: int, expires_ms: int) -> None:
    """Store a new enrolment code."""
    writer.execute(
        "INSERT INTO enrolments (kabupaten, code_hash, person, created_ms, expires_ms, used_ms, device)"
        " VALUES (:kabupaten, :code_hash, :person, :now_ms, :expires_ms, NULL, NULL)",
        {"code_hash": code_hash, "person": person, "now_ms": now_ms, "expires_ms": expires_ms},
    )


def code(reader: Reader, code_hash: bytes) -> Code | None:
    """Return what stands behind a code."""
    row = one(reader.query(_CODE + " AND code_hash = :code_hash", {"code_hash": code_hash}))
    return _code(row) if row else None


def waiting(reader: Reader, since_ms: int, until_ms: int) -> list[Code]:
    """Return the phones that joined between then and then and were neither confirmed nor refused, the first
    first.
    """
    found = reader.query(
        _CODE + " AND joined_ms > :since_ms AND joined_ms <= :until_ms AND device IS NULL"
        " AND refused_ms IS NULL ORDER BY joined_ms, code_hash",
        {"since_ms": since_ms, "until_ms": until_ms},
    )
    return [_code(row) for row in found]


def is_expecting(reader: Reader, now_ms: int, since_ms: int, until_ms: int) -> bool:
    """Whether a code that no phone used is good, until then at the longest, or a phone waits that joined
    since then.
    """
    row = one(
        reader.query(
            "SELECT 1 FROM enrolments WHERE kabupaten = :kabupaten AND device IS NULL AND refused_ms IS NULL"
            " AND coalesce(joined_ms, expires_ms) <= :until_ms"
            " AND (joined_ms > :since_ms OR (joined_ms IS NULL AND expires_ms > :now_ms)) LIMIT 1",
            {"now_ms": now_ms, "since_ms": since_ms, "until_ms": until_ms},
        )
    )
    return row is not None


def begin_joining(writer: Writer, joining: Code) -> None:
    """Note which phone joins with a code."""
    writer.execute(
        "UPDATE enrolments SET joined_ms = :joined_ms, model = :model, public_key = :public_key,"
        " handover_key = :handover_key, authority = :authority, commitment = :commitment,"
        " challenge = :challenge WHERE kabupaten = :kabupaten AND code_hash = :hash",
        {
            "hash": joining.hash,
            "joined_ms": joining.joined_ms,
            "model": joining.model,
            "public_key": joining.public_key,
            "handover_key": joining.handover_key,
            "authority": joining.authority,
            "commitment": joining.commitment,
            "challenge": joining.challenge,
        },
    )


def put_opening(writer: Writer, code_hash: bytes, opening: bytes) -> None:
    """Keep the secret that a joining phone opened."""
    writer.execute(
        "UPDATE enrolments SET opening = :opening WHERE kabupaten = :kabupaten AND code_hash = :code_hash",
        {"code_hash": code_hash, "opening": opening},
    )


def use_code(writer: Writer, code_hash: bytes, joined: DeviceId, by: PersonId, now_ms: int) -> None:
    """Note that the phone of a code was confirmed, by whom, and which device it is."""
    writer.execute(
        "UPDATE enrolments SET used_ms = :now_ms, device = :device, decided_by = :by"
        " WHERE kabupaten = :kabupaten AND code_hash = :code_hash",
        {"code_hash": code_hash, "device": joined, "by": by, "now_ms": now_ms},
    )


def refuse_joining(writer: Writer, code_hash: bytes, by: PersonId, now_ms: int) -> None:
    """Note that the phone of a code was sent away, and by whom."""
    writer.execute(
        "UPDATE enrolments SET refused_ms = :now_ms, decided_by = :by"
        " WHERE kabupaten = :kabupaten AND code_hash = :code_hash",
        {"code_hash": code_hash, "by": by, "now_ms": now_ms},
    )


def open_nonces(reader: Reader, network: bytes, now_ms: int, until_ms: int) -> int:
    """Count the nonces that a network asked for and that are good from now until then at the longest."""
    found = reader.query(
        "SELECT count(*) FROM nonces WHERE kabupaten = :kabupaten AND network = :network"
        " AND expires_ms > :now_ms AND expires_ms <= :until_ms",
        {"network": network, "now_ms": now_ms, "until_ms": until_ms},
    )
    return int(found[0][0])


def add_nonce(writer: Writer, new: NewNonce, now_ms: int, until_ms: int, most: int) -> None:
    """Store a nonce; forget those that are over, or good for longer than until then, and the oldest beyond
    `most` of its device and network.
    """
    about = {
        "nonce": new.nonce,
        "device": new.device,
        "network": new.network,
        "now_ms": now_ms,
        "until_ms": until_ms,
        "expires_ms": new.expires_ms,
        "kept": most - 1,
    }
    writer.execute(
        "DELETE FROM nonces WHERE kabupaten = :kabupaten"
        " AND (expires_ms <= :now_ms OR expires_ms > :until_ms)",
        about,
    )
    writer.execute(
        "DELETE FROM nonces WHERE kabupaten = :kabupaten AND device = :device AND network = :network"
        " AND nonce NOT IN (SELECT nonce FROM nonces"
        " WHERE kabupaten = :kabupaten AND device = :device AND network = :network"
        " ORDER BY expires_ms DESC, nonce LIMIT :kept)",
        about,
    )
    writer.execute(
        "INSERT INTO nonces (kabupaten, nonce, device, network, expires_ms)"
        " VALUES (:kabupaten, :nonce, :device, :network, :expires_ms)",
        about,
    )


def take_nonce(writer: Writer, nonce: bytes, name: DeviceId, now_ms: int, until_ms: int) -> bool:
    """Use a nonce up; return whether it was good for this device, and is until then at the longest."""
    touched = writer.execute(
        "DELETE FROM nonces WHERE kabupaten = :kabupaten AND nonce = :nonce AND device = :device"
        " AND expires_ms > :now_ms AND expires_ms <= :until_ms",
        {"nonce": nonce, "device": name, "now_ms": now_ms, "until_ms": until_ms},
    )
    return touched > 0


def add_token(writer: Writer, token_hash: bytes, name: DeviceId, now_ms: int, expires_ms: int) -> None:
    """Store a token's hash, and forget those that are over."""
    about = {"token_hash": token_hash, "device": name, "now_ms": now_ms, "expires_ms": expires_ms}
    writer.execute("DELETE FROM tokens WHERE kabupaten = :kabupaten AND expires_ms <= :now_ms", about)
    writer.execute(
        "INSERT INTO tokens (kabupaten, token_hash, device, expires_ms)"
        " VALUES (:kabupaten, :token_hash, :device, :expires_ms)",
        about,
    )


def token_devices(
    reader: Reader, hashes: Iterable[bytes], now_ms: int, until_ms: int
) -> dict[bytes, DeviceId]:
    """Return whose tokens these are, by their hashes, of those good from now until then at the longest.

    One that is good for longer was given out while the clock ran ahead.
    """
    found = reader.query(
        "SELECT token_hash, device FROM tokens WHERE kabupaten = :kabupaten AND token_hash IN :hashes"
        " AND expires_ms > :now_ms AND expires_ms <= :until_ms",
        {"hashes": list(hashes), "now_ms": now_ms, "until_ms": until_ms},
    )
    return {row[0]: DeviceId(row[1]) for row in found}


def _device(row: SqlRow) -> Device:
    name, person, public_key, model, enrolled_ms, revoked_ms, handover_key = row
    return Device(
        id=name,
        person=person,
        public_key=public_key,
        model=model,
        enrolled_ms=enrolled_ms,
        revoked_ms=revoked_ms,
        handover_key=handover_key or b"",
    )


def _code(row: SqlRow) -> Code:
    hashed, person, expires_ms, device_id, joined_ms, refused_ms, model, *secrets = row
    public_key, handover_key, authority, commitment, challenge, opening = (part or b"" for part in secrets)
    return Code(
        hash=hashed,
        person=person,
        expires_ms=expires_ms,
        device=device_id,
        joined_ms=joined_ms,
        refused_ms=refused_ms,
        model=model or "",
        public_key=public_key,
        handover_key=handover_key,
        authority=authority,
        commitment=commitment,
        challenge=challenge,
        opening=opening,
    )

"""Seals of the simulation: as bound as real ones and the same in every run. Rule: only its reader opens one.

Real HPKE begins with fresh randomness, so a story told twice would come to other ids. The container is the
real one, under AES-256-GCM; only its steps are small.
"""

from hashlib import blake2b, sha256, shake_256

from schemas.ids import RecordId, Regency
from schemas.sealed import SEALED_KEY_BYTES, Answers, Note, Opening, Role
from server.sealing import Gcm
from sync import sealed_case
from sync.sealed_case import Container, Expected, NotReadableError, info_of, name_of, open_note, seal_note

REGENCY = Regency("33.14")
STEP_BYTES = 1024
"""Steps of containers in a world: a megabyte would be most of its time."""
MARK = "TERSEGEL-"
"""Stands in everything that is sealed, and nowhere else."""
SAID = "TERUCAP-"
"""Stands in what is said in plaintext of a sealed case, against the rule."""
MAC_BYTES = 16


def reader(about: str) -> bytes:
    """Return the public key of a reader: the unit, or a device."""
    return sha256(about.encode()).digest()


UNIT = reader("unit")


def seal(plain: bytes, public_key: bytes, info: bytes) -> bytes:
    """Seal to a reader; see the rule above."""
    start = blake2b(plain + info, digest_size=32).digest()
    return start + _mixed(plain, public_key, info, start) + _mac(plain, public_key, info)


def unseal(sealed: bytes, public_key: bytes, info: bytes) -> bytes | None:
    """Open with a reader's own key, which in a world is known by its public one."""
    start, mixed, mac = sealed[:32], sealed[32:-MAC_BYTES], sealed[-MAC_BYTES:]
    plain = _mixed(mixed, public_key, info, start)
    return plain if _mac(plain, public_key, info) == mac else None


def note(said: str, role: Role, subject: RecordId, number: int, public_key: bytes) -> Note:
    """Seal a note."""
    return seal_note(said.encode(), seal, public_key, info_of(REGENCY, role, subject, number, public_key))


def read_note(key: bytes, data: bytes, role: Role, subject: RecordId, number: int, public_key: bytes) -> str:
    """Open a note as it stands in a record. Raises NotReadableError."""
    info = info_of(REGENCY, role, subject, number, public_key)
    return open_note(
        Note(key=key, data=data), lambda sealed, info: unseal(sealed, public_key, info), info
    ).decode()


def container(opening: Opening, said: str) -> tuple[bytes, bytes]:
    """Return a container with one answer, and its content key sealed to the unit."""
    key = sha256(f"{opening.visit}/{opening.made_ms}/{said}".encode()).digest()
    answers = Answers(answers={opening.form: {"kronologi": said}}, shots=[])
    data = sealed_case.write_container(opening, answers, (), Gcm(key))
    opened = seal(key, UNIT, info_of(REGENCY, "isi", opening.visit, opening.number, UNIT))
    if len(opened) != SEALED_KEY_BYTES:
        raise ValueError("a stand-in seal has the size of a real one")
    return data, opened


def open_container(data: bytes, expected: Expected) -> Container:
    """Read a container as the unit does. Raises NotReadableError."""
    submit = expected.submit
    if submit.key != name_of(UNIT):
        raise NotReadableError
    key = unseal(submit.opened, UNIT, info_of(REGENCY, "isi", submit.visit, submit.number, UNIT))
    if key is None:
        raise NotReadableError
    return sealed_case.read_container(data, Gcm(key), expected)


def _mixed(data: bytes, public_key: bytes, info: bytes, start: bytes) -> bytes:
    stream = shake_256(b"stream" + public_key + start + info).digest(len(data))
    return bytes(one ^ other for one, other in zip(data, stream, strict=True))


def _mac(plain: bytes, public_key: bytes, info: bytes) -> bytes:
    return blake2b(plain + info, key=public_key, digest_size=MAC_BYTES).digest()

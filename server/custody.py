"""The unit's secrets and who can open them. Rule: none rests but sealed, and the admin is nobody's reader.

The secrets (the unit's identity, its keys by number, the key that finds doubles) are sealed by HPKE to each
*reader*: a named officer, whose private key is wrapped under a passphrase of their own, and the recovery key,
which lies nowhere but on two halves of paper. So new secrets reach everybody without anybody's passphrase,
and whoever was removed gets none of them. The identity signs each reader: nobody slips in whom no officer
took in. docs/operations.md, "Ruang tertutup".
"""

from collections.abc import Callable, Iterable
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from msgspec.structs import replace

from schemas.base import Data, Message, encode
from schemas.ids import PersonId, Regency
from schemas.sealed import UnitKey
from schemas.words import LEAST_PASSPHRASE_WORDS, tidy
from server.passwords import LANES, MEMORY_KIB, PASSES
from server.sealing import open_key, seal_key
from sync.sealed_case import unit_message

KEY_BYTES = 32
SALT_BYTES, NONCE_BYTES = 16, 12
RECOVERY = PersonId("")
"""What stands for a person where the reader is the recovery key."""
FEWEST_LETTERS = 20
IDENTITY, DOUBLES = "identitas", "kembar"
READER_DOMAIN = b"sambang room reader v1\0"
SECRET_DOMAIN = b"sambang room secret v1\0"
WRAP_DOMAIN = b"sambang room wrap v1\0"
Randomness = Callable[[int], bytes]


class Wrap(Message, frozen=True, kw_only=True):
    """A private key under a passphrase: Argon2id with these costs, then AES-256-GCM."""

    salt: bytes
    memory_kib: int
    passes: int
    nonce: bytes
    data: bytes


class Reader(Message, frozen=True, kw_only=True):
    """Somebody who can open the unit's secrets; `signature` is the identity's word for it."""

    person: PersonId
    public_key: bytes
    since_ms: int
    wrap: Wrap | None = None
    signature: bytes = b""


class Custody(Message, frozen=True, kw_only=True):
    """All that is kept of the unit's secrets: whom they are sealed to, and by name and reader the seals."""

    identity: bytes
    readers: list[Reader]
    secrets: dict[str, dict[PersonId, bytes]]

    def reader(self, person: PersonId) -> Reader | None:
        """Return the reader that is this person, or the recovery key."""
        return next((each for each in self.readers if each.person == person), None)

    @property
    def officers(self) -> frozenset[PersonId]:
        """The named officers."""
        return frozenset(each.person for each in self.readers if each.person != RECOVERY)


class Secrets(Message, frozen=True, kw_only=True):
    """The unit's secrets, open. They live for one request, or in a row that only one cookie opens."""

    identity: bytes
    doubles: bytes
    keys: dict[int, bytes]

    def named(self) -> dict[str, bytes]:
        """Return each secret by the name that its seals carry."""
        numbered = {key_label(number): key for number, key in self.keys.items()}
        return {IDENTITY: self.identity, DOUBLES: self.doubles, **numbered}


class Opened(Data, frozen=True, kw_only=True):
    """A new reader, and the private key that they open with."""

    reader: Reader
    private: bytes


def key_label(number: int) -> str:
    """Name the unit's key of this number."""
    return f"kunci.{number}"


def unfit(passphrase: str) -> bool:
    """Whether a passphrase has fewer than five different words, or hardly any letters."""
    words = tidy(passphrase)
    return len(set(words)) < LEAST_PASSPHRASE_WORDS or sum(map(len, words)) < FEWEST_LETTERS


def new_secrets(randomness: Randomness) -> Secrets:
    """Make the secrets of a new unit."""
    identity, doubles, key = (randomness(KEY_BYTES) for _ in range(3))
    return Secrets(identity=identity, doubles=doubles, keys={1: key})


def public_of(private: bytes) -> bytes:
    """Return the public half of an X25519 key, 32 bytes each."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def identity_of(secrets: Secrets) -> bytes:
    """Return the public half of the unit's identity."""
    return _identity(secrets).public_key().public_bytes_raw()


def new_reader(
    person: PersonId, private: bytes, wrap: Wrap | None, secrets: Secrets, regency: Regency, now_ms: int
) -> Reader:
    """Take in a reader, in the name of the identity."""
    reader = Reader(person=person, public_key=public_of(private), since_ms=now_ms, wrap=wrap)
    return replace(reader, signature=_identity(secrets).sign(_reader_message(reader, regency)))


def is_genuine(reader: Reader, identity: bytes, regency: Regency) -> bool:
    """Whether the unit's identity took this reader in."""
    try:
        key = Ed25519PublicKey.from_public_bytes(identity)
        key.verify(reader.signature, _reader_message(reader, regency))
    except (InvalidSignature, ValueError):
        return False
    return True


def new_unit_key(secrets: Secrets, number: int, regency: Regency, service: str, now_ms: int) -> UnitKey:
    """Return a key of the unit as phones take it: its public half, signed by the identity."""
    public = public_of(secrets.keys[number])
    key = UnitKey(regency=regency, service=service, number=number, public_key=public, made_ms=now_ms)
    return replace(key, signature=_identity(secrets).sign(unit_message(key)))


def vouch(secrets: Secrets, message: bytes) -> bytes:
    """Return the identity's signature of a message, which has a domain of its own."""
    return _identity(secrets).sign(message)


def sealed_to(secrets: Secrets, readers: Iterable[Reader], regency: Regency) -> Custody:
    """Seal all secrets to these readers. Raises ValueError for one whom the identity did not take in."""
    identity, all_readers = identity_of(secrets), list(readers)
    if not all(is_genuine(reader, identity, regency) for reader in all_readers):
        raise ValueError("a reader whom the identity did not sign")
    return Custody(
        identity=identity,
        readers=all_readers,
        secrets={
            name: {
                reader.person: seal_key(secret, reader.public_key, _secret_info(name, reader, regency))
                for reader in all_readers
            }
            for name, secret in secrets.named().items()
        },
    )


def open_secrets(custody: Custody, reader: Reader, private: bytes, regency: Regency) -> Secrets | None:
    """Open all secrets with a reader's private key; None when any of them does not open to it."""
    if public_of(private) != reader.public_key or not is_genuine(reader, custody.identity, regency):
        return None
    key, opened = X25519PrivateKey.from_private_bytes(private), dict[str, bytes]()
    for name, seals in custody.secrets.items():
        found = open_key(seals.get(reader.person, b""), key, _secret_info(name, reader, regency))
        if found is None:
            return None
        opened[name] = found
    keys = {int(name.partition(".")[2]): key for name, key in opened.items() if name.startswith("kunci.")}
    secrets = Secrets(identity=opened[IDENTITY], doubles=opened[DOUBLES], keys=keys)
    return secrets if identity_of(secrets) == custody.identity else None


def wrap(
    private: bytes, passphrase: str, person: PersonId, randomness: Randomness, memory_kib: int = MEMORY_KIB
) -> Wrap:
    """Wrap a private key under a passphrase; takes about a tenth of a second and 64 MiB."""
    salt, nonce = randomness(SALT_BYTES), randomness(NONCE_BYTES)
    key = _stretch(passphrase, salt, memory_kib, PASSES)
    data = AESGCM(key).encrypt(nonce, private, WRAP_DOMAIN + person.encode())
    return Wrap(salt=salt, memory_kib=memory_kib, passes=PASSES, nonce=nonce, data=data)


def unwrap(wrapped: Wrap, passphrase: str, person: PersonId) -> bytes | None:
    """Return the private key; None for another passphrase."""
    key = _stretch(passphrase, wrapped.salt, wrapped.memory_kib, wrapped.passes)
    try:
        return AESGCM(key).decrypt(wrapped.nonce, wrapped.data, WRAP_DOMAIN + person.encode())
    except InvalidTag:
        return None


def _stretch(passphrase: str, salt: bytes, memory_kib: int, passes: int) -> bytes:
    # typed with capitals or two spaces between, it is still the same
    words = " ".join(tidy(passphrase)).encode()
    kdf = Argon2id(salt=salt, length=KEY_BYTES, iterations=passes, lanes=LANES, memory_cost=memory_kib)
    return kdf.derive(words)


def _identity(secrets: Secrets) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secrets.identity)


def _reader_message(reader: Reader, regency: Regency) -> bytes:
    """What the identity says of a reader; the wrap is theirs to change."""
    said = encode([regency, reader.person, reader.public_key, reader.since_ms])
    return READER_DOMAIN + sha256(said).digest()


def _secret_info(name: str, reader: Reader, regency: Regency) -> bytes:
    return SECRET_DOMAIN + encode([regency, name, reader.person, reader.public_key])

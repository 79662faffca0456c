"""Joining an office. Rule: the key file is written last, so a phone is enrolled whole or not at all.

When the office's answer was lost, the same phone may ask again with the same code and the same key, and
gets the same answer, also after it was killed between: until it has joined, the key waits in a file of its
own, sealed under the device's secret and the one-use code. A key is dropped when the office refuses its code.
"""

from collections.abc import Callable
from itertools import count
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from field_app.devices import Keystore
from field_app.durable import write_whole
from field_app.handover import OFFICE_KEY
from field_app.keys import Keys, advise
from field_app.link import Failure, Link
from field_app.owner import Owner
from field_app.sealing import exchange_bytes
from field_app.store import get_value, put_value
from field_app.vault import KEY_BYTES, Vault, VaultError, open_vault
from field_app.views import Refused
from schemas.base import Data
from schemas.ids import DeviceId, PersonId, Regency
from schemas.wire import Enrolment, EnrolRequest

VAULT = "vault.db"
OWNER = "pemilik"
DEVICE_KEY_BYTES = 32
WAITING = "pendaftaran"
WAITING_INFO = b"sambang/pendaftaran/1"
NONCE_BYTES = 12
REFUSING = frozenset({400, 403, 404, 409, 410, 422})
"""Answers after which it is certain that nobody joined; a busy or broken office may have."""


class Enrolled(Data, frozen=True, kw_only=True):
    """Joined. `rescue_code` opens the vault when the PIN is forgotten: shown once, to be handed to the
    office.
    """

    office: str
    person_name: str
    person_code: str
    roles: tuple[str, ...]
    rescue_code: str
    for_development: bool


class Enroller:
    """Joins one device folder to an office. `randomness(n)` gives n random bytes."""

    def __init__(
        self,
        folder: Path,
        keys: Keys,
        keystore: Keystore,
        connect: Callable[[str], Link],
        randomness: Callable[[int], bytes],
        *,
        model: str,
    ) -> None:
        self._folder = folder
        self._keys = keys
        self._keystore = keystore
        self._connect = connect
        self._randomness = randomness
        self._model = model

    def enrol(self, address: str, code: str, pin: str) -> Enrolled | Refused:
        """Join with a one-use code, and set the PIN."""
        if self._keys.exists():
            return Refused(say="lapangan.sudah_terdaftar")
        advice = advise(pin)
        if advice.block:
            return Refused(say=advice.block)
        code = code.strip()
        try:
            private = self._key_for(code)
        except OSError:
            return Refused(say="lapangan.folder_tidak_bisa_ditulis")
        link = self._connect(address)
        try:
            answer = self._ask(link, code, private)
        finally:
            link.close()
        if isinstance(answer, Failure):
            if answer.status in REFUSING:
                self._waiting(code).unlink(missing_ok=True)  # an answer came: nobody joined with this key
            return Refused(say=answer.say)
        try:
            joined = self._keep(address, answer, private, pin)
            for waiting in self._folder.glob(f"{WAITING}-*"):
                waiting.unlink(missing_ok=True)
        except (VaultError, OSError):
            return Refused(say="lapangan.folder_tidak_bisa_ditulis")
        return joined

    def _waiting(self, code: str) -> Path:
        """Return where the key of a code waits; a code typed wrong in between takes the place of no other."""
        return self._folder / f"{WAITING}-{self._keystore.mac(b'nama/' + code.encode())[:8].hex()}"

    def _key_for(self, code: str) -> bytes:
        """Return the device's new private key: for a code that is tried again the same as before."""
        stretched = HKDF(algorithm=SHA256(), length=32, salt=None, info=WAITING_INFO)
        sealing = AESGCM(stretched.derive(self._keystore.mac(b"kunci/" + code.encode())))
        waiting = self._waiting(code)
        if waiting.exists():
            raw = waiting.read_bytes()
            try:
                return sealing.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], WAITING_INFO)
            except (InvalidTag, ValueError):
                waiting.unlink()  # damaged: no key can be read from it any more
        private, nonce = self._randomness(DEVICE_KEY_BYTES), self._randomness(NONCE_BYTES)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(waiting, nonce + sealing.encrypt(nonce, private, WAITING_INFO))
        return private

    def _ask(self, link: Link, code: str, private: bytes) -> Enrolment | Failure:
        public = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
        request = EnrolRequest(
            code=code, public_key=public, model=self._model, handover_key=exchange_bytes(private)
        )
        return link.enrol(request)

    def _keep(self, address: str, answer: Enrolment, private: bytes, pin: str) -> Enrolled:
        owner = Owner(
            address=address.rstrip("/"),
            regency=Regency(answer.regency),
            office_name=answer.office_name,
            office_device=answer.office_device,
            office_key=answer.office_key,
            device=DeviceId(answer.device),
            private_key=private,
            person=PersonId(answer.person),
            person_name=answer.person_name,
            person_code=answer.person_code,
            roles=answer.roles,
        )
        key = self._randomness(KEY_BYTES)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._set_aside()
        vault = open_vault(self._folder / VAULT, key)
        try:
            put_owner(vault, owner)
            if answer.handover_key:
                put_value(vault, OFFICE_KEY, answer.handover_key)
        finally:
            vault.close()
        rescue_code = self._keys.create(pin, key)
        return Enrolled(
            office=owner.office_name,
            person_name=owner.person_name,
            person_code=owner.person_code,
            roles=tuple(owner.roles),
            rescue_code=rescue_code,
            for_development=self._keystore.for_development(),
        )

    def _set_aside(self) -> None:
        """Move a vault without its key file aside, whole: should the key turn up, so does the work."""
        if not (self._folder / VAULT).exists():
            return
        aside = next(name for n in count(1) if not (self._folder / (name := f"{VAULT}.lama-{n}")).exists())
        for ending in ("-wal", "-shm", ""):
            part = self._folder / (VAULT + ending)
            if part.exists():
                part.rename(self._folder / (aside + ending))


def put_owner(vault: Vault, owner: Owner) -> None:
    """Keep whose vault this is."""
    put_value(vault, OWNER, owner)


def get_owner(vault: Vault) -> Owner | None:
    """Return whose vault this is, None before enrolment was kept."""
    return get_value(vault, OWNER, Owner)

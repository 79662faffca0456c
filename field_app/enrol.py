"""Joining an office. Rule: the key file is written last, so a phone is enrolled whole or not at all.

The vault is made first with the device's key pair in it; only then is the one-use code spent. When the
answer was lost, the same phone may ask again with the same code and the same key, and gets the same
answer.
"""

from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from field_app.keys import Keys, advise
from field_app.link import Failure, Link
from field_app.owner import Owner
from field_app.store import get_value, put_value
from field_app.vault import KEY_BYTES, Vault, VaultError, open_vault
from field_app.views import Refused
from schemas.base import Data
from schemas.ids import DeviceId, PersonId, Regency
from schemas.wire import Enrolment, EnrolRequest

VAULT = "vault.db"
OWNER = "pemilik"
DEVICE_KEY_BYTES = 32


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
        connect: Callable[[str], Link],
        randomness: Callable[[int], bytes],
        *,
        model: str,
        for_development: bool,
    ) -> None:
        self._folder = folder
        self._keys = keys
        self._connect = connect
        self._randomness = randomness
        self._model = model
        self._for_development = for_development
        self._pending: tuple[str, bytes] | None = None

    def enrol(self, address: str, code: str, pin: str) -> Enrolled | Refused:
        """Join with a one-use code, and set the PIN."""
        if self._keys.exists():
            return Refused(say="lapangan.sudah_terdaftar")
        advice = advise(pin)
        if advice.block:
            return Refused(say=advice.block)
        code = code.strip()
        private = self._key_for(code)
        link = self._connect(address)
        try:
            answer = self._ask(link, code, private)
        finally:
            link.close()
        if isinstance(answer, Failure):
            return Refused(say=answer.say)
        try:
            return self._keep(address, answer, private, pin)
        except (VaultError, OSError):
            return Refused(say="lapangan.folder_tidak_bisa_ditulis")

    def _key_for(self, code: str) -> bytes:
        """Return the device's new private key: for a code that is tried again the same as before."""
        if self._pending is None or self._pending[0] != code:
            self._pending = (code, self._randomness(DEVICE_KEY_BYTES))
        return self._pending[1]

    def _ask(self, link: Link, code: str, private: bytes) -> Enrolment | Failure:
        public = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
        return link.enrol(EnrolRequest(code=code, public_key=public, model=self._model))

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
        self._clear_half_made()
        vault = open_vault(self._folder / VAULT, key)
        try:
            put_owner(vault, owner)
        finally:
            vault.close()
        rescue_code = self._keys.create(pin, key)
        return Enrolled(
            office=owner.office_name,
            person_name=owner.person_name,
            person_code=owner.person_code,
            roles=tuple(owner.roles),
            rescue_code=rescue_code,
            for_development=self._for_development,
        )

    def _clear_half_made(self) -> None:
        """Take away a vault that no key file belongs to: nobody ever worked in it, and nobody can open it."""
        for ending in ("", "-wal", "-shm"):
            (self._folder / (VAULT + ending)).unlink(missing_ok=True)


def put_owner(vault: Vault, owner: Owner) -> None:
    """Keep whose vault this is."""
    put_value(vault, OWNER, owner)


def get_owner(vault: Vault) -> Owner | None:
    """Return whose vault this is, None before enrolment was kept."""
    return get_value(vault, OWNER, Owner)

"""Joining an office. Rule: nothing is believed of an office before an officer has compared the four words.

Three steps: the code is used, and the office's authority is checked against it; the phone waits, showing its
words, until it is let in; then the PIN is set. The key file is written last, so a phone is enrolled whole or
not at all.

Until then the device's key waits in a file of its own, sealed under the device's secret: after a lost answer,
or killed in between, the same phone goes on with the same key and is told the same. A key is dropped when the
office refuses its code.
"""

from collections.abc import Callable
from hashlib import sha256
from itertools import count
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from field_app.devices import Keystore
from field_app.durable import write_whole
from field_app.keys import Keys, advise
from field_app.link import STRANGER, Door, Failure, Link
from field_app.office_word import OFFICE_KEY
from field_app.owner import Owner
from field_app.sealing import exchange_bytes
from field_app.store import get_value, put_value
from field_app.unit import PINNED
from field_app.unstored import unstored
from field_app.vault import KEY_BYTES, Vault, VaultError, open_vault
from field_app.views import Refused, Waiting, Welcomed
from schemas.base import UNREADABLE, Data
from schemas.folders import listed
from schemas.ids import DeviceId, PersonId, Regency
from schemas.joining import SECRET_BYTES, Invitation, Parties, code_hash, commitment, read_invitation
from schemas.wire import Enrolment, EnrolRequest, JoinedRequest

VAULT = "vault.db"
OWNER = "pemilik"
DEVICE_KEY_BYTES = 32
WAITING = "pendaftaran"
WAITING_INFO = b"sambang/pendaftaran/2"
OPENING_INFO = b"sambang/pendaftaran/pembuka/1"
NONCE_BYTES = 12
REFUSING = frozenset({400, 403, 404, 409, 410, 422})
"""Answers of an office after which it is certain that nobody joins; a busy or broken one may still let it in,
and what a proxy or a Wi-Fi on the way answers in its place says nothing.
"""


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


class Pending(Data, frozen=True, kw_only=True):
    """What waits on the disk: keys are 32 bytes, `authority` a certificate (DER). `office_key` and
    `challenge` are empty until the office has answered; `answered` is greater for what it answered later.
    """

    address: str
    token: str
    private_key: bytes
    authority: bytes = b""
    office_key: bytes = b""
    challenge: bytes = b""
    answered: int = 0

    def opening(self) -> bytes:
        """Return the secret that this phone settled on; from its key, so that it is the same again."""
        stretched = HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=None, info=OPENING_INFO)
        return stretched.derive(self.private_key)

    def parties(self) -> Parties:
        """Return what the words stand for."""
        return Parties(
            office_key=self.office_key,
            authority=sha256(self.authority).digest() if self.authority else b"",
            public_key=Ed25519PrivateKey.from_private_bytes(self.private_key).public_key().public_bytes_raw(),
            handover_key=exchange_bytes(self.private_key),
            code=code_hash(self.token),
            challenge=self.challenge,
            opening=self.opening(),
        )


class Enroller:
    """Joins one device folder to an office. `randomness(n)` gives n random bytes."""

    def __init__(
        self,
        folder: Path,
        keys: Keys,
        keystore: Keystore,
        connect: Callable[[Door], Link],
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
        self._welcome: tuple[Pending, Enrolment] | None = None

    def join(self, address: str, code: str) -> Waiting | Refused:
        """Use a one-use code, as scanned or typed, at an office."""
        if self._keys.exists():
            return Refused(say="lapangan.sudah_terdaftar")
        invited, address = read_invitation(code), address.strip().rstrip("/")
        if invited is None:
            return Refused(say="lapangan.kode_bukan_kode")
        if invited.pin and not address.lower().startswith("https://"):
            return Refused(say="lapangan.alamat_https")
        try:
            pending = self._pending_for(invited, address)
            authority = self._authority(invited, pending)
            if isinstance(authority, Refused):
                return authority
            return self._begin(msgspec.structs.replace(pending, authority=authority))
        except OSError as error:
            return unstored(error)

    def waiting(self) -> Waiting | None:
        """Return what this folder waits for, also after the app was closed; None for nothing."""
        pending = self._newest()
        return _shown(pending) if pending else None

    def ask(self) -> Waiting | Welcomed | Refused:
        """Ask once whether this phone was let in. Refused is final, but for a disk that cannot be read."""
        pending = self._newest()
        if pending is None:
            return Refused(say="lapangan.tidak_menunggu")
        parties = pending.parties()
        signature = Ed25519PrivateKey.from_private_bytes(pending.private_key).sign(parties.signed())
        link = self._connect(Door(address=pending.address, authority=pending.authority))
        try:
            answer = link.joined(
                JoinedRequest(code=pending.token, opening=parties.opening, signature=signature)
            )
        finally:
            link.close()
        if isinstance(answer, Failure):
            if _is_final(answer):
                self.give_up()
                return Refused(say=answer.say)
            return msgspec.structs.replace(_shown(pending), trouble=answer.say)
        welcome = answer.enrolment
        if welcome is None:
            return _shown(pending)
        if welcome.office_key != pending.office_key:
            return Refused(say=STRANGER)  # not the key that the words stood for
        self._welcome = (pending, welcome)
        return Welcomed(office=welcome.office_name, person_name=welcome.person_name)

    def tidy(self) -> None:
        """Remove what waited, of a phone that has joined: its key is in the vault, and nowhere else."""
        if self._keys.exists():
            for waiting in listed(self._folder, f"{WAITING}-*"):
                waiting.unlink(missing_ok=True)

    def give_up(self) -> None:
        """Forget the code that waits."""
        self._welcome = None
        pending = self._newest()
        if pending is not None:
            self._path(pending.token).unlink(missing_ok=True)

    def finish(self, pin: str) -> Enrolled | Refused:
        """Set the PIN of a phone that was let in, and make its vault."""
        if self._keys.exists():
            return Refused(say="lapangan.sudah_terdaftar")
        advice = advise(pin)
        if advice.block:
            return Refused(say=advice.block)
        if self._welcome is None:
            asked = self.ask()
            if isinstance(asked, Refused):
                return asked
        if self._welcome is None:
            return Refused(say="lapangan.belum_diterima")
        pending, welcome = self._welcome
        try:
            joined = self._keep(pending, welcome, pin)
            self.tidy()
        except (VaultError, OSError) as error:
            return unstored(error)
        self._welcome = None
        return joined

    def _authority(self, invited: Invitation, pending: Pending) -> bytes | Refused:
        """Return the certificate to trust, fetched from whoever answers and checked against the code."""
        if not invited.pin or invited.fits(pending.authority):
            return pending.authority
        link = self._connect(Door(address=pending.address, checked=False))
        try:
            found = link.authority()
        finally:
            link.close()
        if isinstance(found, Failure):
            return Refused(say=found.say)
        return found if invited.fits(found) else Refused(say=STRANGER)

    def _begin(self, pending: Pending) -> Waiting | Refused:
        parties = pending.parties()
        link = self._connect(Door(address=pending.address, authority=pending.authority))
        try:
            answer = link.enrol(
                EnrolRequest(
                    code=pending.token,
                    public_key=parties.public_key,
                    model=self._model,
                    handover_key=parties.handover_key,
                    authority=parties.authority,
                    commitment=commitment(parties.opening),
                )
            )
        finally:
            link.close()
        if isinstance(answer, Failure):
            if _is_final(answer):
                self._path(pending.token).unlink(missing_ok=True)
            return Refused(say=answer.say)
        last = self._newest()
        pending = msgspec.structs.replace(
            pending,
            office_key=answer.office_key,
            challenge=answer.challenge,
            answered=last.answered + 1 if last else 1,
        )
        self._write(pending)
        return _shown(pending)

    def _path(self, token: str) -> Path:
        """Return where a code's key waits; a code typed wrong in between takes the place of no other."""
        return self._folder / f"{WAITING}-{self._keystore.mac(b'nama/' + token.encode())[:8].hex()}"

    def _sealing(self) -> AESGCM:
        stretched = HKDF(algorithm=SHA256(), length=32, salt=None, info=WAITING_INFO)
        return AESGCM(stretched.derive(self._keystore.mac(b"kunci/pendaftaran")))

    def _pending_for(self, invited: Invitation, address: str) -> Pending:
        """Return what waits for a code that is tried again, with the same key; else make a new one."""
        known = self._read(self._path(invited.token))
        if known is not None and known.token == invited.token:
            return msgspec.structs.replace(known, address=address)
        pending = Pending(
            address=address, token=invited.token, private_key=self._randomness(DEVICE_KEY_BYTES)
        )
        self._write(pending)
        return pending

    def _newest(self) -> Pending | None:
        """Return what was answered last, of all codes that wait; files' times are those of a clock that may
        have been set back since.
        """
        found = (self._read(path) for path in listed(self._folder, f"{WAITING}-*"))
        answered = (pending for pending in found if pending is not None and pending.challenge)
        return max(answered, key=lambda pending: pending.answered, default=None)

    def _read(self, path: Path) -> Pending | None:
        try:
            raw = path.read_bytes()
            plain = self._sealing().decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], WAITING_INFO)
            return msgspec.msgpack.decode(plain, type=Pending)
        except (OSError, InvalidTag, ValueError, *UNREADABLE):
            return None  # absent, damaged, or of another device: no key can be read from it any more

    def _write(self, pending: Pending) -> None:
        nonce, plain = self._randomness(NONCE_BYTES), msgspec.msgpack.encode(pending)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self._path(pending.token), nonce + self._sealing().encrypt(nonce, plain, WAITING_INFO))

    def _keep(self, pending: Pending, answer: Enrolment, pin: str) -> Enrolled:
        owner = Owner(
            address=pending.address,
            regency=Regency(answer.regency),
            office_name=answer.office_name,
            office_device=answer.office_device,
            office_key=answer.office_key,
            device=DeviceId(answer.device),
            private_key=pending.private_key,
            person=PersonId(answer.person),
            person_name=answer.person_name,
            person_code=answer.person_code,
            roles=answer.roles,
            authority=pending.authority,
        )
        key = self._randomness(KEY_BYTES)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._set_aside()
        vault = open_vault(self._folder / VAULT, key)
        try:
            put_owner(vault, owner)
            if answer.handover_key:
                put_value(vault, OFFICE_KEY, answer.handover_key)
            if answer.unit_identity:
                put_value(vault, PINNED, answer.unit_identity)
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


def _is_final(answer: Failure) -> bool:
    return answer.kind == "kantor" and answer.status in REFUSING


def _shown(pending: Pending) -> Waiting:
    return Waiting(address=pending.address, words=pending.parties().words())

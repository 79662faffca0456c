"""A phone that may record sealed cases: its unit's keys are known, pinned, and kept here to look inside.

Rule: what is looked at is what left the phone or lies on its disk, never what the program says of it.
"""

import random
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec.structs import replace

from field_app.keys import Locked, PinGone
from field_app.rehearsal import Rehearsal
from field_app.sealed import Sealed
from field_app.sealing import Gcm, exchange_bytes, open_key, seal_key
from field_app.views import DraftView, Refused
from schemas.base import encode
from schemas.ids import DeviceId, RecordId, Regency
from schemas.sealed import Note, Role, UnitKey
from schemas.workflow import load_workflows
from sync.change import SealedSubmit
from sync.scope import UNIT_KEYS
from sync.sealed_case import Container, Expected, info_of, name_of, read_container, seal_note, unit_message
from tests.field_app.conftest import FORMS, KEY, SetTime
from tests.field_app.field import DEVICE, PERSON, PLACE, SMALL, Field

PIN, WRONG = "280945", "111112"
SECOND = bytes(range(32, 64))
KASUS, TUGAS_SEALED = RecordId("6" * 32), RecordId("7" * 32)
KODE = "KS-2026-KTRMBW"
REGENCY = Regency("33.14")
SERVICE = "ktkpm"


def unit_key(identity: Ed25519PrivateKey, private: X25519PrivateKey, number: int = 1) -> UnitKey:
    key = UnitKey(
        regency=REGENCY,
        service=SERVICE,
        number=number,
        public_key=private.public_key().public_bytes_raw(),
        made_ms=1,
    )
    return replace(key, signature=identity.sign(unit_message(key)))


class SealedField(Field):
    """See the module."""

    roles = ["verifikator"]

    def __init__(self, folder: Path, time: SetTime, device: DeviceId = DEVICE) -> None:
        self.identity = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
        self.unit_private = X25519PrivateKey.from_private_bytes(bytes([9]) * 32)
        super().__init__(folder, time, device)
        self.keys.create(PIN, KEY, SECOND)

    def open(self, path: Path | None = None) -> None:
        super().open(path)
        self.sealed = Sealed(self.bench, self.second, load_workflows().get("ktkpm"))

    @property
    def identity_bytes(self) -> bytes:
        return self.identity.public_key().public_bytes_raw()

    def offer_unit(self, *keys: UnitKey, identity: bytes | None = None) -> None:
        """Pull the reference record with the unit's keys, as the office writes it."""
        fields = {
            "identity": self.identity_bytes if identity is None else identity,
            "keys": [encode(key) for key in keys or (unit_key(self.identity, self.unit_private),)],
        }
        self.pull({UNIT_KEYS: ("referensi", fields)})

    def ready(self) -> None:
        """Know the unit's key, and open the second unlock."""
        self.offer_unit()
        self.bench.unit.pin(self.identity_bytes)
        self.unlock()

    def unlock(self, pin: str = PIN) -> Locked | PinGone | Refused | None:
        return self.sealed.unlock(pin)

    def begin(
        self, form: str = "ktk", kasus: RecordId | None = None, tugas: RecordId | None = None
    ) -> DraftView:
        started = self.visits.start(form, kasus, tugas)
        assert isinstance(started, DraftView), started
        return started

    def play(self, draft: str) -> DraftView:
        """Answer everything, photos and signatures too."""
        played = Rehearsal(self.visits, FORMS, PLACE, random.Random(1), "2026-11-21", lambda *_: None, SMALL)
        return played.fill(draft)

    def note(
        self, plain: Any, role: Role, subject: RecordId, number: int = 0, private: bytes = bytes(32)
    ) -> Note:
        """Seal something to this device, as the office does."""
        public = exchange_bytes(private)
        return seal_note(encode(plain), seal_key, public, info_of(REGENCY, role, subject, number, public))

    def last_submit(self) -> SealedSubmit:
        submit = self.bodies()[-1]
        assert isinstance(submit, SealedSubmit)
        return submit

    def look_inside(self, submit: SealedSubmit) -> Container:
        """Read a container as the unit does."""
        public = self.unit_private.public_key().public_bytes_raw()
        assert submit.key == name_of(public)
        info = info_of(REGENCY, "isi", submit.visit, submit.number, public)
        key = open_key(submit.opened, self.unit_private, info)
        assert key is not None
        expected = Expected(REGENCY, PERSON, self.device, submit)
        return read_container(self.bench.blobs.read(submit.blob), Gcm(key), expected)

"""A sealed case at a real office: real seals, to a unit whose private key only the test holds."""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from schemas.ids import BlobId, ChangeId, RecordId, Regency
from schemas.sealed import Answers, Note, Opening, Role
from schemas.wire import Applied, Outcome
from server.sealing import Gcm, seal_key
from server.store import SqlOfficeStore
from sync.change import Body, Patch, SealedAccess, SealedAdvance, SealedDecide, SealedNote, SealedSubmit
from sync.sealed_case import info_of, name_of, seal_note, write_container
from tests.server.web_office import Office, Phone

REGENCY = Regency("33.14")
KODE = "KS-2026-TKRMBW"
STORY = "cerita korban yang tidak boleh terbaca"


def fresh() -> RecordId:
    return RecordId(secrets.token_hex(16))


@dataclass
class SealedCase:
    """One case, opened and visited by a pendamping of KTKPM."""

    office: Office
    phone: Phone = field(init=False)
    unit: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    kasus: RecordId = field(default_factory=fresh)
    visit: RecordId = field(default_factory=fresh)

    def __post_init__(self) -> None:
        serves = {"services": ("bpnt", "ktkpm")}
        self.author = self.office.add_person("peksos", "Peksos Uji", "U20", ("pendamping",), **serves)
        self.reader = self.office.add_person("kabid_ktk", "Kabid KTK", "U21", ("kabid",), **serves)
        self.verifier = self.office.add_person("verif_ktk", "Verif KTK", "U22", ("verifikator",), **serves)
        self.phone = Phone(self.office.deps, self.author)
        new = {"workflow": "ktkpm", "service": "ktkpm", "kode": KODE}
        self.opened = self.phone.push(Patch(record=self.kasus, kind="kasus", base={}, new=new))
        self.submitted = self.submit()

    @property
    def public(self) -> bytes:
        return self.unit.public_key().public_bytes_raw()

    def submit(self, follows: ChangeId | None = None, number: int = 1) -> ChangeId:
        """Seal a visit, and send it with its container."""
        opening = Opening(
            regency=REGENCY, visit=self.visit, number=number, follows=follows, kasus=self.kasus,
            author=self.author, device=self.phone.device, form="ktk", forms={"ktk": 1}, made_ms=1,
        )  # fmt: skip
        key = secrets.token_bytes(32)
        answers = Answers(answers={"ktk": {"kronologi": STORY}}, shots=[])
        data = write_container(opening, answers, (), Gcm(key))
        self.blob = self.phone.send_blob(data)
        assert self.blob == sha256(data).hexdigest()
        body = SealedSubmit(
            visit=self.visit, follows=follows, kasus=self.kasus, number=number, blob=BlobId(self.blob),
            size_bytes=len(data), key=name_of(self.public), tugas=None,
            opened=seal_key(key, self.public, info_of(REGENCY, "isi", self.visit, number, self.public)),
        )  # fmt: skip
        return self.phone.push(body)

    def note(self, said: str, role: Role, number: int = 0, about: RecordId | None = None) -> Note:
        info = info_of(REGENCY, role, about or self.kasus, number, self.public)
        return seal_note(said.encode(), seal_key, self.public, info)

    def act(self, body: Body) -> Outcome:
        return self.office.deps.office.act(self.verifier, body)

    def work(self) -> None:
        """Let the office do everything once."""
        for body in self.bodies():
            assert isinstance(self.act(body), Applied), body

    def bodies(self) -> list[Body]:
        """Return all that the office may say of it."""
        return [
            SealedAccess(kasus=self.kasus, action="buka", note=self.note(STORY, "tujuan")),
            SealedNote(
                record=self.kasus, name="catatan", follows=None, notes=[self.note(STORY, "catatan")]
            ),
            SealedDecide(
                visit=self.visit, follows=self.submitted, decision="kembalikan",
                notes=[self.note(STORY, "alasan", 1, self.visit)],
            ),
            SealedAdvance(
                kasus=self.kasus, follows=self.opened, event="ke_kecamatan", note=self.note(STORY, "langkah")
            ),
        ]  # fmt: skip

    def outcome(self, change: ChangeId) -> Outcome:
        read = self.office.deps.engine.read
        return read(lambda tx: SqlOfficeStore.reading(tx).changes([change]))[change].outcome

"""A small office with a sealed room: two officers, a phone that seals, visits with photos drawn here."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from html import unescape
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from schemas.ids import BlobId, ChangeId, PersonId, RecordId
from schemas.sealed import Answers, Note, Opening, Shot, kode_of
from server import device_store
from server.access import Role
from server.passwords import Passwords
from server.sealing import Gcm, open_key, seal_key
from server.services.room_custody import UnitKeys, load_unit_keys
from server.web.building import build_site
from server.web.pages import page_routes
from sync.change import Patch, SealedSubmit
from sync.sealed_case import info_of, name_of, open_note, write_container
from tests.server.web_office import PASSWORD, Office, Phone, picture, serving

SITI, BUDI, FIELD = "siti", "budi", "lapangan"
PHRASES = {SITI: "kursi pagar sendok lampu daun meja", BUDI: "sapu kolam batu kertas jendela angin"}
PURPOSE = "Memeriksa berkas sebelum diusulkan"
NIK = "3314994101850003"
SECRET = "jangan telepon, lewat kader Rini"
STORY = "cerita yang hanya boleh dibaca di ruang"
ANSWERS: dict[str, Any] = {
    "hasil_kunjungan": "terisi_lengkap",
    "tanggal_kunjungan": "2026-11-20",
    "kode_kasus": "KS-2026-BCDFGH",
    "nik": NIK,
    "nama": "Korban Uji",
    "aman_dihubungi": SECRET,
    "aman_dikunjungi": "tidak",
    "laporan_3x24": False,
    "jenis_kekerasan": ["psikis"],
    "kronologi_ringkas": STORY,
    "rencana_uep": [{"jenis_usaha": "Warung", "kebutuhan": "Etalase", "perkiraan_rp": 2_000_000}],
    "hasil_verifikasi": "memenuhi",
}


@dataclass
class Sealer:
    """A phone that seals, without HTTP; it keeps its handover key and opens what is sealed to it."""

    office: Office
    person: PersonId
    phone: Phone = field(init=False)
    exchange: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)

    def __post_init__(self) -> None:
        self.phone = Phone(self.office.deps, self.person)
        public, device = self.public, self.phone.device
        self.office.deps.engine.write(lambda tx: device_store.put_handover_key(tx, device, public)).result()

    @property
    def public(self) -> bytes:
        """The public half of its handover key."""
        return self.exchange.public_key().public_bytes_raw()

    def keys(self) -> UnitKeys:
        """The unit's keys as the office gives them out."""
        found = self.office.deps.engine.read(load_unit_keys)
        assert found is not None
        return found

    def case(self) -> tuple[RecordId, str]:
        """Make a sealed case."""
        kasus, kode = RecordId(secrets.token_hex(16)), kode_of(2026, secrets.token_bytes(8))
        new = {"workflow": "ktkpm", "service": "ktkpm", "kode": kode, "petugas": self.person}
        self.phone.push(Patch(record=kasus, kind="kasus", base={}, new=new))
        return kasus, kode

    def visit(
        self,
        kasus: RecordId,
        *,
        visit: RecordId | None = None,
        follows: ChangeId | None = None,
        number: int = 1,
        key: int | None = None,
        answers: dict[str, Any] | None = None,
        held: bool = True,
        photos: int = 2,
        whole: bool = True,
        shot_of: tuple[str, ...] = ("fc_ktp", "pas_foto", "fc_kk"),
        form: int = 1,
        tugas: RecordId | None = None,
    ) -> tuple[RecordId, ChangeId]:
        """Send a sealed visit. `key`: the number of the unit's key, the newest unless said. One that is not
        `whole` holds these answers alone, as a correction does. `shot_of`: what each photo is of; `form`: the
        version of the form.
        """
        visit, deps = visit or RecordId(secrets.token_hex(16)), self.office.deps
        keys, now = self.keys(), deps.now_ms()
        public = next(each for each in keys.keys if each.number == (key or keys.newest.number)).public_key
        pictures = [picture(f"berkas {secrets.token_hex(8)}", number) for number in range(photos)]
        given = {**(ANSWERS if whole else {}), **(answers or {})}
        shots = [
            Shot(
                blob=BlobId(sha256(data).hexdigest()),
                form="ktk",
                field=name,
                size_bytes=len(data),
                media_type="image/jpeg",
                camera_sha256=secrets.token_hex(32),
                taken_ms=now - 60_000,
            )
            for name, data in zip(shot_of, pictures, strict=False)
        ]
        for shot in shots:
            given[shot.field] = [*given.get(shot.field, ()), shot.blob]
        opening = Opening(
            regency=deps.engine.regency,
            visit=visit,
            number=number,
            follows=follows,
            kasus=kasus,
            author=self.person,
            device=self.phone.device,
            form="ktk",
            forms={"ktk": form},
            made_ms=now,
        )
        content_key = secrets.token_bytes(32)
        box = write_container(
            opening, Answers(answers={"ktk": given}, shots=shots), pictures, Gcm(content_key)
        )
        blob = self.phone.send_blob(box) if held else BlobId(sha256(box).hexdigest())
        info = info_of(deps.engine.regency, "isi", visit, number, public)
        body = SealedSubmit(
            visit=visit,
            follows=follows,
            kasus=kasus,
            number=number,
            blob=blob,
            size_bytes=len(box),
            key=name_of(public),
            opened=seal_key(content_key, public, info),
            tugas=tugas,
        )
        return visit, self.phone.push(body)

    def reads(self, notes: list[list[bytes]], role: Any, subject: RecordId, number: int) -> bytes:
        """Open the note among these that was sealed to this phone."""
        mine = [Note(key=key, data=data) for key, data in notes if key == name_of(self.public)]
        assert len(mine) == 1
        info = info_of(self.office.deps.engine.regency, role, subject, number, self.public)
        return open_note(mine[0], lambda sealed, about: open_key(sealed, self.exchange, about), info)


CHEAP_KIB = 64
SERVICES = ("bpnt", "kis", "ktkpm")


@contextmanager
def serving_cheaply(office: Office) -> Iterator[str]:
    """Serve the office with passwords and passphrases that cost little."""
    passwords = Passwords(office.deps.randomness, memory_kib=CHEAP_KIB)
    with serving(office, page_routes(build_site(office.deps, passwords))) as address:
        yield address


def add_officers(office: Office, roles: dict[str, tuple[Role, ...]] | None = None) -> None:
    """Add the two officers of the room, and somebody who visits."""
    office.add_person(FIELD, "Lapangan Uji", "LP", ("pendamping", "verifikator"), services=("ktkpm",))
    for name, held in (roles or {SITI: ("petugas", "verifikator"), BUDI: ("kabid", "verifikator")}).items():
        office.add_person(name, f"{name.title()} Uji", name[:2].upper(), held, services=SERVICES)


def csrf(page: httpx.Response) -> str:
    """Return the token that the forms of a page carry."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
    assert found, page.text[:400]
    return found[1]


def log_in(client: httpx.Client, username: str, target: str = "/") -> httpx.Response:
    """Log somebody in on this screen, to go on where its page says."""
    page = client.get("/masuk", params={"ke": target})
    shown = re.search(r'name="tujuan" value="([^"]*)"', page.text)
    assert shown, page.text[:400]
    form = {"csrf": csrf(page), "nama": username, "sandi": PASSWORD, "tujuan": unescape(shown[1])}
    answer = client.post("/masuk", data=form)
    assert answer.status_code == 303 and answer.headers["location"] == target, answer.text[:400]
    return answer


def move_grace(office: Office, person: PersonId, by_ms: int) -> None:
    """Let the time in which somebody needs no second step yet have begun so much later, or earlier."""
    office.deps.engine.write(
        lambda tx: tx.execute(
            "UPDATE factor_graces SET since_ms = since_ms + :by"
            " WHERE kabupaten = :kabupaten AND person = :person",
            {"by": by_ms, "person": person},
        )
    ).result()


def send(client: httpx.Client, path: str, **form: str) -> httpx.Response:
    """Post a form with the token of that page."""
    return client.post(path, data={"csrf": csrf(client.get(path)), **form})


def half_on(page: httpx.Response) -> str:
    """Return the lines of a half as they stand on a page."""
    lines = re.findall(r"<code>([0-9A-Z]{4}-[0-9A-Z]{4})</code>", page.text)
    assert len(lines) == 8, page.text[:400]
    return "\n".join(lines)


def hold_ceremony(client: httpx.Client) -> tuple[str, str]:
    """Let both officers prepare the room on one screen. Returns the two halves of paper."""
    page, twice = "/ruang/siapkan", lambda name: {"frasa_baru": PHRASES[name], "frasa_ulang": PHRASES[name]}
    log_in(client, SITI)
    assert send(client, page, langkah="mulai", **twice(SITI)).status_code == 303
    assert send(client, page, langkah="ganti").headers["location"] == f"/masuk?ke={page}"
    log_in(client, BUDI, page)
    assert send(client, page, langkah="kedua", **twice(BUDI)).status_code == 303
    halves: list[str] = []
    for _ in range(2):
        halves.append(half_on(client.get(page)))
        assert send(client, page, langkah="dicatat").status_code == 303
        answer = send(client, page, langkah="ketik", baris=halves[-1])
        assert answer.status_code == 303, answer.text[:2000]
    assert answer.headers["location"].startswith("/ruang/kunci/tanda")
    return halves[0], halves[1]


def open_case(
    client: httpx.Client, kasus: RecordId, name: str = SITI, purpose: str = PURPOSE
) -> httpx.Response:
    """Open a case as somebody who is logged in."""
    return send(client, f"/ruang/kasus/{kasus}", langkah="buka", frasa=PHRASES[name], keperluan=purpose)

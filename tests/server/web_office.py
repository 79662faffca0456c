"""A small office for tests of pages: people of every role, one phone, visits with photos drawn here."""

import io
import random
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image, ImageDraw

from schemas.ids import NO_LINK, BlobId, ChangeId, DeviceId, LinkHash, PersonId, RecordId, Regency
from schemas.joining import Parties, code_hash, commitment
from schemas.problem import Problem
from schemas.wire import Cursor, EnrolRequest, JoinedRequest, Joining, SyncRequest
from server.access import Person, Role
from server.accounts import Accounts, Created
from server.app import create_app
from server.compose import close_office, init_office, open_office
from server.deps import Deps
from server.passwords import Passwords
from server.services.people import create_user, load_person
from server.services.visits import load_visit
from server.store import SqlOfficeStore
from server.web.pages import web_pages
from sync.chain import Tip, head_message, next_link, seal_link
from sync.change import Body, Clock, Content, Evidence, FormAnswers, Patch, Place, Submit, change_id, seal
from sync.intake import Run
from tests.server.letting_in import as_of_before, compare
from tests.server.threaded import in_thread

OPENING = bytes(range(32))
DESA = "33.14.01.2001"
ELSEWHERE = "33.14.02.2001"
PASSWORD = "rahasia-untuk-uji"
HOME = {"lat": -7.4401, "lng": 110.7821}
ROLES: tuple[Role, ...] = ("pendamping", "verifikator", "petugas", "kabid", "pengawas", "pdp", "admin")
ANSWERS: dict[str, Any] = {
    "hasil_kunjungan": "terisi_lengkap",
    "lokasi": {"lat": -7.4400, "lng": 110.7820, "accuracy_m": 8.0},
    "persetujuan": True,
    "nik": "3314990101800001",
    "no_kk": "3314990101100001",
    "nama": "Sutarmi",
    "jenis_kelamin": "perempuan",
    "tempat_lahir": "Sragen",
    "tanggal_lahir": "1980-01-01",
    "alamat": "Dukuh Ngrombo",
    "rt": "003",
    "rw": "001",
    "kode_desa": DESA,
    "no_hp": {"skipped": "Tidak punya HP"},
    "keberadaan_kpm": "ditemukan",
    "penyalur": "bni",
    "kks_kondisi": "baik",
    "kks_dipegang": "ketua_kelompok",
    "no_kks": "6032989900014821",
    "periode": "Okt–Des 2026",
    "nominal_diterima": 600000,
    "cara_terima": "edc_atm",
    "tempat_belanja": "pasar_warung",
    "belanja": [
        {"nama": "Beras", "kelompok": "karbohidrat", "jumlah": 10, "satuan": "kg", "harga": 135000},
        {"nama": "Telur", "kelompok": "protein_hewani", "jumlah": 2, "satuan": "kg", "harga": 56000},
    ],
    "potongan": False,
    "dipaksa_paket": False,
    "edukasi": ["jaga_pin_kks", "hak_memilih"],
    "usul_kelayakan": "tetap_layak",
    "tanggal_kunjungan": "2026-11-20",
    "jam_mulai": "09:10",
    "jam_selesai": "09:40",
}


class Phone:
    """A device that is enrolled: it signs and pushes changes as a real one does, without HTTP."""

    def __init__(self, deps: Deps, person: PersonId) -> None:
        self._deps, self._person = deps, person
        self._key = Ed25519PrivateKey.generate()
        made = deps.joinings.new_code(person)
        assert not isinstance(made, Problem)
        asked = EnrolRequest(
            code=made.code,
            public_key=self._key.public_key().public_bytes_raw(),
            model="Uji 1",
            handover_key=bytes(range(32)),
            commitment=commitment(OPENING),
        )
        joining = deps.joinings.join(asked, "").result()
        assert isinstance(joining, Joining)
        parties = Parties(
            office_key=joining.office_key,
            authority=b"",
            public_key=asked.public_key,
            handover_key=asked.handover_key,
            code=code_hash(made.code),
            challenge=joining.challenge,
            opening=OPENING,
        )
        signature = self._key.sign(parties.signed())
        deps.joinings.joined(JoinedRequest(code=made.code, opening=OPENING, signature=signature), "").result()
        self.device: DeviceId = compare(deps, parties.words())
        as_of_before(deps, self.device)
        self._tip = Tip(counter=0, hash=NO_LINK)

    def push(self, body: Body, *, wall_ms: int | None = None) -> ChangeId:
        """Send one change and see that the office applied it."""
        now = self._deps.now_ms()
        clock = Clock(wall_ms=wall_ms or now, elapsed_ms=1, boot="uji", server_ms=now - 3_600_000)
        content = Content(salt=secrets.token_bytes(16), author=self._person, clock=clock, body=body)
        return self.push_raw(seal(content)[1])

    def push_raw(self, raw: bytes, seen: LinkHash = NO_LINK) -> ChangeId:
        """Send one content as it is, whatever it holds."""
        change = change_id(raw)
        name, raw_link = seal_link(next_link(self._tip, self.device, change, seen))
        request = SyncRequest(
            protocol=1,
            device=self.device,
            cursor=Cursor(),
            links=[raw_link],
            contents=[raw],
            signature=self._key.sign(head_message(name)),
        )
        office, engine = self._deps.office, self._deps.engine
        run = engine.read(lambda tx: office.check(tx, request))
        assert isinstance(run, Run), run
        results = engine.write(lambda tx: office.push(tx, request, run)).result()
        assert isinstance(results, list), results
        self._tip = Tip(counter=self._tip.counter + 1, hash=name)
        return change

    def send_blob(self, data: bytes) -> BlobId:
        """Send the bytes of a photo."""
        blob = BlobId(sha256(data).hexdigest())
        assert self._deps.blobs.put(blob, [data], secrets.token_hex(8))
        self._deps.engine.write(
            lambda tx: SqlOfficeStore.writing(tx).blob_received(
                blob, len(data), self.device, self._deps.now_ms()
            )
        ).result()
        return blob


class Office:
    """The office with its people and one phone."""

    def __init__(self, deps: Deps) -> None:
        self.deps = deps
        self.accounts = Accounts(
            deps.engine,
            Passwords(deps.randomness, memory_kib=64),
            now_ms=deps.now_ms,
            randomness=deps.randomness,
        )
        self.people: dict[str, PersonId] = {}
        for number, role in enumerate(ROLES):
            self.add_person(role, f"{role.title()} Uji", f"U0{number}", (role,))
        self.warga = self.add_warga("Sutarmi", DESA)
        self.phone = Phone(deps, self.people["pendamping"])

    def add_person(
        self,
        username: str,
        nama: str,
        kode: str,
        roles: tuple[Role, ...],
        areas: tuple[str, ...] = (),
        services: tuple[str, ...] = ("bpnt", "kis"),
    ) -> PersonId:
        """Add somebody with a login."""
        person = PersonId(secrets.token_hex(16))
        areas = areas or ((DESA,) if roles == ("pendamping",) else ())
        made = create_user(
            self.accounts,
            self.deps.office,
            author=self.deps.office.person,
            person=Person(id=person, nama=nama, kode=kode, roles=roles, areas=areas, services=services),
            username=username,
            password=PASSWORD,
        )
        assert isinstance(made, Created)
        self.people[username] = person
        return person

    def add_warga(self, nama: str, desa: str) -> RecordId:
        """Add somebody who is visited."""
        warga = RecordId(secrets.token_hex(16))
        fields = {
            "nama": nama,
            "kode_desa": desa,
            "layanan": ["bpnt"],
            "nik": "3314990101800001",
            "rumah": HOME,
        }
        self.deps.office.act(self.deps.office.person, Patch(record=warga, kind="warga", base={}, new=fields))
        return warga

    def add_visit(
        self,
        *,
        visit: RecordId | None = None,
        follows: ChangeId | None = None,
        warga: RecordId | None = None,
        phone: Phone | None = None,
        photos: tuple[str, ...] = ("foto_rumah_depan", "foto_rumah_dalam", "foto_kk"),
        held: bool = True,
        answers: dict[str, Any] | None = None,
        more: dict[str, FormAnswers] | None = None,
        evidence: list[Evidence] | None = None,
        wall_ms: int | None = None,
        at: Place | None = None,
        tugas: RecordId | None = None,
    ) -> tuple[RecordId, ChangeId]:
        """Let a phone send a visit, with photos that differ from all others, or with this evidence."""
        phone = phone or self.phone
        visit = visit or RecordId(secrets.token_hex(16))
        now = self.deps.now_ms()
        evidence = list(evidence or ())
        for number, field in enumerate(() if evidence else photos):
            data = picture(f"{field} {secrets.token_hex(8)}", number)
            blob = phone.send_blob(data) if held else BlobId(sha256(data).hexdigest())
            evidence.append(
                Evidence(
                    blob=blob,
                    form="bpnt_kpm",
                    field=field,
                    size_bytes=len(data),
                    media_type="image/jpeg",
                    camera_sha256=secrets.token_hex(32),
                    taken_ms=now - 1_800_000 + number * 60_000,
                    place=place(now, -7.4400 - number * 0.0001),
                )
            )
        given = {**ANSWERS, **(answers or {}), **{item.field: [item.blob] for item in evidence}}
        body = Submit(
            visit=visit,
            follows=follows,
            subject=warga or self.warga,
            form="bpnt_kpm",
            forms={"bpnt_kpm": FormAnswers(version=1, answers=given), **(more or {})},
            evidence=evidence,
            place=at or place(now, -7.4400),
            tugas=tugas,
        )
        return visit, phone.push(body, wall_ms=wall_ms)

    def blobs_of(self, visit: RecordId) -> list[BlobId]:
        """Return the photos of a visit's newest version, in order."""
        found = self.deps.engine.read(lambda tx: load_visit(tx, visit))
        assert found is not None
        return [item.blob for item in found.newest.photos]

    def person(self, name: str) -> Person:
        """Return somebody as the pages know them."""
        found = self.deps.engine.read(lambda tx: load_person(tx, self.people[name]))
        assert found is not None
        return found

    def fields(self, record: RecordId) -> dict[str, Any]:
        """Return what the office holds of a record."""
        return self.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([record]))[record].fields


def place(now: int, lat: float) -> Place:
    """Return a place in the desa."""
    return Place(lat=lat, lng=110.7820, accuracy_m=8.0, at_ms=now - 1_800_000)


def picture(title: str, number: int) -> bytes:
    """Draw a house in different weather; no two titles give pictures that look alike."""
    rng = random.Random(title)
    sky = [(158, 197, 222), (222, 190, 158), (170, 200, 170)][number % 3]
    image = Image.new("RGB", (1280, 960), sky)
    draw = ImageDraw.Draw(image)
    ground = rng.randrange(480, 760)
    draw.rectangle((0, ground, 1280, 960), fill=(120, 140, 90))
    for _ in range(7):  # trees and neighbours
        x, high, wide, tone = (
            rng.randrange(1280),
            rng.randrange(120, 480),
            rng.randrange(40, 200),
            rng.random(),
        )
        foot = ground + rng.randrange(-40, 200)
        if rng.random() < 0.6:
            green = (int(40 + 120 * tone), int(70 + 120 * tone), int(40 + 70 * tone))
            draw.ellipse((x - wide, foot - high, x + wide, foot - high // 3), fill=green)
            draw.rectangle((x - 12, foot - high // 2, x + 12, foot), fill=(90, 70, 50))
        else:
            wall = (int(70 + 170 * tone), int(60 + 165 * tone), int(55 + 150 * tone))
            draw.rectangle((x - wide, foot - high, x + wide, foot), fill=wall)
    for _ in range(4):  # what lies about in the yard
        x, y, wide, tone = (
            rng.randrange(1280),
            rng.randrange(ground, 960),
            rng.randrange(30, 160),
            rng.randrange(60, 230),
        )
        draw.ellipse((x - wide, y - wide // 2, x + wide, y + wide // 2), fill=(tone, tone, tone))
    left, wide = rng.randrange(60, 700), rng.randrange(260, 560)
    eaves = ground - rng.randrange(120, 320)
    draw.rectangle((left, eaves, left + wide, ground + 60), fill=(205, 180, 140))
    roof = [(left - 50, eaves + 10), (left + wide // 2, eaves - 160), (left + wide + 50, eaves + 10)]
    draw.polygon(roof, fill=(150, 70, 50))
    draw.rectangle((left + wide // 3, ground - 100, left + wide // 2, ground + 60), fill=(90, 60, 40))
    draw.text((40, 40), title, fill=(20, 20, 20), font_size=40)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def open_at(folder: Path) -> Office:
    """Make a new office in a folder."""
    assert init_office(folder / "office", None, Regency("33.14"), "Dinas Sosial Uji") is None
    deps = open_office(folder / "office", None)
    assert isinstance(deps, Deps)
    return Office(deps)


@contextmanager
def serving(office: Office, pages: list[Any] | None = None) -> Iterator[str]:
    """Serve the office on a free port, with its usual pages or these; stops by its own handle."""
    app = create_app(office.deps, pages or web_pages(office.deps))
    # named, so that asyncio knows it for TCP and sets TCP_NODELAY: else each answer waits 40 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    with in_thread(app, listener, lifespan="off"):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def shut(office: Office) -> None:
    """Close the office."""
    close_office(office.deps)

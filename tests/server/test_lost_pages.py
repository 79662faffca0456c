"""A lost phone on the office's pages: who may do what, the clock, letters, wiping by two, and the chain."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from schemas import format as written
from schemas.base import decode, encode
from schemas.device_word import DeviceReport
from schemas.ids import RecordId
from server import alarm_store, device_store
from server.compose import unlock
from server.lost_store import Wipe
from server.services.incident_clock import HOUR_MS
from server.services.lost_facts import Facts
from server.services.lost_phones import LETTERS, LostPhones
from server.store import SqlOfficeStore
from sync.change import Accessed, Patch, read
from tests.server.room_office import csrf
from tests.server.web_office import DESA, PASSWORD, Office, open_at, serving, shut

OTHER = "33.14.01.2002"


class Desk:
    """A served office with one phone, and people who log in."""

    def __init__(self, office: Office, address: str, folder: Path) -> None:
        self.office, self.address, self.folder = office, address, folder
        self.device = office.phone.device
        self.page = f"/perangkat/hp/{self.device}"
        deps = office.deps
        self.lost = LostPhones(deps.engine, deps.office, deps.now_ms, deps.randomness)
        self._open: dict[str, httpx.Client] = {}

    def client(self, name: str) -> httpx.Client:
        if name not in self._open:
            client = self._open[name] = httpx.Client(base_url=self.address, timeout=20)
            form = {"csrf": csrf(client.get("/masuk")), "nama": name, "sandi": PASSWORD}
            assert client.post("/masuk", data=form).status_code == 303
        return self._open[name]

    def post(self, name: str, step: str, **given: str) -> httpx.Response:
        client = self.client(name)
        form = {"csrf": csrf(client.get("/akun")), "langkah": step, **given}
        return client.post(self.page, data=form)

    def report(
        self, name: str = "petugas", hours_ago: int = 0, cerita: str = "Dicuri di pasar"
    ) -> httpx.Response:
        at = written.local(self.office.deps.now_ms() - hours_ago * HOUR_MS)
        day, clock = at.date().isoformat(), f"{at.hour:02}:{at.minute:02}"
        return self.post(name, "lapor", tanggal=day, jam=clock, cerita=cerita)

    def letters(self, name: str, whom: str) -> httpx.Response:
        form = {"csrf": csrf(self.client(name).get("/akun")), "untuk": whom, "laporan": self.report_id()}
        return self.client(name).post(f"{self.page}/surat", data=form)

    def report_id(self) -> str:
        return self.lost.all()[0].lost.id

    def wipe(self) -> Wipe:
        return self.lost.wipes(self.device)[0]

    def revoked(self) -> bool:
        found = self.office.deps.engine.read(lambda tx: device_store.device(tx, self.device))
        return found is not None and found.revoked_ms is not None

    def chain(self) -> list[object]:
        """What the office's own chain says, oldest first."""
        deps = self.office.deps

        def look(tx):  # type: ignore[no-untyped-def]
            store = SqlOfficeStore.reading(tx)
            return [read(entry.content or b"").body for entry in store.entries(deps.office.device, 0, 500)]

        return deps.engine.read(look)

    def close(self) -> None:
        for client in self._open.values():
            client.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    office = open_at(tmp_path)
    with serving(office) as address:
        desk = Desk(office, address, tmp_path / "office")
        yield desk
        desk.close()
    shut(office)


def test_a_report_ends_the_phones_access_at_once_and_starts_the_clock(desk: Desk) -> None:
    assert not desk.revoked()
    assert desk.report().status_code == 303
    assert desk.revoked()
    page = desk.client("kabid").get(desk.page).text
    assert "Sisa 71 jam" in page and "Dicuri di pasar" in page and "Petugas Uji" in page
    assert "Warga dan e-warong yang datanya ada di HP" in page
    said = [body for body in desk.chain() if isinstance(body, Patch) and body.kind == "hp_hilang"]
    assert [body.new["state"] for body in said] == ["dilaporkan"]
    again = desk.report()
    assert again.status_code == 422 and "sudah dilaporkan hilang" in again.text


@pytest.mark.parametrize(
    ("hours", "tone", "word"),
    [(1, "info", "Sisa 70 jam"), (60, "notice", "Segera: sisa 11 jam"), (80, "bad", "Lewat 8 jam")],
)
def test_the_first_page_counts_down_for_those_who_must_act(
    desk: Desk, hours: int, tone: str, word: str
) -> None:
    assert desk.report(hours_ago=hours).status_code == 303
    for name in ("kabid", "petugas", "admin"):
        home = desk.client(name).get("/").text
        assert re.search(rf'class="badge {tone}">.*?{word}', home, re.S), name
    for name in ("verifikator", "pengawas", "pendamping"):
        assert word not in desk.client(name).get("/").text


def test_what_cannot_be_is_refused_and_what_was_typed_stays(desk: Desk) -> None:
    late = desk.report(hours_ago=-30)
    assert late.status_code == 422 and "tidak boleh sesudah sekarang" in late.text
    assert "Dicuri di pasar" in late.text and not desk.revoked()
    odd = desk.post("petugas", "lapor", tanggal="kemarin", jam="pagi", cerita="x")
    assert odd.status_code == 422 and "tidak terbaca" in odd.text
    assert desk.report(cerita=" ").status_code == 422
    assert desk.client("kabid").get("/perangkat/hp/" + "f" * 32).status_code == 404
    assert not desk.revoked() and desk.lost.all() == []


def test_letters_name_whose_data_was_there_and_opening_them_is_on_record(desk: Desk) -> None:
    assert desk.report().status_code == 303
    assert desk.office.warga in decode(desk.lost.all()[0].lost.facts, Facts).who
    letter = desk.letters("petugas", "warga")
    assert letter.status_code == 200 and "Yth. Sutarmi" in letter.text and "pasal 46" in letter.text
    assert "3314990101800001" not in letter.text and "Dicuri di pasar" not in letter.text
    looks = [body for body in desk.chain() if isinstance(body, Accessed) and body.purpose == LETTERS]
    assert [body.subject for body in looks] == [desk.report_id()]
    authority = desk.letters("kabid", "lembaga").text
    assert "Dicuri di pasar" in authority and "Sutarmi" not in authority
    assert desk.letters("admin", "warga").status_code == desk.letters("admin", "lembaga").status_code == 403


@pytest.mark.parametrize("deed", ["area", "moved", "deleted"])
def test_what_was_taken_from_a_phone_that_did_not_hear_of_it_is_on_it_still(desk: Desk, deed: str) -> None:
    """Somebody hands her work to another first, and reports the phone then."""
    deps, office = desk.office.deps, desk.office
    deps.engine.write(lambda tx: alarm_store.note_heard(tx, [(desk.device, deps.now_ms(), 3, 0)])).result()
    person = RecordId(office.people["pendamping"])
    patch = {
        "area": Patch(record=person, kind="petugas", base={"wilayah": [DESA]}, new={"wilayah": [OTHER]}),
        "moved": Patch(record=office.warga, kind="warga", base={"kode_desa": DESA}, new={"kode_desa": OTHER}),
        "deleted": Patch(record=office.warga, kind="warga", base={}, new={"dihapus": True}),
    }[deed]
    deps.office.act(office.people["kabid"], patch)
    assert desk.report().status_code == 303
    facts = decode(desk.lost.all()[0].lost.facts, Facts)
    assert facts.who == (office.warga,) and facts.people == 1


def test_what_a_phone_was_rid_of_when_it_spoke_is_not_on_it(desk: Desk) -> None:
    deps, office = desk.office.deps, desk.office
    deps.office.act(
        office.people["kabid"],
        Patch(record=office.warga, kind="warga", base={"kode_desa": DESA}, new={"kode_desa": OTHER}),
    )
    later = deps.now_ms() + 1
    deps.engine.write(lambda tx: alarm_store.note_heard(tx, [(desk.device, later, 3, 0)])).result()
    assert desk.report().status_code == 303
    assert decode(desk.lost.all()[0].lost.facts, Facts).who == ()


def test_a_phone_says_of_itself_no_more_than_the_office_keeps() -> None:
    said = DeviceReport(changes=0, photos=0, drafts=0, lock="berkas")
    for more in ({"rescue_key": bytes(33)}, {"letter": bytes(257)}, {"changes": -1}, {"drafts": 2**63}):
        with pytest.raises(msgspec.ValidationError):
            decode(encode(msgspec.structs.replace(said, **more)), DeviceReport)
    assert decode(encode(said), DeviceReport) == said


def test_a_report_is_closed_when_both_were_told_or_the_phone_was_found_in_time(desk: Desk) -> None:
    assert desk.report().status_code == 303
    name = desk.report_id()
    page = desk.client("kabid").get(desk.page).text
    assert '<select name="hasil" required><option value="">' in page, "no outcome is chosen beforehand"
    early = desk.post("kabid", "tutup", laporan=name, hasil="tidak_kembali")
    assert early.status_code == 422 and "belum dicatat sudah diberi tahu" in early.text
    assert desk.post("kabid", "tutup", laporan=name, hasil="ditemukan").status_code == 422
    assert desk.post("petugas", "diberitahu", laporan=name, siapa="warga").status_code == 403
    for whom in ("warga", "lembaga"):
        assert desk.post("kabid", "diberitahu", laporan=name, siapa=whom).status_code == 303
    assert "sudah diberi tahu" in desk.client("kabid").get("/").text
    assert desk.post("kabid", "tutup", laporan=name, hasil="tidak_kembali").status_code == 303
    assert "HP tidak kembali. Ditutup Kabid Uji" in desk.client("kabid").get(desk.page).text
    assert "beri tahu warga" not in desk.client("kabid").get("/").text
    # lost once more, and found again under the sofa
    assert desk.report().status_code == 303
    found = {"laporan": desk.report_id(), "hasil": "ditemukan", "catatan": "Tertinggal di balai desa"}
    assert desk.post("kabid", "tutup", **found).status_code == 303
    assert "HP ditemukan" in desk.client("kabid").get(desk.page).text and desk.revoked()
    said = [body.new for body in desk.chain() if isinstance(body, Patch) and body.kind == "hp_hilang"]
    assert said[-1] == {"state": "ditutup", "hasil": "ditemukan", "catatan": "Tertinggal di balai desa"}


def test_wiping_takes_two_and_stands_in_the_chain(desk: Desk) -> None:
    assert desk.post("kabid", "hapus", alasan="Dicuri").status_code == 403
    assert desk.post("petugas", "hapus", alasan=" ").status_code == 422
    assert desk.post("petugas", "hapus", alasan="Dicuri").status_code == 303
    wipe = desk.wipe()
    assert "menunggu persetujuan" in desk.client("kabid").get("/").text
    assert "menunggu persetujuan" not in desk.client("admin").get("/").text
    assert desk.post("petugas", "setuju", perintah=wipe.id).status_code == 403
    assert desk.post("kabid", "setuju", perintah="f" * 32).status_code == 422
    assert desk.post("kabid", "setuju", perintah=wipe.id).status_code == 303
    assert desk.wipe().approved_ms and "Disetujui Kabid Uji" in desk.client("admin").get(desk.page).text
    said = [
        body.new["state"]
        for body in desk.chain()
        if isinstance(body, Patch) and body.kind == "perintah_hapus"
    ]
    assert said == ["diminta", "disetujui"]


def test_an_order_is_taken_back_until_the_phone_was_told(desk: Desk) -> None:
    assert desk.post("petugas", "hapus", alasan="Dicuri").status_code == 303
    assert desk.post("kabid", "setuju", perintah=desk.wipe().id).status_code == 303
    assert desk.post("petugas", "tarik", perintah=desk.wipe().id).status_code == 303
    said = DeviceReport(changes=2, photos=1, drafts=1, lock="perangkat_keras")
    words = desk.office.deps.device_words
    assert words.report(desk.device, said).result().wipe == b"" and desk.wipe().told_ms is None
    assert desk.post("petugas", "hapus", alasan="Dicuri lagi").status_code == 303
    assert desk.post("kabid", "setuju", perintah=desk.wipe().id).status_code == 303
    assert words.report(desk.device, said).result().wipe
    assert desk.wipe().told_ms
    late = desk.post("kabid", "tarik", perintah=desk.wipe().id)
    assert late.status_code == 422 and desk.wipe().withdrawn_ms is None
    assert "Disampaikan ke HP" in late.text and "Tarik perintah" not in late.text


def test_the_page_is_for_those_who_look_after_phones(desk: Desk) -> None:
    for name in ("pendamping", "verifikator", "pengawas"):
        assert desk.client(name).get(desk.page).status_code == 403
        assert desk.post(name, "lapor").status_code == 403
    assert not desk.revoked() and unlock(desk.folder, None)


def test_a_report_of_before_this_kept_no_ids_and_is_read_all_the_same(desk: Desk) -> None:
    """Facts of an older program lack `who`: they are counted, and no letter is made up."""
    assert desk.report().status_code == 303
    raw = encode(
        {key: value for key, value in decode(desk.lost.all()[0].lost.facts, dict).items() if key != "who"}
    )
    assert decode(raw, Facts).who == ()

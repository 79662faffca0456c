"""The pages over HTTP: every right on every path, forms of one session only, nothing kept anywhere."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from schemas.ids import ChangeId, RecordId
from server.accounts import csrf_of
from server.store import SqlOfficeStore
from server.web.login import own_page
from sync.change import Accessed, FormAnswers, Patch, read
from sync.places import place_at
from tests.server.room_office import csrf
from tests.server.web_office import DESA, ELSEWHERE, PASSWORD, Office, Phone, open_at, serving, shut

PAGES = [
    "/", "/antrean", "/konflik", "/kasus", "/serah-terima", "/karantina", "/perangkat", "/tampilan",
    "/keluar",
]  # fmt: skip
NIK = "3314990101800001"


class Site:
    """A served office, and browsers without JavaScript."""

    def __init__(self, office: Office, address: str) -> None:
        self.office, self.address = office, address

    def visitor(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=20)

    @contextmanager
    def log_in(self, username: str) -> Iterator[httpx.Client]:
        with self.visitor() as client:
            form = {"csrf": csrf(client.get("/masuk")), "nama": username, "sandi": PASSWORD}
            assert client.post("/masuk", data=form).status_code == 303
            yield client


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    office = open_at(tmp_path_factory.mktemp("web"))
    with serving(office) as address:
        yield Site(office, address)
    shut(office)


def seen(page: httpx.Response) -> str:
    found = re.search(r'name="dilihat" value="([0-9a-f]+)"', page.text)
    assert found
    return found[1]


def decide(client: httpx.Client, visit: RecordId, decision: str, **more: str) -> httpx.Response:
    page = client.get(f"/kunjungan/{visit}")
    form = {"csrf": csrf(page), "dilihat": seen(page), "keputusan": decision, "catatan": "", **more}
    return client.post(f"/kunjungan/{visit}/keputusan", data=form)


@pytest.mark.parametrize("path", [*PAGES, "/kunjungan/" + "a" * 32, "/kunjungan/x/foto/y/isi", "/kasus/x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_is_shown_or_done_without_a_session(site: Site, path: str, method: str) -> None:
    with site.visitor() as client:
        answer = client.request(method, path)
        assert answer.status_code in (303, 404, 405)
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/masuk")
        assert "Sutarmi" not in answer.text


def test_wrong_logins_answer_alike_whichever_part_was_wrong(site: Site) -> None:
    answers: list[str] = []
    for username, password in (("kabid", "salah-sekali-ini"), ("tidak-ada", PASSWORD)):
        with site.visitor() as client:
            form = {"csrf": csrf(client.get("/masuk")), "nama": username, "sandi": password}
            answer = client.post("/masuk", data=form)
            assert answer.status_code == 401
            answers.append(re.sub(r'value="[^"]*"', "", answer.text))
    assert answers[0] == answers[1]


def test_a_login_form_from_elsewhere_is_refused(site: Site) -> None:
    with site.visitor() as client:
        for token in ("0" * 64, csrf_of(""), ""):
            # no cookie of ours came with it: another site wrote this form
            client.cookies.clear()
            answer = client.post("/masuk", data={"nama": "kabid", "sandi": PASSWORD, "csrf": token})
            assert answer.status_code == 403 and "sambang_sesi" not in answer.cookies


def test_the_session_cookie_is_for_this_site_alone(site: Site) -> None:
    with site.visitor() as client:
        form = {"csrf": csrf(client.get("/masuk")), "nama": "kabid", "sandi": PASSWORD}
        header = client.post("/masuk", data=form).headers["set-cookie"].lower()
    assert "httponly" in header and "samesite=lax" in header and "path=/" in header


@pytest.mark.parametrize(
    "target", ["https://lain.example", "//lain.example", "/\\lain", "javascript:1", "/x"]
)
def test_nobody_is_sent_elsewhere_after_logging_in(target: str) -> None:
    assert own_page(target) == "/"
    assert own_page("/kunjungan/" + "a" * 32) == "/kunjungan/" + "a" * 32


MATRIX = {
    "/antrean": {"pendamping", "verifikator", "petugas", "kabid", "pengawas"},
    "/konflik": {"verifikator", "petugas", "kabid", "pengawas"},
    "/kasus": {"verifikator", "petugas", "kabid", "pengawas"},
    "/serah-terima": {"verifikator", "petugas", "kabid", "admin"},
    "/karantina": {"verifikator", "petugas", "kabid", "pengawas", "admin"},
    "/perangkat": {"petugas", "kabid", "admin"},
}


@pytest.mark.parametrize("role", ["pendamping", "verifikator", "petugas", "kabid", "pengawas", "admin"])
def test_each_role_reaches_its_pages_and_no_others(site: Site, role: str) -> None:
    visit, _ = site.office.add_visit()
    with site.log_in(role) as client:
        for path, roles in MATRIX.items():
            assert client.get(path).status_code == (200 if role in roles else 403), path
        assert client.get("/").status_code == 200
        shown = client.get(f"/kunjungan/{visit}")
        assert shown.status_code == (403 if role == "admin" else 200)
        offers = 'id="keputusan"' in shown.text
        assert offers == (role in {"verifikator", "petugas", "kabid"})


@pytest.mark.parametrize("role", ["pendamping", "pengawas", "admin"])
def test_who_may_not_decide_cannot_by_asking_either(site: Site, role: str) -> None:
    visit, change = site.office.add_visit()
    with site.log_in(role) as client:
        form = {"csrf": csrf(client.get("/")), "dilihat": change.hex(), "keputusan": "setujui"}
        assert client.post(f"/kunjungan/{visit}/keputusan", data=form).status_code == 403
    assert site.office.fields(visit)["state"] == "diterima"


def test_nobody_decides_their_own_visit_and_the_page_says_so(site: Site) -> None:
    office = site.office
    own = Phone(office.deps, office.people["verifikator"])
    visit, change = office.add_visit(phone=own)
    with site.log_in("verifikator") as client:
        page = client.get(f"/kunjungan/{visit}")
        assert "Ini kunjungan Anda sendiri" in page.text and 'id="keputusan"' not in page.text
        form = {"csrf": csrf(page), "dilihat": change.hex(), "keputusan": "setujui"}
        assert client.post(f"/kunjungan/{visit}/keputusan", data=form).status_code == 403
    assert office.fields(visit)["state"] == "diterima"


def test_a_visit_of_another_desa_is_not_there(site: Site) -> None:
    office = site.office
    office.add_person("sempit", "Sempit Uji", "U90", ("verifikator",), (DESA,))
    far, _ = office.add_visit(warga=office.add_warga("Warga Jauh", ELSEWHERE))
    near, _ = office.add_visit()
    blob = office.blobs_of(far)[0]
    with site.log_in("sempit") as client:
        assert client.get(f"/kunjungan/{near}").status_code == 200
        for path in (
            f"/kunjungan/{far}",
            f"/kunjungan/{far}/foto/{blob}",
            f"/kunjungan/{far}/foto/{blob}/isi",
        ):
            assert client.get(path).status_code == 404
        assert client.get(f"/kunjungan/{near}/foto/{blob}/isi").status_code == 404
        assert "Warga Jauh" not in client.get("/antrean").text


def test_a_visit_is_approved_once_by_whoever_saw_its_newest_state(site: Site) -> None:
    visit, _ = site.office.add_visit()
    with site.log_in("kabid") as client:
        answer = decide(client, visit, "setujui")
        assert answer.headers["location"] == "/antrean?selesai=disetujui"
    fields = site.office.fields(visit)
    assert fields["state"] == "disetujui" and fields["decided_by"] == site.office.people["kabid"]


def test_a_stale_tab_decides_nothing_and_shows_the_newest_state(site: Site) -> None:
    visit, first = site.office.add_visit()
    with site.log_in("petugas") as stale, site.log_in("kabid") as quick:
        page = stale.get(f"/kunjungan/{visit}")
        assert decide(quick, visit, "tahan", catatan="Menunggu surat").status_code == 303
        form = {"csrf": csrf(page), "dilihat": seen(page), "keputusan": "setujui"}
        answer = stale.post(f"/kunjungan/{visit}/keputusan", data=form)
        assert answer.status_code == 409
        assert "sudah berubah sejak Anda membukanya" in answer.text and "Ditahan" in answer.text
        assert seen(answer) != first.hex()
    assert site.office.fields(visit)["state"] == "ditahan"
    conflicts = site.office.deps.engine.read(
        lambda tx: tx.query("SELECT count(*) FROM konflik WHERE kabupaten = :kabupaten")
    )
    assert conflicts[0][0] == 0


def test_a_return_carries_its_reasons_to_a_field_answered_or_blank_and_to_a_photo(site: Site) -> None:
    visit, change = site.office.add_visit()
    blob = site.office.blobs_of(visit)[0]
    with site.log_in("verifikator") as client:
        reasons = {
            "alasan.bpnt_kpm.nama": " Ejaan beda dengan KTP ",
            "alasan.bpnt_kpm.alasan_tidak_layak": "Belum diisi",
            f"alasan.{blob}": "Kurang jelas",
            "alasan.x": "",
        }
        assert decide(client, visit, "kembalikan", **reasons).status_code == 303
        again = client.get(f"/kunjungan/{visit}")
        assert "Menunggu perbaikan" in again.text
    fields = site.office.fields(visit)
    assert fields["state"] == "dikembalikan"
    assert fields["reasons"] == {
        "bpnt_kpm.nama": "Ejaan beda dengan KTP",
        "bpnt_kpm.alasan_tidak_layak": "Belum diisi",
        blob: "Kurang jelas",
    }
    site.office.add_visit(visit=visit, follows=change, answers={"nama": "Sutarmi Binti"}, photos=())
    with site.log_in("verifikator") as client:
        page = client.get(f"/kunjungan/{visit}")
        assert "Diminta sebelumnya:" in page.text and "Ejaan beda dengan KTP" in page.text
        assert re.search(r'class="was">.*Sutarmi</span>Sutarmi Binti', page.text)


@pytest.mark.parametrize(
    ("decision", "more", "say"),
    [
        ("kembalikan", {}, "Tulis dulu apa yang perlu diperbaiki"),
        ("tolak", {}, "Tulis dulu alasannya di catatan"),
        ("tahan", {}, "Tulis dulu alasannya di catatan"),
        ("setujui", {"alasan.bpnt_kpm.nama": "Salah"}, "Pilih Kembalikan"),
        ("hapus", {}, "Pilih salah satu keputusan"),
    ],
)
def test_a_decision_that_lacks_something_is_not_taken_and_keeps_what_was_typed(
    site: Site, decision: str, more: dict[str, str], say: str
) -> None:
    visit, _ = site.office.add_visit(photos=())
    with site.log_in("verifikator") as client:
        answer = decide(client, visit, decision, **more)
        assert answer.status_code == 422 and say in answer.text
        assert all(value in answer.text for value in more.values())
    assert site.office.fields(visit)["state"] == "diterima"


def test_a_form_of_another_session_changes_nothing(site: Site) -> None:
    visit, change = site.office.add_visit()
    with site.log_in("verifikator") as client, site.log_in("kabid") as other:
        for token in (csrf(other.get("/")), "", "x"):
            form = {"csrf": token, "dilihat": change.hex(), "keputusan": "setujui"}
            answer = client.post(f"/kunjungan/{visit}/keputusan", data=form)
            assert answer.status_code == 403 and "Buka lagi halamannya" in answer.text
        json = client.post(f"/kunjungan/{visit}/keputusan", json={"keputusan": "setujui"})
        assert json.status_code == 400
    assert site.office.fields(visit)["state"] == "diterima"


def test_numbers_stay_covered_until_opened_with_a_purpose_that_is_recorded(site: Site) -> None:
    visit, _ = site.office.add_visit()
    with site.log_in("pengawas") as client:
        page = client.get(f"/kunjungan/{visit}")
        assert NIK not in page.text and "•••• 0001" in page.text
        short = client.post(f"/kunjungan/{visit}/buka", data={"csrf": csrf(page), "keperluan": "x"})
        assert short.status_code == 422 and NIK not in short.text
        form = {"csrf": csrf(page), "keperluan": "Pemeriksaan aduan 12"}
        opened = client.post(f"/kunjungan/{visit}/buka", data=form)
        assert NIK in opened.text and opened.headers["cache-control"] == "no-store"
        assert NIK not in client.get(f"/kunjungan/{visit}").text
    deps = site.office.deps
    entry = deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).entries(deps.office.device, 0, 10_000))[-1]
    assert entry.content is not None
    said = read(entry.content)
    assert said.body == Accessed(subject=visit, purpose="Pemeriksaan aduan 12")
    assert said.author == site.office.people["pengawas"]


def test_a_pendamping_cannot_open_numbers(site: Site) -> None:
    visit, _ = site.office.add_visit()
    with site.log_in("pendamping") as client:
        page = client.get(f"/kunjungan/{visit}")
        form = {"csrf": csrf(page), "keperluan": "Ingin melihat"}
        assert "/buka" not in page.text
        assert client.post(f"/kunjungan/{visit}/buka", data=form).status_code == 403


def test_photos_come_whole_through_the_visit_and_small_in_lists(site: Site) -> None:
    visit, _ = site.office.add_visit()
    blob = site.office.blobs_of(visit)[0]
    with site.log_in("verifikator") as client:
        full = client.get(f"/kunjungan/{visit}/foto/{blob}/isi")
        assert full.headers["content-type"] == "image/jpeg" and full.headers["cache-control"] == "no-store"
        for _ in range(2):
            small = client.get(f"/kunjungan/{visit}/foto/{blob}/kecil")
            assert small.content.startswith(b"\xff\xd8") and len(small.content) < 20_000 < len(full.content)
            assert small.headers["cache-control"].startswith("private")
        assert blob in client.get(f"/kunjungan/{visit}/foto/{blob}").text
        assert client.get(f"/kunjungan/{visit}/foto/{'0' * 64}/isi").status_code == 404


def test_a_photo_that_has_not_arrived_is_said_to_be_missing(site: Site) -> None:
    visit, _ = site.office.add_visit(held=False)
    blob = site.office.blobs_of(visit)[0]
    with site.log_in("verifikator") as client:
        page = client.get(f"/kunjungan/{visit}")
        assert "Belum sampai di kantor" in page.text and "Baru 0 dari 3 berkas" in page.text
        assert client.get(f"/kunjungan/{visit}/foto/{blob}/isi").status_code == 404


def test_badges_are_good_only_for_what_holds(site: Site) -> None:
    visit, change = site.office.add_visit()
    deps = site.office.deps
    with site.log_in("verifikator") as client:
        good = client.get(f"/kunjungan/{visit}").text
        assert all(word in good for word in ("Isi utuh", "Rantai utuh", "Tanda tangan sah", "Foto lengkap"))
        assert "Lokasi wajar" in good and "Waktu wajar" in good
        spoil_signatures(site.office, change)
        assert "Tanda tangan tidak ditemukan" in client.get(f"/kunjungan/{visit}").text
    assert deps is site.office.deps


def spoil_signatures(office: Office, change: ChangeId) -> None:
    office.deps.engine.write(
        lambda tx: tx.execute(
            "UPDATE signatures SET signature = :zeros WHERE kabupaten = :kabupaten AND head ="
            " (SELECT hash FROM links WHERE kabupaten = :kabupaten AND change = :change)",
            {"zeros": bytes(64), "change": change},
        )
    ).result()


@pytest.mark.parametrize("taken", [False, True], ids=["its place is free", "somebody is there"])
def test_approving_a_problem_with_a_card_opens_its_case(site: Site, taken: bool) -> None:
    problem = FormAnswers(version=1, answers={"jenis_masalah": "kks_hilang", "tindakan_pendamping": "Lapor"})
    whom = site.office.add_warga("Warga Kartu", DESA)
    visit, _ = site.office.add_visit(warga=whom, more={"kks_masalah": problem})
    if taken:
        place = place_at(f"kasus\0{visit}\0kks_masalah".encode())
        new = {"nama": "Siapa Saja", "kode_desa": DESA, "layanan": ["bpnt"]}
        site.office.phone.push(Patch(record=place, kind="warga", base={}, new=new))
    with site.log_in("verifikator") as client:
        link = r'href="/kasus/([0-9a-f]{32})"'
        before = set(re.findall(link, client.get("/kasus").text))
        assert decide(client, visit, "setujui").headers["location"].endswith("disetujui_kasus")
        listed = client.get("/kasus")
        [case] = set(re.findall(link, listed.text)) - before
        assert "Dicatat" in listed.text
        page = client.get(f"/kasus/{case}")
        form = {"csrf": csrf(page), "dilihat": seen(page), "langkah": "tangani"}
        assert client.post(f"/kasus/{case}", data=form).status_code == 303
        assert client.post(f"/kasus/{case}", data=form).status_code == 409
        assert "Ditangani pendamping" in client.get(f"/kasus/{case}").text


def test_a_conflict_stands_side_by_side_until_somebody_chooses(site: Site) -> None:
    office = site.office
    warga = office.add_warga("Warga Konflik", DESA)
    office.phone.push(
        Patch(record=warga, kind="warga", base={"nama": "Nama Lama"}, new={"nama": "Dari Lapangan"})
    )
    with site.log_in("petugas") as client:
        listed = client.get("/konflik")
        conflict = re.search(r'href="/konflik/([0-9a-f]{32})"', listed.text)
        assert conflict
        page = client.get(f"/konflik/{conflict[1]}")
        assert all(value in page.text for value in ("Nama Lama", "Warga Konflik", "Dari Lapangan"))
        form = {"csrf": csrf(page), "dilihat": seen(page), "pilih.nama": "mine"}
        assert client.post(f"/konflik/{conflict[1]}", data=form).status_code == 303
        assert client.post(f"/konflik/{conflict[1]}", data=form).status_code in (403, 409)
    assert office.fields(warga)["nama"] == "Dari Lapangan"


def test_an_enrolment_code_is_shown_once_and_lets_a_phone_in(site: Site) -> None:
    with site.log_in("admin") as client:
        page = client.get("/perangkat")
        form = {"csrf": csrf(page), "petugas": site.office.people["pendamping"]}
        made = client.post("/perangkat", data=form)
        code = re.search(r'class="code">([A-Z2-7]{4}-[A-Z2-7]{4})<', made.text)
        assert code and "<svg" in made.text and 'style="' not in made.text
        assert code[1] not in client.get("/perangkat").text
        wrong = client.post("/perangkat", data={**form, "petugas": site.office.people["admin"]})
        assert wrong.status_code == 422


@pytest.mark.parametrize("path", ["/masuk", "/antrean", "/tidak-ada", "/kunjungan/" + "b" * 32])
def test_every_page_is_strict_and_kept_nowhere(site: Site, path: str) -> None:
    with site.log_in("verifikator") as client:
        answer = client.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    scripts = re.findall(r"<script(?![^>]*(?:src=|application/json))", answer.text)
    assert scripts == [] and not re.search(r'\s(?:style|on[a-z]+)="', answer.text)


def test_unknown_addresses_answer_people_with_a_page_and_machines_with_a_problem(site: Site) -> None:
    with site.visitor() as client:
        page, problem = client.get("/tidak/ada"), client.get("/api/tidak-ada")
    assert page.status_code == 404 and "Halaman tidak ditemukan" in page.text
    assert problem.status_code == 404 and problem.headers["content-type"].startswith(
        "application/problem+json"
    )


def test_a_person_who_left_is_out_at_once(site: Site) -> None:
    office = site.office
    person = office.add_person("pergi", "Pergi Uji", "U91", ("kabid",))
    with site.log_in("pergi") as client:
        assert client.get("/antrean").status_code == 200
        gone = Patch(record=RecordId(person), kind="petugas", base={"aktif": True}, new={"aktif": False})
        office.deps.office.act(office.deps.office.person, gone)
        assert client.get("/antrean").status_code == 303


def test_logging_out_needs_the_form_and_ends_the_session(site: Site) -> None:
    with site.log_in("kabid") as client:
        page = client.get("/")
        assert client.post("/keluar", data={"csrf": "x"}).status_code == 403
        assert client.post("/keluar", data={"csrf": csrf(page)}).status_code == 303
        assert client.get("/").status_code == 303


def test_filters_narrow_the_queue_and_never_widen_it(site: Site) -> None:
    office = site.office
    office.add_visit(warga=office.add_warga("Warga Saring", ELSEWHERE))
    with site.log_in("kabid") as client:
        assert "Warga Saring" in client.get(f"/antrean?wilayah={ELSEWHERE}").text
        assert "Warga Saring" in client.get("/antrean?tanda=ya&layanan=bpnt&wilayah=33.14.02").text
        assert "Warga Saring" not in client.get(f"/antrean?wilayah={DESA}").text
        assert "Warga Saring" not in client.get("/antrean?umur=7").text
        assert "Warga Saring" not in client.get("/antrean?layanan=kis").text
        assert client.get("/antrean?hal=999999999999&status='--&wilayah=%25").status_code == 200
    with site.log_in("pendamping") as client:
        assert "Warga Saring" in client.get("/antrean").text
    office.add_person("lain", "Lain Uji", "U92", ("pendamping",))
    with site.log_in("lain") as client:
        assert "Warga Saring" not in client.get("/antrean").text

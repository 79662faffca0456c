"""A day of reviewing: from one visit to the next, beside colleagues, and clean ones together."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from schemas.ids import RecordId
from server.access import Person
from server.services.people import load_person
from server.services.presence import STAYS_MS, Presence
from server.services.together import LASTS_MS, ONE_IN, NotYet
from server.store import SqlOfficeStore
from server.web.building import build_site
from sync.change import Decide, Patch, read
from sync.scope import NIK_PREFIXES
from tests.server.room_office import csrf, log_in, serving_cheaply
from tests.server.web_office import DESA, Office, open_at, shut

WHOLE = {
    "jenis_kelamin": "laki_laki",
    "kks_dipegang": "kpm",
    "nama_responden": "Warga",
    "hubungan_responden": "diri_sendiri",
    "ktp_ada": "asli",
    "domisili_sama": True,
    "tanda_tangan": {"skipped": "Tidak bersedia"},
}
QUEUE = "status=diterima&tanda=tidak"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = open_at(tmp_path)
    known = Patch(record=NIK_PREFIXES, kind="referensi", base={}, new={"kecamatan_nik": ["331499"]})
    made.deps.office.act(made.deps.office.person, known)
    try:
        yield made
    finally:
        shut(made)


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    with serving_cheaply(office) as address:
        yield address


@pytest.fixture
def desk(address: str) -> Iterator[httpx.Client]:
    with browser(address, "kabid") as client:
        yield client


@contextmanager
def browser(address: str, username: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, username)
        yield client


def add(office: Office, count: int) -> list[RecordId]:
    """Add visits to people of their own in which nothing is odd, oldest first."""
    return [
        office.add_visit(
            warga=office.add_warga(f"Warga {number}", DESA), photos=("foto_rumah_depan",), answers=WHOLE
        )[0]
        for number in range(count)
    ]


def decide(
    desk: httpx.Client, visit: RecordId, decision: str, query: str = "", note: str = ""
) -> httpx.Response:
    page = desk.get(f"/kunjungan/{visit}")
    seen = re.search(r'name="dilihat" value="([0-9a-f]+)"', page.text)
    assert seen is not None
    form = {"csrf": csrf(page), "dilihat": seen[1], "keputusan": decision, "catatan": note}
    return desk.post(f"/kunjungan/{visit}/keputusan?{query}", data=form)


def states(office: Office, visits: list[RecordId]) -> list[str]:
    records = office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records(visits))
    return [records[visit].fields["state"] for visit in visits]


# from one to the next ---------------------------------------------------------------------------------------


def test_a_decision_leads_to_the_next_visit_of_the_same_list(office: Office, desk: httpx.Client) -> None:
    first, second, third = add(office, 3)
    assert f'href="/kunjungan/{first}?status=diterima' in desk.get("/antrean").text
    page = desk.get(f"/kunjungan/{second}?{QUEUE}").text
    assert "2 dari 3" in page
    assert f'href="/kunjungan/{first}?{QUEUE}"' in page.replace("&amp;", "&")
    assert f'href="/kunjungan/{third}?{QUEUE}"' in page.replace("&amp;", "&")
    answer = decide(desk, first, "setujui", QUEUE)
    assert answer.headers["location"] == f"/kunjungan/{second}?{QUEUE}&selesai=disetujui"
    assert "Kunjungan disetujui." in desk.get(answer.headers["location"]).text
    decide(desk, second, "setujui", QUEUE)
    last = decide(desk, third, "setujui", QUEUE)
    assert last.headers["location"] == f"/antrean?{QUEUE}&selesai=disetujui"
    assert states(office, [first, second, third]) == ["disetujui"] * 3


def test_whoever_came_another_way_goes_back_to_the_queue(office: Office, desk: httpx.Client) -> None:
    [visit] = add(office, 1)
    assert 'data-key="n"' not in desk.get(f"/kunjungan/{visit}").text
    assert decide(desk, visit, "setujui").headers["location"] == "/antrean?selesai=disetujui"


# beside colleagues ------------------------------------------------------------------------------------------


def test_of_a_visit_by_somebody_who_left_it_is_said_that_nobody_sees_why_it_came_back(
    office: Office, desk: httpx.Client
) -> None:
    visit, _ = office.add_visit()
    assert "tidak bekerja lagi" not in desk.get(f"/kunjungan/{visit}").text
    author = RecordId(office.people["pendamping"])
    off = Patch(record=author, kind="petugas", base={"aktif": True}, new={"aktif": False})
    office.deps.office.act(office.deps.office.person, off)
    page = desk.get(f"/kunjungan/{visit}").text
    assert "Pendamping Uji tidak bekerja lagi di sini" in page and "tidak sampai ke HP siapa pun" in page


def test_two_officers_on_one_visit_see_each_other(office: Office, address: str, desk: httpx.Client) -> None:
    [visit] = add(office, 1)
    assert "sedang membuka" not in desk.get(f"/kunjungan/{visit}").text
    with browser(address, "verifikator") as other:
        assert "Kabid Uji juga sedang membuka kunjungan ini" in other.get(f"/kunjungan/{visit}").text
    told = desk.get(f"/kunjungan/{visit}/siapa")
    assert "Verifikator Uji juga sedang membuka" in told.text and "<html" not in told.text


def test_whoever_goes_away_is_forgotten_and_whoever_stays_is_not() -> None:
    now = [0]
    presence = Presence(lambda: now[0])
    siti, budi = (Person(id=name, nama=name) for name in ("siti", "budi"))  # type: ignore[arg-type]
    visit = RecordId("k")
    assert presence.look(siti, visit) == ()
    now[0] = STAYS_MS
    [here] = presence.look(budi, visit)
    assert (here.name, here.since_ms) == ("siti", 0)
    now[0] = STAYS_MS + 1
    assert presence.look(budi, visit) == ()
    presence.leave(budi, visit)
    assert presence.look(siti, visit) == ()


def test_a_visit_is_handed_to_a_colleague_who_finds_it(
    office: Office, address: str, desk: httpx.Client
) -> None:
    visit, other = add(office, 2)
    page = desk.get(f"/kunjungan/{visit}")
    form = {"csrf": csrf(page), "kepada": office.people["verifikator"], "pesan": "Cek foto KK-nya"}
    answer = desk.post(f"/kunjungan/{visit}/serahkan?{QUEUE}", data=form)
    assert "hasil=diserahkan" in answer.headers["location"] and QUEUE in answer.headers["location"]
    assert "Untuk Verifikator Uji" in desk.get("/antrean").text
    assert "diserahkan rekan kepada Anda" not in desk.get("/").text
    with browser(address, "verifikator") as colleague:
        home = colleague.get("/").text
        assert "1 kunjungan diserahkan rekan kepada Anda" in home
        assert 'href="/antrean?status=diterima&amp;untuk=saya"' in home
        mine = colleague.get("/antrean?untuk=saya").text
        assert visit in mine and other not in mine
        assert "Cek foto KK-nya" in colleague.get(f"/kunjungan/{visit}").text
    assert decide(desk, visit, "tahan", note="Menunggu surat").status_code == 303
    assert "Diserahkan kepada" not in desk.get(f"/kunjungan/{visit}").text  # decided: nobody waits for it


def test_what_was_handed_over_can_be_taken_back(office: Office, desk: httpx.Client) -> None:
    [visit] = add(office, 1)
    token = csrf(desk.get(f"/kunjungan/{visit}"))
    for whom, done in ((office.people["verifikator"], "diserahkan"), ("", "ditarik")):
        form = {"csrf": token, "kepada": whom, "pesan": ""}
        assert f"hasil={done}" in desk.post(f"/kunjungan/{visit}/serahkan", data=form).headers["location"]
    assert "Diserahkan kepada" not in desk.get(f"/kunjungan/{visit}").text


@pytest.mark.parametrize("whom", ["pendamping", "pengawas", "admin", "kabid"])
def test_only_who_may_decide_it_can_be_asked(office: Office, desk: httpx.Client, whom: str) -> None:
    [visit] = add(office, 1)
    form = {"csrf": csrf(desk.get(f"/kunjungan/{visit}")), "kepada": office.people[whom], "pesan": ""}
    answer = desk.post(f"/kunjungan/{visit}/serahkan", data=form)
    assert "hasil=rekan_tidak_dapat" in answer.headers["location"]
    assert "Diserahkan kepada" not in desk.get(f"/kunjungan/{visit}").text


# together ---------------------------------------------------------------------------------------------------


def begin(desk: httpx.Client, region: str = "") -> httpx.Response:
    form = {"csrf": csrf(desk.get("/antrean/bersama")), "langkah": "mulai", "layanan": "", "wilayah": region}
    return desk.post("/antrean/bersama", data=form, follow_redirects=True)


def press(desk: httpx.Client, step: str, visit: str = "") -> httpx.Response:
    form = {"csrf": csrf(desk.get("/antrean/bersama")), "langkah": step, "kunjungan": visit}
    return desk.post("/antrean/bersama", data=form)


def sample_of(page: str) -> list[RecordId]:
    """The visits that are to be looked at, by the page of the batch."""
    rows = re.findall(r'href="/kunjungan/([0-9a-f]{32})">[^<]+</a></h2>.*?</li>', page, re.DOTALL)
    chunks = page.split('<li class="row plain-row">')[1:]
    assert len(rows) == len(chunks)
    return [RecordId(row) for row, chunk in zip(rows, chunks, strict=True) if "Contoh</span>" in chunk]


def test_clean_visits_are_approved_together_after_a_sample_was_looked_at(
    office: Office, desk: httpx.Client
) -> None:
    visits = add(office, 8)
    odd, _ = office.add_visit(warga=office.add_warga("Warga Kurang", DESA), held=False, photos=("foto_kk",))
    page = begin(desk).text
    assert "8 kunjungan bersih, 3 menjadi contoh" in page and "Warga Kurang" not in page
    sample = sample_of(page)
    assert len(sample) == 3
    assert press(desk, "setujui").status_code == 409
    assert states(office, visits) == ["diterima"] * 8
    for visit in sample:
        assert "contoh untuk Setujui bersama" in desk.get(f"/kunjungan/{visit}").text
        press(desk, "dilihat", visit)
    assert "8 kunjungan disetujui." in press(desk, "setujui").text
    assert states(office, [*visits, odd]) == ["disetujui"] * 8 + ["diterima"]
    record = office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([visits[0]]))[visits[0]]
    assert record.fields["decided_by"] == office.people["kabid"]
    assert "3 di antaranya dilihat" in str(record.fields)
    assert press(desk, "setujui").status_code == 409  # pressed twice


def test_clean_visits_of_a_whole_kecamatan_are_approved_together(office: Office, desk: httpx.Client) -> None:
    add(office, 3)
    assert 'value="33.14.01">Seluruh Kec. Kalijambe' in desk.get("/antrean/bersama").text
    assert "kunjungan bersih" not in begin(desk, "33.14.02").text
    assert "3 kunjungan bersih" in begin(desk, "33.14.01").text


def test_a_visit_of_the_sample_that_was_returned_ends_the_batch(office: Office, desk: httpx.Client) -> None:
    visits = add(office, 5)
    sample = sample_of(begin(desk).text)
    for visit in sample:
        press(desk, "dilihat", visit)
    assert decide(desk, sample[0], "kembalikan", note="Foto KK kabur").status_code == 303
    answer = press(desk, "setujui")
    assert (
        answer.status_code == 409 and "ditinjau satu per satu" in answer.text.lower()
    ) or "satu per satu" in answer.text
    assert sorted(states(office, visits)) == ["dikembalikan"] + ["diterima"] * 4


def test_what_moved_on_meanwhile_is_left_out_and_said(
    office: Office, desk: httpx.Client, address: str
) -> None:
    visits = add(office, 5)
    sample = sample_of(begin(desk).text)
    rest = next(visit for visit in visits if visit not in sample)
    for visit in sample:
        press(desk, "dilihat", visit)
    with browser(address, "verifikator") as other:
        assert decide(other, rest, "tolak", note="Bukan keluarga ini").status_code == 303
    told = press(desk, "setujui").text
    assert "4 kunjungan disetujui." in told and "1 kunjungan dilewati" in told
    assert states(office, [rest]) == ["ditolak"]


def test_nothing_clean_says_so_and_one_in_ten_is_looked_at(office: Office, desk: httpx.Client) -> None:
    assert "Tidak ada kunjungan yang bersih" in begin(desk).text
    add(office, 4 * ONE_IN)
    assert f"{4 * ONE_IN} kunjungan bersih, 4 menjadi contoh" in begin(desk).text


def test_a_batch_is_its_officers_own_and_ends_when_it_is_given_up(
    office: Office, desk: httpx.Client, address: str
) -> None:
    visits = add(office, 3)
    for visit in sample_of(begin(desk).text):
        press(desk, "dilihat", visit)
    with browser(address, "verifikator") as other:
        assert press(other, "setujui").status_code == 409
    assert states(office, visits) == ["diterima"] * 3
    press(desk, "batal")
    assert press(desk, "setujui").status_code == 409


def test_a_batch_that_is_too_old_is_none(office: Office) -> None:
    add(office, 3)
    site = build_site(office.deps)
    together, now = site.together, [office.deps.now_ms()]
    together._now_ms = lambda: now[0]
    kabid = office.deps.engine.read(lambda tx: load_person(tx, office.people["kabid"]))
    assert kabid is not None and together.begin(kabid, "", "") is not None
    now[0] += LASTS_MS
    assert together.current(kabid) is not None
    now[0] += 1
    assert together.current(kabid) is None and isinstance(together.approve(kabid), NotYet)


def test_what_is_handed_to_a_colleague_is_not_approved_with_the_rest(
    office: Office, desk: httpx.Client
) -> None:
    visits = add(office, 4)
    form = {"csrf": csrf(desk.get("/antrean")), "kepada": office.people["verifikator"], "pesan": ""}
    desk.post(f"/kunjungan/{visits[0]}/serahkan", data=form)
    assert "3 kunjungan bersih" in begin(desk).text


def test_the_note_of_each_is_a_decision_in_the_chain(office: Office, desk: httpx.Client) -> None:
    visits = add(office, 3)
    for visit in sample_of(begin(desk).text):
        press(desk, "dilihat", visit)
    press(desk, "setujui")
    found = office.deps.engine.read(
        lambda tx: tx.query("SELECT raw FROM changes WHERE kabupaten = :kabupaten AND raw IS NOT NULL")
    )
    decided = [body for (raw,) in found if isinstance(body := read(raw).body, Decide)]
    assert {body.visit for body in decided} == set(visits) and len(decided) == 3


def test_an_answer_that_its_form_does_not_ask_shuts_no_page(
    office: Office, desk: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.services.visits.differs_of", lambda *_: {"tidak_ditanya": "Lain"})
    assert desk.get(f"/kunjungan/{office.add_visit(photos=())[0]}").status_code == 200


def test_a_value_that_reads_as_before_is_not_struck_out_beside_itself(
    office: Office, desk: httpx.Client
) -> None:
    visit, change = office.add_visit(answers={**WHOLE, "alamat": "Dukuh Lama"})
    assert decide(desk, visit, "kembalikan", note="Foto gelap").status_code == 303
    # other photos, as many as before: the bytes differ, the words do not
    office.add_visit(visit=visit, follows=change, answers={**WHOLE, "alamat": "Dukuh Baru"})
    page = desk.get(f"/kunjungan/{visit}").text
    struck = re.findall(r'<span class="was"><span class="hidden-text">[^<]*</span>([^<]*)</span>', page)
    assert struck == ["Dukuh Lama"] and page.count("Berubah") >= 2


# a decision that is taken back ------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", ["setujui", "tolak", "kembalikan"])
def test_a_decision_is_taken_back_with_its_reason_and_the_visit_is_decided_anew(
    office: Office, desk: httpx.Client, decision: str
) -> None:
    [visit] = add(office, 1)
    decide(desk, visit, decision, note="Keliru")
    page = desk.get(f"/kunjungan/{visit}").text
    assert "Tarik keputusan ini" in page
    assert decide(desk, visit, "tahan").status_code == 422, "a reason is asked for"
    assert decide(desk, visit, "tolak", note="Lagi").status_code == 409, "nothing else is decided over it"
    taken = decide(desk, visit, "tahan", note="Salah tekan")
    assert taken.status_code == 303 and states(office, [visit]) == ["ditahan"]
    assert office.fields(visit)["note"] == "Salah tekan"
    assert decide(desk, visit, "tolak", note="Bukan KPM").status_code == 303
    assert states(office, [visit]) == ["ditolak"]


def test_only_who_decided_and_the_kabid_take_a_decision_back(office: Office, address: str) -> None:
    first, second = add(office, 2)
    with (
        browser(address, "verifikator") as one,
        browser(address, "petugas") as other,
        browser(address, "kabid") as kabid,
    ):
        for visit in (first, second):
            decide(one, visit, "setujui")
        page = other.get(f"/kunjungan/{first}").text
        assert "sudah diputuskan" in page and "Tarik keputusan" not in page
        seen = re.search(r'name="dilihat" value="([0-9a-f]+)"', one.get(f"/kunjungan/{first}").text)
        assert seen
        form = {"dilihat": seen[1], "keputusan": "tahan", "catatan": "x", "buka": "ya"}
        forced = other.post(
            f"/kunjungan/{first}/keputusan", data={**form, "csrf": csrf(other.get("/antrean"))}
        )
        assert forced.status_code == 409 and states(office, [first]) == ["disetujui"]
        back = one.post(f"/kunjungan/{first}/keputusan", data={**form, "csrf": csrf(one.get("/antrean"))})
        assert "Keputusan ditarik" in one.get(back.headers["location"]).text
        assert decide(kabid, second, "tahan", note="Diperiksa ulang").status_code == 303
    assert states(office, [first, second]) == ["ditahan", "ditahan"]


def test_the_tugas_of_a_decision_that_is_taken_back_waits_again_and_can_be_returned(
    office: Office, desk: httpx.Client
) -> None:
    whom, tugas = office.people["pendamping"], RecordId("7" * 32)
    new = {"petugas": whom, "sasaran": office.warga, "sasaran_kind": "warga", "form": "bpnt_kpm"}
    given = Patch(record=tugas, kind="tugas", base={}, new={**new, "state": "baru", "kode_desa": DESA})
    office.deps.office.act(office.people["petugas"], given)
    visit, _ = office.add_visit(tugas=tugas)
    decide(desk, visit, "setujui")
    assert office.fields(tugas)["state"] == "selesai"
    decide(desk, visit, "tahan", note="Salah tekan")
    assert office.fields(tugas)["state"] == "dikirim"
    decide(desk, visit, "kembalikan", note="Foto KK buram")
    assert office.fields(tugas)["state"] == "dikembalikan"
    off = Patch(record=tugas, kind="tugas", base={"state": "dikembalikan"}, new={"state": "batal"})
    office.deps.office.act(office.people["petugas"], off)
    decide(desk, visit, "tahan", note="Salah tekan")
    assert office.fields(tugas)["state"] == "batal", "what was called off stays so"

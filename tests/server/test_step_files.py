"""Steps that ask for a file: taken at the office with its sum, so that a case comes to its end."""

from collections.abc import Iterator
from hashlib import sha256

import httpx
import pytest

from schemas.ids import PersonId, RecordId
from schemas.wire import Applied
from schemas.workflow import Workflow, load_workflows
from server.access import Person
from server.services.cases import steps_of
from server.store import SqlOfficeStore
from sync.change import Advance, Patch
from tests.server.room_case_site import Site, case_site, move, page_of, seen  # noqa: F401 - the fixture `site`
from tests.server.room_office import BUDI, csrf, log_in, open_case
from tests.server.web_office import DESA, Office, open_at, serving, shut

PAPER = b"%PDF-1.7 " + bytes(range(256)) * 5_000
SUM = sha256(PAPER).hexdigest()
DAY = "2026-11-10"
WORKFLOWS = load_workflows().all()


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = open_at(tmp_path_factory.mktemp("berkas"))
    yield office
    shut(office)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda each: each.id)
def test_whoever_may_take_a_step_finds_it_on_the_page(workflow: Workflow) -> None:
    for event in workflow.events:
        for state in event.from_:
            for role in event.who:
                person = Person(id=PersonId("p"), nama="", kode="", roles=(role,), areas=(), services=())
                assert event.code in {step.code for step in steps_of(workflow, state, person)}, event.code


def waiting_for_desa(office: Office) -> RecordId:
    """A case of a health card that waits for the proposal of the desa."""
    case, by = RecordId("c" * 32), office.people["verifikator"]
    new = {"workflow": "kis", "service": "kis", "subjek": office.warga, "kode_desa": DESA}
    office.deps.office.act(by, Patch(record=case, kind="kasus", base={}, new=new))
    for event, answers in (
        ("mulai_cek", {}),
        ("tidak_masuk", {"cek_dtks": "tidak_masuk", "tanggal_cek": DAY}),
    ):
        head = office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([case]))[case].head
        assert head is not None
        moved = office.deps.office.act(by, Advance(kasus=case, follows=head, event=event, answers=answers))
        assert isinstance(moved, Applied)
    return case


def test_a_proposal_of_the_desa_is_taken_with_the_sum_of_its_paper(office: Office) -> None:
    case = waiting_for_desa(office)
    with serving(office) as address, httpx.Client(base_url=address, timeout=20) as client:
        log_in(client, "verifikator")
        here = f"/kasus/{case}"
        page = client.get(here)
        assert 'type="file" name="isi.berkas_dasar" required' in page.text and "hanya sidik" in page.text
        seen_at = page.text.split('name="dilihat" value="')[1].split('"')[0]
        form = {"csrf": csrf(page), "dilihat": seen_at, "langkah": "terima_usul_desa"}
        said = {"isi.dasar": "musyawarah", "isi.nomor_dasar": "141/7/2026", "isi.tanggal_dasar": DAY}
        empty = client.post(here, data={**form, **said}, files={"isi.berkas_dasar": ("ba.pdf", b"")})
        assert empty.status_code == 422 and "belum lengkap" in empty.text and "141/7/2026" in empty.text
        forged = {**form, **said, "csrf": "0" * 64}
        refused = client.post(here, data=forged, files={"isi.berkas_dasar": ("ba.pdf", PAPER)})
        assert refused.status_code >= 400 and office.fields(case)["state"] == "usul_desa"
        taken = client.post(here, data={**form, **said}, files={"isi.berkas_dasar": ("ba.pdf", PAPER)})
        assert taken.status_code == 303 and office.fields(case)["state"] == "verifikasi_dinsos"
        assert SUM in client.get(here).text


def with_file(
    client: httpx.Client, kasus: RecordId, event: str, field: str, **answers: str
) -> httpx.Response:
    page = client.get(page_of(kasus))
    form = {"csrf": csrf(page), "langkah": "maju", "acara": event, "dilihat": seen(page, "maju")}
    form |= {f"isi.{name}": value for name, value in answers.items()}
    return client.post(page_of(kasus), data=form, files={f"isi.{field}": ("sk.pdf", PAPER)})


def test_a_sealed_case_goes_all_its_way_to_its_end(site: Site) -> None:
    client, kasus, _, _ = site.opened()
    colleague = site.shared(kasus)

    def step(screen: httpx.Client, event: str, **answers: str) -> None:
        done = move(screen, kasus, event, **answers)
        assert done.status_code == 303, (event, done.text[:4000])

    step(client, "ke_kecamatan", nomor_surat_desa="1", tanggal_surat_desa=DAY)
    step(client, "ke_dinsos", nomor_surat_kecamatan="2", tanggal_surat_kecamatan=DAY)
    result = {"hasil_verifikasi": "memenuhi_syarat", "alasan": "Lengkap", "tanggal_verifikasi": DAY}
    step(client, "memenuhi", **result)
    assert "Diambil orang lain" in client.get(page_of(kasus)).text
    step(colleague, "setujui")
    step(client, "usulkan_sk", nomor_usul="3", tanggal_usul=DAY)
    done = with_file(client, kasus, "terbit_sk", "sk", nomor_sk="4", tanggal_sk=DAY)
    assert done.status_code == 303, done.text[:4000]
    assert SUM in client.get(page_of(kasus)).text
    everything = site.everything()
    assert SUM.encode() not in everything and PAPER[:64] not in everything
    account = {"bank": "BNI", "nomor_rekening": "12", "pemilik_rekening": "Sutarmi"}
    step(client, "ajukan_bppkad", nomor_pengajuan="5", tanggal_pengajuan=DAY, **account)
    step(client, "cairkan", tanggal_cair=DAY, jumlah_cair="3000000")
    step(client, "mulai_monev", tanggal_monev=DAY)
    step(client, "selesaikan", usaha_jalan="berjalan", tanggal_selesai=DAY)
    assert site.office.fields(kasus)["state"] == "selesai"
    assert open_case(site.screen(BUDI), kasus, BUDI).status_code == 303, "and is still read"

"""Karantina: what is kept and not applied, who sees how much of it, and how it gets out."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from schemas.base import encode
from schemas.ids import ChangeId, PersonId, RecordId
from schemas.wire import Applied, Outcome, Rejected
from server import quarantine_store
from server.access import Person
from server.compose import unlock
from server.engine import Writer
from server.services.quarantine import BATCH, KeptPage, fingerprint
from server.store import SqlOfficeStore
from server.verify import verify
from server.web.building import build_site
from sync.change import FormAnswers, Patch, Place, Submit
from sync.rules import DomainRules
from tests.server.conftest import Silent
from tests.server.room_office import csrf
from tests.server.web_office import (
    ANSWERS,
    DESA,
    ELSEWHERE,
    PASSWORD,
    ROLES,
    Office,
    Phone,
    open_at,
    serving,
    shut,
)

NIK = "3314990101800001"
GARBAGE = b"\xc1 tidak terbaca"


class Ward:
    """A served office whose program can be made one that does not know `bpnt_kpm` yet."""

    def __init__(self, office: Office, address: str, data: Path) -> None:
        self.office, self.address, self.data = office, address, data
        self.quarantine = build_site(office.deps).quarantine

    @contextmanager
    def older_program(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        with monkeypatch.context() as patched:
            patched.setattr(DomainRules, "check_submit", knows_no_bpnt)
            yield

    @contextmanager
    def log_in(self, username: str) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.address, timeout=20) as client:
            form = {"csrf": csrf(client.get("/masuk")), "nama": username, "sandi": PASSWORD}
            assert client.post("/masuk", data=form).status_code == 303
            yield client

    def outcome(self, change: ChangeId) -> object:
        read = self.office.deps.engine.read
        return read(lambda tx: SqlOfficeStore.reading(tx).changes([change]))[change].outcome

    def faults(self) -> list[str]:
        opened, deps = unlock(self.data, None), self.office.deps
        assert isinstance(opened, tuple)
        rules = DomainRules(deps.forms, deps.workflows)
        return verify(self.data, opened[1], opened[0], lambda _: rules, deps.text, Silent()).faults


def knows_no_bpnt(self: DomainRules, body: Submit) -> Rejected | None:
    return Rejected(problem="form_tidak_dikenal", field="bpnt_kpm") if "bpnt_kpm" in body.forms else None


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    office = open_at(tmp_path)
    with serving(office) as address:
        yield Ward(office, address, tmp_path / "office")
    shut(office)


def submit(form: str, version: int, visit: RecordId | None = None, **answers: object) -> Submit:
    return Submit(
        visit=visit or RecordId(secrets.token_hex(16)),
        follows=None,
        subject=None,
        form=form,
        forms={form: FormAnswers(version=version, answers=answers)},
        evidence=[],
        place=Place(lat=-7.44, lng=110.78, accuracy_m=8.0, at_ms=1),
        tugas=None,
    )


def test_after_an_upgrade_what_was_refused_is_judged_again_by_itself_and_only_once(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ward.older_program(monkeypatch):
        visit, change = ward.office.add_visit()
        assert ward.quarantine.judge_after_upgrade() == 0
    assert isinstance(ward.outcome(change), Rejected)
    # the same rules have judged already: nobody asks again
    assert ward.quarantine.judge_after_upgrade() == 0 and isinstance(ward.outcome(change), Rejected)
    newer = build_site(ward.office.deps).quarantine
    monkeypatch.setattr(newer, "_rules", lambda: b"a later program")
    assert newer.judge_after_upgrade() == 1
    assert isinstance(ward.outcome(change), Applied)
    assert ward.office.fields(visit)["state"] == "diterima" and len(ward.office.blobs_of(visit)) == 3
    assert newer.judge_after_upgrade() == 0
    assert ward.faults() == []


def test_a_form_that_comes_while_others_are_judged_is_judged_by_too(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is taken in after the last batch: what waits for it was judged without it."""
    office, known = ward.office.deps.office, [b"before"]
    judged = office.judge_again

    def judge_again(writer: Writer, names: list[ChangeId]) -> dict[ChangeId, Outcome]:
        known.append(b"after")
        return judged(writer, names)

    monkeypatch.setattr(ward.quarantine, "_rules", lambda: known[-1])
    with ward.older_program(monkeypatch), monkeypatch.context() as patched:
        patched.setattr(office, "judge_again", judge_again)
        _, change = ward.office.add_visit(photos=())
        assert ward.quarantine.judge_after_upgrade() == 0 and known[-1] == b"after"
    assert ward.quarantine.judge_after_upgrade() == 1
    assert isinstance(ward.outcome(change), Applied)


def test_an_office_that_judged_again_verifies_whole_with_what_waited(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ward.older_program(monkeypatch):
        visit, first = ward.office.add_visit(photos=())
    body = submit("bpnt_kpm", 1, visit)
    second = ward.office.phone.push(Submit(**{**as_fields(body), "follows": first}))
    ward.office.phone.push_raw(GARBAGE)
    assert ward.quarantine.judge() == 1
    assert isinstance(ward.outcome(second), Applied)
    assert len(ward.office.fields(visit)["versions"]) == 2
    assert ward.faults() == []
    told = ward.office.deps.engine.read(
        lambda tx: SqlOfficeStore.reading(tx).news(ward.office.phone.device, 0, 2**62)
    )
    assert told == [first, second]


def as_fields(body: Submit) -> dict:
    return {name: getattr(body, name) for name in body.__struct_fields__}


def test_more_than_one_batch_is_judged_to_its_end(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.services.quarantine.BATCH", 2)
    assert BATCH > 2
    with ward.older_program(monkeypatch):
        changes = [ward.office.add_visit(photos=())[1] for _ in range(5)]
    ward.office.phone.push_raw(GARBAGE)
    assert ward.quarantine.judge() == 5
    assert all(isinstance(ward.outcome(change), Applied) for change in changes)


def test_refused_changes_are_found_by_their_own_small_index(ward: Ward) -> None:
    assert encode(Rejected(problem="x")).startswith(b"\x93\xa8rejected")
    ward.office.phone.push_raw(GARBAGE)
    ward.office.add_visit(photos=())

    def plan(tx: object) -> str:
        sql = f"EXPLAIN QUERY PLAN SELECT seq, id {quarantine_store._REJECTED} AND seq > :after ORDER BY seq"
        return str(tx.query(sql, {"after": 0}))  # type: ignore[attr-defined]

    assert "changes_rejected" in ward.office.deps.engine.read(plan)
    assert ward.office.deps.engine.read(quarantine_store.rejected_count) == 1


def test_a_destroyed_change_is_in_no_quarantine(ward: Ward) -> None:
    change = ward.office.phone.push_raw(GARBAGE)
    write = ward.office.deps.engine.write
    write(lambda tx: SqlOfficeStore.writing(tx).destroy([change], [])).result()
    assert ward.office.deps.engine.read(quarantine_store.rejected_count) == 0


def test_the_admin_sees_how_much_and_why_and_nothing_that_it_says(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ward.older_program(monkeypatch):
        _, change = ward.office.add_visit(answers={"nama": "Warga Rahasia Sekali"})
    with ward.log_in("admin") as admin, ward.log_in("petugas") as officer:
        listed = admin.get("/karantina")
        assert "Formulir atau versinya tidak dikenal" in listed.text and "Pendamping Uji" in listed.text
        for page in (listed, admin.get(f"/karantina/{change.hex()}")):
            assert page.status_code == 200
            for secret in ("Warga Rahasia Sekali", "Ngrombo", NIK, DESA):
                assert secret not in page.text
        shown = officer.get(f"/karantina/{change.hex()}")
        assert "Warga Rahasia Sekali" in shown.text and "Dukuh Ngrombo" in shown.text
        # numbers of persons are covered for everybody
        assert NIK not in shown.text and "•••• 0001" in shown.text


def test_the_content_is_for_whose_area_it_is(ward: Ward) -> None:
    ward.office.add_person("sempit", "Sempit Uji", "U90", ("verifikator",), (ELSEWHERE,))
    body = Patch(record=ward.office.warga, kind="warga", base={"nama": "Sutarmi"}, new={"desil": 3})
    change = ward.office.phone.push(body)
    assert ward.outcome(change) == Rejected(problem="hanya_kantor", field="desil")
    with ward.log_in("sempit") as far, ward.log_in("verifikator") as near:
        assert far.get(f"/karantina/{change.hex()}").status_code == 404
        assert change.hex() not in far.get("/karantina").text
        assert near.get(f"/karantina/{change.hex()}").status_code == 200


@pytest.mark.parametrize(("form", "version"), [("ktk", 1), ("pm", 1), ("formulir_dari_masa_depan", 1)])
def test_what_may_be_sealed_is_shown_to_nobody(ward: Ward, form: str, version: int) -> None:
    change = ward.office.phone.push(submit(form, version, keterangan="Isi yang tidak boleh terbaca"))
    assert isinstance(ward.outcome(change), Rejected)
    for role in ROLES:
        with ward.log_in(role) as client:
            page = client.get(f"/karantina/{change.hex()}")
            assert (
                page.status_code == 403 if role in ("pendamping", "pdp") else page.status_code in (200, 404)
            )
            assert "Isi yang tidak boleh terbaca" not in page.text
            assert "Isi yang tidak boleh" not in client.get("/karantina").text
    reader = Person(id=PersonId("a" * 32), nama="X", roles=("kabid",), services=("ktkpm", "bpnt"))
    found = ward.quarantine.open(reader, change.hex())
    assert isinstance(found, KeptPage) and found.sections == ()
    assert found.closed == "kantor.karantina.tertutup_segel"


def test_a_form_of_a_later_version_is_read_with_the_labels_that_are_known(ward: Ward) -> None:
    answers = {**ANSWERS, "isian_baru": "Jawaban baru", "nomor_baru": "3314990101800777"}
    change = ward.office.phone.push(submit("bpnt_kpm", 99, **answers))
    assert ward.outcome(change) == Rejected(problem="form_tidak_dikenal", field="bpnt_kpm")
    with ward.log_in("kabid") as client:
        page = client.get(f"/karantina/{change.hex()}").text
    assert "Dukuh Ngrombo" in page and "Jawaban baru" in page and "versi 99" in page
    assert "3314990101800777" not in page and NIK not in page


def test_unreadable_bytes_are_listed_counted_and_drawn_by_nothing(ward: Ward) -> None:
    no_text = encode([bytes(16), "x" * 32, [1, 1, "b", 1], ["patch"]]).replace(b"x" * 32, b"\xff" * 32)
    for raw in (GARBAGE, b"", b"\x94" * 5000, encode([1, 2, 3]), no_text):
        change = ward.office.phone.push_raw(raw)
        assert ward.outcome(change) == Rejected(problem="isi_tidak_terbaca")
        for role in ("kabid", "admin"):
            with ward.log_in(role) as client:
                assert client.get(f"/karantina/{change.hex()}").status_code == 200
                assert "Catatan yang tidak terbaca" in client.get("/karantina").text


def test_what_waits_is_counted_beside_what_it_waits_for_and_listed_once_it_is_old(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ward.older_program(monkeypatch):
        visit, first = ward.office.add_visit(photos=())
    ward.office.phone.push(Submit(**{**as_fields(submit("bpnt_kpm", 1, visit)), "follows": first}))
    with ward.log_in("kabid") as client:
        page = client.get("/karantina").text
        assert "ditunggu 1 kiriman lain" in page and "Menunggu kiriman lain" not in page
        monkeypatch.setattr("server.services.quarantine.LONG_HELD_MS", -1)
        assert "Menunggu kiriman lain yang belum sampai" in client.get("/karantina").text


def test_an_officer_has_it_judged_again_and_hears_what_came_of_it(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ward.older_program(monkeypatch):
        visit, _ = ward.office.add_visit()
    with ward.log_in("pengawas") as looks, ward.log_in("verifikator") as reads:
        for client in (looks, reads):
            page = client.get("/karantina")
            assert client.post("/karantina", data={"csrf": csrf(page)}).status_code == 403
            assert "Nilai ulang</button>" not in page.text
    with ward.log_in("admin") as client:
        assert client.post("/karantina", data={"csrf": "0" * 64}).status_code == 403
        done = client.post("/karantina", data={"csrf": csrf(client.get("/karantina"))})
        assert done.headers["location"] == "/karantina?dinilai=1"
        assert "1 kiriman sekarang diberlakukan" in client.get("/karantina?dinilai=1").text
        again = client.post("/karantina", data={"csrf": csrf(client.get("/karantina"))})
        assert again.headers["location"] == "/karantina?dinilai=0"
    assert ward.office.fields(visit)["state"] == "diterima"


def test_a_list_that_is_cut_says_so(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        ward.office.phone.push_raw(GARBAGE + bytes([number]))
    with ward.log_in("kabid") as client:
        assert "hanya yang terlama" not in client.get("/karantina").text
        monkeypatch.setattr("server.services.quarantine.MOST", 2)
        page = client.get("/karantina").text
        assert "hanya yang terlama" in page and page.count("Catatan yang tidak terbaca") == 2


@pytest.mark.parametrize("name", ["x", "0" * 63, "0" * 64, "Z" * 64, "..%2f..", "é" * 64])
def test_a_change_that_is_not_there_is_not_there(ward: Ward, name: str) -> None:
    with ward.log_in("kabid") as client:
        assert client.get(f"/karantina/{name}").status_code == 404


def test_an_applied_change_is_no_business_of_this_page(ward: Ward) -> None:
    _, change = ward.office.add_visit(photos=())
    with ward.log_in("kabid") as client:
        assert client.get(f"/karantina/{change.hex()}").status_code == 404


def test_another_set_of_forms_is_another_judge(ward: Ward) -> None:
    deps = ward.office.deps
    before = fingerprint(deps.forms, deps.workflows)

    class More:
        def ids(self) -> tuple[str, ...]:
            return deps.forms.ids()

        def versions(self, name: str) -> tuple[int, ...]:
            return (*deps.forms.versions(name), 99)

    assert fingerprint(deps.forms, deps.workflows) == before
    assert fingerprint(More(), deps.workflows) != before  # type: ignore[arg-type]


def test_a_second_phones_work_is_listed_apart(ward: Ward) -> None:
    other = Phone(ward.office.deps, ward.office.add_person("kedua", "Kedua Uji", "U51", ("pendamping",)))
    other.push_raw(GARBAGE)
    ward.office.phone.push_raw(GARBAGE + b"!")
    with ward.log_in("kabid") as client:
        page = client.get("/karantina").text
    assert page.count('class="card"') == 2 and "Kedua Uji" in page and "Pendamping Uji" in page

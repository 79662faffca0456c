"""The path of a first day over real HTTP: join, log in, push, upload, pull."""

from hashlib import sha256

from schemas.ids import BlobId
from schemas.wire import Applied
from sync.change import Decide, Evidence, FormAnswers, Patch, Submit
from tests.contract.people import record_id
from tests.server.conftest import DESA, Running


def test_a_visit_goes_in_its_photo_follows_and_the_decision_comes_back(office: Running) -> None:
    deps = office.deps
    phone = office.phone()
    warga, tugas, visit = record_id(1), record_id(2), record_id(3)
    fields = {"nama": "Warga Uji", "nik": "3314990101900001", "kode_desa": DESA, "layanan": ["bpnt"]}
    deps.office.act_all(
        deps.office.person,
        [
            Patch(record=warga, kind="warga", base={}, new=fields),
            Patch(
                record=tugas,
                kind="tugas",
                base={},
                new={
                    "petugas": phone.enrolment.person,
                    "sasaran": warga,
                    "sasaran_kind": "warga",
                    "form": "bpnt_kpm",
                    "state": "baru",
                    "kode_desa": DESA,
                },
            ),
        ],
    )
    phone.sync()
    kinds = sorted((row.kind, row.part.partition("/")[0]) for row in phone.store.table.values())
    assert kinds == [("petugas", "ref"), ("tugas", "mine"), ("warga", "desa"), ("warga", "mine")]

    photo = b"\xff\xd8" + bytes(range(256)) * 400
    blob = BlobId(sha256(photo).hexdigest())
    evidence = Evidence(
        blob=blob,
        form="bpnt_kpm",
        field="foto_rumah_depan",
        size_bytes=len(photo),
        media_type="image/jpeg",
        camera_sha256="0" * 64,
        taken_ms=1,
    )
    [form] = [form for form in deps.forms.all() if form.id == "bpnt_kpm"]
    change = phone.write(
        Submit(
            visit=visit,
            follows=None,
            subject=warga,
            form=form.id,
            forms={form.id: FormAnswers(version=form.version, answers={})},
            evidence=[evidence],
            place=None,
            tugas=tugas,
        )
    )
    effects = phone.sync()
    assert isinstance(effects[0].outcomes[change], Applied)  # type: ignore[index]
    assert effects[-1].wanted == [blob]

    begun = phone.begin_upload(photo)
    assert begun.status_code == 201
    place = begun.headers["location"]
    assert phone.send(place, photo[:50_000], 0).headers["upload-offset"] == "50000"
    assert phone.tus("HEAD", place).headers["upload-offset"] == "50000"
    assert phone.send(place, photo[50_000:], 50_000).status_code == 204
    assert b"".join(deps.blobs.read(blob)) == photo
    assert phone.sync()[-1].wanted == []

    decided = deps.office.act(
        deps.office.person,
        Decide(visit=visit, follows=change, decision="setujui", reasons={}, note=""),  # type: ignore[arg-type]
    )
    assert isinstance(decided, Applied)
    phone.sync()
    [row] = phone.store.rows([visit])
    assert b"disetujui" in row.body
    assert office.faults() == []


def test_conflicts_gaps_and_refused_changes_verify_as_they_were_answered(office: Running) -> None:
    first, second = office.phone(901), office.phone(902)
    warga, away = record_id(1), record_id(2)
    fields = {"nama": "A", "kode_desa": DESA, "layanan": ["bpnt"]}
    first.write(Patch(record=warga, kind="warga", base={}, new=fields))
    first.sync()
    second.sync()
    first.write(Patch(record=warga, kind="warga", base={"nama": "A"}, new={"nama": "B", "rt": "001"}))
    second.write(Patch(record=warga, kind="warga", base={"nama": "A"}, new={"nama": "C"}))
    second.write(Patch(record=away, kind="warga", base={}, new={**fields, "kode_desa": "33.14.02.2001"}))
    second.write(Patch(record=record_id(3), kind="tugas", base={}, new={"state": "baru"}))
    first.sync()
    outcomes = second.sync()[0].outcomes.values()
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "Conflict", "Rejected"]
    visit = Submit(
        visit=record_id(9),
        follows=None,
        subject=warga,
        form="bpnt_kpm",
        forms={},
        evidence=[],
        place=None,
        tugas=None,
    )
    second.write(visit)
    second.sync()
    assert office.faults() == []

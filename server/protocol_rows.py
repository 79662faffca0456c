"""What the rows of a phone hold, for docs/protocol.md. Rule: an office makes each, none is written here.

The office gives a task about a warga and begins a case; the phone visits and corrects a field that the office
has corrected meanwhile; the office sends the visit back.
"""

from typing import Any

import msgspec

from schemas.ids import BlobId, ChangeId, RecordId
from schemas.wire import Row
from server.protocol_talk import PERSON, WARGA, Talk
from sync.change import Body, Decide, Evidence, FormAnswers, Patch, Place, Submit
from sync.scope import NIK_PREFIXES
from sync.thin import fill

TUGAS, VISIT, KASUS = RecordId("71" * 16), RecordId("e1" * 16), RecordId("c1" * 16)
BLOB, CAMERA = BlobId("8e" * 32), "ca" * 32
TASK = {
    "petugas": PERSON, "sasaran_kind": "warga", "form": "bpnt_kpm", "jatuh_tempo": "2025-12-01", "alasan": "",
    "state": "baru", "sasaran": WARGA, "kode_desa": "33.14.01.2001",
}  # fmt: skip


def rows() -> list[Row]:
    """Return one row of each kind that a phone may be sent, and both of a warga."""
    talk = Talk()
    for body in _office_says():
        talk.act(body)
    visit = talk.phone.write(_visit())
    base = {"pekerjaan": "Pedagang"}
    corrected = talk.phone.write(Patch(record=WARGA, kind="warga", base=base, new={"pekerjaan": "Buruh"}))
    talk.push(visit, corrected)
    talk.act(_sent_back(visit.link.change))
    whole = fill(talk.push(corrected).rows)
    if whole is None:
        raise RuntimeError("the office sent rows that its phones cannot make whole")
    return sorted(whole, key=lambda row: (row.kind, row.part))


def fields_of(row: Row) -> dict[str, Any]:
    """Return what the body of a row says."""
    return msgspec.msgpack.decode(row.body, type=dict[str, Any])


def _office_says() -> tuple[Body, ...]:
    case = {"workflow": "bpnt_masalah", "service": "bpnt", "subjek": WARGA, "kode_desa": "33.14.01.2001"}
    return (
        Patch(record=NIK_PREFIXES, kind="referensi", base={}, new={"kecamatan_nik": ["331499"]}),
        Patch(record=WARGA, kind="warga", base={}, new={"nik": "3314994101900001"}),
        Patch(record=TUGAS, kind="tugas", base={}, new=TASK),
        Patch(record=KASUS, kind="kasus", base={}, new=case),
    )


def _visit() -> Submit:
    place = Place(lat=-7.43, lng=111.02, accuracy_m=8.0, at_ms=1_763_999_900_000)
    photo = Evidence(
        blob=BLOB, form="bpnt_kpm", field="foto_tidak_layak", size_bytes=240_000, media_type="image/jpeg",
        camera_sha256=CAMERA, taken_ms=1_763_999_900_000, place=place,
    )  # fmt: skip
    filled = {"bpnt_kpm": FormAnswers(version=1, answers={"foto_tidak_layak": [BLOB]})}
    return Submit(
        visit=VISIT, follows=None, subject=WARGA, form="bpnt_kpm", forms=filled, evidence=[photo],
        place=place, tugas=TUGAS,
    )  # fmt: skip


def _sent_back(version: ChangeId) -> Decide:
    return Decide(
        visit=VISIT,
        follows=version,
        decision="kembalikan",
        reasons={BLOB: "Foto buram."},
        note="Ulangi foto.",
    )

"""From a draft to its changes. Rule: what stands in the change is what she saw, no more and no less.

The visit becomes a Submit; what she found different about its subject becomes a Patch before it, whose
base is what she was shown. Hidden fields and their photos stay out. Nothing here is stored: the caller
does, in one transaction.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, cast

import msgspec

from field_app.drafts import Draft, Photo
from field_app.rows import answered_columns, cells_of
from field_app.sheets import Sheet
from schemas.form import Form, is_skipped
from schemas.form_values import check_value, is_blank
from schemas.format import local, local_date
from schemas.ids import DeviceId
from sync.change import Evidence, FormAnswers, Patch, Place, Submit
from sync.merge import with_partners

OF_RECORD: dict[str, frozenset[str]] = {
    "warga": frozenset(
        {
            "nik",
            "no_kk",
            "nama",
            "jenis_kelamin",
            "tempat_lahir",
            "tanggal_lahir",
            "alamat",
            "rt",
            "rw",
            "kode_desa",
            "no_hp",
            "status_kawin",
            "pekerjaan",
            "penyalur",
            "no_kks",
        }
    ),
    "ewarong": frozenset({"nama_ewarong", "pemilik", "jenis", "alamat", "kode_desa"}),
}
"""Answers that are also fields of the subject's record, by kind."""

MARK_LETTERS, MARK_LENGTH = "ABCDEFGHJKLMNPQRSTUVWXYZ", 4
SERVICE_NAMES = frozenset({"bpnt", "ktkpm", "kis"})


def submit_of(draft: Draft, sheets: Mapping[str, Sheet], photos: list[Photo]) -> Submit:
    """Return the Submit of a draft, with all answers that count and the evidence that belongs to them."""
    answers = {name: sheet.visible() for name, sheet in sheets.items()}
    named = named_photos(sheets, photos)
    return Submit(
        visit=draft.visit,
        follows=draft.follows,
        subject=draft.subject,
        form=draft.form,
        forms={
            name: FormAnswers(version=sheets[name].form.version, answers=filled)
            for name, filled in answers.items()
        },
        evidence=[
            Evidence(
                blob=photo.blob,
                form=photo.form,
                field=photo.field,
                size_bytes=photo.size_bytes,
                media_type=photo.media_type,
                camera_sha256=photo.camera_sha256,
                taken_ms=photo.taken_ms,
                place=photo.place,
            )
            for photo in named
        ],
        place=place_of(answers[draft.form]),
        tugas=draft.tugas,
    )


def named_photos(sheets: Mapping[str, Sheet], photos: list[Photo]) -> list[Photo]:
    """Return the shots that are evidence: of fields and columns that are asked and answered, earlier
    versions too. One that stands in a row has that row's cell as its field.
    """
    found: list[Photo] = []
    for name, sheet in sheets.items():
        filled = sheet.visible()
        ours = [photo for photo in photos if photo.form == name]
        cells = cells_of(sheet.form.fields, filled, ours)
        columns = answered_columns(sheet.form.fields, filled)
        for photo in ours:
            answered = photo.field in filled and not is_skipped(filled[photo.field])
            if photo.number in cells:
                found.append(msgspec.structs.replace(photo, field=cells[photo.number].name))
            elif answered or (photo.superseded and photo.field in columns):
                found.append(photo)
    return sorted(found, key=lambda photo: photo.number)


def patch_of(draft: Draft, main: Sheet) -> Patch | None:
    """Return what she found different about the subject, None when nothing is. A new subject is set whole."""
    kind = draft.seen.kind or main.form.subject
    if draft.subject is None or kind not in OF_RECORD:
        return None
    answers = main.visible()
    known = draft.seen.fields
    found = {
        name: answers[name]
        for name in main.form.fields
        if name in OF_RECORD[kind] and name in answers and _says(main.form, name, answers[name])
    }
    new = {name: value for name, value in found.items() if known.get(name) != value}
    if not draft.seen.kind and new and main.form.service in SERVICE_NAMES:
        new["layanan"] = [main.form.service]
    if not new:
        return None
    base = {name: known[name] for name in sorted(with_partners(kind, new)) if name in known}
    return Patch(record=draft.subject, kind=kind, base=base, new=new)


def number_of(person_code: str, now_ms: int, ordinal: int, device: DeviceId) -> str:
    """Return a visit's number: code of the officer, year, running number on this phone, the phone's mark.

    Two phones of one officer (a lost one found again, one enrolled anew) count each for itself without a
    network, so the number names the phone; where the marks of an officer's two phones are alike, once in
    330,000, a number may be met twice. What names a visit for the programs is its id, never this number.
    """
    return f"{person_code}-{local_date(now_ms).year}-{ordinal:04}-{mark_of(device)}"


def mark_of(device: DeviceId) -> str:
    """Return four letters that stand for a device; none that is easily misread (I, O)."""
    rest = int.from_bytes(sha256(device.encode()).digest()[:8], "big")
    letters = ""
    for _ in range(MARK_LENGTH):
        rest, letter = divmod(rest, len(MARK_LETTERS))
        letters += MARK_LETTERS[letter]
    return letters


def end_time(started_ms: int, touched_ms: int) -> str:
    """Return when the visit ended, HH:MM local: when she last wrote, but on the visit's own day, not
    before it.
    """
    begun, ended = local(started_ms), local(touched_ms)
    if ended.date() > begun.date():
        return "23:59"
    return max(f"{begun:%H:%M}", f"{ended:%H:%M}") if ended.date() == begun.date() else f"{begun:%H:%M}"


def place_answer(place: Place) -> dict[str, Any]:
    """Return a place as the answer to a gps field; one that no satellite gave says where it is from."""
    source = {} if place.source == "gps" else {"source": place.source}
    return source | {
        "lat": place.lat,
        "lng": place.lng,
        "accuracy_m": place.accuracy_m,
        "at": place.at_ms,
        "mock": place.mock,
    }


def place_of(answers: Mapping[str, Any]) -> Place | None:
    """Return the place that the visit's own answers name, None without one."""
    value = answers.get("lokasi")
    if not isinstance(value, dict) or is_skipped(value):
        return None
    place = cast("dict[str, Any]", value)
    return Place(
        lat=float(place["lat"]),
        lng=float(place["lng"]),
        accuracy_m=float(place["accuracy_m"]),
        at_ms=place.get("at", 0),
        mock=place.get("mock", False),
        source=str(place.get("source", "gps")),
    )


def _says(form: Form, name: str, value: Any) -> bool:
    return not is_blank(value) and check_value(form.fields[name], value) is None

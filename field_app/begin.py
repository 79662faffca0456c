"""How a visit begins: from a task, from a search, or from one that came back. Rule: nothing is filled in
silently.

What the office knows of the subject, and what was answered last time, is kept beside the draft to be
confirmed. Only what the device itself knows (day, time, who) and what the office imported is answered at
once.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from field_app.bench import Bench
from field_app.drafts import Draft, Seen
from field_app.records import Fields, text_of
from field_app.sheets import Sheet
from field_app.views import Refused
from field_app.wanted import tasks_about
from schemas.form import Berkas, Form, Foto, TandaTangan
from schemas.form_cells import without_photos
from schemas.form_values import check_value, is_blank
from schemas.format import local
from schemas.ids import BlobId, ChangeId, RecordId
from schemas.sealed import SEALED_FORM

MOST_VISITS = 5


def may_start(bench: Bench, form: Form) -> Refused | None:
    """Say why a visit may not begin with this form, None if it may."""
    if not form.startable:
        return Refused(say="lapangan.formulir_lampiran")
    if not bench.roles() & set(form.filled_by):
        return Refused(say="lapangan.bukan_wewenang")
    return may_seal(bench, form)


def may_seal(bench: Bench, form: Form) -> Refused | None:
    """Say why nothing can be sealed with this form, None if it can; what was begun asks for no role."""
    problem = bench.unit.state(form.service).problem if form.privacy == "rahasia" else ""
    return Refused(say=problem) if problem else None


def begin(bench: Bench, form_id: str, subject: RecordId | None, tugas: RecordId | None) -> str | Refused:
    """Begin a visit, or find the draft of the same task or subject. Returns the draft's id. Where no task is
    named, it is the one that the office gave out about the subject with this form, if any.
    """
    if form_id not in bench.forms.ids():
        return Refused(say="lapangan.formulir_tidak_dikenal")
    form = bench.forms.get(form_id)
    refused = may_start(bench, form)
    if refused is not None:
        return refused
    if tugas is None and subject is not None:
        tugas = tasks_about(bench, subject).get(form_id)  # found by name, it is the visit that was asked for
    task = bench.records.get(tugas)
    if tugas is not None and task is None:
        return Refused(say="lapangan.tugas_tidak_ada")
    fields = task.fields if task else {}
    target = subject or RecordId(text_of(fields, "sasaran")) or None
    about = bench.records.as_written(target)
    if about is not None and {about.kind, form.subject} == {"warga", "ewarong"}:
        return Refused(say="lapangan.sasaran_lain")
    known = _known(bench, form_id, target, tugas)
    if known is None and tugas is not None and (before := _known(bench, form_id, target, None)) is not None:
        seen = msgspec.structs.replace(before.seen, due=text_of(fields, "jatuh_tempo"))
        known = msgspec.structs.replace(before, tugas=tugas, seen=seen)  # begun before the task was given out
        bench.drafts.give_tugas(known)
    if known is not None:
        return known.id
    return _begin(bench, form, target, tugas, fields)


def _known(bench: Bench, form: str, target: RecordId | None, tugas: RecordId | None) -> Draft | None:
    """Return the draft that was begun for a task, without one for a subject."""
    for known in bench.drafts.open():
        same = known.tugas == tugas if tugas else known.tugas is None and known.subject == target is not None
        if known.form == form and known.follows is None and same:
            return known
    return None


def begin_new(bench: Bench, form_id: str, nama: str, kode_desa: str) -> str | Refused:
    """Begin a visit to somebody who is not in the list. Returns the draft's id.

    The record is new, with the name and desa that she wrote; whether the office knows them, it finds out.
    """
    form = bench.forms.get(form_id) if form_id in bench.forms.ids() else None
    if form is None or form.subject not in ("warga", "ewarong"):
        return Refused(say="lapangan.formulir_tidak_dikenal")
    refused = may_start(bench, form)
    if refused is not None:
        return refused
    region = bench.region(kode_desa)
    if region is None or not region.is_desa:
        return Refused(say="lapangan.orang_baru_desa")
    written = {"kode_desa": region.kode} | {
        name: nama.strip() for name in ("nama", "nama_ewarong") if name in form.fields
    }
    if not nama.strip() or any(
        name in form.fields and check_value(form.fields[name], value) for name, value in written.items()
    ):
        return Refused(say="lapangan.orang_baru_nama")
    for known in bench.drafts.open():
        same = not known.seen.kind and (known.seen.nama, known.seen.kode_desa) == (nama.strip(), region.kode)
        if known.form == form_id and known.follows is None and known.tugas is None and same:
            return known.id
    return _begin(bench, form, None, None, {}, written)


def correct(bench: Bench, visit: RecordId) -> str | Refused:
    """Begin the next version of a returned visit. Returns the draft's id; answers and photos are carried
    over.
    """
    before = bench.history.newest_of(visit)
    if before is None:
        return Refused(say="lapangan.versi_lama_tidak_di_sini")
    for known in bench.drafts.open():
        if known.visit == visit and known.follows == before.change:
            return known.id
    standing = bench.standings.of(before)
    if standing.status != "dikembalikan":
        return Refused(say="lapangan.tidak_dikembalikan")
    return _carry_over(bench, before, standing.reasons, standing.note, into=before, follows=before.change)


def record_again(bench: Bench, visit: RecordId) -> str | Refused:
    """Begin a visit anew that never arrived, with what is still here of it. Returns the draft's id.

    It is another visit, with an id and a number of its own: the lost one stays lost, and is known to be.
    """
    found = next((each for each in bench.drafts.lost() if each[0].visit == visit), None)
    if found is None:
        return Refused(say="lapangan.tidak_hilang")
    before, _, begun = found
    if begun is not None:
        return begun
    if before.form == SEALED_FORM:
        return Refused(say="lapangan.tersegel.catat_ulang")
    anew = msgspec.structs.replace(before, visit=bench.new_id(), number="")
    with bench.vault.write():
        draft = _carry_over(bench, before, {}, "", into=anew, follows=None)
        if before.change is not None:
            bench.drafts.record_again(before.change, draft)
    return draft


def _begin(
    bench: Bench,
    form: Form,
    target: RecordId | None,
    tugas: RecordId | None,
    task: Fields,
    written: Fields | None = None,
) -> str:
    """Begin a draft; `written` is what she already said of a subject that is not in the list."""
    record = bench.records.as_written(target)
    fields = record.fields if record else {}
    said = written or {}
    if target is None and form.subject in ("warga", "ewarong"):
        target = bench.new_id()
    now_ms = bench.time.now_ms()
    draft = Draft(
        id=bench.new_id(),
        visit=bench.new_id(),
        form=form.id,
        tugas=tugas,
        subject=target,
        follows=None,
        number="",
        seen=Seen(
            kind=record.kind if record else "",
            nama=text_of(fields | said, "nama", "nama_ewarong"),
            kode_desa=text_of(fields | said, "kode_desa") or text_of(task, "kode_desa"),
            fields=fields,
            last=_last_answers(bench, target, form, fields),
            due=text_of(task, "jatuh_tempo"),
        ),
        page=0,
        started_ms=now_ms,
        touched_ms=now_ms,
        discarded_ms=None,
        change=None,
        patch=None,
        finalised_ms=None,
    )
    with bench.vault.write():
        bench.drafts.add(draft)
        bench.drafts.pin_form(draft.id, form.id, form.version)
        known = {name: value for name, value in said.items() if name in form.fields}
        for name, value in (own_answers(bench, form, draft) | known).items():
            bench.drafts.put_answer(draft.id, form.id, name, value, refused=False, now_ms=now_ms)
    return draft.id


def own_answers(bench: Bench, form: Form, draft: Draft) -> dict[str, Any]:
    """Return what the device knows by itself, and what the office imported."""
    begun = local(draft.started_ms)
    earlier = {
        version.visit
        for version in (bench.history.to(draft.subject) if draft.subject is not None else ())
        if version.form == form.id
    }
    known: dict[str, Any] = {
        "tanggal_kunjungan": f"{begun:%Y-%m-%d}",
        "jam_mulai": f"{begun:%H:%M}",
        "petugas_id": bench.owner.person,
        "kunjungan_ke": min(len(earlier) + 1, MOST_VISITS),
        "versi_pemberitahuan": bench.notice,
    }
    imported = {
        name: draft.seen.fields.get(name) for name, field in form.fields.items() if field.filled_by == "impor"
    }
    return {
        name: value
        for name, value in (known | imported).items()
        if name in form.fields and not is_blank(value) and check_value(form.fields[name], value) is None
    }


def _last_answers(
    bench: Bench, target: RecordId | None, form: Form, fields: Fields
) -> dict[str, dict[str, Any]]:
    """Return what to confirm: fields of the record, and over them this phone's last visit to the subject."""
    of_record = {
        name: fields[name]
        for name, field in form.fields.items()
        if name in fields and not is_blank(fields[name]) and check_value(field, fields[name]) is None
    }
    last = {form.id: of_record}
    for version in bench.history.to(target)[:1] if target is not None else ():
        for name, answers in bench.drafts.answers(version.id).items():
            kept = {
                field: without_photos(bench.forms.get(name).fields[field], value)
                for field, value in answers.items()
                if _worth_confirming(bench, name, field)
            }
            last[name] = kept | last.get(name, {}) if name == form.id else kept
    return last


def fitting_last(bench: Bench, last: Mapping[str, Fields], sheets: Mapping[str, Sheet]) -> dict[str, Fields]:
    """Return the answers to confirm that the forms of a draft still take: the last visit may be of an earlier
    version, with choices that are gone, or fields of another kind.
    """
    found: dict[str, Fields] = {}
    for name, answers in last.items():
        if name in sheets or name in bench.forms.ids():
            fields = (sheets[name].form if name in sheets else bench.forms.get(name)).fields
            found[name] = {
                field: value
                for field, value in answers.items()
                if field in fields and check_value(fields[field], value) is None
            }
    return found


def _worth_confirming(bench: Bench, form: str, name: str) -> bool:
    if form not in bench.forms.ids():
        return False
    field = bench.forms.get(form).fields.get(name)
    # what belongs to one visit only, its evidence and its result, is never taken from another
    evidence = isinstance(field, (Foto, Berkas, TandaTangan))
    return field is not None and not field.is_of_visit and not evidence


def _carry_over(
    bench: Bench,
    before: Draft,
    reasons: dict[str, str],
    note: str,
    *,
    into: Draft,
    follows: ChangeId | None,
) -> str:
    """Begin a draft with the answers of another; photos whose bytes are gone stay out of it."""
    now_ms = bench.time.now_ms()
    draft = msgspec.structs.replace(
        into,
        id=bench.new_id(),
        follows=follows,
        seen=_seen_again(bench, before, reasons, note),
        page=0,
        touched_ms=now_ms,
        change=None,
        patch=None,
        finalised_ms=None,
    )
    with bench.vault.write():
        bench.drafts.add(draft)
        for name, version in bench.drafts.forms(before.id).items():
            bench.drafts.pin_form(draft.id, name, version)
        photos = bench.drafts.photos(before.id)
        stored = bench.blobs.of(photo.blob for photo in photos)
        gone = {photo.blob for photo in photos if stored[photo.blob].gone}
        for name, answers in bench.drafts.answers(before.id).items():
            for field, value in answers.items():
                kept = _without(value, gone) if field != "no_urut_lokal" or follows else None
                if kept is not None:
                    bench.drafts.put_answer(draft.id, name, field, kept, refused=False, now_ms=now_ms)
        for photo in photos:
            if photo.blob not in gone:
                bench.drafts.add_photo(draft.id, photo)
    return draft.id


def _without(value: Any, gone: set[BlobId]) -> Any:
    """Return an answer without the photos that are gone; None where nothing else was in it."""
    if not gone:
        return value
    match value:
        case str():
            return None if value in gone else value
        case list():
            kept = [_without(each, gone) for each in cast("list[Any]", value)]
            return [each for each in kept if each is not None] or None
        case dict():
            items = cast("dict[str, Any]", value).items()
            return {name: kept for name, each in items if (kept := _without(each, gone)) is not None}
        case _:
            return value


def _seen_again(bench: Bench, before: Draft, reasons: dict[str, str], note: str) -> Seen:
    """Return what she sees now: the subject as pulled, or written by her, meanwhile; if it is still here."""
    record = bench.records.as_written(before.subject)
    seen = msgspec.structs.replace(before.seen, returned=reasons, note=note)
    return msgspec.structs.replace(seen, kind=record.kind, fields=record.fields) if record else seen

"""How a visit to a sealed case begins. Rule: from the first answer on, nothing of it stands in the clear.

It begins with a task, with a case that is this officer's own, or with a new case, whose neutral code is made
here. What a returned visit has to be asked again stands in the office's sealed reasons; the answers of
earlier versions are not on this phone, and cannot be read by it.
"""

from typing import NamedTuple

from field_app.begin import may_seal, may_start, own_answers
from field_app.bench import Bench
from field_app.draft import Draft, Seen
from field_app.records import Fields, text_of
from field_app.sealed_draft import Cover, Head, draft_of
from field_app.sealed_notes import assignment_of, reasons_of
from field_app.views import Refused
from field_app.wanted import RETURNED, left_tugas
from schemas.form import Form
from schemas.ids import ChangeId, RecordId
from schemas.sealed import kode_of

NEW_CASE_FORMS = frozenset({"ktk", "pm"})
"""Forms that a case may begin with; the others are about one that exists."""
NOTICE = "versi_pemberitahuan"
"""All that the device says of a correction besides the code: day and hours are those of the first visit, and
the notice counts where it is read out again.
"""


def begin_sealed(bench: Bench, form: Form, kasus: RecordId | None, tugas: RecordId | None) -> str | Refused:
    """Begin a visit, or find the draft of the same task or case. Returns the draft's id. Raises ClosedError
    and OSError.
    """
    refused = may_start(bench, form)
    if refused is not None:
        return refused
    task = bench.records.get(tugas)
    if tugas is not None and task is None:
        return Refused(say="lapangan.tugas_tidak_ada")
    fields = task.fields if task else {}
    target = RecordId(text_of(fields, "kasus")) or kasus
    for cover in bench.sealed.covers():
        same = cover.tugas == tugas if tugas else target is not None and cover.kasus == target
        known = bench.sealed.get(cover.id) if same and cover.number == 1 else None
        if known is not None and known.form == form.id:
            return known.id
    if target is None and form.id not in NEW_CASE_FORMS:
        return Refused(say="lapangan.tersegel.pilih_kasus")
    known_code = _code_of(bench, target, fields)
    if target is not None and not known_code:
        return Refused(say="lapangan.tersegel.kasus_tidak_ada")
    if tugas is None and target is not None:
        tugas, fields = _asked(bench, form, target)
    code = known_code or kode_of(bench.today().year, bench.randomness(8))
    return _add(
        bench,
        form,
        visit=bench.new_id(),
        kasus=target or bench.new_id(),
        code=code,
        is_new=target is None,
        tugas=tugas,
        follows=None,
        number=1,
        seen=Seen(kind="kasus", nama=code, due=text_of(fields, "due")),
    )


class Before(NamedTuple):
    """What a correction follows: the `number`th version of a visit, made on this phone or on another."""

    visit: RecordId
    change: ChangeId | None
    kasus: RecordId | None
    kode: str
    tugas: RecordId | None
    number: int
    is_back: bool


def made_here(bench: Bench, newest: Draft) -> Before:
    """Return a version that is on this phone; others of its visit may have been made elsewhere."""
    record = bench.records.get(newest.visit)
    pulled: list[Fields] = record.fields.get("versions", []) if record else []
    numbers = [version["number"] for version in pulled if "number" in version]
    return Before(
        visit=newest.visit,
        change=newest.change,
        kasus=newest.subject,
        kode=newest.number,
        tugas=newest.tugas,
        number=max([len(bench.drafts.versions(newest.visit)), *numbers]),
        is_back=bench.standings.of(newest).status == RETURNED,
    )


def made_elsewhere(bench: Bench, visit: RecordId, fields: Fields) -> Before:
    """Return the newest version of a sealed visit that another phone of hers made."""
    newest: Fields = fields["versions"][-1]
    kasus = RecordId(text_of(fields, "kasus"))
    return Before(
        visit=visit,
        change=ChangeId(bytes.fromhex(newest["change"])),
        kasus=kasus,
        kode=_code_of(bench, kasus, {}),
        tugas=RecordId(text_of(fields, "tugas")) or None,
        number=newest["number"],
        is_back=text_of(fields, "state") == RETURNED,
    )


def correct_sealed(bench: Bench, before: Before) -> str | Refused:
    """Begin the next version of a returned visit: it asks what came back, and has no answer of before.

    Raises ClosedError and OSError.
    """
    for cover in bench.sealed.covers():
        if cover.visit == before.visit and cover.follows == before.change:
            return cover.id
    if not before.is_back:
        return Refused(say="lapangan.tidak_dikembalikan")
    bench.sealed.require_open()
    returned = reasons_of(bench, before.visit)
    if returned is None or returned.form not in bench.forms.ids():
        return Refused(say="lapangan.tersegel.alasan_tidak_terbaca")
    form = bench.forms.get(returned.form)
    refused = may_seal(bench, form)
    if refused is not None:
        return refused
    if before.kasus is None or not before.kode:
        return Refused(say="lapangan.tersegel.kasus_tidak_ada")
    return _add(
        bench,
        form,
        visit=before.visit,
        kasus=before.kasus,
        code=before.kode,
        is_new=False,
        tugas=before.tugas,
        follows=before.change,
        number=before.number + 1,
        seen=Seen(kind="kasus", nama=before.kode, returned=returned.reasons, note=returned.note),
    )


def _add(
    bench: Bench,
    form: Form,
    *,
    visit: RecordId,
    kasus: RecordId,
    code: str,
    is_new: bool,
    tugas: RecordId | None,
    follows: ChangeId | None,
    number: int,
    seen: Seen,
) -> str:
    now_ms = bench.time.now_ms()
    cover = Cover(
        id=bench.new_id(),
        visit=visit,
        kasus=kasus,
        kode=code,
        is_new=is_new,
        tugas=tugas,
        follows=follows,
        number=number,
        due=seen.due,
        page=0,
        started_ms=now_ms,
        touched_ms=now_ms,
        discarded_ms=None,
    )
    head = Head(form=form.id, forms={form.id: form.version}, seen=seen)
    given = own_answers(bench, form, draft_of(cover, head))
    if follows is not None:
        given = {name: value for name, value in given.items() if name == NOTICE}
    if "kode_kasus" in form.fields:
        given["kode_kasus"] = code
    bench.sealed.add(cover, head, given)
    return cover.id


def _asked(bench: Bench, form: Form, kasus: RecordId) -> tuple[RecordId | None, Fields]:
    """Return the task that asks for this form about a case and is left, with its fields; the one that is due
    first. Which forms it asks for is sealed to this device.
    """
    left = left_tugas(bench)
    recorded = bench.history.recorded(left)
    for name, fields in sorted(left.items(), key=lambda one: (text_of(one[1], "due") or "9999", one[0])):
        if text_of(fields, "kasus") != kasus or name in recorded:
            continue
        about = assignment_of(bench, name)
        if about is not None and form.id in about.forms:
            return name, fields
    return None, {}


def _code_of(bench: Bench, kasus: RecordId | None, task: Fields) -> str:
    record = bench.records.as_written(kasus)
    return text_of(task, "kode") or (text_of(record.fields, "kode") if record else "")

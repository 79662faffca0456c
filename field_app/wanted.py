"""What the office still asks of this worker. Rule: what was pulled says so, and nothing of hers is lost
because it is asked no more.

While she works a tugas may be called off or given to somebody else, and a return may be taken back, or come
anew with other reasons.
"""

from collections.abc import Container, Set

from msgspec.structs import replace

from field_app.bench import Bench
from field_app.draft import Draft
from field_app.records import Fields, text_of
from field_app.sealed_notes import is_for_us, reasons_of
from field_app.standing import Standing, decision_on
from schemas.ids import RecordId
from schemas.sealed import SEALED_FORM

About = tuple[str, RecordId | None]
"""A form, and whom a visit with it is to: a subject, or a kasus; None where it is to nobody."""
NEW, RETURNED, CALLED_OFF = "baru", "dikembalikan", "batal"
"""States of a task that nobody began, whose visit came back, and that is asked for no more."""
LEFT = (NEW, RETURNED)
"""How a task stands that may still be hers to do."""
VISITED = frozenset({"dikirim", "selesai"})
"""How a task stands of which the office has a visit."""
WITHDRAWN, NOT_ASKED, CAME_BACK, ARRIVED = "ditarik", "tidak_diminta", "pernah_kembali", "sudah_ada"
"""What a card's hint may say: its task is called off or somebody else's; its correction is not asked for now;
an earlier visit of it, which is not on this phone, came back; or is at the office.
"""
OVER = frozenset({WITHDRAWN, NOT_ASKED, ARRIVED})
"""Hints of what is not hers to do as far as the office knows."""


def is_left(name: RecordId, fields: Fields, recorded: Set[RecordId | None]) -> bool:
    """Say whether a task is still to be done; `recorded` are those with a finished visit on this phone. One
    that came back is left, whatever was recorded.
    """
    state = text_of(fields, "state")
    return state == RETURNED or (state == NEW and name not in recorded)


def left_tugas(bench: Bench) -> dict[RecordId, Fields]:
    """Return the tasks that are still to be done."""
    asked = bench.records.in_state("tugas", *LEFT)
    recorded = bench.history.recorded(asked)
    return {name: fields for name, fields in asked.items() if is_left(name, fields, recorded)}


def is_withdrawn(bench: Bench, tugas: RecordId | None) -> bool:
    """Say whether a task that she had was called off, or is somebody else's by now."""
    if tugas is None:
        return False
    record = bench.records.get(tugas)
    return record is None or text_of(record.fields, "state") == CALLED_OFF


def hint_of_begun(bench: Bench, tugas: RecordId | None) -> str:
    """Return why the visit of a task that she began may be wanted no more; empty where it is."""
    if is_withdrawn(bench, tugas):
        return WITHDRAWN
    record = bench.records.get(tugas) if tugas is not None else None
    return ARRIVED if record is not None and text_of(record.fields, "state") in VISITED else ""


def tasks_about(bench: Bench, subject: RecordId) -> dict[str, RecordId]:
    """Return the tasks about somebody that no visit on this phone is finished for, by form: the one that is
    due first of each.
    """
    about = {
        name: fields
        for name, fields in bench.records.in_state("tugas", *LEFT).items()
        if text_of(fields, "sasaran") == subject
    }
    recorded = bench.history.recorded(about)
    left = [
        (text_of(fields, "jatuh_tempo") or "9999", name, text_of(fields, "form"))
        for name, fields in about.items()
        if name not in recorded
    ]
    return {form: name for _, name, form in sorted(left, reverse=True)}


def returned_of(bench: Bench, tugas: RecordId) -> Standing | None:
    """Return why the visit of a task came back that was recorded on another phone of hers; None where nothing
    says so.
    """
    for fields in bench.records.in_state("kunjungan", RETURNED).values():
        if text_of(fields, "tugas") == tugas:
            return _why(fields)
    return None


def why_returned(bench: Bench, visit: RecordId | None) -> Standing | None:
    """Return why a visit came back that was recorded on another phone of hers; None where nothing says so."""
    record = bench.records.get(visit)
    return _why(record.fields) if record is not None and text_of(record.fields, "state") == RETURNED else None


def _why(fields: Fields) -> Standing:
    reasons = {str(name): str(why) for name, why in dict(fields.get("reasons") or {}).items()}
    return Standing(status=RETURNED, reasons=reasons, note=text_of(fields, "note"))


def returned_elsewhere(bench: Bench, begun: Container[About]) -> dict[RecordId, Fields]:
    """Return her visits that came back and are not on this phone, as one that was lost had them. A sealed one
    whose reasons open here is mended here, also one of a tugas. Any other of a tugas comes back as that, and
    one without stands until she went there again, or has `begun` to.
    """
    back = bench.records.in_state("kunjungan", RETURNED)
    here = {version.visit for version in bench.history.newest_of_each(back)}

    def is_asked(name: RecordId, fields: Fields) -> bool:
        what, tugas = about(fields), RecordId(text_of(fields, "tugas")) or None
        if what[0] == SEALED_FORM and is_for_us(bench, name):
            return not is_withdrawn(bench, tugas)
        if tugas is not None:
            return False
        back_ms = fields.get("decided_ms") or 0
        again = bench.history.went_again(*what, back_ms)
        again = again or bench.records.was_made_after(*what, name, back_ms)
        return not again and what not in begun

    return {name: fields for name, fields in back.items() if name not in here and is_asked(name, fields)}


def about(fields: Fields) -> About:
    """Return with which form whom a visit was made to; of a sealed one, for which case."""
    return text_of(fields, "form"), RecordId(text_of(fields, "kasus", "subjek")) or None


def as_asked_now(bench: Bench, draft: Draft) -> Draft:
    """Return a correction with the reasons that the office gives by now: a return may be taken back and come
    anew. Raises ClosedError for a sealed one while the second unlock is closed.
    """
    row = bench.records.get(draft.visit) if draft.follows is not None and draft.change is None else None
    if row is None or draft.follows is None:
        return draft
    said = decision_on(draft.follows, row.fields)
    if said is None or said.status != RETURNED:
        return draft
    reasons, note = said.reasons, said.note
    if bench.sealed.holds(draft.id):
        sealed = reasons_of(bench, draft.visit)
        if sealed is None or sealed.form != draft.form:
            return draft
        reasons, note = sealed.reasons, sealed.note
    return replace(draft, seen=replace(draft.seen, returned=reasons, note=note))

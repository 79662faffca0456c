"""Finishing a visit: what it lacks, and then all of it in one transaction.

Rule: a refusal leaves the draft as it was.
"""

from field_app.bench import Bench
from field_app.draft import Draft
from field_app.finalise import end_time, named_photos, number_of, patch_of, submit_of
from field_app.returned import asked_of, mended
from field_app.sealed_finish import finish_sealed
from field_app.sheets import Sheet, findings
from field_app.statement import changed_since
from field_app.views import Finalised, Listed, Refused, Review
from schemas.format import local_date
from schemas.wire import MAX_CONTENT_BYTES

EMPTY, NOTHING_MENDED = "lapangan.kunjungan_kosong", "lapangan.perbaikan_kosong"
AT_THE_END = ("jam_selesai", "no_urut_lokal")
"""What the device answers when a visit is finished, where she did not."""


def findings_in(bench: Bench, sheets: dict[str, Sheet]) -> dict[str, tuple[Listed, ...]]:
    """Return what each form of a visit lacks, blocks or warns of."""
    return findings(sheets, bench.latest_day(), bench.kecamatan())


def review_of(bench: Bench, draft: Draft, sheets: dict[str, Sheet]) -> Review:
    """Say what a visit still lacks."""
    listed = [item for items in findings_in(bench, sheets).values() for item in items]
    changed = changed_since(bench, draft, sheets[draft.form])
    listed += [changed] if changed else []
    named = _named(bench, draft, sheets)
    return Review(
        missing=tuple(
            item
            for item in listed
            if item.kind == "missing" and (not named or (item.form, item.field) in named)
        ),
        blocked=tuple(item for item in listed if item.kind == "blocked"),
        warnings=tuple(item for item in listed if item.kind == "warning"),
        photos=len(named_photos(sheets, bench.shelf(draft.id).photos(draft.id))),
        forms=tuple(sheets),
    )


def _named(bench: Bench, draft: Draft, sheets: dict[str, Sheet]) -> set[tuple[str, str]]:
    """What the office asked again of a sealed visit, by form and field: its other answers are in the room."""
    if not _mends_sealed(bench, draft):
        return set()
    return asked_of(draft.seen.returned, (sheet.form for sheet in sheets.values()))


def _mends_sealed(bench: Bench, draft: Draft) -> bool:
    return draft.follows is not None and bench.sealed.holds(draft.id)


def mended_in(bench: Bench, draft: Draft, sheets: dict[str, Sheet]) -> tuple[str, ...]:
    """Return which of the office's reasons she has met: their answer, or their photo, is another by now. Of a
    sealed visit nothing came back, so that any answer is another.
    """
    if not draft.seen.returned:
        return ()
    shelf, before = bench.shelf(draft.id), {}
    if not bench.sealed.holds(draft.id):
        versions = bench.drafts.versions(draft.visit)
        came_back = next((one.id for one in versions if one.change == draft.follows), "")
        before = bench.drafts.answers(came_back)
    shots = shelf.photos(draft.id)
    replaced = {shot.blob for shot in shots} - {shot.blob for shot in shots if not shot.superseded}
    forms = [sheet.form for sheet in sheets.values()]
    return mended(draft.seen.returned, forms, before, shelf.answers(draft.id), replaced)


def finish(bench: Bench, draft: str) -> Finalised | Refused:
    """Finish a visit: what is missing stays missing, what is blocked must be mended first.

    Raises ClosedError for a sealed draft while the second unlock is closed.
    """
    with bench.vault.write():
        known = bench.known(draft)
        if known.change is not None:
            return Refused(say="lapangan.sudah_selesai")
        if _is_empty(bench, known):
            return Refused(say=EMPTY if known.follows is None else NOTHING_MENDED)
        now_ms = bench.time.now_ms()
        ordinal = _next_ordinal(bench, now_ms)
        # a sealed draft has its case's code already, and takes no number of the year
        number = known.number or number_of(bench.owner.person_code, now_ms, ordinal, bench.owner.device)
        sheets, added = _closed(bench, known, number)
        review = review_of(bench, known, sheets)
        if review.blocked:
            return Refused(say="lapangan.perbaiki_dulu", review=review)
        if bench.sealed.holds(draft):
            return finish_sealed(bench, known, sheets, now_ms)
        done = _finish(bench, known, sheets, added, number, now_ms)
        if not known.number and isinstance(done, Finalised):
            bench.store.put(_counter_name(now_ms), ordinal)
        return done


def _finish(
    bench: Bench, known: Draft, sheets: dict[str, Sheet], added: dict[str, str], number: str, now_ms: int
) -> Finalised | Refused:
    photos = bench.drafts.photos(known.id)
    change, raw = bench.pen.sealed(submit_of(known, sheets, photos), now_ms)
    if len(raw) > MAX_CONTENT_BYTES:
        return Refused(say="lapangan.kunjungan_terlalu_besar")
    for name, value in added.items():
        bench.drafts.put_answer(known.id, known.form, name, value, refused=False, now_ms=now_ms)
    patch = patch_of(known, sheets[known.form])
    patch_id = bench.pen.write(patch, now_ms) if patch else None
    bench.store.append(change, raw)
    named = [photo.number for photo in named_photos(sheets, photos)]
    bench.drafts.name_photos(known.id, named)
    bench.drafts.finalise(known.id, number=number, change=change, patch=patch_id, finalised_ms=now_ms)
    return Finalised(visit=known.visit, number=number, change=change)


def _closed(bench: Bench, known: Draft, number: str) -> tuple[dict[str, Sheet], dict[str, str]]:
    """Return the sheets with what the device says of a visit that ends now, and that alone; nothing is
    kept. A sealed visit that is mended has ended before, as it stands in the room.
    """
    ending = (end_time(known.started_ms, known.touched_ms), number)
    closing = {} if _mends_sealed(bench, known) else dict(zip(AT_THE_END, ending, strict=True))
    given = bench.shelf(known.id).answers(known.id).get(known.form, {})
    fields = bench.forms.get(known.form).fields
    added = {name: value for name, value in closing.items() if name in fields and name not in given}
    sheets = bench.read(known)
    main = sheets[known.form]
    sheets[known.form] = Sheet(form=main.form, answers=main.answers | added)
    return sheets, added


def _is_empty(bench: Bench, draft: Draft) -> bool:
    """Say whether she answered nothing herself."""
    fields = bench.forms.get(draft.form).fields
    return not any(
        name not in fields or fields[name].filled_by == "lapangan"
        for answers in bench.shelf(draft.id).answers(draft.id).values()
        for name in answers
    )


def _next_ordinal(bench: Bench, now_ms: int) -> int:
    """Return the next running number of the year on this phone."""
    return bench.store.get(_counter_name(now_ms), int, 0) + 1


def _counter_name(now_ms: int) -> str:
    return f"urut/{local_date(now_ms).year}"

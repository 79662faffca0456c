"""Photos and signatures of a draft. Rule: a shot that was taken stays; a later one may stand for it.

A place for photos is a field (`foto_kk`) or the cell of a row as it stands now (`syarat_lain[1].berkas`).
"""

from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from field_app.bench import Bench, Spot, guarded
from field_app.capture import JPEG, PNG, clean_signature, develop
from field_app.drafts import Photo
from field_app.exif import Stamp
from field_app.rows import cells_of, superseded, unknown_blobs
from field_app.views import PhotoView, Refused, Saved
from schemas.form import Berkas, Field, Form, Foto, Gps, Tabel, TandaTangan
from schemas.form_cells import Cell, cell_of, field_at, rows_of
from schemas.ids import BlobId
from schemas.papers import is_paper
from sync.change import Place


def add_photo(
    bench: Bench,
    draft: str,
    form: str,
    field: str,
    camera: bytes,
    fix: Place | None,
    *,
    replaces: int | None,
    direction_deg: float | None,
) -> PhotoView | Refused:
    """Make evidence of a picture and put it into the answer."""
    target = _target(bench, draft, form, field)
    if isinstance(target, Refused):
        return target
    if not isinstance(target.field, (Foto, Berkas)):
        return Refused(say="lapangan.bukan_isian_foto")
    valid = [photo.number for photo in _valid(bench, target)]
    if len(valid) - (replaces in valid) >= target.field.max_count:
        return Refused(say="lapangan.foto_penuh", values={"jumlah": str(target.field.max_count)})
    spot = target.spot
    now_ms = bench.time.now_ms()
    place = allowed_place(bench.forms.get(spot.draft.form), fix)
    stamp = Stamp(
        visit=spot.draft.visit, device=bench.owner.device, taken_ms=now_ms, direction_deg=direction_deg
    )
    made = develop(camera, place, stamp, bench.quality(), of_paper=is_paper(target.field))
    if isinstance(made, Refused):
        return made
    photo = Photo(
        number=0,
        form=form,
        field=target.key,
        blob=made.blob,
        camera_sha256=made.camera_sha256,
        taken_ms=now_ms,
        place=place,
        blurry=made.blurry,
        dark=made.dark,
        paper=made.paper,
        superseded=False,
        size_bytes=len(made.data),
        media_type=JPEG,
    )
    shelf = bench.shelf(draft)
    thumbnail = made.thumbnail if isinstance(target.field, Foto) or target.field.thumbnail else b""

    def keep() -> PhotoView:
        with bench.vault.write():
            stays = [shot.blob for shot in _valid(bench, target) if shot.number != replaces]
            if replaces is not None:
                shelf.supersede(draft, form, target.key, replaces)
            number = shelf.keep_photo(draft, photo, made.data, thumbnail)
            _list(bench, target, [*stays, made.blob])
            return bench.shown(draft, msgspec.structs.replace(photo, number=number), field)

    return guarded(keep)


def allowed_place(form: Form, fix: Place | None) -> Place | None:
    """Return the fix if the visit's main form asks for a place; where it does not, photos have none
    either.
    """
    return fix if any(isinstance(field, Gps) for field in form.fields.values()) else None


def drop_photo(bench: Bench, draft: str, form: str, field: str, number: int | None) -> Saved | Refused:
    """Take one shot (or all) out of the answer; it stays as an earlier version."""
    target = _target(bench, draft, form, field)
    if isinstance(target, Refused):
        return target

    def drop() -> Saved:
        with bench.vault.write():
            stands = _valid(bench, target)
            gone = [shot for shot in stands if number in (None, shot.number)]
            bench.shelf(draft).mark_superseded(draft, {shot.number: True for shot in gone})
            _list(bench, target, [shot.blob for shot in stands if shot not in gone])
            return bench.saved(target.spot.draft, form)

    return guarded(drop)


def restore_photo(bench: Bench, draft: str, form: str, field: str, number: int) -> Saved | Refused:
    """Put a shot back that was taken out of the answer, where there is still room for it."""
    target = _target(bench, draft, form, field)
    if isinstance(target, Refused):
        return target
    if not isinstance(target.field, (Foto, Berkas)):
        return Refused(say="lapangan.bukan_isian_foto")
    back = next((shot for shot in bench.shelf(draft).photos(draft) if shot.number == number), None)
    if back is None or (back.form, back.field) != (form, target.key):
        return Refused(say="lapangan.bukan_isian_foto")
    stands = {shot.number: shot.blob for shot in _valid(bench, target)} | {number: back.blob}
    if len(stands) > target.field.max_count:
        return Refused(say="lapangan.foto_penuh", values={"jumlah": str(target.field.max_count)})

    def put_back() -> Saved:
        with bench.vault.write():
            bench.shelf(draft).mark_superseded(draft, {number: False})
            _list(bench, target, [stands[one] for one in sorted(stands)])
            return bench.saved(target.spot.draft, form)

    return guarded(put_back)


def save_rows(bench: Bench, spot: Spot, table: Tabel, value: Any, *, refused: bool) -> Saved | Refused:
    """Keep a table's rows. Shots of rows that are gone become earlier versions, and stand again when they
    return; a hash that was never taken here is refused.
    """
    draft = spot.draft.id
    shelf = bench.shelf(draft)
    photos = [photo for photo in shelf.photos(draft) if photo.form == spot.sheet.form.id]
    if unknown_blobs(table, value, photos):
        return Refused(say="lapangan.lewat_kamera")
    with bench.vault.write():
        saved = bench.put(spot, value, refused=refused)
        shelf.mark_superseded(draft, superseded(table, value, photos))
        return saved


def sign(bench: Bench, draft: str, form: str, field: str, png: bytes) -> BlobId | Refused:
    """Keep a drawn signature."""
    spot = bench.writable(draft, form, field)
    if isinstance(spot, Refused):
        return spot
    if not isinstance(spot.field, TandaTangan):
        return Refused(say="lapangan.bukan_isian_tanda_tangan")
    clean = clean_signature(png)
    if isinstance(clean, Refused):
        return clean
    blob = BlobId(sha256(clean).hexdigest())
    photo = Photo(
        number=0,
        form=form,
        field=field,
        blob=blob,
        camera_sha256=sha256(png).hexdigest(),
        taken_ms=bench.time.now_ms(),
        place=None,
        blurry=False,
        dark=False,
        superseded=False,
        size_bytes=len(clean),
        media_type=PNG,
    )

    def keep() -> BlobId:
        shelf = bench.shelf(draft)
        with bench.vault.write():
            shelf.supersede(draft, form, field, None)
            shelf.keep_photo(draft, photo, clean, b"")
            bench.put(spot, blob, refused=False)
        return blob

    return guarded(keep)


class _Target(NamedTuple):
    """Where a photo belongs: the field or column, the name it is stored under, and the cell in a table."""

    spot: Spot
    field: Field
    key: str
    cell: Cell | None


def _target(bench: Bench, draft: str, form: str, name: str) -> _Target | Refused:
    cell = cell_of(name)
    spot = bench.writable(draft, form, cell.table if cell else name)
    if isinstance(spot, Refused):
        return spot
    if cell is None:
        return _Target(spot, spot.field, name, None)
    column = field_at(spot.sheet.form.fields, name)
    if column is None:
        return Refused(say="lapangan.isian_tidak_dikenal")
    if cell.row is None or cell.row >= len(_rows(bench, spot, cell)):
        return Refused(say="lapangan.baris_tidak_ada")
    return _Target(spot, column, cell.of_column, cell)


def _rows(bench: Bench, spot: Spot, cell: Cell) -> list[dict[str, Any]]:
    """Return the rows as they are stored now, without what is derived."""
    answers = bench.shelf(spot.draft.id).answers(spot.draft.id).get(spot.sheet.form.id, {})
    return rows_of(answers.get(cell.table))


def _valid(bench: Bench, target: _Target) -> list[Photo]:
    """Return the shots that stand at a place, in the order in which they were taken."""
    spot, cell = target.spot, target.cell
    form = spot.sheet.form
    shots = [
        photo
        for photo in bench.shelf(spot.draft.id).photos(spot.draft.id)
        if (photo.form, photo.field) == (form.id, target.key) and not photo.superseded
    ]
    if cell is None:
        return shots
    stands = cells_of(form.fields, {cell.table: _rows(bench, spot, cell)}, shots, seen=False)
    return [shot for shot in shots if stands.get(shot.number) == cell]


def _list(bench: Bench, target: _Target, blobs: list[BlobId]) -> None:
    """Make the answer name the shots that stand, two of equal bytes twice."""
    draft, form = target.spot.draft.id, target.spot.sheet.form.id
    name, value = target.key, blobs or None
    if target.cell is not None and target.cell.row is not None:
        rows = _rows(bench, target.spot, target.cell)
        row = rows[target.cell.row]
        row.pop(target.cell.column, None)
        if blobs:
            row[target.cell.column] = blobs
        name, value = target.cell.table, rows
    bench.shelf(draft).put_answer(draft, form, name, value, refused=False, now_ms=bench.time.now_ms())

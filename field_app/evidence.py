"""Photos and signatures of a draft. Rule: a shot that was taken stays; a later one may stand for it."""

from hashlib import sha256

import msgspec

from field_app.bench import Bench, guarded
from field_app.blobs import put_blob
from field_app.capture import JPEG, PNG, clean_signature, develop
from field_app.drafts import Photo
from field_app.exif import Stamp
from field_app.views import PhotoView, Refused, Saved
from schemas.form import Berkas, Form, Foto, Gps, TandaTangan
from schemas.ids import BlobId
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
    spot = bench.writable(draft, form, field)
    if isinstance(spot, Refused):
        return spot
    if not isinstance(spot.field, (Foto, Berkas)):
        return Refused(say="lapangan.bukan_isian_foto")
    valid = [photo.number for photo in _valid(bench, draft, form, field)]
    if len(valid) - (replaces in valid) >= spot.field.max_count:
        return Refused(say="lapangan.foto_penuh", values={"jumlah": str(spot.field.max_count)})
    now_ms = bench.time.now_ms()
    place = allowed_place(bench.forms.get(spot.draft.form), fix)
    stamp = Stamp(
        visit=spot.draft.visit, device=bench.owner.device, taken_ms=now_ms, direction_deg=direction_deg
    )
    made = develop(camera, place, stamp, bench.quality())
    if isinstance(made, Refused):
        return made
    photo = Photo(
        number=0,
        form=form,
        field=field,
        blob=made.blob,
        camera_sha256=made.camera_sha256,
        taken_ms=now_ms,
        place=place,
        blurry=made.blurry,
        dark=made.dark,
        superseded=False,
        size_bytes=len(made.data),
        media_type=JPEG,
    )
    thumbnail = made.thumbnail if isinstance(spot.field, Foto) or spot.field.thumbnail else b""

    def keep() -> PhotoView:
        with bench.vault.write() as connection:
            put_blob(connection, made.blob, made.data, JPEG, thumbnail)
            if replaces is not None:
                bench.drafts.supersede(draft, form, field, replaces)
            number = bench.drafts.add_photo(draft, photo)
            _list(bench, draft, form, field)
            return bench.shown(msgspec.structs.replace(photo, number=number))

    return guarded(keep)


def allowed_place(form: Form, fix: Place | None) -> Place | None:
    """Return the fix if the visit's main form asks for a place; where it does not, photos have none
    either.
    """
    return fix if any(isinstance(field, Gps) for field in form.fields.values()) else None


def drop_photo(bench: Bench, draft: str, form: str, field: str, number: int | None) -> Saved | Refused:
    """Take one shot (or all) out of the answer; it stays as an earlier version."""
    spot = bench.writable(draft, form, field)
    if isinstance(spot, Refused):
        return spot

    def drop() -> Saved:
        with bench.vault.write():
            bench.drafts.supersede(draft, form, field, number)
            _list(bench, draft, form, field)
            return bench.saved(spot.draft, form)

    return guarded(drop)


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
        with bench.vault.write() as connection:
            put_blob(connection, blob, clean, PNG, b"")
            bench.drafts.supersede(draft, form, field, None)
            bench.drafts.add_photo(draft, photo)
            bench.put(spot, blob, refused=False)
        return blob

    return guarded(keep)


def _valid(bench: Bench, draft: str, form: str, field: str) -> list[Photo]:
    return [
        photo
        for photo in bench.drafts.photos(draft)
        if (photo.form, photo.field) == (form, field) and not photo.superseded
    ]


def _list(bench: Bench, draft: str, form: str, field: str) -> None:
    """Make the answer name the shots that stand, two of equal bytes twice."""
    blobs = [photo.blob for photo in _valid(bench, draft, form, field)]
    bench.drafts.put_answer(draft, form, field, blobs or None, refused=False, now_ms=bench.time.now_ms())

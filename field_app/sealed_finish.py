"""From a sealed draft to its changes. Rule: after the commit this phone can send the visit, and not read it.

All of it goes into one container under a fresh content key, which is sealed to the unit and forgotten. In one
transaction the container, the SealedSubmit and a version without contents take the place of the draft's rows;
the draft's key and what the WAL still holds go after it, and again at the next unlock if the phone died
between.
"""

from hashlib import sha256

from field_app.bench import Bench
from field_app.blobs import put_blob
from field_app.draft import Draft, Photo, Seen
from field_app.finalise import named_photos
from field_app.sealed_draft import Cover
from field_app.sealing import KEY_BYTES, Gcm, seal_key
from field_app.sheets import Sheet
from field_app.views import Finalised, Refused
from schemas.ids import BlobId, ChangeId
from schemas.sealed import MEDIA_TYPE, SEALED_FIELD, SEALED_FORM, Answers, Opening, Shot, UnitKey
from sync.change import Patch, SealedSubmit
from sync.sealed_case import info_of, name_of, write_container


def finish_sealed(bench: Bench, draft: Draft, sheets: dict[str, Sheet], now_ms: int) -> Finalised | Refused:
    """Finalise a draft that was looked at: `sheets` hold its answers. In its caller's transaction.

    Raises ClosedError.
    """
    cover = bench.sealed.cover(draft.id)
    key = bench.unit.key(sheets[draft.form].form.service)
    if cover is None or key is None:
        return Refused(say=bench.unit.state(sheets[draft.form].form.service).problem)
    photos = named_photos(sheets, bench.sealed.photos(draft.id))
    content_key = bench.randomness(KEY_BYTES)
    try:
        container = write_container(
            _opening(bench, cover, sheets, draft.form, now_ms),
            _answers(bench, cover, sheets, photos),
            (bench.sealed.bytes_of(cover.id, photo) for photo in photos),
            Gcm(content_key),
        )
    except ValueError:
        return Refused(say="lapangan.tersegel.terlalu_besar")
    blob = BlobId(sha256(container).hexdigest())
    with bench.vault.write() as connection:
        patch = bench.pen.write(_new_case(bench, cover), now_ms) if cover.is_new else None
        change = bench.pen.write(_submit(bench, cover, key, content_key, blob, len(container)), now_ms)
        put_blob(connection, blob, container, MEDIA_TYPE, b"")
        _stand_for(bench, cover, blob, len(container), change, patch, now_ms)
        bench.sealed.remove(cover.id)
    return Finalised(visit=cover.visit, number=cover.kode, change=change)


def _opening(bench: Bench, cover: Cover, sheets: dict[str, Sheet], main: str, now_ms: int) -> Opening:
    return Opening(
        regency=bench.owner.regency,
        visit=cover.visit,
        number=cover.number,
        follows=cover.follows,
        kasus=cover.kasus,
        author=bench.owner.person,
        device=bench.owner.device,
        form=main,
        forms={name: sheet.form.version for name, sheet in sheets.items()},
        made_ms=now_ms,
    )


def _answers(bench: Bench, cover: Cover, sheets: dict[str, Sheet], photos: list[Photo]) -> Answers:
    return Answers(
        answers={name: sheet.visible() for name, sheet in sheets.items()},
        shots=[
            Shot(
                blob=photo.blob,
                form=photo.form,
                field=photo.field,
                size_bytes=photo.size_bytes,
                media_type=photo.media_type,
                camera_sha256=photo.camera_sha256,
                taken_ms=photo.taken_ms,
                thumbnail=bench.sealed.thumbnail(cover.id, photo),
            )
            for photo in photos
        ],
    )


def _submit(
    bench: Bench, cover: Cover, key: UnitKey, content_key: bytes, blob: BlobId, size_bytes: int
) -> SealedSubmit:
    info = info_of(bench.owner.regency, "isi", cover.visit, cover.number, key.public_key)
    return SealedSubmit(
        visit=cover.visit,
        follows=cover.follows,
        kasus=cover.kasus,
        number=cover.number,
        blob=blob,
        size_bytes=size_bytes,
        key=name_of(key.public_key),
        opened=seal_key(content_key, key.public_key, info),
        tugas=cover.tugas,
    )


def _new_case(bench: Bench, cover: Cover) -> Patch:
    """Return what stands outside of a new case; its state and deadline the office's workflow says."""
    new = {"workflow": "ktkpm", "service": "ktkpm", "petugas": bench.owner.person, "kode": cover.kode}
    return Patch(record=cover.kasus, kind="kasus", base={}, new=new)


def _stand_for(
    bench: Bench,
    cover: Cover,
    blob: BlobId,
    size_bytes: int,
    change: ChangeId,
    patch: ChangeId | None,
    now_ms: int,
) -> None:
    """Put a version without contents where all others stand: it is sent, shown and forgotten as they are."""
    version = Draft(
        id=cover.id,
        visit=cover.visit,
        form=SEALED_FORM,
        tugas=cover.tugas,
        subject=cover.kasus,
        follows=cover.follows,
        number=cover.kode,
        seen=Seen(due=cover.due),
        page=0,
        started_ms=cover.started_ms,
        touched_ms=cover.touched_ms,
        discarded_ms=None,
        change=change,
        patch=patch,
        finalised_ms=now_ms,
    )
    container = Photo(
        number=0,
        form=SEALED_FORM,
        field=SEALED_FIELD,
        blob=blob,
        camera_sha256=blob,
        taken_ms=now_ms,
        place=None,
        blurry=False,
        dark=False,
        superseded=False,
        size_bytes=size_bytes,
        media_type=MEDIA_TYPE,
    )
    bench.drafts.add(version)
    bench.drafts.name_photos(cover.id, [bench.drafts.add_photo(cover.id, container)])

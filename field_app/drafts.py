"""Drafts and finalised versions of visits in the vault. Rule: what was finalised never changes again.

A draft is one row with its answers and photos; finalising gives it the id of its change. All SQL of drafts
stands here, one function a query; each joins its caller's transaction, or makes its own. This is the plain
Shelf; of a sealed case only finalised versions stand here, without anything of their contents.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import sqlcipher3.dbapi2 as sqlcipher

from field_app.blobs import Blobs, put_blob
from field_app.draft import Draft, Paper, Photo, Seen
from field_app.vault import Vault
from schemas.base import decode, encode
from schemas.ids import BlobId, ChangeId, RecordId
from schemas.wire import Applied, Conflict, Outcome
from sync.change import Place

_outcomes = msgspec.msgpack.Decoder(Outcome)
COLUMNS = (
    "id, visit, form, tugas, subject, follows, number, seen, page, started_ms, touched_ms, discarded_ms,"
    " change, patch, finalised_ms"
)
_place = msgspec.msgpack.Decoder(Place)


class Drafts:
    """The drafts of one vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def add(self, draft: Draft) -> None:
        """Begin a draft."""
        with self._vault.write() as connection:
            connection.execute(
                f"INSERT INTO drafts ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (
                    draft.id,
                    draft.visit,
                    draft.form,
                    draft.tugas,
                    draft.subject,
                    draft.follows,
                    draft.number,
                    encode(draft.seen),
                    draft.page,
                    draft.started_ms,
                    draft.touched_ms,
                    draft.discarded_ms,
                    draft.change,
                    draft.patch,
                    draft.finalised_ms,
                ),
            )

    def holds(self, draft: str) -> bool:
        """See Shelf."""
        return self.get(draft) is not None

    def get(self, draft: str) -> Draft | None:
        """Return a draft or a finalised version, None for one that is not there."""
        with self._vault.read() as connection:
            found = connection.execute(f"SELECT {COLUMNS} FROM drafts WHERE id = ?", (draft,)).fetchone()  # noqa: S608
        return draft_of(found) if found else None

    def open(self) -> list[Draft]:
        """Return what is being written, the last touched first."""
        return self._select("WHERE change IS NULL AND discarded_ms IS NULL ORDER BY touched_ms DESC, id")

    def put_away(self) -> list[Draft]:
        """Return what was put away and can be brought back; not what was emptied because it was destroyed."""
        return self._select(
            "WHERE change IS NULL AND discarded_ms IS NOT NULL"
            " AND EXISTS (SELECT 1 FROM draft_forms WHERE draft = drafts.id)"
        )

    def unfinished_visits(self) -> set[RecordId]:
        """Return the visits of all that is not finalised, sealed drafts too."""
        with self._vault.read() as connection:
            found = connection.execute(
                "SELECT visit FROM drafts WHERE change IS NULL UNION ALL SELECT visit FROM sealed_drafts"
            ).fetchall()
        return {RecordId(visit) for (visit,) in found}

    def versions(self, visit: RecordId) -> list[Draft]:
        """Return the finalised versions of one visit, in any order."""
        return self._select("WHERE visit = ? AND change IS NOT NULL", visit)

    def changes_of(self, visit: RecordId) -> list[ChangeId]:
        """Return the changes of all finalised versions of one visit."""
        with self._vault.read() as connection:
            found = connection.execute(
                "SELECT patch, change FROM drafts WHERE visit = ? AND change IS NOT NULL"
                " ORDER BY finalised_ms, id",
                (visit,),
            ).fetchall()
        return [ChangeId(name) for pair in found for name in pair if name is not None]

    def lost(self) -> list[tuple[Draft, str, str | None]]:
        """Return the finalised versions that were declared lost, each with why, and the draft by which it is
        recorded again, if there is one that was not put away; the newest first.

        What a copy of this phone brought to the office all the same is not lost.
        """
        names = ", ".join(f"drafts.{name.strip()}" for name in COLUMNS.split(","))
        with self._vault.read() as connection:
            found = connection.execute(
                f"SELECT {names}, why, anew.id, packed FROM gone_contents CROSS JOIN drafts USING (change)"  # noqa: S608
                " LEFT JOIN drafts AS anew ON anew.id = again AND anew.discarded_ms IS NULL"
                " LEFT JOIN outcomes ON outcomes.change = drafts.change"
                " AND drafts.change IN (SELECT change FROM links)"
                " WHERE why IN ('hilang', 'tidak_kembali') ORDER BY drafts.finalised_ms DESC, drafts.id"
            ).fetchall()
        return [(draft_of(row[:-3]), row[-3], row[-2]) for row in found if not _is_taken(row[-1])]

    def record_again(self, lost: ChangeId, draft: str) -> None:
        """Remember by which draft a lost version is recorded again."""
        with self._vault.write() as connection:
            connection.execute("UPDATE gone_contents SET again = ? WHERE change = ?", (draft, lost))

    def under_work(self) -> int:
        """Count visits that are not finalised, sealed ones too: what is in them is in no change yet."""
        with self._vault.read() as connection:
            return connection.execute(
                "SELECT (SELECT count(*) FROM drafts WHERE change IS NULL AND discarded_ms IS NULL)"
                " + (SELECT count(*) FROM sealed_drafts WHERE discarded_ms IS NULL)"
            ).fetchone()[0]

    def touch(self, draft: str, now_ms: int, page: int | None = None) -> None:
        """Remember when she last wrote, and on which page."""
        with self._vault.write() as connection:
            connection.execute(
                "UPDATE drafts SET touched_ms = ?, page = coalesce(?, page) WHERE id = ? AND change IS NULL",
                (now_ms, page, draft),
            )

    def discard(self, draft: str, discarded_ms: int | None) -> None:
        """Put a draft away, or with None bring it back; put_away.py says until when that can be."""
        with self._vault.write() as connection:
            connection.execute(
                "UPDATE drafts SET discarded_ms = ? WHERE id = ? AND change IS NULL", (discarded_ms, draft)
            )

    def give_tugas(self, draft: Draft) -> None:
        """Let a draft be for the task that it names by now, with what is seen of it."""
        with self._vault.write() as connection:
            given = (draft.tugas, encode(draft.seen), draft.id)
            connection.execute("UPDATE drafts SET tugas = ?, seen = ? WHERE id = ? AND change IS NULL", given)

    def finalise(
        self, draft: str, *, number: str, change: ChangeId, patch: ChangeId | None, finalised_ms: int
    ) -> None:
        """Freeze a draft."""
        with self._vault.write() as connection:
            connection.execute(
                "UPDATE drafts SET number = ?, change = ?, patch = ?, finalised_ms = ?"
                " WHERE id = ? AND change IS NULL",
                (number, change, patch, finalised_ms, draft),
            )

    def pin_form(self, draft: str, form: str, version: int) -> None:
        """Fix the version of a form that this visit is filled with, once."""
        with self._vault.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO draft_forms (draft, form, version) VALUES (?, ?, ?)",
                (draft, form, version),
            )

    def forms(self, draft: str) -> dict[str, int]:
        """Return the pinned versions by form."""
        with self._vault.read() as connection:
            found = connection.execute(
                "SELECT form, version FROM draft_forms WHERE draft = ?", (draft,)
            ).fetchall()
        return dict(found)

    def put_answer(
        self, draft: str, form: str, field: str, value: Any, *, refused: bool, now_ms: int
    ) -> None:
        """Keep one answer. One of wrong shape is kept apart as typed; None takes both away."""
        with self._vault.write() as connection:
            if value is None:
                connection.execute(
                    "DELETE FROM answers WHERE draft = ? AND form = ? AND field = ?", (draft, form, field)
                )
            else:
                packed = encode(value)
                connection.execute(
                    "INSERT INTO answers (draft, form, field, packed, refused, saved_ms)"
                    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (draft, form, field) DO UPDATE SET"
                    " packed = coalesce(excluded.packed, packed), refused = excluded.refused,"
                    " saved_ms = excluded.saved_ms",
                    (draft, form, field, None if refused else packed, packed if refused else None, now_ms),
                )
            connection.execute(
                "UPDATE drafts SET touched_ms = ? WHERE id = ? AND change IS NULL", (now_ms, draft)
            )

    def answers(self, draft: str) -> dict[str, dict[str, Any]]:
        """Return the answers by form and field, as she sees them: what was typed wrong stands as typed."""
        with self._vault.read() as connection:
            found = connection.execute(
                "SELECT form, field, coalesce(refused, packed) FROM answers WHERE draft = ?", (draft,)
            ).fetchall()
        answers: dict[str, dict[str, Any]] = {}
        for form, field, packed in found:
            answers.setdefault(form, {})[field] = msgspec.msgpack.decode(packed)
        return answers

    def last_answered(self, draft: str) -> tuple[str, str] | None:
        """Return form and field of the answer that was kept last, None without one or where several were kept
        at once, as when a draft begins.
        """
        with self._vault.read() as connection:
            found = connection.execute(
                "SELECT form, field, saved_ms FROM answers WHERE draft = ? ORDER BY saved_ms DESC LIMIT 2",
                (draft,),
            ).fetchall()
        if not found or (len(found) == 2 and found[0][2] == found[1][2]):
            return None
        return found[0][0], found[0][1]

    def add_photo(self, draft: str, photo: Photo) -> int:
        """Keep one shot and return its number; `photo.number` is ignored."""
        with self._vault.write() as connection:
            cursor = connection.execute(
                "INSERT INTO photos"
                " (draft, form, field, blob, camera_sha256, taken_ms, place, blurry, dark, glare, cut, far,"
                " superseded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    draft,
                    photo.form,
                    photo.field,
                    photo.blob,
                    photo.camera_sha256,
                    photo.taken_ms,
                    encode(photo.place) if photo.place else None,
                    photo.blurry,
                    photo.dark,
                    photo.paper.glare,
                    photo.paper.cut,
                    photo.paper.far,
                    photo.superseded,
                ),
            )
            return cursor.lastrowid or 0

    def keep_photo(self, draft: str, photo: Photo, data: bytes, thumbnail: bytes) -> int:
        """See Shelf."""
        with self._vault.write() as connection:
            put_blob(connection, photo.blob, data, photo.media_type, thumbnail)
            return self.add_photo(draft, photo)

    def thumbnail(self, draft: str, photo: Photo) -> bytes:
        """See Shelf."""
        return Blobs(self._vault).thumbnail(photo.blob)

    def photo_bytes(self, blob: BlobId) -> bytes:
        """See Shelf."""
        return Blobs(self._vault).read(blob)

    def supersede(self, draft: str, form: str, field: str, number: int | None) -> None:
        """Let a later shot stand for this one (or for all of the field); it stays as an earlier version."""
        with self._vault.write() as connection:
            connection.execute(
                "UPDATE photos SET superseded = 1"
                " WHERE draft = ? AND form = ? AND field = ? AND (? IS NULL OR number = ?)",
                (draft, form, field, number, number),
            )

    def mark_superseded(self, draft: str, marks: Mapping[int, bool]) -> None:
        """Say of shots, by number, whether they are earlier versions."""
        with self._vault.write() as connection:
            connection.executemany(
                "UPDATE photos SET superseded = ? WHERE draft = ? AND number = ?",
                [(mark, draft, number) for number, mark in marks.items()],
            )

    def photos(self, draft: str) -> list[Photo]:
        """Return all shots of a draft in the order they were taken, superseded ones too."""
        with self._vault.read() as connection:
            found = connection.execute(
                "SELECT photos.number, form, field, blob, camera_sha256, taken_ms, place, blurry, dark,"
                " glare, cut, far, superseded, size_bytes, media_type"
                " FROM photos JOIN blobs ON blobs.id = blob WHERE draft = ? ORDER BY photos.number",
                (draft,),
            ).fetchall()
        return [_photo(row) for row in found]

    def name_photos(self, draft: str, numbers: Iterable[int]) -> None:
        """Remember which shots the finalised version names: these will be sent."""
        with self._vault.write() as connection:
            connection.executemany(
                "UPDATE photos SET named = 1 WHERE draft = ? AND number = ?",
                [(draft, number) for number in numbers],
            )

    def blobs_of(self, draft: str) -> list[BlobId]:
        """Return the blobs that a finalised version names, each once."""
        with self._vault.read() as connection:
            found = connection.execute(
                "SELECT DISTINCT blob FROM photos WHERE draft = ? AND named", (draft,)
            ).fetchall()
        return [BlobId(blob) for (blob,) in found]

    def visits_with(self, blobs: Iterable[BlobId]) -> set[RecordId]:
        """Return the visits, finished or not, that hold a shot with any of these bytes, superseded ones
        too.
        """
        asked = "SELECT visit FROM photos JOIN drafts ON drafts.id = photos.draft WHERE blob = ?"
        with self._vault.read() as connection:
            found = (row for blob in blobs for row in connection.execute(asked, (blob,)))
            return {RecordId(visit) for (visit,) in found}

    def _select(self, where: str, *values: str) -> list[Draft]:
        with self._vault.read() as connection:
            found = connection.execute(f"SELECT {COLUMNS} FROM drafts {where}", values).fetchall()  # noqa: S608
        return [draft_of(row) for row in found]


def draft_of(row: sqlcipher.Row | tuple[Any, ...]) -> Draft:
    """Read what COLUMNS hold."""
    names = [name.strip() for name in COLUMNS.split(",")]
    values = dict(zip(names, row, strict=True))
    values["seen"] = decode(values["seen"], Seen)
    return Draft(**values)


def _photo(row: tuple[Any, ...]) -> Photo:
    number, form, field, blob, camera, taken_ms, place, blurry, dark, *paper = row[:12]
    superseded, size_bytes, media_type = row[12:]
    glare, cut, far = (bool(one) for one in paper)
    return Photo(
        number=number,
        form=form,
        field=field,
        blob=blob,
        camera_sha256=camera,
        taken_ms=taken_ms,
        place=_place.decode(place) if place else None,
        blurry=bool(blurry),
        dark=bool(dark),
        paper=Paper(glare=glare, cut=cut, far=far),
        superseded=bool(superseded),
        size_bytes=size_bytes,
        media_type=media_type,
    )


def _is_taken(packed: bytes | None) -> bool:
    return packed is not None and isinstance(_outcomes.decode(packed), Applied | Conflict)

"""Drafts of sealed cases in the vault. Rule: what says anything about anybody is ciphertext, name and value.

A draft has a key of its own (draft_keys.py) that only the second unlock opens. Each answer, each photo and
thumbnail, and the form itself are AES-256-GCM under it, with a random nonce, bound to their place. In the
clear are the code of the case, its task, days and the page. SQL of sealed drafts stands here, but for what
takes them away (erasing.py).
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from hmac import digest
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from field_app.draft import Draft, Photo
from field_app.draft_keys import DraftKeyError, DraftKeys
from field_app.erasing import take_sealed_draft
from field_app.sealed_draft import COLUMNS, Answer, Cover, Head, cover_of, draft_of
from field_app.second import Second
from field_app.vault import Vault
from schemas.base import decode, encode
from schemas.ids import BlobId

NONCE_BYTES = 12
NAME_BYTES = 16
PLACE_BYTES = 16


class SealedDrafts:
    """The sealed drafts of one vault: a Shelf. `randomness(n)` gives n random bytes.

    All but `holds`, `covers`, `put_away`, `cover`, `touch`, `discard` and `remove` raise ClosedError when the
    second unlock is closed, and DraftKeyError when a draft's key file is gone or damaged.
    """

    def __init__(
        self, vault: Vault, keys: DraftKeys, second: Second, randomness: Callable[[int], bytes]
    ) -> None:
        self._vault, self._keys, self._second, self._randomness = vault, keys, second, randomness

    def add(self, cover: Cover, head: Head, answers: Mapping[str, Any]) -> None:
        """Begin a draft with what its main form is already told: its key first, noted as to be erased until
        its row stands. Raises OSError.
        """
        second = self._second.key()
        with self._vault.write() as connection:
            connection.execute("INSERT OR IGNORE INTO sealed_erasing (draft) VALUES (?)", (cover.id,))
        key = self._keys.create(cover.id, second)
        with self._vault.write() as connection:
            noted = connection.execute("DELETE FROM sealed_erasing WHERE draft = ?", (cover.id,))
            if noted.rowcount != 1:  # another process took the key for left over, and erased it
                raise DraftKeyError
            connection.execute(
                f"INSERT INTO sealed_drafts ({COLUMNS}, head)"  # noqa: S608 - our own columns
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*msgspec.structs.astuple(cover), self._seal(key, encode(head), _about(cover.id, b"head"))),
            )
            for name, value in answers.items():
                self.put_answer(cover.id, head.form, name, value, refused=False, now_ms=cover.touched_ms)

    def require_open(self) -> None:
        """Raise ClosedError when the second unlock is closed."""
        self._second.key()

    def holds(self, draft: str) -> bool:
        """See Shelf."""
        return self.cover(draft) is not None

    def cover(self, draft: str) -> Cover | None:
        """Return what may be shown of a draft, None for one that is not here."""
        found = self._covers("WHERE id = ?", (draft,))
        return found[0] if found else None

    def covers(self) -> list[Cover]:
        """Return what is being written, the last touched first; not what was put away."""
        return self._covers("WHERE discarded_ms IS NULL ORDER BY touched_ms DESC, id", ())

    def closed_for_good(self) -> list[str]:
        """Return the codes of what is being written and does not open although the second unlock is open."""
        return sorted({cover.kode for cover in self.covers() if not self._opens(cover.id)})

    def put_away(self) -> list[Cover]:
        """Return what was put away and can be brought back."""
        return self._covers("WHERE discarded_ms IS NOT NULL", ())

    def get(self, draft: str) -> Draft | None:
        """See Shelf."""
        cover = self.cover(draft)
        if cover is None:
            return None
        return draft_of(cover, self._head(draft))

    def touch(self, draft: str, now_ms: int, page: int | None = None) -> None:
        """See Shelf."""
        with self._vault.write() as connection:
            connection.execute(
                "UPDATE sealed_drafts SET touched_ms = ?, page = coalesce(?, page) WHERE id = ?",
                (now_ms, page, draft),
            )

    def discard(self, draft: str, discarded_ms: int | None) -> None:
        """See Shelf."""
        with self._vault.write() as connection:
            connection.execute(
                "UPDATE sealed_drafts SET discarded_ms = ? WHERE id = ?", (discarded_ms, draft)
            )

    def pin_form(self, draft: str, form: str, version: int) -> None:
        """See Shelf."""
        head = self._head(draft)
        if form not in head.forms:
            self._put_head(draft, msgspec.structs.replace(head, forms={**head.forms, form: version}))

    def stand_on(self, draft: str, form: str, field: str) -> None:
        """Remember, sealed, which field was touched last."""
        head = self._head(draft)
        if head.spot != (form, field):
            self._put_head(draft, msgspec.structs.replace(head, spot=(form, field)))

    def spot(self, draft: str) -> tuple[str, str] | None:
        """Return form and field that were touched last."""
        return self._head(draft).spot

    def forms(self, draft: str) -> dict[str, int]:
        """See Shelf."""
        return self._head(draft).forms

    def put_answer(
        self, draft: str, form: str, field: str, value: Any, *, refused: bool, now_ms: int
    ) -> None:
        """See Shelf. What was refused is kept as it was typed, and is refused again when it is read."""
        key = self._key(draft)
        place = digest(key, encode((form, field)), sha256)[:PLACE_BYTES]
        with self._vault.write() as connection:
            if value is None:
                connection.execute("DELETE FROM sealed_answers WHERE draft = ? AND place = ?", (draft, place))
            else:
                answer = encode(Answer(form=form, field=field, value=value))
                connection.execute(
                    "INSERT OR REPLACE INTO sealed_answers (draft, place, answer) VALUES (?, ?, ?)",
                    (draft, place, self._seal(key, answer, _about(draft, place))),
                )
            self.touch(draft, now_ms)

    def answers(self, draft: str) -> dict[str, dict[str, Any]]:
        """See Shelf."""
        key = self._key(draft)
        with self._vault.read() as connection:
            found = connection.execute(
                "SELECT place, answer FROM sealed_answers WHERE draft = ?", (draft,)
            ).fetchall()
        answers: dict[str, dict[str, Any]] = {}
        for place, sealed in found:
            answer = decode(_unseal(key, sealed, _about(draft, place)), Answer)
            answers.setdefault(answer.form, {})[answer.field] = answer.value
        return answers

    def keep_photo(self, draft: str, photo: Photo, data: bytes, thumbnail: bytes) -> int:
        """See Shelf."""
        key, name = self._key(draft), self._randomness(NAME_BYTES)
        sealed = [
            self._seal(key, plain, _about(draft, name + part))
            for part, plain in ((b"facts", encode(photo)), (b"small", thumbnail), (b"bytes", data))
        ]
        with self._vault.write() as connection:
            cursor = connection.execute(
                "INSERT INTO sealed_photos (draft, name, facts, thumbnail, bytes) VALUES (?, ?, ?, ?, ?)",
                (draft, name, *sealed),
            )
            return cursor.lastrowid or 0

    def supersede(self, draft: str, form: str, field: str, number: int | None) -> None:
        """See Shelf."""
        meant = [
            photo.number
            for photo in self.photos(draft)
            if (photo.form, photo.field) == (form, field) and number in (None, photo.number)
        ]
        self.mark_superseded(draft, dict.fromkeys(meant, True))

    def mark_superseded(self, draft: str, marks: Mapping[int, bool]) -> None:
        """See Shelf."""
        key = self._key(draft)
        changed = [
            (name, msgspec.structs.replace(photo, superseded=marks[photo.number]))
            for name, photo in self._facts(draft, key)
            if marks.get(photo.number, photo.superseded) != photo.superseded
        ]
        with self._vault.write() as connection:
            connection.executemany(
                "UPDATE sealed_photos SET facts = ? WHERE number = ?",
                [
                    (self._seal(key, encode(photo), _about(draft, name + b"facts")), photo.number)
                    for name, photo in changed
                ],
            )

    def photos(self, draft: str) -> list[Photo]:
        """See Shelf."""
        return [photo for _, photo in self._facts(draft, self._key(draft))]

    def thumbnail(self, draft: str, photo: Photo) -> bytes:
        """See Shelf."""
        return self._part(draft, photo.number, "thumbnail", b"small")

    def bytes_of(self, draft: str, photo: Photo) -> bytes:
        """Return the bytes of one shot."""
        return self._part(draft, photo.number, "bytes", b"bytes")

    def photo_bytes(self, blob: BlobId) -> bytes:
        """See Shelf."""
        for cover in self.covers():
            for photo in self.photos(cover.id):
                if photo.blob == blob:
                    return self.bytes_of(cover.id, photo)
        raise LookupError("no such photo")

    def remove(self, draft: str) -> None:
        """Take all rows of a draft away, and note what is to be erased besides. Its caller's transaction."""
        with self._vault.write() as connection:
            take_sealed_draft(connection, draft)

    def erase(self) -> bool:
        """Take away the keys of drafts that are gone, and empty the WAL of what was under them.

        Returns False when that is not possible yet: someone reads an older state, or a file cannot be
        written. It is asked for again after each visit and at each unlock; asking twice does no harm.
        """
        with self._vault.read() as connection:
            drafts = [draft for (draft,) in connection.execute("SELECT draft FROM sealed_erasing").fetchall()]
        if not drafts:
            return True
        try:
            for draft in drafts:
                self._keys.erase(draft)
        except OSError:
            return False
        if not self._vault.checkpoint():
            return False
        with self._vault.write() as connection:
            connection.executemany(
                "DELETE FROM sealed_erasing WHERE draft = ?", [(draft,) for draft in drafts]
            )
        return True

    def _covers(self, where: str, values: tuple[str, ...]) -> list[Cover]:
        with self._vault.read() as connection:
            found = connection.execute(f"SELECT {COLUMNS} FROM sealed_drafts {where}", values).fetchall()  # noqa: S608
        return [cover_of(row) for row in found]

    def _opens(self, draft: str) -> bool:
        try:
            self._key(draft)
        except DraftKeyError:
            return False
        return True

    def _key(self, draft: str) -> bytes:
        return self._keys.open(draft, self._second.key())

    def _head(self, draft: str) -> Head:
        with self._vault.read() as connection:
            found = connection.execute("SELECT head FROM sealed_drafts WHERE id = ?", (draft,)).fetchone()
        if found is None:
            raise LookupError("no such draft")
        return decode(_unseal(self._key(draft), found[0], _about(draft, b"head")), Head)

    def _put_head(self, draft: str, head: Head) -> None:
        sealed = self._seal(self._key(draft), encode(head), _about(draft, b"head"))
        with self._vault.write() as connection:
            connection.execute("UPDATE sealed_drafts SET head = ? WHERE id = ?", (sealed, draft))

    def _facts(self, draft: str, key: bytes) -> list[tuple[bytes, Photo]]:
        """Return all shots with the random name of each, in the order they were taken."""
        with self._vault.read() as connection:
            found = connection.execute(
                "SELECT number, name, facts FROM sealed_photos WHERE draft = ? ORDER BY number", (draft,)
            ).fetchall()
        return [
            (name, msgspec.structs.replace(_photo(key, draft, name, facts), number=number))
            for number, name, facts in found
        ]

    def _part(self, draft: str, number: int, column: str, part: bytes) -> bytes:
        with self._vault.read() as connection:
            found = connection.execute(
                f"SELECT name, {column} FROM sealed_photos WHERE draft = ? AND number = ?",  # noqa: S608
                (draft, number),
            ).fetchone()
        if found is None:
            raise LookupError("no such photo")
        return _unseal(self._key(draft), found[1], _about(draft, found[0] + part))

    def _seal(self, key: bytes, plain: bytes, about: bytes) -> bytes:
        nonce = self._randomness(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, plain, about)


def _about(draft: str, place: bytes) -> bytes:
    return draft.encode() + b"\0" + place


def _photo(key: bytes, draft: str, name: bytes, facts: bytes) -> Photo:
    return decode(_unseal(key, facts, _about(draft, name + b"facts")), Photo)


def _unseal(key: bytes, sealed: bytes, about: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
    except InvalidTag as error:
        raise DraftKeyError from error

"""A photo's bytes lie apart from what is said of it: telling how far it is costs nothing of its size."""

import shutil
from pathlib import Path

from field_app.blobs import LOKAL, Blobs, put_blob
from field_app.vault import MIGRATIONS, open_vault
from schemas.ids import BlobId

KEY = bytes(range(32))
BLOB = BlobId("b" * 64)
PHOTO = bytes(range(256)) * 1600
SMALL_BYTES = 64 * 1024


def test_telling_how_far_a_photo_is_does_not_write_it_again(tmp_path: Path) -> None:
    vault = open_vault(tmp_path / "vault.db", KEY)
    with vault.write() as connection:
        put_blob(connection, BLOB, PHOTO, "image/jpeg", b"small")
    assert vault.checkpoint()
    Blobs(vault).progress(BLOB, state=LOKAL, sent_bytes=16, upload_url="/tus/1")
    written = (tmp_path / "vault.db-wal").stat().st_size
    vault.close()
    assert 0 < written < SMALL_BYTES < len(PHOTO)


def test_a_vault_of_the_first_version_keeps_its_photos(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    shutil.copy(MIGRATIONS / "0001_first.sql", first)
    old = open_vault(tmp_path / "vault.db", KEY, first)
    with old.write() as connection:
        connection.execute(
            "INSERT INTO blobs (id, size_bytes, media_type, bytes, thumbnail, state)"
            " VALUES (?, ?, 'image/jpeg', ?, x'01', 'terkirim')",
            (BLOB, len(PHOTO), PHOTO),
        )
    old.close()
    vault = open_vault(tmp_path / "vault.db", KEY)
    blobs = Blobs(vault)
    assert (blobs.read(BLOB), blobs.thumbnail(BLOB)) == (PHOTO, b"\x01")
    assert blobs.of([BLOB])[BLOB].state == "terkirim"
    vault.close()

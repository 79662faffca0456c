"""What of a sealed visit can be found on a phone's disk, by someone who has its files and the vault's key.

The vault is opened here without its own encryption, so that its bytes are what the holder of its key sees,
free pages and WAL included. A plain visit is recorded beside it, to see that this would show something.
"""

import random
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from PIL import Image

from field_app import vault as vault_module
from field_app.bench import CLOSED
from field_app.drawing import drawn_photo
from field_app.views import DraftView, PhotoView, Refused
from schemas.base import encode
from schemas.wire import Rejected
from sync.losses import DESTROYED
from tests.field_app.conftest import SetTime
from tests.field_app.field import SMALL
from tests.field_app.sealed_field import SealedField

MARK = "Penanda Rahasia Zebra"
PLAIN_MARK = "Penanda Biasa Kuda"


class Plain(sqlcipher.Connection):
    """A connection that is told no key."""

    def execute(self, sql: str, *given: Any) -> Any:
        return super().execute("SELECT 1" if sql.startswith("PRAGMA key") else sql, *given)


@pytest.fixture
def field(tmp_path: Path, time: SetTime, monkeypatch: pytest.MonkeyPatch) -> Iterator[SealedField]:
    real = sqlcipher.connect
    monkeypatch.setattr(vault_module, "WAIT_FOR_OTHERS_S", 0.05)
    monkeypatch.setattr(
        vault_module.sqlcipher, "connect", lambda *given, **named: real(*given, **named, factory=Plain)
    )
    made = SealedField(tmp_path, time)
    made.ready()
    yield made
    made.vault.close()


class Traces:
    """What must not be found: words of answers, and pieces of photos and thumbnails."""

    def __init__(self, field: SealedField, draft: DraftView) -> None:
        self.field, self.draft = field, draft
        self.marks = [MARK.encode(), b"jenis_kekerasan", b"hasil_verifikasi"]

    def write(self) -> None:
        visits, draft = self.field.visits, self.draft.id
        for name, value in (
            ("hasil_kunjungan", "terisi_sebagian"), ("nama", MARK), ("jenis_kekerasan", ["fisik"]),
            ("hasil_verifikasi", "memenuhi"), ("alasan_hasil", MARK * 20), ("rt", "salah " + MARK),
        ):  # fmt: skip
            visits.save(draft, "ktk", name, value)
        visits.skip(draft, "ktk", "pekerjaan", MARK)
        for number, name in enumerate(("fc_ktp", "fc_kk", "pas_foto")):
            shot = visits.add_photo(draft, "ktk", name, drawn_photo(random.Random(number), SMALL), None)
            assert isinstance(shot, PhotoView)
            data = visits.photo_bytes(shot.blob)
            assert Image.open(BytesIO(data)).format == "JPEG"
            self.marks += [data[len(data) // 2 :][:48], shot.blob.encode()]
            if shot.thumbnail:
                self.marks.append(shot.thumbnail[len(shot.thumbnail) // 2 :][:48])
        visits.drop_photo(draft, "ktk", "fc_kk", 2)
        visits.save(draft, "ktk", "rt", None)
        visits.remember_page(draft, "ktk", 3)
        visits.stand_at(draft, "form")
        visits.stand_on(draft, "ktk", "jenis_kekerasan")

    def found(self) -> list[tuple[str, bytes]]:
        files = {path.name: path.read_bytes() for path in self.field.path.parent.iterdir() if path.is_file()}
        assert {self.field.path.name, self.field.path.name + "-wal"} <= set(files)
        return [(name, mark) for name, data in files.items() for mark in self.marks if mark in data]


def test_before_finalising_no_file_holds_an_answer_a_field_a_photo_or_a_thumbnail(field: SealedField) -> None:
    traces = Traces(field, field.begin())
    traces.write()
    assert len(traces.marks) >= 9
    assert traces.found() == []
    field.vault.checkpoint()
    assert traces.found() == []


def test_the_same_search_finds_a_plain_visit(field: SealedField) -> None:
    traces = Traces(field, field.begin())
    traces.marks = [PLAIN_MARK.encode()]
    field.bench.owner.roles.append("pendamping")
    plain = field.visits.start("bpnt_kpm", None, None)
    assert isinstance(plain, DraftView)
    field.visits.save(plain.id, "bpnt_kpm", "nama", PLAIN_MARK)
    assert traces.found()


def test_after_finalising_neither_rows_keys_nor_old_pages_are_left(field: SealedField) -> None:
    traces = Traces(field, field.begin())
    traces.write()
    key_file = field.path.parent / f"draf-{traces.draft.id}.kunci"
    ciphertexts = _ciphertexts(field)
    assert len(ciphertexts) > 12
    traces.marks += [key_file.read_bytes()[12:], *ciphertexts]
    assert len(traces.found()) >= len(ciphertexts)
    field.finish(traces.draft.id)
    assert not list(field.path.parent.glob("draf-*"))
    assert traces.found() == []
    with field.vault.read() as connection:
        for table in ("sealed_drafts", "sealed_answers", "sealed_photos", "sealed_erasing"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert MARK.encode() in encode(field.look_inside(field.last_submit()).answers.answers)


def test_what_someone_still_reads_is_erased_once_nobody_does(field: SealedField) -> None:
    traces = Traces(field, field.begin())
    traces.write()
    traces.marks += _ciphertexts(field)
    reader = field.vault.another()
    with reader.read() as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sealed_answers").fetchone()
        field.finish(traces.draft.id)
        assert traces.found(), "the reader still needs the old pages"
        assert not list(field.path.parent.glob("draf-*")), "but not their key"
        connection.execute("COMMIT")
    reader.close()
    assert field.bench.sealed.erase()
    assert traces.found() == []


def test_a_draft_begun_from_a_version_that_was_destroyed_goes_with_it(field: SealedField) -> None:
    draft = field.begin()
    field.visits.save(draft.id, "ktk", "hasil_kunjungan", "terisi_sebagian")
    done = field.finish(draft.id)
    cover = field.bench.sealed
    again = Traces(field, field.begin("ktk", kasus=field.last_submit().kasus))
    again.write()
    with field.vault.write() as connection:
        connection.execute("UPDATE sealed_drafts SET follows = ?", (done.change,))
    again.marks += _ciphertexts(field)
    field.acknowledge(Rejected(problem=DESTROYED))
    assert cover.covers() == []
    assert field.bench.sealed.erase()
    assert again.found() == []


def test_locking_leaves_no_key_of_the_second_unlock_in_its_object(field: SealedField) -> None:
    field.begin()
    assert field.second.key()
    field.sealed.lock()
    assert not any(isinstance(value, bytes) and value for value in vars(field.second).values())
    assert field.visits.start("ktk", None, None) == Refused(say=CLOSED)


def _ciphertexts(field: SealedField) -> list[bytes]:
    """Return a piece of each sealed value that stands in the vault."""
    with field.vault.read() as connection:
        found = [
            value
            for query in (
                "SELECT head FROM sealed_drafts",
                "SELECT answer FROM sealed_answers",
                "SELECT bytes FROM sealed_photos",
                "SELECT facts FROM sealed_photos",
            )
            for (value,) in connection.execute(query).fetchall()
        ]
    return [bytes(value[:40]) for value in found]

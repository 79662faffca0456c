"""What was destroyed does not come back: not by a restored database, not by an upload, not by a phone."""

import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.base import encode
from schemas.ids import NO_LINK, BlobId, ChangeId, RecordId
from schemas.problem import Problem
from server.compose import Refused, close_office, open_office, unlock
from server.deps import Deps
from server.destruction import DestructionList, KeysAwayError
from server.engine import Reader
from server.key_file import KeyFile
from server.keys import default_path, read_keys
from server.services.visits import load_visit
from server.store import SqlOfficeStore
from server.verify import verify
from sync.chain import Tip, next_link, seal_link
from sync.change import Content, Submit, change_id, read
from sync.rules import DomainRules
from sync.store import DESTROYED
from tests.server.conftest import Silent
from tests.server.web_office import Office, open_at, shut


class Destroyed:
    """An office in which one of two visits was destroyed, and a copy of its folder from before."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.copy = folder / "office", folder / "copy"
        office = open_at(folder)
        office.deps.office.found()
        self.visit, self.change = office.add_visit()
        self.other, _ = office.add_visit()
        self.photos = office.blobs_of(self.visit)
        shut(office)
        shutil.copytree(self.folder, self.copy)
        self.deps = self.open()
        self.deps.destruction.destroy(self.deps.office.person, [self.change], [self.visit], "BA 12/2026")

    @staticmethod
    def open_at(folder: Path) -> Deps:
        deps = open_office(folder, None)
        assert isinstance(deps, Deps), deps
        return deps

    def open(self) -> Deps:
        return self.open_at(self.folder)

    def close(self) -> None:
        close_office(self.deps)

    def restore(self) -> None:
        """Put the older folder in place, as somebody would who has no better backup."""
        self.close()
        shutil.rmtree(self.folder)
        shutil.copytree(self.copy, self.folder)
        self.deps = self.open()

    def content(self) -> bytes | None:
        found = self.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).contents([self.change]))
        return found.get(self.change)

    def outcome(self, change: ChangeId) -> object:
        return self.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).changes([change]))[change].outcome

    def fields(self, record: RecordId) -> dict:
        return self.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([record]))[record].fields

    def faults(self) -> list[str]:
        return self.faults_of(self.folder, self.deps)

    @staticmethod
    def faults_of(folder: Path, deps: Deps) -> list[str]:
        opened = unlock(folder, None)
        assert not isinstance(opened, Refused)
        rules = DomainRules(deps.forms, deps.workflows)
        return verify(folder, opened[1], opened[0], lambda _: rules, deps.text, Silent()).faults


@pytest.fixture
def gone(tmp_path: Path) -> Iterator[Destroyed]:
    made = Destroyed(tmp_path)
    yield made
    made.close()


def is_gone(made: Destroyed) -> bool:
    no_file = not any(made.deps.blobs.has(photo) for photo in made.photos)
    emptied = made.fields(made.visit) == {"dihapus": True, "dimusnahkan": "BA 12/2026"}
    return made.content() is None and made.outcome(made.change) == DESTROYED and no_file and emptied


def test_contents_and_photos_are_gone_and_the_office_still_verifies(gone: Destroyed) -> None:
    assert is_gone(gone)
    assert "versions" in gone.fields(gone.other)
    assert gone.faults() == []


def test_a_restored_database_does_not_bring_it_back(gone: Destroyed) -> None:
    gone.restore()
    assert is_gone(gone)
    assert gone.faults() == []


def test_opening_again_destroys_nothing_twice(gone: Destroyed) -> None:
    gone.restore()
    assert gone.deps.destruction.apply_list() == 0


def test_beside_a_key_file_of_before_a_rotation_nothing_is_destroyed(gone: Destroyed) -> None:
    """The page calls such a file another's: it opens the office no more."""
    key_path = default_path(gone.folder)
    keys, before = read_keys(key_path), gone.deps.destruction.entries.path.read_bytes()
    rotated = keys.prepared(bytes(96)).changed()
    key_file = KeyFile(key_path, rotated)
    entries = DestructionList(key_file, rotated, bytes)
    body = next(entries.bodies())
    assert key_file.trouble() == "kunci_lain" and not entries.is_here()
    with pytest.raises(KeysAwayError):
        entries.add(body)
    assert entries.path.read_bytes() == before


def test_its_photos_cannot_be_sent_again(gone: Destroyed) -> None:
    [(device,)] = gone.deps.engine.read(
        lambda tx: tx.query("SELECT DISTINCT device FROM blob_senders WHERE kabupaten = :kabupaten")
    )
    refused = gone.deps.uploads.begin(device, 500, gone.photos[0], "")
    assert refused == Problem(code="berkas_dimusnahkan")


def test_an_upload_that_was_begun_before_is_refused_at_its_end(gone: Destroyed) -> None:
    data = b"another photo" * 99
    blob = BlobId(sha256(data).hexdigest())
    begun = gone.deps.uploads.begin(gone.deps.office.device, len(data), blob, "")
    assert not isinstance(begun, Problem)
    part = gone.deps.uploads.open(begun)
    part.append(data)
    gone.deps.engine.write(lambda tx: SqlOfficeStore.writing(tx).destroy([], [blob])).result()
    refused = gone.deps.uploads.finish(begun, part.chunks())
    part.close()
    assert refused == Problem(code="berkas_dimusnahkan")
    assert not gone.deps.blobs.has(blob)


def test_the_list_says_nothing_in_plain_and_a_changed_one_keeps_the_office_shut(gone: Destroyed) -> None:
    path = gone.deps.destruction.entries.path
    data = path.read_bytes()
    assert path.parent == default_path(gone.folder).parent
    assert b"BA 12" not in data and gone.visit.encode() not in data
    gone.close()
    path.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
    refused = open_office(gone.folder, None)
    path.write_bytes(data[:-20])
    torn = open_office(gone.folder, None)
    assert isinstance(torn, Deps)
    close_office(torn)
    path.write_bytes(data)
    gone.deps = gone.open()
    assert isinstance(refused, Refused) and refused.say == "daftar_musnah_rusak"


def test_a_line_that_a_crash_cut_off_spoils_no_later_one(gone: Destroyed) -> None:
    entries = gone.deps.destruction.entries
    [body] = entries.bodies()
    entries.path.write_bytes(entries.path.read_bytes() + entries.path.read_bytes()[:40])
    entries.add(body)
    assert list(entries.bodies()) == [body, body]


def test_what_came_back_beside_its_destruction_is_found(gone: Destroyed) -> None:
    gone.deps.engine.write(
        lambda tx: tx.execute(
            "UPDATE changes SET raw = x'00' WHERE kabupaten = :kabupaten AND id = :id", {"id": gone.change}
        )
    ).result()
    assert any("dimusnahkan" in fault for fault in gone.faults())


def test_a_photo_that_another_visit_names_too_stays(tmp_path: Path) -> None:
    office = open_at(tmp_path)
    try:
        visit, change = office.add_visit()
        kept = shared_visit(office, visit)
        office.deps.destruction.destroy(office.deps.office.person, [change], [visit], "BA 1/2026")
        assert all(office.deps.blobs.has(photo) for photo in office.blobs_of(kept))
    finally:
        shut(office)


def test_what_only_waited_in_a_restored_history_is_destroyed_there_as_such(tmp_path: Path) -> None:
    """Its stub must not take effect in a history in which it had not."""
    office = open_at(tmp_path)
    phone = office.phone
    lost = encode(replace(content_of(office, office.add_visit()[0]), salt=b"p" * 16))
    before = phone._tip
    skipped, _ = seal_link(next_link(before, phone.device, change_id(lost), NO_LINK))
    phone._tip = Tip(counter=before.counter + 1, hash=skipped)
    visit, waiting = office.add_visit()  # above a gap
    shut(office)
    folder, copy = tmp_path / "office", tmp_path / "copy"
    shutil.copytree(folder, copy)
    phone._deps = later = Destroyed.open_at(folder)
    phone._tip = before
    phone.push_raw(lost)
    later.destruction.destroy(later.office.person, [waiting], [visit], "BA 2/2026")
    assert Destroyed.faults_of(folder, later) == []
    close_office(later)
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    restored = Destroyed.open_at(folder)
    try:
        found = restored.engine.read(lambda tx: SqlOfficeStore.reading(tx).changes([waiting]))
        assert found[waiting].outcome == DESTROYED
        assert Destroyed.faults_of(folder, restored) == []
    finally:
        close_office(restored)


def content_of(office: Office, visit: RecordId) -> Content:
    """Return the content of a visit's newest version."""

    def work(tx: Reader) -> bytes:
        found = load_visit(tx, visit)
        assert found is not None
        return SqlOfficeStore.reading(tx).contents([found.newest.change])[found.newest.change]

    return read(office.deps.engine.read(work))


def shared_visit(office: Office, visit: RecordId) -> RecordId:
    """Send another visit that names the photos of the first."""
    body = content_of(office, visit).body
    assert isinstance(body, Submit)
    return office.add_visit(evidence=list(body.evidence))[0]

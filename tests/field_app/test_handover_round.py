"""A phone and its office with nothing between them but files: real vaults, a real office store."""

import tracemalloc
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from field_app.blobs import put_blob
from field_app.enrol import Enrolled
from field_app.office_word import OFFICE_KEY, OfficeWord
from field_app.phone import Phone
from field_app.views import AnswerRead, DraftView, Finalised, HandedOver, Refused
from schemas.handover import OfficeKey, OfficeKeyRequest
from schemas.ids import BlobId, ChangeId
from schemas.problem import Problem
from schemas.wire import Removed
from server.services.handover import Counts, Taken, Written
from server.store import SqlOfficeStore
from sync.change import Decide, Patch
from tests.field_app.conftest import SetTime, make_phone
from tests.field_app.test_phone_and_office import PIN, TUGAS, WARGA, record_visit, status
from tests.server.conftest import DESA, Running, make_office, office  # noqa: F401 - the running office as a fixture
from tests.server.letting_in import let_in


@pytest.fixture
def phone(office: Running, tmp_path: Path, time: SetTime) -> Iterator[Phone]:  # noqa: F811
    """A phone that joined, has its tasks, and is never connected again."""
    person = office.person()
    fields = {"nama": "Warga Uji", "nik": "3314990101900001", "kode_desa": DESA, "layanan": ["bpnt"]}
    task = {
        "petugas": person, "sasaran": WARGA, "sasaran_kind": "warga", "form": "bpnt_kpm", "state": "baru",
        "jatuh_tempo": "2026-11-21", "alasan": "Daftar", "kode_desa": DESA,
    }  # fmt: skip
    author = office.deps.office.person
    office.deps.office.act_all(
        author,
        [
            Patch(record=WARGA, kind="warga", base={}, new=fields),
            Patch(record=TUGAS, kind="tugas", base={}, new=task),
        ],
    )
    made = make_phone(tmp_path / "phone", time)
    done = let_in(made, office.deps, office.address, office.code(person), PIN)
    assert isinstance(done, Enrolled), done
    assert made.worker.run_once() is None
    yield made
    made.lock()


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


def visit(phone: Phone) -> Finalised:
    started = phone.visits.start("bpnt_kpm", WARGA, TUGAS)
    assert isinstance(started, DraftView)
    return record_visit(phone, started)


def hand_over(phone: Phone, stick: Path) -> Path:
    done = phone.handover.write(stick)
    assert isinstance(done, HandedOver), done
    return done.path


def take(office: Running, path: Path) -> Counts:  # noqa: F811
    with path.open("rb") as file:
        taken = office.deps.handovers.take(file, office.deps.office.person)
    assert isinstance(taken, Taken) and taken.problems == (), taken
    return taken.counts


def refused(office: Running, path: Path) -> str:  # noqa: F811
    with path.open("rb") as file:
        outcome = office.deps.handovers.take(file, office.deps.office.person)
    assert isinstance(outcome, Problem)
    return outcome.code


def answer(office: Running, phone: Phone, stick: Path) -> Path:  # noqa: F811
    path = stick / "jawaban.smb"
    with path.open("wb") as out:
        done = office.deps.handovers.answer(phone.owner.device, None, out)
    assert isinstance(done, Written), done
    return path


def waiting(phone: Phone) -> tuple[int, int]:
    now = phone.worker.status()
    return now.data_pending, now.photos_pending


def test_a_visit_reaches_the_office_and_its_decision_comes_back_without_any_network(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    done = visit(phone)
    data, photos = waiting(phone)
    assert (data, photos > 0) == (1, True)
    path = hand_over(phone, stick)
    assert path.name == f"sambang-{phone.owner.device[:8]}-0001.smb"
    assert waiting(phone) == (data, photos) and status(phone) == ["menunggu_kirim"]

    counts = take(office, path)
    assert (counts.visits, counts.photos, counts.waiting) == (data, photos, 0), "as the phone counts"
    read = phone.handover.read(answer(office, phone, stick))
    assert isinstance(read, AnswerRead), read
    assert (read.data, read.photos, read.out_of_step) == (data, photos, False)
    again = phone.handover.read(stick / "jawaban.smb")
    assert again == AnswerRead(data=0, photos=0, rows=0), "what is here already is no news"
    assert waiting(phone) == (0, 0) and status(phone) == ["diterima"]
    items = phone.worker.items()
    assert {item.status for item in items} == {"diterima"}

    body = Decide(visit=done.visit, follows=done.change, decision="setujui", reasons={}, note="")
    office.deps.office.act(office.deps.office.person, body)
    assert isinstance(phone.handover.read(answer(office, phone, stick)), AnswerRead)
    assert status(phone) == ["disetujui"]
    assert office.faults() == []


def test_a_file_taken_again_or_after_a_sync_brings_nothing_new_and_says_so(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    visit(phone)
    path = hand_over(phone, stick)
    first, again = take(office, path), take(office, path)
    assert (again.changes, again.photos) == (0, 0)
    assert (again.visits_before, again.photos_before) == (first.visits, first.photos) and first.visits == 1
    assert phone.worker.run_once() is None
    assert status(phone) == ["diterima"]
    after = take(office, path)
    assert (after.changes, after.photos) == (0, 0)
    assert office.faults() == []


def test_a_sync_before_the_file_leaves_it_nothing_to_bring(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    visit(phone)
    path = hand_over(phone, stick)
    assert phone.worker.run_once() is None
    counts = take(office, path)
    assert (counts.changes, counts.photos) == (0, 0)
    read = phone.handover.read(answer(office, phone, stick))
    assert isinstance(read, AnswerRead) and (read.data, read.photos) == (0, 0)
    assert status(phone) == ["diterima"]


def test_files_taken_in_the_wrong_order_end_alike(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    draft = phone.visits.start("bpnt_kpm", WARGA, None)
    assert isinstance(draft, DraftView)
    record_visit(phone, draft)
    first = hand_over(phone, stick)
    visit(phone)
    second = hand_over(phone, stick)
    assert second.name.endswith("-0002.smb")
    newer, older = take(office, second), take(office, first)
    assert newer.changes > 0 and newer.waiting == 0
    assert (older.changes, older.photos) == (0, 0)
    assert isinstance(phone.handover.read(answer(office, phone, stick)), AnswerRead)
    assert waiting(phone) == (0, 0)
    assert office.faults() == []


def test_links_above_a_gap_are_held_until_the_earlier_file_comes(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
    tmp_path: Path,
) -> None:
    """The office was restored from before the first file; the phone, which was answered, goes on above it."""
    draft = phone.visits.start("bpnt_kpm", WARGA, None)
    assert isinstance(draft, DraftView)
    record_visit(phone, draft)
    first = hand_over(phone, stick)
    store: Any = phone.visits._bench.store
    store.put("acknowledged", store.tips(store.device())[0])
    visit(phone)
    second = hand_over(phone, stick)
    held = take(office, second)
    assert held.waiting == held.changes > 0
    assert take(office, first).waiting == 0
    assert isinstance(phone.handover.read(answer(office, phone, stick)), AnswerRead)
    assert waiting(phone) == (0, 0) and "diterima" in status(phone)
    assert office.faults() == []


def test_what_a_phone_lost_is_declared_in_its_file_and_the_rest_is_taken(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    draft = phone.visits.start("bpnt_kpm", WARGA, None)
    assert isinstance(draft, DraftView)
    lost = record_visit(phone, draft)
    visit(phone)
    with phone.visits._bench.vault.write() as connection:
        connection.execute("DELETE FROM contents WHERE change = ?", (lost.change,))
    counts = take(office, hand_over(phone, stick))
    assert counts.changes > 0 and counts.waiting == 0
    assert isinstance(phone.handover.read(answer(office, phone, stick)), AnswerRead)
    assert waiting(phone)[0] == 0
    assert office.faults() == []


def test_a_photo_whose_bytes_are_gone_keeps_no_other_from_the_file(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    visit(phone)
    _, photos = waiting(phone)
    with phone.visits._bench.vault.write() as connection:
        connection.execute("DELETE FROM blob_bytes WHERE id = (SELECT min(id) FROM blob_bytes)")
    done = phone.handover.write(stick)
    assert isinstance(done, HandedOver) and (done.data, done.photos) == (1, photos - 1)
    said = [item.handed_ms for item in phone.worker.items() if item.kind == "foto"]
    assert said.count(None) == 1, "what is in no file is not said to be"
    assert take(office, done.path).photos == photos - 1
    assert isinstance(phone.handover.read(answer(office, phone, stick)), AnswerRead)
    assert waiting(phone) == (0, 1) and status(phone) == ["terkirim"]


def test_an_old_answer_read_late_does_no_harm(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    visit(phone)
    take(office, hand_over(phone, stick))
    old = answer(office, phone, stick).rename(stick / "lama.smb")
    body = Patch(record=WARGA, kind="warga", base={"nama": "Warga Uji"}, new={"nama": "Warga Baru"})
    office.deps.office.act(office.deps.office.person, body)
    assert phone.worker.run_once() is None
    before = phone.visits.home()
    assert phone.handover.read(old) == Refused(say="lapangan.jawaban.sudah_lama")
    assert phone.visits.home() == before
    assert phone.visits.person(WARGA)["nama"] == "Warga Baru"


def test_a_phone_that_holds_other_rows_than_the_office_is_mended_by_its_next_file(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    def by_file() -> AnswerRead:
        take(office, hand_over(phone, stick))
        read = phone.handover.read(answer(office, phone, stick))
        assert isinstance(read, AnswerRead), read
        return read

    visit(phone)
    assert not by_file().out_of_step
    store: Any = phone.visits._bench.store
    store.put_rows([], [Removed(part=row.part, id=row.id, seq=row.seq) for row in store.rows([WARGA])])
    assert by_file().out_of_step
    assert not by_file().out_of_step
    assert phone.visits.person(WARGA)["nama"] == "Warga Uji"
    assert by_file().rows == 0, "and asks for no repair again"
    last = phone.handover.last()
    assert last is not None and (last.data, last.photos) == (0, 0)


def test_a_visit_finalised_while_a_file_is_written_is_in_it_without_photos_and_these_are_in_the_next(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    visit(phone)
    draft = phone.visits.start("bpnt_kpm", WARGA, None)
    assert isinstance(draft, DraftView)
    _, photos = waiting(phone)
    made: list[Finalised] = []

    def meanwhile(_done: float) -> None:
        if not made:
            made.append(record_visit(phone, draft))

    done = phone.handover.write(stick, meanwhile)
    assert isinstance(done, HandedOver) and made
    assert (done.data, done.photos) == (2, photos)
    counts = take(office, done.path)
    assert (counts.visits, counts.photos) == (2, photos)
    assert take(office, hand_over(phone, stick)).photos > 0
    assert isinstance(phone.handover.read(answer(office, phone, stick)), AnswerRead)
    assert waiting(phone) == (0, 0)


def test_a_revoked_phone_s_file_is_kept_and_flagged_and_its_answer_shows_nothing(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    done = visit(phone)
    path = hand_over(phone, stick)
    office.deps.devices.revoke(phone.owner.device)
    assert take(office, path).changes > 0
    found = office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records([done.visit]))
    assert "perangkat_dicabut" in found[done.visit].fields["flags"]
    assert isinstance(phone.handover.read(answer(office, phone, stick)), AnswerRead)
    assert waiting(phone) == (0, 0)
    with pytest.raises(LookupError):
        phone.visits.person(WARGA)


def test_an_altered_cut_or_foreign_file_is_refused_and_nothing_of_it_is_taken(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
    tmp_path: Path,
    time: SetTime,
) -> None:
    visit(phone)
    path = hand_over(phone, stick)
    data = path.read_bytes()
    before = seq(office)
    other = stick / "lain.smb"
    places = [
        *range(0, 320, 7),
        *range(320, len(data), len(data) // 40),
        *range(len(data) - 64, len(data), 9),
    ]
    codes: set[str] = set()
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 0x40
        other.write_bytes(changed)
        codes.add(refused(office, other))
    assert codes <= {
        "serah_bukan_berkas", "serah_versi", "serah_terpotong", "serah_berubah", "serah_kantor_lain",
        "serah_hp_tidak_dikenal", "serah_jawaban",
    }  # fmt: skip
    for length in (0, 5, 11, 100, 400, len(data) // 2, len(data) - 65, len(data) - 1):
        other.write_bytes(data[:length])
        assert refused(office, other) in ("serah_bukan_berkas", "serah_terpotong")
    other.write_bytes(data + b"\0")
    assert refused(office, other) == "serah_berubah"
    other.write_bytes(data[:8] + b"\0\x09" + data[10:])
    assert refused(office, other) == "serah_versi"
    assert seq(office) == before
    assert refused(office, answer(office, phone, stick)) == "serah_jawaban"
    neighbour = Running(make_office(tmp_path / "tetangga"), "", tmp_path / "tetangga" / "office")
    assert refused(neighbour, path) == "serah_kantor_lain"
    assert take(office, path).changes > 0


def seq(office: Running) -> int:  # noqa: F811
    rows = office.deps.engine.read(lambda tx: tx.query("SELECT last_seq FROM kabupaten"))
    return rows[0][0]


def test_an_altered_cut_or_foreign_answer_is_refused_and_changes_nothing(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
    tmp_path: Path,
    time: SetTime,
) -> None:
    visit(phone)
    path = hand_over(phone, stick)
    take(office, path)
    whole = answer(office, phone, stick)
    data = whole.read_bytes()
    store: Any = phone.visits._bench.store
    before = (store.cursor(), waiting(phone))
    bad = stick / "rusak.smb"
    says: set[str] = set()
    places = [*range(0, 300, 7), *range(300, len(data), max(1, len(data) // 30)), len(data) - 1]
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 0x40
        bad.write_bytes(changed)
        outcome = phone.handover.read(bad)
        assert isinstance(outcome, Refused)
        says.add(outcome.say)
    assert all(say in phone.text for say in says)
    bad.write_bytes(data[: len(data) // 2])
    assert phone.handover.read(bad) == Refused(say="lapangan.jawaban.serah_terpotong")
    assert phone.handover.read(path) == Refused(say="lapangan.jawaban.bukan_jawaban")
    assert phone.handover.read(stick / "tidak-ada.smb") == Refused(say="lapangan.jawaban.tidak_terbaca")
    colleague = make_phone(tmp_path / "rekan", time)
    let_in(colleague, office.deps, office.address, office.code(office.person(901)), PIN)
    assert colleague.handover.read(whole) == Refused(say="lapangan.jawaban.hp_lain")
    colleague.lock()
    assert (store.cursor(), waiting(phone)) == before
    assert isinstance(phone.handover.read(whole), AnswerRead)


def test_an_answer_without_anything_in_it_is_refused_in_words(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sync.answering.answer", lambda *_, **__: iter(()))
    path = answer(office, phone, stick)
    assert phone.handover.read(path) == Refused(say="lapangan.jawaban.serah_berubah")


def test_nothing_of_a_person_can_be_read_in_either_file(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    visit(phone)
    path = hand_over(phone, stick)
    take(office, path)
    for data in (path.read_bytes(), answer(office, phone, stick).read_bytes()):
        for word in (
            b"Warga",
            b"3314990101900001",
            DESA.encode(),
            b"bpnt",
            b"JFIF",
            phone.owner.person.encode(),
        ):
            assert word not in data


def test_a_full_stick_leaves_nothing_and_says_what_to_do(
    phone: Phone, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(phone)

    def no_room(_handle: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr("os.fsync", no_room)
    assert phone.handover.write(stick) == Refused(say="lapangan.serah.penuh")
    assert list(stick.iterdir()) == []
    monkeypatch.undo()
    assert phone.handover.write(stick / "tidak-ada") == Refused(say="lapangan.serah.folder_tidak_ada")
    assert phone.handover.last() is None
    assert isinstance(phone.handover.write(stick), HandedOver)


def test_an_earlier_file_is_never_replaced(phone: Phone, stick: Path) -> None:
    (stick / f"sambang-{phone.owner.device[:8]}-0001.smb").write_bytes(b"dari HP yang dipulihkan")
    assert hand_over(phone, stick).name.endswith("-0002.smb")


def test_what_waits_says_since_when_it_is_in_a_file_until_the_office_has_it(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
    time: SetTime,
) -> None:
    visit(phone)
    assert {item.handed_ms for item in phone.worker.items()} == {None}
    path = hand_over(phone, stick)
    items = phone.worker.items()
    assert {(item.status, item.handed_ms) for item in items} == {("menunggu_kirim", time.now_ms())}
    take(office, path)
    phone.handover.read(answer(office, phone, stick))
    assert {item.handed_ms for item in phone.worker.items()} == {None}


def test_news_come_by_file_to_a_phone_that_never_handed_anything_over(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    body = Patch(record=WARGA, kind="warga", base={"nama": "Warga Uji"}, new={"nama": "Warga Baru"})
    office.deps.office.act(office.deps.office.person, body)
    read = phone.handover.read(answer(office, phone, stick))
    assert isinstance(read, AnswerRead) and read.rows > 0
    assert phone.visits.person(WARGA)["nama"] == "Warga Baru"


def test_a_phone_that_joined_before_learns_the_office_s_key_at_its_next_sync(
    phone: Phone, stick: Path
) -> None:
    store: Any = phone.visits._bench.store
    known = store.get(OFFICE_KEY, bytes, b"")
    store.put(OFFICE_KEY, b"")
    assert phone.handover.write(stick) == Refused(say="lapangan.serah.belum_ada_kunci")
    assert phone.worker.run_once() is None
    assert store.get(OFFICE_KEY, bytes, b"") == known


def test_a_phone_knows_the_office_s_key_from_joining_alone(
    office: Running,  # noqa: F811
    stick: Path,
    tmp_path: Path,
    time: SetTime,
) -> None:
    fresh = make_phone(tmp_path / "baru", time)
    let_in(fresh, office.deps, office.address, office.code(office.person(902)), PIN)
    path = hand_over(fresh, stick)
    assert take(office, path).changes == 0
    assert isinstance(fresh.handover.read(answer(office, fresh, stick)), AnswerRead)
    fresh.lock()


def test_a_key_that_the_office_did_not_sign_is_not_believed(phone: Phone) -> None:
    class Somebody:
        def office_key(self, request: OfficeKeyRequest) -> OfficeKey:
            return OfficeKey(public_key=bytes(range(32)), signature=bytes(64))

    store: Any = phone.visits._bench.store
    store.put(OFFICE_KEY, b"")
    OfficeWord(store, phone.owner).learn_office_key(Somebody())  # type: ignore[arg-type]
    assert store.get(OFFICE_KEY, bytes, b"") == b""


def test_an_answer_waits_while_a_sync_is_under_way(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    visit(phone)
    take(office, hand_over(phone, stick))
    path = answer(office, phone, stick)
    with phone.worker.alone() as free:
        assert free
        assert phone.handover.read(path) == Refused(say="lapangan.serah.sedang_kirim")
    assert isinstance(phone.handover.read(path), AnswerRead)


PHOTOS, PHOTO_BYTES, ROOM = 100, 300_000, 3_000_000


def test_a_hundred_photos_go_through_a_few_megabytes_of_memory(
    office: Running,  # noqa: F811
    phone: Phone,
    stick: Path,
) -> None:
    done = visit(phone)
    with_photos(phone, done.change)
    tracemalloc.start()
    path = hand_over(phone, stick)
    _, written = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    counts = take(office, path)
    _, taken = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size > PHOTOS * PHOTO_BYTES
    assert counts.photos >= PHOTOS
    assert max(written, taken) < ROOM, (written, taken)
    assert isinstance(phone.handover.read(answer(office, phone, stick)), AnswerRead)
    assert waiting(phone) == (0, 0)


def with_photos(phone: Phone, change: ChangeId) -> None:
    """Put a hundred photos of noise beside a finalised visit, as named by it."""
    vault = phone.visits._bench.vault
    with vault.write() as connection:
        (draft,) = connection.execute("SELECT id FROM drafts WHERE change = ?", (change,)).fetchone()
        for number in range(PHOTOS):
            data = sha256(number.to_bytes(4, "big")).digest() * (PHOTO_BYTES // 32)
            name = sha256(data).hexdigest()
            put_blob(connection, BlobId(name), data, "image/jpeg", b"")
            connection.execute(
                "INSERT INTO photos (draft, form, field, blob, camera_sha256, taken_ms, blurry, dark, named)"
                " VALUES (?, 'bpnt_kpm', 'foto_rumah_depan', ?, '', 1, 0, 0, 1)",
                (draft, name),
            )

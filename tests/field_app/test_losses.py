"""What a phone can no longer read: sent all the same where it can be, declared and told where it cannot."""

from collections.abc import Iterator

import pytest

from field_app.devices.desktop import DesktopNetwork
from field_app.forgetting import Keeping
from field_app.rehearsal import drawn_photo
from field_app.views import DraftView, Finalised, Refused
from schemas.ids import RecordId
from schemas.wire import PROTOCOL, Cursor, SyncRequest, SyncResponse
from sync.change import Decide, Gap, read
from tests.field_app.conftest import SetTime
from tests.field_app.field import DEVICE, PLACE, SMALL, Field
from tests.field_app.near_office import NearOffice
from tests.field_app.test_worker import Sending

LOSE_CONTENT = "DELETE FROM contents WHERE change = ?"
LOSE_LINK = "DELETE FROM links WHERE change = ?"
SPOIL_CONTENT = "UPDATE contents SET raw = x'c0' WHERE change = ?"
SPOIL_LINK = "UPDATE links SET raw = x'c0' WHERE change = ?"


@pytest.fixture
def near(field: Field, time: SetTime) -> Iterator[Sending]:
    """A phone whose worker reaches a real office in memory; nothing was sent yet."""
    made = Sending(field, time, office=NearOffice())
    yield made
    made.worker.close()


def visits(near: Sending, count: int) -> list[Finalised]:
    made = []
    for _ in range(count):
        view = near.field.start()
        near.field.visits.save(view.id, "bpnt_kpm", "hasil_kunjungan", "tidak_ada")
        near.field.visits.save(view.id, "bpnt_kpm", "nama_responden", "Bu Uji")
        made.append(near.field.finish(view.id))
    return made


def damage(near: Sending, done: Finalised, *statements: str) -> None:
    with near.field.vault.write() as connection:
        for statement in statements:
            connection.execute(statement, (done.change,))


def gaps(near: Sending) -> int:
    entries = near.field.store.entries(DEVICE, 0, 100)
    return sum(isinstance(read(entry.content).body, Gap) for entry in entries if entry.content)


@pytest.mark.parametrize("lost", [LOSE_CONTENT, SPOIL_CONTENT])
def test_a_content_that_is_gone_or_altered_is_declared_and_the_rest_arrives(near: Sending, lost: str) -> None:
    first, second, third = visits(near, 3)
    damage(near, second, lost)
    assert near.worker.run_once() is None
    assert near.office.visits() == {first.visit, third.visit}
    assert near.office.holes() == [(2, 2)]
    status = near.worker.status()
    assert (status.data_pending, status.lost) == (0, 1)
    [told] = near.field.visits.losses()
    assert (told.visit, told.number, told.nama, told.again) == (
        second.visit,
        second.number,
        "Warga Uji",
        True,
    )
    assert near.field.visits.visit(second.visit).status == "hilang"
    assert near.worker.run_once() is None and gaps(near) == 1, "what was declared is declared once"


def test_what_a_copy_of_the_phone_brings_all_the_same_is_lost_no_more(near: Sending) -> None:
    _, second, _ = visits(near, 3)
    [entry] = near.field.store.entries(DEVICE, 1, 1)
    damage(near, second, LOSE_CONTENT)
    assert near.worker.run_once() is None
    assert near.worker.status().lost == 1 and near.field.visits.visit(second.visit).status == "hilang"
    brought = SyncRequest(
        protocol=PROTOCOL,
        device=DEVICE,
        cursor=Cursor(),
        links=[entry.raw_link],
        contents=[entry.content or b""],
    )
    assert isinstance(near.office.sync(brought), SyncResponse)
    assert near.worker.run_once() is None
    assert near.worker.status().lost == 0 and near.field.visits.losses() == ()
    assert near.field.visits.visit(second.visit).status == "diterima"


@pytest.mark.parametrize("lost", [LOSE_LINK, SPOIL_LINK])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_whole_content_that_lost_its_link_arrives_all_the_same(
    near: Sending, lost: str, which: int
) -> None:
    made = visits(near, 3)
    damage(near, made[which], lost)
    assert [near.field.visits.visit(done.visit).status for done in made] == ["menunggu_kirim"] * 3
    assert near.worker.run_once() is None
    assert near.office.visits() == {done.visit for done in made}
    status = near.worker.status()
    assert (status.data_pending, status.lost) == (0, 0)
    assert [near.field.visits.visit(done.visit).status for done in made] == ["diterima"] * 3


@pytest.mark.parametrize("is_sound", [True, False], ids=["sound", "unsound"])
@pytest.mark.parametrize("lost", [(LOSE_LINK,), (LOSE_LINK, LOSE_CONTENT)], ids=["link", "both"])
def test_what_has_no_place_yet_stands_on_both_screens(
    near: Sending, monkeypatch: pytest.MonkeyPatch, lost: tuple[str, ...], is_sound: bool
) -> None:
    """Also where none is given, as the vault is unsound: she is told so, and not that there was nothing."""
    made = visits(near, 3)
    damage(near, made[1], *lost)
    if not is_sound:
        monkeypatch.setattr(near.other, "is_sound", lambda: False)
        assert near.worker.run_once() is not None
    home = near.field.visits.home()
    newest_first = [made[2].visit, made[0].visit, made[1].visit]
    assert ([card.visit for card in home.sent], home.rest) == (newest_first, 0)
    assert {card.status for card in home.sent} == {"menunggu_kirim"}
    listed = [item.status for item in near.worker.items() if item.kind == "data"]
    assert listed == ["menunggu_kirim"] * near.worker.status().data_pending == ["menunggu_kirim"] * 3


def test_of_versions_without_a_place_the_newest_comes_first(near: Sending) -> None:
    made = []
    for _ in range(3):
        near.field.time.pass_s(1)
        made += visits(near, 1)
    first, second, third = made
    row = {"state": "dikembalikan", "versions": [{"change": third.change.hex()}]}
    near.field.pull({third.visit: ("kunjungan", row)}, acknowledged=near.field.store.head())
    near.field.time.pass_s(1)
    begun = near.field.visits.start_correction(third.visit)
    assert isinstance(begun, DraftView)
    mended = near.field.finish(begun.id)
    for done in (first, second, third, mended):
        damage(near, done, LOSE_LINK)
    history = near.field.bench.history
    assert [version.change for version in history.of(third.visit)] == [mended.change, third.change]
    newest_first = [mended.change, second.change, first.change]
    assert [version.change for version in history.newest(9)] == newest_first
    assert [version.visit for version in history.latest(0, 9)] == [
        done.visit for done in (mended, third, second, first)
    ]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_visit_without_link_and_content_is_told_wherever_it_stood(near: Sending, which: int) -> None:
    made = visits(near, 3)
    damage(near, made[which], LOSE_LINK, LOSE_CONTENT)
    assert near.worker.status().data_pending == 3, "what was not sent is never left out of the count"
    assert near.worker.run_once() is None
    assert near.office.visits() == {done.visit for done in made} - {made[which].visit}
    assert [told.visit for told in near.field.visits.losses()] == [made[which].visit]
    assert near.worker.run_once() is None


def test_what_arrived_before_it_was_lost_here_is_no_loss(near: Sending) -> None:
    [done] = visits(near, 1)
    assert near.worker.run_once() is None
    damage(near, done, LOSE_CONTENT)
    assert near.worker.run_once() is None
    assert gaps(near) == 0 and near.field.visits.losses() == ()
    assert near.field.visits.visit(done.visit).status == "diterima"


def test_what_a_visit_changes_of_somebody_is_told_as_lost_and_the_visit_arrives(near: Sending) -> None:
    near.field.visit()
    [version] = near.field.bench.history.latest(0, 9)
    with near.field.vault.write() as connection:
        for statement in (LOSE_LINK, LOSE_CONTENT):
            connection.execute(statement, (version.patch,))
    assert near.worker.run_once() is None
    assert near.field.store.gone([version.patch]) == {version.patch: "hilang"}
    assert near.office.visits() == {version.visit}
    [item] = [one for one in near.worker.items() if one.kind == "data"]
    assert (item.status, item.problem) == ("terkirim", "lapangan.perubahan_hilang")


@pytest.mark.parametrize(
    ("which", "lost"), [(1, [LOSE_CONTENT]), (2, [LOSE_LINK, LOSE_CONTENT])], ids=["within", "at the end"]
)
def test_a_broken_page_is_no_gap_and_no_loss(near: Sending, which: int, lost: list[str]) -> None:
    made = visits(near, 3)
    damage(near, made[which], *lost)
    near.field.store.put(
        "besar", bytes(100_000)
    )  # its pages come last, and nothing of the chain stands on them
    near.field.vault.checkpoint()
    path = near.field.path
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 50_000)
        file.write(bytes(100))
    near.reopen()
    failure = near.worker.run_once()
    assert failure is not None and failure.say == "lapangan.penyimpanan_rusak"
    with near.field.vault.read() as connection:
        links = connection.execute("SELECT count(*) FROM links").fetchone()[0]
        assert links == 3 - lost.count(LOSE_LINK), "nothing was declared"
        assert connection.execute("SELECT count(*) FROM gone_contents").fetchone()[0] == 0
        assert connection.execute("SELECT count(*) FROM gone_contents").fetchone()[0] == 0


def test_a_passing_error_declares_nothing(near: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    made = visits(near, 2)
    damage(near, made[1], LOSE_CONTENT)
    with monkeypatch.context() as patched:
        patched.setattr(near.other, "is_sound", lambda: False)
        failure = near.worker.run_once()
    assert failure is not None and failure.say == "lapangan.penyimpanan_rusak"
    assert gaps(near) == 0 and near.field.visits.losses() == ()
    assert near.worker.run_once() is None and gaps(near) == 1


def test_a_photo_that_a_lost_visit_left_to_the_one_in_its_place_is_listed_as_often_as_it_is_counted(
    near: Sending,
) -> None:
    view = near.field.start()
    near.field.visits.add_photo(view.id, "bpnt_kpm", "foto_kk", drawn_photo(near.field.rng, SMALL), PLACE)
    done = near.field.finish(view.id)
    damage(near, done, LOSE_CONTENT)
    near.wifi_only, near.network = True, DesktopNetwork(metered=True)
    near.reopen()
    assert near.worker.run_once() is None
    again = near.field.visits.record_again(done.visit)
    assert isinstance(again, DraftView)
    newer = near.field.finish(again.id)
    [photo] = [item for item in near.worker.items() if item.kind == "foto"]
    assert near.worker.status().photos_pending == 1 and photo.title.endswith(newer.number)


def test_a_lost_visit_is_recorded_again_with_what_is_left_of_it(near: Sending) -> None:
    view = near.field.start()
    near.field.fill(view.id)
    lost = near.field.finish(view.id)
    spoiled = near.field.visits.visit(lost.visit).photos[0].blob
    damage(near, lost, LOSE_CONTENT)
    with near.field.vault.write() as connection:
        connection.execute("UPDATE blob_bytes SET bytes = x'00' WHERE id = ?", (spoiled,))
    near.worker.run_once()
    again = near.field.visits.record_again(lost.visit)
    assert isinstance(again, DraftView)
    assert again.forms["bpnt_kpm"].answers["nama"] == "Warga Uji"
    blobs = {photo.blob for photo in again.photos}
    assert blobs and spoiled not in blobs
    assert spoiled not in str(again.forms["bpnt_kpm"].answers)
    other = near.field.visits.record_again(lost.visit)
    assert isinstance(other, DraftView) and other.id == again.id, "asking twice begins one draft"
    done = near.field.finish(again.id)
    assert done.number != lost.number and done.visit != lost.visit
    near.worker.run_once()
    assert done.visit in near.office.visits()
    assert near.worker.status().lost == 0
    assert near.field.visits.visit(lost.visit).status == "hilang", "what was lost stays known"
    assert near.field.visits.record_again(done.visit) == Refused(say="lapangan.tidak_hilang")


def test_an_office_restored_from_far_too_old_a_copy_is_told_what_was_forgotten(near: Sending) -> None:
    first, second = visits(near, 2)
    assert near.worker.run_once() is None
    near.office.act(Decide(visit=first.visit, follows=first.change, decision="setujui", reasons={}, note=""))
    near.office.now += 40 * 86_400_000
    near.office.office.backups["d" * 32] = near.field.store.head()
    near.keeping = Keeping(most_bytes=0, keep_days=30)
    assert near.worker.run_once() is None
    assert near.field.store.gone([first.change]) == {first.change: "dilupakan"}
    assert near.field.visits.visit(first.visit).status == "disetujui"

    near.office.restore_empty()
    assert near.worker.run_once() is None
    assert near.office.visits() == {second.visit}
    assert near.office.holes() == [(1, 1)]
    assert near.field.visits.visit(first.visit).problem == "lapangan.kunjungan_tidak_kembali"
    assert near.worker.status().data_pending == 0


def test_a_photo_whose_bytes_changed_is_never_sent_and_stops_no_other(near: Sending) -> None:
    view = near.field.start()
    near.field.fill(view.id)
    done = near.field.finish(view.id)
    photos = near.field.visits.visit(done.visit).photos
    spoiled = photos[0].blob
    with near.field.vault.write() as connection:
        connection.execute("UPDATE blob_bytes SET bytes = x'00' WHERE id = ?", (spoiled,))
    failure = near.worker.run_once()
    assert failure is not None and failure.say == "lapangan.foto_rusak"
    assert set(near.office.received) == {photo.blob for photo in photos} - {spoiled}
    item = next(item for item in near.worker.items() if item.id == spoiled)
    assert (item.status, item.problem) == ("hilang", "lapangan.foto_rusak")
    assert near.worker.run_once() is None, "it is told, and not tried for ever"
    assert near.field.bench.standings.of(near.field.bench.history.latest(0, 9)[0]).lost_photos == 1
    assert near.worker.status().photos_lost == 1


def test_a_record_is_never_called_lost_by_its_id_alone(near: Sending) -> None:
    assert near.field.visits.record_again(RecordId("e" * 32)) == Refused(say="lapangan.tidak_hilang")

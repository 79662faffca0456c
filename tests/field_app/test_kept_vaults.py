"""What a wiped or damaged phone left behind, taken in at the office's table by the command `rescue kept`."""

import shutil
from pathlib import Path

import pytest

from field_app.enrol import VAULT
from field_app.phone import Phone
from field_app.wiping import KEPT
from server.access import Person
from server.services.lost_phones import LostPhones
from tests.contract.people import record_id
from tests.faults.conftest import Make, nursery, regency  # noqa: F401 - fixtures
from tests.faults.test_sealed_deaths import SealedVictim
from tests.faults.world import World, start, sync, visit
from tests.field_app.test_rescued import PHRASE, Line, Table, case, synced_again  # noqa: F401 - a fixture


@pytest.fixture
def world(regency: Make) -> World:  # noqa: F811 - the fixture above
    return regency()


@pytest.fixture
def table(world: World, capsys: Line, monkeypatch: pytest.MonkeyPatch) -> Table:
    return Table(world, capsys, monkeypatch)


def kept(table: Table, folder: Path, *more: str, typed: str = PHRASE + "\n") -> tuple[int, str, str]:
    return table.run("kept", str(folder), "--purpose", "HP rusak", *more, typed=typed)


def damaged(world: World, phone: Phone, name: str = "rusak") -> Path:
    """Copy what lies on a phone whose screen is broken: it was never locked, so the WAL is there too."""
    return Path(shutil.copytree(world.folder / "hp-0", world.folder / name))


def unsent(world: World, table: Table, monkeypatch: pytest.MonkeyPatch) -> Phone:
    """A phone that knows the rescue key, and then works without a line."""
    phone = world.phone()
    table.new_key(monkeypatch)
    sync(phone)
    world.kill()
    visit(phone, world.beats[0], 1, 2)
    start(phone, world.beats[0].warga)
    return phone


def test_all_that_a_damaged_phone_had_not_sent_arrives_with_its_photos(
    world: World, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = unsent(world, table, monkeypatch)
    device, folder = phone.owner.device, damaged(world, phone)
    ended, said, wrong = kept(table, folder, "--device", device)
    assert ended == 0, wrong
    assert "2 foto baru" in said and "Belum selesai: " in said and "Simpan folder ini" in said
    held = world.rows("SELECT count(*) FROM links WHERE device = :device AND known = 1", device=device)
    assert held == [(phone.visits._bench.store.head().counter,)]
    assert world.lacks() == [] and world.faults() == []
    again, said, _ = kept(table, folder, "--device", device)
    assert again == 0 and "Tidak ada yang baru" in said
    assert [use.new["keperluan"] for use in table.uses()] == ["HP rusak", "HP rusak"]
    world.serve()
    sync(phone)  # and the phone, mended after all, finds that everything arrived
    assert world.faults() == []


def test_the_vault_that_a_wiped_phone_kept_tells_what_was_under_work(
    world: World, table: Table, capsys: Line
) -> None:
    phone = world.phone()
    sync(phone)
    start(phone, world.beats[0].warga)
    with world.hand() as deps:
        lost = LostPhones(deps.engine, deps.office, deps.now_ms, deps.randomness)
        admin = Person(id=record_id(701), nama="", roles=("admin",))  # type: ignore[arg-type]
        kabid = Person(id=record_id(700), nama="", roles=("kabid",))  # type: ignore[arg-type]
        made = lost.order(admin, phone.owner.device, "Hilang")
        assert isinstance(made, str) and lost.approve(kabid, made) is None
    phone.lock()
    assert phone.unlock("280945") is None
    sync(phone)
    assert phone.wipe_due()
    phone.lock()
    folder = world.folder / "hp-0" / KEPT
    assert not list(folder.parent.glob(VAULT)) and list(folder.glob("brankas-*.db"))
    world.kill()
    ended, said, wrong = kept(table, folder, typed="")  # the office's own key opens it: nobody is asked
    assert ended == 0, wrong
    assert "Belum selesai: " in said and "Simpan folder ini" in said
    assert len(table.uses()) == 1


def test_a_sealed_case_under_work_is_told_by_its_code_and_day_alone(
    case: SealedVictim,  # noqa: F811 - the fixture above
    table: Table,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table.new_key(monkeypatch)
    synced_again(case)
    assert case.phone.sealed.unlock("280945") is None
    case.begin()
    [cover] = case.phone.visits._bench.sealed.covers()
    folder = damaged(case.world, case.phone)
    case.world.kill()
    ended, said, wrong = kept(table, folder, "--device", case.phone.owner.device)
    assert ended == 0, wrong
    assert f"kasus tertutup {cover.kode}, dimulai" in said and "Penanda Rahasia" not in said


def test_a_vault_that_was_set_aside_is_told_and_taken_in_once_its_key_file_turns_up(
    regency: Make, capsys: Line, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    world = regency(2)
    table = Table(world, capsys, monkeypatch)
    phone = unsent(world, table, monkeypatch)
    device, folder = phone.owner.device, world.folder / "hp-0"
    found = damaged(world, phone, "gudang")  # the key file as somebody kept it, with the log of that day
    phone.lock()
    for name in ("kunci.json", "kunci.coba"):
        (folder / name).unlink()
    world.serve()
    other = world.phone_at(folder)
    world.join(other, 1)
    sync(other)
    world.kill()
    newer = other.owner.device
    other.lock()

    ended, said, wrong = kept(table, folder, "--device", newer)
    assert ended == 1 and "Diambil" not in said and wrong.count("\n") == 1
    assert f"{VAULT}.lama-1" in wrong and "kunci.json yang lama" in wrong
    for part in found.glob(f"{VAULT}*"):
        part.rename(part.with_name(part.name.replace(VAULT, f"{VAULT}.lama-1")))
    ended, said, wrong = kept(table, found, "--device", device)
    assert ended == 0 and "2 foto baru" in said, wrong
    assert world.lacks() == [] and world.faults() == []


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_of_a_vault_with_damaged_pages_what_can_be_read_is_taken(
    world: World, table: Table, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    phone = unsent(world, table, monkeypatch)
    device = phone.owner.device
    phone.lock()  # all of it is in the one file then
    folder = damaged(world, phone)
    whole = bytearray((folder / VAULT).read_bytes())
    for page in range(int(share * len(whole)) // 4096 * 4096, len(whole), 4096):
        whole[page + 100] ^= 1
    (folder / VAULT).write_bytes(whole)
    known = "SELECT count(*) FROM links WHERE device = :device AND known = 1"
    before = world.rows(known, device=device)
    ended, said, wrong = kept(table, folder, "--device", device)
    assert ended == 1 and world.faults() == []
    if share == 0.9:
        assert "rusak dan tidak terbaca" in said and world.rows(known, device=device) > before
    else:  # where not even whose it is can be read, that is said in one sentence
        assert wrong.count("\n") == 1


@pytest.mark.parametrize("harm", ["device", "passphrase", "file", "key_file", "empty", "purpose", "served"])
def test_what_does_not_fit_is_refused_in_one_sentence_and_changes_nothing(
    world: World, table: Table, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    phone = unsent(world, table, monkeypatch)
    device, folder, typed = phone.owner.device, damaged(world, phone), PHRASE + "\n"
    more = ["--device", "f" * 32 if harm == "device" else device]
    if harm == "passphrase":
        typed = "bukan frasa yang itu sama sekali\n"
    if harm == "file":
        (folder / VAULT).write_bytes(b"\0" * 8192)
        (folder / f"{VAULT}-wal").unlink(missing_ok=True)
    if harm == "key_file":
        (folder / "kunci.json").write_text("{}")
    if harm == "empty":
        folder = world.folder / "kosong"
        folder.mkdir()
    if harm == "purpose":
        more += ["--purpose", " "]
    if harm == "served":
        world.serve()
    before = world.rows("SELECT count(*) FROM links WHERE device = :device", device=device)
    ended, said, wrong = kept(table, folder, *more, typed=typed)
    assert ended in (1, 3) and wrong.count("\n") == 1 and "foto baru" not in said
    assert world.rows("SELECT count(*) FROM links WHERE device = :device", device=device) == before


def test_a_vault_of_another_office_is_not_taken_for_one_of_this_one(
    regency: Make, capsys: Line, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    world = regency(2)
    table = Table(world, capsys, monkeypatch)
    one, two = world.phone(0), world.phone(1)
    table.new_key(monkeypatch)
    for phone in (one, two):
        phone.lock()
        assert phone.unlock("280945") is None
        sync(phone)
    world.kill()
    folder = damaged(world, one)
    ended, _, wrong = kept(table, folder, "--device", two.owner.device)
    assert ended == 1 and wrong.count("\n") == 1
    assert table.uses() == []

"""The list of phones beside the key file: it only grows, says nothing in plain, and is never passed over."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.base import decode, encode
from schemas.ids import DeviceId, PersonId, RecordId, Regency
from server import device_store, lost_store
from server.__main__ import main
from server.access import Person
from server.beside_key import Beside
from server.commands.shared import UNUSABLE
from server.compose import Refused, close_office, init_office, open_office
from server.deps import Deps
from server.destruction import destroyed_path
from server.keys import change_keys, default_path
from server.lost_store import LOST, ORDERED, Lost, Wipe
from server.phone_list import phones_path
from server.services.lost_phones import LostPhones, NotDone
from server.store import SqlOfficeStore
from server.web.building import build_site
from sync.chain import Tip
from sync.change import Enrolled, read
from sync.store import Fields
from tests.server.backup_office import copied, faults, medium_at, restored
from tests.server.web_office import Phone, open_at, shut

ADMIN = Person(id=PersonId("a" * 32), nama="Admin", roles=("admin",))
KABID = Person(id=PersonId("b" * 32), nama="Kabid", roles=("kabid",))


def opened(folder: Path) -> Deps:
    deps = open_office(folder, None)
    assert isinstance(deps, Deps), deps
    return deps


class Phones:
    """An office that a phone joined, and a copy of its folder from before, with another phone in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.copy = folder / "office", folder / "copy"
        self.key = default_path(self.folder)
        office = open_at(folder)
        office.deps.office.found()
        self.first, self.person = office.phone.device, office.people["pendamping"]
        shut(office)
        shutil.copytree(self.folder, self.copy)
        self.deps = opened(self.folder)
        self.second = Phone(self.deps, self.person).device
        self.path = phones_path(self.key)

    def put_back(self) -> None:
        close_office(self.deps)
        shutil.rmtree(self.folder)
        shutil.copytree(self.copy, self.folder)
        self.deps = opened(self.folder)

    def with_rights(self) -> set[DeviceId]:
        found = self.deps.engine.read(device_store.devices)
        return {phone.id for phone in found if phone.revoked_ms is None}


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[Phones]:
    made = Phones(tmp_path)
    yield made
    close_office(made.deps)


def test_an_older_database_learns_who_joined_and_who_lost_their_rights(phones: Phones) -> None:
    phones.deps.devices.revoke(phones.first)
    phones.deps.phones.keep()
    phones.put_back()
    assert phones.with_rights() == {phones.second}
    contents = phones.deps.engine.read(lambda tx: tx.query("SELECT raw FROM changes ORDER BY seq DESC"))
    told = read(contents[0][0]).body
    assert isinstance(told, Enrolled) and told.device == phones.second, "its chain says so too"
    assert faults(phones.deps, phones.folder, phones.key) == []
    phones.put_back()
    assert phones.with_rights() == {phones.second}, "and once more"


def test_a_command_writes_down_what_it_did_also_where_nobody_serves(phones: Phones) -> None:
    close_office(phones.deps)
    assert main(["device", "--data", str(phones.folder), "--revoke", phones.first]) == 0
    shutil.rmtree(phones.folder)
    shutil.copytree(phones.copy, phones.folder)
    phones.deps = opened(phones.folder)
    assert phones.with_rights() == {phones.second}


def test_what_a_restored_office_does_not_know_stays_listed(phones: Phones) -> None:
    """An office that was put back to be looked at beside the one that serves has the same list."""
    phones.deps.devices.revoke(phones.first)
    phones.deps.phones.keep()
    before = phones.path.read_bytes()
    drill = open_office(phones.copy, phones.key)
    assert isinstance(drill, Deps)
    close_office(drill)
    assert phones.path.read_bytes() == before


def test_it_says_nothing_in_plain_and_a_changed_one_keeps_the_office_shut(phones: Phones) -> None:
    phones.deps.phones.keep()
    raw = phones.path.read_bytes()
    assert phones.second.encode() not in raw and phones.person.encode() not in raw
    close_office(phones.deps)
    for changed in (raw[:-1], raw[:5], b"", bytes([raw[0] ^ 1]) + raw[1:]):
        phones.path.write_bytes(changed)
        refused = open_office(phones.folder, None)
        assert isinstance(refused, Refused) and refused.say == "daftar_hp_rusak"
        assert refused.values == {"berkas": str(phones.path)}
    phones.path.write_bytes(raw)
    phones.deps = opened(phones.folder)


def test_it_is_written_when_the_key_file_is_back_and_nowhere_before(phones: Phones) -> None:
    before = phones.path.read_bytes()
    away = phones.key.rename(phones.key.with_name("stik"))
    phones.deps.devices.revoke(phones.first)
    phones.deps.phones.keep()
    assert phones.path.read_bytes() == before
    away.rename(phones.key)
    phones.deps.phones.keep()
    assert phones.path.read_bytes() != before


def test_keys_that_were_changed_still_open_it(phones: Phones) -> None:
    phones.deps.devices.revoke(phones.first)
    phones.deps.phones.keep()
    close_office(phones.deps)
    assert main(["rotate-keys", "--data", str(phones.folder)]) == 0
    phones.deps = opened(phones.folder)
    phones.second = Phone(phones.deps, phones.person).device
    phones.deps.phones.keep()
    listed = phones.deps.phones.read()
    assert {each.id for each in listed} >= {phones.first, phones.second}


def test_a_list_under_keys_of_before_is_believed_only_while_they_are_changed(phones: Phones) -> None:
    """Whoever had the key file of then could have written it, with phones of theirs."""
    close_office(phones.deps)
    before = phones.path.read_bytes()
    assert main(["rotate-keys", "--data", str(phones.folder)]) == 0
    after = phones.path.read_bytes()
    phones.path.write_bytes(before)
    refused = open_office(phones.folder, None)
    assert isinstance(refused, Refused) and refused.say == "daftar_hp_rusak"
    change_keys(phones.key, lambda keys: replace(keys, unfinished=True))
    close_office(opened(phones.folder))
    assert phones.path.read_bytes() not in (before, after), "it is under the present keys at once"
    change_keys(phones.key, lambda keys: replace(keys, unfinished=False))
    phones.deps = opened(phones.folder)


def test_a_key_that_a_phone_says_later_is_listed_and_outlives_an_older_database(phones: Phones) -> None:
    key = bytes(range(1, 33))
    phones.deps.phones.keep()
    phones.deps.engine.write(lambda tx: device_store.put_handover_key(tx, phones.first, key)).result()
    phones.deps.phones.keep()
    phones.put_back()
    assert [each.handover_key for each in phones.deps.phones.read() if each.id == phones.first] == [key]


def test_what_only_the_list_says_does_not_have_it_read_again_and_again(phones: Phones) -> None:
    phones.deps.devices.revoke(phones.first)
    phones.deps.phones.keep()
    phones.deps.engine.write(
        lambda tx: tx.execute("UPDATE devices SET revoked_ms = NULL WHERE kabupaten = :kabupaten", {})
    ).result()
    phones.deps.phones.keep()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Beside, "read", pytest.fail)
        phones.deps.phones.keep()


def test_what_else_fails_keeps_no_phone_off_the_list(phones: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError

    before = phones.path.read_bytes()
    monkeypatch.setattr(phones.deps.destruction, "destroy_late", broken)
    phones.deps.devices.revoke(phones.first)
    indexing = build_site(phones.deps).indexing
    indexing.start()
    try:
        give_up = time.monotonic() + 5
        while phones.path.read_bytes() == before and time.monotonic() < give_up:
            time.sleep(0.05)
    finally:
        indexing.stop()
    assert phones.path.read_bytes() != before


def test_a_restore_names_whom_it_let_in_and_says_how_many_lost_their_rights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also one to an earlier moment: whoever looks after the office revokes who is not to be there."""
    office = open_at(tmp_path)
    medium = medium_at(tmp_path / "usb", tmp_path / "office", office.deps)
    office.deps.phones.keep()
    copied(office.deps, tmp_path / "office", medium)
    first, second = office.phone.device, Phone(office.deps, office.people["pendamping"]).device
    office.deps.devices.revoke(first)
    office.deps.phones.keep()
    shut(office)
    where = ["--data", str(tmp_path / "new"), "--key", str(default_path(tmp_path / "office"))]
    assert main(["restore", "--from", str(medium.path), *where, "--at", "2099-01-01"]) == 0
    said = capsys.readouterr().out
    assert "1 HP bergabung sesudah salinan itu" in said and f"HP {second} (Uji 1), bergabung" in said
    assert "1 HP dicabut sesudah salinan itu" in said and f"HP {first} (" not in said


def test_a_drill_beside_a_copy_of_the_key_changes_nothing_of_the_office(phones: Phones) -> None:
    medium = medium_at(phones.folder.with_name("usb"), phones.folder, phones.deps)
    phones.deps.phones.keep()
    copied(phones.deps, phones.folder, medium)
    before = phones.path.read_bytes()
    keys = shutil.copytree(phones.key.parent, phones.folder.with_name("drill-keys"))
    where = ["--data", str(phones.folder.with_name("drill")), "--key", str(keys / phones.key.name)]
    assert main(["restore", "--from", str(medium.path), *where]) == 0
    assert main(["device", *where, "--revoke", phones.first]) == 0
    assert phones.path.read_bytes() == before != (keys / phones.path.name).read_bytes()


def wrote(phones: Phones, *todo: Callable[[LostPhones], object]) -> None:
    """Have people of the office do something about lost phones, and the list follow."""
    deps = phones.deps
    lost = LostPhones(deps.engine, deps.office, deps.now_ms, deps.randomness)
    for each in todo:
        assert not isinstance(each(lost), NotDone)
    deps.phones.keep()


def standing(phones: Phones) -> tuple[list[Wipe], list[Lost]]:
    return phones.deps.engine.read(lambda tx: (lost_store.all_wipes(tx), lost_store.lost_phones(tx)))


def said(phones: Phones, kind: str) -> list[Fields]:
    """What the office's chain comes to for each order or report."""
    names = [RecordId(one.id) for one in standing(phones)[kind == LOST]]
    found = phones.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).records(names))
    return [found[name].fields for name in names]


def own_tips(phones: Phones) -> list[Tip]:
    device = phones.deps.office.device
    return phones.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).tips(device))


def test_an_older_database_learns_what_was_ordered_and_reported_as_far_as_it_was(phones: Phones) -> None:
    wrote(
        phones,
        lambda lost: lost.report(ADMIN, phones.first, 7, "Dicuri"),
        lambda lost: lost.order(ADMIN, phones.first, "Dicuri"),
        lambda lost: lost.approve(KABID, lost.wipes(phones.first)[0].id),
        lambda lost: lost.order(ADMIN, phones.second, "Salah"),
        lambda lost: lost.told(KABID, lost.all()[0].lost.id, "warga"),
    )
    before, orders, reports = standing(phones), said(phones, ORDERED), said(phones, LOST)
    phones.put_back()
    assert standing(phones) == before and len(before[0]) == 2 and len(before[1]) == 1
    assert (said(phones, ORDERED), said(phones, LOST)) == (orders, reports), "its chain says so too"
    assert faults(phones.deps, phones.folder, phones.key) == []
    tips = own_tips(phones)
    close_office(phones.deps)
    phones.deps = opened(phones.folder)
    assert own_tips(phones) == tips, "what is known by now is not said once more"


def test_an_order_that_the_copy_has_goes_on_from_where_it_was(phones: Phones) -> None:
    """Given before the copy, approved and withdrawn after it; the report closed after it."""
    wrote(
        phones,
        lambda lost: lost.report(ADMIN, phones.first, 7, "Dicuri"),
        lambda lost: lost.order(ADMIN, phones.first, "Dicuri"),
    )
    close_office(phones.deps)
    shutil.rmtree(phones.copy)
    shutil.copytree(phones.folder, phones.copy)
    phones.deps = opened(phones.folder)
    wrote(
        phones,
        lambda lost: lost.approve(KABID, lost.wipes(phones.first)[0].id),
        lambda lost: lost.withdraw(KABID, lost.wipes(phones.first)[0].id),
        lambda lost: lost.close(KABID, lost.all()[0].lost.id, "ditemukan", "Di laci"),
    )
    before = standing(phones)
    phones.put_back()
    assert standing(phones) == before
    assert [one["state"] for one in said(phones, ORDERED)] == ["ditarik"]
    assert [(one["state"], one["catatan"]) for one in said(phones, LOST)] == [("ditutup", "Di laci")]
    assert faults(phones.deps, phones.folder, phones.key) == []


def test_a_list_of_before_there_were_orders_in_it_is_read_and_added_to(
    phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one without orders is written as a program of before reads it."""
    written: list[bytes] = []
    seal = Beside.seal
    monkeypatch.setattr(Beside, "seal", lambda self, plain: written.append(plain) or seal(self, plain))
    phones.deps.devices.revoke(phones.first)
    phones.deps.phones.keep()
    older = encode(decode(written[-1], list[device_store.Device]))
    phones.path.write_bytes(phones.deps.phones._file.seal(older))
    wrote(phones, lambda lost: lost.order(ADMIN, phones.second, "Dicuri"))
    listed = {each.id: each for each in phones.deps.phones.read()}
    assert len(listed[phones.second].wipes) == 1 and listed[phones.first].revoked_ms is not None


def test_a_restore_says_that_orders_and_reports_count_again(
    phones: Phones, capsys: pytest.CaptureFixture[str]
) -> None:
    medium = medium_at(phones.folder.with_name("usb"), phones.folder, phones.deps)
    copied(phones.deps, phones.folder, medium)
    wrote(phones, lambda lost: lost.order(ADMIN, phones.first, "Dicuri"))
    where = ["--data", str(phones.folder.with_name("new")), "--key", str(phones.key)]
    assert main(["restore", "--from", str(medium.path), *where]) == 0
    told = capsys.readouterr().out
    assert "laporan HP hilang atau perintah hapus yang lebih baru" in told and "untuk 1 HP" in told
    assert f"  HP {phones.first}\n" in told


@pytest.mark.parametrize("path_of", [phones_path, destroyed_path])
def test_no_office_is_begun_beside_the_list_of_another(
    tmp_path: Path, path_of: Callable[[Path], Path]
) -> None:
    """It would not open: the list of one that is gone is told before anything is made."""
    left = path_of(default_path(tmp_path / "office"))
    left.parent.mkdir()
    left.write_bytes(b"of another")
    refused = init_office(tmp_path / "office", None, Regency("33.14"), "Dinas Sosial Uji")
    assert refused == Refused(say="kunci_ada", values={"kunci": str(left)})
    assert not (tmp_path / "office").exists()


@pytest.mark.parametrize("path_of", [phones_path, destroyed_path])
def test_a_list_that_cannot_be_read_is_named_and_keeps_the_office_shut(
    phones: Phones, path_of: Callable[[Path], Path]
) -> None:
    """Such as one that root copied: it is neither a fault of ours nor of the disk that is restored from."""
    medium = medium_at(phones.folder.with_name("usb"), phones.folder, phones.deps)
    copied(phones.deps, phones.folder, medium)
    close_office(phones.deps)
    path = path_of(phones.key)
    kept = path.rename(path.with_name("kept")) if path.exists() else None
    path.mkdir()
    refused = Refused(say="daftar_tak_terbaca", values={"berkas": str(path), "pemilik": path.owner()})
    assert open_office(phones.folder, None) == refused
    assert main(["device", "--data", str(phones.folder), "--list"]) == UNUSABLE
    assert restored(medium, phones.folder.with_name("new"), phones.key) == refused
    path.rmdir()
    if kept:
        kept.rename(path)
    phones.deps = opened(phones.folder)

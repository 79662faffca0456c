"""Several workers on one phone: vaults, PINs and tries of their own, and one open at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from field_app.keys import Locked
from field_app.phone import LockedError, Phone
from field_app.shared import SharedPhone
from field_app.views import PhoneUser, Refused
from field_app.wiping import Paper, write_paper
from schemas.device_word import WipeWord
from schemas.ids import DeviceId
from sync.change import Patch
from tests.contract.people import record_id
from tests.field_app.conftest import SetTime, make_phone
from tests.server.conftest import DESA, Running, office  # noqa: F401 - the running office as a fixture
from tests.server.letting_in import let_in

# ruff: noqa: F811 - a test asks for the fixture by its name

HTTP = "http://127.0.0.1:1"
PIN, OTHER_PIN = "280945", "170845"


@pytest.fixture
def shared(office: Running, tmp_path: Path, time: SetTime) -> Iterator[Phone]:
    """Two have joined; the second is open."""
    phone = make_phone(tmp_path / "hp", time)
    let_in(phone, office.deps, office.address, office.code(office.person(901)), PIN)
    assert phone.add_user(" RW  kedawung panjang sekali ") is None
    let_in(phone, office.deps, office.address, office.code(office.person(902)), OTHER_PIN)
    yield phone
    phone.lock()


def test_each_opens_with_their_own_pin_and_sees_their_own(shared: Phone, office: Running) -> None:
    assert shared.users() == (
        PhoneUser(id="", number=1, sign="", ready=True),
        PhoneUser(id="petugas-2", number=2, sign="RW kedawung", ready=True),
    )
    assert shared.owner.person_code == "P902"
    started = shared.visits.start("bpnt_kpm", None, None)
    assert not isinstance(started, Refused)
    shared.choose("")
    assert shared.state() == "terkunci", "whatever was open is closed"
    with pytest.raises(LockedError):
        shared.visits.home()
    assert isinstance(shared.unlock(OTHER_PIN), Locked) and shared.unlock(PIN) is None
    assert shared.owner.person_code == "P901" and shared.visits.home().drafts == ()
    shared.choose("petugas-2")
    assert shared.unlock(OTHER_PIN) is None and len(shared.visits.home().drafts) == 1


def test_wrong_tries_of_one_cost_the_other_nothing(shared: Phone) -> None:
    for _ in range(3):
        shared.choose("")
        shared.unlock("111112")
        shared.choose("petugas-2")
    assert shared.unlock(OTHER_PIN) is None
    shared.choose("")
    assert shared.tries() == Locked(tries_left=7, wait_s=0)


def test_each_syncs_as_themselves(shared: Phone, office: Running) -> None:
    for number, name in ((901, ""), (902, "petugas-2")):
        shared.choose(name)
        assert shared.unlock(PIN if number == 901 else OTHER_PIN) is None
        assert shared.worker.run_once() is None
    warga = {"nama": "Warga Uji", "kode_desa": DESA, "layanan": ["bpnt"]}
    office.deps.office.act(
        office.deps.office.person, Patch(record=record_id(7), kind="warga", base={}, new=warga)
    )
    assert shared.worker.run_once() is None and shared.visits.count_subjects() == 1
    shared.choose("")
    assert shared.unlock(PIN) is None and shared.visits.count_subjects() == 0, "not before its own sync"


def test_after_a_restart_everybody_is_still_there(shared: Phone, tmp_path: Path, time: SetTime) -> None:
    shared.lock()
    again = make_phone(tmp_path / "hp", time)
    assert again.users() == shared.users() and again.chosen == "" and again.state() == "terkunci"
    again.choose("petugas-2")
    assert again.unlock(OTHER_PIN) is None
    again.lock()


def test_outside_the_vaults_there_is_no_name_and_nothing_of_the_office(shared: Phone, tmp_path: Path) -> None:
    shared.lock()
    written = b"".join(path.read_bytes() for path in (tmp_path / "hp").rglob("*") if path.is_file())
    for word in ("Petugas 90", "P901", "P902", "Dinas", "127.0.0.1"):
        assert word.encode() not in written
    assert b"RW kedawung" in written, "the sign they chose"
    loose = [
        path.name for path in (tmp_path / "hp").rglob("*") if path.is_file() and path.stat().st_mode & 0o077
    ]
    assert loose == []


def test_a_vault_moved_to_the_other_folder_opens_with_neither_pin(shared: Phone, tmp_path: Path) -> None:
    shared.lock()
    folder = tmp_path / "hp"
    (folder / "vault.db").replace(folder / "petugas-2" / "vault.db")
    shared.choose("petugas-2")
    assert shared.unlock(OTHER_PIN) == Refused(say="lapangan.brankas_rusak")


def test_a_folder_that_nobody_joined_in_is_used_again(shared: Phone, tmp_path: Path) -> None:
    assert shared.add_user("A") is None and shared.chosen == "petugas-3" and shared.state() == "baru"
    assert len(shared.users()) == 2, "not shown before there is something to open"
    shared.choose("")
    assert shared.add_user("B") is None and shared.chosen == "petugas-3"
    assert SharedPhone(tmp_path / "hp")._sign("petugas-3") == "B"


@pytest.mark.parametrize("name", ["..", "petugas-0", "petugas-2/..", "/tmp", "petugas-2\n", "PETUGAS-2"])
def test_no_other_folder_can_be_chosen(shared: Phone, name: str) -> None:
    with pytest.raises(ValueError, match="no worker"):
        shared.choose(name)


def test_a_damaged_sign_is_no_obstacle(shared: Phone, tmp_path: Path) -> None:
    (tmp_path / "hp" / "petugas-2" / "tanda.json").write_bytes(b"\xff{")
    assert shared.users()[1].sign == ""


def test_the_first_to_join_an_empty_phone_needs_no_folder_of_their_own(tmp_path: Path) -> None:
    fresh = SharedPhone(tmp_path / "hp")
    assert fresh.all() == () and fresh.fresh("A") == ""


def test_wiping_one_by_order_leaves_the_other_whole(shared: Phone, tmp_path: Path, time: SetTime) -> None:
    word = WipeWord(order=b"o" * 16, device=DeviceId("1" * 32), step="dihapus", handed_by="sinkron", at_ms=1)
    shared.lock()
    write_paper(tmp_path / "hp", Paper(step="siap", address=HTTP, word=word))
    again = make_phone(tmp_path / "hp", time)
    assert [user.id for user in again.users()] == ["petugas-2"] and again.state() == "terkunci"
    assert not (tmp_path / "hp" / "vault.db").exists()
    assert again.unlock(OTHER_PIN) is None and again.owner.person_code == "P902"
    again.lock()

"""A key file that is not where it was: pulled out, emptied, or another in its place, while the office serves.

Rule: who is served goes on being served, what belongs beside the key file waits, and both say so.
"""

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
import pytest

from schemas.ids import ChangeId, PersonId, RecordId, Regency
from server import backup_store
from server.__main__ import main
from server.access import Person, Role
from server.accounts import Accounts, Created
from server.backup_store import Plan
from server.compose import init_office
from server.destruction import destroyed_path
from server.keys import default_path, encode_keys, read_keys
from server.paper_key import SEALED, note_printed, place
from server.passwords import Passwords
from server.services.people import create_user, load_person
from server.web.building import build_site
from sync.change import Decide
from tests.contract.people import record_id
from tests.faults.conftest import Make
from tests.faults.world import World, pending, sync, visit, words
from tests.server.backup_office import medium_at

Line = pytest.CaptureFixture[str]
PASSWORD = "rahasia-untuk-uji"
ROLES: tuple[Role, ...] = ("petugas", "kabid", "admin")


class Kept:
    """A regency that serves, whose key is on a stick and on paper, with one backup disk and its officers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.key = default_path(world.office)
        self.usb = world.folder / "usb"
        with world.hand() as deps:
            medium_at(self.usb, world.office, deps)
            note_printed(self.key, bytes(range(32)), 1)
            place(world.office, self.key)
            plan = Plan(copies=(str(self.usb),), every_ms=10 * 365 * 86_400_000)
            deps.engine.write(lambda tx: backup_store.put_plan(tx, plan)).result()
            accounts = Accounts(
                deps.engine,
                Passwords(deps.randomness, memory_kib=64),
                now_ms=deps.now_ms,
                randomness=deps.randomness,
            )
            for number, role in enumerate(ROLES):
                person = Person(
                    id=PersonId(record_id(950 + number)),
                    nama=f"{role.title()} Uji",
                    kode=f"U{number}",
                    roles=(role,),
                    areas=(),
                    services=("bpnt",),
                )
                author = deps.office.person
                made = create_user(
                    accounts, deps.office, author=author, person=person, username=role, password=PASSWORD
                )
                assert isinstance(made, Created)

    def browser(self, role: Role) -> httpx.Client:
        """Somebody who is logged in."""
        browser = self.world.browser()
        form = {"csrf": csrf(browser.get("/masuk").text), "nama": role, "sandi": PASSWORD}
        assert browser.post("/masuk", data=form).status_code == 303
        return browser

    def copied(self, admin: httpx.Client) -> bool:
        """Press the button that makes a copy; return whether one was made and is not called damaged."""
        before = self.copies()
        assert admin.post("/cadangan", data={"csrf": csrf(admin.get("/cadangan").text)}).status_code == 303
        for _ in range(1_000):
            if self.copies() > before and "Sedang mencadangkan" not in admin.get("/cadangan").text:
                break
            time.sleep(0.05)
        return self.copies() > before and "Dicoba" not in admin.get("/cadangan").text

    def copies(self) -> int:
        return len(list(self.usb.glob("copies/*.manifest")))

    def proposed(self, name: RecordId, change: ChangeId) -> None:
        """Have a visit approved, and proposed to be destroyed."""
        with self.world.hand() as deps:
            decide = Decide(visit=name, follows=change, decision="setujui", reasons={}, note="")
            deps.office.act(PersonId(record_id(950)), decide)
            petugas = deps.engine.read(lambda tx: load_person(tx, PersonId(record_id(950))))
            assert petugas is not None
            assert build_site(deps).destroying.propose(petugas, name, "BA 7/2026") is None


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found is not None, page[:300]
    return found[1]


def stick_pulled(key: Path) -> None:
    shutil.rmtree(key.parent)


def stick_unmounted(key: Path) -> None:
    """The folder on which the stick was mounted stays, empty."""
    stick_pulled(key)
    key.parent.mkdir()


def emptied(key: Path) -> None:
    key.write_bytes(b"")


def made_unreadable(key: Path) -> None:
    """As by other rights, which do not bind root: it is there, and opening it fails."""
    key.unlink()
    key.mkdir()


def of_another_office(key: Path) -> None:
    """Another office's, which is on paper too."""
    other = key.parents[1] / "lain" / "kantor"
    assert init_office(other, None, Regency("33.15"), "Dinas Sosial Lain") is None
    note_printed(default_path(other), bytes(range(1, 33)), 2)
    shutil.rmtree(key.parent)
    shutil.copytree(default_path(other).parent, key.parent)


def of_before_a_rotation(key: Path) -> None:
    """Keys of this office that open nothing any more."""
    keys = read_keys(key)
    older = msgspec.structs.replace(keys, database=bytes(32), blobs=bytes(32))
    key.write_bytes(encode_keys(older))


AWAY: list[tuple[Callable[[Path], None], str, str]] = [
    (stick_pulled, "Berkas kunci tidak ada di tempatnya", "tidak ada atau tidak terbaca"),
    (stick_unmounted, "Berkas kunci tidak ada di tempatnya", "tidak ada atau tidak terbaca"),
    (made_unreadable, "Berkas kunci tidak ada di tempatnya", "tidak ada atau tidak terbaca"),
    (emptied, "Berkas kunci rusak", "rusak: isinya terpotong"),
    (of_another_office, "Berkas kunci bukan milik kantor ini", "tidak terbuka dengan kunci ini"),
    (of_before_a_rotation, "Berkas kunci bukan milik kantor ini", "tidak terbuka dengan kunci ini"),
]


def files(*folders: Path) -> dict[Path, bytes]:
    return {
        path: path.read_bytes() for each in folders for path in (each, *each.rglob("*")) if path.is_file()
    }


@pytest.mark.parametrize(("gone", "page", "line"), AWAY, ids=[each[0].__name__ for each in AWAY])
def test_an_office_serves_on_without_its_key_file_and_says_that_it_is_gone(
    regency: Make, capsys: Line, gone: Callable[[Path], None], page: str, line: str
) -> None:
    """Row 53. Phones, pages and copies go on; nothing is destroyed or sealed anew before it is back."""
    world = regency()
    kept = Kept(world)
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    sync(phone)
    kept.proposed(done.visit, done.change)
    admin, kabid = kept.browser("admin"), kept.browser("kabid")
    assert kept.copied(admin) and "Berkas kunci" not in admin.get("/").text
    sealed, stick = files(kept.usb / SEALED, world.office / SEALED), world.folder / "stik"
    shutil.copytree(kept.key.parent, stick)

    gone(kept.key)
    left = files(kept.key.parent)
    visit(phone, None, 2, nama="Warga Baru")
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima", "disetujui"], (0, 0))
    for address in ("/", "/cadangan"):
        assert page in admin.get(address).text and "Jangan matikan server" in admin.get(address).text
    assert "Berkas kunci" not in kabid.get("/").text
    assert kept.copied(admin)
    form = {"csrf": csrf(kabid.get("/pemusnahan").text), "nomor": done.visit, "langkah": "setuju"}
    refused = kabid.post("/pemusnahan", data=form)
    assert refused.status_code == 422 and "Belum ada yang dimusnahkan" in refused.text
    capsys.readouterr()
    for command in (["device", "--list"], ["user", "--list"], ["backup"]):
        assert main([*command[:1], "--data", str(world.office), *command[1:]]) == 3
        said = capsys.readouterr().err
        assert line in said and said.count("\n") == 1
    world.kill()
    for command in (["run", "--port", "0"], ["rotate-keys"]):
        assert main([*command[:1], "--data", str(world.office), *command[1:]]) == 3
        assert line in capsys.readouterr().err
    assert files(kept.key.parent) == left
    assert files(kept.usb / SEALED, world.office / SEALED) == sealed

    shutil.rmtree(kept.key.parent, ignore_errors=True)
    stick.rename(kept.key.parent)
    world.serve()
    sync(phone)
    kabid = kept.browser("kabid")
    form["csrf"] = csrf(kabid.get("/pemusnahan").text)
    assert kabid.post("/pemusnahan", data=form).status_code == 303
    assert "Berkas kunci" not in kept.browser("admin").get("/").text
    assert world.record(done.visit)["dimusnahkan"] == "BA 7/2026"
    assert (world.lacks(), world.faults()) == ([], [])


def test_a_key_file_that_was_moved_alone_gets_its_list_of_what_was_destroyed_again(regency: Make) -> None:
    """Row 54. The stick with the keys is another now, and only the key file was copied to it."""
    world = regency()
    kept = Kept(world)
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    sync(phone)
    before = world.copy("salinan")
    kept.proposed(done.visit, done.change)
    kabid = kept.browser("kabid")
    form = {"csrf": csrf(kabid.get("/pemusnahan").text), "nomor": done.visit, "langkah": "setuju"}
    assert kabid.post("/pemusnahan", data=form).status_code == 303
    world.kill()
    destroyed_path(kept.key).unlink()
    world.serve()
    world.kill()
    world.put_back(before)
    world.serve()
    assert world.record(done.visit)["dimusnahkan"] == "BA 7/2026"
    sync(phone)
    assert world.faults() == []

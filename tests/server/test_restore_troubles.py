"""A restore that goes wrong says what did and leaves no office; what can be passed over is counted."""

import shutil
from pathlib import Path

import pytest

from schemas.ids import PersonId
from server import feed_store
from server.backups import restoring
from server.backups.medium import Trouble
from server.deps import Deps
from server.disk import NoPromiseError
from server.feed_store import FedAccount
from tests.server.backup_office import files, restored, spoil
from tests.server.restore_world import World, restore_world  # noqa: F401 - the fixture `world`


def trouble(world: World, until_ms: int | None = None) -> str:
    made = restored(world.usb, world.folder / "back", world.key, until_ms=until_ms)
    assert isinstance(made, Trouble), made
    assert not (world.folder / "back").exists()
    return made.code


def test_a_damaged_copy_beside_one_that_opens_does_not_mean_another_key(world: World) -> None:
    world.copy()
    world.copy()
    spoil(world.usb.manifest(2))
    assert trouble(world, until_ms=1) == "tidak_ada_salinan"
    spoil(world.usb.manifest(1))
    assert trouble(world) == "kunci_cadangan_salah"


def test_a_copy_that_was_misread_makes_no_office(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.copy()
    real = shutil.copyfile

    def misread(source: Path, target: Path) -> None:
        real(source, target)
        spoil(target)

    monkeypatch.setattr(restoring.shutil, "copyfile", misread)
    assert trouble(world) == "media_rusak"


def test_a_medium_that_went_away_makes_no_office_without_its_photos(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.visit()
    world.copy()
    monkeypatch.setattr(restoring, "all_there", lambda *_: False)
    assert trouble(world) == "media_rusak"


def test_a_disk_that_promises_nothing_takes_no_office(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.copy()

    def refuses(folder: Path) -> None:
        raise NoPromiseError(22, "Invalid argument", str(folder))

    monkeypatch.setattr(restoring, "sync_folder", refuses)
    assert trouble(world) == "tujuan_tanpa_jaminan"


def test_a_log_that_cannot_be_opened_is_counted_and_passed_over(world: World) -> None:
    world.copy()
    world.stream()
    world.visit()
    world.stream()
    for path in files(world.other.stream):
        spoil(path)
    made = world.restore("back", world.other)
    assert (made.damaged_logs, made.changes) == (1, 0)


def test_a_login_that_was_made_or_changed_after_the_copy_comes_back(world: World) -> None:
    def logins(deps: Deps) -> list[FedAccount]:
        return deps.engine.read(feed_store.accounts)

    def put(person: str, password: str, *, active: bool = True) -> None:
        new = FedAccount(
            person=PersonId(person), username=person[:4], password=password, active=active, changed_ms=1
        )
        world.deps.engine.write(lambda tx: feed_store.put_account(tx, new)).result()

    put("a" * 32, "hash 1")
    put("c" * 32, "of before")
    world.copy()
    world.stream()
    put("a" * 32, "hash 2")
    put("a" * 32, "hash 2", active=False)
    put("b" * 32, "hash 3")
    put("cccc" + "d" * 28, "who took the name over")
    world.stream()
    world.restore("back", world.other)
    with world.back("back") as deps:
        assert [(each.password, each.active) for each in logins(deps)] == [
            ("hash 2", False),
            ("hash 3", True),
            ("who took the name over", True),
        ]

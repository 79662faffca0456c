"""What else is said of a destroyed visit: in another history of the office, or later by who had not heard."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.ids import BlobId, ChangeId
from schemas.wire import Rejected
from server.compose import close_office
from server.destruction import DestructionList
from server.store import SqlOfficeStore
from sync.change import Patch
from sync.store import DESTROYED
from tests.server.test_destruction import Destroyed
from tests.server.web_office import open_at, shut

BASIS = "BA 12/2026"
EMPTIED = {"dihapus": True, "dimusnahkan": BASIS}


class Visited:
    """An office with a visit; its folder can be put back to what it was at a moment that has a name."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._copies = folder / "office", folder / "copies"
        self.office = open_at(folder)
        self.office.deps.office.found()
        self.start = self.office.phone._tip
        self.remember("before")
        self.visit, self.first = self.office.add_visit()
        self.remember("one")

    def again(self) -> tuple[ChangeId, BlobId]:
        """Let the phone send a second version; return it and its photo."""
        _, change = self.office.add_visit(visit=self.visit, follows=self.first, photos=("foto_kk",))
        [(blob,)] = self.office.deps.engine.read(
            lambda tx: tx.query(
                "SELECT blob FROM blob_refs WHERE kabupaten = :kabupaten AND change = :change",
                {"change": change},
            )
        )
        return change, BlobId(blob)

    def destroy(self) -> None:
        deps = self.office.deps
        deps.destruction.destroy(deps.office.person, [self.first], [self.visit], BASIS)

    def remember(self, name: str) -> None:
        self._put(self._folder, self._copies / name)

    def put_back(self, name: str) -> None:
        self._put(self._copies / name, self._folder)

    def _put(self, source: Path, target: Path) -> None:
        close_office(self.office.deps)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        self.office.deps = self.office.phone._deps = Destroyed.open_at(self._folder)

    def is_kept(self, change: ChangeId) -> bool:
        return bool(self.office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).contents([change])))

    def outcome(self, change: ChangeId) -> object:
        found = self.office.deps.engine.read(lambda tx: SqlOfficeStore.reading(tx).changes([change]))
        return found[change].outcome

    def is_gone(self, change: ChangeId, photo: BlobId) -> bool:
        has_photo = self.office.deps.blobs.has(photo)
        is_said = self.outcome(change) == DESTROYED and self.office.fields(self.visit) == EMPTIED
        return is_said and not (has_photo or self.is_kept(change) or self.faults())

    def faults(self) -> list[str]:
        return Destroyed.faults_of(self._folder, self.office.deps)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Visited]:
    made = Visited(tmp_path)
    yield made
    shut(made.office)


def test_a_version_that_only_another_history_had_goes_with_its_visit(there: Visited) -> None:
    second, photo = there.again()
    there.remember("two")
    there.put_back("one")
    there.destroy()
    there.put_back("two")
    assert not there.is_kept(there.first) and there.is_gone(second, photo)


def test_it_goes_also_where_the_office_stops_in_the_midst_of_it(
    there: Visited, monkeypatch: pytest.MonkeyPatch
) -> None:
    second, photo = there.again()
    there.remember("two")
    there.put_back("one")
    there.destroy()
    with monkeypatch.context() as power:
        power.setattr(DestructionList, "add", stopped)
        with pytest.raises(KeyboardInterrupt):
            there.put_back("two")
    there.office.deps = there.office.phone._deps = Destroyed.open_at(there._folder)
    assert not there.is_kept(there.first) and there.is_gone(second, photo)


def stopped(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_version_that_comes_later_is_refused_and_not_kept_for_ever(there: Visited) -> None:
    there.destroy()
    second, photo = there.again()
    assert there.outcome(second) == DESTROYED and there.is_kept(second)
    there.office.deps.destruction.destroy_late()
    assert there.is_gone(second, photo)
    there.put_back("one")
    assert there.is_gone(second, photo), "the list says it too"


def test_what_was_refused_for_another_reason_stays(there: Visited) -> None:
    there.destroy()
    odd = there.office.phone.push(Patch(record=there.visit[::-1], kind="kunjungan", base={}, new={"rt": "1"}))
    there.office.deps.destruction.destroy_late()
    assert isinstance(there.outcome(odd), Rejected) and there.is_kept(odd)


def test_an_office_from_before_the_visit_lets_nobody_begin_it_anew(there: Visited) -> None:
    there.destroy()
    there.put_back("before")
    there.office.phone._tip = there.start
    second, photo = there.again()
    assert there.outcome(second) == DESTROYED
    there.office.deps.destruction.destroy_late()
    assert there.is_gone(second, photo)

"""Processes killed in the middle of their work, at either end. Rule: all of a step or nothing of it."""

import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from field_app.blobs import Blobs
from field_app.drafts import Drafts
from field_app.store import Store
from field_app.vault import Vault, open_vault
from schemas.ids import DeviceId
from sync.chain import START
from sync.change import read
from tests.faults.conftest import Make
from tests.faults.nursery import KILLED, TORN, Nursery
from tests.faults.test_broken_uploads import named
from tests.faults.test_order_and_pages import key_of
from tests.faults.world import FORM, World, answer, pending, photograph, start, sync, visit, words

KB = 1024


class Victim:
    """A phone with a draft begun, whose folder is copied for each death."""

    def __init__(self, world: World, nursery: Nursery) -> None:
        self.world, self.nursery = world, nursery
        phone = world.phone()
        sync(phone)
        self.draft = start(phone, world.beats[0]).id
        answer(phone, self.draft, hasil_kunjungan="terisi_sebagian", alamat="Dukuh Lama")
        photograph(phone, self.draft, 1)
        self.key, self.device = key_of(phone), phone.owner.device
        phone.lock()
        self.folder = world.folder / "hp-0"
        self.deaths = 0

    def dies(self, *what: Any, seen: int = 0, torn_at: int = 0) -> tuple[int, Path]:
        """Let a copy of the phone do one thing and die in it; return how it ended, and its folder."""
        self.deaths += 1
        folder = self.world.folder / f"mati-{self.deaths}"
        shutil.copytree(self.folder, folder)
        doom = [""] * seen
        ended = self.nursery.run("use", folder / "kata", folder, *what, seen=doom, torn_at=torn_at)
        return ended, folder

    def everywhere(self, *what: Any, most: int = 12) -> Iterator[Path]:
        """Let it die before each statement, and in the middle of each of its writes to the disk."""
        ended, folder = self.dies(*what)
        assert ended == 0, (folder / "kata.log").read_text()
        statements = int((folder / "kata").read_text())
        for place in range(1, statements + 1, 1 + statements // most):
            ended, folder = self.dies(*what, seen=place)
            assert ended == KILLED, place
            yield folder
        torn = 0
        for place in range(3 * KB, 60 * KB, 8 * KB + 700):
            ended, folder = self.dies(*what, torn_at=place)
            if ended == 0:
                break
            assert ended == TORN, (folder / "kata.log").read_text()
            torn += 1
            yield folder
        assert torn, "not one write was torn"

    @contextmanager
    def opened(self, folder: Path) -> Iterator[Vault]:
        """The vault that a death left, after its own recovery."""
        vault = open_vault(folder / "vault.db", self.key)
        with vault.read() as connection:
            assert connection.execute("PRAGMA cipher_integrity_check").fetchall() == []
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        yield vault
        vault.close()


@pytest.fixture
def victim(regency: Make, nursery: Nursery) -> Victim:
    return Victim(regency(), nursery)


def test_an_answer_is_the_old_or_the_new_one_wherever_the_phone_dies(victim: Victim) -> None:
    """Row 25. Saving one answer, killed at every statement and in torn writes."""
    seen: set[str] = set()
    for folder in victim.everywhere("answer", victim.draft, "alamat", "Dukuh Baru"):
        with victim.opened(folder) as vault:
            answers = Drafts(vault).answers(victim.draft)[FORM]
            seen.add(answers["alamat"])
            assert answers["hasil_kunjungan"] == "terisi_sebagian"
    assert "Dukuh Lama" in seen and seen <= {"Dukuh Lama", "Dukuh Baru"}


def test_a_photo_is_whole_with_its_place_in_the_answers_or_not_there(victim: Victim) -> None:
    """Row 25. Taking a photo: never bytes without their shot, nor a shot without its bytes."""
    seen: set[int] = set()
    for folder in victim.everywhere("photo", victim.draft, 2):
        with victim.opened(folder) as vault:
            drafts, blobs = Drafts(vault), Blobs(vault)
            shots = [photo.blob for photo in drafts.photos(victim.draft)]
            assert all(named(blobs.read(blob)) == blob for blob in shots)
            assert sorted(drafts.answers(victim.draft)[FORM]["foto_rumah_depan"]) == sorted(shots)
            with vault.read() as connection:
                assert connection.execute("SELECT count(*) FROM blobs").fetchone() == (len(shots),)
            seen.add(len(shots))
    assert 1 in seen and seen <= {1, 2}


def test_a_visit_is_finished_whole_and_in_the_chain_or_still_a_draft(victim: Victim) -> None:
    """Row 25. Finalising: the frozen draft, its links and its number come together or not at all."""
    seen: dict[bool, Path] = {}
    for folder in victim.everywhere("finalise", victim.draft):
        with victim.opened(folder) as vault:
            drafts = Drafts(vault)
            store = Store(vault, DeviceId(victim.device), lambda message: message)
            done = [one for one in [drafts.get(victim.draft)] if one is not None and one.change]
            entries = store.entries(store.device(), 0, 10)
            if done:
                (version,) = done
                assert version.number and version.change == entries[-1].link.change
                assert [entry.link.counter for entry in entries] == [1, 2]
                assert all(read(entry.content or b"") for entry in entries)
                assert drafts.blobs_of(version.id)
            else:
                assert (entries, store.head()) == ([], START)
                (draft,) = drafts.open()
                assert (draft.id, draft.number) == (victim.draft, "")
            seen[bool(done)] = folder
    assert False in seen
    phone = victim.world.again(seen[False])
    finished = phone.visits.finalise(victim.draft)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0)), finished
    assert (victim.world.lacks(), victim.world.faults()) == ([], [])


def test_a_phone_that_dies_while_it_uploads_goes_on_where_the_office_stands(
    regency: Make, nursery: Nursery
) -> None:
    """Row 25. Killed when so many bytes had left it, three times over: then it is opened and all arrives."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1, 2, 3)
    phone.lock()
    for after_bytes in (1_500, 7_000, 14_000):
        begun: Future[int] = Future()
        world.line.when_up(after_bytes, lambda begun=begun: os.kill(begun.result(30), signal.SIGKILL))
        begun.set_result(nursery.begin("use", world.folder / "kata", world.folder / "hp-0", "sync"))
        assert nursery.wait(begun.result()) == KILLED
    phone = world.again(world.folder / "hp-0")
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert world.versions(done.visit) == [done.change.hex()]
    assert (world.lacks(), world.faults()) == ([], [])


PUSH = [
    ["INSERT INTO links"],
    ["INSERT INTO changes"],
    ["INSERT INTO changes", "INSERT INTO commits"],
    ["INSERT INTO changes", "COMMIT"],
    [],
]
"""What it was doing; nothing for one that had committed, and dies with its answer on the line."""


@pytest.mark.parametrize("seen", PUSH, ids=["links", "changes", "numbers", "commit", "unanswered"])
def test_a_server_that_dies_in_a_push_gives_no_number_twice_and_loses_no_change(
    regency: Make, seen: list[str]
) -> None:
    """Rows 16 and 25. Killed before, at and after the commit: sent again, each change stands once, and who
    had pulled is not misled by numbers that are given out again.
    """
    world = regency(2)
    first, second = world.phone(0), world.phone(1)
    for phone in (first, second):
        sync(phone)
    world.kill()
    world.serve(*seen)
    done = visit(first, world.beats[0], nama="Warga Nol")
    if not seen:
        world.line.lose_answer()
    failure = first.worker.run_once()
    assert failure is not None and failure.kind == "jaringan"
    if seen:
        assert world.wait() == KILLED
    world.kill()
    assert (words(first), pending(first)) == (["menunggu_kirim"], (1, 0))
    world.serve()
    sync(second)
    other = visit(second, world.beats[1], nama="Warga Satu")
    sync(second)
    for phone in (first, second):
        sync(phone)
    assert [world.versions(one.visit) for one in (done, other)] == [
        [one.change.hex()] for one in (done, other)
    ]
    commits = world.rows("SELECT first_seq, last_seq FROM commits ORDER BY first_seq")
    assert all(before[1] < after[0] for before, after in pairwise(commits))
    for phone in (first, second):
        assert [hit.nama for hit in phone.visits.search("Warga")] == ["Warga Nol", "Warga Satu"]
    assert world.faults() == []

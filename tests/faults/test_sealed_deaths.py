"""Phones killed while a sealed case is recorded. Rule: a draft whole or finalised whole, and then erased.

Killed before each statement, at each step of a key file, and in torn writes; then opened again as the app is
opened, and sent to the real office, which must find nothing amiss.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from field_app.phone import Phone
from field_app.sealing import Gcm, open_key
from field_app.views import DraftView, Finalised, PhotoView, Saved
from schemas.base import encode
from schemas.ids import RecordId, Regency
from schemas.sealed import SEALED_FORM
from sync.change import Patch, SealedSubmit, read
from sync.scope import UNIT_KEYS
from sync.sealed_case import Expected, info_of, read_container
from tests.faults.conftest import Make
from tests.faults.nursery import KILLED, TORN, Nursery
from tests.faults.world import PIN, World, picture, sync, words
from tests.field_app.sealed_field import unit_key

IDENTITY = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
UNIT = X25519PrivateKey.from_private_bytes(bytes([9]) * 32)
KB = 1024


class SealedVictim:
    """A phone that may record sealed cases, whose folder is copied for each death."""

    def __init__(self, world: World, nursery: Nursery) -> None:
        self.world, self.nursery = world, nursery
        unit = {
            "identity": IDENTITY.public_key().public_bytes_raw(),
            "keys": [encode(unit_key(IDENTITY, UNIT))],
        }
        person = RecordId(world.beats[0].person)
        was: dict[str, Any] = {"peran": ["pendamping"], "layanan": ["bpnt"]}
        now = {"peran": ["pendamping", "verifikator"], "layanan": ["bpnt", "ktkpm"]}
        world.act(
            Patch(record=UNIT_KEYS, kind="referensi", base={}, new=unit),
            Patch(record=person, kind="petugas", base=was, new=now),
        )
        self.phone = world.phone()
        sync(self.phone)
        assert self.phone.sealed.pin_unit(self.phone.sealed.unit().offered).problem == ""
        assert self.phone.sealed.unlock(PIN) is None
        self.folder = world.folder / "hp-0"
        self.deaths = 0

    def begin(self) -> str:
        """Begin a new case with an answer and a photo."""
        draft = self.phone.visits.start("ktk", None, None)
        assert isinstance(draft, DraftView), draft
        for name, value in (("hasil_kunjungan", "terisi_sebagian"), ("nama", "Penanda Rahasia")):
            assert isinstance(self.phone.visits.save(draft.id, "ktk", name, value), Saved)
        shot = self.phone.visits.add_photo(draft.id, "ktk", "fc_ktp", picture(1), None)
        assert isinstance(shot, PhotoView)
        return draft.id

    def dies(self, *what: Any, seen: int = 0, torn_at: int = 0) -> tuple[int, Path]:
        """Let a copy of the phone do one thing and die in it; return how it ended, and its folder."""
        self.deaths += 1
        folder = self.world.folder / f"mati-{self.deaths}"
        shutil.copytree(self.folder, folder)
        doom = [""] * seen
        ended = self.nursery.run("use", folder / "kata", folder, *what, seen=doom, torn_at=torn_at)
        return ended, folder

    def everywhere(self, *what: Any, largest: int, most: int) -> Iterator[Path]:
        """Let it die before so many steps, the last ones among them, and in writes of up to so many bytes."""
        ended, folder = self.dies(*what)
        assert ended == 0, (folder / "kata.log").read_text()
        steps = int((folder / "kata").read_text())
        for place in sorted({*range(1, steps + 1, 1 + steps // most), *range(steps - 9, steps + 1)}):
            ended, folder = self.dies(*what, seen=place)
            assert ended == KILLED, place
            yield folder
        for place in range(largest // 5, largest, max(1, largest // 5)):
            ended, folder = self.dies(*what, torn_at=place)
            assert ended in (0, TORN), (folder / "kata.log").read_text()
            yield folder


@pytest.fixture
def victim(regency: Make, nursery: Nursery) -> SealedVictim:
    return SealedVictim(regency(), nursery)


def leftovers(folder: Path, phone: Phone) -> list[str]:
    """Key files of drafts that are no more, and what is still noted as to be erased."""
    bench = phone.visits._bench
    held = {f"draf-{cover.id}.kunci" for cover in bench.sealed.covers()}
    with bench.vault.read() as connection:
        noted = [draft for (draft,) in connection.execute("SELECT draft FROM sealed_erasing")]
    return [*noted, *(path.name for path in folder.glob("draf-*") if path.name not in held)]


def test_a_sealed_visit_is_a_draft_whole_or_finalised_whole_and_erased_at_the_next_unlock(
    victim: SealedVictim,
) -> None:
    draft = victim.begin()
    victim.phone.lock()
    seen: dict[bool, Path] = {}
    for folder in victim.everywhere("finalise_sealed", draft, largest=1200 * KB, most=8):
        phone = victim.world.again(folder)
        assert phone.sealed.unlock(PIN) is None
        bench = phone.visits._bench
        entries = bench.store.entries(phone.owner.device, 0, 10)
        done = bench.history.sealed()
        if done:
            patch, submit = (read(entry.content or b"").body for entry in entries)
            assert isinstance(patch, Patch) and isinstance(submit, SealedSubmit)
            assert bench.sealed.covers() == [] and not list(folder.glob("draf-*"))
            assert inside(phone, submit)["ktk"]["nama"] == "Penanda Rahasia"
            assert done[0].form == SEALED_FORM and done[0].number == patch.new["kode"]
        else:
            assert entries == []
            whole = phone.visits.draft(draft)
            assert whole.forms["ktk"].answers["nama"] == "Penanda Rahasia"
            assert [phone.visits.photo_bytes(photo.blob)[:2] for photo in whole.photos] == [b"\xff\xd8"]
        assert leftovers(folder, phone) == []
        seen[bool(done)] = folder
        phone.lock()
    assert set(seen) == {False, True}, "it died on both sides of the commit"
    phone = victim.world.again(seen[False])
    phone.sealed.unlock(PIN)
    assert isinstance(phone.visits.finalise(draft), Finalised)
    sync(phone)
    assert words(phone) == ["diterima"]
    assert victim.world.faults() == []


def test_a_sealed_draft_begins_whole_or_not_at_all(victim: SealedVictim) -> None:
    draft = victim.begin()
    assert isinstance(victim.phone.visits.finalise(draft), Finalised)
    (case,) = victim.phone.sealed.cases()
    victim.phone.lock()
    seen: set[int] = set()
    for folder in victim.everywhere("begin_sealed", case.id, largest=1, most=4):
        phone = victim.world.again(folder)
        assert phone.sealed.unlock(PIN) is None
        covers = phone.visits._bench.sealed.covers()
        for cover in covers:
            assert phone.visits.draft(cover.id).forms["uep"].answers["petugas_id"] == phone.owner.person
        assert leftovers(folder, phone) == []
        seen.add(len(covers))
        phone.lock()
    assert seen == {0, 1}


def inside(phone: Phone, submit: SealedSubmit) -> dict[str, dict[str, Any]]:
    """Return what the unit reads in the container that a phone holds."""
    regency = Regency("33.14")
    public = UNIT.public_key().public_bytes_raw()
    key = open_key(submit.opened, UNIT, info_of(regency, "isi", submit.visit, submit.number, public))
    assert key is not None
    expected = Expected(regency, phone.owner.person, phone.owner.device, submit)
    data = phone.visits._bench.blobs.read(submit.blob)
    return read_container(data, Gcm(key), expected).answers.answers

"""Phones killed while a photo is taken in another's place, or of a sealed case.

Rule: before or after it, and nothing in between: a photo that stood never goes for one that is not there.
"""

from pathlib import Path

from field_app.blobs import Blobs
from field_app.drafts import Drafts
from tests.faults.conftest import Make
from tests.faults.nursery import Nursery
from tests.faults.test_broken_uploads import named
from tests.faults.test_dead_processes import Victim
from tests.faults.test_sealed_deaths import KB, SealedVictim, leftovers
from tests.faults.world import FORM, PIN, finish, pending, photograph, sync, words

FIELD = "foto_rumah_depan"


def test_a_photo_taken_anew_stands_for_the_one_before_or_that_one_still_stands(
    regency: Make, nursery: Nursery
) -> None:
    """Row 85. Before every statement and in torn writes; the first that did not come to it goes on."""
    victim = Victim(regency(), nursery)
    seen: dict[bool, Path] = {}
    for folder in victim.everywhere("retake", victim.draft, 2, 1, most=99):
        with victim.opened(folder) as vault:
            drafts, blobs = Drafts(vault), Blobs(vault)
            shots = drafts.photos(victim.draft)
            standing = [shot.blob for shot in shots if not shot.superseded]
            assert len(standing) == 1 and standing[0] == shots[-1].blob
            assert drafts.answers(victim.draft)[FORM][FIELD] == standing
            assert all(named(blobs.read(shot.blob)) == shot.blob for shot in shots)
            with vault.read() as connection:
                assert connection.execute("SELECT count(*) FROM blobs").fetchone() == (len(shots),)
            seen.setdefault(len(shots) == 2, folder)
    phone = victim.world.again(seen[False])
    photograph(phone, victim.draft, 2, replaces=1)
    done = finish(phone, victim.draft)
    sync(phone)
    assert (words(phone), pending(phone)) == (["diterima"], (0, 0))
    assert victim.world.versions(done.visit) == [done.change.hex()]
    assert victim.world.rows("SELECT count(*) FROM blobs") == [(2,)], "the earlier version too"
    assert (victim.world.lacks(), victim.world.faults()) == ([], [])


def test_a_photo_of_a_sealed_case_is_whole_with_its_place_or_not_there(
    regency: Make, nursery: Nursery
) -> None:
    """Row 85. Before every statement and each step of a key file, and in torn writes."""
    victim = SealedVictim(regency(), nursery)
    draft = victim.begin()
    victim.phone.lock()
    seen: set[int] = set()
    for folder in victim.everywhere("photo_sealed", draft, 2, largest=60 * KB, most=99):
        phone = victim.world.again(folder)
        assert phone.sealed.unlock(PIN) is None
        whole = phone.visits.draft(draft)
        shots = [photo.blob for photo in whole.photos]
        assert sorted(whole.forms["ktk"].answers["fc_ktp"]) == sorted(shots)
        assert all(named(phone.visits.photo_bytes(blob)) == blob for blob in shots)
        assert whole.forms["ktk"].answers["nama"] == "Penanda Rahasia"
        assert leftovers(folder, phone) == []
        seen.add(len(shots))
        phone.lock()
    assert 1 in seen and seen <= {1, 2}
